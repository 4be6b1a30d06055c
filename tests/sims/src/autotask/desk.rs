//! What a ticket gets by itself: its number, when it was completed, and when something about it happened last; and what a
//! technician does to one by hand.
//! Leaves alone: what may be written (`rules`).

use serde_json::{Value, json};

use super::desk_fields::COMPLETE;
use super::rules::apply_presets;
use super::schema::{ENTITIES, NOTES, TICKETS};
use super::table::Cell;
use super::{Autotask, State, report};
use crate::clock::{TimeStyle, iso, now_ms};

impl State {
    /// After a save: the number a new one gets, and when it was completed.
    pub(super) fn keep_ticket(&mut self, id: i64, now: i64) {
        let table = &mut self.tables[TICKETS];
        let (number, completed) = (table.known("ticketNumber"), table.known("completedDate"));
        let Some(row) = table.get(id) else { return };
        let is_complete = table.int(row, "status") == Some(COMPLETE);
        let new_number = row.get(number).is_none().then(|| {
            let day: String = iso(now, TimeStyle::Bare).chars().take(10).filter(|c| *c != '-').collect();
            format!("T{day}.{:04}", id - ENTITIES[TICKETS].first_id + 1)
        });
        let date = if is_complete { Some(row.get(completed).cloned().unwrap_or(Cell::Time(now))) } else { None };
        table.update(id, |row| {
            if let Some(text) = new_number {
                row.set(number, Some(Cell::text(&text)));
            }
            row.set(completed, date);
        });
    }

    /// A note is activity of its ticket.
    pub(super) fn touch_ticket_of(&mut self, note: i64, now: i64) {
        let notes = &self.tables[NOTES];
        let Some(ticket) = notes.get(note).and_then(|row| notes.int(row, "ticketID")) else { return };
        let table = &mut self.tables[TICKETS];
        let activity = table.known("lastActivityDate");
        table.update(ticket, |row| row.set(activity, Some(Cell::Time(now))));
    }
}

/// The service desk.
impl Autotask {
    /// The tickets, as [`Autotask::companies`].
    pub fn tickets(&self) -> Vec<Value> {
        report::rows(&self.vendor.state.lock(), TICKETS)
    }

    /// The notes of a ticket, in the order they were written.
    pub fn notes(&self, ticket: i64) -> Vec<Value> {
        let mut notes = self.rows("TicketNotes");
        notes.retain(|note| note["ticketID"] == ticket);
        notes
    }

    /// A technician sets a ticket's status (1 New, 5 Complete, 7 Waiting Customer, 8 In Progress). False when there is no
    /// such ticket.
    pub fn set_ticket_status(&self, ticket: i64, status: i64) -> bool {
        let done = self.edit("Tickets", ticket, "status", &json!(status));
        self.vendor.state.lock().keep_ticket(ticket, now_ms());
        done
    }

    /// A technician writes a note. False when there is no such ticket.
    pub fn add_note(&self, ticket: i64, text: &str) -> bool {
        let mut state = self.vendor.state.lock();
        if state.tables[TICKETS].get(ticket).is_none() {
            return false;
        }
        let (now, table) = (now_ms(), &mut state.tables[NOTES]);
        let mut row = table.blank();
        for (name, text) in [("title", "Technician"), ("description", text)] {
            row.set(table.known(name), Some(Cell::text(text)));
        }
        let technician = super::schema::ENTITIES[super::schema::RESOURCES].first_id;
        for (name, number) in [("ticketID", ticket), ("noteType", 3), ("publish", 1), ("creatorResourceID", technician)]
        {
            row.set(table.known(name), Some(Cell::Int(number)));
        }
        apply_presets(table, &mut row, now);
        let note = table.insert(row);
        state.touch_ticket_of(note, now);
        true
    }
}
