//! Contracts, which are only read, an account at a time: the lookup is the one list that goes by the account's id, and the
//! summary, which goes by its name, adds type and dates.

use crate::client::{Client, Rows, get, nothing, number, one};
use crate::customers::{self, Account};
use crosswalk_sdk::json::{Int, Str};
use crosswalk_sdk::{Contract, Failure, Gap, Nullable, Page, Selection};
use serde::Deserialize;

/// A row of the lookup.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Choice<'a> {
    id: Int,
    #[serde(borrow, default)]
    name: Nullable<Str<'a>>,
    #[serde(default)]
    is_active: Nullable<bool>,
    #[serde(borrow, default)]
    end_date: Nullable<Str<'a>>,
}

/// A row of the summary.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    id: Int,
    #[serde(borrow, default)]
    contract_type: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    start_date: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    end_date: Nullable<Str<'a>>,
}

/// Reads the contracts of an account.
pub(crate) fn read(client: &Client<'_>, selection: &Selection) -> Result<Page, Failure> {
    let Selection::OfParent(account) = selection else {
        return Err(Failure::Unsupported("contracts are asked for by their account".to_owned()));
    };
    number(account)?;
    let lookup =
        get("/v2/finance/contracts/lookup").query("AccountId", account).query("ExcludeExpiredContracts", "false");
    let mut replies = client.get_all(vec![lookup, customers::single(account)]).into_iter();
    let mut reply = || replies.next().unwrap_or_else(|| Err(Failure::Unavailable("the host gave no reply".to_owned())));
    let (choices, named) = (reply()?, reply()?);
    let choices = Rows::<Choice<'_>>::open(&choices)?;
    let mut page = nothing();
    page.gaps = choices.gaps;
    if choices.rows.is_empty() {
        return Ok(page);
    }
    let name = one::<Account<'_>>(&named)?.account_name.text().into_value().unwrap_or_default();
    let list = get("/v2/finance/contracts/summary").query("Filter.AccountName", name).query("PageSize", "100");
    let summaries = client.get(list.query("PageNumber", "1"))?;
    // What it would add is unknown where it cannot be read.
    let (summaries, unread) = match Rows::<Summary<'_>>::open(&summaries) {
        Ok(found) => (found.rows, None),
        Err(failure) if failure.stops_all() => return Err(failure),
        Err(failure) => (Vec::new(), Some(failure)),
    };
    if let Some(cause) = unread {
        let gap = |choice: &Choice<'_>| Gap::of_item(choice.id.0.to_string(), Some(account.clone()), cause.clone());
        page.gaps.extend(choices.rows.iter().map(gap));
    }
    page.items.extend(choices.rows.iter().map(|choice| {
        let summary = summaries.iter().find(|summary| summary.id == choice.id);
        let contract = Contract {
            id: choice.id.0.to_string(),
            parent: Some(account.clone()),
            name: choice.name.text().into_value().unwrap_or_default(),
            active: choice.is_active.clone(),
            type_: summary.map_or(Nullable::Absent, |summary| summary.contract_type.text()),
            starts: summary.map_or(Nullable::Absent, |summary| summary.start_date.day(None)),
            ends: match choice.end_date.last_day(None) {
                Nullable::Absent => summary.map_or(Nullable::Absent, |summary| summary.end_date.last_day(None)),
                told => told,
            },
            ..Contract::default()
        };
        contract.into_item()
    }));
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::Value;
    use crosswalk_sdk::testing::{Script, reply};

    #[test]
    fn the_lookup_says_which_and_the_summary_what() {
        let host = Script::new("{}", |request| {
            let result = match request.path.as_str() {
                "/v2/finance/contracts/lookup" => {
                    r#"[{"id":7,"name":"Care","isActive":true,"endDate":"2026-01-01T00:00:00"},{"id":8,"name":"Old","isActive":false,"endDate":null}]"#
                }
                "/v2/finance/contracts/summary" => {
                    r#"[{"id":7,"contractName":"Care","accountName":"Acme","contractType":"Retainer","startDate":"2025-01-01T00:00:00","endDate":"2026-01-01T00:00:00"}]"#
                }
                _ => r#"{"id":412,"accountName":"Acme"}"#,
            };
            Ok(reply(200, &format!(r#"{{"success":true,"result":{result}}}"#)))
        });
        let client = Client::open(&host).unwrap();
        let items = read(&client, &Selection::OfParent("412".to_owned())).unwrap().items;
        let told = |at: usize, name: &str| {
            items[at].fields.iter().find(|field| field.name == name).map(|field| field.value.clone())
        };
        assert_eq!((items.len(), items[0].parent.as_deref()), (2, Some("412")));
        assert_eq!(told(0, "type"), Some(Value::Text("Retainer".to_owned())));
        assert_eq!(told(0, "starts"), Some(Value::Time("2025-01-01T00:00:00Z".to_owned())));
        assert_eq!(
            (told(1, "type"), told(1, "ends"), told(1, "active")),
            (None, Some(Value::Blank), Some(Value::Boolean(false)))
        );
        assert_eq!(host.asked().len(), 3);
        assert_eq!(read(&client, &Selection::Everything).unwrap_err().case(), "unsupported");
    }
}
