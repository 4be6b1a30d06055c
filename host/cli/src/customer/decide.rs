//! Decisions on customers: mapping, accepting and switching them; and reading them again.

use super::list::rows;
use super::which::WhichArgs;
use crate::confirm::confirmed;
use crate::exit::{CliError, Exit};
use crate::output::{clean, count, table};
use crate::progress::Bars;
use crate::session::Session;
use crate::shapes;
use crosswalk_engine::{CustomerFilter, CustomerView, Decision, Refreshed, Switched, Tenant};
use crosswalk_model::{Link, Switch, SyncName};
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
    /// The account it is, by its id or its whole name; `none` forgets what was decided
    #[arg(long, value_name = "ACCOUNT|none")]
    to: Option<String>,
    /// The contract its usage goes to, by its id; `none` forgets what was decided
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
        session.output.answer(
            || views.first().map_or(Value::Null, shapes::customer),
            || {
                let mut text = format!("{}\n", rows(&views));
                let billing = views.first().is_some_and(|view| view.usage && view.account.is_some());
                if billing && views.iter().all(|view| view.contract.is_none()) {
                    text.push_str(&format!("\nnext: crosswalk customer contracts {sync} {customer}"));
                } else {
                    text.push_str(&format!("\nnext: crosswalk plan {sync}"));
                }
                text
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
    let tenant = session.tenant().await?;
    let mut accepted = tenant.customer_acceptable(sync, account, contract).await?;
    let links: Vec<&Link> = accepted.accounts.iter().chain(&accepted.contracts).collect();
    if !links.is_empty() && !yes {
        let shown = table(
            ["customer", "is", "why"],
            links.iter().map(|link| {
                let is = format!("{} {}", link.target_kind, link.target.as_deref().unwrap_or_default());
                [link.source.clone(), is, link.reason.clone()]
            }),
        );
        // Shown even with --quiet, because the question refers to it.
        session.output.tell(&format!("{shown}\n"));
        let question = format!(
            "Link {} and {}?",
            count(accepted.accounts.len() as u64, "account"),
            count(accepted.contracts.len() as u64, "contract")
        );
        let go_ahead = format!("crosswalk customer accept {sync} --score {account} --contract-score {contract} --yes");
        if !confirmed(session, question, &go_ahead).await? {
            return Ok(Exit::Done);
        }
    }
    if !links.is_empty() {
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
                "customers": views.iter().map(shapes::customer).collect::<Vec<_>>(),
            })
        },
        || {
            if views.is_empty() {
                return format!("nothing is proposed with {account} or more, nor a contract with {contract}; `crosswalk customer list {sync} --state proposed` shows what is");
            }
            format!(
                "{} linked to an account, {} to a contract\n\n{}\n\nnext: crosswalk plan {sync}; back: crosswalk link take-back {sync} {}",
                count(accepted.accounts.len() as u64, "customer"),
                accepted.contracts.len(),
                rows(&views),
                accepted.decision
            )
        },
    )?;
    Ok(Exit::Done)
}

pub(super) async fn edit(
    session: &Session<'_>,
    sync: &SyncName,
    which: &WhichArgs,
    usage: Option<bool>,
    tickets: Option<bool>,
) -> anyhow::Result<Exit> {
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
            let parts = turned.iter().zip(&wanted).map(|((switch, changed), (_, on))| {
                let word = if *on { "on" } else { "off" };
                let rest = customers.len() - changed;
                let rest = match rest {
                    0 => String::new(),
                    1 => " (1 already was)".to_owned(),
                    _ => format!(" ({rest} already were)"),
                };
                format!("{} switched {word} for {}{rest}\n", switch.as_str(), count(*changed as u64, "customer"))
            });
            let back = match decision.is_empty() {
                true => String::new(),
                false => format!("back: crosswalk link take-back {sync} {decision}\n"),
            };
            parts.collect::<String>() + &back
        },
    )?;
    Ok(Exit::Done)
}

/// Returns the ids of the selected customers, at least one.
async fn selected_ids(tenant: &Tenant, sync: &SyncName, which: &WhichArgs) -> anyhow::Result<Vec<String>> {
    let customers: Vec<String> = which.customers(tenant, sync).await?.into_iter().map(|view| view.id).collect();
    if customers.is_empty() {
        return Err(CliError::usage(
            "no customer matches the filter",
            format!("`crosswalk customer list {sync}` lists them"),
        ));
    }
    Ok(customers)
}

pub(super) async fn refresh(session: &Session<'_>, sync: &SyncName, which: &WhichArgs) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let customers = selected_ids(&tenant, sync, which).await?;
    let refreshed = tenant.customer_refresh(sync, &customers, &Bars::new(session.output)).await?;
    session.output.answer(
        || json!(refreshed),
        || {
            let mut text = String::new();
            let renamed = refreshed.iter().filter(|one| one.was.is_some() || one.account_was.is_some()).count();
            refreshed.iter().for_each(|one| text.push_str(&renames(one)));
            let gone = refreshed.iter().filter(|one| one.name.is_none()).count();
            text.push_str(&format!("{} read again, {renamed} renamed", count(refreshed.len() as u64, "customer")));
            if gone > 0 {
                text.push_str(&format!(", {gone} gone from the source"));
            }
            text
        },
    )?;
    Ok(Exit::Done)
}

fn renames(one: &Refreshed) -> String {
    let mut text = String::new();
    for (what, was, now) in [("customer", &one.was, &one.name), ("account of", &one.account_was, &one.account)] {
        if let (Some(was), Some(now)) = (was, now) {
            text.push_str(&format!("{what} {}: was {}, is now {}\n", clean(&one.id), clean(was), clean(now)));
        }
    }
    if one.name.is_none() {
        text.push_str(&format!("customer {}: gone from the source\n", clean(&one.id)));
    }
    text
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
