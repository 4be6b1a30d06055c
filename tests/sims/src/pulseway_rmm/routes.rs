//! The RMM's API: login, routes, envelopes.
//!
//! Paths are taken with and without `/api`, with and without a trailing slash, query names with `$` and `%24`.
//! Leaves alone: what rows a list has (`list`) and how they are written (`render`).

use http::Method;
use http::request::Parts;
use serde_json::{Value, json};

use super::Rmm;
use super::list::{Collection, Refusal};
use super::render;
use super::state::{Site, State};
use crate::clock::now_ms;
use crate::faults::Emptied;
use crate::json::{Obj, array};
use crate::server::{Call, Class, Permit, Reply, Vendor};
use crate::world::Address;

const MAX_TOP: usize = 100;

impl Vendor for Rmm {
    fn classify(&self, method: &Method, path: &str) -> Class {
        let write = !matches!(*method, Method::GET | Method::HEAD);
        let entity = match segments(path).as_slice() {
            [first] => Collection::named(first)
                .map_or(if *first == "environment" { "environment" } else { "other" }, Collection::name),
            [first, _] => match Collection::named(first) {
                Some(Collection::Assets) => "assets/{id}",
                Some(Collection::Devices) => "devices/{id}",
                Some(Collection::Notifications) => "notifications/{id}",
                Some(Collection::Organisations) => "organizations/{id}",
                Some(Collection::Sites) => "sites/{id}",
                Some(Collection::Groups) => "groups/{id}",
                None => "other",
            },
            ["devices", _, "move"] => "devices/{id}/move",
            ["devices", _, "notifications"] => "devices/{id}/notifications",
            _ => "other",
        };
        Class { entity, write }
    }

    fn admit(&self, head: &Parts, _: Class) -> Result<Permit, Reply> {
        let given = head.headers.get("authorization").map_or(&b""[..], |v| v.as_bytes());
        if given == self.login.as_bytes() {
            Ok(Permit::default())
        } else {
            Err(self.failure(401, "Unauthorized. The login was not accepted."))
        }
    }

    fn failure(&self, status: u16, text: &str) -> Reply {
        failure(status, text)
    }

    fn handle(&self, call: &Call) -> Reply {
        if let Some(how) = self.faults.renews_ids(call.path()) {
            self.state.lock().renew_ids(how);
        }
        let mut state = self.state.for_call(call, &self.faults);
        let path = call.path();
        let segments = segments(path);
        if segments.first().is_some_and(|s| state.forbidden_collections.contains(&s.to_ascii_lowercase())) {
            return failure(403, "The request is not permitted.");
        }
        let reply = match call.head.method.as_str() {
            "GET" => self.read(&mut state, call, &segments),
            "POST" | "PUT" | "DELETE" => self.write(&mut state, call, &segments),
            _ => return failure(405, "The method is not allowed."),
        };
        reply.unwrap_or_else(|(status, text)| failure(status, &text))
    }

    fn control(&self, method: &Method, name: &str, body: &Value) -> Option<Value> {
        match (method.as_str(), name) {
            ("POST", "check-in") => {
                let now = body["now"].as_i64().unwrap_or_else(|| now_ms() / 1000);
                let mut state = self.state.lock();
                match body["device"].as_str() {
                    Some(device) => Some(json!({"found": state.check_in(device, now)})),
                    None => {
                        state.check_in_all(now);
                        Some(json!({"now": now}))
                    }
                }
            }
            ("POST", "notify") => {
                let device = body["device"].as_str()?;
                let message = body["message"].as_str().unwrap_or("Free space is low");
                let id = self.state.lock().raise(device, "Critical", message, now_ms() / 1000)?;
                Some(json!({"id": id}))
            }
            ("GET", "state") => Some(json!({"state": self.state.lock().canonical()})),
            _ => None,
        }
    }
}

type Answer = Result<Reply, (u16, String)>;

fn not_found() -> (u16, String) {
    (404, "Entity is not found.".to_owned())
}

fn failure(status: u16, text: &str) -> Reply {
    Reply::value(status, &json!({"Data": null, "Meta": {"ResponseCode": status, "ErrorMessage": text}}))
}

/// The parts of a path below `/api/v3`; none when it is not below it.
fn segments(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    if parts.first().is_some_and(|p| p.eq_ignore_ascii_case("api")) {
        parts.remove(0);
    }
    if parts.first().is_some_and(|p| p.eq_ignore_ascii_case("v3")) {
        parts.remove(0);
        parts
    } else {
        Vec::new()
    }
}

impl Rmm {
    fn read(&self, state: &mut State, call: &Call, segments: &[&str]) -> Answer {
        if let Some(read) = state.extras.read(segments, state) {
            return Ok(all_of(&read?));
        }
        match *segments {
            ["environment"] => Ok(environment(state, &self.faults.account("4711"))),
            [name] => {
                let collection = Collection::named(name).ok_or_else(not_found)?;
                self.list(state, call, collection)
            }
            [name, id] => {
                let collection = Collection::named(name).ok_or_else(not_found)?;
                detail(state, collection, id)
            }
            [name, id, "customfields"] => {
                let collection = Collection::named(name).ok_or_else(not_found)?;
                find(state, collection, id)?;
                Ok(all_of(&Value::Array(state.extras.of(collection, id))))
            }
            ["devices", id, "notifications"] => {
                find(state, Collection::Devices, id)?;
                let of_device: Vec<i64> = state
                    .notifications
                    .iter()
                    .filter(|(_, n)| n.device.eq_ignore_ascii_case(id))
                    .map(|(id, _)| *id)
                    .collect();
                Ok(listed(&of_device, of_device.len(), |key, out| state.write_row(Collection::Notifications, key, out)))
            }
            _ => Err(not_found()),
        }
    }

    fn list(&self, state: &mut State, call: &Call, collection: Collection) -> Answer {
        let mut options = ListOptions::default();
        for (name, value) in call.parameters() {
            match name.to_ascii_lowercase().as_str() {
                "$top" => options.top = number(&value, "$top")?.min(MAX_TOP),
                "$skip" => options.skip = number(&value, "$skip")?,
                "$filter" => options.filter = value,
                "$orderby" => options.order = value,
                "include" => options.include = value.to_ascii_lowercase(),
                // Unknown parameters, `top` and `skip` without `$` among them, are ignored.
                _ => {}
            }
        }
        if options.skip > 0 {
            if self.faults.strikes("row-appears", call.path(), false) {
                state.appear(collection);
            }
            if self.faults.strikes("row-leaves", call.path(), false) {
                state.vanish();
            }
        }
        let all =
            state.walk(collection, &options.filter, &options.order, self.options.asset_site_id).map_err(|refusal| {
                match refusal {
                    Refusal::Bad(text) => (400, text),
                    Refusal::Forbidden => (403, "The request is not permitted.".to_owned()),
                }
            })?;
        let from = options.skip.min(all.len());
        let mut page = all[from..(from + options.top).min(all.len())].to_vec();
        if self.faults.strikes("reorder", call.path(), false) {
            if options.order.is_empty() && (options.skip / options.top.max(1)) % 2 == 1 {
                // Without an order the vendor owes none: this page is cut from the list turned round.
                page = all.iter().rev().skip(from).take(options.top).copied().collect();
            }
            page.reverse();
        }
        let emptied = self.faults.empties(call.path(), options.skip / options.top.max(1) + 1);
        if emptied.is_some() {
            page.clear();
        }
        let cut = self.options.sections_on_request && collection == Collection::Assets;
        Ok(listed(&page, Emptied::total(emptied, all.len()), |key, out| {
            let start = out.len();
            state.write_row(collection, key, out);
            if cut {
                leave_out_sections(out, start, &options.include);
            }
        }))
    }

    fn write(&self, state: &mut State, call: &Call, segments: &[&str]) -> Answer {
        let read = |body: &[u8]| serde_json::from_slice(body).map_err(|_| bad_json());
        let body: Value = if call.body.is_empty() { Value::Null } else { read(&call.body)? };
        if let Some(written) = write_extras(state, call.head.method.as_str(), segments, &body) {
            return Ok(all_of(&written?));
        }
        if call.body.is_empty() && call.head.method != Method::DELETE {
            return Err(bad_json());
        }
        let twice = call.head.method == Method::POST && self.faults.strikes("duplicate-submit", call.path(), true);
        let first = self.write_once(state, call, segments, &body)?;
        if twice {
            let _ = self.write_once(state, call, segments, &body);
        }
        Ok(first)
    }

    fn write_once(&self, state: &mut State, call: &Call, segments: &[&str], body: &Value) -> Answer {
        let text = |name: &str| {
            body[name].as_str().map(|v| self.faults.reshape(call.path(), name, v).unwrap_or_else(|| v.to_owned()))
        };
        let name = || match text("Name") {
            Some(name) if !name.trim().is_empty() => Ok(name),
            _ => Err((400, "Name is required.".to_owned())),
        };
        let written = match (call.head.method.as_str(), segments) {
            ("POST", ["organizations"]) => {
                let name = name()?;
                self.unique(state.organisations.values().any(|o| o.name.eq_ignore_ascii_case(&name)))?;
                (Collection::Organisations, state.add_organisation(&name))
            }
            ("PUT", ["organizations", id]) => {
                let id = find(state, Collection::Organisations, id)?;
                state.rename_organisation(id, &name()?);
                (Collection::Organisations, id)
            }
            ("POST", ["sites"]) => {
                let name = name()?;
                let parent = body["ParentId"].as_i64().filter(|p| state.organisations.contains_key(p));
                let organisation = parent.ok_or((400, "ParentId is not an organization.".to_owned()))?;
                self.permitted(state, organisation)?;
                self.unique(
                    state.sites.values().any(|s| s.organisation == organisation && s.name.eq_ignore_ascii_case(&name)),
                )?;
                let (address, phone) = contact(&body["ContactInformation"]);
                (Collection::Sites, state.add_site(Site { organisation, name, address, phone }))
            }
            ("PUT", ["sites", id]) => {
                let id = find(state, Collection::Sites, id)?;
                let new_name = text("Name");
                if let (Value::Object(_), Some(site)) = (&body["ContactInformation"], state.sites.get_mut(&id)) {
                    (site.address, site.phone) = contact(&body["ContactInformation"]);
                }
                let current = state.sites.get(&id).map_or(String::new(), |s| s.name.clone());
                state.rename_site(id, &new_name.unwrap_or(current));
                (Collection::Sites, id)
            }
            ("POST", ["groups"]) => {
                let name = name()?;
                let parent = body["ParentId"].as_i64().filter(|p| state.sites.contains_key(p));
                let site = parent.ok_or((400, "ParentId is not a site.".to_owned()))?;
                self.permitted(state, state.organisation_of_site(site))?;
                (Collection::Groups, state.add_group(site, &name, &text("Notes").unwrap_or_default()))
            }
            ("PUT", ["groups", id]) => {
                let id = find(state, Collection::Groups, id)?;
                state.edit_group(id, text("Name"), text("Notes"));
                (Collection::Groups, id)
            }
            ("PUT", ["devices", id, "move"]) => {
                let slot = find(state, Collection::Devices, id)?;
                let group = body["GroupId"].as_i64().filter(|g| state.groups.contains_key(g));
                let group = group.ok_or((400, "GroupId is not a group.".to_owned()))?;
                state.move_to_group(slot, group);
                return Ok(Reply::value(200, &json!({"Meta": {"ResponseCode": 200}})));
            }
            ("POST" | "PUT" | "DELETE", [name, ..]) if Collection::named(name).is_some() => {
                return Err((405, "The method is not allowed.".to_owned()));
            }
            _ => return Err(not_found()),
        };
        if !self.options.write_replies_object {
            return Ok(Reply::value(200, &json!({"Meta": {"ResponseCode": 200}})));
        }
        let (collection, id) = written;
        Ok(single(|out| state.write_row(collection, id, out)))
    }

    fn unique(&self, taken: bool) -> Result<(), (u16, String)> {
        if taken && self.options.unique_names { Err((400, "The name is already in use.".to_owned())) } else { Ok(()) }
    }

    fn permitted(&self, state: &State, organisation: i64) -> Result<(), (u16, String)> {
        if state.forbidden.contains(&organisation) {
            Err((403, "The request is not permitted.".to_owned()))
        } else {
            Ok(())
        }
    }
}

struct ListOptions {
    top: usize,
    skip: usize,
    filter: String,
    order: String,
    include: String,
}

impl Default for ListOptions {
    fn default() -> Self {
        ListOptions { top: MAX_TOP, skip: 0, filter: String::new(), order: String::new(), include: String::new() }
    }
}

fn number(text: &str, name: &str) -> Result<usize, (u16, String)> {
    text.trim().parse().map_err(|_| (400, format!("{name} is not a number.")))
}

/// A row's key by the id in a path, if it exists and may be seen.
fn bad_json() -> (u16, String) {
    (400, "The body is not valid JSON.".to_owned())
}

/// A write of what is kept beside the tree; none: it is one of the tree.
fn write_extras(
    state: &mut State,
    method: &str,
    segments: &[&str],
    body: &Value,
) -> Option<Result<Value, (u16, String)>> {
    let (mut extras, mut rng) = (std::mem::take(&mut state.extras), state.rng.clone());
    let mut fresh = || [rng.guid(), rng.guid()].concat().replace('-', "");
    let there = |collection: Collection, id: &str| find(state, collection, id).map(drop);
    let written = extras.write(method, segments, body, &there, &mut fresh);
    (state.extras, state.rng) = (extras, rng);
    if matches!(segments, ["customfields", ..]) && written.as_ref().is_some_and(Result::is_ok) {
        // The rows of devices are kept as they are written.
        if let Some(slot) = body["ContextItemId"].as_str().and_then(|id| state.slot(id)) {
            state.refresh(slot);
        }
        state.revision += 1;
    }
    written
}

fn find(state: &State, collection: Collection, id: &str) -> Result<i64, (u16, String)> {
    let number = id.parse::<i64>().ok();
    let key = match collection {
        Collection::Devices | Collection::Assets => state.slot(id),
        Collection::Organisations => number.filter(|n| state.organisations.contains_key(n)),
        Collection::Sites => number.filter(|n| state.sites.contains_key(n)),
        Collection::Groups => number.filter(|n| state.groups.contains_key(n)),
        Collection::Notifications => number.filter(|n| state.notifications.contains_key(n)),
    };
    let key = key.ok_or_else(not_found)?;
    if state.forbidden.contains(&state.organisation_of(collection, key)) {
        return Err((403, "The request is not permitted.".to_owned()));
    }
    Ok(key)
}

fn detail(state: &State, collection: Collection, id: &str) -> Answer {
    let key = find(state, collection, id)?;
    Ok(single(|out| match collection {
        Collection::Devices => {
            if let Some(row) = state.row(key) {
                render::device_detail(state, row, out);
            }
        }
        Collection::Groups => {
            if let Some(group) = state.groups.get(&key) {
                render::group(state, key, group, true, out);
            }
        }
        Collection::Notifications => {
            if let Some(n) = state.notifications.get(&key) {
                render::notification(key, n, true, out);
            }
        }
        _ => state.write_row(collection, key, out),
    }))
}

fn single(write: impl FnOnce(&mut Vec<u8>)) -> Reply {
    let mut out = Vec::with_capacity(3000);
    let mut o = Obj::new(&mut out);
    write(o.key("Data"));
    o.raw("Meta", r#"{"ResponseCode":200}"#);
    o.end();
    Reply::json(200, out)
}

/// A list in one page, or one object; null: an envelope alone.
fn all_of(data: &Value) -> Reply {
    let meta = match data {
        Value::Array(rows) => json!({"ResponseCode": 200, "TotalCount": rows.len()}),
        _ => json!({"ResponseCode": 200}),
    };
    Reply::value(200, &if data.is_null() { json!({"Meta": meta}) } else { json!({"Data": data, "Meta": meta}) })
}

fn listed(page: &[i64], total: usize, mut write: impl FnMut(i64, &mut Vec<u8>)) -> Reply {
    let mut out = Vec::with_capacity(page.len() * 2800 + 100);
    let mut o = Obj::new(&mut out);
    array(o.key("Data"), page, |out, key| write(*key, out));
    let mut meta = Obj::new(o.key("Meta"));
    meta.int("ResponseCode", 200).int("TotalCount", total as i64);
    meta.end();
    o.end();
    Reply::json(200, out)
}

/// The switch `sections_on_request`: heavy sections only when `include` names them.
fn leave_out_sections(out: &mut Vec<u8>, start: usize, include: &str) {
    let Ok(Value::Object(mut row)) = serde_json::from_slice::<Value>(&out[start..]) else { return };
    let asked: Vec<&str> = include.split(',').map(str::trim).collect();
    for section in ["AssetInfo", "Disks", "InstalledSoftware", "IpAddresses", "LocalIpAddresses"] {
        if !asked.contains(&section.to_ascii_lowercase().as_str()) {
            row.remove(section);
        }
    }
    out.truncate(start);
    out.extend_from_slice(Value::Object(row).to_string().as_bytes());
}

fn contact(value: &Value) -> (Option<Address>, String) {
    let text = |name: &str| value[name].as_str().unwrap_or("").to_owned();
    let (street, city, zip) = (text("Address1"), text("City"), text("Zip"));
    let country = text("CountryCode");
    let empty = street.is_empty() && city.is_empty() && zip.is_empty();
    ((!empty).then_some(Address { street, city, zip, country }), text("Phone"))
}

fn environment(state: &State, account: &str) -> Reply {
    let devices = state.slot_of.len();
    let data = json!({
        "ProductVersion": "9.14.2", "CustomerId": account, "CustomerName": "Simulated MSP", "ServerType": "Cloud", "Language": "en",
        "License": {"Monitoring": {"Devices": {"TotalInUse": devices, "Limit": devices + 100}, "ExpirationDate": "2030-01-01T00:00:00Z"}}
    });
    Reply::value(200, &json!({"Data": data, "Meta": {"ResponseCode": 200}}))
}
