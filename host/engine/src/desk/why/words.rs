//! A trace in messages: the verdict, the steps from source to target, and what would change it.
//!
//! Pure: from facts to messages. Independent of the names of kinds, so that it holds for every kind of a sync;
//! those particular to alerts, lines of usage and billed customers are in `special`, the steps in `steps`.

mod special;
mod steps;

use super::{Customer, Facts, Found};
use crate::ground::find::ChangeView;
use crosswalk_model::sync::Sites;
use crosswalk_model::{
    Actor, Brake, Call, Cause, Decider, Event, Kind, Link, LinkState, Said, Sync, Trust, Verb, said,
};
use crosswalk_store::{ChangeStatus, JournalEntry};
use serde::Serialize;

/// One step of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Subject of the step: `source`, `customer`, `match`, `target`, `counted`, `billing`, `written`, `tried`, `kept`,
    /// `left`, `found`, `planned`, `plan`.
    pub what: &'static str,
    /// What is said of it.
    pub words: Said,
}

/// What would change a record's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What to do.
    pub call: Call,
    /// Its effect.
    pub does: Said,
}

/// Returns the verdict, the steps, and what would change it.
pub(super) fn tell(sync: &Sync, kind: Kind, facts: &Facts) -> (Said, Vec<Step>, Vec<Advice>) {
    let teller = Teller { sync, kind, facts };
    let (verdict, next) = teller.verdict();
    (verdict, teller.steps(), next)
}

struct Teller<'a> {
    sync: &'a Sync,
    kind: Kind,
    facts: &'a Facts,
}

impl Teller<'_> {
    /// Returns whether the record is in step, and what would change that. An obstacle to everything else comes first.
    fn verdict(&self) -> (Said, Vec<Advice>) {
        self.under_way().or_else(|| self.outside()).unwrap_or_else(|| match &self.facts.link {
            Some(link) => self.by_link(link),
            None => (said!("why-undecided", kind = self.kind), vec![self.plan(said!("why-does-match"))]),
        })
    }

    /// Verdict on what the newest plan has of the record, or what an earlier one left open; `None` if there is neither.
    /// Lines of usage, and alerts, always have one.
    fn under_way(&self) -> Option<(Said, Vec<Advice>)> {
        if let Some(open) = self.facts.uncertain.as_ref().filter(|open| open.status == ChangeStatus::Uncertain) {
            let (action, run, why) = (open.action, open.run, &open.why);
            let verdict = match open.due_at {
                Some(due) => said!("why-uncertain-due", action, run, why, due),
                None => said!("why-uncertain", action, run, why),
            };
            let by_hand = Advice {
                call: Call::of(Verb::UncertainSettle).with("change", &open.change),
                does: said!("why-does-settle"),
            };
            return Some((verdict, vec![self.plan(said!("why-does-look-up")), by_hand]));
        }
        if let Some(special) = self.special() {
            return Some(special);
        }
        if let Some(open) = self.planned(&[ChangeStatus::Pending]) {
            return Some(self.open(open));
        }
        if let Some(under_way) =
            self.planned(&[ChangeStatus::Intended, ChangeStatus::Accepted, ChangeStatus::Uncertain])
        {
            let verdict = said!("why-outcome-unknown", action = under_way.change.action);
            return Some((verdict, vec![self.plan(said!("why-does-look-up-first"))]));
        }
        let view = self.planned(&[ChangeStatus::Failed, ChangeStatus::Stale, ChangeStatus::Skipped])?;
        let ended = said!("why-ended", action = view.change.action, status = view.status.as_str());
        let verdict = not_in_step(&because(ended, &view.message));
        Some((verdict, vec![self.plan(said!("why-does-try-again"))]))
    }

    /// Verdict on a record that the sync or its customer leaves out, or that only a plan's finding reports; `None` if
    /// its own link decides, or nothing does yet.
    fn outside(&self) -> Option<(Said, Vec<Advice>)> {
        let Self { sync, kind, facts } = *self;
        if facts.source.is_none() && facts.link.is_none() && facts.target.is_some() {
            let verdict = match facts.found.first() {
                Some(found) => not_in_step(&found.finding.message),
                None => said!("why-target-alone", kind, connection = &sync.source),
            };
            let list = Call::of(Verb::LinkList).with("sync", &sync.name).with("kind", kind);
            return Some((verdict, vec![Advice { call: list, does: said!("why-does-list") }]));
        }
        if !sync.rules.kinds.contains_key(&kind) {
            return Some((said!("why-kind-out", kind, sync = &sync.name), Vec::new()));
        }
        if kind == Kind::Location && sync.rules.sites == Sites::Primary {
            return Some((said!("why-sites-primary"), Vec::new()));
        }
        if let (None, Some(found)) = (&facts.link, facts.found.first()) {
            return Some(self.found(found));
        }
        let customer = facts.customer.as_ref().filter(|customer| customer.bars(facts))?;
        if facts.link.as_ref().is_some_and(|link| link.state == LinkState::Excluded) {
            return None;
        }
        let verdict = said!("why-customer-bars", customer = customer.called(), stands = customer.stands());
        Some((verdict, vec![self.why(Kind::Customer, &customer.id, said!("why-does-customer-waits"))]))
    }

    fn by_link(&self, link: &Link) -> (Said, Vec<Advice>) {
        let facts = self.facts;
        let create = || self.link(Verb::LinkCreate, said!("why-does-create"));
        let set = || self.link(Verb::LinkSet, said!("why-does-set"));
        let exclude = || self.link(Verb::LinkExclude, said!("why-does-exclude"));
        match link.state {
            LinkState::Linked => self.linked(link),
            LinkState::Proposed => {
                let mut yes = self.link(Verb::LinkSet, said!("why-does-accept"));
                if let Some(best) = link.candidates.first() {
                    yes.call = yes.call.with("target", &best.target);
                }
                (said!("why-proposed"), vec![yes, create(), exclude()])
            }
            LinkState::Conflict => (said!("why-conflict"), vec![set(), create(), exclude()]),
            LinkState::Excluded => {
                let forget = self.link(Verb::LinkForget, said!("why-does-forget"));
                (said!("why-excluded", by = self.by(link)), vec![set(), create(), forget])
            }
            LinkState::Create | LinkState::Unmapped if !facts.found.is_empty() => self.found(&facts.found[0]),
            LinkState::Create => (said!("why-create"), vec![self.plan(said!("why-does-create-plan")), exclude()]),
            LinkState::Broken => (said!("why-broken"), vec![set(), create(), exclude()]),
            LinkState::Unmapped if facts.source.is_none() => {
                (said!("why-unread", connection = &self.sync.source), vec![self.plan(said!("why-does-read"))])
            }
            LinkState::Unmapped => {
                let why = or(&link.reason, said!("why-no-match"));
                (not_in_step(&why), vec![set(), create(), exclude()])
            }
        }
    }

    fn open(&self, open: &ChangeView) -> (Said, Vec<Advice>) {
        let action = open.change.action;
        let Some(hold) = &open.change.held else {
            let verdict = said!("why-planned", action, reason = &open.change.reason);
            return (verdict, vec![self.apply(&[], said!("why-does-apply"))]);
        };
        let verdict = said!("why-planned-held", action, brake = hold.words(), reason = &hold.reason);
        if hold.brakes == [Brake::Unmapped] {
            let set = Call::of(Verb::LinkSet).with("sync", &self.sync.name).with("kind", Kind::Customer);
            let set = set.with("source", &open.change.customer);
            return (verdict, vec![Advice { call: set, does: said!("why-does-link-customer") }]);
        }
        let trust = self.sync.rules.kinds.get(&self.kind).map_or(Trust::Preview, |rules| rules.trust);
        if !hold.can_release() || trust == Trust::Preview {
            return (verdict, Vec::new());
        }
        (verdict, vec![self.apply(&hold.brakes, said!("why-does-release"))])
    }

    fn linked(&self, link: &Link) -> (Said, Vec<Advice>) {
        let facts = self.facts;
        let left = !facts.afresh.findings.is_empty() || !facts.by_rule.is_empty() || !facts.found.is_empty();
        if facts.target.as_ref().is_none_or(|stored| stored.gone_at.is_some()) {
            let anew = self.link(Verb::LinkCreate, said!("why-does-create-anew"));
            return (said!("why-target-unread"), vec![self.plan(said!("why-does-look-again")), anew]);
        }
        if let Some(change) = facts.due() {
            let verdict = said!("why-due", action = change.action, reason = &change.reason);
            return (verdict, vec![self.plan(said!("why-does-plan"))]);
        }
        if self.gone() {
            let found = facts.found.iter().map(|found| &found.finding).chain(&facts.afresh.findings).next();
            let verdict = match (found, facts.target.as_ref().is_some_and(|stored| stored.record.active())) {
                (Some(finding), _) => finding.message.clone(),
                (None, true) => said!("why-gone-active"),
                (None, false) => said!("why-gone-inactive"),
            };
            return (verdict, Vec::new());
        }
        let (by, reason) = (self.by(link), or(&link.reason, said!("why-no-reason")));
        match &facts.unbilled {
            Some(why) => (said!("why-in-step-unbilled", why, by, reason), self.billing()),
            None if left => (said!("why-in-step-left", by, reason), Vec::new()),
            None => (said!("why-in-step", by, reason), Vec::new()),
        }
    }

    /// Verdict on a plan's finding for a record that is not linked.
    fn found(&self, found: &Found) -> (Said, Vec<Advice>) {
        let next = match found.finding.cause {
            Cause::Cannot | Cause::Unmapped | Cause::Nameless => vec![
                self.link(Verb::LinkSet, said!("why-does-set")),
                self.link(Verb::LinkExclude, said!("why-does-exclude")),
            ],
            _ => vec![self.plan(said!("why-does-look-again"))],
        };
        (not_in_step(&found.finding.message), next)
    }

    /// Returns the decider of the record's link, as a part of a sentence; of a person also who that was.
    fn by(&self, link: &Link) -> Said {
        let is_decision = |entry: &&JournalEntry| matches!(entry.event, Event::Decided | Event::Mapped);
        let decided =
            self.facts.journal.iter().find(is_decision).filter(|_| link.decided_by == Some(Decider::Operator));
        by(link, decided.and_then(|entry| entry.actor.as_ref()))
    }

    fn planned(&self, statuses: &[ChangeStatus]) -> Option<&ChangeView> {
        self.facts.planned.iter().find(|view| statuses.contains(&view.status))
    }

    fn gone(&self) -> bool {
        self.facts.source.as_ref().is_some_and(|stored| stored.gone_at.is_some())
    }

    fn source_id(&self) -> Option<&str> {
        let linked = self.facts.link.as_ref().map(|link| link.source.as_str());
        self.facts.source.as_ref().map(|stored| stored.record.id.as_str()).or(linked)
    }

    fn plan(&self, does: Said) -> Advice {
        let call = match self.kind.counterpart() == self.kind {
            true => Call::of(Verb::Plan),
            // Records that become another kind are polled.
            false => Call::of(Verb::AlertPoll).flag("plan"),
        };
        Advice { call: call.with("sync", &self.sync.name), does }
    }

    fn apply(&self, release: &[Brake], does: Said) -> Advice {
        let mut call = Call::of(Verb::Apply).each("release", release);
        if let Some((plan, _)) = self.facts.plan {
            call = call.with("plan", plan);
        }
        Advice { call, does }
    }

    /// Advises a decision on the record's link.
    fn link(&self, verb: Verb, does: Said) -> Advice {
        let mut call = Call::of(verb).with("sync", &self.sync.name).with("kind", self.kind);
        if let Some(source) = self.source_id() {
            call = call.with("source", source);
        }
        Advice { call, does }
    }

    /// Advises to have another record explained.
    fn why(&self, kind: Kind, record: &str, does: Said) -> Advice {
        let call = Call::of(Verb::Why).with("sync", &self.sync.name).with("kind", kind).with("record", record);
        Advice { call, does }
    }
}

impl Customer {
    fn account(&self) -> Option<&str> {
        self.link.as_ref().and_then(Link::linked)
    }

    /// Whether nothing is planned for the customer's records, not even as part of the plan's intention for it.
    fn bars(&self, facts: &Facts) -> bool {
        self.account().is_none() && !facts.is_left() && (self.to_come.is_none() || facts.link.is_none())
    }

    fn called(&self) -> Said {
        let (customer, name) = (&self.id, &self.name);
        if name.is_empty() { said!("why-customer-id", customer) } else { said!("why-customer-name", customer, name) }
    }

    /// What is said of it: a sentence without its subject.
    fn stands(&self) -> Said {
        if let (None, Some(to_come)) = (self.account(), &self.to_come) {
            return to_come.clone();
        }
        let Some(link) = &self.link else {
            return if self.listed { said!("why-customer-undecided") } else { said!("why-customer-unlisted") };
        };
        match (link.state, link.target.as_deref().unwrap_or_default()) {
            (LinkState::Linked, target) => said!("why-customer-linked", target),
            (LinkState::Excluded, _) => said!("why-customer-excluded", by = by(link, None)),
            (LinkState::Create, _) => said!("why-customer-create"),
            (LinkState::Proposed, _) => said!("why-customer-proposed"),
            (LinkState::Conflict, _) => said!("why-customer-conflict"),
            (LinkState::Broken, target) => said!("why-customer-broken", target),
            (LinkState::Unmapped, _) => said!("why-customer-unmapped"),
        }
    }
}

fn not_in_step(why: &Said) -> Said {
    said!("why-not-in-step", why)
}

/// Returns the decider of a link, with the actor if one is known: a part of a sentence, with its preposition.
fn by(link: &Link, actor: Option<&Actor>) -> Said {
    let decider = key(link.decided_by.unwrap_or(Decider::Other).as_str());
    match actor {
        Some(actor) => said!("why-by-actor", decider, actor = actor.to_string()),
        None => said!("why-by", decider),
    }
}

/// Returns a message with its reason, if there is one.
fn because(what: Said, reason: &Said) -> Said {
    if reason.is_empty() { what } else { said!("why-because", what, reason) }
}

fn or(text: &Said, otherwise: Said) -> Said {
    if text.is_empty() { otherwise } else { text.clone() }
}

/// Returns a word of the model as a catalogue can select by it: letters, with hyphens between them.
fn key(word: &str) -> String {
    word.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests;
