//! For tests: records in a line, and a small world that carries plans out.
//!
//! [`World`] stands for a target system and the parts of the engine around the pure ones: it matches, plans and applies
//! as they do, customer by customer, and keeps the links. Its vendor has habits: it may cut texts, upper-case them, or
//! not return them.

mod planning;

use crate::rules::anew::{adopted, given_up};
use crate::rules::plan::{Planned, Reference, after_write, stale, to_write, verify};
use crate::run::left::is_left;
use crosswalk_model::{
    Action, Change, ChangeId, Field, FieldDescription, Kind, KindDescription, Link, Operation, PlanId, PlannedChange,
    Record, Said, StampPlace, SyncRules, Timestamp, Value, Writable,
};
use std::collections::{BTreeMap, BTreeSet};

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
    pub(crate) out_of_use: BTreeMap<String, Said>,
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
