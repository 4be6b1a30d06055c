//! Every RMM with every PSA: one scenario, the connectors chosen by name, the host the same.
//!
//! What a vendor cannot do is expected from its `describe`, never from its name.

use crate::harness::pair::{Device, Item, Psa, Rmm, Ticket};
use crate::harness::{TestApp, name, now_s, sync};
use crosswalk::engine::NoProgress;
use crosswalk::model::{Action, Kind, KindDescription, Operation, RunStatus, SyncRules};
use crosswalk_say::{English, command};
use crosswalk_sims::{Size, World};
use std::time::Duration;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[tokio::test(flavor = "multi_thread")]
async fn pulseway_rmm_to_autotask() {
    scenario("pulseway-rmm", "autotask").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pulseway_rmm_to_pulseway_psa() {
    scenario("pulseway-rmm", "pulseway-psa").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn datto_rmm_to_autotask() {
    scenario("datto-rmm", "autotask").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn datto_rmm_to_pulseway_psa() {
    scenario("datto-rmm", "pulseway-psa").await;
}

async fn scenario(rmm: &str, psa: &str) {
    let pair = Pair::start(rmm, psa).await;
    pair.import().await;
    pair.refresh().await;
    pair.rename_move_retire().await;
    pair.alert_to_ticket().await;
    pair.nothing_is_left().await;
}

struct Pair {
    app: TestApp,
    rmm: Rmm,
    psa: Psa,
    /// What the target can do with assets.
    assets: KindDescription,
    /// What the source tells of alerts.
    alerts: KindDescription,
}

impl Pair {
    async fn start(rmm: &str, psa: &str) -> Self {
        let world = World::generate(Size::new(6, 9, 60), 11);
        let (source, target) = (Rmm::start(rmm, &world), Psa::start(psa, &world.existing_in_psa(0.5, 11)));
        let mut rules = SyncRules::default();
        rules.kinds.insert(Kind::Alert, Default::default());
        let app = TestApp::start().await;
        app.join(source.connection("rmm"), target.connection("psa"), rules).await;
        let can = async |plugin: &str, kind| {
            let view = app.engine.plugin_inspect(&name(plugin)).await.unwrap();
            view.description.unwrap().kind(kind).unwrap().clone()
        };
        let (assets, alerts) = (can(psa, Kind::Asset).await, can(rmm, Kind::Alert).await);
        Self { app, rmm: source, psa: target, assets, alerts }
    }

    async fn import(&self) {
        self.app.plan().await;
        assert_eq!(self.psa.counts().writes + self.rmm.counts().writes, 0, "planning writes to nobody");
        self.app.bring_in_step().await;
        assert_eq!(self.app.linked(Kind::Customer).await, self.rmm.customers().len());
        for device in self.rmm.devices() {
            self.assert_in_place(&device).await;
        }
        assert_eq!(self.psa.duplicates(), Vec::<String>::new());
        self.nothing_is_left().await;
    }

    /// One device that checked in is brought up to date by itself, and nothing else.
    async fn refresh(&self) {
        let device = &self.rmm.devices()[3];
        self.rmm.check_in_all(now_s() + 30);
        self.psa.reset_counts();
        let report = self.app.tenant.refresh(&sync(), Kind::Asset, &device.id, &NoProgress).await.unwrap();
        assert_eq!(report.applied.unwrap().run.counts.done, 1);
        assert!(report.changes.iter().all(|view| view.change.source == device.id));
        assert!(report.changes[0].change.fields.iter().any(|diff| diff.name == "last-seen"));
        assert_eq!(self.psa.counts().writes, 1);
    }

    async fn rename_move_retire(&self) {
        let devices = self.rmm.devices();
        let renamed = &devices[5];
        self.rmm.rename_device(&renamed.id, "RENAMED-5");
        self.app.bring_in_step().await;
        assert_eq!(self.item(&renamed.id).await.name, "RENAMED-5");

        let moved = &devices[6];
        let before = self.item(&moved.id).await;
        let (elsewhere, _) = self.rmm.customers().into_iter().find(|(id, _)| *id != moved.customer).unwrap();
        self.rmm.move_device(&moved.id, &elsewhere);
        self.app.bring_in_step().await;
        let after = self.assert_in_place(&Device { customer: elsewhere, ..moved.clone() }).await;
        if self.assets.writes.contains(&Operation::Move) {
            assert_eq!(after.id, before.id, "this vendor can move an asset");
        } else {
            assert_ne!(after.id, before.id, "this vendor cannot: the old one is retired, another is made");
            assert!(!self.psa.items().iter().any(|item| item.id == before.id && item.active));
        }

        let gone = &devices[7];
        let item = self.item(&gone.id).await;
        self.rmm.remove_device(&gone.id);
        assert!(self.app.plan().await.plan.totals.is_empty(), "within the grace nothing happens");
        self.app.clock.advance_ms(4 * DAY_MS);
        let plan = self.app.plan().await;
        let leaving = plan.plan.totals.iter().filter(|total| total.action == Action::Deactivate);
        assert_eq!(leaving.map(|total| total.changes).sum::<u32>(), 1, "{:?}", plan.plan.totals);
        self.app.apply(&plan).await;
        let there = self.psa.items().into_iter().find(|row| row.id == item.id).expect("never deleted");
        assert!(!there.active);
    }

    async fn alert_to_ticket(&self) {
        let device = self.rmm.devices()[2].clone();
        let item = self.item(&device.id).await;
        let at = self.app.clock_s();
        let first = self.rmm.raise(&device.id, at + 60);
        let report = self.app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap();
        assert!(report.applied.is_none(), "nobody approved, and trust is not automatic");
        assert_eq!(self.psa.tickets(), []);
        let again = self.app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap();
        assert_eq!(again.plan.plan, report.plan.plan, "it waits as it is: nothing changed");
        let why = self.app.tenant.why(&sync(), Kind::Alert, &first).await.unwrap();
        assert!(why.verdict.english().contains("“open” is planned"), "{}", why.verdict.english());
        // The first tickets of a sync are looked at, however long its other kinds are trusted.
        assert_eq!(command(&why.next[0].call), format!("crosswalk apply {} --release first-run", report.plan.plan.id));
        self.app.apply(&report.plan).await;
        let ticket = self.ticket();
        assert!(ticket.title.contains(&device.name), "{ticket:?}");
        assert_eq!((&ticket.account, ticket.asset.as_ref(), ticket.closed), (&item.account, Some(&item.id), false));

        let second = self.rmm.raise(&device.id, at + 120);
        self.poll().await;
        assert_eq!(self.ticket().notes, ticket.notes + 1, "a repeat is a note in the ticket that is open");
        self.psa.reset_counts();
        self.poll().await;
        assert_eq!(self.psa.counts().writes, 0, "a poll with nothing new writes nothing");

        let tells = self.alerts.field("resolved").is_some();
        assert_eq!(self.rmm.resolve(&first, at + 180), tells, "what is declared is what the vendor does");
        self.poll().await;
        assert!(!self.ticket().closed, "one of two alerts is still under way");
        if tells {
            assert!(self.rmm.resolve(&second, at + 200));
            self.poll().await;
            assert!(self.ticket().closed, "all of it is over, and nobody touched it");
            let other = self.rmm.devices()[4].clone();
            let third = self.rmm.raise(&other.id, at + 240);
            self.poll().await;
            let open = self.psa.tickets().into_iter().find(|ticket| !ticket.closed).unwrap();
            // Some vendors keep the time of a touch to the second.
            tokio::time::sleep(Duration::from_millis(1100)).await;
            self.psa.touch(&open.id);
            assert!(self.rmm.resolve(&third, at + 300));
            self.poll().await;
            let left = self.psa.tickets().into_iter().find(|ticket| ticket.id == open.id).unwrap();
            assert!(!left.closed, "somebody works on it");
        }
        let trace = self.app.tenant.why(&sync(), Kind::Alert, &first).await.unwrap();
        assert_eq!(trace.link.unwrap().target, Some(ticket.id));
    }

    /// Polls, and approves what comes of it.
    async fn poll(&self) {
        let report = self.app.tenant.alerts_plan(&sync(), &NoProgress).await.unwrap();
        let applied = self.app.apply(&report).await;
        assert!(applied.failures.is_empty(), "{:?}", applied.failures);
    }

    fn ticket(&self) -> Ticket {
        let tickets = self.psa.tickets();
        assert_eq!(tickets.len(), 1, "{tickets:?}");
        tickets[0].clone()
    }

    /// In step; then all devices check in once more, and nobody is written to.
    async fn nothing_is_left(&self) {
        self.rmm.check_in_all(now_s());
        self.app.bring_in_step().await;
        self.rmm.check_in_all(now_s() + 60);
        self.psa.reset_counts();
        let run = self.app.tenant.run(&sync(), &NoProgress).await.unwrap();
        assert!(run.plan.plan.totals.is_empty(), "{:?}", run.plan.plan.totals);
        assert_eq!(self.psa.counts().writes, 0);
        assert_eq!(self.psa.duplicates(), Vec::<String>::new());
        let last = self.app.tenant.run_list(Some(&sync()), 1).await.unwrap().remove(0);
        assert_eq!(last.status, RunStatus::NothingToDo);
    }

    /// What a device is in the PSA: in use, and on the account its customer is linked to.
    async fn assert_in_place(&self, device: &Device) -> Item {
        let item = self.item(&device.id).await;
        let account = self.app.link_target(Kind::Customer, &device.customer).await.unwrap();
        assert_eq!((item.account.as_str(), item.active), (account.as_str(), true), "{device:?} is {item:?}");
        item
    }

    async fn item(&self, device: &str) -> Item {
        let id = self.app.link_target(Kind::Asset, device).await.unwrap_or_else(|| panic!("{device} is not linked"));
        self.psa.items().into_iter().find(|item| item.id == id).unwrap_or_else(|| panic!("no item {id}"))
    }
}
