//! For tests: records in a line, and a small world that carries plans out.
//!
//! [`World`] stands for a target system and the parts of the engine around the pure ones: it matches, plans and applies
//! as they do, customer by customer, and keeps the links. Its vendor has habits: it may cut texts, upper-case them, or
//! not return them.

use crate::rules::anew::{adopted, candidates, given_up};
use crate::rules::matching::{
    CustomerMatchInput, Decision, Holder, MatchInput, Matched, decided, match_customers, match_records,
};
use crate::rules::plan::{Item, PlanInput, Planned, Reference, after_write, plan_kind, stale, to_write, verify};
use crate::rules::serials::serial_keys;
use crate::run::identity::why_stays;
use crate::run::left::is_left;
use crosswalk_model::sync::Sites;
use crosswalk_model::{
    Action, Cause, Change, ChangeId, Field, FieldDescription, Finding, Kind, KindDescription, Link, Operation, PlanId,
    PlannedChange, Record, StampPlace, SyncRules, Timestamp, Value, Writable,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);
pub(crate) const HOUR: i64 = 3_600_000;

/// A record: id, parent, name and text fields.
pub(crate) fn record(id: &str, parent: Option<&str>, name: &str, fields: &[(&str, &str)]) -> Record {
    Record {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        name: name.to_owned(),
        stamp: None,
        fields: fields.iter().map(|(name, text)| Field::new(*name, Value::Text((*text).to_owned()))).collect(),
    }
}

pub(crate) trait With {
    fn with(self, name: &str, value: Value) -> Self;
}

impl With for Record {
    /// The record with a field set.
    fn with(mut self, name: &str, value: Value) -> Self {
        self.fields.retain(|field| field.name != name);
        self.fields.push(Field::new(name, value));
        self
    }
}

/// A target that takes everything the catalogue has of a kind.
pub(crate) fn describe(kind: Kind) -> KindDescription {
    KindDescription {
        kind,
        reads: crosswalk_model::description::Reads { everything: true, ids: true, stamps: true, ..Default::default() },
        writes: [Operation::Create, Operation::Update, Operation::Deactivate, Operation::Reactivate].into(),
        fields: crosswalk_model::catalogue::fields(kind)
            .map(|(name, _)| FieldDescription {
                name: name.to_owned(),
                readable: true,
                writable: Writable::Always,
                length: None,
                values: Vec::new(),
            })
            .collect(),
        name_length: None,
        stamp: Some(StampPlace { field: "key".to_owned(), length: 50 }),
        changes_at_once: 50,
        ids_at_once: 50,
        page_size: 100,
        calls_per_change: 1,
        checks_before: false,
    }
}

pub(crate) fn stamp_of(id: &str) -> String {
    format!("key-{id}")
}

/// What the vendor makes of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Habit {
    Keeps,
    Cuts(usize),
    Shouts,
}

/// What becomes of a change that is applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    Done,
    /// The vendor wrote it, and the host died before it noted that.
    Forgotten,
    NeverSent,
}

/// A target system with the engine's other parts around it.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) records: BTreeMap<Kind, BTreeMap<String, Record>>,
    pub(crate) links: BTreeMap<(Kind, String), Link>,
    pub(crate) rules: SyncRules,
    pub(crate) describe: BTreeMap<Kind, KindDescription>,
    pub(crate) habit: Habit,
    pub(crate) reads_back: bool,
    pub(crate) stamps: bool,
    pub(crate) missing: BTreeMap<(Kind, String), Timestamp>,
    /// The customer of each record, as it was told last.
    customers: BTreeMap<(Kind, String), String>,
    /// Accounts that are not in use, with why nothing is made in them.
    pub(crate) out_of_use: BTreeMap<String, String>,
    next: u32,
}

pub(crate) type Source = BTreeMap<Kind, Vec<Record>>;

impl World {
    pub(crate) fn new() -> Self {
        let kinds = [Kind::Customer, Kind::Location, Kind::Asset];
        Self {
            records: kinds.into_iter().map(|kind| (kind, BTreeMap::new())).collect(),
            links: BTreeMap::new(),
            rules: SyncRules::default(),
            describe: kinds.into_iter().map(|kind| (kind, describe(kind))).collect(),
            habit: Habit::Keeps,
            reads_back: true,
            stamps: true,
            missing: BTreeMap::new(),
            customers: BTreeMap::new(),
            out_of_use: BTreeMap::new(),
            next: 100,
        }
    }

    pub(crate) fn put(&mut self, kind: Kind, record: Record) {
        self.records.get_mut(&kind).unwrap().insert(record.id.clone(), record);
    }

    pub(crate) fn get(&self, kind: Kind, id: &str) -> &Record {
        &self.records[&kind][id]
    }

    pub(crate) fn get_mut(&mut self, kind: Kind, id: &str) -> &mut Record {
        self.records.get_mut(&kind).unwrap().get_mut(id).unwrap()
    }

    pub(crate) fn link(&self, kind: Kind, source: &str) -> Option<&Link> {
        self.links.get(&(kind, source.to_owned()))
    }

    /// The target record of a source record.
    pub(crate) fn linked(&self, kind: Kind, source: &str) -> &Record {
        self.get(kind, self.link(kind, source).unwrap().linked().unwrap())
    }

    fn all(&self, kind: Kind) -> Vec<Record> {
        self.records[&kind].values().cloned().collect()
    }

    fn links_of(&self, kind: Kind) -> Vec<Link> {
        self.links
            .range((kind, String::new())..)
            .take_while(|((k, _), _)| *k == kind)
            .map(|(_, link)| link.clone())
            .collect()
    }

    pub(crate) fn save(&mut self, mut link: Link) {
        link.revision += 1;
        self.links.insert((link.kind, link.source.clone()), link);
    }

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
        let over: Vec<Option<Link>> = records
            .iter()
            .zip(matched)
            .map(|(record, matched)| {
                let Decision::Linked { target, .. } = &matched.decision else { return None };
                let (_, of) = self.holder(source, kind, target).filter(|(_, link)| link.source != record.id)?;
                Some(adopted(self.link(kind, &record.id), &of, &record.id))
            })
            .collect();
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
            let linking: BTreeSet<&str> = out
                .changes
                .iter()
                .filter(|change| change.kind == kind && change.action == Action::Link)
                .filter_map(|change| change.target.as_deref())
                .collect();
            // With a customer that this plan links or creates comes what it has.
            let accounts = out.changes.iter().filter(|change| change.kind == Kind::Customer);
            let accounts = accounts.filter(|change| matches!(change.action, Action::Link | Action::Create));
            let accounts: BTreeSet<&str> = accounts.map(|change| change.source.as_str()).collect();
            let comes = |id: &String| {
                let customer = self.customers.get(&(kind, id.clone()));
                customer.is_some_and(|customer| accounts.contains(customer.as_str()))
                    || self.has_its_turn(source, kind, id)
            };
            let missing = self.missing.iter().filter(|((k, id), _)| *k == kind && comes(id));
            items.extend(missing.filter_map(|((_, id), since)| {
                let link = self.link(kind, id).filter(|link| link.linked().is_none_or(|id| !linking.contains(id)))?;
                let target = link.linked().and_then(|id| self.records[&kind].get(id));
                Some(Item { source: None, gone_since: Some(*since), link: Some(link), decision: &keep, target })
            }));
        }
        let planned = plan_kind(&PlanInput {
            kind,
            customer,
            items: &items,
            parent_target: account,
            parent_out_of_use: account.and_then(|id| self.out_of_use.get(id)).map(String::as_str),
            describe: &self.describe[&kind],
            rules: &self.rules,
            now,
            refresh: false,
            resolve: &resolve,
        });
        let stays = |change: &PlannedChange| {
            let target = change.target.as_ref().and_then(|id| self.records[&kind].get(id));
            let keys = target.map(serial_keys).unwrap_or_default();
            let none = Vec::new();
            let all = source.get(&kind).unwrap_or(&none).iter();
            let same = all.filter(|r| r.active() && serial_keys(r).iter().any(|key| keys.contains(key)));
            let same = same.filter(|r| self.link(kind, &r.id).and_then(Link::linked).is_none());
            let same: Vec<String> = same.map(|r| r.id.clone()).collect();
            let account = target.and_then(|target| target.parent.as_deref());
            why_stays(change, account, undecided, &same).filter(|_| change.action == Action::Deactivate)
        };
        out.findings.extend(planned.findings);
        for change in planned.changes {
            match stays(&change) {
                Some(why) => out.findings.push(Finding::new(Cause::Undecided, kind, "", change.source, why)),
                None => out.changes.push(change),
            }
        }
        out.noted.extend(planned.noted);
    }

    /// The customer of a record, as it was told last.
    pub(crate) fn customer_of(&self, kind: Kind, id: &str) -> Option<&str> {
        self.customers.get(&(kind, id.to_owned())).map(String::as_str)
    }

    /// Whether a record that is gone is planned: its customer is linked, or nobody is left whose turn it would come with.
    fn has_its_turn(&self, source: &Source, kind: Kind, id: &str) -> bool {
        let Some(customer) = self.customers.get(&(kind, id.to_owned())) else { return true };
        let link = self.link(Kind::Customer, customer);
        let listed = source.get(&Kind::Customer).is_some_and(|all| all.iter().any(|one| one.id == *customer));
        link.is_some_and(|link| link.linked().is_some()) || is_left(listed, link)
    }

    fn note_missing(&mut self, source: &Source, now: Timestamp) {
        for (kind, records) in source {
            let parents = records.iter().filter_map(|one| Some(((*kind, one.id.clone()), one.parent.clone()?)));
            self.customers.extend(parents);
        }
        let present: BTreeSet<(Kind, &str)> =
            source.iter().flat_map(|(kind, records)| records.iter().map(|r| (*kind, r.id.as_str()))).collect();
        let linked: Vec<(Kind, String)> = self.links.keys().cloned().collect();
        for (kind, id) in linked {
            if present.contains(&(kind, id.as_str())) {
                self.missing.remove(&(kind, id));
            } else {
                self.missing.entry((kind, id)).or_insert(now);
            }
        }
    }

    /// Carries out changes in order; each must still be valid when its turn comes.
    pub(crate) fn apply(&mut self, changes: &[PlannedChange], now: Timestamp) {
        for change in changes {
            self.apply_one(change, Fate::Done, now).unwrap();
        }
    }

    /// Carries out one change, as far as fate lets it; or says why it is refused.
    pub(crate) fn apply_one(&mut self, change: &PlannedChange, fate: Fate, now: Timestamp) -> Result<(), String> {
        let mut link = self.link(change.kind, &change.source).cloned();
        let target_now = change.target.as_ref().and_then(|id| self.records[&change.kind].get(id)).cloned();
        if let Some(why) = stale(change, link.as_ref(), target_now.as_ref()) {
            return Err(format!("{why}: {change:?} {link:?}"));
        }
        let held = self.links_of(change.kind).into_iter().find(|held| {
            change.action == Action::Link && held.linked() == change.target.as_deref() && held.source != change.source
        });
        if let Some(held) = held {
            let new = adopted(link.as_ref(), &held, &change.source);
            self.save(given_up(&held, &change.source, now));
            self.save(new);
            link = self.link(change.kind, &change.source).cloned();
        }
        let resolve = |kind: Kind, id: &str| match self.link(kind, id).and_then(Link::linked) {
            Some(target) => Reference::Target(target.to_owned()),
            None => Reference::Unknown,
        };
        let id = ChangeId { plan: PlanId(1), sequence: change.sequence };
        let parent = target_now.as_ref().and_then(|record| record.parent.as_deref());
        let leaves = matches!(change.action, Action::Retire | Action::Deactivate);
        let stamp = (self.stamps && !leaves).then(|| stamp_of(&change.source));
        let sent = to_write(change, id, id.to_string(), parent, stamp, &resolve)
            .map_err(|unresolved| unresolved.to_string())?;
        if fate == Fate::NeverSent {
            return Ok(());
        }
        let (target, kept) = match &sent {
            None => (change.target.clone().unwrap(), target_now),
            Some(sent) => {
                let target = self.write(sent);
                let kept = self.records[&change.kind][&target].clone();
                let differing = verify(sent, &kept);
                assert!(self.habit != Habit::Keeps || differing.is_empty(), "{differing:?}");
                (target, self.reads_back.then_some(kept))
            }
        };
        if fate == Fate::Done {
            let next = after_write(link.as_ref(), change, sent.as_ref(), &target, kept.as_ref(), now);
            self.save(next);
        }
        Ok(())
    }

    /// Plans, applies, and checks that there is nothing left to do.
    pub(crate) fn run(&mut self, source: &Source, now: Timestamp) -> Planned {
        let planned = self.plan(source, now);
        self.apply(&planned.changes, now);
        let again = self.plan(source, now);
        let first: Vec<_> = planned.changes.iter().map(|c| (c.action, c.kind, &c.source, &c.fields)).collect();
        // What was not read back after a write is noted once, at the next look.
        let third = self.plan(source, now);
        assert_eq!(third.noted, Vec::new());
        assert!(again.noted.is_empty() || !self.reads_back, "{:?} after {first:?}", again.noted);
        assert_eq!(again.changes, Vec::new(), "the second plan is not empty; the first was {first:?}");
        planned
    }

    /// What the vendor makes of a write; gives the record's id.
    pub(crate) fn write(&mut self, change: &Change) -> String {
        let habit = |value: &Value| match (self.habit, value) {
            (Habit::Cuts(length), Value::Text(text)) => Value::Text(text.chars().take(length).collect()),
            (Habit::Shouts, Value::Text(text)) => Value::Text(text.to_uppercase()),
            (_, other) => other.clone(),
        };
        let refers = |name: &str| crosswalk_model::catalogue::refers_to(change.kind, name).is_some();
        let fields: Vec<Field> = change
            .fields
            .iter()
            .map(|field| {
                Field::new(&field.name, if refers(&field.name) { field.value.clone() } else { habit(&field.value) })
            })
            .collect();
        let name = change.name.clone().map(|name| habit(&Value::Text(name)).to_string());
        let all = self.records.get_mut(&change.kind).unwrap();
        let id = change.target.clone().unwrap_or_else(|| {
            self.next += 1;
            let id = format!("t{}", self.next);
            let blank = crosswalk_model::catalogue::fields(change.kind)
                .map(|(name, _)| Field::new(name, Value::Blank))
                .collect();
            all.insert(
                id.clone(),
                Record { id: id.clone(), parent: None, name: String::new(), stamp: None, fields: blank },
            );
            id
        });
        let mut now = all[&id].clone();
        if let Some(name) = name {
            now.name = name;
        }
        if matches!(change.operation, Operation::Create | Operation::Move) {
            now.parent.clone_from(&change.parent);
        }
        if change.stamp.is_some() {
            now.stamp.clone_from(&change.stamp);
        }
        for field in fields {
            now = now.with(&field.name, field.value);
        }
        now = match change.operation {
            Operation::Deactivate => now.with("active", Value::Boolean(false)),
            Operation::Create | Operation::Reactivate => now.with("active", Value::Boolean(true)),
            Operation::Update | Operation::Move => now,
        };
        all.insert(id.clone(), now);
        id
    }
}
