//! A plan change by change, grouped by customer, with each field before and after.

use super::brief::{Sums, cost};
use crate::exit::Exit;
use crate::output::{clean, or_dash, value, word};
use crate::session::Session;
use crate::shapes::{self, word_of};
use crosswalk_engine::rules::plan::line::{EFFECTIVE, QUANTITY};
use crosswalk_engine::{ChangeFilter, ChangeView, Tenant};
use crosswalk_model::said::{Arg, Typed};
use crosswalk_model::{
    Action, Call, FieldDiff, PartCount, Plan, PlanId, PlannedChange, Risk, Said, Step, SyncName, Verb, said,
};
use crosswalk_say::Lang;
use serde_json::json;
use std::collections::HashMap;

/// Most changes shown without --all.
const SHOWN: usize = 100;
/// Changes read per page.
pub(crate) const PAGE: usize = 5_000;

/// Shows the changes of a plan that pass a filter.
pub(super) async fn show(
    session: &Session<'_>,
    tenant: &Tenant,
    id: PlanId,
    filter: ChangeFilter,
    all: bool,
) -> anyhow::Result<Exit> {
    let plan = tenant.plan_show(id).await?;
    let sync = tenant.plan_sync(id).await?;
    let all = all || session.output.json();
    let groups = Groups::read(tenant, id, filter, if all { usize::MAX } else { SHOWN }).await?;
    let customers: Vec<String> = groups.customers.iter().map(|(customer, _)| customer.clone()).collect();
    let names = tenant.customer_names(&sync, &customers).await?;
    let lang = session.output.lang();
    session.output.answer(
        || {
            let changes = groups.customers.iter().flat_map(|(_, group)| group);
            let changes: Vec<_> = changes.map(|view| shapes::change(view, lang)).collect();
            json!({ "sync": sync, "plan": shapes::plan(&plan), "changes": changes })
        },
        || {
            let mut text = heading(&plan, &sync, lang);
            text.push_str(&groups.summary(&names, lang));
            if groups.more {
                text.push_str(&format!("\n{}\n", lang.say(said!("cli-more-changes"))));
            }
            text
        },
    )?;
    Ok(Exit::Done)
}

/// The first lines on a plan: its size, the run that it undoes, and who approved it.
fn heading(plan: &Plan, sync: &SyncName, lang: Lang) -> String {
    let made = said!("cli-plan-made", plan = plan.id, sync, made = plan.made_at, cost = cost(&Sums::of(plan)));
    let undoes = plan.undoes.map(|run| said!("cli-plan-undoes", run));
    let approved = plan.approved_at.map(|at| match &plan.approved_by {
        Some(by) => said!("cli-plan-approved-by", at, by = clean(&lang.say(by))),
        None => said!("cli-plan-approved", at),
    });
    let lines = std::iter::once(made).chain(undoes).chain(approved);
    lines.map(|line| format!("{}\n", lang.say(line))).collect()
}

/// Renders the first changes of a plan, grouped by customer.
pub(crate) async fn first_changes(
    tenant: &Tenant,
    sync: &SyncName,
    plan: PlanId,
    most: usize,
    lang: Lang,
) -> anyhow::Result<String> {
    let groups = Groups::read(tenant, plan, ChangeFilter::default(), most).await?;
    let customers: Vec<String> = groups.customers.iter().map(|(customer, _)| customer.clone()).collect();
    let mut text = groups.summary(&tenant.customer_names(sync, &customers).await?, lang);
    if groups.more {
        let all = Call::of(Verb::Plan).with("show", plan).flag("all");
        text.push_str(&format!("\n{}\n", lang.say(said!("cli-more-changes-of", all))));
    }
    Ok(text)
}

/// Changes by source customer, in order of first appearance.
struct Groups {
    customers: Vec<(String, Vec<ChangeView>)>,
    more: bool,
}

impl Groups {
    /// Collects whole customers up to this number of changes; the last customer may be cut.
    async fn read(tenant: &Tenant, plan: PlanId, filter: ChangeFilter, most: usize) -> anyhow::Result<Self> {
        let first = changes(tenant, plan, &filter, most.max(PAGE)).await?;
        if first.len() <= most {
            return Ok(Self { customers: group_by_customer(first), more: false });
        }
        let mut customers = Vec::new();
        let mut room = most;
        for (customer, _) in group_by_customer(first) {
            if room == 0 {
                break;
            }
            let own = ChangeFilter { customer: Some(customer.clone()), ..filter.clone() };
            let group = changes(tenant, plan, &own, room).await?;
            room -= group.len();
            customers.push((customer, group));
        }
        Ok(Self { customers, more: true })
    }

    fn summary(&self, names: &HashMap<String, String>, lang: Lang) -> String {
        let mut text = String::new();
        for (customer, group) in &self.customers {
            let (id, count) = (clean(customer), group.len());
            let name = names.get(customer).filter(|name| !name.is_empty());
            let heading = match name {
                // Products belong to no customer.
                _ if customer.is_empty() => said!("cli-changes-for-all", count),
                Some(name) => said!("cli-changes-of", name = clean(name), id, count),
                None => said!("cli-changes-of-unnamed", id, count),
            };
            text.push_str(&format!("\n{}\n", lang.say(heading)));
            group.iter().for_each(|view| text.push_str(&one(view, lang)));
        }
        text
    }
}

fn group_by_customer(views: Vec<ChangeView>) -> Vec<(String, Vec<ChangeView>)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<(String, Vec<ChangeView>)> = Vec::new();
    for view in views {
        let customer = view.change.customer.clone();
        let place = *places.entry(customer.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(view),
            None => groups.push((customer, vec![view])),
        }
    }
    groups
}

/// Reads up to `most` changes of a plan, page by page.
pub(crate) async fn changes(
    tenant: &Tenant,
    plan: PlanId,
    filter: &ChangeFilter,
    most: usize,
) -> anyhow::Result<Vec<ChangeView>> {
    let mut views: Vec<ChangeView> = Vec::new();
    while views.len() < most {
        let after = views.last().map_or(0, |view| view.change.sequence);
        let wanted = PAGE.min(most - views.len());
        let page = tenant.plan_changes(plan, filter, after, wanted).await?;
        let last = page.len() < wanted;
        views.extend(page);
        if last {
            break;
        }
    }
    Ok(views)
}

/// Renders one change: a line, then its fields.
pub(crate) fn one(view: &ChangeView, lang: Lang) -> String {
    let change = &view.change;
    let (action, kind, name) = (change.action, change.kind, clean(&change.name));
    let what = match change.line() {
        Some(_) => said!("cli-change-quantity", action, kind, name, quantity = quantity_said(change)),
        None => said!("cli-change", action, kind, name),
    };
    let mut line = format!("  {:>5}  {}", change.sequence, clean(&lang.say(what)));
    let source = Some(&change.source).filter(|source| !source.is_empty()).map(|source| clean(source));
    line.push_str(&format!(" ({} -> {})", or_dash(source), or_dash(change.target.as_deref().map(clean))));
    let status = word_of(&view.status);
    if status != "pending" {
        line.push_str(&format!(" [{}]", word(lang, &status)));
    }
    if let Some(hold) = &change.held {
        line.push_str(&format!(" [{}]", lang.say(said!("cli-change-held", brakes = hold.words()))));
    }
    if change.risk != Risk::Low {
        line.push_str(&format!(" [{}]", lang.say(said!("cli-change-risk", risk = word_of(&change.risk)))));
    }
    line.push('\n');
    // A line's fields are shown above.
    for diff in change.fields.iter().filter(|diff| change.line().is_none() && has_own_line(change.action, diff)) {
        let after = clean(&value(lang, &diff.after));
        match &diff.before {
            Some(before) => {
                line.push_str(&format!("           {}: {} -> {after}\n", diff.name, clean(&value(lang, before))))
            }
            None => line.push_str(&format!("           {}: {after}\n", diff.name)),
        }
    }
    for (label, shown) in beside(&change.step) {
        line.push_str(&format!("           {}: {shown}\n", word(lang, label)));
    }
    for reason in [&change.reason, &view.message] {
        if !reason.is_empty() {
            line.push_str(&format!("           {}\n", clean(&lang.say(said!("cli-reason", reason)))));
        }
    }
    line
}

/// What a change shows beside its fields, each with a word of the catalogue.
fn beside(step: &Step) -> Vec<(&'static str, String)> {
    match step {
        Step::Record | Step::Link(_) | Step::CreateSource => Vec::new(),
        Step::Line(step) => step.contract.iter().map(|contract| ("contract", clean(contract))).collect(),
        Step::Ticket(step) => {
            let account = step.account.iter().map(|account| ("account", clean(account)));
            account.chain(step.lead.iter().map(|lead| ("ticket-of-alert", clean(lead)))).collect()
        }
        Step::Undo(head) if head.before == head.after => Vec::new(),
        Step::Undo(head) => {
            let id = |id: &Option<String>| or_dash(id.as_deref().map(clean));
            vec![("linked-to", format!("{} -> {}", id(&head.before), id(&head.after)))]
        }
    }
}

/// Renders a quantity change: `18 -> 20 from 2026-11-21 (counted 20)`.
pub(crate) fn quantity(change: &PlannedChange, lang: Lang) -> String {
    lang.say(quantity_said(change))
}

fn quantity_said(change: &PlannedChange) -> Said {
    let (Some(step), Some(quantity)) = (change.line(), change.field(QUANTITY)) else { return Said::default() };
    let after = Arg::decimal(&quantity.after);
    let mut said = match &quantity.before {
        Some(before) if *before == quantity.after => said!("cli-quantity-stays", after),
        Some(before) => said!("cli-quantity-changes", before = Arg::decimal(before), after),
        None => said!("cli-quantity-new", after),
    };
    if let Some(effective) = change.field(EFFECTIVE).map(|diff| clean(&diff.after.to_string())) {
        let day = effective.get(..10).unwrap_or(&effective).to_owned();
        said = said!("cli-quantity-from", quantity = said, day = Arg::Typed(Typed::Day(day)));
    }
    match (step.counted, step.parts.as_deref().unwrap_or_default()) {
        (None, _) => said,
        (Some(counted), []) => said!("cli-quantity-counted", quantity = said, counted),
        (Some(counted), parts) => said!("cli-quantity-summed", quantity = said, counted, parts = parts_said(parts)),
    }
}

/// The sum of a line's parts: each with its count, or a dash where that is not known.
fn parts_said(parts: &[PartCount]) -> Said {
    let part = |part: &PartCount| {
        let count = part.counted.map_or_else(|| "-".into(), Arg::from);
        said!("cli-quantity-part", count, line = clean(&part.line))
    };
    parts.iter().map(part).reduce(|sum, part| said!("cli-quantity-sum", sum, part)).unwrap_or_default()
}

/// The first line already contains a new record's name. A link's notes are equal on both sides;
/// only differences are shown.
fn has_own_line(action: Action, diff: &FieldDiff) -> bool {
    match action {
        Action::Create | Action::CreateSource => diff.name != "name",
        Action::Link => diff.name != "parent" && diff.before.as_ref() != Some(&diff.after),
        _ => diff.before.as_ref() != Some(&diff.after),
    }
}
