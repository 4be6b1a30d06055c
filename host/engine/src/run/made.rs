//! Asks the side that a create goes to what is new there since it was read, and matches that against what is to be made.
//!
//! What exists already is `fresh`'s to read again; matching decides whether a record is new.

use super::asked::{Known, Unsure, Waits};
use super::fresh::{is_old, parent};
use super::outcomes;
use super::reading;
use super::references::by_key;
use super::session::Session;
use crate::error::Error;
use crate::ground::opened::Opened;
use crate::rules::matching::{self, CustomerMatchInput, Decision, MatchInput};
use crosswalk_model::sync::KindRules;
use crosswalk_model::{
    Action, Direction, Kind, KindDescription, Link, PlannedChange, Record, Said, Selection, Side, said,
};
use crosswalk_store::Stored;
use std::collections::{HashMap, HashSet};

/// Largest difference between the clocks of host and vendor, where it is asked what changed since a time.
const CLOCKS_MS: i64 = 5 * 60_000;

/// Which records that are to be created somebody else made, at the side they go to, since it was read. What
/// may be there and could not be asked for waits.
pub(crate) async fn made_meanwhile(
    session: &Session<'_, '_>,
    kind: Kind,
    changes: &[PlannedChange],
    references: &HashMap<(Kind, String), String>,
    links: &HashMap<String, Link>,
    waits: &mut Waits,
) -> Result<HashMap<String, Said>, Error> {
    let run = session.run;
    let creates: Vec<&PlannedChange> = changes
        .iter()
        .filter(|change| match change.direction() {
            Direction::Onward => change.action == Action::Create,
            direction => direction == Direction::AtSource,
        })
        .filter(|change| kind.is_account() || (kind.has_serial() && has_hard_key(change)))
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
            let why = said!("write-waits-for-look", connection = &there.name, why = &unsure.why);
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
        let free: Vec<Record> = free.filter(|record| kind.is_account() || record.parent == account).cloned().collect();
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
    } else if kind.has_serial() && can.reads.of_parent {
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
                known.unsure.push(Unsure { account, name, why: failure.said() });
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
            let cause = gap.cause.said();
            let why = match &gap.item {
                Some(id) => said!("write-of-record", kind, id, why = cause),
                None => cause,
            };
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
) -> Option<Said> {
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
    let matched = if kind.is_account() {
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
    Some(said!("write-made-meanwhile", kind, id, connection = &run.at(side).name, reason))
}

/// Whether what a change makes may be there.
fn concerns(unsure: &Unsure, change: &PlannedChange, references: &HashMap<(Kind, String), String>) -> bool {
    let account = || parent(change, references);
    unsure.account.as_ref().is_none_or(|asked| account().is_none_or(|account| account == *asked))
        && unsure.name.as_ref().is_none_or(|name| *name == change.name)
}

/// Whether a device says in other ways than by its name which one it is.
fn has_hard_key(change: &PlannedChange) -> bool {
    let keys = ["serial-number", "mac-addresses"];
    change.fields.iter().any(|diff| keys.contains(&diff.name.as_str()) && !diff.after.is_blank())
}
