//! Identities over the whole sync: where each serial number is, whose link goes to whom, and which records must neither
//! leave use nor get an identity until that is decided.
//!
//! Matching sees one customer at a time; a machine that was enrolled anew at another customer, or a serial number
//! that another record has already, shows only here. What follows is decided in the pure halves at the end.

use super::draft::Draft;
use crate::error::Error;
use crate::ground::opened::Opened;
use crate::ground::sync_run::SyncRun;
use crate::rules::matching::Holder;
use crate::rules::plan::Finding;
use crate::rules::serials;
use crate::rules::serials_held::{Device, Serials};
use crosswalk_model::{Action, Brake, Cause, Hold, Kind, Link, PlannedChange, Record, Said, Value, said};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The serial numbers of the sync; read once, and only in a plan that asks.
pub(crate) async fn serials(run: &SyncRun<'_>, draft: &mut Draft<'_, '_>) -> Result<Arc<Serials>, Error> {
    if let Some(known) = &draft.serials {
        return Ok(known.clone());
    }
    let device = |id: &str, parent: Option<&str>, serial: String| Device::of(id, parent, &serial);
    let read = async |side: &Opened| run.store.texts_pick(&side.name, Kind::Asset, "serial-number", device).await;
    let (mut source, target) = tokio::try_join!(read(&run.source), read(&run.target))?;
    // What an operator left out stands in nobody's way.
    let excluded = run.store.excluded(&run.sync.name, Kind::Asset).await?;
    source.retain(|device| !excluded.contains(&*device.id));
    let all = Arc::new(Serials::new(source, target));
    draft.serials = Some(all.clone());
    Ok(all)
}

/// The ids of target records in use outside an account that have the serial number of one of these source
/// records.
pub(crate) async fn same_serial_elsewhere(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    open: &[&Record],
    inside: &HashSet<&str>,
) -> Result<Vec<String>, Error> {
    let keys: HashSet<String> = open.iter().flat_map(|record| serials::serial_keys(record)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let all = serials(run, draft).await?;
    let found = keys.iter().flat_map(|key| all.targets(key)).filter(|id| !inside.contains(id));
    let mut found: Vec<String> = found.map(str::to_owned).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Which source record has which of these targets, by the links of whatever customer. A target of several
/// belongs to one that is there.
pub(crate) async fn holders<'l>(
    run: &SyncRun<'_>,
    draft: &Draft<'_, '_>,
    kind: Kind,
    targets: &HashMap<&str, &Record>,
    own: &'l [Link],
    gone: &HashSet<&str>,
) -> Result<HashMap<String, (Holder, Cow<'l, Link>)>, Error> {
    let linked: HashSet<&str> = own.iter().filter_map(Link::linked).collect();
    let ids: Vec<String> = targets.keys().filter(|id| !linked.contains(*id)).map(|id| (*id).to_owned()).collect();
    let mut others = Vec::new();
    if !ids.is_empty() {
        let known: HashSet<&str> = own.iter().map(|link| link.source.as_str()).collect();
        others = run.store.links_of_targets(&run.sync.name, kind, &ids).await?;
        others.retain(|link| link.kind == kind && link.linked().is_some() && !known.contains(link.source.as_str()));
    }
    let sources: Vec<String> = others.iter().map(|link| link.source.clone()).collect();
    let stored = run.store.records_by_ids(&run.source.name, kind, &sources).await?;
    let there: HashSet<&str> =
        stored.iter().filter(|one| one.gone_at.is_none()).map(|one| one.record.id.as_str()).collect();
    let mut holders: HashMap<String, (Holder, Cow<'l, Link>)> = HashMap::new();
    let mut put = |link: Cow<'l, Link>, is_there: bool| {
        let Some(target) = link.linked().map(str::to_owned) else { return };
        if is_there {
            holders.insert(target, (Holder::Present(link.source.clone()), link));
        } else {
            holders.entry(target).or_insert_with(|| (Holder::Gone(link.source.clone()), link));
        }
    };
    for link in others {
        let is_there = there.contains(link.source.as_str());
        put(Cow::Owned(link), is_there);
    }
    own.iter().for_each(|link| put(Cow::Borrowed(link), !gone.contains(link.source.as_str())));
    for id in targets.keys() {
        if let Some(source) = draft.taken.get(&(kind, (*id).to_owned())) {
            let unmapped = || Cow::Owned(Link::unmapped(kind, source, run.now()));
            let link = holders.remove(*id).map_or_else(unmapped, |(_, link)| link);
            holders.insert((*id).to_owned(), (Holder::Present(source.clone()), link));
        }
    }
    Ok(holders)
}

/// Leaves out of a customer's changes what must wait until it is known who is who, and tells it: nothing
/// leaves use while its machine may be there under another id, and no serial number is written
/// beside another record that has it.
pub(crate) async fn guard(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    known: &HashMap<&str, &Record>,
    changes: Vec<PlannedChange>,
) -> Result<Vec<PlannedChange>, Error> {
    let leaves = |change: &PlannedChange| change.action == Action::Deactivate;
    let names =
        |change: &PlannedChange| change.fields.iter().any(|diff| new_serial(kind, change, &diff.name).is_some());
    if !changes.iter().any(|change| leaves(change) || names(change)) {
        return Ok(changes);
    }
    let mut kept = Vec::with_capacity(changes.len());
    for change in changes {
        if leaves(&change) {
            match held_back(run, draft, kind, known, &change).await? {
                Some(message) => {
                    let finding = Finding::new(Cause::Undecided, kind, change.customer, change.source, message);
                    draft.find(vec![finding]);
                }
                None => kept.push(change),
            }
        } else if names(&change) {
            let all = serials(run, draft).await?;
            kept.extend(apart(kind, change, &all));
        } else {
            kept.push(change);
        }
    }
    Ok(kept)
}

async fn held_back(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    known: &HashMap<&str, &Record>,
    change: &PlannedChange,
) -> Result<Option<Said>, Error> {
    let target = known.get(change.target.as_deref().unwrap_or_default()).copied();
    let keys = target.filter(|_| kind.has_serial()).map(serials::serial_keys);
    let mut others = Vec::new();
    if let Some(keys) = keys.filter(|keys| !keys.is_empty()) {
        let all = serials(run, draft).await?;
        others.extend(keys.iter().flat_map(|key| all.sources(key)).map(str::to_owned));
    }
    let links = run.store.links_by_sources(&run.sync.name, kind, &others).await?;
    // One that a person gave a record of its own is another machine.
    others.retain(|id| !links.iter().any(|link| link.source == *id && link.linked().is_some()));
    let account = target.and_then(|record| record.parent.as_deref()).filter(|_| !kind.is_account());
    Ok(why_stays(change, account, &draft.undecided_targets, &others))
}

/// Why a record that is missing from the source stays in use all the same; `None` when nothing speaks for it.
/// `undecided` are the targets that may be an undecided record's, `same_serial` the unlinked source records that have
/// the serial number of the change's target.
pub(crate) fn why_stays(
    change: &PlannedChange,
    account: Option<&str>,
    undecided: &HashMap<(Kind, String), String>,
    same_serial: &[String],
) -> Option<Said> {
    let may_be = |kind: Kind, id: &str| undecided.get(&(kind, id.to_owned()));
    let (kind, target) = (change.kind, change.target.as_deref().unwrap_or_default());
    if let Some(other) = may_be(kind, target) {
        return Some(said!("run-stays-for-candidate", other, kind));
    }
    if let Some(other) = account.and_then(|account| may_be(Kind::Customer, account)) {
        return Some(said!("run-stays-for-customer", other));
    }
    let other = same_serial.iter().find(|id| **id != change.source)?;
    Some(said!("run-stays-for-serial-number", other))
}

/// The serial number that a change puts where none or another one was, as a key.
fn new_serial(kind: Kind, change: &PlannedChange, field: &str) -> Option<String> {
    if !kind.has_serial() || field != "serial-number" || change.action != Action::Update {
        return None;
    }
    let diff = change.fields.iter().find(|diff| diff.name == field)?;
    let key = |value: &Value| value.as_text().and_then(serials::serial_key);
    key(&diff.after).filter(|after| diff.before.as_ref().and_then(key).as_ref() != Some(after))
}

/// Parts a change of a serial number that another target record has: the rest goes on, the number is held.
fn apart(kind: Kind, mut change: PlannedChange, all: &Serials) -> Vec<PlannedChange> {
    let key = new_serial(kind, &change, "serial-number").unwrap_or_default();
    let other = all.targets(&key).find(|id| Some(*id) != change.target.as_deref()).map(str::to_owned);
    let Some(other) = other else { return vec![change] };
    let (number, rest): (Vec<_>, Vec<_>) = change.fields.drain(..).partition(|diff| diff.name == "serial-number");
    let hold = Hold::new(Brake::Identity, said!("run-serial-number-taken", other, kind, source = &change.source));
    let held = PlannedChange { fields: number, held: Some(hold), ..change.clone() };
    change.fields = rest;
    if change.fields.is_empty() { vec![held] } else { vec![change, held] }
}
