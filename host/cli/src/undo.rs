//! `crosswalk run undo`: shows the reverse of a run and applies it after confirmation.

use super::applied::summary;
use super::confirm::{ScopeArgs, confirmed};
use super::exit::Exit;
use super::plan::{self, Held, Sums};
use super::progress::Bars;
use super::session::Session;
use super::shapes;
use crosswalk_engine::{ApplyOptions, PlanReport, Tenant, UndoOptions};
use crosswalk_model::{Call, RunId, Verb, said};
use crosswalk_say::{Lang, command};
use serde_json::{Value, json};

/// Most changes shown before the question.
const SHOWN: usize = 20;

/// Take back the changes of a run.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Created records are taken out of use and unlinked, written fields get their earlier values back, and
moved or deactivated records go back. A field that somebody changed since is left, with a finding;
the key that this host leaves in a record stays. The next plan does not do it again: restored values
count as a person's edit, and records that were created or linked are excluded until `crosswalk link
set` or `crosswalk link create` takes them up again. An undo is a run, and can be undone too.

Without confirmation nothing is done: the plan stays, and `crosswalk apply PLAN` applies it later.

Examples:
  crosswalk runs
  crosswalk run undo 7
  crosswalk run undo 7 --customer 17 --kind asset --yes")]
pub(super) struct UndoArgs {
    /// The run to undo, as `crosswalk runs` numbers them
    run: RunId,
    #[command(flatten)]
    scope: ScopeArgs,
}

impl UndoArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let sync = tenant.run_show(self.run).await?.sync;
        let options = UndoOptions { customer: self.scope.customer, kind: self.scope.kind };
        let report = tenant.undo(self.run, &options, &Bars::new(session.output)).await?;
        let id = report.plan.id;
        let changes = Sums::of(&report.plan).changes;
        let lang = session.output.lang();
        let document = |applied: Value| {
            let held = Held::default();
            json!({ "plan": plan::document(&sync, &report, &held, lang), "applied": applied })
        };
        let shown = preview(&tenant, self.run, &report, lang).await?;
        if changes == 0 {
            session.output.answer(|| document(Value::Null), || shown)?;
            return Ok(if report.findings_total == 0 { Exit::Done } else { Exit::Partial });
        }
        if !self.scope.yes {
            session.output.tell(&shown);
            let question = lang.say(said!("cli-undo-question", run = self.run, changes));
            let apply = Call::of(Verb::Apply).with("plan", id);
            if !confirmed(session, question, &command(&apply.clone().flag("yes"))).await? {
                session
                    .output
                    .answer(|| document(Value::Null), || lang.say(said!("cli-nothing-undone", later = apply)))?;
                return Ok(Exit::Pending);
            }
        }
        let applied = tenant.apply(id, &ApplyOptions::default(), &Bars::new(session.output)).await?;
        let before = if self.scope.yes { format!("{shown}\n") } else { String::new() };
        let counts = &applied.run.counts;
        let rest = if counts.failed + counts.stale > 0 {
            let undo = Call::of(Verb::RunUndo).with("run", self.run);
            plan::next_line(&command(&undo), &said!("cli-next-undo"), lang)
        } else {
            String::new()
        };
        session.output.answer(
            || document(shapes::applied(&applied, lang)),
            || format!("{before}{}{rest}", summary(&applied, lang)),
        )?;
        Ok(Exit::of_run(&applied.run))
    }
}

/// Describes the plan, and what cannot be undone.
async fn preview(tenant: &Tenant, run: RunId, report: &PlanReport, lang: Lang) -> anyhow::Result<String> {
    let plan = &report.plan;
    let sync = tenant.plan_sync(plan.id).await?;
    let mut text = String::new();
    if plan.totals.is_empty() {
        text.push_str(&format!("{}\n", lang.say(said!("cli-undo-nothing", plan = plan.id, sync = &sync, run))));
    } else {
        let cost = plan::cost(&Sums::of(plan));
        let heading = lang.say(said!("cli-undo-plan", plan = plan.id, sync = &sync, run, cost));
        text.push_str(&format!("{heading}\n\n{}\n", plan::matrix(plan, lang)));
        text.push_str(&plan::first_changes(tenant, &sync, plan.id, SHOWN, lang).await?);
    }
    text.push_str(&plan::findings_summary(report, lang));
    Ok(text)
}
