//! Locations: each site once more, as the one location of the customer it is. The vendor knows no level between
//! a site and its devices, and no address.

use crate::settings::Settings;
use crate::sites::{self, Site};
use crosswalk_sdk::{Failure, Host, Item, Location, Page, Selection};

fn item(site: &Site<'_>) -> Item {
    let uid = site.uid.trimmed().to_owned();
    Location { parent: Some(uid.clone()), id: uid, name: site.name(), primary: true.into(), ..Location::default() }
        .into_item()
}

/// Reads locations.
pub(crate) fn read(
    host: &dyn Host,
    settings: &Settings,
    selection: Selection,
    after: Option<&str>,
) -> Result<Page, Failure> {
    sites::read(host, settings, selection, after, item)
}
