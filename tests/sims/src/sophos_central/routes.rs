//! Sophos Central's API: the token, who may call, the routes, its errors in their two shapes.
//!
//! Calls at the partner's level want `X-Partner-ID`, calls at a tenant's `X-Tenant-ID`: without the right one 401, and 403 where
//! the tenant is nobody's or does not let the partner in.
//! Leaves alone: what rows are (`state`, `reports`, `alerts`), how lists are cut (`pages`) and records written (`render`).

use http::Method;
use http::request::Parts;
use serde_json::{Value, json};

use super::pages::{Refusal, page_number};
use super::render;
use super::state::{State, Tenant};
use super::{NewAlert, Sophos};
use crate::clock::{TimeStyle, iso, now_ms, parse_iso};
use crate::server::{Call, Class, Permit, Reply, Vendor};

const TOKEN: &str = "/api/v2/oauth2/token";
/// Rows of a page at most: tenants and usage.
const MAX: usize = 100;
/// The same for endpoints.
const ENDPOINTS_MAX: usize = 500;

impl Vendor for Sophos {
    fn classify(&self, method: &Method, path: &str) -> Class {
        let entity = match segments(path).as_slice() {
            ["api", "v2", "oauth2", "token"] => return Class { entity: "token", write: false },
            ["whoami", "v1"] => "whoami",
            ["partner", "v1", "tenants"] => "tenants",
            ["partner", "v1", "tenants", _] => "tenants/{id}",
            ["partner", "v1", "billing", "usage", _, _] => "billing/usage",
            ["licenses", "v1", "licenses"] => "licenses",
            ["common", "v1", "alerts"] => "alerts",
            ["common", "v1", "alerts", _] => "alerts/{id}",
            ["endpoint", "v1", "endpoints"] => "endpoints",
            _ => "other",
        };
        Class { entity, write: !matches!(*method, Method::GET | Method::HEAD) }
    }

    fn admit(&self, head: &Parts, class: Class) -> Result<Permit, Reply> {
        if class.entity == "token" {
            return Ok(Permit::default());
        }
        let given = head.headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or("");
        let token = given.strip_prefix("Bearer ").unwrap_or("");
        if self.tokens.lock().get(token).is_none_or(|ends| *ends <= now_ms()) {
            return Err(failure(401, ""));
        }
        let Some(limit) = self.options.minute_limit else { return Ok(Permit::default()) };
        let (now, mut calls) = (now_ms(), self.calls.lock());
        while calls.front().is_some_and(|at| at + 60_000 <= now) {
            calls.pop_front();
        }
        if calls.len() >= limit {
            let wait = calls.front().map_or(1, |at| (at + 60_999 - now) / 1000);
            let retry_after = self.options.retry_after.then_some(u64::try_from(wait).unwrap_or(1));
            return Err(Reply { retry_after, ..failure(429, "Too many requests") });
        }
        calls.push_back(now);
        Ok(Permit::default())
    }

    fn failure(&self, status: u16, text: &str) -> Reply {
        failure(status, text)
    }

    fn handle(&self, call: &Call) -> Reply {
        if call.path() == TOKEN {
            return self.token(call);
        }
        let mut state = self.state.lock();
        if let Some(how) = self.faults.renews_ids(call.path()) {
            state.renew_ids(how);
        }
        let reply = match call.head.method.as_str() {
            "GET" => self.read(&mut state, call),
            _ => Err((404, "Not Found".to_owned())),
        };
        reply.unwrap_or_else(|(status, text)| failure(status, &text))
    }

    fn control(&self, method: &Method, name: &str, body: &Value) -> Option<Value> {
        let mut state = self.state.lock();
        let text = |name: &str| body[name].as_str();
        match (method.as_str(), name) {
            ("POST", "clock") => {
                match (body["now"].as_i64(), text("month")) {
                    (Some(now), _) => state.set_clock(now),
                    (None, Some(month)) => drop(state.set_month(month).then_some(())?),
                    (None, None) => return None,
                }
                Some(json!({"month": state.month()}))
            }
            ("POST", "quantity") => {
                let month = text("month").map_or_else(|| state.month(), str::to_owned);
                let found = state.set_quantity(&month, text("tenant")?, text("sku")?, body["quantity"].as_i64()?);
                Some(json!({"found": found}))
            }
            ("POST", "withhold") => {
                let withheld = body["withheld"].as_bool().unwrap_or(true);
                Some(json!({"found": state.withhold(text("month")?, withheld)}))
            }
            ("POST", "rename") => {
                let name = text("name")?;
                let found = state.edit(text("tenant")?, |t| (t.name, t.show_as) = (name.to_owned(), None));
                Some(json!({"found": found}))
            }
            ("POST", "remove") => Some(json!({"found": state.remove_product(text("tenant")?, text("sku")?)})),
            ("POST", "notify") => {
                let usual = NewAlert::default();
                let given = |name: &str, usual: String| text(name).map_or(usual, str::to_owned);
                let alert = NewAlert {
                    severity: given("severity", usual.severity),
                    type_: given("type", usual.type_),
                    category: given("category", usual.category),
                    description: given("message", usual.description),
                    at: body["now"].as_i64().unwrap_or_else(|| now_ms() / 1000),
                };
                Some(json!({"id": state.raise(text("tenant")?, alert)?}))
            }
            ("POST", "resolve") => Some(json!({"found": state.resolve(text("id")?)})),
            ("POST", "expire-tokens") => {
                self.tokens.lock().clear();
                Some(json!({}))
            }
            ("GET", "tenants") => {
                let rows = state.tenants.iter();
                let rows = rows
                    .map(|t| json!({"id": t.id, "name": t.name, "billingType": t.billing_type, "listed": t.listed}));
                Some(json!({"tenants": rows.collect::<Vec<_>>(), "month": state.month()}))
            }
            ("GET", "usage") => {
                let month = state.month();
                let rows = state.billed(&month).into_iter();
                let rows =
                    rows.map(|(tenant, sku, quantity)| json!({"tenant": tenant, "sku": sku, "quantity": quantity}));
                Some(json!({"usage": rows.collect::<Vec<_>>(), "month": month}))
            }
            ("GET", "state") => Some(json!({"state": state.canonical()})),
            _ => None,
        }
    }
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|s| !s.is_empty()).collect()
}

fn not_found() -> Refusal {
    (404, "Not Found".to_owned())
}

/// An error of the API; the one for 401 has fewer members.
fn failure(status: u16, text: &str) -> Reply {
    let ids = ("5f1e0000-0000-4000-8000-0000000000c1", "5f1e0000-0000-4000-8000-0000000000d1");
    let body = match status {
        401 => json!({"error": "Unauthorized", "correlationId": ids.0, "requestId": ids.1}),
        _ => {
            let error = match status {
                400 => "badRequest",
                403 => "forbidden",
                404 => "notFound",
                429 => "tooManyRequests",
                _ => "internalServerError",
            };
            json!({"error": error, "message": text, "correlationId": ids.0, "requestId": ids.1,
                "createdAt": iso(now_ms(), TimeStyle::Millis), "docUrl": "https://developer.sophos.com/docs"})
        }
    };
    Reply::value(status, &body)
}

/// An error of the login.
fn login_failure(status: u16, code: &str, message: &str) -> Reply {
    let body = json!({"errorCode": code, "message": message, "trackingId": "5f1e0000-0000-4000-8000-0000000000e1"});
    Reply::value(status, &body)
}

impl Sophos {
    fn token(&self, call: &Call) -> Reply {
        if call.head.method != Method::POST {
            return login_failure(405, "methodNotAllowed", "Method Not Allowed");
        }
        if !call.header("content-type").starts_with("application/x-www-form-urlencoded") {
            return login_failure(415, "unsupportedMediaType", "Unsupported Media Type");
        }
        if call.form("grant_type") != "client_credentials" || call.form("scope") != "token" {
            return login_failure(400, "oauth.bad_request", "Bad Request");
        }
        if call.form("client_id") != self.options.client_id || call.form("client_secret") != self.options.client_secret
        {
            return login_failure(401, "oauth.invalid_client_secret", "Unauthorized");
        }
        let (token, refresh) = {
            let rng = &mut self.state.lock().rng;
            (rng.guid(), rng.guid())
        };
        let seconds = self.options.token_seconds;
        self.tokens.lock().insert(token.clone(), now_ms() + seconds * 1000);
        let reply = json!({"access_token": token, "refresh_token": refresh, "token_type": "bearer", "expires_in": seconds,
            "message": "OK", "errorCode": "success", "trackingId": "5f1e0000-0000-4000-8000-0000000000f1"});
        Reply::value(200, &reply)
    }

    fn read(&self, state: &mut State, call: &Call) -> Result<Reply, Refusal> {
        let host = format!("http://{}{}", call.header("host"), if self.options.trailing_slash { "/" } else { "" });
        match segments(call.path()).as_slice() {
            ["whoami", "v1"] => Ok(self.whoami(state, call)),
            ["partner", "v1", rest @ ..] => {
                if self.options.id_type != "partner"
                    || call.header("x-partner-id") != self.faults.account(&state.partner)
                {
                    return Err((401, String::new()));
                }
                match *rest {
                    ["tenants"] => {
                        if page_number(call)? > 1 {
                            if self.faults.strikes("row-appears", call.path(), false) {
                                state.tenant_appears();
                            }
                            if self.faults.strikes("row-leaves", call.path(), false) {
                                state.tenant_leaves();
                            }
                        }
                        let rows = state.listed();
                        self.by_number(call, &rows, MAX, |place, out| {
                            render::tenant(state, &state.tenants[place], &host, out);
                        })
                    }
                    ["tenants", id] => {
                        let tenant = state.tenant(id).filter(|t| t.listed).ok_or_else(not_found)?;
                        Ok(written(|out| render::tenant(state, tenant, &host, out)))
                    }
                    ["billing", "usage", year, month] => self.usage(state, call, year, month),
                    _ => Err(not_found()),
                }
            }
            ["licenses", "v1", "licenses"] => {
                let (place, tenant) = entered(state, call)?;
                let today = iso(now_ms(), TimeStyle::Bare);
                Ok(written(|out| render::licences(place, tenant, &today[..10], out)))
            }
            ["common", "v1", "alerts"] => {
                let tenant = entered(state, call)?.1;
                let parameters = call.parameters();
                let given = |name: &str| parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
                let time = |name: &str| {
                    given(name).map(|v| parse_iso(v).ok_or((400, format!("{name} is not a time")))).transpose()
                };
                let (from, to, severity) = (time("from")?, time("to")?, given("severity"));
                let wanted = |a: &&super::alerts::Alert| {
                    from.is_none_or(|from| a.new.at * 1000 >= from)
                        && to.is_none_or(|to| a.new.at * 1000 <= to)
                        && severity.is_none_or(|s| s == a.new.severity)
                };
                let rows: Vec<_> = tenant.alerts.iter().filter(wanted).collect();
                let max = self.options.alerts_max;
                self.by_key(call, &rows, max, |a| a.number, |a, out| render::alert(tenant, a, out))
            }
            ["common", "v1", "alerts", id] => {
                let tenant = entered(state, call)?.1;
                let alert = tenant.alerts.iter().find(|a| a.id == *id).ok_or_else(not_found)?;
                Ok(written(|out| render::alert(tenant, alert, out)))
            }
            ["endpoint", "v1", "endpoints"] => {
                let tenant = entered(state, call)?.1;
                let rows: Vec<_> = tenant.devices.iter().enumerate().collect();
                self.by_key(
                    call,
                    &rows,
                    ENDPOINTS_MAX,
                    |(i, _)| *i as u64,
                    |(_, device), out| {
                        render::endpoint(tenant, device, out);
                    },
                )
            }
            _ => Err(not_found()),
        }
    }

    fn whoami(&self, state: &State, call: &Call) -> Reply {
        // As a sample of the vendor's: a slash at the end.
        let mut hosts = json!({"global": format!("http://{}/", call.header("host"))});
        if self.options.id_type == "tenant" {
            hosts["dataRegion"] = json!(format!("http://{}", call.header("host")));
        }
        Reply::value(
            200,
            &json!({"id": self.faults.account(&state.partner), "idType": self.options.id_type, "apiHosts": hosts}),
        )
    }

    fn usage(&self, state: &mut State, call: &Call, year: &str, month: &str) -> Result<Reply, Refusal> {
        if month.starts_with('0') && !self.options.padded_month {
            return Err((400, "month is a number from 1 to 12".to_owned()));
        }
        let (year, month) = match (year.parse::<i64>(), month.parse::<i64>()) {
            (Ok(year), Ok(month @ 1..=12)) => (year, month),
            _ => return Err((400, "month is a number from 1 to 12".to_owned())),
        };
        let number = year * 12 + month - 1;
        let rows = state.report(number).ok_or((404, "There is no usage report for this month".to_owned()))?;
        let account = call.parameters().into_iter().find(|(n, _)| n == "accountId");
        let write = |row: &super::reports::Row, out: &mut Vec<u8>| render::usage(state, number, row, out);
        match account {
            None => self.by_key(call, &rows, MAX, |row| row.number, write),
            Some((_, id)) => {
                let own: Vec<_> = rows.iter().filter(|row| state.tenants[row.tenant].id == id).collect();
                self.by_key(call, &own, MAX, |row| row.number, |row, out| write(row, out))
            }
        }
    }
}

/// The tenant that a call is made for, if it lets the partner in.
fn entered<'s>(state: &'s State, call: &Call) -> Result<(usize, &'s Tenant), Refusal> {
    let id = call.header("x-tenant-id");
    if id.is_empty() {
        return Err((401, String::new()));
    }
    let forbidden = || (403, "The requested access is forbidden".to_owned());
    let place = *state.place_of.get(id).ok_or_else(forbidden)?;
    let tenant = &state.tenants[place];
    if tenant.forbidden || tenant.hostless || !tenant.listed { Err(forbidden()) } else { Ok((place, tenant)) }
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Reply {
    let mut out = Vec::with_capacity(1024);
    write(&mut out);
    Reply::json(200, out)
}
