//! A plan change by change, grouped by customer, with each field before and after.

use super::brief::{Sums, cost};
use crate::exit::Exit;
use crate::output::{clean, count, or_dash};
use crate::session::Session;
use crate::shapes::{self, word_of};
use crosswalk_engine::rules::plan::line::{EFFECTIVE, QUANTITY};
use crosswalk_engine::{ChangeFilter, ChangeView, Tenant};
use crosswalk_model::{Action, FieldDiff, PartCount, PlanId, PlannedChange, Risk, Step, SyncName};
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
    session.output.answer(
        || {
            let changes: Vec<_> = groups.customers.iter().flat_map(|(_, group)| group).map(shapes::change).collect();
            json!({ "sync": sync, "plan": shapes::plan(&plan), "changes": changes })
        },
        || {
            let by = plan.approved_by.as_ref().map_or_else(String::new, |by| format!(" by {}", clean(by)));
            let approved = plan.approved_at.map_or_else(String::new, |at| format!(", approved {at}{by}"));
            let undoes = plan.undoes.map_or_else(String::new, |run| format!(", undoes run {run}"));
            let mut text =
                format!("plan {id} of {sync}{undoes}, made {}{approved}: {}\n", plan.made_at, cost(&Sums::of(&plan)));
            text.push_str(&groups.summary(&names));
            if groups.more {
                text.push_str(
                    "\nThere are more: --all shows them, --customer, --kind, --action and --held narrow them down\n",
                );
            }
            text
        },
    )?;
    Ok(Exit::Done)
}

/// Renders the first changes of a plan, grouped by customer.
pub(crate) async fn first_changes(
    tenant: &Tenant,
    sync: &SyncName,
    plan: PlanId,
    most: usize,
) -> anyhow::Result<String> {
    let groups = Groups::read(tenant, plan, ChangeFilter::default(), most).await?;
    let customers: Vec<String> = groups.customers.iter().map(|(customer, _)| customer.clone()).collect();
    let mut text = groups.summary(&tenant.customer_names(sync, &customers).await?);
    if groups.more {
        text.push_str(&format!("\nThere are more: crosswalk plan --show {plan} --all\n"));
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

    fn summary(&self, names: &HashMap<String, String>) -> String {
        let mut text = String::new();
        for (customer, group) in &self.customers {
            let name = names.get(customer).filter(|name| !name.is_empty()).map_or("customer", String::as_str);
            // Products belong to no customer.
            let whose = match customer.as_str() {
                "" => "for all customers".to_owned(),
                id => format!("{} ({})", clean(name), clean(id)),
            };
            text.push_str(&format!("\n{whose}: {}\n", count(group.len() as u64, "change")));
            group.iter().for_each(|view| text.push_str(&one(view)));
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
pub(crate) fn one(view: &ChangeView) -> String {
    let change = &view.change;
    let mut line =
        format!("  {:>5}  {} {} {}", change.sequence, change.action.as_str(), change.kind, clean(&change.name));
    if change.line().is_some() {
        line.push_str(&format!(": {}", quantity(change)));
    }
    let source = Some(&change.source).filter(|source| !source.is_empty()).map(|source| clean(source));
    line.push_str(&format!(" ({} -> {})", or_dash(source), or_dash(change.target.as_deref().map(clean))));
    let status = word_of(&view.status);
    if status != "pending" {
        line.push_str(&format!(" [{status}]"));
    }
    if let Some(hold) = &change.held {
        line.push_str(&format!(" [held: {}]", hold.words()));
    }
    if change.risk != Risk::Low {
        line.push_str(&format!(" [{} risk]", word_of(&change.risk)));
    }
    line.push('\n');
    // A line's fields are shown above.
    for diff in change.fields.iter().filter(|diff| change.line().is_none() && has_own_line(change.action, diff)) {
        let after = clean(&diff.after.to_string());
        match &diff.before {
            Some(before) => {
                line.push_str(&format!("           {}: {} -> {after}\n", diff.name, clean(&before.to_string())))
            }
            None => line.push_str(&format!("           {}: {after}\n", diff.name)),
        }
    }
    for (name, value) in beside(&change.step) {
        line.push_str(&format!("           {name}: {value}\n"));
    }
    for note in [&change.reason, &view.message] {
        if !note.is_empty() {
            line.push_str(&format!("           because: {}\n", clean(note)));
        }
    }
    line
}

/// What a change shows beside its fields, by name.
fn beside(step: &Step) -> Vec<(&'static str, String)> {
    match step {
        Step::Record | Step::Link(_) | Step::CreateSource => Vec::new(),
        Step::Line(step) => step.contract.iter().map(|contract| ("contract", clean(contract))).collect(),
        Step::Ticket(step) => {
            let account = step.account.iter().map(|account| ("account", clean(account)));
            account.chain(step.lead.iter().map(|lead| ("ticket of alert", clean(lead)))).collect()
        }
        Step::Undo(head) if head.before == head.after => Vec::new(),
        Step::Undo(head) => {
            let id = |id: &Option<String>| or_dash(id.as_deref().map(clean));
            vec![("linked to", format!("{} -> {}", id(&head.before), id(&head.after)))]
        }
    }
}

/// Renders a quantity change: `18 -> 20 from 2026-11-21 (counted 20)`.
pub(crate) fn quantity(change: &PlannedChange) -> String {
    let (Some(step), Some(quantity)) = (change.line(), change.field(QUANTITY)) else { return String::new() };
    let mut text = match &quantity.before {
        Some(before) if *before == quantity.after => format!("stays {}", quantity.after),
        Some(before) => format!("{before} -> {}", quantity.after),
        None => format!("new, {}", quantity.after),
    };
    if let Some(effective) = change.field(EFFECTIVE).map(|diff| clean(&diff.after.to_string())) {
        text.push_str(&format!(" from {}", effective.get(..10).unwrap_or(&effective)));
    }
    if let Some(counted) = step.counted {
        let parts = step.parts.as_deref().unwrap_or_default();
        let part = |part: &PartCount| format!("{} of {}", or_dash(part.counted), clean(&part.line));
        let sum = if parts.is_empty() {
            String::new()
        } else {
            format!(": {}", parts.iter().map(part).collect::<Vec<_>>().join(" + "))
        };
        text.push_str(&format!(" (counted {counted}{sum})"));
    }
    text
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
