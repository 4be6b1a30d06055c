//! How many calls a sim was asked, by method and entity: what "zero writes" is measured with.
//!
//! Every request to the vendor's API counts, refused ones too; the sims' own `/_sim/` endpoints
//! do not. Leaves alone: deciding what is a write, which each vendor knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

/// What one sim was asked since its start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that only read.
    pub reads: u64,
    /// Calls meant to change something, whether or not they did.
    pub writes: u64,
    /// Calls answered with a status of 400 or more, dropped ones included.
    pub refused: u64,
    /// Calls by method and entity.
    pub by: BTreeMap<(String, String), u64>,
}

impl Counts {
    /// Calls of one method on one entity, e.g. `("POST", "ConfigurationItems")`; queries are
    /// counted under the entity `ConfigurationItems/query`.
    pub fn of(&self, method: &str, entity: &str) -> u64 {
        self.by.get(&(method.to_owned(), entity.to_owned())).copied().unwrap_or(0)
    }

    /// All calls.
    pub fn total(&self) -> u64 {
        self.reads + self.writes
    }

    /// As JSON: `{"reads":…, "writes":…, "refused":…, "total":…, "by":{"POST Companies":…}}`.
    pub fn to_json(&self) -> Value {
        let by: serde_json::Map<String, Value> =
            self.by.iter().map(|((method, entity), n)| (format!("{method} {entity}"), json!(n))).collect();
        json!({"reads": self.reads, "writes": self.writes, "refused": self.refused, "total": self.total(), "by": by})
    }
}

/// The counter a server writes and its handle reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter(Arc<Mutex<Tally>>);

#[derive(Debug, Default)]
struct Tally {
    reads: u64,
    writes: u64,
    refused: u64,
    // Few distinct keys, all static: a short list is quicker than a map of strings.
    by: Vec<(&'static str, &'static str, u64)>,
}

impl Counter {
    pub(crate) fn call(&self, method: &'static str, entity: &'static str, write: bool) {
        let mut tally = self.0.lock();
        if write {
            tally.writes += 1;
        } else {
            tally.reads += 1;
        }
        match tally.by.iter_mut().find(|(m, e, _)| *m == method && *e == entity) {
            Some((_, _, n)) => *n += 1,
            None => tally.by.push((method, entity, 1)),
        }
    }

    pub(crate) fn refused(&self) {
        self.0.lock().refused += 1;
    }

    pub(crate) fn snapshot(&self) -> Counts {
        let tally = self.0.lock();
        Counts {
            reads: tally.reads,
            writes: tally.writes,
            refused: tally.refused,
            by: tally.by.iter().map(|(m, e, n)| (((*m).to_owned(), (*e).to_owned()), *n)).collect(),
        }
    }

    pub(crate) fn reset(&self) {
        *self.0.lock() = Tally::default();
    }
}
