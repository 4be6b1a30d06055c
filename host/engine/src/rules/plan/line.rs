//! Usage: what a vendor counted, what the contract says, what was approved last, and what follows.
//!
//! Per line (a customer's product) three numbers are compared. The contract is brought to the vendor's count when that
//! moved since somebody approved or dismissed it; a quantity that a person set instead of the count stays until the
//! count moves again. A quantity that somebody else changed in the PSA is held, never overwritten unseen.
//!
//! Absence has several meanings: a count that is *not fetched* changes nothing, whatever the contract says; a report
//! that was fetched and does not name a line says zero, which is held. Only lines of mapped customers, contracts and
//! products are touched, and of the contract only what this sync made or took over. A product that is on a contract
//! twice stops its line until a person chooses.
//!
//! Several lines that go to one service on one contract are *parts* of one line there: they add up,
//! each with its own count, and one of them leads (`parts`). A line that goes elsewhere is one
//! decision: the old line is set to 0 and the new one to the count, for one day (`before`); a part that goes
//! elsewhere is one with the sum it leaves (`leaving`). What a
//! person has to look at first is in `holds`, from which day on a quantity can hold in `days`, and
//! what is written and remembered in `change`.
//!
//! Pure. The change's fields hold source ids, as in every change; the ids in its step are the target's.

mod before;
pub(crate) mod change;
pub(crate) mod days;
mod holds;
pub(crate) mod leaving;
mod parts;
pub(crate) mod types;
mod weigh;

pub(super) use self::change::after_usage;
pub(crate) use self::change::{after_retire, forget_line, keep_former, settle};
pub(crate) use self::days::{open_from, out_of_force, successors};
pub(crate) use self::holds::Sweep;
pub(crate) use self::leaving::{begun, billed_since, named, remember_since, since_of};
pub(crate) use self::parts::{Member, counts, group};
pub use self::types::{
    Choice, EFFECTIVE, Left, Line, LineVerdict, PRODUCT, Part, Place, Product, QUANTITY, Retire, Share, UsageInput,
    integer,
};
pub(crate) use self::types::{count, date, is_free};
use self::weigh::Weighing;
use super::{Planned, rank_of};
use crosswalk_model::usage::midnight;
use crosswalk_model::{Action, Cause, Finding, Hold, Kind, LineKey, Link, PlannedChange, Record, Said};
use std::collections::BTreeSet;

/// The lines of a customer: everything the vendor counts or this sync put on the contract.
#[must_use]
pub fn lines(input: &UsageInput<'_>) -> Vec<Line> {
    let counted = input.rows.iter().filter_map(|row| row.text(PRODUCT));
    let products: BTreeSet<&str> = counted.chain(input.links.keys().map(String::as_str)).collect();
    products.into_iter().filter_map(|product| Weighing::new(input, product).line()).collect()
}

/// The changes and findings that lines come to, in the order of work.
#[must_use]
pub fn plan_usage(input: &UsageInput<'_>, lines: &[Line]) -> Planned {
    let mut out = Planned::default();
    for line in lines {
        let key = LineKey::new(input.customer, &line.product).to_string();
        let found =
            |cause: Cause, message: Said| Finding::new(cause, Kind::Usage, input.customer, key.clone(), message);
        match &line.verdict {
            LineVerdict::Change { action, quantity, holds } => {
                let held = Hold::together(holds.clone());
                out.changes.extend(line.retires.iter().map(|old| change::retire(input, line, old, held.clone())));
                if *action != Action::Retire {
                    out.changes.push(change::change(input, line, *action, *quantity, held));
                }
            }
            LineVerdict::Agreed => out.noted.extend(change::agreed(input, line)),
            LineVerdict::NotFetched => out.findings.push(found(Cause::NotFetched, line.reason.clone())),
            LineVerdict::Left => out.findings.push(found(Cause::Unbilled, line.reason.clone())),
            // The day on which its own line ended is needed until the other bills it.
            LineVerdict::Together(_)
                if line.counted == Some(0) || (input.agreed)(&LineKey::new(input.customer, &line.product)) =>
            {
                out.noted.extend(change::without_end(input, line));
            }
            LineVerdict::Together(_) => {}
            LineVerdict::InStep => {}
        }
        out.findings.extend(line.notes.iter().map(|note| found(Cause::Former, note.clone())));
    }
    let place = |change: &crosswalk_model::PlannedChange| rank_of(Kind::Usage, change.action);
    out.changes.sort_by(|a, b| (place(a), &a.source).cmp(&(place(b), &b.source)));
    out
}

/// What the journal keeps of a line's change besides its words: it outlives the plan.
pub(crate) fn detail(planned: &PlannedChange) -> Option<serde_json::Value> {
    let step = planned.line()?;
    let quantity = planned.field(QUANTITY);
    Some(serde_json::json!({
        "before": quantity.and_then(|diff| integer(diff.before.as_ref())),
        "quantity": quantity.and_then(|diff| integer(Some(&diff.after))),
        "counted": step.counted,
        "effective": date(planned.field(EFFECTIVE).map(|diff| &diff.after)),
        "contract": step.contract,
        "parts": step.parts,
    }))
}

#[cfg(test)]
mod tests;
