//! Accepts a connector's description: checks it against the contract's rules, then converts it to
//! the model.
//!
//! The rules are the contract's (`wit/description.rs`), which the SDK's tests apply, too.

#[path = "../../../wit/description.rs"]
mod rules;

use super::bindings::crosswalk::connector::types as wit;
use crosswalk_model::{Description, Failure, Kind};

/// Most sentences in a refusal.
const LISTED: usize = 5;

/// Converts a description, or lists its contradictions.
pub(super) fn taken(description: wit::Description) -> Result<Description, Failure> {
    let kinds: Vec<rules::Kind<'_>> = description.kinds.iter().map(kind).collect();
    let mut wrong = rules::inconsistencies(&kinds);
    if wrong.is_empty() {
        return Ok(description.into());
    }
    let more = wrong.len().saturating_sub(LISTED);
    wrong.truncate(LISTED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Err(Failure::broken(format!("the connector's description does not hold together: {}{more}", wrong.join("; "))))
}

fn kind(described: &wit::KindDescription) -> rules::Kind<'_> {
    use wit::{Operations as O, Selections as S};
    rules::Kind {
        name: Kind::from(described.kind).as_str(),
        creates: described.writes.contains(O::CREATE),
        operations: u32::from(described.writes != O::empty()),
        stamps: described.reads.contains(S::STAMPS),
        named: described.reads.contains(S::NAMED),
        name_length: described.name_length,
        stamp: described.stamp.as_ref().map(|place| (place.field.as_str(), place.length)),
        changes_at_once: described.changes_at_once,
        ids_at_once: described.ids_at_once,
        page_size: described.page_size,
        calls_per_change: described.calls_per_change,
        fields: described
            .fields
            .iter()
            .map(|field| rules::Field { name: &field.name, length: field.length, values: &field.values })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(kind: wit::Kind) -> wit::KindDescription {
        wit::KindDescription {
            kind,
            reads: wit::Selections::EVERYTHING | wit::Selections::STAMPS,
            writes: wit::Operations::CREATE,
            fields: Vec::new(),
            name_length: None,
            stamp: Some(wit::StampPlace { field: "key".to_owned(), length: 50 }),
            changes_at_once: 50,
            ids_at_once: 50,
            page_size: 100,
            calls_per_change: 1,
            checks_before: false,
        }
    }

    #[test]
    fn a_description_that_does_not_hold_together_is_refused_with_each_reason() {
        let sound = wit::Description { kinds: vec![described(wit::Kind::Asset)] };
        assert_eq!(taken(sound).unwrap().kinds.len(), 1);
        let short = wit::StampPlace { field: "key".to_owned(), length: 4 };
        let wrong = wit::KindDescription { stamp: Some(short), page_size: 0, ..described(wit::Kind::Asset) };
        let blind = wit::KindDescription { reads: wit::Selections::EVERYTHING, ..described(wit::Kind::Customer) };
        let kinds = vec![wrong, blind, described(wit::Kind::Customer)];
        assert_eq!(
            taken(wit::Description { kinds }).unwrap_err().message(),
            "the connector's description does not hold together: asset: the stamp's place `key` holds 4 characters, \
             and a stamp that names one record has 19: declare none; asset: `page-size` is 0, at least 1 is needed; \
             customer: what it creates cannot be looked up: declare `stamps` or `named`; customer: the kind is there twice"
        );
    }
}
