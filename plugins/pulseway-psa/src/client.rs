//! This vendor's HTTP: the envelope, pages by number, and writes. Login is the host's. Leaves alone what rows mean.
//!
//! A page says how many rows there are in all, except where the vendor's document has no such member: a walk of those
//! ends with a page that is shorter than the first, or empty.

use crate::errors::{self, ErrorInfo, Names};
use crate::settings::Settings;
use crosswalk_sdk::json::{self, Int};
use crosswalk_sdk::{
    Change, Failure, Gap, Host, HttpError, Item, Method, Outcome, Page, Request, Response, Settlement, Told,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Rows of a page: what is used in practice, as the vendor names no most.
pub(crate) const PAGE: u32 = 100;

/// One connection's client, for one call of the host.
pub(crate) struct Client<'h> {
    pub(crate) host: &'h dyn Host,
    pub(crate) settings: Settings,
}

impl<'h> Client<'h> {
    /// Reads the settings.
    ///
    /// # Errors
    /// They are not what the manifest says.
    pub(crate) fn open(host: &'h dyn Host) -> Result<Self, Failure> {
        Ok(Self { host, settings: Settings::read(host)? })
    }

    /// The reply to one read.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn get(&self, request: Request) -> Result<Response, Failure> {
        Ok(self.host.send(request)?)
    }

    /// The replies to several reads, in their order.
    pub(crate) fn get_all(&self, requests: Vec<Request>) -> Vec<Result<Response, Failure>> {
        self.host.send_all(requests).into_iter().map(|reply| reply.map_err(Failure::from)).collect()
    }

    /// Writes a batch: of each change its requests one after the other, the changes side by side. A change ends with the
    /// first request that fails.
    pub(crate) fn write_all(
        &self,
        changes: &[Change],
        prepared: Vec<Result<Vec<Request>, Failure>>,
        names: &Names,
    ) -> Vec<Outcome> {
        let mut left: Vec<(std::vec::IntoIter<Request>, Option<Settlement>)> = prepared
            .into_iter()
            .map(|prepared| match prepared {
                Ok(requests) => (requests.into_iter(), None),
                Err(failure) => (Vec::new().into_iter(), Some(Settlement::Failed(failure))),
            })
            .collect();
        loop {
            let open = |(_, settled): &(_, Option<Settlement>)| !matches!(settled, Some(Settlement::Failed(_)));
            let next: Vec<(usize, Request)> = (left.iter_mut().enumerate())
                .filter(|(_, change)| open(change))
                .filter_map(|(at, (requests, _))| Some((at, requests.next()?)))
                .collect();
            if next.is_empty() {
                break;
            }
            let (places, requests): (Vec<usize>, Vec<Request>) = next.into_iter().unzip();
            for (at, reply) in places.into_iter().zip(self.host.send_all(requests)) {
                left[at].1 = Some(match written(&changes[at], reply, names) {
                    Ok(id) => Settlement::Done(id),
                    Err(failure) => Settlement::Failed(failure),
                });
            }
        }
        let outcome = |(change, (_, settled)): (&Change, (_, Option<Settlement>))| {
            let nothing = || Settlement::Done(change.target.clone().unwrap_or_default());
            Outcome { change: change.id.clone(), result: settled.unwrap_or_else(nothing) }
        };
        changes.iter().zip(left).map(outcome).collect()
    }

    /// Some pages of a list from where a cursor says: one at first, then two side by side where the total is known.
    ///
    /// # Errors
    /// Why there are none.
    pub(crate) fn walk(
        &self,
        list: &Request,
        size: u32,
        after: Option<&str>,
        rows: impl Fn(&Response) -> Result<Rows<Item>, Failure>,
    ) -> Result<Page, Failure> {
        let mut place = Place::parse(after)?;
        let requests = (0..place.pages(size)).map(|more| {
            let number = place.page + more;
            list.clone().query("PageSize", size.to_string()).query("PageNumber", number.to_string())
        });
        let mut page = Page::default();
        for reply in self.get_all(requests.collect()) {
            let rows = rows(&reply?)?;
            let goes_on = place.goes_on(rows.sent, rows.total);
            page.total = rows.total;
            page.items.extend(rows.rows);
            page.gaps.extend(rows.gaps);
            if !goes_on {
                return Ok(page);
            }
        }
        page.next = Some(place.to_string());
        Ok(page)
    }
}

/// The vendor's id of what a change was written to.
fn written(change: &Change, reply: Result<Response, HttpError>, names: &Names) -> Result<String, Failure> {
    let reply = reply?;
    let made: Told<Made> = open(&reply, true, names)?.result;
    let id = change.target.clone().or_else(|| made.into_value()?.id.into_value().map(|Int(id)| id.to_string()));
    id.ok_or_else(|| Failure::Unavailable("the server took it, but does not tell its id".to_owned()))
}

#[derive(Deserialize)]
struct Made {
    #[serde(default)]
    id: Told<Int>,
}

/// A place in a walk by page numbers, and its written form, the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// The next page, from 1.
    page: u64,
    /// Rows so far.
    seen: u64,
    /// Rows of the first page.
    first: u64,
    /// Rows in all, as last told; 0 when that is not told.
    total: u64,
}

impl Place {
    fn parse(cursor: Option<&str>) -> Result<Self, Failure> {
        let Some(cursor) = cursor else { return Ok(Self { page: 1, seen: 0, first: 0, total: 0 }) };
        let numbers: Vec<u64> = cursor.split(' ').filter_map(|number| number.parse().ok()).collect();
        match numbers[..] {
            [page, seen, first, total] => Ok(Self { page, seen, first, total }),
            _ => Err(Failure::Broken(format!("`{cursor}` is no cursor of this connector"))),
        }
    }

    /// How many pages to read now.
    fn pages(self, size: u32) -> u64 {
        self.total.saturating_sub(self.seen).div_ceil(u64::from(size)).clamp(1, 2)
    }

    /// Takes a page that was read; whether the walk goes on after it.
    fn goes_on(&mut self, rows: usize, total: Option<u64>) -> bool {
        let rows = rows as u64;
        if self.page == 1 {
            self.first = rows;
        }
        self.page += 1;
        self.seen += rows;
        self.total = total.unwrap_or(0);
        let is_short = rows < self.first;
        rows > 0 && total.map_or(!is_short, |total| self.seen < total)
    }
}

/// The cursor.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {}", self.page, self.seen, self.first, self.total)
    }
}

/// A read.
pub(crate) fn get(path: impl Into<String>) -> Request {
    Request::get("api", path)
}

/// A write with a JSON body, in the name of a change.
pub(crate) fn write(method: Method, path: impl Into<String>, body: String, change: &Change) -> Request {
    Request::new(method, "api", path).json(body).change(&change.id)
}

/// What a reply carries.
pub(crate) struct Opened<T> {
    pub(crate) result: Told<T>,
    total: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
struct Envelope<'a, T> {
    #[serde(default)]
    success: Option<bool>,
    #[serde(default = "Told::default")]
    result: Told<T>,
    #[serde(borrow, default)]
    error: Told<ErrorInfo<'a>>,
    #[serde(default)]
    total_records: Told<Int>,
}

/// Opens the envelope. The vendor may say no with a status, or inside a 200.
///
/// # Errors
/// What a refusal stands for; or it is no envelope.
pub(crate) fn open<'a, T: Deserialize<'a>>(
    reply: &'a Response,
    writing: bool,
    names: &Names,
) -> Result<Opened<T>, Failure> {
    let told: Result<Envelope<'a, &RawValue>, Failure> = json::parse(reply.text());
    let told = match told {
        Ok(told) if reply.is_success() && told.success != Some(false) => told,
        Ok(told) => return Err(errors::failure(reply, &told.error.into_value().unwrap_or_default(), writing, names)),
        Err(_) if !reply.is_success() => return Err(errors::failure(reply, &ErrorInfo::default(), writing, names)),
        Err(why) => return Err(why),
    };
    let total = told.total_records.into_value().and_then(|Int(total)| u64::try_from(total).ok());
    let result = match told.result {
        Told::Value(raw) => Told::Value(json::parse(raw.get())?),
        // One that comes without an envelope, as the vendor's document has it for an account.
        Told::Nothing if told.success.is_none() => Told::Value(json::parse(reply.text())?),
        _ => Told::Blank,
    };
    Ok(Opened { result, total })
}

/// One thing that was asked for by its id.
///
/// # Errors
/// What the reply stands for; not-found where it carries nothing.
pub(crate) fn one<'a, T: Deserialize<'a>>(reply: &'a Response) -> Result<T, Failure> {
    let opened: Opened<T> = open(reply, false, &[])?;
    opened.result.into_value().ok_or_else(|| Failure::NotFound("the server has nothing under this id".to_owned()))
}

/// The rows of a page.
pub(crate) struct Rows<T> {
    /// Those that can be read.
    pub(crate) rows: Vec<T>,
    /// A gap for each that cannot.
    pub(crate) gaps: Vec<Gap>,
    /// How many were sent.
    sent: usize,
    /// How many there are in all.
    total: Option<u64>,
}

impl<T> Rows<T> {
    /// Opens the envelope of a list.
    ///
    /// # Errors
    /// As [`open`]; also when there are rows and none can be read.
    pub(crate) fn open<'a>(reply: &'a Response) -> Result<Self, Failure>
    where
        T: Deserialize<'a>,
    {
        let why = match open::<Vec<T>>(reply, false, &[]) {
            Ok(Opened { result, total }) => {
                let rows = result.into_value().unwrap_or_default();
                return Ok(Self { sent: rows.len(), rows, gaps: Vec::new(), total });
            }
            Err(why) => why,
        };
        match open::<Vec<&RawValue>>(reply, false, &[]) {
            Ok(Opened { result: Told::Value(raw), total }) => {
                let (rows, gaps) = json::readable(&raw, why)?;
                Ok(Self { sent: raw.len(), rows, gaps, total })
            }
            _ => Err(why),
        }
    }

    /// The same page of those things that its rows become.
    pub(crate) fn map<U>(self, with: impl Fn(T) -> Option<U>) -> Rows<U> {
        Rows {
            rows: self.rows.into_iter().filter_map(with).collect(),
            gaps: self.gaps,
            sent: self.sent,
            total: self.total,
        }
    }

    /// The page without its rows, and the rows.
    pub(crate) fn split<U>(self) -> (Rows<U>, Vec<T>) {
        (Rows { rows: Vec::new(), gaps: self.gaps, sent: self.sent, total: self.total }, self.rows)
    }
}

/// Whether a single thing that could not be read stops a whole page: others would fare no better.
pub(crate) fn stops_all(failure: &Failure) -> bool {
    matches!(failure, Failure::Throttled(_) | Failure::Denied(_) | Failure::Broken(_))
}

/// An id as the vendor has it.
///
/// # Errors
/// Not-found: no number is no id of theirs.
pub(crate) fn number(id: &str) -> Result<i64, Failure> {
    id.parse().map_err(|_| Failure::NotFound(format!("`{id}` is no id of this server")))
}

/// The id of the item a change is for.
///
/// # Errors
/// Broken: it has none.
pub(crate) fn target(change: &Change) -> Result<i64, Failure> {
    number(change.target.as_deref().ok_or_else(|| Failure::Broken("the change names no target".to_owned()))?)
}

/// The id of the account a change is for.
///
/// # Errors
/// Broken: it has none.
pub(crate) fn parent(change: &Change) -> Result<i64, Failure> {
    number(change.parent.as_deref().ok_or_else(|| Failure::Broken("the change names no account".to_owned()))?)
}

/// No items.
pub(crate) fn nothing() -> Page {
    Page::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, change, reply};
    use crosswalk_sdk::{Kind, Operation};

    /// The numbers of a walk's rows, and the pages it asked for.
    fn walked(host: &Script<'_>) -> (Vec<String>, Vec<String>) {
        let client = Client::open(host).unwrap();
        let (mut ids, mut after) = (Vec::new(), None::<String>);
        loop {
            let rows = |reply: &Response| {
                let id = |Int(id): Int| Item {
                    id: id.to_string(),
                    parent: None,
                    name: String::new(),
                    stamp: None,
                    fields: Vec::new(),
                };
                Ok(Rows::<Int>::open(reply)?.map(|row| Some(id(row))))
            };
            let page = client.walk(&get("/v2/x"), 3, after.as_deref(), rows).unwrap();
            ids.extend(page.items.into_iter().map(|item| item.id));
            after = page.next;
            if after.is_none() {
                let asked = host.requests.borrow();
                return (
                    ids,
                    asked.iter().filter_map(|request| request.query.last()).map(|(_, n)| n.clone()).collect(),
                );
            }
        }
    }

    fn server(rows: i64, most: i64, with_total: bool) -> impl Fn(&Request) -> Result<Response, HttpError> {
        move |request| {
            let told =
                |name: &str| -> i64 { request.query.iter().find(|(n, _)| n == name).unwrap().1.parse().unwrap() };
            let (size, page) = (told("PageSize").min(most), told("PageNumber"));
            let ids: Vec<i64> = (((page - 1) * size)..rows.min(page * size)).collect();
            let total = if with_total { format!(r#","totalRecords":{rows}"#) } else { String::new() };
            Ok(reply(200, &format!(r#"{{"success":true,"error":null,"result":{ids:?}{total}}}"#)))
        }
    }

    #[test]
    fn a_walk_finds_every_row_once_with_and_without_a_total() {
        for (rows, most, with_total, pages) in [
            (8, 3, true, vec!["1", "2", "3"]),
            (8, 3, false, vec!["1", "2", "3"]),
            (6, 3, false, vec!["1", "2", "3"]),
            (2, 3, true, vec!["1"]),
            (2, 3, false, vec!["1", "2"]),
            (5, 2, true, vec!["1", "2", "3"]),
            (5, 2, false, vec!["1", "2", "3"]),
            (0, 3, true, vec!["1"]),
            (0, 3, false, vec!["1"]),
        ] {
            let host = Script::new("{}", server(rows, most, with_total));
            let (ids, asked) = walked(&host);
            assert_eq!(ids, (0..rows).map(|id| id.to_string()).collect::<Vec<_>>(), "{rows} {most} {with_total}");
            assert_eq!(asked, pages, "{rows} {most} {with_total}");
        }
        assert!(Place::parse(Some("1 2")).is_err());
    }

    #[test]
    fn no_is_heard_inside_a_200_and_a_page_of_html_is_no_envelope() {
        let no =
            reply(200, r#"{"success":false,"result":null,"error":{"code":0,"message":"The Name field is required."}}"#);
        assert_eq!(open::<Int>(&no, true, &[]).err().unwrap().case(), "rejected");
        for (status, body, case) in [
            (200, "<html>busy</html>", "unavailable"),
            (502, "<html>busy</html>", "unavailable"),
            (401, "", "denied"),
            (429, "", "throttled"),
            (200, r#"{"success":true,"result":nu"#, "unavailable"),
        ] {
            assert_eq!(open::<Int>(&reply(status, body), false, &[]).err().unwrap().case(), case, "{status} {body}");
        }
        let bare: Made = one(&reply(200, r#"{"id":7,"accountName":"x"}"#)).unwrap();
        assert_eq!(bare.id, Told::Value(Int(7)), "without an envelope");
        assert_eq!(one::<Made>(&reply(200, r#"{"success":true,"result":null}"#)).err().unwrap().case(), "not-found");
    }

    #[test]
    fn a_change_of_several_requests_ends_with_the_first_no() {
        let host = Script::new("{}", |request| {
            Ok(match request.path.as_str() {
                "/no" => reply(400, r#"{"success":false,"error":{"message":"no"}}"#),
                _ => reply(200, r#"{"success":true,"result":{"id":5}}"#),
            })
        });
        let client = Client::open(&host).unwrap();
        let changes = ["a", "b", "c"].map(|id| change(id, Operation::Create, Kind::Ticket));
        let to = |path: &str, change: &Change| write(Method::Post, path, String::new(), change);
        let prepared = vec![
            Ok(vec![to("/1", &changes[0]), to("/2", &changes[0])]),
            Ok(vec![to("/no", &changes[1]), to("/3", &changes[1])]),
            Err(Failure::rejected("not ready")),
        ];
        let outcomes = client.write_all(&changes, prepared, &[]);
        assert_eq!(outcomes[0].result, Settlement::Done("5".to_owned()));
        assert_eq!(outcomes[1].result, Settlement::Failed(Failure::rejected("no")));
        assert_eq!(outcomes[2].result, Settlement::Failed(Failure::rejected("not ready")));
        let paths: Vec<String> = host.requests.borrow().iter().map(|request| request.path.clone()).collect();
        assert_eq!(paths, ["/1", "/no", "/2"]);
    }
}
