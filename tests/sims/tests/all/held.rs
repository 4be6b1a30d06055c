//! Faults that need to know what a vendor holds: pages without rows, reads behind writes, writes behind their callers, other
//! ids, merged accounts, other days.

use std::time::Duration;

use crosswalk_sims::{Autotask, DattoOptions, DattoRmm, Existing, PsaOptions, PulsewayPsa, RmmOptions, World};
use serde_json::{Value, json};

use super::client::Client;
use super::{psa, rmm};

const API: &str = "/ATServicesRest/V1.0";
const ALL: &str = r#"{"MaxRecords":2,"filter":[{"op":"gte","field":"id","value":0}]}"#;

fn five() -> (Autotask, Client) {
    let existing =
        ["Acme", "Bolt", "Cog", "Dyn"].into_iter().fold(Existing::by_hand(), |held, name| held.account(name));
    psa(&existing.build(), PsaOptions { latency_steps: false, ..PsaOptions::default() })
}

fn rows(client: &mut Client, path: &str) -> Vec<Value> {
    client.post(path, ALL).json()["items"].as_array().unwrap().clone()
}

#[test]
fn a_page_can_be_empty_while_the_total_stays() {
    let (rmm, mut client) = rmm(RmmOptions::default());
    rmm.faults().parse("empty-page=page:2").unwrap();
    let mut page = |skip: usize| client.get(&format!("/api/v3/devices?$orderby=Identifier&$skip={skip}")).json();
    let sizes = [0, 100, 200].map(|skip| page(skip)["Data"].as_array().unwrap().len());
    assert_eq!(sizes, [100, 0, 50]);
    assert_eq!(page(100)["Meta"]["TotalCount"], 250);
    rmm.faults().set("empty-page", "off").unwrap();
    rmm.faults().parse("empty-list=path:/devices").unwrap();
    assert_eq!((page(0)["Data"].as_array().unwrap().len(), &page(0)["Meta"]["TotalCount"]), (0, &250.into()));

    // Where the vendor tells no total, only its count tells.
    let (psa, mut client) = five();
    psa.faults().parse("empty-page").unwrap();
    let first = client.post(&format!("{API}/Companies/query"), ALL).json();
    let next = first["pageDetails"]["nextPageUrl"].as_str().unwrap().to_owned();
    let second = client.post(&next, ALL).json();
    assert_eq!((second["items"].clone(), second["pageDetails"]["nextPageUrl"].clone()), (json!([]), Value::Null));
    assert_eq!(client.post(&format!("{API}/Companies/query/count"), ALL).json()["queryCount"], 5);
    psa.faults().set("empty-page", "linked").unwrap();
    let second = client.post(&next, ALL).json();
    let third = client.post(second["pageDetails"]["nextPageUrl"].as_str().unwrap(), ALL).json();
    assert_eq!(third["items"], json!([]), "it is a later page too");
}

#[test]
fn reads_can_be_behind_writes() {
    let (psa, mut client) = five();
    let company = json!({"companyName": "Eve", "companyType": 1, "ownerResourceID": 29_682_885, "phone": "1"});
    let query = r#"{"filter":[{"op":"eq","field":"companyName","value":"Eve"}]}"#;
    let seen = |client: &mut Client| {
        client.post(&format!("{API}/Companies/query"), query).json()["pageDetails"]["count"].clone()
    };
    psa.faults().parse("stale-reads=ms:600000").unwrap();
    assert_eq!(seen(&mut client), 0);
    assert_eq!(psa.faults().fired("stale-reads"), 0, "nothing was written yet");
    let id = client.post(&format!("{API}/Companies"), &company.to_string()).json()["itemId"].clone();
    assert_eq!(seen(&mut client), 0, "a read answers as before the write");
    assert_eq!(client.get(&format!("{API}/Companies/{id}")).json()["item"], Value::Null);
    let renamed = json!({"id": id, "companyName": "Eva"}).to_string();
    assert_eq!(client.send("PATCH", &format!("{API}/Companies"), &renamed).unwrap().status, 200, "writes see it");
    psa.faults().set("stale-reads", "ms:20").unwrap();
    client.send("PATCH", &format!("{API}/Companies"), &json!({"id": id, "companyName": "Eve"}).to_string()).unwrap();
    psa.faults().clear();
    assert_eq!(seen(&mut client), 1);
}

#[test]
fn a_slow_write_happens_though_its_caller_is_gone() {
    let (psa, mut client) = five();
    let company = |name: &str| {
        json!({"companyName": name, "companyType": 1, "ownerResourceID": 29_682_885, "phone": "1"}).to_string()
    };
    let is_there = |name: &str| psa.companies().iter().any(|row| row["companyName"] == name);
    for (mode, name) in [("ms:300", "Late"), ("early,ms:300", "Early")] {
        psa.faults().set("slow-write", mode).unwrap();
        client.set_patience(Duration::from_millis(100));
        assert!(client.send("POST", &format!("{API}/Companies"), &company(name)).is_err(), "it gave up");
        assert_eq!(is_there(name), mode.starts_with("early"), "{name}");
        while psa.faults().slow_writes() > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(is_there(name), "{name} was not made after all");
    }
}

#[test]
fn ids_become_others_and_the_records_stay() {
    let world = World::by_hand().customer("Acme").device("PC-1", "S-1").customer("Bolt").device("PC-2", "S-2").build();
    let (rmm, mut client) = {
        let rmm = crosswalk_sims::PulsewayRmm::start(&world, RmmOptions::default()).unwrap();
        let client = super::rmm_client(&rmm);
        (rmm, client)
    };
    let before = (rmm.canonical_state(), rmm.organisations());
    rmm.faults().parse("renew-ids").unwrap();
    let devices = client.get("/api/v3/devices").json()["Data"].as_array().unwrap().clone();
    assert_eq!(rmm.canonical_state(), before.0);
    assert!(rmm.organisations().iter().all(|(id, _)| before.1.iter().all(|(old, _)| old != id)));
    for device in &devices {
        let id = device["Identifier"].as_str().unwrap();
        assert!(world.devices.iter().all(|old| old.id != id));
        assert!(rmm.organisations().iter().any(|(id, _)| *id == device["OrganizationId"]));
        assert_eq!(client.get(&format!("/api/v3/assets/{id}")).status, 200);
    }
    assert_eq!(client.get(&format!("/api/v3/devices/{}", world.devices[0].id)).status, 404);

    let datto = DattoRmm::start(&world, DattoOptions::default()).unwrap();
    let mut client = super::datto::client_of(&datto);
    let before = datto.canonical_state();
    datto.faults().parse("renew-ids=case").unwrap();
    let list = client.get("/api/v2/account/devices").json();
    let uid = list["devices"][0]["uid"].as_str().unwrap().to_owned();
    assert_eq!((uid.to_lowercase(), uid.to_uppercase()), (world.devices[0].id.clone(), uid.clone()));
    assert_eq!(client.get(&format!("/api/v2/device/{}", uid.to_lowercase())).json()["uid"], uid.as_str());
    assert_eq!(datto.canonical_state(), before);
}

#[test]
fn accounts_are_merged_with_all_they_have() {
    let held = Existing::by_hand()
        .account("Acme")
        .location("HQ")
        .item("A", "S-1")
        .account("Acme Ltd")
        .location("HQ")
        .item("B", "S-2");
    let (psa, mut client) = psa(&held.clone().build(), PsaOptions::default());
    psa.faults().parse("merge-accounts").unwrap();
    let names: Vec<Value> =
        rows(&mut client, &format!("{API}/Companies/query")).iter().map(|row| row["companyName"].clone()).collect();
    assert_eq!(names, ["Simulated MSP", "Acme"]);
    let acme = psa.companies()[1]["id"].clone();
    assert!(psa.configuration_items().iter().chain(&psa.locations()).all(|row| row["companyID"] == acme));

    let bms = PulsewayPsa::start(&held.build(), crosswalk_sims::BmsOptions::default()).unwrap();
    let [into, from] = [0, 1].map(|at| bms.accounts()[at]["id"].as_i64().unwrap());
    assert!(bms.merge_accounts(from, into, true));
    assert!(bms.hardware_assets().iter().all(|row| row["accountId"] == into));
    assert_eq!((bms.accounts().len(), &bms.accounts()[1]["isActive"]), (2, &json!(false)));
    assert!(!bms.merge_accounts(from, from, true));
}

#[test]
fn days_come_as_midnight_of_another_zone() {
    let (psa, mut client) = five();
    let first = |client: &mut Client| rows(client, &format!("{API}/Contracts/query"))[0].clone();
    let plain = first(&mut client);
    psa.faults().parse("day-offset=hours:1").unwrap();
    let shifted = first(&mut client);
    let day = |row: &Value| row["startDate"].as_str().unwrap().to_owned();
    let stored = crosswalk_sims::clock::parse_iso(&day(&plain)).unwrap();
    assert_eq!(crosswalk_sims::clock::parse_iso(&day(&shifted)), Some(stored - 3_600_000));
    assert!(day(&shifted).contains("T23:00:00"), "{}", day(&shifted));
    // What was told can be written back, and is the same day.
    let back = json!({"id": plain["id"], "startDate": day(&shifted)}).to_string();
    assert_eq!(client.send("PATCH", &format!("{API}/Contracts"), &back).unwrap().status, 200);
    psa.faults().clear();
    assert_eq!(day(&first(&mut client)), day(&plain));
}

#[test]
fn serials_of_digits_come_as_numbers() {
    let world =
        World::by_hand().customer("Acme").device("LTE-1", "89390101023584784351").device("PC-1", "PF3XK9Q2").build();
    let rmm = crosswalk_sims::PulsewayRmm::start(&world, RmmOptions::default()).unwrap();
    rmm.faults().parse("bare-serials").unwrap();
    let body = super::rmm_client(&rmm).get("/api/v3/assets").body;
    let text = String::from_utf8(body).unwrap();
    assert!(
        text.contains(r#""Serial Number":89390101023584784351,"#) && text.contains(r#""Serial Number":"PF3XK9Q2""#)
    );
}
