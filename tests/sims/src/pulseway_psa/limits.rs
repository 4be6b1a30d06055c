//! The vendor's brake: calls of the last hour, for each endpoint on its own.
//! Leaves alone: faults, which strike whatever the brake says.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_secs(3600);

/// When each endpoint was called, by method and path template.
#[derive(Debug, Default)]
pub(super) struct Hours(HashMap<(String, &'static str), VecDeque<Instant>>);

impl Hours {
    /// Counts a call; no when the hour is full. A refused call does not count.
    pub(super) fn count(&mut self, method: &str, entity: &'static str, most: usize) -> bool {
        let (now, calls) = (now(), self.0.entry((method.to_owned(), entity)).or_default());
        while calls.front().is_some_and(|at| now.duration_since(*at) >= HOUR) {
            calls.pop_front();
        }
        let has_room = calls.len() < most;
        if has_room {
            calls.push_back(now);
        }
        has_room
    }

    /// The calls of the last hour that are remembered, of the endpoint that has most.
    pub(super) fn most(&self) -> usize {
        self.0.values().map(VecDeque::len).max().unwrap_or(0)
    }

    /// Forgets all.
    pub(super) fn reset(&mut self) {
        self.0.clear();
    }
}

#[allow(clippy::disallowed_methods, reason = "a simulated vendor has its own clock")]
fn now() -> Instant {
    Instant::now()
}
