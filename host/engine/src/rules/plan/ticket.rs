//! Alerts as tickets: which open one, which are noted in one, which close one.
//!
//! Alerts of one device and condition belong together. The first opens a ticket; while it is open, later ones are noted
//! in it with a count. When the vendor reports that all are over, the ticket is closed, unless somebody worked on it:
//! then its last activity is not this host's. What somebody did before a note of this host is kept with the link as
//! `touched`, since the note hides it. An alert that merely left the vendor's list is not over. While the vendor
//! works on a write of a ticket, its alerts wait.
//!
//! An alert that comes back soon after this host closed its ticket (`swing-hours`) opens the same
//! ticket again. One that did so [`FLAPS`] times has its ticket left open until it is quiet for as long.
//!
//! A ticket goes to the account its customer is linked to; to the catch-all the operator
//! chose where the customer is not linked; else it is held. There is no default account.
//!
//! Pure. A ticket's fields are texts of the target system, but for the references `parent` and `asset`, which hold
//! source ids as in every change.

mod state;
mod text;

pub(crate) use state::is_open;
pub(super) use state::{is_worked_on, remember, reopens};

use super::types::rank;
use super::words::decider;
use super::{HOUR_MS, Planned};
use crate::rules::value::cut;
use crosswalk_model::sync::TicketRules;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{
    Action, Activity, Brake, Cause, Failure, FieldDiff, Finding, Hold, Kind, KindDescription, Link, LinkState,
    Operation, PlannedChange, Record, Risk, Said, Step, TicketMemory, TicketStep, Timestamp, Value, Writable, said,
};
use state::last_activity;
use std::collections::{BTreeMap, HashMap, HashSet};
use text::{at, description, message, title};

/// The catalogue's field: when anything about a ticket changed last.
pub const LAST_ACTIVITY: &str = "last-activity";
/// How often a matter comes back before its ticket is left open.
const FLAPS: usize = 2;

/// The alerts of a source, and what is known of their tickets.
pub struct AlertInput<'a> {
    /// All that were read, present or not.
    pub alerts: &'a [Alert<'a>],
    /// Their links, the targets being tickets.
    pub links: &'a [Link],
    /// The linked tickets as they are now.
    pub tickets: &'a [Record],
    /// What the target can do with tickets.
    pub describe: &'a KindDescription,
    /// The alerts with a write that the vendor still works on, by their ids.
    pub settling: &'a HashSet<String>,
    /// Why linked tickets could not be read, by their ids: their matters wait.
    pub unread: &'a BTreeMap<String, Failure>,
    /// The sync's rules.
    pub rules: &'a TicketRules,
    /// Now.
    pub now: Timestamp,
}

/// An alert and where its ticket goes.
#[derive(Clone)]
pub struct Alert<'a> {
    /// As the source has it.
    pub record: &'a Record,
    /// Whether the source still lists it.
    pub listed: bool,
    /// What its device is called.
    pub device: Option<&'a str>,
    /// The source customer; empty when nobody knows.
    pub customer: &'a str,
    /// Where its ticket goes.
    pub place: Place,
}

/// Where a ticket goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// To the account of its customer; with its device, where that is linked and of the same account.
    Account {
        /// Whether the ticket can name the device.
        with_asset: bool,
    },
    /// The customer is not linked.
    Unmapped,
    /// The account of its customer is not in use in the target; the text says so and what to do.
    OutOfUse(Said),
    /// Nowhere: the operator excluded the customer, or switched its tickets off; which of both.
    Excluded(Said),
}

/// Why an alert that is in no ticket makes none and is noted in none; `None` where it has one, or is to get one.
/// With it, whether that is so by a person's decision alone.
#[must_use]
pub fn why_no_ticket(alert: &Alert<'_>, link: Option<&Link>, rules: &TicketRules) -> Option<(Said, bool)> {
    if link.is_some_and(|link| link.linked().is_some()) {
        return None;
    }
    let early = rules.from.zip(alert.raised()).filter(|(from, raised)| raised < from);
    let by_vendor = match early {
        _ if !alert.listed => Some(said!("ticket-not-listed")),
        _ if alert.resolved() => Some(said!("ticket-over-before")),
        Some((from, raised)) => Some(said!("ticket-raised-before", raised, from)),
        None => None,
    };
    if let Some(why) = by_vendor {
        return Some((why, false));
    }
    let excluded = link.filter(|link| link.state == LinkState::Excluded);
    match (&alert.place, excluded) {
        (Place::Excluded(why), _) => Some((why.clone(), true)),
        (_, Some(link)) => Some((said!("plan-excluded-by", by = decider(link.decided_by)), true)),
        _ => None,
    }
}

impl Alert<'_> {
    fn id(&self) -> &str {
        &self.record.id
    }

    /// When it was raised; none where the vendor does not tell, or tells what cannot be.
    fn raised(&self) -> Option<Timestamp> {
        raised(self.record)
    }

    fn resolved(&self) -> bool {
        self.record.field("resolved") == Some(&Value::Boolean(true))
    }

    /// The matter it belongs to: device and condition. Without either, each is its own.
    fn matter(&self) -> (String, String) {
        let text = |name| self.record.text(name).unwrap_or_default().to_owned();
        let (device, condition) = (text("asset"), text("condition"));
        let condition = if condition.is_empty() { self.record.id.clone() } else { condition };
        (if device.is_empty() { self.customer.to_owned() } else { device }, condition)
    }
}

/// When an alert was raised; none where that is not told. A time outside of 2000 to 2099 is a slip of the
/// vendor's (an empty clock, milliseconds for seconds) and counts as not told.
pub(crate) fn raised(alert: &Record) -> Option<Timestamp> {
    match alert.field("raised") {
        Some(Value::Time(text)) => Timestamp::parse(text).filter(|at| CREDIBLE_MS.contains(&at.0)),
        _ => None,
    }
}

/// From 2000-01-01 to 2099-12-31, in milliseconds since 1970.
const CREDIBLE_MS: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

/// Plans the tickets of a source's alerts.
#[must_use]
pub fn plan_alerts(input: &AlertInput<'_>) -> Planned {
    let links: HashMap<&str, &Link> = input.links.iter().map(|link| (link.source.as_str(), link)).collect();
    let tickets: HashMap<&str, &Record> = input.tickets.iter().map(|ticket| (ticket.id.as_str(), ticket)).collect();
    let mut matters: BTreeMap<(String, String), Vec<&Alert<'_>>> = BTreeMap::new();
    for alert in input.alerts {
        matters.entry(alert.matter()).or_default().push(alert);
    }
    let mut out = Planned::default();
    for mut alerts in matters.into_values() {
        alerts.sort_by(|a, b| (a.raised(), a.id()).cmp(&(b.raised(), b.id())));
        Matter { input, links: &links, tickets: &tickets, alerts, out: &mut out }.plan();
    }
    out.changes.sort_by(|a, b| (rank(a.action), &a.source).cmp(&(rank(b.action), &b.source)));
    out.findings.sort_by(|a, b| a.source.cmp(&b.source));
    out
}

/// The alerts of one device and condition, oldest first.
struct Matter<'m, 'a> {
    input: &'m AlertInput<'a>,
    links: &'m HashMap<&'a str, &'a Link>,
    tickets: &'m HashMap<&'a str, &'a Record>,
    alerts: Vec<&'m Alert<'a>>,
    out: &'m mut Planned,
}

impl<'m, 'a> Matter<'m, 'a> {
    fn plan(mut self) {
        // What comes of that is the ticket of the whole matter, or its newest note.
        if let Some(settling) = self.alerts.iter().copied().find(|alert| self.input.settling.contains(alert.id())) {
            return self.tell(Cause::Unsettled, settling, said!("ticket-unsettled"));
        }
        for alert in self.alerts.clone() {
            if let Some((why, true)) = why_no_ticket(alert, self.link(alert), self.input.rules) {
                self.tell(Cause::NoTicket, alert, said!("ticket-none", why));
            }
        }
        let unread = |alert: &&'m Alert<'a>| {
            let id = self.link(alert)?.linked()?;
            Some((*alert, id, self.input.unread.get(id)?))
        };
        if let Some((alert, id, cause)) = self.alerts.iter().find_map(unread) {
            return self.tell(Cause::NotRefreshed, alert, said!("ticket-unread", ticket = id, cause = cause.said()));
        }
        let new: Vec<&'m Alert<'a>> = self.alerts.iter().copied().filter(|alert| self.is_new(alert)).collect();
        let open = self.open_ticket();
        match (new.as_slice(), open) {
            ([], None) => {}
            ([], Some(ticket)) => self.close(ticket),
            ([first, rest @ ..], None) => match self.swings(first) {
                Some(ticket) => self.append(&new, ticket, true),
                None => self.open(first, rest),
            },
            (_, Some(ticket)) => self.append(&new, ticket, false),
        }
    }

    fn link(&self, alert: &Alert<'_>) -> Option<&'a Link> {
        self.links.get(alert.id()).copied()
    }

    /// Listed, under way, and not dealt with.
    fn is_new(&self, alert: &Alert<'_>) -> bool {
        let linked = self.link(alert).is_some_and(|link| link.linked().is_some());
        !linked && why_no_ticket(alert, self.link(alert), self.input.rules).is_none()
    }

    /// The newest ticket of this matter that is open.
    fn open_ticket(&self) -> Option<&'a Record> {
        let targets = self.alerts.iter().rev().filter_map(|alert| self.link(alert)?.linked());
        targets.filter_map(|id| self.tickets.get(id).copied()).find(|ticket| is_open(ticket))
    }

    /// The ticket that this host closed so shortly before this alert that it is the same trouble again.
    fn swings(&self, back: &Alert<'_>) -> Option<&'a Record> {
        let swing_ms = i64::from(self.input.rules.swing_hours) * HOUR_MS;
        let at = back.raised().unwrap_or(self.input.now).min(self.input.now);
        let can = self.input.describe.field("closed").is_some_and(|field| field.writable == Writable::Always);
        let targets = self.alerts.iter().rev().filter_map(|alert| self.link(alert)?.linked());
        let ticket = targets.filter_map(|id| self.tickets.get(id).copied()).find(|ticket| ticket.active())?;
        let closed = self.last(ticket, |memory| memory.closed_at)?;
        let ours = self.last(ticket, |memory| memory.reopened_at).is_none_or(|again| again < closed);
        (can && ours && swing_ms > 0 && closed <= self.input.now && at.since_ms(closed) <= swing_ms).then_some(ticket)
    }

    /// The latest of a time that the links of a ticket remember.
    fn last(&self, ticket: &Record, time: impl Fn(&TicketMemory) -> Option<Timestamp>) -> Option<Timestamp> {
        self.of_ticket(ticket).filter_map(|(_, link)| time(link.memory.ticket())).max()
    }

    /// The times a ticket was opened again.
    fn reopened(&self, ticket: &Record) -> usize {
        self.of_ticket(ticket).filter(|(_, link)| link.memory.ticket().reopened_at.is_some()).count()
    }

    /// Whether somebody else worked on a ticket; none where that cannot be known.
    fn touched(&self, ticket: &Record) -> Option<bool> {
        if self.of_ticket(ticket).any(|(_, link)| link.memory.ticket().touched) {
            return Some(true);
        }
        let now = last_activity(ticket)?;
        let left = self.last(ticket, |memory| Timestamp::parse(memory.last_activity.as_deref()?));
        Some(left.is_none() || left != Timestamp::parse(now))
    }

    /// The alerts that are linked to a ticket.
    fn of_ticket(&self, ticket: &Record) -> impl Iterator<Item = (&'m Alert<'a>, &'a Link)> {
        let linked = |alert: &&'m Alert<'a>| Some((*alert, self.link(alert)?));
        self.alerts.iter().filter_map(linked).filter(|(_, link)| link.linked() == Some(ticket.id.as_str()))
    }

    fn open(&mut self, first: &Alert<'a>, rest: &[&Alert<'a>]) {
        let describe = self.input.describe;
        if !describe.writes.contains(&Operation::Create) {
            return self.tell(Cause::Cannot, first, said!("plan-cannot-create", kind = Kind::Ticket));
        }
        let mut fields = vec![new("name", Value::Text(cut(&title(first), describe.name_length).to_owned()))];
        let (mut step, mut held) = (TicketStep::default(), None);
        match (&first.place, &self.input.rules.catch_all) {
            (Place::Account { with_asset }, _) => {
                fields.push(new("parent", Value::Text(first.customer.to_owned())));
                if let Some(device) = first.record.text("asset").filter(|_| *with_asset && self.writes("asset")) {
                    fields.push(new("asset", Value::Text(device.to_owned())));
                }
            }
            (_, Some(account)) => step.account = Some(account.clone()),
            (place, None) => {
                let catch = Call::of(Verb::SyncSet).choose("catch-all");
                held = Some(match place {
                    Place::OutOfUse(why) => Hold::new(Brake::OutOfUse, why.clone()),
                    _ => Hold::new(Brake::Unmapped, said!("ticket-customer-not-linked", catch)),
                });
            }
        }
        if self.writes("description") {
            let length = describe.field("description").and_then(|field| field.length);
            let text = description(first, rest.last().copied(), rest.len() + 1);
            fields.push(new("description", Value::Text(cut(&text, length).to_owned())));
        }
        if let Some(priority) = first.record.text("priority").filter(|_| self.writes("priority")) {
            fields.push(new("priority", Value::Text(priority.to_owned())));
        }
        self.push(Action::Open, first, None, (fields, step), said!("ticket-alert"), held.clone());
        for alert in rest {
            let step = TicketStep { lead: Some(first.id().to_owned()), ..TicketStep::default() };
            let reason = said!("ticket-repeat-of-first");
            self.push(Action::Link, alert, None, (Vec::new(), step), reason, held.clone());
        }
    }

    /// Notes new alerts, oldest first, in the ticket of their matter; with `again` it was closed and is opened by that.
    fn append(&mut self, new_ones: &[&'m Alert<'a>], ticket: &'a Record, again: bool) {
        let [repeats @ .., last] = new_ones else { return };
        for alert in repeats {
            self.push(Action::Link, alert, Some(ticket), Default::default(), said!("ticket-repeat-noted-later"), None);
        }
        let times = self.of_ticket(ticket).count() + repeats.len() + 1;
        let (reason, what) = if again {
            (said!("ticket-back", times), "Back again")
        } else {
            (said!("ticket-repeat", times), "Raised again")
        };
        let mut fields = Vec::new();
        if again {
            fields.push(diff("closed", Value::Boolean(true), Value::Boolean(false)));
        }
        if self.writes("note") {
            let note = format!("{what}: {times} times by now{}.\n\n{}", at(last), message(last));
            fields.push(new("note", Value::Text(note)));
        }
        let action = if fields.is_empty() { Action::Link } else { Action::Append };
        let mut step = TicketStep::default();
        if let (Action::Append, Some(at)) = (action, last_activity(ticket)) {
            // The write hides what was done before.
            step.activity = Some(Activity { at: at.to_owned(), touched: self.touched(ticket) != Some(false) });
        }
        if self.reopened(ticket) + usize::from(again) >= FLAPS {
            self.tell(Cause::Flapping, last, said!("ticket-flapping", count = times, ticket = &ticket.id));
        }
        self.push(action, last, Some(ticket), (fields, step), reason, None);
    }

    /// Nothing is new: closes the ticket if all of it is over, and nobody worked on it.
    fn close(&mut self, ticket: &'a Record) {
        let Some((last, _)) = self.of_ticket(ticket).last() else { return };
        if !self.input.rules.close || !self.of_ticket(ticket).all(|(alert, _)| alert.resolved()) {
            return;
        }
        if !self.writes("closed") {
            return self.tell(Cause::Cannot, last, said!("ticket-over-cannot-close"));
        }
        let back = self.reopened(ticket);
        let noted = self.of_ticket(ticket).map(|(_, link)| link.decided_at).max().unwrap_or_default();
        let quiet = noted.plus_ms(i64::from(self.input.rules.swing_hours) * HOUR_MS);
        match (self.touched(ticket), last_activity(ticket)) {
            (Some(false), Some(_)) if back >= FLAPS && self.input.now < quiet => {
                self.tell(Cause::Flapping, last, said!("ticket-over-flapping", times = back, until = quiet));
            }
            (Some(false), Some(at)) => {
                let closed = vec![diff("closed", Value::Boolean(false), Value::Boolean(true))];
                let activity = Some(Activity { at: at.to_owned(), touched: false });
                let step = TicketStep { activity, ..TicketStep::default() };
                self.push(Action::Close, last, Some(ticket), (closed, step), said!("ticket-over"), None);
            }
            (None, _) => self.tell(Cause::TicketOpen, last, said!("ticket-over-unknown")),
            _ => self.tell(Cause::TicketOpen, last, said!("ticket-over-worked-on")),
        }
    }

    fn writes(&self, field: &str) -> bool {
        self.input.describe.field(field).is_some_and(|field| field.writable != Writable::Never)
    }

    fn tell(&mut self, cause: Cause, alert: &Alert<'_>, message: Said) {
        self.out.findings.push(Finding::new(cause, Kind::Alert, alert.customer, alert.id(), message));
    }

    fn push(
        &mut self,
        action: Action,
        alert: &Alert<'_>,
        ticket: Option<&Record>,
        (fields, step): (Vec<FieldDiff>, TicketStep),
        reason: Said,
        held: Option<Hold>,
    ) {
        self.out.changes.push(PlannedChange {
            sequence: 0,
            kind: Kind::Alert,
            action,
            customer: alert.customer.to_owned(),
            source: alert.id().to_owned(),
            target: ticket.map(|ticket| ticket.id.clone()),
            name: title(alert),
            fields,
            step: Step::Ticket(step),
            reason,
            risk: Risk::Low,
            calls: if action.writes() { self.input.describe.calls_per_change } else { 0 },
            held,
            link_revision: self.link(alert).map_or(0, |link| link.revision),
        });
    }
}

fn new(name: &str, after: Value) -> FieldDiff {
    FieldDiff { name: name.to_owned(), before: None, after }
}

fn diff(name: &str, before: Value, after: Value) -> FieldDiff {
    FieldDiff { name: name.to_owned(), before: Some(before), after }
}

#[cfg(test)]
mod tests;
