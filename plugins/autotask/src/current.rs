//! What the items of a batch are now, as far as its changes were decided on something: asked once for all of them, and
//! held against the precondition that travels with each change. Leaves alone what an item is, which is with its kind.

use crosswalk_sdk::{Change, Failure, Gap, Item, Page, Selection, precondition};
use std::collections::HashMap;

/// The items of a batch, as they are before it is written.
pub(crate) struct Current {
    items: HashMap<String, Item>,
    gaps: Vec<Gap>,
    failure: Option<Failure>,
}

impl Current {
    /// Reads the items of those changes that have a precondition; nothing is asked where none has. A batch is never more
    /// than a page.
    pub(crate) fn of(changes: &[Change], read: impl FnOnce(&Selection) -> Result<Page, Failure>) -> Self {
        let rests = |change: &&Change| !change.before.is_empty();
        let ids: Vec<String> = changes.iter().filter(rests).filter_map(|change| change.target.clone()).collect();
        let page = if ids.is_empty() { Ok(Page::default()) } else { read(&Selection::Ids(ids)) };
        let (page, failure) = page.map_or_else(|failure| (Page::default(), Some(failure)), |page| (page, None));
        let items = page.items.into_iter().map(|item| (item.id.clone(), item)).collect();
        Self { items, gaps: page.gaps, failure }
    }

    /// Whether what a change was decided on still holds.
    ///
    /// # Errors
    /// Conflict: a field has another value now. Not-found: the item is gone. Else why it could not be read: then nothing
    /// is written over it.
    pub(crate) fn holds(&self, change: &Change) -> Result<(), Failure> {
        let Some(id) = change.target.as_deref().filter(|_| !change.before.is_empty()) else { return Ok(()) };
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        if let Some(gap) = self.gaps.iter().find(|gap| gap.item.as_deref().is_none_or(|item| item == id)) {
            return Err(gap.cause.clone());
        }
        let gone = || Failure::NotFound(format!("Autotask has no record {id} of this kind any more"));
        precondition::holds(change, self.items.get(id).ok_or_else(gone)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{change, text};
    use crosswalk_sdk::{Kind, Operation};

    #[test]
    fn what_cannot_be_read_is_not_written_over_and_without_a_precondition_nothing_is_asked() {
        let of = |id: &str, before: &str| {
            let mut update = change(id, Operation::Update, Kind::Asset);
            update.target = Some(id.to_owned());
            update.before = if before.is_empty() { Vec::new() } else { vec![text("serial-number", before)] };
            update
        };
        let item = |id: &str| Item {
            id: id.to_owned(),
            parent: None,
            name: id.to_owned(),
            stamp: None,
            fields: vec![text("serial-number", "S1")],
        };
        let cause = Failure::Unavailable("odd".to_owned());
        let changes = [of("1", "S1"), of("2", "S0"), of("3", "S1"), of("4", "S1"), of("5", "")];
        let current = Current::of(&changes, |selection| {
            assert!(matches!(selection, Selection::Ids(ids) if *ids == ["1", "2", "3", "4"]), "{selection:?}");
            let gaps = vec![Gap::of_item("3", None, cause.clone())];
            Ok(Page { items: vec![item("1"), item("2")], gaps, ..Page::default() })
        });
        let told =
            changes.each_ref().map(|change| current.holds(change).err().map(|failure| failure.case().to_owned()));
        let expected = [None, Some("conflict"), Some("unavailable"), Some("not-found"), None];
        assert_eq!(told, expected.map(|case| case.map(str::to_owned)));
        let unread = Current::of(&changes, |_| Err(cause.clone()));
        assert_eq!((unread.holds(&changes[0]), unread.holds(&changes[4])), (Err(cause), Ok(())));
        assert_eq!(Current::of(&changes[4..], |_| unreachable!("nothing is asked")).holds(&changes[4]), Ok(()));
    }
}
