//! Datto RMM's rows as the vendor writes them: camelCase, and as full of nulls as a live account's.
//! Leaves alone: which rows, and the envelope around them.

use super::state::{Row, Site, State};
use crate::clock::{TimeStyle, iso};
use crate::json::{Obj, array};

/// The account every row belongs to.
pub(super) const ACCOUNT: &str = "5b1d6b2c-2f4e-4a0b-9a57-6d1f0c3b7e11";

/// Which of the vendor's forms are in use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) iso: bool,
}

impl Form {
    /// A time member from unix milliseconds.
    pub(super) fn time(self, o: &mut Obj<'_>, key: &str, ms: Option<i64>) {
        match ms {
            Some(ms) if self.iso => o.text(key, &iso(ms, TimeStyle::Millis)),
            Some(ms) => o.int(key, ms),
            None => o.null(key),
        };
    }
}

fn text_or_null_if_empty(o: &mut Obj<'_>, key: &str, value: &str) {
    o.text_or_null(key, (!value.is_empty()).then_some(value));
}

pub(super) fn site(state: &State, id: i64, site: &Site, out: &mut Vec<u8>) {
    let slots = state.in_site.get(&id).map_or(&[][..], Vec::as_slice);
    let online = slots.iter().filter(|s| state.row(**s).is_some_and(|r| r.online)).count() as i64;
    let mut o = Obj::new(out);
    o.int("id", id).text("uid", &site.uid).text("accountUid", ACCOUNT).text("name", &site.name);
    text_or_null_if_empty(&mut o, "description", &site.description);
    text_or_null_if_empty(&mut o, "notes", &site.notes);
    o.flag("onDemand", site.on_demand).flag("splashtopAutoInstall", site.splashtop).null("proxySettings");
    let mut status = Obj::new(o.key("devicesStatus"));
    status.int("numberOfDevices", slots.len() as i64).int("numberOfOnlineDevices", online);
    status.int("numberOfOfflineDevices", slots.len() as i64 - online);
    status.end();
    o.text_or_null("autotaskCompanyName", site.autotask.as_ref().map(|(_, name)| name.as_str()));
    o.text_or_null("autotaskCompanyId", site.autotask.as_ref().map(|(id, _)| id.to_string()).as_deref());
    o.text("portalUrl", &format!("https://simulated.centrastage.net/csm/search?qs=uid%3A{}", site.uid));
    o.end();
}

/// The device record: no serial, no disks. What is null, absent or unheard of goes by the device's number.
pub(super) fn device(state: &State, slot: i64, row: &Row, out: &mut Vec<u8>) {
    let d = &row.device;
    let form = Form { iso: state.iso_dates };
    let site = state.sites.get(&row.site);
    let windows = d.platform == "windows";
    let mut o = Obj::new(out);
    o.int("id", 100_000 + slot).text("uid", &d.id).int("siteId", row.site);
    o.text_or_null("siteUid", site.map(|s| s.uid.as_str())).text_or_null("siteName", site.map(|s| s.name.as_str()));
    if slot % 41 == 9 {
        o.null("deviceType");
    } else {
        let category = match row.device.name.as_str() {
            name if name.contains("-SRV-") => "Server",
            name if name.contains("-LT-") => "Laptop",
            _ => "Desktop",
        };
        let mut kind = Obj::new(o.key("deviceType"));
        kind.text("category", category).text("type", category);
        kind.end();
    }
    o.text("hostname", &d.name).text("intIpAddress", &d.ip).text("extIpAddress", &d.public_ip);
    o.text("operatingSystem", d.os);
    let user = d.owner.to_lowercase().replace(' ', ".");
    o.text_or_null("lastLoggedInUser", (slot % 11 != 3).then_some(format!("WORKGROUP\\{user}")).as_deref());
    // Null in most rows, absent in some.
    if slot % 17 != 2 {
        o.text_or_null("domain", windows.then_some("WORKGROUP"));
    }
    o.text_or_null("warrantyDate", row.warranty.as_deref());
    o.text("cagVersion", "4.4.2281").text("displayVersion", "4.4.2281").text("description", &d.name);
    o.flag("a64Bit", true).flag("rebootRequired", false).flag("online", row.online);
    o.flag("suspended", false).flag("deleted", false);
    form.time(&mut o, "lastSeen", d.last_seen.map(|s| s * 1000));
    form.time(&mut o, "lastReboot", d.last_reboot.map(|s| s * 1000));
    form.time(&mut o, "lastAuditDate", row.audited.map(|s| s * 1000));
    form.time(&mut o, "creationDate", Some(row.created * 1000));
    let mut udf = Obj::new(o.key("udf"));
    for (i, value) in row.udf.iter().enumerate() {
        udf.text_or_null(&format!("udf{}", i + 1), value.as_deref());
    }
    udf.end();
    o.flag("snmpEnabled", false).text("deviceClass", &row.class);
    o.text("portalUrl", &format!("https://simulated.centrastage.net/device/{}", 100_000 + slot));
    if !windows || slot % 13 == 4 {
        o.null("antivirus").null("patchManagement");
    } else {
        // A status nobody has documented yet, now and then.
        let odd = slot % 37 == 5;
        o.raw(
            "antivirus",
            if odd {
                r#"{"antivirusProduct":"Windows Defender","antivirusStatus":"RunningInPassiveMode"}"#
            } else {
                r#"{"antivirusProduct":"Windows Defender","antivirusStatus":"RunningAndUpToDate"}"#
            },
        );
        o.raw("patchManagement", r#"{"patchStatus":"FullyPatched","patchesApprovedPending":0,"patchesNotApproved":2,"patchesInstalled":118}"#);
    }
    o.null("softwareStatus")
        .text("webRemoteUrl", &format!("https://simulated.rmm.datto.com/web-remote/{}", 100_000 + slot));
    o.flag("networkProbe", false).flag("onboardedViaNetworkMonitor", false);
    o.end();
}

/// The audit of a device: what the device record lacks.
pub(super) fn audit(slot: i64, row: &Row, out: &mut Vec<u8>) {
    let d = &row.device;
    let mut o = Obj::new(out);
    o.text("portalUrl", &format!("https://simulated.centrastage.net/device/{}", 100_000 + slot)).null("webRemoteUrl");
    let mut system = Obj::new(o.key("systemInfo"));
    system.text("manufacturer", d.manufacturer).text("model", d.model).int("totalPhysicalMemory", d.memory_bytes);
    system.text("username", &d.owner).null("dotNetVersion").int("totalCpuCores", 12);
    system.end();
    let nics = d.macs().enumerate().map(Some).chain([None]);
    array(o.key("nics"), nics, |out, nic| {
        let mut o = Obj::new(out);
        match nic {
            Some((0, mac)) => {
                o.text("instance", "Ethernet").text("ipv4", &d.ip).text("ipv6", "fe80::1").text("macAddress", mac);
                o.text("type", "Ethernet");
            }
            Some((nth, mac)) => {
                o.text("instance", &format!("Ethernet {}", nth + 1)).null("ipv4").null("ipv6").text("macAddress", mac);
                o.text("type", "Ethernet");
            }
            None => {
                o.text("instance", "Bluetooth Network Connection").null("ipv4").null("ipv6");
                o.text("macAddress", "").null("type");
            }
        }
        o.end();
    });
    match &d.serial {
        Some(serial) => {
            let mut bios = Obj::new(o.key("bios"));
            bios.text("instance", "BIOS 1.21.0")
                .null("releaseDate")
                .text("serialNumber", serial)
                .text("smBiosVersion", "1.21.0");
            bios.end();
        }
        None => {
            o.null("bios");
        }
    }
    let mut board = Obj::new(o.key("baseBoard"));
    board.text("manufacturer", d.manufacturer).null("product");
    board.end();
    o.raw("displays", "[]");
    array(o.key("logicalDisks"), &d.disks, |out, disk| {
        let mut o = Obj::new(out);
        let size = disk.total_kb * 1024;
        o.text("description", "Local Fixed Disk").text("diskIdentifier", disk.name);
        o.int("freespace", size / 100 * disk.free_percent).int("size", size);
        o.end();
    });
    o.raw("mobileInfo", "[]").raw("processors", r#"[{"name":"Intel(R) Core(TM) i5-1345U"}]"#).raw("videoBoards", "[]");
    o.raw("attachedDevices", "[]").null("snmpInfo").raw("physicalMemory", "[]");
    o.end();
}
