//! Counts for the brakes of the whole sync while a plan is made: records of each kind, and changes of each class. The
//! decisions are in [`brakes`]; numbers alone are kept, four bytes a change.

use super::brakes::{self, Class};
use crosswalk_model::sync::BrakeLimits;
use crosswalk_model::{Action, Hold, Kind, PlannedChange};
use std::collections::{BTreeMap, HashMap, HashSet};

/// See the file's header.
#[derive(Default)]
pub(crate) struct Wide {
    in_use: HashMap<Kind, u64>,
    classes: BTreeMap<(Kind, Class), Counted>,
}

#[derive(Default)]
struct Counted {
    records: usize,
    /// The changes that nothing holds yet.
    free: Vec<(u32, Action)>,
    /// Those that depend on one of them and are held by something else as well.
    along: Vec<u32>,
    /// The locations among those that are to be made, by source id: devices refer to them.
    locations: Vec<String>,
}

/// What is over a limit.
pub(crate) struct Over {
    pub(crate) kind: Kind,
    pub(crate) hold: Hold,
    /// All that it holds.
    pub(crate) changes: Vec<u32>,
    /// What of it nothing held before.
    pub(crate) newly: Vec<Action>,
    pub(crate) locations: Vec<String>,
}

impl Wide {
    /// So many more records of a kind are linked and in use.
    pub(crate) fn in_use(&mut self, kind: Kind, count: u64) {
        *self.in_use.entry(kind).or_default() += count;
    }

    /// Counts changes of one customer and kind, as they are numbered.
    pub(crate) fn count(&mut self, changes: &[PlannedChange]) {
        // Quantities have brakes of their own over the sync.
        let Some(kind) = changes.first().map(|change| change.kind).filter(|kind| *kind != Kind::Usage) else { return };
        for class in Class::ALL {
            let (places, records) = brakes::counted(changes, class);
            if places.is_empty() {
                continue;
            }
            let counted = self.classes.entry((kind, class)).or_default();
            counted.records += records;
            for change in places.into_iter().map(|at| &changes[at]) {
                match &change.held {
                    None => counted.free.push((change.sequence, change.action)),
                    Some(own) => {
                        counted.along.extend(own.can_release().then_some(change.sequence));
                        continue;
                    }
                }
                if kind == Kind::Location && change.action == Action::Create {
                    counted.locations.push(change.source.clone());
                }
            }
        }
    }

    /// What is over a limit of the whole sync, of one kind or of all that were not asked for yet. New records and
    /// identities of a kind at its first run are not: all of it is looked at.
    pub(crate) fn over(&mut self, only: Option<Kind>, limits: &BrakeLimits, first_run: &HashSet<Kind>) -> Vec<Over> {
        let (mut over, mut held) = (Vec::new(), HashSet::new());
        let asked: Vec<(Kind, Class)> =
            self.classes.keys().copied().filter(|(kind, _)| only.is_none_or(|only| only == *kind)).collect();
        for (kind, class) in asked {
            let Some(counted) = self.classes.remove(&(kind, class)) else { continue };
            if first_run.contains(&kind) && matches!(class, Class::Creates | Class::Identity) {
                continue;
            }
            let in_use = self.in_use.get(&kind).copied().unwrap_or(0);
            let Some(hold) = brakes::over_the_sync(kind, class, counted.records, in_use, limits) else { continue };
            let newly = counted.free.iter().filter(|(sequence, _)| held.insert(*sequence));
            let newly = newly.map(|(_, action)| *action).collect();
            let free = counted.free.iter().map(|(sequence, _)| *sequence);
            let changes = free.chain(counted.along).collect();
            over.push(Over { kind, hold, changes, newly, locations: counted.locations });
        }
        over
    }
}
