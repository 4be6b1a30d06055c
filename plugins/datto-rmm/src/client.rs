//! This vendor's HTTP: its errors, and walks by the address it gives for the next page. Login is the host's.
//! Leaves alone what the rows mean.
//!
//! Pages are not counted by us: whether the vendor counts from 0 is not written down anywhere. The cursor is the next
//! page's address without its scheme, after the total as last told. Its host is named in the request, and the host program
//! refuses any but the one the operator granted; another list's address is refused here.

use crosswalk_sdk::http::parameters;
use crosswalk_sdk::json::{self, Int, Keys, Str};
use crosswalk_sdk::{Failure, Gap, Host, Item, Nullable, Page, Request, Response, Time, paging, time};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Rows of a page: the vendor's most.
pub(crate) const PAGE: u32 = 250;

/// A read; its path below `/api/v2/`.
pub(crate) fn get(path: &str) -> Request {
    Request::get("api", at(path))
}

/// A path below `/api/v2/`, in full.
pub(crate) fn at(path: &str) -> String {
    format!("/api/v2/{path}")
}

#[derive(Deserialize)]
struct Refusal<'a> {
    #[serde(borrow, default)]
    error: Nullable<Str<'a>>,
}

/// What a reply without success stands for, in the vendor's words.
pub(crate) fn failure(reply: &Response) -> Failure {
    let told = serde_json::from_str::<Refusal<'_>>(reply.text()).ok();
    let said = told.and_then(|told| told.error.text().into_value());
    let said = said.map_or_else(String::new, |said| format!(" ({said})"));
    reply.failure(match reply.status {
        403 => format!(
            "Datto RMM refused the call{said}: the key has no right to it, or the account made too many calls and is shut out for about five minutes"
        ),
        status => format!("Datto RMM answered with status {status}{said}"),
    })
}

/// The reply, if it is a success.
///
/// # Errors
/// See [`failure`].
pub(crate) fn good(reply: Response) -> Result<Response, Failure> {
    if reply.is_success() { Ok(reply) } else { Err(failure(&reply)) }
}

/// Single objects with their ids, and what could not be read.
pub(crate) type Found<'i> = (Vec<(&'i String, Response)>, Vec<Gap>);

/// Single objects, side by side; those that are not there are left out, and one that cannot be read is a gap.
///
/// # Errors
/// Why none could be read.
pub(crate) fn singles<'i>(host: &dyn Host, path: &str, ids: &'i [String]) -> Result<Found<'i>, Failure> {
    let request = |id: &String| get(&format!("{path}/{}", crosswalk_sdk::http::segment(id)));
    let (mut found, mut gaps) = (Vec::with_capacity(ids.len()), Vec::new());
    if ids.is_empty() {
        return Ok((found, gaps));
    }
    for (id, reply) in ids.iter().zip(host.send_all(ids.iter().map(request).collect())) {
        match reply.map_err(Failure::from).and_then(good) {
            Ok(reply) => found.push((id, reply)),
            Err(Failure::NotFound(_)) => {}
            Err(failure) if failure.stops_all() => return Err(failure),
            Err(cause) => gaps.push(Gap::of_item(id, None, cause)),
        }
    }
    Ok((found, gaps))
}

/// What each of single objects says; one that cannot be read is a gap.
pub(crate) fn read_each<'r, T>(
    replies: &'r [(&String, Response)],
    gaps: &mut Vec<Gap>,
    one: impl Fn(&'r Response) -> Result<T, Failure>,
) -> Vec<T> {
    let mut read = Vec::with_capacity(replies.len());
    for (id, reply) in replies {
        match one(reply) {
            Ok(found) => read.push(found),
            Err(cause) => gaps.push(Gap::of_item(*id, None, cause)),
        }
    }
    read
}

/// The total that the page before told.
pub(crate) fn told_before(after: Option<&str>) -> Option<u64> {
    after?.split_once(' ')?.0.parse().ok()
}

/// One page of a list.
///
/// # Errors
/// What the reply stands for, or why there is none.
pub(crate) fn page(
    host: &dyn Host,
    path: &str,
    query: &[(&str, &str)],
    most: u32,
    after: Option<&str>,
) -> Result<Response, Failure> {
    let mut request = get(path);
    match after {
        None => {
            request = request.query("max", most.to_string());
            request.query.extend(query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
        Some(cursor) => {
            let broken = || Failure::Broken(format!("`{cursor}` is no cursor of this connector"));
            let (_, address) = cursor.split_once(' ').ok_or_else(broken)?;
            let (server, rest) = address.split_once('/').ok_or_else(broken)?;
            let (there, parameters_text) = rest.split_once('?').ok_or_else(broken)?;
            if format!("/{there}") != request.path {
                return Err(Failure::Unavailable(format!("the next page is said to be of another list: /{there}")));
            }
            request.query = parameters(parameters_text);
            request = request.host(server);
        }
    }
    good(host.send(request)?)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
struct Listed<'a, T> {
    #[serde(borrow, default)]
    page_details: Nullable<PageDetails<'a>>,
    #[serde(alias = "sites", alias = "devices", alias = "alerts")]
    rows: Vec<T>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageDetails<'a> {
    total_count: Nullable<Int>,
    #[serde(borrow)]
    next_page_url: Nullable<Str<'a>>,
}

/// The rows of one page.
pub(crate) struct Rows<T> {
    /// Those that can be read.
    pub(crate) rows: Vec<T>,
    /// A gap for each that cannot.
    pub(crate) gaps: Vec<Gap>,
    next: Option<String>,
    total: Option<u64>,
    /// How many rows could be read.
    readable: usize,
}

impl<T> Rows<T> {
    /// Opens a page; `after` is its cursor, `keys` are the members that name a row.
    ///
    /// # Errors
    /// It is none, or there are rows and nothing of any is known.
    pub(crate) fn open<'a>(reply: &'a Response, keys: Keys<'_>, after: Option<&str>) -> Result<Self, Failure>
    where
        T: Deserialize<'a>,
    {
        let (rows, gaps, details) = match json::parse::<Listed<'a, T>>(reply.text()) {
            Ok(listed) => (listed.rows, Vec::new(), listed.page_details),
            Err(why) => {
                let Ok(listed) = json::parse::<Listed<'a, &RawValue>>(reply.text()) else { return Err(why) };
                let (rows, gaps) = json::readable(&listed.rows, why, keys)?;
                (rows, gaps, listed.page_details)
            }
        };
        let details = details.into_value().unwrap_or_default();
        let total = details.total_count.into_value().and_then(|Int(total)| u64::try_from(total).ok());
        let is_empty = rows.is_empty() && gaps.is_empty();
        // How many came before is not in the cursor: only a total of none at all is doubted.
        let has_forgotten = paging::has_forgotten((rows.len() + gaps.len()) as u64, total, 1);
        let total = if has_forgotten { told_before(after).or(total) } else { total };
        let next = match details.next_page_url.into_value().and_then(|url| url.filled()) {
            None => None,
            Some(url) => match url.split_once("://") {
                Some((_, address)) => Some(format!("{} {address}", total.unwrap_or(0))),
                None => return Err(Failure::Unavailable(format!("the next page's address cannot be read: `{url}`"))),
            },
        };
        // A page without rows ends the walk whatever it says: it could never end otherwise. Its total tells what is missing.
        let next = next.filter(|_| !is_empty);
        Ok(Self { readable: rows.len(), rows, gaps, next, total })
    }

    /// The page with these items, one each of the rows that were not left out.
    pub(crate) fn page(self, items: Vec<Item>) -> Page {
        let left_out = self.readable.saturating_sub(items.len()) as u64;
        Page { items, next: self.next, total: self.total, left_out, gaps: self.gaps, ..Page::default() }
    }
}

/// A page that is all there is.
pub(crate) fn whole(items: Vec<Item>) -> Page {
    Page { items, ..Page::default() }
}

/// A time: the wire has milliseconds since 1970, the specification promises text. What is neither, and a time that cannot be
/// meant, tells nothing.
pub(crate) fn when(told: &Nullable<Str<'_>>) -> Nullable<Time> {
    match told.value().and_then(|text| text.trimmed().parse::<f64>().ok()) {
        Some(ms) => Nullable::or_absent(time::sensible_ms(ms as i64).map(Time)),
        None => told.time(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, reply};

    const KEYS: Keys<'_> = Keys { item: "uid", parent: "" };

    #[derive(Deserialize)]
    struct Row {
        uid: i64,
    }

    fn listed(next: &str, rows: &str) -> Response {
        reply(
            200,
            &format!(
                r#"{{"pageDetails":{{"count":1,"totalCount":3,"prevPageUrl":null,"nextPageUrl":{next}}},"devices":[{rows}]}}"#
            ),
        )
    }

    #[test]
    fn a_walk_follows_the_address_it_is_given() {
        let next = "\"https://zinfandel-api.centrastage.net/api/v2/account/devices?max=1&page=1&hostname=a%20b\"";
        let first = listed(next, r#"{"uid":1}"#);
        let rows = Rows::<Row>::open(&first, KEYS, None).unwrap();
        let page_one = rows.page(Vec::new());
        assert_eq!(page_one.total, Some(3));
        let cursor = page_one.next.unwrap();
        let host = Script::new("{}", |_| Ok(listed("\"\"", r#"{"uid":2}"#)));
        let second = page(&host, "account/devices", &[("hostname", "a b")], 1, Some(&cursor)).unwrap();
        let asked = host.requests.borrow()[0].clone();
        assert_eq!(asked.host.as_deref(), Some("zinfandel-api.centrastage.net"), "for the gate to judge");
        assert_eq!(host.asked(), ["GET /api/v2/account/devices?max=1&page=1&hostname=a b"]);
        assert_eq!(
            Rows::<Row>::open(&second, KEYS, None).unwrap().page(Vec::new()).next,
            None,
            "an empty text is the end"
        );
        assert!(page(&host, "account/sites", &[], 1, Some(&cursor)).unwrap_err().message().contains("another list"));
        assert_eq!(page(&host, "account/sites", &[], 1, Some("nonsense")).unwrap_err().case(), "broken");
        for end in ["null", "\"  \""] {
            assert_eq!(
                Rows::<Row>::open(&listed(end, r#"{"uid":2}"#), KEYS, None).unwrap().page(Vec::new()).next,
                None
            );
        }
        assert_eq!(
            Rows::<Row>::open(&listed(next, ""), KEYS, None).unwrap().page(Vec::new()).next,
            None,
            "nothing more to come"
        );
        assert!(Rows::<Row>::open(&listed("\"/api/v2\"", r#"{"uid":2}"#), KEYS, None).is_err());
    }

    #[test]
    fn a_list_that_ends_early_still_says_how_many_rows_it_has() {
        let empty = |total: &str| reply(200, &format!(r#"{{"pageDetails":{{{total}"nextPageUrl":""}},"devices":[]}}"#));
        for total in ["\"totalCount\":909,", "\"totalCount\":0,", ""] {
            let last = Rows::<Row>::open(&empty(total), KEYS, Some("909 h/x?page=2")).unwrap().page(Vec::new());
            assert_eq!((last.next, last.total), (None, Some(909)), "{total}");
        }
        assert_eq!(Rows::<Row>::open(&empty("\"totalCount\":0,"), KEYS, None).unwrap().page(Vec::new()).total, Some(0));
    }

    #[test]
    fn one_bad_row_is_a_gap() {
        let rows = Rows::<Row>::open(&listed("null", r#"{"uid":1},{"uid":"x"},{"uid":3}"#), KEYS, None).map(|rows| {
            let ids: Vec<i64> = rows.rows.iter().map(|row| row.uid).collect();
            (ids, rows.gaps.len())
        });
        assert_eq!(rows.unwrap(), (vec![1, 3], 1));
        assert!(Rows::<Row>::open(&listed("null", r#"{"id":"x"}"#), KEYS, None).is_err());
    }

    #[test]
    fn refusals_become_failures_in_the_vendors_words() {
        let body = r#"{"timestamp":1762156800000,"status":0,"error":"No such thing","path":"/api/v2/site/1"}"#;
        for (status, case) in [
            (400, "rejected"),
            (401, "denied"),
            (403, "denied"),
            (404, "not-found"),
            (409, "conflict"),
            (429, "throttled"),
            (500, "unavailable"),
        ] {
            let failure = failure(&reply(status, body));
            assert_eq!(failure.case(), case);
            assert!(failure.message().contains("No such thing"), "{failure:?}");
        }
        assert!(failure(&reply(403, "")).message().contains("five minutes"), "nobody knocks again at once");
        assert_eq!(failure(&reply(502, "<html>")).message(), "Datto RMM answered with status 502");
    }

    #[test]
    fn times_are_numbers_or_texts() {
        let when = |text: &str| when(&Nullable::Value(Str(text.into())));
        assert_eq!(when("1762156800250"), Nullable::Value(Time("2025-11-03T08:00:00.250Z".to_owned())));
        assert_eq!(when("1.7621568E12"), Nullable::Value(Time("2025-11-03T08:00:00Z".to_owned())));
        assert_eq!(when("2025-11-03T08:00:00.000+00:00"), Nullable::Value(Time("2025-11-03T08:00:00Z".to_owned())));
        assert_eq!((when(""), when("soon"), when("0")), (Nullable::Null, Nullable::Absent, Nullable::Absent));
        for senseless in ["253402300800000", "1762156800000000", "-1", "1762156800", "1e300"] {
            assert_eq!(when(senseless), Nullable::Absent, "{senseless}");
        }
    }
}
