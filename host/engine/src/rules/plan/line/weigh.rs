//! Decides one line from its numbers and its place on the contract.

use super::{Choice, Line, LineVerdict, PRODUCT, Part, Place, Product, QUANTITY, Share, UsageInput, count, integer};
use crosswalk_model::said::Arg;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{
    Action, Brake, Decider, Hold, LineKey, LineMemory, Link, LinkState, Operation, Record, Said, Value, Writable, said,
};
use jiff::civil::Date;

static NOTHING: LineMemory = LineMemory::new();

/// What follows for a line, and why.
pub(super) type Weighed = (LineVerdict, Said);

/// One line on the scales.
pub(super) struct Weighing<'i, 'a> {
    pub(super) input: &'i UsageInput<'a>,
    pub(super) key: LineKey,
    /// A link somebody or some plan made.
    pub(super) link: Option<&'i Link>,
    /// All parts added up.
    counted: Option<i64>,
    actual: Option<i64>,
    /// Of what it is the sum, itself first; empty where it is alone.
    pub(super) parts: Vec<Part>,
}

impl<'i, 'a> Weighing<'i, 'a> {
    pub(super) fn new(input: &'i UsageInput<'a>, product: &'i str) -> Self {
        let (mut counted, mut actual) = match input.not_fetched {
            None => count(input.rows, product, input.period),
            Some(_) => (None, None),
        };
        let mut parts = Vec::new();
        let key = LineKey::new(input.customer, product);
        if let Share::Leads(others) = (input.share)(&key) {
            parts.push(Part {
                key: key.clone(),
                counted,
                actual,
                why: input.not_fetched.cloned(),
                old: None,
                ended: None,
                left: None,
            });
            parts.extend(others.iter().cloned());
            for part in others {
                counted = counted.zip(part.counted).and_then(|(sum, more)| sum.checked_add(more));
                if let Some(more) = part.actual {
                    actual = Some(actual.unwrap_or_default().saturating_add(more));
                }
            }
        }
        Self { input, key, link: input.links.get(product), counted, actual, parts }
    }

    /// What its link remembers.
    pub(super) fn known(&self) -> &'i LineMemory {
        self.link.map_or(&NOTHING, |link| link.memory.line())
    }

    /// The line that its link leads to.
    fn linked(&self) -> Option<&'i str> {
        self.link.and_then(Link::linked)
    }

    fn choice(&self) -> Option<&Choice> {
        self.input.choices.get(&self.key.product)
    }

    /// Whether the link leads to this line.
    pub(super) fn is_linked(&self, line: Option<&Record>) -> bool {
        line.is_some_and(|line| self.linked() == Some(&line.id))
    }

    /// The line that the link leads to, where it is another than this one.
    pub(super) fn linked_elsewhere(&self, line: Option<&Record>) -> Option<&'a Record> {
        let id = self.linked().filter(|_| !self.is_linked(line))?;
        (self.input.line_of)(id)
    }

    pub(super) fn contract_of(&self, line: &Record) -> Option<&'a Record> {
        (self.input.contract_of)(line.parent.as_deref()?)
    }

    pub(super) fn line(&self) -> Option<Line> {
        let service = (self.input.product)(&self.key.product);
        let on_contract = self.on_contract(service);
        let line = match on_contract.as_slice() {
            [one] => Some(*one),
            several => several.iter().copied().find(|line| self.is_linked(Some(line))),
        };
        let (mut verdict, mut reason) = self.weigh(service, &on_contract, line)?;
        let mut retires = Vec::new();
        if let LineVerdict::Change { holds, .. } = &mut verdict {
            retires = self.retires(line);
            let effective = self.effective(line);
            holds.extend(retires.iter().filter_map(|old| self.dates_of(old, effective)));
        }
        let mut has = line.and_then(|line| integer(line.field(QUANTITY)));
        let mut target = line.map(|line| line.id.clone());
        if let (LineVerdict::Change { action: Action::Retire, .. }, Some(old)) = (&verdict, retires.first()) {
            (target, has) = (Some(old.line.clone()), Some(old.has));
        }
        // What is in step on a contract that bills nothing is not.
        if let (Place::Contract(contract), LineVerdict::InStep | LineVerdict::Agreed) = (&self.input.place, &verdict)
            && self.counted.or(has).is_some_and(|number| number > 0)
            && let Some(why) = self.out_of_force(contract)
        {
            (verdict, reason) = (LineVerdict::Left, why);
        }
        let effective = self.effective(line);
        let open_day = match (&verdict, &self.input.place) {
            (LineVerdict::Change { holds, .. }, Place::Contract(contract))
                if holds.iter().any(|hold| hold.brakes.contains(&Brake::Dates)) =>
            {
                let open = retires.iter().filter_map(|old| old.open_day(effective)).fold(effective, Date::max);
                self.open_day(contract, line, open)
            }
            _ => None,
        };
        let mut notes = self.notes(line);
        if let LineVerdict::Change { action: Action::Update, .. } = verdict
            && let Some(lost) = self.lost(line, effective)
        {
            reason = Said::several([reason, lost.clone()]);
            notes.push(lost);
        }
        if let LineVerdict::Change { .. } = verdict
            && let Some(out) = self.left_out(effective)
        {
            reason = Said::several([reason, out.clone()]);
            notes.push(out);
        }
        Some(Line {
            product: self.key.product.clone(),
            counted: self.counted,
            actual: self.actual,
            target,
            has,
            now: line.and_then(|line| self.now(line)),
            approved: self.known().quantity,
            effective,
            open_day,
            parts: self.parts.clone(),
            retires,
            rests: self.rests(),
            leaves: self.leaves().to_vec(),
            notes,
            verdict,
            reason,
        })
    }

    fn effective(&self, line: Option<&Record>) -> Date {
        let asked = self.choice().and_then(|choice| choice.effective);
        asked.unwrap_or_else(|| match &self.input.place {
            Place::Contract(contract) => self.usual_day(contract, line),
            _ => self.input.today,
        })
    }

    /// What the line has today, where a change for a later day is agreed already.
    fn now(&self, line: &Record) -> Option<i64> {
        let has = integer(line.field(QUANTITY));
        let known = self.known();
        let to_come = known.effective.is_some_and(|from| from > self.input.today) && self.is_linked(Some(line));
        let own = || known.had.filter(|_| to_come && has == known.quantity);
        integer(line.field("current")).or_else(own).filter(|now| Some(*now) != has)
    }

    /// The contract's lines of this product; without a product, the one this line is linked to.
    fn on_contract(&self, service: &Product) -> Vec<&'a Record> {
        let linked = self.linked();
        let fits = |line: &&Record| match service {
            Product::Linked { id, .. } => line.text(PRODUCT) == Some(id),
            _ => Some(line.id.as_str()) == linked,
        };
        let lines = self.input.lines.unwrap_or_default().iter();
        lines.filter(|line| line.active()).filter(fits).collect()
    }

    /// What follows, and why; `None` for a line that is nobody's matter.
    fn weigh(&self, service: &Product, on_contract: &[&Record], line: Option<&Record>) -> Option<Weighed> {
        if self.linked().is_none() && self.counted == Some(0) {
            // A move that was begun has nothing to go on with.
            let begun = self.known().ended.is_some();
            return begun.then(|| (LineVerdict::Agreed, said!("line-nothing")));
        }
        Some(self.decide(service, on_contract, line).unwrap_or_else(|settled| settled))
    }

    /// The checks in order; the first that settles the line is the error.
    fn decide(&self, service: &Product, on_contract: &[&Record], line: Option<&Record>) -> Result<Weighed, Weighed> {
        let contract = self.contract(service)?;
        let counted = self.known_count()?;
        self.check_contract(service, contract)?;
        self.check_line(contract, on_contract, line)?;
        let left = |why: Said| (LineVerdict::Left, why);
        let here = |id: &str| self.input.lines.unwrap_or_default().iter().any(|line| line.id == id && line.active());
        let same_contract = self.known().contract.as_ref() == Some(&contract.id);
        let own = self.linked().filter(|_| !self.is_linked(line));
        let moved = match own {
            // Another contract, or another product, since.
            Some(id) if !same_contract || here(id) => Some(self.moved(id, line)),
            Some(_) => None,
            None => self.joined().or_else(|| self.comes_from_a_sum()).or_else(|| self.leaves_days_out()),
        };
        if let Some(why) = moved.as_ref().and_then(|_| self.cannot_retire(line)) {
            return Err(left(why));
        }
        Ok(match (line, own) {
            (Some(line), None) => self.set(contract, line, counted, moved),
            (None, None) => self.add(contract, counted, moved),
            (Some(line), Some(_)) if moved.is_some() => self.set(contract, line, counted, moved),
            (None, Some(_)) if moved.is_some() => self.add(contract, counted, moved),
            (Some(line), Some(id)) => {
                let take = self.call(Verb::UsageTake).with("target", &line.id);
                left(said!("line-replaced", line = id, contract = &contract.name, other = &line.id, take))
            }
            (None, Some(id)) if counted == 0 => (LineVerdict::InStep, said!("line-gone-uncounted", line = id)),
            (None, Some(id)) => {
                left(said!("line-gone", line = id, contract = &contract.name, take = self.call(Verb::UsageTake)))
            }
        })
    }

    /// The contract that bills it.
    fn contract(&self, service: &Product) -> Result<&'i Record, Weighed> {
        let contract = match (service, &self.input.place) {
            (Product::Excluded, _) if self.choice().is_none() => return Err(self.ends(said!("line-product-excluded"))),
            _ if self.link.is_some_and(|link| link.state == LinkState::Excluded) => {
                return Err(self.ends(said!("line-excluded")));
            }
            (_, Place::Off(why)) => return Err((LineVerdict::InStep, why.clone())),
            (_, Place::Excluded(why)) => return Err(self.ends(why.clone())),
            (_, Place::Nowhere(why)) => return Err((LineVerdict::Left, self.ends(why.clone()).1)),
            (_, Place::Contract(contract)) => *contract,
        };
        match (self.input.share)(&self.key) {
            Share::With(leader) => {
                let why = said!("line-billed-with", leader = leader.to_string());
                Err((LineVerdict::Together(leader.clone()), why))
            }
            _ => Ok(contract),
        }
    }

    fn known_count(&self) -> Result<i64, Weighed> {
        let unknown = |why: Said| Err((LineVerdict::NotFetched, why));
        if let Some(why) = self.input.not_fetched {
            return unknown(why.clone());
        }
        if let Some((part, why)) = self.parts.iter().find_map(|part| Some((part, part.why.as_ref()?))) {
            return unknown(said!("line-part-unknown", part = part.key.to_string(), why));
        }
        match self.counted {
            None => unknown(said!("line-no-number")),
            Some(counted) if counted < 0 => unknown(said!("line-negative", counted)),
            Some(counted) => Ok(counted),
        }
    }

    fn check_contract(&self, service: &Product, contract: &Record) -> Result<(), Weighed> {
        if let Product::Open(why) = service {
            return Err((LineVerdict::Left, why.clone()));
        }
        if contract.field("cancelled") == Some(&Value::Boolean(true)) {
            return Err((LineVerdict::Left, said!("line-contract-cancelled", contract = &contract.name)));
        }
        if self.input.lines.is_none() {
            return Err((LineVerdict::NotFetched, said!("line-contract-unread")));
        }
        Ok(())
    }

    /// Checks that one line of the contract is meant, and is this count's alone.
    fn check_line(&self, contract: &Record, on_contract: &[&Record], line: Option<&Record>) -> Result<(), Weighed> {
        let chosen = self.link.is_some_and(|link| link.decided_by == Some(Decider::Operator));
        if on_contract.len() > 1 && !(chosen && line.is_some()) {
            let (count, contract) = (on_contract.len(), &contract.name);
            let lines = Arg::list(on_contract.iter().map(|line| line.id.as_str()));
            let why = said!("line-several", count, contract, lines, take = self.call(Verb::UsageTake));
            return Err((LineVerdict::Left, why));
        }
        let other = line.and_then(|line| Some((line, (self.input.taken)(&self.key, &line.id)?)));
        other.map_or(Ok(()), |(line, owner)| {
            Err((LineVerdict::Left, said!("line-taken", line = &line.id, contract = &contract.name, owner)))
        })
    }

    fn add(&self, contract: &Record, counted: i64, moved: Option<Hold>) -> Weighed {
        let quantity = self.choice().and_then(|choice| choice.quantity).unwrap_or(counted);
        if let (0, Some(hold)) = (quantity, &moved) {
            return self.end(hold);
        }
        if !self.input.describe.writes.contains(&Operation::Create) {
            return (LineVerdict::Left, said!("line-cannot-add", contract = &contract.name));
        }
        if self.choice().is_none() && self.known().counted == Some(counted) && moved.is_none() {
            return (LineVerdict::InStep, said!("line-dismissed", counted));
        }
        if quantity == 0 {
            return (LineVerdict::InStep, said!("line-nothing"));
        }
        let mut holds: Vec<Hold> = self.dates(contract, None, self.effective(None)).into_iter().chain(moved).collect();
        if self.input.automatic {
            holds.extend(self.brakes(0, quantity, true));
        }
        let reason = said!("line-not-there-yet", counted = self.told(counted), contract = &contract.name);
        (LineVerdict::Change { action: Action::Create, quantity, holds }, reason)
    }

    /// A move of nothing: what billed it ends, and nothing takes its place.
    fn end(&self, moved: &Hold) -> Weighed {
        let why = Said::several([said!("line-nothing-counted"), moved.reason.clone()]);
        let linked = self.linked().is_some();
        match (self.retires(None).first(), self.linked_elsewhere(None)) {
            (Some(old), _) => {
                let holds = [moved.clone()].into_iter().chain(self.brakes(old.has, 0, true)).collect();
                (LineVerdict::Change { action: Action::Retire, quantity: 0, holds }, why)
            }
            // It bills nothing any more, or others.
            (None, Some(_)) => (LineVerdict::Agreed, why),
            (None, None) if linked => (LineVerdict::Left, why),
            (None, None) => (LineVerdict::InStep, said!("line-nothing")),
        }
    }

    fn set(&self, contract: &Record, line: &Record, counted: i64, moved: Option<Hold>) -> Weighed {
        let (line_id, contract_name) = (&line.id, &contract.name);
        let Some(has) = integer(line.field(QUANTITY)) else {
            return (LineVerdict::NotFetched, said!("line-no-quantity", line = line_id, contract = contract_name));
        };
        let linked = self.is_linked(Some(line));
        let parts = self.parts_changed().filter(|_| linked);
        let settled = linked && self.known().counted == Some(counted) && parts.is_none();
        let approved = self.known().quantity;
        // A change for a day to come shows in the contract only then.
        let to_come = self.known().effective.is_some_and(|from| from > self.input.today);
        let as_left = approved == Some(has) || (to_come && self.known().had == Some(has));
        let moved = moved.or_else(|| self.gives_away().filter(|_| parts.is_some() || !linked));
        let asked = self.choice().and_then(|choice| choice.quantity);
        let stands = settled && self.choice().is_none();
        let quantity = asked.unwrap_or(if stands { approved.unwrap_or(counted) } else { counted });
        let free = moved.is_none() && parts.is_none();
        if linked && has == quantity && asked.is_none() && free {
            let verdict = if settled && as_left { LineVerdict::InStep } else { LineVerdict::Agreed };
            let as_counted = said!("line-in-step", line = line_id, contract = contract_name, has);
            let later = self.now(line).map(|now| said!("line-today", now)).unwrap_or_default();
            return (verdict, Said::several([as_counted, later]));
        }
        if linked && settled && as_left && self.choice().is_none() && free {
            let why = said!("line-will-have", line = line_id, contract = contract_name, quantity);
            return (LineVerdict::InStep, why);
        }
        if !self.writes() {
            let why = said!("line-cannot-change", line = line_id, contract = contract_name, has, counted);
            return (LineVerdict::Left, why);
        }
        let counts = said!("line-counted", counted = self.told(counted));
        if has == quantity {
            let why = match linked {
                true => said!("line-has-and-stays", line = line_id, contract = contract_name, has),
                false => said!("line-has-and-is-taken-over", line = line_id, contract = contract_name, has),
            };
            let reason = Said::several([counts, why]);
            let holds = moved.into_iter().chain(parts).collect();
            return (LineVerdict::Change { action: Action::Link, quantity, holds }, reason);
        }
        let there = self.now(line).map_or(Arg::from(has), |now| said!("line-later-and-today", has, now).into());
        let why = match (linked, as_left) {
            (false, _) => said!("line-taken-over", line = line_id, contract = contract_name, has = there),
            (true, false) => said!("line-changed-by-hand", line = line_id, contract = contract_name, has = there),
            (true, true) => said!("line-has", line = line_id, contract = contract_name, has = there),
        };
        let mut holds: Vec<Hold> = Vec::new();
        holds.extend(self.dates(contract, Some(line), self.effective(Some(line))));
        holds.extend(moved);
        if !linked {
            let reason = match self.leaves() {
                [] => said!("line-takeover", line = line_id, contract = contract_name, has, quantity),
                parts => {
                    let parts = Arg::list(parts.iter().map(ToString::to_string));
                    said!("line-takeover-agreed", line = line_id, contract = contract_name, has, parts, quantity)
                }
            };
            holds.push(Hold::new(Brake::Takeover, reason));
        }
        holds.extend(self.brakes(has, quantity, !linked || as_left));
        holds.extend(parts);
        (LineVerdict::Change { action: Action::Update, quantity, holds }, Said::several([counts, why]))
    }

    /// The count, with what it is the sum of.
    fn told(&self, counted: i64) -> Arg {
        if self.parts.is_empty() {
            return counted.into();
        }
        let part =
            |part: &Part| said!("line-part", counted = part.counted.unwrap_or_default(), line = part.key.to_string());
        said!("line-sum", counted, parts = Arg::list(self.parts.iter().map(part))).into()
    }

    /// What to do with this line.
    pub(super) fn call(&self, verb: Verb) -> Call {
        Call::of(verb).with("customer", &self.key.customer).with("product", &self.key.product)
    }

    pub(super) fn writes(&self) -> bool {
        let describe = self.input.describe;
        describe.writes.contains(&Operation::Update)
            && describe.field(QUANTITY).is_some_and(|field| field.writable == Writable::Always)
    }
}
