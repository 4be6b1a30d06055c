//! Decisions of a person, a file or an accepted score on links and switches, stored together with their journal
//! entries.
//!
//! Every decision has an id. Its entries state the state before, the state after, who decided, and the basis
//! (candidates with their scores and reasons), so that an invoice can be defended with them and the decision taken
//! back. The meaning of a decision is checked where it is made (`links`, `customers`).

use crate::boxed;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crate::rules::{anew, names};
use crate::run::along;
use crosswalk_model::said::Arg;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Decider, Event, Kind, Link, Said, Switch, Switches, Sync, SyncName, said};
use crosswalk_store::{DoneSince, JournalEntry, Stored};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Result of one decision.
#[derive(Debug, Clone, Serialize)]
pub struct Decided {
    /// Id of the decision, to take it back; empty when nothing changed.
    pub decision: String,
    /// The links after the decision.
    pub links: Vec<Link>,
    /// Switches that changed: customer, switch, and its new position.
    pub switches: Vec<Turn>,
}

/// A switch of a source customer, and its position by a person; `None` follows the sync's rule.
pub type Turn = (String, Switch, Option<bool>);

/// Result of taking a decision back.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TakenBack {
    /// Links restored to their state before the decision.
    pub links: Vec<Link>,
    /// Switches restored to their position before the decision.
    pub switches: Vec<Turn>,
    /// Source records that stay as they are, with the reason: decided on or written since.
    pub left: Vec<(String, Said)>,
}

/// Who or what makes a decision.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By<'a> {
    /// The operator.
    Operator,
    /// An imported file.
    File,
    /// A person who accepted all proposals of at least this score.
    Score(f64),
    /// A person who took back the decision of this id.
    TakingBack(&'a str),
}

impl By<'_> {
    /// Text in the details of a journal entry, for programs.
    fn text(self) -> String {
        match self {
            By::Operator => Decider::Operator.as_str().to_owned(),
            By::File => "file".to_owned(),
            By::Score(score) => format!("accepted score {score}"),
            By::TakingBack(decision) => format!("taking back {decision}"),
        }
    }

    fn said(self) -> Said {
        match self {
            By::Operator => said!("link-by-operator"),
            By::File => said!("link-by-file"),
            By::Score(score) => said!("link-by-score", score = Arg::decimal(score)),
            By::TakingBack(decision) => said!("link-by-taking-back", decision),
        }
    }
}

/// One link of a decision, as journalled.
#[derive(Debug, Serialize, Deserialize)]
struct Detail {
    decision: String,
    by: String,
    before: Link,
    after: Link,
}

/// One switch of a decision, as journalled with its customer.
#[derive(Debug, Serialize, Deserialize)]
struct TurnDetail {
    decision: String,
    by: String,
    switch: Switch,
    before: Option<bool>,
    after: Option<bool>,
}

/// Changes that runs made since a decision.
struct Done(Vec<DoneSince>);

impl Done {
    /// Whether any of them rests on a link: made for the link's record or, where the link is a customer's, for records
    /// of the customer.
    fn rests_on(&self, link: &Link) -> bool {
        self.0.iter().any(|one| {
            let own = (one.kind, &one.source) == (link.kind, &link.source) && link.target_kind != Kind::Contract;
            let belongs = link.kind == Kind::Customer && one.customer == link.source;
            own || (belongs && (link.target_kind != Kind::Contract || one.kind == Kind::Usage))
        })
    }
}

impl Tenant {
    /// Takes a decision back: restores its links and switches where no later decision concerns them and, for links, no
    /// run wrote for them since. All of it is stored as one decision.
    ///
    /// # Errors
    /// There is no such sync; there is no decision of this id.
    #[boxed]
    pub async fn decision_take_back(&self, sync: &SyncName, decision: &str) -> Result<TakenBack, Error> {
        let sync = self.sync(sync).await?;
        let entries = self.store.decision_entries(&sync.name, decision).await?;
        if entries.is_empty() {
            let journal = Call::of(Verb::Journal).with("sync", &sync.name);
            return Err(Error::not_found("decision", decision, said!("link-hint-journal", journal)));
        }
        let (mut links, mut turns, mut left) = (Vec::new(), Vec::new(), Vec::new());
        let done = Done(self.store.done_since(&sync.name, decision).await?);
        let turned_since = self.store.turned_since(&sync.name, decision).await?;
        for entry in entries {
            let detail = entry.detail.unwrap_or_default();
            if let (Ok(turn), Some(customer)) = (TurnDetail::deserialize(&detail), &entry.customer) {
                match turned_since.contains(&(customer.clone(), turn.switch)) {
                    true => {
                        left.push((customer.clone(), said!("customer-switched-since", switch = turn.switch.as_str())))
                    }
                    false => turns.push((customer.clone(), turn.switch, turn.before)),
                }
            }
            let Ok(Detail { before, after, .. }) = Detail::deserialize(&detail) else { continue };
            let stored = self.store.links_of_source(&sync.name, after.kind, &after.source).await?;
            let now = stored.into_iter().find(|stored| stored.target_kind == after.target_kind);
            // A plan that only notes what it read is no decision, although it changes the revision.
            let same = |now: &Link| {
                (now.state, &now.target, &now.declined, now.decided_at)
                    == (after.state, &after.target, &after.declined, after.decided_at)
            };
            match now {
                _ if done.rests_on(&after) => {
                    left.push((after.source, said!("link-written-since", undo = Call::of(Verb::RunUndo))));
                }
                Some(now) if same(&now) => {
                    links.push(Link { revision: now.revision, decided_at: self.parts.clock.now(), ..before });
                }
                _ => left.push((after.source, said!("link-decided-since"))),
            }
        }
        let Decided { links, switches, .. } = decide_with(self, &sync, By::TakingBack(decision), links, turns).await?;
        Ok(TakenBack { links, switches, left })
    }
}

/// Stores decided links with their journal entries in one transaction. Links equal to the stored ones are left
/// out.
///
/// # Errors
/// Another decision was made meanwhile; nothing is stored then.
pub(crate) async fn decide(tenant: &Tenant, sync: &Sync, by: By<'_>, links: Vec<Link>) -> Result<Decided, Error> {
    decide_with(tenant, sync, by, links, Vec::new()).await
}

/// As [`decide`], together with switches of customers.
pub(crate) async fn decide_with(
    tenant: &Tenant,
    sync: &Sync,
    by: By<'_>,
    links: Vec<Link>,
    turns: Vec<Turn>,
) -> Result<Decided, Error> {
    let (links, mut along) = given_over(tenant, sync, links).await?;
    along.retain(|(customer, switch, _)| !turns.iter().any(|(of, said, _)| (of, said) == (customer, switch)));
    along.extend(turns);
    let turns = along;
    let mut changed = Vec::with_capacity(links.len());
    for link in links {
        let stored = tenant.store.links_of_source(&sync.name, link.kind, &link.source).await?;
        let before = stored.into_iter().find(|stored| stored.target_kind == link.target_kind);
        let before = before.unwrap_or_else(|| Link {
            target_kind: link.target_kind,
            ..Link::unmapped(link.kind, &link.source, link.decided_at)
        });
        if (before.state, &before.target, &before.declined, &before.sent, &before.memory)
            != (link.state, &link.target, &link.declined, &link.sent, &link.memory)
        {
            changed.push((before, link));
        }
    }
    let customers = customers_of(tenant, sync, &changed).await?;
    let (turned, switches) = turned(tenant, sync, turns).await?;
    let decision = decision_id(&sync.name, &changed, &turned, tenant.parts.clock.now().0);
    let mut entries = Vec::with_capacity(changed.len());
    for (before, after) in &changed {
        entries.push(entry_of(tenant, sync, by, &decision, before, after, customers.get(&after.source)));
    }
    entries.extend(turned.iter().map(|(before, turn)| entry_of_turn(tenant, by, &decision, *before, turn)));
    let links: Vec<Link> = changed.into_iter().map(|(_, after)| after).collect();
    tenant.store.decide(&sync.name, &links, switches, &entries).await?;
    let decision = if links.is_empty() && turned.is_empty() { String::new() } else { decision };
    let links = links.into_iter().map(|link| Link { revision: link.revision + 1, ..link }).collect();
    Ok(Decided { decision, links, switches: turned.into_iter().map(|(_, turn)| turn).collect() })
}

/// Returns the turns that change anything, each with the position before, and all switches of their customers after
/// them.
async fn turned(
    tenant: &Tenant,
    sync: &Sync,
    turns: Vec<Turn>,
) -> Result<(Vec<(Option<bool>, Turn)>, Vec<(String, Switches)>), Error> {
    if turns.is_empty() {
        return Ok(Default::default());
    }
    let mut known = tenant.store.switches(&sync.name).await?;
    let (mut turned, mut changed) = (Vec::with_capacity(turns.len()), BTreeSet::new());
    for (customer, switch, to) in turns {
        let said = known.entry(customer.clone()).or_default();
        let before = said.get(switch);
        if before != to {
            said.set(switch, to);
            changed.insert(customer.clone());
            turned.push((before, (customer, switch, to)));
        }
    }
    let switches = changed.into_iter().map(|customer| {
        let of = known.get(&customer).copied().unwrap_or_default();
        (customer, of)
    });
    Ok((turned, switches.collect()))
}

/// Returns the links and, for each that uses the target of a source record that is gone, the remainder of that record's
/// link. Knowledge of the target (what was written to it, whether this host created it) moves along, and with an
/// account the decisions on its customer.
async fn given_over(tenant: &Tenant, sync: &Sync, links: Vec<Link>) -> Result<(Vec<Link>, Vec<Turn>), Error> {
    let own: HashSet<(Kind, String)> = links.iter().map(|link| (link.kind, link.source.clone())).collect();
    let (mut all, mut given_up, mut over) = (Vec::with_capacity(links.len()), Vec::new(), Vec::new());
    for mut link in links {
        if let Some(old) = held_before(tenant, sync, &link, &own).await? {
            given_up.push(crate::rules::anew::given_up(&old, &link.source, link.decided_at));
            if link.kind == Kind::Customer {
                over.push((old.source.clone(), link.source.clone()));
            }
            let Link { made, written, sent, memory, volatile_at, .. } = old;
            link = Link { made, written, sent, memory, volatile_at, ..link };
        }
        all.push(link);
    }
    all.append(&mut given_up);
    let along = along::along(&tenant.store, &sync.name, &over, tenant.parts.clock.now()).await?;
    // A contract link that is only cleared, as its contract was of another account, gives way.
    let key = |link: &Link| (link.kind, link.target_kind, link.source.clone());
    let standing: HashSet<_> = all.iter().filter(|link| anew::stands(link)).map(key).collect();
    let kept: HashSet<_> = along.links.iter().map(key).filter(|key| !standing.contains(key)).collect();
    all.retain(|link| !kept.contains(&key(link)));
    all.extend(along.links.into_iter().filter(|link| kept.contains(&key(link))));
    let turns = along.switches.into_iter().flat_map(|(customer, kept)| {
        let of = Switch::ALL.into_iter().filter_map(move |switch| Some((switch, kept.get(switch)?)));
        of.map(move |(switch, on)| (customer.clone(), switch, Some(on)))
    });
    Ok((all, turns.collect()))
}

/// Returns the link whose target is free for another because its source record is gone. Where several may share a
/// target, only that of a record of the same name: the new record replaces no other of that account.
pub(crate) async fn held_before(
    tenant: &Tenant,
    sync: &Sync,
    link: &Link,
    own: &HashSet<(Kind, String)>,
) -> Result<Option<Link>, Error> {
    let Some(target) = link.linked().filter(|_| link.is_one_to_one()) else { return Ok(None) };
    let holders = tenant.store.links_of_target(&sync.name, link.kind, target).await?;
    let is_other =
        |old: &Link| old.linked().is_some() && old.kind == link.kind && !own.contains(&(old.kind, old.source.clone()));
    let holders: Vec<Link> = holders.into_iter().filter(is_other).collect();
    let ids: Vec<String> = holders.iter().map(|old| &old.source).chain([&link.source]).cloned().collect();
    let known = tenant.store.records_by_ids(&sync.source, link.kind, &ids).await?;
    let known: HashMap<&str, &Stored> = known.iter().map(|one| (one.record.id.as_str(), one)).collect();
    let is_gone = |old: &Link| known.get(old.source.as_str()).is_none_or(|one| one.gone_at.is_some());
    if !link.shared {
        return Ok(holders.into_iter().next().filter(is_gone));
    }
    let name = |id: &str| known.get(id).map(|one| names::plain(&one.record.name)).filter(|name| !name.is_empty());
    let own_name = name(&link.source);
    let mut same =
        holders.into_iter().filter(|old| is_gone(old) && own_name.is_some() && name(&old.source) == own_name);
    Ok(same.next().filter(|_| same.next().is_none()))
}

/// Source customer of each decided record, by the record's id.
async fn customers_of(
    tenant: &Tenant,
    sync: &Sync,
    changed: &[(Link, Link)],
) -> Result<HashMap<String, String>, Error> {
    let mut of = HashMap::new();
    for kind in Kind::ALL {
        let ids: Vec<String> =
            changed.iter().filter(|(_, link)| link.kind == kind).map(|(_, link)| link.source.clone()).collect();
        match kind {
            _ if ids.is_empty() => {}
            Kind::Customer => of.extend(ids.into_iter().map(|id| (id.clone(), id))),
            Kind::Product => {}
            _ => {
                let records = tenant.store.records_by_ids(&sync.source, kind, &ids).await?;
                of.extend(records.into_iter().filter_map(|one| Some((one.record.id, one.record.parent?))));
            }
        }
    }
    Ok(of)
}

fn entry_of_turn(
    tenant: &Tenant,
    by: By<'_>,
    decision: &str,
    before: Option<bool>,
    (customer, switch, to): &Turn,
) -> JournalEntry {
    let to_word = match to {
        Some(true) => "on",
        Some(false) => "off",
        None => "rule",
    };
    let detail = TurnDetail { decision: decision.to_owned(), by: by.text(), switch: *switch, before, after: *to };
    JournalEntry {
        kind: Some(if *switch == Switch::Usage { Kind::Usage } else { Kind::Alert }),
        customer: Some(customer.clone()),
        event: Event::Switched,
        message: said!("customer-switched", switch = switch.as_str(), to = to_word, by = by.said(), decision),
        detail: Some(json!(detail)),
        ..JournalEntry::at(tenant.parts.clock.now())
    }
}

fn entry_of(
    tenant: &Tenant,
    sync: &Sync,
    by: By<'_>,
    decision: &str,
    before: &Link,
    after: &Link,
    customer: Option<&String>,
) -> JournalEntry {
    // The basis of bills is kept as long as the bills.
    let billed = sync.rules.bills() && matches!(after.kind, Kind::Customer | Kind::Product);
    let to = |link: &Link| match &link.target {
        Some(target) => Arg::from(target),
        None => said!("link-state", state = link.state.as_str()).into(),
    };
    let (kind, source, target_kind) = (after.kind, &after.source, after.target_kind);
    let message = if before.revision == 0 || to(before) == to(after) {
        said!("link-decided", kind, source, target_kind, to = to(after), by = by.said(), decision)
    } else {
        let was = to(before);
        said!("link-redecided", kind, source, target_kind, to = to(after), was, by = by.said(), decision)
    };
    JournalEntry {
        kind: Some(if billed { Kind::Usage } else { after.kind }),
        source: Some(after.source.clone()),
        target: after.target.clone(),
        customer: customer.cloned(),
        event: if billed { Event::Mapped } else { Event::Decided },
        message,
        detail: Some(json!({ "decision": decision, "by": by.text(), "before": before, "after": after })),
        ..JournalEntry::at(tenant.parts.clock.now())
    }
}

/// Describes the differences of two documents, one message a value: `kinds.asset.trust: automatic, was approve`. Empty
/// if there are none.
pub(crate) fn difference(before: &Value, after: &Value) -> Said {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    Said::several(found)
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<Said>) {
    let (Some(one), Some(other)) = (before.as_object(), after.as_object()) else {
        if before != after {
            let word = |value: &Value| match value {
                Value::Null => said!("sync-value-none").into(),
                Value::String(text) => Arg::from(text),
                other => Arg::from(other.to_string()),
            };
            found.push(said!("sync-value-changed", path, value = word(after), was = word(before)));
        }
        return;
    };
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    for name in names {
        let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let value = |of: &serde_json::Map<String, Value>| of.get(name).cloned().unwrap_or(Value::Null);
        compare(&inner, &value(one), &value(other), found);
    }
}

/// A short id: 8 hexadecimal digits over the decision and its time.
fn decision_id(sync: &SyncName, changed: &[(Link, Link)], turned: &[(Option<bool>, Turn)], at: i64) -> String {
    use sha2::Digest;
    let mut digest = sha2::Sha256::new();
    digest.update(format!("{sync} {at}"));
    for (before, after) in changed {
        digest.update(format!("{} {} {} {:?}", after.kind, after.source, before.revision, after.target));
    }
    for (before, (customer, switch, to)) in turned {
        digest.update(format!("{customer} {} {before:?} {to:?}", switch.as_str()));
    }
    let hex: String = digest.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("d{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_say::English;

    #[test]
    fn a_change_of_rules_is_named_value_by_value() {
        let before = json!({ "kinds": { "asset": { "trust": "approve" } }, "reverse": false, "zone": "UTC" });
        let after = json!({ "kinds": { "asset": { "trust": "automatic" }, "alert": { "trust": "approve" } }, "reverse": false });
        assert_eq!(
            difference(&before, &after).english(),
            "kinds.alert: {\"trust\":\"approve\"}, was nothing; kinds.asset.trust: automatic, was approve; zone: nothing, was UTC"
        );
        assert!(difference(&before, &before).is_empty());
    }
}
