//! What is billed: the lines of a contract, their units period by period, and the adjustments that change them.
//!
//! A line has a row of units per calendar month of its contract, to the contract's end. An adjustment splits the row of its
//! day and adds to every later one; rows that were approved and posted stay as they are. A contract whose days change
//! gets or loses rows.
//! Leaves alone: prices of units (a row carries the service's), and what a technician does (`services`).

use super::State;
use super::rules::{NO_MATCH, apply_presets};
use super::schema::{ADJUSTMENTS, CONTRACTS, LINES, SERVICES, UNITS};
use super::table::{Cell, Key, Row, Table};
use crate::clock::{DAY_MS, month};

/// The contract type that lines can be on.
pub(super) const RECURRING: i64 = 7;

/// A row of units. Days are midnights, in unix milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    pub(super) id: i64,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) units: i64,
    pub(super) is_posted: bool,
}

/// An adjustment to be: of a line, or of the line that a contract has of a service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adjust {
    pub(super) line: Option<i64>,
    pub(super) contract: Option<i64>,
    pub(super) service: Option<i64>,
    pub(super) day: i64,
    pub(super) change: i64,
    pub(super) repeat: bool,
}

/// A row's time.
pub(super) fn time(table: &Table, row: &Row, name: &str) -> Option<i64> {
    match row.get(table.known(name)) {
        Some(Cell::Time(ms)) => Some(*ms),
        _ => None,
    }
}

/// The ids of the rows whose field has this number.
pub(super) fn with<'t>(table: &'t Table, field: &str, id: i64) -> &'t [i64] {
    table.indexed(usize::from(table.known(field)), &Key::Int(id)).unwrap_or_default()
}

impl State {
    /// Carries out an adjustment; the line's id.
    pub(super) fn adjust(&mut self, wanted: Adjust) -> Result<i64, String> {
        let lines = &self.tables[LINES];
        let found = match (wanted.line, wanted.contract, wanted.service) {
            (Some(line), ..) => Some(line),
            (None, Some(contract), Some(service)) => {
                let of_service =
                    |id: &&i64| lines.get(**id).is_some_and(|l| lines.int(l, "serviceID") == Some(service));
                let mut found = with(lines, "contractID", contract).iter().filter(of_service);
                match (found.next(), found.next()) {
                    _ if wanted.repeat => None,
                    (Some(_), Some(_)) => {
                        return Err("The contract has more than one ContractService of this service.".to_owned());
                    }
                    (one, _) => one.copied(),
                }
            }
            _ => return Err("Value does not exist for the required field contractServiceID.".to_owned()),
        };
        let contract = match found {
            Some(line) => lines.int(lines.get(line).ok_or(NO_MATCH)?, "contractID"),
            None => wanted.contract,
        };
        let contract = contract.filter(|id| wanted.contract.is_none_or(|named| named == *id)).ok_or(NO_MATCH)?;
        let (first, last) = self.days_for_services(contract)?;
        if wanted.day < first || wanted.day > last {
            return Err("The effectiveDate must be within the start date and the end date of the contract.".to_owned());
        }
        let Some(line) = found else {
            let service = wanted.service.ok_or("Value does not exist for the required field serviceID.")?;
            if wanted.change < 1 {
                return Err(
                    "The unitChange of a service that is not on the contract must be greater than 0.".to_owned()
                );
            }
            return Ok(self.add_line(contract, service, wanted.change, wanted.day));
        };
        let adjustments = &self.tables[ADJUSTMENTS];
        let is_of_day =
            |id: &i64| adjustments.get(*id).and_then(|a| time(adjustments, a, "effectiveDate")) == Some(wanted.day);
        if with(adjustments, "contractServiceID", line).iter().any(is_of_day) {
            return Err("Attempt to insert duplicate data into contract service period.".to_owned());
        }
        self.add_units(line, wanted.day, wanted.change)?;
        Ok(line)
    }

    /// First and last day of a contract that lines can be on.
    pub(super) fn days_for_services(&self, contract: i64) -> Result<(i64, i64), String> {
        let contracts = &self.tables[CONTRACTS];
        let row = contracts.get(contract).ok_or(NO_MATCH)?;
        if contracts.int(row, "contractType") != Some(RECURRING) {
            return Err("Services can only be on a contract of the type Recurring Service.".to_owned());
        }
        let days = time(contracts, row, "startDate").zip(time(contracts, row, "endDate"));
        // The year 1 is how a database tells that there is no end: lines then have units for three years.
        let open = |(first, last): (i64, i64)| (first, if last < 0 { first + 3 * 365 * DAY_MS } else { last });
        days.map(open).ok_or_else(|| "The contract has no start date or no end date.".to_owned())
    }

    /// Adds to the units of a line from a day on.
    fn add_units(&mut self, line: i64, day: i64, change: i64) -> Result<(), String> {
        let mut periods = self.periods(line);
        periods.retain(|period| !period.is_posted && period.end >= day);
        if periods.iter().any(|period| period.units + change < 0) {
            return Err("The number of units cannot be less than 0.".to_owned());
        }
        let table = &mut self.tables[UNITS];
        let (start, end, units) = (table.known("startDate"), table.known("endDate"), table.known("units"));
        for period in periods {
            let changed = Some(Cell::Int(period.units + change));
            if period.start >= day {
                table.update(period.id, |row| row.set(units, changed));
                continue;
            }
            let Some(mut later) = table.get(period.id).cloned() else { continue };
            let until = if self.split_shares_day { day } else { day - DAY_MS };
            table.update(period.id, |row| row.set(end, Some(Cell::Time(until))));
            later.set(start, Some(Cell::Time(day)));
            later.set(units, changed);
            table.insert(later);
        }
        Ok(())
    }

    /// A line, with units from a day on.
    pub(super) fn add_line(&mut self, contract: i64, service: i64, units: i64, from: i64) -> i64 {
        let services = &self.tables[SERVICES];
        let price = |name: &str| services.get(service).and_then(|row| row.get(services.known(name))).cloned();
        let (price, cost) = (price("unitPrice"), price("unitCost"));
        let table = &mut self.tables[LINES];
        let mut row = table.blank();
        row.set(table.known("contractID"), Some(Cell::Int(contract)));
        row.set(table.known("serviceID"), Some(Cell::Int(service)));
        row.set(table.known("unitPrice"), price);
        row.set(table.known("unitCost"), cost);
        apply_presets(table, &mut row, from);
        let line = table.insert(row);
        self.fill_units(line, units, from);
        line
    }

    /// Rows of units of a line from a day to its contract's end.
    pub(super) fn fill_units(&mut self, line: i64, units: i64, from: i64) {
        let lines = &self.tables[LINES];
        let Some(row) = lines.get(line) else { return };
        let (Some(contract), Some(service)) = (lines.int(row, "contractID"), lines.int(row, "serviceID")) else {
            return;
        };
        let of_line = |name: &str| row.get(lines.known(name)).cloned();
        let (price, cost) = (of_line("unitPrice"), of_line("unitCost"));
        let Ok((first, last)) = self.days_for_services(contract) else { return };
        let table = &mut self.tables[UNITS];
        let mut blank = table.blank();
        let ints = [("contractID", contract), ("contractServiceID", line), ("serviceID", service), ("units", units)];
        for (name, n) in ints {
            blank.set(table.known(name), Some(Cell::Int(n)));
        }
        blank.set(table.known("price"), price);
        blank.set(table.known("cost"), cost);
        let (starts, ends) = (table.known("startDate"), table.known("endDate"));
        let mut start = from.max(first);
        while start <= last {
            let end = month(start).1.min(last);
            let mut row = blank.clone();
            row.set(starts, Some(Cell::Time(start)));
            row.set(ends, Some(Cell::Time(end)));
            table.insert(row);
            start = end + DAY_MS;
        }
    }

    /// After a contract's days changed: its lines have units for all of them and, unless posted, none beyond.
    pub(super) fn refit(&mut self, contract: i64) {
        let Ok((_, last)) = self.days_for_services(contract) else { return };
        for line in with(&self.tables[LINES], "contractID", contract).to_vec() {
            let periods = self.periods(line);
            let table = &mut self.tables[UNITS];
            let end = table.known("endDate");
            for period in periods.iter().filter(|period| !period.is_posted && period.end > last) {
                if period.start > last {
                    table.delete(period.id);
                } else {
                    table.update(period.id, |row| row.set(end, Some(Cell::Time(last))));
                }
            }
            if let Some(latest) = periods.last().filter(|period| period.end < last) {
                self.fill_units(line, latest.units, latest.end + DAY_MS);
            }
        }
    }

    /// The rows of units of a line, by day.
    pub(super) fn periods(&self, line: i64) -> Vec<Period> {
        let table = &self.tables[UNITS];
        let period = |id: &i64| {
            let row = table.get(*id)?;
            Some(Period {
                id: *id,
                start: time(table, row, "startDate")?,
                end: time(table, row, "endDate")?,
                units: table.int(row, "units")?,
                is_posted: time(table, row, "approveAndPostDate").is_some(),
            })
        };
        let mut periods: Vec<Period> = with(table, "contractServiceID", line).iter().filter_map(period).collect();
        periods.sort_by_key(|period| period.start);
        periods
    }

    /// The rows of a contract's lines that begin on this day or before become approved and posted; how many did.
    pub(super) fn approve(&mut self, contract: i64, day: i64, now: i64) -> usize {
        let lines = with(&self.tables[LINES], "contractID", contract).to_vec();
        let periods = lines.iter().flat_map(|line| self.periods(*line)).collect::<Vec<_>>();
        let table = &mut self.tables[UNITS];
        let posted = table.known("approveAndPostDate");
        let due = periods.iter().filter(|period| !period.is_posted && period.start <= day);
        due.filter(|period| table.update(period.id, |row| row.set(posted, Some(Cell::Time(now))))).count()
    }
}
