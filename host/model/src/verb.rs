//! What a message advises to do: a verb of the engine with its arguments.
//!
//! A surface makes of it what its reader can use: a command, a button, an operation of an API. How a command line is
//! written is not known here.

use crate::words::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// A verb of the engine that a person can be advised to use. Its word is the command, with hyphens for blanks.
    "a verb" Verb {
        /// Poll alerts once.
        AlertPoll = "alert-poll",
        /// Apply a plan, or a part of it.
        Apply = "apply",
        /// Approve a plan, or a part of it, without applying it.
        Approve = "approve",
        /// Refresh one asset.
        AssetRefresh = "asset-refresh",
        /// Add a connection.
        ConnectionAdd = "connection-add",
        /// Check a connection.
        ConnectionCheck = "connection-check",
        /// Grant an endpoint.
        ConnectionGrant = "connection-grant",
        /// List connections.
        ConnectionList = "connection-list",
        /// Let a connection out of its rest.
        ConnectionRelease = "connection-release",
        /// Change settings and secrets of a connection.
        ConnectionSet = "connection-set",
        /// List the contracts of a customer.
        CustomerContracts = "customer-contracts",
        /// Write the decisions on customers to a file.
        CustomerExport = "customer-export",
        /// Find an account by a part of its name.
        CustomerFind = "customer-find",
        /// List customers.
        CustomerList = "customer-list",
        /// Map a customer to an account and a contract.
        CustomerMap = "customer-map",
        /// List the findings of plans.
        FindingList = "finding-list",
        /// List the journal.
        Journal = "journal",
        /// Have the target record made.
        LinkCreate = "link-create",
        /// Leave a record out.
        LinkExclude = "link-exclude",
        /// Write the decisions on links to a file.
        LinkExport = "link-export",
        /// Forget a link.
        LinkForget = "link-forget",
        /// List links.
        LinkList = "link-list",
        /// Decide on a record that the target alone has.
        LinkReverse = "link-reverse",
        /// Link a record.
        LinkSet = "link-set",
        /// Plan; or show a plan.
        Plan = "plan",
        /// Install a plugin.
        PluginAdd = "plugin-add",
        /// Build a plugin.
        PluginBuild = "plugin-build",
        /// Inspect a plugin.
        PluginInspect = "plugin-inspect",
        /// List plugins.
        PluginList = "plugin-list",
        /// Find a service by a part of its name.
        ProductFind = "product-find",
        /// List products.
        ProductList = "product-list",
        /// Map a product to a service.
        ProductMap = "product-map",
        /// Delete data older than its retention.
        Prune = "prune",
        /// Plan and apply at once.
        Run = "run",
        /// Follow a run until it ends.
        RunFollow = "run-follow",
        /// Stop a run.
        RunStop = "run-stop",
        /// Undo a past run.
        RunUndo = "run-undo",
        /// List past runs.
        Runs = "runs",
        /// Add a sync.
        SyncAdd = "sync-add",
        /// List syncs.
        SyncList = "sync-list",
        /// Change the rules of a sync.
        SyncSet = "sync-set",
        /// Show a sync.
        SyncShow = "sync-show",
        /// Add a tenant.
        TenantAdd = "tenant-add",
        /// List tenants.
        TenantList = "tenant-list",
        /// List writes of unknown outcome.
        UncertainList = "uncertain-list",
        /// Settle a write of unknown outcome.
        UncertainSettle = "uncertain-settle",
        /// Change a count by hand.
        UsageAdjust = "usage-adjust",
        /// Approve lines of usage.
        UsageApprove = "usage-approve",
        /// Show the history of a customer's usage.
        UsageHistory = "usage-history",
        /// List lines of usage.
        UsageList = "usage-list",
        /// Take over lines of a contract.
        UsageTake = "usage-take",
        /// Explain a record.
        Why = "why",
    }
}

/// A verb with arguments: what would change the matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The verb.
    pub verb: Verb,
    /// Values by the name of the argument. What is not given is the person's to choose.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, CallArg>,
}

/// Value of one argument of a [`Call`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CallArg {
    /// Given, and its value is the person's to choose. In JSON: `null`.
    Chosen(()),
    /// Given, without a value: a switch.
    Flag(bool),
    /// One value.
    One(String),
    /// Several values of the same name.
    Several(Vec<String>),
}

impl Call {
    /// Returns a verb without arguments.
    #[must_use]
    pub fn of(verb: Verb) -> Self {
        Self { verb, args: BTreeMap::new() }
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.to_owned(), CallArg::One(value.to_string()));
        self
    }

    /// Adds an argument whose value the person chooses.
    #[must_use]
    pub fn choose(mut self, name: &str) -> Self {
        self.args.insert(name.to_owned(), CallArg::Chosen(()));
        self
    }

    /// Adds a switch.
    #[must_use]
    pub fn flag(mut self, name: &str) -> Self {
        self.args.insert(name.to_owned(), CallArg::Flag(true));
        self
    }

    /// Adds several values of one name; nothing if there are none.
    #[must_use]
    pub fn each(mut self, name: &str, values: impl IntoIterator<Item = impl ToString>) -> Self {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        if !values.is_empty() {
            self.args.insert(name.to_owned(), CallArg::Several(values));
        }
        self
    }
}
