//! The PSA's API: login, zone, the table of verbs, queries and their pages.
//! Leaves alone: what a query finds (`select`) and what a write may do (`rules`).

use http::Method;
use http::request::Parts;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::limits::Full;
use super::query::{self, MOST, Query, Scalar, Slot, Test};
use super::rules::{Order, Save};
use super::schema::{ADJUSTMENTS, ENTITIES, RESOURCES, child, entity};
use super::{Psa, State, merge, meta, report, select};
use crate::clock::now_ms;
use crate::json::{Obj, array};
use crate::server::{Call, Class, Permit, Reply, Vendor};

/// The longest address a GET query may have.
const LONGEST_URL: usize = 2048;

impl Vendor for Psa {
    fn classify(&self, method: &Method, path: &str) -> Class {
        let segments = segments(path);
        let class = |entity: &'static str, write: bool| Class { entity, write };
        let change = matches!(*method, Method::POST | Method::PATCH | Method::PUT | Method::DELETE);
        match segments.as_slice() {
            [one] if one.eq_ignore_ascii_case("zoneInformation") => class("zoneInformation", false),
            [one] if one.eq_ignore_ascii_case("versioninformation") => class("versioninformation", false),
            [one] if one.eq_ignore_ascii_case("ThresholdInformation") => class("ThresholdInformation", false),
            [name, rest @ ..] => {
                let Some(at) = entity(name) else { return class("other", change) };
                let of = &ENTITIES[at];
                match rest {
                    [query, ..] if query.eq_ignore_ascii_case("query") => class(of.query_name, false),
                    [info, ..] if info.eq_ignore_ascii_case("entityInformation") => class(of.info_name, false),
                    [_, segment, ..] => class(child(name, segment).map_or("other", |c| ENTITIES[c].name), change),
                    _ => class(of.name, change),
                }
            }
            [] => class("other", change),
        }
    }

    fn admit(&self, head: &Parts, class: Class) -> Result<Permit, Reply> {
        if matches!(class.entity, "zoneInformation" | "versioninformation") {
            return Ok(Permit::default());
        }
        let header = |name: &str| head.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
        let code = header("ApiIntegrationCode");
        let Some(integration) = self.integrations.iter().position(|c| c == code) else {
            return Err(errors(401, "The ApiIntegrationCode is invalid."));
        };
        if !header("UserName").eq_ignore_ascii_case(&self.options.user) || header("Secret") != self.options.secret {
            return Err(errors(401, "The UserName or the Secret is not valid."));
        }
        let entity = class.entity.split('/').next().unwrap_or(class.entity);
        let place = self.limits.enter(integration, entity);
        let delay = place.and_then(|place| Ok((place, self.limits.count()?)));
        match delay {
            Ok((place, delay)) => Ok(Permit { delay, slot: Some(Box::new(place)) }),
            Err(Full::Threads) => {
                let text = format!("API thread threshold of {} threads has been exceeded.", self.limits.at_once);
                Err(errors(429, &text))
            }
            Err(Full::Hour) => Err(errors(
                self.options.over_limit_status,
                "The hourly limit of API requests of this database has been reached.",
            )),
        }
    }

    fn failure(&self, status: u16, text: &str) -> Reply {
        errors(status, text)
    }

    fn handle(&self, call: &Call) -> Reply {
        let path = call.path();
        let segments = segments(path);
        let result = match segments.as_slice() {
            [one] if one.eq_ignore_ascii_case("zoneInformation") => return self.zone(call),
            [one] if one.eq_ignore_ascii_case("versioninformation") => {
                return Reply::value(200, &json!({"apiVersions": ["1.0"]}));
            }
            [one] if one.eq_ignore_ascii_case("ThresholdInformation") => {
                return Reply::value(
                    200,
                    &json!({
                        "externalRequestThreshold": self.limits.hourly, "requestThresholdTimeframe": 60,
                        "currentTimeframeRequestCount": self.limits.used(),
                    }),
                );
            }
            [name, rest @ ..] => match entity(name) {
                Some(at) => self.entity(call, at, name, rest),
                None => Err((404, format!("No entity is called {name}."))),
            },
            [] => Err((404, "No such resource.".to_owned())),
        };
        result.unwrap_or_else(|(status, text)| errors(status, &text))
    }

    fn control(&self, method: &Method, name: &str, _: &Value) -> Option<Value> {
        match (method.as_str(), name) {
            ("GET", "state") => Some(json!({"state": report::canonical(&self.state.lock())})),
            ("GET", "duplicates") => Some(
                json!({"duplicates": report::duplicates(&self.state.lock()).iter().map(ToString::to_string).collect::<Vec<_>>()}),
            ),
            ("GET", "usage") => {
                let state = self.state.lock();
                let lines = report::service_lines(&state, now_ms());
                let lines: Vec<Value> = lines.iter().map(|l| json!({"line": l.id, "company": l.company, "contract": l.contract, "service": l.service, "units": l.units, "last": l.last})).collect();
                let made = report::adjustments(&state);
                let made: Vec<Value> = made
                    .iter()
                    .map(|a| json!({"line": a.line, "day": a.day, "change": a.change, "by_api": a.by_api}))
                    .collect();
                Some(json!({"lines": lines, "adjustments": made}))
            }
            _ => None,
        }
    }
}

type Answer = Result<Reply, (u16, String)>;

fn errors(status: u16, text: &str) -> Reply {
    Reply::value(status, &json!({"errors": [text]}))
}

fn item_id(id: i64) -> Reply {
    let mut out = Vec::with_capacity(24);
    let mut o = Obj::new(&mut out);
    o.int("itemId", id);
    o.end();
    Reply::json(200, out)
}

/// Validation mistakes are the vendor's 500.
fn bad(text: String) -> (u16, String) {
    (500, text)
}

fn not_allowed() -> (u16, String) {
    (405, "The requested resource does not support this http method.".to_owned())
}

fn no_route() -> (u16, String) {
    (404, "No HTTP resource was found that matches the request.".to_owned())
}

/// The parts of a path below `ATServicesRest/V1.0`, both in any case; none when it is not below them.
fn segments(path: &str) -> Vec<&str> {
    let mut parts = path.split('/').filter(|s| !s.is_empty());
    if !parts.next().is_some_and(|p| p.eq_ignore_ascii_case("atservicesrest")) {
        return Vec::new();
    }
    let rest: Vec<&str> = parts.collect();
    match rest.as_slice() {
        [version, rest @ ..] if version.eq_ignore_ascii_case("v1.0") => rest.to_vec(),
        [one] if one.eq_ignore_ascii_case("versioninformation") => rest,
        _ => Vec::new(),
    }
}

impl Psa {
    fn zone(&self, call: &Call) -> Reply {
        let asked = call.parameters().into_iter().find(|(k, _)| k.eq_ignore_ascii_case("user")).map(|(_, v)| v);
        if !asked.is_some_and(|user| user.eq_ignore_ascii_case(&self.options.user)) {
            return errors(self.options.zone_error_status, "The zone of this user could not be found.");
        }
        let host = host(call);
        Reply::value(
            200,
            &json!({"zoneName": "Sim Zone", "url": format!("http://{host}/ATServicesRest/"), "webUrl": format!("http://{host}/"),
                "ci": self.faults.account("30595").parse::<i64>().ok()}),
        )
    }

    /// Everything below an entity's name.
    fn entity(&self, call: &Call, at: usize, name: &str, rest: &[&str]) -> Answer {
        if let Some(keep) = self.faults.merges_accounts(call.path()) {
            merge::newest(&mut self.state.lock(), keep);
        }
        let mut state = self.state.for_call(call, &self.faults);
        let state = &mut *state;
        state.set_day_offset(self.faults.day_offset(call.path(), call.write));
        let method = call.head.method.as_str();
        let is = |segment: &str, word: &str| segment.eq_ignore_ascii_case(word);
        let flat = &ENTITIES[at];
        if state.denied.contains(&at) {
            return Err(self.permission(flat.name));
        }
        match rest {
            [] => match method {
                "POST" | "PATCH" | "PUT" if flat.child.is_some() && !flat.root.create => Err(no_route()),
                "POST" if flat.root.create => self.save(call, state, at, Save::Create, None),
                "PATCH" if flat.root.update => self.save(call, state, at, Save::Patch, None),
                "PUT" if flat.root.update => self.save(call, state, at, Save::Put, None),
                _ => Err(not_allowed()),
            },
            [word, ..] if at == ADJUSTMENTS && !is(word, "entityInformation") => Err(not_allowed()), // they are not read
            [query] if is(query, "query") => self.query(call, state, at, false),
            [query, next] if is(query, "query") && is(next, "next") => self.query(call, state, at, true),
            [query, count] if is(query, "query") && is(count, "count") => self.count(call, state, at),
            [info, rest @ ..] if is(info, "entityInformation") => {
                if method != "GET" {
                    return Err(not_allowed());
                }
                let table = &state.tables[at];
                match rest {
                    [] => Ok(Reply::value(200, &meta::information(table))),
                    [fields] if is(fields, "fields") => Ok(Reply::value(200, &meta::fields(table))),
                    [udfs] if is(udfs, "userDefinedFields") => Ok(Reply::value(200, &meta::user_defined(table))),
                    _ => Err(no_route()),
                }
            }
            [id] => {
                let id: i64 = id.parse().map_err(|_| no_route())?;
                match method {
                    "GET" => self.get(state, at, id, None),
                    "DELETE" if flat.root.delete => state.delete(at, None, id).map(item_id).map_err(bad),
                    _ => Err(not_allowed()),
                }
            }
            [parent, segment, rest @ ..] if rest.len() < 2 => {
                let parent: i64 = parent.parse().map_err(|_| no_route())?;
                let below = child(name, segment).ok_or_else(no_route)?;
                if state.denied.contains(&below) {
                    return Err(self.permission(ENTITIES[below].name));
                }
                self.child(call, state, below, parent, rest.first().copied())
            }
            _ => Err(no_route()),
        }
    }

    fn child(&self, call: &Call, state: &mut State, at: usize, parent: i64, id: Option<&str>) -> Answer {
        let Some(verbs) = &ENTITIES[at].child else { return Err(no_route()) };
        let id = id.map(|id| id.parse::<i64>().map_err(|_| no_route())).transpose()?;
        match (call.head.method.as_str(), id) {
            ("GET", _) if at == ADJUSTMENTS => Err(not_allowed()),
            ("GET", None) => self.children(call, state, at, parent),
            ("GET", Some(id)) => self.get(state, at, id, Some(parent)),
            ("POST", None) if verbs.create => self.save(call, state, at, Save::Create, Some(parent)),
            ("PATCH", None) if verbs.update => self.save(call, state, at, Save::Patch, Some(parent)),
            ("PUT", None) if verbs.update => self.save(call, state, at, Save::Put, Some(parent)),
            ("DELETE", Some(id)) if verbs.delete => state.delete(at, Some(parent), id).map(item_id).map_err(bad),
            _ => Err(not_allowed()),
        }
    }

    fn save(&self, call: &Call, state: &mut State, at: usize, save: Save, parent: Option<i64>) -> Answer {
        if let Ok(id) = call.header("ImpersonationResourceId").parse::<i64>() {
            let resources = &state.tables[RESOURCES];
            let licence = resources.get(id).map(|row| resources.int(row, "licenseType"));
            if licence.is_none_or(|l| l == Some(7)) {
                return Err(self.permission("impersonation"));
            }
        }
        let owner = ENTITIES[at].child.as_ref().and_then(|child| entity(child.parent));
        if let (Some(owner), Some(parent)) = (owner, parent)
            && state.tables[owner].get(parent).is_none()
        {
            return Err(bad(super::rules::NO_MATCH.to_owned()));
        }
        let body: Value =
            serde_json::from_slice(&call.body).map_err(|_| bad("The body is not valid JSON.".to_owned()))?;
        let path = call.path();
        let order = Order {
            save,
            parent,
            body: &body,
            path,
            faults: &self.faults,
            cut_long: self.options.cut_long_values,
            day_offset: state.day_offset,
            now: now_ms(),
        };
        let id = state.save(at, &order).map_err(bad)?;
        if save == Save::Create && self.faults.strikes("duplicate-submit", path, true) {
            let _ = state.save(at, &order);
        }
        if at == ADJUSTMENTS && self.options.adjustment_without_id {
            return Ok(Reply::json(200, br#"{"itemId":null}"#.to_vec()));
        }
        Ok(item_id(id))
    }

    fn get(&self, state: &mut State, at: usize, id: i64, parent: Option<i64>) -> Answer {
        let table = &mut state.tables[at];
        let found = table.at(id).filter(|&row| match (parent, &table.entity.child) {
            (Some(parent), Some(child)) => table.int(&table.rows[row], child.parent_field) == Some(parent),
            _ => true,
        });
        let Some(row) = found else {
            let missing = self.options.missing_id_status;
            return if missing == 200 {
                Ok(Reply::json(200, br#"{"item":null}"#.to_vec()))
            } else {
                Err((missing, super::rules::NO_MATCH.to_owned()))
            };
        };
        let mut out = Vec::with_capacity(3000);
        let mut o = Obj::new(&mut out);
        table.write(row, 0, o.key("item"));
        o.end();
        Ok(Reply::json(200, out))
    }

    /// The query a call carries: its body, or `?search=`; and that parameter.
    fn read_query(&self, call: &Call, state: &mut State, at: usize) -> Result<(Query, Option<String>), (u16, String)> {
        if !call.header("ImpersonationResourceId").is_empty() {
            return Err(self.permission("impersonation in queries"));
        }
        let (json, search) = match call.head.method.as_str() {
            "POST" => (serde_json::from_slice(&call.body), None),
            "GET" => {
                if call.head.uri.path_and_query().is_some_and(|p| p.as_str().len() > LONGEST_URL) {
                    return Err((404, "The request URL is too long.".to_owned()));
                }
                let search =
                    call.parameters().into_iter().find(|(k, _)| k.eq_ignore_ascii_case("search")).map(|(_, v)| v);
                let search = search.ok_or_else(|| bad("The search parameter is missing.".to_owned()))?;
                (serde_json::from_str(&search), Some(search))
            }
            _ => return Err(not_allowed()),
        };
        let json: Value = json.map_err(|_| bad("The query is not valid JSON.".to_owned()))?;
        let query = query::parse(&json, &mut state.tables[at], self.habits()).map_err(bad)?;
        Ok((query, search))
    }

    fn count(&self, call: &Call, state: &mut State, at: usize) -> Answer {
        let (query, _) = self.read_query(call, state, at)?;
        let page = select::page(&state.tables[at], &query, i64::MIN, usize::MAX, self.habits());
        Ok(Reply::value(200, &json!({"queryCount": page.rows.len()})))
    }

    fn query(&self, call: &Call, state: &mut State, at: usize, next: bool) -> Answer {
        let (mut query, search) = self.read_query(call, state, at)?;
        let mut cursor = Cursor { size: query.page_size, page: 1, previous: -1, after: -1 };
        if next {
            cursor = Cursor::of(call).ok_or_else(|| bad("The paging parameter is not valid.".to_owned()))?;
            query.page_size = cursor.size;
            if self.faults.strikes("row-appears", call.path(), false) {
                report::appear(state, at);
            }
            if self.faults.strikes("row-leaves", call.path(), false) {
                report::vanish(state, at);
            }
        }
        let base = format!("http://{}/ATServicesRest/V1.0/{}/query/next", host(call), ENTITIES[at].name);
        self.page(call, state, at, &query, cursor, &base, search.as_deref())
    }

    /// `GET Companies/{id}/Locations`: all of them, in pages, without a filter.
    fn children(&self, call: &Call, state: &mut State, at: usize, parent: i64) -> Answer {
        let Some(route) = &ENTITIES[at].child else { return Err(no_route()) };
        let slot = Slot::Field(state.tables[at].known(route.parent_field));
        let test = Test::On { slot, op: query::Op::Eq, to: vec![Scalar::Int(parent)] };
        let query = Query { tests: vec![test], page_size: MOST, shape: 0 };
        let cursor = Cursor::of(call).unwrap_or(Cursor { size: MOST, page: 1, previous: -1, after: -1 });
        let base = format!("http://{}/ATServicesRest/V1.0/{}/{parent}/{}", host(call), route.parent, route.segment);
        self.page(call, state, at, &query, cursor, &base, None)
    }

    #[expect(clippy::too_many_arguments, reason = "one page, seven facts about it; a struct would only rename them")]
    fn page(
        &self,
        call: &Call,
        state: &mut State,
        at: usize,
        query: &Query,
        cursor: Cursor,
        base: &str,
        search: Option<&str>,
    ) -> Answer {
        let table = &mut state.tables[at];
        let mut page = select::page(table, query, cursor.after, query.page_size, self.habits());
        let last = page.rows.last().map_or(cursor.after, |&row| table.rows[row].id);
        let more = page.more || (self.options.last_page_is_empty && !page.rows.is_empty());
        if self.faults.strikes("reorder", call.path(), false) {
            page.rows.reverse();
        }
        let emptied = self.faults.empties(call.path(), cursor.page);
        if emptied.is_some() {
            page.rows.clear();
        }
        let more = more && emptied.is_none_or(|emptied| emptied.linked);
        let shape = table.shape_of(&page.rows, query.shape);
        let mut out = Vec::with_capacity(400 + page.rows.len() * 600);
        let mut o = Obj::new(&mut out);
        array(o.key("items"), &page.rows, |out, &row| table.write(row, shape, out));
        let mut details = Obj::new(o.key("pageDetails"));
        details.int("count", page.rows.len() as i64).int("requestCount", query.page_size as i64);
        let previous = (cursor.after >= 0).then(|| {
            Cursor { after: cursor.previous, previous: -1, page: cursor.page - 1, ..cursor }.url(base, search)
        });
        let next = more
            .then(|| Cursor { after: last, previous: cursor.after, page: cursor.page + 1, ..cursor }.url(base, search));
        details.text_or_null("prevPageUrl", previous.as_deref()).text_or_null("nextPageUrl", next.as_deref());
        details.end();
        o.end();
        Ok(Reply::json(200, out))
    }

    fn permission(&self, what: &str) -> (u16, String) {
        (
            self.options.permission_status,
            format!("The logged in Resource does not have the adequate permissions for {what}."),
        )
    }

    fn habits(&self) -> query::Habits {
        query::Habits { case_sensitive: self.options.case_sensitive, string_ids_match: self.options.string_ids_match }
    }
}

/// Where a walk is: the id it has come to, and the one it came to a page earlier.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    size: usize,
    /// Which page it is, from 1.
    page: usize,
    previous: i64,
    after: i64,
}

impl Cursor {
    fn of(call: &Call) -> Option<Cursor> {
        let text = call.parameters().into_iter().find(|(k, _)| k.eq_ignore_ascii_case("paging"))?.1;
        let json: Value = serde_json::from_str(&text).ok()?;
        let size = usize::try_from(json["pageSize"].as_u64()?).ok()?.clamp(1, MOST);
        let page = usize::try_from(json["page"].as_u64()?).ok()?.max(1);
        Some(Cursor { size, page, previous: json["previousIds"][0].as_i64()?, after: json["nextIds"][0].as_i64()? })
    }

    fn url(self, base: &str, search: Option<&str>) -> String {
        let json = format!(
            r#"{{"pageSize":{},"page":{},"previousIds":[{}],"nextIds":[{}]}}"#,
            self.size, self.page, self.previous, self.after
        );
        let mut url = format!("{base}?paging={}", utf8_percent_encode(&json, NON_ALPHANUMERIC));
        if let Some(search) = search {
            url.push_str("&search=");
            url.extend(utf8_percent_encode(search, NON_ALPHANUMERIC));
        }
        url
    }
}

/// The host the client connected to, as it named it.
fn host(call: &Call) -> &str {
    call.head.uri.authority().map_or_else(|| call.header("host"), |a| a.as_str())
}
