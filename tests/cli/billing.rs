//! Billing by usage on the command line: what wrong names, days and files get, and that nothing
//! was stored of them. How it goes when all is right is in `walk_usage`.

use crate::harness::licences::{Licences, map_all};
use crate::harness::program::Program;
use crate::harness::{SYNC, TestApp, sync};

/// Vendors, and a host with everything mapped, and the program over the same folder.
async fn mapped(customers: usize) -> (Licences, TestApp, Program) {
    let licences = Licences::start(customers);
    let app = licences.host().await;
    map_all(&app, &licences).await;
    let program = Licences::program_over(app.folder.path());
    (licences, app, program)
}

#[test]
fn explore() {
    let licences = Licences::start(6);
    let program = licences.program();
    let run = |line: &str| println!("$ crosswalk {line}\n{}", program.run(line).whole());
    run("plan rmm-to-psa");
    run("customer list rmm-to-psa");
    run("customer accept rmm-to-psa");
    run("product list rmm-to-psa");
    run("product find rmm-to-psa intercept");
    run("product accept rmm-to-psa --score 0.5");
    run("customer list rmm-to-psa");
    let (tenant, account) = licences.pairs().remove(0);
    run(&format!("customer contracts rmm-to-psa {}", tenant.id));
    run(&format!("customer map rmm-to-psa {} --to {account} --contract {}", tenant.id, licences.contract(account)));
    for product in program.run("product list rmm-to-psa --json").json().as_array().unwrap() {
        if product["target"].is_null() {
            run(&format!("product create rmm-to-psa {}", product["source"].as_str().unwrap()));
        }
    }
    run("plan rmm-to-psa");
    run("plan --show 2");
    run("usage list rmm-to-psa");
    run("apply 2 --release first-run --yes --kind product");
    run("plan rmm-to-psa");
    run("plan --show 3");
    run("usage list rmm-to-psa");
    run("usage approve rmm-to-psa --all");
    run("usage approve rmm-to-psa --all --yes");
    run("usage list rmm-to-psa");
    run("usage approve rmm-to-psa --all --held --yes");
    run("usage list rmm-to-psa");
    licences.vendor.rename_tenant(&tenant.id, "New Name Ltd");
    let (product, quantity) = licences.billed(&tenant.id).remove(0);
    licences.vendor.set_quantity(&tenant.id, &product, quantity + 3);
    run(&format!("customer refresh rmm-to-psa {}", tenant.id));
    run("plan rmm-to-psa");
    run(&format!("usage approve rmm-to-psa {} --yes", tenant.id));
    run(&format!("usage approve rmm-to-psa {} --effective 2027-01-01", tenant.id));
    run(&format!("usage approve rmm-to-psa {} --effective 2027-01-01 --yes", tenant.id));
    run(&format!("usage history rmm-to-psa {}", tenant.id));
    run(&format!("usage history rmm-to-psa {} --format csv", tenant.id));
    run("customer export rmm-to-psa");
    run("customer list rmm-to-psa");
    run("connection help licences");
    run("sync show rmm-to-psa");
    run("customer edit rmm-to-psa --all --usage off");
    run("usage dismiss rmm-to-psa --all");
    run("connection --help");
    licences.psa.faults().parse("").ok();
    panic!();
}

#[tokio::test]
async fn the_two_doors_see_the_same_lines() {
    let (licences, app, program) = mapped(6).await;
    app.apply(&app.plan().await).await;
    app.plan().await;
    let lines = app.tenant.usage_list(&sync(), &crosswalk::engine::UsageFilter::default()).await.expect("lines");
    let told = program.run(&format!("usage list {SYNC} --json")).ends(0).json();
    assert_eq!(told.as_array().expect("a list").len(), lines.len());
    for (tenant, account) in licences.pairs() {
        println!(
            "{} {:?} {:?}",
            tenant.name,
            licences.billed(&tenant.id),
            licences.on_contract(licences.contract(account))
        );
    }
}
