//! Lists as the vendor pages them: tenants by number from 1, everything else by a key.
//! Leaves alone: what rows a list has.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Sophos;
use crate::faults::Emptied;
use crate::json::{Obj, array};
use crate::server::{Call, Reply};

/// Rows a page has when not told.
const SIZE: usize = 50;

pub(super) type Refusal = (u16, String);

fn number(call: &Call, name: &str) -> Result<Option<usize>, Refusal> {
    let given = call.parameters().into_iter().find(|(n, _)| n == name);
    given.map(|(_, v)| v.parse().map_err(|_| (400, format!("{name} is not a number")))).transpose()
}

/// How many rows a call asks for; 400 beyond `max`.
fn size(call: &Call, max: usize) -> Result<usize, Refusal> {
    match number(call, "pageSize")?.unwrap_or(SIZE.min(max)) {
        size if (1..=max).contains(&size) => Ok(size),
        _ => Err((400, format!("pageSize must be between 1 and {max}"))),
    }
}

fn tells_total(call: &Call) -> bool {
    call.parameters().iter().any(|(n, v)| n == "pageTotal" && v == "true")
}

/// The number of the page that is asked for, from 1.
pub(super) fn page_number(call: &Call) -> Result<usize, Refusal> {
    match number(call, "page")?.unwrap_or(1) {
        0 => Err((400, "page starts at 1".to_owned())),
        page => Ok(page),
    }
}

impl Sophos {
    /// A page by number.
    pub(super) fn by_number<T: Copy>(
        &self,
        call: &Call,
        rows: &[T],
        max: usize,
        mut write: impl FnMut(T, &mut Vec<u8>),
    ) -> Result<Reply, Refusal> {
        let (page, size) = (page_number(call)?, size(call, max)?);
        let from = ((page - 1) * size).min(rows.len());
        let to = (from + size).min(rows.len());
        let mut slice = rows[from..to].to_vec();
        if self.faults.strikes("reorder", call.path(), false) {
            slice.reverse();
        }
        let emptied = self.faults.empties(call.path(), page);
        if emptied.is_some() {
            slice.clear();
        }
        let total = Emptied::total(emptied, rows.len());
        let mut out = Vec::with_capacity(slice.len() * 600 + 200);
        let mut o = Obj::new(&mut out);
        array(o.key("items"), slice, |out, row| write(row, out));
        let mut pages = Obj::new(o.key("pages"));
        pages.int("current", page as i64).int("size", size as i64).int("maxSize", max as i64);
        if tells_total(call) {
            pages.int("total", total.div_ceil(size) as i64).int("items", total as i64);
        }
        pages.end();
        o.end();
        Ok(Reply::json(200, out))
    }

    /// A page by key. `number` is a row's place in the order, which the key of the next page is made of.
    pub(super) fn by_key<T>(
        &self,
        call: &Call,
        rows: &[T],
        max: usize,
        number: impl Fn(&T) -> u64,
        mut write: impl FnMut(&T, &mut Vec<u8>),
    ) -> Result<Reply, Refusal> {
        let size = size(call, max)?;
        let key = call.parameters().into_iter().find(|(n, v)| n == "pageFromKey" && !v.is_empty()).map(|(_, v)| v);
        let from = match &key {
            None => 0,
            Some(key) => {
                let first = number_of(key);
                let from = rows.iter().position(|row| Some(number(row)) == first);
                from.ok_or((400, "pageFromKey is not valid".to_owned()))?
            }
        };
        let to = (from + size).min(rows.len());
        let mut slice: Vec<&T> = rows[from..to].iter().collect();
        if self.faults.strikes("reorder", call.path(), false) {
            slice.reverse();
        }
        let emptied = self.faults.empties(call.path(), from / size + 1);
        if emptied.is_some() {
            slice.clear();
        }
        let mut out = Vec::with_capacity(slice.len() * 700 + 200);
        let mut o = Obj::new(&mut out);
        array(o.key("items"), slice, |out, row| write(row, out));
        let mut pages = Obj::new(o.key("pages"));
        if let Some(key) = &key {
            pages.text("fromKey", key);
        }
        match rows.get(to).filter(|_| emptied.is_none_or(|emptied| emptied.linked)) {
            Some(next) => {
                pages.text("nextKey", &key_of(number(next)));
            }
            None if self.options.empty_next_key => {
                pages.text("nextKey", "");
            }
            None => {}
        }
        pages.int("size", size as i64).int("maxSize", max as i64);
        if tells_total(call) {
            let total = Emptied::total(emptied, rows.len());
            pages.int("total", total.div_ceil(size) as i64).int("items", total as i64);
        }
        pages.end();
        o.end();
        Ok(Reply::json(200, out))
    }
}

/// The key of the page that starts with a row of this number.
fn key_of(number: u64) -> String {
    STANDARD.encode(number.to_be_bytes())
}

/// The reverse of [`key_of`].
fn number_of(key: &str) -> Option<u64> {
    STANDARD.decode(key).ok()?.try_into().ok().map(u64::from_be_bytes)
}
