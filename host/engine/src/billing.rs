//! Usage: brings vendors' counts to the lines of contracts.
//!
//! [`UsageSnapshot`](snapshot::UsageSnapshot) is one snapshot of everything stored that a line's numbers come from; `fetched` holds
//! which counts are known. `plan` plans the lines of every customer as part of a plan of the sync, `choices` the lines
//! that a person asks for. `leaving` finds who leaves a line that several share, `told` the findings and counts beside
//! lines, `preconditions` the state a line must agree with when it is written, and `outcomes` stores the last result
//! per customer. The numbers are judged in [`crate::rules::plan::line`].

pub(crate) mod choices;
pub(crate) mod fetched;
pub(crate) mod leaving;
pub(crate) mod one;
pub(crate) mod outcomes;
pub(crate) mod plan;
pub(crate) mod preconditions;
pub(crate) mod snapshot;
pub(crate) mod told;
pub(crate) mod view;

use crosswalk_model::Timestamp;
use jiff::civil::Date;

/// Date in a time zone; in UTC where the zone is unknown.
pub(crate) fn today(zone: &str, now: Timestamp) -> Date {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().to_zoned(zone).date()
}
