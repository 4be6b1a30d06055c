//! The simulated Pulseway PSA (Kaseya BMS 2.0) against its vendor's notes.

use std::time::Duration;

use crosswalk_sims::{BmsOptions, Existing, PulsewayPsa};
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::world;

const FORM: &str = "application/x-www-form-urlencoded";
const ASSETS: &str = "/v2/servicedesk/hardwareasset";
const TICKETS: &str = "/v2/servicedesk/tickets";

fn start(existing: &Existing, options: BmsOptions) -> (PulsewayPsa, Client) {
    let psa = PulsewayPsa::start(existing, options).unwrap();
    let client = client(&psa, &psa.access_token());
    (psa, client)
}

fn client(psa: &PulsewayPsa, token: &str) -> Client {
    Client::new(&psa.url(), &[("Authorization", &format!("Bearer {token}"))])
}

/// The result of a call that went well.
fn result(answer: &Answer) -> Value {
    let body = answer.json();
    assert!(answer.status == 200 && body["success"] == true, "{} {body}", answer.status);
    body["result"].clone()
}

/// The status and the words of a refusal.
fn refused(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert_eq!(body["success"], false, "{body}");
    (answer.status, body["error"]["message"].as_str().unwrap().to_owned())
}

fn post(client: &mut Client, path: &str, body: &Value) -> Answer {
    client.post(path, &body.to_string())
}

fn account(name: &str) -> Value {
    json!({"accountName": name, "accountTypeId": 1, "businessTypeId": 21, "accountManagerId": 5001,
           "locations": [{"locationName": "Main", "isMain": true, "addresses": [{"address1": "1 High St", "city": "Leeds"}]}]})
}

/// An account, ready to have things: its id and its main location's.
fn made(client: &mut Client, name: &str) -> (i64, i64) {
    let made = result(&post(client, "/v2/crm/accounts", &account(name)));
    (made["id"].as_i64().unwrap(), made["locations"][0]["id"].as_i64().unwrap())
}

#[test]
fn a_login_is_a_form_and_its_token_runs_out() {
    let options = BmsOptions { token_life: Duration::from_millis(300), ..BmsOptions::default() };
    let (psa, _) = start(&Existing::default(), options);
    let mut client = Client::new(&psa.url(), &[]);
    let mut login = |kind: &str, path: &str, body: &str| {
        client.send_as(kind, "POST", &format!("/v2/security/{path}"), body).unwrap()
    };
    let form = "grantType=password&userName=api%40msp.example&Password=sim-password&tenant=Simulated+MSP";
    let first = result(&login(FORM, "authenticate", form));
    let parts = ["GrantType", "UserName", "Password", "Tenant"].into_iter().zip([
        "password",
        "api@msp.example",
        "sim-password",
        "Simulated MSP",
    ]);
    let parts: String =
        parts.map(|(k, v)| format!("--B\r\nContent-Disposition: form-data; name=\"{k}\"\r\n\r\n{v}\r\n")).collect();
    let second = result(&login("multipart/form-data; boundary=B", "authenticate", &format!("{parts}--B--\r\n")));
    assert_ne!(first["accessToken"], second["accessToken"]);
    assert_eq!(login("application/json", "authenticate", "{}").status, 415);
    assert_eq!(refused(&login(FORM, "authenticate", &form.replace("sim-", "bad-"))).0, 200);

    let token = first["accessToken"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert!(first["accessTokenExpireOn"].as_str().unwrap().ends_with('Z'));
    let refresh = first["refreshToken"].as_str().unwrap();
    let renewed = format!("AccessToken={token}&RefreshToken={refresh}");
    let third = result(&login(FORM, "refreshtoken", &renewed));
    assert_eq!(refused(&login(FORM, "refreshtoken", &renewed)).0, 200, "a refresh token is used up");
    drop(client);

    let mut client = self::client(&psa, third["accessToken"].as_str().unwrap());
    assert_eq!(client.get("/v2/crm/accounts/summary").status, 200);
    std::thread::sleep(Duration::from_millis(320));
    assert_eq!(refused(&client.get("/v2/crm/accounts/summary")).0, 401);
    let counts = psa.counts();
    assert_eq!((counts.writes, counts.of("POST", "security/authenticate")), (0, 4));
}

#[test]
fn failures_come_inside_a_200_or_with_a_status_and_json_can_be_called_text() {
    for (failures_as_200, text_plain) in [(true, true), (false, false)] {
        let options = BmsOptions { failures_as_200, text_plain, ..BmsOptions::default() };
        let (psa, mut client) = start(&Existing::default(), options);
        let missing = client.get("/v2/crm/accounts/summary/5");
        assert_eq!(refused(&missing).0, if failures_as_200 { 200 } else { 404 });
        assert_eq!(missing.headers.contains("text/plain"), text_plain);
        assert_eq!(refused(&post(&mut client, ASSETS, &json!({}))).0, if failures_as_200 { 200 } else { 400 });
        psa.deny("hardwareasset");
        assert_eq!(refused(&client.get(&format!("{ASSETS}/5"))).0, if failures_as_200 { 200 } else { 403 });
        psa.expire_tokens(false);
        assert_eq!(refused(&client.get("/v2/crm/accounts/lookup")).0, 401, "a token is another matter");
    }
}

#[test]
fn an_account_needs_a_location_and_a_location_an_account() {
    let (psa, mut client) = start(&Existing::default(), BmsOptions::default());
    for (without, words) in [
        ("accountName", "AccountName"),
        ("accountTypeId", "AccountTypeId"),
        ("locations", "Locations"),
        ("businessTypeId", "BusinessTypeId"),
    ] {
        let mut body = account("Acme");
        body.as_object_mut().unwrap().remove(without);
        assert!(refused(&post(&mut client, "/v2/crm/accounts", &body)).1.contains(words), "{without}");
    }
    let mut body = account("Acme");
    body["locations"][0]["addresses"] = json!([]);
    assert!(refused(&post(&mut client, "/v2/crm/accounts", &body)).1.contains("Addresses"));
    for (field, id) in [("businessTypeId", 23), ("accountManagerId", 1), ("parentId", 7)] {
        let mut body = account("Acme");
        body[field] = json!(id);
        assert!(refused(&post(&mut client, "/v2/crm/accounts", &body)).1.contains("is not valid"), "{field}");
    }
    assert!(psa.is_empty("accounts"), "a refused write changes nothing");

    let (id, location) = made(&mut client, "Acme");
    let one = result(&client.get(&format!("/v2/crm/accounts/summary/{id}")));
    assert_eq!(
        (&one["accountType"], &one["isActive"], &one["locations"][0]["isMain"]),
        (&json!("Customer"), &json!(true), &json!(true))
    );
    let places = result(&client.get(&format!("/v2/crm/accounts/{id}/locations/lookup")));
    assert_eq!(places, json!([{"id": location, "name": "Main", "accountId": id, "isMain": true}]));
    let place = result(&client.get(&format!("/v2/crm/accounts/{id}/locations/{location}")));
    assert_eq!(place["addresses"][0]["city"], "Leeds");
    for (method, path) in [("POST", format!("/v2/crm/accounts/{id}/locations")), ("GET", "/v2/nonsense".to_owned())] {
        refused(&client.send(method, &path, "{}").unwrap());
    }
    refused(&client.get(&format!("/v2/crm/accounts/{}/locations/{location}", id + 1)));
}

#[test]
fn a_patch_changes_what_it_names_and_a_put_everything() {
    let (psa, mut client) = start(&Existing::default(), BmsOptions::default());
    let (id, _) = made(&mut client, "Acme");
    let path = format!("/v2/crm/accounts/{id}");
    let patch = r#"[{"op":"replace","path":"/accountCode","value":"A1"},{"op":"add","path":"/Website","value":"acme.example"}]"#;
    assert_eq!(result(&client.send("PATCH", &path, patch).unwrap())["accountCode"], "A1");
    let kept = result(&client.send("PATCH", &path, r#"[{"op":"replace","path":"/isActive","value":false}]"#).unwrap());
    assert_eq!((&kept["website"], &kept["isActive"]), (&json!("acme.example"), &json!(false)));
    assert!(kept["modifiedOn"].is_string());
    refused(&client.send("PATCH", &path, r#"[{"op":"remove","path":"/accountName"}]"#).unwrap());
    refused(
        &client.send("PATCH", &path, r#"[{"op":"replace","path":"/locations/0/locationName","value":"x"}]"#).unwrap(),
    );
    let whole = json!({"ACCOUNTNAME": "Acme 2", "accountTypeId": 1, "businessTypeId": 22, "accountManagerId": 5002});
    let put = result(&client.send("PUT", &path, &whole.to_string()).unwrap());
    assert_eq!(
        (&put["accountName"], &put["website"], &put["isActive"]),
        (&json!("Acme 2"), &Value::Null, &json!(false))
    );
    assert_eq!(put["locations"].as_array().unwrap().len(), 1, "locations are not part of it");
    assert!(psa.edit("accounts", id, "isActive", &json!(true)));
}

#[test]
fn lists_are_filtered_and_paged() {
    let existing = world().existing_in_psa(0.9, 3);
    let (psa, mut client) = start(&existing, BmsOptions::default());
    let page = |client: &mut Client, path: &str, number: usize| {
        let reply = client.get(&format!("{path}PageSize=4&PageNumber={number}")).json();
        let ids: Vec<i64> = reply["result"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        (ids, reply["totalRecords"].clone())
    };
    let (first, total) = page(&mut client, "/v2/crm/accounts/summary?", 1);
    let (second, _) = page(&mut client, "/v2/crm/accounts/summary?", 2);
    assert_eq!((first.len(), total), (4, json!(existing.companies.len())));
    assert!(first.iter().all(|id| !second.contains(id)));
    assert_eq!(page(&mut client, "/v2/crm/accounts/summary?", 99).0, [0; 0]);
    let (some, none) = page(&mut client, &format!("{ASSETS}/searchselect?"), 1);
    assert_eq!((some.len(), none), (4, Value::Null), "no total there");

    let account = psa.hardware_assets()[0]["accountId"].as_i64().unwrap();
    let of_it = psa.hardware_assets().iter().filter(|asset| asset["accountId"] == account).count();
    let found = result(&client.get(&format!("{ASSETS}/searchselect?Filter.AccountId={account}")));
    assert_eq!(found.as_array().unwrap().len(), of_it);
    assert!(found[0]["locationName"].is_string() && found[0].get("assetTag").is_none(), "few fields");
    let name = psa.accounts()[2]["accountName"].as_str().unwrap().to_uppercase().replace(['&', '+'], "");
    let piece: String = name.split(' ').next().unwrap().to_owned();
    let found = result(&client.get(&format!("/v2/crm/accounts/summary?filter.accountname={piece}")));
    assert!(!found.as_array().unwrap().is_empty() && found[0]["locations"].is_null());
    psa.edit("accounts", account, "accountCode", &json!("ZZ"));
    let since = result(&client.get("/v2/crm/accounts/summary?Filter.ModifiedOnFrom=2026-01-01T00:00:00Z"));
    assert_eq!(since[0]["id"], account);
    let looked_up = result(&client.get(&format!("/v2/crm/accounts/lookup?Filter.Ids={account}&Filter.Ids=1")));
    assert_eq!(looked_up.as_array().unwrap().len(), 1);

    let (psa, mut client) =
        start(&existing, BmsOptions { filters_contain: false, max_page_size: 3, ..BmsOptions::default() });
    let whole = psa.accounts()[0]["accountName"].as_str().unwrap().to_owned();
    assert_eq!(result(&client.get(&format!("/v2/crm/accounts/summary?Filter.AccountName={}", &whole[..3]))), json!([]));
    assert_eq!(result(&client.get("/v2/crm/accounts/summary?PageSize=100")).as_array().unwrap().len(), 3);
}

#[test]
fn an_asset_needs_its_account_and_location_and_moves_by_a_put() {
    let (psa, mut client) = start(&Existing::default(), BmsOptions::default());
    let ((acme, here), (bolt, there)) = (made(&mut client, "Acme"), made(&mut client, "Bolt"));
    let body = |account: i64, location: i64| {
        json!({"name": "PC-1", "accountId": account, "accountLocationId": location, "categoryId": 11, "assetTag": "k1",
               "lastCheckIn": "2025-01-02T03:04:05+01:00", "computerName": "PC-1"})
    };
    assert!(refused(&post(&mut client, ASSETS, &body(acme, there))).1.contains("does not belong"));
    let asset = result(&post(&mut client, ASSETS, &body(acme, here)));
    let id = asset["id"].as_i64().unwrap();
    assert_eq!((&asset["lastCheckIn"], &asset["category"]), (&json!("2025-01-02T02:04:05Z"), &json!("Workstation")));
    assert!(asset.get("computerName").is_none(), "never read back");
    let path = format!("{ASSETS}/{id}");
    let moved = result(&client.send("PUT", &path, &body(bolt, there).to_string()).unwrap());
    assert_eq!((&moved["accountId"], &moved["accountLocation"]), (&json!(bolt), &json!("Main")));
    let mut retired = body(bolt, there);
    retired.as_object_mut().unwrap().remove("assetTag");
    retired["isActive"] = json!(false);
    let retired = result(&client.send("PUT", &path, &retired.to_string()).unwrap());
    assert_eq!(
        (&retired["assetTag"], &retired["isActive"]),
        (&Value::Null, &json!(false)),
        "what is left out is emptied"
    );
    assert_eq!(psa.counts().of("PUT", "hardwareasset/{id}"), 2);
}

#[test]
fn tickets_are_made_found_noted_and_resolved() {
    let (psa, mut client) = start(&Existing::default(), BmsOptions::default());
    let ((acme, here), (_, there)) = (made(&mut client, "Acme"), made(&mut client, "Bolt"));
    let body = json!({"title": "Disk full [ref:a1]", "details": "C: is full", "accountId": acme, "locationId": here, "statusId": 1,
                      "priorityId": 33, "typeId": 51, "sourceId": 5, "openDate": "2025-01-02T00:00:00Z", "queueId": 42});
    for (field, value) in
        [("statusId", json!(99)), ("sourceId", json!(7)), ("locationId", json!(there)), ("openDate", Value::Null)]
    {
        let mut wrong = body.clone();
        wrong[field] = value;
        refused(&post(&mut client, TICKETS, &wrong));
    }
    let ticket = result(&post(&mut client, TICKETS, &body));
    let id = ticket["id"].as_i64().unwrap();
    assert_eq!((&ticket["statusName"], &ticket["ticketNumber"]), (&json!("New"), &json!("T00000001")));
    let search = json!({"filter": {"title": "[ref:a1]", "excludeCompleted": 1}, "pageSize": 10, "pageNumber": 1});
    assert_eq!(post(&mut client, &format!("{TICKETS}/search"), &search).json()["totalRecords"], 1);
    let found = client.get(&format!("{TICKETS}?Filter.Title=%5Bref%3Aa1%5D&Filter.AccountIds={acme},5")).json();
    assert_eq!((&found["totalRecords"], &found["result"][0]["id"]), (&json!(1), &json!(id)));

    let note = json!({"details": "again", "isInternal": true, "typeId": 61, "noteDate": "2025-01-02T00:00:00Z"});
    result(&post(&mut client, &format!("{TICKETS}/{id}/notes"), &note));
    refused(&post(&mut client, &format!("{TICKETS}/{id}/notes"), &json!({"details": "x"})));
    assert_eq!(result(&client.get(&format!("{TICKETS}/{id}/notes")))[0]["typeName"], "General");
    refused(&post(&mut client, &format!("{TICKETS}/{id}/resolve"), &json!({})));
    let resolved = result(&post(&mut client, &format!("{TICKETS}/{id}/resolve"), &json!({"comment": "freed"})));
    assert!(resolved["statusName"] == "Completed" && resolved["completedDate"].is_string());
    assert_eq!(post(&mut client, &format!("{TICKETS}/search"), &search).json()["totalRecords"], 0);
    let open = r#"[{"op":"replace","path":"/statusId","value":2}]"#;
    let again = result(&client.send("PATCH", &format!("{TICKETS}/{id}"), open).unwrap());
    assert!(again["completedDate"].is_null());
    assert!(psa.add_note(id, "seen") && psa.len("notes") == 2);
    let counts = psa.counts();
    assert_eq!((counts.of("POST", "tickets/search"), counts.of("POST", "tickets")), (2, 5));
}

#[test]
fn each_endpoint_has_its_own_hour() {
    let (psa, mut client) = start(&Existing::default(), BmsOptions { hourly_limit: 2, ..BmsOptions::default() });
    for expected in [200, 200, 429] {
        assert_eq!(client.get("/v2/system/queues/lookup").status, expected);
    }
    assert_eq!(client.get("/v2/crm/accounts/summary").status, 200);
    assert_eq!(psa.hour_calls(), 2);
    psa.forget_hour();
    assert_eq!(result(&client.get("/v2/system/tenantlookup/assetcategory"))[1]["name"], "Server");
}

#[test]
fn faults_strike_here_as_elsewhere() {
    let (psa, mut client) = start(&Existing::default(), BmsOptions::default());
    for (fault, status) in [("throttle=1,retry-after:3", 429), ("server-error=1", 500), ("unauthorized=1", 401)] {
        psa.faults().parse(fault).unwrap();
        let reply = client.get("/v2/crm/accounts/summary");
        assert_eq!(refused(&reply).0, status, "{fault}");
    }
    psa.faults().parse("lost-reply=1").unwrap();
    assert!(client.send("POST", "/v2/crm/accounts", &account("Lost").to_string()).is_err());
    assert_eq!(psa.accounts()[0]["accountName"], "Lost");
    psa.faults().clear();
    psa.faults().parse("duplicate-submit=1").unwrap();
    psa.faults().parse("cut-values=3,field:accountName").unwrap();
    made(&mut client, "Acme");
    assert_eq!(psa.accounts()[1]["accountName"], "Acm");
    let twice = psa.duplicates();
    assert!(twice.len() == 1 && twice[0].entity == "account", "{twice:?}");
    psa.faults().clear();
    psa.faults().parse("row-appears=1").unwrap();
    psa.faults().parse("reorder=1").unwrap();
    let ids = |client: &mut Client, page: usize| -> Vec<i64> {
        let rows = result(&client.get(&format!("/v2/crm/accounts/summary?PageSize=2&PageNumber={page}")));
        rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
    };
    assert!(ids(&mut client, 1).is_sorted_by(|a, b| a > b));
    assert_eq!(ids(&mut client, 2).len(), 2, "one more than there were");
}

#[test]
fn what_exists_is_loaded_and_end_states_compare() {
    let existing = world().existing_in_psa(0.8, 3);
    let ((psa, mut client), (other, mut other_client)) =
        (start(&existing, BmsOptions::default()), start(&existing, BmsOptions::default()));
    assert_eq!(psa.len("accounts"), existing.companies.len());
    assert_eq!(psa.len("locations"), existing.companies.iter().map(|c| c.locations.len().max(1)).sum::<usize>());
    assert_eq!(psa.len("assets"), existing.companies.iter().map(|c| c.items.len()).sum::<usize>());
    assert!(!psa.is_empty("contracts"));
    assert_eq!(psa.canonical_state(), other.canonical_state());
    made(&mut client, "Zeta");
    made(&mut client, "Eta");
    assert_ne!(psa.canonical_state(), other.canonical_state());
    made(&mut other_client, "Eta");
    made(&mut other_client, "Zeta");
    assert_eq!(psa.canonical_state(), other.canonical_state(), "in another order, with other ids");
    let account = psa.add_account("By hand");
    let location = psa.add_location(account, "Annexe");
    assert_ne!(psa.main_location(account), Some(location));
    let contract = psa.add_contract(account, "Care", "Active", 0, 1);
    let choices = result(&client.get(&format!("/v2/finance/contracts/lookup?AccountId={account}")));
    assert_eq!((&choices[0]["id"], &choices[0]["isActive"]), (&json!(contract), &json!(true)));
    let summary = result(&client.get("/v2/finance/contracts/summary?Filter.AccountName=By hand"));
    assert_eq!(summary[0]["contractType"], "Recurring Services");
    assert!(psa.delete("contracts", contract) && !psa.delete("contracts", contract));
}

#[test]
fn a_batch_for_rmms_is_taken_and_done_later() {
    let options = BmsOptions { job_time: Duration::from_millis(150), ..BmsOptions::default() };
    let (psa, mut client) = start(&Existing::default(), options);
    let (acme, here) = made(&mut client, "Acme");
    let door = "/v2/rmm/anyrmm/assets";
    let entry = |organisation: i64, name: &str| {
        json!({"transactionId": name, "organization": {"id": organisation, "name": "x"}, "name": name, "assetDetails": {"serialNumber": "S1", "assetTag": "k1"},
               "assetDiskVolumes": [{"drive": "C:", "freeMBytes": 1, "totalMBytes": 2}]})
    };
    let taken = result(&post(&mut client, door, &json!([entry(acme, "PC-1"), entry(7, "PC-2")])));
    let job = taken["jobId"].as_str().unwrap().to_owned();
    let ask = |client: &mut Client| result(&client.get(&format!("{door}/status/{job}")));
    assert_eq!((ask(&mut client)["jobStatus"].clone(), psa.len("assets")), (json!("Pending"), 0));
    std::thread::sleep(Duration::from_millis(160));
    let done = ask(&mut client);
    assert_eq!((&done["jobStatus"], &done["details"][0]["statusCode"]), (&json!("Completed"), &json!(200)));
    assert_eq!(
        (&done["details"][1]["transactionId"], &done["details"][1]["statusCode"]),
        (&json!("PC-2"), &json!(404))
    );
    let asset = psa.hardware_assets().remove(0);
    assert_eq!(
        (&asset["assetTag"], &asset["accountLocationId"], &asset["id"]),
        (&json!("k1"), &json!(here), &done["details"][0]["assetId"])
    );
    assert_eq!(asset["diskVolumes"][0]["drive"], "C:", "drives come in by this door only");

    let gone = json!([{"transactionId": "t", "assetId": asset["id"]}]);
    result(&client.send("PUT", &format!("{door}/deactivate"), &gone.to_string()).unwrap());
    std::thread::sleep(Duration::from_millis(160));
    ask(&mut client);
    assert_eq!(psa.hardware_assets()[0]["isActive"], false);
    refused(&client.get(&format!("{door}/status/99")));
}
