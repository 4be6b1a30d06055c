//! The vendor's tenants, which are the partner's customers: the list everything starts from.

use crate::client::{PAGE, Rows, good};
use crate::partner::Partner;
use crosswalk_sdk::json::{Keys, Str};
use crosswalk_sdk::{Failure, Gap, Host, Nullable, Request, Response, paging};
use serde::Deserialize;

/// A tenant, as far as it is used. One that is still being provisioned lacks its host and region.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tenant<'a> {
    #[serde(borrow)]
    pub(crate) id: Str<'a>,
    #[serde(borrow, default)]
    pub(crate) name: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) show_as: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) data_geography: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) data_region: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) billing_type: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) api_host: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) status: Nullable<Str<'a>>,
}

impl Tenant<'_> {
    /// What the partner calls it, else its own name.
    pub(crate) fn shown(&self) -> String {
        self.show_as.text().into_value().or_else(|| self.name.text().into_value()).unwrap_or_default()
    }

    /// A request in this tenant's name.
    pub(crate) fn named_in(&self, mut request: Request) -> Request {
        request.headers.push(("x-tenant-id".to_owned(), self.id.trimmed().to_owned()));
        request
    }

    /// Whether the monthly report is what it is billed by.
    pub(crate) fn is_billed_by_usage(&self) -> bool {
        self.billing_type.value().is_some_and(|told| told.trimmed().eq_ignore_ascii_case("usage"))
    }
}

/// What names a tenant in its row.
const KEYS: Keys<'_> = Keys { item: "id", parent: "" };

/// Asks for a page of the list; the first is 1.
///
/// # Errors
/// What the reply stands for, or why there is none.
pub(crate) fn page(host: &dyn Host, partner: &Partner, number: u64) -> Result<Response, Failure> {
    let request = partner
        .get("/partner/v1/tenants")
        .query("pageTotal", "true")
        .query("page", number.to_string())
        .query("pageSize", PAGE.to_string());
    good(host.send(request)?)
}

/// One page of the list.
pub(crate) struct Tenants<'a> {
    /// Those that can be read.
    pub(crate) rows: Vec<Tenant<'a>>,
    /// A gap for each that cannot.
    pub(crate) gaps: Vec<Gap>,
    /// How many there are in all.
    pub(crate) total: Option<u64>,
    /// The number of the next page.
    pub(crate) next: Option<u64>,
}

impl<'a> Tenants<'a> {
    /// Opens the page of this number.
    ///
    /// # Errors
    /// It is none, or there are rows and none can be read.
    pub(crate) fn open(reply: &'a Response, number: u64) -> Result<Self, Failure> {
        let Rows { rows, gaps, pages, total, .. } = Rows::<Tenant<'a>>::open(reply, KEYS)?;
        let count = rows.len() + gaps.len();
        let more = pages.map_or(count >= PAGE as usize, |pages| number < pages);
        // A page without rows ends the walk whatever it says: it could never end otherwise. The total tells what is missing.
        let next = (more && count > 0).then_some(number + 1);
        Ok(Self { rows, gaps, total, next })
    }

    /// How many rows were sent.
    pub(crate) fn sent(&self) -> u64 {
        (self.rows.len() + self.gaps.len()) as u64
    }

    /// How many there are in all, where a page before said `told` of a list of which `seen` rows came, this page's among
    /// them: a page without rows that says that there are fewer has forgotten the others.
    pub(crate) fn total_after(&self, told: Option<u64>, seen: u64) -> Option<u64> {
        if paging::has_forgotten(self.sent(), self.total, seen) { told.or(self.total) } else { self.total.or(told) }
    }
}
