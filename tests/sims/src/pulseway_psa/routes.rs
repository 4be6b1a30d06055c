//! The PSA's API: login, the hour's limit per endpoint, routes and envelopes.
//! Leaves alone: what a list finds (`list`) and what a write may do (`write`).

use std::time::Duration;

use http::Method;
use http::request::Parts;
use serde_json::{Value, json};

use super::jobs::Work;
use super::list::{Ask, accounts_lookup};
use super::schema::{self, ACCOUNTS, ASSETS, CONTRACTS, LOCATIONS, List, NOTES, TICKETS};
use super::state::{State, list_rows};
use super::write::{Order, Refusal, Save, member, patch};
use super::{Bms, login, report};
use crate::clock::now_ms;
use crate::faults::Emptied;
use crate::json::{Obj, array};
use crate::server::{Call, Class, Permit, Reply, Vendor};

impl Vendor for Bms {
    fn classify(&self, method: &Method, path: &str) -> Class {
        let path = path.trim_end_matches('/').to_ascii_lowercase();
        let parts = segments(&path);
        let entity = match parts.as_slice() {
            ["security", "authenticate"] => "security/authenticate",
            ["security", "refreshtoken"] => "security/refreshtoken",
            ["crm", "accounts"] => "accounts",
            ["crm", "accounts", "summary"] => "accounts/summary",
            ["crm", "accounts", "summary", _] => "accounts/summary/{id}",
            ["crm", "accounts", "lookup"] => "accounts/lookup",
            ["crm", "accounts", _] => "accounts/{id}",
            ["crm", "accounts", _, "locations", "lookup"] => "locations/lookup",
            ["crm", "accounts", _, "locations", _] => "locations/{id}",
            ["servicedesk", "hardwareasset"] => "hardwareasset",
            ["servicedesk", "hardwareasset", "searchselect"] => "hardwareasset/searchselect",
            ["servicedesk", "hardwareasset", _] => "hardwareasset/{id}",
            ["servicedesk", "hardwareasset", _, "tickets"] => "hardwareasset/{id}/tickets",
            ["servicedesk", "tickets"] => "tickets",
            ["servicedesk", "tickets", "search"] => "tickets/search",
            ["servicedesk", "tickets", _] => "tickets/{id}",
            ["servicedesk", "tickets", _, "notes"] => "tickets/{id}/notes",
            ["servicedesk", "tickets", _, "resolve"] => "tickets/{id}/resolve",
            ["finance", "contracts", "summary"] => "contracts/summary",
            ["finance", "contracts", "lookup"] => "contracts/lookup",
            ["rmm", _, "assets"] => "rmm/assets",
            ["rmm", _, "assets", "deactivate"] => "rmm/assets/deactivate",
            ["rmm", _, "assets", "status", _] => "rmm/assets/status",
            ["system" | "hr", .., "lookup"] | ["system", "lookup" | "tenantlookup", _] => "lookup",
            _ => "other",
        };
        let asks = matches!(*method, Method::GET | Method::HEAD);
        Class { entity, write: !asks && entity != "tickets/search" && !entity.starts_with("security/") }
    }

    fn admit(&self, head: &Parts, class: Class) -> Result<Permit, Reply> {
        if class.entity.starts_with("security/") {
            return Ok(Permit::default());
        }
        let header = head.headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or("");
        if !self.tokens.lock().holds(header, now_ms()) {
            return Err(self.failure(401, "Authorization has been denied for this request."));
        }
        if !self.hours.lock().count(head.method.as_str(), class.entity, self.options.hourly_limit) {
            return Err(self.failure(429, "API calls quota exceeded."));
        }
        Ok(Permit { delay: Duration::ZERO, slot: None })
    }

    fn failure(&self, status: u16, text: &str) -> Reply {
        let error = json!({"code": status, "message": text, "details": null, "stackStrace": null, "subErrors": []});
        self.said(Reply::value(status, &json!({"success": false, "result": null, "error": error})))
    }

    fn handle(&self, call: &Call) -> Reply {
        let path = call.path().to_ascii_lowercase();
        let parts = segments(&path);
        if let ["security", which] = parts.as_slice() {
            return self.login(call, which);
        }
        if let Some(keep) = self.faults.merges_accounts(&path) {
            report::merge_newest(&mut self.state.lock(), keep);
        }
        let mut state = self.state.for_call(call, &self.faults);
        if self.denied.lock().iter().any(|name| parts.contains(&name.as_str())) {
            return self.refuse(&Refusal {
                status: 403,
                message: "You do not have permission for this operation.".to_owned(),
            });
        }
        match self.answer(&mut state, call, &parts) {
            Ok(body) => self.said(Reply::json(200, body)),
            Err(refusal) => self.refuse(&refusal),
        }
    }

    fn control(&self, method: &Method, name: &str, _: &Value) -> Option<Value> {
        match (method.as_str(), name) {
            ("GET", "state") => Some(json!({"state": report::canonical(&self.state.lock())})),
            ("GET", "duplicates") => Some(
                json!({"duplicates": report::duplicates(&self.state.lock()).iter().map(ToString::to_string).collect::<Vec<_>>()}),
            ),
            ("POST", "expire-tokens") => {
                self.tokens.lock().expire(false);
                Some(json!({}))
            }
            _ => None,
        }
    }
}

type Answer = Result<Vec<u8>, Refusal>;

/// The parts of a path below `/v2`; none when it is not below it.
fn segments(path: &str) -> Vec<&str> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    if parts.next() == Some("v2") { parts.collect() } else { Vec::new() }
}

fn no_route() -> Refusal {
    Refusal { status: 404, message: "No such resource.".to_owned() }
}

fn number(id: &str) -> Result<i64, Refusal> {
    id.parse().map_err(|_| Refusal::bad(format!("The value '{id}' is not valid.")))
}

/// An envelope around a result.
fn envelope(write: impl FnOnce(&mut Vec<u8>), total: Option<usize>) -> Vec<u8> {
    let mut out = Vec::with_capacity(2000);
    let mut o = Obj::new(&mut out);
    o.flag("success", true).null("error");
    write(o.key("result"));
    if let Some(total) = total {
        o.int("totalRecords", total as i64);
    }
    o.end();
    out
}

fn lookup(list: &List) -> Vec<u8> {
    let rows = Value::Array(list_rows(list));
    envelope(|out| out.extend(rows.to_string().bytes()), None)
}

impl Bms {
    fn said(&self, reply: Reply) -> Reply {
        if self.options.text_plain { reply.plain() } else { reply }
    }

    /// The vendor's no, with a status or inside a 200.
    fn refuse(&self, refusal: &Refusal) -> Reply {
        let mut reply = self.failure(refusal.status, &refusal.message);
        if self.options.failures_as_200 {
            reply.status = 200;
        }
        reply
    }

    fn login(&self, call: &Call, which: &str) -> Reply {
        let options = &self.options;
        let form = login::form(call.header("content-type"), &call.body);
        if call.head.method != Method::POST {
            return self.refuse(&Refusal { status: 405, message: "The method is not allowed.".to_owned() });
        }
        let Some(form) = form else {
            return self.failure(415, "Unsupported media type.");
        };
        let told = |name: &str| form.get(name).map_or("", String::as_str);
        let mut tokens = self.tokens.lock();
        let is_known = match which {
            "authenticate" => {
                told("granttype").eq_ignore_ascii_case("password")
                    && told("username").eq_ignore_ascii_case(&options.user)
                    && told("password") == options.password
                    && told("tenant").eq_ignore_ascii_case(&options.tenant)
            }
            "refreshtoken" => !told("accesstoken").is_empty() && tokens.take_refresh(told("refreshtoken"), now_ms()),
            _ => false,
        };
        if !is_known {
            return self
                .refuse(&Refusal { status: 401, message: "The user name or password is incorrect.".to_owned() });
        }
        let (life, refresh_life) = (options.token_life, options.refresh_life);
        let pair = tokens.give(&options.user, life.as_millis() as i64, refresh_life.as_millis() as i64, now_ms());
        self.said(Reply::value(200, &json!({"success": true, "error": null, "result": pair})))
    }

    fn answer(&self, state: &mut State, call: &Call, parts: &[&str]) -> Answer {
        let path = call.path();
        let order = Order { path, faults: &self.faults, now: now_ms() };
        let method = call.head.method.as_str();
        let body = || -> Result<Value, Refusal> {
            serde_json::from_slice(&call.body).map_err(|_| Refusal::bad("The body is not valid JSON."))
        };
        state.work(&order);
        match (method, parts) {
            ("GET", ["crm", "accounts", "summary"]) => self.list(state, call, ACCOUNTS),
            ("GET", ["crm", "accounts", "summary", id]) => {
                let id = number(id)?;
                let at = state.tables[ACCOUNTS].at(id).ok_or_else(|| Refusal::missing("account", id))?;
                let mut out = Vec::new();
                if self.options.bare_summary {
                    state.write_account(at, true, &mut out);
                    return Ok(out);
                }
                Ok(envelope(|out| state.write_account(at, true, out), None))
            }
            ("GET", ["crm", "accounts", "lookup"]) => {
                let rows = accounts_lookup(&self.ask(call), state, &self.options);
                let table = &state.tables[ACCOUNTS];
                Ok(envelope(
                    |out| {
                        array(out, rows, |out, at| {
                            let row = &table.rows[at];
                            let mut o = Obj::new(out);
                            o.int("id", row.id).text("name", table.text(row, "accountName"));
                            o.text("tenantName", "Simulated MSP").flag("isActive", table.flag(row, "isActive")).end();
                        });
                    },
                    None,
                ))
            }
            ("POST", ["crm", "accounts"]) => {
                let body = body()?;
                self.twice(path, || state.create_account(&body, &order)).and_then(|id| saved(state, ACCOUNTS, id))
            }
            ("PUT", ["crm", "accounts", id]) => change(state, ACCOUNTS, id, &body()?, Save::Replace, &order),
            ("PATCH", ["crm", "accounts", id]) => change(state, ACCOUNTS, id, &patch(&body()?)?, Save::Patch, &order),
            ("GET", ["crm", "accounts", account, "locations", "lookup"]) => {
                let account = number(account)?;
                state.tables[ACCOUNTS].at(account).ok_or_else(|| Refusal::missing("account", account))?;
                let table = &state.tables[LOCATIONS];
                let rows = table.rows.iter().filter(|row| row.account == account);
                let write = |out: &mut Vec<u8>, row: &super::state::Row| {
                    let mut o = Obj::new(out);
                    o.int("id", row.id).text("name", table.text(row, "locationName")).int("accountId", account);
                    o.flag("isMain", table.flag(row, "isMain")).end();
                };
                Ok(envelope(|out| array(out, rows, write), None))
            }
            ("GET", ["crm", "accounts", account, "locations", id]) => {
                let (account, id) = (number(account)?, number(id)?);
                let at = state.tables[LOCATIONS].at(id);
                let at = at.filter(|&at| state.tables[LOCATIONS].rows[at].account == account);
                let at = at.ok_or_else(|| Refusal::missing("location", id))?;
                Ok(envelope(|out| state.write(LOCATIONS, at, out), None))
            }
            ("GET", ["servicedesk", "hardwareasset", "searchselect"]) => self.list(state, call, ASSETS),
            ("GET", ["servicedesk", "hardwareasset", id]) => one(state, ASSETS, number(id)?),
            ("GET", ["servicedesk", "hardwareasset", id, "tickets"]) => {
                let (id, table) = (number(id)?, &state.tables[TICKETS]);
                let of_it = (0..table.rows.len()).filter(|&at| table.int(&table.rows[at], "hardwareAssetId") == id);
                Ok(envelope(|out| array(out, of_it, |out, at| state.write(TICKETS, at, out)), None))
            }
            ("POST", ["servicedesk", "hardwareasset"]) => {
                let body = body()?;
                self.twice(path, || state.create_asset(&body, &order)).and_then(|id| saved(state, ASSETS, id))
            }
            ("PUT", ["servicedesk", "hardwareasset", id]) => change(state, ASSETS, id, &body()?, Save::Replace, &order),
            ("DELETE", ["servicedesk", "hardwareasset", id]) => {
                let id = number(id)?;
                let at = state.tables[ASSETS].at(id).ok_or_else(|| Refusal::missing("hardware asset", id))?;
                state.tables[ASSETS].rows.remove(at);
                Ok(envelope(|out| out.extend(b"null"), None))
            }
            ("GET", ["finance", "contracts", "summary" | "lookup"]) => self.list(state, call, CONTRACTS),
            ("GET", ["servicedesk", "tickets"]) | ("POST", ["servicedesk", "tickets", "search"]) => {
                self.list(state, call, TICKETS)
            }
            ("POST", ["servicedesk", "tickets"]) => {
                let body = body()?;
                self.twice(path, || state.create_ticket(&body, &order)).and_then(|id| saved(state, TICKETS, id))
            }
            ("GET", ["servicedesk", "tickets", id]) => one(state, TICKETS, number(id)?),
            ("PUT", ["servicedesk", "tickets", id]) => change(state, TICKETS, id, &body()?, Save::Replace, &order),
            ("PATCH", ["servicedesk", "tickets", id]) => {
                change(state, TICKETS, id, &patch(&body()?)?, Save::Patch, &order)
            }
            ("POST", ["servicedesk", "tickets", id, "resolve"]) => {
                let body = body()?;
                if member(&body, "comment").as_str().is_none_or(str::is_empty) {
                    return Err(Refusal::bad("The Comment field is required."));
                }
                let status = member(&body, "statusId").as_i64().filter(|id| *id != 0).unwrap_or(schema::DONE);
                change(state, TICKETS, id, &json!({"statusId": status}), Save::Patch, &order)
            }
            ("GET", ["servicedesk", "tickets", id, "notes"]) => {
                let (id, table) = (number(id)?, &state.tables[NOTES]);
                let of_it = (0..table.rows.len()).filter(|&at| table.int(&table.rows[at], "ticketId") == id);
                Ok(envelope(|out| array(out, of_it, |out, at| state.write(NOTES, at, out)), None))
            }
            ("POST", ["servicedesk", "tickets", id, "notes"]) => {
                let (id, body) = (number(id)?, body()?);
                self.twice(path, || state.add_note(id, &body, &order)).and_then(|id| saved(state, NOTES, id))
            }
            ("GET", ["rmm", _, "assets", "status", job]) => {
                let status = state.job_status(job)?;
                Ok(envelope(|out| out.extend(status.to_string().bytes()), None))
            }
            ("POST" | "PUT", ["rmm", _, "assets", rest @ ..]) => {
                let work = match (method, rest) {
                    ("POST", []) => Work::Create,
                    ("PUT", []) => Work::Update,
                    ("PUT", ["deactivate"]) => Work::Deactivate,
                    _ => return Err(no_route()),
                };
                let job = state.take(work, &body()?, order.now + self.options.job_time.as_millis() as i64)?;
                Ok(envelope(|out| out.extend(json!({"jobId": job}).to_string().bytes()), None))
            }
            ("GET", ["system", "accounttypes", "lookup"]) => Ok(lookup(&schema::ACCOUNT_TYPES)),
            ("GET", ["system", "statuses", "lookup"]) => Ok(lookup(&schema::STATUSES)),
            ("GET", ["system", "priorities", "lookup"]) => Ok(lookup(&schema::PRIORITIES)),
            ("GET", ["system", "queues", "lookup"]) => Ok(lookup(&schema::QUEUES)),
            ("GET", ["hr", "employees", "lookup"]) => Ok(lookup(&schema::EMPLOYEES)),
            ("GET", ["system", "locations", "lookup"]) => {
                Ok(envelope(|out| out.extend(br#"[{"id":1,"name":"MSP office"}]"#), None))
            }
            ("GET", ["system", "lookup" | "tenantlookup", name]) if self.options.lookup_tables => {
                let list =
                    schema::LISTS.iter().find(|list| list.name.eq_ignore_ascii_case(name)).ok_or_else(no_route)?;
                Ok(lookup(list))
            }
            _ => Err(no_route()),
        }
    }

    fn ask(&self, call: &Call) -> Ask {
        let most = self.options.max_page_size;
        if call.head.method == Method::POST {
            Ask::of_body(&serde_json::from_slice(&call.body).unwrap_or(Value::Null), most)
        } else {
            Ask::of_parameters(call.parameters(), most)
        }
    }

    /// A page of a list; a lookup of contracts is all in one.
    fn list(&self, state: &mut State, call: &Call, entity: usize) -> Answer {
        let ask = self.ask(call);
        let path = call.path();
        if ask.page > 1 {
            if self.faults.strikes("row-appears", path, false) {
                report::appear(state, entity);
            }
            if self.faults.strikes("row-leaves", path, false) {
                state.tables[entity].rows.pop();
            }
        }
        let all = ask.rows(state, entity, &self.options);
        let is_lookup = path.ends_with("/lookup");
        let mut page = if is_lookup { all.clone() } else { ask.page(&all) };
        if self.faults.strikes("reorder", path, false) {
            page.reverse();
        }
        let emptied = self.faults.empties(path, ask.page);
        if emptied.is_some() {
            page.clear();
        }
        let total = Emptied::total(emptied, all.len());
        let with_total = match entity {
            ASSETS => self.options.searchselect_total,
            _ => !is_lookup,
        };
        let write = |out: &mut Vec<u8>, at: usize| match entity {
            ACCOUNTS => state.write_account(at, self.options.list_has_locations, out),
            ASSETS => write_found_asset(state, at, out),
            CONTRACTS if is_lookup => write_contract_choice(state, at, out),
            _ => state.write(entity, at, out),
        };
        Ok(envelope(|out| array(out, page, write), with_total.then_some(total)))
    }

    /// Carries a create out, once or by a fault twice; what the first one made.
    fn twice(&self, path: &str, mut create: impl FnMut() -> Result<i64, Refusal>) -> Result<i64, Refusal> {
        let first = create()?;
        if self.faults.strikes("duplicate-submit", path, true) {
            let _ = create();
        }
        Ok(first)
    }
}

fn change(state: &mut State, entity: usize, id: &str, body: &Value, save: Save, order: &Order<'_>) -> Answer {
    let id = number(id)?;
    state.update(entity, id, body, save, order)?;
    saved(state, entity, id)
}

/// What was written, as the vendor has it now.
fn saved(state: &State, entity: usize, id: i64) -> Answer {
    one(state, entity, id)
}

fn one(state: &State, entity: usize, id: i64) -> Answer {
    let at = state.tables[entity].at(id).ok_or_else(|| Refusal::missing(schema::TABLES[entity].0, id))?;
    if entity == ACCOUNTS {
        return Ok(envelope(|out| state.write_account(at, true, out), None));
    }
    Ok(envelope(|out| state.write(entity, at, out), None))
}

/// A row of `searchselect`: few fields, and the location by its name only.
fn write_found_asset(state: &State, at: usize, out: &mut Vec<u8>) {
    let table = &state.tables[ASSETS];
    let row = &table.rows[at];
    let text = |name: &str| table.value(row, name).as_str();
    let category = table.int(row, "categoryId");
    let mut o = Obj::new(out);
    o.int("id", row.id).text_or_null("categoryName", schema::CATEGORIES.label(category)).int("categoryId", category);
    o.text_or_null("locationName", state.location_name(table.int(row, "accountLocationId")));
    o.text_or_null("assetName", text("name")).text_or_null("serialNumber", text("serialNumber"));
    o.text_or_null("machineGroupId", text("machineGroupId")).text_or_null("ipAddress", text("ipAddress"));
    o.int("contactId", 0).null("contactName").int("accountId", row.account);
    o.text_or_null("accountName", state.name(ACCOUNTS, row.account)).flag("isActive", table.flag(row, "isActive"));
    o.end();
}

/// A row of the lookup of contracts.
fn write_contract_choice(state: &State, at: usize, out: &mut Vec<u8>) {
    let table = &state.tables[CONTRACTS];
    let row = &table.rows[at];
    let mut o = Obj::new(out);
    o.int("id", row.id)
        .text("name", table.text(row, "contractName"))
        .flag("isDefault", false)
        .null("slaId")
        .null("slaName");
    o.flag("isActive", table.text(row, "status") == "Active")
        .text_or_null("endDate", table.value(row, "endDate").as_str());
    o.end();
}
