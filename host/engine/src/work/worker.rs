//! The loop that looks for due work and runs it concurrently.
//!
//! One function ([`Worker::tick`]) starts due work; a timer, the end of a job and the start of the loop all call it,
//! without hints. It uses its last look at the store, and looks again when that is a second old or leaves places free:
//! with hundreds of tenants at work, a look at each end would cost more than many a job. No work is done twice for
//! that, as each piece is taken in the store first. The loop sleeps until the next piece is due, and at most half a
//! minute, as another process may have changed the store. Places are distributed by `fairness`. After a stop is
//! requested it starts nothing more and waits for running work, which stops itself where nothing is lost.

use super::fairness::{self, Taken};
use super::report::{JobReport, LOST_MS};
use super::schedule::{self, Due};
use crate::boxed;
use crate::error::Error;
use crate::ground::engine::Engine;
use crate::ground::tenant::Tenant;
use crosswalk_model::{Actor, TenantName, Timestamp};
use std::collections::HashMap;
use std::time::Duration;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

/// Longest sleep.
const LOOK: Duration = Duration::from_secs(30);
/// Shortest sleep: with times in milliseconds, work may be due slightly later than it seems.
const BREATH: Duration = Duration::from_millis(20);
/// Age up to which a look at due work is used while it still has work to start.
const FRESH: Duration = Duration::from_secs(1);

/// Options of the loop.
#[derive(Debug, Clone)]
pub struct WorkOptions {
    /// The only tenant to work for; `None` means all.
    pub tenant: Option<TenantName>,
    /// Number of places: pieces of work that run concurrently.
    pub at_once: usize,
    /// Run what is due now, then return.
    pub once: bool,
}

impl Default for WorkOptions {
    fn default() -> Self {
        Self { tenant: None, at_once: 32, once: false }
    }
}

impl Engine {
    /// Runs due work until a stop is requested, or a single time with `once`; passes a report of each piece to
    /// `on_report` when it ends.
    ///
    /// # Errors
    /// There is no such tenant; the database's. A failure of a piece of work is in its report.
    #[boxed]
    pub async fn work(&self, options: &WorkOptions, on_report: &(dyn Fn(JobReport) + Sync)) -> Result<(), Error> {
        if let Some(tenant) = &options.tenant {
            self.tenant(tenant).await?;
        }
        let mut worker = Worker {
            engine: self,
            options,
            running: HashMap::new(),
            tasks: JoinSet::new(),
            waiting: Vec::new(),
            looked: None,
        };
        let began = self.parts.clock.now();
        let stop = self.stop();
        loop {
            if !stop.is_stopped() {
                let until = if options.once { began } else { self.parts.clock.now() };
                match worker.tick(until).await {
                    Err(error) if error.is_locked() && !options.once => {
                        tracing::warn!(%error, "what is due could not be looked up; trying again");
                    }
                    looked => looked?,
                }
            }
            if worker.tasks.is_empty() && (options.once || stop.is_stopped()) {
                return Ok(());
            }
            let pause = worker.pause().await;
            tokio::select! {
                Some(ended) = worker.tasks.join_next_with_id() => worker.ended(ended, on_report),
                () = tokio::time::sleep(pause) => {}
                () = stop.stopped(), if !stop.is_stopped() => {}
            }
        }
    }

    /// Runs what is due now, for all tenants, and returns the reports.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn tick(&self) -> Result<Vec<JobReport>, Error> {
        let reports = std::sync::Mutex::new(Vec::new());
        let keep = |report| reports.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(report);
        self.work(&WorkOptions { once: true, ..WorkOptions::default() }, &keep).await?;
        Ok(reports.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// Result of a task; `None` where another process was quicker.
type Done = Result<Option<JobReport>, Error>;

struct Worker<'e> {
    engine: &'e Engine,
    options: &'e WorkOptions,
    /// Running work.
    running: HashMap<Id, Taken>,
    tasks: JoinSet<Done>,
    /// Work that was due at the last look and is not running, the longest overdue last.
    waiting: Vec<(Tenant, Vec<Due>)>,
    looked: Option<Instant>,
}

impl Worker<'_> {
    /// Starts what is due at `now` and has a place.
    async fn tick(&mut self, now: Timestamp) -> Result<(), Error> {
        let old = self.looked.is_none_or(|at| at.elapsed() > FRESH);
        if !old {
            self.start();
        }
        if old || !self.is_full() {
            self.look(now).await?;
            self.start();
        }
        Ok(())
    }

    /// Loads what is due at `now` from the store.
    async fn look(&mut self, now: Timestamp) -> Result<(), Error> {
        self.engine.parts.note_clock().await?;
        schedule::note_jobs(self.engine, self.options.tenant.as_ref()).await?;
        let mut names = self.engine.parts.store.due_tenants(now, now.plus_ms(-LOST_MS)).await?;
        names.retain(|name| self.options.tenant.as_ref().is_none_or(|only| only == name));
        self.waiting.clear();
        for name in names {
            let tenant = self.engine.tenant(&name).await?.by(Actor::Schedule);
            let mut due = schedule::due(&tenant, now, &|due| self.is_busy(&name, &due.key())).await?;
            due.reverse();
            self.waiting.push((tenant, due));
        }
        self.looked = Some(Instant::now());
        Ok(())
    }

    /// Starts waiting work while places are free for it.
    fn start(&mut self) {
        while let Some((tenant, thing)) = self.next() {
            let (name, key) = (tenant.name.clone(), thing.key());
            // Of two jobs of a sync that are due at once, the second waits for the first.
            if self.is_busy(&name, &key) {
                continue;
            }
            let failed = thing.failed();
            let task = self.tasks.spawn(async move { schedule::do_due(&tenant, thing).await });
            self.running.insert(task.id(), Taken { tenant: name, key, failed });
        }
    }

    /// Removes and returns the work that gets the next place: from the tenant with the fewest places in use, and among
    /// those from the one that waits longest.
    fn next(&mut self) -> Option<(Tenant, Due)> {
        let taken: Vec<&Taken> = self.running.values().collect();
        let all = self.options.at_once.max(1);
        let first = self
            .waiting
            .iter()
            .enumerate()
            .filter_map(|(whose, (tenant, due))| {
                let held = fairness::held(&taken, &tenant.name);
                let which = due.iter().rposition(|thing| fairness::may(all, &taken, held, thing.failed()))?;
                Some((held, due[which].at(), whose, which))
            })
            .min();
        let (.., whose, which) = first?;
        let (tenant, due) = self.waiting.get_mut(whose)?;
        Some((tenant.clone(), due.remove(which)))
    }

    fn is_full(&self) -> bool {
        self.running.len() >= self.options.at_once.max(1)
    }

    fn is_busy(&self, tenant: &TenantName, key: &str) -> bool {
        self.running.values().any(|taken| taken.tenant == *tenant && taken.key == key)
    }

    /// Time until the next piece of work that is not already running is due.
    async fn pause(&self) -> Duration {
        if self.is_full() {
            return LOOK;
        }
        let parts = &self.engine.parts;
        let now = parts.clock.now();
        let next = parts.store.next_due(now, self.options.tenant.as_ref()).await.ok().flatten();
        let wait = next.and_then(|next| u64::try_from(next.since_ms(now)).ok()).map_or(LOOK, Duration::from_millis);
        wait.clamp(BREATH, LOOK)
    }

    fn ended(&mut self, ended: Result<(Id, Done), tokio::task::JoinError>, on_report: &(dyn Fn(JobReport) + Sync)) {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let of = self.running.remove(&id);
        match ended {
            Ok((_, Ok(Some(report)))) => on_report(report),
            Ok((_, Ok(None))) => {}
            Ok((_, Err(error))) => tracing::error!(?of, %error, "what was due could not be noted"),
            Err(error) => tracing::error!(?of, %error, "what was due broke off"),
        }
    }
}
