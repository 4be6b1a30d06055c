//! Approval of lines: plans the selected lines, shows the change in units, and applies it after
//! confirmation, releasing the brakes that were agreed to (`consent`).

use super::consent::{Consent, Seen, line_brakes};
use super::list::describe_moves;
use super::which::WhichArgs;
use crate::applied::summary;
use crate::confirm::confirmed;
use crate::exit::Exit;
use crate::output::{clean, table};
use crate::parse::day;
use crate::plan::{self, Held, changes, quantity};
use crate::progress::Bars;
use crate::session::Session;
use crate::shapes;
use crosswalk_engine::rules::plan::line::{QUANTITY, integer};
use crosswalk_engine::{
    ApplyOptions, ChangeFilter, ChangeView, PlanReport, Release, UsageChoice, UsageLine, UsageState,
};
use crosswalk_model::{Brake, Call, Hold, LineKey, PlannedChange, Said, SyncName, Verb, said};
use crosswalk_say::{Lang, command};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The lines to approve, and the first day of the change.
#[derive(Debug, clap::Args)]
pub(crate) struct ApproveArgs {
    /// The sync
    sync: SyncName,
    #[command(flatten)]
    which: WhichArgs,
    /// With --all: also approve what a brake holds, except for brakes that need --release
    #[arg(long)]
    held: bool,
    #[command(flatten)]
    release: ReleaseArgs,
    /// The first day of the change [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    effective: Option<Date>,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

/// Brakes released by name.
#[derive(Debug, clap::Args)]
pub(crate) struct ReleaseArgs {
    /// Release what this brake holds; repeat for several. Needed for edited, moved, zero, takeover and parts
    #[arg(long, value_name = "BRAKE", value_parser = line_brakes())]
    pub(super) release: Vec<Brake>,
}

impl ApproveArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let ordinary = self.held || self.which.are_named();
        let held = ordinary || !self.release.release.is_empty();
        let states = [UsageState::Waiting, UsageState::Held];
        let lines = self.which.lines(&tenant, &self.sync, &states[..1 + usize::from(held)]).await?;
        // An impossible day is retried only if another day is requested.
        let hopeless =
            |line: &UsageLine| self.effective.is_none() && line.brakes.iter().any(|hold| !hold.brake.can_release());
        let (not_possible, lines): (Vec<_>, Vec<_>) = lines.into_iter().partition(hopeless);
        let not_possible: Vec<NotPossible> = not_possible.into_iter().map(NotPossible::from).collect();
        if lines.is_empty() {
            let lang = session.output.lang();
            session.output.answer(
                || document(Value::Null, &[], &not_possible, Value::Null, lang),
                || {
                    let list = Call::of(Verb::UsageList).with("sync", &self.sync);
                    let nothing = lang.say(said!("desk-cli-nothing-to-approve", list));
                    format!("{}{nothing}", not_possible_table(&not_possible, lang))
                },
            )?;
            return Ok(if not_possible.is_empty() { Exit::Done } else { Exit::Held });
        }
        let seen = self.yes.then(|| Seen::of(&lines));
        let consent = Consent { ordinary, release: self.release.release, seen };
        let choices: Vec<UsageChoice> = lines
            .into_iter()
            .map(|line| UsageChoice {
                line: LineKey::new(line.customer, line.product),
                quantity: None,
                effective: self.effective,
            })
            .collect();
        carry_out(session, &self.sync, &choices, not_possible, &consent, self.yes).await
    }
}

/// A line that cannot be released as requested, and the reason.
#[derive(Debug)]
pub(super) struct NotPossible {
    customer: String,
    customer_name: String,
    product: String,
    product_name: String,
    brake: Option<String>,
    reason: Said,
}

impl From<UsageLine> for NotPossible {
    fn from(line: UsageLine) -> Self {
        let UsageLine { customer, customer_name, product, product_name, brake, reason, .. } = line;
        Self { customer, customer_name, product, product_name, brake, reason }
    }
}

impl NotPossible {
    /// A change held by a brake that nobody can release.
    fn of(change: &PlannedChange, names: &HashMap<String, String>) -> Option<Self> {
        let hold = change.held.as_ref().filter(|hold| !hold.can_release())?;
        Some(Self::from_change(change, hold.reason.clone(), names))
    }

    fn from_change(change: &PlannedChange, reason: Said, names: &HashMap<String, String>) -> Self {
        let product = change.source.parse().map_or_else(|_| change.source.clone(), |line: LineKey| line.product);
        Self {
            customer: change.customer.clone(),
            customer_name: names.get(&change.customer).unwrap_or(&change.customer).clone(),
            product,
            product_name: change.name.clone(),
            brake: change.held.as_ref().map(Hold::words),
            reason,
        }
    }

    fn document(&self, lang: Lang) -> Value {
        json!({
            "customer": self.customer,
            "customer_name": self.customer_name,
            "product": self.product,
            "product_name": self.product_name,
            "brake": self.brake,
            "reason": shapes::message(&self.reason, lang),
        })
    }
}

/// The document of an approval or adjustment, whatever its result.
fn document(plan: Value, changes: &[ChangeView], not_possible: &[NotPossible], applied: Value, lang: Lang) -> Value {
    let changes: Vec<Value> = changes.iter().map(|view| shapes::change(view, lang)).collect();
    let not_possible: Vec<Value> = not_possible.iter().map(|line| line.document(lang)).collect();
    json!({ "plan": plan, "changes": changes, "not_possible": not_possible, "applied": applied })
}

/// Plans single lines, shows the result, asks, and applies it. Reports the lines in `not_possible`
/// with it.
pub(super) async fn carry_out(
    session: &Session<'_>,
    sync: &SyncName,
    choices: &[UsageChoice],
    mut not_possible: Vec<NotPossible>,
    consent: &Consent,
    yes: bool,
) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let tenant = session.tenant().await?;
    let report = tenant.usage_plan(sync, choices, &Bars::new(session.output)).await?;
    let id = report.plan.id;
    let views = changes(&tenant, id, &ChangeFilter::default(), usize::MAX).await?;
    let customers: Vec<String> = views.iter().map(|view| view.change.customer.clone()).collect();
    let names = tenant.customer_names(sync, &customers).await?;
    let can_go = |view: &&ChangeView| view.change.held.as_ref().is_none_or(Hold::can_release);
    let withheld: Vec<(&PlannedChange, Said)> = consent.withheld(&views);
    let sequences: HashSet<u32> = withheld.iter().map(|(change, _)| change.sequence).collect();
    let is_free = |view: &&ChangeView| can_go(view) && !sequences.contains(&view.change.sequence);
    let free: Vec<&ChangeView> = views.iter().filter(is_free).collect();
    not_possible.extend(views.iter().filter_map(|view| NotPossible::of(&view.change, &names)));
    let held = withheld.into_iter().filter(|(change, _)| change.held.as_ref().is_none_or(Hold::can_release));
    not_possible.extend(held.map(|(change, why)| NotPossible::from_change(change, why, &names)));
    let shown = preview(&report, &not_possible, &free, &names, lang);
    let plan = || plan::document(sync, &report, &Held::default(), lang);
    if free.is_empty() {
        session.output.answer(|| document(plan(), &views, &not_possible, Value::Null, lang), || shown)?;
        return Ok(if not_possible.is_empty() && !is_left(&report, choices) { Exit::Done } else { Exit::Held });
    }
    if !yes {
        session.output.tell(&shown);
        let brakes: BTreeSet<Brake> =
            free.iter().flat_map(|view| view.change.held.iter().flat_map(|hold| hold.brakes.clone())).collect();
        let go_ahead = command(&Call::of(Verb::Apply).with("plan", id).each("release", brakes).flag("yes"));
        let question = lang.say(Size::of(&free).question(tenant.sync(sync).await?.target.as_str()));
        if !confirmed(session, question, &go_ahead).await? {
            session.output.talk(&lang.say(said!("desk-cli-not-written")));
            return Ok(Exit::Pending);
        }
    }
    let options = ApplyOptions { release: Release::All, withheld: sequences, ..ApplyOptions::default() };
    let applied = tenant.apply(id, &options, &Bars::new(session.output)).await?;
    session.output.answer(
        || document(plan(), &views, &not_possible, shapes::applied(&applied, lang), lang),
        || if yes { format!("{shown}\n{}", summary(&applied, lang)) } else { summary(&applied, lang) },
    )?;
    Ok(match Exit::of_run(&applied.run) {
        Exit::Done if !not_possible.is_empty() => Exit::Held,
        exit => exit,
    })
}

/// Whether one of the choices led to a finding instead of a change.
fn is_left(report: &PlanReport, choices: &[UsageChoice]) -> bool {
    let of = |source: &String, line: &LineKey| {
        *source == line.to_string() || *source == line.customer || *source == line.product
    };
    report.findings.iter().any(|found| choices.iter().any(|choice| of(&found.source, &choice.line)))
}

/// The extent of a write: contract lines, and products created for them.
struct Size {
    lines: u64,
    products: u64,
}

impl Size {
    fn of(free: &[&ChangeView]) -> Self {
        let lines = free.iter().filter(|view| view.change.line().is_some()).count() as u64;
        Self { lines, products: free.len() as u64 - lines }
    }

    /// `Write 1 line and 2 new products to psa?`
    fn question(&self, target: &str) -> Said {
        match (self.lines, self.products) {
            (lines, 0) => said!("desk-cli-write-lines", lines, target),
            (0, products) => said!("desk-cli-write-products", products, target),
            (lines, products) => said!("desk-cli-write-both", lines, products, target),
        }
    }

    /// `plan 7: 3 lines, +12 units on 3 lines; 1 product is created`
    fn words(&self, plan: &str, moves: Said) -> Said {
        match (self.lines, self.products) {
            (lines, 0) => said!("desk-cli-plan-size", plan, lines, moves),
            (lines, products) => said!("desk-cli-plan-size-products", plan, lines, moves, products),
        }
    }
}

/// Renders lines that are not possible as a table followed by a blank line; empty if there are
/// none.
fn not_possible_table(not_possible: &[NotPossible], lang: Lang) -> String {
    if not_possible.is_empty() {
        return String::new();
    }
    let rows =
        not_possible.iter().map(|line| [line.customer_name.clone(), line.product_name.clone(), lang.say(&line.reason)]);
    let table = table(lang, ["customer", "service", "why"], rows);
    format!("{}\n{table}\n\n", lang.say(said!("desk-cli-not-possible")))
}

/// Describes the changes, and what is not possible.
fn preview(
    report: &PlanReport,
    not_possible: &[NotPossible],
    free: &[&ChangeView],
    names: &HashMap<String, String>,
    lang: Lang,
) -> String {
    let row = |view: &&ChangeView| {
        let change = &view.change;
        let why = change.held.as_ref().map_or(&change.reason, |hold| &hold.reason);
        let customer = names.get(&change.customer).unwrap_or(&change.customer);
        [customer.clone(), change.name.clone(), quantity(change, lang), lang.say(why)]
    };
    let mut text = not_possible_table(not_possible, lang);
    if !free.is_empty() {
        let moves = free.iter().filter(|view| view.change.line().is_some()).map(|view| units(view));
        let size = Size::of(free).words(&report.plan.id.to_string(), describe_moves(moves));
        let table = table(lang, ["customer", "service", "quantity", "why"], free.iter().map(row));
        text.push_str(&format!("{table}\n\n{}\n", lang.say(size)));
    }
    for finding in &report.findings {
        let (source, message) = (clean(&finding.source), clean(&lang.say(&finding.message)));
        text.push_str(&format!("{}\n", lang.say(said!("desk-cli-left", source, message))));
    }
    if text.is_empty() { lang.say(said!("desk-cli-lines-in-step")) } else { text }
}

/// Units by which a change moves a quantity.
fn units(view: &ChangeView) -> i64 {
    let number = |value: &crosswalk_model::Value| integer(Some(value)).unwrap_or_default();
    let diff = view.change.field(QUANTITY);
    diff.map_or(0, |diff| number(&diff.after) - diff.before.as_ref().map_or(0, number))
}
