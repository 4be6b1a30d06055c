//! Datto RMM's API: the token, the limits, the routes, its errors.
//!
//! The token is asked for outside `/api`, with the fixed client and the key and secret in a form. What a wrong one is answered
//! the notes leave open: here it is as OAuth 2 says, 401 `invalid_client` and 400 `invalid_grant`.
//! Leaves alone: what writes do (`write`), what rows are (`state`, `alerts`) and how they are written (`render`).

use base64::Engine as _;
use http::Method;
use http::request::Parts;
use serde_json::{Value, json};

use super::Datto;
use super::alerts::Of;
use super::limits::Full;
use super::pages::{MAX, Page};
use super::render::{self, ACCOUNT};
use super::state::State;
use crate::clock::now_ms;
use crate::server::{Call, Class, Permit, Reply, Vendor};

const TOKEN: &str = "/auth/oauth/token";

impl Vendor for Datto {
    fn classify(&self, method: &Method, path: &str) -> Class {
        if path == TOKEN {
            return Class { entity: "token", write: false };
        }
        let entity = match segments(path).as_slice() {
            ["account"] => "account",
            ["account", "sites"] => "account/sites",
            ["account", "devices"] => "account/devices",
            ["account", "alerts", _] => "account/alerts",
            ["site"] => "site",
            ["site", _] => "site/{uid}",
            ["site", _, "devices"] => "site/{uid}/devices",
            ["site", _, "alerts", _] => "site/{uid}/alerts",
            ["device", _] | ["device", "id" | "macAddress", _] => "device/{uid}",
            ["device", _, "site", _] => "device/{uid}/site/{uid}",
            ["device", _, "udf"] => "device/{uid}/udf",
            ["device", _, "warranty"] => "device/{uid}/warranty",
            ["device", _, "alerts", _] => "device/{uid}/alerts",
            ["audit", "device", _] => "audit/device/{uid}",
            ["alert", _] => "alert/{uid}",
            ["alert", _, "resolve"] => "alert/{uid}/resolve",
            ["system", ..] => "system",
            _ => "other",
        };
        Class { entity, write: !matches!(*method, Method::GET | Method::HEAD) }
    }

    fn admit(&self, head: &Parts, class: Class) -> Result<Permit, Reply> {
        let path = head.uri.path();
        if path == TOKEN || segments(path) == ["system", "status"] {
            return Ok(Permit::default());
        }
        let given = head.headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or("");
        let token = given.strip_prefix("Bearer ").unwrap_or("");
        if self.tokens.lock().get(token).is_none_or(|ends| *ends <= now_ms()) {
            return Err(failure(401, "Unauthorized", path));
        }
        match self.limits.count(operation(class)) {
            Ok(delay) => Ok(Permit { delay, slot: None }),
            Err(Full::Minute(seconds)) => {
                Err(Reply { retry_after: Some(seconds), ..failure(429, "Too Many Requests", path) })
            }
            Err(Full::Blocked) => Err(failure(403, "Forbidden", path)),
        }
    }

    fn failure(&self, status: u16, text: &str) -> Reply {
        failure(status, text, "")
    }

    fn handle(&self, call: &Call) -> Reply {
        let path = call.path();
        if path == TOKEN {
            return self.token(call);
        }
        if let Some(how) = self.faults.renews_ids(path) {
            self.state.lock().renew_ids(how);
        }
        let mut state = self.state.for_call(call, &self.faults);
        let segments = segments(path);
        let reply = match call.head.method.as_str() {
            "GET" => self.read(&mut state, call, &segments),
            "POST" | "PUT" => self.write(&mut state, call, &segments),
            _ => Err((405, "Method Not Allowed".to_owned())),
        };
        reply.unwrap_or_else(|(status, text)| failure(status, &text, path))
    }

    fn control(&self, method: &Method, name: &str, body: &Value) -> Option<Value> {
        let now = || body["now"].as_i64().unwrap_or_else(|| now_ms() / 1000);
        let mut state = self.state.lock();
        match (method.as_str(), name) {
            ("POST", "check-in") => match body["device"].as_str() {
                Some(device) => Some(json!({"found": state.check_in(device, now())})),
                None => {
                    state.check_in_all(now());
                    Some(json!({"now": now()}))
                }
            },
            ("POST", "audit") => {
                state.audit_all(now());
                Some(json!({"now": now()}))
            }
            ("POST", "notify") => {
                let context = match &body["context"] {
                    Value::Object(_) => body["context"].clone(),
                    _ => json!({"@class": "comp_script_ctx", "samples": {"Result": "Free space is low"}}),
                };
                let priority = body["priority"].as_str().unwrap_or("Critical");
                let diagnostics = body["message"].as_str().unwrap_or("");
                let uid = state.raise(body["device"].as_str()?, priority, context, diagnostics, now())?;
                Some(json!({"id": uid}))
            }
            ("POST", "resolve") => Some(json!({"found": state.resolve(body["id"].as_str()?, "Autoresolve", now())})),
            ("POST", "expire-tokens") => {
                self.tokens.lock().clear();
                Some(json!({}))
            }
            ("GET", "state") => Some(json!({"state": state.canonical()})),
            _ => None,
        }
    }
}

pub(super) type Answer = Result<Reply, (u16, String)>;

pub(super) fn not_found() -> (u16, String) {
    (404, "Not Found".to_owned())
}

fn failure(status: u16, text: &str, path: &str) -> Reply {
    Reply::value(status, &json!({"timestamp": now_ms(), "status": status, "error": text, "path": path}))
}

/// The parts of a path below `/api/v2`; none when it is not below it.
fn segments(path: &str) -> Vec<&str> {
    let below = path.strip_prefix("/api/v2/").unwrap_or("");
    below.split('/').filter(|s| !s.is_empty()).collect()
}

/// The operation a write counts as.
fn operation(class: Class) -> Option<&'static str> {
    class.write.then_some(match class.entity {
        "site" => "site-create",
        "site/{uid}" => "site-update",
        "device/{uid}/site/{uid}" => "device-move",
        "device/{uid}/udf" => "device-udf-set",
        "device/{uid}/warranty" => "device-warranty-set",
        _ => "alert-resolve",
    })
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Reply {
    let mut out = Vec::with_capacity(2400);
    write(&mut out);
    Reply::json(200, out)
}

/// A parameter that narrows a list by a part of a text, as SQL's LIKE does.
fn narrows(call: &Call, name: &str) -> Option<String> {
    let given = call.parameters().into_iter().find(|(n, v)| n == name && !v.is_empty());
    given.map(|(_, v)| v.trim_matches('%').to_lowercase())
}

impl Datto {
    fn token(&self, call: &Call) -> Reply {
        let client = base64::engine::general_purpose::STANDARD.encode("public-client:public");
        if call.header("authorization") != format!("Basic {client}") {
            return Reply::value(
                401,
                &json!({"error": "invalid_client", "error_description": "Bad client credentials"}),
            );
        }
        if call.head.method != Method::POST {
            return failure(405, "Method Not Allowed", TOKEN);
        }
        if !call.header("content-type").starts_with("application/x-www-form-urlencoded") {
            return failure(415, "Unsupported Media Type", TOKEN);
        }
        if call.form("grant_type") != "password" {
            return Reply::value(400, &json!({"error": "unsupported_grant_type"}));
        }
        if call.form("username") != self.options.api_key || call.form("password") != self.options.api_secret {
            return Reply::value(400, &json!({"error": "invalid_grant", "error_description": "Bad credentials"}));
        }
        let token = self.state.lock().fresh_uid();
        let seconds = self.options.token_seconds;
        self.tokens.lock().insert(token.clone(), now_ms() + seconds * 1000);
        let mut reply = json!({"access_token": token, "token_type": "bearer", "scope": "read write"});
        if self.options.tells_expiry {
            reply["expires_in"] = json!(seconds);
        }
        Reply::value(200, &reply)
    }

    fn read(&self, state: &mut State, call: &Call, segments: &[&str]) -> Answer {
        match *segments {
            ["system", "status"] => {
                Ok(Reply::value(200, &json!({"version": "2.0.0", "status": "OK", "started": now_ms()})))
            }
            ["system", "pagination"] => Ok(Reply::value(200, &json!({"max": MAX}))),
            ["system", "request_rate"] => Ok(Reply::value(200, &self.limits.report(ACCOUNT))),
            ["account"] => Ok(Reply::value(200, &account(state, &self.faults.account(ACCOUNT)))),
            ["account", "sites"] => {
                let (page, part) = (Page::of(call)?, narrows(call, "siteName"));
                if self.shifts(call, &page) {
                    state.add_site("New site", "", "");
                }
                let named = |name: &str| part.as_ref().is_none_or(|p| name.to_lowercase().contains(p));
                let rows: Vec<i64> = state.sites.iter().filter(|(_, s)| named(&s.name)).map(|(id, _)| *id).collect();
                Ok(self.page(call, &page, "sites", &rows, |id, out| write_site(state, id, out)))
            }
            ["account", "devices"] => self.devices(state, call, None),
            ["site", uid] => {
                let id = find_site(state, uid)?;
                Ok(written(|out| write_site(state, id, out)))
            }
            ["site", uid, "devices"] => {
                let site = find_site(state, uid)?;
                self.devices(state, call, Some(site))
            }
            ["device", "id", id] => {
                let slot = id.parse::<i64>().map_err(|_| (400, "Bad Request".to_owned()))? - 100_000;
                one_device(state, slot)
            }
            ["device", "macAddress", mac] => {
                let hex = |text: &str| text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
                let wanted = hex(mac);
                let with_it = |s: &&i64| state.row(**s).is_some_and(|r| r.device.macs().any(|mac| hex(mac) == wanted));
                let slot = state.order.iter().find(with_it).copied().ok_or_else(not_found)?;
                one_device(state, slot)
            }
            ["device", uid] => one_device(state, find_device(state, uid)?),
            ["audit", "device", uid] => {
                let slot = find_device(state, uid)?;
                match state.row(slot) {
                    Some(row) if row.class == "device" => Ok(written(|out| render::audit(slot, row, out))),
                    _ => Err((400, "Bad Request".to_owned())),
                }
            }
            ["account", "alerts", which] => self.alerts(state, call, Of::Account, which),
            ["site", uid, "alerts", which] => {
                let site = find_site(state, uid)?;
                self.alerts(state, call, Of::Site(site), which)
            }
            ["device", uid, "alerts", which] => {
                let slot = find_device(state, uid)?;
                self.alerts(state, call, Of::Device(slot), which)
            }
            ["alert", uid] => {
                let id = state.alert_of.get(uid).copied().ok_or_else(not_found)?;
                Ok(written(|out| state.write_alert(id, out)))
            }
            _ => Err(not_found()),
        }
    }

    /// Whether the fault `row-appears` strikes a later page of a list.
    fn shifts(&self, call: &Call, page: &Page) -> bool {
        page.number > 0 && self.faults.strikes("row-appears", call.path(), false)
    }

    fn devices(&self, state: &mut State, call: &Call, site: Option<i64>) -> Answer {
        let page = Page::of(call)?;
        if self.shifts(call, &page) {
            state.device_appears();
        }
        if page.number > 0 && self.faults.strikes("row-leaves", call.path(), false) {
            state.device_leaves();
        }
        let mut rows = match site {
            Some(site) => state.in_site.get(&site).cloned().unwrap_or_default(),
            None => state.order.clone(),
        };
        for (name, of) in [("hostname", 0), ("operatingSystem", 1), ("siteName", 2)] {
            let Some(part) = narrows(call, name) else { continue };
            rows.retain(|slot| {
                let row = state.row(*slot);
                let text = match of {
                    0 => row.map(|r| r.device.name.as_str()),
                    1 => row.map(|r| r.device.os),
                    _ => row.and_then(|r| state.sites.get(&r.site)).map(|s| s.name.as_str()),
                };
                text.is_some_and(|t| t.to_lowercase().contains(&part))
            });
        }
        Ok(self.page(call, &page, "devices", &rows, |slot, out| {
            out.extend_from_slice(state.row(slot).map_or(&[], |r| &r.json));
        }))
    }

    fn alerts(&self, state: &State, call: &Call, of: Of, which: &str) -> Answer {
        let resolved = match which {
            "open" => false,
            "resolved" => true,
            _ => return Err(not_found()),
        };
        let muted = match narrows(call, "muted").as_deref() {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => return Err((400, "muted is true or false".to_owned())),
        };
        let rows = state.alerts(of, resolved, muted);
        Ok(self.page(call, &Page::of(call)?, "alerts", &rows, |id, out| state.write_alert(id, out)))
    }
}

pub(super) fn find_site(state: &State, uid: &str) -> Result<i64, (u16, String)> {
    state.site_at(uid).ok_or_else(not_found)
}

pub(super) fn find_device(state: &State, uid: &str) -> Result<i64, (u16, String)> {
    state.slot(uid).ok_or_else(not_found)
}

fn write_site(state: &State, id: i64, out: &mut Vec<u8>) {
    if let Some(site) = state.sites.get(&id) {
        render::site(state, id, site, out);
    }
}

pub(super) fn one_site(state: &State, uid: &str) -> Answer {
    let id = find_site(state, uid)?;
    Ok(written(|out| write_site(state, id, out)))
}

fn one_device(state: &State, slot: i64) -> Answer {
    let row = state.row(slot).ok_or_else(not_found)?;
    Ok(written(|out| out.extend_from_slice(&row.json)))
}

fn account(state: &State, uid: &str) -> Value {
    let online = state.order.iter().filter(|s| state.row(**s).is_some_and(|r| r.online)).count();
    let all = state.order.len();
    json!({
        "id": 4711, "uid": uid, "name": "Simulated MSP", "currency": "EUR",
        "descriptor": {"bilingEmail": "billing@example.com", "deviceLimit": all + 100, "timeZone": "UTC"},
        "devicesStatus": {"numberOfDevices": all, "numberOfOnlineDevices": online, "numberOfOfflineDevices": all - online,
            "numberOfOnDemandDevices": 0, "numberOfManagedDevices": all},
    })
}
