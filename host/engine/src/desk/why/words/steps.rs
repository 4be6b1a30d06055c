//! The steps of a trace, from source to target: what was read, matched, written and planned.
//!
//! Whether the record is in step is the verdict's.

use super::{Step, Teller, ended};
use crate::desk::why::Found;
use crate::ground::find::ChangeView;
use crate::rules::plan::{same, shown};
use crosswalk_model::{Event, LinkState};
use crosswalk_store::{ChangeStatus, JournalEntry, Stored};

/// Maximum number of fields listed for a write.
const FIELDS: usize = 6;

impl Teller<'_> {
    pub(super) fn steps(&self) -> Vec<Step> {
        let Self { sync, facts, .. } = *self;
        let mut steps = Vec::new();
        let mut step = |what, words: String| steps.push(Step { what, words });
        match &facts.source {
            Some(stored) => step("source", side(sync.source.as_str(), stored)),
            None => step("source", format!("nothing was read of it from `{}`", sync.source)),
        }
        if let Some(customer) = &facts.customer {
            step("customer", format!("it belongs to {}, which {}", customer.called(), customer.stands()));
        }
        if let Some(words) = self.counted() {
            step("counted", words);
        }
        step("match", self.matched());
        if let Some(stored) = &facts.target {
            step("target", side(sync.target.as_str(), stored));
        }
        let written = facts.journal.iter().position(|entry| entry.event.is_write());
        let tried =
            facts.journal.iter().position(|entry| matches!(entry.event, Event::Failed | Event::Stale | Event::Skipped));
        if let Some(entry) = written.and_then(|at| facts.journal.get(at)) {
            step("written", happened(entry));
        }
        if let Some(entry) =
            tried.filter(|at| written.is_none_or(|written| *at < written)).and_then(|at| facts.journal.get(at))
        {
            step("tried", happened(entry));
        }
        for words in self.kept() {
            step("kept", words);
        }
        if let Some(why) = &facts.unbilled {
            step("billing", format!("nothing of its usage is billed: {why}"));
        }
        facts.afresh.findings.iter().for_each(|finding| step("left", finding.message.clone()));
        facts.line.iter().flat_map(|line| &line.notes).for_each(|note| step("left", note.clone()));
        for Found { plan, made_at, finding } in &facts.found {
            step("found", format!("plan {plan}, made at {made_at}: {}", finding.message));
        }
        facts.by_rule.iter().for_each(|words| step("left", words.clone()));
        for view in facts.planned.iter().filter(|view| view.status != ChangeStatus::Done) {
            step("planned", self.in_plan(view));
        }
        if self.planned(&[ChangeStatus::Pending]).is_none() {
            for change in &facts.afresh.changes {
                step("planned", format!("the next plan has “{}”: {}", change.action.as_str(), change.reason));
            }
        }
        if let Some((plan, made_at)) = facts.plan {
            step(
                "plan",
                format!(
                    "plan {plan}, made at {made_at}, is the newest; what was read or decided since is told as it is now"
                ),
            );
        }
        steps
    }

    /// Describes how it was matched: rule, score, decider and time.
    fn matched(&self) -> String {
        let Some(link) = &self.facts.link else { return "nothing is decided yet".to_owned() };
        let to = link.target.as_deref().unwrap_or_default();
        let stands = match link.state {
            LinkState::Linked if link.made => format!("linked to `{to}`, which this host made,"),
            LinkState::Linked => format!("linked to `{to}`"),
            LinkState::Broken => format!("linked to `{to}`, which is gone,"),
            LinkState::Proposed => "a proposal".to_owned(),
            LinkState::Conflict => "a conflict".to_owned(),
            LinkState::Excluded => "excluded".to_owned(),
            LinkState::Create => "to be created".to_owned(),
            LinkState::Unmapped => "linked to nothing".to_owned(),
        };
        let by = if link.decided_by.is_none() { String::new() } else { format!(" by {}", self.who(link)) };
        let mut words = format!("{stands}{by} at {}", link.decided_at);
        if !link.reason.is_empty() {
            words.push_str(&format!(": {}", link.reason));
        }
        for found in &link.candidates {
            words.push_str(&format!(
                "; `{}` “{}” scores {:.2}: {}",
                found.target, found.name, found.score, found.reason
            ));
        }
        if !link.declined.is_empty() {
            words.push_str(&format!("; said no to {}", link.declined.join(", ")));
        }
        words
    }

    /// Describes values that the vendor stored other than they were sent.
    fn kept(&self) -> Vec<String> {
        let Some(link) = self.facts.link.as_ref().filter(|link| link.linked().is_some()) else { return Vec::new() };
        let both = link.sent.iter().filter_map(|(name, sent)| Some((name, sent, link.written.get(name)?)));
        both.filter(|(_, sent, kept)| !same(sent, kept))
            .map(|(name, sent, kept)| {
                format!("of {name} the target kept {} where {} was sent", shown(kept), shown(sent))
            })
            .collect()
    }

    fn in_plan(&self, view: &ChangeView) -> String {
        let plan = self.facts.plan.map_or_else(String::new, |(plan, _)| format!("plan {plan} has "));
        let mut words = format!("{plan}“{}”: {}", view.change.action.as_str(), view.change.reason);
        if let Some(hold) = &view.change.held {
            words.push_str(&format!("; held by the brake `{}`: {}", hold.words(), hold.reason));
        }
        if view.status != ChangeStatus::Pending {
            words.push_str(&format!("; it {}", ended(view.status)));
            if !view.message.is_empty() {
                words.push_str(&format!(": {}", view.message));
            }
        }
        words
    }
}

/// Describes a record as last read, with the time.
fn side(connection: &str, stored: &Stored) -> String {
    let record = &stored.record;
    let mut words = format!("`{connection}` has it as `{}` “{}”", record.id, record.name);
    if !record.active() {
        words.push_str(", out of use");
    }
    if let Some(first) = stored.first_at {
        words.push_str(&format!("; first seen {first}"));
    }
    words.push_str(&format!("; last seen {}", stored.seen_at));
    if let Some(gone) = stored.gone_at {
        words.push_str(&format!("; gone since {gone}"));
    }
    words
}

/// Describes a journal entry as a step, with the fields it wrote.
fn happened(entry: &JournalEntry) -> String {
    let run = entry.run.map_or_else(String::new, |run| format!(" in run {run}"));
    let mut words = format!("{} at {}{run}: {}", entry.event, entry.at, entry.message);
    let name = |field: &serde_json::Value| field.get("field").and_then(|name| name.as_str()).map(str::to_owned);
    let fields: Vec<String> =
        entry.detail.iter().filter_map(|detail| detail.as_array()).flatten().filter_map(name).collect();
    if entry.event.is_write() && !fields.is_empty() {
        let more = if fields.len() > FIELDS { format!(" and {} more", fields.len() - FIELDS) } else { String::new() };
        let told = &fields[..fields.len().min(FIELDS)];
        words.push_str(&format!(" ({}{more})", told.join(", ")));
    }
    words
}
