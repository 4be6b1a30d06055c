//! Contracts: read, never written. One is in force while it is active and today lies between its days.

use crate::client::Client;
use crate::entity::Entity;
use crate::picklists::Picklist;
use crate::query::Query;
use crosswalk_sdk::json::{Int, Str};
use crosswalk_sdk::{Contract, Failure, Kind, Nullable, Page, Selection, names, time};
use serde::Deserialize;

/// Where the vendor keeps them.
pub(crate) const CONTRACTS: Entity = Entity {
    path: "Contracts",
    kind: Kind::Contract,
    name: "contractName",
    company: Some("companyID"),
    changed: None,
    fields: &[
        ("contractName", "name", Some(100)),
        ("status", "active", None),
        ("contractType", "type", None),
        ("startDate", "starts", None),
        ("endDate", "ends", None),
    ],
    also: &[],
};

/// The status of a contract that was not cancelled.
pub(crate) const ACTIVE: i64 = 1;
/// The type of contract that services can be on.
pub(crate) const RECURRING: i64 = 7;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: Int,
    #[serde(default, rename = "companyID")]
    company_id: Nullable<Int>,
    #[serde(borrow, default)]
    contract_name: Nullable<Str<'a>>,
    #[serde(default)]
    contract_type: Nullable<Int>,
    #[serde(default)]
    status: Nullable<Int>,
    #[serde(borrow, default)]
    start_date: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    end_date: Nullable<Str<'a>>,
}

impl Row<'_> {
    /// `today` as the first ten characters of a time.
    fn contract(self, types: &Picklist, today: &str, ahead: Option<i64>) -> Contract {
        let (starts, ends) = (self.start_date.day(ahead), self.end_date.last_day(ahead));
        let day =
            |time: &'_ Nullable<crosswalk_sdk::Time>| time.value().and_then(|time| time.0.get(..10)).map(str::to_owned);
        let has_begun = day(&starts).is_none_or(|day| *day <= *today);
        let is_over = day(&ends).is_some_and(|day| *day < *today);
        let is_cancelled = self.status.map(|Int(status)| status != ACTIVE);
        Contract {
            id: self.id.0.to_string(),
            parent: self.company_id.value().map(|Int(id)| id.to_string()),
            name: self.contract_name.text().into_value().unwrap_or_default(),
            active: is_cancelled.clone().map(|cancelled| !cancelled && has_begun && !is_over),
            takes_usage: self.contract_type.clone().map(|Int(number)| number == RECURRING),
            cancelled: is_cancelled,
            type_: self.contract_type.and_then(|Int(number)| types.label(number).map(str::to_owned)),
            starts,
            ends,
            ..Contract::default()
        }
    }
}

/// Reads contracts.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let include = CONTRACTS.include();
    let query = Query::new(&include, CONTRACTS.filter(selection)?);
    let types = Picklist::for_reading(client, CONTRACTS.path, "contractType");
    let ahead = client.settings.utc_offset_seconds()?;
    let now = time::from_unix_ms(client.host.now_ms());
    let today = now.get(..10).unwrap_or_default();
    let reply = client.query(CONTRACTS.path, &query, after)?;
    let page = client.rows::<Row<'_>>(&reply)?.page(|row| {
        let contract = row.contract(&types, today, ahead);
        names::answers(selection, &contract.name, CONTRACTS.name_length()).then(|| contract.into_item())
    });
    client.with_total(page, CONTRACTS.path, &query, (selection, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_is_in_force_from_its_first_day_to_its_last() {
        let types = Picklist::default();
        for (status, start, end, active, cancelled) in [
            ("1", "2025-11-03T00:00:00", "2025-11-03T00:00:00Z", Some(true), Some(true)),
            ("1", "2025-01-01T00:00:00.000Z", "2025-11-02T00:00:00", Some(false), Some(true)),
            ("1", "2025-11-04", "2026-11-03", Some(false), Some(true)),
            ("0", "2025-01-01", "2026-01-01", Some(false), Some(false)),
            ("null", "2025-01-01", "2026-01-01", None, None),
            ("1", "2025-11-02T23:00:00Z", "2025-11-02T23:00:00Z", Some(true), Some(true)),
            ("1", "2025-11-03T23:00:00Z", "2026-01-01", Some(false), Some(true)),
            ("1", "0001-01-01T00:00:00", "9999-12-31T00:00:00", Some(true), Some(true)),
            ("1", "2025-01-01", "0001-01-01T00:00:00", Some(true), Some(true)),
        ] {
            let json = format!(
                r#"{{"id":31,"companyID":412,"contractName":" Care ","contractType":7,"status":{status},"startDate":"{start}","endDate":"{end}"}}"#
            );
            let row: Row<'_> = serde_json::from_str(&json).unwrap();
            let contract = row.contract(&types, "2025-11-03", None);
            assert_eq!(contract.active.value().copied(), active, "{json}");
            assert_eq!(contract.cancelled.value().map(|yes| !yes), cancelled, "{json}");
            assert_eq!(contract.takes_usage, Nullable::Value(true), "{json}");
            assert_eq!((contract.name.as_str(), contract.parent.as_deref()), ("Care", Some("412")));
            assert_eq!(contract.type_, Nullable::Absent, "a number is no type");
        }
    }
}
