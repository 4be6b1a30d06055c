//! A connector implemented by a wasm component, opened for one connection. Each method is one call
//! on a fresh instance; no state of the guest remains between calls.

use super::bindings::crosswalk::connector::types as wit;
use super::call::{self, CallSpec, GuestCall, Tenancy};
use super::gate::{Reach, SentWrites};
use super::host::{CallState, ConnectionContext};
use super::loaded::Loaded;
use super::ports::Scratch;
use super::texts::TextFilter;
use super::{CallContext, Choice, Connector, Identity, Signal, bindings, convert};
use async_trait::async_trait;
use crosswalk_model::{Change, Description, Failure, Mode, Outcome, Page, Query, WriteReport};
use std::sync::Arc;
use wasmtime::Store;

/// A connector over a loaded plugin.
pub(super) struct WasmConnector {
    pub(super) plugin: Arc<Loaded>,
    pub(super) tenancy: Arc<Tenancy>,
    pub(super) connection: Arc<ConnectionContext>,
}

impl WasmConnector {
    /// Makes a call that may read.
    async fn reading<R, F>(&self, context: &CallContext, guest_call: F) -> Result<R, Failure>
    where
        R: Send + 'static,
        F: for<'a> FnOnce(&'a bindings::Connector, &'a mut Store<CallState>) -> GuestCall<'a, R> + Send + 'static,
    {
        self.call(self.read_spec(context), guest_call).await
    }

    fn read_spec(&self, context: &CallContext) -> CallSpec {
        CallSpec {
            connection: Arc::clone(&self.connection),
            mode: context.mode,
            scratch: Arc::clone(&context.scratch),
            sees_mapping: true,
            reach: Reach::Reads,
            sent: Arc::default(),
            bytes: self.connection.limits.result_bytes,
        }
    }

    async fn call<R, F>(&self, spec: CallSpec, guest_call: F) -> Result<R, Failure>
    where
        R: Send + 'static,
        F: for<'a> FnOnce(&'a bindings::Connector, &'a mut Store<CallState>) -> GuestCall<'a, R> + Send + 'static,
    {
        let called = call::call(&self.plugin.sandbox, &self.plugin.pre, &self.tenancy, spec, guest_call).await;
        called.map_err(|failure| self.texts().failure(failure))
    }

    fn texts(&self) -> TextFilter<'_> {
        TextFilter(&self.connection)
    }

    /// Converts a guest's result; its failure has secrets removed.
    fn guest_result<R>(&self, made: Result<R, wit::Failure>) -> Result<R, Failure> {
        made.map_err(|failure| self.texts().failure(failure.into()))
    }
}

/// Asks a plugin for its capabilities, with or without an account. Reaches no vendor.
pub(super) async fn describe(
    plugin: &Loaded,
    tenancy: &Arc<Tenancy>,
    connection: &Arc<ConnectionContext>,
) -> Result<Description, Failure> {
    let spec = CallSpec {
        connection: Arc::clone(connection),
        mode: Mode::Plan,
        scratch: Arc::<Scratch>::default(),
        sees_mapping: true,
        reach: Reach::Nothing,
        sent: Arc::default(),
        bytes: connection.limits.host_bytes,
    };
    let described =
        call::call(&plugin.sandbox, &plugin.pre, tenancy, spec, |guest, store| Box::pin(guest.call_describe(store)));
    super::describe::taken(described.await?)
}

#[async_trait]
impl Connector for WasmConnector {
    async fn describe(&self) -> Result<Description, Failure> {
        describe(&self.plugin, &self.tenancy, &self.connection).await
    }

    async fn check(&self, context: &CallContext) -> Result<Identity, Failure> {
        let spec = CallSpec { sees_mapping: false, ..self.read_spec(context) };
        let identity = self.call(spec, |guest, store| Box::pin(guest.call_check(store))).await?;
        Ok(self.texts().identity(self.guest_result(identity)?.into()))
    }

    async fn read(&self, context: &CallContext, query: &Query, after: Option<&str>) -> Result<Page, Failure> {
        let kind = query.kind;
        let (query, after) = (wit::Query::from(query), after.map(str::to_owned));
        let page = self
            .reading(context, move |guest, store| {
                Box::pin(
                    async move { guest.crosswalk_connector_reader().call_read(store, &query, after.as_ref()).await },
                )
            })
            .await?;
        let page =
            convert::page(kind, self.guest_result(page)?, &self.connection.limits, self.connection.ports.now_ms())?;
        Ok(self.texts().page(page))
    }

    async fn choices(&self, context: &CallContext, setting: &str) -> Result<Vec<Choice>, Failure> {
        let setting = setting.to_owned();
        let choices = self
            .reading(context, move |guest, store| {
                Box::pin(async move { guest.crosswalk_connector_reader().call_choices(store, &setting).await })
            })
            .await?;
        self.texts().choices(self.guest_result(choices)?.into_iter().map(Choice::from).collect())
    }

    async fn write(&self, context: &CallContext, changes: &[Change]) -> WriteReport {
        let sent = Arc::<SentWrites>::default();
        let reach = match context.mode {
            Mode::Plan => Reach::Reads,
            Mode::Apply => Reach::Batch(Arc::new(changes.iter().map(|change| change.id.clone()).collect())),
        };
        let spec = CallSpec {
            connection: Arc::clone(&self.connection),
            mode: context.mode,
            scratch: Arc::clone(&context.scratch),
            sees_mapping: true,
            reach,
            sent: Arc::clone(&sent),
            bytes: self.connection.limits.host_bytes,
        };
        let changes: Vec<wit::Change> = changes.iter().map(wit::Change::from).collect();
        let outcomes = self
            .call(spec, move |guest, store| {
                Box::pin(async move { guest.crosswalk_connector_writer().call_write(store, &changes).await })
            })
            .await;
        let outcomes =
            outcomes.map(|outcomes| self.texts().outcomes(outcomes.into_iter().map(Outcome::from).collect()));
        let (sent, unanswered) = sent.report();
        WriteReport { outcomes, sent, unanswered }
    }

    async fn settle(&self, context: &CallContext, tokens: &[String]) -> Result<Vec<Outcome>, Failure> {
        let tokens = tokens.to_vec();
        let outcomes = self
            .reading(context, move |guest, store| {
                Box::pin(async move { guest.crosswalk_connector_writer().call_settle(store, &tokens).await })
            })
            .await?;
        Ok(self.texts().outcomes(outcomes.into_iter().map(Outcome::from).collect()))
    }

    async fn run_job(&self, context: &CallContext, job: &str, payload: &str) -> Result<Vec<Signal>, Failure> {
        let (job, payload) = (job.to_owned(), payload.to_owned());
        let signals = self
            .reading(context, move |guest, store| {
                Box::pin(async move { guest.crosswalk_connector_jobs().call_run(store, &job, &payload).await })
            })
            .await?;
        Ok(self.guest_result(signals)?.into_iter().map(Signal::from).collect())
    }
}
