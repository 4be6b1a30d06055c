//! Verbs of a person: lists, decisions and explanations of connections, customers, links, products, usage, syncs and
//! plugins.
//!
//! Lists, explains and stores decisions; writes nothing to a vendor.

pub(crate) mod alerts;
pub(crate) mod approvals;
pub(crate) mod connections;
pub(crate) mod customers;
pub(crate) mod decisions;
pub(crate) mod findings;
pub(crate) mod imports;
pub(crate) mod link_file;
pub(crate) mod links;
pub(crate) mod plugins;
pub(crate) mod prune;
pub(crate) mod query;
pub mod sheet;
pub(crate) mod swap;
pub(crate) mod syncs;
pub(crate) mod uncertain;
pub(crate) mod usage;
pub(crate) mod why;
