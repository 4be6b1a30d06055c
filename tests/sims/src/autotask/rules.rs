//! What may be written: values, required fields, picklists, references, and the rules of single entities.
//!
//! A body is read into a draft against the table of fields, checked whole, and only then carried out: a refused
//! write changes nothing.
//! Leaves alone: which verb is allowed where (`routes`).

use serde_json::Value;

use super::State;
use super::billing::Adjust;
use super::query::member;
use super::schema::{ADJUSTMENTS, COMPANIES, CONTRACTS, ITEMS, Kind, LINES, LOCATIONS, NOTES, Preset, TICKETS, entity};
use super::table::{Cell, Row, Table};
use crate::clock::{DAY_MS, parse_iso};
use crate::faults::Faults;

/// What a write does with what its body leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Save {
    /// POST: presets fill it.
    Create,
    /// PATCH: it stays.
    Patch,
    /// PUT: it becomes null.
    Put,
}

/// How a write came: what the rules need of the call.
pub(super) struct Order<'a> {
    pub(super) save: Save,
    /// The parent named by the path.
    pub(super) parent: Option<i64>,
    pub(super) body: &'a Value,
    pub(super) path: &'a str,
    pub(super) faults: &'a Faults,
    /// Whether texts that are too long are cut instead of refused.
    pub(super) cut_long: bool,
    /// See the fault `day-offset`: milliseconds.
    pub(super) day_offset: i64,
    pub(super) now: i64,
}

/// A body that was read.
#[derive(Debug, Default)]
struct Draft {
    id: Option<i64>,
    cells: Vec<(u16, Option<Cell>)>,
    udfs: Vec<(usize, Option<Box<str>>)>,
}

impl Draft {
    fn get(&self, field: u16) -> Option<&Option<Cell>> {
        self.cells.iter().find(|(f, _)| *f == field).map(|(_, c)| c)
    }

    fn int(&self, field: u16) -> Option<i64> {
        match self.get(field) {
            Some(Some(Cell::Int(n))) => Some(*n),
            _ => None,
        }
    }
}

/// What the vendor says of a row that is not there.
pub(super) const NO_MATCH: &str = "No matching records found. Either the record does not exist, or the logged in \
                                   Resource does not have the adequate permissions to it.";

impl State {
    /// Carries out a create or an update; the row's id.
    pub(super) fn save(&mut self, at: usize, order: &Order<'_>) -> Result<i64, String> {
        let mut draft = read(&self.tables[at], order)?;
        let table = &self.tables[at];
        if let (Some(parent), Some(child)) = (order.parent, &table.entity.child) {
            let field = table.known(child.parent_field);
            draft.cells.retain(|(f, _)| *f != field);
            draft.cells.push((field, Some(Cell::Int(parent))));
        }
        let current = match order.save {
            Save::Create => None,
            Save::Patch | Save::Put => {
                let id = draft.id.ok_or("Value does not exist for the required field id.")?;
                Some(table.get(id).ok_or(NO_MATCH)?)
            }
        };
        if order.save == Save::Put {
            fill_with_nulls(table, &mut draft);
        }
        if current.is_some() {
            draft.cells.retain(|(field, _)| !table.field(*field).kept);
        }
        check_fields(table, &draft, current, order)?;
        self.check_references(at, &draft)?;
        self.check_own_rules(at, &draft, current)?;
        let id = match order.save {
            Save::Create => {
                if at == ADJUSTMENTS {
                    self.carry_out(&mut draft)?;
                }
                let table = &mut self.tables[at];
                let row = new_row(table, draft, order.now);
                table.insert(row)
            }
            Save::Patch | Save::Put => {
                let id = draft.id.unwrap_or_default();
                let touched = touched(table, order.now);
                let notes = table.position("notes");
                if notes.is_some_and(|notes| draft.get(notes).is_some()) {
                    self.formatted.remove(&(at, id));
                }
                self.tables[at].update(id, |row| {
                    for (field, cell) in draft.cells.into_iter().chain(touched) {
                        row.set(field, cell);
                    }
                    for (udf, value) in draft.udfs {
                        row.set_udf(udf, value);
                    }
                });
                id
            }
        };
        self.after_save(at, id, order);
        Ok(id)
    }

    /// An adjustment changes units; which line's it was is kept with it.
    fn carry_out(&mut self, draft: &mut Draft) -> Result<(), String> {
        let table = &self.tables[ADJUSTMENTS];
        let line = table.known("contractServiceID");
        let cell = |name: &str| draft.get(table.known(name)).cloned().flatten();
        let Some(Cell::Time(day)) = cell("effectiveDate") else { return Err(NO_MATCH.to_owned()) };
        let of = |name: &str| draft.int(table.known(name));
        let wanted = Adjust {
            line: draft.int(line),
            contract: of("contractID"),
            service: of("serviceID"),
            day: day.div_euclid(DAY_MS) * DAY_MS,
            change: of("unitChange").unwrap_or_default(),
            repeat: cell("allowRepeatService") == Some(Cell::Flag(true)),
        };
        let effective = table.known("effectiveDate");
        let id = self.adjust(wanted)?;
        draft.cells.retain(|(field, _)| *field != line && *field != effective);
        draft.cells.extend([(line, Some(Cell::Int(id))), (effective, Some(Cell::Time(wanted.day)))]);
        Ok(())
    }

    /// Carries out a delete below a parent.
    pub(super) fn delete(&mut self, at: usize, parent: Option<i64>, id: i64) -> Result<i64, String> {
        let table = &self.tables[at];
        let row = table.get(id).ok_or(NO_MATCH)?;
        if let (Some(parent), Some(child)) = (parent, &table.entity.child)
            && table.int(row, child.parent_field) != Some(parent)
        {
            return Err(NO_MATCH.to_owned());
        }
        if at == LOCATIONS {
            let items = &self.tables[ITEMS];
            let key = super::table::Key::Int(id);
            if items.indexed(usize::from(items.known("companyLocationID")), &key).is_some_and(|ids| !ids.is_empty()) {
                return Err("The location is in use and cannot be deleted.".to_owned());
            }
        }
        self.tables[at].delete(id);
        Ok(id)
    }

    fn check_references(&self, at: usize, draft: &Draft) -> Result<(), String> {
        for (position, cell) in &draft.cells {
            let field = self.tables[at].field(*position);
            if let (Some(target), Some(Cell::Int(id))) = (field.reference.and_then(entity), cell)
                && self.tables[target].get(*id).is_none()
            {
                let kind = self.tables[target].entity.singular;
                return Err(format!(
                    "Reference value on field: {} of type: {kind} does not exist or is invalid; on record number [1].",
                    field.name
                ));
            }
        }
        Ok(())
    }

    /// Rules that one entity has and no other.
    fn check_own_rules(&self, at: usize, draft: &Draft, current: Option<&Row>) -> Result<(), String> {
        let table = &self.tables[at];
        match at {
            LOCATIONS if current.is_none() => {
                let company = draft.int(table.known("companyID")).unwrap_or_default();
                let key = super::table::Key::Int(company);
                if table.indexed(usize::from(table.known("companyID")), &key).is_some_and(|ids| ids.len() >= 5000) {
                    return Err("A company cannot have more than 5000 locations.".to_owned());
                }
            }
            ITEMS => {
                let of = |name: &str| as_saved(table, draft, current, name);
                self.check_company_of("companyLocationID", LOCATIONS, &of)?;
                if of("serviceID").is_some() && of("serviceBundleID").is_some() {
                    return Err("Only one of serviceID and serviceBundleID can have a value.".to_owned());
                }
            }
            LINES => {
                let contract = as_saved(table, draft, current, "contractID").unwrap_or_default();
                self.days_for_services(contract)?;
            }
            TICKETS => {
                let of = |name: &str| as_saved(table, draft, current, name);
                self.check_company_of("companyLocationID", LOCATIONS, &of)?;
                self.check_company_of("configurationItemID", ITEMS, &of)?;
                self.check_company_of("contractID", CONTRACTS, &of)?;
                if of("assignedResourceID").is_some() != of("assignedResourceRoleID").is_some() {
                    return Err(
                        "Data violation: assignedResourceID and assignedResourceRoleID must both have a value or both be null."
                            .to_owned(),
                    );
                }
                if of("queueID").is_none() && of("assignedResourceID").is_none() {
                    return Err("Value does not exist for the required field queueID.".to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What a row refers to must be of the row's company.
    fn check_company_of(&self, field: &str, target: usize, of: &dyn Fn(&str) -> Option<i64>) -> Result<(), String> {
        let table = &self.tables[target];
        match of(field).and_then(|id| table.get(id)) {
            Some(row) if table.int(row, "companyID") != of("companyID") => {
                Err(format!("The {field} must belong to the company of the companyID."))
            }
            _ => Ok(()),
        }
    }

    fn after_save(&mut self, at: usize, id: i64, order: &Order<'_>) {
        match at {
            COMPANIES if order.save == Save::Create => {
                if self.primary_location {
                    self.add_primary_location(id);
                }
                self.add_contract_by_rule(id, order.now);
            }
            CONTRACTS => self.refit(id),
            // What a line made so has of units is in no notes; none is the least.
            LINES if order.save == Save::Create => self.fill_units(id, 0, i64::MIN),
            LOCATIONS => self.keep_one_primary(id),
            TICKETS => self.keep_ticket(id, order.now),
            NOTES => self.touch_ticket_of(id, order.now),
            _ => {}
        }
    }

    /// A company created with an address has a primary location from the start.
    pub(super) fn add_primary_location(&mut self, company: i64) {
        let (companies, locations) = (&self.tables[COMPANIES], &self.tables[LOCATIONS]);
        let Some(row) = companies.get(company) else { return };
        if ["address1", "city", "postalCode"].iter().all(|f| companies.text(row, f).is_empty()) {
            return;
        }
        let mut location = locations.blank();
        location.set(locations.known("companyID"), Some(Cell::Int(company)));
        location.set(locations.known("name"), Some(Cell::text("Primary Location")));
        location.set(locations.known("isPrimary"), Some(Cell::Flag(true)));
        location.set(locations.known("isActive"), Some(Cell::Flag(true)));
        for name in ["address1", "address2", "city", "state", "postalCode", "countryID", "phone"] {
            location.set(locations.known(name), row.get(companies.known(name)).cloned());
        }
        self.tables[LOCATIONS].insert(location);
    }

    /// A location made primary takes that from the company's others.
    fn keep_one_primary(&mut self, id: i64) {
        let table = &mut self.tables[LOCATIONS];
        let (primary, company) = (table.known("isPrimary"), table.known("companyID"));
        let Some(row) = table.get(id).filter(|r| r.get(primary) == Some(&Cell::Flag(true))) else { return };
        let Some(key) = row.get(company).and_then(Cell::key) else { return };
        for sibling in table.indexed(usize::from(company), &key).unwrap_or_default().to_vec() {
            let is_primary = table.get(sibling).is_some_and(|r| r.get(primary) == Some(&Cell::Flag(true)));
            if sibling != id && is_primary {
                table.update(sibling, |row| row.set(primary, Some(Cell::Flag(false))));
            }
        }
    }
}

/// A field as it is once a draft is saved.
fn as_saved(table: &Table, draft: &Draft, current: Option<&Row>, name: &str) -> Option<i64> {
    match draft.get(table.known(name)) {
        Some(Some(Cell::Int(n))) => Some(*n),
        Some(_) => None,
        None => current.and_then(|row| table.int(row, name)),
    }
}

/// Reads a body: unknown members are ignored, read-only fields dropped, the rest typed.
fn read(table: &Table, order: &Order<'_>) -> Result<Draft, String> {
    let body = order.body.as_object().ok_or("The body is not a JSON object.")?;
    let mut draft = Draft::default();
    for (name, value) in body {
        if name.eq_ignore_ascii_case("id") {
            draft.id = value.as_i64();
        } else if name.eq_ignore_ascii_case("userDefinedFields") {
            for udf in value.as_array().into_iter().flatten() {
                draft.udfs.push(read_udf(table, udf, order)?);
            }
        } else if let Some(position) = table.position(name) {
            let field = table.field(position);
            if !field.read_only {
                draft.cells.push((position, read_cell(field.kind, field.name, field.length, value, order)?));
            }
        }
    }
    Ok(draft)
}

fn read_udf(table: &Table, json: &Value, order: &Order<'_>) -> Result<(usize, Option<Box<str>>), String> {
    let name = member(json, "name").and_then(Value::as_str).ok_or("A user-defined field has no name.")?;
    let at = table.udf_position(name);
    let at = at.ok_or_else(|| {
        format!("Unable to find {name} in the UserDefinedFields of the {} Entity.", table.entity.singular)
    })?;
    let udf = table.udfs[at];
    if table.protected[at] && order.save != Save::Create {
        return Err(format!("The user-defined field {name} is protected and cannot be updated."));
    }
    let value = match member(json, "value") {
        None | Some(Value::Null) => return Ok((at, None)),
        Some(Value::String(s)) => s.clone(),
        Some(other) => other.to_string(),
    };
    let value = fit(udf.0, udf.2, &value, order)?;
    if udf.1 == "DateTime" && !value.is_empty() && parse_iso(&value).is_none() {
        return Err(format!("The value '{value}' of the user-defined field {} is not a date.", udf.0));
    }
    Ok((at, Some(value.into())))
}

fn read_cell(kind: Kind, name: &str, length: usize, value: &Value, order: &Order<'_>) -> Result<Option<Cell>, String> {
    let wrong = || format!("Error converting value {value} of field {name}.");
    Ok(Some(match (kind, value) {
        (_, Value::Null) => return Ok(None),
        (Kind::Int | Kind::Long, Value::Number(n)) => Cell::Int(n.as_i64().ok_or_else(wrong)?),
        (Kind::Int | Kind::Long, Value::String(s)) => Cell::Int(s.trim().parse().map_err(|_| wrong())?),
        (Kind::Double, Value::Number(n)) => Cell::Number(n.as_f64().ok_or_else(wrong)?),
        (Kind::Double, Value::String(s)) => Cell::Number(s.trim().parse().map_err(|_| wrong())?),
        (Kind::Bool, Value::Bool(b)) => Cell::Flag(*b),
        (Kind::Bool, Value::String(s)) => Cell::Flag(s.to_ascii_lowercase().parse().map_err(|_| wrong())?),
        (Kind::Day, Value::String(s)) if order.day_offset != 0 => {
            let there = parse_iso(s).ok_or_else(wrong)? + order.day_offset;
            Cell::Time(there.div_euclid(DAY_MS) * DAY_MS)
        }
        (Kind::Time | Kind::Day, Value::String(s)) => Cell::Time(parse_iso(s).ok_or_else(wrong)?),
        (Kind::Text, Value::String(s)) => Cell::Text(fit(name, length, s, order)?.into()),
        (Kind::Text, Value::Number(n)) => Cell::text(&n.to_string()),
        _ => return Err(wrong()),
    }))
}

/// A text as it is kept: reshaped by faults, and no longer than the field.
fn fit(name: &str, length: usize, text: &str, order: &Order<'_>) -> Result<String, String> {
    let kept = order.faults.reshape(order.path, name, text).unwrap_or_else(|| text.to_owned());
    // Bytes first: counting characters is only needed for texts that might be too long.
    if length == 0 || kept.len() <= length || kept.chars().count() <= length {
        return Ok(kept);
    }
    if order.cut_long {
        return Ok(kept.chars().take(length).collect());
    }
    Err(format!("The value of the field {name} is longer than its maximum length of {length}; on record number [1]."))
}

/// PUT: what may be written and is not mentioned becomes null.
fn fill_with_nulls(table: &Table, draft: &mut Draft) {
    for (position, field) in table.entity.fields.iter().enumerate() {
        let position = position as u16;
        if !field.read_only && draft.get(position).is_none() {
            draft.cells.push((position, None));
        }
    }
    for udf in 0..table.udfs.len() {
        if !draft.udfs.iter().any(|(u, _)| *u == udf) {
            draft.udfs.push((udf, None));
        }
    }
}

fn check_fields(table: &Table, draft: &Draft, current: Option<&Row>, order: &Order<'_>) -> Result<(), String> {
    let empty = |cell: &Option<Cell>| cell.is_none() || matches!(cell, Some(Cell::Text(t)) if t.trim().is_empty());
    for (position, field) in table.entity.fields.iter().enumerate().filter(|(_, f)| f.required) {
        let missing = match draft.get(position as u16) {
            Some(cell) => empty(cell),
            None => order.save == Save::Create,
        };
        if missing {
            return Err(format!("Value does not exist for the required field {}.", field.name));
        }
    }
    for (position, cell) in &draft.cells {
        let field = table.field(*position);
        if let (Some(values), Some(Cell::Int(n))) = (field.picklist, cell)
            && !values.iter().any(|pick| pick.0 == *n && pick.2)
        {
            return Err(format!(
                "The picklist value {n} does not exist for the field {}; on record number [1].",
                field.name
            ));
        }
        if let Some(row) = current.filter(|_| field.fixed)
            && row.get(*position) != cell.as_ref()
        {
            if order.parent.is_some() {
                return Err(NO_MATCH.to_owned()); // a child addressed below another parent
            }
            return Err(format!(
                "The field {} cannot be changed once the record exists; on record number [1].",
                field.name
            ));
        }
    }
    Ok(())
}

fn preset(preset: Preset, now: i64) -> Option<Cell> {
    match preset {
        Preset::Nothing => None,
        Preset::Now | Preset::Touched => Some(Cell::Time(now)),
        Preset::Int(n) => Some(Cell::Int(n)),
        Preset::Flag(b) => Some(Cell::Flag(b)),
    }
}

fn new_row(table: &Table, draft: Draft, now: i64) -> Row {
    let mut row = table.blank();
    for (field, cell) in draft.cells {
        row.set(field, cell);
    }
    for (udf, value) in draft.udfs {
        row.set_udf(udf, value);
    }
    apply_presets(table, &mut row, now);
    row
}

/// Gives a row what creates give.
pub(super) fn apply_presets(table: &Table, row: &mut Row, now: i64) {
    for (position, field) in table.entity.fields.iter().enumerate() {
        let position = position as u16;
        if field.preset != Preset::Nothing && row.get(position).is_none() {
            row.set(position, preset(field.preset, now));
        }
    }
}

/// The fields every save writes.
pub(super) fn touched(table: &Table, now: i64) -> Vec<(u16, Option<Cell>)> {
    let touched = table.entity.fields.iter().enumerate().filter(|(_, f)| f.preset == Preset::Touched);
    touched.map(|(position, _)| (position as u16, Some(Cell::Time(now)))).collect()
}
