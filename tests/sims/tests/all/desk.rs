//! The PSA's service desk: what a ticket needs, what it gets by itself, its notes, and the contracts there are.

use crosswalk_sims::{Autotask, Existing, PsaOptions};
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::{psa, world};

const ROOT: &str = "/ATServicesRest/V1.0";

fn desk() -> (Autotask, Client) {
    psa(&world().existing_in_psa(1.0, 3), PsaOptions::default())
}

fn post(client: &mut Client, path: &str, body: &Value) -> Answer {
    client.post(&format!("{ROOT}/{path}"), &body.to_string())
}

fn id(answer: &Answer) -> i64 {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["itemId"].as_i64().unwrap()
}

fn refusal(answer: &Answer) -> String {
    assert_eq!(answer.status, 500);
    answer.json()["errors"][0].as_str().unwrap().to_owned()
}

fn ticket() -> Value {
    json!({"companyID": 400, "title": "Disk C: 4% free", "status": 1, "priority": 2, "queueID": 8, "dueDateTime": "2025-02-03T17:00:00Z"})
}

fn with(mut ticket: Value, field: &str, value: Value) -> Value {
    ticket[field] = value;
    ticket
}

#[test]
fn a_ticket_needs_what_the_vendor_says() {
    let (sim, mut client) = desk();
    for (field, value, said) in [
        ("dueDateTime", Value::Null, "required field dueDateTime"),
        ("priority", json!(99_999), "picklist value 99999 does not exist for the field priority"),
        ("status", json!(9), "picklist value 9"),
        ("queueID", Value::Null, "required field queueID"),
        ("assignedResourceID", json!(29_682_885), "assignedResourceID and assignedResourceRoleID"),
        ("companyLocationID", json!(99), "companyLocationID"),
        ("externalID", json!("x".repeat(51)), "maximum length of 50"),
    ] {
        let answer = post(&mut client, "Tickets", &with(ticket(), field, value));
        assert!(refusal(&answer).contains(said), "{}", refusal(&answer));
    }
    let others = sim.configuration_items().into_iter().find(|item| item["companyID"] != 400).unwrap();
    let answer = post(&mut client, "Tickets", &with(ticket(), "configurationItemID", others["id"].clone()));
    assert!(refusal(&answer).contains("configurationItemID must belong to the company"));
    assert!(sim.tickets().is_empty());
    let assigned = with(with(ticket(), "assignedResourceID", json!(29_682_885)), "assignedResourceRoleID", json!(1));
    id(&post(&mut client, "Tickets", &with(assigned, "queueID", Value::Null)));
    assert_eq!(client.send("DELETE", &format!("{ROOT}/Tickets/7001"), "").unwrap().status, 405);
}

#[test]
fn a_ticket_gets_a_number_and_tells_when_something_happened() {
    let (sim, mut client) = desk();
    let made = id(&post(&mut client, "Tickets", &ticket()));
    let of = |sim: &Autotask, field: &str| sim.tickets()[0][field].clone();
    let number = of(&sim, "ticketNumber").as_str().unwrap().to_owned();
    assert!(number.starts_with("T20") && number.ends_with(".0001") && number.len() == 14, "{number}");
    let pause = || std::thread::sleep(std::time::Duration::from_millis(3)); // times are in milliseconds
    let (activity, change) = (of(&sim, "lastActivityDate"), of(&sim, "lastTrackedModificationDateTime"));
    pause();
    let notes = format!("Tickets/{made}/Notes");
    let note = json!({"title": "Again", "description": "2 times", "noteType": 3, "publish": 2});
    let note_id = id(&post(&mut client, &notes, &note));
    assert_ne!(of(&sim, "lastActivityDate"), activity, "a note is activity");
    assert_eq!(of(&sim, "lastTrackedModificationDateTime"), change, "and no change of the ticket");
    pause();
    let done = client.send("PATCH", &format!("{ROOT}/Tickets"), &json!({"id": made, "status": 5}).to_string()).unwrap();
    assert_eq!(done.status, 200);
    assert_ne!(of(&sim, "lastTrackedModificationDateTime"), change);
    assert!(of(&sim, "completedDate").is_string());
    assert!(sim.set_ticket_status(made, 8));
    assert_eq!(of(&sim, "completedDate"), Value::Null, "it was opened again");
    assert!(sim.add_note(made, "By hand"));
    assert!(!sim.add_note(made + 1, "Of nothing") && !sim.set_ticket_status(made + 1, 8));

    let listed = client.get(&format!("{ROOT}/{notes}")).json();
    let told: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|note| &note["id"]).collect();
    assert_eq!(told, [&json!(note_id), &json!(note_id + 1)]);
    let said = refusal(&post(&mut client, "Tickets/99/Notes", &note));
    assert!(said.starts_with("No matching records found.") && said.contains("permissions"), "{said}");
    assert!(
        refusal(&post(&mut client, &notes, &json!({"title": "x", "description": "y", "publish": 2})))
            .contains("noteType")
    );
    assert_eq!(post(&mut client, "TicketNotes", &note).status, 404, "notes are written below their ticket");
    let query = json!({"filter": [{"op": "eq", "field": "ticketID", "value": made}]});
    let found = post(&mut client, "TicketNotes/query", &query).json();
    assert_eq!(found["pageDetails"]["count"], 2);
}

#[test]
fn an_external_id_may_be_there_twice_and_is_found() {
    let (sim, mut client) = desk();
    let key = with(ticket(), "externalID", json!("rmm:1"));
    let ids = [id(&post(&mut client, "Tickets", &key)), id(&post(&mut client, "Tickets", &key))];
    let query = json!({"IncludeFields": ["id"], "filter": [
        {"op": "in", "field": "externalID", "value": ["rmm:1", "rmm:2"]},
        {"op": "or", "items": [{"op": "gte", "field": "lastActivityDate", "value": "2020-01-01T00:00:00Z"}, {"op": "eq", "field": "status", "value": 5}]}]});
    let found = post(&mut client, "Tickets/query", &query).json();
    let told: Vec<i64> = found["items"].as_array().unwrap().iter().filter_map(|row| row["id"].as_i64()).collect();
    assert_eq!(told, ids);
    assert_eq!(sim.duplicates().len(), 1, "the simulator tells tests");
}

#[test]
fn every_company_has_a_contract_in_force_and_by_turns_another() {
    let existing = world().existing_in_psa(1.0, 3);
    let (sim, mut client) = psa(&existing, PsaOptions::default());
    let contracts = sim.rows("Contracts");
    for company in sim.companies().iter().filter_map(|row| row["id"].as_i64()).filter(|id| *id > 0) {
        let own: Vec<&Value> = contracts.iter().filter(|contract| contract["companyID"] == company).collect();
        assert_eq!(own.len(), if company % 4 == 0 { 1 } else { 2 });
        assert!(own.iter().any(|contract| contract["contractName"] == "Managed Services" && contract["status"] == 1));
    }
    let (again, _) = psa(&existing, PsaOptions::default());
    assert_eq!(again.rows("Contracts"), contracts, "the same each time");
    let moved = json!({"id": contracts[0]["id"], "contractType": 1}).to_string();
    assert!(
        refusal(&client.send("PATCH", &format!("{ROOT}/Contracts"), &moved).unwrap()).contains("cannot be changed")
    );
    assert!(psa(&Existing::default(), PsaOptions::default()).0.rows("Contracts").is_empty());
}
