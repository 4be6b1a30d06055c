//! This vendor's HTTP: its errors, which come in two shapes, and its lists, which all look alike. Login is the host's.
//! Leaves alone what the rows mean, and which of its hosts a call goes to.

use crosswalk_sdk::json::{self, Int, Keys, Str};
use crosswalk_sdk::{Failure, Field, Gap, Nullable, Response, Value, paging};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Rows of a page: the vendor's most for customers and usage, and what its own tools ask for of alerts.
pub(crate) const PAGE: u32 = 100;

/// A refusal: `error` and `correlationId` at the API, `errorCode` and `trackingId` at the login. Any may be absent.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Refusal<'a> {
    #[serde(borrow, alias = "errorCode")]
    error: Nullable<Str<'a>>,
    #[serde(borrow)]
    message: Nullable<Str<'a>>,
    #[serde(borrow, alias = "trackingId")]
    correlation_id: Nullable<Str<'a>>,
}

/// What a refusal says, for people: its words, its code, and the id the vendor's support asks for.
pub(crate) fn words(reply: &Response) -> String {
    let told: Refusal<'_> = serde_json::from_str(reply.text()).unwrap_or_default();
    let id = told.correlation_id.text().map(|id| format!("correlation id {id}"));
    let parts = [told.message.text(), told.error.text(), id];
    let mut parts: Vec<String> = parts.into_iter().filter_map(Nullable::into_value).collect();
    parts.dedup();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

/// What a reply without success stands for, in the vendor's words.
pub(crate) fn failure(reply: &Response) -> Failure {
    let words = words(reply);
    reply.failure(match reply.status {
        401 => format!("Sophos Central did not accept the credentials{words}"),
        403 => format!("Sophos Central does not let these credentials see this{words}"),
        status => format!("Sophos Central answered with status {status}{words}"),
    })
}

/// The reply, if it is a success.
///
/// # Errors
/// See [`failure`].
pub(crate) fn good(reply: Response) -> Result<Response, Failure> {
    if reply.is_success() { Ok(reply) } else { Err(failure(&reply)) }
}

/// A cursor that is none of ours.
pub(crate) fn no_cursor(cursor: Option<&str>) -> Failure {
    Failure::Broken(format!("`{}` is no cursor of this connector", cursor.unwrap_or_default()))
}

/// What a list tells of its pages. By number: `total` pages and `items` rows in all. By key: `next_key`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Pages<'a> {
    total: Nullable<Int>,
    items: Nullable<Int>,
    #[serde(borrow)]
    next_key: Nullable<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Listed<'a, T> {
    items: Vec<T>,
    #[serde(borrow, default)]
    pages: Nullable<Pages<'a>>,
}

/// The rows of one page.
pub(crate) struct Rows<T> {
    /// Those that can be read.
    pub(crate) rows: Vec<T>,
    /// A gap for each that cannot.
    pub(crate) gaps: Vec<Gap>,
    /// How many pages the list has, where it is told.
    pub(crate) pages: Option<u64>,
    /// How many rows the list has, where it is told.
    pub(crate) total: Option<u64>,
    /// The key of the next page; none at the end, which is a key that is empty or absent.
    pub(crate) next_key: Option<String>,
}

impl<T> Rows<T> {
    /// Opens a page; `keys` are the members that name a row.
    ///
    /// # Errors
    /// It is none, or there are rows and nothing of any is known.
    pub(crate) fn open<'a>(reply: &'a Response, keys: Keys<'_>) -> Result<Self, Failure>
    where
        T: Deserialize<'a>,
    {
        let (rows, gaps, pages) = match json::parse::<Listed<'a, T>>(reply.text()) {
            Ok(listed) => (listed.items, Vec::new(), listed.pages),
            Err(why) => {
                let Ok(listed) = json::parse::<Listed<'a, &RawValue>>(reply.text()) else { return Err(why) };
                let (rows, gaps) = json::readable(&listed.items, why, keys)?;
                (rows, gaps, listed.pages)
            }
        };
        let pages = pages.into_value().unwrap_or_default();
        let number = |told: Nullable<Int>| told.into_value().and_then(|Int(number)| u64::try_from(number).ok());
        Ok(Self {
            rows,
            gaps,
            pages: number(pages.total),
            total: number(pages.items),
            next_key: pages.next_key.into_value().and_then(|key| key.filled()),
        })
    }

    /// How many rows were sent.
    pub(crate) fn sent(&self) -> u64 {
        (self.rows.len() + self.gaps.len()) as u64
    }

    /// How many rows the list has: as it says, unless a page without rows says that there are fewer than came (`told`
    /// before).
    pub(crate) fn total_after(&self, told: u64, seen: u64) -> u64 {
        if paging::has_forgotten(self.sent(), self.total, seen) { told } else { self.total.unwrap_or(told) }
    }
}

/// Adds an attribute of the vendor's own, where it says something.
pub(crate) fn extra(fields: &mut Vec<Field>, name: &str, told: &Nullable<Str<'_>>) {
    if let Nullable::Value(text) = told.text() {
        fields.push(Field { name: name.to_owned(), value: Value::Text(text) });
    }
}

/// A whole number of pieces. One with a fraction or below zero, or what is no number, tells nothing: it is not zero.
pub(crate) fn pieces(told: &Nullable<Str<'_>>) -> Nullable<i64> {
    match told {
        Nullable::Value(text) => Nullable::or_absent(whole(text.trimmed()).filter(|pieces| *pieces >= 0)),
        Nullable::Null | Nullable::Absent => Nullable::Absent,
    }
}

/// A whole number in digits, or with a fraction of zero.
fn whole(text: &str) -> Option<i64> {
    const MOST: f64 = 1e15; // far below where a float is no longer exact
    let as_float = || text.parse::<f64>().ok().filter(|number| number.fract() == 0.0 && number.abs() < MOST);
    text.parse().ok().or_else(|| as_float().map(|number| number as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::reply;

    #[test]
    fn refusals_of_both_shapes_become_failures_in_the_vendors_words() {
        let api = r#"{"error":"forbidden","message":"No access","correlationId":"c-1","code":"x","requestId":"r"}"#;
        for (status, case) in [
            (400, "rejected"),
            (401, "denied"),
            (403, "denied"),
            (404, "not-found"),
            (409, "conflict"),
            (429, "throttled"),
            (500, "unavailable"),
            (502, "unavailable"),
            (503, "unavailable"),
        ] {
            let failure = failure(&reply(status, api));
            assert_eq!(failure.case(), case);
            assert!(failure.message().ends_with(": No access, forbidden, correlation id c-1"), "{failure:?}");
        }
        let login = r#"{"errorCode":"oauth.invalid_client_secret","message":"Unauthorized","trackingId":"t-1"}"#;
        let told = failure(&reply(401, login));
        assert_eq!(
            told.message(),
            "Sophos Central did not accept the credentials: Unauthorized, oauth.invalid_client_secret, correlation id t-1"
        );
        let bare = failure(&reply(401, r#"{"error":"Unauthorized","correlationId":null,"requestId":"r"}"#));
        assert_eq!(bare.message(), "Sophos Central did not accept the credentials: Unauthorized");
        assert_eq!(failure(&reply(502, "<html>")).message(), "Sophos Central answered with status 502");
        let mut slow = reply(429, "{}");
        slow.headers.push(("retry-after".to_owned(), "7".to_owned()));
        assert!(matches!(failure(&slow), Failure::Throttled(told) if told.retry_after_ms == Some(7000)));
    }

    #[test]
    fn a_list_tells_its_pages_and_one_bad_row_is_a_gap() {
        #[derive(Deserialize)]
        struct Row {
            id: i64,
        }
        let open = |text: &str| Rows::<Row>::open(&reply(200, text), Keys { item: "", parent: "of" });
        let page = open(r#"{"items":[{"id":1},{"id":"x"},{"id":3}],"pages":{"total":2,"items":103,"nextKey":"k"}}"#);
        let page = page.unwrap();
        assert_eq!((page.rows.iter().map(|row| row.id).sum::<i64>(), page.gaps.len()), (4, 1));
        assert_eq!((page.pages, page.total, page.next_key.as_deref()), (Some(2), Some(103), Some("k")));
        for end in [r#"{"nextKey":""}"#, r#"{"nextKey":null}"#, "{}", "null"] {
            assert_eq!(open(&format!(r#"{{"items":[],"pages":{end}}}"#)).unwrap().next_key, None);
        }
        assert!(open(r#"{"items":[{"id":"x"}]}"#).is_err());
    }

    #[test]
    fn what_is_no_whole_number_is_not_zero() {
        let pieces = |text: &str| pieces(&serde_json::from_str(text).unwrap());
        assert_eq!((pieces("20"), pieces("20.0"), pieces("\"20\"")), (20.into(), 20.into(), 20.into()));
        assert_eq!((pieces("0"), pieces("-0")), (0.into(), 0.into()));
        for odd in ["-3", "\"-3\"", "-3.0", "20.5", "null", "\"\"", "\"many\"", "1e300"] {
            assert_eq!(pieces(odd), Nullable::Absent, "{odd}");
        }
    }
}
