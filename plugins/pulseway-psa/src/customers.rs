//! Customers: the vendor's accounts. One is made together with its first location, which holds its address; later the
//! address cannot be written, as the vendor has no call for locations. Accounts are never deleted, only made inactive.

use crate::client::{Client, Rows, get, one, target, write as request_to};
use crate::errors::Names;
use crate::few;
use crate::lookups;
use crate::settings::Settings;
use crosswalk_sdk::batch;
use crosswalk_sdk::http::segment;
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{
    Change, Customer, Failure, Item, Method, Nullable, Operation, Outcome, Page, Request, Response, Selection,
};
use serde::{Deserialize, Serialize};

const SUMMARY: &str = "/v2/crm/accounts/summary";

/// What is part of a new account's location, and fixed from then on.
pub(crate) const ADDRESS: &[&str] = &["phone", "email", "address-1", "address-2", "city", "region", "postal-code"];

const NAMES: &Names = &[
    ("accountName", "name"),
    ("accountCode", "number"),
    ("website", "website"),
    ("isActive", "active"),
    ("phone", "phone"),
    ("emailAddress", "email"),
    ("address1", "address-1"),
    ("address2", "address-2"),
    ("city", "city"),
    ("state", "region"),
    ("zipCode", "postal-code"),
];

/// A location, as an account carries it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place<'a> {
    pub(crate) id: Int,
    #[serde(borrow, default)]
    pub(crate) location_name: Nullable<Str<'a>>,
    #[serde(default)]
    pub(crate) is_main: Nullable<bool>,
    #[serde(default)]
    pub(crate) is_active: Nullable<bool>,
    #[serde(borrow, default)]
    addresses: Nullable<Vec<Address<'a>>>,
}

impl<'a> Place<'a> {
    /// The main address.
    pub(crate) fn address(&self) -> Option<&Address<'a>> {
        let all = self.addresses.value()?;
        all.iter().find(|address| address.is_main == Nullable::Value(true)).or_else(|| all.first())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Address<'a> {
    #[serde(borrow, default)]
    pub(crate) address1: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) address2: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) city: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) state: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) zip_code: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) country: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) phone: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) fax: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) email_address: Nullable<Str<'a>>,
    #[serde(default)]
    is_main: Nullable<bool>,
}

/// An account. Its list may leave the locations out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account<'a> {
    pub(crate) id: Int,
    #[serde(borrow, default)]
    pub(crate) account_name: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    account_code: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    website: Nullable<Str<'a>>,
    #[serde(default)]
    is_active: Nullable<bool>,
    #[serde(borrow, default)]
    modified_on: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    tenant_name: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) locations: Nullable<Vec<Place<'a>>>,
}

impl Account<'_> {
    fn item(&self, settings: &Settings) -> Item {
        let code = self.account_code.text();
        let mut customer = Customer {
            id: self.id.0.to_string(),
            name: self.account_name.text().into_value().unwrap_or_default(),
            stamp: code.value().filter(|_| settings.account_stamp).cloned(),
            active: self.is_active.clone(),
            number: if settings.account_stamp { Nullable::Absent } else { code },
            website: self.website.text(),
            ..Customer::default()
        };
        let places = self.locations.value().map_or(&[][..], Vec::as_slice);
        let main = places.iter().find(|place| place.is_main == Nullable::Value(true)).or_else(|| places.first());
        if let Some(address) = main.and_then(Place::address) {
            customer.phone = address.phone.text();
            customer.email = address.email_address.text();
            customer.address_1 = address.address1.text();
            customer.address_2 = address.address2.text();
            customer.city = address.city.text();
            customer.region = address.state.text();
            customer.postal_code = address.zip_code.text();
            customer.country = address.country.text();
        }
        customer.into_item()
    }
}

/// The list of accounts.
pub(crate) fn list() -> Request {
    get(SUMMARY)
}

/// One account, with its locations.
pub(crate) fn single(id: &str) -> Request {
    get(format!("{SUMMARY}/{}", segment(id)))
}

/// The tenant's name, as an account carries it.
///
/// # Errors
/// The accounts cannot be read.
pub(crate) fn tenant(client: &Client<'_>) -> Result<Option<String>, Failure> {
    let reply = client.get(list().query("PageSize", "1").query("PageNumber", "1"))?;
    let found = Rows::<Account<'_>>::open(&reply)?.rows;
    Ok(found.into_iter().find_map(|account| account.tenant_name.text().into_value()))
}

/// Reads customers.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let list = match selection {
        Selection::Everything => list(),
        Selection::Ids(ids) => {
            let item = |reply: &Response| Ok(one::<Account<'_>>(reply)?.item(&client.settings));
            return few::by_ids(client, SUMMARY, ids, item);
        }
        Selection::ChangedSince(time) => return changed_since(client, time, after),
        Selection::Search(text) => list().query("Filter.AccountName", text),
        Selection::Named(named) => {
            let rows = |reply: &Response| {
                let found = Rows::<Account<'_>>::open(reply)?;
                Ok(found
                    .map(|account| Some(account.item(&client.settings)).filter(|item| crate::answers(selection, item))))
            };
            let filter = (&list(), "Filter.AccountName");
            return client.walk_named(filter, &named.name, crate::client::PAGE, after, rows);
        }
        Selection::Stamps(stamps) if client.settings.account_stamp => {
            let filter = (list(), "Filter.AccountCode");
            let items =
                |reply: &Response| Ok(Rows::<Account<'_>>::open(reply)?.map(|row| Some(row.item(&client.settings))));
            return few::by_stamps(client, filter, stamps, str::to_owned, items);
        }
        _ => return Err(Failure::Unsupported("accounts cannot be asked for in this way".to_owned())),
    };
    let rows = |reply: &Response| {
        let found = Rows::<Account<'_>>::open(reply)?;
        Ok(found.map(|account| Some(account.item(&client.settings)).filter(|item| crate::answers(selection, item))))
    };
    client.walk(&list, crate::client::PAGE, after, rows)
}

/// Whether a new account counts as modified is not known: the changed ones are walked first, then the new ones.
fn changed_since(client: &Client<'_>, time: &str, after: Option<&str>) -> Result<Page, Failure> {
    let (is_new, after) = match after.map(|cursor| cursor.split_at_checked(1)) {
        Some(Some((part, place))) => (part == "n", Some(place).filter(|place| !place.is_empty())),
        _ => (false, None),
    };
    let filter = if is_new { "Filter.CreatedOnFrom" } else { "Filter.ModifiedOnFrom" };
    let rows = |reply: &Response| {
        let found = Rows::<Account<'_>>::open(reply)?;
        Ok(found.map(|account| {
            // To the second: fractions are written in more ways than one.
            let later = |at: &crosswalk_sdk::Time| at.0.get(..19) > time.get(..19);
            let was_given = is_new && account.modified_on.time().value().is_some_and(later);
            (!was_given).then(|| account.item(&client.settings))
        }))
    };
    let list = list().query(filter, time);
    let mut page = client.walk_apart((&list, "changed accounts"), crate::client::PAGE, after, rows)?;
    page.next = match page.next {
        Some(next) => Some(format!("{}{next}", if is_new { "n" } else { "m" })),
        None if is_new => None,
        None => Some("n".to_owned()),
    };
    Ok(page)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct New<'a> {
    account_name: &'a str,
    account_type_id: i64,
    business_type_id: i64,
    account_manager_id: i64,
    is_active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<&'a str>,
    locations: [NewPlace<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewPlace<'a> {
    location_name: &'a str,
    is_main: bool,
    is_active: bool,
    addresses: [NewAddress<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewAddress<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    address1: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zip_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<&'a str>,
    is_main: bool,
    is_billing: bool,
}

/// What every new account gets.
struct Required {
    type_: i64,
    business: i64,
    manager: i64,
}

impl Required {
    fn read(client: &Client<'_>) -> Result<Self, Failure> {
        let settings = &client.settings;
        for (name, set) in [("business-type", &settings.business_type), ("account-manager", &settings.account_manager)]
        {
            if set.is_empty() {
                let why = format!("a new account needs a {name}: set `{name}` in this connection's settings");
                return Err(Failure::rejected(why));
            }
        }
        Ok(Self {
            type_: lookups::id(client, &lookups::ACCOUNT_TYPE, &settings.account_type)?,
            business: lookups::id(client, &lookups::BUSINESS_TYPE, &settings.business_type)?,
            manager: lookups::id(client, &lookups::MANAGER, &settings.account_manager)?,
        })
    }
}

fn create(change: &Change, settings: &Settings, required: &Required) -> Result<Request, Failure> {
    let customer = Customer::of_change(change.clone())?;
    let code = if settings.account_stamp { customer.stamp.as_deref() } else { text(&customer.number) };
    let body = New {
        account_name: &customer.name,
        account_type_id: required.type_,
        business_type_id: required.business,
        account_manager_id: required.manager,
        is_active: customer.active != Nullable::Value(false),
        account_code: code,
        website: text(&customer.website),
        locations: [NewPlace {
            location_name: &settings.main_location,
            is_main: true,
            is_active: true,
            addresses: [NewAddress {
                address1: text(&customer.address_1),
                address2: text(&customer.address_2),
                city: text(&customer.city),
                state: text(&customer.region),
                zip_code: text(&customer.postal_code),
                phone: text(&customer.phone),
                email_address: text(&customer.email),
                is_main: true,
                is_billing: true,
            }],
        }],
    };
    Ok(request_to(Method::Post, "/v2/crm/accounts", json::write(&body), change))
}

fn text(told: &Nullable<String>) -> Option<&str> {
    told.value().map(String::as_str)
}

/// One operation of a JSON Patch (RFC 6902).
#[derive(Serialize)]
pub(crate) struct Patch<T> {
    op: &'static str,
    path: &'static str,
    value: T,
}

impl<T> Patch<T> {
    /// Sets a member to a value, or to null.
    pub(crate) fn set(path: &'static str, value: T) -> Self {
        Self { op: "replace", path, value }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Flag(bool),
    Null(()),
}

impl From<Nullable<String>> for Scalar {
    fn from(told: Nullable<String>) -> Self {
        told.into_value().map_or(Scalar::Null(()), Scalar::Text)
    }
}

fn update(change: &Change, settings: &Settings) -> Result<Request, Failure> {
    let id = target(change)?;
    let customer = Customer::of_change(change.clone())?;
    let code = if settings.account_stamp { Nullable::or_absent(customer.stamp) } else { customer.number };
    let mut patch = Vec::new();
    if !customer.name.is_empty() {
        patch.push(Patch::set("/accountName", Scalar::Text(customer.name)));
    }
    for (path, told) in [("/accountCode", code), ("/website", customer.website)] {
        if !told.is_absent() {
            patch.push(Patch::set(path, told.into()));
        }
    }
    if let Nullable::Value(active) = batch::active_after(change.operation, customer.active) {
        patch.push(Patch::set("/isActive", Scalar::Flag(active)));
    }
    Ok(request_to(Method::Patch, format!("/v2/crm/accounts/{id}"), json::write(&patch), change))
}

/// Writes customers.
pub(crate) fn write(client: &Client<'_>, changes: &[Change]) -> Vec<Outcome> {
    let settings = &client.settings;
    let prepared: Vec<Result<Vec<Request>, Failure>> = match changes.first().map(|change| change.operation) {
        Some(Operation::Create) => match Required::read(client) {
            Ok(required) => changes.iter().map(|change| Ok(vec![create(change, settings, &required)?])).collect(),
            Err(failure) => return batch::all_failed(changes, &failure),
        },
        _ => changes.iter().map(|change| Ok(vec![update(change, settings)?])).collect(),
    };
    client.write_all(changes, prepared, NAMES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, change, reply, text};
    use crosswalk_sdk::{Body, Field, Kind, Named, Settlement, Value};

    const SETTINGS: &str = r#"{"business-type":"21","account-manager":"5001","account-type":"1"}"#;
    const ACCOUNT: &str = r#"{"id":412,"createdBy":1,"createdOn":"2024-05-06T07:08:09.12","modifiedOn":null,"accountCode":" A1 ",
        "accountTypeId":1,"accountType":"Customer","accountName":"Acme Ltd","businessTypeId":21,"website":"","isActive":true,"isBilling":false,
        "tenantName":"MSP","locations":[{"id":9,"locationName":"Annexe","isMain":false,"isActive":true,"addresses":[]},
        {"id":8,"locationName":"Main","isMain":true,"isActive":true,"addresses":[{"id":1,"address1":"Old St","isMain":false},
        {"id":2,"address1":"1 High St","address2":null,"city":"Leeds","zipCode":"LS1","country":"United Kingdom","phone":"1","isMain":true}]}]}"#;

    fn sent(host: &Script<'_>) -> String {
        match host.requests.borrow().last().and_then(|request| request.body.clone()) {
            Some(Body::Text(body)) => body,
            other => panic!("no body: {other:?}"),
        }
    }

    #[test]
    fn an_account_is_a_customer_with_its_main_address() {
        let host = Script::new(SETTINGS, |_| {
            Ok(reply(200, &format!(r#"{{"success":true,"result":[{ACCOUNT}],"totalRecords":1}}"#)))
        });
        let client = Client::open(&host).unwrap();
        let page = read(&client, &Selection::Everything, None).unwrap();
        assert_eq!((page.total, page.next), (Some(1), None));
        let item = &page.items[0];
        assert_eq!((item.id.as_str(), item.name.as_str(), &item.stamp), ("412", "Acme Ltd", &None));
        let told: Vec<(&str, &Value)> = item.fields.iter().map(|field| (field.name.as_str(), &field.value)).collect();
        let text = |text: &str| Value::Text(text.to_owned());
        let expected = [
            ("active", Value::Boolean(true)),
            ("number", text("A1")),
            ("phone", text("1")),
            ("website", Value::Blank),
            ("address-1", text("1 High St")),
            ("address-2", Value::Blank),
            ("city", text("Leeds")),
            ("postal-code", text("LS1")),
            ("country", text("United Kingdom")),
        ];
        assert_eq!(told, expected.iter().map(|(name, value)| (*name, value)).collect::<Vec<_>>());
        let named = Selection::Named(Named { parent: None, name: "Acme".to_owned() });
        assert!(read(&client, &named, None).unwrap().items.is_empty(), "the whole of that name");
        assert_eq!(
            host.asked().last().unwrap(),
            "GET /v2/crm/accounts/summary?Filter.AccountName=Acme&PageSize=100&PageNumber=1"
        );
    }

    #[test]
    fn a_name_is_found_however_the_vendor_keeps_it_and_whatever_its_filter_finds() {
        let kept = ["ZÜRCHER CLINICS AG", "Acme Ltd"];
        for contains in [true, false] {
            let host = Script::new(SETTINGS, |request| {
                let filter = request
                    .query
                    .iter()
                    .find(|(name, _)| name == "Filter.AccountName")
                    .map(|(_, text)| text.to_uppercase());
                let is_it = |name: &&&str| {
                    filter.as_ref().is_none_or(|part| {
                        if contains {
                            name.to_uppercase().contains(part.as_str())
                        } else {
                            name.to_uppercase() == *part
                        }
                    })
                };
                let rows: Vec<String> =
                    kept.iter().filter(is_it).map(|name| format!(r#"{{"id":1,"accountName":"{name}"}}"#)).collect();
                Ok(reply(
                    200,
                    &format!(r#"{{"success":true,"result":[{}],"totalRecords":{}}}"#, rows.join(","), rows.len()),
                ))
            });
            let client = Client::open(&host).unwrap();
            for (name, found) in [("Zu\u{308}rcher Clinics AG", 1), ("acme ltd", 1), ("Zu\u{308}rich", 0)] {
                let named = Selection::Named(Named { parent: None, name: name.to_owned() });
                let (mut items, mut after, mut pages) = (0, None, 0);
                loop {
                    let page = read(&client, &named, after.as_deref()).unwrap();
                    items += page.items.len();
                    pages += 1;
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!((items, pages <= 4), (found, true), "{name} {contains}");
            }
        }
    }

    #[test]
    fn a_create_brings_the_location_and_an_update_is_a_patch() {
        let host = Script::new(SETTINGS, |_| Ok(reply(200, r#"{"success":true,"error":null,"result":{"id":413}}"#)));
        let client = Client::open(&host).unwrap();
        let mut create = change("1", Operation::Create, Kind::Customer);
        create.name = Some("Bolt GmbH".to_owned());
        create.fields = vec![text("city", "Köln"), text("number", "B7")];
        assert_eq!(write(&client, &[create])[0].result, Settlement::Done("413".to_owned()));
        assert_eq!(
            sent(&host),
            r#"{"accountName":"Bolt GmbH","accountTypeId":1,"businessTypeId":21,"accountManagerId":5001,"isActive":true,"accountCode":"B7","locations":[{"locationName":"Main","isMain":true,"isActive":true,"addresses":[{"city":"Köln","isMain":true,"isBilling":true}]}]}"#
        );
        let mut update = change("2", Operation::Update, Kind::Customer);
        update.target = Some("413".to_owned());
        update.name = Some("Bolt AG".to_owned());
        update.fields = vec![Field { name: "website".to_owned(), value: Value::Blank }];
        write(&client, &[update]);
        assert_eq!(
            sent(&host),
            r#"[{"op":"replace","path":"/accountName","value":"Bolt AG"},{"op":"replace","path":"/website","value":null}]"#
        );
        let mut retire = change("3", Operation::Deactivate, Kind::Customer);
        retire.target = Some("413".to_owned());
        write(&client, &[retire]);
        assert_eq!(sent(&host), r#"[{"op":"replace","path":"/isActive","value":false}]"#);
        let last = host.requests.borrow().last().cloned().unwrap();
        assert_eq!(
            (last.path.as_str(), last.method, last.change.as_deref()),
            ("/v2/crm/accounts/413", Method::Patch, Some("3"))
        );
    }

    #[test]
    fn what_is_new_and_what_changed_are_walked_one_after_the_other() {
        let host = Script::new(SETTINGS, |_| {
            Ok(reply(200, &format!(r#"{{"success":true,"result":[{ACCOUNT}],"totalRecords":1}}"#)))
        });
        let client = Client::open(&host).unwrap();
        let since = Selection::ChangedSince("2024-01-01T00:00:00Z".to_owned());
        let first = read(&client, &since, None).unwrap();
        assert_eq!(first.next.as_deref(), Some("n"));
        let second = read(&client, &since, first.next.as_deref()).unwrap();
        assert_eq!((second.next, second.items.len()), (None, 1), "it was never modified, so it is new");
        let filters: Vec<String> = host.requests.borrow().iter().map(|request| request.query[0].0.clone()).collect();
        assert_eq!(filters, ["Filter.ModifiedOnFrom", "Filter.CreatedOnFrom"]);
    }
}
