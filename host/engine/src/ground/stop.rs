//! The request to stop work where nothing is lost: between two pages, between two batches.
//!
//! A handle shared by all work. It only signals the request; readers and writers check it where they can break off, and
//! end their runs themselves.

use crate::boxed;
use tokio::sync::watch;

/// Signal that a stop is requested. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Stop {
    own: watch::Sender<bool>,
    /// What stops it along.
    parent: Option<Box<Stop>>,
}

impl Default for Stop {
    fn default() -> Self {
        Self { own: watch::Sender::new(false), parent: None }
    }
}

impl Stop {
    /// Returns a signal of a part of the work: it is stopped with the whole, or alone.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { parent: Some(Box::new(self.clone())), ..Self::default() }
    }

    /// Requests a stop. The request cannot be taken back.
    pub fn stop(&self) {
        self.own.send_replace(true);
    }

    /// Reports whether a stop is requested.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.own.borrow() || self.parent.as_ref().is_some_and(|parent| parent.is_stopped())
    }

    /// Resolves when a stop is requested, at once if it was already.
    #[boxed]
    pub async fn stopped(&self) {
        let mut asked = self.own.subscribe();
        // The sender is owned by `self`: it cannot be dropped during the wait.
        let own = asked.wait_for(|asked| *asked);
        match &self.parent {
            None => drop(own.await),
            Some(parent) => tokio::select! { _ = own => {}, () = parent.stopped() => {} },
        }
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

    #[tokio::test]
    async fn a_part_is_stopped_alone_or_with_the_whole() {
        let whole = Stop::default();
        let (one, other) = (whole.child(), whole.child());
        one.stop();
        one.stopped().await;
        assert!(one.is_stopped() && !other.is_stopped() && !whole.is_stopped());
        whole.stop();
        other.stopped().await;
        assert!(other.is_stopped());
    }
}
