//! Companies that are merged, and days that are another zone's: what an account goes through at the simulated Autotask.
//! Leaves alone: what its rows are and how they are asked for.

use super::State;
use super::schema::COMPANIES;
use super::table::Cell;

/// Merges a company into another. False when either does not exist, or they are one.
pub(super) fn companies(state: &mut State, from: i64, into: i64, keep: bool) -> bool {
    let companies = &state.tables[COMPANIES];
    if from == into || companies.get(from).is_none() || companies.get(into).is_none() {
        return false;
    }
    for table in &mut state.tables {
        let Some(company) = table.position("companyID") else { continue };
        let theirs = table.rows.iter().filter(|row| row.get(company) == Some(&Cell::Int(from))).map(|row| row.id);
        for id in theirs.collect::<Vec<_>>() {
            let primary = table.position("isPrimary");
            table.update(id, |row| {
                row.set(company, Some(Cell::Int(into)));
                if let Some(primary) = primary {
                    row.set(primary, Some(Cell::Flag(false)));
                }
            });
        }
    }
    let companies = &mut state.tables[COMPANIES];
    if keep {
        let active = companies.known("isActive");
        companies.update(from, |row| row.set(active, Some(Cell::Flag(false))))
    } else {
        companies.delete(from)
    }
}

/// The fault `merge-accounts`.
pub(super) fn newest(state: &mut State, keep: bool) {
    let ids: Vec<i64> = state.tables[COMPANIES].rows.iter().map(|row| row.id).filter(|id| *id != 0).collect();
    if let [.., into, from] = ids[..] {
        companies(state, from, into, keep);
    }
}

impl State {
    /// The fault `day-offset`: from now on days come as midnight of a zone so many hours ahead of UTC; none: as UTC's.
    pub(super) fn set_day_offset(&mut self, hours: u64) {
        let offset = i64::try_from(hours).unwrap_or(0) * 3_600_000;
        if offset != self.day_offset {
            self.day_offset = offset;
            self.tables.iter_mut().for_each(|table| table.set_day_offset(offset));
        }
    }
}
