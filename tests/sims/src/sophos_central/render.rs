//! How the simulated Sophos Central writes its records.

use super::alerts::Alert;
use super::reports::Row;
use super::state::{State, Tenant, month_text};
use crate::clock::{TimeStyle, iso, parse_iso};
use crate::json::{Obj, array, text};
use crate::world::{Device, DeviceKind};

/// A tenant; `host` is where its region answers.
pub(super) fn tenant(state: &State, tenant: &Tenant, host: &str, out: &mut Vec<u8>) {
    let mut o = Obj::new(out);
    o.text("id", &tenant.id).text("name", &tenant.name);
    if let Some(shown) = &tenant.show_as {
        o.text("showAs", shown);
    }
    o.text("dataGeography", tenant.geography);
    if !tenant.hostless {
        o.text("dataRegion", tenant.region).text("apiHost", host);
    }
    o.text("billingType", tenant.billing_type);
    let mut partner = Obj::new(o.key("partner"));
    partner.text("id", &state.partner);
    partner.end();
    o.text("status", if tenant.hostless { "creating" } else { "active" });
    o.end();
}

/// A row of the report of a month.
pub(super) fn usage(state: &State, month: i64, row: &Row, out: &mut Vec<u8>) {
    let (tenant, product) = (&state.tenants[row.tenant], &state.products[row.product]);
    let month_start = format!("{}-01", month_text(month));
    let month_end = parse_iso(&format!("{}-01", month_text(month + 1))).unwrap_or(0) - 1000;
    let mut o = Obj::new(out);
    o.text("partnerAccountId", &state.partner)
        .text("partnerEdiAccountNumber", "10004711")
        .text("partnerAccountName", "Simulated MSP")
        .text("billingStartDate", row.start.as_deref().unwrap_or(&month_start))
        .text("billingEndDate", &iso(month_end, TimeStyle::Bare)[..10])
        .text("orderNumber", &row.order)
        .text("orderLineItemNumber", &row.line)
        .text("accountNumberOrSerialNumber", &row.serial)
        .text("productDescription", &product.description)
        .text("productGroup", &product.group)
        .text("sku", &product.sku)
        .text("productCode", &product.code);
    for (name, quantity) in [("billableQuantity", row.billable), ("actualQuantity", row.actual)] {
        match quantity {
            Some(whole) if whole.fract() == 0.0 => drop(o.int(name, whole as i64)),
            Some(part) => drop(o.raw(name, &part.to_string())),
            None => {}
        }
    }
    o.text("externalId", &tenant.id)
        .text("accountId", &tenant.id)
        .text("accountStatus", if tenant.listed { "active" } else { "deleted" });
    o.end();
}

/// An alert of a tenant. The vendor's sample has no time zone.
pub(super) fn alert(tenant: &Tenant, alert: &Alert, out: &mut Vec<u8>) {
    let mut o = Obj::new(out);
    o.text("id", &alert.id);
    array(o.key("allowedActions"), ["acknowledge"], text);
    o.text("category", &alert.new.category)
        .text("description", &alert.new.description)
        .text("groupKey", &alert.group_key);
    if let Some((id, server)) = &alert.agent {
        let mut agent = Obj::new(o.key("managedAgent"));
        agent.text("id", id).text("type", if *server { "server" } else { "computer" });
        agent.end();
    }
    o.text("product", "endpoint")
        .text("raisedAt", &iso(alert.new.at * 1000, TimeStyle::Bare))
        .text("severity", &alert.new.severity);
    let mut of = Obj::new(o.key("tenant"));
    of.text("id", &tenant.id).text("name", &tenant.name);
    of.end();
    o.text("type", &alert.new.type_);
    o.end();
}

/// A device of a tenant.
pub(super) fn endpoint(tenant: &Tenant, device: &Device, out: &mut Vec<u8>) {
    let server = device.kind == DeviceKind::Server;
    let mut o = Obj::new(out);
    o.text("id", &device.id).text("type", if server { "server" } else { "computer" });
    let mut of = Obj::new(o.key("tenant"));
    of.text("id", &tenant.id);
    of.end();
    o.text("hostname", &device.name);
    let mut health = Obj::new(o.key("health"));
    health.text("overall", "good");
    health.end();
    let mut os = Obj::new(o.key("os"));
    os.flag("isServer", server).text("platform", device.platform).text("name", device.os);
    os.end();
    array(o.key("ipv4Addresses"), [&device.ip], |out, ip| text(out, ip));
    array(o.key("ipv6Addresses"), [""; 0], text);
    array(o.key("macAddresses"), device.macs(), text);
    o.flag("tamperProtectionEnabled", true);
    if let Some(seen) = device.last_seen {
        o.text("lastSeenAt", &iso(seen * 1000, TimeStyle::Millis));
    }
    o.end();
}

/// The licences of a tenant, which depend on how it is billed; `today` is a date.
pub(super) fn licences(place: usize, tenant: &Tenant, today: &str, out: &mut Vec<u8>) {
    // Identifier, product, type, end, quantity, in use.
    type Licence = (&'static str, &'static str, &'static str, &'static str, Option<i64>, Option<i64>);
    let own: &[Licence] = match tenant.billing_type {
        "term" => &[
            ("CIXA", "Central Intercept X Advanced", "term", "2099-12-31", Some(40), Some(37)),
            ("CEMA", "Central Email Advanced", "term", "2020-12-31", Some(40), None),
            ("XGSP", "Standard Protection", "perpetual", "", Some(2), None),
            ("COPT", "Cloud Optix", "term", "2099-06-30", None, None),
            ("CMA", "Central Mobile Advanced", "trial", "2099-12-31", Some(100), None),
        ],
        "trial" => &[("CIXA", "Central Intercept X Advanced", "trial", "2099-12-31", Some(100), Some(4))],
        _ => &[("CIXA-MSP", "Central Intercept X Advanced - MSP", "usage", "", None, None)],
    };
    let mut o = Obj::new(out);
    let mut of = Obj::new(o.key("tenant"));
    of.text("id", &tenant.id);
    of.end();
    array(o.key("licenses"), own.iter().enumerate(), |out, (nth, (code, name, type_, end, quantity, used))| {
        let mut o = Obj::new(out);
        o.text("id", &format!("{}-{nth}", &tenant.id[..30])).text("licenseIdentifier", &format!("L{place:06}{nth}"));
        let mut product = Obj::new(o.key("product"));
        product.text("code", code).text("name", name);
        product.end();
        o.text("startDate", "2020-01-01").text("type", type_).flag("perpetual", end.is_empty());
        if !end.is_empty() {
            o.text("endDate", end);
        }
        match quantity {
            Some(quantity) => drop(o.int("quantity", *quantity).flag("unlimited", false)),
            None => drop(o.flag("unlimited", true)),
        }
        if let Some(used) = used {
            let mut usage = Obj::new(o.key("usage"));
            let mut current = Obj::new(usage.key("current"));
            current.int("count", *used).text("date", today);
            current.end();
            usage.end();
        }
        o.end();
    });
    o.end();
}
