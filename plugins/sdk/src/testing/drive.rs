//! A whole connector, driven as the host drives it: walks to their end, and outcomes that must be one thing or
//! the other. For tests: what is not as expected panics.

#![expect(clippy::panic, reason = "helpers of tests fail the test")]

use super::Script;
use crate::{Change, Connector, Failure, Field, Item, Kind, Outcome, Page, Query, Selection, Settlement, Value};

/// All items of a selection, page by page.
///
/// # Errors
/// What stopped the walk.
///
/// # Panics
/// A cursor repeats.
pub fn all<C: Connector>(host: &Script<'_>, kind: Kind, selection: Selection) -> Result<Vec<Item>, Failure> {
    let (mut items, mut after) = (Vec::new(), None::<String>);
    loop {
        let query = Query { kind, selection: selection.clone() };
        let Page { items: some, next, .. } = C::read(host, query, after.as_deref())?;
        items.extend(some);
        assert!(next.is_none() || next != after, "the cursor repeats");
        match next {
            Some(next) => after = Some(next),
            None => return Ok(items),
        }
    }
}

/// The value of an item's field; none where nothing is told.
pub fn field<'i>(item: &'i Item, name: &str) -> Option<&'i Value> {
    item.fields.iter().find(|field: &&Field| field.name == name).map(|field| &field.value)
}

/// The ids of changes that were all done, in their order.
///
/// # Panics
/// One was not.
pub fn done(outcomes: &[Outcome]) -> Vec<String> {
    let id = |outcome: &Outcome| match &outcome.result {
        Settlement::Done(id) => id.clone(),
        other => panic!("{}: {other:?}", outcome.change),
    };
    outcomes.iter().map(id).collect()
}

/// The most calls that one of these changes costs, each written alone, and what is described of their kind.
///
/// # Panics
/// One was not done, or they are of a kind that is not described.
pub fn costs<C: Connector>(host: &Script<'_>, changes: &[Change]) -> (u32, u32) {
    let cost = |change: &Change| {
        host.forget();
        done(&C::write(host, vec![change.clone()]));
        u32::try_from(host.asked().len()).unwrap_or(u32::MAX)
    };
    let most = changes.iter().map(cost).max().unwrap_or_default();
    let kind = changes.first().map(|change| change.kind);
    match C::describe(host).kinds.iter().find(|one| Some(one.kind) == kind) {
        Some(described) => (most, described.calls_per_change),
        None => panic!("{kind:?} is not described"),
    }
}

/// Why the first change failed.
///
/// # Panics
/// It did not.
pub fn failed(outcomes: &[Outcome]) -> Failure {
    match outcomes.first().map(|outcome| &outcome.result) {
        Some(Settlement::Failed(failure)) => failure.clone(),
        other => panic!("no failure: {other:?}"),
    }
}
