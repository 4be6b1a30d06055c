//! The vendor's three windows over the last minute: reads, writes, and writes of one operation; what is slowed, refused and blocked.
//!
//! Counted in steps of a second, whether or not they are kept, because `request_rate` tells them.
//! Leaves alone: faults, which strike whatever the limits say.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::DattoOptions;
use crate::clock::now_ms;

/// The rolling window, in seconds.
const WINDOW: i64 = 60;
/// Of the limit, from which on replies are slowed.
const CUT_OFF: f64 = 0.9;
/// What setting UDFs may, of the writes.
const UDF_LIMIT: u64 = 600;

/// The operations that write. Only the name of the first is the vendor's; the others are this sim's.
const OPERATIONS: [&str; 6] =
    ["device-udf-set", "site-create", "site-update", "device-move", "device-warranty-set", "alert-resolve"];

#[derive(Debug)]
pub(super) struct Limits {
    options: DattoOptions,
    now: Mutex<Now>,
}

#[derive(Debug, Default)]
struct Now {
    reads: Window,
    writes: Window,
    operations: [Window; OPERATIONS.len()],
    refused: Window,
    blocked_until: i64,
}

/// Calls by second.
#[derive(Debug, Default)]
struct Window(VecDeque<(i64, u64)>);

/// Why a call may not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// 429: there is room again after so many seconds.
    Minute(u64),
    /// 403 until the block is over.
    Blocked,
}

impl Window {
    fn count(&mut self, now: i64) -> u64 {
        while self.0.front().is_some_and(|(s, _)| s + WINDOW <= now) {
            self.0.pop_front();
        }
        self.0.iter().map(|(_, n)| n).sum()
    }

    fn add(&mut self, now: i64, calls: u64) {
        match self.0.back_mut() {
            Some((s, n)) if *s == now => *n += calls,
            _ => self.0.push_back((now, calls)),
        }
    }

    /// Seconds until the oldest call is forgotten.
    fn wait(&self, now: i64) -> u64 {
        self.0.front().map_or(1, |(s, _)| u64::try_from(s + WINDOW - now).unwrap_or(1).max(1))
    }
}

impl Limits {
    pub(super) fn new(options: &DattoOptions) -> Limits {
        Limits { options: options.clone(), now: Mutex::default() }
    }

    pub(super) fn set_reads_used(&self, calls: u64) {
        let reads = &mut self.now.lock().reads;
        reads.0.clear();
        reads.add(now_ms() / 1000, calls);
    }

    /// Counts a call; how long it has to wait. A refused call does not count.
    pub(super) fn count(&self, operation: Option<&'static str>) -> Result<Duration, Full> {
        self.count_at(operation, now_ms() / 1000)
    }

    fn count_at(&self, operation: Option<&'static str>, at: i64) -> Result<Duration, Full> {
        let mut now = self.now.lock();
        let now = &mut *now;
        if self.options.limited && now.blocked_until > at {
            return Err(Full::Blocked);
        }
        let mut slow = false;
        let mut wait = None;
        let mut fits = |window: &mut Window, limit: u64| {
            let used = window.count(at) + 1;
            slow |= used as f64 >= limit as f64 * CUT_OFF;
            if used > limit {
                wait = wait.max(Some(window.wait(at)));
            }
        };
        let named = operation.and_then(|o| OPERATIONS.iter().position(|name| *name == o));
        if operation.is_none() {
            fits(&mut now.reads, self.options.read_limit);
        } else {
            fits(&mut now.writes, self.options.write_limit);
            if let Some(i) = named {
                fits(&mut now.operations[i], self.limit_of(i));
            }
        }
        if let (true, Some(wait)) = (self.options.limited, wait) {
            now.refused.add(at, 1);
            if now.refused.count(at) > self.options.ignored_limit {
                now.blocked_until = at + self.options.block_seconds;
                return Err(Full::Blocked);
            }
            return Err(Full::Minute(wait));
        }
        if operation.is_none() {
            now.reads.add(at, 1);
        } else {
            now.writes.add(at, 1);
            if let Some(i) = named {
                now.operations[i].add(at, 1);
            }
        }
        Ok(if self.options.limited && slow { Duration::from_secs(1) } else { Duration::ZERO })
    }

    fn limit_of(&self, operation: usize) -> u64 {
        if operation == 0 { UDF_LIMIT } else { self.options.operation_limit }
    }

    /// `GET /v2/system/request_rate`.
    pub(super) fn report(&self, account: &str) -> Value {
        let at = now_ms() / 1000;
        let mut now = self.now.lock();
        let mut operations = Map::new();
        for (i, name) in OPERATIONS.iter().enumerate() {
            let count = now.operations[i].count(at);
            operations.insert((*name).to_owned(), json!({"limit": self.limit_of(i), "count": count}));
        }
        json!({
            "slidingTimeWindowSizeSeconds": WINDOW,
            "accountUid": account,
            "accountCount": now.reads.count(at),
            "accountRateLimit": self.options.read_limit,
            "accountCutOffRatio": CUT_OFF,
            "accountWriteRateLimit": self.options.write_limit,
            "accountWriteCount": now.writes.count(at),
            "operationWriteStatus": operations,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(limited: bool) -> Limits {
        let options =
            DattoOptions { limited, read_limit: 10, operation_limit: 3, ignored_limit: 2, ..DattoOptions::default() };
        Limits::new(&options)
    }

    #[test]
    fn a_minute_slows_then_refuses_then_blocks() {
        let limits = limits(true);
        let waits: Vec<u64> = (0..10).map(|_| limits.count_at(None, 100).expect("room").as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(limits.count_at(None, 110), Err(Full::Minute(50)));
        assert_eq!(limits.count_at(None, 111), Err(Full::Minute(49)));
        assert_eq!(limits.count_at(None, 112), Err(Full::Blocked), "429 was ignored twice");
        assert_eq!(limits.count_at(None, 300), Err(Full::Blocked), "though the minute is over");
        assert_eq!(limits.count_at(None, 412), Ok(Duration::ZERO));
    }

    #[test]
    fn each_operation_has_a_window_of_its_own() {
        let limits = limits(true);
        for _ in 0..3 {
            assert!(limits.count_at(Some("site-create"), 100).is_ok());
        }
        assert_eq!(limits.count_at(Some("site-create"), 100), Err(Full::Minute(60)));
        assert!(limits.count_at(Some("device-move"), 100).is_ok());
        assert!(limits.count_at(Some("site-create"), 160).is_ok());
    }

    #[test]
    fn without_limits_calls_are_only_counted() {
        let limits = limits(false);
        for _ in 0..20 {
            assert_eq!(limits.count(None), Ok(Duration::ZERO));
        }
        assert_eq!(limits.report("a")["accountCount"], 20);
        assert_eq!(limits.report("a")["operationWriteStatus"]["device-udf-set"]["limit"], 600);
    }
}
