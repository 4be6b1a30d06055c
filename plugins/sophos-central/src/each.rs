//! Something that is asked of each tenant by itself: alerts, licences. Some tenants a call, side by side, each to the end of
//! its own pages; the place in the list of tenants, and in one tenant's pages, is the cursor.
//!
//! One tenant that cannot be read is a gap and stops nothing. Where calls run out, or the vendor says "too many", what was
//! read of the tenants before that place is kept, and the next call goes on there. The list of tenants is read again
//! at each call, which is one call in twenty-six: a cursor has no room for it, and hosts may move.
//! Leaves alone: what is asked, and what the replies mean.

use crate::client::{failure, words};
use crate::partner::Partner;
use crate::tenants::{self, Tenant, Tenants};
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::paging;
use crosswalk_sdk::{Failure, Gap, Host, Nullable, Request, Response};
use serde::{Deserialize, Serialize};

/// Tenants a call.
const TENANTS: usize = 25;
/// Pages a call. Of 100 alerts each they are the 5,000 items that the contract lets a page have.
const PAGES: usize = 50;

/// A place in the walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spot {
    /// How many tenants were listed on the pages before.
    #[serde(default)]
    listed: u64,
    /// How many the list has, as last told; 0 where it is not.
    #[serde(default)]
    told: u64,
    /// How many rows came of the tenant that was read in part.
    #[serde(default)]
    rows: u64,
    /// The page of the list of tenants, from 1.
    page: u64,
    /// The row there.
    from: usize,
    /// The tenant in it whose pages were read in part, and the key of its next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    within: Option<(String, String)>,
}

impl Default for Spot {
    fn default() -> Self {
        Self { listed: 0, told: 0, rows: 0, page: 1, from: 0, within: None }
    }
}

/// What came of some tenants.
pub(crate) struct Part {
    /// Where to go on; none at the end.
    pub(crate) next: Option<Spot>,
    /// The tenants that could not be read.
    pub(crate) gaps: Vec<Gap>,
}

/// A tenant, and how far it is.
struct Asked<'t, 'a> {
    tenant: &'t Tenant<'a>,
    /// How many rows came in calls before this one.
    before: u64,
    replies: Vec<Response>,
    state: State,
}

enum State {
    /// Still to be asked: from the start, or after this key.
    Open(Option<String>),
    Read,
    Failed(Failure),
}

/// Asks the tenants from a place on. `request` gives the request of a tenant's page (none: the tenant is left out),
/// `take` is handed each reply, tenant by tenant; one it cannot read is a gap.
///
/// # Errors
/// The tenants cannot be listed, the credentials are refused, too many calls before anything was read.
pub(crate) fn ask(
    host: &dyn Host,
    partner: &Partner,
    spot: &Spot,
    request: impl Fn(&Tenant<'_>, Option<&str>) -> Result<Option<Request>, Failure>,
    mut take: impl FnMut(&Tenant<'_>, &Response) -> Result<Vec<Gap>, Failure>,
) -> Result<Part, Failure> {
    let listed = tenants::page(host, partner, spot.page)?;
    let listed = Tenants::open(&listed, spot.page)?;
    let listed_so_far = spot.listed + listed.sent();
    let total = listed.total_after(Some(spot.told).filter(|told| *told > 0), listed_so_far);
    let mut gaps = if spot.from == 0 && spot.within.is_none() { listed.gaps } else { Vec::new() };
    // The list may have moved since: a key is only good for its own tenant.
    let within = spot.within.as_ref();
    let at = within.and_then(|(id, _)| listed.rows.iter().position(|tenant| tenant.id.trimmed() == id));
    let from = at.unwrap_or(spot.from);
    let mut asked: Vec<Asked<'_, '_>> = listed.rows.iter().skip(from).take(TENANTS).map(Asked::new).collect();
    if let (Some(_), Some((_, key)), Some(first)) = (at, within, asked.first_mut()) {
        first.state = State::Open(Some(key.clone()));
        first.before = spot.rows;
    }
    let throttled = rounds(host, &mut asked, request)?;

    for (place, one) in asked.iter().enumerate() {
        if let (State::Open(_), Some(failure), 0, true) = (&one.state, &throttled, place, one.replies.is_empty()) {
            return Err(failure.clone());
        }
        let id = one.tenant.id.trimmed().to_owned();
        for reply in &one.replies {
            match take(one.tenant, reply) {
                Ok(own) => gaps.extend(own.into_iter().map(|gap| Gap { parent: Some(id.clone()), ..gap })),
                Err(cause) => gaps.push(Gap { parent: Some(id.clone()), item: None, cause }),
            }
        }
        let (rows, told) = one.counted();
        match &one.state {
            State::Read => {
                if let (Some(_), Some(told)) = (paging::missing(rows, told), told) {
                    gaps.push(Gap {
                        parent: Some(id),
                        item: None,
                        cause: paging::ended_early("this customer", rows, told),
                    });
                }
            }
            State::Failed(cause) => gaps.push(Gap { parent: Some(id), item: None, cause: cause.clone() }),
            State::Open(key) => {
                let within = key.clone().map(|key| (id, key));
                let rows = if within.is_some() { rows } else { 0 };
                let next = Spot { from: from + place, within, rows, ..spot.clone() };
                return Ok(Part { next: Some(next), gaps });
            }
        }
    }
    let end = from + asked.len();
    let next = if end < listed.rows.len() {
        Some(Spot { from: end, within: None, rows: 0, ..spot.clone() })
    } else {
        let told = total.unwrap_or(0);
        listed.next.map(|page| Spot { page, listed: listed_so_far, told, ..Spot::default() })
    };
    if let (None, Some(_), Some(total)) = (&next, paging::missing(listed_so_far, total), total) {
        let cause = paging::ended_early("customers", listed_so_far, total);
        gaps.push(Gap { parent: None, item: None, cause });
    }
    Ok(Part { next, gaps })
}

/// Asks until every tenant is at its end, the calls are used up, or there are too many: then gives that failure.
fn rounds(
    host: &dyn Host,
    asked: &mut [Asked<'_, '_>],
    request: impl Fn(&Tenant<'_>, Option<&str>) -> Result<Option<Request>, Failure>,
) -> Result<Option<Failure>, Failure> {
    let mut left = PAGES;
    loop {
        let (mut places, mut requests) = (Vec::new(), Vec::new());
        for (place, one) in asked.iter_mut().enumerate() {
            let State::Open(key) = &one.state else { continue };
            match request(one.tenant, key.as_deref()) {
                Ok(None) => one.state = State::Read,
                Err(failure) => one.state = State::Failed(failure),
                Ok(Some(_)) if requests.len() == left => break,
                Ok(Some(request)) => {
                    places.push(place);
                    requests.push(request);
                }
            }
        }
        if requests.is_empty() {
            return Ok(None);
        }
        left -= requests.len();
        let mut throttled = None;
        for (place, reply) in places.into_iter().zip(host.send_all(requests)) {
            let one = &mut asked[place];
            match reply.map_err(|error| Refused::from(Failure::from(error))).and_then(judged) {
                Ok(reply) => {
                    one.state = next_key(&reply).map_or(State::Read, |key| State::Open(Some(key)));
                    one.replies.push(reply);
                }
                Err(Refused::Throttled(failure)) => throttled = Some(failure),
                Err(Refused::Everything(failure)) => return Err(failure),
                Err(Refused::Tenant(failure)) => one.state = State::Failed(failure),
            }
        }
        if throttled.is_some() {
            return Ok(throttled);
        }
    }
}

/// Why a tenant has no reply, and whom it concerns.
pub(crate) enum Refused {
    Throttled(Failure),
    Everything(Failure),
    Tenant(Failure),
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Throttled(failure) | Refused::Everything(failure) | Refused::Tenant(failure) => failure,
        }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Throttled(_) => Self::Throttled(failure),
            _ => Self::Tenant(failure),
        }
    }
}

pub(crate) fn judged(reply: Response) -> Result<Response, Refused> {
    match reply.status {
        200..300 => Ok(reply),
        401 => Err(Refused::Everything(failure(&reply))),
        403 => Err(Refused::Tenant(Failure::Denied(format!(
            "Sophos Central keeps this customer's data from the partner{}. Either it belongs to another partner, or it is \
             billed by term and has not switched Partner Assistance on, or it is a trial account",
            words(&reply)
        )))),
        _ => Err(failure(&reply).into()),
    }
}

impl<'t, 'a> Asked<'t, 'a> {
    fn new(tenant: &'t Tenant<'a>) -> Self {
        Self { tenant, before: 0, replies: Vec::new(), state: State::Open(None) }
    }
}

impl Asked<'_, '_> {
    /// How many rows came, and how many there are: the most that a page said.
    fn counted(&self) -> (u64, Option<u64>) {
        let each: Vec<(u64, Option<u64>)> = self.replies.iter().map(counted).collect();
        (
            self.before + each.iter().map(|(rows, _)| rows).sum::<u64>(),
            each.iter().filter_map(|(_, total)| *total).max(),
        )
    }
}

/// How many rows a reply has, and how many its list says that it has; a reply that is no list has none.
pub(crate) fn counted(reply: &Response) -> (u64, Option<u64>) {
    #[derive(Deserialize)]
    struct Listed {
        items: Vec<serde::de::IgnoredAny>,
        #[serde(default)]
        pages: Nullable<Pages>,
    }
    #[derive(Deserialize)]
    struct Pages {
        #[serde(default)]
        items: Nullable<Int>,
    }
    let Ok(listed) = json::parse::<Listed>(reply.text()) else { return (0, None) };
    let total = listed.pages.into_value().and_then(|pages| u64::try_from(pages.items.into_value()?.0).ok());
    (listed.items.len() as u64, total)
}

/// Where the pages of a reply go on; a reply that has none, or is none, is the last one.
pub(crate) fn next_key(reply: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Listed<'a> {
        #[serde(borrow, default)]
        pages: Nullable<Pages<'a>>,
    }
    #[derive(Deserialize)]
    struct Pages<'a> {
        #[serde(borrow, default, rename = "nextKey")]
        next_key: Nullable<Str<'a>>,
    }
    let listed: Listed<'_> = json::parse(reply.text()).ok()?;
    listed.pages.into_value()?.next_key.into_value()?.filled()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, reply};
    use std::collections::BTreeMap;

    fn request(tenant: &Tenant<'_>, key: Option<&str>) -> Result<Option<Request>, Failure> {
        let request = Request::get("regional", format!("/{}", tenant.id.trimmed()));
        Ok(Some(request.query("key", key.unwrap_or("1"))))
    }

    /// Tenants with so many pages each. A page is its own number.
    fn vendor(pages: &[(&str, u32)]) -> Script<'static> {
        let pages: BTreeMap<String, u32> = pages.iter().map(|(id, pages)| ((*id).to_owned(), *pages)).collect();
        Script::new("{}", move |request| {
            if request.path == "/partner/v1/tenants" {
                let rows: Vec<String> = pages.keys().map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
                return Ok(reply(200, &format!(r#"{{"items":[{}],"pages":{{"total":1}}}}"#, rows.join(","))));
            }
            let (last, key) = (pages[&request.path[1..]], request.query[0].1.parse::<u32>().unwrap_or(0));
            let next = if key < last { format!(r#","nextKey":"{}""#, key + 1) } else { String::new() };
            Ok(reply(200, &format!(r#"{{"items":[],"pages":{{"fromKey":"{key}"{next}}}}}"#)))
        })
    }

    /// Everything that was taken, in order, and the calls of each part.
    fn walk(host: &Script<'_>) -> (Vec<String>, Vec<usize>) {
        let partner = Partner { id: "p".to_owned() };
        let (mut taken, mut calls, mut spot) = (Vec::new(), Vec::new(), Some(Spot::default()));
        while let Some(here) = spot {
            host.forget();
            let part = ask(host, &partner, &here, request, |tenant, reply| {
                let key = reply.text().split('"').nth(7).unwrap_or_default();
                taken.push(format!("{}{key}", tenant.id.trimmed()));
                Ok(Vec::new())
            });
            calls.push(host.requests.borrow().len());
            spot = part.unwrap().next;
        }
        (taken, calls)
    }

    #[test]
    fn every_page_of_every_tenant_is_taken_once_within_the_calls() {
        let ids: Vec<String> = (0..60).map(|number| format!("t{number:02}-")).collect();
        let pages: Vec<(&str, u32)> =
            ids.iter().zip((0..).map(|n| n % 7 + 1)).map(|(id, n)| (id.as_str(), n)).collect();
        let (taken, calls) = walk(&vendor(&pages));
        let every = |(id, pages): &(&str, u32)| (1..=*pages).map(|page| format!("{id}{page}")).collect::<Vec<_>>();
        assert_eq!(taken, pages.iter().flat_map(every).collect::<Vec<_>>());
        assert!(calls.iter().all(|calls| *calls <= PAGES + 1), "{calls:?}");
        let (taken, calls) = walk(&vendor(&[("one", 120)]));
        assert_eq!((taken.len(), calls), (120, vec![51, 51, 21]), "one tenant with more than a part holds");
    }

    #[test]
    fn customers_and_alerts_that_a_list_says_it_has_are_missed() {
        let host = Script::new("{}", |request| {
            let is = |name: &str, value: &str| request.query.iter().any(|(n, v)| n == name && v == value);
            let body = match request.path.as_str() {
                "/partner/v1/tenants" if is("page", "1") => {
                    r#"{"items":[{"id":"a"},{"id":"b"}],"pages":{"total":3,"items":230}}"#
                }
                "/partner/v1/tenants" => r#"{"items":[],"pages":{"total":3,"items":230}}"#,
                "/a" if is("key", "1") => r#"{"items":[{},{}],"pages":{"items":5,"nextKey":"2"}}"#,
                "/a" => r#"{"items":[],"pages":{"items":5}}"#,
                _ => r#"{"items":[{}],"pages":{"items":1}}"#,
            };
            Ok(reply(200, body))
        });
        let partner = Partner { id: "p".to_owned() };
        let (mut spot, mut gaps) = (Some(Spot::default()), Vec::new());
        while let Some(here) = spot {
            let part = ask(&host, &partner, &here, request, |_, _| Ok(Vec::new())).unwrap();
            gaps.extend(part.gaps);
            spot = part.next;
        }
        let told: Vec<_> = gaps.iter().map(|gap| (gap.parent.as_deref(), gap.cause.message())).collect();
        assert_eq!(
            told,
            [
                (Some("a"), "the list of this customer says that it has 5 rows and ended after 2"),
                (None, "the list of customers says that it has 230 rows and ended after 2"),
            ]
        );
    }

    #[test]
    fn a_key_is_only_good_for_its_own_tenant() {
        let host = vendor(&[("a", 3), ("b", 3)]);
        let partner = Partner { id: "p".to_owned() };
        let spot = |id: &str| Spot { within: Some((id.to_owned(), "3".to_owned())), ..Spot::default() };
        for (id, expected) in [("b", "/b 3"), ("gone", "/a 1")] {
            host.forget();
            ask(&host, &partner, &spot(id), request, |_, _| Ok(Vec::new())).unwrap();
            let first = host.requests.borrow()[1].clone();
            assert_eq!(format!("{} {}", first.path, first.query[0].1), expected);
        }
    }
}
