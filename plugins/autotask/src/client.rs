//! This vendor's HTTP: calls inside the zone, queries, pages and writes. Login is the host's.
//!
//! A walk goes on by posting the same query again to the address that the vendor gives for the next page;
//! the cursor is that address, without its host.

use crate::entity::Fields;
use crate::errors;
use crate::query::Query;
use crate::settings::Settings;
use crate::zone::Zone;
use crosswalk_sdk::http::parameters;
use crosswalk_sdk::json::{self, Int, Keys, List, Str};
use crosswalk_sdk::{
    Change, Failure, Gap, Host, HttpError, Item, Level, Method, Nullable, Outcome, Page, Request, Response, Selection,
    Settlement, batch,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::cell::{Cell, RefCell};

/// What names a row and its company.
const KEYS: Keys<'_> = Keys { item: "id", parent: "companyID" };

/// One connection's client, for one call of the host.
pub(crate) struct Client<'h> {
    pub(crate) host: &'h dyn Host,
    pub(crate) settings: Settings,
    zone: RefCell<Zone>,
    asked_again: Cell<bool>,
    /// Whether the login was refused.
    is_refused: Cell<bool>,
}

impl<'h> Client<'h> {
    /// Knows its zone, by asking for it if need be.
    ///
    /// # Errors
    /// The zone is not known.
    pub(crate) fn open(host: &'h dyn Host) -> Result<Self, Failure> {
        let settings = Settings::read(host)?;
        let zone = RefCell::new(Zone::of(host, &settings.user)?);
        Ok(Self { host, settings, zone, asked_again: Cell::new(false), is_refused: Cell::new(false) })
    }

    /// The zone's name.
    pub(crate) fn zone_name(&self) -> String {
        self.zone.borrow().name.clone()
    }

    /// The vendor's number of the database; empty where it is not told.
    pub(crate) fn database(&self) -> String {
        self.zone.borrow().database.clone()
    }

    /// A page of a walk, with the total: the vendor tells none with its pages, so the rows are counted where the walk ends, which
    /// is one call. Look-ups of a few are not counted. A count that is refused leaves the total untold.
    ///
    /// # Errors
    /// Too many calls.
    pub(crate) fn with_total(
        &self,
        page: Page,
        entity: &str,
        query: &Query<'_>,
        (selection, after): (&Selection, Option<&str>),
    ) -> Result<Page, Failure> {
        let is_walk = match selection {
            Selection::Everything => true,
            Selection::OfParent(_) | Selection::ChangedSince(_) => after.is_some(),
            _ => false,
        };
        if !is_walk || page.next.is_some() {
            return Ok(page);
        }
        let request =
            Request::new(Method::Post, "zone", format!("{entity}/query/count")).json(json::write(&query.count()));
        let mut replies = self.send_all(vec![request]);
        let counted = replies.pop().unwrap_or_else(|| Err(no_reply())).map_err(Failure::from);
        let counted = counted.and_then(|reply| json::parse::<Counted>(self.good(reply, &[])?.text()));
        match counted {
            Ok(told) => Ok(Page { total: u64::try_from(told.query_count.0).ok(), ..page }),
            Err(failure @ Failure::Throttled(_)) => Err(failure),
            Err(failure) => {
                let line = format!("how many rows {entity} has is not told: {}", failure.message());
                self.host.log(Level::Warn, &line);
                Ok(page)
            }
        }
    }

    /// A read of one thing; its path without base and version.
    ///
    /// # Errors
    /// What the reply stands for, or why there is none.
    pub(crate) fn get(&self, call: &str) -> Result<Response, Failure> {
        let mut replies = self.send_all(vec![Request::get("zone", call)]);
        self.good(replies.pop().unwrap_or_else(|| Err(no_reply()))?, &[])
    }

    /// One page of a query.
    ///
    /// # Errors
    /// What the reply stands for, or why there is none.
    pub(crate) fn query(&self, entity: &str, query: &Query<'_>, after: Option<&str>) -> Result<Response, Failure> {
        let mut replies = self.send_all(vec![page_request(entity, query, after)]);
        self.good(replies.pop().unwrap_or_else(|| Err(no_reply()))?, &[])
    }

    /// All rows of some queries, which go side by side.
    ///
    /// # Errors
    /// What a reply stands for, or why there is none; also that a single row cannot be read: none is left out.
    pub(crate) fn every<T: DeserializeOwned>(&self, entity: &str, queries: &[Query<'_>]) -> Result<Vec<T>, Failure> {
        let mut rows = Vec::new();
        let mut open: Vec<(&Query<'_>, Option<String>)> = queries.iter().map(|query| (query, None)).collect();
        while !open.is_empty() {
            let requests = open.iter().map(|(query, after)| page_request(entity, query, after.as_deref())).collect();
            let mut replies = self.send_all(requests).into_iter();
            let mut more = Vec::new();
            for (query, after) in open {
                let reply = self.good(replies.next().unwrap_or_else(|| Err(no_reply()))?, &[])?;
                let found = self.rows::<T>(&reply)?;
                if let Some(gap) = found.gaps.into_iter().next() {
                    return Err(gap.cause);
                }
                rows.extend(found.rows);
                if found.next.is_some() && found.next == after {
                    return Err(Failure::Unavailable(format!("the pages of {entity} do not end")));
                }
                more.extend(found.next.map(|next| (query, Some(next))));
            }
            open = more;
        }
        Ok(rows)
    }

    /// The rows of a query's reply, and the cursor of the next page.
    ///
    /// # Errors
    /// It cannot be read, or goes on at another host.
    pub(crate) fn rows<'a, T: Deserialize<'a>>(&self, reply: &'a Response) -> Result<Rows<T>, Failure> {
        let (rows, gaps, details) = match json::parse::<Found<'a, T>>(reply.text()) {
            Ok(found) => (found.items.0, Vec::new(), found.page_details),
            Err(why) => {
                let Ok(found) = json::parse::<Found<'a, &RawValue>>(reply.text()) else { return Err(why) };
                let (rows, gaps) = json::readable(&found.items.0, why, KEYS)?;
                (rows, gaps, found.page_details)
            }
        };
        let next = match details.into_value().and_then(|details| details.next_page_url.into_value()?.filled()) {
            None => None,
            Some(url) => match self.zone.borrow().call_of(&url) {
                Some(call) => Some(call.to_owned()),
                None => {
                    return Err(Failure::Unavailable(format!("the next page is said to lie outside the zone: {url}")));
                }
            },
        };
        Ok(Rows { rows, gaps, next })
    }

    /// Writes a batch, one request per change that could be prepared.
    pub(crate) fn write_all(
        &self,
        changes: &[Change],
        prepared: Vec<Result<Request, Failure>>,
        names: &Fields,
    ) -> Vec<Outcome> {
        self.write_each(changes, prepared, names, |change, made| {
            let id = change.target.clone().or_else(|| made.map(|id| id.to_string()));
            id.ok_or_else(|| Failure::Unavailable("Autotask took it, but does not tell its id".to_owned()))
        })
    }

    /// As [`write_all`](Self::write_all); `id` tells which item it was, by the change and the id in the vendor's reply.
    pub(crate) fn write_each(
        &self,
        changes: &[Change],
        prepared: Vec<Result<Request, Failure>>,
        names: &Fields,
        id: impl Fn(&Change, Option<i64>) -> Result<String, Failure>,
    ) -> Vec<Outcome> {
        let written = |change: &Change, reply: &Response| {
            if !reply.is_success() {
                return Err(errors::failure(reply, true, names));
            }
            let made: Made = json::parse(reply.text())?;
            id(change, made.item_id.into_value().map(|Int(id)| id))
        };
        batch::write_all(
            changes,
            prepared,
            |requests| self.send_all(requests),
            |change, reply| match written(change, reply) {
                Ok(id) => Settlement::Done(id),
                Err(failure) => Settlement::Failed(batch::refused_alone(changes, self.is_refused.get(), failure)),
            },
        )
    }

    fn good(&self, reply: Response, names: &Fields) -> Result<Response, Failure> {
        if reply.is_success() { Ok(reply) } else { Err(errors::failure(&reply, false, names)) }
    }

    fn located(&self, request: &Request) -> Request {
        let zone = self.zone.borrow();
        Request { host: Some(zone.host.clone()), path: zone.path(&request.path), ..request.clone() }
    }
}

/// Calls inside the zone. When a login is refused the zone is asked for once more, as it may have moved.
impl Client<'_> {
    pub(crate) fn send_all(&self, requests: Vec<Request>) -> Vec<Result<Response, HttpError>> {
        let mut replies = self.host.send_all(requests.iter().map(|request| self.located(request)).collect());
        let is_refused = |reply: &Result<Response, HttpError>| reply.as_ref().is_ok_and(|reply| reply.status == 401);
        let refused: Vec<usize> = (0..replies.len()).filter(|&at| is_refused(&replies[at])).collect();
        self.is_refused.set(!refused.is_empty());
        if refused.is_empty() || self.asked_again.replace(true) {
            return replies;
        }
        match Zone::discover(self.host, &self.settings.user) {
            Ok(moved) if moved != *self.zone.borrow() => *self.zone.borrow_mut() = moved,
            _ => return replies,
        }
        let again = self.host.send_all(refused.iter().map(|&at| self.located(&requests[at])).collect());
        for (at, reply) in refused.into_iter().zip(again) {
            replies[at] = reply;
        }
        self.is_refused.set(replies.iter().any(is_refused));
        replies
    }
}

fn page_request(entity: &str, query: &Query<'_>, after: Option<&str>) -> Request {
    let mut request = Request::new(Method::Post, "zone", format!("{entity}/query")).json(json::write(query));
    if let Some(cursor) = after {
        let (path, parameters_text) = cursor.split_once('?').unwrap_or((cursor, ""));
        path.clone_into(&mut request.path);
        request.query = parameters(parameters_text);
    }
    request
}

fn no_reply() -> HttpError {
    HttpError::Unreachable("the host gave no reply".to_owned())
}

/// What came of a query.
pub(crate) struct Rows<T> {
    /// The rows that can be read.
    pub(crate) rows: Vec<T>,
    /// A gap for each that cannot.
    pub(crate) gaps: Vec<Gap>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

impl<T> Rows<T> {
    /// As a page of those items that the selection asks for.
    pub(crate) fn page(self, item: impl Fn(T) -> Option<Item>) -> Page {
        let rows = self.rows.len();
        let mut items = Vec::with_capacity(rows);
        items.extend(self.rows.into_iter().filter_map(item));
        let left_out = (rows - items.len()) as u64;
        Page { items, next: self.next, left_out, gaps: self.gaps, ..Page::default() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    query_count: Int,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    #[serde(default)]
    item_id: Nullable<Int>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
struct Found<'a, T> {
    items: List<T>,
    #[serde(borrow, default)]
    page_details: Nullable<PageDetails<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageDetails<'a> {
    #[serde(borrow, default)]
    next_page_url: Nullable<Str<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, change, reply};
    use crosswalk_sdk::{Kind, Operation};

    fn zone(number: u32) -> String {
        format!(r#"{{"zoneName":"Z","url":"https://ws{number}.vendor.example/ATServicesRest/"}}"#)
    }

    #[test]
    fn a_zone_that_moved_is_found_once_and_the_call_made_again() {
        let asked = Cell::new(0);
        let host = Script::new(r#"{"user":"u"}"#, |request| {
            Ok(match (request.endpoint.as_str(), request.host.as_deref()) {
                ("discovery", _) => {
                    asked.set(asked.get() + 1);
                    reply(200, &zone(asked.get()))
                }
                (_, Some("ws2.vendor.example")) => reply(200, r#"{"itemId":5}"#),
                _ => reply(401, r#"{"errors":["Unauthorized"]}"#),
            })
        });
        let client = Client::open(&host).unwrap();
        let mut create = change("c", Operation::Create, Kind::Asset);
        create.parent = Some("1".to_owned());
        let prepared =
            vec![Ok(Request::new(Method::Post, "zone", "ConfigurationItems").json("{}".to_owned()).change("c"))];
        let outcomes = client.write_all(&[create], prepared, &[]);
        assert_eq!(outcomes[0].result, Settlement::Done("5".to_owned()));
        assert_eq!(asked.get(), 2);
        let again = host.requests.borrow().last().cloned().unwrap();
        assert_eq!((again.host.as_deref(), again.change.as_deref()), (Some("ws2.vendor.example"), Some("c")));
    }

    #[test]
    fn a_login_that_stays_refused_is_denied_after_one_more_question() {
        let host = Script::new(r#"{"user":"u"}"#, |request| {
            Ok(if request.endpoint == "discovery" { reply(200, &zone(1)) } else { reply(401, "") })
        });
        let client = Client::open(&host).unwrap();
        for _ in 0..3 {
            assert_eq!(client.get("ThresholdInformation").unwrap_err().case(), "denied");
        }
        let questions = host.asked().iter().filter(|line| line.contains("zoneInformation")).count();
        assert_eq!(questions, 2, "when it was opened, and once more");
    }

    #[test]
    fn a_walk_ends_with_a_count_of_its_rows() {
        let host = Script::new(r#"{"user":"u"}"#, |request| {
            let is = |end: &str| request.path.ends_with(end);
            Ok(match request.endpoint.as_str() {
                "discovery" => reply(200, &zone(1)),
                _ if is("Companies/query/count") => reply(200, r#"{"queryCount":909}"#),
                _ if is("count") => reply(405, ""),
                _ => reply(200, r#"{"items":[],"pageDetails":{"nextPageUrl":null}}"#),
            })
        });
        let client = Client::open(&host).unwrap();
        let of = |entity: &str, selection: &Selection, after: Option<&str>| {
            host.forget();
            let query = Query::new(&["id"], vec![crate::query::Condition::everything()]);
            let page = client.with_total(Page::default(), entity, &query, (selection, after)).unwrap();
            (page.total, host.asked().len())
        };
        assert_eq!(of("Companies", &Selection::Everything, None), (Some(909), 1));
        assert!(host.asked()[0].ends_with(r#"Companies/query/count {"filter":[{"op":"gte","field":"id","value":0}]}"#));
        let of_parent = Selection::OfParent("1".to_owned());
        assert_eq!(of("Companies", &of_parent, None), (None, 0), "a look-up of a few");
        assert_eq!(of("Companies", &of_parent, Some("next")), (Some(909), 1));
        assert_eq!(of("Tickets", &Selection::Everything, None), (None, 1), "not told");
    }

    #[test]
    fn a_right_that_one_record_is_refused_stops_no_others() {
        let said = r#"{"errors":["The logged in Resource does not have the adequate permissions."]}"#;
        for (status, one) in [(500, "rejected"), (403, "rejected"), (401, "denied")] {
            let host = Script::new(r#"{"user":"u"}"#, |request| {
                Ok(if request.endpoint == "discovery" { reply(200, &zone(1)) } else { reply(status, said) })
            });
            let changes = ["a", "b"].map(|id| change(id, Operation::Update, Kind::Asset));
            for (changes, case) in [(&changes[..1], one), (&changes[..], "denied")] {
                let client = Client::open(&host).unwrap();
                let request = |change: &Change| Ok(Request::new(Method::Patch, "zone", "Companies").change(&change.id));
                let outcomes = client.write_all(changes, changes.iter().map(request).collect(), &[]);
                assert_eq!(crosswalk_sdk::testing::failed(&outcomes).case(), case, "{status}");
            }
        }
    }

    #[test]
    fn a_write_without_an_id_in_its_reply_is_not_taken_for_done() {
        let host = Script::new(r#"{"user":"u"}"#, |request| {
            Ok(reply(
                200,
                if request.endpoint == "discovery" { r#"{"url":"https://w.x/A/"}"# } else { r#"{"itemId":null}"# },
            ))
        });
        let client = Client::open(&host).unwrap();
        let request = || vec![Ok(Request::new(Method::Post, "zone", "Companies").change("c"))];
        let create = change("c", Operation::Create, Kind::Customer);
        let outcome = client.write_all(std::slice::from_ref(&create), request(), &[]).remove(0);
        assert!(matches!(outcome.result, Settlement::Failed(Failure::Unavailable(_))));
        let update = Change { target: Some("7".to_owned()), operation: Operation::Update, ..create };
        let outcome = client.write_all(&[update], request(), &[]).remove(0);
        assert_eq!(outcome.result, Settlement::Done("7".to_owned()));
    }
}
