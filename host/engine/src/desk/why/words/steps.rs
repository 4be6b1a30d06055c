//! The steps of a trace, from source to target: what was read, matched, written and planned.
//!
//! Whether the record is in step is the verdict's.

use super::{Step, Teller, because, key};
use crate::desk::why::Found;
use crate::ground::find::ChangeView;
use crate::rules::plan::{same, shown};
use crosswalk_model::said::Arg;
use crosswalk_model::{Event, LinkState, PlanId, Said, said};
use crosswalk_store::{ChangeStatus, JournalEntry, Stored};

/// Maximum number of fields listed for a write.
const FIELDS: usize = 6;

impl Teller<'_> {
    pub(super) fn steps(&self) -> Vec<Step> {
        let Self { sync, facts, .. } = *self;
        let mut steps = Vec::new();
        let mut step = |what, words: Said| steps.push(Step { what, words });
        match &facts.source {
            Some(stored) => step("source", side(sync.source.as_str(), stored)),
            None => step("source", said!("why-nothing-read", connection = &sync.source)),
        }
        if let Some(customer) = &facts.customer {
            step("customer", said!("why-customer", customer = customer.called(), stands = customer.stands()));
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
            step("billing", said!("why-unbilled", why));
        }
        facts.afresh.findings.iter().for_each(|finding| step("left", finding.message.clone()));
        facts.line.iter().flat_map(|line| &line.notes).for_each(|note| step("left", note.clone()));
        for Found { plan, made_at, finding } in &facts.found {
            step("found", said!("why-found", plan = *plan, made_at = *made_at, message = &finding.message));
        }
        facts.by_rule.iter().for_each(|words| step("left", words.clone()));
        if let Some((plan, _)) = facts.plan {
            let open = facts.planned.iter().filter(|view| view.status != ChangeStatus::Done);
            open.for_each(|view| step("planned", in_plan(plan, view)));
        }
        if self.planned(&[ChangeStatus::Pending]).is_none() {
            for change in &facts.afresh.changes {
                step("planned", said!("why-next-plan", action = change.action, reason = &change.reason));
            }
        }
        if let Some((plan, made_at)) = facts.plan {
            step("plan", said!("why-newest-plan", plan, made_at));
        }
        steps
    }

    /// Describes how it was matched: rule, score, decider and time.
    fn matched(&self) -> Said {
        let Some(link) = &self.facts.link else { return said!("why-match-none") };
        let (target, at) = (link.target.as_deref().unwrap_or_default(), link.decided_at);
        let state = match link.state {
            LinkState::Linked if link.made => "made",
            state => state.as_str(),
        };
        let stands = match link.decided_by {
            Some(_) => said!("why-match-by", state, target, by = self.by(link), at),
            None => said!("why-match", state, target, at),
        };
        let candidates = link.candidates.iter().map(|found| {
            let score = Arg::decimal(format!("{:.2}", found.score));
            said!("why-candidate", target = &found.target, name = &found.name, score, reason = &found.reason)
        });
        let declined = (!link.declined.is_empty()).then(|| said!("why-declined", targets = Arg::list(&link.declined)));
        Said::several(std::iter::once(because(stands, &link.reason)).chain(candidates).chain(declined))
    }

    /// Describes values that the vendor stored other than they were sent.
    fn kept(&self) -> Vec<Said> {
        let Some(link) = self.facts.link.as_ref().filter(|link| link.linked().is_some()) else { return Vec::new() };
        let both = link.sent.iter().filter_map(|(name, sent)| Some((name, sent, link.written.get(name)?)));
        both.filter(|(_, sent, kept)| !same(sent, kept))
            .map(|(field, sent, kept)| said!("why-kept", field, sent = shown(sent), kept = shown(kept)))
            .collect()
    }
}

/// Describes a change of a plan: what holds it, and how it ended.
fn in_plan(plan: PlanId, view: &ChangeView) -> Said {
    let change = &view.change;
    let has = said!("why-plan-has", plan, action = change.action, reason = &change.reason);
    let held = change.held.as_ref().map(|hold| said!("why-held", brake = hold.words(), reason = &hold.reason));
    let ended = (view.status != ChangeStatus::Pending)
        .then(|| because(said!("why-change-ended", status = view.status.as_str()), &view.message));
    Said::several(std::iter::once(has).chain(held).chain(ended))
}

/// Describes a record as last read, with the time.
fn side(connection: &str, stored: &Stored) -> Said {
    let (id, name) = (&stored.record.id, &stored.record.name);
    let has = match stored.record.active() {
        true => said!("why-has", connection, id, name),
        false => said!("why-has-out-of-use", connection, id, name),
    };
    let first = stored.first_at.map(|at| said!("why-first-seen", at));
    let last = said!("why-last-seen", at = stored.seen_at);
    let gone = stored.gone_at.map(|at| said!("why-gone-since", at));
    Said::several(std::iter::once(has).chain(first).chain([last]).chain(gone))
}

/// Describes a journal entry as a step, with the fields it wrote.
fn happened(entry: &JournalEntry) -> Said {
    let (event, at) = (key(entry.event.as_str()), entry.at);
    let happened = match entry.run {
        Some(run) => said!("why-happened-in-run", event, at, run),
        None => said!("why-happened", event, at),
    };
    let what = because(happened, &entry.message);
    let name = |field: &serde_json::Value| field.get("field").and_then(|name| name.as_str()).map(str::to_owned);
    let fields: Vec<String> =
        entry.detail.iter().filter_map(|detail| detail.as_array()).flatten().filter_map(name).collect();
    if !entry.event.is_write() || fields.is_empty() {
        return what;
    }
    let (listed, more) = (Arg::list(&fields[..fields.len().min(FIELDS)]), fields.len().saturating_sub(FIELDS));
    match more {
        0 => said!("why-with-fields", what, fields = listed),
        _ => said!("why-with-fields-more", what, fields = listed, more),
    }
}
