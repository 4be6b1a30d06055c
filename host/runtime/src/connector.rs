//! The interface of a connector to the engine. It has two implementations: a wasm component
//! (`wasm.rs`), and a scripted one in the engine's own tests.
//!
//! It knows nothing of wasm types. Every failure is one the engine can act on: a trap, an exceeded
//! limit or a breach of the contract arrives as `Failure::Broken` with the guest's own message.

use async_trait::async_trait;
use crosswalk_model::{Change, Description, Failure, Mode, Outcome, Page, Query, WriteReport};

/// The account that the credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's name at the vendor; empty if the vendor does not state it.
    pub account: String,
    /// The account's id at the vendor, if it has one.
    pub id: Option<String>,
    /// Time zone in which the vendor counts days: an IANA name or an offset, if the vendor states
    /// it.
    pub time_zone: Option<String>,
    /// Further detail that distinguishes the account.
    pub detail: Option<String>,
}

/// One value an operator can choose for a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The value that is stored.
    pub value: String,
    /// The text that is shown.
    pub label: String,
}

/// Records to read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// The records' kind.
    pub kind: crosswalk_model::Kind,
    /// The records' ids; empty means all.
    pub ids: Vec<String>,
}

/// The rights and state of a call. Made once per run and connection: values that `mapping.put`
/// stores in a plan-mode run go to `scratch`, are visible to that connection only, and are dropped
/// with the run.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// Whether the call may write.
    pub mode: Mode,
    /// Entries that a plan-mode run put into `mapping`.
    pub scratch: std::sync::Arc<super::Scratch>,
}

/// A connector, opened for one connection.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Returns the connector's capabilities.
    async fn describe(&self) -> Result<Description, Failure>;
    /// Checks that the account is usable and returns its identity. Hides what earlier calls stored
    /// in `mapping`, so that the vendor itself answers, at the current address and with the current
    /// login.
    async fn check(&self, context: &CallContext) -> Result<Identity, Failure>;
    /// Reads one page.
    async fn read(&self, context: &CallContext, query: &Query, after: Option<&str>) -> Result<Page, Failure>;
    /// Lists the values that can be chosen for a setting.
    async fn choices(&self, context: &CallContext, setting: &str) -> Result<Vec<Choice>, Failure>;
    /// Writes changes of one kind and operation.
    async fn write(&self, context: &CallContext, changes: &[Change]) -> WriteReport;
    /// Asks for the outcomes behind tokens.
    async fn settle(&self, context: &CallContext, tokens: &[String]) -> Result<Vec<Outcome>, Failure>;
    /// Runs a job named in the manifest.
    async fn run_job(&self, context: &CallContext, job: &str, payload: &str) -> Result<Vec<Signal>, Failure>;
}
