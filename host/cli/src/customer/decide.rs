//! Decisions on customers: mapping, accepting and switching them; and reading them again.

use super::list::rows;
use super::which::WhichArgs;
use crate::confirm::confirmed;
use crate::exit::{CliError, Exit};
use crate::link::{plan_call, take_back_command};
use crate::output::{clean, table};
use crate::progress::Bars;
use crate::session::Session;
use crate::shapes;
use crosswalk_engine::{Accepted, CustomerFilter, CustomerView, Decision, Refreshed, Switched, Tenant};
use crosswalk_model::said::Arg;
use crosswalk_model::{Call, Link, Switch, SyncName, Verb, said};
use crosswalk_say::{Lang, command};
use serde_json::{Value, json};

/// The account and contract of a customer.
#[derive(Debug, clap::Args)]
pub(crate) struct MapArgs {
    /// The sync
    sync: SyncName,
    /// The customer, by its id or its whole name
    customer: String,
    #[command(flatten)]
    decision: DecisionArgs,
    /// Only while it still has these revisions, account.contract, as `--json` lists them
    #[arg(long, value_name = "A.B", value_parser = revisions)]
    if_revision: Option<(i64, i64)>,
}

/// The decision: at least one of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct DecisionArgs {
    /// The account to map to, by its id or its whole name; `none` forgets the decision
    #[arg(long, value_name = "ACCOUNT|none")]
    to: Option<String>,
    /// The contract its usage goes to, by its id; `none` forgets the decision
    #[arg(long, value_name = "CONTRACT|none")]
    contract: Option<String>,
    /// Leave the customer, and what belongs to it, out of the sync
    #[arg(long, conflicts_with_all = ["to", "contract"])]
    exclude: bool,
}

fn revisions(text: &str) -> Result<(i64, i64), String> {
    let both = text.split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    both.ok_or_else(|| format!("`{text}` is not a pair of revisions: write two whole numbers, such as 2.0"))
}

impl MapArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let sync = &self.sync;
        let customer = tenant.customers_named(sync, &[self.customer]).await?.concat();
        let DecisionArgs { to, contract, exclude } = &self.decision;
        let account = match to.as_deref() {
            _ if *exclude => Some(Decision::Exclude),
            Some("none") => Some(Decision::Forget),
            Some(account) => Some(Decision::Link(tenant.account_named(sync, account).await?)),
            None => None,
        };
        let contract = match contract.as_deref() {
            Some("none") => Some(Decision::Forget),
            Some(contract) => Some(Decision::Link(contract.to_owned())),
            None => None,
        };
        tenant.customer_map(sync, &customer, account.as_ref(), contract.as_ref(), self.if_revision).await?;
        let views = views(&tenant, sync, vec![customer.clone()]).await?;
        let lang = session.output.lang();
        session.output.answer(
            || views.first().map_or(Value::Null, |view| shapes::customer(view, lang)),
            || {
                let billing = views.first().is_some_and(|view| view.usage && view.account.is_some());
                let next = if billing && views.iter().all(|view| view.contract.is_none()) {
                    Call::of(Verb::CustomerContracts).with("sync", sync).with("customer", &customer)
                } else {
                    plan_call(sync)
                };
                let next = said!("desk-cli-next", next = command(&next));
                format!("{}\n\n{}", rows(&views, lang), lang.say(next))
            },
        )?;
        Ok(Exit::Done)
    }
}

async fn views(tenant: &Tenant, sync: &SyncName, ids: Vec<String>) -> anyhow::Result<Vec<CustomerView>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let filter = CustomerFilter { ids, ..CustomerFilter::default() };
    Ok(tenant.customer_list(sync, &filter).await?.customers)
}

pub(super) async fn accept(
    session: &Session<'_>,
    sync: &SyncName,
    (account, contract): (f64, f64),
    yes: bool,
) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let tenant = session.tenant().await?;
    let mut accepted = tenant.customer_acceptable(sync, account, contract).await?;
    if !(accepted.accounts.is_empty() && accepted.contracts.is_empty()) {
        if !yes {
            // Shown even with --quiet, because the question refers to it.
            session.output.tell(&format!("{}\n", proposals(&accepted, lang)));
            let (accounts, contracts) = (accepted.accounts.len(), accepted.contracts.len());
            let question = lang.say(said!("desk-cli-accept-question", accounts, contracts));
            let go_ahead =
                format!("crosswalk customer accept {sync} --score {account} --contract-score {contract} --yes");
            if !confirmed(session, question, &go_ahead).await? {
                return Ok(Exit::Done);
            }
        }
        accepted = tenant.customer_accept_these(sync, account.min(contract), accepted).await?;
    }
    let ids = |links: &[Link]| links.iter().map(|link| link.source.clone()).collect::<Vec<_>>();
    let both = accepted.accounts.iter().chain(&accepted.contracts).map(|link| link.source.clone()).collect();
    let views = views(&tenant, sync, both).await?;
    session.output.answer(
        || {
            json!({
                "decision": accepted.decision,
                "accounts": ids(&accepted.accounts),
                "contracts": ids(&accepted.contracts),
                "customers": views.iter().map(|view| shapes::customer(view, lang)).collect::<Vec<_>>(),
            })
        },
        || {
            if views.is_empty() {
                let (account, contract) = (Arg::decimal(account), Arg::decimal(contract));
                let list = Call::of(Verb::CustomerList).with("sync", sync).with("state", "proposed");
                return lang.say(said!("desk-cli-accept-nothing", account, contract, list));
            }
            let (accounts, contracts) = (accepted.accounts.len(), accepted.contracts.len());
            let done = said!("desk-cli-accepted", accounts, contracts);
            let next = command(&plan_call(sync));
            let next = said!("desk-cli-next-back", next, back = take_back_command(sync, &accepted.decision));
            format!("{}\n\n{}\n\n{}", lang.say(done), rows(&views, lang), lang.say(next))
        },
    )?;
    Ok(Exit::Done)
}

/// The proposals that would be accepted, as a table.
fn proposals(accepted: &Accepted, lang: Lang) -> String {
    let rows = accepted.accounts.iter().chain(&accepted.contracts).map(|link| {
        let id = link.target.as_deref().unwrap_or_default();
        let target = said!("desk-cli-record", kind = link.target_kind, id);
        [link.source.clone(), lang.say(target), lang.say(&link.reason)]
    });
    table(lang, ["customer", "link-to", "why"], rows)
}

pub(super) async fn edit(
    session: &Session<'_>,
    sync: &SyncName,
    which: &WhichArgs,
    usage: Option<bool>,
    tickets: Option<bool>,
) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let tenant = session.tenant().await?;
    let customers = selected_ids(&tenant, sync, which).await?;
    let wanted = [(Switch::Usage, usage), (Switch::Tickets, tickets)];
    let wanted: Vec<(Switch, bool)> = wanted.into_iter().filter_map(|(switch, on)| Some((switch, on?))).collect();
    let Switched { decision, turned } = tenant.customer_switch(sync, &customers, &wanted).await?;
    session.output.answer(
        || {
            let changed: serde_json::Map<String, Value> =
                turned.iter().map(|(switch, changed)| (switch.as_str().to_owned(), json!(changed))).collect();
            json!({ "customers": customers.len(), "switched": changed, "decision": decision })
        },
        || {
            let parts = turned.iter().zip(&wanted).map(|((switch, count), (_, on))| {
                let (switch, on) = (switch.as_str(), if *on { "on" } else { "off" });
                lang.say(match customers.len() - count {
                    0 => said!("desk-cli-switched", switch, on, count = *count),
                    rest => said!("desk-cli-switched-some", switch, on, count = *count, rest),
                })
            });
            let back = (!decision.is_empty())
                .then(|| lang.say(said!("desk-cli-back", back = take_back_command(sync, &decision))));
            parts.chain(back).collect::<Vec<_>>().join("\n")
        },
    )?;
    Ok(Exit::Done)
}

/// Returns the ids of the selected customers, at least one.
async fn selected_ids(tenant: &Tenant, sync: &SyncName, which: &WhichArgs) -> anyhow::Result<Vec<String>> {
    let customers: Vec<String> = which.customers(tenant, sync).await?.into_iter().map(|view| view.id).collect();
    if customers.is_empty() {
        let list = Call::of(Verb::CustomerList).with("sync", sync);
        return Err(CliError::usage(said!("desk-cli-no-customer-matches"), said!("desk-cli-customers-listed", list)));
    }
    Ok(customers)
}

pub(super) async fn refresh(session: &Session<'_>, sync: &SyncName, which: &WhichArgs) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let customers = selected_ids(&tenant, sync, which).await?;
    let refreshed = tenant.customer_refresh(sync, &customers, &Bars::new(session.output)).await?;
    let lang = session.output.lang();
    session.output.answer(
        || json!(refreshed),
        || {
            let mut lines: Vec<String> = refreshed.iter().flat_map(|one| renames(one, lang)).collect();
            let count = refreshed.len();
            let renamed = refreshed.iter().filter(|one| one.was.is_some() || one.account_was.is_some()).count();
            lines.push(lang.say(match refreshed.iter().filter(|one| one.name.is_none()).count() {
                0 => said!("desk-cli-refreshed", count, renamed),
                gone => said!("desk-cli-refreshed-gone", count, renamed, gone),
            }));
            lines.join("\n")
        },
    )?;
    Ok(Exit::Done)
}

/// What reading a customer again found, as lines.
fn renames(one: &Refreshed, lang: Lang) -> Vec<String> {
    let id = clean(&one.id);
    let mut lines = Vec::new();
    if let (Some(was), Some(now)) = (&one.was, &one.name) {
        lines.push(said!("desk-cli-customer-renamed", id = &id, was = clean(was), now = clean(now)));
    }
    if let (Some(was), Some(now)) = (&one.account_was, &one.account) {
        lines.push(said!("desk-cli-account-renamed", id = &id, was = clean(was), now = clean(now)));
    }
    if one.name.is_none() {
        lines.push(said!("desk-cli-customer-gone", id));
    }
    lines.into_iter().map(|line| lang.say(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::revisions;

    #[test]
    fn revisions_are_a_pair_of_whole_numbers() {
        assert_eq!(revisions("3.0"), Ok((3, 0)));
        for bad in ["", "3", "3.", ".1", "a.b", "1.2.3"] {
            assert!(revisions(bad).is_err(), "{bad}");
        }
    }
}
