//! The connector, built natively, against the simulated vendor over real HTTP. The token the host would get is attached here.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use crosswalk_pulseway_psa::PulsewayPsa as Psa;
use crosswalk_sdk::testing::{self, Script, change, failed, field, http, text};
use crosswalk_sdk::{
    Change, Connector, Failure, Field, Item, Kind, Named, Operation, Outcome, Query, Selection, Value,
};
use crosswalk_sims::{BmsOptions, PulsewayPsa, Size, World};
use serde_json::json;

const SETTINGS: &str = r#"{"tenant":"Simulated MSP","business-type":"Small business","account-manager":"Olga Owner"}"#;

fn start(options: BmsOptions) -> PulsewayPsa {
    let world = World::generate(Size::new(60, 90, 900), 7);
    PulsewayPsa::start(&world.existing_in_psa(1.0, 7), options).unwrap()
}

fn host(sim: &PulsewayPsa, settings: &str) -> Script<'static> {
    let headers = vec![("Authorization", format!("Bearer {}", sim.access_token()))];
    Script::new(settings, http(vec![("api", sim.url())], headers))
}

fn with(settings: &str) -> String {
    SETTINGS.replacen('{', &format!("{{{settings},"), 1)
}

fn all(host: &Script<'_>, kind: Kind, selection: Selection) -> Result<Vec<Item>, Failure> {
    testing::all::<Psa>(host, kind, selection)
}

fn one(host: &Script<'_>, kind: Kind, id: &str) -> Item {
    all(host, kind, Selection::Ids(vec![id.to_owned()])).unwrap().remove(0)
}

fn ids(host: &Script<'_>, kind: Kind, selection: Selection) -> Vec<String> {
    all(host, kind, selection).unwrap().into_iter().map(|item| item.id).collect()
}

fn named(parent: Option<&str>, name: &str) -> Selection {
    Selection::Named(Named { parent: parent.map(str::to_owned), name: name.to_owned() })
}

fn told(name: &str, value: Value) -> Field {
    Field { name: name.to_owned(), value }
}

fn done(outcomes: &[Outcome]) -> String {
    testing::done(outcomes).remove(0)
}

fn of(operation: Operation, kind: Kind, target: &str, fields: Vec<Field>) -> Change {
    let mut change = change("x", operation, kind);
    change.target = Some(target.to_owned());
    change.fields = fields;
    change
}

/// An account; its id and its location's.
fn account(host: &Script<'_>, name: &str) -> (String, String) {
    let mut customer = change("c", Operation::Create, Kind::Customer);
    customer.name = Some(name.to_owned());
    customer.fields = vec![text("city", "Leeds"), text("phone", "0113 1"), text("website", "acme.example")];
    let id = done(&Psa::write(host, vec![customer]));
    let location = all(host, Kind::Location, Selection::OfParent(id.clone())).unwrap().remove(0);
    (id, location.id)
}

fn new_asset(account: &str) -> Change {
    let mut asset = change("a", Operation::Create, Kind::Asset);
    asset.parent = Some(account.to_owned());
    asset.name = Some("OVEN-1".to_owned());
    asset.stamp = Some("rmm:1f0c".to_owned());
    asset.fields = vec![
        text("type", "server"),
        text("serial-number", "PF3X9Z12"),
        text("model", "R640"),
        text("operating-system", "Windows Server 2022"),
        text("last-login", "zoë"),
        text("public-ip", "203.0.113.7"),
        told("last-seen", Value::Time("2025-11-03T08:00:00Z".to_owned())),
        told("local-ips", Value::Json(r#"["10.0.0.5"]"#.to_owned())),
        told("mac-addresses", Value::Json(r#"["00:11:22:33:44:55","00:11:22:33:44:56"]"#.to_owned())),
    ];
    asset
}

#[test]
fn everything_is_read_page_by_page_whatever_the_vendor_tells_in_its_lists() {
    for options in [
        BmsOptions::default(),
        BmsOptions { list_has_locations: true, searchselect_total: true, text_plain: true, ..BmsOptions::default() },
        BmsOptions { max_page_size: 20, bare_summary: true, failures_as_200: false, ..BmsOptions::default() },
    ] {
        let sim = start(options);
        let host = host(&sim, SETTINGS);
        for (kind, entity) in [(Kind::Customer, "accounts"), (Kind::Location, "locations"), (Kind::Asset, "assets")] {
            let items = all(&host, kind, Selection::Everything).unwrap();
            assert_eq!(items.len(), sim.len(entity), "{entity}");
            assert!(items.iter().all(|item| !item.name.is_empty()), "{entity}");
        }
        assert!(sim.len("assets") > 100, "more than one page, not {}", sim.len("assets"));
        assert_eq!(sim.counts().writes, 0);
    }
}

#[test]
fn the_list_alone_costs_a_call_for_a_hundred_assets() {
    let sim = start(BmsOptions::default());
    let full = all(&host(&sim, SETTINGS), Kind::Asset, Selection::Everything).unwrap();
    assert!(sim.counts().of("GET", "hardwareasset/{id}") as usize == full.len());
    sim.reset_counts();
    let listed = all(&host(&sim, &with(r#""asset-read":"listed""#)), Kind::Asset, Selection::Everything).unwrap();
    assert_eq!(sim.counts().of("GET", "hardwareasset/{id}"), 0);
    assert_eq!(sim.counts().of("GET", "hardwareasset/searchselect"), full.len().div_ceil(100) as u64);
    let lost = host(&sim, &with(r#""asset-read":"listed","server-category":"Mainframe""#));
    let untyped = all(&lost, Kind::Asset, Selection::Everything).unwrap();
    assert!(untyped.iter().all(|item| field(item, "type") != Some(&Value::Text("server".to_owned()))));
    let lookups = sim.counts().of("GET", "lookup");
    all(&lost, Kind::Asset, Selection::Everything).unwrap();
    assert_eq!(sim.counts().of("GET", "lookup"), lookups, "what is not there is not asked for again");
    for (listed, full) in listed.iter().zip(&full) {
        assert_eq!((&listed.id, &listed.name, &listed.parent), (&full.id, &full.name, &full.parent));
        for told in &listed.fields {
            assert_eq!(Some(&told.value), field(full, &told.name), "{}", told.name);
        }
        assert_eq!(field(listed, "location"), None, "it is told by name only");
    }
}

#[test]
fn what_is_written_reads_back_the_same() {
    let sim = start(BmsOptions::default());
    let host = host(&sim, SETTINGS);
    let (acme, main) = account(&host, "Zoë's Bäckerei GmbH");
    let customer = one(&host, Kind::Customer, &acme);
    assert_eq!(customer.name, "Zoë's Bäckerei GmbH");
    assert_eq!(field(&customer, "city"), Some(&Value::Text("Leeds".to_owned())));
    assert_eq!(field(&customer, "active"), Some(&Value::Boolean(true)));

    let written = new_asset(&acme);
    let id = done(&Psa::write(&host, vec![written.clone()]));
    let asset = one(&host, Kind::Asset, &id);
    assert_eq!((asset.parent.as_deref(), asset.stamp.as_deref()), (Some(acme.as_str()), Some("rmm:1f0c")));
    assert_eq!(field(&asset, "location"), Some(&Value::Text(main)), "the main one, where none is told");
    for wrote in &written.fields {
        assert_eq!(field(&asset, &wrote.name), Some(&wrote.value), "{}", wrote.name);
    }

    // What a person, or the vendor, has put there besides survives an update.
    let number: i64 = id.parse().unwrap();
    sim.edit("assets", number, "warrantyExpirationDate", &json!("2027-01-01T00:00:00Z"));
    sim.edit("assets", number, "chassisType", &json!("Rack"));
    let fields = vec![text("last-login", "bob"), told("model", Value::Blank)];
    done(&Psa::write(&host, vec![of(Operation::Update, Kind::Asset, &id, fields)]));
    let asset = one(&host, Kind::Asset, &id);
    assert_eq!(field(&asset, "last-login"), Some(&Value::Text("bob".to_owned())));
    assert_eq!(field(&asset, "model"), Some(&Value::Blank));
    assert_eq!(field(&asset, "serial-number"), Some(&Value::Text("PF3X9Z12".to_owned())), "left as it was");
    assert_eq!(asset.stamp.as_deref(), Some("rmm:1f0c"));
    let kept = sim.hardware_assets().into_iter().find(|asset| asset["id"] == number).unwrap();
    assert_eq!((&kept["chassisType"], &kept["categoryId"]), (&json!("Rack"), &json!(12)));
    assert_eq!(kept["warrantyExpirationDate"], "2027-01-01T00:00:00Z");

    for (operation, active) in [(Operation::Deactivate, false), (Operation::Reactivate, true)] {
        for (kind, id) in [(Kind::Asset, &id), (Kind::Customer, &acme)] {
            done(&Psa::write(&host, vec![of(operation, kind, id, Vec::new())]));
            assert_eq!(field(&one(&host, kind, id), "active"), Some(&Value::Boolean(active)));
        }
    }
    let mut renamed =
        of(Operation::Update, Kind::Customer, &acme, vec![text("number", "Z1"), told("website", Value::Blank)]);
    renamed.name = Some("Zoë AG".to_owned());
    done(&Psa::write(&host, vec![renamed]));
    let customer = one(&host, Kind::Customer, &acme);
    assert_eq!((customer.name.as_str(), field(&customer, "website")), ("Zoë AG", Some(&Value::Blank)));
    assert_eq!(sim.duplicates(), []);
}

#[test]
fn an_asset_moves_with_what_it_has() {
    let sim = start(BmsOptions::default());
    let host = host(&sim, SETTINGS);
    let ((acme, _), (bolt, there)) = (account(&host, "Acme"), account(&host, "Bolt"));
    let id = done(&Psa::write(&host, vec![new_asset(&acme)]));
    let annexe = sim.add_location(bolt.parse().unwrap(), "Annexe").to_string();
    for (fields, location) in [(Vec::new(), &there), (vec![text("location", &annexe)], &annexe)] {
        let mut to = of(Operation::Move, Kind::Asset, &id, fields);
        to.parent = Some(bolt.clone());
        assert_eq!(done(&Psa::write(&host, vec![to])), id);
        let asset = one(&host, Kind::Asset, &id);
        assert_eq!(
            (asset.parent.as_ref(), field(&asset, "location")),
            (Some(&bolt), Some(&Value::Text(location.clone())))
        );
        assert_eq!((asset.stamp.as_deref(), asset.name.as_str()), (Some("rmm:1f0c"), "OVEN-1"));
    }
    // An update leaves it where it is, by whatever account the change still names.
    let mut stays = of(Operation::Update, Kind::Asset, &id, vec![text("description", "x")]);
    stays.parent = Some(acme);
    done(&Psa::write(&host, vec![stays]));
    assert_eq!(field(&one(&host, Kind::Asset, &id), "location"), Some(&Value::Text(annexe)));
}

#[test]
fn every_other_selection_is_answered() {
    for filters_contain in [true, false] {
        let sim = start(BmsOptions { filters_contain, ..BmsOptions::default() });
        let host = host(&sim, &with(r#""stamp-place":"machine-group","account-stamp":"account-code""#));
        let (acme, main) = account(&host, "Acme Bakers");
        let id = done(&Psa::write(&host, vec![new_asset(&acme)]));
        let mut stamped = of(Operation::Update, Kind::Customer, &acme, Vec::new());
        stamped.stamp = Some("rmm:7".to_owned());
        done(&Psa::write(&host, vec![stamped]));
        assert_eq!(
            ids(&host, Kind::Customer, Selection::Stamps(vec!["rmm:7".to_owned(), "rmm:8".to_owned()])),
            [acme.as_str()]
        );
        assert_eq!(
            ids(&host, Kind::Asset, Selection::Stamps(vec!["x".to_owned(), "rmm:1f0c".to_owned()])),
            [id.as_str()]
        );
        assert_eq!(ids(&host, Kind::Asset, Selection::OfParent(acme.clone())), [id.as_str()]);
        assert_eq!(ids(&host, Kind::Asset, named(Some(&acme), "OVEN-1")), [id.as_str()]);
        assert_eq!(ids(&host, Kind::Asset, named(Some(&acme), "oven-1")), [id.as_str()], "in any case");
        assert_eq!(ids(&host, Kind::Asset, named(Some(&acme), "OVEN")), [""; 0], "the whole name");
        assert_eq!(ids(&host, Kind::Customer, named(None, "Acme Bakers")), [acme.as_str()]);
        assert_eq!(ids(&host, Kind::Location, named(Some(&acme), "Main")), [main.as_str()]);
        if filters_contain {
            assert_eq!(ids(&host, Kind::Asset, Selection::Search("oven".to_owned())), [id.as_str()]);
            assert_eq!(ids(&host, Kind::Customer, Selection::Search("bakers".to_owned())), [acme.as_str()]);
        }
        assert_eq!(
            ids(&host, Kind::Customer, Selection::ChangedSince("2026-01-01T00:00:00Z".to_owned())),
            [acme.as_str()]
        );
        assert_eq!(ids(&host, Kind::Customer, Selection::ChangedSince("2999-01-01T00:00:00Z".to_owned())), [""; 0]);
        for kind in [Kind::Customer, Kind::Asset, Kind::Ticket] {
            assert_eq!(ids(&host, kind, Selection::Ids(vec!["no-id".to_owned(), "5".to_owned()])), [""; 0]);
        }
        for kind in [Kind::Location, Kind::Contract] {
            assert_eq!(all(&host, kind, Selection::Stamps(vec!["x".to_owned()])).unwrap_err().case(), "unsupported");
        }
        let contract = sim.add_contract(acme.parse().unwrap(), "Care", "Active", 0, 86_400_000);
        let contracts = all(&host, Kind::Contract, Selection::OfParent(acme.clone())).unwrap();
        assert_eq!((contracts.len(), &contracts[0].id), (1, &contract.to_string()));
        assert_eq!(field(&contracts[0], "ends"), Some(&Value::Time("1970-01-02T00:00:00Z".to_owned())));
        assert_eq!(field(&contracts[0], "type"), Some(&Value::Text("Recurring Services".to_owned())));
    }
}

#[test]
fn refusals_name_the_field_and_the_cure() {
    let sim = start(BmsOptions::default());
    let host = host(&sim, SETTINGS);
    let ((acme, _), (_, elsewhere)) = (account(&host, "Acme"), account(&host, "Bolt"));
    let mut asset = new_asset(&acme);
    asset.fields.push(text("location", &elsewhere));
    let Failure::Rejected(rejection) = failed(&Psa::write(&host, vec![asset])) else { panic!("not rejected") };
    assert_eq!(rejection.problems[0].field, "location");

    let mut location = change("l", Operation::Create, Kind::Location);
    location.parent = Some(acme.clone());
    let failure = failed(&Psa::write(&host, vec![location]));
    assert!(failure.case() == "unsupported" && failure.message().contains("by hand"), "{failure:?}");

    let wrong = self::host(&sim, &with(r#""server-category":"Mainframe""#));
    let Failure::Rejected(rejection) = failed(&Psa::write(&wrong, vec![new_asset(&acme)])) else {
        panic!("not rejected")
    };
    assert_eq!(rejection.problems[0].field, "type");
    assert!(rejection.message.contains("Workstation, Server"), "{}", rejection.message);

    let bare = self::host(&sim, "{}");
    let failure = failed(&Psa::write(&bare, vec![change("c", Operation::Create, Kind::Customer)]));
    assert!(failure.message().contains("set `business-type`"), "{failure:?}");
    let gone = of(Operation::Update, Kind::Asset, "5", vec![text("model", "x")]);
    assert_eq!(failed(&Psa::write(&host, vec![gone])).case(), "not-found");
}

fn ticket(account: &str, asset: Option<&str>) -> Change {
    let mut ticket = change("t", Operation::Create, Kind::Ticket);
    ticket.parent = Some(account.to_owned());
    ticket.name = Some("Disk full".to_owned());
    ticket.stamp = Some("alert:9".to_owned());
    ticket.fields = vec![text("priority", "critical"), text("description", "C: is full")];
    ticket.fields.extend(asset.map(|asset| text("asset", asset)));
    ticket
}

#[test]
fn a_ticket_is_made_at_its_asset_noted_and_closed() {
    for filters_contain in [true, false] {
        let sim = start(BmsOptions { filters_contain, ..BmsOptions::default() });
        let host = host(&sim, &with(r#""ticket-queue":"Monitoring""#));
        host.now_ms.set(crosswalk_sims::clock::now_ms() as u64);
        let (acme, main) = account(&host, "Acme");
        let annexe = sim.add_location(acme.parse().unwrap(), "Annexe");
        let mut asset = new_asset(&acme);
        asset.fields.push(text("location", &annexe.to_string()));
        let asset = done(&Psa::write(&host, vec![asset]));
        let id = done(&Psa::write(&host, vec![ticket(&acme, Some(&asset))]));
        let made = sim.tickets().remove(0);
        assert_eq!((&made["title"], &made["locationId"]), (&json!("Disk full [ref:alert:9]"), &json!(annexe)));
        assert_eq!((&made["sourceId"], &made["queueId"], &made["priorityId"]), (&json!(5), &json!(42), &json!(34)));

        let stamps = Selection::Stamps(vec!["alert:8".to_owned(), "alert:9".to_owned()]);
        let read = all(&host, Kind::Ticket, stamps).unwrap().remove(0);
        assert_eq!(
            (read.id.as_str(), read.name.as_str(), read.stamp.as_deref()),
            (id.as_str(), "Disk full", Some("alert:9"))
        );
        for (name, value) in [
            ("asset", Value::Text(asset.clone())),
            ("number", Value::Text("T00000001".to_owned())),
            ("status", Value::Text("New".to_owned())),
            ("priority", Value::Text("critical".to_owned())),
            ("description", Value::Text("C: is full".to_owned())),
            ("closed", Value::Boolean(false)),
        ] {
            assert_eq!(field(&read, name), Some(&value), "{name}");
        }
        assert!(matches!(field(&read, "last-activity"), Some(Value::Time(_))));

        let fields = vec![text("note", "It happened again."), text("priority", "low")];
        done(&Psa::write(&host, vec![of(Operation::Update, Kind::Ticket, &id, fields)]));
        let note = sim.rows("notes").remove(0);
        assert_eq!((&note["details"], &note["isInternal"]), (&json!("It happened again."), &json!(true)));
        assert_eq!(field(&one(&host, Kind::Ticket, &id), "priority"), Some(&Value::Text("low".to_owned())));
        let mut renamed = of(Operation::Update, Kind::Ticket, &id, Vec::new());
        renamed.name = Some("Disk still full".to_owned());
        done(&Psa::write(&host, vec![renamed]));
        assert_eq!(sim.tickets()[0]["title"], "Disk still full [ref:alert:9]", "its reference stays");

        assert_eq!(ids(&host, Kind::Ticket, Selection::Everything), [id.as_str()]);
        let close = of(Operation::Update, Kind::Ticket, &id, vec![told("closed", Value::Boolean(true))]);
        done(&Psa::write(&host, vec![close]));
        assert_eq!(field(&one(&host, Kind::Ticket, &id), "closed"), Some(&Value::Boolean(true)));
        assert_eq!(ids(&host, Kind::Ticket, Selection::Everything), [""; 0], "everything is what is open");
        assert_eq!(ids(&host, Kind::Ticket, Selection::OfParent(acme.clone())), [id.as_str()]);
        let since = |time: &str| ids(&host, Kind::Ticket, Selection::ChangedSince(time.to_owned()));
        assert_eq!((since("2026-01-01T00:00:00Z").len(), since("2999-01-01T00:00:00Z").len()), (1, 0));
        let reopen = of(Operation::Update, Kind::Ticket, &id, vec![told("closed", Value::Boolean(false))]);
        done(&Psa::write(&host, vec![reopen]));
        assert_eq!(ids(&host, Kind::Ticket, Selection::Everything), [id.as_str()]);

        let mut second = ticket(&acme, None);
        second.stamp = Some("alert:10".to_owned());
        done(&Psa::write(&host, vec![second]));
        assert_eq!(sim.tickets()[1]["locationId"].to_string(), main, "without an asset the main location");
        assert_eq!(
            failed(&Psa::write(&host, vec![of(Operation::Deactivate, Kind::Ticket, &id, Vec::new())])).case(),
            "unsupported"
        );
    }
}

#[test]
fn what_goes_wrong_is_told_as_it_is() {
    for failures_as_200 in [true, false] {
        let sim = start(BmsOptions { failures_as_200, ..BmsOptions::default() });
        let host = host(&sim, SETTINGS);
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
            for kind in [Kind::Customer, Kind::Location, Kind::Asset, Kind::Ticket] {
                assert_eq!(all(&host, kind, Selection::Everything).unwrap_err().case(), case, "{fault} {kind:?}");
            }
            sim.faults().clear();
        }
        account(&host, "Acme"); // so that the lists are known
        for (fault, case) in [
            ("lost-reply=always", "unavailable"),
            ("server-error=writes", "unavailable"),
            ("throttle=writes", "throttled"),
        ] {
            sim.faults().parse(fault).unwrap();
            let mut customer = change("c", Operation::Create, Kind::Customer);
            customer.name = Some(format!("Made in spite of {fault}"));
            assert_eq!(failed(&Psa::write(&host, vec![customer])).case(), case, "{fault}");
            sim.faults().clear();
            let found = all(&host, Kind::Customer, named(None, &format!("Made in spite of {fault}"))).unwrap();
            assert_eq!(found.len(), usize::from(fault.starts_with("lost")), "{fault}: it can be looked up");
        }
        sim.deny("accounts");
        assert_eq!(all(&host, Kind::Customer, Selection::Everything).unwrap_err().case(), "denied");
        sim.allow_all();
        sim.expire_tokens(false);
        assert_eq!(all(&host, Kind::Customer, Selection::Everything).unwrap_err().case(), "denied");
    }
}

#[test]
fn one_asset_that_cannot_be_read_is_a_gap_and_a_lost_asset_is_found_by_name() {
    let sim = start(BmsOptions::default());
    let host = host(&sim, SETTINGS);
    let asset = sim.hardware_assets().remove(3);
    sim.faults().parse(&format!("server-error=path:/hardwareasset/{}", asset["id"])).unwrap();
    let query = Query { kind: Kind::Asset, selection: Selection::Everything };
    let page = Psa::read(&host, query, None).unwrap();
    assert_eq!((page.items.len(), page.gaps.len()), (50, 1));
    assert_eq!(page.gaps[0].parent, Some(asset["accountId"].to_string()));
    assert_eq!(page.gaps[0].item, Some(asset["id"].to_string()));
    sim.faults().clear();

    let (acme, _) = account(&host, "Acme");
    sim.faults().parse("lost-reply=next:1,path:hardwareasset").unwrap();
    assert_eq!(failed(&Psa::write(&host, vec![new_asset(&acme)])).case(), "unavailable");
    let found = all(&host, Kind::Asset, named(Some(&acme), "OVEN-1")).unwrap();
    assert_eq!(
        (found.len(), found[0].stamp.as_deref()),
        (1, Some("rmm:1f0c")),
        "with its key, though that cannot be searched"
    );
}

#[test]
fn the_account_answers_and_offers_its_lists() {
    for lookup_tables in [true, false] {
        let sim = start(BmsOptions { lookup_tables, ..BmsOptions::default() });
        let host = host(&sim, SETTINGS);
        assert_eq!(Psa::check(&host).unwrap().account, "Simulated MSP");
        let labels = |setting: &str| -> Vec<String> {
            Psa::choices(&host, setting).unwrap().into_iter().map(|choice| choice.label).collect()
        };
        assert_eq!(labels("account-type"), ["Customer", "Lead", "Vendor"], "without what is no longer in use");
        assert_eq!(labels("account-manager"), ["Olga Owner", "Tom Technician"]);
        assert_eq!(labels("ticket-status"), ["New", "In Progress", "Waiting on Client", "Completed"]);
        assert_eq!(labels("priority-low").len(), 4);
        assert_eq!(labels("ticket-queue"), ["Help Desk", "Monitoring"]);
        assert!(labels("server-category").contains(&"Server".to_owned()), "if only because assets use it");
        assert!(labels("business-type").contains(&"Small business".to_owned()));
        assert!(labels("ticket-source").iter().any(|label| label.eq_ignore_ascii_case("monitoring system")));
        assert_eq!(Psa::choices(&host, "note-type").is_ok(), lookup_tables);
        account(&host, "Acme");
        sim.expire_tokens(true);
        assert_eq!(Psa::check(&host).unwrap_err().case(), "denied");
    }
}

#[test]
fn no_change_costs_more_calls_than_are_described() {
    let sim = start(BmsOptions::default());
    let host = host(&sim, &with(r#""ticket-queue":"Monitoring""#));
    host.now_ms.set(crosswalk_sims::clock::now_ms() as u64);
    // What is looked up once is known from then on; the main location of another account is not.
    let [(acme, _), (bolt, _), (cole, _), (dale, at_dale)] =
        ["Acme", "Bolt", "Cole", "Dale"].map(|name| account(&host, name));
    let asset = done(&Psa::write(&host, vec![new_asset(&acme)]));
    let mut other = new_asset(&dale);
    other.fields.push(text("location", &at_dale));
    let other = done(&Psa::write(&host, vec![other]));
    let opened = done(&Psa::write(&host, vec![ticket(&acme, Some(&asset))]));
    let low = vec![text("priority", "low")];
    done(&Psa::write(&host, vec![of(Operation::Update, Kind::Ticket, &opened, low)]));
    let mut customer = change("c", Operation::Create, Kind::Customer);
    customer.name = Some("Edda".to_owned());
    let mut renamed = of(Operation::Update, Kind::Customer, &acme, Vec::new());
    renamed.name = Some("Acme Ltd".to_owned());
    let retired = of(Operation::Deactivate, Kind::Customer, &cole, Vec::new());
    let back = of(Operation::Reactivate, Kind::Customer, &cole, Vec::new());
    let mut moved = of(Operation::Move, Kind::Asset, &asset, Vec::new());
    moved.parent = Some(bolt.clone());
    let assets = [
        Change { stamp: None, ..new_asset(&cole) },
        of(Operation::Update, Kind::Asset, &asset, vec![text("description", "x")]),
        moved,
        of(Operation::Deactivate, Kind::Asset, &asset, Vec::new()),
        of(Operation::Reactivate, Kind::Asset, &asset, Vec::new()),
    ];
    let noted = vec![text("note", "Again."), text("priority", "low"), told("closed", Value::Boolean(true))];
    let tickets = [ticket(&dale, Some(&other)), of(Operation::Update, Kind::Ticket, &opened, noted)];
    for changes in [[customer, renamed, retired, back].as_slice(), &tickets, &assets] {
        let (most, described) = testing::costs::<Psa>(&host, changes);
        assert_eq!(most, described, "{:?}", changes[0].kind);
    }
}
