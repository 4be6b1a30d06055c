//! What every connector needs in Rust: the contract's bindings, typed kinds over its open items, and
//! helpers for paging, failures, JSON and times. Thin on purpose: anything clever is in the host.
//!
//! A connector implements [`Connector`] and says `crosswalk_sdk::export!(MyConnector);`. It is handed a
//! [`Host`], which inside the sandbox is the contract's imports and natively is
//! [`testing::Script`], so that the same code is tested and measured without wasm.
//!
//! Nothing here, and nothing a connector depends on, may ask for randomness or the system's time:
//! inside the sandbox there is neither.

#[cfg(target_arch = "wasm32")]
mod alloc;
pub mod batch;
pub mod bindings;
pub mod connector;
pub mod describe;
mod failure;
pub mod host;
pub mod http;
pub mod jobs;
pub mod json;
mod kinds;
pub mod measures;
pub mod names;
mod nullable;
pub mod paging;
pub mod precondition;
pub mod testing;
pub mod time;

pub use bindings::crosswalk::connector::http::{Body, Error as HttpError, Method, Request, Response};
pub use bindings::crosswalk::connector::log::Level;
pub use bindings::crosswalk::connector::mapping::{Entry, EntryPage, Link, PutError};
pub use bindings::crosswalk::connector::schedule::ScheduleError;
pub use bindings::crosswalk::connector::types::{
    Change, Choice, Description, Failure, Field, FieldDescription, Gap, Identity, Item, Kind, KindDescription, Named,
    Operation, Operations, Outcome, Page, Period, Problem, Query, Rejection, Selection, Selections, Settlement,
    StampPlace, Throttle, Value, Writable,
};
pub use bindings::exports::crosswalk::connector::jobs::{Signal, Webhook};
pub use connector::Connector;
pub use host::Host;
pub use kinds::{Alert, Asset, Contract, Customer, Location, Product, Ticket, Usage};
pub use nullable::{Json, Nullable, Reference, Shape, Time};

/// An empty last page: no items, no total, no gaps.
impl Default for Page {
    fn default() -> Self {
        Self { items: Vec::new(), next: None, total: None, left_out: 0, periods: Vec::new(), gaps: Vec::new() }
    }
}
