//! The connector, built natively, against the simulated vendor over real HTTP.

use crosswalk_datto_rmm::DattoRmm as Rmm;
use crosswalk_sdk::testing::{self, Script, change, done, failed, field, http};
use crosswalk_sdk::{
    Body, Connector, Failure, Item, Kind, Method, Named, Operation, Request, Response, Selection, Value,
};
use crosswalk_sims::world::Device;
use crosswalk_sims::{DattoOptions, DattoRmm, Size, World};
use serde_json::json;
use std::collections::BTreeMap;

fn world() -> World {
    World::generate(Size::new(30, 45, 330), 7)
}

/// A host with a token, which it asks for as the manifest says the host program does.
fn host(sim: &DattoRmm, settings: &str) -> Script<'static> {
    let bases = || vec![("api", sim.url())];
    // base64 of "public-client:public"
    let login = http(bases(), vec![("authorization", "Basic cHVibGljLWNsaWVudDpwdWJsaWM=".to_owned())]);
    let form = format!("grant_type=password&username={}&password={}", sim.api_key(), sim.api_secret());
    let mut request = Request::new(Method::Post, "api", "/auth/oauth/token");
    request.headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
    request.body = Some(Body::Text(form));
    let reply: Response = login(&request).expect("a reply");
    let token: serde_json::Value = serde_json::from_str(reply.text()).expect("JSON");
    let bearer = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
    Script::new(settings, http(bases(), vec![("authorization", bearer)]))
}

fn all(host: &Script<'_>, kind: Kind, selection: Selection) -> Result<Vec<Item>, Failure> {
    testing::all::<Rmm>(host, kind, selection)
}

fn by_id(items: Vec<Item>) -> BTreeMap<String, Item> {
    items.into_iter().map(|item| (item.id.clone(), item)).collect()
}

fn serial(item: &Item) -> Option<&str> {
    match field(item, "serial-number") {
        Some(Value::Text(serial)) => Some(serial),
        Some(Value::Blank) => Some(""),
        _ => None,
    }
}

#[test]
fn everything_is_read_with_its_audits() {
    let world = world();
    for options in
        [DattoOptions::default(), DattoOptions { iso_dates: true, null_next_page: true, ..DattoOptions::default() }]
    {
        let sim = DattoRmm::start(&world, options).unwrap();
        let host = host(&sim, "{}");
        let customers = by_id(all(&host, Kind::Customer, Selection::Everything).unwrap());
        assert_eq!(customers.len(), world.organisations.len());
        let locations = by_id(all(&host, Kind::Location, Selection::Everything).unwrap());
        assert_eq!(locations.keys().collect::<Vec<_>>(), customers.keys().collect::<Vec<_>>());
        for (id, location) in &locations {
            assert_eq!((location.parent.as_ref(), &location.name), (Some(id), &customers[id].name));
        }

        sim.reset_counts();
        let assets = by_id(all(&host, Kind::Asset, Selection::Everything).unwrap());
        assert_eq!(assets.len(), world.devices.len());
        let counts = sim.counts();
        assert_eq!((counts.of("GET", "account/devices"), counts.of("GET", "audit/device/{uid}")), (4, 330));
        for device in &world.devices {
            let item = &assets[&device.id];
            let site = sim.site_of_organisation(world.site(device.site).unwrap().organisation);
            assert_eq!((&item.parent, &item.name), (&site, &device.name));
            assert_eq!(field(item, "location"), site.map(Value::Text).as_ref());
            assert_eq!(serial(item), device.serial.as_deref().map(str::trim));
            assert_eq!(field(item, "memory"), Some(&Value::Integer(device.memory_bytes)));
            assert!(matches!(field(item, "storage"), Some(Value::Json(_))));
            let macs = Value::Json(format!("[\"{}\"]", device.mac));
            assert_eq!(field(item, "mac-addresses"), Some(&macs));
            assert_eq!(matches!(field(item, "last-seen"), Some(Value::Time(_))), device.last_seen.is_some());
        }
        let logged_in =
            assets.values().filter(|item| matches!(field(item, "last-login"), Some(Value::Text(_)))).count();
        assert!(logged_in > 250 && logged_in < 330, "told of most: {logged_in}");
    }
}

#[test]
fn every_other_selection_finds_the_same_items() {
    let world = world();
    let sim = DattoRmm::start(&world, DattoOptions::default()).unwrap();
    let host = host(&sim, "{}");
    let device = &world.devices[3];
    let site = sim.site_of_device(&device.id).unwrap();
    let everything = by_id(all(&host, Kind::Asset, Selection::Everything).unwrap());
    let same = &everything[&device.id];

    let mine = by_id(all(&host, Kind::Asset, Selection::OfParent(site.clone())).unwrap());
    assert!(mine.values().all(|item| everything[&item.id] == *item));
    assert_eq!(mine.len(), everything.values().filter(|item| item.parent.as_ref() == Some(&site)).count());
    let ids = vec![device.id.clone(), "00000000-0000-0000-0000-000000000000".to_owned()];
    assert_eq!(all(&host, Kind::Asset, Selection::Ids(ids)).unwrap(), std::slice::from_ref(same));
    let named = |parent: Option<String>, name: &str| Selection::Named(Named { parent, name: name.to_owned() });
    assert!(all(&host, Kind::Asset, named(same.parent.clone(), &device.name)).unwrap().contains(same));
    assert!(all(&host, Kind::Asset, named(None, &device.name[..6])).unwrap().is_empty(), "a part is no name");
    assert!(all(&host, Kind::Asset, Selection::Search(device.name.to_lowercase())).unwrap().contains(same));

    let name = sim.sites().into_iter().find(|(uid, _)| *uid == site).unwrap().1;
    for kind in [Kind::Customer, Kind::Location] {
        assert_eq!(all(&host, kind, named(None, &name)).unwrap()[0].id, site);
        assert_eq!(all(&host, kind, Selection::Ids(vec![site.clone(), "nowhere".to_owned()])).unwrap().len(), 1);
        let part: String = name.chars().take(4).collect();
        assert!(all(&host, kind, Selection::Search(part)).unwrap().iter().any(|item| item.id == site));
    }
    assert_eq!(all(&host, Kind::Location, Selection::OfParent(site.clone())).unwrap().len(), 1);
    assert_eq!(all(&host, Kind::Customer, Selection::OfParent(site)).unwrap_err().case(), "unsupported");
    assert_eq!(Rmm::check(&host).unwrap().account, "Simulated MSP");
    assert_eq!(Rmm::choices(&host, "skip-sites").unwrap().len(), 30);
}

#[test]
fn what_the_operator_leaves_out_is_left_out() {
    let world = world();
    let sim = DattoRmm::start(&world, DattoOptions::default()).unwrap();
    let gone = sim.add_site("Deleted Devices");
    let (device, printer) = (&world.devices[0], &world.devices[1]);
    assert!(sim.move_device(&device.id, &gone) && sim.set_class(&printer.id, "printer"));
    let alert = sim.raise_alert(&device.id, "High", json!({"@class": "patch_ctx"}), 1_762_156_800).unwrap();
    let host = host(&sim, "{}");
    assert_eq!(all(&host, Kind::Customer, Selection::Everything).unwrap().len(), 30);
    let assets = by_id(all(&host, Kind::Asset, Selection::Everything).unwrap());
    assert!(!assets.contains_key(&device.id));
    assert_eq!(field(&assets[&printer.id], "type"), Some(&Value::Text("printer".to_owned())));
    assert_eq!(serial(&assets[&printer.id]), None, "it has no audit, and is there all the same");
    assert!(all(&host, Kind::Asset, Selection::Ids(vec![device.id.clone()])).unwrap().is_empty());
    assert!(all(&host, Kind::Alert, Selection::Everything).unwrap().iter().all(|item| item.id != alert));

    let host = self::host(&sim, r#"{"audits":false,"skip-sites":""}"#);
    sim.reset_counts();
    let assets = by_id(all(&host, Kind::Asset, Selection::Everything).unwrap());
    assert_eq!((assets.len(), sim.counts().total()), (330, 2));
    assert_eq!(
        (serial(&assets[&device.id]), all(&host, Kind::Customer, Selection::Everything).unwrap().len()),
        (None, 31)
    );
}

#[test]
fn sites_are_made_and_renamed_and_devices_moved() {
    let world = world();
    let sim = DattoRmm::start(&world, DattoOptions::default()).unwrap();
    let host = host(&sim, "{}");
    let mut create = change("1", Operation::Create, Kind::Customer);
    create.name = Some("O'Neil & Söhne".to_owned());
    let made = done(&Rmm::write(&host, vec![create]));
    assert!(sim.sites().contains(&(made[0].clone(), "O'Neil & Söhne".to_owned())));
    let mut rename = change("2", Operation::Update, Kind::Customer);
    (rename.target, rename.name) = (Some(made[0].clone()), Some("O'Neil Ltd".to_owned()));
    assert_eq!(done(&Rmm::write(&host, vec![rename.clone()])), made);
    assert!(sim.sites().contains(&(made[0].clone(), "O'Neil Ltd".to_owned())));
    assert!(host.asked().contains(&format!("GET /api/v2/site/{}", made[0])), "what is there is sent back");

    let device = &world.devices[0];
    let mut moved = change("3", Operation::Move, Kind::Asset);
    (moved.target, moved.parent) = (Some(device.id.clone()), Some(made[0].clone()));
    assert_eq!(done(&Rmm::write(&host, vec![moved.clone()])), std::slice::from_ref(&device.id));
    assert_eq!(sim.site_of_device(&device.id), Some(made[0].clone()));

    moved.parent = Some("nowhere".to_owned());
    assert_eq!(failed(&Rmm::write(&host, vec![moved])).case(), "not-found");
    rename.target = Some("nowhere".to_owned());
    assert_eq!(failed(&Rmm::write(&host, vec![rename])).case(), "not-found");
    let retire = change("4", Operation::Deactivate, Kind::Asset);
    assert_eq!(failed(&Rmm::write(&host, vec![retire])).case(), "unsupported");
    let nameless = change("5", Operation::Create, Kind::Customer);
    assert_eq!(failed(&Rmm::write(&host, vec![nameless])).case(), "rejected");
}

#[test]
fn an_alert_is_there_until_it_is_over_and_then_by_its_id() {
    let world = world();
    let sim = DattoRmm::start(&world, DattoOptions::default()).unwrap();
    let host = host(&sim, "{}");
    let open = |host: &Script<'_>| by_id(all(host, Kind::Alert, Selection::Everything).unwrap());
    let seeded = open(&host);
    assert!(seeded.len() >= 4);
    for item in seeded.values() {
        for name in ["asset", "priority", "raised", "message", "condition", "resolved"] {
            assert!(field(item, name).is_some_and(|value| *value != Value::Blank), "{name} of {item:?}");
        }
    }
    let device: &Device = &world.devices[20];
    let raise = |free: f64| {
        let context =
            json!({"@class": "perf_disk_usage_ctx", "diskName": "D:", "freeSpace": free, "unitOfMeasure": "PERCENT"});
        sim.raise_alert(&device.id, "Critical", context, 1_762_156_800).unwrap()
    };
    let (first, repeat) = (raise(4.0), raise(2.5));
    let now = open(&host);
    assert_eq!(now.len(), seeded.len() + 2);
    assert_eq!(field(&now[&first], "condition"), field(&now[&repeat], "condition"));
    assert_eq!(field(&now[&first], "asset"), Some(&Value::Text(device.id.clone())));
    assert_eq!(
        (&now[&first].parent, field(&now[&first], "resolved")),
        (&sim.site_of_device(&device.id), Some(&Value::Boolean(false)))
    );
    let of_site = by_id(all(&host, Kind::Alert, Selection::OfParent(now[&first].parent.clone().unwrap())).unwrap());
    assert_eq!(of_site.get(&first), now.get(&first));
    assert!(sim.resolve_alert(&first, 1_762_160_000));
    assert!(!open(&host).contains_key(&first));
    let ids = Selection::Ids(vec![first.clone(), repeat, "nothing".to_owned()]);
    let asked = by_id(all(&host, Kind::Alert, ids).unwrap());
    assert_eq!((asked.len(), field(&asked[&first], "resolved")), (2, Some(&Value::Boolean(true))));
    let write = change("1", Operation::Update, Kind::Alert);
    assert_eq!(failed(&Rmm::write(&host, vec![write])).case(), "unsupported");
}

#[test]
fn the_job_keeps_audits_so_that_a_read_costs_few_calls() {
    let sim = DattoRmm::start(&world(), DattoOptions::default()).unwrap();
    let host = host(&sim, "{}");
    let run = || {
        let mut payload = String::new();
        let mut pages = 0;
        loop {
            assert_eq!(Rmm::run(&host, "audits", &payload), Ok(Vec::new()));
            pages += 1;
            match host.woken.borrow_mut().pop() {
                Some((job, 0, next)) if job == "audits" => payload = next,
                Some((job, wait, same)) => {
                    assert_eq!((job.as_str(), wait, &same), ("audits", 60_000, &payload), "later, at the same place");
                    sim.faults().clear();
                }
                None => return pages,
            }
        }
    };
    let before = by_id(all(&host, Kind::Asset, Selection::Everything).unwrap());
    sim.faults().parse("throttle=path:/audit/,after:150,next:1").unwrap();
    assert_eq!(run(), 5, "four pages, one of them twice");
    let never_audited = before.values().filter(|item| field(item, "last-seen") == Some(&Value::Blank)).count();
    let audits = |sim: &DattoRmm| usize::try_from(sim.counts().of("GET", "audit/device/{uid}")).unwrap();
    sim.reset_counts();
    assert_eq!(by_id(all(&host, Kind::Asset, Selection::Everything).unwrap()), before);
    assert!(audits(&sim) == never_audited && never_audited < 20, "{never_audited} have no date to go by");

    let device = before.values().find(|item| field(item, "last-seen") != Some(&Value::Blank)).unwrap();
    sim.check_in_all(1_800_000_000);
    assert!(sim.set_serial(&device.id, Some("NEW-BOARD")));
    sim.reset_counts();
    let after = by_id(all(&host, Kind::Asset, Selection::Everything).unwrap());
    assert_eq!((serial(&after[&device.id]), audits(&sim)), (Some("NEW-BOARD"), never_audited + 1));
    assert_eq!(Rmm::run(&host, "gossip", "").unwrap_err().case(), "unsupported");
    sim.faults().parse("throttle=always,retry-after:7").unwrap();
    assert_eq!(Rmm::run(&host, "audits", ""), Ok(Vec::new()));
    assert_eq!(host.woken.borrow_mut().pop(), Some(("audits".to_owned(), 7000, String::new())));
}

#[test]
fn what_goes_wrong_is_told_as_it_is() {
    let sim = DattoRmm::start(&world(), DattoOptions::default()).unwrap();
    let host = host(&sim, "{}");
    for (fault, case) in [
        ("throttle=always", "throttled"),
        ("server-error=always", "unavailable"),
        ("server-error=status:403", "denied"),
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
    // Devices are listed and their audits are not given: the page fails, rather than tell of devices without serials.
    sim.faults().parse("throttle=path:/audit/,after:5").unwrap();
    assert_eq!(all(&host, Kind::Asset, Selection::Everything).unwrap_err().case(), "throttled");
    sim.faults().clear();
    sim.expire_tokens();
    assert_eq!(Rmm::check(&host).unwrap_err().case(), "denied");
}

#[test]
fn no_change_costs_more_calls_than_are_described() {
    let world = world();
    let sim = DattoRmm::start(&world, DattoOptions::default()).unwrap();
    let host = host(&sim, "{}");
    let mut create = change("1", Operation::Create, Kind::Customer);
    create.name = Some("Acme".to_owned());
    let made = done(&Rmm::write(&host, vec![create.clone()])).remove(0);
    let mut rename = change("2", Operation::Update, Kind::Customer);
    (rename.target, rename.name) = (Some(made.clone()), Some("Acme Ltd".to_owned()));
    create.name = Some("Bolt".to_owned());
    let mut moved = change("3", Operation::Move, Kind::Asset);
    (moved.target, moved.parent) = (Some(world.devices[0].id.clone()), Some(made));
    for changes in [[create, rename].as_slice(), &[moved]] {
        let (most, described) = testing::costs::<Rmm>(&host, changes);
        assert_eq!(most, described, "{:?}", changes[0].kind);
    }
}
