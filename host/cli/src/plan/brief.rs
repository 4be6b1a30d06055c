//! A summary of a plan: a table of kinds and actions, held changes by brake, the cost in calls,
//! open decisions, and the next command.

use crate::output::{clean, or_dash, table, wide_table, word};
use crate::shapes;
use crosswalk_engine::{ChangeFilter, PlanReport, Tenant};
use crosswalk_model::{Action, Brake, Call, Kind, Plan, Said, SyncName, Verb, said};
use crosswalk_say::{Lang, command};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Changes read per page.
const PAGE: usize = 500;

/// Totals of a plan over all kinds and actions.
pub(crate) struct Sums {
    pub(crate) changes: u64,
    pub(crate) writes: u64,
    pub(crate) held: u64,
    pub(crate) calls: u64,
}

impl Sums {
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut sums = Self { changes: 0, writes: 0, held: 0, calls: 0 };
        for total in &plan.totals {
            sums.changes += u64::from(total.changes);
            sums.writes += if total.action.writes() { u64::from(total.changes) } else { 0 };
            sums.held += u64::from(total.held);
            sums.calls += u64::from(total.calls);
        }
        sums
    }
}

/// Customers and changes held, by brake and kind. A change that several brakes hold counts for
/// each.
#[derive(Default)]
pub(crate) struct Held(BTreeMap<(Brake, Kind), (BTreeSet<String>, u64)>);

impl Held {
    pub(crate) async fn of(tenant: &Tenant, plan: &Plan) -> anyhow::Result<Self> {
        let mut held: BTreeMap<(Brake, Kind), (BTreeSet<String>, u64)> = BTreeMap::new();
        if Sums::of(plan).held > 0 {
            let filter = ChangeFilter { held: Some(true), ..ChangeFilter::default() };
            let mut after = 0;
            // All changes of a first plan are held, so they are read page by page.
            loop {
                let page = tenant.plan_changes(plan.id, &filter, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = last.change.sequence;
                for change in page.into_iter().map(|view| view.change) {
                    let Some(hold) = change.held else { continue };
                    for brake in hold.brakes {
                        let (customers, changes) = held.entry((brake, change.kind)).or_default();
                        customers.insert(change.customer.clone());
                        *changes += 1;
                    }
                }
            }
        }
        Ok(Self(held))
    }

    /// The brakes an operator can release.
    fn releasable(&self) -> BTreeSet<Brake> {
        self.0.keys().map(|(brake, _)| *brake).filter(|brake| brake.can_release()).collect()
    }

    fn document(&self) -> Value {
        let row = |((brake, kind), (customers, changes)): (&(Brake, Kind), &(BTreeSet<String>, u64))| json!({ "brake": brake, "kind": kind, "customers": customers.len(), "changes": changes });
        self.0.iter().map(row).collect()
    }

    fn table(&self, lang: Lang) -> String {
        let rows = self.0.iter().map(|((brake, kind), (customers, changes))| {
            let [brake, kind] = [brake.as_str(), kind.as_str()].map(|one| word(lang, one));
            [brake, kind, customers.len().to_string(), changes.to_string()]
        });
        table(lang, ["held-by", "kind", "customers", "changes"], rows)
    }
}

/// Whether usage takes part in a sync.
pub(crate) async fn billing(tenant: &Tenant, sync: &SyncName) -> anyhow::Result<bool> {
    Ok(tenant.sync(sync).await?.rules.bills())
}

/// Returns the document of a new plan.
pub(crate) fn document(sync: &SyncName, report: &PlanReport, held: &Held, lang: Lang) -> Value {
    let findings: Vec<Value> = report.findings.iter().map(|one| shapes::finding(one, lang)).collect();
    json!({
        "sync": sync,
        "plan": shapes::plan(&report.plan),
        "held": held.document(),
        "read": { "source": report.read.0, "target": report.read.1 },
        "complaints": shapes::messages(&report.complaints, lang),
        "findings": findings,
        "findings_total": report.findings_total,
        "attention": report.attention,
    })
}

/// Summarises a new plan; `billing` adds the commands for customers with contracts and switches.
pub(crate) fn summary(sync: &SyncName, report: &PlanReport, held: &Held, billing: bool, lang: Lang) -> String {
    let plan = &report.plan;
    let sums = Sums::of(plan);
    let mut text = lang.say(said!("cli-read", source = report.read.0, target = report.read.1));
    if sums.changes == 0 {
        text.push_str(&format!("\n{}\n", lang.say(said!("cli-plan-nothing", plan = plan.id, sync))));
    } else {
        let heading = lang.say(said!("cli-plan", plan = plan.id, sync, cost = cost(&sums)));
        text.push_str(&format!("\n{heading}\n\n{}\n", matrix(plan, lang)));
    }
    if sums.held > 0 {
        text.push_str(&format!("\n{}\n", held.table(lang)));
    }
    if !report.complaints.is_empty() {
        let complaints = report.complaints.iter().map(|complaint| format!("  {}\n", clean(&lang.say(complaint))));
        text.push_str(&format!("\n{}\n{}", lang.say(said!("cli-not-read")), complaints.collect::<String>()));
    }
    text.push_str(&findings_summary(report, lang));
    let next = next_commands(sync, plan, &sums, held, billing);
    if !next.is_empty() {
        text.push_str(&format!("\n{}\n", lang.say(said!("cli-next"))));
        for (command, note) in next {
            text.push_str(&next_line(&command, &note, lang));
        }
    }
    text
}

/// A line with a command to type next, and a note on it unless that is empty.
pub(crate) fn next_line(command: &str, note: &Said, lang: Lang) -> String {
    if note.is_empty() { format!("  {command}\n") } else { format!("  {command}   ({})\n", lang.say(note)) }
}

/// Lists the findings of the whole plan by kind and cause, most frequent first, each with one
/// example.
pub(crate) fn findings_summary(report: &PlanReport, lang: Lang) -> String {
    let totals = &report.plan.findings;
    if totals.is_empty() {
        return String::new();
    }
    let rows = totals.iter().map(|total| {
        let mut of = report.findings.iter().filter(|one| one.kind == total.kind && one.cause == total.cause);
        let (message, source) = of.next().map(|one| (lang.say(&one.message), one.source.clone())).unwrap_or_default();
        let more = if total.count > 1 { ", …" } else { "" };
        [
            total.count.to_string(),
            word(lang, total.kind.as_str()),
            word(lang, total.cause.as_str()),
            message,
            format!("{}{more}", or_dash(Some(source))),
        ]
    });
    let list = Call::of(Verb::FindingList).with("plan", report.plan.id);
    let heading = lang.say(said!("cli-left", count = report.findings_total, list));
    format!("\n{heading}\n{}\n", table(lang, ["times", "kind", "finding", "such-as", "of"], rows))
}

/// The size of a plan: its changes, how many of them write, and the calls that takes.
pub(crate) fn cost(sums: &Sums) -> Said {
    said!("cli-cost", changes = sums.changes, writes = sums.writes, calls = sums.calls)
}

/// A table with kinds as rows and actions as columns; actions that do not occur are omitted.
pub(crate) fn matrix(plan: &Plan, lang: Lang) -> String {
    let actions: Vec<Action> =
        Action::ALL.into_iter().filter(|action| plan.totals.iter().any(|total| total.action == *action)).collect();
    let kinds: BTreeSet<Kind> = plan.totals.iter().map(|total| total.kind).collect();
    let header = std::iter::once("kind").chain(actions.iter().map(|action| action.as_str())).chain(["held", "calls"]);
    let rows = kinds.into_iter().map(|kind| {
        let own: Vec<_> = plan.totals.iter().filter(|total| total.kind == kind).collect();
        let changes = |action: &Action| {
            own.iter().filter(|total| total.action == *action).map(|total| total.changes).sum::<u32>()
        };
        let held: u32 = own.iter().map(|total| total.held).sum();
        let calls: u32 = own.iter().map(|total| total.calls).sum();
        let numbers = actions.iter().map(changes).chain([held, calls]).map(|number| number.to_string());
        std::iter::once(word(lang, kind.as_str())).chain(numbers).collect()
    });
    wide_table(lang, header, rows)
}

/// The commands to type next, each with a note.
fn next_commands(sync: &SyncName, plan: &Plan, sums: &Sums, held: &Held, billing: bool) -> Vec<(String, Said)> {
    let mut next = Vec::new();
    if plan.undecided > 0 {
        let (verb, accept) = match billing {
            true => (Verb::CustomerList, format!("crosswalk customer accept {sync}")),
            false => (Verb::LinkList, format!("crosswalk link accept {sync} --kind customer --score 0.99")),
        };
        let list = Call::of(verb).with("sync", sync).each("state", ["proposed", "conflict", "unmapped"]);
        let list = if billing { list } else { list.with("kind", Kind::Customer) };
        next.push((command(&list), said!("cli-next-decide", count = plan.undecided)));
        next.push((accept, Said::default()));
    }
    if sums.changes > 0 {
        next.push((command(&Call::of(Verb::Plan).with("show", plan.id)), Said::default()));
    }
    let apply = Call::of(Verb::Apply).with("plan", plan.id);
    if sums.changes > sums.held {
        let rest = if sums.held > 0 { said!("cli-next-not-held") } else { Said::default() };
        next.push((command(&apply), rest));
    }
    let releasable = held.releasable();
    if !releasable.is_empty() {
        next.push((command(&apply.each("release", releasable)), said!("cli-next-checked")));
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_model::plan::PlanTotal;
    use crosswalk_model::{Cause, Finding, FindingTotal, PlanId, RunId, Timestamp};

    fn report(totals: &[(Kind, Action, u32, u32)], undecided: u32) -> PlanReport {
        let total = |(kind, action, changes, held): &(Kind, Action, u32, u32)| PlanTotal {
            kind: *kind,
            action: *action,
            changes: *changes,
            held: *held,
            calls: if action.writes() { *changes } else { 0 },
        };
        PlanReport {
            plan: Plan {
                id: PlanId(7),
                run: RunId(1),
                made_at: Timestamp(0),
                hash: String::new(),
                totals: totals.iter().map(total).collect(),
                undecided,
                approved_at: None,
                approved_by: None,
                findings: Vec::new(),
                undoes: None,
            },
            read: (3, 1),
            complaints: Vec::new(),
            findings: Vec::new(),
            findings_total: 0,
            attention: 0,
        }
    }

    fn held(brakes: &[Brake]) -> Held {
        let row = |brake: &Brake| ((*brake, Kind::Asset), (BTreeSet::from(["1".to_owned()]), 2));
        Held(brakes.iter().map(row).collect())
    }

    fn shown(report: &PlanReport, held: &Held) -> String {
        summary(&SyncName::new("s").unwrap(), report, held, false, Lang::En)
    }

    #[test]
    fn an_empty_plan_says_so_and_asks_for_nothing() {
        let text = shown(&report(&[], 0), &held(&[]));
        assert_eq!(text, "read 3 source records and 1 target record\nplan 7 of s: nothing to do\n");
    }

    #[test]
    fn a_plan_is_kinds_by_actions_and_links_cost_no_call() {
        let report = report(
            &[
                (Kind::Customer, Action::Link, 2, 0),
                (Kind::Asset, Action::Create, 30, 0),
                (Kind::Asset, Action::Update, 4, 0),
            ],
            1,
        );
        let text = shown(&report, &held(&[]));
        assert!(text.contains("plan 7 of s: 36 changes, 34 of them writes, at most 34 calls to the target"), "{text}");
        assert!(text.contains("KIND      LINK  CREATE  UPDATE  HELD  CALLS\ncustomer     2       0       0     0      0\nasset        0      30       4     0     34"), "{text}");
        assert!(
            text.contains("crosswalk link list s")
                && text.contains("(1 customer to decide)")
                && text.contains("  crosswalk apply 7\n"),
            "{text}"
        );
    }

    #[test]
    fn where_usage_takes_part_customers_are_decided_with_their_contracts() {
        let text = summary(&SyncName::new("s").unwrap(), &report(&[], 2), &held(&[]), true, Lang::En);
        assert!(text.contains("  crosswalk customer list s --state proposed"), "{text}");
        assert!(text.contains("  crosswalk customer accept s\n") && !text.contains("crosswalk link"), "{text}");
    }

    #[test]
    fn what_is_held_is_released_by_its_brakes_but_for_previews() {
        let all = report(&[(Kind::Asset, Action::Update, 4, 4)], 0);
        let text = shown(&all, &held(&[Brake::FirstRun, Brake::Updates]));
        assert!(
            text.contains("  crosswalk apply 7 --release first-run --release updates   (")
                && !text.contains("apply 7\n"),
            "{text}"
        );
        let text = shown(&all, &held(&[Brake::Preview]));
        assert!(!text.contains("crosswalk apply"), "{text}");
        let some = report(&[(Kind::Asset, Action::Update, 4, 1)], 0);
        assert!(shown(&some, &held(&[Brake::Updates])).contains("  crosswalk apply 7   (changes that no brake holds)"));
    }

    #[test]
    fn findings_are_counted_by_cause_over_all_of_the_plan() {
        let mut report = report(&[], 0);
        let found = |cause, source: &str, message: &str| Finding::new(cause, Kind::Asset, "1", source, message);
        report.findings = vec![found(Cause::ByHand, "a", "rare"), found(Cause::Missing, "b", "common")];
        let total = |cause, count| FindingTotal { kind: Kind::Asset, cause, count };
        report.plan.findings = vec![total(Cause::Missing, 1776), total(Cause::ByHand, 1)];
        report.findings_total = 1777;
        let text = shown(&report, &held(&[]));
        let expected = "Left as it is: 1,777 findings (`crosswalk finding list --plan 7` shows each)\n\
            TIMES  KIND   FINDING  SUCH AS  OF\n \
             1776  asset  missing  common   b, …\n    \
                1  asset  by-hand  rare     a";
        assert!(text.contains(expected), "{text}");
    }
}
