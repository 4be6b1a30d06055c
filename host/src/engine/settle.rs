//! Settling a batch: what each change came to, read back, verified, committed.
//!
//! An outcome is *uncertain* when a request of the change left the host and no reply of
//! the vendor says how it went. Uncertain changes are looked up, never just tried again.

use super::apply::{Batch, Prepared, Session};
use super::connections::Opened;
use super::plan;
use super::recover::Verdict;
use super::reverse::told_by_both;
use crate::error::Error;
use crate::model::{Action, Failure, Kind, Outcome, PlannedChange, Record, RunCounts, Settlement, WriteReport};
use crate::store::{ChangeStatus, Settled};
use std::collections::HashMap;
use std::time::Duration;

/// The longest wait for a vendor that says "too many calls", and the one when it does not say how long.
pub(super) const THROTTLE_MAX_MS: u64 = 60_000;
pub(super) const THROTTLE_MS: u64 = 2_000;
/// How often the host asks after work a vendor accepted, and how long it waits before the
/// first time; each wait is twice the one before, up to the longest.
const SETTLE_ASKS: u32 = 20;
const SETTLE_WAIT: Duration = Duration::from_millis(10);
const SETTLE_WAIT_MAX: Duration = Duration::from_secs(1);
/// Failures that a report names one by one.
const FAILURES_TOLD: usize = 20;

/// What a run came to so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) counts: RunCounts,
    pub(super) failures: Vec<(String, String)>,
    /// How many changes the vendor still works on.
    pub(super) open: u64,
    /// Why the run ends early: going on would fail every change in the same way.
    pub(super) stop: Option<String>,
}

impl Tally {
    pub(super) fn add(&mut self, other: Tally) {
        self.counts.done += other.counts.done;
        self.counts.failed += other.counts.failed;
        self.counts.stale += other.counts.stale;
        self.counts.held += other.counts.held;
        self.counts.writes += other.counts.writes;
        self.open += other.open;
        let room = FAILURES_TOLD.saturating_sub(self.failures.len());
        self.failures.extend(other.failures.into_iter().take(room));
        self.stop = self.stop.take().or(other.stop);
    }

    pub(super) fn failure(&mut self, planned: &PlannedChange, why: &str) {
        if self.failures.len() < FAILURES_TOLD {
            self.failures
                .push((format!("{} {} {}", planned.action.as_str(), planned.kind, planned.name), why.to_owned()));
        }
    }

    pub(super) fn seen(&self) -> u64 {
        self.counts.done + self.counts.failed + self.counts.stale + self.counts.held + self.open
    }
}

/// How one change of a batch ended.
enum Fate {
    Done {
        target: String,
        looked_up: bool,
    },
    /// The vendor works on it; `stored` when the token is in the database already.
    Accepted {
        token: String,
        stored: bool,
    },
    Failed(Failure),
    Again(Failure),
    /// Uncertain, and the look-up failed: it stays intended, and the next run looks first.
    Open(Failure),
}

impl Session<'_, '_> {
    /// Settles a batch; gives back the changes that are worth another try.
    pub(super) async fn settle(
        &self,
        batch: Batch,
        report: WriteReport,
        tally: &mut Tally,
    ) -> Result<Vec<Prepared>, Error> {
        tally.counts.writes += report.sent.len() as u64;
        let mut fates = self.fates(&batch, report).await;
        self.wait_for_accepted(&batch, &mut fates).await?;
        let target_kind = batch.kind.counterpart();
        let side = self.work.at(batch.action.side());
        let kept = self.read_back(side, target_kind, &fates).await;
        let (mut settled, mut records, mut again, mut wait) = (Vec::new(), Vec::new(), Vec::new(), None);
        let all_refused =
            !fates.is_empty() && fates.iter().all(|fate| matches!(fate, Fate::Failed(Failure::Denied { .. })));
        for (mut prepared, fate) in batch.changes.into_iter().zip(fates) {
            match fate {
                Fate::Again(failure) if Self::try_again(&prepared) => {
                    if let Failure::Throttled { retry_after_ms, .. } = &failure {
                        wait = wait.max(Some(retry_after_ms.unwrap_or(THROTTLE_MS)));
                    }
                    prepared.tries += 1;
                    settled.push(self.put_back(&prepared, &failure));
                    again.push(prepared);
                }
                Fate::Failed(failure) | Fate::Again(failure) => {
                    tally.counts.failed += 1;
                    tally.failure(&prepared.planned, &failure.to_string());
                    if all_refused {
                        tally.stop = Some(failure.to_string());
                    }
                    settled.push(self.failed(&prepared, &failure));
                }
                Fate::Open(failure) => {
                    tally.counts.failed += 1;
                    let why =
                        format!("nobody knows whether it was written ({failure}): the next run looks it up first");
                    tally.failure(&prepared.planned, &why);
                    tally.stop = Some(why);
                }
                Fate::Accepted { token, stored } => {
                    tally.open += 1;
                    tally.failure(&prepared.planned, "the vendor still works on it; the next run asks again");
                    settled.extend((!stored).then(|| self.accepted(&prepared, token)));
                }
                Fate::Done { target, looked_up } => {
                    tally.counts.done += 1;
                    let record = kept.get(&target).cloned();
                    settled.push(self.done(&prepared, &target, record.as_ref(), looked_up).await?);
                    records.extend(record.map(|record| (target_kind, record)));
                }
            }
        }
        let work = self.work;
        work.store.batch_settle(self.plan, Some(batch.id), &settled, &records, &side.name, work.now()).await?;
        if let Some(ms) = wait {
            let wait = tokio::time::sleep(Duration::from_millis(ms.min(THROTTLE_MAX_MS)));
            tokio::select! { () = wait => {}, () = work.parts.stop.stopped() => {} }
        }
        Ok(again)
    }

    async fn fates(&self, batch: &Batch, report: WriteReport) -> Vec<Fate> {
        if !batch.action.writes() {
            return batch
                .changes
                .iter()
                .map(|prepared| Fate::Done {
                    target: prepared.planned.target.clone().unwrap_or_default(),
                    looked_up: false,
                })
                .collect();
        }
        let (mut outcomes, whole) = match report.outcomes {
            Ok(outcomes) => (by_change(outcomes), Failure::broken("the connector gave no outcome for it")),
            Err(failure) => (HashMap::new(), failure),
        };
        let mut fates = Vec::with_capacity(batch.changes.len());
        let mut uncertain = Vec::new();
        for (index, prepared) in batch.changes.iter().enumerate() {
            let Some(id) = prepared.change.as_ref().map(|change| &change.id) else { continue };
            let settlement = outcomes.remove(id).unwrap_or_else(|| Settlement::Failed(whole.clone()));
            fates.push(match settlement {
                Settlement::Done(target) => Fate::Done { target, looked_up: false },
                Settlement::Accepted(token) => Fate::Accepted { token, stored: false },
                Settlement::Failed(failure) => {
                    let sent = report.sent.contains(id);
                    let answered = !report.unanswered.contains(id)
                        && !matches!(failure, Failure::Unavailable { .. } | Failure::Broken { .. });
                    if sent && !answered {
                        uncertain.push(index);
                    }
                    if failure.is_passing() { Fate::Again(failure) } else { Fate::Failed(failure) }
                }
            });
        }
        self.resolve_uncertain(batch, &uncertain, &mut fates).await;
        fates
    }

    async fn resolve_uncertain(&self, batch: &Batch, uncertain: &[usize], fates: &mut [Fate]) {
        let changes: Vec<_> = uncertain.iter().filter_map(|index| batch.changes[*index].change.as_ref()).collect();
        let side = self.work.at(batch.action.side());
        let looked = self.work.look_up(side, batch.kind.counterpart(), &changes).await;
        for (position, index) in uncertain.iter().enumerate() {
            fates[*index] = match &looked {
                Ok(verdicts) => match &verdicts[position] {
                    Verdict::Written(target) => Fate::Done { target: target.clone(), looked_up: true },
                    Verdict::NotWritten => Fate::Again(Failure::Unavailable {
                        message: "the vendor did not answer, and the write is not there".to_owned(),
                    }),
                    Verdict::Unclear(why) => Fate::Failed(Failure::Conflict { message: why.clone() }),
                    Verdict::Open(_) => Fate::Open(Failure::broken("the vendor still works on it")),
                },
                Err(failure) => Fate::Open(failure.clone()),
            };
        }
    }

    /// Stores the tokens of what the vendor accepted, so that they outlive this process, and
    /// asks after it for a while.
    async fn wait_for_accepted(&self, batch: &Batch, fates: &mut [Fate]) -> Result<(), Error> {
        let (work, side) = (self.work, self.work.at(batch.action.side()));
        let mut accepted = Vec::new();
        for (prepared, fate) in batch.changes.iter().zip(fates.iter_mut()) {
            if let Fate::Accepted { token, stored } = fate {
                accepted.push(self.accepted(prepared, token.clone()));
                *stored = true;
            }
        }
        if accepted.is_empty() {
            return Ok(());
        }
        work.store.batch_settle(self.plan, Some(batch.id), &accepted, &[], &side.name, work.now()).await?;
        let mut wait = SETTLE_WAIT;
        for _ in 0..SETTLE_ASKS {
            let waiting = fates.iter().filter_map(|fate| match fate {
                Fate::Accepted { token, .. } => Some(token.clone()),
                _ => None,
            });
            let tokens: Vec<String> = waiting.collect();
            if tokens.is_empty() {
                break;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(SETTLE_WAIT_MAX);
            let Ok(answers) = side.connector.settle(&work.reading, &tokens).await else { break };
            let mut answers = by_change(answers);
            for fate in fates.iter_mut() {
                let Fate::Accepted { token, .. } = fate else { continue };
                match answers.remove(token.as_str()) {
                    Some(Settlement::Done(target)) => *fate = Fate::Done { target, looked_up: false },
                    Some(Settlement::Failed(failure)) => *fate = Fate::Failed(failure),
                    Some(Settlement::Accepted(next)) if next != *token => {
                        *fate = Fate::Accepted { token: next, stored: false };
                    }
                    Some(Settlement::Accepted(_)) | None => {}
                }
            }
        }
        Ok(())
    }

    /// What the vendor kept of everything that was done.
    async fn read_back(&self, side: &Opened, kind: Kind, fates: &[Fate]) -> HashMap<String, Record> {
        let ids: Vec<String> = fates
            .iter()
            .filter_map(|fate| match fate {
                Fate::Done { target, .. } => Some(target.clone()),
                _ => None,
            })
            .collect();
        let kept = self.work.read_ids(side, kind, &ids).await.unwrap_or_else(|failure| {
            self.work.complain([format!(
                "{} {kind}s that were written could not be read back, the next run compares them: {failure}",
                side.name
            )]);
            None
        });
        kept.unwrap_or_default().into_iter().map(|record| (record.id.clone(), record)).collect()
    }

    async fn done(
        &self,
        prepared: &Prepared,
        target: &str,
        kept: Option<&Record>,
        looked_up: bool,
    ) -> Result<Settled, Error> {
        let planned = &prepared.planned;
        let sent = prepared.change.as_ref();
        let link = self.work.link_after(prepared.link.as_ref(), planned, sent, target, kept).await?;
        if matches!(planned.action, Action::Create | Action::Link | Action::Open) {
            self.learn(planned.kind, &planned.source, target);
        }
        let mut message = planned.reason.clone();
        if looked_up {
            message.push_str("; the vendor did not answer, it was looked up and is there");
        }
        for note in sent.zip(kept).into_iter().flat_map(|(sent, kept)| plan::verify(sent, kept)) {
            message.push_str(&format!("; the vendor kept {} as `{}`", note.name, note.kept));
        }
        let mut settled = Settled {
            sequence: planned.sequence,
            status: ChangeStatus::Done,
            target: Some(target.to_owned()),
            message: String::new(),
            link: Some(link),
            journal: self.entry(planned, past(planned.action), message, Some(target.to_owned())),
            token: None,
        };
        told_by_both(&mut settled, planned, target);
        Ok(settled)
    }

    fn failed(&self, prepared: &Prepared, failure: &Failure) -> Settled {
        let planned = &prepared.planned;
        Settled {
            sequence: planned.sequence,
            status: ChangeStatus::Failed,
            target: planned.target.clone(),
            message: failure.to_string(),
            link: None,
            journal: self.entry(planned, "failed", failure.to_string(), planned.target.clone()),
            token: None,
        }
    }

    /// Certainly not written: pending again, to be tried again in this run.
    fn put_back(&self, prepared: &Prepared, failure: &Failure) -> Settled {
        let planned = &prepared.planned;
        Settled {
            status: ChangeStatus::Pending,
            journal: self.entry(planned, "put off", failure.to_string(), None),
            ..self.failed(prepared, failure)
        }
    }

    fn accepted(&self, prepared: &Prepared, token: String) -> Settled {
        let planned = &prepared.planned;
        Settled {
            sequence: planned.sequence,
            status: ChangeStatus::Accepted,
            target: planned.target.clone(),
            message: "not settled yet; the next run asks again".to_owned(),
            link: None,
            journal: self.entry(planned, "accepted", token.clone(), planned.target.clone()),
            token: Some(token),
        }
    }
}

/// What happened, as the journal says it.
pub(super) fn past(action: Action) -> &'static str {
    match action {
        Action::Link => "linked",
        Action::Create => "created",
        Action::Update => "updated",
        Action::Move => "moved",
        Action::Retire => "retired",
        Action::Deactivate => "deactivated",
        Action::Reactivate => "reactivated",
        Action::Open => "opened",
        Action::Append => "noted",
        Action::Close => "closed",
        Action::CreateSource => "created at the source",
        Action::Unlink => "unlinked",
    }
}

/// Settlements by change (or, from `settle`, by token).
pub(super) fn by_change(outcomes: Vec<Outcome>) -> HashMap<String, Settlement> {
    outcomes.into_iter().map(|outcome| (outcome.change, outcome.settlement)).collect()
}
