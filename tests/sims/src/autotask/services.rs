//! What a technician does by hand to contracts and their lines, and what tests ask of them.
//! Leaves alone: what an adjustment does (`billing`).

use serde_json::{Value, json};

use super::billing::Adjust;
use super::report::{self, Adjustment, ServiceLine};
use super::rules::NO_MATCH;
use super::schema::{ADJUSTMENTS, LINES, SERVICES};
use super::table::{Cell, Key};
use super::{Autotask, State};
use crate::clock::{now_ms, parse_iso};

impl State {
    /// The service of this name; made where there is none.
    fn service(&mut self, name: &str) -> i64 {
        let table = &self.tables[SERVICES];
        let found =
            table.indexed(usize::from(table.known("name")), &Key::text(name)).and_then(|ids| ids.first().copied());
        found.unwrap_or_else(|| self.add_service(name, now_ms()))
    }
}

/// Contracts, services and what is billed.
impl Autotask {
    /// The contracts of a company, as [`Autotask::companies`].
    pub fn contracts_of(&self, company: i64) -> Vec<Value> {
        let mut contracts = self.rows("Contracts");
        contracts.retain(|contract| contract["companyID"] == company);
        contracts
    }

    /// A technician makes a contract inactive. False when there is no such contract.
    pub fn cancel_contract(&self, contract: i64) -> bool {
        self.edit("Contracts", contract, "status", &json!(0))
    }

    /// A technician lets a contract end on a day (`2025-01-31`); units beyond it go. False when there is no such contract,
    /// or day.
    pub fn end_contract(&self, contract: i64, day: &str) -> bool {
        let ended = parse_iso(day).is_some() && self.edit("Contracts", contract, "endDate", &json!(day));
        self.vendor.state.lock().refit(contract);
        ended
    }

    /// A technician puts a service, made where there is none of this name, on a contract from its first day; the line's id.
    /// None when no services can be on that contract.
    pub fn add_service_line(&self, contract: i64, service: &str, units: i64) -> Option<i64> {
        let mut state = self.vendor.state.lock();
        let (first, _) = state.days_for_services(contract).ok()?;
        let service = state.service(service);
        Some(state.add_line(contract, service, units, first))
    }

    /// A technician adjusts a line from a day on (`2025-01-31`), as the API does and with its refusals.
    ///
    /// # Errors
    /// The vendor's words.
    pub fn adjust_units(&self, line: i64, change: i64, day: &str) -> Result<(), String> {
        let day = parse_iso(day).ok_or("The effectiveDate is not a date.")?;
        let mut state = self.vendor.state.lock();
        let lines = &state.tables[LINES];
        let contract = lines.get(line).and_then(|row| lines.int(row, "contractID")).ok_or(NO_MATCH)?;
        let wanted = Adjust { line: Some(line), contract: Some(contract), service: None, day, change, repeat: false };
        state.adjust(wanted)?;
        let table = &mut state.tables[ADJUSTMENTS];
        let mut row = table.blank();
        for (name, n) in [("contractID", contract), ("contractServiceID", line), ("unitChange", change)] {
            row.set(table.known(name), Some(Cell::Int(n)));
        }
        row.set(table.known("effectiveDate"), Some(Cell::Time(day)));
        let id = table.insert(row);
        state.by_hand.insert(id);
        Ok(())
    }

    /// What begins on this day (`2025-01-31`) or before is invoiced, for all lines of a contract; how many rows of units were
    /// approved and posted.
    pub fn approve_and_post(&self, contract: i64, day: &str) -> usize {
        let day = parse_iso(day).unwrap_or(i64::MIN);
        self.vendor.state.lock().approve(contract, day, now_ms())
    }

    /// Every line of every contract, with its units on a day (`2025-01-31`) and in its last row.
    pub fn service_lines(&self, day: &str) -> Vec<ServiceLine> {
        report::service_lines(&self.vendor.state.lock(), parse_iso(day).unwrap_or_default())
    }

    /// Every adjustment that was made, in order.
    pub fn adjustments(&self) -> Vec<Adjustment> {
        report::adjustments(&self.vendor.state.lock())
    }
}
