//! Sums of a usage snapshot: which lines add up on one contract line, who leads each, and who leaves it.
//!
//! What a sum amounts to is judged in [`crate::rules::plan::line`].

use super::UsageSnapshot;
use crate::billing::leaving;
use crate::rules::plan::line as lines;
use crate::rules::plan::line::{Member, PRODUCT, Part, Place, Product, Retire, Share, count};
use crate::rules::terms;
use crosswalk_model::{LineKey, Link, LinkState, Record, said};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

impl UsageSnapshot<'_> {
    /// Determines which lines add up; repeated whenever contracts are decided.
    pub(in crate::billing) fn add_up(&mut self) {
        let sums = self.links.values().flat_map(BTreeMap::values).filter_map(|link| link.memory.line().parts.as_ref());
        self.named = sums.flatten().filter_map(|part| part.line.parse().ok()).collect();
        let mut customers_of = HashMap::<String, Vec<String>>::new();
        for customer in self.accounts.keys() {
            if let Place::Contract(contract) = self.place(customer) {
                customers_of.entry(contract.id.clone()).or_default().push(customer.clone());
            }
        }
        customers_of.values_mut().for_each(|all| all.sort_unstable());
        self.customers_of = customers_of;
        let mut products_of = HashMap::<String, Vec<String>>::new();
        for (product, mapped) in &self.products {
            if let Product::Linked { id, .. } = mapped {
                products_of.entry(id.clone()).or_default().push(product.clone());
            }
        }
        products_of.values_mut().for_each(|all| all.sort_unstable());
        self.products_of = products_of;
        let mut members = self.members();
        for member in &mut members {
            member.part.old.take_if(|old| self.goes_on(&old.key, &old.line));
        }
        (self.leaders, self.sums) = lines::group(&members);
        self.leaving = leaving::find_leaving(self);
        for part in self.sums.values_mut().flatten() {
            part.left = self.leaving.left.get(&part.key).cloned();
        }
        self.sweep = OnceLock::new();
    }

    /// Lines that go to a service of a contract to which another may go as well.
    fn members(&self) -> Vec<Member> {
        let shared = |product: &str| match self.products.get(product) {
            Some(Product::Linked { id, .. }) => self.products_of.get(id).is_some_and(|all| all.len() > 1),
            _ => false,
        };
        let mut keys = BTreeSet::new();
        for customers in self.customers_of.values() {
            for customer in customers {
                let mut add = |product: &str| {
                    if customers.len() > 1 || shared(product) {
                        keys.insert(LineKey::new(customer, product));
                    }
                };
                let rows = self.rows.get(customer).into_iter().flatten();
                rows.filter_map(|row| row.text(PRODUCT)).for_each(&mut add);
                self.links.get(customer).into_iter().flat_map(BTreeMap::keys).for_each(|product| add(product));
            }
        }
        keys.extend(self.named.iter().cloned());
        keys.into_iter()
            .filter_map(|key| {
                let Place::Contract(contract) = self.place(&key.customer) else { return None };
                let Product::Linked { id, .. } = self.products.get(&key.product)? else { return None };
                let link = self.links.get(&key.customer).and_then(|links| links.get(&key.product));
                if link.is_some_and(|link| link.state == LinkState::Excluded) {
                    return None;
                }
                let place = (contract.id.clone(), id.clone());
                let line = link.and_then(Link::linked).and_then(|id| self.line_of(id)).filter(|line| line.active());
                let stands = line.map(|line| self.stands(line) == place);
                Some(Member {
                    line: line.filter(|_| stands == Some(true)).map(|line| line.id.clone()),
                    is_known: link.is_some() || self.named.contains(&key),
                    part: self.part(&key, link, line.filter(|_| stands == Some(false))),
                    place,
                })
            })
            .collect()
    }

    /// A line by itself; `old` is the line that bills it until now.
    fn part(&self, key: &LineKey, link: Option<&Link>, old: Option<&Record>) -> Part {
        let rows = self.rows.get(&key.customer).map_or(&[][..], Vec::as_slice);
        let not_fetched = self.fetched.why(&key.customer);
        let (counted, actual) = match not_fetched {
            None => count(rows, &key.product, self.fetched.period()),
            Some(_) => (None, None),
        };
        let why = counted.is_none().then(|| not_fetched.cloned().unwrap_or_else(|| said!("usage-no-number")));
        let retire = |old: &Record| Retire::of(key.clone(), link?, old).filter(|_| !self.has_ended(old));
        let after = |old: &Record| {
            let ended = terms::term(self.contract(old.parent.as_deref()?)?).ended(self.today)?;
            ended.tomorrow().ok()
        };
        let begun = || {
            let own = link.filter(|link| link.linked().is_none() && !self.named.contains(key));
            own?.memory.line().ended
        };
        let ended = old.and_then(after).or_else(begun);
        Part { key: key.clone(), counted, actual, why, old: old.and_then(retire), ended, left: None }
    }

    /// Whether a contract line is billed by other keys than this one and so goes on without it.
    pub(super) fn goes_on(&self, key: &LineKey, line: &str) -> bool {
        self.line_of(line).is_some_and(|line| self.going_on(line).any(|one| one != *key))
    }

    /// Keys billed by a contract line from now on, in order: of those that go to its service, each that has no other
    /// line of it there.
    pub(in crate::billing) fn going_on<'b>(&'b self, line: &'b Record) -> impl Iterator<Item = LineKey> + 'b {
        let has_own = move |key: &LineKey| {
            let own = self.link(key).and_then(Link::linked).filter(|own| *own != line.id);
            let own = own.and_then(|own| self.line_of(own));
            own.is_some_and(|own| own.active() && self.stands(own) == self.stands(line))
        };
        let (contract, service) = self.stands(line);
        let customers = self.customers_of.get(&contract).map_or(&[][..], Vec::as_slice);
        let products = self.products_of.get(&service).map_or(&[][..], Vec::as_slice);
        let all = customers
            .iter()
            .flat_map(move |customer| products.iter().map(move |product| LineKey::new(customer, product)));
        all.filter(move |key| self.goes(key) && !has_own(key))
    }

    /// Whether the line exists, is not excluded, and its count is not zero (an unknown count is not zero).
    fn goes(&self, key: &LineKey) -> bool {
        let link = self.link(key);
        let is_row = |row: &Record| row.text(PRODUCT) == Some(&key.product);
        let is_there = || self.rows.get(&key.customer).is_some_and(|rows| rows.iter().any(is_row));
        let excluded = link.is_some_and(|link| link.state == LinkState::Excluded);
        !excluded && (link.is_some() || self.named.contains(key) || is_there()) && self.counted(key) != Some(0)
    }

    /// Returns how a line adds up: alone, as the leader of others, or with its leader.
    pub(super) fn share(&self, key: &LineKey) -> Share<'_> {
        match (self.leaders.get(key), self.sums.get(key)) {
            (Some(leader), _) => Share::With(leader),
            (None, Some(others)) => Share::Leads(others),
            (None, None) => Share::Alone,
        }
    }

    /// Key of the line that bills a line: its own, or that of the leader with which it adds up.
    pub(crate) fn leader(&self, key: &LineKey) -> LineKey {
        self.leaders.get(key).unwrap_or(key).clone()
    }
}
