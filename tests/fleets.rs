//! The fleet trials: what happened to whole fleets, with the numbers it happened with.
//!
//! The fourth, a target of 620 whose second page is empty, stands in `reading`: a vendor of the tests' own cuts its pages.

use crate::harness::pair::{Psa, Rmm, joined};
use crate::harness::{TestApp, automatic, planned, sync};
use crosswalk::engine::{NoProgress, RunReport};
use crosswalk::model::{Action, Kind};
use crosswalk_sims::{Existing, World};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const PAIRS: [(&str, &str); 2] = [("pulseway-rmm", "pulseway-psa"), ("datto-rmm", "autotask")];
const FIRST: [&str; 8] = ["Acme", "Contoso", "Fabrikam", "Northwind", "Tailspin", "Litware", "Proseware", "Woodgrove"];
const SECOND: [&str; 7] = ["Dental", "Legal", "Logistics", "Bakery", "Clinic", "Motors", "Estates"];

/// Customers with so many devices each, in step, under rules that would write everything by themselves.
async fn in_step(pair: (&str, &str), customers: usize, devices: usize) -> (TestApp, Rmm, Psa) {
    let named = (0..customers).map(|nth| format!("{} {}", FIRST[nth % FIRST.len()], SECOND[nth / FIRST.len()]));
    let world = named
        .enumerate()
        .fold(World::by_hand(), |world, (nth, name)| world.customer(&name).devices(&format!("WS{nth:02}"), devices));
    let (app, rmm, psa) = joined(pair, &world.build(), &Existing::default(), automatic()).await;
    app.bring_in_step().await;
    assert_eq!(psa.items().len(), customers * devices);
    (app, rmm, psa)
}

async fn run(app: &TestApp) -> RunReport {
    app.tenant.run(&sync(), &NoProgress).await.unwrap_or_else(|error| panic!("{}", crate::harness::told(&error)))
}

/// How many changes of assets were planned, and how many of them were held.
fn assets(run: &RunReport, action: Action) -> (u32, u32) {
    planned(&run.plan, Kind::Asset, action)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_450_devices_under_new_ids_none_is_made_again_and_all_keep_their_records() {
    for pair in PAIRS {
        let (app, rmm, psa) = in_step(pair, 30, 15).await;
        for device in rmm.devices() {
            rmm.renew_device(&device.id);
        }
        let first = run(&app).await;
        assert_eq!(assets(&first, Action::Create), (0, 0), "{pair:?}");
        assert_eq!(assets(&first, Action::Link), (450, 450), "{pair:?}");
        app.clock.advance_ms(10 * DAY_MS);
        let later = run(&app).await;
        assert_eq!(assets(&later, Action::Deactivate), (0, 0), "{pair:?}: nothing leaves use while they wait");
        app.apply(&app.plan().await).await;
        assert_eq!((psa.items().len(), app.linked(Kind::Asset).await), (450, 450), "{pair:?}");
        assert!(psa.items().iter().all(|item| item.active) && psa.duplicates().is_empty(), "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_40_customers_that_lose_their_4_devices_none_is_taken_out_of_use() {
    for pair in PAIRS {
        let (app, rmm, psa) = in_step(pair, 55, 4).await;
        let gone: Vec<String> =
            rmm.devices().into_iter().filter(|one| one.name.as_str() < "WS40").map(|one| one.id).collect();
        assert_eq!(rmm.remove_devices(gone.iter().map(String::as_str)), 160);
        for _ in 0..3 {
            run(&app).await;
            app.clock.advance_ms(10 * DAY_MS);
        }
        let last = run(&app).await;
        assert_eq!(assets(&last, Action::Deactivate), (160, 160), "{pair:?}: {:?}", last.plan.plan.totals);
        assert_eq!(psa.items().iter().filter(|item| item.active).count(), 220, "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_180_serial_numbers_that_change_at_once_none_is_written_unseen() {
    for pair in PAIRS {
        let (app, rmm, psa) = in_step(pair, 50, 9).await;
        let of = |pattern: &str| psa.canonical_state().iter().filter(|row| row.contains(pattern)).count();
        // All nine of 20 customers, as a maker's update does it.
        let all: Vec<_> = rmm.devices().into_iter().filter(|one| one.name.as_str() < "WS20").collect();
        assert_eq!(all.len(), 180);
        for (nth, device) in all.iter().enumerate() {
            rmm.set_serial(&device.id, Some(&format!("CN0ABCDEFGH{nth:04}")));
        }
        let held = run(&app).await;
        assert_eq!(assets(&held, Action::Update), (180, 180), "{pair:?}: {:?}", held.plan.plan.totals);
        assert_eq!((assets(&held, Action::Create), of("CN0ABCDEFGH")), ((0, 0), 0), "{pair:?}");
        app.apply(&app.plan().await).await;
        assert_eq!((psa.items().len(), of("CN0ABCDEFGH")), (450, 180), "{pair:?}: a person let them go");
    }
}
