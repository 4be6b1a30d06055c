//! A trace in words: the verdict, the steps from source to target, and what would change it.
//!
//! Pure: from facts to sentences. Independent of the names of kinds, so that it holds for every kind of a sync;
//! sentences particular to alerts, lines of usage and billed customers are in `special`, the steps in `steps`.

mod special;
mod steps;

use super::{Customer, Facts, Found};
use crate::ground::find::ChangeView;
use crosswalk_model::sync::Sites;
use crosswalk_model::{Brake, Cause, Decider, Event, Kind, Link, LinkState, Sync, Trust};
use crosswalk_store::{ChangeStatus, JournalEntry};
use serde::Serialize;

/// One step of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Subject of the step: `source`, `customer`, `match`, `target`, `counted`, `billing`, `written`, `tried`, `kept`,
    /// `left`, `found`, `planned`, `plan`.
    pub what: &'static str,
    /// Sentence for people.
    pub words: String,
}

/// A command that would change a record's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The command to type.
    pub command: String,
    /// Its effect.
    pub does: String,
}

/// Returns the verdict, the steps, and the commands that would change it.
pub(super) fn tell(sync: &Sync, kind: Kind, facts: &Facts) -> (String, Vec<Step>, Vec<Advice>) {
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
    fn verdict(&self) -> (String, Vec<Advice>) {
        self.under_way().or_else(|| self.outside()).unwrap_or_else(|| match &self.facts.link {
            Some(link) => self.by_link(link),
            None => {
                let verdict = format!("not in step: this {} was read, and nothing is decided yet", self.kind);
                (verdict, vec![self.plan("matches it")])
            }
        })
    }

    /// Verdict on what the newest plan has of the record, or what an earlier one left open; `None` if there is neither.
    /// Lines of usage, and alerts, always have one.
    fn under_way(&self) -> Option<(String, Vec<Advice>)> {
        if let Some(open) = self.facts.uncertain.as_ref().filter(|open| open.status == ChangeStatus::Uncertain) {
            let due = open.due_at.map_or_else(String::new, |due| format!(", by the first run after {due}"));
            let verdict = format!(
                "not in step yet: nobody knows whether “{}” of run {} was written ({}); it is looked up{due}, and nothing \
                 else is planned meanwhile",
                open.action.as_str(),
                open.run,
                open.why
            );
            let command = format!("crosswalk uncertain settle {}", open.change);
            let by_hand = Advice { command, does: "settles it by hand".to_owned() };
            return Some((verdict, vec![self.plan("looks it up"), by_hand]));
        }
        if let Some(told) = self.special() {
            return Some(told);
        }
        if let Some(open) = self.planned(&[ChangeStatus::Pending]) {
            return Some(self.open(open));
        }
        if let Some(under_way) =
            self.planned(&[ChangeStatus::Intended, ChangeStatus::Accepted, ChangeStatus::Uncertain])
        {
            let verdict =
                format!("not in step yet: the outcome of “{}” is not known", under_way.change.action.as_str());
            return Some((verdict, vec![self.plan("looks it up first")]));
        }
        let view = self.planned(&[ChangeStatus::Failed, ChangeStatus::Stale, ChangeStatus::Skipped])?;
        let verdict = format!("not in step: {} {}: {}", view.change.action.as_str(), ended(view.status), view.message);
        Some((verdict, vec![self.plan("tries again")]))
    }

    /// Verdict on a record that the sync or its customer leaves out, or that only a plan's finding tells of; `None` if
    /// its own link decides, or nothing does yet.
    fn outside(&self) -> Option<(String, Vec<Advice>)> {
        let Self { sync, kind, facts } = *self;
        if facts.source.is_none() && facts.link.is_none() && facts.target.is_some() {
            if let Some(found) = facts.found.first() {
                let verdict = format!("not in step: {}", found.finding.message);
                return Some((verdict, vec![self.list("shows what could be")]));
            }
            let verdict = format!("no {kind} of `{}` is linked to it: nothing of this sync touches it", sync.source);
            return Some((verdict, vec![self.list("shows what could be")]));
        }
        if !sync.rules.kinds.contains_key(&kind) {
            return Some((format!("left out: {kind}s take no part in the sync `{}`", sync.name), Vec::new()));
        }
        if kind == Kind::Location && sync.rules.sites == Sites::Primary {
            let verdict =
                "left out: by the rule `sites` all of a customer stands at its primary location, and none is made";
            return Some((verdict.to_owned(), Vec::new()));
        }
        if let (None, Some(found)) = (&facts.link, facts.found.first()) {
            return Some(self.found(found));
        }
        let customer = facts.customer.as_ref().filter(|customer| customer.bars(facts))?;
        if facts.link.as_ref().is_some_and(|link| link.state == LinkState::Excluded) {
            return None;
        }
        let verdict = format!(
            "not in step: its customer {} {}, and nothing of a customer that is not linked is synced",
            customer.called(),
            customer.stands()
        );
        let command = format!("crosswalk why {} customer {}", sync.name, customer.id);
        Some((verdict, vec![Advice { command, does: "tells what its customer waits for".to_owned() }]))
    }

    fn by_link(&self, link: &Link) -> (String, Vec<Advice>) {
        let (facts, source) = (self.facts, self.source_id());
        let create = || self.link("create", "", "has it created");
        let set = || self.link("set", " TARGET", "links it to a record of the target");
        let exclude = || self.link("exclude", "", "leaves it out");
        match link.state {
            LinkState::Linked => self.linked(link),
            LinkState::Proposed => {
                let best = link.candidates.first().map_or("TARGET", |best| best.target.as_str());
                let yes = self.link("set", &format!(" {best}"), "says yes to the best candidate");
                (
                    "not in step: something near was found and waits for a yes or no".to_owned(),
                    vec![yes, create(), exclude()],
                )
            }
            LinkState::Conflict => (
                "not in step: several could be it, and a person must choose".to_owned(),
                vec![set(), create(), exclude()],
            ),
            LinkState::Excluded => {
                let verdict = format!("left out: excluded by {}", self.who(link));
                (verdict, vec![set(), create(), self.link("forget", "", "lets matching decide again")])
            }
            LinkState::Create | LinkState::Unmapped if source.is_some() && !facts.found.is_empty() => {
                self.found(&facts.found[0])
            }
            LinkState::Create => (
                "not in step: it is to be created by the next plan".to_owned(),
                vec![self.plan("plans that"), exclude()],
            ),
            LinkState::Broken => {
                ("not in step: the linked record is gone from the target".to_owned(), vec![set(), create(), exclude()])
            }
            LinkState::Unmapped if source.is_none() => {
                ("it was never read from the source".to_owned(), vec![self.plan("reads it")])
            }
            LinkState::Unmapped => {
                (format!("not in step: {}", or(&link.reason, "no match was found")), vec![set(), create(), exclude()])
            }
        }
    }

    fn open(&self, open: &ChangeView) -> (String, Vec<Advice>) {
        let action = open.change.action.as_str();
        let Some(hold) = &open.change.held else {
            let verdict = format!("not in step: “{action}” is planned ({})", open.change.reason);
            return (verdict, vec![self.apply("", "does it")]);
        };
        let verdict =
            format!("not in step: “{action}” is planned and held by the brake `{}` ({})", hold.words(), hold.reason);
        if hold.brakes == [Brake::Unmapped] {
            let command = format!("crosswalk link set {} customer {} TARGET", self.sync.name, open.change.customer);
            return (verdict, vec![Advice { command, does: "links its customer".to_owned() }]);
        }
        let trust = self.sync.rules.kinds.get(&self.kind).map_or(Trust::Preview, |rules| rules.trust);
        if !hold.can_release() || trust == Trust::Preview {
            return (verdict, Vec::new());
        }
        let release: String = hold.brakes.iter().map(|brake| format!(" --release {brake}")).collect();
        (verdict, vec![self.apply(&release, "lets it go, with all that this brake holds")])
    }

    fn linked(&self, link: &Link) -> (String, Vec<Advice>) {
        let facts = self.facts;
        let left = !facts.afresh.findings.is_empty() || !facts.by_rule.is_empty() || !facts.found.is_empty();
        if facts.target.as_ref().is_none_or(|stored| stored.gone_at.is_some()) {
            let verdict = "not in step: the linked record is not among what was read from the target".to_owned();
            return (verdict, vec![self.plan("looks again"), self.link("create", "", "has it created anew")]);
        }
        if let Some(change) = facts.due() {
            let verdict = format!("not in step: “{}” is due ({})", change.action.as_str(), change.reason);
            return (verdict, vec![self.plan("plans it")]);
        }
        if self.gone() {
            let found = facts.found.iter().map(|found| &found.finding).chain(&facts.afresh.findings).next();
            let finding = found.map(|finding| finding.message.as_str());
            let active = facts.target.as_ref().is_some_and(|stored| stored.record.active());
            let otherwise = match active {
                true => "gone from the source; what it is in the target stands",
                false => "gone from the source, and out of use in the target",
            };
            return (finding.unwrap_or(otherwise).to_owned(), Vec::new());
        }
        let by = format!("linked by {} ({})", self.who(link), or(&link.reason, "no reason is known"));
        match &facts.unbilled {
            Some(why) => (format!("in step, but nothing of its usage is billed: {why} (it is {by})"), self.billing()),
            None if left => (format!("in step, but for what is left as it is: {by}"), Vec::new()),
            None => (format!("in step: {by}"), Vec::new()),
        }
    }

    /// Verdict on a plan's finding for a record that is not linked.
    fn found(&self, found: &Found) -> (String, Vec<Advice>) {
        let next = match found.finding.cause {
            Cause::Cannot | Cause::Unmapped | Cause::Nameless => {
                vec![
                    self.link("set", " TARGET", "links it to a record of the target"),
                    self.link("exclude", "", "leaves it out"),
                ]
            }
            _ => vec![self.plan("looks again")],
        };
        (format!("not in step: {}", found.finding.message), next)
    }

    /// Describes the decider of the record's link; of a person also who that was.
    fn who(&self, link: &Link) -> String {
        let is_decision = |entry: &&JournalEntry| matches!(entry.event, Event::Decided | Event::Mapped);
        let decided =
            self.facts.journal.iter().find(is_decision).filter(|_| link.decided_by == Some(Decider::Operator));
        match decided.and_then(|entry| entry.actor.as_ref()) {
            Some(actor) => format!("{} {actor}", who(link.decided_by)),
            None => who(link.decided_by).to_owned(),
        }
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

    fn plan(&self, does: &str) -> Advice {
        let command = match self.kind.counterpart() == self.kind {
            true => format!("crosswalk plan {}", self.sync.name),
            // Records that become another kind are polled.
            false => format!("crosswalk {} poll {} --plan", self.kind, self.sync.name),
        };
        Advice { command, does: does.to_owned() }
    }

    fn apply(&self, flags: &str, does: &str) -> Advice {
        let plan = self.facts.plan.map_or_else(|| "PLAN".to_owned(), |(plan, _)| plan.to_string());
        Advice { command: format!("crosswalk apply {plan}{flags}"), does: does.to_owned() }
    }

    fn link(&self, verb: &str, rest: &str, does: &str) -> Advice {
        let source = self.source_id().unwrap_or("SOURCE");
        let command = format!("crosswalk link {verb} {} {} {source}{rest}", self.sync.name, self.kind);
        Advice { command, does: does.to_owned() }
    }

    fn list(&self, does: &str) -> Advice {
        Advice {
            command: format!("crosswalk link list {} --kind {}", self.sync.name, self.kind),
            does: does.to_owned(),
        }
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

    fn called(&self) -> String {
        if self.name.is_empty() { format!("`{}`", self.id) } else { format!("“{}” (`{}`)", self.name, self.id) }
    }

    fn stands(&self) -> String {
        if let (None, Some(to_come)) = (self.account(), &self.to_come) {
            return to_come.clone();
        }
        let Some(link) = &self.link else {
            return if self.listed { "is not decided on yet" } else { "the source does not list" }.to_owned();
        };
        match (link.state, link.target.as_deref().unwrap_or_default()) {
            (LinkState::Linked, to) => format!("is linked to `{to}`"),
            (LinkState::Excluded, _) => format!("is excluded by {}", who(link.decided_by)),
            (LinkState::Create, _) => "is to be created".to_owned(),
            (LinkState::Proposed, _) => "waits for a yes or no".to_owned(),
            (LinkState::Conflict, _) => "waits for a choice".to_owned(),
            (LinkState::Broken, to) => format!("was linked to `{to}`, which is gone"),
            (LinkState::Unmapped, _) => "is linked to nothing".to_owned(),
        }
    }
}

fn ended(status: ChangeStatus) -> &'static str {
    match status {
        ChangeStatus::Stale => "went stale",
        ChangeStatus::Skipped => "was skipped",
        ChangeStatus::Intended | ChangeStatus::Accepted => "is under way",
        ChangeStatus::Uncertain => "is uncertain",
        ChangeStatus::Pending => "waits",
        ChangeStatus::Done => "was done",
        ChangeStatus::Failed => "failed",
    }
}

/// Describes the decider: a person, an undo, or a rule by its name.
fn who(decided_by: Option<Decider>) -> &'static str {
    match decided_by {
        Some(Decider::Operator) => "the operator",
        Some(Decider::Undo) => "an undo",
        Some(rule) => rule.as_str(),
        None => "",
    }
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

#[cfg(test)]
mod tests;
