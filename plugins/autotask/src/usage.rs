//! Usage: the services on contracts, one line each. A line has a price but no quantity; that is in `units`, period by
//! period, and is changed by adjustments (`write`).
//!
//! A line is called as its service is. Its parent is the contract, its quantity what stands after the last change that
//! was agreed so far.

mod units;
mod write;

pub(crate) use write::write;

use crate::client::Client;
use crate::products;
use crate::query::{Condition, Operand, Query, number};
use crosswalk_sdk::json::{Int, Str};
use crosswalk_sdk::{Failure, Nullable, Page, Reference, Selection, Time, Usage};
use serde::Deserialize;

const LINES: &str = "ContractServices";
const INCLUDE: &[&str] = &["id", "contractID", "serviceID", "unitPrice"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    id: Int,
    #[serde(rename = "contractID")]
    contract_id: Int,
    #[serde(rename = "serviceID")]
    service_id: Int,
    #[serde(borrow, default)]
    unit_price: Nullable<Str<'a>>,
}

/// A day as the contract writes it.
fn midnight(day: &str) -> String {
    format!("{day}T00:00:00Z")
}

/// The conditions of a selection; none where nothing can answer it.
fn filter(client: &Client<'_>, selection: &Selection) -> Result<Option<Vec<Condition<'static>>>, Failure> {
    let of = |contract: &str| Ok::<_, Failure>(Condition::new("eq", "contractID", Operand::Int(number(contract)?)));
    Ok(Some(match selection {
        Selection::Everything => vec![Condition::everything()],
        Selection::Ids(ids) => vec![Condition::ids(ids)],
        Selection::OfParent(contract) => vec![of(contract)?],
        Selection::Named(named) => {
            let services = products::named(client, &named.name)?;
            if services.is_empty() {
                return Ok(None);
            }
            let within = named.parent.as_deref().map(of).transpose()?;
            within.into_iter().chain([Condition::among("serviceID", services)]).collect()
        }
        _ => return Err(Failure::Unsupported(format!("{LINES} cannot be asked for in this way"))),
    }))
}

/// Reads lines.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let Some(filter) = filter(client, selection)? else { return Ok(crate::nothing()) };
    let query = Query::new(INCLUDE, filter);
    let reply = client.query(LINES, &query, after)?;
    let found = client.rows::<Line<'_>>(&reply)?;
    let standing = units::standing(client, found.rows.iter().map(|line| (line.id.0, line.contract_id.0)).collect())?;
    let names = products::names(client, found.rows.iter().map(|line| line.service_id.0).collect())?;
    let page = found.page(|line| {
        let standing = standing.get(&line.id.0);
        let invoiced_until = standing.and_then(|standing| standing.invoiced_until.as_ref());
        let service = line.service_id.0;
        let usage = Usage {
            id: line.id.0.to_string(),
            parent: Some(line.contract_id.0.to_string()),
            name: names.get(&service).cloned().unwrap_or_else(|| format!("service {service}")),
            product: Reference(service.to_string()).into(),
            quantity: Nullable::or_absent(standing.map(|standing| standing.units)),
            invoiced_until: Nullable::or_absent(invoiced_until.map(|day| Time(midnight(day)))),
            current: Nullable::or_absent(
                standing.and_then(|standing| standing.now.filter(|now| *now != standing.units)),
            ),
            price: products::price(&line.unit_price),
            ..Usage::default()
        };
        Some(usage.into_item())
    });
    client.with_total(page, LINES, &query, (selection, after))
}
