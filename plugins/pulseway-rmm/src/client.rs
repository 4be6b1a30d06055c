//! This vendor's HTTP: the envelope, its errors, and walks by `$skip`, `$top` and `$orderby`.
//! Login is the host's. Leaves alone what the rows mean.

use crosswalk_sdk::json::{self, Int, Keys, List, Str};
use crosswalk_sdk::paging::Offset;
use crosswalk_sdk::{
    Change, Failure, Gap, Host, HttpError, Item, Nullable, Outcome, Page, Request, Response, Selection, Settlement,
    batch, names,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Rows of a page: the vendor's default and maximum.
pub(crate) const PAGE: u64 = 100;
/// Pages of a list read side by side. Of two lists they are twelve calls, which fill the rounds of a connection that
/// may make 2, 3, 4 or 6 at once; and some 4 MB of memory, replies included.
pub(crate) const PAGES: u64 = 6;
/// How many things are asked for singly, or written, at a time. A device takes two calls; with a round of pages that
/// has to fit in the 60 calls of a minute, or a read would be cut short at the same place for ever.
pub(crate) const SINGLES: usize = 25;

/// A read.
pub(crate) fn get(path: impl Into<String>) -> Request {
    Request::get("api", path)
}

/// One page of a list. Lists are always ordered, as pages would shift otherwise.
pub(crate) fn list(path: &str, order: &str, filter: Option<&str>, skip: u64, top: u64) -> Request {
    let request = get(path).query("$top", top.to_string()).query("$skip", skip.to_string()).query("$orderby", order);
    match filter {
        Some(filter) => request.query("$filter", filter),
        None => request,
    }
}

/// A text in a filter: in single quotes, those in it doubled.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// An id in a filter, where it is a number.
///
/// # Errors
/// Not-found: no number is no id of theirs.
pub(crate) fn number(id: &str) -> Result<i64, Failure> {
    id.parse().map_err(|_| Failure::NotFound(format!("`{id}` is no id of this server")))
}

/// What a reply carries.
pub(crate) struct Data<T> {
    /// The object or the rows; none where the vendor sends nothing back.
    pub(crate) data: Option<T>,
    /// Rows of the whole list.
    pub(crate) total: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound(deserialize = "T: Deserialize<'de>"))]
struct Envelope<T> {
    #[serde(default = "Nullable::default")]
    data: Nullable<T>,
    #[serde(default)]
    meta: Nullable<Meta>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    response_code: Option<u16>,
    total_count: Option<u64>,
    error_message: Option<String>,
}

/// Opens the envelope.
///
/// # Errors
/// What the status, or a status told inside a 200, stands for, in the vendor's words.
pub(crate) fn open<'a, T: Deserialize<'a>>(response: &'a Response) -> Result<Data<T>, Failure> {
    if !response.is_success() {
        let told = serde_json::from_str::<Envelope<serde::de::IgnoredAny>>(response.text());
        let message = told.ok().and_then(|told| told.meta.into_value()?.error_message);
        return Err(
            response.failure(message.unwrap_or_else(|| format!("the server answered with status {}", response.status)))
        );
    }
    if response.text().is_empty() {
        return Ok(Data { data: None, total: None });
    }
    read(response.text())
}

/// Opens an envelope that came with success.
///
/// # Errors
/// It is not one, or tells of another status inside.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<Data<T>, Failure> {
    let envelope: Envelope<T> = json::parse(text)?;
    let meta = envelope.meta.into_value();
    if let Some(Meta { response_code: Some(code @ 400..), error_message, .. }) = meta {
        let inside = Response { status: code, headers: Vec::new(), body: crosswalk_sdk::Body::Text(String::new()) };
        return Err(inside.failure(error_message.unwrap_or_else(|| format!("the server answered with code {code}"))));
    }
    Ok(Data { data: envelope.data.into_value(), total: meta.and_then(|meta| meta.total_count) })
}

/// Sends requests whose replies are all needed.
///
/// # Errors
/// The first one that got no reply.
pub(crate) fn send_all(host: &dyn Host, requests: Vec<Request>) -> Result<Vec<Response>, HttpError> {
    host.send_all(requests).into_iter().collect()
}

/// Sends the requests of some pages; while a reply is too large, with fewer rows a page.
///
/// # Errors
/// A reply that did not come, or single rows that are too large.
pub(crate) fn send_pages<P>(
    host: &dyn Host,
    mut place: P,
    shrink: impl Fn(&mut P) -> bool,
    requests: impl Fn(&P) -> Vec<Request>,
) -> Result<(P, Vec<Response>), Failure> {
    loop {
        match send_all(host, requests(&place)) {
            Ok(replies) => return Ok((place, replies)),
            Err(HttpError::TooLarge(_)) if shrink(&mut place) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Makes the pages of a walk smaller; no when they have one row already.
pub(crate) fn shrink(place: &mut Offset) -> bool {
    let smaller = (place.top / 4).max(1);
    std::mem::replace(&mut place.top, smaller) > 1
}

/// The rows of one page.
pub(crate) struct Rows<T> {
    /// Those that can be read.
    pub(crate) rows: Vec<T>,
    /// A gap for each that cannot.
    pub(crate) gaps: Vec<Gap>,
    /// Rows of the whole list.
    pub(crate) total: Option<u64>,
}

impl<T> Rows<T> {
    /// Opens the envelope of a list; `keys` are the members that name a row.
    ///
    /// # Errors
    /// As [`open`]; also when there are rows and nothing of any is known.
    pub(crate) fn open<'a>(reply: &'a Response, keys: Keys<'_>) -> Result<Self, Failure>
    where
        T: Deserialize<'a>,
    {
        let why = match open::<List<T>>(reply) {
            Ok(Data { data, total }) => {
                return Ok(Self { rows: data.map_or_else(Vec::new, |List(rows)| rows), gaps: Vec::new(), total });
            }
            Err(why) => why,
        };
        match open::<Vec<&RawValue>>(reply) {
            Ok(Data { data: Some(raw), total }) => {
                let (rows, gaps) = json::readable(&raw, why, keys)?;
                Ok(Self { rows, gaps, total })
            }
            _ => Err(why),
        }
    }

    /// How many rows were sent, and the total: what a walk goes on by.
    pub(crate) fn count(&self) -> (usize, Option<u64>) {
        (self.rows.len() + self.gaps.len(), self.total)
    }

    /// The same page of something else.
    pub(crate) fn map<U>(self, with: impl Fn(T) -> U) -> Rows<U> {
        Rows { rows: self.rows.into_iter().map(with).collect(), gaps: self.gaps, total: self.total }
    }
}

/// Some pages of a plain list.
///
/// # Errors
/// Why there are none.
pub(crate) fn walk(
    host: &dyn Host,
    path: &str,
    filter: Option<&str>,
    after: Option<&str>,
    items: fn(&Response) -> Result<Rows<Item>, Failure>,
) -> Result<Page, Failure> {
    let place = Offset::parse(after, PAGE)?;
    let (place, replies) = send_pages(host, place, shrink, |place| {
        place.skips(PAGES).map(|skip| list(path, "Id", filter, skip, place.top)).collect()
    })?;
    let pages = replies.iter().map(items).collect::<Result<Vec<_>, _>>()?;
    let walk = place.gather(&pages.iter().map(Rows::count).collect::<Vec<_>>());
    let (mut items, mut gaps) = (Vec::new(), Vec::new());
    for page in pages.into_iter().take(walk.pages) {
        items.extend(page.rows);
        gaps.extend(page.gaps);
    }
    Ok(Page { items, next: walk.next.map(|next| next.to_string()), total: walk.total, gaps, ..Page::default() })
}

/// The page with those items that answer the selection; what the filter found besides is left out.
pub(crate) fn answering(mut page: Page, selection: &Selection) -> Page {
    if let Selection::Named(named) = selection {
        let all = page.items.len();
        page.items.retain(|item| names::is(named, item, None));
        page.left_out += (all - page.items.len()) as u64;
    }
    page
}

/// The condition for a name: those with a part that every server keeps, in any case. None finds everything.
pub(crate) fn containing(name: &str) -> Option<String> {
    let part = names::part(name, None);
    (!part.is_empty()).then(|| format!("contains(tolower(Name),{})", quoted(&part.to_lowercase())))
}

/// Some conditions, all of which must hold; none where there is none.
pub(crate) fn all_of(conditions: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let all: Vec<String> = conditions.into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" and "))
}

/// Single objects, side by side; those that are not there are left out, and one that cannot be read is a gap.
///
/// # Errors
/// Why none could be read.
pub(crate) fn single(
    host: &dyn Host,
    path: &str,
    ids: &[String],
    item: fn(&Response) -> Result<Item, Failure>,
) -> Result<Page, Failure> {
    let requests = ids.iter().map(|id| get(format!("{path}/{}", crosswalk_sdk::http::segment(id)))).collect();
    let mut page = Page::default();
    for (id, reply) in ids.iter().zip(host.send_all(requests)) {
        match reply.map_err(Failure::from).and_then(|reply| item(&reply)) {
            Ok(item) => page.items.push(item),
            Err(Failure::NotFound(_)) => {}
            Err(failure) if failure.stops_all() => return Err(failure),
            Err(cause) => page.gaps.push(Gap::of_item(id, None, cause)),
        }
    }
    Ok(page)
}

/// Writes a batch. What is made without telling its id is looked up by `filter` and its name; names may repeat, so
/// the youngest of them is taken, which has the highest id. A right that one record alone is refused is that record's
/// matter, while a refused login is everybody's.
pub(crate) fn write_all(
    host: &dyn Host,
    changes: &[Change],
    prepared: Vec<Result<Request, Failure>>,
    path: &str,
    filter: impl Fn(&Change) -> Option<String>,
) -> Vec<Outcome> {
    let send = |requests| host.send_all(requests);
    let mut outcomes = batch::write_all(changes, prepared, send, |change, reply| match open::<Made<'_>>(reply) {
        Err(failure) => Settlement::Failed(batch::refused_alone(changes, reply.status == 401, failure)),
        Ok(Data { data, .. }) => {
            let made = data.and_then(|made| made.id.into_value()).map(|Int(id)| id.to_string());
            Settlement::Done(change.target.clone().or(made).unwrap_or_default())
        }
    });
    let is_nameless = |outcome: &Outcome| outcome.result == Settlement::Done(String::new());
    let nameless: Vec<usize> = (0..outcomes.len()).filter(|&at| is_nameless(&outcomes[at])).collect();
    let lookups = nameless.iter().map(|&at| list(path, "Id desc", filter(&changes[at]).as_deref(), 0, PAGE)).collect();
    for (at, reply) in nameless.into_iter().zip(host.send_all(lookups)) {
        let name = changes[at].name.as_deref().unwrap_or_default();
        let found = reply.ok().and_then(|reply| {
            let rows = open::<Vec<Made<'_>>>(&reply).ok()?.data?;
            let is_it = |row: &&Made<'_>| names::same(name, row.name.value().map_or("", Str::trimmed), None);
            rows.iter().find(is_it)?.id.clone().into_value()
        });
        outcomes[at].result = match found {
            Some(Int(id)) => Settlement::Done(id.to_string()),
            None => Settlement::Failed(Failure::Unavailable(
                "the server took it, but does not tell its id, nor is it found by its name".to_owned(),
            )),
        };
    }
    outcomes
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Made<'a> {
    #[serde(default)]
    id: Nullable<Int>,
    #[serde(borrow, default)]
    name: Nullable<Str<'a>>,
}

/// A failure for data that must be there.
pub(crate) fn no_data() -> Failure {
    Failure::Unavailable("the server's reply carries no data".to_owned())
}
