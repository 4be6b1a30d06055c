//! The request to stop work where nothing is lost: between two pages, between two batches.
//!
//! A handle shared by all work. It only signals the request; readers and writers check it where they can break off, and
//! end their runs themselves.

use crate::boxed;
use tokio::sync::watch;

/// Signal that a stop is requested. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Requests a stop. The request cannot be taken back.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Reports whether a stop is requested.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Resolves when a stop is requested, at once if it was already.
    #[boxed]
    pub async fn stopped(&self) {
        let mut asked = self.0.subscribe();
        // The sender is owned by `self`: it cannot be dropped during the wait.
        let _ = asked.wait_for(|asked| *asked).await;
    }
}

/// Number of records that are matched in a few milliseconds: for no more than these, handing over the other tasks to a
/// second thread costs more.
const FEW: usize = 1_000;

/// Runs blocking work over records while other tasks of this process go on and see a stop: the work stays on this
/// thread, and its other tasks move to another. Runs it directly where the records are few or there is only one thread.
pub(crate) fn beside_others<T>(records: usize, work: impl FnOnce() -> T) -> T {
    let flavor = tokio::runtime::Handle::try_current().map(|handle| handle.runtime_flavor());
    match flavor {
        Ok(tokio::runtime::RuntimeFlavor::MultiThread) if records > FEW => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::Stop;

    #[tokio::test]
    async fn all_who_wait_are_told_also_those_who_come_late() {
        let stop = Stop::default();
        let other = stop.clone();
        let early = tokio::spawn(async move { other.stopped().await });
        assert!(!stop.is_stopped());
        stop.clone().stop();
        early.await.unwrap();
        stop.stopped().await;
        assert!(stop.is_stopped());
    }
}
