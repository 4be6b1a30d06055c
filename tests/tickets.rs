//! Alerts and their tickets where they are less than tidy: what comes and goes, what a technician touched, what
//! was raised at a time that cannot be, and accounts that are out of use. With every PSA, by the names of plugins.

use crate::harness::pair::{Psa, Rmm, Ticket};
use crate::harness::{TestApp, sync};
use crosswalk::engine::{NoProgress, RunReport};
use crosswalk::model::sync::KindRules;
use crosswalk::model::{Kind, SyncRules, Trust};
use crosswalk_say::English;
use crosswalk_sims::{Size, World};
use serde_json::json;

const MINUTE_MS: i64 = 60_000;
const PSAS: [&str; 2] = ["autotask", "pulseway-psa"];

/// A sync in step, whose alerts become tickets without a person.
struct Desk {
    app: TestApp,
    rmm: Rmm,
    psa: Psa,
}

impl Desk {
    async fn start(rmm: &str, psa: &str) -> Self {
        Self::start_with(rmm, psa, &World::generate(Size::new(3, 4, 20), 11)).await
    }

    async fn start_with(rmm: &str, psa: &str, world: &World) -> Self {
        let (rmm, psa) = (Rmm::start(rmm, world), Psa::start(psa, &world.existing_in_psa(0.5, 11)));
        let mut rules = SyncRules::default();
        rules.kinds.insert(Kind::Alert, KindRules { trust: Trust::Automatic, ..KindRules::default() });
        // What a first run of alerts holds is not the matter here.
        rules.brakes.first_run = false;
        let app = TestApp::start().await;
        app.join(rmm.connection("rmm"), psa.connection("psa"), rules).await;
        app.bring_in_step().await;
        // Alerts count from when they first took part, and vendors tell seconds.
        app.clock.advance_ms(MINUTE_MS);
        Self { app, rmm, psa }
    }

    async fn poll(&self) -> RunReport {
        let report = self.app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap();
        let failures = report.applied.as_ref().map(|applied| applied.failures.clone()).unwrap_or_default();
        assert_eq!(failures, []);
        report
    }

    fn ticket(&self) -> Ticket {
        let tickets = self.psa.tickets();
        assert_eq!(tickets.len(), 1, "{tickets:?}");
        tickets[0].clone()
    }

    /// A technician writes a note, a minute after whatever was before.
    fn touch(&self, ticket: &Ticket) {
        self.psa.touch(&ticket.id);
        let id = ticket.id.parse().unwrap();
        let later = json!("2031-01-01T00:00:00Z");
        assert!(match &self.psa {
            Psa::Autotask(sim) => sim.edit("Tickets", id, "lastActivityDate", &later),
            Psa::Bms(sim) => sim.edit("tickets", id, "lastActivityUpdate", &later),
        });
    }

    /// Raised, polled, over, polled; what the last poll gave.
    async fn swing(&self, device: &str) -> RunReport {
        let alert = self.rmm.raise(device, self.app.clock_s());
        self.poll().await;
        assert!(!self.ticket().closed, "it is under way");
        assert!(self.rmm.resolve(&alert, self.app.clock_s()));
        self.app.clock.advance_ms(20 * MINUTE_MS);
        self.poll().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fourteen_swings_of_one_alert_make_one_ticket_that_says_so_and_closes_when_it_is_quiet() {
    for psa in PSAS {
        let desk = Desk::start("datto-rmm", psa).await;
        let device = desk.rmm.devices()[4].id.clone();
        let mut told = String::new();
        for swing in 1..=14 {
            let report = desk.swing(&device).await;
            assert_eq!(desk.ticket().closed, swing <= 2, "{psa}: after swing {swing}");
            told = report.plan.findings.iter().map(|finding| finding.message.english()).collect();
        }
        assert!(told.contains("it came back 2 times, so its ticket stays open until"), "{psa}: {told}");
        assert_eq!(desk.ticket().notes, 13, "{psa}: each time it came back is noted");
        desk.app.clock.advance_ms(4 * 60 * MINUTE_MS);
        desk.poll().await;
        assert!(desk.ticket().closed, "{psa}: it is quiet, and nobody touched it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_with_a_technicians_note_is_noted_and_never_closed_however_often_its_alert_comes_back() {
    for psa in PSAS {
        let desk = Desk::start("datto-rmm", psa).await;
        let device = desk.rmm.devices()[4].id.clone();
        let alert = desk.rmm.raise(&device, desk.app.clock_s());
        desk.poll().await;
        desk.touch(&desk.ticket());
        assert!(desk.rmm.resolve(&alert, desk.app.clock_s()));
        desk.poll().await;
        for swing in 1..=4 {
            assert!(!desk.ticket().closed, "{psa}: somebody works on it, swing {swing}");
            desk.swing(&device).await;
        }
        desk.app.clock.advance_ms(24 * 60 * MINUTE_MS);
        desk.poll().await;
        assert_eq!((desk.ticket().closed, desk.ticket().notes), (false, 5), "{psa}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_whose_reply_was_lost_is_found_later_and_closed_when_its_alert_is_over() {
    for psa in PSAS {
        let desk = Desk::start("datto-rmm", psa).await;
        let device = desk.rmm.devices()[4].id.clone();
        let alert = desk.rmm.raise(&device, desk.app.clock_s());
        // The reads lag as well: it is not found before the quiet time is over.
        desk.psa.faults().set("lost-reply", "next:1").unwrap();
        desk.psa.faults().set("stale-reads", "ms:600000").unwrap();
        desk.app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap();
        desk.psa.faults().clear();
        assert_eq!(desk.app.uncertain().await.len(), 1, "{psa}");
        desk.app.clock.advance_ms(20 * MINUTE_MS);
        desk.poll().await;
        assert!(desk.app.uncertain().await.is_empty(), "{psa}: it is found");
        assert!(desk.rmm.resolve(&alert, desk.app.clock_s()));
        desk.app.clock.advance_ms(20 * MINUTE_MS);
        desk.poll().await;
        assert!(desk.ticket().closed, "{psa}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_comes_back_after_the_swing_time_gets_a_ticket_of_its_own() {
    for psa in PSAS {
        let desk = Desk::start("datto-rmm", psa).await;
        let device = desk.rmm.devices()[4].id.clone();
        desk.swing(&device).await;
        desk.app.clock.advance_ms(5 * 60 * MINUTE_MS);
        desk.rmm.raise(&device, desk.app.clock_s());
        desk.poll().await;
        let closed: Vec<bool> = desk.psa.tickets().iter().map(|ticket| ticket.closed).collect();
        assert_eq!(closed, [true, false], "{psa}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_critical_alert_whose_time_cannot_be_still_gets_its_ticket() {
    // The year 10000, milliseconds for seconds, a second before 1970, and an empty clock.
    const TIMES: [i64; 4] = [253_402_300_800, 1_762_156_800_000, -1, 0];
    // The one vendor's list is asked for what is new only, by time.
    for (rmm, times) in [("pulseway-rmm", &TIMES[1..2]), ("datto-rmm", &TIMES)] {
        let desk = Desk::start(rmm, "autotask").await;
        let devices = desk.rmm.devices();
        for (device, at) in devices.iter().zip(times) {
            desk.rmm.raise(&device.id, *at);
        }
        desk.poll().await;
        assert_eq!(desk.psa.tickets().len(), times.len(), "{rmm}");
        let listed = desk.app.tenant.alerts_list(&sync()).await.unwrap();
        assert!(listed.iter().filter(|alert| alert.ticket.is_some()).all(|alert| alert.raised.is_none()), "{rmm}");
        desk.psa.reset_counts();
        desk.poll().await;
        assert_eq!(desk.psa.counts().writes, 0, "{rmm}: and once only");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_an_account_that_a_person_retired_is_held_and_says_which_account_to_choose() {
    let desk = Desk::start("datto-rmm", "autotask").await;
    let device = desk.rmm.devices()[4].clone();
    let account = desk.app.target_of(Kind::Customer, &device.customer).await.unwrap();
    let Psa::Autotask(sim) = &desk.psa else { panic!() };
    assert!(sim.edit("Companies", account, "isActive", &json!(false)));
    desk.app.plan().await;
    desk.rmm.raise(&device.id, desk.app.clock_s());
    let report = desk.poll().await;
    assert_eq!(desk.psa.tickets(), []);
    let filter = crosswalk::engine::ChangeFilter::default();
    let change = desk.app.tenant.plan_changes(report.plan.plan.id, &filter, 0, 10).await.unwrap().remove(0).change;
    let hold = change.held.unwrap();
    assert_eq!(hold.words(), "out-of-use");
    assert!(
        hold.reason.english().contains(&format!("account {account} ")) && hold.reason.english().contains("link set"),
        "{hold:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_late_alert_hides_none_of_those_that_lie_below_it() {
    let world = World::generate(Size::new(3, 4, 150), 11);
    let desk = Desk::start_with("pulseway-rmm", "autotask", &world).await;
    desk.app.clock.advance_ms(180 * MINUTE_MS);
    let (now, devices) = (desk.app.clock_s(), desk.rmm.devices());
    for device in &devices[..40] {
        desk.rmm.raise(&device.id, now - 7200);
    }
    // Of ten days ago, and told now: the last of the first page, from the newest on.
    desk.rmm.raise(&devices[40].id, now - 10 * 86_400);
    for device in &devices[41..140] {
        desk.rmm.raise(&device.id, now - 3600);
    }
    // What the connector learns by itself meanwhile.
    for _ in 0..3 {
        desk.app.engine.tick().await.unwrap();
    }
    desk.poll().await;
    assert_eq!(desk.psa.tickets().len(), 139, "all but the one that is too old");
    desk.poll().await;
    assert_eq!(desk.psa.tickets().len(), 139);
}
