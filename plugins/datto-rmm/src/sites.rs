//! The vendor's sites, which are customers and locations at once: what both read, and one door to all of them.

use crate::client::{self, PAGE, Rows, page};
use crate::settings::Settings;
use crosswalk_sdk::json::{self, Keys, Str};
use crosswalk_sdk::{Choice, Failure, Host, Item, Nullable, Page, Response, Selection, names};
use serde::Deserialize;

/// A site, as far as it is used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Site<'a> {
    #[serde(borrow)]
    pub(crate) uid: Str<'a>,
    #[serde(borrow, default)]
    pub(crate) name: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) description: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) notes: Nullable<Str<'a>>,
    #[serde(default)]
    pub(crate) on_demand: Nullable<bool>,
    #[serde(default)]
    pub(crate) splashtop_auto_install: Nullable<bool>,
    /// The company's id and name in Autotask, where the vendor's own link to it is on.
    #[serde(borrow, default)]
    pub(crate) autotask_company_id: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) autotask_company_name: Nullable<Str<'a>>,
}

impl Site<'_> {
    pub(crate) fn name(&self) -> String {
        self.name.text().into_value().unwrap_or_default()
    }
}

/// What names a site in its row.
const KEYS: Keys<'_> = Keys { item: "uid", parent: "" };

/// The part of a name to filter by: one that is kept however the vendor writes the rest. None finds everything.
pub(crate) fn part_of(name: &str) -> Option<String> {
    Some(names::part(name, None)).filter(|part| !part.is_empty()).map(str::to_owned)
}

/// One site.
///
/// # Errors
/// What the reply stands for, or that it is no site.
pub(crate) fn one(reply: &Response) -> Result<Site<'_>, Failure> {
    if !reply.is_success() {
        return Err(client::failure(reply));
    }
    json::parse(reply.text())
}

/// Reads sites as whatever `item` makes of them.
///
/// # Errors
/// Why there are none.
pub(crate) fn read(
    host: &dyn Host,
    settings: &Settings,
    selection: Selection,
    after: Option<&str>,
    item: fn(&Site<'_>) -> Item,
) -> Result<Page, Failure> {
    let ids = |ids: &[String]| -> Result<Page, Failure> {
        let (replies, mut gaps) = client::singles(host, "site", ids)?;
        let sites = client::read_each(&replies, &mut gaps, one);
        let kept = sites.iter().filter(|site| !settings.skips(&site.name));
        Ok(Page { gaps, ..client::whole(kept.map(item).collect()) })
    };
    let (part, exact) = match selection {
        Selection::Everything => (None, None),
        Selection::Ids(uids) => return ids(&uids),
        // A customer's only location is the customer itself.
        Selection::OfParent(uid) => return ids(&[uid]),
        Selection::Search(text) => (Some(text), None),
        Selection::Named(named) => (part_of(&named.name), Some(named)),
        _ => return Err(Failure::Unsupported("sites cannot be asked for in this way".to_owned())),
    };
    let query: Vec<(&str, &str)> = part.iter().map(|part| ("siteName", part.as_str())).collect();
    let reply = page(host, "account/sites", &query, PAGE, after)?;
    let found = Rows::<Site<'_>>::open(&reply, KEYS, after)?;
    // The vendor's filter finds parts of names.
    let fits = |site: &Site<'_>| {
        exact.as_ref().is_none_or(|named| {
            names::same(&named.name, &site.name(), None)
                && named.parent.as_deref().is_none_or(|uid| uid == site.uid.trimmed())
        })
    };
    let items = found.rows.iter().filter(|site| !settings.skips(&site.name) && fits(site)).map(item).collect();
    Ok(found.page(items))
}

/// The sites' names: for the setting that leaves some out.
///
/// # Errors
/// Why they cannot be read.
pub(crate) fn choices(host: &dyn Host) -> Result<Vec<Choice>, Failure> {
    let (mut choices, mut after): (Vec<Choice>, Option<String>) = (Vec::new(), None);
    loop {
        let reply = page(host, "account/sites", &[], PAGE, after.as_deref())?;
        let found = Rows::<Site<'_>>::open(&reply, KEYS, after.as_deref())?;
        choices.extend(found.rows.iter().map(|site| Choice { value: site.name(), label: site.name() }));
        match found.page(Vec::new()).next {
            Some(next) => after = Some(next),
            None => return Ok(choices),
        }
    }
}
