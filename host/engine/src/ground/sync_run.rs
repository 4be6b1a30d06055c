//! A run on a sync: its claim, both opened connections, and what the run notes on its way. Its steps are in `run`.

use super::opened::{self, Opened};
use super::parts::Parts;
use super::progress::Progress;
use super::stop::Stop;
use super::tenant::Tenant;
use super::watched::Watched;
use super::{accounts, claim};
use crate::error::Error;
use crosswalk_model::{ChangeId, Kind, Mode, PlanId, RunCounts, RunId, RunStatus, Said, Side, Sync, SyncName};
use crosswalk_store::{Claim, Lease, TenantStore};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Number of messages a run keeps about data that was not read.
const COMPLAINTS: usize = 100;

/// A run on a sync. While it lives, no other process works on the same sync.
pub(crate) struct SyncRun<'p> {
    pub(crate) parts: Arc<Parts>,
    pub(crate) store: TenantStore,
    pub(crate) sync: Sync,
    pub(crate) source: Opened,
    pub(crate) target: Opened,
    pub(crate) progress: Watched<'p>,
    /// Stops this run, alone or with all work of the process.
    pub(crate) stop: Stop,
    pub(crate) id: RunId,
    /// Number of findings that make bills wrong until a person acts.
    pub(crate) attention: AtomicU64,
    /// Data that was not read, or not to its end, by any step: one message each.
    complaints: Mutex<Vec<Said>>,
    /// Whether this run has looked up what earlier ones left open.
    pub(crate) recovered: AtomicBool,
    /// Seed of the idempotency keys of this database.
    instance: String,
    _lease: Lease,
}

impl SyncRun<'_> {
    /// Counts findings that make bills wrong until a person acts: the run does not end well with them.
    pub(crate) fn attend(&self, findings: u64) {
        self.attention.fetch_add(findings, Ordering::Relaxed);
    }

    pub(crate) fn attention(&self) -> u64 {
        self.attention.load(Ordering::Relaxed)
    }

    /// Kinds of the sync that are kept in step, in the order of work. Alerts, which become tickets, are polled
    /// separately.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.sync.rules.kinds.keys().copied().filter(|kind| !kind.is_polled())
    }

    /// Kinds that the source is read for: contracts are the target's alone.
    pub(crate) fn source_kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.kinds().filter(|kind| !kind.is_of_target())
    }

    /// Key that this sync writes into records it creates: the source connection and the source's id, shortened to the
    /// length of the target's stamp field. `None` if the target has no such field.
    pub(crate) fn stamp(&self, kind: Kind, source: &str) -> Option<String> {
        let place = self.target.description.kind(kind.counterpart())?.stamp.as_ref()?;
        Some(stamp(self.sync.source.as_str(), source, place.length as usize))
    }

    /// Key of a target record, for what is created for it at the source.
    pub(crate) fn source_stamp(&self, kind: Kind, target: &str) -> Option<String> {
        let place = self.source.description.kind(kind)?.stamp.as_ref()?;
        Some(stamp(self.sync.target.as_str(), target, place.length as usize))
    }

    /// Idempotency key of a change: the same at every attempt, also after a restart, and of no other change of any
    /// database.
    pub(crate) fn idempotency_key(&self, id: ChangeId) -> String {
        idempotency_key(&self.instance, id)
    }

    /// Notes data that was not read: any such message makes the run partial.
    pub(crate) fn complain(&self, messages: impl IntoIterator<Item = Said>) {
        let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        for message in messages {
            if complaints.len() < COMPLAINTS && !complaints.contains(&message) {
                complaints.push(message);
            }
        }
    }

    /// Messages about data not read so far.
    pub(crate) fn complaints(&self) -> Vec<Said> {
        self.complaints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The connection at a side.
    pub(crate) fn at(&self, side: Side) -> &Opened {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    /// Checks for a stop.
    ///
    /// # Errors
    /// `Stopped`, if a stop is requested.
    pub(crate) fn go_on(&self) -> Result<(), Error> {
        if self.stop.is_stopped() { Err(Error::Stopped) } else { Ok(()) }
    }

    pub(crate) fn now(&self) -> crosswalk_model::Timestamp {
        self.parts.clock.now()
    }

    /// Closes the run after an error that ended it early.
    pub(crate) async fn fail(&self, error: &Error) {
        self.fail_after(error, None).await;
    }

    /// Closes the run after an error, with the plan and the counts of what was done, if any.
    pub(crate) async fn fail_after(&self, error: &Error, done: Option<(PlanId, RunCounts)>) {
        if let Ok(Some(mut run)) = self.store.run_get(self.id).await {
            run.status = match error {
                Error::Stopped => RunStatus::Partial,
                Error::Held { .. } => RunStatus::Held,
                _ => RunStatus::Failed,
            };
            run.message = error.said();
            if let Some((plan, counts)) = done {
                (run.plan, run.counts) = (Some(plan), counts);
            }
            run.ended_at = Some(self.now());
            if let Err(error) = self.store.run_finish(&run).await {
                tracing::error!(%error, "a failed run could not be closed");
            }
        }
    }
}

/// Hashes the database's instance key and the change's id. Plans are numbered once per database and never again, so
/// that both suffice.
fn idempotency_key(instance: &str, id: ChangeId) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(format!("{instance}:{id}"));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns `connection:id`, or `cw:` and a digest of it where that is longer than `length` characters.
fn stamp(connection: &str, id: &str, length: usize) -> String {
    let plain = format!("{connection}:{id}");
    if plain.chars().count() <= length {
        return plain;
    }
    use sha2::Digest;
    let digest = sha2::Sha256::digest(plain.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("cw:{}", &hex[..length.saturating_sub(3).min(40)])
}

/// Claims a sync and begins a run on it, after both connections confirmed their accounts. Closes runs that a dead
/// process left.
///
/// # Errors
/// There is no such sync; another process works on it; a connection cannot be opened, or answers as another account.
pub(crate) async fn begin<'p>(
    tenant: &Tenant,
    name: &SyncName,
    mode: Mode,
    progress: &'p dyn Progress,
) -> Result<SyncRun<'p>, Error> {
    let run = begin_unasked(tenant, name, mode, progress).await?;
    let claimed = Tenant { store: run.store.clone(), ..tenant.clone() };
    // The first call to each vendor; both at once.
    let (source, target) =
        tokio::join!(accounts::identify(&claimed, &run.source), accounts::identify(&claimed, &run.target));
    if let Err(error) = source.and(target) {
        run.fail(&error).await;
        return Err(error);
    }
    Ok(run)
}

/// Begins a run that calls neither vendor.
///
/// # Errors
/// As [`begin`].
pub(crate) async fn begin_stored<'p>(
    tenant: &Tenant,
    name: &SyncName,
    progress: &'p dyn Progress,
) -> Result<SyncRun<'p>, Error> {
    let sync = tenant.sync(name).await?;
    accounts::not_held(tenant, &sync.source).await?;
    accounts::not_held(tenant, &sync.target).await?;
    begin_unasked(tenant, name, Mode::Plan, progress).await
}

async fn begin_unasked<'p>(
    tenant: &Tenant,
    name: &SyncName,
    mode: Mode,
    progress: &'p dyn Progress,
) -> Result<SyncRun<'p>, Error> {
    tenant.parts.note_clock().await?;
    let sync = tenant.sync(name).await?;
    let (claimed, lease) = claim::claimed(tenant, &Claim::Sync(name.clone())).await?;
    let source = opened::open(&claimed, &sync.source).await?;
    let target = opened::open(&claimed, &sync.target).await?;
    let now = claimed.parts.clock.now();
    let run = claimed.store.run_begin(name, mode, tenant.queued, now).await?;
    let instance = claimed.store.instance_key().await?;
    let stop = claimed.parts.stop.child();
    let progress = Watched::new(&claimed.store, run, &stop, progress);
    Ok(SyncRun {
        parts: claimed.parts,
        store: claimed.store,
        sync,
        source,
        target,
        progress,
        stop,
        id: run,
        attention: AtomicU64::new(0),
        complaints: Mutex::default(),
        recovered: AtomicBool::new(false),
        instance,
        _lease: lease,
    })
}

#[cfg(test)]
mod tests {
    use super::{idempotency_key, stamp};
    use crosswalk_model::{ChangeId, PlanId};

    #[test]
    fn two_databases_never_give_one_idempotency_key() {
        let change = |sequence| ChangeId { plan: PlanId(1), sequence };
        assert_eq!(idempotency_key("a", change(1)), idempotency_key("a", change(1)), "at every attempt");
        assert_ne!(idempotency_key("a", change(1)), idempotency_key("b", change(1)));
        assert_ne!(idempotency_key("a", change(1)), idempotency_key("a", change(11)));
        assert_eq!(idempotency_key("a", change(1)).len(), 32);
    }

    #[test]
    fn a_stamp_fits_its_place_and_tells_ids_apart() {
        assert_eq!(stamp("rmm", "42", 50), "rmm:42");
        let long = "x".repeat(60);
        let (one, two) = (stamp("rmm", &long, 30), stamp("rmm", &format!("{long}y"), 30));
        assert_eq!(one.len(), 30);
        assert_ne!(one, two);
        assert!(one.starts_with("cw:"));
    }
}
