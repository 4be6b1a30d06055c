//! `crosswalk apply`: carries out a plan, or a part of it, after confirmation.

use super::applied::summary;
use super::confirm::{ScopeArgs, confirmed, quoted};
use super::exit::Exit;
use super::output::count;
use super::plan::PAGE;
use super::progress::Bars;
use super::session::Session;
use super::shapes;
use clap::builder::PossibleValuesParser;
use crosswalk_engine::{ApplyOptions, ChangeFilter, ChangeStatus, Release, Tenant};
use crosswalk_model::{Brake, PlanId};

/// The brakes an operator can release, and `all`.
fn releasable() -> PossibleValuesParser {
    let brakes = Brake::ALL.into_iter().filter(|brake| brake.can_release()).map(Brake::as_str);
    PossibleValuesParser::new(brakes.chain(["all"]))
}

fn release(words: &[String]) -> anyhow::Result<Release> {
    if words.iter().any(|word| word == "all") {
        return Ok(Release::All);
    }
    let brakes = words.iter().map(|word| word.parse().map_err(anyhow::Error::msg));
    Ok(Release::These(brakes.collect::<Result<_, _>>()?))
}

/// Carry out a plan.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each change is checked again before it is done; a stale change is refused, with the reason. A newer
plan of the whole sync with other changes supersedes this one: nothing is done, and the exit code is 1.
Nothing is lost when it is stopped: the next plan or apply goes on from there.

Examples:
  crosswalk apply 12
  crosswalk apply 12 --customer 17 --kind asset
  crosswalk apply 12 --release first-run --yes")]
pub(super) struct ApplyArgs {
    /// The plan
    plan: PlanId,
    /// Release what this brake holds; repeat for several
    #[arg(long, value_name = "BRAKE", value_parser = releasable())]
    release: Vec<String>,
    #[command(flatten)]
    scope: ScopeArgs,
}

impl ApplyArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let go_ahead = self.go_ahead();
        if !self.scope.yes && !confirmed(session, self.question(&tenant).await?, &go_ahead).await? {
            session.output.talk("nothing was applied");
            return Ok(Exit::Pending);
        }
        let release = release(&self.release)?;
        let options =
            ApplyOptions { release, customer: self.scope.customer, kind: self.scope.kind, ..ApplyOptions::default() };
        let report = tenant.apply(self.plan, &options, &Bars::new(session.output)).await?;
        session.output.answer(|| shapes::applied(&report), || summary(&report))?;
        Ok(Exit::of_run(&report.run))
    }

    /// Returns the same command with `--yes`.
    fn go_ahead(&self) -> String {
        let mut command = format!("crosswalk apply {}", self.plan);
        self.release.iter().for_each(|brake| command.push_str(&format!(" --release {brake}")));
        if let Some(customer) = &self.scope.customer {
            command.push_str(&format!(" --customer {}", quoted(customer)));
        }
        if let Some(kind) = self.scope.kind {
            command.push_str(&format!(" --kind {kind}"));
        }
        command + " --yes"
    }

    /// Returns the question that is asked first.
    async fn question(&self, tenant: &Tenant) -> anyhow::Result<String> {
        let release = release(&self.release)?;
        let filter = ChangeFilter {
            kind: self.scope.kind,
            customer: self.scope.customer.clone(),
            status: Some(ChangeStatus::Pending),
            ..ChangeFilter::default()
        };
        let (mut go, mut held, mut calls, mut after) = (0, 0, 0, 0);
        loop {
            let page = tenant.plan_changes(self.plan, &filter, after, PAGE).await?;
            for change in page.iter().map(|view| &view.change) {
                if change.held.as_ref().is_none_or(|hold| release.lets_go(hold)) {
                    (go, calls) = (go + 1, calls + u64::from(change.calls));
                } else {
                    held += 1;
                }
                after = change.sequence;
            }
            if page.len() < PAGE {
                break;
            }
        }
        let held = if held == 0 { String::new() } else { format!(", leaving {held} held") };
        Ok(format!("Apply {} of plan {} (at most {}){held}?", count(go, "change"), self.plan, count(calls, "call")))
    }
}
