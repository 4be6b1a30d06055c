//! The PSA's services on contracts: units period by period, and adjustments, which are not idempotent.

use crosswalk_sims::clock::{TimeStyle, iso, month, now_ms};
use crosswalk_sims::{Autotask, Existing, PsaOptions};
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::{psa, world};

const ROOT: &str = "/ATServicesRest/V1.0";

fn billing(options: PsaOptions) -> (Autotask, Client) {
    psa(&world().existing_in_psa(1.0, 3), options)
}

fn post(client: &mut Client, path: &str, body: &Value) -> Answer {
    client.post(&format!("{ROOT}/{path}"), &body.to_string())
}

fn refusal(answer: &Answer) -> String {
    assert_eq!(answer.status, 500, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["errors"][0].as_str().unwrap().to_owned()
}

/// A contract of a type, and a service by its place.
fn contract(sim: &Autotask, type_: i64) -> i64 {
    let is = |row: &&Value| row["contractType"] == type_ && (type_ == 4 || row["contractName"] == "Managed Services");
    sim.rows("Contracts").iter().find(is).unwrap()["id"].as_i64().unwrap()
}

fn service(sim: &Autotask, at: usize) -> i64 {
    sim.rows("Services")[at]["id"].as_i64().unwrap()
}

/// The rows of units of a line, by day: first day, last day, units, whether posted.
fn periods(client: &mut Client, line: i64) -> Vec<(String, String, i64, bool)> {
    let query = json!({"filter": [{"op": "eq", "field": "contractServiceID", "value": line}]});
    let found = post(client, "ContractServiceUnits/query", &query).json();
    let day = |value: &Value| value.as_str().unwrap().trim_end_matches("T00:00:00").to_owned();
    let period = |row: &Value| {
        let units = row["units"].as_i64().unwrap();
        (day(&row["startDate"]), day(&row["endDate"]), units, row["approveAndPostDate"].is_string())
    };
    let mut rows: Vec<_> = found["items"].as_array().unwrap().iter().map(period).collect();
    rows.sort();
    rows
}

fn row(start: &str, end: &str, units: i64, posted: bool) -> (String, String, i64, bool) {
    (start.to_owned(), end.to_owned(), units, posted)
}

#[test]
fn units_are_there_month_by_month_and_split_by_an_adjustment() {
    for (split_shares_day, ends) in [(false, "2025-02-09"), (true, "2025-02-10")] {
        let (sim, mut client) = billing(PsaOptions { split_shares_day, ..PsaOptions::default() });
        let contract = contract(&sim, 7);
        let line = sim.add_service_line(contract, "Managed Backup", 18).unwrap();
        let all = periods(&mut client, line);
        assert_eq!(all[..2], [row("2024-09-29", "2024-09-30", 18, false), row("2024-10-01", "2024-10-31", 18, false)]);
        assert_eq!(all.last(), Some(&row("2035-11-01", "2035-11-01", 18, false)), "to the contract's last day");

        let adjustment = json!({"contractServiceID": line, "unitChange": 2, "effectiveDate": "2025-02-10T00:00:00Z"});
        let path = format!("Contracts/{contract}/ServiceAdjustments");
        assert_eq!(post(&mut client, &path, &adjustment).json(), json!({"itemId": null}));
        let after = periods(&mut client, line);
        assert_eq!(after[4], row("2025-01-01", "2025-01-31", 18, false));
        assert_eq!(after[5], row("2025-02-01", ends, 18, false));
        assert_eq!(after[6], row("2025-02-10", "2025-02-28", 20, false));
        assert!(after[6..].iter().all(|(.., units, _)| *units == 20), "later ones carry the new number");
        assert_eq!(after.len(), all.len() + 1);

        assert!(
            refusal(&post(&mut client, &path, &adjustment)).contains("duplicate data into contract service period")
        );
        assert_eq!(periods(&mut client, line), after);
        sim.adjust_units(line, -5, "2025-03-01").unwrap();
        let told: Vec<(i64, i64, bool)> =
            sim.adjustments().iter().map(|made| (made.line, made.change, made.by_api)).collect();
        assert_eq!(told, [(line, 2, true), (line, -5, false)]);
        let lines = sim.service_lines("2025-02-10");
        assert_eq!((lines[0].units, lines[0].last, lines[0].service.as_str()), (Some(20), Some(15), "Managed Backup"));
        let state = sim.canonical_state();
        assert!(
            state.iter().any(|line| line.starts_with("ContractServiceAdjustment") && line.ends_with("2025-02-10 +2"))
        );
        assert!(state.iter().any(|line| line.starts_with("ContractService ") && line.contains("last=Some(15)")));
    }
}

#[test]
fn an_adjustment_is_refused_with_the_vendors_reasons() {
    let (sim, mut client) = billing(PsaOptions { adjustment_without_id: false, ..PsaOptions::default() });
    let (contract, block) = (contract(&sim, 7), contract(&sim, 4));
    let line = sim.add_service_line(contract, "Managed Backup", 1).unwrap();
    let body = |change: i64, day: &str| json!({"contractServiceID": line, "unitChange": change, "effectiveDate": day});
    let path = format!("Contracts/{contract}/ServiceAdjustments");
    let before = periods(&mut client, line);
    for (at, body, said) in [
        (&*path, body(1, "2024-09-28"), "effectiveDate must be within"),
        (&*path, body(1, "2040-01-01"), "effectiveDate must be within"),
        (&*path, body(-2, "2025-02-01"), "cannot be less than 0"),
        (&*path, json!({"contractServiceID": line, "effectiveDate": "2025-02-01"}), "required field unitChange"),
        (&*path, json!({"contractServiceID": line, "unitChange": 1}), "required field effectiveDate"),
        (&*path, json!({"unitChange": 1, "effectiveDate": "2025-02-01"}), "required field contractServiceID"),
        (&*path, json!({"contractServiceID": 1, "unitChange": 1, "effectiveDate": "2025-02-01"}), "Reference value"),
        (
            &*path,
            json!({"serviceID": service(&sim, 0), "unitChange": -1, "effectiveDate": "2025-02-01"}),
            "greater than 0",
        ),
        (&*format!("Contracts/{block}/ServiceAdjustments"), body(1, "2025-02-01"), "No matching records"),
        (
            &*format!("Contracts/{block}/ServiceAdjustments"),
            json!({"serviceID": service(&sim, 0), "unitChange": 1, "effectiveDate": "2025-11-01"}),
            "Recurring Service",
        ),
        ("Contracts/1/ServiceAdjustments", body(1, "2025-02-01"), "No matching records"),
    ] {
        assert!(refusal(&post(&mut client, at, &body)).contains(said), "{body}");
    }
    assert_eq!((periods(&mut client, line), sim.adjustments()), (before, Vec::new()));
    let made = post(&mut client, "ContractServiceAdjustments", &body(1, "2025-02-01")).json();
    assert_eq!(made["itemId"], 301, "at its own path, too; and with an id, where that is switched on");
}

#[test]
fn a_service_that_is_not_on_the_contract_is_added() {
    let (sim, mut client) = billing(PsaOptions::default());
    let contract = contract(&sim, 7);
    let path = format!("Contracts/{contract}/ServiceAdjustments");
    let of_service = |change: i64, day: &str, repeat: bool| json!({"contractID": contract, "serviceID": service(&sim, 1), "unitChange": change, "effectiveDate": day, "allowRepeatService": repeat});
    let add = |client: &mut Client, body: Value| post(client, &path, &body);
    assert_eq!(add(&mut client, of_service(5, "2025-02-10", false)).status, 200);
    assert_eq!(add(&mut client, of_service(1, "2025-03-10", false)).status, 200, "now it is a change");
    let lines = sim.service_lines("2025-02-10");
    assert_eq!((lines.len(), lines[0].units, lines[0].last), (1, Some(5), Some(6)));
    assert_eq!(periods(&mut client, lines[0].id)[0], row("2025-02-10", "2025-02-28", 5, false));
    assert!(refusal(&add(&mut client, of_service(1, "2025-03-10", false))).contains("duplicate"));
    assert_eq!(sim.duplicates(), []);
    assert_eq!(add(&mut client, of_service(7, "2025-03-10", true)).status, 200);
    assert_eq!(sim.duplicates()[0].ids.len(), 2, "the same service twice");
    assert!(refusal(&add(&mut client, of_service(1, "2025-04-10", false))).contains("more than one"));
}

#[test]
fn what_was_approved_and_posted_stays_and_a_contract_that_ends_takes_its_units_along() {
    let (sim, mut client) = billing(PsaOptions::default());
    let contract = contract(&sim, 7);
    let line = sim.add_service_line(contract, "Managed Backup", 3).unwrap();
    assert_eq!(sim.approve_and_post(contract, "2024-10-31"), 2);
    assert_eq!(sim.approve_and_post(contract, "2024-10-31"), 0);
    sim.adjust_units(line, 4, "2024-10-15").unwrap();
    let all = periods(&mut client, line);
    assert_eq!(all[1], row("2024-10-01", "2024-10-31", 3, true));
    assert_eq!(all[2], row("2024-11-01", "2024-11-30", 7, false));
    let exists = json!({"filter": [{"op": "exist", "field": "approveAndPostDate"}, {"op": "gte", "field": "endDate", "value": "2024-10-01T00:00:00Z"}]});
    assert_eq!(post(&mut client, "ContractServiceUnits/query", &exists).json()["pageDetails"]["count"], 1);

    assert!(sim.end_contract(contract, "2024-12-15"));
    let all = periods(&mut client, line);
    assert_eq!((all.len(), all.last().cloned()), (4, Some(row("2024-12-01", "2024-12-15", 7, false))));
    let longer = json!({"id": contract, "endDate": "2025-01-31T00:00:00Z"}).to_string();
    assert_eq!(client.send("PATCH", &format!("{ROOT}/Contracts"), &longer).unwrap().status, 200);
    let all = periods(&mut client, line);
    assert_eq!(all[4..], [row("2024-12-16", "2024-12-31", 7, false), row("2025-01-01", "2025-01-31", 7, false)]);
    assert!(sim.cancel_contract(contract) && !sim.cancel_contract(1) && !sim.end_contract(contract, "soon"));
}

#[test]
fn the_table_of_verbs_of_billing() {
    let (sim, mut client) = billing(PsaOptions::default());
    let contract = contract(&sim, 7);
    let line = sim.add_service_line(contract, "Managed Backup", 3).unwrap();
    for (method, path, expected) in [
        ("GET", "ContractServiceAdjustments/301".to_owned(), 405),
        ("POST", "ContractServiceAdjustments/query".to_owned(), 405),
        ("PATCH", "ContractServiceAdjustments".to_owned(), 405),
        ("GET", "ContractServiceAdjustments/entityInformation".to_owned(), 200),
        ("GET", format!("Contracts/{contract}/ServiceAdjustments"), 405),
        ("POST", "ContractServiceUnits".to_owned(), 404),
        ("POST", format!("Contracts/{contract}/ServiceUnits"), 405),
        ("GET", format!("Contracts/{contract}/ServiceUnits"), 200),
        ("POST", "ContractServices".to_owned(), 404),
        ("GET", format!("Contracts/{contract}/Services/{line}"), 200),
        ("DELETE", format!("Contracts/{contract}/Services/{line}"), 405),
        ("DELETE", format!("Services/{}", service(&sim, 0)), 405),
    ] {
        let reply = client.send(method, &format!("{ROOT}/{path}"), if method == "GET" { "" } else { "{}" }).unwrap();
        assert_eq!(reply.status, expected, "{method} {path}");
    }
    let bare = json!({"name": "Managed Firewall"});
    assert!(refusal(&post(&mut client, "Services", &bare)).contains("required field billingCodeID"));
    let whole = json!({"name": "Managed Firewall", "billingCodeID": 1, "periodType": 2, "unitPrice": 9.5});
    let made = post(&mut client, "Services", &whole).json()["itemId"].clone();
    let on_contract = json!({"serviceID": made});
    let added =
        post(&mut client, &format!("Contracts/{contract}/Services"), &on_contract).json()["itemId"].as_i64().unwrap();
    assert_eq!(sim.service_lines("2025-02-10").last().map(|line| (line.id, line.units)), Some((added, Some(0))));
    let block = self::contract(&sim, 4);
    assert!(refusal(&post(&mut client, &format!("Contracts/{block}/Services"), &on_contract)).contains("Recurring"));
}

#[test]
fn a_company_that_is_made_later_gets_a_contract_where_the_msp_says_so() {
    let made = |options: PsaOptions| {
        let (sim, mut client) = psa(&Existing::default(), options);
        let company = json!({"companyName": "New Ltd", "companyType": 1, "ownerResourceID": 29_682_885, "phone": "1"});
        let id = post(&mut client, "Companies", &company).json()["itemId"].as_i64().unwrap();
        let by_hand = sim.add_company("By hand");
        (sim.contracts_of(id), sim.contracts_of(by_hand).len())
    };
    assert_eq!(made(PsaOptions::default()), (Vec::new(), 0));
    let (contracts, by_hand) = made(PsaOptions { contracts_for_new_accounts: true, ..PsaOptions::default() });
    let first = iso(month(now_ms()).0, TimeStyle::Bare);
    assert_eq!((contracts.len(), by_hand), (1, 1));
    assert_eq!((&contracts[0]["contractName"], &contracts[0]["contractType"]), (&"Managed Services".into(), &7.into()));
    assert_eq!(contracts[0]["startDate"], first, "in force from this month's first day");
}

#[test]
fn a_lost_reply_is_an_adjustment_all_the_same() {
    let (sim, mut client) = billing(PsaOptions::default());
    let contract = contract(&sim, 7);
    let line = sim.add_service_line(contract, "Managed Backup", 3).unwrap();
    let path = format!("{ROOT}/Contracts/{contract}/ServiceAdjustments");
    let body = json!({"contractServiceID": line, "unitChange": 2, "effectiveDate": "2025-02-10"}).to_string();
    sim.faults().parse("lost-reply=writes").unwrap();
    assert!(client.send("POST", &path, &body).is_err());
    sim.faults().clear();
    assert_eq!(sim.adjustments().len(), 1);
    assert_eq!(sim.service_lines("2025-02-10")[0].units, Some(5));
}
