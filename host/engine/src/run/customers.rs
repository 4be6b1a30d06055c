//! Plans all customers of a sync together: near names and mass departures show only over all of them, and each
//! customer's account decides how the rest is planned.

use super::draft::Draft;
use super::items::{self, Account, item, split};
use super::{identity, reverse};
use crate::error::Error;
use crate::ground::stop::beside_others;
use crate::ground::sync_run::SyncRun;
use crate::rules::anew::{adopted, candidates};
use crate::rules::brakes::{self, Class};
use crate::rules::matching::{self, CustomerMatchInput, Decision, Matched};
use crate::rules::names;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Action, Kind, KindDescription, Link, LinkState, PlannedChange, Record, Said, Sync, said};
use crosswalk_store::Stored;
use std::collections::HashMap;

pub(crate) async fn plan_customers(run: &SyncRun<'_>, draft: &mut Draft<'_, '_>) -> Result<Vec<Account>, Error> {
    let kind = Kind::Customer;
    let Some(can) = run.target.description.kind(kind) else { return Ok(Vec::new()) };
    let rules = &run.sync.rules.kinds[&kind];
    let (source, gone) = split(run.store.records_all(&run.source.name, kind).await?);
    let (target, _) = split(run.store.records_all(&run.target.name, kind).await?);
    let links = run.store.links_all(&run.sync.name, kind).await?;
    let source = draft.read_whole(kind, source, &links);
    let matched = match_all(run, draft, kind, &source, &target, &links, can);
    run.go_on()?;
    let reverse = reverse::plan_reverse(run, draft, &source, &target, &links, &matched).await?;
    let known = Known::new(&target, &links);
    let open_for = candidates(&matched).into_iter();
    draft.undecided_targets.extend(open_for.map(|(target, source)| ((kind, target.to_owned()), source.to_owned())));
    let mut planned = Planned::default();
    for (record, matched) in source.iter().zip(&matched) {
        plan_present(run, draft, can, &known, (record, matched), &mut planned);
    }
    for stored in &gone {
        plan_gone(run, draft, can, &known, stored, &mut planned);
    }
    let Planned { accounts, mut decided, leaving, mut staying } = planned;
    let mut leaving = identity::guard(run, draft, kind, &known.targets, leaving).await?;
    // Each customer is its own unit; what many of them do at once is only seen over all of them.
    let in_use =
        |link: &&&Link| link.linked().and_then(|id| known.targets.get(id)).is_some_and(|target| target.active());
    let in_use = known.links.values().filter(in_use).count();
    let unit =
        brakes::Unit { in_use: u32::try_from(in_use).ok(), first_run: draft.first_run(kind), trust: rules.trust };
    for change in &mut leaving {
        change.held = None;
    }
    brakes::hold(&mut leaving, unit, &run.sync.rules.brakes);
    draft.in_use(kind, in_use as u64);
    staying.append(&mut leaving);
    hold_over_all(run, draft, &mut staying, in_use as u64);
    let holds = staying.iter().filter_map(|change| Some((change.source.clone(), brakes::of_customer(change)?)));
    draft.held_customers.extend(holds);
    draft.keep(staying).await?;
    draft.keep(reverse).await?;
    decided.append(&mut draft.noted);
    run.store.links_put(&run.sync.name, &decided).await?;
    Ok(accounts)
}

/// The target's customers, and the links to them.
struct Known<'a> {
    target: &'a [Record],
    /// By id.
    targets: HashMap<&'a str, &'a Record>,
    /// By source.
    links: HashMap<&'a str, &'a Link>,
    /// By target: of several links to one the first, as in matching.
    holders: HashMap<&'a str, &'a Link>,
}

impl<'a> Known<'a> {
    fn new(target: &'a [Record], links: &'a [Link]) -> Self {
        let mut holders = HashMap::new();
        for (target, link) in links.iter().filter_map(|link| Some((link.linked()?, link))) {
            holders.entry(target).or_insert(link);
        }
        Self {
            target,
            targets: target.iter().map(|record| (record.id.as_str(), record)).collect(),
            links: links.iter().map(|link| (link.source.as_str(), link)).collect(),
            holders,
        }
    }
}

/// What planning the customers one by one results in.
#[derive(Default)]
struct Planned {
    accounts: Vec<Account>,
    decided: Vec<Link>,
    /// Changes that take a customer out of use.
    leaving: Vec<PlannedChange>,
    /// All other changes.
    staying: Vec<PlannedChange>,
}

/// Plans a customer that the source has.
fn plan_present(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    can: &KindDescription,
    known: &Known<'_>,
    (record, matched): (&Record, &Matched),
    planned: &mut Planned,
) {
    let kind = Kind::Customer;
    let link = known.links.get(record.id.as_str()).copied();
    planned.decided.extend(matching::decided(link, kind, &record.id, &matched.decision, run.now()));
    let taken_over = taken_over(&matched.decision, link, &record.id, &known.holders);
    if let Some((of, _)) = &taken_over {
        draft.given_up.insert((kind, of.clone()));
    }
    let item = item(Some(record), None, taken_over.as_ref().map(|(_, link)| link).or(link), matched, &known.targets);
    let mut changes = items::plan_items(run, draft, kind, &record.id, None, vec![item], can);
    let account = match (&matched.decision, link) {
        (Decision::Linked { target, .. }, _) => Some(Some(target.clone())),
        (Decision::Create { .. }, _) if changes.iter().any(|change| change.action == Action::Create) => Some(None),
        (Decision::Keep, Some(link)) => link.linked().map(|target| Some(target.to_owned())),
        _ => None,
    };
    let back = changes.iter().any(|change| change.action == Action::Reactivate);
    let own = account.iter().flatten().find_map(|id: &String| known.targets.get(id.as_str()));
    if let Some(own) = own.filter(|own| !own.active() && !back) {
        draft.out_of_use.insert(own.id.clone(), out_of_use(&run.sync, &record.id, own, known.target));
    }
    if account.is_none() {
        draft.undecided += u32::from(
            !matches!((&matched.decision, link), (Decision::Keep, Some(link)) if link.state == LinkState::Excluded),
        );
    }
    // Each is its own unit, so no share of it says anything.
    items::brake(run, draft, kind, &record.id, &mut changes, None);
    let (out, rest): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| change.action == Action::Deactivate);
    planned.leaving.extend(out);
    planned.staying.extend(rest);
    planned.accounts.push(Account { source: record.id.clone(), target: account });
}

/// Plans a customer that left the source. Its sites and devices are gone with it, and are planned like those of the
/// others; if its account was given to another customer, with that one's.
fn plan_gone(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    can: &KindDescription,
    known: &Known<'_>,
    stored: &Stored,
    planned: &mut Planned,
) {
    let (kind, id) = (Kind::Customer, &stored.record.id);
    let Some(link) = known.links.get(id.as_str()).copied() else { return };
    if !draft.given_up.contains(&(kind, id.clone())) {
        planned.decided.extend(matching::withdrawn(link, run.now()));
        let matched = Matched { source: id.clone(), decision: Decision::Keep };
        let item = item(None, Some(stored), Some(link), &matched, &known.targets);
        planned.leaving.extend(items::plan_items(run, draft, kind, id, None, vec![item], can));
    }
    let target = link.linked().map(|target| Some(target.to_owned()));
    planned.accounts.push(Account { source: id.clone(), target });
}

/// Matches all source records of a kind with all of the target: customers, or products.
pub(crate) fn match_all(
    run: &SyncRun<'_>,
    draft: &Draft<'_, '_>,
    kind: Kind,
    source: &[Record],
    target: &[Record],
    links: &[Link],
    can: &KindDescription,
) -> Vec<Matched> {
    beside_others(source.len() + target.len(), || {
        matching::match_customers(&CustomerMatchInput {
            kind,
            source,
            target,
            target_complete: draft.target_complete(kind),
            links,
            stamp_of: &|id| run.stamp(kind, id).unwrap_or_default(),
            rules: &run.sync.rules.kinds[&kind],
            describe: can,
            stopped: &|| run.stop.is_stopped(),
        })
    })
}

/// Holds the customers that are over a limit of the whole sync at once: what belongs to them is planned next,
/// and waits with them.
fn hold_over_all(run: &SyncRun<'_>, draft: &Draft<'_, '_>, changes: &mut [PlannedChange], in_use: u64) {
    for class in Class::ALL {
        let first = draft.first_run(Kind::Customer) && matches!(class, Class::Creates | Class::Identity);
        let (places, records) = brakes::counted(changes, class);
        let hold = brakes::over_the_sync(Kind::Customer, class, records, in_use, &run.sync.rules.brakes);
        if let (Some(hold), false) = (hold, first) {
            for at in places {
                changes[at].held = brakes::also(changes[at].held.take(), Some(&hold));
            }
        }
    }
}

/// Why nothing is made in an account that is not in use, what to do, and the one in use that is like it.
pub(crate) fn out_of_use(sync: &Sync, customer: &str, account: &Record, all: &[Record]) -> Said {
    let (target, sync) = (&sync.target, &sync.name);
    let name = names::plain(&account.name);
    let mut alike = all.iter().filter(|other| other.active() && names::plain(&other.name) == name);
    let link = Call::of(Verb::LinkSet).with("sync", sync).with("kind", Kind::Customer).with("source", customer);
    let out = said!("run-account-out-of-use", account = &account.id, name = &account.name, target, link);
    match (alike.next(), alike.next()) {
        (Some(one), None) if !name.is_empty() => {
            Said::several([out, said!("run-account-alike-in-use", account = &one.id, target)])
        }
        _ => out,
    }
}

/// The source record whose link a decision gives to another one, and that link as it is this one's.
pub(crate) fn taken_over(
    decision: &Decision,
    own: Option<&Link>,
    source: &str,
    holders: &HashMap<&str, &Link>,
) -> Option<(String, Link)> {
    let Decision::Linked { target, .. } = decision else { return None };
    let of = holders.get(target.as_str()).filter(|of| of.source != source)?;
    Some((of.source.clone(), adopted(own, of, source)))
}
