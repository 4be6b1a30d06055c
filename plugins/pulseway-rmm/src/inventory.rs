//! One row of the vendor's inventory (`/assets`) as an asset's attributes. Which customer it belongs to
//! is not told here; `assets.rs` knows.

use crate::settings::{LastLogin, Settings};
use crosswalk_sdk::json::{Int, Str, push_text};
use crosswalk_sdk::{Asset, Field, Json, Reference, Told, Value};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::Deserialize;
use std::fmt;

/// A row of `/assets`, as far as it is used. Any section may be missing or `null`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Inventory<'a> {
    /// The device's id, the same as in `/devices`.
    #[serde(borrow)]
    pub(crate) identifier: Str<'a>,
    #[serde(borrow, default)]
    name: Told<Str<'a>>,
    /// The operating system's name.
    #[serde(borrow, default)]
    description: Told<Str<'a>>,
    /// The platform: windows, linux, mac, …
    #[serde(borrow, default, rename = "Type")]
    platform: Told<Str<'a>>,
    #[serde(borrow, default)]
    client_version: Told<Str<'a>>,
    #[serde(borrow, default)]
    last_updated: Told<Str<'a>>,
    #[serde(borrow, default)]
    last_seen_online: Told<Str<'a>>,
    #[serde(borrow, default)]
    last_reboot: Told<Str<'a>>,
    #[serde(default)]
    memory_total: Told<Int>,
    #[serde(borrow, default)]
    antivirus_enabled: Told<Str<'a>>,
    #[serde(default)]
    firewall_enabled: Told<bool>,
    #[serde(borrow, default)]
    asset_info: Told<Vec<Category<'a>>>,
    #[serde(borrow, default)]
    public_ip_address: Told<Str<'a>>,
    #[serde(borrow, default)]
    ip_addresses: Told<Vec<Adapter<'a>>>,
    #[serde(borrow, default)]
    local_ip_addresses: Told<Vec<LocalAdapter<'a>>>,
    #[serde(borrow, default)]
    disks: Told<Vec<Disk<'a>>>,
    /// Only some servers tell it here.
    #[serde(default)]
    site_id: Told<Int>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Category<'a> {
    #[serde(borrow, default)]
    category_name: Str<'a>,
    #[serde(borrow, default)]
    category_data: Told<Facts<'a>>,
}

/// What is used of any category's data.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Facts<'a> {
    #[serde(borrow, rename = "Name")]
    name: Told<Str<'a>>,
    #[serde(borrow, rename = "Version")]
    version: Told<Str<'a>>,
    #[serde(borrow, rename = "Serial Number")]
    serial_number: Told<Str<'a>>,
    #[serde(borrow, rename = "Manufacturer")]
    manufacturer: Told<Str<'a>>,
    #[serde(borrow, rename = "Model")]
    model: Told<Str<'a>>,
    #[serde(borrow, rename = "CPU")]
    cpu: Told<Str<'a>>,
    #[serde(borrow, rename = "Domain")]
    domain: Told<Str<'a>>,
    #[serde(borrow, rename = "Owner Name")]
    owner_name: Told<Str<'a>>,
    #[serde(borrow, rename = "Registered User")]
    registered_user: Told<Str<'a>>,
}

/// A network card; some servers send the plain address.
enum Adapter<'a> {
    Address(Str<'a>),
    Card(Card<'a>),
}

#[derive(Deserialize)]
struct Card<'a> {
    #[serde(borrow, default, rename = "MAC")]
    mac: Told<Str<'a>>,
    #[serde(borrow, default, rename = "IPs")]
    ips: Told<Vec<Address<'a>>>,
}

#[derive(Deserialize)]
struct Address<'a> {
    #[serde(borrow, default, rename = "IP")]
    ip: Told<Str<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Adapter<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Forms;
        impl<'de> Visitor<'de> for Forms {
            type Value = Adapter<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address or a network card")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Adapter::Address(Str(text.into())))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Adapter::Address(Str(text.to_owned().into())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Card::deserialize(MapAccessDeserializer::new(map)).map(Adapter::Card)
            }
        }
        deserializer.deserialize_any(Forms)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LocalAdapter<'a> {
    #[serde(borrow, default)]
    physical_address: Told<Str<'a>>,
    #[serde(borrow, default, rename = "IpV4")]
    ip_v4: Told<Str<'a>>,
    #[serde(borrow, default, rename = "IpV6")]
    ip_v6: Told<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Disk<'a> {
    #[serde(borrow, default)]
    name: Str<'a>,
    #[serde(default)]
    total_value: Told<Int>,
    #[serde(default)]
    free_percentage: Told<Int>,
}

impl Inventory<'_> {
    /// The attributes. Id, parent and the device's group are not known here.
    pub(crate) fn asset(&self, settings: &Settings) -> Asset {
        let nothing = Facts::default();
        let category = |name: &str| {
            let found = self.asset_info.value().and_then(|all| all.iter().find(|one| one.category_name.0 == name));
            found.and_then(|category| category.category_data.value()).unwrap_or(&nothing)
        };
        let (system, bios, os) = (category("System"), category("BIOS"), category("Operating System"));
        let last_seen = match self.last_seen_online.time() {
            Told::Value(time) => Told::Value(time),
            told => match self.last_updated.time() {
                Told::Value(time) => Told::Value(time),
                _ => told,
            },
        };
        let mut asset = Asset {
            name: self.name.value().map_or_else(String::new, |name| name.trimmed().to_owned()),
            location: Told::or_nothing(self.site_id.value().map(|Int(id)| Reference(id.to_string()))),
            type_: self.type_(os),
            serial_number: bios.serial_number.text(),
            mac_addresses: self.mac_addresses(),
            manufacturer: system.manufacturer.text(),
            model: system.model.text(),
            operating_system: self.operating_system(os),
            domain: system.domain.text(),
            cpu: system.cpu.text(),
            memory: self.memory_total.clone().understood(|Int(bytes)| (bytes > 0).then_some(bytes)),
            agent_version: self.client_version.text(),
            last_login: match settings.last_login {
                LastLogin::None => Told::Nothing,
                LastLogin::OwnerName => system.owner_name.text(),
                LastLogin::RegisteredUser => os.registered_user.text(),
            },
            last_seen,
            last_reboot: self.last_reboot.time(),
            storage: self.storage(settings),
            public_ip: self.public_ip_address.text(),
            local_ips: self.local_ips(),
            ..Asset::default()
        };
        if let Told::Value(antivirus) = self.antivirus_enabled.text() {
            asset.extra.push(Field { name: "AntivirusEnabled".to_owned(), value: Value::Text(antivirus) });
        }
        if let Told::Value(firewall) = self.firewall_enabled {
            asset.extra.push(Field { name: "FirewallEnabled".to_owned(), value: Value::Boolean(firewall) });
        }
        asset
    }

    /// Workstation or server where the operating system says so, else the vendor's word for the platform.
    fn type_(&self, os: &Facts<'_>) -> Told<String> {
        let platform = self.platform.text();
        let says_server = |text: &Told<Str<'_>>| text.value().is_some_and(|text| contains_ignoring_case(&text.0, "server"));
        if says_server(&self.description) || says_server(&os.name) {
            return Told::Value("server".to_owned());
        }
        platform.map(|platform| match platform.to_ascii_lowercase().as_str() {
            "windows" | "mac" | "macos" | "osx" => "workstation".to_owned(),
            "ios" | "android" => "mobile".to_owned(),
            _ => platform,
        })
    }

    fn operating_system(&self, os: &Facts<'_>) -> Told<String> {
        let name = match self.description.text() {
            Told::Value(name) => Told::Value(name),
            told => match os.name.text() {
                Told::Value(name) => Told::Value(name),
                _ => told,
            },
        };
        match (name, os.version.text()) {
            (Told::Value(name), Told::Value(version)) if !name.contains(&version) => Told::Value(format!("{name} {version}")),
            (name, _) => name,
        }
    }

    fn mac_addresses(&self) -> Told<Json> {
        let cards = self.ip_addresses.value().into_iter().flatten().filter_map(|adapter| match adapter {
            Adapter::Address(_) => None,
            Adapter::Card(card) => card.mac.value(),
        });
        let local = self.local_ip_addresses.value().into_iter().flatten().filter_map(|card| card.physical_address.value());
        self.list(cards.chain(local))
    }

    fn local_ips(&self) -> Told<Json> {
        let cards = self.ip_addresses.value().into_iter().flatten().flat_map(|adapter| {
            let (plain, card) = match adapter {
                Adapter::Address(address) => (Some(address), None),
                Adapter::Card(card) => (None, card.ips.value()),
            };
            plain.into_iter().chain(card.into_iter().flatten().filter_map(|address| address.ip.value()))
        });
        let local = self.local_ip_addresses.value().into_iter().flatten();
        let local = local.flat_map(|card| [card.ip_v4.value(), card.ip_v6.value()]).flatten();
        self.list(cards.chain(local))
    }

    /// The texts, each once and in order, so that the same machine gives the same list; nothing when neither
    /// section was sent.
    fn list<'t>(&self, texts: impl Iterator<Item = &'t Str<'t>>) -> Told<Json> {
        if self.ip_addresses.is_nothing() && self.local_ip_addresses.is_nothing() {
            return Told::Nothing;
        }
        let mut texts: Vec<&str> = texts.map(Str::trimmed).filter(|text| !text.is_empty()).collect();
        texts.sort_unstable();
        texts.dedup();
        if texts.is_empty() { Told::Blank } else { Told::Value(Json::list(&texts)) }
    }

    fn storage(&self, settings: &Settings) -> Told<Json> {
        let disks = match &self.disks {
            Told::Nothing => return Told::Nothing,
            Told::Blank => return Told::Blank,
            Told::Value(disks) if disks.is_empty() => return Told::Blank,
            Told::Value(disks) => disks,
        };
        let mut out = String::with_capacity(disks.len() * 60);
        for disk in disks {
            out.push_str(if out.is_empty() { "[{\"name\":" } else { ",{\"name\":" });
            push_text(&mut out, disk.name.trimmed());
            if let Told::Value(Int(total)) = disk.total_value {
                let total = total.saturating_mul(settings.disk_unit.bytes());
                out.push_str(&format!(",\"total\":{total}"));
                if let Told::Value(Int(percent)) = disk.free_percentage {
                    out.push_str(&format!(",\"free\":{}", i128::from(total) * i128::from(percent.clamp(0, 100)) / 100));
                }
            }
            out.push('}');
        }
        out.push(']');
        Told::Value(Json(out))
    }
}

fn contains_ignoring_case(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}
