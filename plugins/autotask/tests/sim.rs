//! The connector, built natively, against the simulated vendor over real HTTP.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

/// Services on contracts, and what is billed by them.
#[path = "sim/usage.rs"]
mod usage;

use crosswalk_autotask::Autotask as Psa;
use crosswalk_sdk::testing::{self, Script, change, done, failed, field, http, text};
use crosswalk_sdk::{Change, Connector, Failure, Field, Item, Kind, Named, Operation, Selection, Value};
use crosswalk_sims::{Autotask, PsaOptions, Size, World};

const SETTINGS: &str = r#"{"user":"api@msp.example","owner-resource-id":29682885,"udf-last-login":"RMM Last User",
    "udf-last-seen":"RMM Last Seen","udf-storage":"RMM Storage","default-phone":"000"}"#;

fn start(options: PsaOptions) -> Autotask {
    let world = World::generate(Size::new(60, 90, 6000), 7);
    Autotask::start(&world.existing_in_psa(1.0, 7), options).unwrap()
}

fn host(sim: &Autotask, settings: &str) -> Script<'static> {
    let headers = vec![
        ("ApiIntegrationCode", sim.integration_code().to_owned()),
        ("UserName", sim.user().to_owned()),
        ("Secret", sim.secret().to_owned()),
    ];
    Script::new(settings, http(vec![("discovery", sim.url())], headers))
}

fn all(host: &Script<'_>, kind: Kind, selection: Selection) -> Result<Vec<Item>, Failure> {
    testing::all::<Psa>(host, kind, selection)
}

#[test]
fn everything_is_read_page_by_page() {
    for last_page_is_empty in [false, true] {
        let sim = start(PsaOptions { last_page_is_empty, ..PsaOptions::default() });
        let host = host(&sim, SETTINGS);
        for (kind, entity) in
            [(Kind::Customer, "Companies"), (Kind::Location, "CompanyLocations"), (Kind::Asset, "ConfigurationItems")]
        {
            let items = all(&host, kind, Selection::Everything).unwrap();
            assert_eq!(items.len(), sim.len(entity), "{entity}");
            assert!(items.iter().all(|item| !item.name.is_empty()), "{entity}");
        }
        assert!(sim.len("ConfigurationItems") > 500, "more than one page, not {}", sim.len("ConfigurationItems"));
        assert_eq!(sim.counts().writes, 0);
        let zones = host.asked().iter().filter(|line| line.contains("zoneInformation")).count();
        assert_eq!(zones, 1);
    }
}

fn create_all(host: &Script<'_>) -> (String, String, String, Change) {
    let mut customer = change("c", Operation::Create, Kind::Customer);
    customer.name = Some("Zoë's Bäckerei GmbH".to_owned());
    customer.fields = vec![text("city", "Leeds"), text("website", "zoe.example")];
    let company = done(&Psa::write(host, vec![customer])).remove(0);
    let mut location = change("l", Operation::Create, Kind::Location);
    location.parent = Some(company.clone());
    location.name = Some("Main bakery".to_owned());
    location.fields = vec![text("address-1", "1 The Headrow"), text("city", "Leeds")];
    let site = done(&Psa::write(host, vec![location])).remove(0);
    let mut asset = change("a", Operation::Create, Kind::Asset);
    asset.parent = Some(company.clone());
    asset.name = Some("OVEN-1".to_owned());
    asset.stamp = Some("rmm:1f0c".to_owned());
    asset.fields = vec![
        text("location", &site),
        text("type", "server"),
        text("serial-number", "PF3X9Z12"),
        text("last-login", "zoë"),
        Field { name: "last-seen".to_owned(), value: Value::Time("2025-11-03T08:00:00Z".to_owned()) },
        Field { name: "storage".to_owned(), value: Value::Json(r#"[{"name":"C:","total":5,"free":1}]"#.to_owned()) },
    ];
    let item = done(&Psa::write(host, vec![asset.clone()])).remove(0);
    (company, site, item, asset)
}

#[test]
fn what_is_written_reads_back_the_same() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, SETTINGS);
    let (company, site, item, written) = create_all(&host);

    let customer = all(&host, Kind::Customer, Selection::Ids(vec![company.clone()])).unwrap().remove(0);
    assert_eq!(customer.name, "Zoë's Bäckerei GmbH");
    assert_eq!(field(&customer, "phone"), Some(&Value::Blank), "the placeholder is no telephone number");
    assert_eq!(field(&customer, "active"), Some(&Value::Boolean(true)));
    assert_eq!(field(&customer, "city"), Some(&Value::Text("Leeds".to_owned())));

    let found = Named { parent: Some(company.clone()), name: "Main bakery".to_owned() };
    let location = all(&host, Kind::Location, Selection::Named(found)).unwrap().remove(0);
    assert_eq!((location.id.as_str(), location.parent.as_deref()), (site.as_str(), Some(company.as_str())));

    let asset =
        all(&host, Kind::Asset, Selection::Stamps(vec!["rmm:1f0c".to_owned(), "other".to_owned()])).unwrap().remove(0);
    assert_eq!((asset.id.as_str(), asset.stamp.as_deref()), (item.as_str(), Some("rmm:1f0c")));
    for wrote in &written.fields {
        assert_eq!(field(&asset, &wrote.name), Some(&wrote.value), "{}", wrote.name);
    }

    let mut update = change("u", Operation::Update, Kind::Asset);
    update.target = Some(item.clone());
    update.fields = vec![text("last-login", "bob"), Field { name: "location".to_owned(), value: Value::Blank }];
    done(&Psa::write(&host, vec![update]));
    let asset = all(&host, Kind::Asset, Selection::Ids(vec![item.clone()])).unwrap().remove(0);
    assert_eq!(field(&asset, "last-login"), Some(&Value::Text("bob".to_owned())));
    assert_eq!(field(&asset, "location"), Some(&Value::Blank));
    assert_eq!(field(&asset, "serial-number"), Some(&Value::Text("PF3X9Z12".to_owned())), "left as it was");
    assert_eq!(asset.stamp.as_deref(), Some("rmm:1f0c"));

    for (operation, active) in [(Operation::Deactivate, false), (Operation::Reactivate, true)] {
        for (kind, id, parent) in
            [(Kind::Asset, &item, &company), (Kind::Location, &site, &company), (Kind::Customer, &company, &company)]
        {
            let mut change = change("x", operation, kind);
            change.target = Some(id.clone());
            change.parent = Some(parent.clone());
            done(&Psa::write(&host, vec![change]));
            let item = all(&host, kind, Selection::Ids(vec![id.clone()])).unwrap().remove(0);
            assert_eq!(field(&item, "active"), Some(&Value::Boolean(active)));
        }
    }
}

#[test]
fn what_a_person_changed_in_an_item_since_it_was_read_is_a_conflict_and_the_rest_of_the_batch_goes_on() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, SETTINGS);
    let (_, site, item, written) = create_all(&host);
    let mut others = Vec::new();
    for number in 2..=4 {
        let mut create = written.clone();
        create.id = format!("a{number}");
        create.name = Some(format!("OVEN-{number}"));
        create.stamp = Some(format!("rmm:1f0c-{number}"));
        others.extend(done(&Psa::write(&host, vec![create])));
    }
    let id = |id: &str| id.parse::<i64>().unwrap();
    let read = || all(&host, Kind::Asset, Selection::Ids(vec![item.clone()])).unwrap().remove(0);
    let decided = |of: &str, before: Vec<Field>| {
        let mut update = change(of, Operation::Update, Kind::Asset);
        update.target = Some(of.to_owned());
        update.fields = vec![text("serial-number", "SN-NEW")];
        update.before = before;
        update
    };
    let last_login = |text: &str| Field { name: "last-login".to_owned(), value: Value::Text(text.to_owned()) };
    // A person changes the serial of one, the name of another and a field of their own of a third; the fourth is as it was.
    assert!(sim.edit("ConfigurationItems", id(&item), "serialNumber", &serde_json::json!("TYPED")));
    assert!(sim.edit("ConfigurationItems", id(&others[0]), "referenceTitle", &serde_json::json!("RENAMED")));
    let changes = vec![
        decided(&item, vec![text("serial-number", "PF3X9Z12")]),
        decided(&others[0], vec![text("name", "OVEN-2"), text("serial-number", "PF3X9Z12")]),
        decided(&others[1], vec![last_login("bob")]),
        decided(
            &others[2],
            vec![text("name", "OVEN-4"), text("serial-number", "PF3X9Z12"), last_login("zoë"), text("location", &site)],
        ),
    ];
    let before = host.asked().len();
    let outcomes = Psa::write(&host, changes.clone());
    for (at, words) in [
        "it was `PF3X9Z12`, and is `TYPED` now",
        "it was `OVEN-2`, and is `RENAMED` now",
        "it was `bob`, and is `zoë` now",
    ]
    .iter()
    .enumerate()
    {
        let failure = failed(std::slice::from_ref(&outcomes[at]));
        assert_eq!((failure.case(), failure.message().contains(words)), ("conflict", true), "{failure:?}");
    }
    assert_eq!(done(std::slice::from_ref(&outcomes[3])), [others[2].clone()]);
    assert_eq!(host.asked().len() - before, 2, "one question for all, one write: {:?}", &host.asked()[before..]);
    assert_eq!(field(&read(), "serial-number"), Some(&Value::Text("TYPED".to_owned())));

    // Retired and taken back in the same way; where it is as wanted already, it is written.
    let mut retire = change("r", Operation::Deactivate, Kind::Asset);
    retire.target = Some(item.clone());
    retire.before = vec![text("serial-number", "PF3X9Z12")];
    assert_eq!(failed(&Psa::write(&host, vec![retire.clone()])).case(), "conflict");
    retire.before =
        vec![text("serial-number", "TYPED"), Field { name: "active".to_owned(), value: Value::Boolean(true) }];
    done(&Psa::write(&host, vec![retire]));
    assert_eq!(field(&read(), "active"), Some(&Value::Boolean(false)));
    let ours = decided(&item, vec![text("serial-number", "PF3X9Z12")]);
    assert!(sim.edit("ConfigurationItems", id(&item), "serialNumber", &serde_json::json!("SN-NEW")));
    done(&Psa::write(&host, vec![ours.clone()]));
    // Without a precondition nothing is asked, and what cannot be asked is not written.
    let before = host.asked().len();
    done(&Psa::write(&host, vec![decided(&item, Vec::new())]));
    assert_eq!(host.asked().len() - before, 1);
    sim.faults().parse("server-error=always,path:ConfigurationItems/query").unwrap();
    let writes = sim.counts().writes;
    assert_eq!(failed(&Psa::write(&host, vec![ours])).case(), "unavailable");
    assert_eq!(sim.counts().writes, writes);
    sim.faults().clear();
    // One that is gone is told as gone.
    assert!(sim.delete("ConfigurationItems", id(&item)));
    let outcome = Psa::write(&host, vec![decided(&item, vec![text("serial-number", "SN-NEW")])]);
    assert_eq!(failed(&outcome).case(), "not-found");
}

#[test]
fn every_other_selection_is_answered() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, &SETTINGS.replace('{', r#"{"stamp-place":"reference-number","company-stamp":"number","#));
    let (company, site, item, _) = create_all(&host);
    let ids =
        |kind, selection| -> Vec<String> { all(&host, kind, selection).unwrap().into_iter().map(|i| i.id).collect() };
    assert_eq!(ids(Kind::Asset, Selection::OfParent(company.clone())), std::slice::from_ref(&item));
    assert_eq!(ids(Kind::Location, Selection::OfParent(company.clone())).last(), Some(&site));
    assert_eq!(ids(Kind::Asset, Selection::Stamps(vec!["rmm:1f0c".to_owned()])), std::slice::from_ref(&item));
    assert_eq!(ids(Kind::Asset, Selection::Search("oven".to_owned())), std::slice::from_ref(&item));
    assert_eq!(ids(Kind::Customer, Selection::Search("bäckerei".to_owned())), std::slice::from_ref(&company));
    assert_eq!(ids(Kind::Location, Selection::Search("bakery".to_owned())), std::slice::from_ref(&site));
    let named = |name: &str| Selection::Named(Named { parent: None, name: name.to_owned() });
    assert_eq!(ids(Kind::Customer, named("Zoë's Bäckerei GmbH")), std::slice::from_ref(&company));
    assert_eq!(
        ids(Kind::Customer, named("zoe\u{308}'s bäckerei gmbh")),
        std::slice::from_ref(&company),
        "as it may be kept"
    );
    assert_eq!(ids(Kind::Customer, named("Zoë's Bäckerei")), [""; 0], "the whole name");
    assert_eq!(ids(Kind::Asset, named("OVEN-1")), std::slice::from_ref(&item));
    assert_eq!(
        ids(Kind::Asset, Selection::ChangedSince("2000-01-01T00:00:00Z".to_owned())).len(),
        sim.len("ConfigurationItems")
    );
    assert_eq!(ids(Kind::Asset, Selection::ChangedSince("2999-01-01T00:00:00Z".to_owned())), [""; 0]);
    assert_eq!(ids(Kind::Customer, Selection::Ids(vec!["no-id".to_owned()])), [""; 0]);
    assert_eq!(ids(Kind::Customer, Selection::Ids(vec!["0".to_owned()])), ["0"], "the MSP itself");
    let long: Vec<String> = (0..500).map(|n| format!("rmm:{n}")).collect();
    assert_eq!(ids(Kind::Asset, Selection::Stamps(long)), [""; 0]);
    assert_eq!(all(&host, Kind::Location, Selection::Stamps(vec!["x".to_owned()])).unwrap_err().case(), "unsupported");
}

#[test]
fn refusals_name_the_field_and_the_cure() {
    let sim = start(PsaOptions { products: vec!["Managed Workstation".to_owned()], ..PsaOptions::default() });
    let host = host(&sim, SETTINGS);
    let mut asset = change("a", Operation::Create, Kind::Asset);
    asset.parent = Some("0".to_owned());
    asset.name = Some("PC".to_owned());
    asset.fields = vec![text("type", "server")];
    let Failure::Rejected(rejection) = failed(&Psa::write(&host, vec![asset.clone()])) else { panic!("not rejected") };
    assert_eq!(rejection.problems[0].field, "type");
    assert!(rejection.message.contains("server-product"), "{}", rejection.message);

    let others = sim.locations().into_iter().find(|location| location["companyID"] != 0).unwrap();
    asset.fields = vec![text("location", &others["id"].to_string())];
    let Failure::Rejected(rejection) = failed(&Psa::write(&host, vec![asset.clone()])) else { panic!("not rejected") };
    assert_eq!(rejection.problems[0].field, "location");

    asset.operation = Operation::Move;
    assert_eq!(failed(&Psa::write(&host, vec![asset])).case(), "unsupported");

    let wrong_udf = SETTINGS.replace("RMM Last User", "No Such Field");
    let host = self::host(&sim, &wrong_udf);
    let mut asset = change("a", Operation::Create, Kind::Asset);
    asset.parent = Some("0".to_owned());
    asset.name = Some("PC".to_owned());
    asset.fields = vec![text("last-login", "bob")];
    let failure = failed(&Psa::write(&host, vec![asset]));
    assert_eq!(failure.case(), "unsupported");
    assert!(failure.message().contains("No Such Field"), "{}", failure.message());

    let host = self::host(&sim, &SETTINGS.replace('{', r#"{"company-type":"Nonsense","#));
    let mut customer = change("c", Operation::Create, Kind::Customer);
    customer.name = Some("X".to_owned());
    let failure = failed(&Psa::write(&host, vec![customer]));
    assert!(failure.message().contains("Customer, Lead"), "{}", failure.message());
}

#[test]
fn what_goes_wrong_is_told_as_it_is() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, SETTINGS);
    all(&host, Kind::Customer, Selection::Everything).unwrap();
    for (fault, case) in [
        ("throttle=always", "throttled"),
        ("server-error=always", "unavailable"),
        ("unauthorized=always", "denied"),
        ("html-ok=always", "unavailable"),
        ("html-error=always", "unavailable"),
        ("half-page=always", "unavailable"),
        ("drop-connection=always", "unavailable"),
    ] {
        sim.faults().parse(fault).unwrap();
        assert_eq!(all(&host, Kind::Customer, Selection::Everything).unwrap_err().case(), case, "{fault}");
        sim.faults().clear();
    }
    sim.faults().parse("lost-reply=always").unwrap();
    let mut customer = change("c", Operation::Create, Kind::Customer);
    customer.name = Some("Made all the same".to_owned());
    assert_eq!(failed(&Psa::write(&host, vec![customer.clone()])).case(), "unavailable");
    sim.faults().clear();
    let named = Named { parent: None, name: "Made all the same".to_owned() };
    assert_eq!(all(&host, Kind::Customer, Selection::Named(named)).unwrap().len(), 1, "and found again by its name");
    sim.faults().parse("server-error=always").unwrap();
    assert_eq!(failed(&Psa::write(&host, vec![customer])).case(), "unavailable");
    sim.faults().clear();
    sim.deny("Companies");
    assert_eq!(all(&host, Kind::Customer, Selection::Everything).unwrap_err().case(), "denied");
}

const DESK: &str = r#"{"user":"api@msp.example","owner-resource-id":29682885,"ticket-queue":"monitoring","priority-normal":"Medium",
    "priority-low":"3","priority-critical":"Critical","ticket-type":"Alert","ticket-source":"8","note-type":"Task Notes"}"#;

#[test]
fn contracts_are_read_with_their_days() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, SETTINGS);
    let contracts = all(&host, Kind::Contract, Selection::Everything).unwrap();
    assert_eq!(contracts.len(), sim.len("Contracts"));
    let company = sim.companies().iter().find_map(|row| row["id"].as_i64().filter(|id| id % 4 == 2)).unwrap();
    let of_company = all(&host, Kind::Contract, Selection::OfParent(company.to_string())).unwrap();
    let told: Vec<(&str, Option<&Value>, Option<&Value>)> =
        of_company.iter().map(|item| (item.name.as_str(), field(item, "active"), field(item, "cancelled"))).collect();
    let (yes, no) = (Some(&Value::Boolean(true)), Some(&Value::Boolean(false)));
    assert_eq!(told, [("Block of Hours", no, yes), ("Managed Services", yes, no)]);
    let one = all(&host, Kind::Contract, Selection::Ids(vec![of_company[1].id.clone()])).unwrap().remove(0);
    assert_eq!(one, of_company[1]);
    assert_eq!(one.parent, Some(company.to_string()));
    assert_eq!(field(&one, "type"), Some(&Value::Text("Recurring Service".to_owned())));
    assert_eq!(field(&one, "starts"), Some(&Value::Time("2024-09-29T00:00:00Z".to_owned())));
    let names = host.asked().iter().filter(|line| line.contains("entityInformation")).count();
    assert_eq!(names, 1, "labels are remembered");
    let in_force = |days: u64| {
        host.now_ms.set(1_762_156_800_000 + days * 86_400_000);
        let items = all(&host, Kind::Contract, Selection::OfParent(company.to_string())).unwrap();
        items.iter().filter(|item| field(item, "active") == yes).count()
    };
    assert_eq!((in_force(3650), in_force(3651)), (1, 0), "to the end of its last day");
    let change = change("1", Operation::Deactivate, Kind::Contract);
    assert_eq!(failed(&Psa::write(&host, vec![change])).case(), "unsupported");
}

/// An alert's ticket for a configuration item that stands somewhere, and the item.
fn alert(sim: &Autotask) -> (Change, serde_json::Value) {
    let item = sim.configuration_items().into_iter().find(|item| item["companyLocationID"].is_i64()).unwrap();
    let mut create = change("t", Operation::Create, Kind::Ticket);
    create.parent = Some(item["companyID"].to_string());
    create.name = Some("SRV-1: disk C: 4 % free".to_owned());
    create.stamp = Some("cw:rmm/alert:8812".to_owned());
    create.fields = vec![
        text("asset", &item["id"].to_string()),
        text("description", "Disk C: has 4 % left.\nSince 08:00."),
        text("priority", "critical"),
    ];
    (create, item)
}

fn update(ticket: &str, fields: Vec<Field>) -> Change {
    let mut change = change("u", Operation::Update, Kind::Ticket);
    (change.target, change.fields) = (Some(ticket.to_owned()), fields);
    change
}

fn closed(yes: bool) -> Field {
    Field { name: "closed".to_owned(), value: Value::Boolean(yes) }
}

#[test]
fn a_ticket_is_opened_noted_and_closed() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, DESK);
    let (create, item) = alert(&sim);
    let id = done(&Psa::write(&host, vec![create.clone()])).remove(0);
    let raw = sim.tickets().remove(0);
    for (name, value) in [
        ("companyID", item["companyID"].clone()),
        ("companyLocationID", item["companyLocationID"].clone()),
        ("configurationItemID", item["id"].clone()),
        ("queueID", 8.into()),
        ("priority", 4.into()),
        ("status", 1.into()),
        ("source", 8.into()),
        ("ticketType", 5.into()),
        ("externalID", "cw:rmm/alert:8812".into()),
        ("dueDateTime", "2025-11-04T08:00:00.000Z".into()),
    ] {
        assert_eq!(raw[name], value, "{name}");
    }

    let one = |selection| all(&host, Kind::Ticket, selection).unwrap();
    let now = || one(Selection::Ids(vec![id.clone()])).remove(0);
    let ticket = now();
    assert_eq!((ticket.id.as_str(), ticket.stamp.as_deref()), (id.as_str(), Some("cw:rmm/alert:8812")));
    assert_eq!((&ticket.name, &ticket.parent), (create.name.as_ref().unwrap(), &create.parent));
    for wrote in &create.fields {
        assert_eq!(field(&ticket, &wrote.name), Some(&wrote.value), "{}", wrote.name);
    }
    assert_eq!(field(&ticket, "status"), Some(&Value::Text("New".to_owned())));
    assert_eq!(field(&ticket, "closed"), Some(&Value::Boolean(false)));
    assert!(matches!(field(&ticket, "number"), Some(Value::Text(number)) if number.starts_with("T20")));
    for selection in [
        Selection::Stamps(vec!["cw:rmm/alert:8812".to_owned()]),
        Selection::OfParent(create.parent.clone().unwrap()),
        Selection::Everything,
        Selection::Search("DISK c".to_owned()),
        Selection::ChangedSince("2025-01-01T00:00:00Z".to_owned()),
    ] {
        assert_eq!(one(selection.clone()), std::slice::from_ref(&ticket), "{selection:?}");
    }
    assert_eq!(one(Selection::ChangedSince("2999-01-01T00:00:00Z".to_owned())), []);

    let activity = || field(&now(), "last-activity").cloned().unwrap();
    let mut last = activity();
    let mut moves = |what: &str| {
        let now = activity();
        assert_ne!(std::mem::replace(&mut last, now.clone()), now, "{what}");
    };
    let pause = || std::thread::sleep(std::time::Duration::from_millis(3)); // the vendor's times are in milliseconds
    pause();
    done(&Psa::write(&host, vec![update(&id, vec![text("note", "Raised again: 2 times by now.\n\nDisk C:")])]));
    moves("a note of ours");
    let note = sim.notes(id.parse().unwrap()).remove(0);
    assert_eq!((&note["publish"], &note["noteType"]), (&2.into(), &3.into()), "for the MSP's own people");
    assert_eq!(note["title"], "Raised again: 2 times by now.");
    pause();
    assert!(sim.add_note(id.parse().unwrap(), "On my way"));
    moves("a technician's note");
    pause();
    assert!(sim.set_ticket_status(id.parse().unwrap(), 8));
    moves("a technician's status");
    assert_eq!(field(&now(), "status"), Some(&Value::Text("In Progress".to_owned())));

    let both = update(&id, vec![text("note", "It is over."), closed(true), text("priority", "low")]);
    done(&Psa::write(&host, vec![both]));
    assert_eq!(field(&now(), "closed"), Some(&Value::Boolean(true)));
    let again = update(&id, vec![text("note", "It is back."), closed(false)]);
    assert_eq!(done(&Psa::write(&host, vec![again])), std::slice::from_ref(&id));
    assert_eq!(
        (field(&now(), "closed"), field(&now(), "status")),
        (Some(&Value::Boolean(false)), Some(&Value::Text("New".to_owned())))
    );
    assert_eq!(done(&Psa::write(&host, vec![update(&id, vec![closed(true)])])), std::slice::from_ref(&id));
    assert_eq!(field(&now(), "priority"), Some(&Value::Text("low".to_owned())));
    assert_eq!(sim.notes(id.parse().unwrap()).len(), 4);
    assert_eq!(one(Selection::Everything), [], "what is complete is past");
    assert_eq!(one(Selection::Stamps(vec!["cw:rmm/alert:8812".to_owned()])).len(), 1);
}

#[test]
fn what_a_ticket_lacks_is_said_with_the_setting_that_gives_it() {
    let sim = start(PsaOptions::default());
    let (create, _) = alert(&sim);
    let refusal = |settings: &str, change: &Change| {
        let failure = failed(&Psa::write(&host(&sim, settings), vec![change.clone()]));
        assert_eq!(failure.case(), "rejected", "{failure:?}");
        failure.message().to_owned()
    };
    assert!(refusal(SETTINGS, &create).contains("`ticket-queue`"));
    let no_priority = r#"{"user":"api@msp.example","ticket-queue":"8"}"#;
    assert!(refusal(no_priority, &create).contains("`priority-normal`"));
    let no_such_queue = refusal(&DESK.replace("monitoring", "Old Desk"), &create);
    assert!(
        no_such_queue.ends_with("`ticket-queue` to one of Client Portal, Monitoring, Service Desk"),
        "{no_such_queue}"
    );
    assert_eq!(sim.len("Tickets"), 0);

    let host = host(&sim, DESK);
    let mut elsewhere = create.clone();
    elsewhere.parent = Some("0".to_owned());
    let Failure::Rejected(rejection) = failed(&Psa::write(&host, vec![elsewhere])) else { panic!("not rejected") };
    assert_eq!(rejection.problems[0].field, "asset", "{}", rejection.message);

    let mut normal = create.clone();
    normal.fields.retain(|field| field.name == "description");
    normal.fields.push(text("priority", "elevated"));
    let id = done(&Psa::write(&host, vec![normal])).remove(0);
    let ticket = all(&host, Kind::Ticket, Selection::Ids(vec![id.clone()])).unwrap().remove(0);
    assert_eq!(field(&ticket, "priority"), Some(&Value::Text("normal".to_owned())), "nothing is chosen for elevated");

    let no_note_type = DESK.replace("note-type", "x");
    assert!(refusal(&no_note_type, &update(&id, vec![text("note", "n")])).contains("`note-type`"));
    let mut retire = update(&id, Vec::new());
    retire.operation = Operation::Deactivate;
    assert_eq!(failed(&Psa::write(&host, vec![retire])).case(), "unsupported");
    assert_eq!(done(&Psa::write(&host, vec![update(&id, Vec::new())])), [id], "nothing was asked for");
}

#[test]
fn a_note_that_fails_is_never_lost_in_silence() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, DESK);
    let (create, _) = alert(&sim);
    let id = done(&Psa::write(&host, vec![create])).remove(0);
    let note = || text("note", "n");
    assert_eq!(failed(&Psa::write(&host, vec![update("999999", vec![note()])])).case(), "not-found");
    sim.deny("TicketNotes");
    assert_eq!(
        failed(&Psa::write(&host, vec![update(&id, vec![note()])])).case(),
        "rejected",
        "a note alone is the change, and its refusal nobody else's"
    );
    assert_eq!(done(&Psa::write(&host, vec![update(&id, vec![note(), closed(true)])])), std::slice::from_ref(&id));
    assert!(host.logged.borrow().iter().any(|line| line.contains("but not its note")), "{:?}", host.logged);
    assert_eq!((sim.tickets()[0]["status"].clone(), sim.notes(id.parse().unwrap()).len()), (5.into(), 0));
    sim.deny("Tickets");
    let asked = sim.counts().writes;
    assert_eq!(failed(&Psa::write(&host, vec![update(&id, vec![note(), closed(true)])])).case(), "rejected");
    assert_eq!(sim.counts().writes, asked + 1, "no note for a ticket that was refused");
}

#[test]
fn a_ticket_whose_reply_was_lost_is_found_by_its_key() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, DESK);
    let (create, _) = alert(&sim);
    sim.faults().parse("lost-reply=always").unwrap();
    assert_eq!(failed(&Psa::write(&host, vec![create.clone()])).case(), "unavailable");
    sim.faults().clear();
    let found = all(&host, Kind::Ticket, Selection::Stamps(vec![create.stamp.unwrap()])).unwrap();
    assert_eq!((found.len(), sim.duplicates()), (1, Vec::new()));
}

#[test]
fn the_account_answers_and_offers_its_lists() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, SETTINGS);
    let identity = Psa::check(&host).unwrap();
    assert_eq!(identity.account, "Simulated MSP");
    assert!(identity.detail.unwrap().contains("of 10000 calls"));
    let labels = |setting: &str| -> Vec<String> {
        Psa::choices(&host, setting).unwrap().into_iter().map(|choice| choice.label).collect()
    };
    assert!(labels("company-type").contains(&"Customer".to_owned()));
    assert!(!labels("company-type").contains(&"Reseller".to_owned()), "no longer in use");
    assert_eq!(labels("udf-storage"), ["RMM Device Key", "RMM Last User", "RMM Last Seen", "RMM Storage"]);
    assert_eq!(labels("ticket-queue"), ["Client Portal", "Monitoring", "Service Desk"]);
    assert_eq!(labels("priority-low"), ["Medium", "High", "Low", "Critical"]);
    assert_eq!(labels("note-publish"), ["All Autotask Users", "Internal Project Team"]);
    assert!(labels("owner-resource-id").iter().any(|label| label.contains("Olga Owner")));
    let nobody = self::host(&sim, &SETTINGS.replace("api@msp.example", "nobody@msp.example"));
    assert_eq!(Psa::check(&nobody).unwrap_err().case(), "denied");
}

#[test]
fn no_change_costs_more_calls_than_are_described() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, DESK);
    // What is looked up once is known from then on.
    let (company, site, item, asset) = create_all(&host);
    let decided = |operation, kind, id: &str, before: &str| {
        let mut change = change("u", operation, kind);
        (change.target, change.parent) = (Some(id.to_owned()), Some(company.clone()));
        (change.name, change.before) = (Some("New name".to_owned()), vec![text("name", before)]);
        change
    };
    let new = |kind, name: &str| {
        let mut create = change("c", Operation::Create, kind);
        (create.parent, create.name) = (Some(company.clone()), Some(name.to_owned()));
        create
    };
    let assets = [Change { stamp: None, ..asset }, decided(Operation::Update, Kind::Asset, &item, "OVEN-1")];
    let sites =
        [new(Kind::Location, "Second bakery"), decided(Operation::Update, Kind::Location, &site, "Main bakery")];
    let customers = [
        Change { parent: None, ..new(Kind::Customer, "Second customer") },
        decided(Operation::Update, Kind::Customer, &company, "Zoë's Bäckerei GmbH"),
    ];
    for changes in [assets.as_slice(), &sites, &customers] {
        let (most, described) = testing::costs::<Psa>(&host, changes);
        assert_eq!(most, described, "{:?}", changes[0].kind);
    }
    let (create, _) = alert(&sim);
    let ticket = done(&Psa::write(&host, vec![create.clone()])).remove(0);
    let note = |text_: &str, is_over| update(&ticket, vec![text("note", text_), closed(is_over)]);
    done(&Psa::write(&host, vec![note("It is back.", false)]));
    let note = note("It is over.", true);
    let (most, described) = testing::costs::<Psa>(&host, &[Change { stamp: None, ..create }, note]);
    assert_eq!(most, described, "tickets");
}
