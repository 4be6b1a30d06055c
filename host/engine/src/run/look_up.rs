//! Looking up what may have been written: what the vendor has now, beside what was sent.
//!
//! A create is looked up by its stamp, which is proof whether the record is known or not; else by
//! its name within its parent, compared as the vendor keeps names, among records that were not
//! seen before the intent and belong to nobody else. Any other write is looked up by reading its
//! target. What follows from a verdict is decided in `doubt`.

use super::reading::{self, Found, Singles};
use crate::error::Error;
use crate::ground::opened::Opened;
use crate::ground::sync_run::SyncRun;
use crate::rules::doubt::{Nature, Verdict};
use crate::rules::plan::line::{EFFECTIVE, QUANTITY};
use crate::rules::plan::ticket::LAST_ACTIVITY;
use crate::rules::plan::{Finding, alike, now_has, same, shown};
use crosswalk_model::said::Arg;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{
    Cause, Change, ChangeId, Direction, Failure, Field, Kind, KindDescription, Operation, PlanId, PlannedChange,
    Record, Said, Selection, Side, Timestamp, Value, said,
};
use crosswalk_store::{Doubt, Stored, Unsettled};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A write to look up.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) planned: &'a PlannedChange,
    pub(crate) change: &'a Change,
    /// When it was intended for the first time.
    pub(crate) intended_at: Timestamp,
    /// Whether the connector says that it is done, and that alone is no proof.
    pub(crate) said_done: bool,
}

/// Looks up writes of one kind, one verdict each, in their order. Records in `taken` are not what
/// any of them made. A look-up that fails is the verdict of its own writes.
///
/// # Errors
/// The database's.
pub(crate) async fn look_up(
    run: &SyncRun<'_>,
    side: &Opened,
    kind: Kind,
    looks: &[Look<'_>],
    taken: &HashSet<String>,
) -> Result<Vec<Verdict>, Error> {
    let Some(can) = side.description.kind(kind) else {
        let why = || Verdict::Unclear(said!("settle-no-such-kind", connection = &side.name, kind));
        return Ok(looks.iter().map(|_| why()).collect());
    };
    let mut verdicts = vec![Verdict::NotWritten; looks.len()];
    let mut asker = Asker { run, side, kind, can, taken, trouble: None };
    let of = |which: &dyn Fn(&Look<'_>) -> bool| -> Vec<usize> {
        looks.iter().enumerate().filter(|(_, look)| which(look)).map(|(at, _)| at).collect()
    };
    let created = |look: &Look<'_>| look.change.operation == Operation::Create;
    let stamped = |look: &Look<'_>| can.reads.stamps && look.change.stamp.is_some();
    let at_once = can.ids_at_once.max(1) as usize;
    for chunk in of(&|look| created(look) && stamped(look)).chunks(at_once) {
        asker.by_stamp(looks, chunk, &mut verdicts).await?;
    }
    for at in of(&|look| created(look) && !stamped(look)) {
        verdicts[at] = asker.by_name(&looks[at]).await?;
    }
    for chunk in of(&|look| !created(look)).chunks(at_once) {
        asker.by_id(looks, chunk, &mut verdicts).await?;
    }
    part_shared(looks, &mut verdicts);
    Ok(verdicts)
}

/// Records of a side as the store knows them, by id.
async fn stored(
    run: &SyncRun<'_>,
    side: &Opened,
    kind: Kind,
    ids: &[String],
) -> Result<HashMap<String, Stored>, Error> {
    let stored = run.store.records_by_ids(&side.name, kind, ids).await?;
    Ok(stored.into_iter().map(|stored| (stored.record.id.clone(), stored)).collect())
}

/// Which of these records of the side written to are linked, each with what it is linked to.
pub(crate) async fn linked_to(
    run: &SyncRun<'_>,
    direction: Direction,
    kind: Kind,
    ids: &[String],
) -> Result<HashMap<String, String>, Error> {
    let links = match direction {
        Direction::AtSource => run.store.links_by_sources(&run.sync.name, kind, ids).await?,
        Direction::Onward | Direction::Back => {
            run.store.links_of_targets(&run.sync.name, kind.counterpart(), ids).await?
        }
    };
    let pair = |link: crosswalk_model::Link| {
        let target = link.linked()?.to_owned();
        Some(if direction == Direction::AtSource { (link.source, target) } else { (target, link.source) })
    };
    Ok(links.into_iter().filter_map(pair).collect())
}

/// Two writes never made one record: then nobody can tell whose it is.
fn part_shared(looks: &[Look<'_>], verdicts: &mut [Verdict]) {
    let mut made: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, verdict) in verdicts.iter().enumerate() {
        if let (Verdict::Written(id), Operation::Create) = (verdict, looks[at].change.operation) {
            made.entry(id.clone()).or_default().push(at);
        }
    }
    for (id, shared) in made.into_iter().filter(|(_, shared)| shared.len() > 1) {
        let names: Vec<&str> = shared.iter().map(|at| looks[*at].planned.source.as_str()).collect();
        let why = said!("settle-made-for-several", id, sources = Arg::list(names));
        shared.iter().for_each(|at| verdicts[*at] = Verdict::Unclear(why.clone()));
    }
}

/// Asks one side about one kind.
struct Asker<'w, 'p> {
    run: &'w SyncRun<'p>,
    side: &'w Opened,
    kind: Kind,
    can: &'w KindDescription,
    taken: &'w HashSet<String>,
    /// Why asking on is of no use.
    trouble: Option<Said>,
}

impl Asker<'_, '_> {
    async fn ask(&mut self, selection: Selection) -> Result<Found, Verdict> {
        if let Some(why) = &self.trouble {
            return Err(Verdict::Unclear(why.clone()));
        }
        reading::look(self.run, self.side, self.kind, selection).await.map_err(|failure| {
            let why = said!("settle-cannot-look-up", why = failure.said());
            // The next question would fare the same.
            if failure.is_passing() || matches!(failure, Failure::Denied { .. }) {
                self.trouble = Some(why.clone());
            }
            Verdict::Unclear(why)
        })
    }

    async fn by_stamp(&mut self, looks: &[Look<'_>], chunk: &[usize], verdicts: &mut [Verdict]) -> Result<(), Error> {
        let stamps = chunk.iter().filter_map(|at| looks[*at].change.stamp.clone()).collect();
        let found = match self.ask(Selection::Stamps(stamps)).await {
            Ok(found) => found,
            Err(verdict) => {
                chunk.iter().for_each(|at| verdicts[*at] = verdict.clone());
                return Ok(());
            }
        };
        let Singles { records: found, unread, .. } = found.singles(&[ANY.to_owned()]);
        let ids: Vec<String> = found.iter().map(|record| record.id.clone()).collect();
        let known = stored(self.run, self.side, self.kind, &ids).await?;
        for at in chunk {
            let look = &looks[*at];
            let linked = linked_to(self.run, look.planned.direction(), look.planned.kind, &ids).await?;
            verdicts[*at] = match stamped(look, &found, &known, &linked) {
                Verdict::NotWritten => may_be_unread(&unread).unwrap_or(Verdict::NotWritten),
                verdict => verdict,
            };
        }
        Ok(())
    }

    async fn by_name(&mut self, look: &Look<'_>) -> Result<Verdict, Error> {
        if !self.can.reads.named {
            return Ok(Verdict::Unclear(said!("settle-no-look-up")));
        }
        let name = look.change.name.clone().unwrap_or_default();
        let selection = Selection::Named { parent: look.change.parent.clone(), name: name.clone() };
        let found = match self.ask(selection).await {
            Ok(found) => found,
            Err(verdict) => return Ok(verdict),
        };
        let Singles { records: found, unread, .. } = found.singles(&[ANY.to_owned()]);
        if let Some(verdict) = may_be_unread(&unread) {
            return Ok(verdict);
        }
        let ids: Vec<String> = found.iter().map(|record| record.id.clone()).collect();
        let known = stored(self.run, self.side, self.kind, &ids).await?;
        let linked = linked_to(self.run, look.planned.direction(), look.planned.kind, &ids).await?;
        let free = |record: &&Record| {
            !self.taken.contains(&record.id) && linked.get(&record.id).is_none_or(|own| own == look.planned.known_by())
        };
        Ok(named(look, found.iter().filter(free), &known, self.can))
    }

    async fn by_id(&mut self, looks: &[Look<'_>], chunk: &[usize], verdicts: &mut [Verdict]) -> Result<(), Error> {
        if !self.can.reads.ids {
            for at in chunk {
                // A repeat does no harm, so nothing has to be proved.
                verdicts[*at] = match Nature::of(looks[*at].change) {
                    _ if looks[*at].said_done => Verdict::Written(looks[*at].change.target.clone().unwrap_or_default()),
                    Nature::Absolute => Verdict::NotWritten,
                    Nature::Once | Nature::Difference => Verdict::Unclear(said!("settle-no-look-up-of-state")),
                };
            }
            return Ok(());
        }
        let ids: Vec<String> = chunk.iter().filter_map(|at| looks[*at].change.target.clone()).collect();
        let before = stored(self.run, self.side, self.kind, &ids).await?;
        let found = match self.ask(Selection::Ids(ids.clone())).await {
            Ok(found) => found.singles(&ids),
            Err(verdict) => {
                chunk.iter().for_each(|at| verdicts[*at] = verdict.clone());
                return Ok(());
            }
        };
        for at in chunk {
            let look = &looks[*at];
            let there = found.records.iter().find(|record| Some(&record.id) == look.change.target.as_ref());
            let unread = look.change.target.as_ref().and_then(|id| found.unread.get(id));
            verdicts[*at] = match (there, unread) {
                (Some(record), _) => {
                    written(record, look, before.get(&record.id).map(|stored| &stored.record), self.can)
                }
                (None, Some(cause)) => Verdict::Unclear(said!("settle-cannot-look-up", why = cause.said())),
                (None, None) => Verdict::Changed(said!("settle-record-gone")),
            };
        }
        Ok(())
    }
}

/// The id that stands for a record of which not even the id could be read.
const ANY: &str = "";

/// What a create is where something that answers to it could not be read.
fn may_be_unread(unread: &BTreeMap<String, Failure>) -> Option<Verdict> {
    let (id, cause) = unread.first_key_value()?;
    let cause = cause.said();
    Some(Verdict::Unclear(match id.as_str() {
        ANY => said!("settle-may-be-one-without-id", cause),
        id => said!("settle-may-be-unread", id, cause),
    }))
}

/// What records with its name, linked to nothing else, say of a create.
pub(crate) fn named<'r>(
    look: &Look<'_>,
    found: impl Iterator<Item = &'r Record>,
    known: &HashMap<String, Stored>,
    can: &KindDescription,
) -> Verdict {
    let name = look.change.name.as_deref().unwrap_or_default();
    let fits = found.filter(|record| {
        alike(&record.name, name, can.name_length)
            && (record.parent.is_none() || record.parent == look.change.parent)
            && !seen_before(record, known, look.intended_at)
    });
    one_of(fits.map(|record| record.id.as_str()))
}

/// What records with its stamp say of a create.
pub(crate) fn stamped(
    look: &Look<'_>,
    found: &[Record],
    known: &HashMap<String, Stored>,
    linked: &HashMap<String, String>,
) -> Verdict {
    let carry: Vec<&Record> = found.iter().filter(|record| record.stamp == look.change.stamp).collect();
    let fits: Vec<&str> = carry
        .iter()
        .filter(|record| record.parent == look.change.parent && record.active())
        .map(|record| record.id.as_str())
        .collect();
    match fits.as_slice() {
        [one] => match linked.get(*one).filter(|other| *other != look.planned.known_by()) {
            Some(other) => Verdict::Unclear(said!("settle-found-linked", id = *one, other)),
            None => Verdict::Written((*one).to_owned()),
        },
        [] => {
            // An old one that left use, or a copy of it, was there before; any other may be what was made.
            let elsewhere = carry.iter().find(|record| !seen_before(record, known, look.intended_at));
            elsewhere.map_or(Verdict::NotWritten, |record| {
                let id = &record.id;
                Verdict::Unclear(match (&record.parent, record.active()) {
                    (_, false) => said!("settle-found-out-of-use", id),
                    (Some(parent), true) => said!("settle-found-in-another", id, parent),
                    (None, true) => said!("settle-found-elsewhere", id),
                })
            })
        }
        _ => one_of(fits.into_iter()),
    }
}

fn one_of<'r>(mut found: impl Iterator<Item = &'r str>) -> Verdict {
    match (found.next(), found.next()) {
        (None, _) => Verdict::NotWritten,
        (Some(one), None) => Verdict::Written(one.to_owned()),
        (Some(one), Some(two)) => Verdict::Unclear(said!("settle-found-twice", one, two)),
    }
}

/// A record that was seen before the intent cannot be what was made for it.
fn seen_before(record: &Record, known: &HashMap<String, Stored>, intended_at: Timestamp) -> bool {
    known.get(&record.id).is_some_and(|stored| stored.first_at.is_none_or(|first| first < intended_at))
}

/// What its target says of a write other than a create.
pub(crate) fn written(record: &Record, look: &Look<'_>, before: Option<&Record>, can: &KindDescription) -> Verdict {
    let says_otherwise = || contradicts(record, look.change, can);
    if carries(record, look.change, before, can) || (look.said_done && !says_otherwise()) {
        return Verdict::Written(record.id.clone());
    }
    let planned = look.planned.line().and_then(|_| look.planned.field(QUANTITY));
    match (Nature::of(look.change), planned.and_then(|diff| diff.before.as_ref()), record.field(QUANTITY)) {
        (Nature::Difference, Some(before), Some(now)) if !same(before, now) => {
            Verdict::Changed(said!("settle-line-changed", now = shown(now)))
        }
        _ => Verdict::NotWritten,
    }
}

/// Whether a record has what a change wanted. What a vendor never gives back, a note, is
/// taken for written when the record was touched since it was read: rather a note too few than twice the same.
fn carries(record: &Record, change: &Change, before: Option<&Record>, can: &KindDescription) -> bool {
    let touched = || before.is_none_or(|before| before.field(LAST_ACTIVITY) != record.field(LAST_ACTIVITY));
    fits(record, change, can)
        && change.fields.iter().all(|field| match record.field(&field.name) {
            Some(value) => holds(value, field, can),
            None if change.kind.takes_notes() && field.name == "note" => touched(),
            // From which day on a quantity holds is not told back by everyone.
            None if change.kind.is_billed() && field.name == EFFECTIVE => true,
            None => field.value.is_blank(),
        })
}

/// Whether a record says otherwise than a change that is said to be done; what the vendor does not tell
/// says nothing.
fn contradicts(record: &Record, change: &Change, can: &KindDescription) -> bool {
    let differs = |field: &Field| {
        let dated = change.kind.is_billed() && field.name == EFFECTIVE;
        !dated && record.field(&field.name).is_some_and(|value| !holds(value, field, can))
    };
    !fits(record, change, can) || change.fields.iter().any(differs)
}

fn fits(record: &Record, change: &Change, can: &KindDescription) -> bool {
    let active = match change.operation {
        Operation::Deactivate => !record.active(),
        Operation::Reactivate => record.active(),
        _ => true,
    };
    active
        && change.name.as_ref().is_none_or(|name| alike(&record.name, name, can.name_length))
        && (change.operation != Operation::Move || now_has(record, "parent") == change.parent.clone().map(Value::Text))
}

/// Whether a field holds what was sent, as the vendor keeps it.
fn holds(value: &Value, sent: &Field, can: &KindDescription) -> bool {
    let length = can.field(&sent.name).and_then(|field| field.length);
    match (value, &sent.value) {
        (Value::Text(kept), Value::Text(sent)) => alike(kept, sent, length),
        _ => same(value, &sent.value),
    }
}

/// A finding for each of these writes that is uncertain, and one sentence for all of them.
pub(crate) fn uncertain(run: &SyncRun<'_>, open: &[Unsettled]) -> (Vec<Finding>, Option<Said>) {
    let doubts = open.iter().filter_map(|open| Some((open, open.doubt.as_ref()?)));
    let findings: Vec<Finding> = doubts
        .map(|(open, doubt)| {
            let planned = &open.row.change;
            let why = told(open.plan, planned.sequence, doubt);
            let (action, kind, name) = (planned.action, planned.kind, &planned.name);
            let message = said!("settle-change", action, kind, name, why);
            Finding::new(Cause::Uncertain, planned.kind, planned.customer.clone(), planned.known_by(), message)
                .at(if planned.direction() == Direction::AtSource { Side::Target } else { Side::Source })
        })
        .collect();
    let list = Call::of(Verb::UncertainList).with("sync", &run.sync.name);
    let complaint = (!findings.is_empty()).then(|| said!("settle-writes-uncertain", count = findings.len(), list));
    (findings, complaint)
}

/// What is known of a write that is uncertain, and what to do.
pub(crate) fn told(plan: PlanId, sequence: u32, doubt: &Doubt) -> Said {
    let settle = Call::of(Verb::UncertainSettle).with("change", ChangeId { plan, sequence });
    said!("settle-unknown", why = &doubt.why, due = doubt.due_at, settle)
}
