//! Alerts and tickets: each rule by itself, then a small vendor's worth of both, in any order.

use super::*;
use crate::rules::plan::{after_write, stale};
use crate::testkit::{NOW, record};
use crosswalk_model::description::Reads;
use crosswalk_model::{Field, FieldDescription, StampPlace};
use crosswalk_say::English;
use proptest::prelude::*;

fn describe() -> KindDescription {
    let field = |name: &str| FieldDescription {
        name: name.to_owned(),
        readable: name != "note",
        writable: if name == LAST_ACTIVITY { Writable::Never } else { Writable::Always },
        length: (name == "description").then_some(60),
        values: Vec::new(),
    };
    KindDescription {
        kind: Kind::Ticket,
        reads: Reads { ids: true, stamps: true, ..Reads::default() },
        writes: [Operation::Create, Operation::Update].into(),
        fields: ["asset", "priority", "description", "closed", "note", LAST_ACTIVITY].map(field).into(),
        name_length: Some(30),
        stamp: Some(StampPlace { field: "key".to_owned(), length: 50 }),
        changes_at_once: 10,
        ids_at_once: 10,
        page_size: 10,
        calls_per_change: 1,
        checks_before: false,
    }
}

fn raised(id: &str, condition: &str, minute: u32) -> Record {
    let mut alert = record(
        id,
        Some("c1"),
        "Disk C: is full",
        &[("asset", "d1"), ("condition", condition), ("priority", "critical")],
    );
    alert.fields.push(Field::new("raised", Value::Time(format!("2026-03-01T10:{minute:02}:00Z"))));
    alert
}

fn over(mut alert: Record) -> Record {
    alert.fields.push(Field::new("resolved", Value::Boolean(true)));
    alert
}

fn ticket(id: &str, closed: bool, activity: &str) -> Record {
    let mut ticket = record(id, Some("a1"), "t", &[]);
    ticket.fields.push(Field::new("closed", Value::Boolean(closed)));
    ticket.fields.push(Field::new(LAST_ACTIVITY, Value::Time(activity.to_owned())));
    ticket
}

fn linked(alert: &str, ticket: &str, activity: &str) -> Link {
    let mut link = Link::unmapped(Kind::Alert, alert, NOW);
    (link.state, link.target, link.revision) = (LinkState::Linked, Some(ticket.to_owned()), 1);
    link.memory.ticket_mut().last_activity = Some(activity.to_owned());
    link
}

fn plan(alerts: &[Record], links: &[Link], tickets: &[Record], place: &Place, rules: &TicketRules) -> Planned {
    let alerts: Vec<Alert<'_>> = alerts
        .iter()
        .map(|record| Alert { record, listed: true, device: Some("PC-7"), customer: "c1", place: place.clone() })
        .collect();
    let settling = HashSet::new();
    plan_alerts(&AlertInput {
        alerts: &alerts,
        links,
        tickets,
        describe: &describe(),
        settling: &settling,
        unread: &BTreeMap::new(),
        rules,
        now: LATER,
    })
}

const HERE: Place = Place::Account { with_asset: true };
/// 2026-03-01T12:00:00Z.
const LATER: Timestamp = Timestamp(1_772_366_400_000);
const EARLY: &str = "2026-03-01T09:00:00Z";
const LATE: &str = "2026-03-01T11:00:00Z";

fn actions(planned: &Planned) -> Vec<(Action, &str, Option<&str>)> {
    planned.changes.iter().map(|change| (change.action, change.source.as_str(), change.target.as_deref())).collect()
}

fn field<'c>(change: &'c PlannedChange, name: &str) -> &'c Value {
    &change.fields.iter().find(|diff| diff.name == name).unwrap_or_else(|| panic!("no {name}: {change:?}")).after
}

#[test]
fn a_matter_whose_ticket_is_being_made_waits_also_with_its_newer_and_earlier_alerts() {
    // Accepted and not settled: there is no link yet, and the vendor may have listed it no more since.
    let records = [raised("1", "disk", 3), raised("2", "disk", 5), raised("0", "disk", 1), raised("3", "cpu", 2)];
    let alert = |record, listed| Alert { record, listed, device: Some("PC-7"), customer: "c1", place: HERE };
    for listed in [true, false] {
        let alerts: Vec<Alert<'_>> = records.iter().map(|record| alert(record, listed || record.id != "1")).collect();
        let plan = |settling: &HashSet<String>| {
            let (describe, rules) = (describe(), TicketRules::default());
            let input = AlertInput {
                alerts: &alerts,
                links: &[],
                tickets: &[],
                describe: &describe,
                settling,
                unread: &BTreeMap::new(),
                rules: &rules,
                now: LATER,
            };
            plan_alerts(&input)
        };
        let planned = plan(&HashSet::from(["1".to_owned()]));
        assert_eq!(actions(&planned), [(Action::Open, "3", None)], "listed: {listed}");
        assert_eq!(planned.findings.len(), 1);
        assert!(planned.findings[0].source == "1" && planned.findings[0].message.english().contains("still works on"));
        assert!(plan(&HashSet::new()).changes.len() > 1);
    }
}

#[test]
fn the_first_alert_of_a_matter_opens_a_ticket_and_the_others_join_it() {
    let alerts = [raised("2", "disk", 5), raised("1", "disk", 1), raised("3", "cpu", 2)];
    let planned = plan(&alerts, &[], &[], &HERE, &TicketRules::default());
    assert_eq!(actions(&planned), [(Action::Open, "1", None), (Action::Open, "3", None), (Action::Link, "2", None)]);
    let (join, open) = (&planned.changes[2], &planned.changes[0]);
    assert_eq!(join.ticket().unwrap().lead.as_deref(), Some("1"));
    assert_eq!(field(open, "name"), &Value::Text("PC-7: Disk C: is full".to_owned()));
    assert_eq!(field(open, "parent"), &Value::Text("c1".to_owned()));
    assert_eq!(field(open, "asset"), &Value::Text("d1".to_owned()));
    assert_eq!(field(open, "priority"), &Value::Text("critical".to_owned()));
    let Value::Text(text) = field(open, "description") else { panic!() };
    assert!(text.starts_with("Disk C: is full\n\nDevice: PC-7") && text.chars().count() <= 60, "{text}");
}

#[test]
fn a_repeat_is_noted_with_its_count_while_the_ticket_is_open_and_opens_another_after() {
    let alerts = [raised("1", "disk", 1), raised("2", "disk", 5), raised("3", "disk", 6)];
    let links = [linked("1", "t1", EARLY)];
    let planned = plan(&alerts, &links, &[ticket("t1", false, EARLY)], &HERE, &TicketRules::default());
    assert_eq!(actions(&planned), [(Action::Link, "2", Some("t1")), (Action::Append, "3", Some("t1"))]);
    let Value::Text(note) = field(&planned.changes[1], "note") else { panic!() };
    assert!(note.contains("3 times by now") && note.contains("10:06"), "{note}");
    let planned = plan(&alerts, &links, &[ticket("t1", true, EARLY)], &HERE, &TicketRules::default());
    assert_eq!(actions(&planned), [(Action::Open, "2", None), (Action::Link, "3", None)]);
}

#[test]
fn a_ticket_is_closed_only_when_all_of_it_is_over_and_nobody_touched_it() {
    let links = [linked("1", "t1", EARLY), linked("2", "t1", EARLY)];
    let both = [over(raised("1", "disk", 1)), over(raised("2", "disk", 5))];
    let rules = TicketRules::default();
    let open = [ticket("t1", false, EARLY)];
    assert_eq!(actions(&plan(&both, &links, &open, &HERE, &rules)), [(Action::Close, "2", Some("t1"))]);
    let one = [both[0].clone(), raised("2", "disk", 5)];
    assert_eq!(plan(&one, &links, &open, &HERE, &rules), Planned::default());
    assert_eq!(plan(&both, &links, &[ticket("t1", true, LATE)], &HERE, &rules), Planned::default());
    assert_eq!(plan(&both, &links, &open, &HERE, &TicketRules { close: false, ..rules.clone() }), Planned::default());
    let touched = plan(&both, &links, &[ticket("t1", false, LATE)], &HERE, &rules);
    assert_eq!(touched.changes, []);
    assert!(touched.findings[0].message.english().contains("somebody worked on its ticket"));
    let mut silent = ticket("t1", false, EARLY);
    silent.fields.pop();
    let unknown = plan(&both, &links, &[silent], &HERE, &rules);
    assert!(unknown.changes.is_empty() && unknown.findings[0].message.english().contains("not known whether"));
}

#[test]
fn a_customer_that_is_not_linked_has_the_catch_all_or_nothing() {
    let alerts = [raised("1", "disk", 1)];
    let caught = TicketRules { catch_all: Some("a9".to_owned()), ..TicketRules::default() };
    let planned = plan(&alerts, &[], &[], &Place::Unmapped, &caught);
    assert_eq!(planned.changes[0].ticket().unwrap().account.as_deref(), Some("a9"));
    assert!(planned.changes[0].held.is_none());
    assert!(planned.changes[0].fields.iter().all(|diff| diff.name != "asset" && diff.name != "parent"));
    let held = plan(&alerts, &[], &[], &Place::Unmapped, &TicketRules::default());
    assert_eq!(held.changes[0].held.as_ref().unwrap().brakes, [Brake::Unmapped]);
    let off = plan(&alerts, &[], &[], &Place::Excluded("tickets are off".into()), &caught);
    assert!(off.changes.is_empty() && off.findings.iter().all(|one| one.cause == Cause::NoTicket), "{off:?}");
    assert_eq!(off.findings.len(), alerts.len());
}

#[test]
fn history_and_what_is_over_already_make_no_tickets() {
    let from = Timestamp::parse("2026-03-01T10:03:00Z");
    let rules = TicketRules { from, ..TicketRules::default() };
    let alerts = [raised("1", "disk", 1), over(raised("2", "cpu", 5)), raised("3", "fan", 6)];
    assert_eq!(actions(&plan(&alerts, &[], &[], &HERE, &rules)), [(Action::Open, "3", None)]);
}

#[test]
fn a_close_is_stale_once_somebody_touched_the_ticket_or_closed_it() {
    let links = [linked("1", "t1", EARLY)];
    let planned =
        plan(&[over(raised("1", "disk", 1))], &links, &[ticket("t1", false, EARLY)], &HERE, &TicketRules::default());
    let verdict = |now: &Record| stale(&planned.changes[0], Some(&links[0]), Some(now));
    assert_eq!(verdict(&ticket("t1", false, EARLY)), None);
    assert!(verdict(&ticket("t1", false, LATE)).unwrap().english().contains(LAST_ACTIVITY));
    assert!(verdict(&ticket("t1", true, EARLY)).unwrap().english().contains("closed"));
}

/// What the link of a change is after it, the ticket having been written to at that time.
fn after(change: &PlannedChange, link: Option<&Link>, kept: &Record) -> Link {
    let target = change.target.clone().unwrap_or_else(|| kept.id.clone());
    after_write(link, change, None, &target, Some(kept), LATER)
}

#[test]
fn what_a_technician_did_before_our_note_still_keeps_the_ticket_open_after_it() {
    let rules = TicketRules::default();
    let mut links = vec![linked("1", "t1", EARLY)];
    let again = [over(raised("1", "disk", 1)), raised("2", "disk", 5)];
    let note = plan(&again, &links, &[ticket("t1", false, LATE)], &HERE, &rules);
    assert_eq!(actions(&note), [(Action::Append, "2", Some("t1"))]);
    // The note moves the last activity, which now looks as this host left it.
    let noted = ticket("t1", false, "2026-03-01T11:30:00Z");
    links.push(after(&note.changes[0], None, &noted));
    let both = [over(raised("1", "disk", 1)), over(raised("2", "disk", 5))];
    let end = plan(&both, &links, std::slice::from_ref(&noted), &HERE, &rules);
    assert_eq!(end.changes, []);
    assert!(end.findings[0].message.english().contains("somebody worked on its ticket"), "{:?}", end.findings);
    // And a note on what nobody touched does not count as a touch.
    let quiet = plan(&again, &links[..1], &[ticket("t1", false, EARLY)], &HERE, &rules);
    let links = [links[0].clone(), after(&quiet.changes[0], None, &noted)];
    assert_eq!(actions(&plan(&both, &links, &[noted], &HERE, &rules)), [(Action::Close, "2", Some("t1"))]);
}

#[test]
fn an_alert_that_comes_back_soon_opens_its_ticket_again_and_later_makes_another() {
    let rules = TicketRules::default();
    let first = over(raised("1", "disk", 1));
    let links = [linked("1", "t1", EARLY)];
    let close = plan(std::slice::from_ref(&first), &links, &[ticket("t1", false, EARLY)], &HERE, &rules);
    let closed = ticket("t1", true, LATE);
    let links = [after(&close.changes[0], Some(&links[0]), &closed)];
    // This host closed it at 12:00.
    let back = |hour: u32| {
        let mut alert = raised("2", "disk", 0);
        let at = Value::Time(format!("2026-03-01T{hour}:00:00Z"));
        alert.fields.iter_mut().filter(|field| field.name == "raised").for_each(|field| field.value = at.clone());
        let alerts = [first.clone(), alert];
        let alert = |record| Alert { record, listed: true, device: Some("PC-7"), customer: "c1", place: HERE };
        let alerts: Vec<Alert<'_>> = alerts.iter().map(alert).collect();
        let (describe, settling, now) = (describe(), HashSet::new(), LATER.plus_ms(24 * HOUR_MS));
        let tickets = std::slice::from_ref(&closed);
        plan_alerts(&AlertInput {
            alerts: &alerts,
            links: &links,
            tickets,
            describe: &describe,
            settling: &settling,
            unread: &BTreeMap::new(),
            rules: &rules,
            now,
        })
    };
    let again = back(15);
    assert_eq!(actions(&again), [(Action::Append, "2", Some("t1"))]);
    assert_eq!(field(&again.changes[0], "closed"), &Value::Boolean(false));
    assert!(matches!(field(&again.changes[0], "note"), Value::Text(note) if note.contains("Back again: 2 times")));
    assert_eq!(stale(&again.changes[0], None, Some(&closed)), None);
    assert!(
        stale(&again.changes[0], None, Some(&ticket("t1", false, LATE)))
            .unwrap()
            .english()
            .contains("closed was changed")
    );
    assert_eq!(actions(&back(17)), [(Action::Open, "2", None)], "five hours later it is another matter");
    // Opened again, and closed by a technician: it is his to say that this is done.
    let open = ticket("t1", false, "2026-03-01T12:30:00Z");
    let mut link = after(&again.changes[0], None, &open);
    link.memory.ticket_mut().reopened_at = Timestamp::parse("2026-03-01T12:30:00Z");
    let alerts = [first, over(raised("2", "disk", 5)), raised("3", "disk", 50)];
    let done = plan(&alerts, &[links[0].clone(), link], &[closed], &HERE, &rules);
    assert_eq!(actions(&done), [(Action::Open, "3", None)]);
}

#[test]
fn what_comes_and_goes_is_told_and_its_ticket_left_open_until_it_is_quiet() {
    let rules = TicketRules::default();
    let back = |id: &str| {
        let mut link = linked(id, "t1", EARLY);
        link.memory.ticket_mut().reopened_at = Timestamp::parse(EARLY);
        Link { decided_at: LATER.plus_ms(-HOUR_MS), ..link }
    };
    let links = [linked("1", "t1", EARLY), back("2"), back("3")];
    let all = ["1", "2", "3"].map(|id| over(raised(id, "disk", 1)));
    let open = [ticket("t1", false, EARLY)];
    let waits = plan(&all, &links, &open, &HERE, &rules);
    assert_eq!(waits.changes, []);
    assert!(waits.findings[0].message.english().contains("came back 2 times"), "{:?}", waits.findings);
    let quiet = links.map(|link| Link { decided_at: LATER.plus_ms(-4 * HOUR_MS), ..link });
    assert_eq!(actions(&plan(&all, &quiet, &open, &HERE, &rules)), [(Action::Close, "3", Some("t1"))]);
    let alerts = [all.as_slice(), &[raised("4", "disk", 9)]].concat();
    let told = plan(&alerts, &quiet, &open, &HERE, &rules);
    assert_eq!(actions(&told), [(Action::Append, "4", Some("t1"))]);
    assert!(told.findings[0].message.english().contains("it comes and goes: 4 alerts so far, all in ticket t1"));
}

#[test]
fn an_alert_with_a_time_that_cannot_be_is_no_history_and_gets_its_ticket() {
    let from = Timestamp::parse("2026-03-01T10:03:00Z");
    let rules = TicketRules { from, ..TicketRules::default() };
    for time in ["0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "7810-06-01T00:00:00Z"] {
        let mut alert = raised("1", "disk", 1);
        alert
            .fields
            .iter_mut()
            .filter(|field| field.name == "raised")
            .for_each(|field| field.value = Value::Time(time.to_owned()));
        let planned = plan(&[alert], &[], &[], &HERE, &rules);
        assert_eq!(actions(&planned), [(Action::Open, "1", None)], "{time}");
        assert!(matches!(field(&planned.changes[0], "description"), Value::Text(text) if !text.contains("Raised")));
    }
}

#[test]
fn an_account_that_is_out_of_use_gets_no_ticket_and_says_why() {
    let alerts = [raised("1", "disk", 1)];
    let place = Place::OutOfUse("account 9 is not in use".into());
    let held = plan(&alerts, &[], &[], &place, &TicketRules::default());
    let hold = held.changes[0].held.as_ref().unwrap();
    assert_eq!((hold.words().as_str(), &hold.reason), ("out-of-use", &"account 9 is not in use".into()));
    let caught = TicketRules { catch_all: Some("a9".to_owned()), ..TicketRules::default() };
    let planned = plan(&alerts, &[], &[], &place, &caught);
    assert_eq!(planned.changes[0].ticket().unwrap().account.as_deref(), Some("a9"));
}

/// What happens at the two vendors between polls.
#[derive(Debug, Clone)]
enum Event {
    Raise(u8),
    Resolve(u8),
    Technician(u8),
    Poll,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..3_u8).prop_map(Event::Raise),
        (0..3_u8).prop_map(Event::Resolve),
        (0..3_u8).prop_map(Event::Technician),
        Just(Event::Poll),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_alert_has_one_ticket_and_a_second_poll_has_nothing_to_do(events in prop::collection::vec(event(), 0..30)) {
        let (mut alerts, mut links, mut tickets) = (Vec::<Record>::new(), Vec::<Link>::new(), Vec::<Record>::new());
        let mut minute = 0;
        for event in events.into_iter().chain([Event::Poll]) {
            minute += 1;
            let now = format!("2026-03-01T10:{minute:02}:00Z");
            match event {
                Event::Raise(condition) => alerts.push(raised(&alerts.len().to_string(), &condition.to_string(), minute)),
                Event::Resolve(condition) => {
                    for alert in alerts.iter_mut().filter(|alert| alert.text("condition") == Some(&*condition.to_string())) {
                        *alert = over(alert.clone());
                    }
                }
                Event::Technician(at) => if let Some(one) = tickets.get_mut(usize::from(at)) {
                    *one = ticket(&one.id.clone(), at == 0 || !is_open(one), &now);
                },
                Event::Poll => {
                    let planned = plan(&alerts, &links, &tickets, &HERE, &TicketRules::default());
                    // As applying does: what opens comes before what joins.
                    let (open, rest): (Vec<_>, Vec<_>) = planned.changes.into_iter().partition(|c| c.action == Action::Open);
                    for change in open.into_iter().chain(rest) {
                        let old = links.iter().position(|link| link.source == change.source);
                        let lead = change.ticket().unwrap().lead.as_deref();
                        let target = match (change.action, &change.target, lead) {
                            (Action::Open, ..) => { tickets.push(ticket(&format!("t{}", tickets.len()), false, &now)); tickets.last().unwrap().id.clone() }
                            (_, Some(target), _) => target.clone(),
                            (_, None, Some(lead)) => links.iter().find(|link| link.source == lead).unwrap().target.clone().unwrap(),
                            other => panic!("{other:?}"),
                        };
                        let kept = tickets.iter_mut().find(|one| one.id == target).unwrap();
                        if change.action.writes() { *kept = ticket(&target, change.action == Action::Close, &now); }
                        let next = after_write(old.map(|at| &links[at]), &change, None, &target, Some(kept), NOW);
                        match old { Some(at) => links[at] = next, None => links.push(next) }
                    }
                    let again = plan(&alerts, &links, &tickets, &HERE, &TicketRules::default());
                    prop_assert_eq!(again.changes, Vec::new());
                }
            }
        }
        for condition in 0..3 {
            let of: Vec<&Record> = alerts.iter().filter(|alert| alert.text("condition") == Some(&*condition.to_string())).collect();
            let under_way = of.iter().any(|alert| alert.field("resolved").is_none());
            let open = tickets.iter().filter(|one| is_open(one) && links.iter().any(|link| link.target.as_deref() == Some(&*one.id)
                && of.iter().any(|alert| alert.id == link.source))).count();
            prop_assert!(open <= 1, "one open ticket a matter");
            let newest = of.last().filter(|alert| alert.field("resolved").is_none());
            if let Some(newest) = newest {
                prop_assert!(under_way && links.iter().any(|link| link.source == newest.id && link.linked().is_some()));
            }
        }
    }
}
