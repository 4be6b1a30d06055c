//! A plan of the whole `World`, by the pure rules alone and in the order of a run.
//!
//! What is applied and remembered is `testkit`'s.

use super::{Source, World, stamp_of};
use crate::rules::anew::{adopted, candidates};
use crate::rules::matching::{
    CustomerMatchInput, Decision, Holder, MatchInput, Matched, decided, match_customers, match_records,
};
use crate::rules::plan::{Item, PlanInput, Planned, Reference, plan_kind};
use crate::rules::serials::serial_keys;
use crate::run::identity::why_stays;
use crosswalk_model::sync::Sites;
use crosswalk_model::{Action, Cause, Finding, Kind, Link, PlannedChange, Record, Said, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};

impl World {
    /// Matches and plans everything; changes come numbered.
    pub(crate) fn plan(&mut self, source: &Source, now: Timestamp) -> Planned {
        self.note_missing(source, now);
        let mut all = Planned::default();
        let none = Vec::new();
        let customers = source.get(&Kind::Customer).unwrap_or(&none);
        let target = self.all(Kind::Customer);
        let links = self.links_of(Kind::Customer);
        let matched = match_customers(&CustomerMatchInput {
            kind: Kind::Customer,
            source: customers,
            target: &target,
            target_complete: true,
            links: &links,
            stamp_of: &stamp_of,
            rules: &self.rules.kinds[&Kind::Customer],
            describe: &self.describe[&Kind::Customer],
            stopped: &|| false,
        });
        self.remember(Kind::Customer, &matched, now);
        let mut undecided = HashMap::new();
        self.plan_one(source, Kind::Customer, "", None, customers, &matched, &mut all, &mut undecided, now);
        for customer in customers {
            let planned_account = all
                .changes
                .iter()
                .any(|c| c.kind == Kind::Customer && c.action == Action::Create && c.source == customer.id);
            let linked_now = all
                .changes
                .iter()
                .find(|c| c.kind == Kind::Customer && c.action == Action::Link && c.source == customer.id);
            let account = linked_now
                .and_then(|change| change.target.clone())
                .or_else(|| self.link(Kind::Customer, &customer.id).and_then(Link::linked).map(str::to_owned));
            if account.is_none() && !planned_account {
                continue;
            }
            for kind in [Kind::Location, Kind::Asset] {
                if kind == Kind::Location && self.rules.sites == Sites::Primary {
                    continue;
                }
                let mine: Vec<Record> = source
                    .get(&kind)
                    .unwrap_or(&none)
                    .iter()
                    .filter(|r| r.parent.as_deref() == Some(&customer.id))
                    .cloned()
                    .collect();
                let matched = self.match_kind(source, kind, &mine, account.as_deref());
                self.remember(kind, &matched, now);
                let account = account.as_deref();
                self.plan_one(source, kind, &customer.id, account, &mine, &matched, &mut all, &mut undecided, now);
            }
        }
        // What is gone comes with its customer, or with what customers left behind.
        for kind in [Kind::Location, Kind::Asset] {
            self.plan_one(source, kind, "", None, &[], &[], &mut all, &mut undecided, now);
        }
        for (at, change) in (1..).zip(&mut all.changes) {
            change.sequence = at;
        }
        for link in all.noted.clone() {
            self.save(link);
        }
        all
    }

    fn match_kind(&self, source: &Source, kind: Kind, mine: &[Record], account: Option<&str>) -> Vec<Matched> {
        let ids: BTreeSet<&str> = mine.iter().map(|r| r.id.as_str()).collect();
        let links: Vec<Link> =
            self.links_of(kind).into_iter().filter(|link| ids.contains(link.source.as_str())).collect();
        let stamps: BTreeSet<String> = ids.iter().map(|id| stamp_of(id)).collect();
        let serials: BTreeSet<String> = mine.iter().flat_map(serial_keys).collect();
        let (here, elsewhere): (Vec<Record>, Vec<Record>) =
            self.all(kind).into_iter().partition(|r| account.is_some() && r.parent.as_deref() == account);
        let elsewhere: Vec<Record> = elsewhere
            .into_iter()
            .filter(|r| {
                r.stamp.as_ref().is_some_and(|s| stamps.contains(s))
                    || serial_keys(r).iter().any(|key| serials.contains(key))
            })
            .collect();
        let none = Vec::new();
        let all = source.get(&kind).unwrap_or(&none);
        match_records(&MatchInput {
            kind,
            source: mine,
            target: &here,
            target_complete: true,
            links: &links,
            elsewhere: &elsewhere,
            exists: &|id| self.records[&kind].contains_key(id),
            holder: &|id| self.holder(source, kind, id).map(|(holder, _)| holder),
            serial_elsewhere: &|key| {
                let others = all.iter().filter(|r| r.active() && !ids.contains(r.id.as_str()));
                others.flat_map(serial_keys).any(|other| other == key)
            },
            stamp_of: &stamp_of,
            rules: &self.rules.kinds[&kind],
            describe: &self.describe[&kind],
            waits: &|_| None,
            stopped: &|| false,
        })
    }

    /// Which source record has a target by its link, and the link.
    fn holder(&self, source: &Source, kind: Kind, target: &str) -> Option<(Holder, Link)> {
        let is_there = |id: &str| source.get(&kind).is_some_and(|all| all.iter().any(|r| r.id == id));
        let links = self.links_of(kind).into_iter().filter(|link| link.linked() == Some(target));
        let (there, gone): (Vec<Link>, Vec<Link>) = links.partition(|link| is_there(&link.source));
        let there = there.into_iter().next().map(|link| (Holder::Present(link.source.clone()), link));
        there.or_else(|| gone.into_iter().next().map(|link| (Holder::Gone(link.source.clone()), link)))
    }

    fn remember(&mut self, kind: Kind, matched: &[Matched], now: Timestamp) {
        for Matched { source, decision } in matched {
            if let Some(link) = decided(self.link(kind, source), kind, source, decision, now) {
                self.save(link);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a test's helper")]
    fn plan_one(
        &self,
        source: &Source,
        kind: Kind,
        customer: &str,
        account: Option<&str>,
        records: &[Record],
        matched: &[Matched],
        out: &mut Planned,
        undecided: &mut HashMap<(Kind, String), String>,
        now: Timestamp,
    ) {
        let open = candidates(matched).into_iter();
        undecided.extend(open.map(|(target, of)| ((kind, target.to_owned()), of.to_owned())));
        let earlier: BTreeSet<(Kind, String)> =
            out.changes.iter().filter(|c| c.action == Action::Create).map(|c| (c.kind, c.source.clone())).collect();
        let linking: BTreeMap<(Kind, String), String> = out
            .changes
            .iter()
            .filter(|c| c.action == Action::Link)
            .filter_map(|c| Some(((c.kind, c.source.clone()), c.target.clone()?)))
            .collect();
        let resolve = |kind: Kind, id: &str| {
            let key = (kind, id.to_owned());
            if earlier.contains(&key) {
                return Reference::Planned;
            }
            let linked = self.link(kind, id).and_then(Link::linked).map(str::to_owned);
            linked.or_else(|| linking.get(&key).cloned()).map_or(Reference::Unknown, Reference::Target)
        };
        let keep = Decision::Keep;
        let over = self.taken_over(source, kind, records, matched);
        let mut items: Vec<Item<'_>> = records
            .iter()
            .zip(matched)
            .zip(&over)
            .map(|((source, matched), over)| {
                let link = over.as_ref().or_else(|| self.link(kind, &source.id));
                let target = match &matched.decision {
                    Decision::Linked { target, .. } => Some(target.as_str()),
                    _ => link.and_then(Link::linked),
                };
                let target = target.and_then(|id| self.records[&kind].get(id));
                Item { source: Some(source), gone_since: None, link, decision: &matched.decision, target }
            })
            .collect();
        // Customers, and the two calls for what is gone.
        if customer.is_empty() {
            items.extend(self.missing_items(source, kind, &out.changes, &keep));
        }
        let planned = plan_kind(&PlanInput {
            kind,
            customer,
            items: &items,
            parent_target: account,
            parent_out_of_use: account.and_then(|id| self.out_of_use.get(id)),
            describe: &self.describe[&kind],
            rules: &self.rules,
            now,
            refresh: false,
            resolve: &resolve,
        });
        out.findings.extend(planned.findings);
        for change in planned.changes {
            match self.stays(source, kind, &change, undecided) {
                Some(why) => out.findings.push(Finding::new(Cause::Undecided, kind, "", change.source, why)),
                None => out.changes.push(change),
            }
        }
        out.noted.extend(planned.noted);
    }

    /// The links that go to each of these records from another source record.
    fn taken_over(&self, source: &Source, kind: Kind, records: &[Record], matched: &[Matched]) -> Vec<Option<Link>> {
        let over = |(record, matched): (&Record, &Matched)| {
            let Decision::Linked { target, .. } = &matched.decision else { return None };
            let (_, of) = self.holder(source, kind, target).filter(|(_, link)| link.source != record.id)?;
            Some(adopted(self.link(kind, &record.id), &of, &record.id))
        };
        records.iter().zip(matched).map(over).collect()
    }

    /// The records that are missing from the source, of customers whose turn it is.
    fn missing_items<'w>(
        &'w self,
        source: &Source,
        kind: Kind,
        changes: &[PlannedChange],
        keep: &'w Decision,
    ) -> Vec<Item<'w>> {
        let linking: BTreeSet<&str> = changes
            .iter()
            .filter(|change| change.kind == kind && change.action == Action::Link)
            .filter_map(|change| change.target.as_deref())
            .collect();
        // With a customer that this plan links or creates comes what it has.
        let accounts = changes.iter().filter(|change| change.kind == Kind::Customer);
        let accounts = accounts.filter(|change| matches!(change.action, Action::Link | Action::Create));
        let accounts: BTreeSet<&str> = accounts.map(|change| change.source.as_str()).collect();
        let comes = |id: &String| {
            let customer = self.customers.get(&(kind, id.clone()));
            customer.is_some_and(|customer| accounts.contains(customer.as_str())) || self.has_its_turn(source, kind, id)
        };
        let missing = self.missing.iter().filter(|((k, id), _)| *k == kind && comes(id));
        let item = |((_, id), since): (&(Kind, String), &Timestamp)| {
            let link = self.link(kind, id).filter(|link| link.linked().is_none_or(|id| !linking.contains(id)))?;
            let target = link.linked().and_then(|id| self.records[&kind].get(id));
            Some(Item { source: None, gone_since: Some(*since), link: Some(link), decision: keep, target })
        };
        missing.filter_map(item).collect()
    }

    /// Why a record stays in use though it is missing from the source.
    fn stays(
        &self,
        source: &Source,
        kind: Kind,
        change: &PlannedChange,
        undecided: &HashMap<(Kind, String), String>,
    ) -> Option<Said> {
        let target = change.target.as_ref().and_then(|id| self.records[&kind].get(id));
        let keys = target.map(serial_keys).unwrap_or_default();
        let none = Vec::new();
        let all = source.get(&kind).unwrap_or(&none).iter();
        let same = all.filter(|r| r.active() && serial_keys(r).iter().any(|key| keys.contains(key)));
        let same = same.filter(|r| self.link(kind, &r.id).and_then(Link::linked).is_none());
        let same: Vec<String> = same.map(|r| r.id.clone()).collect();
        let account = target.and_then(|target| target.parent.as_deref());
        why_stays(change, account, undecided, &same).filter(|_| change.action == Action::Deactivate)
    }
}
