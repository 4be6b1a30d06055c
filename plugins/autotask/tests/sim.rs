//! The connector, built natively, against the simulated vendor over real HTTP.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

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
    assert_eq!(ids(Kind::Customer, named("zoë's bäckerei gmbh")), [""; 0], "exactly that name");
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
    assert!(labels("owner-resource-id").iter().any(|label| label.contains("Olga Owner")));
    let nobody = self::host(&sim, &SETTINGS.replace("api@msp.example", "nobody@msp.example"));
    assert_eq!(Psa::check(&nobody).unwrap_err().case(), "denied");
}
