//! One pass of matching by a hard key: a stamp, a serial number, the number of a customer, the name of a location.
//!
//! What follows from how many have a key on both sides stands in `table`; near names are `likeness`'s.

use super::{Board, CANDIDATES_SHOWN};
use crate::rules::matching::table::{Follows, Grade, Here, There, follows};
use crate::rules::matching::{Decision, Holder};
use crosswalk_model::{Call, Candidate, Decider, LinkState, Record, Said, Verb, said};
use std::collections::HashMap;

/// A key that decides, and what it finds in the target.
pub(in crate::rules::matching) struct ByKey<'k, 'a> {
    /// What it is called.
    pub(in crate::rules::matching) by: Decider,
    /// The records it is looked for in; those of other accounts among them.
    pub(in crate::rules::matching) pool: &'k [&'a Record],
    /// A record's keys, on either side.
    pub(in crate::rules::matching) source_keys: &'k dyn Fn(&Record) -> Vec<String>,
    pub(in crate::rules::matching) target_keys: &'k dyn Fn(&Record) -> Vec<String>,
    /// Whether it names one thing in all the world, so that two of the source that have it wait, be it in the
    /// target or not.
    pub(in crate::rules::matching) names_one: bool,
    /// Whether a target that belongs to another source record is none for this one: two sites may have one name.
    pub(in crate::rules::matching) free_only: bool,
    /// Whether a source record outside this board has the key, too.
    pub(in crate::rules::matching) elsewhere: &'k dyn Fn(&Record, &str) -> bool,
    /// Whether a target belongs to another account, and so is not simply taken.
    pub(in crate::rules::matching) outside: &'k dyn Fn(&Record) -> bool,
}

impl<'k, 'a> ByKey<'k, 'a> {
    /// A key of records that all belong here, on which nothing else bears.
    pub(in crate::rules::matching) fn plain(
        by: Decider,
        pool: &'k [&'a Record],
        source_keys: &'k dyn Fn(&Record) -> Vec<String>,
        target_keys: &'k dyn Fn(&Record) -> Vec<String>,
    ) -> Self {
        let (elsewhere, outside) = (&|_: &Record, _: &str| false, &|_: &Record| false);
        Self { by, pool, source_keys, target_keys, names_one: false, free_only: false, elsewhere, outside }
    }
}

impl<'a> Board<'a> {
    /// One pass by a hard key: what follows stands in the table.
    pub(in crate::rules::matching) fn by_key(&mut self, key: &ByKey<'_, 'a>) {
        let by = key.by;
        if key.pool.is_empty() && !key.names_one {
            return;
        }
        let keys_of = |record: &Record| match self.takes_part(record) {
            true => distinct((key.source_keys)(record)),
            false => Vec::new(),
        };
        let own: Vec<Vec<String>> = self.source.iter().map(keys_of).collect();
        let mut here: HashMap<&str, usize> = HashMap::new();
        for key in own.iter().flatten() {
            *here.entry(key).or_default() += 1;
        }
        if here.is_empty() {
            return;
        }
        let mut pool: Vec<&'a Record> = key.pool.to_vec();
        // Those that belong here come first, so that none of them is cut off.
        pool.sort_unstable_by(|a, b| ((key.outside)(a), &a.id).cmp(&((key.outside)(b), &b.id)));
        let mut there: HashMap<String, Vec<&'a Record>> = HashMap::new();
        for record in pool {
            for key in distinct((key.target_keys)(record)).into_iter().filter(|key| here.contains_key(key.as_str())) {
                there.entry(key).or_default().push(record);
            }
        }
        let mut decided: Vec<(usize, Decision)> = Vec::new();
        for at in self.open().take_while(|_| !self.is_stopped()) {
            let (record, keys) = (&self.source[at], &own[at]);
            let mut found = self.found(key, record, keys, &there);
            if found.iter().any(|(_, target)| !(key.outside)(target)) {
                found.retain(|(_, target)| !(key.outside)(target));
            }
            let twins =
                |own: &String| here.get(own.as_str()).is_some_and(|count| *count > 1) || (key.elsewhere)(record, own);
            let twin = keys.iter().find(|own| (key.names_one || there.contains_key(*own)) && twins(own));
            let side = self.side(key, &found);
            let several = if twin.is_some() { Here::Several } else { Here::One };
            let decision = match (follows(Grade::Hard, several, side), found.first()) {
                (Follows::Link, Some((own, target))) => {
                    Decision::Linked { target: target.id.clone(), by, reason: same_key(by, own) }
                }
                (Follows::Relink, Some((own, target))) => {
                    let gone = self.gone_holder(&target.id).unwrap_or_default();
                    let reason = said!("match-same-key-as-gone", key = word(by), value = *own, gone);
                    Decision::Linked { target: target.id.clone(), by: Decider::ReEnrolled, reason }
                }
                (Follows::Ask, _) => conflict(by, &found, self.why_ask(key, record, side, twin, &found)),
                _ => match self.why_not_new(record, key, keys, &there) {
                    Some(why) => conflict(by, &[], why),
                    None => continue,
                },
            };
            decided.push((at, decision));
        }
        part_shared(key, &mut decided);
        self.put(decided);
    }

    /// The targets that share a key with a source record and are free for it, with the key: those in use, if any is,
    /// taken or not. Of each key no more than are shown, and one more.
    fn found<'k>(
        &self,
        key: &ByKey<'_, 'a>,
        record: &Record,
        keys: &'k [String],
        there: &HashMap<String, Vec<&'a Record>>,
    ) -> Vec<(&'k str, &'a Record)> {
        let all = |own: &String| there.get(own).into_iter().flatten().filter(|target| self.is_offered(record, target));
        let active = keys.iter().flat_map(all).any(|target| target.active());
        let is_free = |target: &Record| !(key.free_only && self.is_taken(&target.id));
        let mut found: Vec<(&str, &Record)> = Vec::new();
        for own in keys {
            let new = |target: &&&Record| found.iter().all(|(_, known)| known.id != target.id);
            let offered = all(own).filter(|target| target.active() == active && is_free(target)).filter(new);
            let more: Vec<_> = offered.take(CANDIDATES_SHOWN + 1).map(|target| (own.as_str(), *target)).collect();
            found.extend(more);
        }
        found.sort_by(|a, b| (&a.1.id, a.0).cmp(&(&b.1.id, b.0)));
        found
    }

    /// Why a record whose key only a declined target has is not new all the same; `None` where an operator asked
    /// for it to be created, or no such target has the key.
    fn why_not_new(
        &self,
        record: &Record,
        key: &ByKey<'_, 'a>,
        keys: &[String],
        there: &HashMap<String, Vec<&'a Record>>,
    ) -> Option<Said> {
        let link = self.link(record).filter(|link| link.state != LinkState::Create)?;
        let mut with_key = keys.iter().filter_map(|key| there.get(key)).flatten();
        let target = with_key
            .find(|target| link.declined.contains(&target.id) && !(key.free_only && self.is_taken(&target.id)))?;
        let (target, name) = (target.id.as_str(), target.name.as_str());
        Some(said!("match-key-declined", key = word(key.by), kind = self.setting.kind, target, name))
    }

    /// How the target stands to what was found.
    fn side(&self, key: &ByKey<'_, 'a>, found: &[(&str, &Record)]) -> There {
        match found {
            [] => There::Nobody,
            [(_, target)] if self.is_taken(&target.id) => There::OfPresent,
            [(_, target)] => match (self.gone_holder(&target.id), (key.outside)(target)) {
                (Some(_), true) => There::OfGoneElsewhere,
                (Some(_), false) => There::OfGone,
                (None, true) => There::FreeElsewhere,
                (None, false) => There::Free,
            },
            _ => There::Several,
        }
    }

    fn why_ask(
        &self,
        key: &ByKey<'_, 'a>,
        record: &Record,
        side: There,
        twin: Option<&String>,
        found: &[(&str, &Record)],
    ) -> Said {
        let (key, kind) = (word(key.by), self.setting.kind);
        let first = found.first().map(|(_, target)| (target.id.as_str(), target.name.as_str(), whose(target)));
        match (side, twin, first) {
            (There::OfPresent, _, Some((target, name, _))) => match (self.holder)(target) {
                Some(Holder::Present(other)) => said!("match-key-of-present", key, target, name, other),
                _ => said!("match-key-shared", key, kind),
            },
            (There::FreeElsewhere, _, Some((target, name, whose))) => {
                said!("match-key-elsewhere-free", key, kind, target, name, whose)
            }
            (There::OfGoneElsewhere, _, Some((target, name, whose))) => {
                let link = Call::of(Verb::LinkSet).with("kind", kind).with("source", &record.id).with("target", target);
                said!("match-key-elsewhere-of-gone", key, kind, target, name, whose, link)
            }
            (There::Nobody, Some(twin), _) => said!("match-key-twice", key, value = twin),
            (_, Some(_), _) => said!("match-key-twice-in-source", key),
            _ if found.len() > CANDIDATES_SHOWN => said!("match-key-many-in-target", key, count = CANDIDATES_SHOWN),
            _ => said!("match-key-several-in-target", key, count = found.len()),
        }
    }
}

/// The account that a target record outside this one belongs to.
fn whose(target: &Record) -> Said {
    match target.parent.as_deref() {
        Some(account) => said!("match-of-account", account),
        None => said!("match-of-no-account"),
    }
}

/// The word by which the catalogues choose what a key is called.
fn word(by: Decider) -> &'static str {
    match by {
        Decider::Stamp => "stamp",
        Decider::KnownId => "id",
        Decider::SerialNumber => "serial-number",
        Decider::MacAddress => "mac-address",
        Decider::ProductCode => "product-code",
        Decider::CustomerNumber => "customer-number",
        _ => "name",
    }
}

fn same_key(by: Decider, value: &str) -> Said {
    said!("match-same-key", key = word(by), value)
}

/// Leaves sources that match one target through different keys for review.
fn part_shared(key: &ByKey<'_, '_>, decided: &mut [(usize, Decision)]) {
    let mut reached: HashMap<String, usize> = HashMap::new();
    for (_, decision) in decided.iter() {
        if let Decision::Linked { target, .. } = decision {
            *reached.entry(target.clone()).or_default() += 1;
        }
    }
    for (_, decision) in decided {
        if let Decision::Linked { target, .. } = decision
            && reached.get(target).is_some_and(|count| *count > 1)
            && let Some(record) = key.pool.iter().find(|record| record.id == *target)
        {
            let why = said!("match-key-shared-with-one", key = word(key.by));
            *decision = conflict(key.by, &[("", record)], why);
        }
    }
}

fn conflict(by: Decider, found: &[(&str, &Record)], why: Said) -> Decision {
    let candidates = found
        .iter()
        .take(CANDIDATES_SHOWN)
        .map(|(key, target)| Candidate {
            target: target.id.clone(),
            name: target.name.clone(),
            score: 1.0,
            reason: if key.is_empty() { said!("match-same", key = word(by)) } else { same_key(by, key) },
        })
        .collect();
    Decision::Conflict { candidates, reason: why }
}

fn distinct(mut keys: Vec<String>) -> Vec<String> {
    keys.sort_unstable();
    keys.dedup();
    keys
}
