//! Calls that are made again: after a failure that may pass, and after "too many calls".
//!
//! How long a whole run waits for one connection is bounded here; what a failure means is the caller's.

use super::stop::Stop;
use crosswalk_model::Failure;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

pub(crate) const THROTTLE_MS: u64 = 2_000;

/// The longest wait for a vendor that says "too many calls", and the one when it does not say how long.
pub(crate) const THROTTLE_MAX_MS: u64 = 60_000;

/// Calls the connector, and again where a failure may pass. It does not wait once a stop is asked for.
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

/// How much patience is left with a connection.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// Milliseconds spent on pauses.
    spent: AtomicU64,
    /// The last page failed after all its tries.
    down: AtomicBool,
}

impl Patience {
    /// The pause before try `tried + 1`; `None` when it is not worth it.
    fn pause(&self, tried: usize) -> Option<Duration> {
        let pause = *PAUSES_MS.get(tried).filter(|_| !self.down.load(Ordering::Relaxed))?;
        let spent = self.spent.fetch_add(pause, Ordering::Relaxed);
        (spent + pause <= PAUSES_MOST_MS).then(|| Duration::from_millis(pause))
    }

    fn ended(&self, well: bool) {
        self.down.store(!well, Ordering::Relaxed);
    }
}

/// The pauses before a page is asked for again that failed in another passing way, in
/// milliseconds. The requests of a page were tried several times each by then.
pub(crate) const PAUSES_MS: [u64; 2] = [250, 1_000];

/// All pauses of a connection in a run, in milliseconds.
pub(crate) const PAUSES_MOST_MS: u64 = 120_000;

/// How often a page that met "too many calls" is asked for again.
pub(crate) const THROTTLE_WAITS: u32 = 10;

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
