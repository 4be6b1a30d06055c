//! `why` agrees with the plan: histories that give every finding, every brake, every state of a link and of a line
//! of usage, and for each record the plan speaks of, `why` names the same reason.
//!
//! Which history gives what is a table without a default ([`history_of`]): whoever adds a cause, a brake or a state
//! has to say here where it comes about, and that history has to give it.

use crate::harness::scripted::{Scripted, Writes};
use crate::harness::{TestApp, sync, told};
use crosswalk::engine::{
    ApplyOptions, ChangeFilter, ChangeStatus, Decision, FindingFilter, LinkFilter, NoProgress, PlanReport, Release,
    Trace, UndoOptions, UsageFilter, UsageState,
};
use crosswalk::model::sync::KindRules;
use crosswalk::model::{
    Brake, Cause, FieldRule, Kind, LineKey, LinkState, PlanId, Side, Switch, SyncRules, Timestamp, Trust,
};
use crosswalk_say::English;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const HOUR_MS: i64 = 3_600_000;

/// What a walk over plans has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Cause(Cause),
    Brake(Brake),
    Link(LinkState),
    Line(UsageState),
}

/// The history that gives it.
fn history_of(what: What) -> &'static str {
    match what {
        What::Cause(cause) => match cause {
            Cause::Flawed
            | Cause::Unread
            | Cause::Astray
            | Cause::SharedKey
            | Cause::Proposed
            | Cause::Conflict
            | Cause::Unmapped
            | Cause::Broken
            | Cause::Excluded
            | Cause::Unused
            | Cause::TargetUnread
            | Cause::Missing
            | Cause::Undecided
            | Cause::NotOurs
            | Cause::ByRule
            | Cause::ByHand
            | Cause::Cannot
            | Cause::Reference
            | Cause::Value
            | Cause::Nameless => "records",
            Cause::Uncertain | Cause::Unsettled => "open writes",
            Cause::Flapping | Cause::TicketOpen | Cause::NoTicket | Cause::NotRefreshed => "tickets",
            Cause::NotFetched
            | Cause::Unbilled
            | Cause::Former
            | Cause::Contract
            | Cause::Unpriced
            | Cause::NoProduct
            | Cause::Unlisted => "billing",
            Cause::NotCreated | Cause::NotUndone => "both ways",
            Cause::FirstRun => "brakes",
        },
        What::Brake(brake) => match brake {
            Brake::Preview
            | Brake::FirstRun
            | Brake::Deactivations
            | Brake::Updates
            | Brake::Creates
            | Brake::Identity => "brakes",
            Brake::Quantity
            | Brake::Zero
            | Brake::Edited
            | Brake::Moved
            | Brake::Takeover
            | Brake::Parts
            | Brake::Falls
            | Brake::Rises
            | Brake::Dates => "billing",
            Brake::Unmapped | Brake::OutOfUse => "tickets",
        },
        What::Link(state) => match state {
            LinkState::Unmapped
            | LinkState::Proposed
            | LinkState::Linked
            | LinkState::Create
            | LinkState::Excluded
            | LinkState::Conflict
            | LinkState::Broken => "records",
        },
        What::Line(state) => match state {
            UsageState::InStep
            | UsageState::Waiting
            | UsageState::Held
            | UsageState::NotFetched
            | UsageState::Left
            | UsageState::Together => "billing",
        },
    }
}

/// Everything there is.
fn everything() -> Vec<What> {
    let causes = Cause::ALL.iter().map(|cause| What::Cause(*cause));
    let brakes = Brake::ALL.into_iter().map(What::Brake);
    let links = LinkState::ALL.into_iter().map(What::Link);
    causes.chain(brakes).chain(links).chain(UsageState::ALL.into_iter().map(What::Line)).collect()
}

/// What a trace must say of a link that stands so, whatever else there is to say.
fn words_of(state: LinkState) -> &'static str {
    match state {
        LinkState::Unmapped => "linked to nothing",
        LinkState::Proposed => "a proposal",
        LinkState::Linked => "linked to `",
        LinkState::Create => "to be created",
        LinkState::Excluded => "excluded",
        LinkState::Conflict => "a conflict",
        LinkState::Broken => "which is gone",
    }
}

/// A sync between two vendors that have what is written down.
struct Bed {
    app: TestApp,
    from: Scripted,
    to: Scripted,
    seen: Vec<What>,
    missed: BTreeSet<String>,
}

impl Bed {
    async fn start(rules: SyncRules, limits: Value) -> Self {
        let (from, to) = (Scripted::start(), Scripted::start());
        let app = TestApp::start().await;
        app.join(from.connection("from", &json!({})), to.connection("to", &limits), rules).await;
        Self { app, from, to, seen: Vec::new(), missed: BTreeSet::new() }
    }

    /// A customer and the account with the same number.
    fn pair(&self, customer: &str, account: &str, called: &str) {
        self.from.put("customer", customer, None, called, &json!({ "number": customer }));
        self.to.put("customer", account, None, called, &json!({ "number": customer }));
    }

    async fn decide(&self, kind: Kind, source: &str, decision: Decision) {
        let decided = self.app.tenant.link_decide(&sync(), kind, source, &decision).await;
        decided.unwrap_or_else(|error| panic!("{source}: {}", told(&error)));
    }

    async fn why(&self, kind: Kind, id: &str) -> Trace {
        self.app.tenant.why(&sync(), kind, id).await.unwrap_or_else(|error| panic!("{kind} {id}: {}", told(&error)))
    }

    async fn target_of(&self, kind: Kind, source: &str) -> String {
        self.app.link_target(kind, source).await.unwrap_or_else(|| panic!("{source} is not linked"))
    }

    /// Plans, and asks `why` of everything the plan speaks of.
    async fn plan(&mut self) -> PlanReport {
        let plan = self.app.plan().await;
        self.walk(plan.plan.id).await;
        plan
    }

    async fn plan_and_apply(&mut self) {
        let plan = self.plan().await;
        let report = self.app.apply(&plan).await;
        assert!(report.failures.is_empty(), "{:?}", report.failures);
    }

    /// Notes what was seen, and what `why` does not say of it.
    fn note(&mut self, what: impl IntoIterator<Item = What>, trace: &Trace, kind: Kind, id: &str, words: &[String]) {
        self.seen.extend(what);
        let steps = trace.steps.iter().map(|step| step.words.english());
        let told: String = std::iter::once(trace.verdict.english()).chain(steps).collect::<Vec<_>>().join("\n");
        for words in words.iter().filter(|words| !told.contains(words.as_str())) {
            self.missed.insert(format!("why {kind} {id}: does not say “{words}”, but:\n{told}\n"));
        }
    }

    async fn walk(&mut self, plan: PlanId) {
        let tenant = self.app.tenant.clone();
        for row in tenant.findings_each(plan, &FindingFilter::default(), 0, 1000).await.unwrap() {
            let finding = row.finding;
            if finding.source.is_empty() {
                self.seen.push(What::Cause(finding.cause));
                continue;
            }
            let trace = self.why(finding.kind, &finding.source).await;
            self.note(
                [What::Cause(finding.cause)],
                &trace,
                finding.kind,
                &finding.source,
                &[finding.message.english()],
            );
            let in_step = trace.verdict.english().starts_with("in step: ");
            if in_step && finding.side == Side::Source {
                self.missed.insert(format!(
                    "{} {}: {} but {}",
                    finding.kind,
                    finding.source,
                    finding.message.english(),
                    trace.verdict.english()
                ));
            }
        }
        let of_kinds = FindingFilter { cause: Some(Cause::FirstRun), ..FindingFilter::default() };
        let of_kinds = tenant.findings_each(plan, &of_kinds, 0, 100).await.unwrap();
        let held = ChangeFilter { held: Some(true), status: Some(ChangeStatus::Pending), ..ChangeFilter::default() };
        for view in tenant.plan_changes(plan, &held, 0, 1000).await.unwrap() {
            let (change, hold) = (&view.change, view.change.held.clone().unwrap());
            let trace = self.why(change.kind, change.known_by()).await;
            let brakes: Vec<What> = hold.brakes.iter().copied().map(What::Brake).collect();
            let first_run = hold.brakes.contains(&Brake::FirstRun);
            let of_kind = of_kinds.iter().filter(|row| first_run && row.finding.kind == change.kind);
            let of_kind = of_kind.map(|row| row.finding.message.english());
            let brake = hold.words();
            let words: Vec<String> = [brake, hold.reason.english()].into_iter().chain(of_kind).collect();
            self.note(brakes, &trace, change.kind, change.known_by(), &words);
            if !trace.verdict.english().starts_with("not in step") {
                self.missed.insert(format!(
                    "{} {}: held, but {}",
                    change.kind,
                    change.known_by(),
                    trace.verdict.english()
                ));
            }
        }
        for view in tenant.link_list(&sync(), &LinkFilter::default()).await.unwrap() {
            let link = view.link;
            let trace = self.why(link.kind, &link.source).await;
            let stands = format!("{} at ", words_of(link.state));
            let words = if link.decided_by.is_none() { stands.as_str() } else { words_of(link.state) };
            self.note(
                [What::Link(link.state)],
                &trace,
                link.kind,
                &link.source,
                &[words.to_owned(), link.reason.english()],
            );
        }
        let usage = tenant.sync(&sync()).await.unwrap().rules.kinds.contains_key(&Kind::Usage);
        for line in if usage { tenant.usage_list(&sync(), &UsageFilter::default()).await.unwrap() } else { Vec::new() }
        {
            let key = LineKey::new(&line.customer, &line.product).to_string();
            let trace = self.why(Kind::Usage, &key).await;
            let notes: Vec<String> = line.notes.iter().chain([&line.reason]).map(English::english).collect();
            self.note([What::Line(line.state)], &trace, Kind::Usage, &key, &notes);
            let in_step = matches!(line.state, UsageState::InStep | UsageState::Together);
            assert_eq!(
                trace.verdict.english().starts_with("in step"),
                in_step,
                "{key} is {:?}: {}",
                line.state,
                trace.verdict.english()
            );
        }
    }

    /// Nothing was told otherwise, and the history gave what it is there for.
    fn end(&self, history: &str) {
        assert!(self.missed.is_empty(), "{}", self.missed.iter().cloned().collect::<Vec<_>>().join("\n"));
        let due = everything().into_iter().filter(|what| history_of(*what) == history);
        let lacks: Vec<What> = due.filter(|what| !self.seen.contains(what)).collect();
        assert!(lacks.is_empty(), "the history “{history}” did not give {lacks:?}");
    }
}

#[test]
fn every_finding_brake_and_state_has_a_history() {
    let known = ["records", "brakes", "billing", "tickets", "both ways", "open writes"];
    for what in everything() {
        assert!(known.contains(&history_of(what)), "{what:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn why_agrees_with_plans_of_customers_locations_and_assets() {
    let mut rules = SyncRules::default();
    let location = rules.kinds.get_mut(&Kind::Location).unwrap();
    location.fields.insert("active".to_owned(), FieldRule::TargetWins);
    let limits = json!({
        "location": { "cannot": ["create", "update"] },
        "asset": { "values": { "type": ["server", "laptop"] } },
    });
    let mut bed = Bed::start(rules, limits).await;
    bed.pair("c1", "a1", "Alpha");
    bed.pair("c7", "a7", "Eta Works");
    bed.from.put("customer", "c2", None, "Beta", &json!({ "website": "www.beta.example" }));
    bed.to.put("customer", "a2", None, "Quite Another", &json!({ "website": "https://beta.example" }));
    bed.from.put("customer", "c3", None, "Gamma Brothers", &json!({}));
    bed.to.put("customer", "a3", None, "Gamma Brothers", &json!({}));
    bed.to.put("customer", "a4", None, "Gamma Brothers", &json!({}));
    bed.from.put("customer", "c4", None, "Theta Left Out", &json!({}));
    bed.from.put("customer", "c6", None, "Zeta Closed", &json!({ "active": false }));
    bed.from.put("location", "l1", Some("c1"), "Head office", &json!({ "city": "Rome" }));
    bed.to.put("location", "x1", Some("a1"), "Head office", &json!({ "city": "Milan" }));
    bed.from.put("location", "l2", Some("c1"), "Annex", &json!({}));
    for (id, serial) in [("d1", "PF3XK9Q1"), ("d2", "PF3XK9Q2"), ("d3", "PF3XK9Q3"), ("d6", "PF3XK9Q6")] {
        bed.from.put("asset", id, Some("c1"), &format!("PC-{id}"), &json!({ "serial-number": serial }));
    }
    bed.from.put("asset", "d4", Some("c1"), "PC-d4", &json!({ "location": "l2", "type": "toaster" }));
    bed.from.put("asset", "d5", Some("c1"), "", &json!({ "serial-number": "PF3XK9Q5" }));
    bed.from.put("asset", "d7", Some("c1"), "PC-d7", &json!({ "last-seen": "yesterday" }));
    bed.from.put("asset", "d8", Some("c99"), "PC-d8", &json!({}));
    bed.from.put("asset", "d9", Some("c1"), "PC-d9", &json!({}));
    bed.from.set_gaps("asset", &[(Some("c1"), Some("d9"))]);
    bed.plan().await;
    let unread = bed.why(Kind::Asset, "d9").await;
    assert!(unread.verdict.english().contains("could not be read whole"), "{}", unread.verdict.english());
    let unlisted = bed.why(Kind::Asset, "d8").await;
    assert!(unlisted.verdict.english().contains("which it does not list"), "{}", unlisted.verdict.english());

    bed.from.set_gaps("asset", &[]);
    bed.decide(Kind::Customer, "c4", Decision::Exclude).await;
    bed.decide(Kind::Customer, "c6", Decision::Create).await;
    bed.plan_and_apply().await;
    let location = bed.why(Kind::Location, "l2").await;
    assert!(
        location.verdict.english().contains("a location cannot be created there"),
        "{}",
        location.verdict.english()
    );

    // A person's edit, what is missing, what is gone from either side, a key that was copied.
    let edited = bed.target_of(Kind::Asset, "d1").await;
    bed.to.edit("asset", &edited, &json!({ "name": "Reception" }));
    bed.from.remove("asset", "d2");
    let gone = bed.target_of(Kind::Asset, "d4").await;
    bed.to.remove("asset", &gone);
    bed.from.remove("customer", "c7");
    bed.from.remove("location", "l1");
    let key = bed.why(Kind::Asset, "d6").await.target.and_then(|record| record.stamp).expect("a key");
    bed.to.put("asset", "copy", Some("a1"), "Copy", &json!({}));
    bed.to.edit("asset", "copy", &json!({ "stamp": key }));
    bed.from.remove("asset", "d3");
    bed.plan().await;

    // Its machine may be there under another id.
    bed.from.put("asset", "d3b", Some("c1"), "PC-d3", &json!({}));
    bed.app.clock.advance_ms(80 * HOUR_MS);
    bed.plan().await;
    let stays = bed.why(Kind::Asset, "d3").await;
    assert!(stays.verdict.english().contains("may be the same asset"), "{}", stays.verdict.english());

    // The target's customers cannot be read, and a linked record is not among what can.
    let hidden = bed.target_of(Kind::Asset, "d5").await;
    bed.to.remove("asset", &hidden);
    bed.to.refuse("customer");
    bed.plan().await;
    bed.end("records");
}

#[tokio::test(flavor = "multi_thread")]
async fn why_names_the_brake_that_holds_a_record() {
    let mut bed = Bed::start(SyncRules::default(), json!({})).await;
    bed.pair("c1", "a1", "Alpha");
    let serial = |n: usize| format!("PF3XK9{n:02}");
    let put = |from: &Scripted, n: usize, name: &str, serial: &str| {
        from.put("asset", &format!("d{n}"), Some("c1"), name, &json!({ "serial-number": serial }));
    };
    (0..12).for_each(|n| put(&bed.from, n, &format!("PC-{n}"), &serial(n)));
    bed.pair("c2", "a2", "Omega");
    bed.from.put("asset", "z1", Some("c2"), "PC-z1", &json!({ "serial-number": "PF3XK9Z1" }));
    // Of one customer it is let go, and so the first run goes on.
    let plan = bed.plan().await;
    let of_one = ApplyOptions {
        release: Release::All,
        customer: Some("c1".to_owned()),
        kind: Some(Kind::Asset),
        ..ApplyOptions::default()
    };
    let accounts = ApplyOptions { kind: Some(Kind::Customer), customer: None, ..of_one.clone() };
    for options in [accounts, of_one] {
        bed.app.tenant.apply(plan.plan.id, &options, &NoProgress).await.unwrap();
    }
    bed.plan_and_apply().await;

    (0..12).for_each(|n| put(&bed.from, n, &format!("NEW-{n}"), &serial(n)));
    bed.plan().await;
    (0..12).for_each(|n| put(&bed.from, n, &format!("PC-{n}"), &serial(if n < 4 { n + 50 } else { n })));
    bed.plan().await;
    (0..12).for_each(|n| put(&bed.from, n, &format!("PC-{n}"), &serial(n)));
    (20..40).for_each(|n| put(&bed.from, n, &format!("PC-{n}"), &serial(n)));
    bed.plan().await;
    (20..40).for_each(|n| bed.from.remove("asset", &format!("d{n}")));
    bed.plan().await;
    (6..12).for_each(|n| bed.from.remove("asset", &format!("d{n}")));
    bed.plan().await;
    bed.plan().await;
    bed.app.clock.advance_ms(80 * HOUR_MS);
    bed.plan().await;

    put(&bed.from, 0, "ANOTHER", &serial(0));
    let mut changed = bed.app.tenant.sync(&sync()).await.unwrap();
    changed.rules.kinds.get_mut(&Kind::Asset).unwrap().trust = Trust::Preview;
    bed.app.tenant.sync_change(changed).await.unwrap();
    bed.plan().await;
    bed.end("brakes");
}

#[tokio::test(flavor = "multi_thread")]
async fn why_agrees_with_plans_of_what_is_billed() {
    let mut rules = SyncRules::default();
    rules.take_part(&[Kind::Customer, Kind::Usage]);
    let mut bed = Bed::start(rules, json!({})).await;
    for n in 1..=7 {
        bed.pair(&format!("c{n}"), &format!("a{n}"), &format!("Customer {n}"));
        let contract = json!({ "takes-usage": true });
        bed.to.put("contract", &format!("k{n}"), Some(&format!("a{n}")), "Care", &contract);
    }
    for (product, called) in [("p1", "Mail"), ("p2", "Backup"), ("p3", "Mail, second seat")] {
        bed.from.put("product", product, None, called, &json!({ "code": product }));
    }
    for (service, called, code) in [("s1", "Mail", "p1"), ("s2", "Backup", "p2")] {
        bed.to.put("product", service, None, called, &json!({ "code": code, "price": "3" }));
    }
    bed.from.put("product", "p4", None, "Firewall", &json!({ "code": "p4" }));
    let row = |from: &Scripted, customer: u32, product: &str, quantity: i64| {
        let fields = json!({ "product": product, "quantity": quantity });
        from.put("usage", &format!("r{customer}{product}"), Some(&format!("c{customer}")), product, &fields);
    };
    for n in 1..=7 {
        row(&bed.from, n, "p1", 20);
        row(&bed.from, n, "p2", 20);
    }
    row(&bed.from, 1, "p4", 2);
    bed.from.put("usage", "stray", Some("c99"), "p1", &json!({ "product": "p1", "quantity": 3 }));
    bed.from.put("usage", "blank", Some("c1"), "?", &json!({ "quantity": 3 }));
    // One line is there before, with another number.
    bed.to.put("usage", "u1", Some("k1"), "Mail", &json!({ "product": "s1", "quantity": 5, "active": true }));
    bed.plan_and_apply().await;
    let unbilled = bed.why(Kind::Customer, "c1").await;
    assert!(unbilled.verdict.english().contains("nothing of its usage is billed"), "{}", unbilled.verdict.english());
    for n in 1..=7 {
        let contract = Decision::Link(format!("k{n}"));
        bed.app.tenant.customer_map(&sync(), &format!("c{n}"), None, Some(&contract), None).await.unwrap();
    }
    bed.plan().await;
    let by_row = bed.why(Kind::Usage, "r1p1").await;
    assert!(by_row.verdict.english().contains("takeover"), "a row is its line: {}", by_row.verdict.english());
    bed.decide(Kind::Product, "p4", Decision::Create).await;
    bed.plan_and_apply().await;
    let service = bed.target_of(Kind::Product, "p4").await;
    bed.to.edit("product", &service, &json!({ "price": "0" }));
    bed.plan_and_apply().await;
    assert!(bed.why(Kind::Usage, "c2/p1").await.verdict.english().starts_with("in step"));

    // Each customer has a trouble of its own.
    let edited = bed.target_of(Kind::Usage, "c1/p1").await;
    bed.to.edit("usage", &edited, &json!({ "quantity": 11 }));
    bed.from.remove("usage", "r2p1");
    bed.from.set_gaps("usage", &[(Some("c3"), None)]);
    bed.to.put("contract", "k4b", Some("a4"), "Care Plus", &json!({ "takes-usage": true }));
    bed.app.plan().await;
    let other = Decision::Link("k4b".to_owned());
    bed.app.tenant.customer_map(&sync(), "c4", None, Some(&other), None).await.unwrap();
    bed.decide(Kind::Product, "p3", Decision::Link("s1".to_owned())).await;
    row(&bed.from, 5, "p3", 4);
    let invoiced = bed.target_of(Kind::Usage, "c6/p1").await;
    let until = Timestamp(bed.app.clock_s() * 1000).plus_ms(40 * 24 * HOUR_MS).to_string();
    bed.to.edit("usage", &invoiced, &json!({ "invoiced-until": until }));
    row(&bed.from, 6, "p1", 24);
    bed.to.edit("contract", "k7", &json!({ "ends": "2026-01-31T00:00:00Z" }));
    bed.to.put("usage", "u2", Some("k2"), "Backup", &json!({ "product": "s2", "quantity": 20, "active": true }));
    bed.plan().await;
    let key = LineKey::new("c2", "p2");
    bed.app.tenant.usage_take(&sync(), &key, "u2").await.unwrap();
    bed.plan().await;

    // All of it rises, and all of it falls.
    (1..=7).for_each(|n| row(&bed.from, n, "p2", 90));
    bed.plan().await;
    (1..=7).for_each(|n| row(&bed.from, n, "p2", 3));
    bed.plan().await;
    bed.end("billing");
}

#[tokio::test(flavor = "multi_thread")]
async fn why_agrees_with_polls_of_alerts() {
    let mut rules = SyncRules::default();
    rules.kinds.insert(Kind::Alert, KindRules { trust: Trust::Automatic, ..KindRules::default() });
    rules.brakes.first_run = false;
    let mut bed = Bed::start(rules, json!({})).await;
    for (customer, account) in [("c1", "a1"), ("c3", "a3"), ("c4", "a4")] {
        bed.pair(customer, account, &format!("Customer {customer}"));
    }
    for device in ["d1", "d2"] {
        bed.from.put("asset", device, Some("c1"), device, &json!({ "serial-number": format!("PF3XK9{device}") }));
    }
    bed.plan_and_apply().await;
    bed.app.clock.advance_ms(HOUR_MS);
    bed.to.edit("customer", "a4", &json!({ "active": false }));
    bed.app.plan().await;
    bed.app.tenant.customer_switch(&sync(), &["c3".to_owned()], &[(Switch::Tickets, false)]).await.unwrap();

    let raise = |bed: &Bed, id: &str, customer: &str, device: &str, condition: &str| {
        let raised = Timestamp(bed.app.clock_s() * 1000).to_string();
        let fields =
            json!({ "asset": device, "condition": condition, "raised": raised, "message": "full", "resolved": false });
        bed.from.put("alert", id, Some(customer), condition, &fields);
    };
    raise(&bed, "disk1", "c1", "d1", "disk");
    raise(&bed, "cpu1", "c1", "d1", "cpu");
    raise(&bed, "off", "c3", "", "fan");
    raise(&bed, "nobody", "c9", "", "fan");
    raise(&bed, "retired", "c4", "", "fan");
    raise(&bed, "lost", "c1", "d2", "heat");
    let item = bed.target_of(Kind::Asset, "d2").await;
    bed.to.remove("asset", &item);
    bed.poll().await;
    let off = bed.why(Kind::Alert, "off").await;
    assert!(off.verdict.english().contains("tickets are switched off for its customer"), "{}", off.verdict.english());

    // One comes and goes; somebody works on the ticket of another.
    let touched = bed.target_of(Kind::Alert, "cpu1").await;
    bed.to.edit("ticket", &touched, &json!({ "last-activity": "2026-02-01T00:00:00Z" }));
    bed.from.edit("alert", "cpu1", &json!({ "resolved": true }));
    for n in 1..=3 {
        bed.from.edit("alert", &format!("disk{n}"), &json!({ "resolved": true }));
        bed.app.clock.advance_ms(HOUR_MS / 4);
        bed.poll().await;
        raise(&bed, &format!("disk{}", n + 1), "c1", "d1", "disk");
        bed.app.clock.advance_ms(HOUR_MS / 4);
        bed.poll().await;
    }
    bed.from.remove("alert", "disk2");
    bed.poll().await;
    let gone = bed.why(Kind::Alert, "disk2").await;
    assert!(gone.verdict.english().starts_with("in step: it is in ticket"), "{}", gone.verdict.english());
    assert!(gone.verdict.english().contains("does not say that it is over"), "{}", gone.verdict.english());

    // What is raised at a customer whose account is out of use is held, and so is a device made there.
    bed.from.put("asset", "d4", Some("c4"), "d4", &json!({ "serial-number": "PF3XK9D4" }));
    bed.plan().await;
    bed.end("tickets");
}

impl Bed {
    /// Polls, and asks `why` of everything the poll speaks of.
    async fn poll(&mut self) {
        let report = self.app.tenant.alerts_run(&sync(), &NoProgress).await;
        let report = report.unwrap_or_else(|error| panic!("{}", told(&error)));
        assert!(report.applied.iter().all(|applied| applied.failures.is_empty()), "{:?}", report.applied);
        self.walk(report.plan.plan.id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn why_agrees_with_plans_that_go_the_other_way_or_take_back() {
    let mut bed = Bed::start(SyncRules { reverse: true, ..SyncRules::default() }, json!({})).await;
    bed.pair("c1", "a1", "Alpha");
    bed.to.put("customer", "a2", None, "Kappa Foods", &json!({}));
    bed.to.put("customer", "a3", None, "Mu Transport", &json!({}));
    bed.to.put("customer", "a4", None, "Mu Transport", &json!({}));
    bed.from.put("asset", "d1", Some("c1"), "PC-1", &json!({ "serial-number": "PF3XK9Q1" }));
    let plan = bed.plan().await;
    let made = bed.why(Kind::Customer, "a2").await;
    assert!(made.verdict.english().contains("“create-source” is planned and held"), "{}", made.verdict.english());
    let report = bed.app.apply(&plan).await;
    let item = bed.target_of(Kind::Asset, "d1").await;
    bed.to.edit("asset", &item, &json!({ "name": "Reception" }));
    let undo = bed.app.tenant.undo(report.run.id, &UndoOptions::default(), &NoProgress).await;
    let undo = undo.unwrap_or_else(|error| panic!("{}", told(&error)));
    bed.walk(undo.plan.id).await;
    bed.end("both ways");
}

#[tokio::test(flavor = "multi_thread")]
async fn why_agrees_while_a_write_is_open() {
    let mut bed = Bed::start(SyncRules::default(), json!({})).await;
    bed.pair("c1", "a1", "Alpha");
    bed.plan_and_apply().await;
    bed.from.put("asset", "d1", Some("c1"), "PC-1", &json!({ "serial-number": "PF3XK9Q1" }));
    bed.to.set_writes(Writes::Lost);
    let plan = bed.app.plan().await;
    bed.app.apply(&plan).await;
    bed.plan().await;
    bed.to.set_writes(Writes::Accepted);
    bed.end("open writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn seventeen_hundred_findings_are_counted_grouped_and_listed_by_filters() {
    let bed = Bed::start(SyncRules::default(), json!({ "asset": { "cannot": ["create"] } })).await;
    bed.pair("c1", "a1", "Alpha");
    bed.pair("c2", "a2", "Omega");
    for n in 0..1777 {
        let customer = if n < 1700 { "c1" } else { "c2" };
        bed.from.put("asset", &format!("d{n}"), Some(customer), &format!("PC-{n}"), &json!({}));
    }
    let report = bed.app.plan().await;
    assert_eq!(report.findings_total, 1777);
    let count = |cause| report.plan.findings.iter().find(|total| total.cause == cause).map(|total| total.count);
    assert_eq!(count(Cause::Unmapped), Some(1777), "{:?}", report.plan.findings);
    let of = |customer: &str| FindingFilter { customer: Some(customer.to_owned()), ..FindingFilter::default() };
    let list = bed.app.tenant.findings(report.plan.id, &of("c2"), 50).await.unwrap();
    assert_eq!((list.kept, list.groups_total, list.groups[0].count), (77, 1, 77));
    let all = bed.app.tenant.findings(report.plan.id, &FindingFilter::default(), 50).await.unwrap();
    assert_eq!((all.counted, all.kept, all.groups[0].customers), (1777, 1777, 2));
    assert_eq!(all.gap(&FindingFilter::default()), None);
    let rows = bed.app.tenant.findings_each(report.plan.id, &of("c1"), 1690, 1000).await.unwrap();
    assert_eq!(rows.len(), 10, "those after a number");
    let last = bed.why(Kind::Asset, "d1776").await;
    assert!(last.verdict.english().contains("cannot be created there"), "{}", last.verdict.english());
}
