//! What chosen changes of a plan depend on: changes that have to be done before them.
//!
//! Pure, over the changes of a plan in their order. Whether a change may go is decided elsewhere.

use crosswalk_model::{Action, Direction, Kind, PlannedChange, Sequences, Value, catalogue};
use std::collections::{BTreeSet, HashMap};

/// Returns the chosen changes with all that they depend on. `changes` are in the order of the plan; what is not among
/// them is not looked at.
///
/// A change depends on earlier ones
/// - of its own record: a link before an update, a retirement before the record that takes its place;
/// - that link or make its customer, or a record that one of its fields refers to;
/// - that make the ticket which it continues;
/// - that end the part of a line which it takes over.
#[must_use]
pub fn with_depended(changes: &[PlannedChange], chosen: &Sequences) -> Sequences {
    let mut of_record: HashMap<(Kind, &str), Vec<usize>> = HashMap::new();
    for (at, change) in changes.iter().enumerate() {
        of_record.entry((change.kind, change.known_by())).or_default().push(at);
    }
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut to_see: Vec<usize> = (0..changes.len()).filter(|at| chosen.contains(changes[*at].sequence)).collect();
    while let Some(at) = to_see.pop() {
        if !taken.insert(at) {
            continue;
        }
        let change = &changes[at];
        let own = (change.kind, change.known_by());
        to_see.extend(of_record.get(&own).into_iter().flatten().filter(|other| **other < at));
        let needed = needs(change).into_iter().filter_map(|record| of_record.get(&record));
        to_see.extend(needed.flatten().filter(|other| **other != at && makes(&changes[**other], change.kind)));
    }
    taken.into_iter().map(|at| changes[at].sequence).chain(chosen.iter()).collect()
}

/// The records that have to be there, or lines that have to be written, before a change.
fn needs(change: &PlannedChange) -> Vec<(Kind, &str)> {
    // What undoes refers to records of the target, which are there.
    if change.direction() == Direction::Back {
        return Vec::new();
    }
    let mut needs = vec![(Kind::Customer, change.customer.as_str())];
    needs.extend(change.fields.iter().filter_map(|diff| {
        let Value::Text(id) = &diff.after else { return None };
        Some((catalogue::refers_to(change.kind, &diff.name)?, id.as_str()))
    }));
    let lead = change.ticket().and_then(|step| step.lead.as_deref());
    needs.extend(lead.map(|lead| (change.kind, lead)));
    let rests = change.line().into_iter().flat_map(|step| &step.rests);
    needs.extend(rests.map(|rest| (change.kind, rest.leader.as_str())));
    needs
}

/// Reports whether a change brings about a record that others refer to, or a line that others rest on.
fn makes(change: &PlannedChange, needed_by: Kind) -> bool {
    match change.action {
        Action::Link | Action::Create | Action::CreateSource | Action::Reactivate | Action::Open => true,
        _ => change.kind == needed_by && change.line().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_model::{FieldDiff, Risk, Step, TicketStep};

    fn change(sequence: u32, kind: Kind, action: Action, source: &str) -> PlannedChange {
        PlannedChange {
            sequence,
            kind,
            action,
            customer: "c1".to_owned(),
            source: source.to_owned(),
            target: None,
            name: source.to_owned(),
            fields: Vec::new(),
            step: Step::Record,
            reason: Default::default(),
            risk: Risk::Low,
            calls: 1,
            held: None,
            link_revision: 0,
        }
    }

    fn referring(change: PlannedChange, field: &str, id: &str) -> PlannedChange {
        let diff = FieldDiff { name: field.to_owned(), before: None, after: Value::Text(id.to_owned()) };
        PlannedChange { fields: vec![diff], ..change }
    }

    fn taken(changes: &[PlannedChange], chosen: &str) -> String {
        with_depended(changes, &chosen.parse().unwrap()).to_string()
    }

    #[test]
    fn a_device_needs_its_customer_its_location_and_its_own_link() {
        let changes = [
            change(1, Kind::Customer, Action::Create, "c1"),
            change(2, Kind::Location, Action::Create, "l1"),
            change(3, Kind::Location, Action::Create, "l2"),
            change(4, Kind::Asset, Action::Link, "a1"),
            referring(change(5, Kind::Asset, Action::Update, "a1"), "location", "l1"),
            referring(change(6, Kind::Asset, Action::Create, "a2"), "location", "l2"),
        ];
        assert_eq!(taken(&changes, "5"), "1-2,4-5");
        assert_eq!(taken(&changes, "6"), "1,3,6");
        assert_eq!(taken(&changes, "2"), "1-2", "nothing needs what comes after it");
        assert_eq!(taken(&changes, "9"), "9", "what is not there is left to who asked");
    }

    #[test]
    fn what_takes_a_place_needs_what_leaves_it() {
        let changes = [change(1, Kind::Asset, Action::Retire, "a1"), change(2, Kind::Asset, Action::Create, "a1")];
        assert_eq!((taken(&changes, "2").as_str(), taken(&changes, "1").as_str()), ("1-2", "1"));
    }

    #[test]
    fn a_note_needs_the_ticket_and_no_update_of_the_customer() {
        let step = Step::Ticket(TicketStep { lead: Some("t1".to_owned()), ..TicketStep::default() });
        let changes = [
            change(1, Kind::Customer, Action::Update, "c1"),
            change(2, Kind::Alert, Action::Open, "t1"),
            PlannedChange { step, ..change(3, Kind::Alert, Action::Append, "t2") },
        ];
        assert_eq!(taken(&changes, "3"), "2-3");
    }
}
