//! A hardware asset as the vendor tells it: the few fields of its list, and all of them where it is asked for singly.
//! Leaves alone: asking, and what is written (`assets`).

use crate::client::Client;
use crate::lookups;
use crate::settings::{Settings, StampPlace};
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{Asset, Failure, Item, Json, Level, Nullable, Reference};
use serde::{Deserialize, Serialize};

/// A row of the list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found<'a> {
    id: Int,
    #[serde(borrow, default)]
    asset_name: Nullable<Str<'a>>,
    #[serde(default)]
    account_id: Nullable<Int>,
    #[serde(default)]
    category_id: Nullable<Int>,
    #[serde(borrow, default)]
    serial_number: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    machine_group_id: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    ip_address: Nullable<Str<'a>>,
    #[serde(default)]
    is_active: Nullable<bool>,
}

/// An asset, asked for by its id.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hardware<'a> {
    id: Int,
    #[serde(borrow, default)]
    name: Nullable<Str<'a>>,
    #[serde(default)]
    account_id: Nullable<Int>,
    #[serde(default)]
    account_location_id: Nullable<Int>,
    #[serde(default)]
    category_id: Nullable<Int>,
    #[serde(default)]
    is_active: Nullable<bool>,
    #[serde(borrow, default)]
    serial_number: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    mac_address: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    manufacturer: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    model_number: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    os_info: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    description: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    asset_tag: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    bar_code: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    machine_group_id: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    ip_address: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    connection_gateway_ip: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_loginname: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_check_in: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_reboot: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    disk_volumes: Nullable<Vec<Volume<'a>>>,
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
#[derive(Clone, Copy, Default)]
pub(crate) struct Categories {
    workstation: Option<i64>,
    server: Option<i64>,
}

impl Categories {
    /// As the settings name them. Reads go on without, and do not ask again and again for what is not there.
    pub(crate) fn of(client: &Client<'_>) -> Self {
        let id = |wanted: &str| {
            if client.host.recall("no-category", wanted, lookups::HOURS_4_MS).is_some() {
                return None;
            }
            let found = lookups::id(client, &lookups::CATEGORY, wanted);
            if let Err(failure) = &found {
                let message = format!("types of hardware assets are not read: {}", failure.message());
                client.host.log(Level::Warn, &message);
            }
            if let Err(Failure::Rejected(_)) = &found {
                client.host.remember("no-category", wanted, "");
            }
            found.ok()
        };
        let settings = &client.settings;
        Self { workstation: id(&settings.workstation_category), server: id(&settings.server_category) }
    }

    fn type_of(self, category: &Nullable<Int>) -> Nullable<String> {
        let category = category.value().map(|Int(id)| *id);
        Nullable::or_absent(match category {
            None => None,
            id if id == self.server => Some("server".to_owned()),
            id if id == self.workstation => Some("workstation".to_owned()),
            _ => None,
        })
    }
}

fn id_text(told: &Nullable<Int>) -> Option<String> {
    told.value().map(|Int(id)| id.to_string())
}

/// Addresses in one text, as a list.
fn addresses(told: Nullable<String>) -> Nullable<Json> {
    told.map(|text| {
        let all: Vec<&str> = text.split([',', ';', ' ']).filter(|one| !one.is_empty()).collect();
        Json::list(&all)
    })
}

impl Found<'_> {
    /// As the contract carries it.
    pub(crate) fn item(&self, settings: &Settings, categories: Categories) -> Item {
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
    /// As the contract carries it.
    pub(crate) fn item(&self, settings: &Settings, categories: Categories) -> Item {
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
    fn storage(&self) -> Nullable<Json> {
        let volumes = self.disk_volumes.value().filter(|volumes| !volumes.is_empty());
        let bytes = |size: Option<Int>| size.map_or(0, |Int(size)| size.saturating_mul(1 << 20));
        Nullable::or_absent(volumes.map(|volumes| {
            let drives = volumes.iter().map(|volume| Drive {
                name: volume.drive.trimmed(),
                total: bytes(volume.total_m_bytes),
                free: bytes(volume.free_m_bytes),
            });
            Json(json::write(&drives.collect::<Vec<_>>()))
        }))
    }
}
