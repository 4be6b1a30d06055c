//! What the items of a batch are now, as far as its changes were decided on something: asked once for all of them, and
//! held against the precondition that travels with each change. Leaves alone what an item is, which is with its kind.

use crosswalk_sdk::{Change, Failure, Gap, Item, Page, Selection, precondition};
use std::collections::HashMap;

/// The items of a batch, as they are before it is written.
#[derive(Default)]
pub(crate) struct Current {
    items: HashMap<String, Item>,
    gaps: Vec<Gap>,
}

impl Current {
    /// Reads the items of those changes that have a precondition, page by page; nothing is asked where none has.
    pub(crate) fn of(
        changes: &[Change],
        mut read: impl FnMut(&Selection, Option<&str>) -> Result<Page, Failure>,
    ) -> Self {
        let rests = |change: &&Change| !change.before.is_empty();
        let ids: Vec<String> = changes.iter().filter(rests).filter_map(|change| change.target.clone()).collect();
        let mut now = Self::default();
        if ids.is_empty() {
            return now;
        }
        let (selection, mut after) = (Selection::Ids(ids), None);
        loop {
            let page = read(&selection, after.as_deref()).unwrap_or_else(|cause| Page {
                gaps: vec![Gap { parent: None, item: None, cause }],
                ..Page::default()
            });
            now.items.extend(page.items.into_iter().map(|item| (item.id.clone(), item)));
            now.gaps.extend(page.gaps);
            if page.next.is_some() && page.next == after {
                let cause = Failure::Unavailable("the pages of a batch's items do not end".to_owned());
                now.gaps.push(Gap { parent: None, item: None, cause });
                return now;
            }
            if page.next.is_none() {
                return now;
            }
            after = page.next;
        }
    }

    /// Whether what a change was decided on still holds.
    ///
    /// # Errors
    /// Conflict: a field has another value now. Not-found: the item is gone. Else why it could not be read: then nothing
    /// is written over it. A gap that names no item stands for each that did not come.
    pub(crate) fn holds(&self, change: &Change) -> Result<(), Failure> {
        let Some(id) = change.target.as_deref().filter(|_| !change.before.is_empty()) else { return Ok(()) };
        let now = self.items.get(id);
        let concerns = |gap: &&Gap| gap.item.as_deref().map_or(now.is_none(), |item| item == id);
        if let Some(gap) = self.gaps.iter().find(concerns) {
            return Err(gap.cause.clone());
        }
        let gone = || Failure::NotFound(format!("Autotask has no record {id} of this kind any more"));
        precondition::holds(change, now.ok_or_else(gone)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{change, text};
    use crosswalk_sdk::{Kind, Operation};

    /// A change of this item, decided on this serial number.
    fn of(id: &str, before: &str) -> Change {
        let mut update = change(id, Operation::Update, Kind::Asset);
        update.target = Some(id.to_owned());
        update.before = if before.is_empty() { Vec::new() } else { vec![text("serial-number", before)] };
        update
    }

    fn item(id: &str) -> Item {
        let fields = vec![text("serial-number", "S1")];
        Item { id: id.to_owned(), parent: None, name: id.to_owned(), stamp: None, fields }
    }

    fn told(current: &Current, changes: &[Change]) -> Vec<Option<String>> {
        changes.iter().map(|change| current.holds(change).err().map(|failure| failure.case().to_owned())).collect()
    }

    fn cases<const N: usize>(cases: [Option<&str>; N]) -> Vec<Option<String>> {
        cases.map(|case| case.map(str::to_owned)).to_vec()
    }

    #[test]
    fn what_cannot_be_read_is_not_written_over_and_without_a_precondition_nothing_is_asked() {
        let cause = Failure::Unavailable("odd".to_owned());
        let changes = [of("1", "S1"), of("2", "S0"), of("3", "S1"), of("4", "S1"), of("5", "")];
        let current = Current::of(&changes, |selection, _| {
            assert!(matches!(selection, Selection::Ids(ids) if *ids == ["1", "2", "3", "4"]), "{selection:?}");
            let gaps = vec![Gap::of_item("3", None, cause.clone())];
            Ok(Page { items: vec![item("1"), item("2")], gaps, ..Page::default() })
        });
        let expected = cases([None, Some("conflict"), Some("unavailable"), Some("not-found"), None]);
        assert_eq!(told(&current, &changes), expected);
        let unread = Current::of(&changes, |_, _| Err(cause.clone()));
        assert_eq!((unread.holds(&changes[0]), unread.holds(&changes[4])), (Err(cause), Ok(())));
        assert_eq!(Current::of(&changes[4..], |_, _| unreachable!("nothing is asked")).holds(&changes[4]), Ok(()));
    }

    #[test]
    fn a_gap_that_names_no_item_holds_only_what_did_not_come() {
        let gap = Gap { parent: None, item: None, cause: Failure::Unavailable("odd".to_owned()) };
        let changes = [of("1", "S1"), of("2", "S0"), of("3", "S1")];
        let current = Current::of(&changes, |_, _| {
            Ok(Page { items: vec![item("1"), item("2")], gaps: vec![gap.clone()], ..Page::default() })
        });
        assert_eq!(told(&current, &changes), cases([None, Some("conflict"), Some("unavailable")]));
    }

    #[test]
    fn what_the_vendor_gives_on_a_second_page_is_there() {
        let changes = [of("1", "S1"), of("2", "S0"), of("3", "S1")];
        let pages = |last: Result<Page, Failure>| {
            Current::of(&changes, |_, after| match after {
                None => Ok(Page { items: vec![item("1")], next: Some("more".to_owned()), ..Page::default() }),
                Some(_) => last.clone(),
            })
        };
        let whole = pages(Ok(Page { items: vec![item("2")], ..Page::default() }));
        assert_eq!(told(&whole, &changes), cases([None, Some("conflict"), Some("not-found")]));
        let broken = pages(Err(Failure::Unavailable("odd".to_owned())));
        assert_eq!(told(&broken, &changes), cases([None, Some("unavailable"), Some("unavailable")]));
        let endless = pages(Ok(Page { items: vec![item("2")], next: Some("more".to_owned()), ..Page::default() }));
        assert_eq!(told(&endless, &changes), cases([None, Some("conflict"), Some("unavailable")]));
    }
}
