//! Retries: calls repeated after a failure that may pass, and after "too many calls".
//!
//! Bounds the time a whole run waits for one connection; the meaning of a failure is the caller's.

use super::stop::Stop;
use crosswalk_model::Failure;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Wait in milliseconds after "too many calls" where the vendor names none.
pub(crate) const THROTTLE_MS: u64 = 2_000;

/// Longest wait in milliseconds after "too many calls" that a vendor may name.
pub(crate) const THROTTLE_MAX_MS: u64 = 60_000;

/// Calls the connector, and repeats the call where the failure may pass. Does not wait once a stop is requested.
///
/// # Errors
/// The last failure.
pub(crate) async fn patiently<T, F>(patience: &Patience, stop: &Stop, call: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let (mut throttled, mut tried) = (0, 0);
    loop {
        let failure = match call().await {
            Err(failure) if failure.is_passing() => failure,
            done => {
                patience.ended(true);
                return done;
            }
        };
        let pause = if let Failure::Throttled { retry_after_ms, .. } = &failure {
            throttled += 1;
            let ms = retry_after_ms.unwrap_or(THROTTLE_MS).min(THROTTLE_MAX_MS);
            (throttled <= THROTTLE_WAITS).then(|| Duration::from_millis(ms))
        } else {
            tried += 1;
            patience.pause(tried - 1)
        };
        let Some(pause) = pause else {
            patience.ended(false);
            return Err(failure);
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.stopped() => return Err(failure),
        }
    }
}

/// Patience left with a connection.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// Milliseconds spent on pauses.
    spent: AtomicU64,
    /// Whether the last page failed after all its tries.
    down: AtomicBool,
}

impl Patience {
    /// Pause before try `tried + 1`; `None` if another try is not worthwhile.
    fn pause(&self, tried: usize) -> Option<Duration> {
        let pause = *PAUSES_MS.get(tried).filter(|_| !self.down.load(Ordering::Relaxed))?;
        let spent = self.spent.fetch_add(pause, Ordering::Relaxed);
        (spent + pause <= PAUSES_MOST_MS).then(|| Duration::from_millis(pause))
    }

    fn ended(&self, well: bool) {
        self.down.store(!well, Ordering::Relaxed);
    }
}

/// Pauses, in milliseconds, before a page is asked for again after any other failure that may pass. The requests of a
/// page have each been tried several times before that.
const PAUSES_MS: [u64; 2] = [250, 1_000];

/// Sum of all pauses for a connection in a run, in milliseconds.
const PAUSES_MOST_MS: u64 = 120_000;

/// Number of times a page that met "too many calls" is asked for again.
const THROTTLE_WAITS: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_that_is_down_is_waited_for_once() {
        let patience = Patience::default();
        let all: Vec<_> = (0..5).map_while(|tried| patience.pause(tried)).collect();
        assert_eq!(all, PAUSES_MS.map(Duration::from_millis));
        patience.ended(false);
        assert_eq!(patience.pause(0), None, "the next kind of a vendor that is down");
        patience.ended(true);
        assert!(patience.pause(0).is_some(), "it is back");
    }

    #[test]
    fn all_pauses_of_a_run_have_an_end() {
        let patience = Patience::default();
        let paused: Duration = (0..10_000).filter_map(|_| patience.pause(1)).sum();
        assert_eq!(paused, Duration::from_millis(PAUSES_MOST_MS));
    }
}
