//! Services on contracts, natively against the simulated vendor: what stands, what an adjustment does, and that none is
//! ever made twice.

use super::{SETTINGS, all, host};
use crosswalk_autotask::Autotask as Psa;
use crosswalk_sdk::testing::{self, Script, change, done, failed, field, text};
use crosswalk_sdk::{Change, Connector, Failure, Field, Item, Kind, Named, Operation, Selection, Value};
use crosswalk_sims::autotask::Adjustment;
use crosswalk_sims::{Autotask, PsaOptions, Size, World};

/// Today, by the scripted host's clock; the contract in force is from 2024-09-29 to 2027-11-03.
const TODAY: &str = "2025-11-03";

fn start(options: PsaOptions) -> Autotask {
    let world = World::generate(Size::new(8, 8, 8), 7);
    Autotask::start(&world.existing_in_psa(1.0, 7), PsaOptions { contract_days: (-400, 730), ..options }).unwrap()
}

/// A contract in force.
fn contract(sim: &Autotask) -> i64 {
    let found = sim.rows("Contracts").into_iter().find(|row| row["contractName"] == "Managed Services").unwrap();
    found["id"].as_i64().unwrap()
}

fn quantity(line: i64, quantity: i64, day: &str) -> Change {
    let mut change = change("u", Operation::Update, Kind::Usage);
    change.target = Some(line.to_string());
    change.fields = vec![
        Field { name: "quantity".to_owned(), value: Value::Integer(quantity) },
        Field { name: "effective".to_owned(), value: Value::Time(format!("{day}T00:00:00Z")) },
    ];
    change
}

fn line(host: &Script<'_>, id: i64) -> Item {
    all(host, Kind::Usage, Selection::Ids(vec![id.to_string()])).unwrap().remove(0)
}

/// Quantity and invoiced-until, as words.
fn told(item: &Item) -> [String; 2] {
    ["quantity", "invoiced-until"].map(|name| match field(item, name) {
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Time(time)) => time.trim_end_matches("T00:00:00Z").to_owned(),
        None => "-".to_owned(),
        other => format!("{name}: {other:?}"),
    })
}

/// What was adjusted through the API: day and difference.
fn made(sim: &Autotask) -> Vec<(String, i64)> {
    let by_api = sim.adjustments().into_iter().filter(|made| made.by_api);
    by_api.map(|Adjustment { day, change, .. }| (day, change)).collect()
}

fn units(sim: &Autotask, id: i64, day: &str) -> (Option<i64>, Option<i64>) {
    let lines = sim.service_lines(day);
    let line = lines.iter().find(|line| line.id == id).unwrap();
    (line.units, line.last)
}

/// What was refused, with the field that is named.
fn refused(host: &Script<'_>, change: &Change) -> (String, String, String) {
    let failure = failed(&Psa::write(host, vec![change.clone()]));
    let field = match &failure {
        Failure::Rejected(rejection) => rejection.problems.first().map(|problem| problem.field.clone()),
        _ => None,
    };
    (failure.case().to_owned(), field.unwrap_or_default(), failure.message().to_owned())
}

#[test]
fn a_line_tells_what_stands_after_the_last_change() {
    for split_shares_day in [false, true] {
        let sim = start(PsaOptions { split_shares_day, ..PsaOptions::default() });
        let host = host(&sim, SETTINGS);
        let contract = contract(&sim);
        let id = sim.add_service_line(contract, "Managed Backup", 18).unwrap();
        assert_eq!(told(&line(&host, id)), ["18", "-"]);
        sim.adjust_units(id, 2, "2025-11-10").unwrap();
        sim.adjust_units(id, -5, "2027-11-02").unwrap();
        sim.approve_and_post(contract, "2025-10-31");
        let item = line(&host, id);
        assert_eq!(told(&item), ["15", "2025-10-31"]);
        assert_eq!(field(&item, "effective"), None, "a row's first day is not a change's");
        assert_eq!((item.name.as_str(), item.parent.clone()), ("Managed Backup", Some(contract.to_string())));
        let product = field(&item, "product").cloned().unwrap();
        assert_eq!(field(&item, "price"), Some(&Value::Text("15.5".to_owned())), "a text");
        let Value::Text(service) = product else { panic!("no reference") };
        let product = all(&host, Kind::Product, Selection::Ids(vec![service])).unwrap().remove(0);
        assert_eq!((product.name.as_str(), field(&product, "active")), ("Managed Backup", Some(&Value::Boolean(true))));
    }
}

#[test]
fn every_selection_is_answered_and_a_walk_costs_no_call_per_contract() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, SETTINGS);
    let contracts: Vec<i64> = sim.rows("Contracts").iter().filter_map(|row| row["id"].as_i64()).collect();
    let add = |contract: &i64, name: &str| sim.add_service_line(*contract, name, 3);
    let mut lines = Vec::new();
    for n in 0..80 {
        lines.extend(contracts.iter().filter_map(|contract| add(contract, &format!("Service {n}"))));
    }
    assert!(lines.len() > 500, "more than a page, not {}", lines.len());
    // Where a contract was shortened by hand its last row is past its end; where it was made longer, short of it.
    assert!(sim.edit("Contracts", contracts[0], "endDate", &"2026-01-15".into()));
    assert!(sim.edit("Contracts", contracts[1], "endDate", &"2031-01-15".into()));
    let items = all(&host, Kind::Usage, Selection::Everything).unwrap();
    assert_eq!(items.len(), lines.len());
    assert!(items.iter().all(|item| field(item, "quantity") == Some(&Value::Integer(3))));
    let calls = sim.counts().reads + sim.counts().writes;
    assert!(calls <= 30, "{calls} calls for {} lines on {} contracts", lines.len(), contracts.len());

    let some = |selection| -> Vec<Item> { all(&host, Kind::Usage, selection).unwrap() };
    let of_parent = some(Selection::OfParent(items[0].parent.clone().unwrap()));
    assert_eq!((of_parent.len(), &of_parent[0]), (80, &items[0]));
    let named = |name: &str| Selection::Named(Named { parent: items[0].parent.clone(), name: name.to_owned() });
    assert_eq!(some(named(&items[0].name)), std::slice::from_ref(&items[0]));
    assert_eq!(some(named(&items[0].name.to_uppercase())), std::slice::from_ref(&items[0]), "in any case");
    assert_eq!(some(named("Service")), [], "the whole name");
    assert_eq!(some(Selection::Ids(vec!["1".to_owned()])), []);
    assert_eq!(all(&host, Kind::Usage, Selection::Search("x".to_owned())).unwrap_err().case(), "unsupported");
    sim.deny("ContractServiceUnits");
    assert_eq!(all(&host, Kind::Usage, Selection::Everything).unwrap_err().case(), "denied", "never as none");
}

#[test]
fn a_quantity_is_written_as_the_difference_and_only_once() {
    for adjustment_without_id in [true, false] {
        let sim = start(PsaOptions { adjustment_without_id, ..PsaOptions::default() });
        let host = host(&sim, SETTINGS);
        let id = sim.add_service_line(contract(&sim), "Managed Backup", 18).unwrap();
        let more = quantity(id, 20, TODAY);
        assert_eq!(done(&Psa::write(&host, vec![more.clone()])), [id.to_string()]);
        assert_eq!(units(&sim, id, "2025-11-02"), (Some(18), Some(20)));
        assert_eq!(units(&sim, id, TODAY), (Some(20), Some(20)));
        assert_eq!(told(&line(&host, id))[0], "20");
        done(&Psa::write(&host, vec![more.clone()]));
        done(&Psa::write(&host, vec![quantity(id, 0, "2025-12-01")]));
        let wanted = [(TODAY.to_owned(), 2), ("2025-12-01".to_owned(), -20)];
        assert_eq!(made(&sim), wanted);
        assert_eq!(units(&sim, id, "2025-12-01"), (Some(0), Some(0)));

        let (case, _, why) = refused(&host, &more);
        assert_eq!(case, "conflict", "{why}");
        assert!(why.contains("20 on 2025-11-03, but 0 from 2025-12-01"), "{why}");
        assert_eq!(made(&sim), wanted);
    }
}

#[test]
fn a_lost_reply_is_never_a_second_adjustment() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, SETTINGS);
    let id = sim.add_service_line(contract(&sim), "Managed Backup", 18).unwrap();
    let more = quantity(id, 20, TODAY);
    for (fault, arrives) in [("drop-connection=writes", false), ("lost-reply=writes", true)] {
        sim.faults().parse(fault).unwrap();
        assert_eq!(refused(&host, &more).0, "unavailable", "{fault}");
        sim.faults().clear();
        assert_eq!(made(&sim).len(), usize::from(arrives), "{fault}");
    }
    assert_eq!(told(&line(&host, id))[0], "20", "as the host finds when it looks");
    done(&Psa::write(&host, vec![more.clone()]));
    sim.faults().parse("duplicate-submit=always").unwrap();
    done(&Psa::write(&host, vec![quantity(id, 25, "2025-11-20")]));
    assert_eq!(made(&sim), [(TODAY.to_owned(), 2), ("2025-11-20".to_owned(), 5)]);
    assert_eq!(units(&sim, id, "2025-11-20"), (Some(25), Some(25)));
    sim.faults().clear();
    sim.faults().parse("server-error=reads").unwrap();
    assert_eq!(refused(&host, &quantity(id, 30, "2025-12-01")).0, "unavailable");
    assert_eq!(made(&sim).len(), 2, "nothing is sent on what cannot be read");
}

#[test]
fn the_vendor_takes_one_change_a_date() {
    let sim = start(PsaOptions::default());
    let id = sim.add_service_line(contract(&sim), "Managed Backup", 18).unwrap();
    sim.adjust_units(id, 2, TODAY).unwrap();
    let host = host(&sim, SETTINGS);
    let (case, _, why) = refused(&host, &quantity(id, 21, TODAY));
    assert_eq!((case.as_str(), why.contains("2025-11-03 has its own")), ("conflict", true), "{why}");
    assert_eq!(made(&sim), []);
    done(&Psa::write(&host, vec![quantity(id, 21, "2025-11-04")]));

    // Somebody else is faster by a moment: their change is ours.
    let other = sim.add_service_line(contract(&sim), "Email", 18).unwrap();
    let race = Script::new(SETTINGS, |request| {
        if request.path.ends_with("ServiceAdjustments") && sim.adjustments().len() == 2 {
            sim.adjust_units(other, 3, TODAY).unwrap();
        }
        use crosswalk_sdk::Host;
        host.send_all(vec![request.clone()]).remove(0)
    });
    assert_eq!(done(&Psa::write(&race, vec![quantity(other, 21, TODAY)])), [other.to_string()]);
    assert_eq!(units(&sim, other, TODAY), (Some(21), Some(21)));
    assert_eq!(made(&sim), [("2025-11-04".to_owned(), 1)]);
}

#[test]
fn refusals_name_the_day_and_what_is_known() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, SETTINGS);
    let contract = contract(&sim);
    let id = sim.add_service_line(contract, "Managed Backup", 18).unwrap();
    for day in ["2024-09-28", "2027-11-04"] {
        let (case, field, why) = refused(&host, &quantity(id, 20, day));
        assert_eq!((case.as_str(), field.as_str()), ("rejected", "effective"));
        assert!(why.contains("from 2024-09-29 to 2027-11-03"), "{why}");
    }
    sim.approve_and_post(contract, TODAY);
    for day in ["2025-10-01", TODAY, "2025-11-30"] {
        let (case, field, why) = refused(&host, &quantity(id, 20, day));
        assert_eq!((case.as_str(), field.as_str()), ("rejected", "effective"), "{why}");
        assert!(why.contains("invoiced until 2025-11-30"), "{why}");
        done(&Psa::write(&host, vec![quantity(id, 18, day)]));
    }
    done(&Psa::write(&host, vec![quantity(id, 20, "2025-12-01")]));
    assert_eq!(units(&sim, id, TODAY), (Some(18), Some(20)));

    let mut bare = quantity(id, 20, TODAY);
    bare.fields.truncate(1);
    assert_eq!(refused(&host, &bare).1, "effective");
    bare.fields.clear();
    assert_eq!(refused(&host, &bare).1, "quantity");
    assert_eq!(refused(&host, &quantity(id, -1, TODAY)).1, "quantity");
    assert_eq!(refused(&host, &quantity(99, 20, TODAY)).0, "not-found");
    bare.operation = Operation::Deactivate;
    assert_eq!(refused(&host, &bare).0, "unsupported");
    assert_eq!(made(&sim), [("2025-12-01".to_owned(), 2)]);
}

#[test]
fn many_lines_go_side_by_side_with_few_reads() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, SETTINGS);
    let contract = contract(&sim);
    let add = |n: i64| sim.add_service_line(contract, &format!("Service {n}"), n).unwrap();
    let lines: Vec<i64> = (0..100).map(add).collect();
    let named = |(n, id): (usize, &i64)| Change {
        id: format!("c{n}"),
        ..quantity(*id, n as i64 + 1, ["2025-11-03", "2025-11-20", "2026-01-01"][n % 3])
    };
    let mut changes: Vec<Change> = lines.iter().enumerate().map(named).collect();
    changes.push(Change { id: "again".to_owned(), ..quantity(lines[0], 7, "2026-05-01") });
    sim.reset_counts();
    let mut outcomes = Psa::write(&host, changes);
    assert_eq!(failed(&outcomes.split_off(100)).case(), "conflict", "one change of a line at a time");
    assert_eq!(done(&outcomes), lines.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(sim.counts().writes, 100);
    assert!((sim.counts().reads + sim.counts().writes) < 106, "{:?}", sim.counts());
    let after = sim.service_lines("2026-01-01");
    assert!(after.iter().enumerate().all(|(n, line)| line.units == Some(n as i64 + 1)), "{after:?}");
}

fn addition(contract: i64, service: &str, quantity: i64, day: &str) -> Change {
    let mut create = self::quantity(0, quantity, day);
    (create.id, create.operation, create.target) = ("c".to_owned(), Operation::Create, None);
    create.parent = Some(contract.to_string());
    create.fields.push(text("product", service));
    create
}

#[test]
fn a_service_is_added_to_a_contract_and_never_twice() {
    let sim = start(PsaOptions::default());
    let host = host(&sim, SETTINGS);
    let contract = contract(&sim);
    let service = |at: usize| sim.rows("Services")[at]["id"].to_string();
    let create = addition(contract, &service(0), 5, TODAY);
    let id = done(&Psa::write(&host, vec![create.clone()])).remove(0);
    let item = line(&host, id.parse().unwrap());
    assert_eq!((item.name.as_str(), told(&item)[0].as_str()), ("Sophos Central Intercept X Advanced", "5"));
    assert_eq!(units(&sim, item.id.parse().unwrap(), "2025-11-02"), (None, Some(5)));
    let (case, _, why) = refused(&host, &create);
    assert_eq!(case, "conflict", "{why}");

    // Two in one batch, and one whose reply was lost.
    let second = addition(contract, &service(1), 2, TODAY);
    let twice = vec![second.clone(), Change { id: "d".to_owned(), ..second }];
    let mut outcomes = Psa::write(&host, twice);
    assert_eq!(failed(&outcomes.split_off(1)).case(), "conflict");
    done(&outcomes);
    sim.faults().parse("lost-reply=writes").unwrap();
    let third = addition(contract, &service(2), 2, TODAY);
    assert_eq!(refused(&host, &third).0, "unavailable");
    sim.faults().clear();
    let named = Named { parent: Some(contract.to_string()), name: "Sophos Email Advanced".to_owned() };
    assert_eq!(all(&host, Kind::Usage, Selection::Named(named)).unwrap().len(), 1, "it is found by its name");
    assert_eq!(refused(&host, &third).0, "conflict");
    assert_eq!((made(&sim).len(), sim.duplicates()), (3, Vec::new()));

    let block = sim.rows("Contracts").into_iter().find(|row| row["contractType"] == 4).unwrap()["id"].as_i64().unwrap();
    for (wrong, word) in [
        (addition(block, &service(3), 1, TODAY), "Recurring Service"),
        (addition(contract, &service(3), 0, TODAY), "at least 1"),
        (addition(contract, &service(3), 1, "2030-01-01"), "no day of the contract"),
    ] {
        let (case, _, why) = refused(&host, &wrong);
        assert_eq!((case.as_str(), why.contains(word)), ("rejected", true), "{why}");
    }
    assert_eq!(refused(&host, &addition(1, &service(3), 1, TODAY)).0, "not-found");
    sim.cancel_contract(contract);
    assert!(refused(&host, &addition(contract, &service(3), 1, TODAY)).2.contains("cancelled"));
    let items = all(&host, Kind::Contract, Selection::Ids(vec![contract.to_string(), block.to_string()])).unwrap();
    let flags = |name: &str| -> Vec<bool> {
        items.iter().map(|item| field(item, name) == Some(&Value::Boolean(true))).collect()
    };
    let is_contract: Vec<bool> = items.iter().map(|item| item.id == contract.to_string()).collect();
    assert_eq!((flags("cancelled"), flags("takes-usage")), (vec![true, true], is_contract));
}

#[test]
fn a_service_is_made_once_the_settings_say_what_it_gets() {
    let sim = start(PsaOptions::default());
    let settings = SETTINGS.replace('{', r#"{"service-billing-code":1,"service-period":"monthly","#);
    let mut create = change("p", Operation::Create, Kind::Product);
    create.name = Some("Sophos Phish Threat".to_owned());
    for (settings, setting) in [
        (SETTINGS.to_owned(), "`service-billing-code`"),
        (settings.replace("service-period", "x"), "`service-period`"),
        (settings.replace("monthly", "Semi-Annual"), "`service-period`"),
    ] {
        let (case, _, why) = refused(&host(&sim, &settings), &create);
        assert_eq!((case.as_str(), why.contains(setting)), ("rejected", true), "{why}");
    }
    assert_eq!(sim.len("Services"), 5);
    let host = host(&sim, &settings);
    sim.faults().parse("lost-reply=writes").unwrap();
    assert_eq!(refused(&host, &create).0, "unavailable");
    sim.faults().clear();
    let named = Selection::Named(Named { parent: None, name: "Sophos Phish Threat".to_owned() });
    let found = all(&host, Kind::Product, named).unwrap();
    assert_eq!((found.len(), field(&found[0], "price")), (1, Some(&Value::Text("0".to_owned()))));
    create.name = Some("Managed Detection".to_owned());
    let id = done(&Psa::write(&host, vec![create.clone()])).remove(0);
    assert!(host.logged.borrow().iter().any(|line| line.contains("price 0")), "{:?}", host.logged);
    let everything = all(&host, Kind::Product, Selection::Everything).unwrap();
    assert_eq!((everything.len(), everything.last().map(|item| &item.id)), (7, Some(&id)));
    assert_eq!(all(&host, Kind::Product, Selection::Search("sophos".to_owned())).unwrap().len(), 4);
    create.operation = Operation::Deactivate;
    assert_eq!(refused(&host, &create).0, "unsupported");
    let periods: Vec<String> =
        Psa::choices(&host, "service-period").unwrap().into_iter().map(|choice| choice.label).collect();
    assert_eq!(periods, ["One-Time", "Monthly", "Quarterly", "Yearly"]);
}

#[test]
fn no_change_costs_more_calls_than_are_described() {
    let sim = start(PsaOptions::default());
    let settings = SETTINGS.replace('{', r#"{"service-billing-code":1,"service-period":"monthly","#);
    let host = host(&sim, &settings);
    let contract = contract(&sim);
    let product = |name: &str| {
        let mut create = change("p", Operation::Create, Kind::Product);
        create.name = Some(name.to_owned());
        create
    };
    let service = done(&Psa::write(&host, vec![product("First")])).remove(0);
    let (most, described) = testing::costs::<Psa>(&host, &[product("Second")]);
    assert_eq!(most, described, "products");

    let id = sim.add_service_line(contract, "A service", 5).unwrap();
    let fall = Change {
        before: vec![Field { name: "quantity".to_owned(), value: Value::Integer(5) }],
        ..quantity(id, 3, TODAY)
    };
    // It has no units on that day, so all of it are read.
    let early = quantity(sim.add_service_line(contract, "Another", 5).unwrap(), 3, "2024-10-01");
    let changes = [addition(contract, &service, 5, TODAY), fall, early];
    let (most, described) = testing::costs::<Psa>(&host, &changes);
    assert_eq!(most, described, "lines");
}
