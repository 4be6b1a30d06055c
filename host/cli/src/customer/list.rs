//! Customers as a table, with counts above and remedies for failures below; and the accounts and
//! contracts that can be chosen for one.

use crate::exit::Exit;
use crate::link::{plan_call, score_arg};
use crate::output::{clean, or_dash, table, word, yes_or_dash};
use crate::session::Session;
use crate::shapes;
use crosswalk_engine::{CustomerCounts, CustomerFilter, CustomerState, CustomerView};
use crosswalk_model::said::Arg;
use crosswalk_model::{Said, SyncName, said};
use crosswalk_say::Lang;
use serde_json::json;
use std::collections::BTreeMap;

pub(super) async fn list(session: &Session<'_>, sync: &SyncName, filter: &CustomerFilter) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let list = session.tenant().await?.customer_list(sync, filter).await?;
    session.output.answer(
        || {
            let customers: Vec<_> = list.customers.iter().map(|view| shapes::customer(view, lang)).collect();
            json!({ "counts": list.counts, "customers": customers })
        },
        || {
            if list.counts.all == 0 {
                return lang.say(said!("desk-cli-no-customer-yet", plan = plan_call(sync)));
            }
            let mut text = format!("{}\n", lang.say(counts(&list.counts)));
            let count = list.customers.len();
            if count > 0 {
                text.push_str(&format!("\n{}\n", rows(&list.customers, lang)));
                if count < list.counts.all {
                    text.push_str(&format!("\n{}\n", lang.say(said!("desk-cli-customers-shown", count))));
                }
            }
            text.push_str(&remedies(&list.customers, lang));
            text
        },
    )?;
    Ok(Exit::Done)
}

/// `40 customers: 31 mapped, 3 proposed; 2 held`.
fn counts(counts: &CustomerCounts) -> Said {
    let states = [
        (counts.mapped, CustomerState::Mapped),
        (counts.proposed, CustomerState::Proposed),
        (counts.conflict, CustomerState::Conflict),
        (counts.unmapped, CustomerState::Unmapped),
        (counts.excluded, CustomerState::Excluded),
    ];
    let states = states.into_iter().filter(|(count, _)| *count > 0);
    let states = states.map(|(count, state)| said!("desk-cli-customers-in-state", count, state = state.as_str()));
    let (count, states, held) = (counts.all, Arg::list(states), counts.held);
    match held {
        0 => said!("desk-cli-customer-counts", count, states),
        _ => said!("desk-cli-customer-counts-held", count, states, held),
    }
}

/// Makes one row per customer.
pub(super) fn rows(customers: &[CustomerView], lang: Lang) -> String {
    let switch = |on: bool| word(lang, if on { "on" } else { "off" });
    let rows = customers.iter().map(|view| {
        [
            view.id.clone(),
            view.name.clone(),
            word(lang, view.state.as_str()),
            mapping_cell(view, Part::Account, lang),
            mapping_cell(view, Part::Contract, lang),
            switch(view.usage),
            switch(view.tickets),
            or_dash(view.outcome.as_ref().map(|outcome| word(lang, outcome.ending.as_str()))),
            or_dash(Some(lang.say(sentence(view)))),
        ]
    });
    table(
        lang,
        ["id", "customer", "state", "account", "contract", "usage", "tickets", "last", "outcome-or-reason"],
        rows,
    )
}

#[derive(PartialEq, Eq)]
enum Part {
    Account,
    Contract,
}

/// The account or contract it is mapped to; a proposal has a question mark.
fn mapping_cell(view: &CustomerView, part: Part, lang: Lang) -> String {
    let own = if part == Part::Account { &view.account } else { &view.contract };
    if let Some((id, name)) = own {
        return format!("{name} ({id})");
    }
    // Candidates are accounts until one is decided, then contracts.
    let open = if view.account.is_none() { Part::Account } else { Part::Contract };
    match view.candidates.as_slice() {
        [best, rest @ ..] if part == open => {
            let best = format!("{}? ({})", best.name, best.target);
            match rest.len() {
                0 => best,
                more => lang.say(said!("desk-cli-or-more", best, more)),
            }
        }
        _ => "-".to_owned(),
    }
}

/// The outcome of the last run; for an unmapped customer, the reason.
fn sentence(view: &CustomerView) -> Said {
    if view.state == CustomerState::Mapped {
        let outcome = view.outcome.as_ref();
        return outcome
            .map(|outcome| said!("desk-cli-outcome", at = outcome.at, message = &outcome.message))
            .unwrap_or_default();
    }
    let scored =
        |one: &crosswalk_model::Candidate| said!("desk-cli-scored", score = score_arg(one.score), why = &one.reason);
    let found = Said::several(view.candidates.iter().take(3).map(scored));
    match (view.reason.is_empty(), found.is_empty()) {
        (_, true) => view.reason.clone(),
        (true, false) => found,
        (false, false) => said!("desk-cli-reason-found", reason = &view.reason, found),
    }
}

/// Remedies for failures, with equal texts merged.
fn remedies(customers: &[CustomerView], lang: Lang) -> String {
    let mut alike: BTreeMap<(&str, &str), (u64, &str)> = BTreeMap::new();
    for view in customers {
        let trouble = view.outcome.as_ref().and_then(|outcome| outcome.trouble.as_ref());
        if let (Some((connection, failure)), Some(remedy)) = (trouble, &view.remedy) {
            alike.entry((connection, failure)).or_insert((0, remedy)).0 += 1;
        }
    }
    let parts = |((connection, failure), (count, remedy)): (&(&str, &str), &(u64, &str))| {
        let remedy = said!(
            "desk-cli-remedy",
            connection = *connection,
            failure = *failure,
            count = *count,
            remedy = clean(remedy)
        );
        let in_full = said!("desk-cli-in-full", command = format!("crosswalk connection help {connection} {failure}"));
        format!("\n{}\n  {}\n", lang.say(remedy), lang.say(in_full))
    };
    alike.iter().map(parts).collect()
}

/// The result of a search for an `account` or a `service`: ids and names.
pub(crate) fn search_results(
    session: &Session<'_>,
    what: &str,
    text: &str,
    found: &[(String, String)],
) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    session.output.answer(
        || found.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect(),
        || {
            if found.is_empty() {
                return lang.say(said!("desk-cli-none-called", what, text));
            }
            table(lang, ["id", what], found.iter().map(|(id, name)| [id.clone(), name.clone()]))
        },
    )?;
    Ok(Exit::Done)
}

pub(super) async fn contracts(session: &Session<'_>, sync: &SyncName, customer: &str) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let tenant = session.tenant().await?;
    let customer = tenant.customers_named(sync, &[customer.to_owned()]).await?.concat();
    let contracts = tenant.contract_list(sync, &customer).await?;
    session.output.answer(
        || contracts.iter().map(|one| shapes::contract(one, lang)).collect(),
        || {
            if contracts.is_empty() {
                return lang.say(said!("desk-cli-no-contract"));
            }
            let rows = contracts.iter().map(|one| {
                [
                    one.id.clone(),
                    one.name.clone(),
                    or_dash(one.type_.as_deref()),
                    lang.say(&one.term),
                    yes_or_dash(lang, one.eligible),
                    yes_or_dash(lang, one.chosen),
                ]
            });
            table(lang, ["contract", "name", "type", "term", "takes-usage", "chosen"], rows)
        },
    )?;
    Ok(Exit::Done)
}
