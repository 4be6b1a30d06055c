//! Limits of a call: memory, processor time, wall time and sizes. Every number is defined here, with
//! what it bounds.
//!
//! - Memory is summed over all linear memories of a call, and over all calls of a tenant. (The
//!   engine's stock limiter counts each memory alone and allows 10,000.)
//! - Processor time is counted in ticks of the epoch; the guest yields at each tick.
//! - Wall time starts with the call, not while it waits for its turn, and includes the host's work
//!   for the guest.
//!
//! What is kept of a call's results has its own limits: records and look-ups in the engine (`walk`,
//! `held`), cross-references in the store (`entries`).
//!
//! Exceeding a limit ends the call with an error that names the limit. The store is then dropped
//! and never reused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const MIB: usize = 1 << 20;

/// The host's limits. A manifest may request less memory, and its own time up to `wall_max`, but
/// never more.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Linear memory of one call, summed, in bytes.
    pub memory_per_call: usize,
    /// Linear memory of all calls of a tenant, in bytes.
    pub memory_per_tenant: usize,
    /// Elements of all tables of a call.
    pub table_elements: usize,
    /// Core instances of a call: a component of a few parts has about ten.
    pub instances: usize,
    /// Linear memories of a call: JavaScript runtimes use three.
    pub memories: usize,
    /// Processor time of one call.
    pub cpu: Duration,
    /// Wall time of one call if the manifest requests none.
    pub wall: Duration,
    /// Maximum wall time that a manifest may request.
    pub wall_max: Duration,
    /// Concurrent calls in this process; further calls wait their turn.
    pub calls_at_once: usize,
    /// Concurrent calls of one tenant.
    pub calls_at_once_per_tenant: usize,
    /// Bytes a guest may hand to the host in one host call.
    pub host_bytes: usize,
    /// Bytes a guest may hand to the host as the result of a read or a job: a page of
    /// 5,000 items.
    pub result_bytes: usize,
    /// Items of a page.
    pub page_items: usize,
    /// Bytes of a cursor.
    pub cursor_bytes: usize,
    /// Bytes of a message: a failure's, an account's name, a choice's label.
    pub text_bytes: usize,
    /// Lines a call may log.
    pub log_lines: usize,
    /// Bytes of a line.
    pub log_line_bytes: usize,
    /// Bytes of a value in `mapping`.
    pub mapping_value_bytes: usize,
    /// Bytes of a key or the name of a space in `mapping`.
    pub mapping_key_bytes: usize,
    /// Entries a plan-mode run may put into `mapping`.
    pub mapping_scratch: usize,
    /// Bytes of all of them, keys and values.
    pub mapping_scratch_bytes: usize,
    /// Bytes of the payload of a wake-up.
    pub payload_bytes: usize,
    /// Limits of the gate.
    pub http: HttpLimits,
}

/// Limits on requests and replies at the gate.
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// Bytes of a request's body.
    pub request_bytes: usize,
    /// Bytes of a reply's body, after decompression.
    pub reply_bytes: usize,
    /// Bytes of all replies to one `send-all`.
    pub replies_bytes: usize,
    /// Headers of a request or a reply.
    pub headers: usize,
    /// Bytes of all their names and values.
    pub header_bytes: usize,
    /// Bytes of a URL.
    pub url_bytes: usize,
    /// Requests of one `send-all`.
    pub requests_at_once: usize,
    /// Requests of one call.
    pub requests_per_call: usize,
    /// Concurrent requests, unless a bucket sets another number.
    pub in_flight: usize,
    /// Time limit of one attempt.
    pub attempt: Duration,
    /// Time limit for establishing a connection.
    pub connect: Duration,
    /// Attempts of a read, including the first.
    pub tries: usize,
    /// The pause before the second attempt; it doubles, with jitter.
    pub first_pause: Duration,
    /// The longest pause between two attempts. If a vendor asks for more, the connector receives
    /// its answer.
    pub longest_pause: Duration,
    /// The longest wait for a budget; beyond it the connector sees `throttled`.
    pub budget_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_per_call: 64 * MIB,
            memory_per_tenant: 512 * MIB,
            table_elements: 20_000,
            instances: 64,
            memories: 4,
            cpu: Duration::from_secs(10),
            wall: Duration::from_secs(120),
            wall_max: Duration::from_secs(600),
            calls_at_once: 128,
            calls_at_once_per_tenant: 32,
            host_bytes: 8 * MIB,
            result_bytes: 32 * MIB,
            page_items: 5_000,
            cursor_bytes: 8 * 1024,
            text_bytes: 2 * 1024,
            log_lines: 256,
            log_line_bytes: 4 * 1024,
            mapping_value_bytes: 64 * 1024,
            mapping_key_bytes: 512,
            mapping_scratch: 10_000,
            mapping_scratch_bytes: 64 * MIB,
            payload_bytes: 64 * 1024,
            http: HttpLimits::default(),
        }
    }
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            request_bytes: 2 * MIB,
            reply_bytes: 8 * MIB,
            replies_bytes: 32 * MIB,
            headers: 100,
            header_bytes: 64 * 1024,
            url_bytes: 8 * 1024,
            requests_at_once: 1_000,
            requests_per_call: 4_000,
            in_flight: 16,
            attempt: Duration::from_secs(30),
            connect: Duration::from_secs(10),
            tries: 4,
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(30),
            budget_wait: Duration::from_secs(5),
        }
    }
}

impl Limits {
    /// Returns a plugin's limits: its manifest's requests, capped by the host's own.
    #[must_use]
    pub(super) fn narrowed(&self, asked: &crosswalk_model::manifest::LimitsAsked) -> Self {
        let mut narrowed = self.clone();
        if let Some(mib) = asked.memory_mib {
            narrowed.memory_per_call = (mib as usize).saturating_mul(MIB).min(self.memory_per_call);
        }
        narrowed.wall = asked.call_seconds.map_or(self.wall, |s| Duration::from_secs(s.into())).min(self.wall_max);
        narrowed
    }
}

/// A limit that a guest exceeded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LimitExceeded {
    #[error("it wanted more than the {0} MiB of memory a call may have")]
    Memory(usize),
    #[error("the calls of this tenant together wanted more than {0} MiB of memory")]
    TenantMemory(usize),
    #[error("it wanted more than {0} table elements")]
    Table(usize),
    #[error("it used more than {0:?} of processor time")]
    Cpu(Duration),
    #[error("it took longer than {0:?}")]
    Wall(Duration),
}

/// Memory of a tenant's running calls, in bytes.
pub(super) type TenantMemory = Arc<AtomicUsize>;

/// Counts the memory of one call and releases it when the call's store is dropped.
#[derive(Debug)]
pub(super) struct Meter {
    memory: usize,
    memory_max: usize,
    tenant: TenantMemory,
    tenant_max: usize,
    table: usize,
    table_max: usize,
    instances: usize,
    memories: usize,
}

impl Meter {
    pub(super) fn new(limits: &Limits, tenant: TenantMemory) -> Self {
        Self {
            memory: 0,
            memory_max: limits.memory_per_call,
            tenant,
            tenant_max: limits.memory_per_tenant,
            table: 0,
            table_max: limits.table_elements,
            instances: limits.instances,
            memories: limits.memories,
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.tenant.fetch_sub(self.memory, Ordering::Relaxed);
    }
}

impl wasmtime::ResourceLimiter for Meter {
    /// Grants a growth or ends the call. A growth that fails afterwards stays counted: the call is
    /// about to end anyway.
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        if self.memory.saturating_add(more) > self.memory_max {
            return Err(wasmtime::Error::new(LimitExceeded::Memory(self.memory_max / MIB)));
        }
        if self.tenant.fetch_add(more, Ordering::Relaxed).saturating_add(more) > self.tenant_max {
            self.tenant.fetch_sub(more, Ordering::Relaxed);
            return Err(wasmtime::Error::new(LimitExceeded::TenantMemory(self.tenant_max / MIB)));
        }
        self.memory += more;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        if self.table.saturating_add(more) > self.table_max {
            return Err(wasmtime::Error::new(LimitExceeded::Table(self.table_max)));
        }
        self.table += more;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::ResourceLimiter as _;

    #[test]
    fn memory_is_summed_over_memories_and_calls_and_given_back() {
        let tenant = TenantMemory::default();
        let limits = Limits { memory_per_call: 3 * MIB, memory_per_tenant: 5 * MIB, ..Limits::default() };
        let mut one = Meter::new(&limits, Arc::clone(&tenant));
        let mut two = Meter::new(&limits, Arc::clone(&tenant));
        assert!(one.memory_growing(0, 2 * MIB, None).unwrap());
        let crossed = one.memory_growing(0, 2 * MIB, None).unwrap_err();
        assert_eq!(crossed.downcast_ref(), Some(&LimitExceeded::Memory(3)), "a second memory counts too");
        assert!(one.memory_growing(2 * MIB, 3 * MIB, None).unwrap());
        let crossed = two.memory_growing(0, 3 * MIB, None).unwrap_err();
        assert_eq!(crossed.downcast_ref(), Some(&LimitExceeded::TenantMemory(5)));
        drop(one);
        assert!(two.memory_growing(0, 3 * MIB, None).unwrap());
        drop(two);
        assert_eq!(tenant.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_manifest_asks_for_less_and_never_for_more() {
        let host = Limits::default();
        let asked = |memory_mib, call_seconds| crosswalk_model::manifest::LimitsAsked { memory_mib, call_seconds };
        assert_eq!(host.narrowed(&asked(Some(16), None)).memory_per_call, 16 * MIB);
        assert_eq!(host.narrowed(&asked(Some(4_000), None)).memory_per_call, 64 * MIB);
        assert_eq!(host.narrowed(&asked(None, Some(5))).wall, Duration::from_secs(5));
        assert_eq!(host.narrowed(&asked(None, Some(90_000))).wall, Duration::from_secs(600));
        let short = Limits { wall: Duration::from_secs(60), wall_max: Duration::from_secs(60), ..host };
        assert_eq!(
            short.narrowed(&asked(None, Some(120))).wall,
            Duration::from_secs(60),
            "the operator's number holds"
        );
    }
}
