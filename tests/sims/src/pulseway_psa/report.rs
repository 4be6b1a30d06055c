//! What tests ask of the PSA's state: a comparable rendering, what is there twice, rows made by faults.
//! Leaves alone: the API.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::schema::{ACCOUNTS, ASSETS, Kind, LOCATIONS, NOTES, Of, TABLES, TICKETS, Way};
use super::state::{Row, State, Table};
use crate::autotask::Duplicate;

/// Accounts, locations, assets, tickets and notes, a sorted line each: what ids stand for by name, no ids, none of the
/// times and numbers the server gives.
pub(super) fn canonical(state: &State) -> Vec<String> {
    let mut lines = Vec::new();
    for entity in [ACCOUNTS, LOCATIONS, ASSETS, TICKETS, NOTES] {
        let table = &state.tables[entity];
        lines.extend(table.rows.iter().map(|row| line(state, table, row)));
    }
    lines.sort_unstable();
    lines
}

fn line(state: &State, table: &Table, row: &Row) -> String {
    let mut parts: BTreeMap<&str, String> = BTreeMap::new();
    for (field, value) in table.fields.iter().zip(&row.values) {
        let is_servers = field.way == Way::Out && !matches!(field.of, Of::Table(_));
        if is_servers || field.kind == Kind::Time || value.is_null() {
            continue;
        }
        let told = match (field.of, value.as_i64()) {
            (Of::Table(entity), Some(id)) => format!("{:?}", state.name(entity, id).unwrap_or("?")),
            (Of::List(list), Some(id)) => format!("{:?}", list.label(id).unwrap_or("?")),
            _ if field.kind == Kind::Json => addresses(value),
            _ => value.to_string(),
        };
        parts.insert(field.name, told);
    }
    if table.entity == LOCATIONS {
        parts.insert("account", format!("{:?}", state.name(ACCOUNTS, row.account).unwrap_or("?")));
    }
    let parts: Vec<String> = parts.iter().map(|(name, told)| format!("{name}={told}")).collect();
    format!("{} {}", TABLES[table.entity].0, parts.join(" "))
}

/// Addresses without the ids and nulls in them.
fn addresses(value: &Value) -> String {
    let filled = |address: &Value| {
        let told = address.as_object().into_iter().flatten().filter(|(name, value)| *name != "id" && !value.is_null());
        Value::Object(told.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
    };
    Value::Array(value.as_array().into_iter().flatten().map(filled).collect()).to_string()
}

/// Accounts of one name, locations of one name in one account, assets in use of one key, tickets of one reference.
pub(super) fn duplicates(state: &State) -> Vec<Duplicate> {
    let mut seen: BTreeMap<(usize, String), Vec<i64>> = BTreeMap::new();
    let mut see = |entity: usize, what: String, id: i64| seen.entry((entity, what)).or_default().push(id);
    let table = |entity: usize| &state.tables[entity];
    for row in &table(ACCOUNTS).rows {
        see(ACCOUNTS, format!("{:?}", table(ACCOUNTS).text(row, "accountName").to_lowercase()), row.id);
    }
    for row in &table(LOCATIONS).rows {
        let name = table(LOCATIONS).text(row, "locationName").to_lowercase();
        see(LOCATIONS, format!("{name:?} of account {} {:?}", row.account, state.name(ACCOUNTS, row.account)), row.id);
    }
    for row in table(ASSETS).rows.iter().filter(|row| table(ASSETS).flag(row, "isActive")) {
        for place in ["assetTag", "barCode", "machineGroupId"] {
            let key = table(ASSETS).text(row, place);
            if !key.is_empty() {
                see(ASSETS, format!("with {place} {key:?}"), row.id);
            }
        }
    }
    for row in &table(TICKETS).rows {
        let text = ["title", "details"].map(|name| table(TICKETS).text(row, name)).join("\n");
        if let Some((_, rest)) = text.split_once("[ref:")
            && let Some((key, _)) = rest.split_once(']')
        {
            see(TICKETS, format!("with reference {key:?}"), row.id);
        }
    }
    let twice = seen.into_iter().filter(|(_, ids)| ids.len() > 1);
    twice.map(|((entity, what), ids)| Duplicate { entity: TABLES[entity].0, what, ids }).collect()
}

/// The fault `row-appears`: a copy of the last row under the next id, with a name of its own and no key.
pub(super) fn appear(state: &mut State, entity: usize) {
    let Some(Row { id, account, values }) = state.tables[entity].rows.last().cloned() else { return };
    let table = &mut state.tables[entity];
    table.add((entity != ACCOUNTS).then_some(account), values);
    let at = table.rows.len() - 1;
    for name in ["accountName", "name", "title"] {
        table.set(at, name, json!(format!("New {}", id + 1)));
    }
    for name in ["accountCode", "serialNumber", "assetTag", "barCode", "machineGroupId"] {
        table.set(at, name, Value::Null);
    }
    if entity == ACCOUNTS {
        let id = table.rows[at].id;
        state.add_location(id, "Main", true, Vec::new(), &Value::Null);
    }
}

/// Merges an account into another. False when either does not exist, or they are one.
pub(super) fn merge(state: &mut State, from: i64, into: i64, keep: bool) -> bool {
    let accounts = &state.tables[ACCOUNTS];
    let Some(at) = accounts.at(from).filter(|_| from != into && accounts.at(into).is_some()) else { return false };
    for table in state.tables.iter_mut().filter(|table| table.entity != ACCOUNTS) {
        for at in 0..table.rows.len() {
            if table.rows[at].account == from {
                table.rows[at].account = into;
                table.set(at, "accountId", json!(into));
                table.set(at, "isMain", json!(false));
            }
        }
    }
    let accounts = &mut state.tables[ACCOUNTS];
    if keep {
        accounts.set(at, "isActive", json!(false));
    } else {
        accounts.rows.remove(at);
    }
    true
}

/// The fault `merge-accounts`.
pub(super) fn merge_newest(state: &mut State, keep: bool) {
    if let [.., into, from] = &state.tables[ACCOUNTS].rows[..] {
        let (from, into) = (from.id, into.id);
        merge(state, from, into, keep);
    }
}

/// All rows of an entity, for assertions: only the fields that have a value, and the account.
pub(super) fn rows(state: &State, entity: usize) -> Vec<Value> {
    let table = &state.tables[entity];
    let sparse = |row: &Row| {
        let told = table.fields.iter().zip(&row.values).filter(|(_, value)| !value.is_null());
        let mut out: Map<String, Value> = told.map(|(field, value)| (field.name.to_owned(), value.clone())).collect();
        out.insert("id".to_owned(), json!(row.id));
        out.insert("accountId".to_owned(), json!(row.account));
        Value::Object(out)
    };
    table.rows.iter().map(sparse).collect()
}
