//! `crosswalk apply`: carries out a plan, or a part of it, after confirmation.

use super::applied::summary;
use super::confirm::{ScopeArgs, confirmed};
use super::exit::Exit;
use super::plan::PAGE;
use super::progress::Bars;
use super::queue::QueueArgs;
use super::session::Session;
use super::shapes;
use clap::builder::PossibleValuesParser;
use crosswalk_engine::{ApplyOptions, ChangeFilter, ChangeStatus, Release, Tenant};
use crosswalk_model::{Approved, Brake, Call, Part, PlanId, Said, Sequences, Verb, Wanted, said};
use crosswalk_say::command;

/// The brakes an operator can release, and `all`.
pub(super) fn releasable() -> PossibleValuesParser {
    let brakes = Brake::ALL.into_iter().filter(|brake| brake.can_release()).map(Brake::as_str);
    PossibleValuesParser::new(brakes.chain(["all"]))
}

pub(super) fn release(words: &[String]) -> anyhow::Result<Release> {
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
  crosswalk apply 12 --change 3,5-9
  crosswalk apply 12 --release first-run --yes
  crosswalk apply 12 --approved --queue --at 22:00")]
pub(super) struct ApplyArgs {
    /// The plan
    plan: PlanId,
    /// Release what this brake holds; repeat for several
    #[arg(long, value_name = "BRAKE", value_parser = releasable())]
    release: Vec<String>,
    /// Only these changes, by their numbers, and what they depend on: 3,5-9
    #[arg(long = "change", value_name = "NUMBERS")]
    changes: Option<Sequences>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// A note to keep with the approval
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
    /// Apply what `crosswalk approve` approved, and nothing else
    #[arg(long, conflicts_with_all = ["release", "changes", "customer", "kind", "note"])]
    approved: bool,
    #[command(flatten)]
    queue: QueueArgs,
}

impl ApplyArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let lang = session.output.lang();
        let approved = self.what(session, &tenant).await?;
        if !self.scope.yes {
            let question = lang.say(self.question(&tenant, &approved).await?);
            if !confirmed(session, question, &command(&self.go_ahead())).await? {
                session.output.talk(&lang.say(said!("cli-nothing-applied")));
                return Ok(Exit::Pending);
            }
        }
        if self.queue.queue {
            if let [approved] = approved.as_slice()
                && !self.approved
            {
                let hash = tenant.plan_show(self.plan).await?.hash;
                tenant.plan_approve(self.plan, approved, &hash, &self.note).await?;
            }
            let sync = tenant.plan_sync(self.plan).await?;
            return self.queue.ask(session, &tenant, &sync, &Wanted::Apply { plan: self.plan }).await;
        }
        let bars = Bars::new(session.output);
        let report = match approved.into_iter().next() {
            Some(Approved { part, release, .. }) if !self.approved => {
                let Part { customer, kind, changes } = part;
                let options =
                    ApplyOptions { release, customer, kind, changes, note: self.note, ..ApplyOptions::default() };
                tenant.apply(self.plan, &options, &bars).await?
            }
            _ => tenant.apply_approved(self.plan, &bars).await?,
        };
        session.output.answer(|| shapes::applied(&report, lang), || summary(&report, lang))?;
        Ok(Exit::of_run(&report.run))
    }

    /// Returns what is applied: what people approved, or one part of the plan with what it depends on.
    async fn what(&self, session: &Session<'_>, tenant: &Tenant) -> anyhow::Result<Vec<Approved>> {
        if self.approved {
            let given = tenant.plan_approvals(self.plan).await?.into_iter().filter(|one| one.rule.is_none());
            return Ok(given.map(|one| one.approved).collect());
        }
        let part = Part { customer: self.scope.customer.clone(), kind: self.scope.kind, changes: self.changes.clone() };
        let wanted = Approved { part, release: release(&self.release)?, withheld: Sequences::default() };
        let (approved, added) = tenant.plan_depended(self.plan, &wanted).await?;
        if !added.is_empty() {
            let lang = session.output.lang();
            session.output.talk(&lang.say(said!("cli-approve-added", changes = added.to_string())));
        }
        Ok(vec![approved])
    }

    /// Returns the same command with `--yes`.
    fn go_ahead(&self) -> Call {
        let mut call = Call::of(Verb::Apply).with("plan", self.plan).each("release", &self.release).flag("yes");
        if let Some(customer) = &self.scope.customer {
            call = call.with("customer", customer);
        }
        if let Some(kind) = self.scope.kind {
            call = call.with("kind", kind);
        }
        if let Some(changes) = &self.changes {
            call = call.with("change", changes);
        }
        if self.approved { call.flag("approved") } else { call }
    }

    /// Returns the question that is asked first.
    async fn question(&self, tenant: &Tenant, approved: &[Approved]) -> anyhow::Result<Said> {
        let size = Size::of(tenant, self.plan, approved).await?;
        Ok(said!("cli-apply-question", changes = size.go, plan = self.plan, calls = size.calls, held = size.held))
    }
}

/// Numbers of a part of a plan.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    /// Changes that go.
    pub(super) go: u64,
    /// Changes of the part that stay held.
    pub(super) held: u64,
    /// Most calls that those that go cost.
    pub(super) calls: u64,
}

impl Size {
    /// Counts what is let go of a plan.
    pub(super) async fn of(tenant: &Tenant, plan: PlanId, approved: &[Approved]) -> anyhow::Result<Self> {
        let filter = ChangeFilter { status: Some(ChangeStatus::Pending), ..ChangeFilter::default() };
        let (mut size, mut after) = (Size::default(), 0);
        loop {
            let page = tenant.plan_changes(plan, &filter, after, PAGE).await?;
            for change in page.iter().map(|view| &view.change) {
                if approved.iter().any(|one| one.lets_go(change)) {
                    (size.go, size.calls) = (size.go + 1, size.calls + u64::from(change.calls));
                } else if approved.iter().any(|one| one.part.has(change.sequence, change.kind, &change.customer)) {
                    size.held += 1;
                }
                after = change.sequence;
            }
            if page.len() < PAGE {
                return Ok(size);
            }
        }
    }
}
