//! The loop that looks at what is due and has it done, several things side by side.
//!
//! One function looks ([`Worker::tick`]) and starts what is due; a timer, the end of a job
//! and the beginning all call it, and it needs no hint from them. It sleeps until the next
//! thing is due, and looks anyway every half minute, as another process may have changed
//! the facts. A tenant gets half of the places while there are others, so that one whose
//! vendor hangs keeps nobody waiting. Asked to stop, it starts nothing more and waits for
//! what is under way, which stops by itself where nothing is lost.

use super::schedule::{Due, JobReport, LOST_MS};
use super::{Engine, Tenant};
use crate::error::Error;
use crate::model::{TenantName, Timestamp};
use std::collections::HashMap;
use std::time::Duration;
use tokio::task::{Id, JoinSet};

/// The longest sleep.
const LOOK: Duration = Duration::from_secs(30);
/// The shortest: time that is measured in milliseconds may be due a little later than it seems.
const BREATH: Duration = Duration::from_millis(20);

/// How work is done.
#[derive(Debug, Clone)]
pub struct WorkOptions {
    /// For this tenant only; none: for all.
    pub tenant: Option<TenantName>,
    /// Things done side by side.
    pub at_once: usize,
    /// Do what is due now, and end.
    pub once: bool,
}

impl Default for WorkOptions {
    fn default() -> Self {
        Self { tenant: None, at_once: 4, once: false }
    }
}

impl Engine {
    /// Does what is due, until asked to stop, or `once`; tells of each thing when it ends.
    ///
    /// # Errors
    /// No such tenant; the database's. What goes wrong with a thing is in its report.
    pub async fn work(&self, options: &WorkOptions, tell: &(dyn Fn(JobReport) + Sync)) -> Result<(), Error> {
        if let Some(tenant) = &options.tenant {
            self.tenant(tenant).await?;
        }
        let mut worker = Worker { engine: self, options, running: HashMap::new(), tasks: JoinSet::new() };
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
                Some(ended) = worker.tasks.join_next_with_id() => worker.ended(ended, tell),
                () = tokio::time::sleep(pause) => {}
                () = stop.stopped(), if !stop.is_stopped() => {}
            }
        }
    }

    /// Does what is due now, for all tenants, and tells of it.
    ///
    /// # Errors
    /// The database's.
    pub async fn tick(&self) -> Result<Vec<JobReport>, Error> {
        let reports = std::sync::Mutex::new(Vec::new());
        let keep = |report| reports.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(report);
        self.work(&WorkOptions { once: true, ..WorkOptions::default() }, &keep).await?;
        Ok(reports.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// What a task comes to: nothing, where another process was quicker.
type Done = Result<Option<JobReport>, Error>;

struct Worker<'e> {
    engine: &'e Engine,
    options: &'e WorkOptions,
    /// What is under way: whose, and what.
    running: HashMap<Id, (TenantName, String)>,
    tasks: JoinSet<Done>,
}

impl Worker<'_> {
    /// Starts what is due at `now` and has a place.
    async fn tick(&mut self, now: Timestamp) -> Result<(), Error> {
        self.engine.note_jobs(self.options.tenant.as_ref()).await?;
        let store = &self.engine.parts.store;
        let mut names = store.due_tenants(now, now.plus_ms(-LOST_MS)).await?;
        names.retain(|name| self.options.tenant.as_ref().is_none_or(|only| only == name));
        let mut waiting: Vec<(Tenant, Vec<Due>)> = Vec::new();
        for name in names {
            let tenant = self.engine.tenant(&name).await?;
            let busy = |due: &Due| self.running.values().any(|(owner, key)| *owner == name && *key == due.key());
            let mut due = tenant.due(now, &busy).await?;
            // The longest overdue is taken from the end.
            due.reverse();
            waiting.push((tenant, due));
        }
        let all = self.options.at_once.max(1);
        let alone = self.options.tenant.is_some() || store.tenant_list().await?.len() < 2;
        let one = if alone { all } else { (all / 2).max(1) };
        while self.running.len() < all {
            // Whoever has least under way; among those, whoever waits longest.
            let next = waiting
                .iter_mut()
                .filter(|(tenant, due)| !due.is_empty() && self.places(&tenant.name) < one)
                .min_by_key(|(tenant, due)| (self.places(&tenant.name), due.last().map(Due::at)));
            let Some((tenant, due)) = next else { break };
            let Some(thing) = due.pop() else { break };
            let (tenant, key) = (tenant.clone(), thing.key());
            // Of two jobs of a sync that are due at once the second waits for the first.
            if self.running.values().any(|running| *running == (tenant.name.clone(), key.clone())) {
                continue;
            }
            let name = tenant.name.clone();
            let task = self.tasks.spawn(async move { tenant.do_due(thing).await });
            self.running.insert(task.id(), (name, key));
        }
        Ok(())
    }

    fn places(&self, tenant: &TenantName) -> usize {
        self.running.values().filter(|(owner, _)| owner == tenant).count()
    }

    /// How long nothing is due that is not under way.
    async fn pause(&self) -> Duration {
        let parts = &self.engine.parts;
        let now = parts.clock.now();
        let next = parts.store.next_due(now, self.options.tenant.as_ref()).await.ok().flatten();
        let wait = next.and_then(|next| u64::try_from(next.since_ms(now)).ok()).map_or(LOOK, Duration::from_millis);
        wait.clamp(BREATH, LOOK)
    }

    fn ended(&mut self, ended: Result<(Id, Done), tokio::task::JoinError>, tell: &(dyn Fn(JobReport) + Sync)) {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let of = self.running.remove(&id);
        match ended {
            Ok((_, Ok(Some(report)))) => tell(report),
            Ok((_, Ok(None))) => {}
            Ok((_, Err(error))) => tracing::error!(?of, %error, "what was due could not be noted"),
            Err(error) => tracing::error!(?of, %error, "what was due broke off"),
        }
    }
}
