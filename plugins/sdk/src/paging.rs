//! Walks by offset, read several pages at a time: the first call reads one page and learns the total,
//! later calls read as many pages side by side as the walk still has, up to a number.

use crate::Failure;
use std::fmt;

/// A place in a walk by offset, and its written form, the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// How many rows come before.
    pub skip: u64,
    /// How many rows a page has.
    pub top: u64,
    /// How many rows the walk had when it was last asked; none before the first page.
    pub total: Option<u64>,
    /// The total as the vendor told it; 0 where it tells none.
    pub told: u64,
}

impl Offset {
    /// The start of a walk, or where a cursor says.
    ///
    /// # Errors
    /// Broken: not one of our cursors.
    pub fn parse(cursor: Option<&str>, top: u64) -> Result<Self, Failure> {
        let Some(cursor) = cursor else { return Ok(Self { skip: 0, top, total: None, told: 0 }) };
        let mut numbers = cursor.split(' ').map(str::parse);
        match (numbers.next(), numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(skip)), Some(Ok(top)), Some(Ok(total)), Some(Ok(told)), None) if top > 0 => {
                Ok(Self { skip, top, total: Some(total), told })
            }
            _ => Err(Failure::Broken(format!("`{cursor}` is no cursor of this connector"))),
        }
    }

    /// The `skip` of each page to read now: one when the total is not known, else what is left, at
    /// most `pages`.
    pub fn skips(self, pages: u64) -> impl Iterator<Item = u64> {
        let left = self.total.map_or(1, |total| total.saturating_sub(self.skip).div_ceil(self.top).clamp(1, pages));
        (0..left).map(move |page| self.skip + page * self.top)
    }

    /// What came of the pages read from here, each told as its rows and the total it gave. A page that
    /// is shorter than asked, though the walk has more, ends what can be kept: the pages after it were
    /// asked for at the wrong place, and the walk goes on in pages of that length. A page without rows
    /// ends the walk whatever its total says: it could never end otherwise. The walk's total then tells how
    /// many rows are missing: that of the last page, unless that page is empty and says that there are fewer than came.
    pub fn gather(self, pages: &[(usize, Option<u64>)]) -> Gathered {
        let mut walk = Gathered { pages: 0, next: None, total: None };
        let mut place = self;
        for &(rows, total) in pages {
            let rows = rows as u64;
            walk.pages += 1;
            let is_doubted = place.told > 0 && has_forgotten(rows, total, place.skip);
            walk.total = if is_doubted { Some(place.told) } else { total };
            place.told = walk.total.unwrap_or(0);
            place.skip += rows;
            let full = rows >= place.top;
            let end = total.unwrap_or(place.skip + u64::from(full));
            place.total = Some(end);
            if rows == 0 || place.skip >= end {
                return walk;
            }
            if !full {
                place.top = rows;
                break;
            }
        }
        walk.next = Some(place);
        walk
    }
}

/// Whether a page of `rows` has forgotten the others: it has none, and says no total, or fewer than the `seen` rows that
/// came so far, its own among them. What an earlier page told holds then.
pub fn has_forgotten(rows: u64, total: Option<u64>, seen: u64) -> bool {
    rows == 0 && total.is_none_or(|total| total < seen)
}

/// How many rows a list lacks of those it says it has: none where it has said no number, or where all came.
pub fn missing(rows: u64, total: Option<u64>) -> Option<u64> {
    total.and_then(|total| total.checked_sub(rows)).filter(|missing| *missing > 0)
}

/// The failure of a list that ended early, for the gap of a part of a walk; `what` is what it lists.
pub fn ended_early(what: &str, rows: u64, total: u64) -> Failure {
    Failure::Unavailable(format!("the list of {what} says that it has {total} rows and ended after {rows}"))
}

/// What came of some pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gathered {
    /// How many of the pages count.
    pub pages: usize,
    /// Where the walk goes on; none at its end.
    pub next: Option<Offset>,
    /// The total as last told.
    pub total: Option<u64>,
}

/// The cursor.
impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.skip, self.top, self.total.unwrap_or(0), self.told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_reads_one_page_then_several_and_ends() {
        let start = Offset::parse(None, 100).unwrap();
        assert_eq!(start.skips(5).collect::<Vec<_>>(), [0]);
        let cursor = start.gather(&[(100, Some(730))]).next.unwrap().to_string();
        let second = Offset::parse(Some(&cursor), 100).unwrap();
        assert_eq!(second.skips(5).collect::<Vec<_>>(), [100, 200, 300, 400, 500]);
        let third = second.gather(&[(100, Some(730)); 5]).next.unwrap();
        assert_eq!(third.skips(5).collect::<Vec<_>>(), [600, 700]);
        assert_eq!(
            third.gather(&[(100, Some(730)), (30, Some(730))]),
            Gathered { pages: 2, next: None, total: Some(730) }
        );
        assert!(Offset::parse(Some("1 0 5 5"), 100).is_err());
        assert!(Offset::parse(Some("next"), 100).is_err());
    }

    #[test]
    fn a_short_page_in_the_middle_loses_nothing() {
        let place = Offset { skip: 100, top: 100, total: Some(700), told: 700 };
        let walk = place.gather(&[(100, Some(700)), (50, Some(700)), (100, Some(700))]);
        assert_eq!(walk.pages, 2);
        assert_eq!(walk.next, Some(Offset { skip: 250, top: 50, total: Some(700), told: 700 }));
    }

    #[test]
    fn a_list_that_ends_early_tells_how_many_rows_it_has_in_all() {
        let place = Offset { skip: 400, top: 100, total: Some(600), told: 600 };
        for told in [Some(600), Some(0), None] {
            let walk = place.gather(&[(100, Some(600)), (0, told)]);
            assert_eq!((walk.next, walk.total), (None, Some(600)), "{told:?}");
            assert_eq!(place.gather(&[(0, told)]).total, Some(600), "{told:?}");
        }
        assert_eq!(missing(500, Some(600)), Some(100));
        assert_eq!((missing(600, Some(600)), missing(601, Some(600)), missing(5, None)), (None, None, None));
        let without = Offset { skip: 400, top: 100, total: Some(401), told: 0 };
        assert_eq!(without.gather(&[(0, None)]).total, None);
        let start = Offset::parse(None, 100).unwrap();
        assert_eq!(start.gather(&[(0, Some(0))]).total, Some(0));
    }

    #[test]
    fn an_empty_page_that_says_fewer_rows_than_came_has_forgotten_them() {
        assert!(has_forgotten(0, None, 100) && has_forgotten(0, Some(0), 1) && has_forgotten(0, Some(99), 100));
        assert!(!has_forgotten(0, Some(100), 100) && !has_forgotten(1, None, 100) && !has_forgotten(0, Some(0), 0));
    }

    #[test]
    fn without_a_total_a_full_page_goes_on() {
        let place = Offset::parse(None, 100).unwrap();
        assert_eq!(place.gather(&[(100, None)]).next, Some(Offset { skip: 100, top: 100, total: Some(101), told: 0 }));
        assert_eq!(place.gather(&[(99, None)]).next, None);
    }
}
