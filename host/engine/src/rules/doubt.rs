//! The life of a write whose outcome is unknown, and what each look-up of it proves.
//!
//! ```text
//! pending ─▶ intended ─▶ done | failed | stale | accepted
//!                 │
//!                 ├─ no reply, or one that settles nothing ──────────┐
//!                 └─ the process ended ──────────────────────────────┤
//!                                                                    ▼
//!                                                                uncertain ◀─────────────┐
//!   looked up at once, after the quiet time, and again after twice that, …               │
//!     found                          ─▶ done, credited to the run that sent it           │
//!     not found, before its time     ─▶ waits ───────────────────────────────────────────┤
//!     not found, often enough        ─▶ pending: a later run may do it                   │
//!     its line holds another amount  ─▶ stale: it is planned anew                        │
//!     cannot be looked up, ambiguous ─▶ waits, and is reported; the rest goes on ────────┤
//!     not found, and the vendor named another's record as what was made ─▶ the same ─────┘
//!   a person says                    ─▶ done | pending
//! ```
//!
//! Finding a write proves it at any time. Not finding it proves nothing by itself: the vendor may still be working on
//! the request, and its reads may lag behind its writes. Absence counts only after the vendor's *quiet time* (the
//! manifest's `quiet-seconds`): once for a write whose repeat changes nothing, [`LOOKS`] times, with growing pauses,
//! for one whose repeat doubles something (a create, a note, a difference). The latter is never repeated in the run
//! that sent it. A write that cannot be decided is looked up again after as long as it has been open, up to eight
//! hours. A difference without any reply waits until its line changes or a person settles it. While a write is
//! uncertain, nothing else is planned or done for its record.
//!
//! Pure: what is asked of the vendor is in `look_up`, what is stored in `settle` and `recover`.

use crosswalk_model::{Change, Kind, Operation, Said, Timestamp, said};
use crosswalk_store::Doubt;

/// How often a write whose repeat does harm must be missed after the quiet time.
const LOOKS: u32 = 2;
/// How long after its intent a request of a process that died may have left, at most: an intent is
/// written while the batch before it is at the vendor.
const UNDER_WAY_MS: i64 = 10 * 60 * 1000;
/// The longest pause before a write is looked up again of which nobody can tell: a few times a day.
pub(crate) const UNCLEAR_MOST_MS: i64 = 8 * 60 * 60 * 1000;
/// The most that the pause between two look-ups is doubled.
const DOUBLINGS: u32 = 8;

/// What a repeat of a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Nothing more: it sets what it sets.
    Absolute,
    /// The same thing twice: a record, a note.
    Once,
    /// An amount twice.
    Difference,
}

impl Nature {
    pub(crate) fn of(change: &Change) -> Self {
        match (change.operation, change.kind) {
            (Operation::Create, _) => Self::Once,
            // How a vendor keeps quantities is its own business: as differences, for one.
            (Operation::Update, Kind::Usage) => Self::Difference,
            (_, Kind::Ticket) if change.fields.iter().any(|field| field.name == "note") => Self::Once,
            _ => Self::Absolute,
        }
    }
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// It is there, with this id.
    Written(String),
    /// It is not there.
    NotWritten,
    /// Its line holds another amount than before, and not the one that was sent.
    Changed(Said),
    /// Nobody can tell, and why.
    Unclear(Said),
}

/// What becomes of an uncertain write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Next {
    /// It was written.
    Done(String),
    /// It was not written: it may be done again.
    Again,
    /// It is over, and what is to be done is planned anew, and why.
    Over(Said),
    /// It stays uncertain.
    Wait(Doubt),
}

/// A write that just became uncertain.
pub(crate) fn begin(intended_at: Timestamp, now: Timestamp, answered: bool, quiet_ms: i64, why: Said) -> Doubt {
    Doubt {
        intended_at,
        since: now,
        answered,
        looks: 0,
        due_at: now.plus_ms(quiet_ms),
        why,
        failure: None,
        named: None,
    }
}

/// A create for which the vendor named a record that is linked to another, or, with none, named it for several creates.
/// It took them for one, and will again: until the record is found by itself, a person has to say what is so.
pub(crate) fn begin_named(
    intended_at: Timestamp,
    now: Timestamp,
    quiet_ms: i64,
    (id, other): (&str, Option<&str>),
) -> Doubt {
    let why = match other {
        None => said!("doubt-named-twice", target = id),
        Some(other) => said!("doubt-named-of-another", target = id, other),
    };
    Doubt { named: Some(id.to_owned()), ..begin(intended_at, now, true, quiet_ms, why) }
}

/// A write that a process left when it ended.
pub(crate) fn left(intended_at: Timestamp, now: Timestamp, quiet_ms: i64) -> Doubt {
    let since = intended_at.plus_ms(UNDER_WAY_MS).min(now);
    begin(intended_at, since, false, quiet_ms, said!("doubt-program-ended"))
}

/// What a look-up at `now` makes of an uncertain write.
pub(crate) fn next(doubt: Doubt, nature: Nature, verdict: Verdict, now: Timestamp, quiet_ms: i64) -> Next {
    let doubt = by_this_clock(doubt, now, quiet_ms);
    let quiet = now.since_ms(doubt.since) >= quiet_ms;
    let verdict = match verdict {
        Verdict::NotWritten if doubt.named.is_some() => Verdict::Unclear(doubt.why.clone()),
        verdict => verdict,
    };
    match verdict {
        Verdict::Written(id) => Next::Done(id),
        // However often it cannot be told: it has been open for longer each time.
        Verdict::Unclear(why) => {
            let pause = now.since_ms(doubt.since).clamp(quiet_ms, UNCLEAR_MOST_MS.max(quiet_ms));
            Next::Wait(Doubt { why, due_at: now.plus_ms(pause), ..doubt })
        }
        Verdict::Changed(why) if quiet => Next::Over(why),
        // Before its time, absence says nothing.
        Verdict::NotWritten | Verdict::Changed(_) if !quiet || now < doubt.due_at => {
            Next::Wait(Doubt { due_at: doubt.due_at.max(doubt.since.plus_ms(quiet_ms)), ..doubt })
        }
        Verdict::NotWritten | Verdict::Changed(_) => {
            let looks = doubt.looks + 1;
            let enough = match nature {
                Nature::Absolute => true,
                Nature::Once => looks >= LOOKS,
                Nature::Difference => looks >= LOOKS && doubt.answered,
            };
            if enough {
                return Next::Again;
            }
            let counted = Doubt { looks, ..doubt };
            let due_at = pause(&counted, now, quiet_ms);
            let why = match nature {
                Nature::Difference if !counted.answered => said!("doubt-reads-as-before"),
                _ => counted.why.clone(),
            };
            Next::Wait(Doubt { due_at, why, ..counted })
        }
    }
}

/// Times that lie further ahead than they are ever put, because the clock was wrong, begin anew.
fn by_this_clock(doubt: Doubt, now: Timestamp, quiet_ms: i64) -> Doubt {
    let since = doubt.since.min(now);
    let due_at = if doubt.due_at > pause(&doubt, now, quiet_ms) { now.plus_ms(quiet_ms) } else { doubt.due_at };
    Doubt { since, due_at, ..doubt }
}

/// When the next look-up is due: each pause is twice the one before.
fn pause(doubt: &Doubt, now: Timestamp, quiet_ms: i64) -> Timestamp {
    now.plus_ms(quiet_ms.saturating_mul(1 << doubt.looks.min(DOUBLINGS)))
}

#[cfg(test)]
mod tests;
