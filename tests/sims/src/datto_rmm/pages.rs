//! Lists as the vendor pages them: `page` counts from 0, `max` is 250 at most, and the next page is an absolute address.
//! Leaves alone: what rows a list has.

use super::Datto;
use crate::faults::Emptied;
use crate::json::{Obj, array};
use crate::server::{Call, Reply};

/// Rows a page has at most, and when not told.
pub(super) const MAX: usize = 250;

/// Which page of a list a call is for.
pub(super) struct Page {
    pub(super) number: usize,
    max: usize,
    /// Everything else of the query, as given.
    rest: String,
}

impl Page {
    /// From a call's query; 400 when `page` or `max` is no number.
    pub(super) fn of(call: &Call) -> Result<Page, (u16, String)> {
        let mut page = Page { number: 0, max: MAX, rest: String::new() };
        for pair in call.head.uri.query().unwrap_or("").split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let number = || value.parse::<usize>().map_err(|_| (400, format!("{name} is not a number")));
            match name {
                "page" => page.number = number()?,
                "max" => page.max = number()?.clamp(1, MAX),
                _ => {
                    page.rest.push_str(pair);
                    page.rest.push('&');
                }
            }
        }
        Ok(page)
    }
}

impl Datto {
    /// The page of `rows` under the member `name`.
    pub(super) fn page(
        &self,
        call: &Call,
        page: &Page,
        name: &str,
        rows: &[i64],
        mut write: impl FnMut(i64, &mut Vec<u8>),
    ) -> Reply {
        let from = (page.number * page.max).min(rows.len());
        let to = (from + page.max).min(rows.len());
        let mut slice = rows[from..to].to_vec();
        if self.faults.strikes("reorder", call.path(), false) {
            if page.number % 2 == 1 {
                // Nobody promises an order: this page is cut from the list turned round.
                slice = rows.iter().rev().skip(from).take(page.max).copied().collect();
            }
            slice.reverse();
        }
        let emptied = self.faults.empties(call.path(), page.number + 1);
        if emptied.is_some() {
            slice.clear();
        }
        let address = |number: usize| {
            let (host, path, max) = (call.header("host"), call.path(), page.max);
            format!("http://{host}{path}?{}max={max}&page={number}", page.rest)
        };
        let mut out = Vec::with_capacity(slice.len() * 2400 + 300);
        let mut o = Obj::new(&mut out);
        let mut details = Obj::new(o.key("pageDetails"));
        details.int("count", slice.len() as i64).int("totalCount", Emptied::total(emptied, rows.len()) as i64);
        let mut link = |key: &str, number: Option<usize>| match number {
            Some(number) => {
                details.text(key, &address(number));
            }
            None if self.options.null_next_page => {
                details.null(key);
            }
            None => {
                details.text(key, "");
            }
        };
        link("prevPageUrl", page.number.checked_sub(1));
        link(
            "nextPageUrl",
            (to < rows.len() && emptied.is_none_or(|emptied| emptied.linked)).then_some(page.number + 1),
        );
        details.end();
        array(o.key(name), slice, |out, row| write(row, out));
        o.end();
        Reply::json(200, out)
    }
}
