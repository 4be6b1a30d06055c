//! What the PSA holds at the start: the MSP's own company, its people and products, and a world's companies with their
//! locations, configuration items and contracts.

use std::collections::{HashMap, HashSet};

use super::billing::RECURRING;
use super::billing_fields::MONTHLY;
use super::rules;
use super::schema::{COMPANIES, CONTRACTS, ENTITIES, ITEMS, LOCATIONS, PRODUCTS, RESOURCES, SERVICES};
use super::table::{Cell, Row, Table};
use super::{PsaOptions, State};
use crate::clock::{DAY_MS, month};
use crate::world::{DeviceKind, EPOCH, Existing, ExistingCompany};

impl State {
    pub(super) fn new(existing: &Existing, options: &PsaOptions) -> State {
        let tables = ENTITIES.iter().map(|e| Table::new(e, &options.missing_udfs)).collect();
        let mut state = State {
            tables,
            denied: HashSet::new(),
            primary_location: options.primary_location,
            contracts_for_new_accounts: options.contracts_for_new_accounts,
            split_shares_day: options.split_shares_day,
            by_hand: HashSet::new(),
            day_offset: 0,
            formatted: HashMap::new(),
        };
        for table in &mut state.tables {
            table.protect(&options.protected_udfs);
        }
        let before = (EPOCH - 90 * 86_400) * 1000;
        let owner = state.add(
            RESOURCES,
            before,
            &[("firstName", "Olga"), ("lastName", "Owner"), ("userName", "olga.owner"), ("email", "olga@msp.example")],
            &[("licenseType", 1)],
        );
        state.add(
            RESOURCES,
            before,
            &[("firstName", "API"), ("lastName", "User"), ("userName", &options.user), ("email", &options.user)],
            &[("licenseType", 7)],
        );
        for name in &options.products {
            state.add(PRODUCTS, before, &[("name", name)], &[("productBillingCodeID", 1)]);
        }
        for name in &options.services {
            state.add_service(name, before);
        }
        let msp = state.row(
            COMPANIES,
            before,
            &[("companyName", "Simulated MSP"), ("phone", "0800 000000")],
            &[("companyType", 1), ("ownerResourceID", owner)],
        );
        state.tables[COMPANIES].insert_as(0, msp);
        for company in &existing.companies {
            state.load(company, before, options.contract_days);
        }
        state
    }

    /// A row of texts and numbers, with what creates give.
    fn row(&self, at: usize, now: i64, texts: &[(&str, &str)], ints: &[(&str, i64)]) -> Row {
        let table = &self.tables[at];
        let mut row = table.blank();
        for (name, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
            row.set(table.known(name), Some(Cell::text(text)));
        }
        for (name, n) in ints {
            row.set(table.known(name), Some(Cell::Int(*n)));
        }
        for name in ["isActive", "isSerialized"] {
            if let Some(position) = table.position(name) {
                row.set(position, Some(Cell::Flag(name == "isActive")));
            }
        }
        rules::apply_presets(table, &mut row, now);
        row
    }

    fn add(&mut self, at: usize, now: i64, texts: &[(&str, &str)], ints: &[(&str, i64)]) -> i64 {
        let row = self.row(at, now, texts, ints);
        self.tables[at].insert(row)
    }

    /// A service; its price differs from the others'.
    pub(super) fn add_service(&mut self, name: &str, now: i64) -> i64 {
        let id = self.add(SERVICES, now, &[("name", name)], &[("billingCodeID", 1), ("periodType", MONTHLY)]);
        let table = &mut self.tables[SERVICES];
        let (price, cost) = (table.known("unitPrice"), table.known("unitCost"));
        table.update(id, |row| {
            row.set(price, Some(Cell::Number(id as f64 + 0.5)));
            row.set(cost, Some(Cell::Number(id as f64 / 2.0)));
        });
        id
    }

    pub(super) fn add_company(&mut self, name: &str, phone: &str, now: i64) -> i64 {
        let owner = ENTITIES[RESOURCES].first_id;
        self.add(
            COMPANIES,
            now,
            &[("companyName", name), ("phone", phone)],
            &[("companyType", 1), ("ownerResourceID", owner)],
        )
    }

    fn load(&mut self, company: &ExistingCompany, before: i64, contract_days: (i64, i64)) {
        let id = self.add_company(&company.name, &company.phone, before);
        if let Some(address) = &company.address {
            let table = &mut self.tables[COMPANIES];
            let fields = [("address1", &address.street), ("city", &address.city), ("postalCode", &address.zip)];
            let fields = fields.map(|(name, text)| (table.known(name), text));
            table.update(id, |row| fields.into_iter().for_each(|(f, text)| row.set(f, Some(Cell::text(text)))));
        }
        let mut locations = Vec::new();
        for (i, location) in company.locations.iter().enumerate() {
            let address = location.address.clone().unwrap_or_default();
            let texts = [
                ("name", &*location.name),
                ("address1", &address.street),
                ("city", &address.city),
                ("postalCode", &address.zip),
            ];
            let at = self.add(LOCATIONS, before, &texts, &[("companyID", id)]);
            let primary = self.tables[LOCATIONS].known("isPrimary");
            self.tables[LOCATIONS].update(at, |row| row.set(primary, Some(Cell::Flag(i == 0))));
            locations.push(at);
        }
        self.add_contracts(id, before, contract_days);
        for item in &company.items {
            // The second product, if there is one, is for servers.
            let second = item.kind == DeviceKind::Server && self.tables[PRODUCTS].rows.len() > 1;
            let product = ENTITIES[PRODUCTS].first_id + i64::from(second);
            let mut ints = vec![("companyID", id), ("productID", product)];
            ints.extend(item.location.and_then(|at| locations.get(at)).map(|at| ("companyLocationID", *at)));
            let texts = [
                ("referenceTitle", &*item.title),
                ("serialNumber", &item.serial),
                ("rmmDeviceAuditMacAddress", &item.mac),
            ];
            self.add(ITEMS, before, &texts, &ints);
        }
    }

    /// A contract in force; besides, by turns, none, one that has run out, one that was cancelled, one yet to begin.
    fn add_contracts(&mut self, company: i64, before: i64, (first, last): (i64, i64)) {
        let other = match company % 4 {
            0 => None,
            1 => Some((Seed { name: "Managed Services, first term", ..IN_FORCE }, (first - 700, first - 1))),
            2 => Some((Seed { name: "Block of Hours", type_: 4, status: 0 }, (-200, last))),
            _ => Some((Seed { name: "Managed Services, next term", ..IN_FORCE }, (last + 1, last + 3650))),
        };
        // Days, written as midnight.
        let day = |days: i64| (EPOCH * 1000).div_euclid(DAY_MS) * DAY_MS + days * DAY_MS;
        for (seed, (first, last)) in other.into_iter().chain([(IN_FORCE, (first, last))]) {
            self.add_contract(company, before, &seed, day(first), day(last));
        }
    }

    /// What an MSP's workflow rule does for a new company, where there is one: a contract in force, for ten years from this
    /// month's first day.
    pub(super) fn add_contract_by_rule(&mut self, company: i64, now: i64) {
        if self.contracts_for_new_accounts {
            let first = month(now).0;
            self.add_contract(company, now, &IN_FORCE, first, first + 3650 * DAY_MS);
        }
    }

    fn add_contract(&mut self, company: i64, now: i64, seed: &Seed, first: i64, last: i64) {
        let ints = [
            ("companyID", company),
            ("contractType", seed.type_),
            ("status", seed.status),
            ("timeReportingRequiresStartAndStopTimes", 0),
        ];
        let id = self.add(CONTRACTS, now, &[("contractName", seed.name)], &ints);
        let table = &mut self.tables[CONTRACTS];
        let (starts, ends) = (table.known("startDate"), table.known("endDate"));
        table.update(id, |row| {
            row.set(starts, Some(Cell::Time(first)));
            row.set(ends, Some(Cell::Time(last)));
        });
    }
}

/// A contract to be.
struct Seed {
    name: &'static str,
    type_: i64,
    status: i64,
}

const IN_FORCE: Seed = Seed { name: "Managed Services", type_: RECURRING, status: 1 };
