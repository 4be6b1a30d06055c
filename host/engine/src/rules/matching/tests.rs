//! Matching, case by case, and what holds for every input.

mod customers;
mod properties;
mod records;

use super::table::{Follows, Grade, Here, TABLE, There};
use super::*;
use crate::testkit::{NOW, With, describe, record, stamp_of};
use crosswalk_model::sync::KindRules;
use crosswalk_model::{Candidate, Operation, Record, Said, Timestamp, Value, said};
use crosswalk_say::English;
use std::collections::{BTreeMap, BTreeSet};

struct Customers {
    source: Vec<Record>,
    target: Vec<Record>,
    links: Vec<Link>,
    rules: KindRules,
    complete: bool,
}

impl Customers {
    fn new(source: Vec<Record>, target: Vec<Record>) -> Self {
        Self { source, target, links: Vec::new(), rules: KindRules::default(), complete: true }
    }

    fn decide(&self) -> BTreeMap<String, Decision> {
        let matched = match_customers(&CustomerMatchInput {
            kind: Kind::Customer,
            source: &self.source,
            target: &self.target,
            target_complete: self.complete,
            links: &self.links,
            stamp_of: &stamp_of,
            rules: &self.rules,
            describe: &describe(Kind::Customer),
            stopped: &|| false,
        });
        assert!(matched.iter().map(|m| &m.source).eq(self.source.iter().map(|r| &r.id)), "in the order of the source");
        matched.into_iter().map(|matched| (matched.source, matched.decision)).collect()
    }
}

fn customer(id: &str, name: &str, fields: &[(&str, &str)]) -> Record {
    record(id, None, name, fields)
}

fn link(kind: Kind, source: &str, state: LinkState, target: Option<&str>, by: &str) -> Link {
    let mut link = Link::unmapped(kind, source, NOW);
    link.state = state;
    link.target = target.map(str::to_owned);
    link.decided_by = Decider::read(by);
    link.revision = 3;
    link
}

/// A decision in a word or two, for comparing.
fn short(decision: &Decision) -> String {
    let ids = |candidates: &[Candidate]| candidates.iter().map(|c| c.target.as_str()).collect::<Vec<_>>().join(",");
    match decision {
        Decision::Keep => "keep".to_owned(),
        Decision::Linked { target, by, .. } => format!("{target} by {by}"),
        Decision::Proposed { candidates, .. } => format!("proposed {}", ids(candidates)),
        Decision::Conflict { candidates, .. } => format!("conflict {}", ids(candidates)),
        Decision::Create { .. } => "create".to_owned(),
        Decision::Unmapped { .. } => "unmapped".to_owned(),
        Decision::Broken { .. } => "broken".to_owned(),
    }
}

struct Records {
    kind: Kind,
    source: Vec<Record>,
    target: Vec<Record>,
    elsewhere: Vec<Record>,
    links: Vec<Link>,
    taken: BTreeSet<String>,
    serials_elsewhere: BTreeSet<String>,
    waits: Option<Timestamp>,
    rules: KindRules,
}

impl Records {
    fn new(kind: Kind, source: Vec<Record>, target: Vec<Record>) -> Self {
        Self {
            kind,
            source,
            target,
            elsewhere: Vec::new(),
            links: Vec::new(),
            taken: BTreeSet::new(),
            serials_elsewhere: BTreeSet::new(),
            waits: None,
            rules: KindRules::default(),
        }
    }

    /// Which source record has a target: by a link, or one of another customer.
    fn holder(&self, id: &str) -> Option<Holder> {
        let link = self.links.iter().find(|link| link.linked() == Some(id));
        let own = link.map(|link| link.source.clone()).map(|source| {
            if self.source.iter().any(|r| r.id == source) { Holder::Present(source) } else { Holder::Gone(source) }
        });
        own.or_else(|| self.taken.contains(id).then(|| Holder::Present("another".to_owned())))
    }

    fn decide(&self) -> BTreeMap<String, Decision> {
        let all: BTreeSet<&str> = self.target.iter().chain(&self.elsewhere).map(|r| r.id.as_str()).collect();
        let matched = match_records(&MatchInput {
            kind: self.kind,
            source: &self.source,
            target: &self.target,
            target_complete: true,
            links: &self.links,
            elsewhere: &self.elsewhere,
            exists: &|id| all.contains(id),
            holder: &|id| self.holder(id),
            serial_elsewhere: &|key| self.serials_elsewhere.contains(key),
            stamp_of: &stamp_of,
            rules: &self.rules,
            describe: &describe(self.kind),
            waits: &|_| self.waits,
            stopped: &|| false,
        });
        matched.into_iter().map(|matched| (matched.source, matched.decision)).collect()
    }
}

fn asset(id: &str, name: &str, serial: &str, macs: &[&str]) -> Record {
    let json = serde_json::to_string(macs).unwrap();
    record(id, Some("c"), name, &[("serial-number", serial)]).with("mac-addresses", Value::Json(json))
}
