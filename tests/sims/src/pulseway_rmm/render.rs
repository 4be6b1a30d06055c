//! The RMM's rows as the vendor writes them: PascalCase, and every oddity the notes tell of.
//! Leaves alone: which rows, and the envelope around them.

use super::RmmOptions;
use super::list::Collection;
use super::state::{Group, Notification, Row, Site, State};
use crate::clock::{TimeStyle, iso};
use crate::json::{Obj, array, int, text};
use crate::world::EPOCH;

/// Which of the vendor's forms are in use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    site_id: bool,
    plain_ips: bool,
}

impl Form {
    pub(super) fn of(options: &RmmOptions) -> Form {
        Form { site_id: options.asset_site_id, plain_ips: options.plain_ip_addresses }
    }
}

pub(super) fn organisation(state: &State, id: i64, name: &str, out: &mut Vec<u8>) {
    let has = state.extras.has(Collection::Organisations, &id.to_string());
    let mut o = Obj::new(out);
    o.int("Id", id).text("Name", name).flag("HasCustomFields", has).null("PsaMappingId").null("PsaMappingType");
    o.end();
}

pub(super) fn site(state: &State, id: i64, site: &Site, out: &mut Vec<u8>) {
    let parent = state.organisations.get(&site.organisation).map_or("", |o| o.name.as_str());
    let address = site.address.as_ref();
    let mut o = Obj::new(out);
    o.int("Id", id).text("Name", &site.name);
    let mut contact = Obj::new(o.key("ContactInformation"));
    contact
        .text("Phone", &site.phone)
        .null("Fax")
        .null("Email")
        .null("ContactName")
        .text_or_null("CountryCode", address.map(|a| a.country.as_str()))
        .text_or_null("City", address.map(|a| a.city.as_str()))
        .text_or_null("Address1", address.map(|a| a.street.as_str()))
        .null("Address2")
        .text_or_null("Zip", address.map(|a| a.zip.as_str()));
    contact.end();
    o.int("ParentId", site.organisation).text("ParentName", parent);
    o.flag("HasCustomFields", state.extras.has(Collection::Sites, &id.to_string()));
    o.null("PsaMappingId").null("PsaIntegrationType");
    o.end();
}

pub(super) fn group(state: &State, id: i64, group: &Group, detail: bool, out: &mut Vec<u8>) {
    let site = state.sites.get(&group.site);
    let organisation = site.map_or(0, |s| s.organisation);
    let mut o = Obj::new(out);
    o.int("Id", id).text("Name", &group.name).int("ParentSiteId", group.site);
    o.text("ParentSiteName", site.map_or("", |s| s.name.as_str())).int("ParentOrganizationId", organisation);
    o.text("ParentOrganizationName", state.organisations.get(&organisation).map_or("", |o| o.name.as_str()));
    let has = state.extras.has(Collection::Groups, &id.to_string());
    o.text("Notes", &group.notes).flag("HasCustomFields", has).null("PsaMappingId").null("PsaMappingType");
    if detail {
        o.raw("Packages", r#"[{"Type":"windows","Name":"Windows"},{"Type":"macos","Name":"macOS"}]"#);
    }
    o.end();
}

pub(super) fn notification(id: i64, n: &Notification, detail: bool, out: &mut Vec<u8>) {
    let mut o = Obj::new(out);
    o.int("Id", id).text("Message", &n.message);
    if detail {
        o.text("DateTime", &iso(n.at * 1000, TimeStyle::Zulu)).text("Priority", n.priority);
        o.text("ComputerIdentifier", &n.device).flag("Read", false);
    } else {
        // The list writes unix seconds and lower case where the detail writes ISO and capitals.
        o.int("DateTime", n.at).text("Priority", &n.priority.to_ascii_lowercase());
    }
    o.end();
}

/// "Org - Site - Group", as assets name where they are.
pub(super) fn place(state: &State, row: &Row) -> String {
    let site = state.sites.get(&row.device.site);
    let organisation = site.and_then(|s| state.organisations.get(&s.organisation)).map_or("", |o| o.name.as_str());
    let group = state.groups.get(&row.group).map_or("", |g| g.name.as_str());
    format!("{organisation} - {} - {group}", site.map_or("", |s| s.name.as_str()))
}

pub(super) fn device(state: &State, row: &Row, out: &mut Vec<u8>) {
    let mut o = Obj::new(out);
    device_members(state, row, &mut o);
    o.end();
}

fn device_members(state: &State, row: &Row, o: &mut Obj<'_>) {
    let site = state.sites.get(&row.device.site);
    let organisation = site.map_or(0, |s| s.organisation);
    o.text("Identifier", &row.device.id).text("Name", &row.device.name).int("GroupId", row.group);
    o.text("GroupName", state.groups.get(&row.group).map_or("", |g| g.name.as_str()));
    o.flag("IsAgentInstalled", true).flag("IsMdmEnrolled", false).int("SiteId", row.device.site);
    o.text("SiteName", site.map_or("", |s| s.name.as_str())).int("OrganizationId", organisation);
    o.text("OrganizationName", state.organisations.get(&organisation).map_or("", |o| o.name.as_str()));
    o.flag("HasCustomFields", state.extras.has(Collection::Devices, &row.device.id));
}

pub(super) fn device_detail(state: &State, row: &Row, out: &mut Vec<u8>) {
    let d = &row.device;
    let mut o = Obj::new(out);
    device_members(state, row, &mut o);
    let days = d.last_seen.map_or(0, |seen| (EPOCH - seen) / 86_400);
    let uptime =
        if days > 0 { format!("Offline since {days} days ago") } else { "Online since 3 hours ago".to_owned() };
    o.text("Description", d.os).text("Uptime", &uptime).flag("IsOnline", days <= 0).text("ComputerType", d.platform);
    o.flag("InMaintenance", false).text("ExternalIpAddress", &d.public_ip);
    o.int("CriticalNotifications", 0)
        .int("ElevatedNotifications", 0)
        .int("NormalNotifications", 0)
        .int("LowNotifications", 0);
    local_addresses(row, o.key("LocalIpAddresses"));
    o.text("ClientVersion", "9.14.2");
    o.end();
}

fn local_addresses(row: &Row, out: &mut Vec<u8>) {
    let d = &row.device;
    array(out, d.macs().enumerate(), |out, (nth, mac)| {
        let mut o = Obj::new(out);
        o.text("Name", "Ethernet").text("PhysicalAddress", mac).flag("DhcpEnabled", true);
        o.raw("Gateways", r#"["192.168.1.1"]"#)
            .raw("DnsServers", r#"["192.168.1.1"]"#)
            .text("SubnetMask", "255.255.255.0");
        let (v4, v6) = if nth == 0 { (d.ip.as_str(), "fe80::1") } else { ("", "") };
        o.text("IpV4", v4).text("IpV6", v6);
        o.end();
    });
}

fn time_or_empty(seconds: Option<i64>) -> String {
    seconds.map_or_else(String::new, |s| iso(s * 1000, TimeStyle::Zulu))
}

/// The full asset record.
pub(super) fn asset(state: &State, row: &Row, form: Form, out: &mut Vec<u8>) {
    let d = &row.device;
    let mut o = Obj::new(out);
    o.text("Identifier", &d.id).text("Name", &d.name).text("GroupName", &place(state, row)).text("Description", d.os);
    o.raw("Tags", "[]").text("Type", d.platform).text("ClientVersion", "9.14.2");
    let seen = time_or_empty(d.last_seen);
    o.text("LastUpdated", &seen).text("LastSeenOnline", &seen).text("LastReboot", &time_or_empty(d.last_reboot));
    o.text("ExternalUrl", "").int("CpuUsage", 7).int("MemoryUsage", 46).int("MemoryTotal", d.memory_bytes);
    let windows = d.platform == "windows";
    let guarded = if windows { "true" } else { "null" };
    o.raw("FirewallEnabled", guarded).text("AntivirusEnabled", if windows { "enabled" } else { "" });
    o.text("AntivirusUpToDate", if windows { "yes" } else { "" }).raw("UacEnabled", guarded);
    o.raw("EventLogs", r#"{"Error":3,"Warning":12,"Information":240}"#);
    o.raw("Updates", r#"{"Critical":0,"Important":1,"Moderate":0,"Low":0,"Unspecified":2}"#);
    asset_info(row, o.key("AssetInfo"));
    o.text("PublicIpAddress", &d.public_ip);
    ip_addresses(row, form, o.key("IpAddresses"));
    array(o.key("Disks"), &d.disks, |out, disk| {
        let mut o = Obj::new(out);
        o.text("Name", disk.name)
            .flag("System", disk.system)
            .int("FreePercentage", disk.free_percent)
            .int("TotalValue", disk.total_kb);
        o.end();
    });
    o.raw(
        "InstalledSoftware",
        r#"[{"Name":"Mozilla Firefox","Publisher":"Mozilla","Version":"144.0"},{"Name":"7-Zip 24.08","Publisher":"Igor Pavlov","Version":"24.08"}]"#,
    );
    local_addresses(row, o.key("LocalIpAddresses"));
    if form.site_id {
        o.int("SiteId", d.site);
    }
    o.end();
}

fn asset_info(row: &Row, out: &mut Vec<u8>) {
    let d = &row.device;
    let category = |out: &mut Vec<u8>, name: &str, members: &[(&str, &str)]| {
        let mut o = Obj::new(out);
        o.text("CategoryName", name);
        let mut data = Obj::new(o.key("CategoryData"));
        for (key, value) in members {
            data.text(key, value);
        }
        data.end();
        o.end();
    };
    out.push(b'[');
    let system = [
        ("Name", d.name.as_str()),
        ("Manufacturer", d.manufacturer),
        ("Model", d.model),
        ("Type", "x64-based PC"),
        ("CPU", "Intel(R) Core(TM) i5-1345U"),
        ("Number of Processors", "1"),
        ("Number of Logical Processors", "12"),
        ("DNS Host Name", d.name.as_str()),
        ("Domain", "WORKGROUP"),
        ("Owner Name", d.owner.as_str()),
        ("Roles", ""),
        ("Status", "OK"),
    ];
    category(out, "System", &system);
    if let Some(serial) = &d.serial {
        out.push(b',');
        let bios = [
            ("Serial Number", serial.as_str()),
            ("Name", "BIOS 1.21.0"),
            ("Manufacturer", d.manufacturer),
            ("SMBIOS Version", "1.21.0"),
            ("Version", "DELL - 1072009"),
            ("Release Date", "14/06/2024 02:00:00"),
        ];
        category(out, "BIOS", &bios);
    }
    out.push(b',');
    let os = [
        ("Name", d.os),
        ("Version", d.os_version),
        ("Registered User", d.owner.as_str()),
        // The Windows product id, not the machine's serial: a trap for those who take the wrong one.
        ("Serial Number", "00330-80000-00000-AA441"),
        ("Install Date", "03/02/2024 09:12:44"),
        ("Last Boot Up Time", "27/10/2025 08:01:12"),
    ];
    category(out, "Operating System", &os);
    out.push(b']');
}

/// A list of objects, or, as one tenant has it, of plain texts.
fn ip_addresses(row: &Row, form: Form, out: &mut Vec<u8>) {
    let d = &row.device;
    if form.plain_ips && d.id.ends_with(['0', '2', '4', '6', '8', 'a', 'c', 'e']) {
        array(out, [d.ip.as_str(), "fe80::1"], text);
        return;
    }
    array(out, d.macs().enumerate(), |out, (nth, mac)| {
        let mut o = Obj::new(out);
        o.text("Name", "Ethernet").text("MAC", mac);
        let ips = [(d.ip.as_str(), false), ("fe80::1", true)].into_iter().filter(|_| nth == 0);
        array(o.key("IPs"), ips, |out, (ip, v6)| {
            let mut o = Obj::new(out);
            o.text("IP", ip).flag("V6", v6);
            int(o.key("Download"), 0);
            int(o.key("Upload"), 0);
            o.end();
        });
        o.end();
    });
}
