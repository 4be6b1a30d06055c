//! This vendor's HTTP: the envelope, pages by number, and writes. Login is the host's. Leaves alone what rows mean.
//!
//! A page says how many rows there are in all, except where the vendor's document has no such member: a walk of those
//! ends with a page that is shorter than the first, or empty.

use crate::errors::{self, ErrorInfo, Names};
use crate::settings::Settings;
use crosswalk_sdk::json::{self, Int, Keys};
use crosswalk_sdk::{
    Change, Failure, Gap, Host, HttpError, Item, Method, Nullable, Outcome, Page, Request, Response, Settlement, batch,
    names, paging,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::cell::Cell;

/// Rows of a page: what is used in practice, as the vendor names no most.
pub(crate) const PAGE: u32 = 100;

/// One connection's client, for one call of the host.
pub(crate) struct Client<'h> {
    pub(crate) host: &'h dyn Host,
    pub(crate) settings: Settings,
    /// Whether the login was refused.
    is_refused: Cell<bool>,
}

impl<'h> Client<'h> {
    /// Reads the settings.
    ///
    /// # Errors
    /// They are not what the manifest says.
    pub(crate) fn open(host: &'h dyn Host) -> Result<Self, Failure> {
        Ok(Self { host, settings: Settings::read(host)?, is_refused: Cell::new(false) })
    }

    /// The reply to one read.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn get(&self, request: Request) -> Result<Response, Failure> {
        self.send_all(vec![request])
            .pop()
            .unwrap_or_else(|| Err(HttpError::Unreachable("no reply".to_owned())))
            .map_err(Failure::from)
    }

    /// Whether the login was refused.
    pub(crate) fn is_refused(&self) -> bool {
        self.is_refused.get()
    }

    /// The replies to several reads, in their order.
    pub(crate) fn get_all(&self, requests: Vec<Request>) -> Vec<Result<Response, Failure>> {
        self.send_all(requests).into_iter().map(|reply| reply.map_err(Failure::from)).collect()
    }

    fn send_all(&self, requests: Vec<Request>) -> Vec<Result<Response, HttpError>> {
        let replies = self.host.send_all(requests);
        if replies.iter().any(|reply| reply.as_ref().is_ok_and(|reply| reply.status == 401)) {
            self.is_refused.set(true);
        }
        replies
    }

    /// Writes a batch: of each change its requests one after the other, the changes side by side. A change ends with the
    /// first request that fails. A right that one change alone is refused is that record's matter, while a refused login is
    /// everybody's.
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
            for (at, reply) in places.into_iter().zip(self.send_all(requests)) {
                left[at].1 = Some(match written(&changes[at], reply, names) {
                    Ok(id) => Settlement::Done(id),
                    Err(failure) => Settlement::Failed(failure),
                });
            }
        }
        let outcome = |(change, (_, settled)): (&Change, (_, Option<Settlement>))| {
            let nothing = || Settlement::Done(change.target.clone().unwrap_or_default());
            let result = match settled.unwrap_or_else(nothing) {
                Settlement::Failed(failure) => {
                    Settlement::Failed(batch::refused_alone(changes, self.is_refused.get(), failure))
                }
                result => result,
            };
            Outcome { change: change.id.clone(), result }
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
        Ok(self.walk_part(list, size, after, rows)?.page)
    }

    /// As [`walk`](Self::walk), of a list whose rows are not the items, or of which a part is told: its end before
    /// its total is a gap, and there is no total.
    ///
    /// # Errors
    /// Why there are none.
    pub(crate) fn walk_apart(
        &self,
        (list, what): (&Request, &str),
        size: u32,
        after: Option<&str>,
        rows: impl Fn(&Response) -> Result<Rows<Item>, Failure>,
    ) -> Result<Page, Failure> {
        let Part { page, place } = self.walk_part(list, size, after, rows)?;
        let total = Some(place.total).filter(|total| *total > 0);
        let mut page = Page { total: None, left_out: 0, ..page };
        if page.next.is_none() && paging::missing(place.seen, total).is_some() {
            let cause = paging::ended_early(what, place.seen, place.total);
            page.gaps.push(Gap { parent: None, item: None, cause });
        }
        Ok(page)
    }

    /// Those of a list that have a name. How the vendor's filter compares is not known: the name is asked for as it is
    /// written; one that may be kept in another form, in that form, by a part that has one form only, and where
    /// the filter does not find parts, by the whole list.
    ///
    /// # Errors
    /// Why there are none.
    pub(crate) fn walk_named(
        &self,
        (list, filter): (&Request, &str),
        name: &str,
        size: u32,
        after: Option<&str>,
        rows: impl Fn(&Response) -> Result<Rows<Item>, Failure>,
    ) -> Result<Page, Failure> {
        let mut asked: Vec<Option<String>> = names::forms(name).into_iter().map(Some).collect();
        let part = asked.len();
        if !name.is_ascii() {
            asked.push(Some(names::part(name, None)).filter(|part| !part.is_empty()).map(str::to_owned));
            asked.push(None);
        }
        // The step, whether anything was found in it, and the place in its walk.
        let cursor = after.map(|after| after.splitn(3, ' ').collect::<Vec<_>>());
        let (step, before, after) = match cursor.as_deref() {
            None => (0, "", None),
            Some([step, before, place]) => {
                let place = Some(*place).filter(|place| !place.is_empty());
                (step.parse().ok().filter(|step| *step < asked.len()).ok_or_else(|| no_cursor(after))?, *before, place)
            }
            Some(_) => return Err(no_cursor(after)),
        };
        let list = match &asked[step] {
            Some(name) => list.clone().query(filter, name),
            None => list.clone(),
        };
        let sent = Cell::new(0);
        let counted = |reply: &Response| {
            let rows = rows(reply)?;
            sent.set(sent.get() + rows.sent);
            Ok(rows)
        };
        let mut page = self.walk_apart((&list, "those of this name"), size, after, counted)?;
        let is_found = !page.items.is_empty() || before == "found";
        let finds_parts = step == part && (sent.get() > 0 || before == "sent");
        let state = if is_found {
            "found"
        } else if sent.get() > 0 {
            "sent"
        } else {
            before
        };
        page.next = match page.next {
            Some(place) => Some(format!("{step} {} {place}", if state.is_empty() { "none" } else { state })),
            None if is_found || finds_parts || step + 1 == asked.len() => None,
            None => Some(format!("{} none ", step + 1)),
        };
        Ok(page)
    }

    fn walk_part(
        &self,
        list: &Request,
        size: u32,
        after: Option<&str>,
        rows: impl Fn(&Response) -> Result<Rows<Item>, Failure>,
    ) -> Result<Part, Failure> {
        let mut place = Place::parse(after)?;
        let requests = (0..place.pages(size)).map(|more| {
            let number = place.page + more;
            list.clone().query("PageSize", size.to_string()).query("PageNumber", number.to_string())
        });
        let mut page = Page::default();
        for reply in self.get_all(requests.collect()) {
            let rows = rows(&reply?)?;
            let goes_on = place.goes_on(rows.sent, rows.total);
            page.total = Some(place.total).filter(|total| *total > 0).or(rows.total);
            page.left_out += rows.left_out();
            page.items.extend(rows.rows);
            page.gaps.extend(rows.gaps);
            if !goes_on {
                return Ok(Part { page, place });
            }
        }
        page.next = Some(place.to_string());
        Ok(Part { page, place })
    }
}

/// Some pages, and the place after them.
struct Part {
    page: Page,
    place: Place,
}

fn no_cursor(cursor: Option<&str>) -> Failure {
    Failure::Broken(format!("`{}` is no cursor of this connector", cursor.unwrap_or_default()))
}

/// The vendor's id of what a change was written to.
fn written(change: &Change, reply: Result<Response, HttpError>, names: &Names) -> Result<String, Failure> {
    let reply = reply?;
    let made: Nullable<Made> = open(&reply, true, names)?.result;
    let id = change.target.clone().or_else(|| made.into_value()?.id.into_value().map(|Int(id)| id.to_string()));
    id.ok_or_else(|| Failure::Unavailable("the server took it, but does not tell its id".to_owned()))
}

#[derive(Deserialize)]
struct Made {
    #[serde(default)]
    id: Nullable<Int>,
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
            _ => Err(no_cursor(Some(cursor))),
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
        if !paging::has_forgotten(rows, total, self.seen) {
            self.total = total.unwrap_or(0);
        }
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

/// What names a record and its account in a row of any list.
const KEYS: Keys<'_> = Keys { item: "id", parent: "accountId" };

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
    pub(crate) result: Nullable<T>,
    total: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
struct Envelope<'a, T> {
    #[serde(default)]
    success: Option<bool>,
    #[serde(default = "Nullable::default")]
    result: Nullable<T>,
    #[serde(borrow, default)]
    error: Nullable<ErrorInfo<'a>>,
    #[serde(default)]
    total_records: Nullable<Int>,
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
        Nullable::Value(raw) => Nullable::Value(json::parse(raw.get())?),
        // One that comes without an envelope, as the vendor's document has it for an account.
        Nullable::Absent if told.success.is_none() => Nullable::Value(json::parse(reply.text())?),
        _ => Nullable::Null,
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
            Ok(Opened { result: Nullable::Value(raw), total }) => {
                let (rows, gaps) = json::readable(&raw, why, KEYS)?;
                Ok(Self { sent: raw.len(), rows, gaps, total })
            }
            _ => Err(why),
        }
    }

    /// How many rows became nothing.
    fn left_out(&self) -> u64 {
        self.sent.saturating_sub(self.rows.len() + self.gaps.len()) as u64
    }

    /// Whether the list has more rows than were sent.
    pub(crate) fn goes_on(&self) -> bool {
        paging::missing(self.sent as u64, self.total).is_some()
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

    fn numbered(id: i64) -> Item {
        Item { id: id.to_string(), parent: None, name: String::new(), stamp: None, fields: Vec::new() }
    }

    /// The numbers of a walk's rows, and the pages it asked for.
    fn walked(host: &Script<'_>) -> (Vec<String>, Vec<String>) {
        let client = Client::open(host).unwrap();
        let (mut ids, mut after) = (Vec::new(), None::<String>);
        loop {
            let rows = |reply: &Response| Ok(Rows::<Int>::open(reply)?.map(|Int(id)| Some(numbered(id))));
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
    fn a_list_that_ends_early_is_told() {
        for told in [8, 0] {
            let host = Script::new("{}", |request| {
                let page = request.query.iter().find(|(name, _)| name == "PageNumber").unwrap().1.as_str();
                let (rows, total) = if page == "1" { ("[0,1,2]", 8) } else { ("[]", told) };
                Ok(reply(200, &format!(r#"{{"success":true,"result":{rows},"totalRecords":{total}}}"#)))
            });
            let client = Client::open(&host).unwrap();
            let rows = |reply: &Response| Ok(Rows::<Int>::open(reply)?.map(|Int(id)| (id != 2).then(|| numbered(id))));
            let first = client.walk(&get("/v2/x"), 3, None, rows).unwrap();
            assert_eq!((first.total, first.left_out), (Some(8), 1));
            let last = client.walk(&get("/v2/x"), 3, first.next.as_deref(), rows).unwrap();
            assert_eq!((last.next, last.total), (None, Some(8)));
            let apart = client.walk_apart((&get("/v2/x"), "accounts"), 3, first.next.as_deref(), rows).unwrap();
            assert_eq!((apart.total, apart.gaps.len()), (None, 1));
            assert!(apart.gaps[0].cause.message().ends_with("has 8 rows and ended after 3"), "{:?}", apart.gaps);
        }
    }

    #[test]
    fn a_right_that_one_record_is_refused_stops_no_others_and_a_refused_login_does() {
        for (status, one, several) in [(403, "rejected", "denied"), (401, "denied", "denied")] {
            let host =
                Script::new("{}", |_| Ok(reply(status, r#"{"success":false,"error":{"message":"No permission"}}"#)));
            let changes = ["a", "b"].map(|id| change(id, Operation::Update, Kind::Asset));
            let prepared = |changes: &[Change]| {
                changes.iter().map(|change| Ok(vec![write(Method::Put, "/1", String::new(), change)])).collect()
            };
            for (changes, case) in [(&changes[..1], one), (&changes[..], several)] {
                let client = Client::open(&host).unwrap();
                let outcomes = client.write_all(changes, prepared(changes), &[]);
                assert_eq!(crosswalk_sdk::testing::failed(&outcomes).case(), case, "{status}");
            }
        }
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
        assert_eq!(bare.id, Nullable::Value(Int(7)), "without an envelope");
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
