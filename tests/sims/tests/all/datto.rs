//! The simulated Datto RMM against its vendor's notes.

use std::time::{Duration, Instant};

use crosswalk_sims::{DattoOptions, DattoRmm};
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::world;

/// base64 of "public-client:public"
const PUBLIC: &str = "Basic cHVibGljLWNsaWVudDpwdWJsaWM=";

fn log_in(rmm: &DattoRmm, client: &str, form: &str) -> Answer {
    let headers = [("Authorization", client), ("Content-Type", "application/x-www-form-urlencoded")];
    Client::new(&rmm.url(), &headers).post("/auth/oauth/token", form)
}

fn right_form(rmm: &DattoRmm) -> String {
    format!("grant_type=password&username={}&password={}", rmm.api_key(), rmm.api_secret())
}

pub fn client_of(rmm: &DattoRmm) -> Client {
    let token = log_in(rmm, PUBLIC, &right_form(rmm)).json();
    Client::new(&rmm.url(), &[("Authorization", &format!("Bearer {}", token["access_token"].as_str().unwrap()))])
}

fn datto(options: DattoOptions) -> (DattoRmm, Client) {
    let rmm = DattoRmm::start(&world(), options).unwrap();
    let client = client_of(&rmm);
    (rmm, client)
}

/// Every row of a list, by `nextPageUrl` until there is none.
fn walk(client: &mut Client, path: &str, name: &str) -> Vec<Value> {
    let (mut rows, mut next) = (Vec::new(), path.to_owned());
    loop {
        let page = client.get(&next).json();
        let items = page[name].as_array().unwrap();
        assert_eq!(page["pageDetails"]["count"], items.len());
        rows.extend(items.iter().cloned());
        match page["pageDetails"]["nextPageUrl"].as_str() {
            None | Some("") => {
                assert_eq!(page["pageDetails"]["totalCount"], rows.len());
                return rows;
            }
            Some(url) => url.clone_into(&mut next),
        }
    }
}

#[test]
fn a_token_is_had_with_the_fixed_client_and_ends() {
    let (rmm, mut client) = datto(DattoOptions::default());
    assert_eq!(log_in(&rmm, "Basic bm9ib2R5", &right_form(&rmm)).status, 401);
    assert_eq!(log_in(&rmm, PUBLIC, "grant_type=password&username=x&password=y").status, 400);
    assert_eq!(log_in(&rmm, PUBLIC, &right_form(&rmm).replace("password&", "client_credentials&")).status, 400);
    let token = log_in(&rmm, PUBLIC, &right_form(&rmm)).json();
    assert_eq!((token["token_type"].as_str(), token["expires_in"].as_i64()), (Some("bearer"), Some(360_000)));
    assert_eq!(client.get("/api/v2/account").json()["name"], "Simulated MSP");
    rmm.expire_tokens();
    let refused = client.get("/api/v2/account");
    assert_eq!((refused.status, refused.json()["status"].clone()), (401, json!(401)));
    assert_eq!(refused.json()["path"], "/api/v2/account");
    assert_eq!(client.get("/api/v2/system/status").status, 200, "which needs no token");
    assert_eq!(client_of(&rmm).get("/api/v2/account").status, 200);
    assert_eq!(rmm.counts().writes, 0, "asking for a token changes nothing");

    let (_rmm, mut client) = datto(DattoOptions { token_seconds: 0, tells_expiry: false, ..DattoOptions::default() });
    assert_eq!(client.get("/api/v2/account").status, 401);
}

#[test]
fn pages_count_from_zero_and_end_in_an_empty_text() {
    let (rmm, mut client) = datto(DattoOptions::default());
    for (path, name, expected) in [
        ("/api/v2/account/devices?max=100", "devices", 250),
        ("/api/v2/account/devices?page=0&max=7", "devices", 250),
        ("/api/v2/account/sites?max=5", "sites", 12),
        ("/api/v2/account/alerts/open?max=2", "alerts", 4),
        ("/api/v2/account/alerts/resolved", "alerts", 1),
    ] {
        let rows = walk(&mut client, path, name);
        let mut ids: Vec<String> =
            rows.iter().map(|r| r.get("uid").or(r.get("alertUid")).unwrap().to_string()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((rows.len(), ids.len()), (expected, expected), "{path}");
    }
    let page = client.get("/api/v2/account/devices?max=100").json()["pageDetails"].clone();
    assert_eq!(page["nextPageUrl"], format!("{}/api/v2/account/devices?max=100&page=1", rmm.url()));
    assert_eq!(page["prevPageUrl"], "");
    let whole = client.get("/api/v2/account/devices?max=5000").json();
    assert_eq!(whole["pageDetails"], json!({"count": 250, "totalCount": 250, "prevPageUrl": "", "nextPageUrl": ""}));
    assert_eq!(client.get("/api/v2/account/devices?page=x").status, 400);
    assert_eq!(client.get("/api/v2/system/pagination").json(), json!({"max": 250}));
    let (_rmm, mut client) = datto(DattoOptions { null_next_page: true, ..DattoOptions::default() });
    assert_eq!(client.get("/api/v2/account/sites").json()["pageDetails"]["nextPageUrl"], Value::Null);
}

#[test]
fn an_organisation_is_a_site_and_its_devices_are_there() {
    let (rmm, mut client) = datto(DattoOptions::default());
    let world = world();
    let organisation = &world.organisations[2];
    let site = rmm.site_of_organisation(organisation.id).unwrap();
    let record = client.get(&format!("/api/v2/site/{site}")).json();
    assert_eq!(record["name"], organisation.name.as_str());
    let devices = walk(&mut client, &format!("/api/v2/site/{site}/devices"), "devices");
    let of_world = |d: &crosswalk_sims::world::Device| world.site(d.site).unwrap().organisation == organisation.id;
    assert_eq!(devices.len(), world.devices.iter().filter(|d| of_world(d)).count());
    assert_eq!(record["devicesStatus"]["numberOfDevices"], devices.len());
    assert!(devices.iter().all(|d| d["siteUid"] == site.as_str() && d["siteName"] == organisation.name.as_str()));
    let part: String = organisation.base.chars().take(5).collect();
    let escaped: String = part.bytes().map(|b| format!("%{b:02X}")).collect();
    let found = walk(&mut client, &format!("/api/v2/account/sites?siteName={escaped}"), "sites");
    assert!(found.iter().any(|s| s["uid"] == site.as_str()));
    assert!(found.iter().all(|s| s["name"].as_str().unwrap().to_lowercase().contains(&part.to_lowercase())));
    assert_eq!(client.get("/api/v2/site/nowhere").status, 404);
    assert!(rmm.link_to_autotask(&site, 77, "Acme"));
    assert_eq!(client.get(&format!("/api/v2/site/{site}")).json()["autotaskCompanyId"], "77");
}

#[test]
fn rows_are_as_odd_as_a_live_accounts() {
    let (_rmm, mut client) = datto(DattoOptions::default());
    let devices = walk(&mut client, "/api/v2/account/devices", "devices");
    assert!(devices.iter().all(|d| d.get("bios").is_none() && d.get("logicalDisks").is_none()));
    for (name, odd) in [
        ("deviceType", Value::Null),
        ("lastLoggedInUser", Value::Null),
        ("antivirus", Value::Null),
        ("lastAuditDate", Value::Null),
    ] {
        let n = devices.iter().filter(|d| d[name] == odd).count();
        assert!(n > 0 && n < 250, "{name}: {n}");
    }
    assert!(devices.iter().any(|d| d.get("domain").is_none()), "absent");
    assert!(devices.iter().any(|d| d["antivirus"]["antivirusStatus"] == "RunningInPassiveMode"), "unheard of");
    assert!(devices.iter().any(|d| d["lastSeen"].as_i64().is_some_and(|ms| ms > 1_700_000_000_000)), "milliseconds");
    let (_rmm, mut client) = datto(DattoOptions { iso_dates: true, ..DattoOptions::default() });
    let device = client.get("/api/v2/account/devices?max=1").json()["devices"][0].clone();
    assert!(device["creationDate"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn only_a_device_has_an_audit() {
    let (rmm, mut client) = datto(DattoOptions::default());
    let world = world();
    for device in &world.devices[..40] {
        let audit = client.get(&format!("/api/v2/audit/device/{}", device.id)).json();
        assert_eq!(audit["bios"]["serialNumber"].as_str(), device.serial.as_deref());
        assert_eq!(audit["nics"][0]["macAddress"], device.mac.as_str());
        assert_eq!(audit["logicalDisks"][0]["size"], device.disks[0].total_kb * 1024);
    }
    let (first, second) = (&world.devices[0], &world.devices[1]);
    assert!(rmm.set_class(&first.id, "printer"));
    assert_eq!(client.get(&format!("/api/v2/audit/device/{}", first.id)).status, 400);
    assert_eq!(client.get("/api/v2/audit/device/nothing").status, 404);
    let record = |client: &mut Client, uid: &str| client.get(&format!("/api/v2/device/{uid}")).json();
    let before = record(&mut client, &second.id);
    rmm.check_in_all(1_800_000_000);
    let after = record(&mut client, &second.id);
    assert_eq!(after["lastSeen"], 1_800_000_000_000_i64);
    assert_eq!(after["lastAuditDate"], before["lastAuditDate"], "a check-in is no audit");
    rmm.audit_all(1_800_000_100);
    assert_eq!(record(&mut client, &second.id)["lastAuditDate"], 1_800_000_100_000_i64);
    assert_eq!(client.get(&format!("/api/v2/device/id/{}", after["id"])).json()["uid"], second.id.as_str());
    let mac = second.mac.replace(':', "");
    assert_eq!(client.get(&format!("/api/v2/device/macAddress/{mac}")).json()["uid"], second.id.as_str());
}

#[test]
fn alerts_are_raised_seen_and_resolved() {
    let (rmm, mut client) = datto(DattoOptions::default());
    let device = world().devices[3].clone();
    let open = |client: &mut Client, of: &str| walk(client, &format!("/api/v2/{of}/alerts/open"), "alerts").len();
    let before = open(&mut client, "account");
    let context = json!({"@class": "online_offline_status_ctx", "status": "OFFLINE"});
    let uid = rmm.raise_alert(&device.id, "High", context.clone(), 1_800_000_000).unwrap();
    let alert = client.get(&format!("/api/v2/alert/{uid}")).json();
    assert_eq!(
        (&alert["alertContext"], &alert["priority"], &alert["resolved"]),
        (&context, &json!("High"), &json!(false))
    );
    assert_eq!(alert["alertSourceInfo"]["deviceUid"], device.id.as_str());
    let site = rmm.site_of_device(&device.id).unwrap();
    assert_eq!(alert["alertSourceInfo"]["siteUid"], site.as_str());
    assert_eq!(open(&mut client, "account"), before + 1);
    assert_eq!((rmm.open_alerts().len(), rmm.open_alerts().last()), (before + 1, Some(&uid)));
    assert_eq!(open(&mut client, &format!("device/{}", device.id)), 1);
    assert!(open(&mut client, &format!("site/{site}")) >= 1);
    assert_eq!(walk(&mut client, "/api/v2/account/alerts/open?muted=true", "alerts").len(), 1);
    assert_eq!(client.post(&format!("/api/v2/alert/{uid}/resolve"), "").status, 200);
    let alert = client.get(&format!("/api/v2/alert/{uid}")).json();
    assert!(alert["resolved"] == true && alert["resolvedOn"].is_i64() && alert["resolvedBy"] == rmm.api_key());
    assert_eq!(open(&mut client, "account"), before);
    assert!(!rmm.resolve_alert(&uid, 0) && rmm.raise_alert("nothing", "Low", json!({}), 0).is_none());
    let raised = client.post("/_sim/notify", &json!({"device": device.id}).to_string()).json();
    assert_eq!(open(&mut client, "account"), before + 1);
    assert_eq!(client.post("/_sim/resolve", &json!({"id": raised["id"]}).to_string()).json()["found"], true);
}

#[test]
fn a_site_is_made_with_put_and_changed_with_post() {
    let (rmm, mut client) = datto(DattoOptions::default());
    let made = client.send("PUT", "/api/v2/site", r#"{"name":"Nuova S.r.l.","notes":"Forlì"}"#).unwrap().json();
    let uid = made["uid"].as_str().unwrap().to_owned();
    assert_eq!((made["notes"].as_str(), made["description"].clone()), (Some("Forlì"), Value::Null));
    let changed = client.post(&format!("/api/v2/site/{uid}"), r#"{"name":"Nuova SpA","onDemand":true}"#).json();
    assert_eq!((changed["name"].as_str(), changed["notes"].as_str()), (Some("Nuova SpA"), Some("Forlì")));
    assert_eq!(changed["onDemand"], true);
    let device = world().devices[0].id.clone();
    let moved = client.send("PUT", &format!("/api/v2/device/{device}/site/{uid}"), "").unwrap();
    assert_eq!((moved.status, moved.body.len()), (200, 0));
    assert_eq!(client.get(&format!("/api/v2/device/{device}")).json()["siteName"], "Nuova SpA");
    assert_eq!(rmm.site_of_device(&device), Some(uid.clone()));
    client.post(&format!("/api/v2/device/{device}/udf"), r#"{"udf1":"a","udf2":"b"}"#);
    client.post(&format!("/api/v2/device/{device}/udf"), r#"{"udf2":""}"#);
    client.post(&format!("/api/v2/device/{device}/warranty"), r#"{"warrantyDate":"2027-01-31"}"#);
    let record = client.get(&format!("/api/v2/device/{device}")).json();
    assert_eq!((record["udf"]["udf1"].as_str(), record["udf"]["udf2"].clone()), (Some("a"), Value::Null));
    assert_eq!(record["warrantyDate"], "2027-01-31");
    for (method, path, body, status) in [
        ("PUT", "/api/v2/site", "{}", 400),
        ("PUT", "/api/v2/site", "nonsense", 400),
        ("POST", "/api/v2/site/nowhere", r#"{"name":"x"}"#, 404),
        ("PUT", "/api/v2/device/nothing/site/nowhere", "", 404),
        ("POST", "/api/v2/site", r#"{"name":"x"}"#, 405),
        ("DELETE", "/api/v2/site", "", 405),
    ] {
        assert_eq!(client.send(method, path, body).unwrap().status, status, "{method} {path}");
    }
    assert!(rmm.remove_site(&uid) && !rmm.remove_site(&uid));
    assert_eq!(client.get(&format!("/api/v2/device/{device}")).status, 404);
    let (_rmm, mut client) = datto(DattoOptions { name_clash: Some(409), ..DattoOptions::default() });
    let taken = json!({"name": world().organisations[0].name}).to_string();
    assert_eq!(client.send("PUT", "/api/v2/site", &taken).unwrap().status, 409);
}

#[test]
fn limits_slow_refuse_and_block() {
    let options = DattoOptions { limited: true, ignored_limit: 1, block_seconds: 1, ..DattoOptions::default() };
    let (rmm, mut client) = datto(options);
    assert_eq!(client.get("/api/v2/system/request_rate").json()["accountCount"], 1);
    rmm.set_reads_used(598);
    let start = Instant::now();
    assert_eq!(client.get("/api/v2/account").status, 200);
    assert!(start.elapsed() >= Duration::from_secs(1), "nine tenths of the minute are used");
    rmm.set_reads_used(600);
    let refused = client.get("/api/v2/account");
    assert!(refused.status == 429 && refused.headers.contains("retry-after: "));
    assert_eq!(client.get("/api/v2/account").status, 403, "429 was ignored");
    rmm.set_reads_used(0);
    assert_eq!(client.get("/api/v2/account").status, 403, "the block lasts");
    std::thread::sleep(Duration::from_millis(2100));
    assert_eq!(client.get("/api/v2/account").status, 200);
}

#[test]
fn the_world_can_change_while_it_is_watched() {
    let (rmm, mut client) = datto(DattoOptions::default());
    let (first, second) = (world().devices[0].clone(), world().devices[1].clone());
    let site = rmm.add_site("Brand New");
    assert!(rmm.move_device(&first.id, &site) && rmm.rename_site(&site, "Older") && rmm.rename_device(&first.id, "PC"));
    let record = client.get(&format!("/api/v2/device/{}", first.id)).json();
    assert_eq!((record["siteName"].as_str(), record["hostname"].as_str()), (Some("Older"), Some("PC")));
    assert!(rmm.set_serial(&first.id, None));
    assert_eq!(client.get(&format!("/api/v2/audit/device/{}", first.id)).json()["bios"], Value::Null);
    assert!(rmm.remove_device(&second.id) && !rmm.remove_device(&second.id));
    assert!(rmm.add_device(second.clone()) && !rmm.add_device(second));
    assert_eq!((rmm.devices().len(), rmm.sites().len()), (250, 13));
    assert!(rmm.canonical_state().iter().any(|l| l.starts_with("device \"Older\" / \"PC\"")));
    assert_eq!(client.post("/_sim/check-in", r#"{"now":1800000060}"#).status, 200);
    assert_eq!(client.get(&format!("/api/v2/device/{}", first.id)).json()["lastSeen"], 1_800_000_060_000_i64);

    rmm.faults().parse("row-appears=1").unwrap();
    let page = |client: &mut Client, n: usize| client.get(&format!("/api/v2/account/devices?max=100&page={n}")).json();
    let before = page(&mut client, 0)["devices"][99].clone();
    assert_eq!(page(&mut client, 1)["devices"][0]["uid"], before["uid"], "everything shifted");
    rmm.faults().parse("throttle=next:1,retry-after:9").unwrap();
    let refused = client.get("/api/v2/account");
    assert!(refused.status == 429 && refused.headers.contains("retry-after: 9") && refused.json()["status"] == 429);
    rmm.faults().parse("duplicate-submit=1").unwrap();
    client.send("PUT", "/api/v2/site", r#"{"name":"Twice"}"#).unwrap();
    assert_eq!(rmm.sites().iter().filter(|(_, name)| name == "Twice").count(), 2);
}
