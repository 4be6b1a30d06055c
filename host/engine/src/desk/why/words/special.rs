//! Sentences particular to alerts and lines of usage: an alert ends in a ticket or in none, a line waits for an
//! approval and has numbers. Sentences for all kinds are in `words`.

use super::{Advice, Teller};
use crate::billing::view::UsageState;
use crosswalk_model::{Hold, Kind, LetGo, LineKey, Link};
use crosswalk_store::ChangeStatus;

impl Teller<'_> {
    /// Verdict on a record with rules of its own; `None` for any other, or where the rules were not asked.
    pub(super) fn special(&self) -> Option<(String, Vec<Advice>)> {
        match self.kind {
            Kind::Alert if self.facts.asked => self.alert(),
            Kind::Usage if self.facts.asked => Some(self.line()),
            _ => None,
        }
    }

    /// Verdict on an alert. A change planned by an older poll counts only while the rules still want it.
    fn alert(&self) -> Option<(String, Vec<Advice>)> {
        let facts = self.facts;
        let under_way = [ChangeStatus::Intended, ChangeStatus::Accepted, ChangeStatus::Uncertain];
        if self.planned(&under_way).is_some() {
            return None;
        }
        if facts.due().is_some() {
            // The planned change states what holds it, or what failed.
            return self.planned(&[ChangeStatus::Pending]).map(|open| self.open(open)).or_else(|| {
                let failed = [ChangeStatus::Failed, ChangeStatus::Stale, ChangeStatus::Skipped];
                let change = facts.due().filter(|_| self.planned(&failed).is_none())?;
                let held = change.held.as_ref().map_or_else(String::new, |hold| {
                    format!(", and held by the brake `{}`: {}", hold.words(), hold.reason)
                });
                let verdict = format!("not in step: “{}” is due ({}){held}", change.action.as_str(), change.reason);
                Some((verdict, vec![self.plan("plans it")]))
            });
        }
        let found = facts.afresh.findings.iter().chain(facts.found.iter().map(|found| &found.finding));
        let finding = found.map(|finding| finding.message.as_str()).next();
        let Some(ticket) = facts.link.as_ref().and_then(Link::linked) else {
            let ((Some(why), _) | (None, Some(why))) = (facts.no_ticket.as_deref(), finding) else { return None };
            let next = facts.customer.as_ref().filter(|_| finding.is_some()).map(|customer| Advice {
                command: format!("crosswalk why {} customer {}", self.sync.name, customer.id),
                does: "tells how its customer stands".to_owned(),
            });
            return Some((format!("left out: no ticket is made of it: {why}"), next.into_iter().collect()));
        };
        if let Some(message) = finding {
            return Some((
                format!("in step, but for what is left as it is: it is in ticket `{ticket}`; {message}"),
                Vec::new(),
            ));
        }
        let there = facts.target.as_ref().filter(|stored| stored.gone_at.is_none());
        let stands = match there.map(|stored| crate::rules::plan::ticket::is_open(&stored.record)) {
            Some(true) => "which is open",
            Some(false) => "which is closed",
            None => "which was not among what was read from the target",
        };
        let gone = match self.gone() {
            true => "; the source does not list it any more, which does not say that it is over",
            false => "",
        };
        Some((format!("in step: it is in ticket `{ticket}`, {stands}{gone}"), Vec::new()))
    }

    /// Verdict on a line of usage, as in the list of lines.
    fn line(&self) -> (String, Vec<Advice>) {
        let Some(line) = &self.facts.line else {
            let verdict = "in step: nothing is counted of it, and nothing of it is on a contract";
            return (verdict.to_owned(), Vec::new());
        };
        let key = LineKey::new(&line.customer, &line.product);
        let pending = self.planned(&[ChangeStatus::Pending]);
        // A hold of the whole kind is recorded in the plan alone.
        let of_plan = pending.and_then(|view| view.change.held.as_ref());
        let own = line.brakes.iter().map(|hold| Hold::new(hold.brake, hold.reason.clone()));
        let held = Hold::together(own.chain(of_plan.cloned()));
        let next = |does: &str, command: String| vec![Advice { command, does: does.to_owned() }];
        let sync = &self.sync.name;
        match (line.state, held) {
            (UsageState::InStep, _) => match line.notes.first() {
                Some(note) => (format!("in step, but for what is left: {note} ({})", line.reason), Vec::new()),
                None => (format!("in step: {}", line.reason), Vec::new()),
            },
            (UsageState::NotFetched, _) => {
                (format!("not in step: its count is not known: {}", line.reason), vec![self.plan("reads it again")])
            }
            (UsageState::Left, _) => (
                format!("not in step: {}", line.reason),
                next("shows its customer's account, contract and switches", format!("crosswalk customer list {sync}")),
            ),
            (UsageState::Together, _) => {
                let leader = line.together.as_deref().unwrap_or_default();
                let next = next("tells how that stands", format!("crosswalk why {sync} usage {leader}"));
                (format!("in step with another: {}", line.reason), next)
            }
            (UsageState::Waiting | UsageState::Held, None) => (
                format!("not in step: it waits for an approval ({})", line.reason),
                next(
                    "approves it",
                    format!("crosswalk usage approve {sync} {} --product {}", key.customer, key.product),
                ),
            ),
            (UsageState::Waiting | UsageState::Held, Some(hold)) => {
                let verdict = format!("not in step: it is held by the brake `{}` ({})", hold.words(), hold.reason);
                if !hold.can_release() {
                    return (verdict, Vec::new());
                }
                let named = hold.brakes.iter().filter(|brake| brake.let_go() == LetGo::Named);
                let release: String = named.map(|brake| format!(" --release {brake}")).collect();
                let command =
                    format!("crosswalk usage approve {sync} {} --product {}{release}", key.customer, key.product);
                (verdict, next("approves it, held or not", command))
            }
        }
    }

    /// Numbers of a line.
    pub(super) fn counted(&self) -> Option<String> {
        let line = self.facts.line.as_ref()?;
        let number = |number: Option<i64>| number.map_or_else(|| "not known".to_owned(), |number| number.to_string());
        let mut words = format!(
            "counted {}; on the contract {}; approved {}",
            number(line.counted),
            number(line.has),
            number(line.approved)
        );
        if let Some((id, name)) = &line.contract {
            words.push_str(&format!("; its contract is {name} (`{id}`)"));
        }
        Some(words)
    }

    /// Commands that would have a customer's usage billed.
    pub(super) fn billing(&self) -> Vec<Advice> {
        let Some(customer) = self.source_id() else { return Vec::new() };
        let command = format!("crosswalk customer map {} {customer} --contract CONTRACT", self.sync.name);
        vec![Advice { command, does: "chooses its contract".to_owned() }]
    }
}
