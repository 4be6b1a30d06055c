//! Which rows a query finds: by the narrowest index its conditions allow, in id order, a page at a time.
//! Leaves alone: what a condition means (`query`), and the page's frame (`routes`).

use std::borrow::Cow;

use super::query::{Habits, Op, Query, Scalar, Slot, Test};
use super::table::Table;

/// A page: positions of rows, and whether there are more.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) rows: Vec<usize>,
    pub(super) more: bool,
}

/// The rows with an id above `after` that pass, at most `limit` of them.
pub(super) fn page(table: &Table, query: &Query, after: i64, limit: usize, habits: Habits) -> Page {
    let (low, high) = bounds(&query.tests, after);
    let mut rows = Vec::new();
    let mut more = false;
    let mut take = |at: usize| {
        if query.tests.iter().all(|t| t.passes(&table.rows[at], habits)) {
            if rows.len() == limit {
                more = true;
                return false;
            }
            rows.push(at);
        }
        true
    };
    match narrowest(table, &query.tests) {
        Some(ids) => {
            let ids = &ids[ids.partition_point(|id| *id < low)..];
            for at in ids.iter().take_while(|id| **id <= high).filter_map(|id| table.at(*id)) {
                if !take(at) {
                    break;
                }
            }
        }
        None => {
            let from = table.rows.partition_point(|r| r.id < low);
            let to = table.rows.partition_point(|r| r.id <= high);
            for at in from..to.max(from) {
                if !take(at) {
                    break;
                }
            }
        }
    }
    Page { rows, more }
}

/// The ids, first and last, that conditions on `id` leave.
fn bounds(tests: &[Test], after: i64) -> (i64, i64) {
    let (mut low, mut high) = (after.saturating_add(1), i64::MAX);
    for test in tests {
        if let Test::On { slot: Slot::Field(0), op, to } = test
            && let Some(Scalar::Int(n)) = to.first()
        {
            match op {
                Op::Gt => low = low.max(n.saturating_add(1)),
                Op::Gte => low = low.max(*n),
                Op::Lt => high = high.min(n.saturating_sub(1)),
                Op::Lte => high = high.min(*n),
                _ => {}
            }
        }
    }
    (low, high)
}

/// The shortest list of ids, ascending, that holds every row the conditions can pass.
fn narrowest<'a>(table: &'a Table, tests: &[Test]) -> Option<Cow<'a, [i64]>> {
    tests.iter().filter_map(|t| ids(table, t)).min_by_key(|ids| ids.len())
}

fn ids<'a>(table: &'a Table, test: &Test) -> Option<Cow<'a, [i64]>> {
    match test {
        Test::And(all) => narrowest(table, all),
        Test::Or(any) => {
            let lists = any.iter().map(|t| ids(table, t)).collect::<Option<Vec<_>>>()?;
            Some(union(lists.iter().flat_map(|l| l.iter().copied())))
        }
        Test::On { slot, op: Op::Eq | Op::In, to } => {
            let found = to.iter().map(|scalar| one(table, *slot, scalar)).collect::<Option<Vec<_>>>()?;
            Some(match found.as_slice() {
                [only] => only.clone(),
                many => union(many.iter().flat_map(|l| l.iter().copied())),
            })
        }
        Test::On { .. } => None,
    }
}

fn one<'a>(table: &'a Table, slot: Slot, scalar: &Scalar) -> Option<Cow<'a, [i64]>> {
    let position = match slot {
        Slot::Field(0) => {
            return match scalar {
                Scalar::Int(id) => Some(Cow::Owned(vec![*id])),
                _ => Some(Cow::Owned(Vec::new())),
            };
        }
        Slot::Field(field) => usize::from(field),
        Slot::Udf(udf) => table.entity.fields.len() + udf,
    };
    if *scalar == Scalar::Never {
        return Some(Cow::Owned(Vec::new()));
    }
    table.indexed(position, &scalar.key()?).map(Cow::Borrowed)
}

fn union<'a>(ids: impl Iterator<Item = i64>) -> Cow<'a, [i64]> {
    let mut all: Vec<i64> = ids.collect();
    all.sort_unstable();
    all.dedup();
    Cow::Owned(all)
}
