//! The connector, built natively, against the simulated vendor over real HTTP.

use crosswalk_sdk::testing::{self, Script, change, failed, field, http};
use crosswalk_sdk::{
    Body, Connector, Failure, Gap, Item, Kind, Method, Operation, Page, Query, Request, Selection, Value,
};
use crosswalk_sims::sophos_central::{NewAlert, NewRow};
use crosswalk_sims::world::EPOCH;
use crosswalk_sims::{Size, SophosCentral, SophosOptions, World};
use crosswalk_sophos_central::SophosCentral as Central;
use std::collections::{BTreeMap, BTreeSet};

/// Its clock stands where a test's host has it: November 2025.
fn options() -> SophosOptions {
    SophosOptions { now: Some(EPOCH), ..SophosOptions::default() }
}

fn world(organisations: usize) -> World {
    World::generate(Size::new(organisations, organisations, organisations), 7)
}

fn start(organisations: usize, options: SophosOptions) -> SophosCentral {
    SophosCentral::start(&world(organisations), options).expect("a licence vendor")
}

/// A host with a token, which it asks for as the manifest says the host program does.
fn host(sim: &SophosCentral, settings: &str) -> Script<'static> {
    bent(sim, settings, str::to_owned)
}

/// The same, whose usage reports come as `bend` makes them: what the vendor itself would not write.
fn bent(sim: &SophosCentral, settings: &str, bend: impl Fn(&str) -> String + 'static) -> Script<'static> {
    let bases = || vec![("identity", sim.url()), ("global", sim.url()), ("regional", sim.url())];
    let (id, secret) = (sim.client_id(), sim.client_secret());
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=token");
    let mut request = Request::new(Method::Post, "identity", "/api/v2/oauth2/token");
    request.headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
    request.body = Some(Body::Text(form));
    let reply = http(bases(), Vec::new())(&request).expect("a reply");
    let token: serde_json::Value = serde_json::from_str(reply.text()).expect("JSON");
    let bearer = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
    let answer = http(bases(), vec![("authorization", bearer)]);
    Script::new(settings, move |request| {
        let told = answer(request)?;
        let is_report = told.status == 200 && request.path.contains("/billing/usage/");
        Ok(if is_report { testing::reply(200, &bend(told.text())) } else { told })
    })
}

/// A walk to its end: items, gaps, and how many pages it had.
fn walk(host: &Script<'_>, kind: Kind, selection: &Selection) -> Result<(Vec<Item>, Vec<Gap>, usize), Failure> {
    let (mut items, mut gaps, mut count, mut after) = (Vec::new(), Vec::new(), 0, None::<String>);
    loop {
        let query = Query { kind, selection: selection.clone() };
        let Page { items: some, gaps: missing, next, .. } = Central::read(host, query, after.as_deref())?;
        items.extend(some);
        gaps.extend(missing);
        count += 1;
        assert!(next.is_none() || next != after, "the cursor repeats");
        assert!(next.as_ref().is_none_or(|next| next.len() < 8 << 10), "the cursor is too long");
        match next {
            Some(next) => after = Some(next),
            None => return Ok((items, gaps, count)),
        }
    }
}

fn all(host: &Script<'_>, kind: Kind) -> Vec<Item> {
    testing::all::<Central>(host, kind, Selection::Everything).expect("a walk to its end")
}

fn by_id(items: Vec<Item>) -> BTreeMap<String, Item> {
    let count = items.len();
    let items: BTreeMap<String, Item> = items.into_iter().map(|item| (item.id.clone(), item)).collect();
    assert_eq!(items.len(), count, "ids are unique");
    items
}

fn text<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    match field(item, name)? {
        Value::Text(text) | Value::Time(text) => Some(text),
        _ => None,
    }
}

fn number(item: &Item, name: &str) -> Option<i64> {
    match field(item, name)? {
        Value::Integer(number) => Some(*number),
        _ => None,
    }
}

/// Usage of a month added up, as the host does: customer, product, quantity.
fn added_up(items: &[Item], month: &str) -> BTreeMap<(String, String), i64> {
    let mut sums = BTreeMap::new();
    for item in items.iter().filter(|item| text(item, "period") == Some(month)) {
        let key = (item.parent.clone().expect("a customer"), text(item, "product").expect("a product").to_owned());
        *sums.entry(key).or_default() += number(item, "quantity").unwrap_or_default();
    }
    sums
}

fn billed(sim: &SophosCentral, month: &str) -> BTreeMap<(String, String), i64> {
    sim.billed(month).into_iter().map(|(tenant, sku, quantity)| ((tenant, sku), quantity)).collect()
}

#[test]
fn every_tenant_is_a_customer() {
    let sim = start(230, options());
    let host = host(&sim, r#"{"client-id":"x"}"#);
    let (items, gaps, pages) = walk(&host, Kind::Customer, &Selection::Everything).unwrap();
    assert_eq!((items.len(), gaps.len(), pages), (230, 0, 3));
    let customers = by_id(items);
    for tenant in sim.tenants().iter().filter(|tenant| tenant.listed) {
        let item = &customers[&tenant.id];
        assert_eq!((&item.name, text(item, "billing-type")), (&tenant.name, Some(tenant.billing_type)));
    }
    let provisioned = customers.values().filter(|item| text(item, "data-region").is_some()).count();
    assert_eq!(provisioned, 229, "one has no region yet, and is a customer all the same");
    assert_eq!(sim.counts().of("GET", "whoami"), 1, "a whole walk asks once who we are");

    let (one, other) = (sim.tenants()[2].id.clone(), "00000000-0000-4000-8000-000000000000".to_owned());
    let found = testing::all::<Central>(&host, Kind::Customer, Selection::Ids(vec![one.clone(), other])).unwrap();
    assert_eq!(found, [customers[&one].clone()]);
    assert!(sim.rename_tenant(&one, "Brand New S.p.A."));
    assert_eq!(by_id(all(&host, Kind::Customer))[&one].name, "Brand New S.p.A.");
    let identity = Central::check(&host).unwrap();
    assert_eq!(identity.account, "Simulated MSP");
    assert_eq!(identity.detail, Some(format!("230 customers, partner id {}", sim.partner_id())));
    sim.faults().parse("server-error=path:/billing,status:403,next:1").unwrap();
    assert_eq!(Central::check(&host).unwrap_err().case(), "denied", "customers may be seen and billing not");
    assert!(sim.withhold("2025-10", true));
    assert_eq!(Central::check(&host).unwrap().account, "Sophos Central partner", "a new partner has no report yet");
}

#[test]
fn usage_is_two_reports_row_by_row() {
    for options in [options(), SophosOptions { empty_next_key: true, trailing_slash: true, ..options() }] {
        let sim = start(60, options);
        let host = host(&sim, "{}");
        let (first, second) = (sim.tenants()[0].id.clone(), sim.tenants()[1].id.clone());
        let sku = sim.billed("2025-11")[0].1.clone();
        assert!(sim.set_quantity_in("2025-10", &first, &sku, 77) && sim.set_quantity(&first, &sku, 91));
        let (items, gaps, pages) = walk(&host, Kind::Usage, &Selection::Everything).unwrap();
        assert_eq!((gaps.len(), pages), (0, 6), "three pages a month");
        let months: Vec<&str> = items.iter().filter_map(|item| text(item, "period")).collect();
        assert!(months.is_sorted_by(|a, b| a >= b) && months.iter().collect::<BTreeSet<_>>().len() == 2);
        for (month, quantity) in [("2025-10", 77), ("2025-11", 91)] {
            let sums = added_up(&items, month);
            assert_eq!(sums, billed(&sim, month));
            assert_eq!(sums[&(first.clone(), sku.clone())], quantity);
        }
        let split = items.iter().filter(|item| item.parent.as_ref() == Some(&second)).count();
        assert_eq!(split, 10, "five rows of four products, twice");
        let differs = |item: &&Item| number(item, "actual") != number(item, "quantity");
        assert!(items.iter().filter(differs).count() >= 20, "what is in use is told beside what is billed");
        let listed: BTreeSet<String> = sim.tenants().into_iter().filter(|t| t.listed).map(|t| t.id).collect();
        let gone = items.iter().filter(|item| !listed.contains(item.parent.as_ref().unwrap())).count();
        assert_eq!(gone, 8, "a tenant that is gone is still billed");
        let real = items.iter().filter(|item| text(item, "effective").is_some()).count();
        assert_eq!(items.len() - real, 2, "a date that does not exist tells nothing");
        let rest = items.iter().filter(|item| text(item, "effective") == Some("2025-11-01T00:00:00Z")).count();
        assert_eq!(rest, items.len() / 2 - 1);
        by_id(items);
    }
}

#[test]
fn rows_that_look_alike_are_kept_apart() {
    let sim = start(60, SophosOptions { oddities: false, ..options() });
    let host = host(&sim, "{}");
    let row = |tenant: &str, billable: Option<f64>| NewRow {
        tenant: tenant.to_owned(),
        sku: "TWIN".to_owned(),
        order: "1".to_owned(),
        line: "10".to_owned(),
        billable,
        actual: billable,
        ..NewRow::default()
    };
    // The rows of the tenant that stands across the end of a page: 4 products of 24 tenants before it.
    let across = sim.tenants()[24].id.clone();
    for amount in [1.0, 2.0, 3.0] {
        assert!(sim.add_row("2025-11", row(&across, Some(amount))));
    }
    let other = sim.tenants()[3].id.clone();
    for odd in [Some(2.5), None] {
        assert!(sim.add_row("2025-11", row(&other, odd)));
    }
    let usage = by_id(all(&host, Kind::Usage));
    let id = |tenant: &str, nth: &str| format!("2025-11/{tenant}/TWIN/1/10{nth}");
    let quantity = |tenant: &str, nth: &str| number(&usage[&id(tenant, nth)], "quantity");
    assert_eq!(["", "~2", "~3"].map(|nth| quantity(&across, nth)), [Some(1), Some(2), Some(3)]);
    for nth in ["", "~2"] {
        let item = &usage[&id(&other, nth)];
        assert_eq!((field(item, "quantity"), field(item, "actual")), (None, None), "not zero: nothing");
    }
    assert_eq!(by_id(all(&host, Kind::Usage)), usage, "and each keeps its name");
}

#[test]
fn a_month_without_a_report_is_a_gap_and_never_zero() {
    let sim = start(20, options());
    let host = host(&sim, "{}");
    assert!(sim.withhold("2025-11", true));
    for (kind, pages) in [(Kind::Usage, 2), (Kind::Product, 2)] {
        let (items, gaps, count) = walk(&host, kind, &Selection::Everything).unwrap();
        assert!(!items.is_empty() && count == pages, "the other month comes: {count}");
        let cause = Failure::NotFound("Sophos Central has no usage report for 2025-11 yet".to_owned());
        assert_eq!(gaps, [Gap { parent: None, item: None, cause }]);
    }
    assert!(all(&host, Kind::Usage).iter().all(|item| text(item, "period") == Some("2025-10")));
    // With neither month the running one says so; a new partner has none of the month before, and is billed all the same.
    assert!(sim.withhold("2025-10", true));
    let (items, gaps, _) = walk(&host, Kind::Usage, &Selection::Everything).unwrap();
    assert!(items.is_empty() && gaps.len() == 1 && gaps[0].cause.message().contains("2025-11"), "{gaps:?}");
    assert!(sim.withhold("2025-11", false));
    for kind in [Kind::Usage, Kind::Product] {
        let (items, gaps, pages) = walk(&host, kind, &Selection::Everything).unwrap();
        assert!(!items.is_empty() && gaps.is_empty() && pages == 2, "{gaps:?}");
    }
    assert_eq!(added_up(&all(&host, Kind::Usage), "2025-11"), billed(&sim, "2025-11"));
    assert!(sim.withhold("2025-10", false));
    for (tenant, sku, _) in sim.billed("2025-11") {
        assert!(sim.remove_product(&tenant, &sku));
    }
    let (items, gaps, _) = walk(&host, Kind::Usage, &Selection::Everything).unwrap();
    assert!(gaps.is_empty() && items.iter().all(|item| text(item, "period") == Some("2025-10")), "fetched and empty");

    // A month begins: its report starts from the last one, which keeps what it had.
    let first = sim.tenants()[0].id.clone();
    assert!(sim.set_quantity(&first, "NEW", 5) && sim.set_month("2025-12") && sim.set_quantity(&first, "NEW", 6));
    host.now_ms.set(1_765_324_800_000);
    let items = all(&host, Kind::Usage);
    let sum = |month: &str| added_up(&items, month).values().sum::<i64>();
    assert_eq!((sum("2025-11"), sum("2025-12")), (5, 6));
    assert!(sim.set_month("2026-02"));
    host.now_ms.set(1_770_681_600_000);
    let (items, gaps, _) = walk(&host, Kind::Usage, &Selection::Everything).unwrap();
    assert_eq!((items.len(), gaps.len()), (2, 0), "a month goes into the address without its zero");
}

#[test]
fn a_row_that_tells_too_little_stops_its_customer_and_no_other() {
    let sim = start(20, SophosOptions { oddities: false, ..options() });
    let tenant = sim.tenants()[3].id.clone();
    let row = NewRow {
        tenant: tenant.clone(),
        sku: "ODD".to_owned(),
        order: "4711".to_owned(),
        billable: Some(7.0),
        ..NewRow::default()
    };
    assert!(sim.add_row("2025-11", row));
    let sound = all(&host(&sim, "{}"), Kind::Usage);
    let rest: Vec<Item> = sound.iter().filter(|item| text(item, "product") != Some("ODD")).cloned().collect();
    assert_eq!(sound.len(), rest.len() + 1);
    let whose = || Some(tenant.clone());
    let account = format!(r#""accountId":"{tenant}""#);
    let nameless = (r#""sku":"ODD","productCode":"ODD-MSP""#, r#""sku":"","productCode":null"#);
    for (bends, parent, case) in [
        (vec![(r#""sku":"ODD""#, r#""sku":{"no":"text"}"#)], whose(), "unavailable"),
        (vec![(r#""sku":"ODD""#, r#""sku":{}"#), (&account, r#""accountId":[]"#)], None, "unavailable"),
        (vec![(r#""sku":"ODD""#, r#""sku":{}"#), (&account, r#""x":1"#)], None, "unavailable"),
        (vec![nameless], whose(), "rejected"),
        (vec![(&account, r#""accountId":null"#)], None, "rejected"),
    ] {
        let bends: Vec<(String, String)> =
            bends.into_iter().map(|(from, to)| (from.to_owned(), to.to_owned())).collect();
        let told = format!("{bends:?}");
        let odd_row = move |report: &str| {
            let Some(at) = report.find(r#""sku":"ODD""#) else { return report.to_owned() };
            let (before, after) = report.split_at(at);
            let (row, after) = after.split_at(after.find('}').expect("its end"));
            let row = bends.iter().fold(row.to_owned(), |row, (from, to)| row.replace(from, to));
            format!("{before}{row}{after}")
        };
        let (items, gaps, _) = walk(&bent(&sim, "{}", odd_row), Kind::Usage, &Selection::Everything).unwrap();
        assert_eq!(items, rest, "{told}");
        assert_eq!((gaps.len(), &gaps[0].parent, gaps[0].cause.case()), (1, &parent, case), "{told}");
        let message = gaps[0].cause.message();
        assert!(case != "rejected" || (message.contains("Central ODD") && message.contains("4711")), "{message}");
    }
}

#[test]
fn a_page_of_one_row_that_cannot_be_read_stops_its_customer_and_no_other() {
    let sim = start(2, SophosOptions { products: 1, oddities: false, ..options() });
    let tenant = sim.tenants()[0].id.clone();
    assert!(sim.remove_product(&sim.tenants()[1].id, &sim.billed("2025-11")[1].1));
    let unreadable = |report: &str| report.replace(r#""sku":""#, r#""sku":{},"was":""#);
    let (items, gaps, pages) = walk(&bent(&sim, "{}", unreadable), Kind::Usage, &Selection::Everything).unwrap();
    assert_eq!((items.len(), gaps.len(), pages), (0, 3, 2), "one row, and two of the month before");
    assert_eq!(gaps[0].parent, Some(tenant));
}

#[test]
fn a_quantity_below_zero_is_none() {
    let sim = start(8, SophosOptions { oddities: false, ..options() });
    let tenant = sim.tenants()[3].id.clone();
    let (billable, actual) = (Some(-2.0), Some(-1.0));
    let row = NewRow { tenant: tenant.clone(), sku: "CREDIT".to_owned(), billable, actual, ..NewRow::default() };
    assert!(sim.add_row("2025-11", row));
    let usage = all(&host(&sim, "{}"), Kind::Usage);
    let credit = usage.iter().find(|item| text(item, "product") == Some("CREDIT")).expect("it comes");
    assert_eq!(credit.parent, Some(tenant));
    assert_eq!((field(credit, "quantity"), field(credit, "actual")), (None, None));
}

#[test]
fn a_product_comes_once_a_walk() {
    let sim = start(120, SophosOptions { products: 12, ..options() });
    let first = sim.tenants()[0].id.clone();
    assert!(sim.set_quantity_in("2025-10", &first, "OLD", 3), "only in the month before");
    let host = host(&sim, "{}");
    let products = by_id(all(&host, Kind::Product));
    let billed = ["2025-10", "2025-11"].map(|month| sim.billed(month));
    let wanted: BTreeSet<&String> = billed.iter().flatten().map(|(_, sku, _)| sku).collect();
    assert_eq!(products.keys().collect::<BTreeSet<_>>(), wanted);
    assert_eq!(products.len(), 17);
    let intercept = &products["CEAZ1CSMG"];
    assert_eq!(intercept.name, "Central Intercept X Advanced - MSP");
    assert_eq!((text(intercept, "code"), text(intercept, "group")), (Some("CIXA-MSP"), Some("User")));
    assert_eq!(text(&products["FWSUP-MSP"], "code"), Some("FWSUP-MSP"), "one without a SKU goes by its code");
    let used = all(&host, Kind::Usage);
    assert!(used.iter().all(|item| products.contains_key(text(item, "product").unwrap())));
}

#[test]
fn term_licences_come_where_they_are_wanted() {
    let sim = start(20, options());
    let plain = host(&sim, "{}");
    let reported = (all(&plain, Kind::Usage).len(), all(&plain, Kind::Product).len());
    let host = host(&sim, r#"{"term-licences":true}"#);
    let (items, gaps, _) = walk(&host, Kind::Usage, &Selection::Everything).unwrap();
    let tenants = sim.tenants();
    let kept_out: Vec<Option<String>> = [4, 5].map(|place: usize| Some(tenants[place].id.clone())).into();
    assert_eq!(gaps.iter().map(|gap| gap.parent.clone()).collect::<Vec<_>>(), kept_out);
    assert!(gaps.iter().all(|gap| gap.cause.case() == "denied"));
    let licences: Vec<&Item> = items.iter().filter(|item| item.id.starts_with("licence/")).collect();
    assert_eq!(
        (items.len() - licences.len(), licences.len()),
        (reported.0, 3),
        "an ended one and a trial are left out"
    );
    for item in &licences {
        assert_eq!((item.parent.as_ref(), text(item, "period")), (Some(&tenants[6].id), None));
        assert_eq!(text(item, "effective"), Some("2020-01-01T00:00:00Z"));
    }
    let quantities: Vec<_> = licences.iter().map(|item| (number(item, "quantity"), number(item, "actual"))).collect();
    assert_eq!(quantities, [(Some(40), Some(37)), (Some(2), None), (None, None)], "unlimited is no number");
    let products = by_id(all(&host, Kind::Product));
    assert_eq!(products.len(), reported.1 + 3);
    assert_eq!(products["licence:CIXA"].name, "Central Intercept X Advanced");
    assert_eq!(text(licences[0], "product"), Some("licence:CIXA"));
    assert!(sim.set_forbidden(&tenants[6].id, true));
    assert_eq!(walk(&host, Kind::Usage, &Selection::Everything).unwrap().1.len(), 3);
}

#[test]
fn alerts_are_read_tenant_by_tenant_and_one_that_is_shut_stops_nothing() {
    let sim = start(130, options());
    let host = host(&sim, "{}");
    let tenants = sim.tenants();
    for nth in 0..250 {
        let type_ = format!("Event::Many::{nth}");
        sim.raise_alert(&tenants[61].id, NewAlert { type_, at: EPOCH + nth, ..NewAlert::default() }).unwrap();
    }
    let (items, gaps, pages) = walk(&host, Kind::Alert, &Selection::Everything).unwrap();
    assert_eq!(pages, 6, "100 tenants in four, 30 in two");
    let shut: Vec<_> = gaps.iter().map(|gap| (gap.parent.clone().unwrap(), gap.cause.case())).collect();
    let hostless = gaps[0].parent.clone().unwrap();
    assert!(gaps[0].cause.message().contains("names no host for this customer yet"), "{gaps:?}");
    let refused = [(tenants[4].id.clone(), "denied"), (tenants[5].id.clone(), "denied")];
    assert_eq!((&shut[1..], shut[0].1), (&refused[..], "unavailable"));
    assert!(gaps[1].cause.message().contains("Partner Assistance"));
    let alerts = by_id(items);
    let unread = 1; // one of the tenant that has no host yet, which is the gap above
    assert!(alerts.values().all(|item| item.parent.as_ref() != Some(&hostless)));
    assert_eq!(alerts.len() + unread, sim.open_alerts().len());
    assert_eq!(alerts.values().filter(|item| item.parent.as_ref() == Some(&tenants[61].id)).count(), 250);
    let regional: Vec<_> = host.requests.borrow().iter().filter(|r| r.endpoint == "regional").cloned().collect();
    let server = sim.url().replace("http://", "");
    assert!(regional.iter().all(|request| request.host.as_ref() == Some(&server)));

    let malware = alerts.values().find(|item| item.name.starts_with("Malware")).unwrap();
    assert_eq!(text(malware, "priority"), Some("critical"));
    assert!(text(malware, "raised").unwrap().ends_with('Z') && field(malware, "resolved").is_none());
    assert!(text(malware, "message").unwrap().contains("Event::Endpoint::Threat::Detected"));
    assert!(field(malware, "asset").is_none());
    let repeat = |of: &str| {
        let new = NewAlert { type_: "Event::Same".to_owned(), ..NewAlert::default() };
        sim.raise_alert(of, new).unwrap()
    };
    let (one, again, elsewhere) = (repeat(&tenants[0].id), repeat(&tenants[0].id), repeat(&tenants[1].id));
    let alerts = by_id(all(&host, Kind::Alert));
    assert_eq!(text(&alerts[&one], "condition"), text(&alerts[&again], "condition"));
    assert_ne!(text(&alerts[&one], "condition"), text(&alerts[&elsewhere], "condition"));
    assert!(sim.resolve_alert(&again));
    assert!(!by_id(all(&host, Kind::Alert)).contains_key(&again));

    let of = |tenant: &str| walk(&host, Kind::Alert, &Selection::OfParent(tenant.to_owned()));
    let (own, _, pages) = of(&tenants[61].id).unwrap();
    assert_eq!((own.len(), pages), (250, 3));
    assert!(own.iter().all(|item| alerts[&item.id] == *item));
    let refused = [3, 4].map(|at| of(&tenants[at].id).unwrap_err().case());
    assert_eq!(refused, ["unavailable", "denied"], "one has no host yet, one is shut");
    assert_eq!(of("nobody").unwrap_err().case(), "not-found");
    let since = Selection::ChangedSince("2025-11-03T08:04:00Z".to_owned());
    let since = by_id(walk(&host, Kind::Alert, &since).unwrap().0);
    assert_eq!(since.len(), 10, "of 250 that came a second apart");
}

#[test]
fn too_many_calls_keep_what_was_read() {
    let sim = start(30, options());
    let host = host(&sim, "{}");
    let whole = by_id(all(&host, Kind::Alert));
    sim.faults().parse("throttle=path:/alerts,after:12").unwrap();
    let query = || Query { kind: Kind::Alert, selection: Selection::Everything };
    let first = Central::read(&host, query(), None).unwrap();
    assert!(!first.items.is_empty());
    let refused = Central::read(&host, query(), first.next.as_deref()).unwrap_err();
    assert_eq!(refused.case(), "throttled", "nothing more can be had");
    sim.faults().clear();
    sim.reset_counts();
    let rest = Central::read(&host, query(), first.next.as_deref()).unwrap();
    assert_eq!((rest.next, sim.counts().of("GET", "alerts")), (None, 17), "12 of 29 were not asked again");
    assert_eq!(by_id([first.items, rest.items].concat()), whole);
}

#[test]
fn what_goes_wrong_is_told_as_it_is() {
    let sim = start(12, options());
    let host = host(&sim, "{}");
    let kinds = [Kind::Customer, Kind::Product, Kind::Usage, Kind::Alert];
    let read = |kind| walk(&host, kind, &Selection::Everything);
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
        for kind in kinds {
            assert_eq!(read(kind).unwrap_err().case(), case, "{fault}");
        }
        sim.faults().clear();
    }
    // One tenant whose region is down is a gap; the credentials refused there are everybody's trouble.
    sim.faults().parse("server-error=path:/alerts,next:1,status:503").unwrap();
    let (_, gaps, _) = read(Kind::Alert).unwrap();
    assert_eq!(
        gaps.iter().map(|gap| gap.cause.case()).collect::<Vec<_>>(),
        ["unavailable", "unavailable", "denied", "denied"],
        "one has no host yet"
    );
    sim.faults().parse("unauthorized=path:/alerts,after:3").unwrap();
    assert_eq!(read(Kind::Alert).unwrap_err().case(), "denied");
    sim.faults().clear();
    sim.faults().parse("half-page=path:/alerts,next:1").unwrap();
    assert_eq!(read(Kind::Alert).unwrap().1.len(), 4, "an answer that is none is a gap, too");
    sim.faults().clear();

    assert_eq!(walk(&host, Kind::Asset, &Selection::Everything).unwrap_err().case(), "unsupported");
    assert_eq!(walk(&host, Kind::Usage, &Selection::OfParent("x".to_owned())).unwrap_err().case(), "unsupported");
    assert_eq!(walk(&host, Kind::Alert, &Selection::Ids(vec![])).unwrap_err().case(), "unsupported");
    for kind in kinds {
        assert_eq!(failed(&Central::write(&host, vec![change("1", Operation::Update, kind)])).case(), "unsupported");
        let query = Query { kind, selection: Selection::Everything };
        assert_eq!(Central::read(&host, query, Some("nonsense")).unwrap_err().case(), "broken");
    }
    sim.expire_tokens();
    assert_eq!(Central::check(&host).unwrap_err().case(), "denied");
}

#[test]
fn only_a_partners_credentials_will_do() {
    for id_type in ["organization", "tenant"] {
        let sim = start(3, SophosOptions { id_type, ..options() });
        let failure = Central::check(&host(&sim, "{}")).unwrap_err();
        assert!(failure.case() == "denied" && failure.message().contains("Sophos Central Partner"), "{failure:?}");
        assert_eq!(walk(&host(&sim, "{}"), Kind::Usage, &Selection::Everything).unwrap_err(), failure);
    }
}
