//! The steps of one run, from its claim to its end: read, match, plan, apply, settle, look up.
//!
//! Each file is one step, called by `sync` in the order of the walk. Decisions are `rules`'; usage and bills `billing`'s.

pub(crate) mod accounts;
pub(crate) mod alerts;
pub(crate) mod along;
pub(crate) mod apply;
pub(crate) mod approvals;
pub(crate) mod asked;
pub(crate) mod batch;
pub(crate) mod customers;
pub(crate) mod draft;
pub(crate) mod ending;
pub(crate) mod fresh;
pub(crate) mod identity;
pub(crate) mod items;
pub(crate) mod journal;
pub(crate) mod ledger;
pub(crate) mod left;
pub(crate) mod lines;
pub(crate) mod look_up;
pub(crate) mod made;
pub(crate) mod observe;
pub(crate) mod outcomes;
pub(crate) mod queue;
pub(crate) mod reading;
pub(crate) mod recover;
pub(crate) mod references;
pub(crate) mod refresh;
pub(crate) mod refused;
pub(crate) mod report;
pub(crate) mod resolve;
pub(crate) mod resting;
pub(crate) mod reverse;
pub(crate) mod session;
pub(crate) mod settle;
pub(crate) mod stamps;
pub(crate) mod totals;
pub(crate) mod undo;
