//! Reading of a vendor: one page with patience, and look-ups to their end.
//!
//! A read is repeated after any passing failure (too many calls, no reply, an unreadable one), within limits per page,
//! and per connection in a run, so that a vendor that is down is not waited for kind by kind. A record that cannot be
//! read is returned beside the others; the caller decides what waits. Nothing here writes to a vendor.

use crate::error::Error;
use crate::ground::opened::Opened;
use crate::ground::patience;
use crate::ground::sync_run::SyncRun;
use crate::rules::walk::{LOOK_UP, Meter, brief};
use crosswalk_model::{Failure, Gap, Kind, Page, Query, Record, Said, Selection, said};
use crosswalk_store::Stored;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Reads a page, and tries again what may pass by itself. It does not wait once a stop is
/// asked for.
pub(crate) async fn read_page(
    run: &SyncRun<'_>,
    side: &Opened,
    query: &Query,
    after: Option<&str>,
) -> Result<Page, Failure> {
    patience::patiently(&side.patience, &run.stop, || side.connector.read(&side.reading, query, after)).await
}

/// Reads a selection to its end; what of it could not be read stands beside it.
pub(crate) async fn look(run: &SyncRun<'_>, side: &Opened, kind: Kind, selection: Selection) -> Result<Found, Failure> {
    let query = Query { kind, selection };
    let (mut found, mut after, mut meter) = (Found::default(), None::<String>, Meter::new(LOOK_UP));
    let mut share = run.parts.held.begin(run.store.name());
    loop {
        let page = read_page(run, side, &query, after.as_deref()).await?;
        let before = meter.bytes();
        meter.count(&page)?;
        share.hold(meter.bytes() - before)?;
        found.items.extend(page.items);
        found.gaps.extend(page.gaps.into_iter().map(|gap| Gap { cause: brief(&gap.cause), ..gap }));
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Reads a selection to its end.
///
/// # Errors
/// As [`look`], and why a part of it could not be read.
pub(crate) async fn read_all(
    run: &SyncRun<'_>,
    side: &Opened,
    kind: Kind,
    selection: Selection,
) -> Result<Vec<Record>, Failure> {
    let mut found = look(run, side, kind, selection).await?;
    found.gaps.pop().map_or(Ok(found.items), |gap| Err(gap.cause))
}

/// Reads these ids, as many at once as the connector takes; none when it cannot read single records.
pub(crate) async fn read_ids(
    run: &SyncRun<'_>,
    side: &Opened,
    kind: Kind,
    ids: &[String],
) -> Result<Option<Singles>, Failure> {
    let Some(can) = side.description.kind(kind).filter(|can| can.reads.ids) else { return Ok(None) };
    let mut read = Singles::default();
    for ids in ids.chunks(can.ids_at_once.max(1) as usize) {
        read.add(look(run, side, kind, Selection::Ids(ids.to_vec())).await?.singles(ids));
    }
    Ok(Some(read))
}

/// Reads records by their ids and stores those that were read; `None` when the connector cannot. One that
/// could not be read whole is told. Of one of the source, what was known of it is kept. Numbers that are
/// billed are never filled in.
pub(crate) async fn read_now(
    run: &SyncRun<'_>,
    side: &Opened,
    kind: Kind,
    ids: &[String],
) -> Result<Option<Now>, Error> {
    let read = read_ids(run, side, kind, ids).await.map_err(|failure| side.failed(failure))?;
    let Some(Singles { mut records, partly, mut unread }) = read else { return Ok(None) };
    if let Some((id, cause)) = unread.first_key_value() {
        let (connection, count, cause) = (&side.name, unread.len(), cause.said());
        run.complain([said!("run-unread", connection, kind, count, id, cause)]);
    }
    let mut known = Vec::new();
    if side.name == run.source.name && !unread.is_empty() {
        if kind.is_invoiced() {
            return Err(unread.into_values().next().map_or(Error::Stopped, |cause| side.failed(cause)));
        }
        let ids: Vec<String> = unread.keys().cloned().collect();
        let stored = run.store.records_by_ids(&side.name, kind, &ids).await?;
        let mut stored: BTreeMap<String, Stored> =
            stored.into_iter().map(|stored| (stored.record.id.clone(), stored)).collect();
        for mut record in partly {
            unread.remove(&record.id);
            if let Some(before) = stored.remove(&record.id) {
                fill_in(&mut record, before.record);
                records.push(record);
            }
        }
        known.extend(stored.into_values().filter(|stored| stored.gone_at.is_none()).map(|stored| stored.record));
    }
    run.store.records_put(&side.name, kind, &records, run.now()).await?;
    let records = records.into_iter().chain(known).map(|record| (record.id.clone(), record)).collect();
    Ok(Some(Now { records, unread }))
}

/// What a look-up found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Records, those that were read in part among them.
    pub(crate) items: Vec<Record>,
    /// What could not be read, or not whole.
    pub(crate) gaps: Vec<Gap>,
}

impl Found {
    /// The same as single records. A gap that names none stands for each of the `asked` that did not come.
    pub(crate) fn singles(self, asked: &[String]) -> Singles {
        let (mut unread, mut nameless) = (BTreeMap::new(), None);
        for gap in self.gaps {
            match gap.item {
                Some(id) => drop(unread.insert(id, gap.cause)),
                None => drop(nameless.get_or_insert(gap.cause)),
            }
        }
        let (partly, records): (Vec<Record>, Vec<Record>) =
            self.items.into_iter().partition(|record| unread.contains_key(&record.id));
        if let Some(cause) = nameless {
            let came: HashSet<&str> = records.iter().map(|record| record.id.as_str()).collect();
            for id in asked.iter().filter(|id| !came.contains(id.as_str())) {
                unread.entry(id.clone()).or_insert_with(|| cause.clone());
            }
        }
        Singles { records, partly, unread }
    }
}

/// Single records as a vendor gave them.
#[derive(Debug, Default)]
pub(crate) struct Singles {
    /// Those that were read whole.
    pub(crate) records: Vec<Record>,
    /// What came of those that were not.
    partly: Vec<Record>,
    /// Why records could not be read, or not whole, by their ids. Whether they are there is not known.
    pub(crate) unread: BTreeMap<String, Failure>,
}

impl Singles {
    fn add(&mut self, other: Singles) {
        self.records.extend(other.records);
        self.partly.extend(other.partly);
        self.unread.extend(other.unread);
    }

    /// The records by id, and one sentence on those that could not be read.
    pub(crate) fn by_id(self) -> (HashMap<String, Record>, Option<Said>) {
        let told = |(id, cause): (&String, &Failure)| {
            said!("run-unread-first", count = self.unread.len(), id, cause = cause.said())
        };
        let told = self.unread.first_key_value().map(told);
        (self.records.into_iter().map(|record| (record.id.clone(), record)).collect(), told)
    }
}

/// Single records as they are now, by id.
#[derive(Debug, Default)]
pub(crate) struct Now {
    /// The records; of the source also those of which only what was known before is known.
    pub(crate) records: HashMap<String, Record>,
    /// Why records could not be read. Whether they are there is not known.
    pub(crate) unread: BTreeMap<String, Failure>,
}

/// Keeps what was known of a record where it was not told now.
fn fill_in(record: &mut Record, known: Record) {
    record.parent = record.parent.take().or(known.parent);
    record.stamp = record.stamp.take().or(known.stamp);
    if record.name.is_empty() {
        record.name = known.name;
    }
    for field in known.fields {
        if record.field(&field.name).is_none() {
            record.fields.push(field);
        }
    }
}

/// Reads what belongs to a record of the target and stores it, where the connector can; gives the ids.
pub(crate) async fn read_of(run: &SyncRun<'_>, kind: Kind, parent: &str) -> Result<Vec<String>, Error> {
    if !run.target.description.kind(kind).is_some_and(|can| can.reads.of_parent) {
        return Ok(Vec::new());
    }
    let read = read_all(run, &run.target, kind, Selection::OfParent(parent.to_owned())).await;
    let read = read.map_err(|failure| run.target.failed(failure))?;
    run.store.records_put(&run.target.name, kind, &read, run.now()).await?;
    Ok(read.into_iter().map(|record| record.id).collect())
}
