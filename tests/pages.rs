//! A later page of a source that is refused: the list is not read to its end, which is told, and nothing is taken for
//! gone, made twice or billed by what came.
//!
//! The same at the target is in `field`; pages that are empty or move under the walk are in `reading` and `faults`.

use crate::billing::{billing, line, lines, next_day, units};
use crate::harness::TestApp;
use crate::harness::pair::{Psa, Rmm};
use crate::harness::{automatic, planned, sync};
use crosswalk::engine::{LinkFilter, PlanReport, UsageState};
use crosswalk::model::{Action, Kind, LinkState};
use crosswalk_say::English;
use crosswalk_sims::sophos_central::NewRow;
use crosswalk_sims::{Existing, World};

const HOUR_MS: i64 = 3_600_000;
/// How a vendor refuses a page.
pub(crate) const REFUSALS: [&str; 6] = [
    "server-error=status:404",
    "server-error=status:405",
    "server-error=status:403",
    "server-error=status:410",
    "html-ok=",
    "cut-body=",
];

/// What could not be read is told, of the right kind.
pub(crate) fn assert_told(plan: &PlanReport, kind: &str) {
    assert!(plan.complaints.iter().any(|complaint| complaint.english().contains(kind)), "{:?}", plan.complaints);
}

/// A fault at a path, with what of it holds.
pub(crate) fn at(fault: &str, how: &str, path: &str) -> (String, String) {
    let (name, rest) = fault.split_once('=').expect("a fault");
    let parts = [rest.to_owned(), how.to_owned(), format!("path:{path}")];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    (name.to_owned(), parts.join(","))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_page_of_the_source_that_is_refused_retires_nothing_and_makes_nothing_twice() {
    let world = World::by_hand().customer("Acme Ltd").devices("A", 110).customer("Contoso").devices("C", 30).build();
    let existing = Existing::by_hand().account("Acme Ltd").account("Contoso").build();
    for (source, paths) in [("datto-rmm", ["account/devices"].as_slice()), ("pulseway-rmm", &["/devices", "/assets"])] {
        for path in paths {
            let (rmm, psa) = (Rmm::start(source, &world), Psa::start("autotask", &existing));
            let app = TestApp::start().await;
            app.join(rmm.connection("rmm"), psa.connection("psa"), automatic()).await;
            let refuse = |fault: &str| {
                let (name, how) = at(fault, "after:1", path);
                rmm.faults().set(&name, &how).unwrap_or_else(|error| panic!("{fault}: {error}"));
                name
            };
            let links = async || -> Vec<(String, LinkState, Option<String>)> {
                let filter = LinkFilter { kind: Some(Kind::Asset), ..LinkFilter::default() };
                let views = app.tenant.link_list(&sync(), &filter).await.expect("links");
                views.into_iter().map(|view| (view.link.source, view.link.state, view.link.target)).collect()
            };
            // As the first run of all.
            let name = refuse(REFUSALS[0]);
            let plan = app.plan().await;
            assert_told(&plan, "asset");
            app.apply(&plan).await;
            assert!(rmm.faults().fired(&name) > 0, "{source} {path} never fired");
            rmm.faults().clear();
            app.bring_in_step().await;
            assert_eq!((psa.items().len(), psa.duplicates()), (140, Vec::new()), "{source} {path}");

            // And later: for longer than a device that is missing is waited for.
            for fault in REFUSALS {
                let before = links().await;
                rmm.check_in_all(app.clock_s());
                let name = refuse(fault);
                for _ in 0..2 {
                    app.clock.advance_ms(40 * HOUR_MS);
                    let plan = app.plan().await;
                    assert_told(&plan, "asset");
                    for action in [Action::Create, Action::Deactivate, Action::Retire, Action::Move] {
                        assert_eq!(planned(&plan, Kind::Asset, action).0, 0, "{source} {path} {fault} {action:?}");
                    }
                    app.apply(&plan).await;
                }
                assert!(rmm.faults().fired(&name) > 0, "{source} {path} {fault} never fired");
                rmm.faults().clear();
                assert_eq!(app.linked(Kind::Asset).await, 140, "{source} {path} {fault}");
                assert_eq!(links().await, before, "{source} {path} {fault}: each device keeps its item");
                assert!(psa.items().iter().all(|item| item.active), "{source} {path} {fault}");
                app.bring_in_step().await;
            }
            assert_eq!((psa.items().len(), psa.duplicates()), (140, Vec::new()), "{source} {path}");
        }
    }
}

#[tokio::test]
async fn a_later_page_of_the_report_that_is_refused_bills_nothing_and_is_no_month_without_rows() {
    let (licences, app, customers) = billing(4).await;
    let (one, two) = (&customers[0], &customers[1]);
    let (month, (product, quantity)) = (licences.vendor.month(), licences.billed(&one.tenant.id).remove(0));
    // More than a page of the report.
    for nth in 0..240 {
        let row = NewRow {
            tenant: two.tenant.id.clone(),
            sku: licences.billed(&two.tenant.id)[0].0.clone(),
            order: format!("F-{nth}"),
            billable: Some(1.0),
            ..NewRow::default()
        };
        assert!(licences.vendor.add_row(&month, row));
    }
    next_day(&app);
    app.apply(&app.plan().await).await;
    let target: i64 = line(&app, &one.tenant.id, &product).await.line.expect("a line").parse().expect("a number");
    let before = units(&licences, app.today());
    assert_eq!(before[&target], quantity);
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    for fault in REFUSALS {
        for after in 1..=2 {
            next_day(&app);
            licences.psa.reset_counts();
            let (name, how) = at(fault, &format!("after:{after}"), "billing/usage");
            licences.vendor.faults().set(&name, &how).expect("a fault");
            let plan = app.plan().await;
            assert_told(&plan, "usage");
            assert!(plan.plan.totals.iter().all(|total| total.kind != Kind::Usage), "{:?}", plan.plan.totals);
            app.apply(&plan).await;
            assert!(licences.vendor.faults().fired(&name) > 0, "{fault} never fired");
            licences.vendor.faults().clear();
            assert_eq!(licences.psa.counts().writes, 0, "{fault} after {after}");
            for known in lines(&app).await {
                assert_eq!(
                    (known.state, known.counted),
                    (UsageState::NotFetched, None),
                    "{fault} after {after}: {known:?}"
                );
            }
        }
    }
    app.apply(&app.plan().await).await;
    assert_eq!(units(&licences, app.today())[&target], quantity + 1, "and then it goes on");
}
