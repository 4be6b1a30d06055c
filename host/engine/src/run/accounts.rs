//! Planning what customers have, one customer and kind at a time.
//!
//! No more is in memory than one customer's records of a kind, and the next one's, which are read
//! meanwhile: a plan over 50,000 assets needs no more room than its largest customers.

use super::customers::taken_over;
use super::draft::Draft;
use super::identity;
use super::items::{self, Account, item, split};
use crate::error::Error;
use crate::ground::progress::Stage;
use crate::ground::stop::beside_others;
use crate::ground::sync_run::SyncRun;
use crate::rules::anew::candidates;
use crate::rules::brakes;
use crate::rules::matching::{self, Decision, Holder, MatchInput, Matched};
use crate::rules::plan::{Finding, Reference};
use crosswalk_model::{Action, Cause, Kind, KindDescription, Link, PlannedChange, Record, Timestamp, said};
use crosswalk_store::Stored;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

const HOUR_MS: i64 = 3_600_000;
/// Customers not listed that a plan names one by one.
const ASTRAY_TOLD: usize = 50;

pub(crate) async fn plan_kind(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    accounts: &[Account],
) -> Result<(), Error> {
    let Some(can) = run.target.description.kind(kind) else { return Ok(()) };
    // While one customer is planned the next one's records are read.
    let mut waiting = accounts.iter().filter(|account| account.target.is_some());
    let mut next = read_rows(run, kind, waiting.next()).await?;
    let mut done = 0;
    while let Some(rows) = next.take() {
        run.progress.at(&Stage::Planning, done, Some(accounts.len() as u64));
        done += 1;
        let (ahead, planned) =
            tokio::join!(read_rows(run, kind, waiting.next()), plan_account(run, draft, kind, rows, can));
        planned?;
        next = ahead?;
    }
    Ok(())
}

/// The unlinked devices that tell nothing to be found by, and until when each is waited for.
fn waiting(run: &SyncRun<'_>, kind: Kind, rows: &[Stored], links: &[Link]) -> HashMap<String, Timestamp> {
    let wait_ms = i64::from(run.sync.rules.identity_hours) * HOUR_MS;
    let linked = links.iter().filter(|link| link.linked().is_some());
    let linked: HashSet<&str> = linked.map(|link| link.source.as_str()).collect();
    let waits = |stored: &Stored| {
        let until = stored.first_at?.plus_ms(wait_ms);
        let (record, open) = (&stored.record, !linked.contains(stored.record.id.as_str()));
        let waits = open && run.now() < until && matching::is_nameless(kind, record);
        waits.then(|| (record.id.clone(), until))
    };
    rows.iter().filter_map(waits).collect()
}

/// Tells of source records that belong to customers the source does not list: nothing is planned
/// for them.
pub(crate) async fn find_astray(run: &SyncRun<'_>, draft: &mut Draft<'_, '_>, kind: Kind) -> Result<(), Error> {
    let name = &run.source.name;
    let astray = run.store.records_astray(&run.sync.name, name, kind, Kind::Customer, ASTRAY_TOLD).await?;
    draft.find(
        astray
            .into_iter()
            .map(|one| {
                let (count, customer, first) = (one.count, &one.parent, &one.name);
                let message = said!("run-astray", count, kind, connection = name, customer, first);
                Finding::new(Cause::Astray, kind, one.parent, one.id, message)
            })
            .collect(),
    );
    Ok(())
}

/// What planning one customer's records of a kind begins with.
async fn read_rows<'a>(run: &SyncRun<'_>, kind: Kind, account: Option<&'a Account>) -> Result<Option<Rows<'a>>, Error> {
    let Some(account) = account else { return Ok(None) };
    let target = async {
        match account.linked() {
            Some(id) => run.store.records_of_parent(&run.target.name, kind, id).await,
            None => Ok(Vec::new()),
        }
    };
    let (source, links, target) = tokio::try_join!(
        run.store.records_of_parent(&run.source.name, kind, &account.source),
        run.store.links_of_parent(&run.sync.name, kind, &run.source.name, &account.source),
        target,
    )?;
    Ok(Some(Rows { account, source, links, target }))
}

/// Reads records of the target outside of an account: those that links lead to, and those that carry a stamp or a serial
/// number of a source record without a link.
async fn read_outside(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    (source, target): (&[Record], &[Record]),
    links: &[Link],
) -> Result<(Vec<Record>, Vec<Record>), Error> {
    let inside: HashSet<&str> = target.iter().map(|record| record.id.as_str()).collect();
    let away: Vec<String> =
        links.iter().filter_map(|link| link.target.clone()).filter(|id| !inside.contains(id.as_str())).collect();
    let (away, _) = split(run.store.records_by_ids(&run.target.name, kind, &away).await?);
    let linked: HashSet<&str> =
        links.iter().filter(|link| link.target.is_some()).map(|link| link.source.as_str()).collect();
    let stamps: Vec<String> = source
        .iter()
        .filter(|record| !linked.contains(record.id.as_str()))
        .filter_map(|record| run.stamp(kind, &record.id))
        .collect();
    let (stamped, _) = split(run.store.records_by_stamps(&run.target.name, kind, &stamps).await?);
    let mut elsewhere: Vec<Record> =
        stamped.into_iter().filter(|record| !inside.contains(record.id.as_str())).collect();
    let open: Vec<&Record> = source.iter().filter(|one| one.active() && !linked.contains(one.id.as_str())).collect();
    if kind.has_serial() && !open.is_empty() {
        let mut ids = identity::same_serial_elsewhere(run, draft, &open, &inside).await?;
        ids.retain(|id| elsewhere.iter().all(|known| known.id != *id));
        elsewhere.extend(split(run.store.records_by_ids(&run.target.name, kind, &ids).await?).0);
    }
    Ok((away, elsewhere))
}

async fn plan_account(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    rows: Rows<'_>,
    can: &KindDescription,
) -> Result<(), Error> {
    let Some((sides, gone, digests)) = sides(run, draft, kind, rows).await? else { return Ok(()) };
    let Sides { account, source, links, target, away, elsewhere, .. } = &sides;
    let targets: HashMap<&str, &Record> =
        target.iter().chain(away).chain(elsewhere).map(|record| (record.id.as_str(), record)).collect();
    let gone_ids: HashSet<&str> = gone.iter().map(|stored| stored.record.id.as_str()).collect();
    let holders = identity::holders(run, draft, kind, &targets, links, &gone_ids).await?;
    let held_by: HashMap<&str, &Link> = holders.iter().map(|(id, (_, link))| (id.as_str(), link.as_ref())).collect();
    let matched = match_sides(run, draft, can, &sides, &targets, &holders);
    run.go_on()?;
    let open_for = candidates(&matched).into_iter();
    draft.undecided_targets.extend(open_for.map(|(target, source)| ((kind, target.to_owned()), source.to_owned())));
    let by_source: HashMap<&str, &Link> = links.iter().map(|link| (link.source.as_str(), link)).collect();
    let mut decided = Vec::new();
    let taken_over: Vec<Option<(String, Link)>> = source
        .iter()
        .zip(&matched)
        .map(|(record, matched)| {
            let own = by_source.get(record.id.as_str()).copied();
            taken_over(&matched.decision, own, &record.id, &held_by)
        })
        .collect();
    let mut items = Vec::new();
    for ((record, matched), taken_over) in source.iter().zip(&matched).zip(&taken_over) {
        let link = by_source.get(record.id.as_str()).copied();
        decided.extend(matching::decided(link, kind, &record.id, &matched.decision, run.now()));
        match (&matched.decision, link.and_then(Link::linked)) {
            (Decision::Linked { target, .. }, _) => draft.learn(kind, &account.source, &record.id, target),
            (Decision::Keep, Some(target)) => draft.learn(kind, &account.source, &record.id, target),
            _ => {}
        }
        if let Some((of, _)) = taken_over {
            draft.given_up.insert((kind, of.clone()));
        }
        items.push(item(Some(record), None, taken_over.as_ref().map(|(_, link)| link).or(link), matched, &targets));
    }
    let left = gone.iter().filter_map(|stored| by_source.get(stored.record.id.as_str()));
    decided.extend(left.filter_map(|link| matching::withdrawn(link, run.now())));
    let gone: Vec<Stored> =
        gone.into_iter().filter(|stored| !draft.given_up.contains(&(kind, stored.record.id.clone()))).collect();
    let keep: Vec<Matched> =
        gone.iter().map(|stored| Matched { source: stored.record.id.clone(), decision: Decision::Keep }).collect();
    for (stored, matched) in gone.iter().zip(&keep) {
        if let Some(link) = by_source.get(stored.record.id.as_str()).copied() {
            items.push(item(None, Some(stored), Some(link), matched, &targets));
        }
    }
    let in_use = links
        .iter()
        .filter(|link| link.linked().and_then(|id| targets.get(id)).is_some_and(|target| target.active()))
        .count();
    let changes = items::plan_items(run, draft, kind, &account.source, account.linked(), items, can);
    let mut changes = identity::guard(run, draft, kind, &targets, changes).await?;
    items::brake(run, draft, kind, &account.source, &mut changes, u32::try_from(in_use).ok());
    brakes::hold_with_locations(&mut changes, &draft.held_locations);
    draft.in_use(kind, in_use as u64);
    if kind.is_place() {
        note_places(draft, account, &changes);
    }
    decided.append(&mut draft.noted);
    run.store.links_put(&run.sync.name, &decided).await?;
    if !changes.is_empty() {
        draft.planned_on(kind, digests);
    }
    draft.keep(changes).await
}

/// Notes the locations that are to be created, also in place of one that is retired: only assets refer to them, and are
/// planned later.
fn note_places(draft: &mut Draft<'_, '_>, account: &Account, changes: &[PlannedChange]) {
    for change in changes.iter().filter(|change| change.action == Action::Create) {
        draft.locations.insert(change.source.clone(), (account.source.clone(), Reference::Planned));
        if let Some(hold) = &change.held {
            draft.hold_location(&change.source, hold);
        }
    }
}

/// A customer's records of a kind on both sides, as they are matched.
struct Sides<'a> {
    account: &'a Account,
    source: Vec<Record>,
    links: Vec<Link>,
    target: Vec<Record>,
    /// Target records outside of the account that links lead to.
    away: Vec<Record>,
    /// Target records outside of the account that carry a key of a source record without a link.
    elsewhere: Vec<Record>,
    /// Times until which source records wait for keys to be found by.
    waits: HashMap<String, Timestamp>,
}

/// Digests of the source records of a kind that are present, by id.
type Digests = HashMap<String, [u8; 16]>;

/// Returns both sides, the source records that are gone, and the digests of the others; `None` if there is nothing to
/// plan.
async fn sides<'a>(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    rows: Rows<'a>,
) -> Result<Option<(Sides<'a>, Vec<Stored>, Digests)>, Error> {
    let waits = waiting(run, kind, &rows.source, &rows.links);
    let there = rows.source.iter().filter(|stored| stored.gone_at.is_none());
    let digests = there.map(|stored| (stored.record.id.clone(), stored.digest)).collect();
    let ((source, gone), links) = (split(rows.source), rows.links);
    let source = draft.read_whole(kind, source, &links);
    if source.is_empty() && links.is_empty() {
        return Ok(None);
    }
    let (target, _) = split(rows.target);
    let (away, elsewhere) = read_outside(run, draft, kind, (&source, &target), &links).await?;
    let account = rows.account;
    Ok(Some((Sides { account, source, links, target, away, elsewhere, waits }, gone, digests)))
}

fn match_sides(
    run: &SyncRun<'_>,
    draft: &Draft<'_, '_>,
    can: &KindDescription,
    sides: &Sides<'_>,
    targets: &HashMap<&str, &Record>,
    holders: &HashMap<String, (Holder, Cow<'_, Link>)>,
) -> Vec<Matched> {
    let (kind, account) = (can.kind, sides.account);
    let serials = draft.serials.clone().unwrap_or_default();
    beside_others(sides.source.len() + sides.target.len(), || {
        matching::match_records(&MatchInput {
            kind,
            source: &sides.source,
            target: &sides.target,
            target_complete: draft.target_complete_in(kind, account.linked()),
            links: &sides.links,
            elsewhere: &sides.elsewhere,
            exists: &|id| targets.contains_key(id),
            holder: &|id| holders.get(id).map(|(holder, _)| holder.clone()),
            serial_elsewhere: &|key| serials.of_another_customer(key, &account.source),
            stamp_of: &|id| run.stamp(kind, id).unwrap_or_default(),
            rules: &run.sync.rules.kinds[&kind],
            describe: can,
            waits: &|id| sides.waits.get(id).copied(),
            stopped: &|| run.stop.is_stopped(),
        })
    })
}

/// A customer's records of a kind on both sides, and its links.
struct Rows<'a> {
    account: &'a Account,
    source: Vec<Stored>,
    links: Vec<Link>,
    target: Vec<Stored>,
}
