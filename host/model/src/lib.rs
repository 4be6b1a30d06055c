//! Plain data that every room shares: ids, kinds, records, links, plans, runs.
//!
//! Nothing here does I/O, knows SQL, wasm or HTTP, or reads the time. The words are those of the contract (`wit/`);
//! only `runtime` translates between the two.

pub mod account;
pub mod actor;
pub mod brake;
pub mod budget;
pub mod catalogue;
pub mod change;
pub mod connection;
pub mod decider;
pub mod description;
pub mod entry;
pub mod event;
pub mod failure;
pub mod finding;
pub mod ids;
pub mod kind;
pub mod link;
pub mod manifest;
pub mod memory;
pub mod plan;
pub mod record;
pub mod recurrence;
pub mod retention;
pub mod run;
pub mod schedule;
pub mod secret;
pub mod signs;
pub mod step;
pub mod sync;
pub mod usage;
pub mod value;

mod words;

pub use account::{Account, KnownAccount};
pub use actor::Actor;
pub use brake::{Brake, LetGo};
pub use budget::BudgetTake;
pub use change::{Change, Operation, Outcome, Settlement, WriteReport};
pub use connection::{Connection, Endpoint, Grant, Grants};
pub use decider::Decider;
pub use description::{Description, FieldDescription, KindDescription, StampPlace, Writable};
pub use entry::{Entry, PutError};
pub use event::Event;
pub use failure::Failure;
pub use finding::{Cause, Finding, FindingTotal};
pub use ids::{ChangeId, ConnectionName, PlanId, PluginId, RunId, SyncName, TenantName, Timestamp};
pub use kind::Kind;
pub use link::{Candidate, Link, LinkState, ReverseDecision};
pub use manifest::Manifest;
pub use memory::{LineMemory, Memory, TicketMemory};
pub use plan::{Action, Direction, FieldDiff, Hold, Plan, PlannedChange, Risk, Side};
pub use record::{Flaw, Gap, Page, Period, Query, Record, Selection};
pub use recurrence::Calendar;
pub use retention::Retention;
pub use run::{Mode, Run, RunCounts, RunStatus};
pub use schedule::{Job, Recurrence, Schedule};
pub use secret::Secret;
pub use step::{Activity, Head, LineStep, PartCount, PartDay, Replaced, Rest, Step, TicketStep};
pub use sync::{FieldRule, Sync, SyncRules, Trust};
pub use usage::{LineKey, Switch, Switches};
pub use value::{Field, Value};
