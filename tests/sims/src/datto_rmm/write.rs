//! What can be changed at the simulated Datto RMM: a site is made with PUT and changed with POST, a device moved, its fields set,
//! an alert resolved. What needs no answer is answered 200 and nothing.
//! Leaves alone: limits and login, which come before.

use serde_json::Value;

use super::Datto;
use super::routes::{Answer, find_device, find_site, not_found, one_site};
use super::state::State;
use crate::clock::{now_ms, parse_iso};
use crate::server::{Call, Reply};

impl Datto {
    /// Carries out a call that is meant to change something.
    pub(super) fn write(&self, state: &mut State, call: &Call, segments: &[&str]) -> Answer {
        let body: Value = match &call.body[..] {
            [] => Value::Null,
            bytes => serde_json::from_slice(bytes).map_err(|_| (400, "The body is not valid JSON".to_owned()))?,
        };
        let text = |name: &str| {
            body[name].as_str().map(|v| self.faults.reshape(call.path(), name, v).unwrap_or_else(|| v.to_owned()))
        };
        let name = || match text("name") {
            Some(name) if !name.trim().is_empty() => Ok(name),
            _ => Err((400, "name is required".to_owned())),
        };
        let nothing = || Ok(Reply::json(200, Vec::new()));
        match (call.head.method.as_str(), segments) {
            ("PUT", ["site"]) => {
                let name = name()?;
                self.unique(state, &name, "")?;
                let (description, notes) = (text("description").unwrap_or_default(), text("notes").unwrap_or_default());
                let uid = state.add_site(&name, &description, &notes);
                if self.faults.strikes("duplicate-submit", call.path(), true) {
                    state.add_site(&name, &description, &notes);
                }
                switches(state, &uid, &body);
                one_site(state, &uid)
            }
            ("POST", ["site", uid]) => {
                find_site(state, uid)?;
                let name = name()?;
                self.unique(state, &name, uid)?;
                let (description, notes) = (text("description"), text("notes"));
                state.edit_site(uid, |site| {
                    site.name = name;
                    site.description = description.unwrap_or(std::mem::take(&mut site.description));
                    site.notes = notes.unwrap_or(std::mem::take(&mut site.notes));
                });
                switches(state, uid, &body);
                one_site(state, uid)
            }
            ("PUT", ["device", uid, "site", site]) => {
                find_device(state, uid)?;
                find_site(state, site)?;
                state.move_device(uid, site);
                nothing()
            }
            ("POST", ["device", uid, "udf"]) => {
                find_device(state, uid)?;
                let given: Vec<(usize, Option<String>)> = (1..=30)
                    .filter_map(|n| Some((n, body.get(format!("udf{n}"))?)))
                    .map(|(n, v)| (n - 1, v.as_str().filter(|v| !v.is_empty()).map(str::to_owned)))
                    .collect();
                state.change(uid, |row| given.into_iter().for_each(|(n, v)| row.udf[n] = v));
                nothing()
            }
            ("POST", ["device", uid, "warranty"]) => {
                find_device(state, uid)?;
                let date = match &body["warrantyDate"] {
                    Value::Null => None,
                    Value::String(date) if date.len() == 10 && parse_iso(date).is_some() => Some(date.clone()),
                    _ => return Err((400, "warrantyDate is yyyy-mm-dd".to_owned())),
                };
                state.change(uid, |row| row.warranty = date);
                nothing()
            }
            ("POST", ["alert", uid, "resolve"]) => {
                state.alert_of.get(*uid).ok_or_else(not_found)?;
                state.resolve(uid, &self.options.api_key, now_ms() / 1000);
                nothing()
            }
            ("POST" | "PUT", ["site" | "device" | "alert" | "account", ..]) => {
                Err((405, "Method Not Allowed".to_owned()))
            }
            _ => Err(not_found()),
        }
    }

    /// The switch `name_clash`.
    fn unique(&self, state: &State, name: &str, uid: &str) -> Result<(), (u16, String)> {
        match self.options.name_clash {
            Some(status) if state.sites.values().any(|s| s.uid != uid && s.name.eq_ignore_ascii_case(name)) => {
                Err((status, "A site of this name exists".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

fn switches(state: &mut State, uid: &str, body: &Value) {
    state.edit_site(uid, |site| {
        site.on_demand = body["onDemand"].as_bool().unwrap_or(site.on_demand);
        site.splashtop = body["splashtopAutoInstall"].as_bool().unwrap_or(site.splashtop);
    });
}
