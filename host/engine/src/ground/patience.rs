//! NEW

use std::time::Duration;
use std::sync::atomic::Ordering;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicBool;
use crosswalk_model::Failure;
use super::stop::Stop;
use super::opened::Opened;

pub(crate) const THROTTLE_MS: u64 = 2_000;

/// The longest wait for a vendor that says "too many calls", and the one when it does not say how long.
pub(crate) const THROTTLE_MAX_MS: u64 = 60_000;

impl Opened {
    /// Calls the connector, and again where a failure may pass. It does not wait once a stop is asked for.
    ///
    /// # Errors
    /// The last failure.
    pub(crate) async fn patiently<T, F>(&self, stop: &Stop, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let (mut throttled, mut tried) = (0, 0);
        loop {
            let failure = match call().await {
                Err(failure) if failure.is_passing() => failure,
                done => {
                    self.patience.ended(true);
                    return done;
                }
            };
            let pause = if let Failure::Throttled { retry_after_ms, .. } = &failure {
                throttled += 1;
                let ms = retry_after_ms.unwrap_or(THROTTLE_MS).min(THROTTLE_MAX_MS);
                (throttled <= THROTTLE_WAITS).then(|| Duration::from_millis(ms))
            } else {
                tried += 1;
                self.patience.pause(tried - 1)
            };
            let Some(pause) = pause else {
                self.patience.ended(false);
                return Err(failure);
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.stopped() => return Err(failure),
            }
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
