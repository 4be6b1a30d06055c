//! `crosswalk approve`: approves a part of a plan that is applied later, lists approvals, and withdraws them.

use super::apply::{Size, releasable, release};
use super::confirm::{ScopeArgs, confirmed};
use super::exit::Exit;
use super::output::{clean, or_dash, table};
use super::session::Session;
use super::shapes;
use crosswalk_engine::Tenant;
use crosswalk_model::{Approval, Approved, Call, Part, PlanId, Sequences, Verb, said};
use crosswalk_say::{Lang, command};
use serde_json::json;

/// Approve a plan, or a part of it, without applying it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What is approved is applied by `crosswalk apply PLAN --approved`, by anyone and at any time; several people
can approve parts of one plan. Changes that are chosen by number bring along what they depend on.

Examples:
  crosswalk approve 12 --customer 17
  crosswalk approve 12 --change 3,5-9 --note \"as agreed with Contoso\"
  crosswalk approve 12 --kind usage --release falls
  crosswalk approve 12 --list
  crosswalk approve 12 --withdraw")]
pub(super) struct ApproveArgs {
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
    /// List the approvals of the plan
    #[arg(long, conflicts_with_all = ["release", "changes", "customer", "kind", "note", "withdraw"])]
    list: bool,
    /// Withdraw all approvals of the plan
    #[arg(long, conflicts_with_all = ["release", "changes", "customer", "kind", "note"])]
    withdraw: bool,
}

impl ApproveArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let (lang, plan) = (session.output.lang(), self.plan);
        if self.list {
            let approvals = tenant.plan_approvals(plan).await?;
            let document = || json!(approvals.iter().map(shapes::approval).collect::<Vec<_>>());
            session.output.answer(document, || listed(&approvals, plan, lang))?;
            return Ok(Exit::Done);
        }
        if self.withdraw {
            let count = tenant.plan_withdraw(plan).await?;
            session.output.answer(
                || json!({ "plan": plan, "withdrawn": count }),
                || lang.say(said!("cli-approvals-withdrawn", plan, count)),
            )?;
            return Ok(Exit::Done);
        }
        self.approve(session, &tenant).await
    }

    async fn approve(self, session: &Session<'_>, tenant: &Tenant) -> anyhow::Result<Exit> {
        let (lang, plan) = (session.output.lang(), self.plan);
        let hash = tenant.plan_show(plan).await?.hash;
        let part = Part { customer: self.scope.customer.clone(), kind: self.scope.kind, changes: self.changes.clone() };
        let wanted = Approved { part, release: release(&self.release)?, withheld: Sequences::default() };
        let (approved, added) = tenant.plan_depended(plan, &wanted).await?;
        let size = Size::of(tenant, plan, std::slice::from_ref(&approved)).await?;
        if !added.is_empty() {
            session.output.talk(&lang.say(said!("cli-approve-added", changes = added.to_string())));
        }
        if !self.scope.yes {
            let question =
                lang.say(said!("cli-approve-question", changes = size.go, plan, calls = size.calls, held = size.held));
            if !confirmed(session, question, &command(&self.go_ahead())).await? {
                session.output.talk(&lang.say(said!("cli-nothing-approved")));
                return Ok(Exit::Pending);
            }
        }
        tenant.plan_approve(plan, &approved, &hash, &self.note).await?;
        let apply = Call::of(Verb::Apply).with("plan", plan).flag("approved");
        session.output.answer(
            || json!({ "plan": plan, "approved": approved, "added": added, "changes": size.go, "held": size.held }),
            || lang.say(said!("cli-approved", changes = size.go, plan, apply)),
        )?;
        Ok(Exit::Done)
    }

    /// Returns the same command with `--yes`.
    fn go_ahead(&self) -> Call {
        let mut call = Call::of(Verb::Approve).with("plan", self.plan).each("release", &self.release).flag("yes");
        if let Some(changes) = &self.changes {
            call = call.with("change", changes);
        }
        if let Some(customer) = &self.scope.customer {
            call = call.with("customer", customer);
        }
        if let Some(kind) = self.scope.kind {
            call = call.with("kind", kind);
        }
        if self.note.is_empty() { call } else { call.with("note", &self.note) }
    }
}

fn listed(approvals: &[Approval], plan: PlanId, lang: Lang) -> String {
    if approvals.is_empty() {
        return lang.say(said!("cli-no-approvals", plan));
    }
    let rows = approvals.iter().map(|one| {
        let Approved { part, release, .. } = &one.approved;
        [
            lang.say(said!("cli-moment", at = one.at)),
            one.by.to_string(),
            or_dash(part.customer.as_ref()),
            or_dash(part.kind),
            or_dash(part.changes.as_ref()),
            or_dash(Some(release.words().join(", "))),
            or_dash(Some(clean(&one.note))),
        ]
    });
    table(lang, ["at", "by", "customer", "kind", "changes", "released", "note"], rows)
}
