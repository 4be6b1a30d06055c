//! Messages particular to alerts and lines of usage: an alert ends in a ticket or in none, a line waits for an
//! approval and has numbers. Those for all kinds are in `words`.

use super::{Advice, Teller};
use crate::billing::view::{UsageLine, UsageState};
use crosswalk_model::said::Arg;
use crosswalk_model::{Call, Hold, Kind, LetGo, LineKey, Link, Said, Verb, said};
use crosswalk_store::ChangeStatus;

impl Teller<'_> {
    /// Verdict on a record with rules of its own; `None` for any other, or where the rules were not asked.
    pub(super) fn special(&self) -> Option<(Said, Vec<Advice>)> {
        match self.kind {
            Kind::Alert if self.facts.asked => self.alert(),
            Kind::Usage if self.facts.asked => Some(self.line()),
            _ => None,
        }
    }

    /// Verdict on an alert. A change planned by an older poll counts only while the rules still want it.
    fn alert(&self) -> Option<(Said, Vec<Advice>)> {
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
                let (action, reason) = (change.action, &change.reason);
                let verdict = match &change.held {
                    Some(hold) => said!("why-due-held", action, reason, brake = hold.words(), hold = &hold.reason),
                    None => said!("why-due", action, reason),
                };
                Some((verdict, vec![self.plan(said!("why-does-plan"))]))
            });
        }
        let found = facts.afresh.findings.iter().chain(facts.found.iter().map(|found| &found.finding));
        let finding = found.map(|finding| &finding.message).next();
        let Some(ticket) = facts.link.as_ref().and_then(Link::linked) else {
            let why = facts.no_ticket.as_ref().or(finding)?;
            let customer = facts.customer.as_ref().filter(|_| finding.is_some());
            let next = customer
                .map(|customer| self.why(Kind::Customer, &customer.id, said!("why-does-customer-state")))
                .into_iter()
                .collect();
            return Some((said!("why-no-ticket", why), next));
        };
        if let Some(message) = finding {
            return Some((said!("why-in-ticket-left", ticket, message), Vec::new()));
        }
        let there = facts.target.as_ref().filter(|stored| stored.gone_at.is_none());
        let state = match there.map(|stored| crate::rules::plan::ticket::is_open(&stored.record)) {
            Some(true) => "open",
            Some(false) => "closed",
            None => "unread",
        };
        let gone = self.gone().then(|| said!("why-alert-unlisted"));
        let verdict = std::iter::once(said!("why-in-ticket", ticket, state)).chain(gone);
        Some((Said::several(verdict), Vec::new()))
    }

    /// Verdict on a line of usage, as in the list of lines.
    fn line(&self) -> (Said, Vec<Advice>) {
        let Some(line) = &self.facts.line else {
            return (said!("why-line-of-nothing"), Vec::new());
        };
        let pending = self.planned(&[ChangeStatus::Pending]);
        // A hold of the whole kind is recorded in the plan alone.
        let of_plan = pending.and_then(|view| view.change.held.as_ref());
        let own = line.brakes.iter().map(|hold| Hold::new(hold.brake, hold.reason.clone()));
        let held = Hold::together(own.chain(of_plan.cloned()));
        let reason = &line.reason;
        match (line.state, held) {
            (UsageState::InStep, _) => match line.notes.first() {
                Some(note) => (said!("why-line-in-step-left", note, reason), Vec::new()),
                None => (said!("why-line-in-step", reason), Vec::new()),
            },
            (UsageState::NotFetched, _) => {
                (said!("why-line-not-fetched", reason), vec![self.plan(said!("why-does-read-again"))])
            }
            (UsageState::Left, _) => {
                let call = Call::of(Verb::CustomerList).with("sync", &self.sync.name);
                (super::not_in_step(reason), vec![Advice { call, does: said!("why-does-customers") }])
            }
            (UsageState::Together, _) => {
                let leader = line.together.as_deref().unwrap_or_default();
                let next = self.why(Kind::Usage, leader, said!("why-does-leader"));
                (said!("why-line-together", reason), vec![next])
            }
            (UsageState::Waiting | UsageState::Held, None) => {
                (said!("why-line-waits", reason), vec![self.approve(line, None, said!("why-does-approve"))])
            }
            (UsageState::Waiting | UsageState::Held, Some(hold)) => {
                let approve = self.approve(line, Some(&hold), said!("why-does-approve-held"));
                let next = if hold.can_release() { vec![approve] } else { Vec::new() };
                (said!("why-line-held", brake = hold.words(), reason = &hold.reason), next)
            }
        }
    }

    /// Advises to approve a line, with the brakes that have to be named.
    fn approve(&self, line: &UsageLine, hold: Option<&Hold>, does: Said) -> Advice {
        let key = LineKey::new(&line.customer, &line.product);
        let named = hold.iter().flat_map(|hold| &hold.brakes).filter(|brake| brake.let_go() == LetGo::Named);
        let call = Call::of(Verb::UsageApprove).with("sync", &self.sync.name).with("customer", &key.customer);
        Advice { call: call.with("product", &key.product).each("release", named), does }
    }

    /// Numbers of a line.
    pub(super) fn counted(&self) -> Option<Said> {
        let line = self.facts.line.as_ref()?;
        let number = |number: Option<i64>| number.map_or_else(|| Arg::from("unknown"), Arg::from);
        let numbers = said!(
            "why-line-numbers",
            counted = number(line.counted),
            has = number(line.has),
            approved = number(line.approved),
        );
        let contract = line.contract.as_ref().map(|(contract, name)| said!("why-line-contract", contract, name));
        Some(Said::several(std::iter::once(numbers).chain(contract)))
    }

    /// What would have a customer's usage billed.
    pub(super) fn billing(&self) -> Vec<Advice> {
        let Some(customer) = self.source_id() else { return Vec::new() };
        let map = Call::of(Verb::CustomerMap).with("sync", &self.sync.name).with("customer", customer);
        vec![Advice { call: map.choose("contract"), does: said!("why-does-contract") }]
    }
}
