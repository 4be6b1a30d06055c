//! Customers as a table, with counts above and remedies for failures below; and the accounts and
//! contracts that can be chosen for one.

use crate::exit::Exit;
use crate::output::{clean, count, or_dash, table, yes_or_dash};
use crate::session::Session;
use crate::shapes;
use crosswalk_engine::{CustomerCounts, CustomerFilter, CustomerState, CustomerView};
use crosswalk_model::SyncName;
use crosswalk_model::usage::LastOutcome;
use serde_json::json;
use std::collections::BTreeMap;

pub(super) async fn list(session: &Session<'_>, sync: &SyncName, filter: &CustomerFilter) -> anyhow::Result<Exit> {
    let list = session.tenant().await?.customer_list(sync, filter).await?;
    session.output.answer(
        || {
            let customers: Vec<_> = list.customers.iter().map(shapes::customer).collect();
            json!({ "counts": list.counts, "customers": customers })
        },
        || {
            if list.counts.all == 0 {
                return format!("no customer is known yet; `crosswalk plan {sync}` reads both sides");
            }
            let mut text = format!("{}\n", counts(&list.counts));
            if !list.customers.is_empty() {
                text.push_str(&format!("\n{}\n", rows(&list.customers)));
                if list.customers.len() < list.counts.all {
                    text.push_str(&format!("\n{} listed\n", count(list.customers.len() as u64, "customer")));
                }
            }
            text.push_str(&remedies(&list.customers));
            text
        },
    )?;
    Ok(Exit::Done)
}

/// `40 customers: 31 mapped, 3 proposed; 2 held`.
fn counts(counts: &CustomerCounts) -> String {
    let states = [
        (counts.mapped, "mapped"),
        (counts.proposed, "proposed"),
        (counts.conflict, "conflict"),
        (counts.unmapped, "unmapped"),
        (counts.excluded, "excluded"),
    ];
    let states: Vec<String> =
        states.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    let held = if counts.held > 0 { format!("; {} held", counts.held) } else { String::new() };
    format!("{}: {}{held}", count(counts.all as u64, "customer"), states.join(", "))
}

/// Makes one row per customer.
pub(super) fn rows(customers: &[CustomerView]) -> String {
    let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
    let rows = customers.iter().map(|view| {
        [
            view.id.clone(),
            view.name.clone(),
            view.state.as_str().to_owned(),
            mapping_cell(view, Part::Account),
            mapping_cell(view, Part::Contract),
            switch(view.usage),
            switch(view.tickets),
            or_dash(view.outcome.as_ref().map(|outcome| outcome.ending.as_str())),
            sentence(view),
        ]
    });
    table(
        ["id", "customer", "state", "account", "contract", "usage", "tickets", "last", "how it went, or stands"],
        rows,
    )
}

#[derive(PartialEq, Eq)]
enum Part {
    Account,
    Contract,
}

/// The account or contract it is mapped to; a proposal has a question mark.
fn mapping_cell(view: &CustomerView, part: Part) -> String {
    let own = if part == Part::Account { &view.account } else { &view.contract };
    if let Some((id, name)) = own {
        return format!("{name} ({id})");
    }
    // Candidates are accounts until one is decided, then contracts.
    let open = if view.account.is_none() { Part::Account } else { Part::Contract };
    match view.candidates.as_slice() {
        [best, rest @ ..] if part == open => {
            let more = if rest.is_empty() { String::new() } else { format!(" or {} more", rest.len()) };
            format!("{}? ({}){more}", best.name, best.target)
        }
        _ => "-".to_owned(),
    }
}

/// The outcome of the last run; for an unmapped customer, the reason.
fn sentence(view: &CustomerView) -> String {
    if view.state == CustomerState::Mapped {
        return or_dash(view.outcome.as_ref().map(|LastOutcome { at, message, .. }| format!("{at}: {message}")));
    }
    let scores = view.candidates.iter().take(3).map(|one| format!("{:.2} {}", one.score, one.reason));
    let found = scores.collect::<Vec<_>>().join("; ");
    [view.reason.as_str(), &found].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

/// Remedies for failures, with equal texts merged.
fn remedies(customers: &[CustomerView]) -> String {
    let mut alike: BTreeMap<(&str, &str), (u64, &str)> = BTreeMap::new();
    for view in customers {
        let trouble = view.outcome.as_ref().and_then(|outcome| outcome.trouble.as_ref());
        if let (Some((connection, failure)), Some(remedy)) = (trouble, &view.remedy) {
            alike.entry((connection, failure)).or_insert((0, remedy)).0 += 1;
        }
    }
    let parts = |((connection, failure), (number, remedy)): (&(&str, &str), &(u64, &str))| {
        format!(
            "\n{connection}, {failure} ({}): {}\n  in full: crosswalk connection help {connection} {failure}\n",
            count(*number, "customer"),
            clean(remedy)
        )
    };
    alike.iter().map(parts).collect()
}

/// The result of a search: ids and names.
pub(crate) fn search_results(
    session: &Session<'_>,
    what: &str,
    text: &str,
    found: &[(String, String)],
) -> anyhow::Result<Exit> {
    session.output.answer(
        || found.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect(),
        || {
            if found.is_empty() {
                return format!("no {what} has `{text}` in its name, as of the last read");
            }
            table(["id", what], found.iter().map(|(id, name)| [id.clone(), name.clone()]))
        },
    )?;
    Ok(Exit::Done)
}

pub(super) async fn contracts(session: &Session<'_>, sync: &SyncName, customer: &str) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let customer = tenant.customers_named(sync, &[customer.to_owned()]).await?.concat();
    let contracts = tenant.contract_list(sync, &customer).await?;
    session.output.answer(
        || contracts.iter().map(shapes::contract).collect(),
        || {
            if contracts.is_empty() {
                return "its account has no contract, as of the last read".to_owned();
            }
            let rows = contracts.iter().map(|one| {
                [
                    one.id.clone(),
                    one.name.clone(),
                    or_dash(one.type_.as_deref()),
                    one.term.clone(),
                    yes_or_dash(one.eligible),
                    yes_or_dash(one.chosen),
                ]
            });
            table(["contract", "name", "type", "term", "takes usage", "chosen"], rows)
        },
    )?;
    Ok(Exit::Done)
}
