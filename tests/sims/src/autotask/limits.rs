//! The vendor's brakes: calls per rolling hour, with the waits that come before the refusal, and calls at once per
//! integration and entity.
//! Leaves alone: faults, which strike whatever the brakes say.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Calls are forgotten an hour after, in steps of this many seconds.
const STEP_SECONDS: u64 = 10;
const HOUR_STEPS: u64 = 3600 / STEP_SECONDS;

#[derive(Debug)]
pub(super) struct Limits {
    pub(super) hourly: u64,
    pub(super) at_once: usize,
    pub(super) waits: bool,
    started: Instant,
    now: Mutex<Now>,
}

#[derive(Debug, Default)]
struct Now {
    steps: VecDeque<(u64, u64)>,
    total: u64,
    running: Vec<(usize, &'static str, usize)>,
}

/// Why a call may not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    Hour,
    Threads,
}

/// A running call's place; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    limits: Arc<Limits>,
    integration: usize,
    entity: &'static str,
}

impl Limits {
    pub(super) fn new(hourly: u64, at_once: usize, waits: bool) -> Limits {
        Limits { hourly, at_once, waits, started: now(), now: Mutex::default() }
    }

    /// Calls of the last hour.
    pub(super) fn used(&self) -> u64 {
        let mut now = self.now.lock();
        self.forget(&mut now);
        now.total
    }

    /// Pretends that so many calls were made just now and none before.
    pub(super) fn set_used(&self, calls: u64) {
        let mut now = self.now.lock();
        now.steps.clear();
        now.steps.push_back((self.step(), calls));
        now.total = calls;
    }

    /// Counts a call of the hour; how long it has to wait. A refused call does not count.
    pub(super) fn count(&self) -> Result<Duration, Full> {
        let mut now = self.now.lock();
        self.forget(&mut now);
        if now.total >= self.hourly {
            return Err(Full::Hour);
        }
        now.total += 1;
        let step = self.step();
        match now.steps.back_mut() {
            Some((s, n)) if *s == step => *n += 1,
            _ => now.steps.push_back((step, 1)),
        }
        Ok(match now.total {
            _ if !self.waits => Duration::ZERO,
            n if n * 4 >= self.hourly * 3 => Duration::from_secs(1),
            n if n * 2 >= self.hourly => Duration::from_millis(500),
            _ => Duration::ZERO,
        })
    }

    /// Takes a place among the calls that run at once.
    pub(super) fn enter(self: &Arc<Self>, integration: usize, entity: &'static str) -> Result<Place, Full> {
        let mut now = self.now.lock();
        let at = match now.running.iter().position(|(i, e, _)| *i == integration && *e == entity) {
            Some(at) => at,
            None => {
                now.running.push((integration, entity, 0));
                now.running.len() - 1
            }
        };
        if now.running[at].2 >= self.at_once {
            return Err(Full::Threads);
        }
        now.running[at].2 += 1;
        Ok(Place { limits: self.clone(), integration, entity })
    }

    fn step(&self) -> u64 {
        self.started.elapsed().as_secs() / STEP_SECONDS
    }

    fn forget(&self, now: &mut Now) {
        let step = self.step();
        while let Some((s, n)) = now.steps.front().copied()
            && s + HOUR_STEPS <= step
        {
            now.steps.pop_front();
            now.total -= n;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut now = self.limits.now.lock();
        if let Some(running) = now.running.iter_mut().find(|(i, e, _)| *i == self.integration && *e == self.entity) {
            running.2 -= 1;
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "a simulated vendor has its own clock")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_then_the_hour_is_full() {
        let limits = Limits::new(100, 3, true);
        limits.set_used(48);
        let waits: Vec<u128> = (0..2).map(|_| limits.count().map_or(9999, |d| d.as_millis())).collect();
        assert_eq!(waits, [0, 500]);
        limits.set_used(74);
        assert_eq!(limits.count(), Ok(Duration::from_secs(1)));
        limits.set_used(100);
        assert_eq!(limits.count(), Err(Full::Hour));
        assert_eq!(limits.used(), 100);
    }

    #[test]
    fn places_are_per_integration_and_entity_and_come_back() {
        let limits = Arc::new(Limits::new(100, 2, true));
        let first = limits.enter(0, "Companies").expect("a place");
        let _second = limits.enter(0, "Companies").expect("a place");
        assert!(limits.enter(0, "Companies").is_err());
        assert!(limits.enter(0, "Products").is_ok());
        assert!(limits.enter(1, "Companies").is_ok());
        drop(first);
        assert!(limits.enter(0, "Companies").is_ok());
    }
}
