//! Approving: the lines that are meant are planned, shown with what they come to in units, and
//! after a yes applied with every brake let go that a person can let go.

use super::list::effect;
use super::which::WhichArgs;
use crate::cli::apply::{confirmed, words};
use crate::cli::exit::Exit;
use crate::cli::output::{clean, count, table};
use crate::cli::parse::day;
use crate::cli::plan::{Held, changes, document, quantity};
use crate::cli::progress::Bars;
use crate::cli::session::Session;
use crate::cli::shapes;
use crate::engine::brakes::can_release;
use crate::engine::plan::usage::{QUANTITY, integer};
use crate::engine::{ApplyOptions, ChangeFilter, ChangeView, PlanReport, UsageChoice, UsageLine, UsageState};
use crate::model::{LineKey, SyncName};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Which lines, and from which day on.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ApproveArgs {
    /// The sync
    sync: SyncName,
    #[command(flatten)]
    which: WhichArgs,
    /// With --all: what a brake holds, too
    #[arg(long)]
    held: bool,
    /// From which day on [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    effective: Option<Date>,
    /// Do not ask whether to go ahead
    #[arg(short, long)]
    yes: bool,
}

impl ApproveArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let held = self.held || self.which.are_named();
        let states = [UsageState::Waiting, UsageState::Held];
        let lines = self.which.lines(&tenant, &self.sync, &states[..1 + usize::from(held)]).await?;
        // A day that cannot be is only worth another try when another day is asked for.
        let hopeless =
            |line: &UsageLine| self.effective.is_none() && line.brake.as_ref().is_some_and(|brake| !can_release(brake));
        let (not_possible, lines): (Vec<_>, Vec<_>) = lines.into_iter().partition(hopeless);
        for line in &not_possible {
            session.output.talk(&format!(
                "not possible: {}, {}: {}",
                clean(&line.customer_name),
                clean(&line.product_name),
                clean(&line.reason)
            ));
        }
        if lines.is_empty() {
            session.output.answer(
                || json!({ "plan": null, "not_possible": not_possible }),
                || format!("nothing to approve; `crosswalk usage list {}` shows all lines", self.sync),
            )?;
            return Ok(if not_possible.is_empty() { Exit::Done } else { Exit::Held });
        }
        let choices: Vec<UsageChoice> = lines
            .into_iter()
            .map(|line| UsageChoice {
                line: LineKey::new(line.customer, line.product),
                quantity: None,
                effective: self.effective,
            })
            .collect();
        carry_out(session, &self.sync, &choices, self.yes).await
    }
}

/// Plans single lines, shows what comes of it, asks, and applies it.
pub(super) async fn carry_out(
    session: &Session<'_>,
    sync: &SyncName,
    choices: &[UsageChoice],
    yes: bool,
) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let report = tenant.usage_plan(sync, choices, &Bars::new(session.output)).await?;
    let id = report.plan.id;
    let views = changes(&tenant, id, &ChangeFilter::default(), usize::MAX).await?;
    let (held, free): (Vec<&ChangeView>, Vec<&ChangeView>) =
        views.iter().partition(|view| view.change.held.as_ref().is_some_and(|hold| !can_release(&hold.brake)));
    let customers: Vec<String> = views.iter().map(|view| view.change.customer.clone()).collect();
    let names = tenant.customer_names(sync, &customers).await?;
    let shown = shown(&report, &held, &free, &names);
    let empty = Held::default();
    if free.is_empty() {
        session.output.answer(|| json!({ "plan": document(sync, &report, &empty), "applied": null }), || shown)?;
        return Ok(if held.is_empty() { Exit::Done } else { Exit::Held });
    }
    if !yes {
        session.output.tell(&shown);
        let go_ahead = format!("crosswalk apply {id} --release all --yes");
        let question = format!("Write {} to {}?", count(free.len() as u64, "line"), tenant.sync(sync).await?.target);
        if !confirmed(session, question, &go_ahead).await? {
            session.output.talk("nothing was written");
            return Ok(Exit::Pending);
        }
    }
    let options = ApplyOptions { release: vec!["all".to_owned()], ..ApplyOptions::default() };
    let applied = tenant.apply(id, &options, &Bars::new(session.output)).await?;
    session.output.answer(
        || {
            json!({
                "plan": document(sync, &report, &empty),
                "changes": views.iter().map(shapes::change).collect::<Vec<Value>>(),
                "applied": shapes::applied(&applied),
            })
        },
        || if yes { format!("{shown}\n{}", words(&applied)) } else { words(&applied) },
    )?;
    Ok(Exit::of_run(&applied.run))
}

/// What would be done, and what cannot be.
fn shown(report: &PlanReport, held: &[&ChangeView], free: &[&ChangeView], names: &HashMap<String, String>) -> String {
    let row = |view: &&ChangeView| {
        let change = &view.change;
        let why = change.held.as_ref().map_or(&change.reason, |hold| &hold.reason);
        let customer = names.get(&change.customer).unwrap_or(&change.customer);
        [customer.clone(), change.name.clone(), quantity(change), why.clone()]
    };
    let mut text = String::new();
    if !free.is_empty() {
        let moves = free.iter().map(|view| units(view));
        text.push_str(&format!("{}\n\n", table(["customer", "service", "quantity", "why"], free.iter().map(row))));
        text.push_str(&format!("plan {}: {}, {}\n", report.plan.id, count(free.len() as u64, "line"), effect(moves)));
    }
    if !held.is_empty() {
        text.push_str(&format!(
            "{}Not possible:\n{}\n",
            if text.is_empty() { "" } else { "\n" },
            table(["customer", "service", "quantity", "why"], held.iter().map(row))
        ));
    }
    for finding in &report.findings {
        text.push_str(&format!("left as it is: {}: {}\n", clean(&finding.source), clean(&finding.message)));
    }
    if text.is_empty() { "nothing to do: these lines are in step".to_owned() } else { text }
}

/// By how much a change moves a quantity.
fn units(view: &ChangeView) -> i64 {
    let number = |value: &crate::model::Value| integer(Some(value)).unwrap_or_default();
    let diff = view.change.fields.iter().find(|diff| diff.name == QUANTITY);
    diff.map_or(0, |diff| number(&diff.after) - diff.before.as_ref().map_or(0, number))
}
