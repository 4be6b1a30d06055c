//! The simulated Sophos Central against its vendor's notes.

use crosswalk_sims::sophos_central::{NewAlert, NewRow};
use crosswalk_sims::world::EPOCH;
use crosswalk_sims::{Size, SophosCentral, SophosOptions, World};
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::world;

fn log_in(sim: &SophosCentral, form: &str) -> Answer {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    Client::new(&sim.url(), &headers).post("/api/v2/oauth2/token", form)
}

fn right_form(sim: &SophosCentral) -> String {
    let (id, secret) = (sim.client_id(), sim.client_secret());
    format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=token")
}

/// A client with a token and these headers.
fn client(sim: &SophosCentral, headers: &[(&str, &str)]) -> Client {
    let token = log_in(sim, &right_form(sim)).json();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    Client::new(&sim.url(), &[&[("Authorization", bearer.as_str())], headers].concat())
}

fn partner(sim: &SophosCentral) -> Client {
    client(sim, &[("X-Partner-ID", &sim.partner_id())])
}

fn tenant(sim: &SophosCentral, id: &str) -> Client {
    client(sim, &[("X-Tenant-ID", id)])
}

fn options() -> SophosOptions {
    SophosOptions { now: Some(EPOCH), ..SophosOptions::default() }
}

fn sophos(options: SophosOptions) -> (SophosCentral, Client) {
    let sim = SophosCentral::start(&world(), options).unwrap();
    let client = partner(&sim);
    (sim, client)
}

/// Every row of a list that is walked by key.
fn by_key(client: &mut Client, path: &str, size: usize) -> Vec<Value> {
    let (mut rows, mut key) = (Vec::new(), String::new());
    loop {
        let from = if key.is_empty() { String::new() } else { format!("&pageFromKey={}", key.replace('=', "%3D")) };
        let page = client.get(&format!("{path}?pageTotal=true&pageSize={size}{}", from.replace('+', "%2B"))).json();
        assert_eq!(page["pages"]["fromKey"].as_str().unwrap_or(""), key);
        rows.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["pages"]["nextKey"].as_str() {
            None | Some("") => {
                assert_eq!(page["pages"]["items"], rows.len());
                return rows;
            }
            Some(next) => next.clone_into(&mut key),
        }
    }
}

const NOVEMBER: &str = "/partner/v1/billing/usage/2025/11";

#[test]
fn a_token_is_had_for_the_right_credentials_and_ends() {
    let (sim, mut partner) = sophos(options());
    let token = log_in(&sim, &right_form(&sim)).json();
    assert_eq!((token["token_type"].as_str(), token["expires_in"].as_i64()), (Some("bearer"), Some(3600)));
    assert_eq!((&token["errorCode"], &token["message"]), (&json!("success"), &json!("OK")));
    let wrong = log_in(&sim, &right_form(&sim).replace(sim.client_secret(), "guess"));
    assert_eq!((wrong.status, wrong.json()["errorCode"].clone()), (401, json!("oauth.invalid_client_secret")));
    assert!(wrong.json()["trackingId"].is_string() && wrong.json().get("correlationId").is_none(), "its own shape");
    assert_eq!(log_in(&sim, &right_form(&sim).replace("scope=token", "scope=all")).status, 400);
    assert_eq!(log_in(&sim, "grant_type=password").status, 400);

    assert_eq!(partner.get("/partner/v1/tenants").status, 200);
    sim.expire_tokens();
    let refused = partner.get("/partner/v1/tenants");
    assert_eq!((refused.status, refused.json()["error"].clone()), (401, json!("Unauthorized")));
    assert!(refused.json()["correlationId"].is_string() && refused.json().get("message").is_none());
    assert_eq!(self::partner(&sim).get("/partner/v1/tenants").status, 200);
    assert_eq!(sim.counts().writes, 0, "asking for a token changes nothing");
    let (_sim, mut partner) = sophos(SophosOptions { token_seconds: 0, ..options() });
    assert_eq!(partner.get("/whoami/v1").status, 401);
}

#[test]
fn whoami_tells_the_id_that_other_calls_want() {
    let (sim, mut partner) = sophos(options());
    let told = client(&sim, &[]).get("/whoami/v1").json();
    assert_eq!((told["idType"].as_str(), told["id"].as_str()), (Some("partner"), Some(sim.partner_id().as_str())));
    assert_eq!(told["apiHosts"], json!({"global": format!("{}/", sim.url())}), "with a slash, as a sample of theirs");
    assert_eq!(partner.get(NOVEMBER).status, 200);
    for path in ["/partner/v1/tenants", NOVEMBER, "/common/v1/alerts", "/licenses/v1/licenses"] {
        assert_eq!(client(&sim, &[]).get(path).status, 401, "{path} without its header");
    }
    assert_eq!(client(&sim, &[("X-Partner-ID", "somebody")]).get(NOVEMBER).status, 401);
    let sim = SophosCentral::start(&world(), SophosOptions { id_type: "tenant", ..options() }).unwrap();
    assert_eq!(client(&sim, &[]).get("/whoami/v1").json()["apiHosts"]["dataRegion"], sim.url());
    assert_eq!(self::partner(&sim).get("/partner/v1/tenants").status, 401);
}

#[test]
fn tenants_are_walked_by_number() {
    let (sim, mut partner) = sophos(options());
    let page = partner.get("/partner/v1/tenants?pageTotal=true&page=2&pageSize=5").json();
    assert_eq!(page["pages"], json!({"current": 2, "size": 5, "maxSize": 100, "total": 3, "items": 12}));
    assert_eq!(page["items"].as_array().unwrap().len(), 5);
    let plain = partner.get("/partner/v1/tenants").json();
    assert_eq!(plain["pages"], json!({"current": 1, "size": 50, "maxSize": 100}), "a total only where it is asked for");
    for wrong in ["page=0", "page=x", "pageSize=101", "pageSize=0"] {
        assert_eq!(partner.get(&format!("/partner/v1/tenants?{wrong}")).status, 400, "{wrong}");
    }
    let rows = plain["items"].as_array().unwrap();
    let world = world();
    for (row, organisation) in rows.iter().zip(&world.organisations) {
        assert_eq!(row["name"], organisation.name.as_str());
        assert_eq!(row["id"].as_str(), sim.tenant_of_organisation(organisation.id).as_deref());
        assert_eq!(partner.get(&format!("/partner/v1/tenants/{}", row["id"].as_str().unwrap())).json(), *row);
    }
    assert_eq!(rows[0]["apiHost"], sim.url());
    assert!(rows[3].get("apiHost").is_none() && rows[3].get("dataRegion").is_none(), "still being provisioned");
    let kinds: Vec<&str> = rows.iter().map(|row| row["billingType"].as_str().unwrap()).collect();
    assert_eq!(kinds[3..8], ["usage", "term", "trial", "term", "usage"]);
    assert_eq!(partner.get("/partner/v1/tenants/nobody").status, 404);
    sim.faults().parse("row-appears=1").unwrap();
    let later = partner.get("/partner/v1/tenants?page=2&pageSize=5").json();
    assert_eq!(later["items"][0]["id"], rows[4]["id"], "everything shifted");
    sim.faults().parse("row-leaves=1").unwrap();
    let later = partner.get("/partner/v1/tenants?page=2&pageSize=5").json();
    assert_eq!(later["items"][0]["id"], rows[5]["id"], "and back");
}

#[test]
fn usage_is_walked_by_key_month_by_month() {
    let (sim, mut partner) = sophos(options());
    let rows = by_key(&mut partner, NOVEMBER, 7);
    assert_eq!(by_key(&mut partner, NOVEMBER, 100), rows);
    let sum: i64 = rows.iter().map(|row| row["billableQuantity"].as_i64().unwrap()).sum();
    assert_eq!(sum, sim.billed("2025-11").iter().map(|(.., quantity)| quantity).sum::<i64>());
    let of = |id: &str| rows.iter().filter(|row| row["accountId"] == id).count();
    let tenants = sim.tenants();
    let counts: Vec<usize> = tenants.iter().map(|tenant| of(&tenant.id)).collect();
    assert_eq!(counts, [4, 5, 4, 4, 0, 0, 0, 4, 4, 5, 4, 4, 4], "term and trial are not billed by usage");
    assert!(!tenants[12].listed, "one that is gone is still billed");
    assert!(rows.iter().any(|row| row["billableQuantity"] != row["actualQuantity"]));
    assert_eq!(rows[0]["billingStartDate"], "2021-04-31", "as in a sample of the vendor's");
    assert_eq!(
        (&rows[1]["billingStartDate"], &rows[1]["billingEndDate"]),
        (&json!("2025-11-01"), &json!("2025-11-30"))
    );
    let own = by_key(&mut partner, NOVEMBER, 100);
    let one = partner.get(&format!("{NOVEMBER}?accountId={}", tenants[1].id)).json();
    assert_eq!(one["items"].as_array().unwrap()[..], own[4..9]);

    for (month, status) in
        [("2025/12", 404), ("2026/1", 404), ("2024/11", 200), ("2024/10", 404), ("2025/13", 400), ("2025/09", 400)]
    {
        assert_eq!(partner.get(&format!("/partner/v1/billing/usage/{month}")).status, status, "{month}");
    }
    assert_eq!(partner.get(&format!("{NOVEMBER}?pageFromKey=nonsense")).status, 400);
    assert!(sim.withhold("2025-11", true));
    let missing = partner.get(NOVEMBER);
    assert_eq!((missing.status, missing.json()["error"].clone()), (404, json!("notFound")));
    let (_sim, mut partner) = sophos(SophosOptions { padded_month: true, empty_next_key: true, ..options() });
    let page = partner.get("/partner/v1/billing/usage/2025/09").json();
    assert_eq!(page["pages"]["nextKey"], "");
}

#[test]
fn a_month_that_ended_stays_as_it_was() {
    let (sim, mut partner) = sophos(options());
    let id = sim.tenants()[0].id.clone();
    let mut billed = |month: &str| {
        let rows = by_key(&mut partner, &format!("/partner/v1/billing/usage/2025/{month}"), 100);
        let own = rows.iter().filter(|row| row["accountId"] == id.as_str() && row["sku"] == "NEW");
        own.map(|row| row["billableQuantity"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert!(sim.set_quantity(&id, "NEW", 5));
    assert_eq!((billed("10"), billed("11")), (vec![], vec![5]));
    assert!(sim.set_month("2025-12") && sim.set_quantity(&id, "NEW", 6));
    assert_eq!((sim.month(), billed("11"), billed("12")), ("2025-12".to_owned(), vec![5], vec![6]));
    assert!(sim.set_quantity_in("2025-11", &id, "NEW", 4) && sim.remove_product(&id, "NEW"));
    assert_eq!((billed("11"), billed("12")), (vec![4], vec![]));
    let row = NewRow { tenant: id.clone(), sku: "NEW".to_owned(), billable: Some(9.0), ..NewRow::default() };
    assert!(sim.add_row("2025-11", row.clone()) && !sim.add_row("2027-01", row));
    assert_eq!(billed("11"), [4, 9]);
    assert!(sim.set_quantity_in("2025-11", &id, "NEW", 20));
    assert_eq!(billed("11"), [11, 9], "the first row takes the difference");
    assert!(sim.set_quantity_in("2025-11", &id, "NEW", 3));
    assert_eq!(billed("11"), [3, 0]);
    assert!(!sim.set_quantity("nobody", "NEW", 1) && !sim.remove_product(&id, "NEW") && !sim.set_month("soon"));
}

#[test]
fn a_tenant_lets_the_partner_in_or_not() {
    let (sim, _) = sophos(options());
    let tenants = sim.tenants();
    for (place, status) in [(0, 200), (3, 403), (4, 403), (5, 403), (6, 200), (12, 403)] {
        let mut client = tenant(&sim, &tenants[place].id);
        for path in ["/common/v1/alerts", "/licenses/v1/licenses", "/endpoint/v1/endpoints"] {
            assert_eq!(client.get(path).status, status, "{path} of {place}");
        }
    }
    let stranger = tenant(&sim, "nobody").get("/common/v1/alerts");
    assert_eq!((stranger.status, stranger.json()["error"].clone()), (403, json!("forbidden")));
    assert!(sim.set_forbidden(&tenants[0].id, true));
    assert_eq!(tenant(&sim, &tenants[0].id).get("/common/v1/alerts").status, 403);

    let licences = tenant(&sim, &tenants[6].id).get("/licenses/v1/licenses").json();
    assert_eq!(licences["tenant"]["id"], tenants[6].id.as_str());
    let licences = licences["licenses"].as_array().unwrap();
    assert!(licences.iter().any(|one| one.get("quantity").is_none() && one["unlimited"] == true));
    assert!(licences.iter().any(|one| one["endDate"] == "2020-12-31"), "one has ended");
    let devices = by_key(&mut tenant(&sim, &tenants[1].id), "/endpoint/v1/endpoints", 3);
    let world = world();
    let own = world.devices.iter().filter(|d| world.site(d.site).unwrap().organisation == world.organisations[1].id);
    assert_eq!(devices.len(), own.count());
}

#[test]
fn alerts_are_raised_filtered_and_over() {
    let (sim, _) = sophos(options());
    let id = sim.tenants()[1].id.clone();
    let mut client = tenant(&sim, &id);
    assert_eq!(client.get("/common/v1/alerts").json()["items"], json!([]));
    let raise = |nth: i64| {
        let severity = if nth % 2 == 0 { "high" } else { "low" }.to_owned();
        sim.raise_alert(&id, NewAlert { severity, at: EPOCH + nth, ..NewAlert::default() }).unwrap()
    };
    let ids: Vec<String> = (0..7).map(raise).collect();
    let rows = by_key(&mut client, "/common/v1/alerts", 3);
    assert_eq!(rows.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    assert_eq!(rows[0]["raisedAt"], "2025-11-03T08:00:00", "without a zone");
    assert_eq!((&rows[0]["tenant"]["id"], &rows[0]["groupKey"]), (&json!(id), &rows[1]["groupKey"]));
    let count = |client: &mut Client, query: &str| {
        client.get(&format!("/common/v1/alerts?{query}")).json()["items"].as_array().unwrap().len()
    };
    assert_eq!(count(&mut client, "from=2025-11-03T08:00:04Z"), 3);
    assert_eq!((count(&mut client, "to=2025-11-03T08:00:04Z"), count(&mut client, "severity=high")), (5, 4));
    assert_eq!(client.get("/common/v1/alerts?pageSize=101").status, 400);
    assert_eq!(client.get(&format!("/common/v1/alerts/{}", ids[2])).json(), rows[2]);
    assert!(sim.resolve_alert(&ids[2]) && !sim.resolve_alert(&ids[2]));
    assert_eq!(client.get(&format!("/common/v1/alerts/{}", ids[2])).status, 404);
    assert_eq!(count(&mut client, ""), 6);
    assert!(sim.raise_alert("nobody", NewAlert::default()).is_none());
}

#[test]
fn it_can_be_steered_from_another_process_and_go_wrong() {
    let (sim, mut partner) = sophos(options());
    let id = sim.tenants()[0].id.clone();
    let mut post = |name: &str, body: Value| partner.post(&format!("/_sim/{name}"), &body.to_string()).json();
    assert_eq!(post("quantity", json!({"tenant": id, "sku": "NEW", "quantity": 8}))["found"], true);
    assert!(sim.billed("2025-11").contains(&(id.clone(), "NEW".to_owned(), 8)));
    assert_eq!(post("clock", json!({"month": "2026-01"}))["month"], "2026-01");
    assert_eq!(post("clock", json!({"now": EPOCH}))["month"], "2025-11");
    assert_eq!(post("remove", json!({"tenant": id, "sku": "NEW"}))["found"], true);
    assert_eq!(post("rename", json!({"tenant": id, "name": "Other"}))["found"], true);
    assert!(sim.canonical_state().contains(&"tenant \"Other\" usage".to_owned()));
    assert_eq!(post("withhold", json!({"month": "2025-10"}))["found"], true);
    let alert = post("notify", json!({"tenant": id, "severity": "high"}))["id"].clone();
    assert!(sim.open_alerts().contains(&alert.as_str().unwrap().to_owned()));
    assert_eq!(post("resolve", json!({"id": alert}))["found"], true);
    assert_eq!(partner.get("/_sim/tenants").json()["tenants"][0]["name"], "Other");
    assert_eq!(partner.get("/_sim/usage").json()["usage"][0]["tenant"], id.as_str());
    assert_eq!(partner.get("/partner/v1/billing/usage/2025/10").status, 404);

    sim.faults().parse("throttle=next:1,retry-after:9").unwrap();
    let refused = partner.get("/partner/v1/tenants");
    assert!(refused.status == 429 && refused.headers.contains("retry-after: 9"));
    assert_eq!(refused.json()["error"], "tooManyRequests");
    let rows = partner.get("/partner/v1/tenants").json();
    sim.faults().parse("reorder=1").unwrap();
    assert_eq!(partner.get("/partner/v1/tenants").json()["items"][11], rows["items"][0]);
    assert_eq!(partner.post("/_sim/expire-tokens", "").status, 200);
    assert_eq!(partner.get("/partner/v1/tenants").status, 401);

    for retry_after in [true, false] {
        let (_sim, mut partner) = sophos(SophosOptions { minute_limit: Some(2), retry_after, ..options() });
        assert_eq!([(); 2].map(|()| partner.get("/whoami/v1").status), [200, 200]);
        let refused = partner.get("/whoami/v1");
        assert_eq!((refused.status, refused.headers.contains("retry-after: ")), (429, retry_after));
    }
}

#[test]
fn many_tenants_are_served_fast() {
    let world = World::generate(Size::new(2000, 2000, 0), 7);
    let options = SophosOptions { products: 10, oddities: false, ..options() };
    let sim = SophosCentral::start(&world, options).unwrap();
    let mut partner = partner(&sim);
    let start = std::time::Instant::now();
    assert_eq!(by_key(&mut partner, NOVEMBER, 100).len(), 20_000);
    assert!(start.elapsed().as_secs() < 10, "200 pages: {:?}", start.elapsed());
}
