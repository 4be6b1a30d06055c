//! The simulated PSA against its vendor's notes.

use std::time::{Duration, Instant};

use crosswalk_sims::{Existing, PsaOptions};
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::{psa, psa_client, world};

const ROOT: &str = "/ATServicesRest/V1.0";

fn query(client: &mut Client, entity: &str, body: &Value) -> Answer {
    client.post(&format!("{ROOT}/{entity}/query"), &body.to_string())
}

/// The items of a query, all pages.
fn items(client: &mut Client, entity: &str, body: &Value) -> Vec<Value> {
    let mut reply = query(client, entity, body);
    let mut all = Vec::new();
    loop {
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let page = reply.json();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        assert_eq!(page["pageDetails"]["count"], page["items"].as_array().unwrap().len());
        let Some(next) = page["pageDetails"]["nextPageUrl"].as_str() else { return all };
        reply = client.post(next, &body.to_string());
    }
}

fn create(client: &mut Client, path: &str, body: &Value) -> i64 {
    let reply = client.post(&format!("{ROOT}/{path}"), &body.to_string());
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    reply.json()["itemId"].as_i64().unwrap()
}

fn error(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["errors"][0].as_str().unwrap().to_owned())
}

fn quick() -> PsaOptions {
    PsaOptions { latency_steps: false, ..PsaOptions::default() }
}

/// A company, ready to have things.
fn company(client: &mut Client, name: &str) -> i64 {
    create(
        client,
        "Companies",
        &json!({"companyName": name, "companyType": 1, "ownerResourceID": 29_682_885, "phone": "1"}),
    )
}

fn item(company: i64, title: &str, key: &str) -> Value {
    json!({"companyID": company, "productID": 77, "isActive": true, "installDate": "2025-01-02T00:00:00Z", "referenceTitle": title,
           "userDefinedFields": [{"name": "RMM Device Key", "value": key}]})
}

#[test]
fn the_zone_needs_no_login_and_everything_else_does() {
    let (psa, mut client) = psa(&Existing::default(), PsaOptions::default());
    let mut stranger = Client::new(
        &psa.url(),
        &[("ApiIntegrationCode", psa.integration_code()), ("UserName", psa.user()), ("Secret", "no")],
    );
    let zone = stranger.get("/atservicesrest/v1.0/zoneInformation?user=api%40msp.example").json();
    assert_eq!(zone["url"], format!("{}/ATServicesRest/", psa.url()));
    assert_eq!(error(&stranger.get("/atservicesrest/v1.0/zoneInformation?user=who")).0, 500);
    assert_eq!(error(&stranger.get("/atservicesrest/v1.0/zoneInformation")).0, 500);
    assert_eq!(stranger.get("/atservicesrest/versioninformation").json()["apiVersions"][0], "1.0");
    assert_eq!(error(&stranger.get(&format!("{ROOT}/Companies/0"))).0, 401);
    assert_eq!(error(&Client::new(&psa.url(), &[]).get(&format!("{ROOT}/Companies/0"))).0, 401);
    let own = client.get("/atservicesrest/v1.0/companies/0").json();
    assert_eq!(own["item"]["companyName"], "Simulated MSP", "paths are taken in any case, and company 0 is there");
    assert_eq!(client.get(&format!("{ROOT}/Companies/999999")).json(), json!({"item": null}));
}

#[test]
fn the_table_of_verbs() {
    let (_psa, mut client) = psa(&Existing::default(), PsaOptions::default());
    let id = company(&mut client, "Acme");
    for (method, path, expected) in [
        ("GET", "Companies".to_owned(), 405),
        ("DELETE", format!("Companies/{id}"), 405),
        ("PATCH", format!("Companies/{id}"), 405),
        ("POST", "CompanyLocations".to_owned(), 404),
        ("PATCH", "CompanyLocations".to_owned(), 404),
        ("DELETE", "CompanyLocations/1".to_owned(), 405),
        ("GET", format!("Companies/{id}/ConfigurationItems"), 404),
        ("GET", format!("Companies/{id}/Locations"), 200),
        ("DELETE", format!("Companies/{id}/Locations"), 405),
        ("DELETE", format!("Companies/{id}/Locations/1"), 500),
        ("DELETE", "ConfigurationItems/1".to_owned(), 405),
        ("POST", "Resources".to_owned(), 405),
        ("GET", "Nonsense/query".to_owned(), 404),
        ("PUT", "Companies/query".to_owned(), 405),
        ("GET", "ThresholdInformation".to_owned(), 200),
        ("GET", "Companies/entityInformation".to_owned(), 200),
        ("POST", "Companies/entityInformation".to_owned(), 405),
    ] {
        let reply = client.send(method, &format!("{ROOT}/{path}"), if method == "GET" { "" } else { "{}" }).unwrap();
        assert_eq!(reply.status, expected, "{method} {path}");
        assert!(expected == 200 || reply.json()["errors"][0].is_string(), "{method} {path}");
    }
}

#[test]
fn entities_describe_themselves() {
    let (_psa, mut client) = psa(&Existing::default(), PsaOptions::default());
    let info = client.get(&format!("{ROOT}/CompanyLocations/entityInformation")).json();
    assert_eq!(
        (info["info"]["canDelete"].clone(), info["info"]["hasUserDefinedFields"].clone()),
        (true.into(), false.into())
    );
    let fields = client.get(&format!("{ROOT}/Companies/entityInformation/fields")).json();
    let kind = fields["fields"].as_array().unwrap().iter().find(|f| f["name"] == "companyType").unwrap();
    assert_eq!((kind["isPickList"].clone(), kind["isRequired"].clone()), (true.into(), true.into()));
    assert_eq!(
        (kind["picklistValues"][0]["value"].clone(), kind["picklistValues"][0]["label"].clone()),
        ("1".into(), "Customer".into())
    );
    assert!(kind["picklistValues"].as_array().unwrap().iter().any(|p| p["isActive"] == false));
    let udfs = client.get(&format!("{ROOT}/ConfigurationItems/entityInformation/userDefinedFields")).json();
    let names: Vec<&str> = udfs["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["RMM Device Key", "RMM Last User", "RMM Last Seen", "RMM Storage"]);
}

#[test]
fn every_operator_means_what_it_says() {
    let (_psa, mut client) = psa(&Existing::default(), PsaOptions::default());
    let acme = company(&mut client, "Acme Ltd");
    let bolt = company(&mut client, "Bolt GmbH");
    let reply = client.send(
        "PATCH",
        &format!("{ROOT}/Companies"),
        &json!({"ID": bolt, "CITY": "Köln", "isActive": false}).to_string(),
    );
    assert_eq!(reply.unwrap().json()["itemId"], bolt, "body keys are taken in any case");
    let found = |client: &mut Client, filter: Value| -> Vec<i64> {
        let rows = items(client, "Companies", &json!({"filter": filter}));
        rows.iter().map(|r| r["id"].as_i64().unwrap()).collect()
    };
    for (filter, expected) in [
        (json!([{"op": "eq", "field": "companyName", "value": "ACME ltd"}]), vec![acme]),
        (json!([{"op": "Eq", "field": "COMPANYNAME", "value": "acme ltd"}]), vec![acme]),
        (json!([{"op": "noteq", "field": "companyName", "value": "acme ltd"}]), vec![0, bolt]),
        (json!([{"op": "gt", "field": "id", "value": acme}]), vec![bolt]),
        (json!([{"op": "gte", "field": "id", "value": acme}, {"op": "lt", "field": "id", "value": bolt}]), vec![acme]),
        (json!([{"op": "lte", "field": "id", "value": acme}]), vec![0, acme]),
        (json!([{"op": "beginsWith", "field": "companyName", "value": "bo"}]), vec![bolt]),
        (json!([{"op": "endsWith", "field": "companyName", "value": "LTD"}]), vec![acme]),
        (json!([{"op": "contains", "field": "city", "value": "köl"}]), vec![bolt]),
        (json!([{"op": "exist", "field": "city"}]), vec![bolt]),
        (json!([{"op": "notExist", "field": "city"}]), vec![0, acme]),
        (json!([{"op": "in", "field": "id", "value": [acme, 0, 12345]}]), vec![0, acme]),
        (json!([{"op": "notIn", "field": "companyName", "value": ["Acme Ltd"]}]), vec![0, bolt]),
        (json!([{"op": "eq", "field": "isActive", "value": false}]), vec![bolt]),
        (json!([{"op": "eq", "field": "id", "value": acme.to_string()}]), vec![]),
        (
            json!([{"op": "gt", "field": "createDate", "value": "2020-01-01T00:00:00Z"}, {"op": "gt", "field": "id", "value": 0}]),
            vec![acme, bolt],
        ),
        (json!([{"op": "gt", "field": "createDate", "value": "2120-01-01"}]), vec![]),
        (
            json!([{"op": "or", "items": [{"op": "eq", "field": "id", "value": acme}, {"op": "eq", "field": "companyName", "value": "Bolt GmbH"}]}]),
            vec![acme, bolt],
        ),
        (
            json!([{"op": "or", "items": [{"op": "eq", "field": "id", "value": acme}, {"op": "and", "items": [{"op": "exist", "field": "city"}, {"op": "eq", "field": "isActive", "value": true}]}]}]),
            vec![acme],
        ),
    ] {
        assert_eq!(found(&mut client, filter.clone()), expected, "{filter}");
    }
    let count =
        client.post(&format!("{ROOT}/Companies/query/count"), r#"{"filter":[{"op":"exist","field":"id"}]}"#).json();
    assert_eq!(count, json!({"queryCount": 3}));
}

#[test]
fn what_the_query_language_has_not_is_refused() {
    let (_psa, mut client) = psa(&Existing::default(), PsaOptions::default());
    let many: Vec<Value> = (0..501).map(|n| json!({"op": "eq", "field": "id", "value": n})).collect();
    let ids: Vec<i64> = (0..501).collect();
    let udf = json!({"op": "eq", "field": "RMM Device Key", "value": "a", "udf": true});
    for (body, text) in [
        (json!({}), "at least one condition"),
        (json!({"filter": []}), "at least one condition"),
        (json!({"filter": [{"op": "ne", "field": "id", "value": 1}]}), "'ne' is not valid"),
        (
            json!({"filter": [{"op": "startsWith", "field": "referenceTitle", "value": "x"}]}),
            "'startsWith' is not valid",
        ),
        (json!({"filter": [{"op": "isNull", "field": "id"}]}), "'isNull' is not valid"),
        (
            json!({"filter": [{"op": "eq", "field": "colour", "value": 1}]}),
            "Unable to find colour in the ConfigurationItem Entity",
        ),
        (json!({"filter": [{"op": "eq", "field": "RMM Device Key", "value": "a"}]}), "Unable to find"),
        (json!({"filter": [{"op": "eq", "field": "lastActivityPersonType", "value": 1}]}), "cannot be queried"),
        (json!({"filter": [{"op": "in", "field": "id", "value": ids}]}), "more than 500"),
        (json!({"filter": [{"op": "or", "items": many}]}), "limited to 500"),
        (
            json!({"filter": [udf, {"op": "exist", "field": "RMM Last User", "udf": true}]}),
            "Only one user-defined field",
        ),
        (json!({"filter": [{"op": "exist", "field": "id"}], "MaxRecords": 501}), "between 1 and 500"),
        (json!({"filter": [{"op": "exist", "field": "id"}], "MaxRecords": 0}), "between 1 and 500"),
        (json!({"filter": [{"op": "exist", "field": "id"}], "IncludeFields": ["company.name"]}), "Unable to find"),
    ] {
        let (status, said) = error(&query(&mut client, "ConfigurationItems", &body));
        assert!(status == 500 && said.contains(text), "{body}: {said}");
    }
}

#[test]
fn pages_follow_each_other_to_the_end() {
    let (_psa, mut client) = psa(&Existing::default(), PsaOptions { latency_steps: false, ..PsaOptions::default() });
    let acme = company(&mut client, "Acme");
    for n in 0..25 {
        create(&mut client, "ConfigurationItems", &item(acme, &format!("PC-{n:02}"), &format!("key-{n:02}")));
    }
    let body = json!({"MaxRecords": 10, "IncludeFields": ["id", "referenceTitle"], "filter": [{"op": "eq", "field": "companyID", "value": acme}]});
    let all = items(&mut client, "ConfigurationItems", &body);
    assert_eq!(all.len(), 25);
    let ids: Vec<i64> = all.iter().map(|r| r["id"].as_i64().unwrap()).collect();
    assert!(ids.is_sorted());
    let mut columns: Vec<&String> = all[0].as_object().unwrap().keys().collect();
    columns.sort();
    assert_eq!(columns, ["id", "referenceTitle", "userDefinedFields"]);

    // The same by GET, whose next address carries the search.
    let search: String = body.to_string().bytes().map(|b| format!("%{b:02X}")).collect();
    let first = client.get(&format!("{ROOT}/ConfigurationItems/query?search={search}")).json();
    assert_eq!(first["pageDetails"]["prevPageUrl"], Value::Null);
    let second = client.get(first["pageDetails"]["nextPageUrl"].as_str().unwrap()).json();
    assert_eq!(second["items"][0]["referenceTitle"], "PC-10");
    let back = client.get(second["pageDetails"]["prevPageUrl"].as_str().unwrap()).json();
    assert_eq!(back["items"], first["items"]);
    let last = client.get(second["pageDetails"]["nextPageUrl"].as_str().unwrap()).json();
    assert_eq!(
        (last["pageDetails"]["count"].clone(), last["pageDetails"]["nextPageUrl"].clone()),
        (5.into(), Value::Null)
    );

    // A page that is just full is the last one.
    let body = json!({"MaxRecords": 25, "filter": [{"op": "eq", "field": "companyID", "value": acme}]});
    assert_eq!(query(&mut client, "ConfigurationItems", &body).json()["pageDetails"]["nextPageUrl"], Value::Null);
}

#[test]
fn user_defined_fields_are_found_kept_and_cleared() {
    let (_psa, mut client) = psa(&Existing::default(), PsaOptions::default());
    let acme = company(&mut client, "Acme");
    let id = create(&mut client, "ConfigurationItems", &item(acme, "PC-1", "vsax:1"));
    create(&mut client, "ConfigurationItems", &item(acme, "PC-2", "vsax:2"));
    let by_key = |value: Value| json!({"filter": [{"op": "in", "field": "RMM Device Key", "udf": true, "value": value}, {"op": "eq", "field": "companyID", "value": acme}]});
    let found = items(&mut client, "ConfigurationItems", &by_key(json!(["VSAX:1", "vsax:9"])));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["userDefinedFields"][0], json!({"name": "RMM Device Key", "value": "vsax:1"}));
    let patch = json!({"id": id, "userDefinedFields": [{"name": "rmm last user", "value": "Ann"}]});
    assert_eq!(client.send("PATCH", &format!("{ROOT}/ConfigurationItems"), &patch.to_string()).unwrap().status, 200);
    let read = client.get(&format!("{ROOT}/ConfigurationItems/{id}")).json();
    assert_eq!(read["item"]["userDefinedFields"][1]["value"], "Ann");
    assert_eq!(read["item"]["userDefinedFields"][0]["value"], "vsax:1", "a PATCH leaves the others alone");
    let wrong = json!({"id": id, "userDefinedFields": [{"name": "RMM Shoe Size", "value": "44"}]});
    assert_eq!(error(&client.send("PATCH", &format!("{ROOT}/ConfigurationItems"), &wrong.to_string()).unwrap()).0, 500);
    // A PUT clears what it does not mention, user-defined fields too.
    let put = json!({"id": id, "companyID": acme, "productID": 77, "isActive": true});
    assert_eq!(client.send("PUT", &format!("{ROOT}/ConfigurationItems"), &put.to_string()).unwrap().status, 200);
    let read = client.get(&format!("{ROOT}/ConfigurationItems/{id}")).json()["item"].clone();
    assert_eq!(
        (read["referenceTitle"].clone(), read["userDefinedFields"][0]["value"].clone()),
        (Value::Null, Value::Null)
    );
    assert_eq!(
        items(&mut client, "ConfigurationItems", &by_key(json!(["vsax:1"]))).len(),
        0,
        "and the index forgets it"
    );
}

#[test]
fn writes_are_checked() {
    let (psa, mut client) = psa(&Existing::default(), PsaOptions::default());
    let (acme, bolt) = (company(&mut client, "Acme"), company(&mut client, "Bolt"));
    let there = create(&mut client, &format!("Companies/{bolt}/Locations"), &json!({"name": "Leeds"}));
    let id = create(&mut client, "ConfigurationItems", &item(acme, "PC-1", "k"));
    let with = |change: Value| {
        let mut body = item(acme, "PC-9", "k9");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        body
    };
    let before = psa.canonical_state();
    for (method, path, body, text) in [
        (
            "POST",
            "Companies",
            json!({"companyName": "X", "companyType": 1, "ownerResourceID": 29_682_885}),
            "required field phone",
        ),
        (
            "POST",
            "Companies",
            json!({"companyName": " ", "companyType": 1, "ownerResourceID": 29_682_885, "phone": "1"}),
            "required field companyName",
        ),
        (
            "POST",
            "Companies",
            json!({"companyName": "X", "companyType": 99, "ownerResourceID": 29_682_885, "phone": "1"}),
            "picklist value 99",
        ),
        (
            "POST",
            "Companies",
            json!({"companyName": "X", "companyType": 9, "ownerResourceID": 29_682_885, "phone": "1"}),
            "picklist value 9",
        ),
        (
            "POST",
            "Companies",
            json!({"companyName": "X", "companyType": 1, "ownerResourceID": 5, "phone": "1"}),
            "ownerResourceID",
        ),
        (
            "POST",
            "Companies",
            json!({"companyName": "X".repeat(101), "companyType": 1, "ownerResourceID": 29_682_885, "phone": "1"}),
            "maximum length of 100",
        ),
        ("POST", "ConfigurationItems", with(json!({"productID": null})), "required field productID"),
        ("POST", "ConfigurationItems", with(json!({"productID": 5})), "productID"),
        ("POST", "ConfigurationItems", with(json!({"companyID": 5})), "companyID"),
        ("POST", "ConfigurationItems", with(json!({"companyLocationID": there})), "companyLocationID must belong"),
        ("POST", "ConfigurationItems", with(json!({"installDate": "soon"})), "converting value"),
        ("POST", "ConfigurationItems", with(json!({"serviceID": 1, "serviceBundleID": 1})), "Only one of"),
        ("PATCH", "ConfigurationItems", json!({"id": id, "companyLocationID": there}), "companyLocationID must belong"),
        ("PATCH", "ConfigurationItems", json!({"id": 1, "referenceTitle": "x"}), "No matching records"),
        ("PATCH", "ConfigurationItems", json!({"referenceTitle": "x"}), "required field id"),
        (
            "PUT",
            "ConfigurationItems",
            json!({"id": id, "companyID": acme, "isActive": true}),
            "required field productID",
        ),
        ("POST", "Companies/5/Locations", json!({"name": "x"}), "No matching records"),
    ] {
        let reply = client.send(method, &format!("{ROOT}/{path}"), &body.to_string()).unwrap();
        let (status, said) = error(&reply);
        assert!(status == 500 && said.contains(text), "{method} {path} {body}: {status} {said}");
    }
    assert_eq!(psa.canonical_state(), before, "a refused write changes nothing");

    let stripped = create(
        &mut client,
        "ConfigurationItems",
        &with(json!({"rmmDeviceAuditLastUser": "Ann", "id": 5, "colour": "red", "companyID": acme})),
    );
    let read = client.get(&format!("{ROOT}/ConfigurationItems/{stripped}")).json()["item"].clone();
    assert_eq!(
        (read["rmmDeviceAuditLastUser"].clone(), read["id"].clone()),
        (Value::Null, stripped.into()),
        "read-only fields are dropped"
    );
    assert_eq!(read["installDate"], "2025-01-02T00:00:00");
    assert!(read["createDate"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn long_values_can_be_cut_instead() {
    let (_psa, mut client) = psa(
        &Existing::default(),
        PsaOptions { cut_long_values: true, missing_id_status: 404, ..PsaOptions::default() },
    );
    let id = company(&mut client, &"é".repeat(120));
    let name = client.get(&format!("{ROOT}/Companies/{id}")).json()["item"]["companyName"].as_str().unwrap().to_owned();
    assert_eq!(name.chars().count(), 100);
    assert_eq!(client.get(&format!("{ROOT}/Companies/5")).status, 404);
}

#[test]
fn locations_live_below_their_company() {
    let (psa, mut client) = psa(&Existing::default(), PsaOptions::default());
    let body = json!({"companyName": "Acme", "companyType": 1, "ownerResourceID": 29_682_885, "phone": "1", "address1": "1 Mill Lane", "city": "Leeds"});
    let acme = create(&mut client, "Companies", &body);
    let list = format!("{ROOT}/Companies/{acme}/Locations");
    let made = client.get(&list).json()["items"].clone();
    assert_eq!(
        (made.as_array().unwrap().len(), made[0]["city"].clone(), made[0]["isPrimary"].clone()),
        (1, "Leeds".into(), true.into())
    );
    let depot =
        create(&mut client, &format!("Companies/{acme}/Locations"), &json!({"name": "Depot", "isPrimary": true}));
    let primaries: Vec<Value> =
        client.get(&list).json()["items"].as_array().unwrap().iter().map(|l| l["isPrimary"].clone()).collect();
    assert_eq!(primaries, [false, true], "a new primary takes it from the old one");
    let other = company(&mut client, "Other");
    let elsewhere = client
        .send("PATCH", &format!("{ROOT}/Companies/{other}/Locations"), &json!({"id": depot, "name": "x"}).to_string())
        .unwrap();
    assert_eq!(error(&elsewhere).0, 500, "not a location of that company");
    assert_eq!(client.get(&format!("{ROOT}/Companies/{other}/Locations/{depot}")).json(), json!({"item": null}));
    let patch = json!({"id": depot, "name": "Big Depot"}).to_string();
    assert_eq!(client.send("PATCH", &list, &patch).unwrap().json()["itemId"], depot);
    let found = items(
        &mut client,
        "CompanyLocations",
        &json!({"filter": [{"op": "eq", "field": "name", "value": "big depot"}]}),
    );
    assert_eq!(found[0]["companyID"], acme);
    let mut with_place = item(acme, "PC", "k");
    with_place["companyLocationID"] = depot.into();
    create(&mut client, "ConfigurationItems", &with_place);
    let in_use = client.send("DELETE", &format!("{list}/{depot}"), "").unwrap();
    assert!(error(&in_use).1.contains("in use"));
    let free = create(&mut client, &format!("Companies/{acme}/Locations"), &json!({"name": "Free"}));
    assert_eq!(client.send("DELETE", &format!("{list}/{free}"), "").unwrap().json()["itemId"], free);
    assert!(error(&client.send("DELETE", &format!("{list}/{free}"), "").unwrap()).1.contains("No matching records"));
    assert_eq!(psa.counts().of("DELETE", "CompanyLocations"), 3);
}

#[test]
fn four_calls_at_once_on_one_entity_are_one_too_many() {
    let (psa, _client) =
        psa(&Existing::default(), PsaOptions { latency: Duration::from_millis(300), ..PsaOptions::default() });
    let at_once = |paths: [&'static str; 4]| -> Vec<u16> {
        let calls = paths.map(|path| {
            let mut client = psa_client(&psa);
            std::thread::spawn(move || client.get(&format!("{ROOT}/{path}")).status)
        });
        let mut statuses: Vec<u16> = calls.into_iter().map(|c| c.join().unwrap()).collect();
        statuses.sort_unstable();
        statuses
    };
    assert_eq!(at_once(["Companies/0", "Companies/0", "Companies/0", "Companies/0"]), [200, 200, 200, 429]);
    assert_eq!(at_once(["Companies/0", "Companies/0", "Companies/0", "Products/77"]), [200, 200, 200, 200]);

    // Three that each wait for their reply are never one too many.
    psa.set_latency(Duration::ZERO);
    let loops: Vec<_> = (0..3)
        .map(|_| {
            let mut client = psa_client(&psa);
            std::thread::spawn(move || (0..200).all(|_| client.get(&format!("{ROOT}/Companies/0")).status == 200))
        })
        .collect();
    assert!(loops.into_iter().all(|l| l.join().unwrap()));
}

#[test]
fn the_hour_slows_down_and_then_is_full() {
    let (psa, mut client) = psa(&Existing::default(), PsaOptions { hourly_limit: 1000, ..PsaOptions::default() });
    let mut timed = |used: u64| {
        psa.set_hour_calls(used);
        let start = Instant::now();
        let reply = client.get(&format!("{ROOT}/ThresholdInformation"));
        (reply.status, reply.json(), start.elapsed())
    };
    let (status, body, _) = timed(10);
    assert_eq!(
        (status, body),
        (
            200,
            json!({"externalRequestThreshold": 1000, "requestThresholdTimeframe": 60, "currentTimeframeRequestCount": 11})
        )
    );
    assert!(timed(600).2 >= Duration::from_millis(500));
    assert!(timed(800).2 >= Duration::from_secs(1));
    let (status, body, _) = timed(1000);
    assert!(status == 429 && body["errors"][0].is_string());
    assert_eq!(psa.counts().refused, 1);
}

#[test]
fn reads_and_writes_are_told_apart() {
    let (psa, mut client) = psa(&Existing::default(), PsaOptions::default());
    query(&mut client, "Companies", &json!({"filter": [{"op": "exist", "field": "id"}]}));
    client.post(&format!("{ROOT}/Companies/query/count"), r#"{"filter":[{"op":"exist","field":"id"}]}"#);
    assert_eq!((psa.counts().reads, psa.counts().writes), (2, 0), "a POST that queries is a read");
    company(&mut client, "Acme");
    assert_eq!((psa.counts().writes, psa.counts().of("POST", "Companies")), (1, 1));
    psa.reset_counts();
    assert_eq!(psa.counts().total(), 0);
    let over_http = client.get("/_sim/counts").json();
    assert_eq!(
        (over_http["reads"].clone(), over_http["writes"].clone()),
        (0.into(), 0.into()),
        "the sim's own endpoints do not count"
    );
    assert!(client.get("/_sim/cpu").json()["cpu_seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn permissions_can_be_missing() {
    let (psa, mut client) = psa(&Existing::default(), PsaOptions { permission_status: 403, ..PsaOptions::default() });
    assert!(psa.deny("ConfigurationItems") && !psa.deny("Nonsense"));
    let (status, text) =
        error(&query(&mut client, "ConfigurationItems", &json!({"filter": [{"op": "exist", "field": "id"}]})));
    assert!(status == 403 && text.contains("adequate permissions"));
    psa.allow_all();
    assert_eq!(items(&mut client, "ConfigurationItems", &json!({"filter": [{"op": "exist", "field": "id"}]})).len(), 0);
}

#[test]
fn what_exists_is_loaded_and_end_states_compare() {
    let existing = world().existing_in_psa(0.8, 3);
    let (psa, mut client) = psa(&existing, PsaOptions::default());
    assert_eq!(psa.len("Companies"), existing.companies.len() + 1);
    assert_eq!(psa.locations().len(), existing.companies.iter().map(|c| c.locations.len()).sum::<usize>());
    assert_eq!(psa.configuration_items().len(), existing.companies.iter().map(|c| c.items.len()).sum::<usize>());
    let (other, mut other_client) = super::psa(&existing, PsaOptions::default());
    assert_eq!(psa.canonical_state(), other.canonical_state());

    // The same things made in another order are the same state, though every id differs.
    let (a, b) = (company(&mut client, "Zeta"), company(&mut client, "Eta"));
    create(&mut client, "ConfigurationItems", &item(a, "Z-1", "z1"));
    create(&mut client, "ConfigurationItems", &item(b, "E-1", "e1"));
    assert_ne!(psa.canonical_state(), other.canonical_state());
    let (b, a) = (company(&mut other_client, "Eta"), company(&mut other_client, "Zeta"));
    create(&mut other_client, "ConfigurationItems", &item(b, "E-1", "e1"));
    let z = create(&mut other_client, "ConfigurationItems", &item(a, "Z-1", "z1"));
    assert_eq!(psa.canonical_state(), other.canonical_state());
    assert_eq!(psa.duplicates(), []);

    // A technician's edit shows, and what is there twice is told.
    assert!(other.edit("ConfigurationItems", z, "referenceTitle", &json!("Z-1 (Ann)")));
    assert!(!other.edit("ConfigurationItems", 5, "referenceTitle", &json!("x")));
    assert_ne!(psa.canonical_state(), other.canonical_state());
    create(&mut client, "ConfigurationItems", &item(a, "Z-2", "z1"));
    company(&mut client, "ZETA");
    let twice: Vec<&str> = psa.duplicates().iter().map(|d| d.entity).collect();
    assert_eq!(twice, ["Companies", "ConfigurationItems"]);
    assert!(other.delete("ConfigurationItems", z));
    assert!(other.configuration_items().iter().all(|i| i["id"] != z));
}

#[test]
fn an_item_keeps_its_company_and_says_nothing() {
    let held = Existing::by_hand().account("Acme").item("PC-1", "S-1").account("Bolt");
    let (psa, mut client) = psa(&held.build(), quick());
    let ids: Vec<i64> = psa.companies().iter().skip(1).map(|row| row["id"].as_i64().unwrap()).collect();
    let item = psa.configuration_items()[0]["id"].clone();
    let patch = json!({"id": item, "companyID": ids[1], "referenceTitle": "PC-2"});
    let reply = client.send("PATCH", &format!("{ROOT}/ConfigurationItems"), &patch.to_string()).unwrap();
    assert_eq!(reply.status, 200);
    let row = psa.configuration_items().remove(0);
    assert_eq!((row["companyID"].as_i64(), row["referenceTitle"].as_str()), (Some(ids[0]), Some("PC-2")));
}

#[test]
fn protected_fields_are_hidden_and_refuse_updates() {
    let held = Existing::by_hand().account("Acme").item("PC-1", "S-1");
    let (psa, mut client) =
        psa(&held.build(), PsaOptions { protected_udfs: vec!["RMM Last User".to_owned()], ..quick() });
    let id = psa.configuration_items()[0]["id"].as_i64().unwrap();
    let read = |client: &mut Client| client.get(&format!("{ROOT}/ConfigurationItems/{id}")).json()["item"].clone();
    assert_eq!(read(&mut client)["userDefinedFields"][1]["value"], Value::Null);
    assert!(psa.edit("ConfigurationItems", id, "RMM Last User", &json!("Ann")));
    assert_eq!(read(&mut client)["userDefinedFields"][1]["value"], "*****");
    let patch = json!({"id": id, "userDefinedFields": [{"name": "RMM Last User", "value": "Bob"}]}).to_string();
    let refused = client.send("PATCH", &format!("{ROOT}/ConfigurationItems"), &patch).unwrap();
    assert!(error(&refused).1.contains("protected"), "{:?}", error(&refused));
    assert_eq!(psa.configuration_items()[0]["udf"]["RMM Last User"], "Ann");
}

#[test]
fn notes_that_the_api_writes_lose_their_format() {
    let (psa, mut client) = psa(&Existing::by_hand().account("Acme").item("PC-1", "S-1").build(), quick());
    let id = psa.configuration_items()[0]["id"].as_i64().unwrap();
    assert!(psa.format_notes(id, "<b>Do not</b> restart"));
    let item = client.get(&format!("{ROOT}/ConfigurationItems/{id}")).json()["item"].clone();
    assert_eq!(item["notes"], "Do not restart");
    let mut patch =
        |body: Value| client.send("PATCH", &format!("{ROOT}/ConfigurationItems"), &body.to_string()).unwrap();
    patch(json!({"id": id, "referenceTitle": "PC-2"}));
    assert!(psa.formatted_notes(id).is_some(), "what is not written stays");
    patch(json!({"id": id, "notes": "Do not restart"}));
    assert_eq!(psa.formatted_notes(id), None);
}

#[test]
fn a_page_without_user_defined_values_does_not_name_them() {
    let held = Existing::by_hand().account("Acme").item("PC-1", "S-1").item("PC-2", "S-2");
    let (psa, mut client) = psa(&held.build(), quick());
    let query = r#"{"filter":[{"op":"gte","field":"id","value":0}]}"#;
    let mut row = || client.post(&format!("{ROOT}/ConfigurationItems/query"), query).json()["items"][0].clone();
    assert!(row().get("userDefinedFields").is_none());
    let id = psa.configuration_items()[1]["id"].as_i64().unwrap();
    psa.edit("ConfigurationItems", id, "RMM Device Key", &json!("a"));
    assert!(row()["userDefinedFields"].is_array(), "another row of the page has one");
}
