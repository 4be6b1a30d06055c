//! The audit of one device: what its record lacks, and as much of it as is kept (`kept`).

use crate::client::failure;
use crate::kept::Wanted;
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{Asset, Failure, Json, Nullable, Response};
use serde::{Deserialize, Serialize};

/// An audit, as the vendor writes it and as far as it is used. Any section may be missing or `null`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Audit<'a> {
    #[serde(borrow)]
    system_info: Nullable<SystemInfo<'a>>,
    #[serde(borrow)]
    bios: Nullable<Bios<'a>>,
    #[serde(borrow)]
    nics: Nullable<Vec<Nic<'a>>>,
    #[serde(borrow)]
    logical_disks: Nullable<Vec<Disk<'a>>>,
    #[serde(borrow)]
    processors: Nullable<Vec<Processor<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SystemInfo<'a> {
    #[serde(borrow)]
    manufacturer: Nullable<Str<'a>>,
    #[serde(borrow)]
    model: Nullable<Str<'a>>,
    total_physical_memory: Nullable<Int>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Bios<'a> {
    #[serde(borrow)]
    serial_number: Nullable<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Nic<'a> {
    #[serde(borrow)]
    ipv4: Nullable<Str<'a>>,
    #[serde(borrow)]
    ipv6: Nullable<Str<'a>>,
    #[serde(borrow)]
    mac_address: Nullable<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Disk<'a> {
    #[serde(borrow)]
    disk_identifier: Nullable<Str<'a>>,
    freespace: Nullable<Int>,
    size: Nullable<Int>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Processor<'a> {
    #[serde(borrow)]
    name: Nullable<Str<'a>>,
}

/// A drive, as the catalogue wants it.
#[derive(Serialize)]
struct Drive<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    free: Option<i64>,
}

/// What an audit tells, in our words.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Facts {
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    serial_number: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    manufacturer: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    model: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    cpu: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    memory: Nullable<i64>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    storage: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    mac_addresses: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    local_ips: Nullable<String>,
}

impl Facts {
    /// From a reply; none where the vendor has no audit of the device and its own record says so: 404 of one that was never
    /// audited, 400 of what is not said to be a computer.
    ///
    /// # Errors
    /// What the reply stands for; not-found where the vendor has no audit of a device that it says it audited.
    pub(crate) fn open(reply: &Response, device: &Wanted<'_>) -> Result<Option<Self>, Failure> {
        match reply.status {
            400 if !device.is_computer => Ok(None),
            404 if device.date.is_empty() => Ok(None),
            404 => Err(Failure::NotFound(
                "Datto RMM says that it audited this device, and has no audit of it: its serial number is not known"
                    .to_owned(),
            )),
            _ if reply.is_success() => json::parse::<Audit<'_>>(reply.text()).map(|audit| Some(audit.facts())),
            _ => Err(failure(reply)),
        }
    }

    /// Adds them to what the device's record told.
    pub(crate) fn fill(&self, asset: &mut Asset) {
        let told = self.clone();
        asset.serial_number = told.serial_number;
        asset.manufacturer = told.manufacturer;
        asset.model = told.model;
        asset.cpu = told.cpu;
        asset.memory = told.memory;
        asset.storage = told.storage.map(Json);
        asset.mac_addresses = told.mac_addresses.map(Json);
        if !told.local_ips.is_absent() {
            asset.local_ips = told.local_ips.map(Json);
        }
    }
}

impl Audit<'_> {
    fn facts(&self) -> Facts {
        let none = SystemInfo::default();
        let system = self.system_info.value().unwrap_or(&none);
        let nics = || self.nics.value().into_iter().flatten();
        Facts {
            serial_number: self.bios.value().map_or(Nullable::Absent, |bios| bios.serial_number.text()),
            manufacturer: system.manufacturer.text(),
            model: system.model.text(),
            cpu: match &self.processors {
                Nullable::Absent => Nullable::Absent,
                told => {
                    Nullable::or_null(told.value().into_iter().flatten().find_map(|cpu| cpu.name.text().into_value()))
                }
            },
            memory: system.total_physical_memory.clone().and_then(|Int(bytes)| (bytes > 0).then_some(bytes)),
            storage: self.storage(),
            mac_addresses: match &self.nics {
                Nullable::Absent => Nullable::Absent,
                _ => list(nics().filter_map(|nic| nic.mac_address.value())).map(|Json(json)| json),
            },
            local_ips: match &self.nics {
                Nullable::Value(_) => {
                    list(nics().flat_map(|nic| [nic.ipv4.value(), nic.ipv6.value()]).flatten()).map(|Json(json)| json)
                }
                _ => Nullable::Absent,
            },
        }
    }

    fn storage(&self) -> Nullable<String> {
        if self.logical_disks.is_absent() {
            return Nullable::Absent;
        }
        let size = |told: &Nullable<Int>| told.value().map(|Int(bytes)| *bytes).filter(|bytes| *bytes >= 0);
        let drives: Vec<Drive<'_>> = self
            .logical_disks
            .value()
            .into_iter()
            .flatten()
            .filter_map(|disk| {
                let name = disk.disk_identifier.value().map(Str::trimmed).filter(|name| !name.is_empty())?;
                Some(Drive { name, total: size(&disk.size), free: size(&disk.freespace) })
            })
            .collect();
        if drives.is_empty() { Nullable::Null } else { Nullable::Value(json::write(&drives)) }
    }
}

/// The texts, each once and in order, so that the same machine gives the same list.
pub(crate) fn list<'t>(texts: impl Iterator<Item = &'t Str<'t>>) -> Nullable<Json> {
    let mut texts: Vec<&str> = texts.map(Str::trimmed).filter(|text| !text.is_empty()).collect();
    texts.sort_unstable();
    texts.dedup();
    if texts.is_empty() { Nullable::Null } else { Nullable::Value(Json::list(&texts)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::reply;

    fn filled(json: &str) -> Asset {
        let reply = reply(200, json);
        let mut asset = Asset::default();
        let facts = Facts::open(&reply, &Wanted { uid: "d", date: "1", is_computer: true }).unwrap().unwrap();
        let kept: Facts = serde_json::from_str(&json::write(&facts)).unwrap();
        assert_eq!(kept, facts, "what is kept reads back the same");
        facts.fill(&mut asset);
        asset
    }

    #[test]
    fn an_audit_gives_what_the_record_lacks() {
        let asset = filled(
            r#"{"portalUrl":"x","webRemoteUrl":null,"systemInfo":{"manufacturer":"LENOVO","model":"21HM","totalPhysicalMemory":17179869184,"username":"ann","dotNetVersion":null,"totalCpuCores":8},
            "nics":[{"instance":"Ethernet","ipv4":"192.168.1.9","ipv6":"fe80::1","macAddress":"AA:BB","type":null},{"instance":"BT","ipv4":null,"ipv6":null,"macAddress":"","type":null}],
            "bios":{"instance":"1.2","releaseDate":null,"serialNumber":" PF3X9Z12 ","smBiosVersion":null},"baseBoard":null,"displays":[],
            "logicalDisks":[{"description":"Local","diskIdentifier":"C:","freespace":256,"size":1024},{"description":null,"diskIdentifier":"D:","freespace":null,"size":null},{"diskIdentifier":null}],
            "processors":[{"name":"i7"}],"snmpInfo":null,"physicalMemory":[]}"#,
        );
        let value = |text: &str| Nullable::Value(text.to_owned());
        assert_eq!((asset.serial_number, asset.manufacturer), (value("PF3X9Z12"), value("LENOVO")));
        assert_eq!(
            (asset.model, asset.cpu, asset.memory),
            (value("21HM"), value("i7"), Nullable::Value(17_179_869_184))
        );
        assert_eq!(asset.mac_addresses, Nullable::Value(Json(r#"["AA:BB"]"#.to_owned())));
        assert_eq!(asset.local_ips, Nullable::Value(Json(r#"["192.168.1.9","fe80::1"]"#.to_owned())));
        let drives = r#"[{"name":"C:","total":1024,"free":256},{"name":"D:"}]"#;
        assert_eq!(asset.storage, Nullable::Value(Json(drives.to_owned())));
        assert_eq!(asset.last_login, Nullable::Absent, "the record tells who logged in last");
    }

    #[test]
    fn what_is_missing_is_told_as_it_is() {
        assert_eq!(filled("{}"), Asset::default());
        let nulls = filled(
            r#"{"systemInfo":null,"bios":null,"nics":null,"logicalDisks":null,"processors":null,"baseBoard":null}"#,
        );
        assert_eq!((nulls.serial_number, nulls.storage, nulls.cpu), (Nullable::Absent, Nullable::Null, Nullable::Null));
        assert_eq!(filled(r#"{"bios":{"serialNumber":""}}"#).serial_number, Nullable::Null);
        assert_eq!(filled(r#"{"logicalDisks":[]}"#).storage, Nullable::Null);
    }

    #[test]
    fn no_audit_is_believed_only_where_the_record_says_so() {
        let never = Wanted { uid: "d", date: "", is_computer: true };
        let audited = Wanted { date: "1762150000000", ..never };
        let odd = Wanted { is_computer: false, ..never };
        for (status, device, has) in [
            (404, never, Ok(false)),
            (404, audited, Err("not-found")),
            (400, odd, Ok(false)),
            (400, audited, Err("rejected")),
            (200, audited, Ok(true)),
            (429, never, Err("throttled")),
            (403, never, Err("denied")),
        ] {
            let reply = reply(status, "{}");
            let got = Facts::open(&reply, &device).map(|audit| audit.is_some());
            assert_eq!(got.map_err(|failure| failure.case()), has, "{status} {device:?}");
        }
    }
}
