//! Something that is asked of each tenant by itself: alerts, licences. Some tenants a call, side by side, each to the end of
//! its own pages; the place in the list of tenants, and in one tenant's pages, is the cursor.
//!
//! One tenant that cannot be read is a gap and stops nothing. Where calls run out, or the vendor says "too many", what was
//! read of the tenants before that place is kept, and the next call goes on there. The list of tenants is read again
//! at each call, which is one call in fifty: a cursor has no room for it, and hosts may move.
//! Leaves alone: what is asked, and what the replies mean.

use crate::client::{failure, words};
use crate::partner::Partner;
use crate::tenants::{self, Tenant, Tenants};
use crosswalk_sdk::json::{self, Str};
use crosswalk_sdk::{Failure, Gap, Host, Request, Response, Told};
use serde::{Deserialize, Serialize};

/// Tenants a call.
const TENANTS: usize = 50;
/// Calls to the vendor a call, the list of tenants aside.
const CALLS: usize = 99;

/// A place in the walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spot {
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
        Self { page: 1, from: 0, within: None }
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
    request: impl Fn(&Tenant<'_>, Option<&str>) -> Option<Request>,
    mut take: impl FnMut(&Tenant<'_>, &Response) -> Result<Vec<Gap>, Failure>,
) -> Result<Part, Failure> {
    let listed = tenants::page(host, partner, spot.page)?;
    let listed = Tenants::open(&listed, spot.page)?;
    let mut gaps = if spot.from == 0 && spot.within.is_none() { listed.gaps } else { Vec::new() };
    // The list may have moved since: a key is only good for its own tenant.
    let within = spot.within.as_ref();
    let at = within.and_then(|(id, _)| listed.rows.iter().position(|tenant| tenant.id.trimmed() == id));
    let from = at.unwrap_or(spot.from);
    let mut asked: Vec<Asked<'_, '_>> = listed.rows.iter().skip(from).take(TENANTS).map(Asked::new).collect();
    if let (Some(_), Some((_, key)), Some(first)) = (at, within, asked.first_mut()) {
        first.state = State::Open(Some(key.clone()));
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
                Err(cause) => gaps.push(Gap { parent: Some(id.clone()), cause }),
            }
        }
        match &one.state {
            State::Read => {}
            State::Failed(cause) => gaps.push(Gap { parent: Some(id), cause: cause.clone() }),
            State::Open(key) => {
                let within = key.clone().map(|key| (id, key));
                return Ok(Part { next: Some(Spot { page: spot.page, from: from + place, within }), gaps });
            }
        }
    }
    let end = from + asked.len();
    let next = if end < listed.rows.len() {
        Some(Spot { page: spot.page, from: end, within: None })
    } else {
        listed.next.map(|page| Spot { page, ..Spot::default() })
    };
    Ok(Part { next, gaps })
}

/// Asks until every tenant is at its end, the calls are used up, or there are too many: then gives that failure.
fn rounds(
    host: &dyn Host,
    asked: &mut [Asked<'_, '_>],
    request: impl Fn(&Tenant<'_>, Option<&str>) -> Option<Request>,
) -> Result<Option<Failure>, Failure> {
    let mut left = CALLS;
    loop {
        let (mut places, mut requests) = (Vec::new(), Vec::new());
        for (place, one) in asked.iter_mut().enumerate() {
            let State::Open(key) = &one.state else { continue };
            match request(one.tenant, key.as_deref()) {
                None => one.state = State::Read,
                Some(_) if requests.len() == left => break,
                Some(request) => {
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
        Self { tenant, replies: Vec::new(), state: State::Open(None) }
    }
}

/// Where the pages of a reply go on; a reply that has none, or is none, is the last one.
pub(crate) fn next_key(reply: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Listed<'a> {
        #[serde(borrow, default)]
        pages: Told<Pages<'a>>,
    }
    #[derive(Deserialize)]
    struct Pages<'a> {
        #[serde(borrow, default, rename = "nextKey")]
        next_key: Told<Str<'a>>,
    }
    let listed: Listed<'_> = json::parse(reply.text()).ok()?;
    listed.pages.into_value()?.next_key.into_value()?.filled()
}
