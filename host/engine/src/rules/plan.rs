//! Planning: what has to happen in the target so that it says what the source says.
//!
//! [`plan_kind`] takes one customer's records of a kind, each with its link, what matching decided and what the target
//! has now, and returns typed changes with before and after per field, plus findings: a sentence for everything that is
//! *not* in step and stays so. No difference, no change: the second plan after a first is empty.
//!
//! The rules, in the order in which they apply:
//! - Only what this sync made or linked is touched.
//! - A record whose customer changed is moved; where the vendor cannot, the old one is
//!   retired and a new one created. A record that a person moved is left there.
//! - What left the source is taken out of use, after the grace period; customers and
//!   locations only when this host made them, since they serve more than this source.
//! - What this host took out of use comes back by itself; what a person retired does not.
//! - Fields follow their rules by a three-way compare (see [`fields`]).
//!
//! The order of changes: by action ([`ORDER`]), then by source id. So a change comes after those it depends on, and
//! changes of one operation stand together for batches.
//!
//! Pure: the caller passes the function that resolves references. `write` turns a change into what is sent and what the
//! link remembers, [`stale()`] decides whether it still holds, [`hash`] computes what an approval signs.

pub(crate) mod undo;

mod depends;
mod fields;
mod hash;
pub mod line;
mod record;
mod reverse;
mod sides;
mod stale;
pub mod ticket;
mod types;
mod words;
pub(crate) mod write;

pub use self::depends::with_depended;
use self::fields::Layout;
pub use self::hash::PlanHasher;
use self::record::Planner;
pub use self::reverse::{ReverseInput, after_reverse, plan_reverse};
pub use self::stale::stale;
pub(crate) use self::stale::{now as now_has, stale_target};
use self::types::rank;
pub(crate) use self::types::{HOUR_MS, rank_of};
pub use self::types::{Item, ORDER, PlanInput, Planned, Reference, order_of};
pub use self::write::{FieldNote, Unresolved, after_write, as_left, to_write, verify};
pub(crate) use super::value::{alike, same, shown};
use crosswalk_model::Kind;
use crosswalk_model::sync::Sites;

pub use crosswalk_model::Finding;

/// Plans one customer's records of a kind; nothing when the kind takes no part in the sync.
#[must_use]
pub fn plan_kind(input: &PlanInput<'_>) -> Planned {
    let no_locations = input.kind == Kind::Location && input.rules.sites == Sites::Primary;
    let Some(rules) = input.rules.kinds.get(&input.kind).filter(|_| !no_locations) else { return Planned::default() };
    let layout = Layout::new(input, rules);
    let mut planned = Planned::default();
    for item in input.items {
        Planner { input, rules, layout: &layout, item, out: &mut planned }.plan();
    }
    planned.changes.sort_by(|a, b| (rank(a.action), &a.source).cmp(&(rank(b.action), &b.source)));
    planned.findings.sort_by(|a, b| a.source.cmp(&b.source));
    planned.noted.sort_by(|a, b| a.source.cmp(&b.source));
    planned
}

#[cfg(test)]
mod tests;
