//! Usage: what vendors count, brought to contracts.
//!
//! Planning of it goes along with every plan of a sync in which usage takes part (`planning`);
//! what a person does with a single line (look, approve, dismiss, say which it is) is in `verbs`.
//! Both read the [`Books`](books::Books): everything stored that the numbers of a line come from. Which counts are
//! known at all is in `fetched`. What follows from the numbers is decided in `plan::usage`, which is
//! pure; whether that still stands as a line is written, in `ground`. Who leaves
//! a line that several share is in `leaving`, and what is told besides lines in `told`.

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
