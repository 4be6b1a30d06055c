//! Assets: the vendor's devices, with their audits. A device can be moved to another site, and nothing else.

use crate::audit::{Facts, list};
use crate::client::{self, PAGE, Rows, at, failure, page, when};
use crate::kept::{self, Wanted};
use crate::settings::Settings;
use crate::sites::part_of;
use crosswalk_sdk::http::segment;
use crosswalk_sdk::json::{self, Keys, Str};
use crosswalk_sdk::{
    Asset, Change, Failure, Field, Gap, Host, Item, Method, Named, Nullable, Operation, Outcome, Page, Reference,
    Request, Selection, Settlement, Value, batch, names,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Rows of a page when each costs another call: what a page that is cut short by the limit of calls loses is no more.
const AUDITED_PAGE: u32 = 100;

const EVERYTHING: &str = "account/devices";

/// What names a device and its site in a row.
const KEYS: Keys<'_> = Keys { item: "uid", parent: "siteUid" };

/// A device, as far as it is used. Any field may be missing or `null`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Device<'a> {
    #[serde(borrow)]
    uid: Str<'a>,
    #[serde(borrow, default)]
    site_uid: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    site_name: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    hostname: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    device_type: Nullable<DeviceType<'a>>,
    #[serde(borrow, default)]
    device_class: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    operating_system: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_logged_in_user: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    domain: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    display_version: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    cag_version: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    description: Nullable<Str<'a>>,
    #[serde(default)]
    deleted: Nullable<bool>,
    #[serde(borrow, default)]
    last_seen: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_reboot: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_audit_date: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    int_ip_address: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    ext_ip_address: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    warranty_date: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    antivirus: Nullable<Antivirus<'a>>,
    #[serde(borrow, default)]
    patch_management: Nullable<PatchManagement<'a>>,
    #[serde(borrow, default)]
    udf: Nullable<BTreeMap<String, Nullable<Str<'a>>>>,
}

#[derive(Deserialize)]
struct DeviceType<'a> {
    #[serde(borrow, default)]
    category: Nullable<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Antivirus<'a> {
    #[serde(borrow, default)]
    antivirus_product: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    antivirus_status: Nullable<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PatchManagement<'a> {
    #[serde(borrow, default)]
    patch_status: Nullable<Str<'a>>,
}

impl Device<'_> {
    fn item(&self, audit: Option<&Facts>) -> Item {
        let site = self.site();
        let mut asset = Asset {
            id: self.uid.trimmed().to_owned(),
            parent: site.clone(),
            name: self.hostname.text().into_value().unwrap_or_default(),
            active: self.deleted.clone().map(|deleted| !deleted),
            location: Nullable::or_absent(site.map(Reference)),
            type_: self.type_(),
            operating_system: self.operating_system.text(),
            domain: self.domain.text(),
            description: self.description.text(),
            agent_version: match self.display_version.text() {
                Nullable::Value(version) => Nullable::Value(version),
                _ => self.cag_version.text(),
            },
            last_login: self.last_logged_in_user.text(),
            last_seen: when(&self.last_seen),
            last_reboot: when(&self.last_reboot),
            public_ip: self.ext_ip_address.text(),
            local_ips: match &self.int_ip_address {
                Nullable::Absent => Nullable::Absent,
                told => list(told.value().into_iter()),
            },
            extra: self.extra(),
            ..Asset::default()
        };
        if let Some(audit) = audit {
            audit.fill(&mut asset);
        }
        asset.into_item()
    }

    fn site(&self) -> Option<String> {
        self.site_uid.text().into_value()
    }

    /// Whether the vendor audits it: only what it calls a device, and where nothing is told, it may be one.
    fn is_audited(&self) -> bool {
        self.device_class.value().is_none_or(|class| class.trimmed().is_empty() || class.trimmed() == "device")
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            uid: self.uid.trimmed(),
            date: self.last_audit_date.value().map_or("", Str::trimmed),
            is_computer: self.device_class.value().is_some_and(|class| class.trimmed() == "device"),
        }
    }

    /// Our word where the vendor's own means it, else the vendor's. New ones come up all the time.
    fn type_(&self) -> Nullable<String> {
        match self.device_class.value().map(Str::trimmed) {
            Some("printer") => return Nullable::Value("printer".to_owned()),
            Some("esxihost") => return Nullable::Value("server".to_owned()),
            Some("rmmnetworkdevice") => return Nullable::Value("network".to_owned()),
            _ => {}
        }
        let category = self.device_type.value().map_or(Nullable::Absent, |kind| kind.category.text());
        category.map(|category| {
            let lower = category.to_lowercase();
            let ours = [
                ("server", "server"),
                ("desktop", "workstation"),
                ("laptop", "workstation"),
                ("workstation", "workstation"),
                ("tablet", "mobile"),
                ("phone", "mobile"),
                ("printer", "printer"),
                ("network", "network"),
            ];
            ours.iter().find(|(theirs, _)| lower.contains(theirs)).map_or(category, |(_, ours)| (*ours).to_owned())
        })
    }

    /// What has no field of the catalogue, under the vendor's names: what is empty is left out.
    fn extra(&self) -> Vec<Field> {
        let (antivirus, patches) = (self.antivirus.value(), self.patch_management.value());
        let named = [
            ("antivirusProduct", antivirus.map(|av| &av.antivirus_product)),
            ("antivirusStatus", antivirus.map(|av| &av.antivirus_status)),
            ("patchStatus", patches.map(|patches| &patches.patch_status)),
            ("warrantyDate", Some(&self.warranty_date)),
        ];
        let named = named.into_iter().filter_map(|(name, told)| Some((name, told?)));
        let udfs = self.udf.value().into_iter().flatten().map(|(name, told)| (name.as_str(), told));
        named
            .chain(udfs)
            .filter_map(|(name, told)| {
                let text = told.text().into_value()?;
                Some(Field { name: name.to_owned(), value: Value::Text(text) })
            })
            .collect()
    }
}

/// Reads assets.
pub(crate) fn read(
    host: &dyn Host,
    settings: &Settings,
    selection: Selection,
    after: Option<&str>,
) -> Result<Page, Failure> {
    let (path, part, exact) = match selection {
        Selection::Everything => (EVERYTHING.to_owned(), None, None),
        Selection::OfParent(site) => (format!("site/{}/devices", segment(&site)), None, None),
        Selection::Ids(ids) => return by_id(host, settings, &ids),
        Selection::Search(text) => (EVERYTHING.to_owned(), Some(text), None),
        Selection::Named(named) => (EVERYTHING.to_owned(), part_of(&named.name), Some(named)),
        _ => return Err(Failure::Unsupported("devices cannot be asked for in this way".to_owned())),
    };
    let query: Vec<(&str, &str)> = part.iter().map(|part| ("hostname", part.as_str())).collect();
    let most = if settings.audits { AUDITED_PAGE } else { PAGE };
    let reply = page(host, &path, &query, most, after)?;
    let mut found = Rows::<Device<'_>>::open(&reply, KEYS, after)?;
    found
        .rows
        .retain(|device| !settings.skips(&device.site_name) && exact.as_ref().is_none_or(|named| fits(device, named)));
    let (items, gaps) = audited(host, settings, &found.rows)?;
    found.gaps.extend(gaps);
    Ok(found.page(items))
}

/// The vendor's filter finds parts of names.
fn fits(device: &Device<'_>, named: &Named) -> bool {
    device.hostname.text().value().is_some_and(|name| names::same(&named.name, name, None))
        && (named.parent.is_none() || named.parent == device.site())
}

/// Those with these ids that are there.
fn by_id(host: &dyn Host, settings: &Settings, ids: &[String]) -> Result<Page, Failure> {
    let (replies, mut gaps) = client::singles(host, "device", ids)?;
    let mut devices: Vec<Device<'_>> = client::read_each(&replies, &mut gaps, |reply| json::parse(reply.text()));
    devices.retain(|device| !settings.skips(&device.site_name));
    let (items, of_audits) = audited(host, settings, &devices)?;
    gaps.extend(of_audits);
    Ok(Page { gaps, ..client::whole(items) })
}

/// The devices as items, each with its audit where it has one. An audit that says something and cannot be read is a gap: the
/// device is there all the same.
fn audited(host: &dyn Host, settings: &Settings, devices: &[Device<'_>]) -> Result<(Vec<Item>, Vec<Gap>), Failure> {
    let is_asked = |device: &Device<'_>| settings.audits && device.is_audited();
    let wanted: Vec<Wanted<'_>> = devices.iter().filter(|device| is_asked(device)).map(Device::wanted).collect();
    let mut audits = kept::audits(host, &wanted, false)?.into_iter();
    let (mut items, mut gaps) = (Vec::with_capacity(devices.len()), Vec::new());
    for device in devices {
        let audit = if is_asked(device) { audits.next() } else { None };
        let audit = audit.unwrap_or(Ok(None)).unwrap_or_else(|cause| {
            gaps.push(Gap::of_item(device.uid.trimmed(), device.site(), cause));
            None
        });
        items.push(device.item(audit.as_ref()));
    }
    Ok((items, gaps))
}

/// Keeps the audits that are new of one page of all devices; where to go on, if that was not the last.
///
/// # Errors
/// Why it could not be done to the end; what came is kept.
pub(crate) fn keep_audits(
    host: &dyn Host,
    settings: &Settings,
    after: Option<&str>,
) -> Result<Option<String>, Failure> {
    let reply = page(host, EVERYTHING, &[], AUDITED_PAGE, after)?;
    let found = Rows::<Device<'_>>::open(&reply, KEYS, after)?;
    let is_wanted = |device: &&Device<'_>| device.is_audited() && !settings.skips(&device.site_name);
    let wanted: Vec<Wanted<'_>> = found.rows.iter().filter(is_wanted).map(Device::wanted).collect();
    kept::audits(host, &wanted, true)?;
    Ok(found.page(Vec::new()).next)
}

fn request(change: &Change) -> Result<Request, Failure> {
    let (Operation::Move, Some(device), Some(site)) = (change.operation, &change.target, &change.parent) else {
        return Err(Failure::Unsupported("devices can be moved to another site, nothing else".to_owned()));
    };
    let path = at(&format!("device/{}/site/{}", segment(device), segment(site)));
    Ok(Request::new(Method::Put, "api", path).change(&change.id))
}

/// Writes assets: moves.
pub(crate) fn write(host: &dyn Host, changes: &[Change]) -> Vec<Outcome> {
    let prepared = changes.iter().map(request).collect();
    batch::write_all(
        changes,
        prepared,
        |requests| host.send_all(requests),
        |change, reply| {
            if reply.is_success() {
                Settlement::Done(change.target.clone().unwrap_or_default())
            } else {
                Settlement::Failed(failure(reply))
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, reply};
    use crosswalk_sdk::{Json, Time};

    const FULL: &str = r#"{"id":7,"uid":"d-1","siteId":3,"siteUid":"s-1","siteName":"Acme Ltd","deviceType":{"category":"Laptop","type":"Laptop"},
        "hostname":"ACME-LT-014","intIpAddress":"192.168.1.9","extIpAddress":"203.0.113.7","operatingSystem":"Microsoft Windows 11 Pro 10.0.26100",
        "lastLoggedInUser":"ACME\\ann","domain":"ACME","cagVersion":"4.4","displayVersion":"4.4.1","description":"","a64Bit":true,"rebootRequired":false,
        "online":true,"suspended":false,"deleted":false,"lastSeen":1762156800000,"lastReboot":null,"lastAuditDate":1762150000000,"creationDate":1700000000000,
        "udf":{"udf1":"Room 4","udf2":null,"udf3":""},"snmpEnabled":false,"deviceClass":"device","portalUrl":"x","warrantyDate":"2027-01-31",
        "antivirus":{"antivirusProduct":"Defender","antivirusStatus":"RunningInPassiveMode"},"patchManagement":{"patchStatus":"FullyPatched"},
        "softwareStatus":null,"webRemoteUrl":"x","networkProbe":false,"onboardedViaNetworkMonitor":false}"#;

    fn asset(json: &str) -> Asset {
        let device: Device<'_> = serde_json::from_str(json).unwrap();
        let item = device.item(None);
        let mut change = crosswalk_sdk::testing::change("c", Operation::Update, crosswalk_sdk::Kind::Asset);
        (change.target, change.parent, change.name, change.fields) =
            (Some(item.id), item.parent, Some(item.name), item.fields);
        Asset::of_change(change).unwrap()
    }

    #[test]
    fn a_full_row_gives_every_attribute() {
        let asset = asset(FULL);
        let value = |text: &str| Nullable::Value(text.to_owned());
        assert_eq!(
            (asset.id.as_str(), asset.parent.as_deref(), asset.name.as_str()),
            ("d-1", Some("s-1"), "ACME-LT-014")
        );
        assert_eq!(asset.location, Nullable::Value(Reference("s-1".to_owned())));
        assert_eq!((asset.type_, asset.active), (value("workstation"), Nullable::Value(true)));
        assert_eq!((asset.last_login, asset.agent_version), (value("ACME\\ann"), value("4.4.1")));
        assert_eq!(asset.last_seen, Nullable::Value(Time("2025-11-03T08:00:00Z".to_owned())));
        assert_eq!((asset.last_reboot, asset.description), (Nullable::Null, Nullable::Null));
        assert_eq!(asset.local_ips, Nullable::Value(Json(r#"["192.168.1.9"]"#.to_owned())));
        assert_eq!(
            (asset.serial_number, asset.storage),
            (Nullable::Absent, Nullable::Absent),
            "only the audit has them"
        );
        let extra: Vec<&str> = asset.extra.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(extra, ["antivirusProduct", "antivirusStatus", "patchStatus", "warrantyDate", "udf1"]);
    }

    #[test]
    fn a_bare_row_is_a_device_all_the_same() {
        let bare = asset(r#"{"uid":"d-1"}"#);
        assert_eq!(bare, Asset { id: "d-1".to_owned(), ..Asset::default() });
        let nulls = asset(
            r#"{"uid":"d-1","siteUid":null,"hostname":null,"deviceType":null,"deviceClass":null,"udf":null,"antivirus":null,"lastSeen":"2025-11-03T08:00:00.000Z","deleted":null,"intIpAddress":null}"#,
        );
        assert_eq!((nulls.parent, nulls.active, nulls.type_), (None, Nullable::Null, Nullable::Absent));
        assert_eq!(nulls.last_seen, Nullable::Value(Time("2025-11-03T08:00:00Z".to_owned())));
    }

    #[test]
    fn the_type_is_told_where_it_can_be() {
        for (class, category, expected) in [
            ("device", "Server", "server"),
            ("device", "Main System Chassis", "Main System Chassis"),
            ("printer", "Printer", "printer"),
            ("esxihost", "Unknown", "server"),
            ("rmmnetworkdevice", "Unknown", "network"),
            ("unknown", "Smartphone", "mobile"),
            ("teapot", "Network Device", "network"),
        ] {
            let json = format!(r#"{{"uid":"1","deviceClass":"{class}","deviceType":{{"category":"{category}"}}}}"#);
            assert_eq!(asset(&json).type_, Nullable::Value(expected.to_owned()), "{class} {category}");
        }
    }

    #[test]
    fn only_devices_are_audited_and_an_odd_audit_is_a_gap() {
        let rows = r#"{"pageDetails":{"count":4,"totalCount":4,"nextPageUrl":""},"devices":[{"uid":"a","deviceClass":"device"},{"uid":"b","deviceClass":"printer"},
            {"uid":"c","siteUid":"s","deviceClass":"device"},{"uid":"d","siteName":"Deleted devices","deviceClass":"device"}]}"#;
        let host = Script::new("{}", |request| {
            Ok(match request.path.as_str() {
                "/api/v2/account/devices" => reply(200, rows),
                "/api/v2/audit/device/a" => reply(200, r#"{"bios":{"serialNumber":"S1"}}"#),
                _ => reply(200, "\"odd\""),
            })
        });
        let settings = Settings::default();
        let page = read(&host, &settings, Selection::Everything, None).unwrap();
        assert_eq!(
            host.asked(),
            ["GET /api/v2/account/devices?max=100", "GET /api/v2/audit/device/a", "GET /api/v2/audit/device/c"]
        );
        let ids: Vec<&str> = page.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        let gaps: Vec<_> = page.gaps.iter().map(|gap| (gap.item.as_deref(), gap.parent.as_deref())).collect();
        assert_eq!(gaps, [(Some("c"), Some("s"))]);
        assert_eq!((page.total, page.left_out), (Some(4), 1), "the site of deleted devices");
        host.forget();
        let plain = Settings { audits: false, ..settings };
        assert_eq!(read(&host, &plain, Selection::Everything, None).unwrap().items.len(), 3);
        assert_eq!(host.asked(), ["GET /api/v2/account/devices?max=250"]);
    }
}
