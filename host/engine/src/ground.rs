//! The base of every verb: a tenant, its opened connections, the claim on a sync, progress and stop.
//!
//! Decides nothing; knows neither plans nor bills.

pub(crate) mod accounts;
pub(crate) mod claim;
pub(crate) mod engine;
pub(crate) mod find;
pub(crate) mod held;
pub(crate) mod noting;
pub(crate) mod opened;
pub(crate) mod parts;
pub(crate) mod patience;
pub(crate) mod plugins;
pub(crate) mod ports;
pub(crate) mod progress;
pub(crate) mod schedules;
pub(crate) mod stop;
pub(crate) mod sync_run;
pub(crate) mod tenant;
pub(crate) mod watched;
