//! Assets: the vendor's hardware assets, through the service desk's door, one call each.
//!
//! The list tells little of an asset, so each of its rows is asked for singly, unless the operator chose the list alone.
//! Before a write the asset is read, since it is sent back whole (`drafts`).

use crate::client::{Client, Rows, get, number, one};
use crate::drafts::{Draft, NAMES, New, PATH};
use crate::few;
use crate::hardware::{Categories, Found, Hardware};
use crate::lookups;
use crate::settings::StampPlace;
use crosswalk_sdk::batch;
use crosswalk_sdk::http::segment;
use crosswalk_sdk::{
    Change, Failure, Gap, Item, Operation, Outcome, Page, Request, Response, Selection, Settlement, precondition,
};

/// Assets of a page where each costs a call.
pub(crate) const FULL_PAGE: u32 = 50;

fn list() -> Request {
    get(format!("{PATH}/searchselect"))
}

/// Reads assets.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let categories = Categories::of(client);
    let list = match selection {
        Selection::Everything => list(),
        Selection::OfParent(account) => list().query("Filter.AccountId", number(account)?.to_string()),
        Selection::Ids(ids) => {
            let item = |reply: &Response| Ok(one::<Hardware<'_>>(reply)?.item(&client.settings, categories));
            return few::by_ids(client, PATH, ids, item);
        }
        Selection::Search(text) => list().query("Filter.AssetName", text),
        Selection::Named(named) => {
            let list = match &named.parent {
                Some(account) => list().query("Filter.AccountId", number(account)?.to_string()),
                None => list(),
            };
            let rows = |reply: &Response| {
                let found = Rows::<Found<'_>>::open(reply)?;
                let answers = |item: &Item| crate::answers(selection, item);
                Ok(found.map(|row| Some(row.item(&client.settings, categories)).filter(answers)))
            };
            // Those that are asked for by name are few, and told in full.
            let filter = (&list, "Filter.AssetName");
            let mut page = client.walk_named(filter, &named.name, FULL_PAGE, after, rows)?;
            fill(client, &mut page, categories)?;
            return Ok(page);
        }
        Selection::Stamps(stamps) if client.settings.stamp == StampPlace::MachineGroup => {
            let filter = (list(), "Filter.MachineGroupId");
            let items = |reply: &Response| {
                Ok(Rows::<Found<'_>>::open(reply)?.map(|row| Some(row.item(&client.settings, categories))))
            };
            let mut page = few::by_stamps(client, filter, stamps, str::to_owned, items)?;
            fill(client, &mut page, categories)?;
            return Ok(page);
        }
        _ => return Err(Failure::Unsupported("hardware assets cannot be asked for in this way".to_owned())),
    };
    let full = client.settings.full;
    let rows = |reply: &Response| {
        let found = Rows::<Found<'_>>::open(reply)?;
        Ok(found.map(|row| Some(row.item(&client.settings, categories)).filter(|item| crate::answers(selection, item))))
    };
    let mut page = client.walk(&list, if full { FULL_PAGE } else { crate::client::PAGE }, after, rows)?;
    if full {
        fill(client, &mut page, categories)?;
    }
    Ok(page)
}

/// Asks for each item of a page singly. One that cannot be read, though the list has it, is a gap, and stays with what
/// the list tells of it.
fn fill(client: &Client<'_>, page: &mut Page, categories: Categories) -> Result<(), Failure> {
    let rows = std::mem::take(&mut page.items);
    let requests = rows.iter().map(|row| get(format!("{PATH}/{}", row.id))).collect();
    for (row, reply) in rows.into_iter().zip(client.get_all(requests)) {
        let read = reply.and_then(|reply| Ok(one::<Hardware<'_>>(&reply)?.item(&client.settings, categories)));
        match read {
            Ok(item) => page.items.push(item),
            Err(failure) if failure.stops_all() => return Err(failure),
            Err(cause) => {
                page.gaps.push(Gap::of_item(&row.id, row.parent.clone(), cause));
                page.items.push(row);
            }
        }
    }
    Ok(())
}

/// A draft of a change, where what it was decided on still holds.
fn draft<'a>(
    client: &Client<'_>,
    change: &'a Change,
    reply: Option<&'a Result<Response, Failure>>,
) -> Result<Draft<'a>, Failure> {
    if let (Some(Ok(reply)), false) = (reply, change.before.is_empty()) {
        let now = one::<Hardware<'_>>(reply)?.item(&client.settings, Categories::default());
        precondition::holds(change, &now)?;
    }
    Draft::of(change, reply)
}

/// Writes assets.
pub(crate) fn write(client: &Client<'_>, changes: &[Change]) -> Vec<Outcome> {
    let is_new = changes.first().is_some_and(|change| change.operation == Operation::Create);
    let current = changes.iter().filter(|_| !is_new).map(|change| {
        let id = change.target.as_deref().unwrap_or_default();
        get(format!("{PATH}/{}", segment(id))).change(&change.id)
    });
    let replies = client.get_all(current.collect());
    let drafts: Vec<Result<Draft<'_>, Failure>> =
        changes.iter().enumerate().map(|(at, change)| draft(client, change, replies.get(at))).collect();
    let homeless = drafts.iter().flatten().filter(|draft| draft.location.is_none()).map(|draft| draft.account);
    let known = lookups::main_locations(client, homeless).and_then(|mains| {
        let categories = if is_new { New::read(client, &drafts)? } else { New::default() };
        Ok((mains, categories))
    });
    let (mains, categories) = match known {
        Ok(known) => known,
        Err(failure) => return batch::all_failed(changes, &failure),
    };
    let request =
        |draft: Result<Draft<'_>, Failure>| Ok(vec![draft?.request(&client.settings, &mains, &categories)?]);
    let outcomes = client.write_all(changes, drafts.into_iter().map(request).collect(), NAMES);
    for (change, outcome) in changes.iter().zip(&outcomes) {
        // A location that was refused may be a main one that is no longer: it is looked up anew next time.
        if let (Settlement::Failed(Failure::Rejected(_)), Some(account)) = (&outcome.result, &change.parent) {
            client.host.entry_remove("main-location", account);
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, change, field, reply, text};
    use crosswalk_sdk::{Body as HttpBody, Field, Kind, Method, Value};
    use std::collections::BTreeMap;

    const SETTINGS: &str = r#"{"workstation-category":"11","server-category":"12"}"#;
    const ASSET: &str = r#"{"id":55120,"name":" ACME-SRV-1 ","accountId":412,"accountName":"Acme","accountLocationId":9001,"accountLocation":"Main",
        "categoryId":12,"category":"Server","serialNumber":null,"assetTag":"vsax:1f0c","barCode":"B","isActive":true,"modelNumber":"R640","osInfo":"",
        "DNSServers":"10.0.0.1","macAddress":"00:11:22:33:44:55; 00:11:22:33:44:56","ipAddress":"10.0.0.5","lastLoginname":"bob","lastCheckIn":"2025-01-02T03:04:05.12",
        "manufacturer":"Dell","warrantyExpirationDate":"2027-01-01T00:00:00","ComputerName":"ACME-SRV-1.local","agentId":"A","diskVolumes":[{"drive":"C:","type":"Fixed","freeMBytes":1,"usedMBytes":1,"totalMBytes":2}],
        "statuses":[],"createdOn":"2024-01-01T00:00:00"}"#;

    fn answer(request: &Request) -> Response {
        let result = match (request.method, request.path.as_str()) {
            (Method::Get, path) if path.ends_with("locations/lookup") => {
                r#"[{"id":9000,"name":"Annexe","isMain":false},{"id":9001,"name":"Main","isMain":true}]"#
            }
            (Method::Get, path) if path.ends_with("/searchselect") => {
                r#"[{"id":55120,"assetName":"ACME-SRV-1","accountId":412,"categoryId":12,"serialNumber":"","isActive":true}]"#
            }
            (Method::Get, _) => ASSET,
            _ => r#"{"id":55121}"#,
        };
        reply(200, &format!(r#"{{"success":true,"error":null,"result":{result}}}"#))
    }

    fn sent(host: &Script<'_>) -> BTreeMap<String, serde_json::Value> {
        match host.requests.borrow().last().and_then(|request| request.body.clone()) {
            Some(HttpBody::Text(body)) => serde_json::from_str(&body).unwrap(),
            other => panic!("no body: {other:?}"),
        }
    }

    #[test]
    fn a_hardware_asset_is_an_asset() {
        let host = Script::new(SETTINGS, |request| Ok(answer(request)));
        let client = Client::open(&host).unwrap();
        let item = read(&client, &Selection::Everything, None).unwrap().items.remove(0);
        assert_eq!(
            (item.id.as_str(), item.parent.as_deref(), item.name.as_str()),
            ("55120", Some("412"), "ACME-SRV-1")
        );
        assert_eq!(item.stamp.as_deref(), Some("vsax:1f0c"));
        let text = |text: &str| Value::Text(text.to_owned());
        let json = |text: &str| Value::Json(text.to_owned());
        let expected = [
            ("active", Value::Boolean(true)),
            ("location", text("9001")),
            ("type", text("server")),
            ("serial-number", Value::Blank),
            ("mac-addresses", json(r#"["00:11:22:33:44:55","00:11:22:33:44:56"]"#)),
            ("manufacturer", text("Dell")),
            ("model", text("R640")),
            ("operating-system", Value::Blank),
            ("last-login", text("bob")),
            ("last-seen", Value::Time("2025-01-02T03:04:05.120Z".to_owned())),
            ("storage", json(r#"[{"name":"C:","total":2097152,"free":1048576}]"#)),
            ("local-ips", json(r#"["10.0.0.5"]"#)),
        ];
        let told: Vec<(&str, &Value)> = item.fields.iter().map(|field| (field.name.as_str(), &field.value)).collect();
        assert_eq!(told, expected.iter().map(|(name, value)| (*name, value)).collect::<Vec<_>>());

        let listed =
            Script::new(&SETTINGS.replacen('{', r#"{"asset-read":"listed","#, 1), |request| Ok(answer(request)));
        let client = Client::open(&listed).unwrap();
        let item = read(&client, &Selection::Everything, None).unwrap().items.remove(0);
        assert_eq!((field(&item, "type"), field(&item, "model")), (Some(&text("server")), None));
        assert!(!listed.asked().iter().any(|line| line.contains("/55120")), "not asked for singly");
    }

    #[test]
    fn an_asset_that_cannot_be_read_whole_is_a_gap_and_stays() {
        for (status, case) in [(404, "not-found"), (500, "unavailable")] {
            let host = Script::new(SETTINGS, |request| {
                let is_single = request.path.ends_with("/55120");
                Ok(if is_single { reply(status, r#"{"success":false}"#) } else { answer(request) })
            });
            let page = read(&Client::open(&host).unwrap(), &Selection::Everything, None).unwrap();
            assert_eq!((page.items.len(), page.items[0].name.as_str()), (1, "ACME-SRV-1"));
            let gap = &page.gaps[0];
            assert_eq!(
                (gap.item.as_deref(), gap.parent.as_deref(), gap.cause.case()),
                (Some("55120"), Some("412"), case)
            );
        }
    }

    #[test]
    fn a_create_names_all_that_is_required() {
        let host = Script::new(SETTINGS, |request| Ok(answer(request)));
        let client = Client::open(&host).unwrap();
        let mut create = change("1", Operation::Create, Kind::Asset);
        create.parent = Some("412".to_owned());
        create.name = Some("ACME-LT-014".to_owned());
        create.stamp = Some("vsax:1f0d".to_owned());
        let addresses = Value::Json(r#"["10.0.0.5","10.0.0.6"]"#.to_owned());
        create.fields = vec![text("model", "X1"), Field { name: "local-ips".to_owned(), value: addresses }];
        assert_eq!(write(&client, &[create])[0].result, Settlement::Done("55121".to_owned()));
        let expected = serde_json::json!({"name": "ACME-LT-014", "accountId": 412, "accountLocationId": 9001, "categoryId": 11, "isActive": true,
            "assetTag": "vsax:1f0d", "modelNumber": "X1", "ipAddress": "10.0.0.5"});
        assert_eq!(serde_json::to_value(sent(&host)).unwrap(), expected);
    }

    #[test]
    fn an_update_sends_back_what_it_does_not_change() {
        let host = Script::new(SETTINGS, |request| Ok(answer(request)));
        let client = Client::open(&host).unwrap();
        let mut update = change("2", Operation::Update, Kind::Asset);
        update.target = Some("55120".to_owned());
        update.fields = vec![text("serial-number", "S1"), Field { name: "last-login".to_owned(), value: Value::Blank }];
        write(&client, std::slice::from_ref(&update));
        let body = sent(&host);
        for (name, value) in [
            ("serialNumber", serde_json::json!("S1")),
            ("lastLoginname", serde_json::Value::Null),
            ("accountLocationId", serde_json::json!(9001)),
            ("categoryId", serde_json::json!(12)),
            ("dnsServers", serde_json::json!("10.0.0.1")),
            ("warrantyExpirationDate", serde_json::json!("2027-01-01T00:00:00")),
            ("barCode", serde_json::json!("B")),
            ("computerName", serde_json::json!("ACME-SRV-1.local")),
        ] {
            assert_eq!(body.get(name), Some(&value), "{name}");
        }
        assert!(
            ["id", "accountName", "agentId", "diskVolumes", "createdOn"].iter().all(|name| !body.contains_key(*name))
        );
        let last = host.requests.borrow().last().cloned().unwrap();
        assert_eq!(
            (last.method, last.path.as_str(), last.change.as_deref()),
            (Method::Put, "/v2/servicedesk/hardwareasset/55120", Some("2"))
        );

        let decided =
            Change { before: vec![text("serial-number", "S0"), text("name", "ACME-SRV-1")], ..update.clone() };
        let failure = crosswalk_sdk::testing::failed(&write(&client, &[decided]));
        assert_eq!(
            (failure.case(), failure.message().contains("it was `S0`, and is empty now")),
            ("conflict", true),
            "{failure:?}"
        );
        let holds =
            Change { before: vec![Field { name: "serial-number".to_owned(), value: Value::Blank }], ..update.clone() };
        assert_eq!(write(&client, &[holds])[0].result, Settlement::Done("55120".to_owned()));

        let mut to = Change { operation: Operation::Move, fields: Vec::new(), ..update };
        to.parent = Some("413".to_owned());
        write(&client, &[to]);
        let body = sent(&host);
        assert_eq!(
            (&body["accountId"], &body["accountLocationId"]),
            (&serde_json::json!(413), &serde_json::json!(9001))
        );
        assert!(
            host.asked().iter().any(|line| line.contains("/v2/crm/accounts/413/locations/lookup")),
            "that account's main location"
        );
    }
}
