//! Asking work to stop where nothing is lost: between two pages, between two batches.
//!
//! A handle that everything at work shares. It only says that stopping is wanted; whoever
//! reads or writes looks at it where it can break off, and ends its run as itself.

use crate::boxed;
use tokio::sync::watch;

/// Whether stopping is wanted. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Asks everybody to stop. It cannot be taken back.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Comes when somebody asks, at once if they did.
    #[boxed]
    pub async fn stopped(&self) {
        let mut asked = self.0.subscribe();
        // The sender is ours: it cannot be gone while we wait.
        let _ = asked.wait_for(|asked| *asked).await;
    }
}

/// Records that are matched in a few milliseconds: for so few a thread that takes the others over costs more.
const FEW: usize = 1_000;

/// Does work over records that waits for nothing, so that meanwhile others of this process go on and hear a stop: on
/// this thread, with its tasks given to the others. Where the records are few, or there is but one thread, it is simply
/// done.
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
