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
use crosswalk_sdk::json::{Int, Str};
use crosswalk_sdk::paging::Offset;
use crosswalk_sdk::{Failure, Field, Gap, Host, Item, Page, Reference, Request, Response, Selection, Told, Value};
use serde::Deserialize;

/// The parts of a row to ask for: others found that newer servers leave some out otherwise. The vendor's text does not name
/// the parameter; a server that does not know it, or a name in it, is taken to ignore it.
pub(crate) const SECTIONS: &str = "Disks,AssetInfo,IpAddresses,LocalIpAddresses";

/// A row of `/devices`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Device<'a> {
    #[serde(borrow)]
    pub(crate) identifier: Str<'a>,
    #[serde(borrow, default)]
    name: Told<Str<'a>>,
    #[serde(borrow, default)]
    group_name: Told<Str<'a>>,
    #[serde(default)]
    is_agent_installed: Told<bool>,
    #[serde(default)]
    site_id: Told<Int>,
    #[serde(default)]
    organization_id: Told<Int>,
}

impl Device<'_> {
    pub(crate) fn item(&self, inventory: Option<&Inventory<'_>>, settings: &Settings) -> Item {
        let mut asset = inventory.map(|inventory| inventory.asset(settings)).unwrap_or_default();
        asset.id = self.identifier.trimmed().to_owned();
        asset.parent = self.parent();
        if let Told::Value(name) = self.name.text() {
            asset.name = name;
        }
        if let Told::Value(Int(id)) = self.site_id {
            asset.location = Reference(id.to_string()).into();
        }
        if let Told::Value(group) = self.group_name.text() {
            asset.extra.push(Field { name: "GroupName".to_owned(), value: Value::Text(group) });
        }
        asset.into_item()
    }

    fn parent(&self) -> Option<String> {
        self.organization_id.value().map(|Int(id)| id.to_string())
    }

    /// Whether the inventory can know it: where nothing is told, it can.
    pub(crate) fn has_agent(&self) -> bool {
        self.is_agent_installed != Told::Value(false)
    }
}

/// Reads assets.
pub(crate) fn read(
    host: &dyn Host,
    settings: &Settings,
    selection: Selection,
    after: Option<&str>,
) -> Result<Page, Failure> {
    let filter = match selection {
        Selection::Everything => return walk(host, settings, after),
        Selection::Ids(ids) => return by_id(host, settings, &ids),
        Selection::OfParent(parent) => format!("OrganizationId eq {}", client::number(&parent)?),
        Selection::Search(text) => format!("contains(tolower(Name),{})", client::quoted(&text.to_lowercase())),
        Selection::Named(named) => {
            let name = client::quoted(&named.name);
            match named.parent {
                Some(parent) => format!("Name eq {name} and OrganizationId eq {}", client::number(&parent)?),
                None => format!("Name eq {name}"),
            }
        }
        _ => return Err(Failure::Unsupported("devices cannot be asked for in this way".to_owned())),
    };
    filtered(host, settings, &filter, after)
}

/// Some of them: the devices by a filter, the inventory of each singly.
fn filtered(host: &dyn Host, settings: &Settings, filter: &str, after: Option<&str>) -> Result<Page, Failure> {
    let place = Offset::parse(after, SINGLES as u64)?;
    let reply = host.send(list("/devices", "Identifier", Some(filter), place.skip, place.top))?;
    let page = Rows::<Device<'_>>::open(&reply)?;
    let walk = place.gather(&[page.count()]);
    let (items, mut gaps) = with_singles(host, settings, &page.rows)?;
    gaps.extend(page.gaps);
    Ok(Page { items, next: walk.next.map(|next| next.to_string()), total: walk.total, gaps, ..Page::default() })
}

/// Those with these ids that are there.
fn by_id(host: &dyn Host, settings: &Settings, ids: &[String]) -> Result<Page, Failure> {
    let requests = ids.iter().map(|id| get(format!("/devices/{}", segment(id)))).collect();
    let replies = client::send_all(host, requests)?;
    let mut devices = Vec::with_capacity(ids.len());
    for reply in &replies {
        match open::<Device<'_>>(reply).and_then(|reply| reply.data.ok_or_else(no_data)) {
            Ok(device) => devices.push(device),
            Err(Failure::NotFound(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    let (items, gaps) = with_singles(host, settings, &devices)?;
    Ok(Page { items, gaps, ..Page::default() })
}

fn with_singles(
    host: &dyn Host,
    settings: &Settings,
    devices: &[Device<'_>],
) -> Result<(Vec<Item>, Vec<Gap>), Failure> {
    let (agents, others): (Vec<_>, Vec<_>) = devices.iter().partition(|device| device.has_agent());
    let replies = singles(host, agents.iter().map(|device| device.identifier.trimmed()))?;
    let (mut items, mut gaps) = (Vec::with_capacity(devices.len()), Vec::new());
    for (device, reply) in agents.iter().zip(&replies) {
        items.push(device.item(inventory(reply, device, &mut gaps)?.as_ref(), settings));
    }
    items.extend(others.iter().map(|device| device.item(None, settings)));
    Ok((items, gaps))
}

pub(crate) fn singles<'a>(host: &dyn Host, ids: impl Iterator<Item = &'a str>) -> Result<Vec<Response>, Failure> {
    let request = |id| get(format!("/assets/{}", segment(id))).query("include", SECTIONS);
    let requests: Vec<Request> = ids.map(request).collect();
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    Ok(client::send_all(host, requests)?)
}

/// What the inventory knows of one device; none where it knows nothing. What it says and cannot be read is a
/// gap: the device is there all the same.
pub(crate) fn inventory<'a>(
    reply: &'a Response,
    device: &Device<'_>,
    gaps: &mut Vec<Gap>,
) -> Result<Option<Inventory<'a>>, Failure> {
    match open::<Inventory<'_>>(reply) {
        Ok(reply) => Ok(reply.data),
        Err(Failure::NotFound(_)) => Ok(None),
        Err(cause @ Failure::Unavailable(_)) if reply.is_success() => {
            gaps.push(Gap { parent: device.parent(), item: None, cause });
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
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
