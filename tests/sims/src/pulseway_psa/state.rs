//! What the PSA holds: a table per entity, rows in the order of their ids, a value per field of `schema`.
//!
//! Rows never leave their table but by a fault or a test, so an id is found by halving; what belongs to an account is
//! found by walking the table, each row naming its account.
//! Leaves alone: HTTP, filters, what a write may do.

use serde_json::{Value, json};

use super::jobs::Job;
use super::schema::{self, ACCOUNTS, ASSETS, CONTRACTS, Field, LOCATIONS, List, Of, TABLES, TICKETS, Way};
use crate::clock::{TimeStyle, iso};
use crate::json::Obj;
use crate::world::{Address, DeviceKind, EPOCH, Existing, ExistingCompany};

/// A row of any table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: i64,
    /// The account it belongs to; an account's own id.
    pub(super) account: i64,
    /// A value per field of the table, null where there is none.
    pub(super) values: Vec<Value>,
}

/// The rows of an entity.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) entity: usize,
    pub(super) fields: &'static [Field],
    pub(super) rows: Vec<Row>,
    next: i64,
}

impl Table {
    fn new(entity: usize) -> Table {
        let (_, next, fields) = TABLES[entity];
        Table { entity, fields, rows: Vec::new(), next }
    }

    pub(super) fn at(&self, id: i64) -> Option<usize> {
        self.rows.binary_search_by_key(&id, |row| row.id).ok()
    }

    pub(super) fn row(&self, id: i64) -> Option<&Row> {
        self.at(id).map(|at| &self.rows[at])
    }

    /// Where a field is, its name in any case.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn value<'r>(&self, row: &'r Row, name: &str) -> &'r Value {
        self.position(name).map_or(&Value::Null, |at| &row.values[at])
    }

    pub(super) fn text<'r>(&self, row: &'r Row, name: &str) -> &'r str {
        self.value(row, name).as_str().unwrap_or("")
    }

    pub(super) fn int(&self, row: &Row, name: &str) -> i64 {
        self.value(row, name).as_i64().unwrap_or(0)
    }

    pub(super) fn flag(&self, row: &Row, name: &str) -> bool {
        self.value(row, name) == &Value::Bool(true)
    }

    pub(super) fn set(&mut self, at: usize, name: &str, value: Value) {
        if let Some(position) = self.position(name) {
            self.rows[at].values[position] = value;
        }
    }

    pub(super) fn add(&mut self, account: Option<i64>, values: Vec<Value>) -> i64 {
        let id = self.next;
        self.next += 1;
        self.rows.push(Row { id, account: account.unwrap_or(id), values });
        id
    }

    /// A row of these values.
    fn put(&mut self, account: Option<i64>, told: &[(&str, Value)]) -> i64 {
        let mut values = vec![Value::Null; self.fields.len()];
        for (name, value) in told {
            if let Some(at) = self.position(name) {
                values[at] = value.clone();
            }
        }
        self.add(account, values)
    }
}

/// Everything.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) tables: Vec<Table>,
    /// What was taken to be done later.
    pub(super) jobs: Vec<Job>,
}

impl State {
    /// What exists already, and the MSP's contracts with it.
    pub(super) fn new(existing: &Existing) -> State {
        let mut state = State { tables: (0..TABLES.len()).map(Table::new).collect(), jobs: Vec::new() };
        let before = (EPOCH - 90 * 86_400) * 1000;
        for (n, company) in existing.companies.iter().enumerate() {
            let account = state.load(company, before);
            if n % 2 == 0 {
                state.add_contract(account, "Managed Services", "Active", before, before + 400 * 86_400_000);
            }
            if n % 4 == 0 {
                state.add_contract(account, "Block Hours", "Expired", before - 400 * 86_400_000, before);
            }
        }
        state
    }

    /// An account with its locations; the first is the main one.
    pub(super) fn add_account(&mut self, name: &str, locations: &[(&str, Option<&Address>, &str)], now: i64) -> i64 {
        let time = Value::String(iso(now, TimeStyle::Zulu));
        let account = self.tables[ACCOUNTS].put(
            None,
            &[
                ("accountName", json!(name)),
                ("accountTypeId", json!(schema::ACCOUNT_TYPES.first())),
                ("businessTypeId", json!(schema::BUSINESS_TYPES.first())),
                ("accountManagerId", json!(schema::EMPLOYEES.first())),
                ("isActive", json!(true)),
                ("tenantName", json!("Simulated MSP")),
                ("createdOn", time.clone()),
            ],
        );
        for (n, (name, address, phone)) in locations.iter().enumerate() {
            let address = address.cloned().unwrap_or_default();
            let address = json!({"address1": text(&address.street), "city": text(&address.city), "zipCode": text(&address.zip),
                "country": text(&address.country), "phone": text(phone), "isMain": true, "isBilling": n == 0});
            self.add_location(account, name, n == 0, vec![address], &time);
        }
        account
    }

    pub(super) fn add_location(
        &mut self,
        account: i64,
        name: &str,
        main: bool,
        mut addresses: Vec<Value>,
        time: &Value,
    ) {
        for (n, address) in addresses.iter_mut().enumerate() {
            address["id"] = json!(self.tables[LOCATIONS].next * 10 + n as i64);
        }
        self.tables[LOCATIONS].put(
            Some(account),
            &[
                ("locationName", json!(name)),
                ("isMain", json!(main)),
                ("isActive", json!(true)),
                ("addresses", Value::Array(addresses)),
                ("createdOn", time.clone()),
            ],
        );
    }

    pub(super) fn add_contract(&mut self, account: i64, name: &str, status: &str, from: i64, to: i64) -> i64 {
        let number = format!("C{:05}", self.tables[CONTRACTS].rows.len() + 1);
        let time = |ms| Value::String(iso(ms, TimeStyle::Zulu));
        self.tables[CONTRACTS].put(
            Some(account),
            &[
                ("contractName", json!(name)),
                ("accountId", json!(account)),
                ("contractType", json!("Recurring Services")),
                ("status", json!(status)),
                ("contractNumber", json!(number)),
                ("billingCycle", json!("Monthly")),
                ("contractBillingPrice", json!(0.0)),
                ("startDate", time(from)),
                ("endDate", time(to)),
            ],
        )
    }

    fn load(&mut self, company: &ExistingCompany, before: i64) -> i64 {
        let mut places: Vec<(&str, Option<&Address>, &str)> =
            company.locations.iter().map(|l| (l.name.as_str(), l.address.as_ref(), company.phone.as_str())).collect();
        if places.is_empty() {
            places.push(("Main", company.address.as_ref(), company.phone.as_str()));
        }
        let first = self.tables[LOCATIONS].next;
        let account = self.add_account(&company.name, &places, before);
        for item in &company.items {
            let category = schema::CATEGORIES.rows[usize::from(item.kind == DeviceKind::Server)].0;
            self.tables[ASSETS].put(
                Some(account),
                &[
                    ("name", json!(item.title)),
                    ("accountId", json!(account)),
                    ("accountLocationId", json!(first + item.location.unwrap_or(0) as i64)),
                    ("categoryId", json!(category)),
                    ("isActive", json!(true)),
                    ("serialNumber", text(&item.serial)),
                    ("macAddress", text(&item.mac)),
                    ("createdOn", Value::String(iso(before, TimeStyle::Zulu))),
                ],
            );
        }
        account
    }

    /// What a row is called.
    pub(super) fn name(&self, entity: usize, id: i64) -> Option<&str> {
        let name = match entity {
            ACCOUNTS => "accountName",
            LOCATIONS => "locationName",
            ASSETS => "name",
            CONTRACTS => "contractName",
            _ => "title",
        };
        let table = &self.tables[entity];
        table.row(id).map(|row| table.text(row, name))
    }

    /// The name of the location an asset or a ticket is at.
    pub(super) fn location_name(&self, id: i64) -> Option<&str> {
        self.name(LOCATIONS, id)
    }

    /// The main location of an account.
    pub(super) fn main_location(&self, account: i64) -> Option<i64> {
        let table = &self.tables[LOCATIONS];
        let mut own = table.rows.iter().filter(|row| row.account == account);
        own.clone().find(|row| table.flag(row, "isMain")).or_else(|| own.next()).map(|row| row.id)
    }

    /// A row as the vendor writes it: every field that travels out, and what its ids are called.
    pub(super) fn write(&self, entity: usize, at: usize, out: &mut Vec<u8>) {
        let mut o = Obj::new(out);
        self.write_fields(entity, at, &mut o);
        o.end();
    }

    fn write_fields(&self, entity: usize, at: usize, o: &mut Obj<'_>) {
        let table = &self.tables[entity];
        let row = &table.rows[at];
        o.int("id", row.id);
        for (field, value) in table.fields.iter().zip(&row.values).filter(|(field, _)| field.way != Way::In) {
            match value {
                Value::Null => o.null(field.name),
                Value::String(text) => o.text(field.name, text),
                Value::Bool(yes) => o.flag(field.name, *yes),
                Value::Number(number) if number.is_i64() => o.int(field.name, number.as_i64().unwrap_or(0)),
                other => o.raw(field.name, &other.to_string()),
            };
            if !field.label.is_empty() {
                o.text_or_null(field.label, value.as_i64().and_then(|id| self.label(field.of, id)));
            }
        }
    }

    /// An account, with its locations or with null in their place.
    pub(super) fn write_account(&self, at: usize, with_locations: bool, out: &mut Vec<u8>) {
        let mut o = Obj::new(out);
        self.write_fields(ACCOUNTS, at, &mut o);
        if with_locations {
            let account = self.tables[ACCOUNTS].rows[at].id;
            let rows = self.tables[LOCATIONS].rows.iter().enumerate().filter(|(_, row)| row.account == account);
            crate::json::array(o.key("locations"), rows, |out, (at, _)| self.write(LOCATIONS, at, out));
        } else {
            o.null("locations");
        }
        o.end();
    }

    fn label(&self, of: Of, id: i64) -> Option<&str> {
        match of {
            Of::Nothing => None,
            Of::List(list) => list.label(id),
            Of::Table(entity) => self.name(entity, id),
        }
    }

    /// Whether an id of a field is one.
    pub(super) fn refers(&self, of: Of, id: i64) -> bool {
        match of {
            Of::Nothing => true,
            Of::List(list) => list.in_use(id),
            Of::Table(entity) => self.tables[entity].at(id).is_some(),
        }
    }

    /// Something about a ticket changed, and its work may be done or open again.
    pub(super) fn ticket_touched(&mut self, at: usize, now: i64) {
        let table = &mut self.tables[TICKETS];
        let time = Value::String(iso(now, TimeStyle::Millis));
        let is_done = table.int(&table.rows[at], "statusId") == schema::DONE;
        let was_done = !table.value(&table.rows[at], "completedDate").is_null();
        if is_done != was_done {
            table.set(at, "completedDate", if is_done { time.clone() } else { Value::Null });
        }
        table.set(at, "lastActivityUpdate", time);
    }
}

/// A list as its lookup gives it.
pub(super) fn list_rows(list: &List) -> Vec<Value> {
    let row = |(id, name, active, default): &(i64, &str, bool, bool)| {
        let mut row = json!({"id": id, "name": name, "isActive": active, "isDefault": default});
        if list == &schema::STATUSES {
            row["statusOrder"] = json!(id);
            row["isSystemStatus"] = json!(1);
        }
        row
    };
    list.rows.iter().map(row).collect()
}

fn text(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}
