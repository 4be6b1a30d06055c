//! Usage: what vendors count, brought to the lines of contracts.
//!
//! Everything stored that the numbers of a line come from is one snapshot, [`Books`](snapshot::Books); which counts are
//! known at all is in `fetched`. `plan` plans the lines of every customer along with a plan of the sync, `choices` those
//! that a person asks for. `leaving` finds who leaves a line that several share, `told` what is reported beside lines,
//! `preconditions` what a line has to agree with when it is written, and `outcomes` keeps the last result per customer.
//! What follows from the numbers is decided in [`crate::rules::plan::line`].

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

/// The day it is in a time zone; in UTC where nobody knows the zone.
pub(crate) fn today(zone: &str, now: Timestamp) -> Date {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().to_zoned(zone).date()
}
