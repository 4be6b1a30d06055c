//! Resolves the references of changes, and builds the change as sent and its link afterwards. `resolve` decides whether
//! a change may be written.

use super::reverse;
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::anew;
use crate::rules::plan::{self, undo};
use crosswalk_model::{
    Action, Change, ChangeId, Direction, Kind, Link, PlanId, PlannedChange, Record, Said, Value, catalogue, said,
};
use std::collections::HashMap;
use std::sync::Mutex;

/// Source → target ids, shared by the batches under way.
#[derive(Default)]
pub(crate) struct References(Mutex<HashMap<(Kind, String), String>>);

impl References {
    pub(crate) fn learn(&self, kind: Kind, source: &str, target: &str) {
        self.lock().insert((kind, source.to_owned()), target.to_owned());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(Kind, String), String>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Where everything that these changes refer to leads, by today's links. What goes back refers to the
/// target already.
pub(crate) async fn references<'c>(
    run: &SyncRun<'_>,
    changes: impl IntoIterator<Item = &'c PlannedChange>,
    known: &References,
) -> Result<HashMap<(Kind, String), String>, Error> {
    let (mut found, mut missing) = (HashMap::new(), HashMap::<Kind, Vec<String>>::new());
    for change in changes.into_iter().filter(|change| change.direction() != Direction::Back) {
        let lead = change.ticket().and_then(|step| Some((change.kind, step.lead.clone()?)));
        let fields = change.fields.iter().filter_map(|diff| {
            let kind = match diff.name.as_str() {
                "parent" => Some(Kind::Customer),
                name => catalogue::refers_to(change.kind, name),
            };
            let Value::Text(source) = &diff.after else { return None };
            Some((kind?, source.clone()))
        });
        for key in lead.into_iter().chain(fields) {
            let target = known.lock().get(&key).cloned();
            match target {
                Some(target) => {
                    found.insert(key, target);
                }
                None => missing.entry(key.0).or_default().push(key.1),
            }
        }
    }
    for (kind, mut sources) in missing {
        sources.sort_unstable();
        sources.dedup();
        for link in run.store.links_by_sources(&run.sync.name, kind, &sources).await? {
            if let Some(target) = link.linked() {
                known.lock().insert((kind, link.source.clone()), target.to_owned());
                found.insert((kind, link.source.clone()), target.to_owned());
            }
        }
    }
    Ok(found)
}

/// What becomes of links whose target these changes give to another source record: the old one without it, and
/// the new one with all that was known, by the new source record; or why it is not given any more. Lines of contracts
/// are handed over by `rules::plan::line`: who gives one up keeps what is known of its days.
pub(crate) async fn given_over(
    run: &SyncRun<'_>,
    kind: Kind,
    changes: &[PlannedChange],
    links: &HashMap<String, Link>,
) -> Result<HashMap<String, Result<(Link, Link), Said>>, Error> {
    let linking = |change: &&PlannedChange| change.action == Action::Link && change.direction() == Direction::Onward;
    let by_target: HashMap<&str, &PlannedChange> =
        changes.iter().filter(linking).filter_map(|change| Some((change.target.as_deref()?, change))).collect();
    if by_target.is_empty() || kind.counterpart() != kind || kind.is_billed() {
        return Ok(HashMap::new());
    }
    let targets: Vec<String> = by_target.keys().map(|id| (*id).to_owned()).collect();
    let held = run.store.links_of_targets(&run.sync.name, kind, &targets).await?;
    let held: Vec<&Link> = held.iter().filter(|link| link.kind == kind && link.linked().is_some()).collect();
    let sources: Vec<String> = held.iter().map(|link| link.source.clone()).collect();
    let stored = run.store.records_by_ids(&run.source.name, kind, &sources).await?;
    let there: std::collections::HashSet<&str> =
        stored.iter().filter(|one| one.gone_at.is_none()).map(|one| one.record.id.as_str()).collect();
    let mut over = HashMap::new();
    for old in held {
        let Some(change) = old.target.as_deref().and_then(|id| by_target.get(id)) else { continue };
        if old.source == change.source {
            continue;
        }
        let new = anew::adopted(links.get(&change.source), old, &change.source);
        let given = if there.contains(old.source.as_str()) {
            Err(said!("write-holder-back", source = &old.source))
        } else {
            Ok((anew::given_up(old, &change.source, run.now()), new))
        };
        over.insert(change.source.clone(), given);
    }
    Ok(over)
}

/// The links of changes, by what these are known by.
pub(crate) async fn links_of(
    run: &SyncRun<'_>,
    kind: Kind,
    changes: &[PlannedChange],
) -> Result<HashMap<String, Link>, Error> {
    let (at_source, others): (Vec<&PlannedChange>, Vec<&PlannedChange>) =
        changes.iter().partition(|change| change.direction() == Direction::AtSource);
    let ids =
        |changes: &[&PlannedChange]| changes.iter().map(|change| change.known_by().to_owned()).collect::<Vec<_>>();
    let links = run.store.links_by_sources(&run.sync.name, kind, &ids(&others)).await?;
    let mut links = by_key(links, |link| link.source.clone());
    if !at_source.is_empty() {
        let found = run.store.links_of_targets(&run.sync.name, kind, &ids(&at_source)).await?;
        links.extend(by_key(found, |link| link.target.clone().unwrap_or_default()));
    }
    Ok(links)
}

/// The write of a planned change; `there` is its target record as it is known.
pub(crate) fn change_to_write(
    run: &SyncRun<'_>,
    plan: PlanId,
    planned: &PlannedChange,
    there: Option<&Record>,
    references: &HashMap<(Kind, String), String>,
) -> Result<Option<Change>, plan::Unresolved> {
    let id = ChangeId { plan, sequence: planned.sequence };
    let parent = there.and_then(|record| record.parent.as_deref());
    plan::to_write(planned, id, run.idempotency_key(id), parent, stamp_for(run, planned, there), &|kind, id| {
        references
            .get(&(kind, id.to_owned()))
            .map_or(plan::Reference::Unknown, |target| plan::Reference::Target(target.clone()))
    })
}

/// The key that a change leaves in what it writes.
fn stamp_for(run: &SyncRun<'_>, planned: &PlannedChange, there: Option<&Record>) -> Option<String> {
    if matches!(planned.action, Action::Retire | Action::Deactivate | Action::Append | Action::Close) {
        return None;
    }
    let has = there.and_then(|record| record.stamp.as_ref());
    match planned.direction() {
        Direction::Onward => run.stamp(planned.kind, &planned.source).filter(|stamp| has != Some(stamp)),
        Direction::AtSource => run.source_stamp(planned.kind, planned.known_by()),
        Direction::Back => None,
    }
}

/// The link as it is to be stored after a change was done.
///
/// `id` is the record that came of it, on the side it was made.
pub(crate) async fn link_after(
    run: &SyncRun<'_>,
    link: Option<&Link>,
    planned: &PlannedChange,
    sent: Option<&Change>,
    id: &str,
    kept: Option<&Record>,
) -> Result<Link, Error> {
    Ok(match planned.direction() {
        Direction::Onward => plan::after_write(link, planned, sent, id, kept, run.now()),
        Direction::AtSource => reverse::reverse_link(run, planned, sent, id, kept).await?,
        Direction::Back => undo::link_after(link, planned, run.id, run.now()),
    })
}

pub(crate) fn by_key<T>(items: Vec<T>, key: impl Fn(&T) -> String) -> HashMap<String, T> {
    items.into_iter().map(|item| (key(&item), item)).collect()
}

/// A link without a target takes the one that an earlier change of its plan made.
pub(crate) fn follow_lead(
    planned: &mut PlannedChange,
    references: &HashMap<(Kind, String), String>,
) -> Result<(), plan::Unresolved> {
    if planned.action != Action::Link || planned.target.is_some() {
        return Ok(());
    }
    let lead = planned.ticket().and_then(|step| step.lead.clone());
    let key = (planned.kind, lead.unwrap_or_default());
    planned.target = references.get(&key).cloned();
    if planned.target.is_none() {
        return Err(plan::Unresolved { kind: key.0, id: key.1 });
    }
    Ok(())
}
