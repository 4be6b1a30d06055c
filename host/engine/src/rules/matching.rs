//! Matching: which record of the target is the source's record, and how we know.
//!
//! The order of trust: a known link, the key this host stamped into the target, a key
//! both systems share (a customer's number, a device's serial number, then its network
//! cards), and last the name. Keys link by themselves, and only where they are unique
//! on both sides. Names only propose, with a score and a reason in words, unless the
//! operator set a score that is enough. Two candidates are a conflict, never a guess.
//! What an operator decided stands. What follows in each case stands in one table
//! ([`table`]): a target that is linked to a source record that is gone is no less a target,
//! and takes its link along to the record that has its key now.
//!
//! Two doors: [`match_customers`] sees all customers at once; [`match_records`] sees the
//! locations or the assets of one customer and the account it is linked to, and looks
//! nowhere else, so that no device lands at the wrong company. Both go through the same
//! passes on a [`board::Board`]. Every pass sees the whole lists and its result does not
//! depend on their order.
//!
//! Pure: nothing is read, written or remembered here. [`decided`] says what to keep.

mod board;
pub(crate) mod contracts;
mod customers;
pub(crate) mod records;
mod score;
mod table;
mod types;

pub(crate) use self::board::has_close_second;
pub use self::contracts::{ContractMatchInput, match_contract};
pub use self::customers::{CustomerMatchInput, match_customers};
pub use self::records::{MatchInput, is_nameless, match_records};
pub(crate) use self::score::NameIndex;
pub use self::types::{Decision, Holder, Matched};

use crosswalk_model::{Decider, Kind, Link, LinkState, Timestamp, said};

/// The link as it stands after a decision, or none when that is as it stands already,
/// or when it only changes once a change of the plan is done (linked, create).
#[must_use]
pub fn decided(link: Option<&Link>, kind: Kind, source: &str, decision: &Decision, now: Timestamp) -> Option<Link> {
    let nothing = Vec::new();
    let (state, candidates, reason) = match decision {
        Decision::Keep | Decision::Linked { .. } | Decision::Create { .. } => return None,
        Decision::Proposed { candidates, reason } => (LinkState::Proposed, candidates, reason),
        Decision::Conflict { candidates, reason } => (LinkState::Conflict, candidates, reason),
        Decision::Unmapped { reason } => (LinkState::Unmapped, &nothing, reason),
        Decision::Broken { reason } => (LinkState::Broken, &nothing, reason),
    };
    let same = link.is_some_and(|link| link.state == state && link.candidates == *candidates && link.reason == *reason);
    if same {
        return None;
    }
    let mut next = link.cloned().unwrap_or_else(|| Link::unmapped(kind, source, now));
    if state != LinkState::Broken {
        next.target = None;
    }
    next.state = state;
    next.candidates.clone_from(candidates);
    next.reason.clone_from(reason);
    next.decided_by = Some(Decider::Matching);
    next.decided_at = now;
    Some(next)
}

/// The link of a record that is gone from the source, without what was found for it while it was there: nobody is
/// asked about it, and it stands in the way of no other. `None` for a link that waits for nobody, or by another hand.
#[must_use]
pub fn withdrawn(link: &Link, now: Timestamp) -> Option<Link> {
    let waits =
        matches!(link.state, LinkState::Proposed | LinkState::Conflict) && link.decided_by == Some(Decider::Matching);
    waits.then(|| Link {
        state: LinkState::Unmapped,
        target: None,
        candidates: Vec::new(),
        reason: said!("match-source-gone"),
        decided_at: now,
        ..link.clone()
    })
}

#[cfg(test)]
mod tests;
