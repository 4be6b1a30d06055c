//! Assets: the vendor's hardware assets, through the service desk's door, one call each.
//!
//! The list tells little of an asset, so each of its rows is asked for singly, unless the operator chose the list alone.
//! A write is a PUT of the whole: the asset is read first and what it has is sent back, but for what the change
//! names. Drives are read only: this door takes none.

use crate::client::{Client, Rows, get, nothing, number, one, open, parent, stops_all, target, write as request_to};
use crate::errors::Names;
use crate::lookups;
use crate::settings::{Settings, StampPlace};
use crosswalk_sdk::http::segment;
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{
    Asset, Change, Failure, Gap, Item, Json, Method, Operation, Outcome, Page, Reference, Request, Response, Selection,
    Settlement, Time, Told,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

const PATH: &str = "/v2/servicedesk/hardwareasset";

/// Assets of a page where each costs a call.
pub(crate) const FULL_PAGE: u32 = 50;

/// Where the vendor keeps what can be written at any time: its name and ours.
pub(crate) const FIELDS: &Names = &[
    ("isActive", "active"),
    ("accountLocationId", "location"),
    ("serialNumber", "serial-number"),
    ("macAddress", "mac-addresses"),
    ("modelNumber", "model"),
    ("osInfo", "operating-system"),
    ("description", "description"),
    ("lastLoginname", "last-login"),
    ("lastCheckIn", "last-seen"),
    ("lastReboot", "last-reboot"),
    ("connectionGatewayIp", "public-ip"),
    ("ipAddress", "local-ips"),
];

const NAMES: &Names = &[
    ("name", "name"),
    ("categoryId", "type"),
    ("isActive", "active"),
    ("accountLocationId", "location"),
    ("location", "location"),
    ("serialNumber", "serial-number"),
    ("macAddress", "mac-addresses"),
    ("modelNumber", "model"),
    ("osInfo", "operating-system"),
    ("description", "description"),
    ("lastLoginname", "last-login"),
    ("lastCheckIn", "last-seen"),
    ("lastReboot", "last-reboot"),
    ("connectionGatewayIp", "public-ip"),
    ("ipAddress", "local-ips"),
];

/// What a PUT takes: all of it is sent back, or it would be emptied.
const WRITTEN: &[&str] = &[
    "name",
    "accountId",
    "accountLocationId",
    "categoryId",
    "isActive",
    "contactId",
    "brandId",
    "serialNumber",
    "businessImpactId",
    "stateId",
    "locationInfo",
    "description",
    "barCode",
    "assetTag",
    "vendorId",
    "modelNumber",
    "machineGroupId",
    "ipAddress",
    "subnetMask",
    "defaultGateway",
    "dnsServers",
    "dhcpEnabled",
    "dhcpServer",
    "winsEnabled",
    "primaryWinsServer",
    "secondaryWinsServer",
    "connectionGatewayIp",
    "osType",
    "osInfo",
    "majorVersion",
    "minorVersion",
    "macAddress",
    "loginName",
    "lastLoginname",
    "currentUser",
    "productName",
    "machineVersion",
    "motherboardManufacturerId",
    "motherboardProductCode",
    "motherboardSerialNumber",
    "motherboardVersion",
    "chassisAssetTag",
    "chassisManufacturerId",
    "chassisSerialNumber",
    "chassisType",
    "chassisVersion",
    "busSpeed",
    "manufacturerId",
    "maxMemorySize",
    "maxMemorySlots",
    "purchaseCost",
    "warrantyExpirationDate",
    "expirationDate",
    "acquisitionDate",
    "firstCheckIn",
    "lastCheckIn",
    "lastReboot",
];

/// A row of the list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    id: Int,
    #[serde(borrow, default)]
    asset_name: Told<Str<'a>>,
    #[serde(default)]
    account_id: Told<Int>,
    #[serde(default)]
    category_id: Told<Int>,
    #[serde(borrow, default)]
    serial_number: Told<Str<'a>>,
    #[serde(borrow, default)]
    machine_group_id: Told<Str<'a>>,
    #[serde(borrow, default)]
    ip_address: Told<Str<'a>>,
    #[serde(default)]
    is_active: Told<bool>,
}

/// An asset, asked for by its id.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hardware<'a> {
    id: Int,
    #[serde(borrow, default)]
    name: Told<Str<'a>>,
    #[serde(default)]
    account_id: Told<Int>,
    #[serde(default)]
    account_location_id: Told<Int>,
    #[serde(default)]
    category_id: Told<Int>,
    #[serde(default)]
    is_active: Told<bool>,
    #[serde(borrow, default)]
    serial_number: Told<Str<'a>>,
    #[serde(borrow, default)]
    mac_address: Told<Str<'a>>,
    #[serde(borrow, default)]
    manufacturer: Told<Str<'a>>,
    #[serde(borrow, default)]
    model_number: Told<Str<'a>>,
    #[serde(borrow, default)]
    os_info: Told<Str<'a>>,
    #[serde(borrow, default)]
    description: Told<Str<'a>>,
    #[serde(borrow, default)]
    asset_tag: Told<Str<'a>>,
    #[serde(borrow, default)]
    bar_code: Told<Str<'a>>,
    #[serde(borrow, default)]
    machine_group_id: Told<Str<'a>>,
    #[serde(borrow, default)]
    ip_address: Told<Str<'a>>,
    #[serde(borrow, default)]
    connection_gateway_ip: Told<Str<'a>>,
    #[serde(borrow, default)]
    last_loginname: Told<Str<'a>>,
    #[serde(borrow, default)]
    last_check_in: Told<Str<'a>>,
    #[serde(borrow, default)]
    last_reboot: Told<Str<'a>>,
    #[serde(borrow, default)]
    disk_volumes: Told<Vec<Volume<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume<'a> {
    #[serde(borrow, default)]
    drive: Str<'a>,
    free_m_bytes: Option<Int>,
    total_m_bytes: Option<Int>,
}

#[derive(Serialize)]
struct Drive<'a> {
    name: &'a str,
    total: i64,
    free: i64,
}

/// The categories that stand for types; none where the tenant has no such.
#[derive(Clone, Copy)]
struct Categories {
    workstation: Option<i64>,
    server: Option<i64>,
}

impl Categories {
    /// As the settings name them; reads go on without.
    fn of(client: &Client<'_>) -> Self {
        let id = |wanted: &str| {
            lookups::id(client, &lookups::CATEGORY, wanted).inspect_err(|failure| {
                client.host.log(
                    crosswalk_sdk::Level::Warn,
                    &format!("types of hardware assets are not read: {}", failure.message()),
                );
            })
        };
        let settings = &client.settings;
        Self { workstation: id(&settings.workstation_category).ok(), server: id(&settings.server_category).ok() }
    }

    fn type_of(self, category: &Told<Int>) -> Told<String> {
        let category = category.value().map(|Int(id)| *id);
        Told::or_nothing(match category {
            None => None,
            id if id == self.server => Some("server".to_owned()),
            id if id == self.workstation => Some("workstation".to_owned()),
            _ => None,
        })
    }
}

fn id_text(told: &Told<Int>) -> Option<String> {
    told.value().map(|Int(id)| id.to_string())
}

/// Addresses in one text, as a list.
fn addresses(told: Told<String>) -> Told<Json> {
    told.map(|text| {
        let all: Vec<&str> = text.split([',', ';', ' ']).filter(|one| !one.is_empty()).collect();
        Json::list(&all)
    })
}

impl Found<'_> {
    fn item(&self, settings: &Settings, categories: Categories) -> Item {
        let asset = Asset {
            id: self.id.0.to_string(),
            parent: id_text(&self.account_id),
            name: self.asset_name.text().into_value().unwrap_or_default(),
            stamp: self.machine_group_id.text().into_value().filter(|_| settings.stamp == StampPlace::MachineGroup),
            active: self.is_active.clone(),
            type_: categories.type_of(&self.category_id),
            serial_number: self.serial_number.text(),
            local_ips: addresses(self.ip_address.text()),
            ..Asset::default()
        };
        asset.into_item()
    }
}

impl Hardware<'_> {
    fn item(&self, settings: &Settings, categories: Categories) -> Item {
        let stamp = match settings.stamp {
            StampPlace::AssetTag => &self.asset_tag,
            StampPlace::BarCode => &self.bar_code,
            StampPlace::MachineGroup => &self.machine_group_id,
        };
        let asset = Asset {
            id: self.id.0.to_string(),
            parent: id_text(&self.account_id),
            name: self.name.text().into_value().unwrap_or_default(),
            stamp: stamp.text().into_value(),
            active: self.is_active.clone(),
            location: self.account_location_id.clone().map(|Int(id)| Reference(id.to_string())),
            type_: categories.type_of(&self.category_id),
            serial_number: self.serial_number.text(),
            mac_addresses: addresses(self.mac_address.text()),
            manufacturer: self.manufacturer.text(),
            model: self.model_number.text(),
            operating_system: self.os_info.text(),
            description: self.description.text(),
            last_login: self.last_loginname.text(),
            last_seen: self.last_check_in.time(),
            last_reboot: self.last_reboot.time(),
            storage: self.storage(),
            public_ip: self.connection_gateway_ip.text(),
            local_ips: addresses(self.ip_address.text()),
            ..Asset::default()
        };
        asset.into_item()
    }

    /// Drives, where there are some: an empty list is what every asset made here has.
    fn storage(&self) -> Told<Json> {
        let volumes = self.disk_volumes.value().filter(|volumes| !volumes.is_empty());
        let bytes = |size: Option<Int>| size.map_or(0, |Int(size)| size.saturating_mul(1 << 20));
        Told::or_nothing(volumes.map(|volumes| {
            let drives = volumes.iter().map(|volume| Drive {
                name: volume.drive.trimmed(),
                total: bytes(volume.total_m_bytes),
                free: bytes(volume.free_m_bytes),
            });
            Json(json::write(&drives.collect::<Vec<_>>()))
        }))
    }
}

fn list() -> Request {
    get(format!("{PATH}/searchselect"))
}

/// Reads assets.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let categories = Categories::of(client);
    let list = match selection {
        Selection::Everything => list(),
        Selection::OfParent(account) => list().query("Filter.AccountId", number(account)?.to_string()),
        Selection::Ids(ids) => return by_ids(client, ids, categories),
        Selection::Search(text) => list().query("Filter.AssetName", text),
        Selection::Named(named) => {
            let list = list().query("Filter.AssetName", &named.name);
            match &named.parent {
                Some(account) => list.query("Filter.AccountId", number(account)?.to_string()),
                None => list,
            }
        }
        Selection::Stamps(stamps) if client.settings.stamp == StampPlace::MachineGroup => {
            return by_stamps(client, stamps, categories);
        }
        _ => return Err(Failure::Unsupported("hardware assets cannot be asked for in this way".to_owned())),
    };
    // Those that are asked for by name are few, and told in full.
    let full = client.settings.full || matches!(selection, Selection::Named(_));
    let rows = |reply: &Response| {
        let found = Rows::<Found<'_>>::open(reply)?;
        Ok(found.map(|row| Some(row.item(&client.settings, categories)).filter(|item| crate::answers(selection, item))))
    };
    let mut page = client.walk(&list, if full { FULL_PAGE } else { crate::client::PAGE }, after, rows)?;
    if full {
        fill(client, &mut page, categories)?;
    }
    Ok(page)
}

/// Asks for each item of a page singly. One that is gone by now is left out; one that cannot be read is a gap.
fn fill(client: &Client<'_>, page: &mut Page, categories: Categories) -> Result<(), Failure> {
    let rows = std::mem::take(&mut page.items);
    let requests = rows.iter().map(|row| get(format!("{PATH}/{}", row.id))).collect();
    for (row, reply) in rows.into_iter().zip(client.get_all(requests)) {
        let read = reply.and_then(|reply| Ok(one::<Hardware<'_>>(&reply)?.item(&client.settings, categories)));
        match read {
            Ok(item) => page.items.push(item),
            Err(Failure::NotFound(_)) => {}
            Err(failure) if stops_all(&failure) => return Err(failure),
            Err(cause) => page.gaps.push(Gap { parent: row.parent, cause }),
        }
    }
    Ok(())
}

fn by_ids(client: &Client<'_>, ids: &[String], categories: Categories) -> Result<Page, Failure> {
    let ids: Vec<&String> = ids.iter().filter(|id| number(id).is_ok()).collect();
    let requests = ids.iter().map(|id| get(format!("{PATH}/{}", segment(id)))).collect();
    let mut page = nothing();
    for reply in client.get_all(requests) {
        match one::<Hardware<'_>>(&reply?) {
            Ok(asset) => page.items.push(asset.item(&client.settings, categories)),
            Err(Failure::NotFound(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(page)
}

/// The filter may find what contains a key, and ignore case: keys are compared here once more.
fn by_stamps(client: &Client<'_>, stamps: &[String], categories: Categories) -> Result<Page, Failure> {
    let lists = stamps.iter().map(|stamp| list().query("Filter.MachineGroupId", stamp).query("PageSize", "100"));
    let mut page = nothing();
    for (stamp, reply) in stamps.iter().zip(client.get_all(lists.collect())) {
        let reply = reply?;
        let found = Rows::<Found<'_>>::open(&reply)?.rows;
        let items = found.iter().map(|row| row.item(&client.settings, categories));
        page.items.extend(items.filter(|item| item.stamp.as_ref() == Some(stamp)));
    }
    fill(client, &mut page, categories)?;
    Ok(page)
}

/// A body: the vendor's names, each with a value as JSON writes it.
#[derive(Default)]
struct Body<'a>(BTreeMap<&'a str, Cow<'a, str>>);

impl<'a> Body<'a> {
    fn set<T: Serialize + ?Sized>(&mut self, name: &'a str, value: &T) {
        self.0.insert(name, Cow::Owned(json::write(value)));
    }

    /// What a field is to be, where anything is told of it.
    fn told<T: Serialize>(&mut self, name: &'a str, told: &Told<T>) {
        if !told.is_nothing() {
            self.set(name, told);
        }
    }

    fn text(&self) -> String {
        let mut out = String::from("{");
        for (name, value) in &self.0 {
            if out.len() > 1 {
                out.push(',');
            }
            json::push_text(&mut out, name);
            out.push(':');
            out.push_str(value);
        }
        out.push('}');
        out
    }
}

/// What a list of addresses becomes in one text.
fn joined(told: &Told<Json>, most: usize) -> Told<String> {
    match told {
        Told::Nothing => Told::Nothing,
        Told::Blank => Told::Blank,
        Told::Value(Json(text)) => {
            let all: Vec<String> = serde_json::from_str(text).unwrap_or_default();
            Told::or_blank(Some(all[..all.len().min(most)].join(", ")).filter(|text| !text.is_empty()))
        }
    }
}

fn time(told: &Told<Time>) -> Told<&str> {
    match told {
        Told::Nothing => Told::Nothing,
        Told::Blank => Told::Blank,
        Told::Value(time) => Told::Value(&time.0),
    }
}

/// What a change asks for, as the vendor's fields.
fn asked<'a>(change: &Change, asset: &'a Asset, settings: &Settings) -> Body<'a> {
    let mut body = Body::default();
    if !asset.name.is_empty() {
        body.set("name", &asset.name);
    }
    if let Some(stamp) = &asset.stamp {
        body.set(settings.stamp.field(), stamp);
    }
    body.told("isActive", &crate::active_after(change.operation, asset.active.clone()));
    body.told("serialNumber", &asset.serial_number);
    body.told("macAddress", &joined(&asset.mac_addresses, usize::MAX));
    body.told("modelNumber", &asset.model);
    body.told("osInfo", &asset.operating_system);
    body.told("description", &asset.description);
    body.told("lastLoginname", &asset.last_login);
    body.told("lastCheckIn", &time(&asset.last_seen));
    body.told("lastReboot", &time(&asset.last_reboot));
    body.told("connectionGatewayIp", &asset.public_ip);
    // The vendor has room for one.
    body.told("ipAddress", &joined(&asset.local_ips, 1));
    body
}

/// The account a change gives its asset, or leaves it at.
fn account_of(change: &Change, now: Option<&Now<'_>>) -> Result<i64, Failure> {
    match (change.operation, now) {
        (Operation::Create | Operation::Move, _) | (_, None) => parent(change),
        (_, Some(now)) => Ok(now.account),
    }
}

/// An asset as it is before a change.
struct Now<'a> {
    account: i64,
    location: i64,
    fields: HashMap<String, &'a RawValue>,
}

impl<'a> Now<'a> {
    fn read(reply: &'a Response) -> Result<Self, Failure> {
        let fields: HashMap<Cow<'a, str>, &'a RawValue> = open(reply, false, &[])?
            .result
            .into_value()
            .ok_or_else(|| Failure::NotFound("there is no such asset".to_owned()))?;
        let fields: HashMap<String, &RawValue> =
            fields.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let id = |name: &str| fields.get(name).and_then(|raw| json::parse::<Told<Int>>(raw.get()).ok()?.into_value());
        Ok(Self {
            account: id("accountid").map_or(0, |Int(id)| id),
            location: id("accountlocationid").map_or(0, |Int(id)| id),
            fields,
        })
    }
}

/// Writes assets.
pub(crate) fn write(client: &Client<'_>, changes: &[Change]) -> Vec<Outcome> {
    match write_known(client, changes) {
        Ok(outcomes) => outcomes,
        Err(failure) => crate::all_failed(changes, &failure),
    }
}

fn write_known(client: &Client<'_>, changes: &[Change]) -> Result<Vec<Outcome>, Failure> {
    let is_new = changes.first().is_some_and(|change| change.operation == Operation::Create);
    // What there is now, of those that are there.
    let gets = changes.iter().filter(|_| !is_new).map(|change| {
        let id = target(change).unwrap_or(0);
        get(format!("{PATH}/{id}")).change(&change.id)
    });
    let replies: Vec<Result<Response, Failure>> = client.get_all(gets.collect());
    let now: Vec<Option<Result<Now<'_>, Failure>>> = if is_new {
        changes.iter().map(|_| None).collect()
    } else {
        replies.iter().map(|reply| Some(reply.as_ref().map_err(Clone::clone).and_then(Now::read))).collect()
    };
    let assets: Vec<Result<Asset, Failure>> = changes.iter().map(|change| Asset::of_change(change.clone())).collect();

    // An asset is always at a location: the account's main one, where the change names none.
    let homeless = RefCell::new(Vec::new());
    let place = |change: &Change, asset: &Asset, now: Option<&Now<'_>>| -> Result<Option<i64>, Failure> {
        let account = account_of(change, now)?;
        match (&asset.location, now) {
            (Told::Value(Reference(id)), _) => Ok(Some(number(id)?)),
            (Told::Nothing, Some(now)) if now.account == account && now.location != 0 => Ok(Some(now.location)),
            _ => {
                homeless.borrow_mut().push(account);
                Ok(None)
            }
        }
    };
    let mut places: Vec<Result<Option<i64>, Failure>> = Vec::with_capacity(changes.len());
    for ((change, asset), now) in changes.iter().zip(&assets).zip(&now) {
        places.push(match (asset, now) {
            (Err(failure), _) | (_, Some(Err(failure))) => Err(failure.clone()),
            (Ok(asset), Some(Ok(now))) => place(change, asset, Some(now)),
            (Ok(asset), None) => place(change, asset, None),
        });
    }
    let mains = lookups::main_locations(client, homeless.into_inner())?;
    let categories = if is_new { Some(NewCategories::read(client, &assets)?) } else { None };

    let prepared = (changes.iter().zip(&assets).zip(&now)).zip(places).map(|(((change, asset), now), place)| {
        let (place, asset) = (place?, asset.as_ref().map_err(Clone::clone)?);
        let now = match now {
            Some(Ok(now)) => Some(now),
            _ => None,
        };
        let account = account_of(change, now)?;
        let location = place.or_else(|| mains.get(&account).copied()).ok_or_else(|| lookups::no_location(account))?;
        let mut body = asked(change, asset, &client.settings);
        body.set("accountId", &account);
        body.set("accountLocationId", &location);
        if let Some(categories) = &categories {
            body.set("categoryId", &categories.of(asset));
        }
        for name in WRITTEN.iter().filter(|_| now.is_some()) {
            let kept = now.and_then(|now| now.fields.get(&name.to_ascii_lowercase()));
            if let Some(kept) = kept.filter(|_| !body.0.contains_key(name)) {
                body.0.insert(name, Cow::Borrowed(kept.get()));
            }
        }
        Ok(vec![if is_new {
            request_to(Method::Post, PATH, body.text(), change)
        } else {
            request_to(Method::Put, format!("{PATH}/{}", target(change)?), body.text(), change)
        }])
    });
    let outcomes = client.write_all(changes, prepared.collect(), NAMES);
    forget_moved(client, changes, &outcomes);
    Ok(outcomes)
}

/// A location that was refused may be a main one that is no longer: it is looked up anew next time.
fn forget_moved(client: &Client<'_>, changes: &[Change], outcomes: &[Outcome]) {
    for (change, outcome) in changes.iter().zip(outcomes) {
        if let (Settlement::Failed(Failure::Rejected(_)), Some(account)) = (&outcome.result, &change.parent) {
            client.host.entry_remove("main-location", account);
        }
    }
}

/// The categories of new assets.
struct NewCategories {
    workstation: i64,
    server: i64,
}

impl NewCategories {
    /// Only those that are needed.
    fn read(client: &Client<'_>, assets: &[Result<Asset, Failure>]) -> Result<Self, Failure> {
        let is_server = |asset: &Asset| asset.type_.value().is_some_and(|type_| type_ == "server");
        let id = |needed: bool, wanted: &str| match needed {
            true => lookups::id(client, &lookups::CATEGORY, wanted),
            false => Ok(0),
        };
        let servers = assets.iter().flatten().filter(|asset| is_server(asset)).count();
        let named = |failure: Failure| match failure {
            Failure::Rejected(rejection) => Failure::rejected_field("type", rejection.message),
            other => other,
        };
        Ok(Self {
            workstation: id(servers < assets.len(), &client.settings.workstation_category).map_err(named)?,
            server: id(servers > 0, &client.settings.server_category).map_err(named)?,
        })
    }

    fn of(&self, asset: &Asset) -> i64 {
        if asset.type_.value().is_some_and(|type_| type_ == "server") { self.server } else { self.workstation }
    }
}
