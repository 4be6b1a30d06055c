//! Assets: the vendor's hardware assets, through the service desk's door, one call each.
//!
//! The list tells little of an asset, so each of its rows is asked for singly, unless the operator chose the list alone.
//! A write is a PUT of the whole: the asset is read first and what it has is sent back, but for what the change
//! names. Drives are read only: this door takes none.

use crate::client::{Client, Rows, get, nothing, number, one, parent, stops_all, target, write as request_to};
use crate::errors::Names;
use crate::hardware::{Categories, Found, Hardware};
use crate::lookups;
use crate::settings::{Settings, StampPlace};
use crosswalk_sdk::batch;
use crosswalk_sdk::http::segment;
use crosswalk_sdk::json::{self, Int};
use crosswalk_sdk::{
    Asset, Change, Failure, Gap, Json, Method, Operation, Outcome, Page, Reference, Request, Response, Selection,
    Settlement, Time, Told,
};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

const PATH: &str = "/v2/servicedesk/hardwareasset";

/// Assets of a page where each costs a call.
pub(crate) const FULL_PAGE: u32 = 50;

/// Where the vendor keeps each field, in its refusals too: its name and ours. Those that can be written at any time
/// come after the first three.
const NAMES: &Names = &[
    ("name", "name"),
    ("categoryId", "type"),
    ("location", "location"),
    ("isActive", "active"),
    ("accountLocationId", "location"),
    ("serialNumber", "serial-number"),
    ("macAddress", "mac-addresses"),
    ("modelNumber", "model"),
    ("osInfo", "operating-system"),
    ("description", "description"),
    ("lastLoginname", "last-login"),
    ("lastCheckIn", "last-seen"),
    ("lastReboot", "last-reboot"),
    ("connectionGatewayIp", "public-ip"),
    ("ipAddress", "local-ips"),
];

/// Those that can be written at any time.
pub(crate) const FIELDS: &Names = NAMES.split_at(3).1;

/// What a PUT takes: all of it is sent back, or it would be emptied.
const WRITTEN: &[&str] = &[
    "name",
    "accountId",
    "accountLocationId",
    "categoryId",
    "isActive",
    "contactId",
    "brandId",
    "serialNumber",
    "businessImpactId",
    "stateId",
    "locationInfo",
    "description",
    "barCode",
    "assetTag",
    "vendorId",
    "modelNumber",
    "machineGroupId",
    "ipAddress",
    "subnetMask",
    "defaultGateway",
    "dnsServers",
    "dhcpEnabled",
    "dhcpServer",
    "winsEnabled",
    "primaryWinsServer",
    "secondaryWinsServer",
    "connectionGatewayIp",
    "osType",
    "osInfo",
    "majorVersion",
    "minorVersion",
    "macAddress",
    "loginName",
    "lastLoginname",
    "currentUser",
    "productName",
    "machineVersion",
    "motherboardManufacturerId",
    "motherboardProductCode",
    "motherboardSerialNumber",
    "motherboardVersion",
    "chassisAssetTag",
    "chassisManufacturerId",
    "chassisSerialNumber",
    "chassisType",
    "chassisVersion",
    "busSpeed",
    "manufacturerId",
    "maxMemorySize",
    "maxMemorySlots",
    "purchaseCost",
    "warrantyExpirationDate",
    "expirationDate",
    "acquisitionDate",
    "firstCheckIn",
    "lastCheckIn",
    "lastReboot",
];

fn list() -> Request {
    get(format!("{PATH}/searchselect"))
}

/// Reads assets.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let categories = Categories::of(client);
    let list = match selection {
        Selection::Everything => list(),
        Selection::OfParent(account) => list().query("Filter.AccountId", number(account)?.to_string()),
        Selection::Ids(ids) => return by_ids(client, ids, categories),
        Selection::Search(text) => list().query("Filter.AssetName", text),
        Selection::Named(named) => {
            let list = list().query("Filter.AssetName", &named.name);
            match &named.parent {
                Some(account) => list.query("Filter.AccountId", number(account)?.to_string()),
                None => list,
            }
        }
        Selection::Stamps(stamps) if client.settings.stamp == StampPlace::MachineGroup => {
            return by_stamps(client, stamps, categories);
        }
        _ => return Err(Failure::Unsupported("hardware assets cannot be asked for in this way".to_owned())),
    };
    // Those that are asked for by name are few, and told in full.
    let full = client.settings.full || matches!(selection, Selection::Named(_));
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

/// Asks for each item of a page singly. One that is gone by now is left out; one that cannot be read is a gap.
fn fill(client: &Client<'_>, page: &mut Page, categories: Categories) -> Result<(), Failure> {
    let rows = std::mem::take(&mut page.items);
    let requests = rows.iter().map(|row| get(format!("{PATH}/{}", row.id))).collect();
    for (row, reply) in rows.into_iter().zip(client.get_all(requests)) {
        let read = reply.and_then(|reply| Ok(one::<Hardware<'_>>(&reply)?.item(&client.settings, categories)));
        match read {
            Ok(item) => page.items.push(item),
            Err(Failure::NotFound(_)) => {}
            Err(failure) if stops_all(&failure) => return Err(failure),
            Err(cause) => page.gaps.push(Gap { parent: row.parent, cause }),
        }
    }
    Ok(())
}

fn by_ids(client: &Client<'_>, ids: &[String], categories: Categories) -> Result<Page, Failure> {
    let ids: Vec<&String> = ids.iter().filter(|id| number(id).is_ok()).collect();
    let requests = ids.iter().map(|id| get(format!("{PATH}/{}", segment(id)))).collect();
    let mut page = nothing();
    for reply in client.get_all(requests) {
        match one::<Hardware<'_>>(&reply?) {
            Ok(asset) => page.items.push(asset.item(&client.settings, categories)),
            Err(Failure::NotFound(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(page)
}

/// The filter may find what contains a key, and ignore case: keys are compared here once more.
fn by_stamps(client: &Client<'_>, stamps: &[String], categories: Categories) -> Result<Page, Failure> {
    let lists = stamps.iter().map(|stamp| list().query("Filter.MachineGroupId", stamp).query("PageSize", "100"));
    let mut page = nothing();
    for (stamp, reply) in stamps.iter().zip(client.get_all(lists.collect())) {
        let reply = reply?;
        let found = Rows::<Found<'_>>::open(&reply)?.rows;
        let items = found.iter().map(|row| row.item(&client.settings, categories));
        page.items.extend(items.filter(|item| item.stamp.as_ref() == Some(stamp)));
    }
    fill(client, &mut page, categories)?;
    Ok(page)
}

/// A body: the vendor's names, each with a value as JSON writes it.
#[derive(Default)]
struct Body<'a>(BTreeMap<&'a str, Cow<'a, str>>);

impl<'a> Body<'a> {
    fn set<T: Serialize + ?Sized>(&mut self, name: &'a str, value: &T) {
        self.0.insert(name, Cow::Owned(json::write(value)));
    }

    /// What a field is to be, where anything is told of it.
    fn told<T: Serialize>(&mut self, name: &'a str, told: &Told<T>) {
        if !told.is_nothing() {
            self.set(name, told);
        }
    }

    fn text(&self) -> String {
        let mut out = String::from("{");
        for (name, value) in &self.0 {
            if out.len() > 1 {
                out.push(',');
            }
            json::push_text(&mut out, name);
            out.push(':');
            out.push_str(value);
        }
        out.push('}');
        out
    }
}

/// What a list of addresses becomes in one text.
fn joined(told: &Told<Json>, most: usize) -> Told<String> {
    match told {
        Told::Nothing => Told::Nothing,
        Told::Blank => Told::Blank,
        Told::Value(Json(text)) => {
            let all: Vec<String> = serde_json::from_str(text).unwrap_or_default();
            Told::or_blank(Some(all[..all.len().min(most)].join(", ")).filter(|text| !text.is_empty()))
        }
    }
}

fn time(told: &Told<Time>) -> Told<&str> {
    match told {
        Told::Nothing => Told::Nothing,
        Told::Blank => Told::Blank,
        Told::Value(time) => Told::Value(&time.0),
    }
}

/// What a change asks for, as the vendor's fields.
fn asked<'a>(change: &Change, asset: &'a Asset, settings: &Settings) -> Body<'a> {
    let mut body = Body::default();
    if !asset.name.is_empty() {
        body.set("name", &asset.name);
    }
    if let Some(stamp) = &asset.stamp {
        body.set(settings.stamp.field(), stamp);
    }
    body.told("isActive", &batch::active_after(change.operation, asset.active.clone()));
    body.told("serialNumber", &asset.serial_number);
    body.told("macAddress", &joined(&asset.mac_addresses, usize::MAX));
    body.told("modelNumber", &asset.model);
    body.told("osInfo", &asset.operating_system);
    body.told("description", &asset.description);
    body.told("lastLoginname", &asset.last_login);
    body.told("lastCheckIn", &time(&asset.last_seen));
    body.told("lastReboot", &time(&asset.last_reboot));
    body.told("connectionGatewayIp", &asset.public_ip);
    // The vendor has room for one.
    body.told("ipAddress", &joined(&asset.local_ips, 1));
    body
}

/// An asset as it is before a change.
struct Now<'a> {
    account: i64,
    location: i64,
    /// By the vendor's names in lower case, as it writes them.
    fields: HashMap<String, &'a RawValue>,
}

impl<'a> Now<'a> {
    fn read(reply: &'a Response) -> Result<Self, Failure> {
        let told: HashMap<Cow<'a, str>, &'a RawValue> = one(reply)?;
        let fields: HashMap<String, &RawValue> =
            told.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let id = |name: &str| fields.get(name).and_then(|raw| json::parse::<Told<Int>>(raw.get()).ok()?.into_value());
        let (account, location) = (id("accountid"), id("accountlocationid"));
        Ok(Self { account: account.map_or(0, |id| id.0), location: location.map_or(0, |id| id.0), fields })
    }
}

/// A change on its way to a request.
struct Draft<'a> {
    change: &'a Change,
    asset: Asset,
    /// None for a new one.
    now: Option<Now<'a>>,
    /// Whose it shall be.
    account: i64,
    /// Where it shall stand; none for the account's main location, as an asset is always at one.
    location: Option<i64>,
}

impl<'a> Draft<'a> {
    fn of(change: &'a Change, reply: Option<&'a Result<Response, Failure>>) -> Result<Self, Failure> {
        let asset = Asset::of_change(change.clone())?;
        let now = match reply {
            Some(reply) => target(change).and(reply.as_ref().map_err(Clone::clone)).and_then(Now::read).map(Some)?,
            None => None,
        };
        let account = match &now {
            Some(now) if change.operation != Operation::Move => now.account,
            _ => parent(change)?,
        };
        let location = match (&asset.location, &now) {
            (Told::Value(Reference(id)), _) => Some(number(id)?),
            (Told::Nothing, Some(now)) if now.account == account && now.location != 0 => Some(now.location),
            _ => None,
        };
        Ok(Self { change, asset, now, account, location })
    }

    fn is_server(&self) -> bool {
        self.asset.type_.value().is_some_and(|type_| type_ == "server")
    }

    /// What the change asks for, and of the rest what there is now.
    fn request(&self, settings: &Settings, mains: &HashMap<i64, i64>, categories: &New) -> Result<Request, Failure> {
        let main = mains.get(&self.account).copied();
        let location = self.location.or(main).ok_or_else(|| lookups::no_location(self.account))?;
        let mut body = asked(self.change, &self.asset, settings);
        body.set("accountId", &self.account);
        body.set("accountLocationId", &location);
        let Some(now) = &self.now else {
            body.set("categoryId", if self.is_server() { &categories.server } else { &categories.workstation });
            return Ok(request_to(Method::Post, PATH, body.text(), self.change));
        };
        for name in WRITTEN {
            if let Some(kept) = now.fields.get(&name.to_ascii_lowercase()) {
                body.0.entry(name).or_insert(Cow::Borrowed(kept.get()));
            }
        }
        Ok(request_to(Method::Put, format!("{PATH}/{}", target(self.change)?), body.text(), self.change))
    }
}

/// The categories of new assets; those that none of them needs are not looked up.
#[derive(Default)]
struct New {
    workstation: i64,
    server: i64,
}

impl New {
    fn read(client: &Client<'_>, drafts: &[Result<Draft<'_>, Failure>]) -> Result<Self, Failure> {
        let id = |server: bool, wanted: &str| {
            if !drafts.iter().flatten().any(|draft| draft.is_server() == server) {
                return Ok(0);
            }
            lookups::id(client, &lookups::CATEGORY, wanted).map_err(|failure| match failure {
                Failure::Rejected(rejection) => Failure::rejected_field("type", rejection.message),
                other => other,
            })
        };
        let settings = &client.settings;
        Ok(Self {
            workstation: id(false, &settings.workstation_category)?,
            server: id(true, &settings.server_category)?,
        })
    }
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
        changes.iter().enumerate().map(|(at, change)| Draft::of(change, replies.get(at))).collect();
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
    use crosswalk_sdk::{Body as HttpBody, Field, Kind, Value};

    const SETTINGS: &str = r#"{"workstation-category":"11","server-category":"12"}"#;
    const ASSET: &str = r#"{"id":55120,"name":" ACME-SRV-1 ","accountId":412,"accountName":"Acme","accountLocationId":9001,"accountLocation":"Main",
        "categoryId":12,"category":"Server","serialNumber":null,"assetTag":"vsax:1f0c","barCode":"B","isActive":true,"modelNumber":"R640","osInfo":"",
        "DNSServers":"10.0.0.1","macAddress":"00:11:22:33:44:55; 00:11:22:33:44:56","ipAddress":"10.0.0.5","lastLoginname":"bob","lastCheckIn":"2025-01-02T03:04:05.12",
        "manufacturer":"Dell","warrantyExpirationDate":"2027-01-01T00:00:00","agentId":"A","diskVolumes":[{"drive":"C:","type":"Fixed","freeMBytes":1,"usedMBytes":1,"totalMBytes":2}],
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
