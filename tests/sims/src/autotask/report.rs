//! What tests ask of the PSA's state: a comparable rendering, what is there twice, rows made or taken by faults.
//! Leaves alone: the API.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::State;
use super::schema::{COMPANIES, ENTITIES, ITEMS, Kind, LOCATIONS, PRODUCTS, TICKETS};
use super::table::{Cell, Row, Table, cell_value};

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

/// Companies, locations and configuration items, a sorted line each: parents and products by name, no ids, none of the
/// times and numbers the server gives.
pub(super) fn canonical(state: &State) -> Vec<String> {
    let mut lines = Vec::new();
    for at in [COMPANIES, LOCATIONS, ITEMS] {
        let table = &state.tables[at];
        lines.extend(table.rows.iter().map(|row| line(state, table, row)));
    }
    lines.sort_unstable();
    lines
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
        LOCATIONS | PRODUCTS => "name",
        ITEMS => "referenceTitle",
        _ => "userName",
    };
    table.get(id).map_or_else(|| "?".to_owned(), |row| table.text(row, field).to_owned())
}

/// Accounts of one name, locations of one name in one account, items in use of one device key, tickets of one external
/// id.
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
