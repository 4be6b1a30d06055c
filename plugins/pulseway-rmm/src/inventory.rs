//! One row of the vendor's inventory (`/assets`) as an asset's attributes. Which customer it belongs to
//! is not told here; `assets.rs` knows.

use crate::facts::Facts;
use crate::settings::{LastLogin, Settings};
use crosswalk_sdk::json::{Int, Str, push_text};
use crosswalk_sdk::{Asset, Field, Json, Nullable, Reference, Value};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt::{self, Write as _};

/// A row of `/assets`, as far as it is used. Any section may be missing or `null`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Inventory<'a> {
    /// The device's id, the same as in `/devices`.
    #[serde(borrow)]
    pub(crate) identifier: Str<'a>,
    #[serde(borrow, default)]
    name: Nullable<Str<'a>>,
    /// The operating system's name.
    #[serde(borrow, default)]
    description: Nullable<Str<'a>>,
    /// The platform: windows, linux, mac, …
    #[serde(borrow, default, rename = "Type")]
    platform: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    client_version: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_updated: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_seen_online: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_reboot: Nullable<Str<'a>>,
    #[serde(default)]
    memory_total: Nullable<Int>,
    #[serde(borrow, default)]
    antivirus_enabled: Nullable<Str<'a>>,
    #[serde(default)]
    firewall_enabled: Nullable<bool>,
    #[serde(borrow, default)]
    asset_info: Nullable<Facts<'a>>,
    #[serde(borrow, default)]
    public_ip_address: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    ip_addresses: Nullable<Vec<Adapter<'a>>>,
    #[serde(borrow, default)]
    local_ip_addresses: Nullable<Vec<LocalAdapter<'a>>>,
    #[serde(borrow, default)]
    disks: Nullable<Vec<Disk<'a>>>,
    /// Only some servers tell it here.
    #[serde(default)]
    site_id: Nullable<Int>,
}

/// A network card; some servers send the plain address.
enum Adapter<'a> {
    Address(Str<'a>),
    Card(Card<'a>),
}

#[derive(Deserialize)]
struct Card<'a> {
    #[serde(borrow, default, rename = "MAC")]
    mac: Nullable<Str<'a>>,
    #[serde(borrow, default, rename = "IPs")]
    ips: Nullable<Vec<Address<'a>>>,
}

#[derive(Deserialize)]
struct Address<'a> {
    #[serde(borrow, default, rename = "IP")]
    ip: Nullable<Str<'a>>,
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
    physical_address: Nullable<Str<'a>>,
    #[serde(borrow, default, rename = "IpV4")]
    ip_v4: Nullable<Str<'a>>,
    #[serde(borrow, default, rename = "IpV6")]
    ip_v6: Nullable<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Disk<'a> {
    #[serde(borrow, default)]
    name: Str<'a>,
    #[serde(default)]
    total_value: Nullable<Int>,
    #[serde(default)]
    free_percentage: Nullable<Int>,
}

impl Inventory<'_> {
    /// The attributes. Id, parent and the device's group are not known here.
    pub(crate) fn asset(&self, settings: &Settings) -> Asset {
        let nothing = Facts::default();
        let facts = self.asset_info.value().unwrap_or(&nothing);
        let last_seen = match self.last_seen_online.time() {
            Nullable::Value(time) => Nullable::Value(time),
            told => match self.last_updated.time() {
                Nullable::Value(time) => Nullable::Value(time),
                _ => told,
            },
        };
        let mut asset = Asset {
            name: self.name.value().map_or_else(String::new, |name| name.trimmed().to_owned()),
            location: Nullable::or_absent(self.site_id.value().map(|Int(id)| Reference(id.to_string()))),
            type_: self.type_(facts),
            serial_number: facts.serial_number.text(),
            mac_addresses: self.mac_addresses(),
            manufacturer: facts.manufacturer.text(),
            model: facts.model.text(),
            operating_system: self.operating_system(facts),
            domain: facts.domain.text(),
            cpu: facts.cpu.text(),
            memory: self.memory_total.clone().and_then(|Int(bytes)| (bytes > 0).then_some(bytes)),
            agent_version: self.client_version.text(),
            last_login: match settings.last_login {
                LastLogin::None => Nullable::Absent,
                LastLogin::OwnerName => facts.owner_name.text(),
                LastLogin::RegisteredUser => facts.registered_user.text(),
            },
            last_seen,
            last_reboot: self.last_reboot.time(),
            storage: self.storage(settings),
            public_ip: self.public_ip_address.text(),
            local_ips: self.local_ips(),
            ..Asset::default()
        };
        if let Nullable::Value(antivirus) = self.antivirus_enabled.text() {
            asset.extra.push(Field { name: "AntivirusEnabled".to_owned(), value: Value::Text(antivirus) });
        }
        if let Nullable::Value(firewall) = self.firewall_enabled {
            asset.extra.push(Field { name: "FirewallEnabled".to_owned(), value: Value::Boolean(firewall) });
        }
        asset
    }

    /// Workstation or server where the operating system says so, else the vendor's word for the platform.
    fn type_(&self, facts: &Facts<'_>) -> Nullable<String> {
        let says_server =
            |text: &Nullable<Str<'_>>| text.value().is_some_and(|text| contains_ignoring_case(&text.0, "server"));
        if says_server(&self.description) || says_server(&facts.os_name) {
            return Nullable::Value("server".to_owned());
        }
        let is = |words: &[&str]| {
            let platform = self.platform.value().map_or("", Str::trimmed);
            words.iter().any(|word| platform.eq_ignore_ascii_case(word))
        };
        if is(&["windows", "mac", "macos", "osx"]) {
            Nullable::Value("workstation".to_owned())
        } else if is(&["ios", "android"]) {
            Nullable::Value("mobile".to_owned())
        } else {
            self.platform.text()
        }
    }

    fn operating_system(&self, facts: &Facts<'_>) -> Nullable<String> {
        match (words(&self.description).or(words(&facts.os_name)), words(&facts.os_version)) {
            (Some(name), Some(version)) if !name.contains(version) => Nullable::Value(format!("{name} {version}")),
            (Some(name), _) => Nullable::Value(name.to_owned()),
            (None, _) => self.description.text(),
        }
    }

    fn mac_addresses(&self) -> Nullable<Json> {
        let cards = self.ip_addresses.value().into_iter().flatten().filter_map(|adapter| match adapter {
            Adapter::Address(_) => None,
            Adapter::Card(card) => card.mac.value(),
        });
        let local =
            self.local_ip_addresses.value().into_iter().flatten().filter_map(|card| card.physical_address.value());
        self.list(cards.chain(local))
    }

    fn local_ips(&self) -> Nullable<Json> {
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
    fn list<'t>(&self, texts: impl Iterator<Item = &'t Str<'t>>) -> Nullable<Json> {
        if self.ip_addresses.is_absent() && self.local_ip_addresses.is_absent() {
            return Nullable::Absent;
        }
        let mut texts: Vec<&str> = texts.map(Str::trimmed).filter(|text| !text.is_empty()).collect();
        texts.sort_unstable();
        texts.dedup();
        if texts.is_empty() { Nullable::Null } else { Nullable::Value(Json::list(&texts)) }
    }

    fn storage(&self, settings: &Settings) -> Nullable<Json> {
        let disks = match &self.disks {
            Nullable::Absent => return Nullable::Absent,
            Nullable::Null => return Nullable::Null,
            Nullable::Value(disks) if disks.is_empty() => return Nullable::Null,
            Nullable::Value(disks) => disks,
        };
        let mut out = String::with_capacity(disks.len() * 60);
        for disk in disks {
            out.push_str(if out.is_empty() { "[{\"name\":" } else { ",{\"name\":" });
            push_text(&mut out, disk.name.trimmed());
            if let Nullable::Value(Int(total)) = disk.total_value {
                let total = total.saturating_mul(settings.disk_unit.bytes());
                push_number(&mut out, ",\"total\":", total);
                if let Nullable::Value(Int(percent)) = disk.free_percentage {
                    let percent = percent.clamp(0, 100);
                    let free = total / 100 * percent + total % 100 * percent / 100;
                    push_number(&mut out, ",\"free\":", free);
                }
            }
            out.push('}');
        }
        out.push(']');
        Nullable::Value(Json(out))
    }
}

/// A text that is more than white space.
fn words<'t>(told: &'t Nullable<Str<'_>>) -> Option<&'t str> {
    told.value().map(Str::trimmed).filter(|text| !text.is_empty())
}

fn push_number(out: &mut String, label: &str, number: i64) {
    out.push_str(label);
    // Writing into a text cannot fail.
    let _ = write!(out, "{number}");
}

fn contains_ignoring_case(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::DiskUnit;

    const FULL: &str = r#"{
        "Identifier":"1f0c","Name":"ACME-LT-014","GroupName":"Acme - Leeds - Laptops","Description":"Microsoft Windows 11 Pro",
        "Tags":["vip"],"Type":"windows","ClientVersion":"9.14","LastUpdated":"2025-11-03T07:00:00",
        "LastSeenOnline":"2025-11-03T07:59:00.000Z","LastReboot":"","MemoryTotal":17179869184,"FirewallEnabled":true,
        "AntivirusEnabled":"enabled","EventLogs":{"Error":1},"AssetInfo":[
            {"CategoryName":"System","CategoryData":{"Name":"ACME-LT-014","Manufacturer":"LENOVO","Model":"21HM","CPU":"i7","Domain":"ACME","Owner Name":"ann"}},
            {"CategoryName":"BIOS","CategoryData":{"Serial Number":" PF3X9Z12 ","Name":"BIOS 1.2","Manufacturer":"LENOVO BIOS"}},
            {"CategoryName":"Operating System","CategoryData":{"Name":"Microsoft Windows 11 Pro","Version":"10.0.26100","Serial Number":"00330-80000","Registered User":"bob"}}],
        "PublicIpAddress":"203.0.113.7","IpAddresses":[{"Name":"Ethernet","MAC":"AA:BB","IPs":[{"IP":"192.168.1.9","V6":false},{"IP":"fe80::1","V6":true}]}],
        "Disks":[{"Name":"C:","System":true,"FreePercentage":25,"TotalValue":1000},{"Name":"D\"","FreePercentage":"10","TotalValue":10.0},{"Name":"E:"}],
        "InstalledSoftware":[{"Name":"x"}],"LocalIpAddresses":[{"PhysicalAddress":"AA:BB","IpV4":"192.168.1.9","IpV6":null}],"SiteId":5140}"#;

    fn asset(json: &str, settings: &Settings) -> Asset {
        let row: Inventory<'_> = serde_json::from_str(json).unwrap();
        row.asset(settings)
    }

    fn value(text: &str) -> Nullable<String> {
        Nullable::Value(text.to_owned())
    }

    #[test]
    fn a_full_row_gives_every_attribute() {
        let asset = asset(FULL, &Settings::default());
        assert_eq!(asset.name, "ACME-LT-014");
        assert_eq!(asset.serial_number, value("PF3X9Z12"), "the BIOS's, not Windows' product id");
        assert_eq!(asset.manufacturer, value("LENOVO"));
        assert_eq!(asset.operating_system, value("Microsoft Windows 11 Pro 10.0.26100"));
        assert_eq!(asset.type_, value("workstation"));
        assert_eq!(asset.last_seen, Nullable::Value(crosswalk_sdk::Time("2025-11-03T07:59:00Z".to_owned())));
        assert_eq!(asset.last_reboot, Nullable::Null);
        assert_eq!(asset.last_login, Nullable::Absent);
        assert_eq!(asset.memory, Nullable::Value(17_179_869_184));
        assert_eq!(asset.location, Nullable::Value(Reference("5140".to_owned())));
        assert_eq!(asset.mac_addresses, Nullable::Value(Json(r#"["AA:BB"]"#.to_owned())));
        assert_eq!(asset.local_ips, Nullable::Value(Json(r#"["192.168.1.9","fe80::1"]"#.to_owned())));
        let storage =
            r#"[{"name":"C:","total":1024000,"free":256000},{"name":"D\"","total":10240,"free":1024},{"name":"E:"}]"#;
        assert_eq!(asset.storage, Nullable::Value(Json(storage.to_owned())));
        assert_eq!(asset.active, Nullable::Absent, "the vendor has no such mark");
    }

    #[test]
    fn what_is_missing_or_odd_is_told_as_it_is() {
        let plain = Settings::default();
        let bare = asset(r#"{"Identifier":"1","Name":"X"}"#, &plain);
        assert_eq!(bare, Asset { name: "X".to_owned(), ..Asset::default() });

        let nulls = r#"{"Identifier":"1","Name":"X","AssetInfo":null,"Disks":null,"IpAddresses":null,"LastSeenOnline":"",
            "LastUpdated":"2025-11-03 07:00","MemoryTotal":null,"Type":null,"FirewallEnabled":null,"SiteId":null}"#;
        let nulls = asset(nulls, &plain);
        assert_eq!(
            (nulls.storage, nulls.local_ips, nulls.serial_number),
            (Nullable::Null, Nullable::Null, Nullable::Absent)
        );
        assert_eq!(
            nulls.last_seen,
            Nullable::Value(crosswalk_sdk::Time("2025-11-03T07:00:00Z".to_owned())),
            "the update stands in"
        );

        let texts = asset(r#"{"Identifier":"1","IpAddresses":["10.0.0.2","10.0.0.1","10.0.0.2"]}"#, &plain);
        assert_eq!(texts.local_ips, Nullable::Value(Json(r#"["10.0.0.1","10.0.0.2"]"#.to_owned())));
        assert_eq!(texts.mac_addresses, Nullable::Null);

        let no_bios = asset(
            r#"{"Identifier":"1","AssetInfo":[{"CategoryName":"Operating System","CategoryData":{"Serial Number":"00330"}}]}"#,
            &plain,
        );
        assert_eq!(no_bios.serial_number, Nullable::Absent);
        let empty_bios = asset(
            r#"{"Identifier":"1","AssetInfo":[{"CategoryName":"BIOS","CategoryData":{"Serial Number":""}}]}"#,
            &plain,
        );
        assert_eq!(empty_bios.serial_number, Nullable::Null);
    }

    #[test]
    fn the_type_is_told_where_it_can_be() {
        for (platform, system, expected) in [
            ("windows", "Windows Server 2022", "server"),
            ("Windows", "Windows 11", "workstation"),
            ("mac", "macOS 15", "workstation"),
            ("linux", "Ubuntu 24.04", "linux"),
            ("linux", "SUSE Linux Enterprise Server", "server"),
            ("android", "Android 15", "mobile"),
        ] {
            let json = format!(r#"{{"Identifier":"1","Type":"{platform}","Description":"{system}"}}"#);
            assert_eq!(asset(&json, &Settings::default()).type_, value(expected), "{system}");
        }
    }

    #[test]
    fn settings_change_what_is_read() {
        let settings = Settings { disk_unit: DiskUnit::Bytes, last_login: LastLogin::OwnerName, ..Settings::default() };
        let owner = asset(FULL, &settings);
        assert_eq!(owner.last_login, value("ann"));
        assert!(owner.storage.value().is_some_and(|json| json.0.contains(r#""total":1000,"free":250"#)));
        let settings =
            Settings { disk_unit: DiskUnit::Megabytes, last_login: LastLogin::RegisteredUser, ..Settings::default() };
        let registered = asset(FULL, &settings);
        assert_eq!(registered.last_login, value("bob"));
        assert!(registered.storage.value().is_some_and(|json| json.0.contains(r#""total":1048576000"#)));
    }
}
