//! The face of a connector to the engine. Two real things stand behind it: a wasm
//! component (`wasm.rs`), and a scripted one in the engine's own tests.
//!
//! It knows nothing of wasm types; a failure here is always one the engine can act on.
//! A trap, a crossed limit or a broken rule of the contract arrives as
//! `Failure::Broken` with the guest's own message.

use async_trait::async_trait;
use crosswalk_model::{Change, Description, Failure, Mode, Outcome, Page, Query, WriteReport};

/// Who the credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's name at the vendor; empty where it is not told.
    pub account: String,
    /// The account's id at the vendor, where it has one.
    pub id: Option<String>,
    /// The zone whose midnight ends the vendor's days: an IANA name or an offset, where the vendor states it.
    pub time_zone: Option<String>,
    /// What else tells it apart.
    pub detail: Option<String>,
}

/// One thing an operator can choose for a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is stored.
    pub value: String,
    /// What is shown.
    pub label: String,
}

/// Records to read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Their kind.
    pub kind: crosswalk_model::Kind,
    /// Their ids; empty means all.
    pub ids: Vec<String>,
}

/// What a call may do, and for whom. Made once per run and connection: what `mapping.put` stores in a
/// plan-mode run is kept in `scratch`, seen by that connection alone, and dropped with the run.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// May it write?
    pub mode: Mode,
    /// What a plan-mode run put into `mapping`.
    pub scratch: std::sync::Arc<super::Scratch>,
}

/// A connector, opened for one connection.
#[async_trait]
pub trait Connector: Send + Sync {
    /// What it can do.
    async fn describe(&self) -> Result<Description, Failure>;
    /// Is the account usable, and who is it? What earlier calls kept in `mapping` is not seen: the
    /// vendor itself is asked, at the address and with the login of today.
    async fn check(&self, context: &CallContext) -> Result<Identity, Failure>;
    /// One page.
    async fn read(&self, context: &CallContext, query: &Query, after: Option<&str>) -> Result<Page, Failure>;
    /// What can be chosen for a setting.
    async fn choices(&self, context: &CallContext, setting: &str) -> Result<Vec<Choice>, Failure>;
    /// Writes changes of one kind and operation.
    async fn write(&self, context: &CallContext, changes: &[Change]) -> WriteReport;
    /// Asks after tokens.
    async fn settle(&self, context: &CallContext, tokens: &[String]) -> Result<Vec<Outcome>, Failure>;
    /// Runs a job of the manifest.
    async fn run_job(&self, context: &CallContext, job: &str, payload: &str) -> Result<Vec<Signal>, Failure>;
}
