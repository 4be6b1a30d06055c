//! What is looked up before a write, or offered as a choice: the tenant's lists, and an account's main location. Settings
//! hold a label or a number; a number is taken as it is, a label is looked up and remembered for some hours.
//!
//! Some lists have a path of their own. Of the others the vendor documents one path for all, but not the names that go
//! there: they are tried, and where none answers, what the tenant's own records use stands in.

use crate::client::{self, Client, Rows, get};
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{Choice, Failure, Nullable};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// How long what was looked up is remembered.
pub(crate) const HOURS_4_MS: u64 = 4 * 3_600_000;

/// A list of the tenant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct List {
    /// What it is, for people.
    what: &'static str,
    /// Where it may be, best first.
    paths: &'static [&'static str],
    /// Where else its ids and labels are seen: a list of records, and their two members.
    seen: Option<(&'static str, &'static str, &'static str)>,
    /// What is known of it anyway.
    known: &'static [(&'static str, &'static str)],
}

const fn list(what: &'static str, paths: &'static [&'static str]) -> List {
    List { what, paths, seen: None, known: &[] }
}

pub(crate) const ACCOUNT_TYPE: List = list("account type", &["/v2/system/accounttypes/lookup"]);
pub(crate) const BUSINESS_TYPE: List = List {
    seen: Some(("/v2/crm/accounts/summary", "businessTypeId", "businessType")),
    ..list("business type", &["/v2/system/lookup/BusinessType", "/v2/system/tenantlookup/BusinessType"])
};
pub(crate) const MANAGER: List = list("employee", &["/v2/hr/employees/lookup"]);
pub(crate) const CATEGORY: List = List {
    seen: Some(("/v2/servicedesk/hardwareasset/searchselect", "categoryId", "categoryName")),
    ..list("category of hardware assets", &["/v2/system/lookup/AssetCategory", "/v2/system/tenantlookup/AssetCategory"])
};
pub(crate) const STATUS: List = list("ticket status", &["/v2/system/statuses/lookup"]);
pub(crate) const PRIORITY: List = list("priority", &["/v2/system/priorities/lookup"]);
pub(crate) const QUEUE: List = list("queue", &["/v2/system/queues/lookup"]);
pub(crate) const TICKET_TYPE: List = List {
    seen: Some(("/v2/servicedesk/tickets", "typeId", "typeName")),
    ..list("ticket type", &["/v2/system/lookup/TicketType", "/v2/system/tenantlookup/TicketType"])
};
pub(crate) const SOURCE: List = List {
    known: &[
        ("0", "Client portal"),
        ("1", "Phone"),
        ("2", "In person"),
        ("3", "On site"),
        ("4", "E-mail"),
        ("5", "Monitoring system"),
        ("6", "Voice mail"),
        ("7", "Verbal"),
        ("8", "Other"),
        ("9", "Recurring"),
    ],
    ..list("ticket source", &["/v2/system/lookup/TicketSource"])
};
pub(crate) const NOTE_TYPE: List =
    list("type of notes", &["/v2/system/lookup/NoteType", "/v2/system/tenantlookup/NoteType"]);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: Int,
    #[serde(borrow, default)]
    name: Str<'a>,
    #[serde(default)]
    is_active: Nullable<bool>,
    #[serde(default)]
    is_default: Nullable<bool>,
}

/// An entry that is in use: its number, its label, and whether it is the tenant's default.
struct Entry {
    id: String,
    label: String,
    default: bool,
}

impl Entry {
    fn of((id, label): (impl ToString, impl ToString)) -> Self {
        Self { id: id.to_string(), label: label.to_string(), default: false }
    }
}

/// The entries of a list that are in use; those seen elsewhere or known anyway where it cannot be read.
fn entries(client: &Client<'_>, list: &List) -> Result<Vec<Entry>, Failure> {
    let mut why = None;
    for path in list.paths {
        let reply = client.get(get(*path))?;
        match Rows::<Row<'_>>::open(&reply) {
            Ok(found) if !found.rows.is_empty() => {
                let in_use = found.rows.into_iter().filter(|row| row.is_active != Nullable::Value(false));
                let entry = |row: Row<'_>| Entry {
                    id: row.id.0.to_string(),
                    label: row.name.trimmed().to_owned(),
                    default: row.is_default == Nullable::Value(true),
                };
                return Ok(in_use.map(entry).collect());
            }
            Ok(_) => {}
            Err(failure) if failure.stops_all() => return Err(failure),
            Err(failure) => why = Some(failure),
        }
    }
    if let Some((path, id, label)) = list.seen {
        let reply = client.get(get(path).query("PageSize", client::PAGE.to_string()).query("PageNumber", "1"))?;
        let found = Rows::<BTreeMap<Cow<'_, str>, &RawValue>>::open(&reply)?.rows;
        let pair = |row: &BTreeMap<Cow<'_, str>, &RawValue>| {
            let (id, label) = (row.get(id)?.get(), row.get(label)?.get());
            Some((json::parse::<Int>(id).ok()?.0, json::parse::<Str<'_>>(label).ok()?.filled()?))
        };
        let seen: BTreeMap<i64, String> = found.iter().filter_map(pair).collect();
        if !seen.is_empty() {
            return Ok(seen.into_iter().map(Entry::of).collect());
        }
    }
    match why {
        Some(why) if list.known.is_empty() => Err(why),
        _ => Ok(list.known.iter().copied().map(Entry::of).collect()),
    }
}

/// The number of a label or number in the settings; of the tenant's default where nothing is set.
///
/// # Errors
/// Rejected: there is no such entry; the message says which there are. Else why the list cannot be read.
pub(crate) fn id(client: &Client<'_>, list: &List, wanted: &str) -> Result<i64, Failure> {
    if let Ok(number) = wanted.parse() {
        return Ok(number);
    }
    let space = list.what.replace(' ', "-");
    let key = if wanted.is_empty() { "(default)" } else { wanted };
    if let Some(number) = client.host.recall(&space, key, HOURS_4_MS).and_then(|text| text.parse().ok()) {
        return Ok(number);
    }
    let entries = entries(client, list).map_err(|failure| match failure {
        Failure::NotFound(_) | Failure::Unsupported(_) | Failure::Rejected(_) => Failure::rejected(format!(
            "the list of each {} cannot be read: write its number into this connection's settings",
            list.what
        )),
        other => other,
    })?;
    let found = if wanted.is_empty() {
        entries.iter().find(|entry| entry.default).or_else(|| entries.first())
    } else {
        entries.iter().find(|entry| entry.label.to_lowercase() == wanted.to_lowercase())
    };
    let Some(number) = found.and_then(|entry| entry.id.parse::<i64>().ok()) else {
        let labels: Vec<&str> = entries.iter().map(|entry| entry.label.as_str()).collect();
        return Err(Failure::rejected(format!(
            "there is no {} `{wanted}`: set it in this connection's settings to one of {}",
            list.what,
            labels.join(", ")
        )));
    };
    client.host.remember(&space, key, &number.to_string());
    Ok(number)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    id: Int,
    #[serde(default)]
    is_main: Nullable<bool>,
}

/// The main locations of accounts, for those that have one; asked for side by side and remembered.
///
/// # Errors
/// They cannot be read.
pub(crate) fn main_locations(
    client: &Client<'_>,
    accounts: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, i64>, Failure> {
    let mut mains = HashMap::new();
    let mut unknown: Vec<i64> = Vec::new();
    for account in accounts {
        match client.host.recall("main-location", &account.to_string(), HOURS_4_MS).and_then(|id| id.parse().ok()) {
            Some(main) => drop(mains.insert(account, main)),
            None if !unknown.contains(&account) => unknown.push(account),
            None => {}
        }
    }
    let requests = unknown.iter().map(|account| get(format!("/v2/crm/accounts/{account}/locations/lookup"))).collect();
    for (account, reply) in unknown.iter().zip(client.get_all(requests)) {
        let places = match Rows::<Place>::open(&reply?) {
            Ok(found) => found.rows,
            Err(Failure::NotFound(_)) => continue,
            Err(failure) => return Err(failure),
        };
        let main = places.iter().find(|place| place.is_main == Nullable::Value(true)).or_else(|| places.first());
        if let Some(Place { id: Int(main), .. }) = main {
            client.host.remember("main-location", &account.to_string(), &main.to_string());
            mains.insert(*account, *main);
        }
    }
    Ok(mains)
}

/// The failure where an account has no location to put something at.
pub(crate) fn no_location(account: i64) -> Failure {
    Failure::rejected_field("location", format!("the account {account} has no location: add one by hand on its page"))
}

/// What can be chosen for a setting.
///
/// # Errors
/// Unsupported: it is free. Else why the vendor's list cannot be read.
pub(crate) fn choices(client: &Client<'_>, setting: &str) -> Result<Vec<Choice>, Failure> {
    let list = match setting {
        "account-type" => ACCOUNT_TYPE,
        "business-type" => BUSINESS_TYPE,
        "account-manager" => MANAGER,
        "workstation-category" | "server-category" => CATEGORY,
        "ticket-status" | "closed-status" => STATUS,
        "ticket-type" => TICKET_TYPE,
        "ticket-source" => SOURCE,
        "ticket-queue" => QUEUE,
        "note-type" => NOTE_TYPE,
        priority if priority.starts_with("priority-") => PRIORITY,
        other => return Err(Failure::Unsupported(format!("there is no list of choices for `{other}`"))),
    };
    Ok(entries(client, &list)?.into_iter().map(|entry| Choice { value: entry.id, label: entry.label }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, reply};

    const NONE: &str = r#"{"success":false,"error":{"code":404,"message":"No such resource."}}"#;

    #[test]
    fn a_label_is_found_and_remembered_a_number_is_not_asked_for() {
        let host = Script::new("{}", |_| {
            let rows = r#"[{"id":1,"name":"Old","isActive":false},{"id":2,"name":"New"},{"id":3,"name":"Open","isDefault":true}]"#;
            Ok(reply(200, &format!(r#"{{"success":true,"result":{rows}}}"#)))
        });
        let client = Client::open(&host).unwrap();
        for (wanted, expected) in
            [("17", Some(17)), ("new", Some(2)), ("New", Some(2)), ("new", Some(2)), ("", Some(3)), ("Old", None)]
        {
            assert_eq!(id(&client, &STATUS, wanted).ok(), expected, "{wanted}");
        }
        assert_eq!(host.asked().len(), 4, "each spelling once");
        assert!(id(&client, &STATUS, "Old").unwrap_err().message().ends_with("one of New, Open"));
    }

    #[test]
    fn what_has_no_list_is_seen_in_use() {
        let host = Script::new("{}", |request| {
            let rows = r#"{"success":true,"result":[{"id":9,"categoryId":11,"categoryName":"PC"},{"id":8,"categoryId":11,"categoryName":"PC"},{"id":7,"categoryName":null}]}"#;
            Ok(reply(200, if request.path.ends_with("searchselect") { rows } else { NONE }))
        });
        let client = Client::open(&host).unwrap();
        assert_eq!(id(&client, &CATEGORY, "pc"), Ok(11));
        assert_eq!(choices(&client, "server-category").unwrap().len(), 1);
        assert_eq!(id(&client, &SOURCE, "monitoring system"), Ok(5), "known anyway");
        assert!(id(&client, &NOTE_TYPE, "").unwrap_err().message().contains("write its number"));
        assert_eq!(choices(&client, "tenant").unwrap_err().case(), "unsupported");
    }
}
