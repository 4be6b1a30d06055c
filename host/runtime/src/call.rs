//! One call of a guest: a fresh store, a deadline, a slot on the guests' threads, and a result or a
//! failure. The store is dropped at the end in every case.

use super::bindings::Connector as Guest;
use super::bindings::ConnectorPre;
use super::call_clock::CallClock;
use super::engine::Sandbox;
use super::gate::{Pass, Reach, SentWrites};
use super::host::{AbortOnDrop, CallLog, CallState, ConnectionContext, HostFault};
use super::limits::{LimitExceeded, Limits, Meter, TenantMemory};
use super::ports::Scratch;
use crosswalk_model::{Failure, Mode};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use wasmtime::Store;

/// Most bytes that are kept of a crash message.
const CRASH_BYTES: usize = 500;
/// Most live handles of a guest: the contract itself has none.
const HANDLES: usize = 1_000;

/// State shared by all calls of one tenant.
#[derive(Debug)]
pub(super) struct Tenancy {
    memory: TenantMemory,
    call_slots: Arc<Semaphore>,
}

impl Tenancy {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { memory: TenantMemory::default(), call_slots: Arc::new(Semaphore::new(limits.calls_at_once_per_tenant)) }
    }
}

/// Parameters of a call.
pub(super) struct CallSpec {
    pub(super) connection: Arc<ConnectionContext>,
    pub(super) mode: Mode,
    pub(super) scratch: Arc<Scratch>,
    /// Whether the call sees what earlier calls stored in `mapping`.
    pub(super) sees_mapping: bool,
    pub(super) reach: Reach,
    pub(super) sent: Arc<SentWrites>,
    /// Most bytes the guest may hand over at once.
    pub(super) bytes: usize,
}

/// The future that uses a fresh instance.
pub(super) type GuestCall<'a, R> = Pin<Box<dyn Future<Output = wasmtime::Result<R>> + Send + 'a>>;

/// Makes one call on a fresh instance. Dropping the future ends the call.
pub(super) async fn call<R, F>(
    sandbox: &Arc<Sandbox>,
    pre: &ConnectorPre<CallState>,
    tenancy: &Arc<Tenancy>,
    spec: CallSpec,
    guest_call: F,
) -> Result<R, Failure>
where
    R: Send + 'static,
    F: for<'a> FnOnce(&'a Guest, &'a mut Store<CallState>) -> GuestCall<'a, R> + Send + 'static,
{
    let main =
        Handle::try_current().map_err(|_| Failure::broken("the host called a connector outside of its own threads"))?;
    let call_log = Arc::new(CallLog::default());
    let ports = Arc::clone(&spec.connection.ports);
    let task = {
        let (sandbox, pre, tenancy, call_log) =
            (Arc::clone(sandbox), pre.clone(), Arc::clone(tenancy), Arc::clone(&call_log));
        let guest = Arc::clone(&sandbox);
        guest.spawn(async move {
            // These semaphores are never closed.
            let _tenant_slot = tenancy.call_slots.acquire().await;
            let _slot = sandbox.call_slots.acquire().await;
            let limits = &spec.connection.limits;
            let (wall, bytes) = (limits.wall, spec.bytes);
            let ends = Instant::now() + wall;
            let clock = CallClock::new(limits, ends, &sandbox.slow_lane);
            let pass = Arc::new(Pass::new(spec.reach, ends - (wall / 20).min(Duration::from_secs(2)), spec.sent));
            let (gate_pass, journal) = (Arc::clone(&pass), Arc::clone(&spec.connection.ports));
            let state = CallState {
                meter: Meter::new(limits, Arc::clone(&tenancy.memory)),
                clock,
                // The gate stops a little earlier, so that the guest can still answer.
                pass,
                connection: spec.connection,
                mode: spec.mode,
                scratch: spec.scratch,
                sees_mapping: spec.sees_mapping,
                call_log,
                main,
            };
            let mut store = Store::new(&sandbox.engine, state);
            store.limiter(|state| &mut state.meter);
            store.set_hostcall_fuel(bytes);
            store.set_max_component_handles(HANDLES);
            store.set_epoch_deadline(1);
            store.epoch_deadline_callback(|mut context| context.data_mut().clock.tick());
            let run = async {
                let guest = pre.instantiate_async(&mut store).await?;
                guest_call(&guest, &mut store).await
            };
            let timed = tokio::time::timeout_at(ends, run).await;
            gate_pass.close(&*journal).await;
            timed.unwrap_or_else(|_| Err(wasmtime::Error::new(LimitExceeded::Wall(wall))))
        })
    };
    let task = task.ok_or_else(|| Failure::broken("the host is stopping"))?;
    match AbortOnDrop(task).join().await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let failure = failure(&error, call_log.last_error());
            // A time-out may be the vendor's fault, and lack of memory another call's.
            let own = !matches!(error.downcast_ref(), Some(LimitExceeded::Wall(_) | LimitExceeded::TenantMemory(_)));
            if let (Failure::Broken { message }, true) = (&failure, own) {
                ports.crashed(&super::texts::truncated(message.clone(), CRASH_BYTES)).await;
            }
            Err(failure)
        }
        Err(join) if join.is_panic() => {
            Err(Failure::broken("the host itself failed while serving the connector; see the log"))
        }
        Err(_) => Err(Failure::broken("the host is stopping")),
    }
}

/// Describes how a call ended, with the guest's last error if it logged one.
fn failure(error: &wasmtime::Error, last_error: Option<String>) -> Failure {
    tracing::debug!(error = format!("{error:#}"), "a call of a connector failed");
    if let Some(fault) = error.downcast_ref::<HostFault>() {
        return Failure::Unavailable { message: fault.to_string() };
    }
    let said = last_error.map_or_else(String::new, |line| format!("; it said: {line}"));
    match error.downcast_ref::<LimitExceeded>() {
        Some(crossed) => Failure::broken(format!("the connector was stopped: {crossed}{said}")),
        None => Failure::broken(format!("the connector crashed: {}{said}", error.root_cause())),
    }
}
