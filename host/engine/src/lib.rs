//! The verbs of the product: the one door for the command line, and later the API and the UI.
//!
//! A sync runs `observe → match → plan → hold → apply → verify → journal`. The rooms; each may use those below it:
//!
//! ```text
//! work     the schedule: what is due, taken fairly
//! desk     what a person asks and decides
//! sync     the walks: plan, run, apply, undo, refresh, alerts, each in the order of its steps
//! billing  usage, and the lines of contracts that it becomes
//! run      the steps of one run: observe, plan, apply, settle, look up
//! ground   a tenant, its connections opened, the run begun, claims, progress, stop
//! rules    what decides: pure, from data to data
//! ```
//!
//! `tests/tidy.rs` holds the table. The engine knows no vendor, no SQL, no wasm and no way of printing. Times come from
//! a [`clock::Clock`], long work reports to a [`Progress`].

pub mod clock;
pub mod error;
pub mod rules;

mod billing;
mod desk;
mod ground;
mod run;
mod sync;
mod work;

/// Boxes the future of a public async function, so that this crate compiles its body: see `crosswalk`'s map.
pub(crate) use async_recursion::async_recursion as boxed;

pub use billing::choices::UsageChoice;
pub use billing::view::{UsageBrake, UsageLine, UsagePart, UsageState};
pub use desk::alerts::AlertView;
pub use desk::connections::{ConnectionView, HealthView, NewConnection};

pub use desk::customers::{
    Accepted, CUSTOMER_COLUMNS, ContractView, CustomerCounts, CustomerFilter, CustomerList, CustomerRow, CustomerState,
    CustomerView, Refreshed, Switched,
};
pub use desk::decisions::{Decided, TakenBack, Turn};
pub use desk::findings::{FindingList, FindingRow};
pub use desk::imports::{Import, ImportChange};
pub use desk::link_file::{LINK_COLUMNS, LinkRow};
pub use desk::links::{Decision, LinkFilter, LinkView};
pub use desk::plugins::{PluginAdded, PluginList, PluginView, UnusablePlugin, UsablePlugin};
pub use desk::prune::{PruneReport, PrunedRows};
pub use desk::query::LinkCount;
pub use desk::sheet;
pub use desk::swap::{SwapEnd, Swapped};
pub use desk::syncs::NewSync;
pub use desk::uncertain::{Found, UncertainView};
pub use desk::usage::{UsageFilter, UsageHistory};
pub use desk::why::{Advice, Step, Trace};
pub use ground::accounts::{Checked, Standing};
pub use ground::engine::Engine;
pub use ground::find::ChangeView;
pub use ground::progress::{NoProgress, Progress, Stage};
pub use ground::stop::Stop;
pub use ground::tenant::Tenant;
pub use run::refresh::RefreshReport;
pub use run::report::{ApplyOptions, ApplyReport, PlanReport, RunReport};
pub use run::undo::UndoOptions;
pub use work::report::{JobOutcome, JobReport};
pub use work::requests::RunView;
pub use work::worker::WorkOptions;

pub use crosswalk_model::Release;

pub use crosswalk_runtime::{Choice, Identity};
pub use crosswalk_store::{ChangeFilter, ChangeStatus, FindingFilter, FindingGroup, JournalEntry, JournalFilter};

#[cfg(test)]
mod testkit;
