//! Reads again before a write: the targets of changes, the source records of those that take something away, and the
//! target before a create.
//!
//! Only records read more than a minute ago are read again, so an apply right after its plan costs no extra call;
//! quantities and tickets always are, because people edit them in parallel.
//!
//! `plan::stale` and matching decide what follows.

use super::asked::{Known, Unsure, Waits};
use super::outcomes;
use super::reading::{self, Now};
use super::references::by_key;
use super::session::Session;
use crate::error::Error;
use crate::ground::opened::Opened;
use crate::rules::matching::{self, CustomerMatchInput, Decision, MatchInput};
use crosswalk_model::sync::KindRules;
use crosswalk_model::{
    Action, Direction, Kind, KindDescription, Link, PlannedChange, Record, Selection, Side, Timestamp, Value,
};
use crosswalk_store::{SourceMoved, Stored};
use std::collections::{HashMap, HashSet};

/// What is known of a record for longer is asked again before it is written over.
const FRESH_MS: i64 = 60_000;
/// By how much the clocks of host and vendor may differ where it is asked what changed since a time.
const CLOCKS_MS: i64 = 5 * 60_000;

/// The target records of changes as they are now; those that are gone are left out. A change waits whose
/// record could not be read.
pub(crate) async fn targets_now(
    session: &Session<'_, '_>,
    kind: Kind,
    changes: &[PlannedChange],
    waits: &mut Waits,
) -> Result<HashMap<String, Record>, Error> {
    let (run, of) = (session.run, kind.counterpart());
    let ids: Vec<String> = changes.iter().filter_map(|change| change.target.clone()).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let always = matches!(of, Kind::Usage | Kind::Ticket);
    let stored = run.store.records_by_ids(&run.target.name, of, &ids).await?;
    let stored: HashMap<String, Stored> = by_key(stored, |stored| stored.record.id.clone());
    let mut old: Vec<String> = ids
        .into_iter()
        .filter(|id| always || stored.get(id).is_none_or(|stored| is_old(session, stored.seen_at)))
        .collect();
    old.sort_unstable();
    old.dedup();
    let read = if old.is_empty() { None } else { reading::read_now(run, &run.target, of, &old).await? };
    let mut now: HashMap<String, Record> = stored
        .into_iter()
        .filter(|(_, stored)| stored.gone_at.is_none())
        .map(|(id, stored)| (id, stored.record))
        .collect();
    if let Some(read) = read {
        old.iter().for_each(|id| drop(now.remove(id)));
        now.extend(read.records);
        waits.extend(changes.iter().filter_map(|change| {
            let id = change.target.as_ref()?;
            let cause = read.unread.get(id)?;
            Some((change.sequence, format!("it waits: {of} {id} could not be read from the target: {cause}")))
        }));
    }
    Ok(now)
}

/// Why changes rest on source records that are not as they were planned on: by sequence. What takes
/// something away waits where its source record could not be read.
pub(crate) async fn sources_moved(
    session: &Session<'_, '_>,
    kind: Kind,
    changes: &[PlannedChange],
    waits: &mut Waits,
) -> Result<HashMap<u32, String>, Error> {
    let run = session.run;
    let onward = |change: &&PlannedChange| change.direction() == Direction::Onward;
    if session.made_now || changes.is_empty() {
        return Ok(HashMap::new());
    }
    // What takes something away is not undone by the next plan: whether the source says so still is asked.
    let takes = |change: &&PlannedChange| {
        matches!(change.action, Action::Deactivate | Action::Retire | Action::Move) && onward(change)
    };
    let sources: Vec<String> = changes.iter().filter(takes).map(|change| change.source.clone()).collect();
    if !sources.is_empty() {
        let began = run.store.read_last_began(&run.source.name, kind).await?;
        let stored = run.store.records_by_ids(&run.source.name, kind, &sources).await?;
        let old = |stored: &&Stored| {
            is_old(session, if stored.gone_at.is_some() { began.unwrap_or_default() } else { stored.seen_at })
        };
        let old: Vec<String> = stored.iter().filter(old).map(|stored| stored.record.id.clone()).collect();
        if !old.is_empty() {
            let read = reading::read_now(run, &run.source, kind, &old).await?.unwrap_or_default();
            waits.extend(changes.iter().filter(takes).filter_map(|change| {
                let cause = read.unread.get(&change.source)?;
                let (id, side) = (&change.source, &run.source.name);
                Some((change.sequence, format!("it waits: {kind} {id} could not be read from `{side}`: {cause}")))
            }));
        }
    }
    let sequences: Vec<u32> = changes.iter().filter(onward).map(|change| change.sequence).collect();
    let moved = run.store.plan_sources_moved(session.plan, &sequences).await?;
    if moved.is_empty() {
        return Ok(HashMap::new());
    }
    let by_sequence: HashMap<u32, &PlannedChange> = changes.iter().map(|change| (change.sequence, change)).collect();
    let alerts = if kind == Kind::Alert { resolved(session, changes).await? } else { HashMap::new() };
    let why = |(sequence, how): (u32, SourceMoved)| {
        let change = by_sequence.get(&sequence)?;
        let why = match how {
            // An alert leaves its list by itself; only whether it is over matters.
            _ if kind == Kind::Alert => match (change.action, alerts.get(&change.source)) {
                (Action::Open | Action::Append | Action::Link, Some(true)) => "the alert is over by now",
                (Action::Close, Some(false)) => "the alert is not over any more",
                _ => return None,
            },
            SourceMoved::Back => "it is back in the source",
            SourceMoved::Gone => "it is missing from the source since",
            SourceMoved::Changed => "it was changed in the source since",
        };
        Some((sequence, why.to_owned()))
    };
    Ok(moved.into_iter().filter_map(why).collect())
}

/// Whether the source tells that alerts are over.
async fn resolved(session: &Session<'_, '_>, changes: &[PlannedChange]) -> Result<HashMap<String, bool>, Error> {
    let ids: Vec<String> = changes.iter().map(|change| change.source.clone()).collect();
    let stored = session.run.store.records_by_ids(&session.run.source.name, Kind::Alert, &ids).await?;
    let over = |stored: Stored| {
        let over = stored.record.field("resolved") == Some(&Value::Boolean(true));
        (stored.record.id, over)
    };
    Ok(stored.into_iter().map(over).collect())
}

/// Which links would lead to a target that another record is linked to by now.
pub(crate) async fn taken(
    session: &Session<'_, '_>,
    kind: Kind,
    changes: &[PlannedChange],
) -> Result<HashMap<String, String>, Error> {
    let links: Vec<&PlannedChange> =
        changes.iter().filter(|change| change.action == Action::Link && change.target.is_some()).collect();
    if links.is_empty() || !Link::is_one_to_one(kind, kind.counterpart()) {
        return Ok(HashMap::new());
    }
    let targets: Vec<String> = links.iter().filter_map(|change| change.target.clone()).collect();
    let found = session.run.store.links_of_targets(&session.run.sync.name, kind, &targets).await?;
    let owners: HashMap<&str, &Link> =
        found.iter().filter(|link| !link.shared).filter_map(|link| Some((link.linked()?, link))).collect();
    let why = |change: &&PlannedChange| {
        let owner = owners.get(change.target.as_deref()?).filter(|owner| owner.source != change.source)?;
        Some((change.known_by().to_owned(), format!("its target is linked to {} by now", owner.source)))
    };
    Ok(links.iter().filter_map(why).collect())
}

/// What would be made in an account that is gone or not in use by now, or retired to be made there; it waits
/// where that is not known.
pub(crate) async fn out_of_use(
    session: &Session<'_, '_>,
    changes: &[PlannedChange],
    references: &HashMap<(Kind, String), String>,
    waits: &mut Waits,
) -> Result<HashMap<String, String>, Error> {
    let makes = |change: &&PlannedChange| {
        matches!(change.action, Action::Create | Action::Open | Action::Move) && change.direction() == Direction::Onward
    };
    let mut parents: Vec<(&PlannedChange, String)> =
        changes.iter().filter(makes).filter_map(|change| Some((change, parent(change, references)?))).collect();
    let retired = |change: &&PlannedChange| change.action == Action::Retire && change.direction() == Direction::Onward;
    let retired: Vec<&PlannedChange> = changes.iter().filter(retired).collect();
    let mut refused = HashMap::new();
    if !retired.is_empty() {
        let mut customers: Vec<String> = retired.iter().map(|change| change.customer.clone()).collect();
        customers.sort_unstable();
        customers.dedup();
        let links = session.run.store.links_by_sources(&session.run.sync.name, Kind::Customer, &customers).await?;
        let accounts: HashMap<&str, &str> =
            links.iter().filter_map(|link| Some((link.source.as_str(), link.linked()?))).collect();
        for change in retired {
            match accounts.get(change.customer.as_str()) {
                Some(account) => parents.push((change, (*account).to_owned())),
                None => {
                    let why = format!(
                        "its customer {} is linked to no account, and nothing could be made in its place",
                        change.customer
                    );
                    refused.insert(change.known_by().to_owned(), why);
                }
            }
        }
    }
    let mut ids: Vec<String> = parents.iter().map(|(_, parent)| parent.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let accounts = accounts(session, &ids).await?;
    waits.extend(parents.iter().filter_map(|(change, parent)| {
        let cause = accounts.unread.get(parent)?;
        Some((change.sequence, format!("it waits: its account {parent} could not be read: {cause}")))
    }));
    let why = |(change, parent): (&PlannedChange, String)| {
        let why = match accounts.records.get(&parent) {
            None if accounts.unread.contains_key(&parent) => return None,
            None => format!("its account {parent} is gone from the target"),
            Some(account) if !account.active() => {
                format!(
                    "its account {parent} (`{}`) is not in use in the target: link its customer to another, or put it back in use",
                    account.name
                )
            }
            Some(_) => return None,
        };
        Some((change.known_by().to_owned(), why))
    };
    refused.extend(parents.into_iter().filter_map(why));
    Ok(refused)
}

/// Accounts as they are now.
async fn accounts(session: &Session<'_, '_>, ids: &[String]) -> Result<Now, Error> {
    let run = session.run;
    let stored = run.store.records_by_ids(&run.target.name, Kind::Customer, ids).await?;
    let stored: HashMap<String, Stored> = by_key(stored, |stored| stored.record.id.clone());
    let old: Vec<String> =
        ids.iter().filter(|id| stored.get(*id).is_none_or(|stored| is_old(session, stored.seen_at))).cloned().collect();
    let there = stored.into_iter().filter(|(_, stored)| stored.gone_at.is_none());
    let mut now = Now { records: there.map(|(id, stored)| (id, stored.record)).collect(), ..Now::default() };
    if !old.is_empty()
        && let Some(read) = reading::read_now(run, &run.target, Kind::Customer, &old).await?
    {
        old.iter().for_each(|id| drop(now.records.remove(id)));
        now.records.extend(read.records);
        now.unread = read.unread;
    }
    Ok(now)
}

/// Which records that are to be created somebody else made, at the side they go to, since it was read. What
/// may be there and could not be asked for waits.
pub(crate) async fn made_meanwhile(
    session: &Session<'_, '_>,
    kind: Kind,
    changes: &[PlannedChange],
    references: &HashMap<(Kind, String), String>,
    links: &HashMap<String, Link>,
    waits: &mut Waits,
) -> Result<HashMap<String, String>, Error> {
    let run = session.run;
    let creates: Vec<&PlannedChange> = changes
        .iter()
        .filter(|change| match change.direction() {
            Direction::Onward => change.action == Action::Create,
            direction => direction == Direction::AtSource,
        })
        .filter(|change| kind == Kind::Customer || (kind == Kind::Asset && has_hard_key(change)))
        .collect();
    let Some(side) = creates.first().map(|change| change.action.side()) else { return Ok(HashMap::new()) };
    let there = run.at(side);
    let Some(can) = there.description.kind(kind) else { return Ok(HashMap::new()) };
    let mut asked = session.asked.0.lock().await;
    let known = asked.entry((kind, side)).or_default();
    if !known.all && !is_old(session, run.store.read_last_began(&there.name, kind).await?.unwrap_or_default()) {
        known.all = true;
    }
    if !known.all {
        outcomes::store_outcomes(session).await?;
        ask(session, kind, there, can, &creates, references, known).await?;
    }
    for change in &creates {
        if let Some(unsure) = known.unsure.iter().find(|unsure| concerns(unsure, change, references)) {
            let why = format!("it waits: whether `{}` has it by now could not be read: {}", there.name, unsure.why);
            waits.insert(change.sequence, why);
        }
    }
    if known.new.is_empty() {
        return Ok(HashMap::new());
    }
    outcomes::store_outcomes(session).await?;
    let ids: Vec<String> = creates.iter().map(|change| change.known_by().to_owned()).collect();
    let here = run.at(if side == Side::Target { Side::Source } else { Side::Target });
    let records = run.store.records_by_ids(&here.name, kind, &ids).await?;
    let records: HashMap<String, Stored> = by_key(records, |stored| stored.record.id.clone());
    let new: Vec<String> = known.new.iter().map(|record| record.id.clone()).collect();
    let taken = match side {
        Side::Target => run.store.links_of_targets(&run.sync.name, kind, &new).await?,
        Side::Source => run.store.links_by_sources(&run.sync.name, kind, &new).await?,
    };
    let taken = taken.iter().filter(|link| link.linked().is_some());
    let taken: HashSet<&str> = match side {
        Side::Target => taken.filter_map(Link::linked).collect(),
        Side::Source => taken.map(|link| link.source.as_str()).collect(),
    };
    let mut made = HashMap::new();
    for change in creates {
        let key = change.known_by();
        let Some(stored) = records.get(key) else { continue };
        let account = parent(change, references);
        let free = known.new.iter().filter(|record| !taken.contains(record.id.as_str()));
        let free: Vec<Record> =
            free.filter(|record| kind == Kind::Customer || record.parent == account).cloned().collect();
        let own: Vec<Link> = links.get(key).cloned().into_iter().filter(|_| side == Side::Target).collect();
        if let Some(why) = not_new(session, side, can, &stored.record, &free, &own) {
            made.insert(key.to_owned(), why);
        }
    }
    Ok(made)
}

/// What of a kind is new at a side since it was read: all of it where the connector tells what changed,
/// else account by account, or name by name.
async fn ask(
    session: &Session<'_, '_>,
    kind: Kind,
    side: &Opened,
    can: &KindDescription,
    creates: &[&PlannedChange],
    references: &HashMap<(Kind, String), String>,
    known: &mut Known,
) -> Result<(), Error> {
    let run = session.run;
    let mut asks = Vec::new();
    if can.reads.changed_since {
        known.all = true;
        let began = run.store.read_last_began(&side.name, kind).await?.unwrap_or_default();
        asks.push(Selection::ChangedSince(began.plus_ms(-CLOCKS_MS)));
    } else if kind == Kind::Asset && can.reads.of_parent {
        let mut accounts: Vec<String> = creates.iter().filter_map(|change| parent(change, references)).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts.retain(|account| known.accounts.insert(account.clone()));
        // What this plan made holds nothing yet.
        let stored = run.store.records_by_ids(&side.name, Kind::Customer, &accounts).await?;
        let before = |stored: &Stored| stored.first_at.is_none_or(|first| first <= session.made_at);
        asks.extend(stored.into_iter().filter(before).map(|stored| Selection::OfParent(stored.record.id)));
    } else if can.reads.named {
        asks.extend(
            creates
                .iter()
                .map(|change| Selection::Named { parent: parent(change, references), name: change.name.clone() }),
        );
    }
    for selection in asks {
        let (account, name) = match &selection {
            Selection::OfParent(account) => (Some(account.clone()), None),
            Selection::Named { parent, name } => (parent.clone(), Some(name.clone())),
            _ => (None, None),
        };
        let found = match reading::look(run, side, kind, selection).await {
            Ok(found) => found,
            Err(failure) => {
                known.unsure.push(Unsure { account, name, why: failure.to_string() });
                continue;
            }
        };
        let ids = found.items.iter().map(|record| &record.id);
        let ids: Vec<String> = ids.chain(found.gaps.iter().filter_map(|gap| gap.item.as_ref())).cloned().collect();
        let before = run.store.records_by_ids(&side.name, kind, &ids).await?;
        let before: HashMap<String, Stored> = by_key(before, |stored| stored.record.id.clone());
        known.unsure.extend(found.gaps.iter().map(|gap| {
            let stored = gap.item.as_ref().and_then(|id| before.get(id));
            let parent = gap.parent.clone().or_else(|| stored.and_then(|stored| stored.record.parent.clone()));
            let item = gap.item.as_ref().map(|id| format!("{kind} {id}: ")).unwrap_or_default();
            let why = format!("{item}{}", gap.cause);
            Unsure { account: parent.or_else(|| account.clone()), name: name.clone(), why }
        }));
        let read = found.singles(&[]).records;
        run.store.records_put(&side.name, kind, &read, run.now()).await?;
        known.new.extend(read.into_iter().filter(|record| {
            before.get(&record.id).is_none_or(|stored| stored.gone_at.is_some() || stored.record != *record)
        }));
    }
    Ok(())
}

/// Why a record is not new beside these of the side it is to be made at; none when it is.
fn not_new(
    session: &Session<'_, '_>,
    side: Side,
    can: &KindDescription,
    record: &Record,
    there: &[Record],
    links: &[Link],
) -> Option<String> {
    let (run, kind) = (session.run, can.kind);
    let usual = KindRules::default();
    let rules = match side {
        Side::Target => run.sync.rules.kinds.get(&kind)?,
        Side::Source => &usual,
    };
    let stamp_of = |id: &str| match side {
        Side::Target => run.stamp(kind, id).unwrap_or_default(),
        Side::Source => run.source_stamp(kind, id).unwrap_or_default(),
    };
    let source = std::slice::from_ref(record);
    let matched = if kind == Kind::Customer {
        matching::match_customers(&CustomerMatchInput {
            kind,
            source,
            target: there,
            target_complete: true,
            links,
            stamp_of: &stamp_of,
            rules,
            describe: can,
            stopped: &|| false,
        })
    } else {
        matching::match_records(&MatchInput {
            kind,
            source,
            target: there,
            target_complete: true,
            links,
            elsewhere: &[],
            exists: &|id| there.iter().any(|record| record.id == id),
            holder: &|_| None,
            serial_elsewhere: &|_| false,
            stamp_of: &stamp_of,
            rules,
            describe: can,
            waits: &|_| None,
            stopped: &|| false,
        })
    };
    let (id, reason) = match matched.into_iter().next()?.decision {
        Decision::Linked { target, reason, .. } => (target, reason),
        Decision::Proposed { candidates, reason } | Decision::Conflict { candidates, reason } => {
            (candidates.into_iter().next()?.target, reason)
        }
        _ => return None,
    };
    let side = &run.at(side).name;
    Some(format!("{kind} {id} was made or changed in `{side}` since, and may be it ({reason}): plan again"))
}

fn is_old(session: &Session<'_, '_>, seen: Timestamp) -> bool {
    !(0..=FRESH_MS).contains(&session.run.now().since_ms(seen))
}

/// Whether what a change makes may be there.
fn concerns(unsure: &Unsure, change: &PlannedChange, references: &HashMap<(Kind, String), String>) -> bool {
    let account = || parent(change, references);
    unsure.account.as_ref().is_none_or(|asked| account().is_none_or(|account| account == *asked))
        && unsure.name.as_ref().is_none_or(|name| *name == change.name)
}

/// The account in the target that a change makes something in; none for customers.
pub(crate) fn parent(change: &PlannedChange, references: &HashMap<(Kind, String), String>) -> Option<String> {
    if let Some(account) = change.ticket().and_then(|step| step.account.clone()) {
        return Some(account);
    }
    match &change.field("parent")?.after {
        Value::Text(customer) => references.get(&(Kind::Customer, customer.clone())).cloned(),
        _ => None,
    }
}

/// Whether a device says in other ways than by its name which one it is.
fn has_hard_key(change: &PlannedChange) -> bool {
    let keys = ["serial-number", "mac-addresses"];
    change.fields.iter().any(|diff| keys.contains(&diff.name.as_str()) && !diff.after.is_blank())
}
