//! The clock of one call, consulted at every tick while the guest computes. It knows neither
//! the guest nor the connection.

use super::engine::TICK;
use super::limits::{LimitExceeded, Limits};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use wasmtime::UpdateDeadline;

/// Ticks that a call may compute before it moves to the slow lane.
const FREE_TICKS: u64 = 5;

/// The clock of one call, consulted at every tick while the guest computes.
///
/// The first few ticks are free. A call that computes longer shares the slow lane with other such
/// calls, in turns of one tick, so that endless guests leave a thread free for short calls.
pub(super) struct CallClock {
    ends: Instant,
    wall: Duration,
    cpu: Duration,
    ticks: u64,
    lane: Arc<Semaphore>,
    slot: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

impl CallClock {
    pub(super) fn new(limits: &Limits, ends: Instant, lane: &Arc<Semaphore>) -> Self {
        let slot = Arc::new(Mutex::new(None));
        Self { ends, wall: limits.wall, cpu: limits.cpu, ticks: 0, lane: Arc::clone(lane), slot }
    }

    pub(super) fn tick(&mut self) -> wasmtime::Result<UpdateDeadline> {
        if Instant::now() >= self.ends {
            return Err(wasmtime::Error::new(LimitExceeded::Wall(self.wall)));
        }
        self.ticks += 1;
        if TICK.saturating_mul(u32::try_from(self.ticks).unwrap_or(u32::MAX)) > self.cpu {
            return Err(wasmtime::Error::new(LimitExceeded::Cpu(self.cpu)));
        }
        if self.ticks <= FREE_TICKS {
            return Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())));
        }
        let (lane, slot) = (Arc::clone(&self.lane), Arc::clone(&self.slot));
        let turn = async move {
            set(&slot, None);
            tokio::task::yield_now().await;
            let permit = lane.acquire_owned().await.ok();
            set(&slot, permit);
        };
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(turn)))
    }

    /// Releases the slot in the slow lane while the guest waits for the host.
    pub(super) fn rest(&self) {
        set(&self.slot, None);
    }
}

fn set(slot: &Mutex<Option<OwnedSemaphorePermit>>, permit: Option<OwnedSemaphorePermit>) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = permit;
}
