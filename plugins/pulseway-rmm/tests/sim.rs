//! The connector, built natively, against the simulated vendor over real HTTP.

use base64::Engine as _;
use crosswalk_pulseway_rmm::PulsewayRmm as Rmm;
use crosswalk_sdk::testing::{self, Script, change, done, field, http, text};
use crosswalk_sdk::{Connector, Failure, Item, Kind, Named, Operation, Selection, Value};
use crosswalk_sims::{PulsewayRmm, RmmOptions, Size, World};
use std::collections::BTreeMap;

fn world() -> World {
    World::generate(Size::new(120, 230, 730), 7)
}

fn host(sim: &PulsewayRmm) -> Script<'static> {
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", sim.token_id(), sim.token_secret()));
    let headers = vec![("authorization", format!("Basic {login}"))];
    Script::new("{}", http(vec![("api", format!("{}/api/v3", sim.url()))], headers))
}

fn all(host: &Script<'_>, kind: Kind, selection: Selection) -> Result<Vec<Item>, Failure> {
    testing::all::<Rmm>(host, kind, selection)
}

#[test]
fn everything_is_read_and_joined() {
    let world = world();
    for options in [
        RmmOptions::default(),
        RmmOptions {
            asset_site_id: false,
            plain_ip_addresses: false,
            sections_on_request: true,
            ..RmmOptions::default()
        },
    ] {
        let sim = PulsewayRmm::start(&world, options).unwrap();
        let host = host(&sim);
        let customers = all(&host, Kind::Customer, Selection::Everything).unwrap();
        assert_eq!(customers.len(), world.organisations.len());
        let locations = all(&host, Kind::Location, Selection::Everything).unwrap();
        assert_eq!(locations.len(), world.sites.len());

        host.forget();
        let assets: BTreeMap<String, Item> = all(&host, Kind::Asset, Selection::Everything)
            .unwrap()
            .into_iter()
            .map(|item| (item.id.clone(), item))
            .collect();
        assert_eq!(host.requests.borrow().len(), 16, "8 pages of each list, nothing asked twice");
        assert_eq!(assets.len(), world.devices.len());
        for device in &world.devices {
            let item = &assets[&device.id];
            let site = world.site(device.site).unwrap();
            assert_eq!(item.parent, Some(site.organisation.to_string()));
            assert_eq!(item.name, device.name);
            assert_eq!(field(item, "location"), Some(&Value::Text(site.id.to_string())));
            let serial = device.serial.as_deref().map(str::trim);
            let told = match field(item, "serial-number") {
                Some(Value::Text(serial)) => Some(serial.as_str()),
                Some(Value::Blank) => Some(""),
                _ => None,
            };
            assert_eq!(told, serial, "{}", device.id);
            assert_eq!(field(item, "memory"), Some(&Value::Integer(device.memory_bytes)));
            assert!(matches!(field(item, "storage"), Some(Value::Json(_))));
            assert!(matches!(field(item, "local-ips"), Some(Value::Json(_))), "{item:?}");
            assert_eq!(matches!(field(item, "last-seen"), Some(Value::Time(_))), device.last_seen.is_some());
            assert_eq!(field(item, "last-login"), None);
        }
    }
}

#[test]
fn every_other_selection_finds_the_same_items() {
    let world = world();
    let sim = PulsewayRmm::start(&world, RmmOptions::default()).unwrap();
    let host = host(&sim);
    let device = &world.devices[3];
    let site = world.site(device.site).unwrap();
    let organisation = world.organisation(site.organisation).unwrap();

    let mine = all(&host, Kind::Asset, Selection::OfParent(organisation.id.to_string())).unwrap();
    let expected = world.devices.iter().filter(|d| world.site(d.site).unwrap().organisation == organisation.id).count();
    assert_eq!(mine.len(), expected);
    assert!(mine.iter().all(|item| field(item, "memory").is_some()));
    let everything = all(&host, Kind::Asset, Selection::Everything).unwrap();
    let same = everything.iter().find(|item| item.id == device.id).unwrap();
    let ids = vec![device.id.clone(), "00000000-0000-0000-0000-000000000000".to_owned()];
    assert_eq!(all(&host, Kind::Asset, Selection::Ids(ids)).unwrap(), std::slice::from_ref(same));
    let named = Named { parent: same.parent.clone(), name: device.name.clone() };
    assert!(all(&host, Kind::Asset, Selection::Named(named)).unwrap().contains(same));
    assert!(all(&host, Kind::Asset, Selection::Search(device.name.to_lowercase())).unwrap().contains(same));

    let named = Named { parent: Some(organisation.id.to_string()), name: site.name.clone() };
    let found = all(&host, Kind::Location, Selection::Named(named)).unwrap();
    assert_eq!(found.iter().map(|item| item.id.clone()).collect::<Vec<_>>(), [site.id.to_string()]);
    let ids = vec![organisation.id.to_string(), "999999".to_owned(), "no-id".to_owned()];
    assert_eq!(all(&host, Kind::Customer, Selection::Ids(ids)).unwrap().len(), 1);
    let named = Named { parent: None, name: organisation.name.clone() };
    assert_eq!(all(&host, Kind::Customer, Selection::Named(named)).unwrap()[0].id, organisation.id.to_string());
}

#[test]
fn organisations_and_sites_are_made_and_changed() {
    for replies_object in [true, false] {
        let options = RmmOptions { write_replies_object: replies_object, ..RmmOptions::default() };
        let sim = PulsewayRmm::start(&world(), options).unwrap();
        let host = host(&sim);
        let mut create = change("1", Operation::Create, Kind::Customer);
        create.name = Some("O'Neil & Söhne".to_owned());
        let made = done(&Rmm::write(&host, vec![create.clone()]));
        assert!(sim.organisations().contains(&(made[0].parse().unwrap(), "O'Neil & Söhne".to_owned())));

        let mut site = change("2", Operation::Create, Kind::Location);
        site.name = Some("Leeds".to_owned());
        site.parent = Some(made[0].clone());
        site.fields = vec![text("city", "Leeds"), text("phone", "0113")];
        let made_site = done(&Rmm::write(&host, vec![site]));
        assert!(sim.sites().contains(&(made_site[0].parse().unwrap(), made[0].parse().unwrap(), "Leeds".to_owned())));

        let mut update = change("3", Operation::Update, Kind::Location);
        update.target = Some(made_site[0].clone());
        update.parent = Some(made[0].clone());
        update.fields = vec![text("address-1", "1 The Headrow")];
        assert_eq!(done(&Rmm::write(&host, vec![update])), made_site);
        let now = &all(&host, Kind::Location, Selection::Ids(made_site)).unwrap()[0];
        assert_eq!(now.name, "Leeds");
        assert_eq!(field(now, "city"), Some(&Value::Text("Leeds".to_owned())));
        assert_eq!(field(now, "address-1"), Some(&Value::Text("1 The Headrow".to_owned())));

        let mut rename = change("4", Operation::Update, Kind::Customer);
        rename.target = Some(made[0].clone());
        rename.name = Some("O'Neil Ltd".to_owned());
        assert_eq!(done(&Rmm::write(&host, vec![rename])), made);
        assert!(sim.organisations().contains(&(made[0].parse().unwrap(), "O'Neil Ltd".to_owned())));
    }
}

#[test]
fn a_notification_is_an_alert_of_its_device() {
    let world = world();
    let sim = PulsewayRmm::start(&world, RmmOptions::default()).unwrap();
    let host = host(&sim);
    let device = &world.devices[4].id;
    let now = i64::try_from(host.now_ms.get() / 1000).unwrap();
    let raise = |message: &str, at: i64| sim.raise_notification(device, "Elevated", message, at).unwrap().to_string();
    let old = raise("CPU usage is 91 %", now - 4 * 86_400);
    let first = raise("CPU usage is 97 %", now - 60);
    let repeat = raise("CPU usage is 95 %", now - 10);
    let other = raise("Job 1 failed", now);
    let alerts = |selection| -> BTreeMap<String, Item> {
        let items = all(&host, Kind::Alert, selection).unwrap();
        items.into_iter().map(|item| (item.id.clone(), item)).collect()
    };
    let recent = alerts(Selection::Everything);
    assert!(recent.contains_key(&first) && !recent.contains_key(&old), "three days");
    let condition = |id: &str| field(&recent[id], "condition").cloned();
    assert_eq!(condition(&first), condition(&repeat));
    assert_ne!(condition(&first), condition(&other));
    assert_eq!(field(&recent[&first], "asset"), Some(&Value::Text(device.clone())));
    assert_eq!(field(&recent[&first], "priority"), Some(&Value::Text("elevated".to_owned())));
    assert_eq!((&recent[&first].parent, field(&recent[&first], "resolved")), (&None, None));

    host.forget();
    let since = alerts(Selection::ChangedSince("2025-11-03T07:59:30Z".to_owned()));
    assert_eq!(since.keys().collect::<Vec<_>>(), [&repeat, &other]);
    assert_eq!(host.requests.borrow().len(), 3, "a page, and one call for each that is new");
    assert_eq!(alerts(Selection::Ids(vec![old.clone(), "1".to_owned()])).keys().collect::<Vec<_>>(), [&old]);
    assert_eq!(Rmm::run(&host, "notifications", ""), Ok(Vec::new()));
    host.forget();
    assert_eq!(alerts(Selection::Everything), recent);
    assert_eq!(host.requests.borrow().len(), 1, "of which device they are is known");
    sim.forbid_collection("notifications");
    assert_eq!(all(&host, Kind::Alert, Selection::Everything).unwrap_err().case(), "denied");
}

#[test]
fn what_goes_wrong_is_told_as_it_is() {
    let sim = PulsewayRmm::start(&world(), RmmOptions::default()).unwrap();
    let host = host(&sim);
    for (fault, case) in [
        ("throttle=always", "throttled"),
        ("server-error=always", "unavailable"),
        ("unauthorized=always", "denied"),
        ("html-ok=always", "unavailable"),
        ("html-error=always", "unavailable"),
        ("half-page=always", "unavailable"),
        ("drop-connection=always", "unavailable"),
        ("cut-body=always", "unavailable"),
    ] {
        sim.faults().parse(fault).unwrap();
        for kind in [Kind::Customer, Kind::Location, Kind::Asset, Kind::Alert] {
            assert_eq!(all(&host, kind, Selection::Everything).unwrap_err().case(), case, "{fault}");
        }
        sim.faults().clear();
    }
    sim.forbid_collection("assets");
    assert_eq!(all(&host, Kind::Asset, Selection::Everything).unwrap_err().case(), "denied");
    assert!(Rmm::check(&host).is_ok());
}

#[test]
fn no_change_costs_more_calls_than_are_described() {
    let sim = PulsewayRmm::start(&world(), RmmOptions::default()).unwrap();
    let host = host(&sim);
    let new = |kind, parent: Option<&str>, name: &str| {
        let mut create = change("c", Operation::Create, kind);
        (create.parent, create.name) = (parent.map(str::to_owned), Some(name.to_owned()));
        create
    };
    let organisation = done(&Rmm::write(&host, vec![new(Kind::Customer, None, "Acme")])).remove(0);
    let site = done(&Rmm::write(&host, vec![new(Kind::Location, Some(&organisation), "Leeds")])).remove(0);
    let renamed = |kind, id: &str| {
        let mut rename = new(kind, Some(&organisation), "Renamed");
        (rename.operation, rename.target) = (Operation::Update, Some(id.to_owned()));
        rename
    };
    let customers = [new(Kind::Customer, None, "Bolt"), renamed(Kind::Customer, &organisation)];
    let sites = [new(Kind::Location, Some(&organisation), "York"), renamed(Kind::Location, &site)];
    for changes in [&customers, &sites] {
        let (most, described) = testing::costs::<Rmm>(&host, changes);
        assert_eq!(most, described, "{:?}", changes[0].kind);
    }
}
