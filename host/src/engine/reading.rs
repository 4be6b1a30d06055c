//! Reading of a vendor: one page with patience, and look-ups to their end.
//!
//! A read is tried again whatever passing thing went wrong: too many calls, no answer, an
//! answer that cannot be understood. How long is bounded, per page and per connection in a run:
//! a vendor that is down is not waited for kind by kind. Nothing here writes, and what is
//! read is the caller's to store.

use super::connections::Opened;
use super::context::Work;
use super::settle::{THROTTLE_MAX_MS, THROTTLE_MS};
use super::walk::{LOOK_UP, Meter};
use crate::error::Error;
use crate::model::{Failure, Kind, Page, Query, Record, Selection};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How often a page that met "too many calls" is asked for again.
const THROTTLE_WAITS: u32 = 10;
/// The pauses before a page is asked for again that failed in another passing way, in
/// milliseconds. The requests of a page were tried several times each by then.
const PAUSES_MS: [u64; 2] = [250, 1_000];
/// All pauses of a connection in a run, in milliseconds.
const PAUSES_MOST_MS: u64 = 120_000;

/// How much patience is left with a connection.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// Milliseconds spent on pauses.
    spent: AtomicU64,
    /// The last page failed after all its tries.
    down: AtomicBool,
}

impl Patience {
    /// The pause before try `tried + 1`; `None` when it is not worth it.
    fn pause(&self, tried: usize) -> Option<Duration> {
        let pause = *PAUSES_MS.get(tried).filter(|_| !self.down.load(Ordering::Relaxed))?;
        let spent = self.spent.fetch_add(pause, Ordering::Relaxed);
        (spent + pause <= PAUSES_MOST_MS).then(|| Duration::from_millis(pause))
    }

    fn ended(&self, well: bool) {
        self.down.store(!well, Ordering::Relaxed);
    }
}

impl Work<'_> {
    /// Reads a page, and tries again what may pass by itself. It does not wait once a stop is
    /// asked for.
    pub(super) async fn read_page(&self, side: &Opened, query: &Query, after: Option<&str>) -> Result<Page, Failure> {
        let (mut throttled, mut tried) = (0, 0);
        loop {
            let failure = match side.connector.read(&self.reading, query, after).await {
                Err(failure) if failure.is_passing() => failure,
                read => {
                    side.patience.ended(true);
                    return read;
                }
            };
            let pause = if let Failure::Throttled { retry_after_ms, .. } = &failure {
                throttled += 1;
                let ms = retry_after_ms.unwrap_or(THROTTLE_MS).min(THROTTLE_MAX_MS);
                (throttled <= THROTTLE_WAITS).then(|| Duration::from_millis(ms))
            } else {
                tried += 1;
                side.patience.pause(tried - 1)
            };
            let Some(pause) = pause else {
                side.patience.ended(false);
                return Err(failure);
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.parts.stop.stopped() => return Err(failure),
            }
        }
    }

    /// Reads a selection to its end.
    pub(super) async fn read_all(
        &self,
        side: &Opened,
        kind: Kind,
        selection: Selection,
    ) -> Result<Vec<Record>, Failure> {
        let query = Query { kind, selection };
        let (mut records, mut after, mut meter) = (Vec::new(), None::<String>, Meter::new(LOOK_UP));
        let mut share = self.parts.held.begin(self.store.name());
        loop {
            let page = self.read_page(side, &query, after.as_deref()).await?;
            if let Some(gap) = page.gaps.into_iter().next() {
                return Err(gap.cause);
            }
            let page = Page { gaps: Vec::new(), ..page };
            let before = meter.bytes();
            meter.count(&page)?;
            share.hold(meter.bytes() - before)?;
            records.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(records);
            }
        }
    }

    /// Reads these ids of the source. One that could not be read whole keeps what was known of it, and
    /// is told; of one that was not known nothing is given. Numbers that are billed are never filled in.
    pub(super) async fn read_ids_of_source(&self, kind: Kind, ids: &[String]) -> Result<Option<Vec<Record>>, Error> {
        let side = &self.source;
        if matches!(kind, Kind::Usage | Kind::Contract) {
            return self.read_ids(side, kind, ids).await.map_err(|failure| side.failed(failure));
        }
        let Some(can) = side.description.kind(kind).filter(|can| can.reads.ids) else { return Ok(None) };
        let (mut found, mut unread) = (Vec::with_capacity(ids.len()), BTreeMap::new());
        for chunk in ids.chunks(can.ids_at_once.max(1) as usize) {
            let query = Query { kind, selection: Selection::Ids(chunk.to_vec()) };
            let (mut after, mut meter) = (None::<String>, Meter::new(LOOK_UP));
            let mut share = self.parts.held.begin(self.store.name());
            loop {
                let read = self.read_page(side, &query, after.as_deref()).await;
                let mut page = read.map_err(|failure| side.failed(failure))?;
                for gap in std::mem::take(&mut page.gaps) {
                    match gap.item {
                        Some(id) if unread.len() < ids.len() => drop(unread.insert(id, gap.cause)),
                        _ => return Err(side.failed(gap.cause)),
                    }
                }
                let before = meter.bytes();
                let counted = meter.count(&page).and_then(|()| share.hold(meter.bytes() - before));
                counted.map_err(|failure| side.failed(failure))?;
                found.append(&mut page.items);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        if let Some((id, cause)) = unread.iter().next() {
            let (name, count) = (&side.name, unread.len());
            self.complain([format!("{name} {kind}s that could not be read whole: {count}, the first {id}: {cause}")]);
        }
        let (partly, mut whole): (Vec<Record>, Vec<Record>) =
            found.into_iter().partition(|record| unread.contains_key(&record.id));
        let mut partly: BTreeMap<String, Record> =
            partly.into_iter().map(|record| (record.id.clone(), record)).collect();
        let named: Vec<String> = unread.into_keys().collect();
        for known in self.store.records_by_ids(&side.name, kind, &named).await? {
            match partly.remove(&known.record.id) {
                Some(mut record) => {
                    fill_in(&mut record, known.record);
                    whole.push(record);
                }
                None if known.gone_at.is_none() => whole.push(known.record),
                None => {}
            }
        }
        Ok(Some(whole))
    }

    /// Reads these ids, as many at once as the connector takes; none when it cannot read single records.
    pub(super) async fn read_ids(
        &self,
        side: &Opened,
        kind: Kind,
        ids: &[String],
    ) -> Result<Option<Vec<Record>>, Failure> {
        let Some(can) = side.description.kind(kind).filter(|can| can.reads.ids) else { return Ok(None) };
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(can.ids_at_once.max(1) as usize) {
            found.extend(self.read_all(side, kind, Selection::Ids(ids.to_vec())).await?);
        }
        Ok(Some(found))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_that_is_down_is_waited_for_once() {
        let patience = Patience::default();
        let all: Vec<_> = (0..5).map_while(|tried| patience.pause(tried)).collect();
        assert_eq!(all, PAUSES_MS.map(Duration::from_millis));
        patience.ended(false);
        assert_eq!(patience.pause(0), None, "the next kind of a vendor that is down");
        patience.ended(true);
        assert!(patience.pause(0).is_some(), "it is back");
    }

    #[test]
    fn all_pauses_of_a_run_have_an_end() {
        let patience = Patience::default();
        let paused: Duration = (0..10_000).filter_map(|_| patience.pause(1)).sum();
        assert_eq!(paused, Duration::from_millis(PAUSES_MOST_MS));
    }
}
