//! A run that other processes see: its progress is stored once a second, and a stop that they ask for is heeded.
//!
//! Short runs store nothing. What a stop means for a run is decided where it is checked.

use super::progress::{Progress, Stage};
use super::stop::Stop;
use crosswalk_model::{RunId, RunState};
use crosswalk_store::TenantStore;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Time between two looks.
const BEAT: Duration = Duration::from_secs(1);

/// The progress of a run: passed on, and kept for others.
pub(crate) struct Watched<'p> {
    inner: &'p dyn Progress,
    latest: Arc<Mutex<Option<RunState>>>,
    beat: JoinHandle<()>,
}

impl<'p> Watched<'p> {
    /// Begins to watch a run; `stop` is set when somebody asks for it.
    pub(crate) fn new(store: &TenantStore, run: RunId, stop: &Stop, inner: &'p dyn Progress) -> Self {
        let latest = Arc::new(Mutex::new(None));
        let beat = tokio::spawn(beat(store.clone(), run, stop.clone(), latest.clone()));
        Self { inner, latest, beat }
    }

    /// A stage begins; see [`Progress::begin`].
    pub(crate) fn begin(&self, stage: Stage, steps: Option<u64>) {
        self.note(&stage, 0, steps);
        self.inner.begin(stage, steps);
    }

    /// A stage goes on; see [`Progress::at`].
    pub(crate) fn at(&self, stage: &Stage, done: u64, steps: Option<u64>) {
        self.note(stage, done, steps);
        self.inner.at(stage, done, steps);
    }

    /// A stage ended.
    pub(crate) fn end(&self, stage: &Stage) {
        self.inner.end(stage);
    }

    fn note(&self, stage: &Stage, done: u64, steps: Option<u64>) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let number = latest.as_ref().map_or(0, |state: &RunState| state.number) + 1;
        let (connection, kind) = match stage {
            Stage::Reading { connection, kind } => (connection.clone(), Some(*kind)),
            _ => (String::new(), None),
        };
        *latest = Some(RunState { number, stage: stage.as_str().to_owned(), connection, kind, done, steps });
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.beat.abort();
    }
}

async fn beat(store: TenantStore, run: RunId, stop: Stop, latest: Arc<Mutex<Option<RunState>>>) {
    let mut stored = 0;
    loop {
        tokio::time::sleep(BEAT).await;
        let state = latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let new = state.filter(|state| state.number > stored);
        let number = new.as_ref().map_or(stored, |state| state.number);
        match store.run_beat(run, new).await {
            Ok(asked) => {
                stored = number;
                if asked {
                    return stop.stop();
                }
            }
            Err(error) => tracing::warn!(%run, %error, "the progress of a run could not be stored"),
        }
    }
}
