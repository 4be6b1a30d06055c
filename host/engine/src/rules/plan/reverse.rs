//! The other way: which customers of the target are created at the source.
//!
//! Off unless the sync's rules say `reverse`. A customer that is in use in the target and has no part in any link,
//! proposal or conflict is created at the source when no source customer has a name near its own; a near name becomes a
//! finding and waits for a person, who says `create` or `exclude`. Once created the two are linked in the same commit,
//! so that the new source customer is never taken for news and sent back.
//!
//! Its change differs from others: `target` is the existing record; `source` and `customer` are empty, because the
//! source record does not exist yet. Its fields are those of the target's that the source's connector accepts.
//!
//! Pure, and only about customers: what belongs to one is synced the usual way.

use super::fields::{self, Layout};
use super::write::{decide, note_rest, sent_values};
use super::{Item, PlanInput, Planned, Reference};
use crate::rules::matching::{Decision, Matched, NameIndex};
use crate::rules::names;
use crate::rules::value::same;
use crosswalk_model::said::Arg;
use crosswalk_model::sync::KindRules;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{
    Action, Cause, Change, Decider, Finding, Kind, KindDescription, Link, LinkState, Operation, PlannedChange, Record,
    ReverseDecision, Risk, Said, Side, Step, SyncName, SyncRules, Timestamp, Value, said,
};
use std::collections::{HashMap, HashSet};

/// All customers of a sync, both sides read to the end.
#[derive(Clone, Copy)]
pub struct ReverseInput<'a> {
    /// The source's.
    pub source: &'a [Record],
    /// The target's.
    pub target: &'a [Record],
    /// All customer links of the sync.
    pub links: &'a [Link],
    /// What matching decided just now of the source's.
    pub matched: &'a [Matched],
    /// What a person decided of target customers, by their ids.
    pub decisions: &'a HashMap<String, ReverseDecision>,
    /// Target customers that are none of the MSP's customers, such as the catch-all of tickets.
    pub apart: Option<&'a str>,
    /// The sync, as a person names it in a command.
    pub sync: &'a SyncName,
    /// What the source's connector can do with customers.
    pub describe: &'a KindDescription,
    /// Now.
    pub now: Timestamp,
    /// Whether somebody wants it to stop.
    pub stopped: &'a dyn Fn() -> bool,
}

/// Plans the customers to be created at the source. Findings and changes come by the
/// target's id; a finding's `source` is that id too. Stopped, it gives what it has: the caller ends.
#[must_use]
pub fn plan_reverse(input: &ReverseInput<'_>) -> Planned {
    let mut out = Planned::default();
    if !input.describe.writes.contains(&Operation::Create) {
        return out;
    }
    let spoken_for = spoken_for(input);
    let mut free: Vec<&Record> = input
        .target
        .iter()
        .filter(|record| record.active() && !spoken_for.contains(record.id.as_str()))
        .filter(|record| input.decisions.get(&record.id) != Some(&ReverseDecision::Exclude))
        .collect();
    free.sort_by(|a, b| a.id.cmp(&b.id));
    let goes_on = || !(input.stopped)();
    let sources = input.source.iter().take_while(|_| goes_on());
    let index = NameIndex::new(sources.map(|record| names::Company::new(&record.name)).collect());
    let mut named: HashMap<String, u32> = HashMap::new();
    for record in input.target.iter().filter(|record| record.active()).take_while(|_| goes_on()) {
        *named.entry(names::plain(&record.name)).or_default() += 1;
    }
    for record in free.into_iter().take_while(|_| goes_on()) {
        let decided = input.decisions.get(&record.id) == Some(&ReverseDecision::Create);
        let twin = named.get(&names::plain(&record.name)).is_some_and(|count| *count > 1);
        let why_not = match nearest(&index, input.source, record) {
            _ if record.name.trim().is_empty() => Some(said!("plan-reverse-nameless")),
            Some(near) if !decided => Some(near),
            _ if twin && !decided => Some(said!("plan-reverse-twins")),
            _ => None,
        };
        match why_not {
            Some(why) => {
                let decide = Call::of(Verb::LinkReverse).with("sync", input.sync).with("target", &record.id);
                let message = said!("plan-reverse-not-created", why, decide);
                let finding = Finding::new(Cause::NotCreated, Kind::Customer, "", record.id.clone(), message);
                out.findings.push(finding.at(Side::Target));
            }
            None => out.changes.push(create(input, record, decided)),
        }
    }
    out
}

/// The targets that a link, a proposal or a conflict is about.
fn spoken_for<'a>(input: &ReverseInput<'a>) -> HashSet<&'a str> {
    let mut ids: HashSet<&str> = input.apart.into_iter().collect();
    for link in input.links {
        ids.extend(link.target.as_deref());
        // What is proposed by now is in `matched`; what an operator left so is only here.
        if matches!(link.state, LinkState::Proposed | LinkState::Conflict) {
            ids.extend(link.candidates.iter().map(|candidate| candidate.target.as_str()));
        }
    }
    for matched in input.matched {
        match &matched.decision {
            Decision::Linked { target, .. } => drop(ids.insert(target.as_str())),
            Decision::Proposed { candidates, .. } | Decision::Conflict { candidates, .. } => {
                ids.extend(candidates.iter().map(|candidate| candidate.target.as_str()));
            }
            Decision::Keep | Decision::Create { .. } | Decision::Unmapped { .. } | Decision::Broken { .. } => {}
        }
    }
    ids
}

/// The source customer of the nearest name, as a message; none when no name is near.
fn nearest(index: &NameIndex, source: &[Record], record: &Record) -> Option<Said> {
    let near = index.near(&names::Company::new(&record.name));
    let (at, score, reason) =
        near.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| source[b.0].id.cmp(&source[a.0].id)))?;
    Some(said!(
        "plan-reverse-near",
        name = &record.name,
        id = &source[at].id,
        other = &source[at].name,
        reason,
        score = Arg::decimal(format!("{score:.2}")),
    ))
}

fn create(input: &ReverseInput<'_>, record: &Record, decided: bool) -> PlannedChange {
    let rules = SyncRules::default();
    let layout_input = PlanInput {
        kind: Kind::Customer,
        customer: "",
        items: &[] as &[Item<'_>],
        parent_target: None,
        parent_out_of_use: None,
        describe: input.describe,
        rules: &rules,
        now: input.now,
        refresh: false,
        resolve: &|_, _| Reference::Unknown,
    };
    let layout = Layout::new(&layout_input, &KindRules::default());
    let mut fields = fields::initial(&layout_input, &layout, record).diffs;
    // What is created is in use.
    fields.retain(|diff| diff.name != "active");
    PlannedChange {
        sequence: 0,
        kind: Kind::Customer,
        action: Action::CreateSource,
        customer: String::new(),
        source: String::new(),
        target: Some(record.id.clone()),
        name: record.name.clone(),
        fields,
        step: Step::CreateSource,
        reason: if decided { said!("plan-reverse-asked") } else { said!("plan-reverse-alone") },
        risk: Risk::Medium,
        calls: input.describe.calls_per_change,
        held: None,
        link_revision: 0,
    }
}

/// The link of a target customer to what was created for it at the source. `link` is the
/// one that source record has already (matching may have seen it first), `sent` what was
/// written there, `kept` the source record as read back, `there` the target's.
///
/// Both sides count as agreed from here on, however either spells it: what the source cut
/// or reformatted is never sent back as a change.
#[must_use]
pub fn after_reverse(
    link: Option<&Link>,
    change: &PlannedChange,
    sent: Option<&Change>,
    source: &str,
    kept: Option<&Record>,
    there: Option<&Record>,
    now: Timestamp,
) -> Link {
    let mut next = link.cloned().unwrap_or_else(|| Link::unmapped(change.kind, source, now));
    next.forget();
    decide(&mut next, LinkState::Linked, change.target.as_deref(), Decider::Reverse, &change.reason, now);
    next.sent = sent.into_iter().flat_map(sent_values).map(|(name, value)| (name.to_owned(), value)).collect();
    if let Some(kept) = kept {
        next.sent.insert("name".to_owned(), Value::Text(kept.name.clone()));
        next.sent.extend(kept.fields.iter().map(|field| (field.name.clone(), field.value.clone())));
    }
    if let Some(there) = there {
        note_rest(&mut next, there);
        // Only what both tell is agreed on: the rest is new to one of them.
        let written = &next.written;
        next.sent.retain(|name, _| written.contains_key(name));
    }
    next
}

/// Why a customer must not be created at the source any more; `there` is the target's as it is now.
pub(super) fn stale_reverse(change: &PlannedChange, there: Option<&Record>) -> Option<Said> {
    match there {
        None => Some(said!("plan-stale-gone")),
        Some(there) if !there.active() => Some(said!("plan-stale-out-of-use")),
        Some(there) if !same(&Value::Text(there.name.clone()), &Value::Text(change.name.clone())) => {
            Some(said!("plan-stale-field-changed", field = "name"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests;
