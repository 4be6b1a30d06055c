//! The life of an uncertain write against a vendor that loses replies, is slow, reads stale and is read
//! by a second sync, and a host that is killed: whatever happens, each change has at most one effect.

use super::*;
use crate::run::look_up::{Look, named, stamped, written};
use crate::testkit::describe;
use crosswalk_model::description::Reads;
use crosswalk_model::{Action, Field, FieldDiff, KindDescription, PlannedChange, Record, Risk, Step, Value};
use crosswalk_store::Stored;
use proptest::prelude::*;
use std::collections::HashMap;

const QUIET: i64 = 120_000;
const T0: Timestamp = Timestamp(1_700_000_000_000);

fn doubt(answered: bool) -> Doubt {
    begin(T0, T0, answered, QUIET, "no reply".into())
}

#[test]
fn what_a_vendor_named_as_made_and_is_anothers_is_not_made_again_however_often_it_is_missed() {
    let mut last = begin_named(T0, T0, QUIET, ("n1", Some("c1")));
    for looks in 1..20 {
        let Next::Wait(doubt) = next(last, Nature::Once, Verdict::NotWritten, at(looks * 10 * QUIET), QUIET) else {
            panic!("it waits for a person");
        };
        last = doubt;
    }
    let found = next(last, Nature::Once, Verdict::Written("n2".to_owned()), at(300 * QUIET), QUIET);
    assert_eq!(found, Next::Done("n2".to_owned()));
}

fn at(ms: i64) -> Timestamp {
    T0.plus_ms(ms)
}

/// Looks up at these times, finding nothing, for as long as it waits; the last verdict.
fn missed(nature: Nature, answered: bool, times: &[i64]) -> Next {
    let mut last = Next::Wait(doubt(answered));
    for ms in times {
        let Next::Wait(doubt) = last else { break };
        last = next(doubt, nature, Verdict::NotWritten, at(*ms), QUIET);
    }
    last
}

#[test]
fn absence_counts_only_after_the_quiet_time_and_more_than_once_where_a_repeat_does_harm() {
    let waits = |next: &Next| matches!(next, Next::Wait(_));
    assert!(waits(&missed(Nature::Once, false, &[0, 1, 60_000, QUIET - 1])), "however often it is missed early");
    assert!(waits(&missed(Nature::Once, false, &[QUIET])), "once is not enough");
    assert!(waits(&missed(Nature::Once, false, &[QUIET, QUIET + 1, 2 * QUIET])), "nor twice in a row");
    assert_eq!(missed(Nature::Once, false, &[QUIET, 3 * QUIET]), Next::Again, "after a longer pause it is");
    assert_eq!(missed(Nature::Absolute, false, &[QUIET]), Next::Again, "its repeat changes nothing");
}

#[test]
fn a_difference_without_a_reply_waits_until_its_line_changes() {
    let years: Vec<i64> = (1..20).map(|doubling| QUIET << doubling).collect();
    let Next::Wait(doubt) = missed(Nature::Difference, false, &years) else { panic!("it is not repeated") };
    assert_eq!(doubt.why.code(), Some("doubt-reads-as-before"));
    let changed = Verdict::Changed("its line has 7".into());
    assert_eq!(
        next(doubt.clone(), Nature::Difference, changed, at(QUIET << 30), QUIET),
        Next::Over("its line has 7".into())
    );
    let found = Verdict::Written("9".to_owned());
    assert_eq!(next(doubt, Nature::Difference, found, at(QUIET << 30), QUIET), Next::Done("9".into()));
    // A vendor that said no is at work no more.
    assert_eq!(missed(Nature::Difference, true, &[QUIET, 3 * QUIET]), Next::Again);
}

#[test]
fn what_is_found_counts_at_once_and_what_is_unclear_never_does() {
    let found = || Verdict::Written("9".to_owned());
    assert_eq!(next(doubt(false), Nature::Once, found(), T0, QUIET), Next::Done("9".into()));
    let unclear = Verdict::Unclear("two of them".into());
    let Next::Wait(doubt) = next(doubt(false), Nature::Absolute, unclear, at(QUIET << 9), QUIET) else { panic!() };
    assert_eq!((doubt.looks, doubt.why), (0, "two of them".into()));
}

#[test]
fn what_a_dead_process_left_long_ago_has_its_quiet_time_behind_it() {
    let soon = left(T0, at(1000), QUIET);
    assert_eq!((soon.since, soon.due_at), (at(1000), at(1000 + QUIET)));
    let late = left(T0, at(24 * 3_600_000), QUIET);
    assert_eq!(late.since, at(UNDER_WAY_MS));
    let Next::Wait(late) = next(late, Nature::Once, Verdict::NotWritten, at(24 * 3_600_000), QUIET) else { panic!() };
    assert_eq!(late.looks, 1, "the first look counts");
}

#[test]
fn what_nobody_can_tell_is_looked_up_a_few_times_a_day() {
    let (mut open, mut now, mut looks) = (doubt(false), T0, 0);
    while now < at(24 * 3_600_000) {
        let unclear = Verdict::Unclear("not for this account".into());
        let Next::Wait(waits) = next(open, Nature::Once, unclear, now, QUIET) else { panic!("it is not settled") };
        assert!(waits.due_at > now);
        (now, looks, open) = (waits.due_at, looks + 1, waits);
    }
    assert!(looks < 15, "{looks} times on the first day");
    assert!(open.due_at.since_ms(T0) >= 24 * 3_600_000 && now.since_ms(T0) <= 32 * 3_600_000, "and it is not given up");
}

#[test]
fn a_quiet_time_that_grew_leaves_no_look_up_overdue() {
    let missed = next(doubt(false), Nature::Once, Verdict::NotWritten, at(QUIET + 1), 10 * QUIET);
    let Next::Wait(waits) = missed else { panic!("it is too early") };
    assert_eq!((waits.due_at, waits.looks), (at(10 * QUIET), 0));
}

/// What a vendor does with one request, and what the host learns of it.
#[derive(Debug, Clone, Copy)]
struct Fate {
    /// When it takes effect after it was sent; none: never.
    lands: Option<i64>,
    /// Whether the reply comes: with an effect it says done, without one it refuses.
    reply: bool,
    /// Whether the host is killed while it waits.
    killed: bool,
}

/// How the record can be found again.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Finds {
    Stamp,
    Name,
}

struct Model {
    nature: Nature,
    finds: Finds,
    can: KindDescription,
    planned: PlannedChange,
    change: Change,
    /// When requests of the change took or take effect.
    effects: Vec<Timestamp>,
    /// By how much reads lag.
    lag: i64,
    /// What the store knows of the target: the second sync reads it, too.
    known: HashMap<String, Stored>,
    state: State,
    sent: u32,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Pending,
    Intended(Timestamp),
    Uncertain(Doubt),
    Done,
    /// Over: a plan made of what is read then goes on from there.
    Replanned,
}

impl Model {
    fn new(nature: Nature, finds: Finds, lag: i64) -> Self {
        let (operation, kind, target) = match nature {
            Nature::Once => (Operation::Create, Kind::Asset, None),
            Nature::Difference => (Operation::Update, Kind::Usage, Some("r0".to_owned())),
            Nature::Absolute => (Operation::Update, Kind::Asset, Some("r0".to_owned())),
        };
        let quantity = |value| Value::Integer(value);
        let (name, fields, diffs) = match nature {
            Nature::Once => (Some("PC".to_owned()), Vec::new(), Vec::new()),
            _ => {
                let diff = FieldDiff { name: "quantity".into(), before: Some(quantity(10)), after: quantity(13) };
                (None, vec![Field::new("quantity", quantity(13))], vec![diff])
            }
        };
        let planned = PlannedChange {
            sequence: 1,
            kind,
            action: if target.is_some() { Action::Update } else { Action::Create },
            customer: "c".into(),
            source: "s".into(),
            target: target.clone(),
            name: "PC".into(),
            fields: diffs,
            step: if kind == Kind::Usage { Step::Line(Box::default()) } else { Step::Record },
            reason: Said::default(),
            risk: Risk::Low,
            calls: 1,
            held: None,
            link_revision: 0,
        };
        let change = Change {
            id: "1.1".into(),
            key: String::new(),
            operation,
            kind,
            target,
            parent: Some("a".into()),
            name,
            stamp: (nature == Nature::Once && finds == Finds::Stamp).then(|| "key".to_owned()),
            fields,
            before: Vec::new(),
        };
        let can = KindDescription {
            reads: Reads { everything: true, ids: true, stamps: true, named: true, ..Reads::default() },
            ..describe(kind)
        };
        let (effects, known) = (Vec::new(), HashMap::new());
        Self { nature, finds, can, planned, change, effects, lag, known, state: State::Pending, sent: 0 }
    }

    /// What a read at `now` gives: as it was a while ago.
    fn read(&self, now: Timestamp) -> Vec<Record> {
        let seen = self.effects.iter().filter(|effect| effect.plus_ms(self.lag) <= now).count() as i64;
        let record = |id: String, quantity: i64| Record {
            id,
            parent: Some("a".into()),
            name: "PC".into(),
            stamp: self.change.stamp.clone(),
            fields: vec![Field::new("quantity", Value::Integer(quantity))],
        };
        match self.nature {
            Nature::Once => (0..seen).map(|number| record(format!("r{number}"), 0)).collect(),
            Nature::Difference => vec![record("r0".into(), 10 + 3 * seen)],
            Nature::Absolute => vec![record("r0".into(), if seen > 0 { 13 } else { 10 })],
        }
    }

    /// The second sync reads the target and stores what it finds.
    fn second_sync(&mut self, now: Timestamp) {
        for record in self.read(now) {
            let first_at = self.known.get(&record.id).map_or(Some(now), |stored| stored.first_at);
            let stored = Stored { record, digest: [0; 16], gone_at: None, first_at, seen_at: now };
            self.known.insert(stored.record.id.clone(), stored);
        }
    }

    fn verdict(&self, intended_at: Timestamp, now: Timestamp) -> Verdict {
        let look = Look { planned: &self.planned, change: &self.change, intended_at, said_done: false };
        let found = self.read(now);
        match (self.nature, self.finds) {
            (Nature::Once, Finds::Stamp) => stamped(&look, &found, &self.known, &HashMap::new()),
            (Nature::Once, Finds::Name) => named(&look, found.iter(), &self.known, &self.can),
            _ => written(&found[0], &look, self.known.get("r0").map(|stored| &stored.record), &self.can),
        }
    }

    /// A run: what is open is looked up first, what is pending then is sent.
    fn run(&mut self, now: Timestamp, fate: Fate) {
        let open = match &self.state {
            State::Intended(intended_at) => Some(left(*intended_at, now, QUIET)),
            State::Uncertain(doubt) => Some(doubt.clone()),
            _ => None,
        };
        if let Some(doubt) = open {
            let verdict = self.verdict(doubt.intended_at, now);
            self.state = match next(doubt, self.nature, verdict, now, QUIET) {
                Next::Done(_) => State::Done,
                Next::Again => State::Pending,
                Next::Over(_) => State::Replanned,
                Next::Wait(doubt) => State::Uncertain(doubt),
            };
        }
        if self.state == State::Pending {
            self.send(now, fate);
        }
    }

    fn send(&mut self, now: Timestamp, fate: Fate) {
        self.sent += 1;
        self.effects.extend(fate.lands.map(|after| now.plus_ms(after)));
        self.state = match fate {
            Fate { killed: true, .. } => State::Intended(now),
            Fate { reply: true, lands: Some(_), .. } => State::Done,
            // Refused: certainly not written, and not tried again within this model's change.
            Fate { reply: true, lands: None, .. } => State::Pending,
            Fate { reply: false, .. } => {
                // The host's patience of 30 s is over; it looks at once.
                let waited = now.plus_ms(30_000);
                let doubt = begin(now, waited, false, QUIET, "no reply".into());
                match next(doubt.clone(), self.nature, self.verdict(now, waited), waited, QUIET) {
                    Next::Done(_) => State::Done,
                    Next::Wait(doubt) => State::Uncertain(doubt),
                    Next::Again | Next::Over(_) => panic!("nothing is repeated in the run that sent it"),
                }
            }
        };
    }
}

fn fates() -> impl Strategy<Value = Fate> {
    // What is carried out at all, is within 90 s; with reads that lag up to 25 s that is within the quiet time.
    let lands = prop_oneof![1 => Just(None), 2 => (0..90_000_i64).prop_map(Some)];
    (lands, any::<bool>(), prop::bool::weighted(0.3)).prop_map(|(lands, reply, killed)| Fate { lands, reply, killed })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_happens_each_change_has_at_most_one_effect(
        nature in prop_oneof![Just(Nature::Once), Just(Nature::Difference)],
        finds in prop_oneof![Just(Finds::Stamp), Just(Finds::Name)],
        lag in 0..25_000_i64,
        runs in prop::collection::vec((31_000..400_000_i64, fates(), any::<bool>()), 1..20),
    ) {
        let mut model = Model::new(nature, finds, lag);
        let mut now = T0;
        for (pause, fate, second) in runs {
            now = now.plus_ms(pause);
            if second {
                model.second_sync(now);
            }
            model.run(now, fate);
            prop_assert!(model.effects.len() <= 1, "{:?} sent {} times: {:?}", nature, model.sent, model.effects);
            if model.state == State::Done {
                prop_assert_eq!(model.effects.len(), 1, "done without an effect");
            }
        }
        // In quiet times it comes to an end, but for a difference of which nothing can be seen.
        let refused = Fate { lands: None, reply: true, killed: false };
        for _ in 0..8 {
            now = now.plus_ms(QUIET << 4);
            model.run(now, refused);
        }
        let unseen = nature == Nature::Difference && model.effects.is_empty();
        let ended = matches!(model.state, State::Done | State::Pending | State::Replanned);
        prop_assert!(ended || unseen, "it never ends: {:?}", model.state);
        prop_assert!(!ended || !model.effects.is_empty() || model.state == State::Pending);
    }

    #[test]
    fn a_write_that_sets_what_it_sets_ends_as_it_was_sent(
        lag in 0..25_000_i64,
        runs in prop::collection::vec((31_000..400_000_i64, fates()), 1..20),
    ) {
        let mut model = Model::new(Nature::Absolute, Finds::Stamp, lag);
        let mut now = T0;
        for (pause, fate) in runs {
            now = now.plus_ms(pause);
            model.run(now, fate);
        }
        if model.state == State::Done {
            prop_assert!(!model.effects.is_empty());
        }
    }
}

#[test]
fn times_of_a_clock_that_was_ahead_begin_anew() {
    let ahead = T0.plus_ms(3650 * 24 * 3_600_000);
    let doubt = begin(T0, ahead, true, QUIET, "no reply".into());
    let Next::Wait(doubt) = next(doubt, Nature::Once, Verdict::NotWritten, T0, QUIET) else { panic!("too early") };
    assert_eq!((doubt.since, doubt.due_at), (T0, T0.plus_ms(QUIET)));
    let later = T0.plus_ms(QUIET);
    let Next::Wait(doubt) = next(doubt, Nature::Once, Verdict::NotWritten, later, QUIET) else { panic!("one look") };
    assert_eq!((doubt.looks, doubt.due_at), (1, later.plus_ms(2 * QUIET)));
    assert_eq!(next(doubt.clone(), Nature::Once, Verdict::NotWritten, doubt.due_at, QUIET), Next::Again);
}
