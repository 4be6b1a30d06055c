//! Each fault does what it says, and stops when it should.

use std::time::{Duration, Instant};

use crosswalk_sims::{Autotask, Existing, Faults, PsaOptions, RmmOptions};
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::{psa, psa_client, rmm};

const COMPANIES: &str = "/ATServicesRest/V1.0/Companies";
const ALL: &str = r#"{"filter":[{"op":"gte","field":"id","value":0}]}"#;

fn set_up() -> (Autotask, Client) {
    psa(&Existing::default(), PsaOptions { latency_steps: false, ..PsaOptions::default() })
}

fn read(client: &mut Client) -> std::io::Result<Answer> {
    client.send("POST", &format!("{COMPANIES}/query"), ALL)
}

fn write(client: &mut Client, name: &str) -> std::io::Result<Answer> {
    let body = json!({"companyName": name, "companyType": 1, "ownerResourceID": 29_682_885, "phone": "1"});
    client.send("POST", COMPANIES, &body.to_string())
}

#[test]
fn refusals_come_in_the_vendors_words_and_end() {
    let (psa, mut client) = set_up();
    for (fault, status) in [
        ("throttle=next:2,retry-after:7", 429),
        ("server-error=2", 500),
        ("server-error=next:2,status:503", 503),
        ("unauthorized=next:2", 401),
    ] {
        psa.faults().clear();
        psa.faults().parse(fault).unwrap();
        for _ in 0..2 {
            let reply = read(&mut client).unwrap();
            assert_eq!(reply.status, status, "{fault}");
            assert!(reply.json()["errors"][0].is_string());
            assert_eq!(reply.headers.contains("retry-after: 7"), fault.contains("retry-after"), "{fault}");
        }
        assert_eq!(read(&mut client).unwrap().status, 200, "{fault}");
        let name = fault.split('=').next().unwrap();
        assert_eq!(psa.faults().fired(name), 2);
    }
    let (rmm, mut client) = rmm(RmmOptions::default());
    rmm.faults().parse("throttle=1").unwrap();
    let reply = client.get("/api/v3/sites");
    assert_eq!((reply.status, reply.json()["Meta"]["ResponseCode"].clone()), (429, 429.into()));
}

#[test]
fn every_nth_and_by_path_and_by_kind() {
    let (psa, mut client) = set_up();
    psa.faults().parse("throttle=every:3,reads,path:/companies/").unwrap();
    let statuses: Vec<u16> = (0..6).map(|_| read(&mut client).unwrap().status).collect();
    assert_eq!(statuses, [200, 200, 429, 200, 200, 429]);
    assert_eq!(write(&mut client, "A").unwrap().status, 200);
    psa.faults().set("throttle", "writes").unwrap();
    assert_eq!(write(&mut client, "A").unwrap().status, 429);
    assert_eq!(read(&mut client).unwrap().status, 200);
    psa.faults().set("throttle", "off").unwrap();
    assert_eq!(write(&mut client, "A").unwrap().status, 200);
}

#[test]
fn a_lost_reply_is_a_write_that_happened() {
    let (psa, mut client) = set_up();
    psa.faults().parse("lost-reply=1").unwrap();
    assert_eq!(read(&mut client).unwrap().status, 200, "reads are left alone");
    assert!(write(&mut client, "Acme").is_err());
    assert!(psa.companies().iter().any(|c| c["companyName"] == "Acme"));
    assert_eq!(write(&mut client, "Bolt").unwrap().status, 200);
    psa.faults().set("drop-connection", "1").unwrap();
    assert!(write(&mut client, "Cog").is_err());
    assert!(psa.companies().iter().all(|c| c["companyName"] != "Cog"), "nothing happened here");
}

#[test]
fn slow_hang_and_their_ends() {
    let (psa, mut client) = set_up();
    psa.faults().parse("slow=120,reads").unwrap();
    let start = Instant::now();
    assert_eq!(read(&mut client).unwrap().status, 200);
    assert!(start.elapsed() >= Duration::from_millis(120));
    psa.faults().clear();
    psa.faults().parse("hang=next:1,ms:150").unwrap();
    let start = Instant::now();
    assert!(read(&mut client).is_err());
    assert!(start.elapsed() >= Duration::from_millis(150));
    // One call that hangs for ever stops neither the others nor the server's end.
    psa.faults().set("hang", "1").unwrap();
    let mut hanging = psa_client(&psa);
    let hung = std::thread::spawn(move || read(&mut hanging).is_err());
    while psa.faults().fired("hang") == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(read(&mut client).unwrap().status, 200);
    drop(psa);
    assert!(hung.join().unwrap());
}

#[test]
fn bodies_that_are_not_what_they_should_be() {
    let (psa, mut client) = set_up();
    psa.faults().parse("cut-body=1").unwrap();
    assert_eq!(read(&mut client).unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
    psa.faults().set("half-page", "1").unwrap();
    let half = read(&mut client).unwrap();
    assert!(half.status == 200 && serde_json::from_slice::<Value>(&half.body).is_err());
    for (fault, status) in [("html-ok=1", 200), ("html-error=1", 502)] {
        psa.faults().parse(fault).unwrap();
        let page = read(&mut client).unwrap();
        assert!(
            page.status == status && page.headers.contains("text/html") && page.body.starts_with(b"<!DOCTYPE"),
            "{fault}"
        );
        assert_eq!(read(&mut client).unwrap().status, 200);
    }
}

#[test]
fn rows_come_and_go_between_pages() {
    let (rmm, mut client) = rmm(RmmOptions::default());
    let mut page = |skip: usize| -> Vec<String> {
        let reply = client.get(&format!("/api/v3/assets?$orderby=Identifier&$skip={skip}")).json();
        reply["Data"].as_array().unwrap().iter().map(|a| a["Identifier"].to_string()).collect()
    };
    let first = page(0);
    rmm.faults().parse("row-appears=1").unwrap();
    let second = page(100);
    assert_eq!(first[99], second[0], "everything shifted: one row is seen twice");
    assert_eq!(rmm.devices().len(), 251);
    rmm.faults().parse("row-leaves=1").unwrap();
    let third = page(200);
    assert_eq!(third.len(), 50);
    assert_eq!(rmm.devices().len(), 250);

    let (psa, mut client) = set_up();
    write(&mut client, "Acme").unwrap();
    let body = r#"{"MaxRecords":1,"filter":[{"op":"gte","field":"id","value":0}]}"#;
    let first = client.post(&format!("{COMPANIES}/query"), body).json();
    psa.faults().parse("row-appears=1").unwrap();
    let second = client.post(first["pageDetails"]["nextPageUrl"].as_str().unwrap(), body).json();
    assert_eq!(second["items"][0]["companyName"], "Acme", "an id cursor does not shift");
    let third = client.post(second["pageDetails"]["nextPageUrl"].as_str().unwrap(), body).json();
    assert!(third["items"][0]["companyName"].as_str().unwrap().starts_with("New "));
}

#[test]
fn pages_can_be_out_of_order() {
    let (rmm, mut client) = rmm(RmmOptions::default());
    let mut names = |path: &str| -> Vec<String> {
        let reply = client.get(path).json();
        reply["Data"].as_array().unwrap().iter().map(|a| a["Identifier"].to_string()).collect()
    };
    let ordered = "/api/v3/devices?$orderby=Identifier&$skip=100";
    let straight = names(ordered);
    rmm.faults().parse("reorder").unwrap();
    let mut turned = names(ordered);
    turned.reverse();
    assert_eq!(turned, straight, "with an order a page holds the same rows");
    let mut walked: Vec<String> =
        [0, 100, 200].iter().flat_map(|skip| names(&format!("/api/v3/devices?$skip={skip}"))).collect();
    walked.sort();
    walked.dedup();
    assert!(walked.len() < 250, "without one, a walk misses rows");

    let (psa, mut client) = set_up();
    write(&mut client, "Acme").unwrap();
    psa.faults().parse("reorder").unwrap();
    let ids: Vec<i64> = read(&mut client).unwrap().json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["id"].as_i64().unwrap())
        .collect();
    assert!(ids.is_sorted_by(|a, b| a > b));
}

#[test]
fn what_is_saved_may_differ_from_what_was_sent() {
    let (psa, mut client) = set_up();
    psa.faults().parse("cut-values=chars:6,field:companyName").unwrap();
    psa.faults().parse("trim-values").unwrap();
    psa.faults().parse("upper-case").unwrap();
    let id = write(&mut client, "Acme Widgets Ltd").unwrap().json()["itemId"].clone();
    let kept = |psa: &Autotask| psa.companies().iter().find(|c| c["id"] == id).unwrap()["companyName"].clone();
    assert_eq!(kept(&psa), "Acme W");
    let item = json!({"companyID": id, "productID": 77, "isActive": true, "serialNumber": " abc12 ", "referenceTitle": " pc "});
    client.post("/ATServicesRest/V1.0/ConfigurationItems", &item.to_string());
    let item = psa.configuration_items().remove(0);
    assert_eq!((item["serialNumber"].as_str(), item["referenceTitle"].as_str()), (Some("ABC12"), Some("pc")));

    let (rmm, mut client) = rmm(RmmOptions::default());
    rmm.faults().parse("cut-values=3").unwrap();
    assert_eq!(client.post("/api/v3/organizations", r#"{"Name":"Acme"}"#).json()["Data"]["Name"], "Acm");
}

#[test]
fn a_create_can_be_carried_out_twice() {
    let (psa, mut client) = set_up();
    psa.faults().parse("duplicate-submit=1").unwrap();
    write(&mut client, "Acme").unwrap();
    write(&mut client, "Bolt").unwrap();
    assert_eq!(psa.duplicates().len(), 1);
    assert_eq!(psa.len("Companies"), 4);
    let (rmm, mut client) = rmm(RmmOptions::default());
    rmm.faults().parse("duplicate-submit=1").unwrap();
    client.post("/api/v3/organizations", r#"{"Name":"Acme"}"#);
    assert_eq!(rmm.organisations().iter().filter(|(_, name)| name == "Acme").count(), 2);
}

#[test]
fn faults_can_be_set_over_http() {
    let (psa, mut client) = set_up();
    let reply = client.post("/_sim/faults", r#"{"throttle":"next:1","slow":5}"#);
    let active = reply.json()["active"].as_array().unwrap().clone();
    assert!(active.len() == 2 && active.contains(&json!("throttle=next:1")) && active.contains(&json!("slow=5")));
    assert_eq!(read(&mut client).unwrap().status, 429);
    client.post("/_sim/faults", r#"{"throttle":false,"slow":"off"}"#);
    assert!(psa.faults().active().is_empty());
    assert_eq!(client.post("/_sim/faults", r#"{"gremlins":"on"}"#).status, 400);
    assert_eq!(client.get("/_sim/faults").json()["names"].as_object().unwrap().len(), Faults::names().count());
}
