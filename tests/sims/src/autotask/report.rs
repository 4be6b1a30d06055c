//! What tests ask of the PSA's state: a comparable rendering, what is there twice, rows made or taken by faults.
//! Leaves alone: the API.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::State;
use super::billing::time;
use super::schema::{
    ADJUSTMENTS, COMPANIES, CONTRACTS, ENTITIES, ITEMS, Kind, LINES, LOCATIONS, PRODUCTS, SERVICES, TICKETS,
};
use super::table::{Cell, Row, Table, cell_value};
use crate::clock::{DAY_MS, TimeStyle, iso, now_ms};

/// Something that is there more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The entity.
    pub entity: &'static str,
    /// What the rows share: a name below a parent, or a device key.
    pub what: String,
    /// The rows' ids.
    pub ids: Vec<i64>,
}

impl fmt::Display for Duplicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} is there {} times: {:?}", self.entity, self.what, self.ids.len(), self.ids)
    }
}

/// A service on a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLine {
    /// Its id, a contract service's.
    pub id: i64,
    /// The id of its contract.
    pub contract_id: i64,
    /// The company's name.
    pub company: String,
    /// The contract's name.
    pub contract: String,
    /// The service's name.
    pub service: String,
    /// Its units on the day that was asked for; none where no row holds that day.
    pub units: Option<i64>,
    /// Its units in the row that begins last.
    pub last: Option<i64>,
}

/// A change of a line's quantity that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// The line's id.
    pub line: i64,
    /// The day it holds from, `2025-01-31`.
    pub day: String,
    /// What it added.
    pub change: i64,
    /// Whether it came through the API and not from a technician.
    pub by_api: bool,
}

/// Companies, locations and configuration items, services on contracts with their units, and adjustments, a sorted line
/// each: parents and products by name, no ids, none of the times and numbers the server gives.
pub(super) fn canonical(state: &State) -> Vec<String> {
    let mut lines = Vec::new();
    for at in [COMPANIES, LOCATIONS, ITEMS] {
        let table = &state.tables[at];
        lines.extend(table.rows.iter().map(|row| line(state, table, row)));
    }
    let services = service_lines(state, now_ms());
    let named = |line: &ServiceLine| format!("{:?} contract {:?} of {:?}", line.service, line.contract, line.company);
    for line in &services {
        lines.push(format!("ContractService {} units={:?} last={:?}", named(line), line.units, line.last));
    }
    for Adjustment { line, day, change, .. } in adjustments(state) {
        let name = services
            .binary_search_by_key(&line, |line| line.id)
            .map_or_else(|_| "?".to_owned(), |at| named(&services[at]));
        lines.push(format!("ContractServiceAdjustment {name} {day} {change:+}"));
    }
    lines.sort_unstable();
    lines
}

/// Every line, with its units on a day and in its last row.
pub(super) fn service_lines(state: &State, day: i64) -> Vec<ServiceLine> {
    let (table, contracts) = (&state.tables[LINES], &state.tables[CONTRACTS]);
    let line = |row: &Row| {
        let contract_id = table.int(row, "contractID").unwrap_or_default();
        let company = contracts.get(contract_id).and_then(|row| contracts.int(row, "companyID")).unwrap_or_default();
        let periods = state.periods(row.id);
        ServiceLine {
            id: row.id,
            contract_id,
            company: label(state, COMPANIES, company),
            contract: label(state, CONTRACTS, contract_id),
            service: label(state, SERVICES, table.int(row, "serviceID").unwrap_or_default()),
            units: periods.iter().rfind(|p| p.start <= day && day < p.end + DAY_MS).map(|p| p.units),
            last: periods.last().map(|p| p.units),
        }
    };
    table.rows.iter().map(line).collect()
}

/// Every adjustment, in order.
pub(super) fn adjustments(state: &State) -> Vec<Adjustment> {
    let table = &state.tables[ADJUSTMENTS];
    let adjustment = |row: &Row| Adjustment {
        line: table.int(row, "contractServiceID").unwrap_or_default(),
        day: time(table, row, "effectiveDate")
            .map(|ms| iso(ms, TimeStyle::Bare).chars().take(10).collect())
            .unwrap_or_default(),
        change: table.int(row, "unitChange").unwrap_or_default(),
        by_api: !state.by_hand.contains(&row.id),
    };
    table.rows.iter().map(adjustment).collect()
}

fn line(state: &State, table: &Table, row: &Row) -> String {
    let mut parts: BTreeMap<&str, String> = BTreeMap::new();
    for (position, cell) in row.cells() {
        let field = table.field(position);
        if field.read_only || matches!(field.kind, Kind::Time | Kind::Day) {
            continue;
        }
        let value = match (field.reference.and_then(super::schema::entity), cell) {
            (Some(target), Cell::Int(id)) => format!("{:?}", label(state, target, *id)),
            (_, Cell::Text(text)) => format!("{text:?}"),
            _ => cell_value(field.kind, cell).to_string(),
        };
        parts.insert(field.name, value);
    }
    for (udf, value) in table.udfs.iter().zip(&row.udfs) {
        if let Some(value) = value {
            parts.insert(udf.0, format!("{value:?}"));
        }
    }
    let parts: Vec<String> = parts.iter().map(|(k, v)| format!("{k}={v}")).collect();
    format!("{} {}", table.entity.singular, parts.join(" "))
}

/// What a row is called.
fn label(state: &State, at: usize, id: i64) -> String {
    let table = &state.tables[at];
    let field = match at {
        COMPANIES => "companyName",
        LOCATIONS | PRODUCTS | SERVICES => "name",
        CONTRACTS => "contractName",
        ITEMS => "referenceTitle",
        _ => "userName",
    };
    table.get(id).map_or_else(|| "?".to_owned(), |row| table.text(row, field).to_owned())
}

/// Accounts of one name, locations of one name in one account, items in use of one device key, tickets of one external
/// id, services that a contract has twice.
pub(super) fn duplicates(state: &State) -> Vec<Duplicate> {
    let mut seen: BTreeMap<(usize, String), Vec<i64>> = BTreeMap::new();
    let mut see = |at: usize, what: String, id: i64| seen.entry((at, what)).or_default().push(id);
    let (companies, locations, items) = (&state.tables[COMPANIES], &state.tables[LOCATIONS], &state.tables[ITEMS]);
    for row in &companies.rows {
        see(COMPANIES, format!("{:?}", companies.text(row, "companyName").to_lowercase()), row.id);
    }
    for row in &locations.rows {
        let company = locations.int(row, "companyID").unwrap_or_default();
        let name = locations.text(row, "name").to_lowercase();
        see(LOCATIONS, format!("{name:?} of company {company} {:?}", label(state, COMPANIES, company)), row.id);
    }
    if let Some(udf) = items.udf_position("RMM Device Key") {
        for row in items.rows.iter().filter(|row| items.flag(row, "isActive")) {
            if let Some(key) = row.udfs[udf].as_deref().filter(|k| !k.is_empty()) {
                see(ITEMS, format!("with device key {key:?}"), row.id);
            }
        }
    }
    let tickets = &state.tables[TICKETS];
    for row in &tickets.rows {
        let key = tickets.text(row, "externalID");
        if !key.is_empty() {
            see(TICKETS, format!("with external id {key:?}"), row.id);
        }
    }
    for line in service_lines(state, 0) {
        see(LINES, format!("{:?} of contract {} {:?}", line.service, line.contract_id, line.contract), line.id);
    }
    let twice = seen.into_iter().filter(|(_, ids)| ids.len() > 1);
    twice.map(|((at, what), ids)| Duplicate { entity: ENTITIES[at].name, what, ids }).collect()
}

/// The fault `row-appears`: a copy of the last row under the next id, with a name of its own and no key.
pub(super) fn appear(state: &mut State, at: usize) {
    let table = &mut state.tables[at];
    let Some(mut row) = table.rows.last().cloned() else { return };
    for name in ["companyName", "name", "referenceTitle", "contractName", "title"] {
        if let Some(field) = table.position(name) {
            row.set(field, Some(Cell::text(&format!("New {}", row.id + 1))));
        }
    }
    for name in ["serialNumber", "referenceNumber", "companyNumber", "externalID"] {
        if let Some(field) = table.position(name) {
            row.set(field, None);
        }
    }
    for udf in 0..row.udfs.len() {
        row.set_udf(udf, None);
    }
    table.insert(row);
}

/// The fault `row-leaves`: the last row goes.
pub(super) fn vanish(state: &mut State, at: usize) {
    if let Some(id) = state.tables[at].rows.last().map(|r| r.id) {
        state.tables[at].delete(id);
    }
}

/// All rows of an entity, for assertions.
pub(super) fn rows(state: &State, at: usize) -> Vec<Value> {
    let table = &state.tables[at];
    table.rows.iter().map(|row| table.sparse(row)).collect()
}
