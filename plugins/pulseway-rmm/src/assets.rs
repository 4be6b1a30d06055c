//! Assets: the vendor's devices, joined with what its inventory ("assets") knows of them.
//!
//! `/devices` is the list of what exists and says to which organisation and site each belongs;
//! `/assets` has the attributes but no organisation. Everything is read by walking both (`walk`); of a few devices
//! the inventory is asked for one by one. A device without an agent has none.

use crate::client::{self, Data, Rows, SINGLES, get, list, no_data, open};
use crate::inventory::Inventory;
use crate::settings::Settings;
use crate::walk::{join, walk};
use crosswalk_sdk::http::segment;
use crosswalk_sdk::json::{Int, Keys, Str};
use crosswalk_sdk::paging::Offset;
use crosswalk_sdk::{
    Failure, Field, Gap, Host, Item, Nullable, Page, Reference, Request, Response, Selection, Value, names,
};
use serde::Deserialize;

/// The parts of a row to ask for: others found that newer servers leave some out otherwise. The vendor's text does not name
/// the parameter; a server that does not know it, or a name in it, is taken to ignore it.
pub(crate) const SECTIONS: &str = "Disks,AssetInfo,IpAddresses,LocalIpAddresses";

/// What names a device and its organisation in a row.
pub(crate) const DEVICE: Keys<'_> = Keys { item: "Identifier", parent: "OrganizationId" };

/// A row of `/devices`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Device<'a> {
    #[serde(borrow)]
    pub(crate) identifier: Str<'a>,
    #[serde(borrow, default)]
    name: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    group_name: Nullable<Str<'a>>,
    #[serde(default)]
    is_agent_installed: Nullable<bool>,
    #[serde(default)]
    site_id: Nullable<Int>,
    #[serde(default)]
    organization_id: Nullable<Int>,
}

impl Device<'_> {
    pub(crate) fn item(&self, inventory: Option<&Inventory<'_>>, settings: &Settings) -> Item {
        let mut asset = inventory.map(|inventory| inventory.asset(settings)).unwrap_or_default();
        asset.id = self.identifier.trimmed().to_owned();
        asset.parent = self.parent();
        if let Nullable::Value(name) = self.name.text() {
            asset.name = name;
        }
        if let Nullable::Value(Int(id)) = self.site_id {
            asset.location = Reference(id.to_string()).into();
        }
        if let Nullable::Value(group) = self.group_name.text() {
            asset.extra.push(Field { name: "GroupName".to_owned(), value: Value::Text(group) });
        }
        asset.into_item()
    }

    fn parent(&self) -> Option<String> {
        self.organization_id.value().map(|Int(id)| id.to_string())
    }

    /// Whether the inventory can know it: where nothing is told, it can.
    pub(crate) fn has_agent(&self) -> bool {
        self.is_agent_installed != Nullable::Value(false)
    }
}

/// Reads assets.
pub(crate) fn read(
    host: &dyn Host,
    settings: &Settings,
    selection: Selection,
    after: Option<&str>,
) -> Result<Page, Failure> {
    let filter = match &selection {
        Selection::Everything => return walk(host, settings, after),
        Selection::Ids(ids) => return by_id(host, settings, ids),
        Selection::OfParent(parent) => Some(format!("OrganizationId eq {}", client::number(parent)?)),
        Selection::Search(text) => Some(format!("contains(tolower(Name),{})", client::quoted(&text.to_lowercase()))),
        Selection::Named(named) => {
            let within = named
                .parent
                .as_ref()
                .map(|parent| Ok::<_, Failure>(format!("OrganizationId eq {}", client::number(parent)?)));
            client::all_of([client::containing(&named.name), within.transpose()?])
        }
        _ => return Err(Failure::Unsupported("devices cannot be asked for in this way".to_owned())),
    };
    filtered(host, settings, &selection, filter.as_deref(), after)
}

/// Some of them: the devices by a filter, the inventory of each singly.
fn filtered(
    host: &dyn Host,
    settings: &Settings,
    selection: &Selection,
    filter: Option<&str>,
    after: Option<&str>,
) -> Result<Page, Failure> {
    let place = Offset::parse(after, SINGLES as u64)?;
    let reply = host.send(list("/devices", "Identifier", filter, place.skip, place.top))?;
    let mut page = Rows::<Device<'_>>::open(&reply, DEVICE)?;
    let walk = place.gather(&[page.count()]);
    let all = page.rows.len();
    page.rows.retain(|device| names::answers(selection, device.name.text().value().map_or("", String::as_str), None));
    let left_out = (all - page.rows.len()) as u64;
    let (items, mut gaps) = with_singles(host, settings, &page.rows)?;
    gaps.extend(page.gaps);
    let next = walk.next.map(|next| next.to_string());
    Ok(Page { items, next, total: walk.total, left_out, gaps, ..Page::default() })
}

/// Those with these ids that are there.
fn by_id(host: &dyn Host, settings: &Settings, ids: &[String]) -> Result<Page, Failure> {
    let requests = ids.iter().map(|id| get(format!("/devices/{}", segment(id)))).collect();
    let replies = host.send_all(requests);
    let (mut devices, mut gaps) = (Vec::with_capacity(ids.len()), Vec::new());
    for (id, reply) in ids.iter().zip(&replies) {
        let reply = reply.as_ref().map_err(|error| Failure::from(error.clone()));
        match reply.and_then(|reply| open::<Device<'_>>(reply)?.data.ok_or_else(no_data)) {
            Ok(device) => devices.push(device),
            Err(Failure::NotFound(_)) => {}
            Err(failure) if failure.stops_all() => return Err(failure),
            Err(cause) => gaps.push(Gap::of_item(id, None, cause)),
        }
    }
    let (items, of_inventories) = with_singles(host, settings, &devices)?;
    gaps.extend(of_inventories);
    Ok(Page { items, gaps, ..Page::default() })
}

fn with_singles(
    host: &dyn Host,
    settings: &Settings,
    devices: &[Device<'_>],
) -> Result<(Vec<Item>, Vec<Gap>), Failure> {
    let (agents, others): (Vec<_>, Vec<_>) = devices.iter().partition(|device| device.has_agent());
    let replies = singles(host, agents.iter().map(|device| device.identifier.trimmed()));
    let unlisted = unlisted_of(host, &agents, &replies);
    let (mut items, mut gaps) = (Vec::with_capacity(devices.len()), Vec::new());
    let is_believed = |device: &Device<'_>| unlisted.iter().any(|id| id == device.identifier.trimmed());
    let found = inventories(&agents, &replies, is_believed, &mut gaps)?;
    items.extend(agents.iter().zip(&found).map(|(device, found)| device.item(found.as_ref(), settings)));
    items.extend(others.iter().map(|device| device.item(None, settings)));
    Ok((items, gaps))
}

/// The reply to one read, or why there is none.
type Single = Result<Response, Failure>;

/// Asks for the inventory of each device by itself.
pub(crate) fn singles<'a>(host: &dyn Host, ids: impl Iterator<Item = &'a str>) -> Vec<Single> {
    let request = |id| get(format!("/assets/{}", segment(id))).query("include", SECTIONS);
    let requests: Vec<Request> = ids.map(request).collect();
    if requests.is_empty() {
        return Vec::new();
    }
    host.send_all(requests).into_iter().map(|reply| reply.map_err(Failure::from)).collect()
}

/// Whether a reply says that the inventory does not know the device.
fn is_missing(reply: &Single) -> bool {
    match reply.as_ref().map(open::<serde::de::IgnoredAny>) {
        Ok(Ok(opened)) => opened.data.is_none(),
        Ok(Err(failure)) => matches!(failure, Failure::NotFound(_)),
        Err(_) => false,
    }
}

/// Of those devices whose inventory was asked for and is not there, the ones that the inventory's list does not have either:
/// then it is believed that there is none of them.
pub(crate) fn unlisted_of(host: &dyn Host, devices: &[&Device<'_>], replies: &[Single]) -> Vec<String> {
    let missing = devices.iter().zip(replies).filter(|(_, reply)| is_missing(reply));
    unlisted(host, missing.map(|(device, _)| device.identifier.trimmed()).collect())
}

fn unlisted(host: &dyn Host, ids: Vec<&str>) -> Vec<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Listed<'a> {
        #[serde(borrow)]
        identifier: Str<'a>,
    }
    if ids.is_empty() {
        return Vec::new();
    }
    let each: Vec<String> = ids.iter().map(|id| format!("Identifier eq {}", client::quoted(id))).collect();
    let asked = host.send(list("/assets", "Identifier", Some(&each.join(" or ")), 0, client::PAGE));
    let Ok(reply) = asked else { return Vec::new() };
    let Ok(listed) = Rows::<Listed<'_>>::open(&reply, Keys::default()) else { return Vec::new() };
    let (rows, total) = listed.count();
    if total != Some(rows as u64) {
        return Vec::new();
    }
    let is_listed = |id: &&str| listed.rows.iter().any(|row| row.identifier.trimmed() == *id);
    ids.into_iter().filter(|id| !is_listed(id)).map(str::to_owned).collect()
}

/// What the inventory knows of each device, by its reply; none where it knows nothing and that is believed. A device
/// whose inventory cannot be read, or ought to be there and is not, is a gap: it is there all the same.
///
/// # Errors
/// Calls are refused or run out, or of several devices none could be read.
pub(crate) fn inventories<'a>(
    devices: &[&Device<'_>],
    replies: &'a [Single],
    is_believed: impl Fn(&Device<'_>) -> bool,
    gaps: &mut Vec<Gap>,
) -> Result<Vec<Option<Inventory<'a>>>, Failure> {
    let (mut found, mut failed) = (Vec::with_capacity(devices.len()), 0);
    for (device, reply) in devices.iter().zip(replies) {
        let opened = reply.as_ref().map_err(Clone::clone).and_then(open::<Inventory<'_>>);
        let cause = match opened.map(|opened| opened.data) {
            Ok(Some(inventory)) => {
                found.push(Some(inventory));
                continue;
            }
            Ok(None) | Err(Failure::NotFound(_)) if is_believed(device) => {
                found.push(None);
                continue;
            }
            Ok(None) | Err(Failure::NotFound(_)) => Failure::NotFound(
                "the server has an agent on this device and does not tell its inventory: its serial number is not known"
                    .to_owned(),
            ),
            Err(failure) if failure.stops_all() => return Err(failure),
            Err(failure) => failure,
        };
        failed += usize::from(reply.as_ref().map_or(true, |reply| !reply.is_success() && reply.status != 404));
        if failed > 1 && failed == replies.len() {
            return Err(cause);
        }
        gaps.push(Gap::of_item(device.identifier.trimmed(), device.parent(), cause));
        found.push(None);
    }
    Ok(found)
}

/// One page of `/devices` and the same page of `/assets`, as the vendor sends them, as a page of items:
/// what a walk does between its replies and its answer, for tests and benchmarks.
///
/// # Errors
/// A reply cannot be read.
pub fn map_assets_page(devices: &str, assets: &str, settings: &Settings) -> Result<Page, Failure> {
    let Data { data, total } = client::read::<Vec<Device<'_>>>(devices)?;
    let devices = data.unwrap_or_default();
    let devices: Vec<&Device<'_>> = devices.iter().collect();
    let inventories = client::read::<Vec<Inventory<'_>>>(assets)?.data.unwrap_or_default();
    let inventories: Vec<&Inventory<'_>> = inventories.iter().collect();
    let joined = join(&devices, &inventories);
    let items = devices.iter().zip(joined).map(|(device, at)| device.item(at.map(|at| inventories[at]), settings));
    Ok(Page { items: items.collect(), total, ..Page::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_text_is_a_page_of_items() {
        let devices = r#"{"Data":[{"Identifier":"A","Name":"PC","OrganizationId":7,"SiteId":9,"GroupName":"Desks"}],"Meta":{"TotalCount":1}}"#;
        let assets = r#"{"Data":[{"Identifier":"A","Name":"PC","MemoryTotal":5}],"Meta":{"TotalCount":1}}"#;
        let page = map_assets_page(devices, assets, &Settings::default()).unwrap();
        let item = &page.items[0];
        assert_eq!((item.id.as_str(), item.parent.as_deref(), page.total), ("A", Some("7"), Some(1)));
        let names: Vec<&str> = item.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["location", "memory", "GroupName"]);
    }
}
