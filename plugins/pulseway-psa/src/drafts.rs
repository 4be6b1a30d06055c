//! What is sent of a hardware asset. A write is a PUT of the whole: what the asset has now is sent back, but for what the
//! change names. Drives are read only: this door takes none.
//! Leaves alone: asking and sending (`assets`), and what an asset tells (`hardware`).

use crate::client::{Client, number, one, parent, target, write as request_to};
use crate::errors::Names;
use crate::lookups;
use crate::settings::Settings;
use crosswalk_sdk::batch;
use crosswalk_sdk::json::{self, Int};
use crosswalk_sdk::{Asset, Change, Failure, Json, Method, Nullable, Operation, Reference, Request, Response, Time};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The door: a POST makes an asset, a PUT below it changes one.
pub(crate) const PATH: &str = "/v2/servicedesk/hardwareasset";

/// Where the vendor keeps each field, in its refusals too: its name and ours. Those that can be written at any time
/// come after the first three.
pub(crate) const NAMES: &Names = &[
    ("name", "name"),
    ("categoryId", "type"),
    ("location", "location"),
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

/// Those that can be written at any time.
pub(crate) const FIELDS: &Names = NAMES.split_at(3).1;

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
    "computerName",
    "purchaseCost",
    "warrantyExpirationDate",
    "expirationDate",
    "acquisitionDate",
    "firstCheckIn",
    "lastCheckIn",
    "lastReboot",
];

/// A body: the vendor's names, each with a value as JSON writes it.
#[derive(Default)]
struct Body<'a>(BTreeMap<&'a str, Cow<'a, str>>);

impl<'a> Body<'a> {
    fn set<T: Serialize + ?Sized>(&mut self, name: &'a str, value: &T) {
        self.0.insert(name, Cow::Owned(json::write(value)));
    }

    /// What a field is to be, where anything is told of it.
    fn told<T: Serialize>(&mut self, name: &'a str, told: &Nullable<T>) {
        if !told.is_absent() {
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
fn joined(told: &Nullable<Json>, most: usize) -> Nullable<String> {
    match told {
        Nullable::Absent => Nullable::Absent,
        Nullable::Null => Nullable::Null,
        Nullable::Value(Json(text)) => {
            let all: Vec<String> = serde_json::from_str(text).unwrap_or_default();
            Nullable::or_null(Some(all[..all.len().min(most)].join(", ")).filter(|text| !text.is_empty()))
        }
    }
}

fn time(told: &Nullable<Time>) -> Nullable<&str> {
    match told {
        Nullable::Absent => Nullable::Absent,
        Nullable::Null => Nullable::Null,
        Nullable::Value(time) => Nullable::Value(&time.0),
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
    body.told("isActive", &batch::active_after(change.operation, asset.active.clone()));
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

/// An asset as it is before a change.
struct Now<'a> {
    account: i64,
    location: i64,
    /// By the vendor's names in lower case, as it writes them.
    fields: HashMap<String, &'a RawValue>,
}

impl<'a> Now<'a> {
    fn read(reply: &'a Response) -> Result<Self, Failure> {
        let told: HashMap<Cow<'a, str>, &'a RawValue> = one(reply)?;
        let fields: HashMap<String, &RawValue> =
            told.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let id =
            |name: &str| fields.get(name).and_then(|raw| json::parse::<Nullable<Int>>(raw.get()).ok()?.into_value());
        let (account, location) = (id("accountid"), id("accountlocationid"));
        Ok(Self { account: account.map_or(0, |id| id.0), location: location.map_or(0, |id| id.0), fields })
    }
}

/// A change on its way to a request.
pub(crate) struct Draft<'a> {
    change: &'a Change,
    asset: Asset,
    /// None for a new one.
    now: Option<Now<'a>>,
    /// Whose it shall be.
    pub(crate) account: i64,
    /// Where it shall stand; none for the account's main location, as an asset is always at one.
    pub(crate) location: Option<i64>,
}

impl<'a> Draft<'a> {
    pub(crate) fn of(change: &'a Change, reply: Option<&'a Result<Response, Failure>>) -> Result<Self, Failure> {
        let asset = Asset::of_change(change.clone())?;
        let now = match reply {
            Some(reply) => target(change).and(reply.as_ref().map_err(Clone::clone)).and_then(Now::read).map(Some)?,
            None => None,
        };
        let account = match &now {
            Some(now) if change.operation != Operation::Move => now.account,
            _ => parent(change)?,
        };
        let location = match (&asset.location, &now) {
            (Nullable::Value(Reference(id)), _) => Some(number(id)?),
            (Nullable::Absent, Some(now)) if now.account == account && now.location != 0 => Some(now.location),
            _ => None,
        };
        Ok(Self { change, asset, now, account, location })
    }

    fn is_server(&self) -> bool {
        self.asset.type_.value().is_some_and(|type_| type_ == "server")
    }

    /// What the change asks for, and of the rest what there is now.
    pub(crate) fn request(
        &self,
        settings: &Settings,
        mains: &HashMap<i64, i64>,
        categories: &New,
    ) -> Result<Request, Failure> {
        let main = mains.get(&self.account).copied();
        let location = self.location.or(main).ok_or_else(|| lookups::no_location(self.account))?;
        let mut body = asked(self.change, &self.asset, settings);
        body.set("accountId", &self.account);
        body.set("accountLocationId", &location);
        let Some(now) = &self.now else {
            body.set("categoryId", if self.is_server() { &categories.server } else { &categories.workstation });
            return Ok(request_to(Method::Post, PATH, body.text(), self.change));
        };
        for name in WRITTEN {
            if let Some(kept) = now.fields.get(&name.to_ascii_lowercase()) {
                body.0.entry(name).or_insert(Cow::Borrowed(kept.get()));
            }
        }
        Ok(request_to(Method::Put, format!("{PATH}/{}", target(self.change)?), body.text(), self.change))
    }
}

/// The categories of new assets; those that none of them needs are not looked up.
#[derive(Default)]
pub(crate) struct New {
    workstation: i64,
    server: i64,
}

impl New {
    pub(crate) fn read(client: &Client<'_>, drafts: &[Result<Draft<'_>, Failure>]) -> Result<Self, Failure> {
        let id = |server: bool, wanted: &str| {
            if !drafts.iter().flatten().any(|draft| draft.is_server() == server) {
                return Ok(0);
            }
            lookups::id(client, &lookups::CATEGORY, wanted).map_err(|failure| match failure {
                Failure::Rejected(rejection) => Failure::rejected_field("type", rejection.message),
                other => other,
            })
        };
        let settings = &client.settings;
        Ok(Self {
            workstation: id(false, &settings.workstation_category)?,
            server: id(true, &settings.server_category)?,
        })
    }
}
