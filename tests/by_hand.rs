//! Worlds that a test writes down by hand: both vendors hold what is written, a run brings them in step, and what happens to a
//! device or a customer by name happens at the vendor.

use crate::harness::TestApp;
use crate::harness::pair::{Psa, Rmm};
use crosswalk::model::{Kind, SyncRules};
use crosswalk_sims::{Existing, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_world_written_by_hand_is_brought_in_step() {
    for (rmm, psa) in [("pulseway-rmm", "pulseway-psa"), ("datto-rmm", "autotask")] {
        let world = World::by_hand()
            .customer("Acme Ltd")
            .device("PC-1", "PF3XK9Q2")
            .mac("A4:BB:6D:00:00:01")
            .site("Branch")
            .device("PC-2", "")
            .customer("Contoso Ltd")
            .devices("WS", 3)
            .build();
        let existing = Existing::by_hand()
            .account("Acme Ltd")
            .location("Head Office")
            .item("STOCK-0815", "PF3XK9Q2")
            .mac("A4BB6D000001")
            .build();
        let (rmm, psa) = (Rmm::start(rmm, &world), Psa::start(psa, &existing));
        let app = TestApp::start().await;
        app.join(rmm.connection("rmm"), psa.connection("psa"), SyncRules::default()).await;
        app.bring_in_step().await;

        assert_eq!(psa.items().len(), 5, "{:?}", psa.items());
        let known = psa.items().into_iter().find(|item| item.name == "PC-1").expect("it took the device's name");
        assert_eq!(app.link_target(Kind::Asset, &rmm.device("PC-1").id).await, Some(known.id));
        assert!(psa.duplicates().is_empty(), "{:?}", psa.duplicates());
    }
}

#[test]
fn what_happens_to_a_device_by_name_happens_at_the_vendor() {
    let world = World::by_hand().customer("Acme").device("PC-1", "S-1").device("PC-2", "S-2").devices("WS", 4).build();
    for rmm in ["pulseway-rmm", "datto-rmm"] {
        let rmm = Rmm::start(rmm, &world);
        let old = rmm.device("PC-1");
        let new = rmm.renew_device(&old.id);
        assert_ne!(new, old.id);
        assert_eq!(rmm.device("PC-1").id, new);
        rmm.set_serial(&new, Some("S-9"));
        assert_eq!(rmm.serial_of(&new).as_deref(), Some("S-9"));
        rmm.set_serial(&new, None);
        assert_eq!(rmm.serial_of(&new), None);

        let customer = rmm.renew_customer(&old.customer);
        assert_eq!(rmm.customers(), [(customer.clone(), "Acme".to_owned())]);
        assert!(rmm.devices().iter().all(|device| device.customer == customer));
        let gone: Vec<String> = (1..=4).map(|nth| rmm.device(&format!("WS-00{nth}")).id).collect();
        assert_eq!(rmm.remove_devices(gone.iter().map(String::as_str)), 4);
        assert_eq!(rmm.devices().len(), 2);
    }
}
