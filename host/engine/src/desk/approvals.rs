//! Approvals of a plan apart from applying it: given for a part, listed, withdrawn.
//!
//! Storing one is `run/approvals`; applying what is approved is `sync`.

use crate::boxed;
use crate::error::Error;
use crate::ground::find::no_plan;
use crate::ground::noting;
use crate::ground::tenant::Tenant;
use crate::rules::plan::with_depended;
use crate::run::approvals::{self, Of};
use crosswalk_model::{
    Approval, Approved, Call, Event, Kind, Plan, PlanId, PlannedChange, Said, Sequences, Verb, said,
};
use crosswalk_store::{Approving, ChangeFilter, ChangeStatus, JournalEntry};
use serde_json::json;
use std::collections::BTreeSet;

/// Changes read at a time.
const PAGE: usize = 500;

impl Tenant {
    /// Returns a part with what its changes depend on, and the sequences that were added. A part that is not chosen by
    /// changes stays as it is: what belongs to it is in it.
    ///
    /// # Errors
    /// There is no such plan; a chosen change is not in it.
    #[boxed]
    pub async fn plan_depended(&self, plan: PlanId, approved: &Approved) -> Result<(Approved, Sequences), Error> {
        let Some(chosen) = &approved.part.changes else { return Ok((approved.clone(), Sequences::default())) };
        self.plan_show(plan).await?;
        let changes = changes_around(self, plan, chosen).await?;
        let known: Sequences = changes.iter().map(|change| change.sequence).collect();
        if let Some(unknown) = chosen.iter().find(|sequence| !known.contains(*sequence)) {
            let show = Call::of(Verb::Plan).with("show", plan);
            return Err(Error::invalid(
                said!("approval-no-such-change", plan, change = unknown.to_string()),
                said!("approval-hint-show", show),
            ));
        }
        let all = with_depended(&changes, chosen);
        let added = all.iter().filter(|sequence| !chosen.contains(*sequence)).collect();
        let mut approved = approved.clone();
        approved.part.changes = Some(all);
        Ok((approved, added))
    }

    /// Approves a part of a plan, whose hash was seen as `hash`, and writes nothing: [`Tenant::apply_approved`] does.
    ///
    /// # Errors
    /// There is no such plan, it has another hash by now, or a newer plan takes its place.
    #[boxed]
    pub async fn plan_approve(&self, plan: PlanId, approved: &Approved, hash: &str, note: &str) -> Result<(), Error> {
        let stored = self.plan_show(plan).await?;
        if stored.hash != hash {
            let show = Call::of(Verb::Plan).with("show", plan);
            return Err(Error::Busy {
                message: said!("approval-other-hash", plan),
                hint: said!("approval-hint-show", show),
            });
        }
        newest(self, &stored).await?;
        let sync = self.plan_sync(plan).await?;
        let approving =
            Approving { approved: approved.clone(), hash: hash.to_owned(), rule: None, note: note.to_owned() };
        let entry = JournalEntry {
            plan: Some(plan),
            kind: approved.part.kind,
            customer: approved.part.customer.clone(),
            detail: Some(json!({ "approved": approved, "hash": hash, "note": note })),
            ..noting::entry(self, Event::Approved, approved_as(plan, approved, note))
        };
        let of = Of { sync: &sync, plan: &stored, run: None, now: self.parts.clock.now() };
        approvals::approve(&self.store, &of, &approving, Some(entry)).await
    }

    /// Returns the approvals of a plan that were not withdrawn, in their order.
    ///
    /// # Errors
    /// There is no such plan.
    #[boxed]
    pub async fn plan_approvals(&self, plan: PlanId) -> Result<Vec<Approval>, Error> {
        self.plan_show(plan).await?;
        Ok(self.store.approvals(plan).await?)
    }

    /// Withdraws all approvals of a plan, and returns their number. What was written by then stays written.
    ///
    /// # Errors
    /// There is no such plan.
    #[boxed]
    pub async fn plan_withdraw(&self, plan: PlanId) -> Result<usize, Error> {
        let sync = self.plan_sync(plan).await?;
        if self.store.approvals(plan).await?.is_empty() {
            return Ok(0);
        }
        let entry = JournalEntry {
            plan: Some(plan),
            ..noting::entry(self, Event::Withdrawn, said!("approval-withdrawn", plan))
        };
        let now = self.parts.clock.now();
        Ok(self.store.noting(Some(&sync), &[entry])?.approvals_withdraw(plan, now).await?)
    }
}

/// # Errors
/// A newer plan takes this one's place.
async fn newest(tenant: &Tenant, plan: &Plan) -> Result<(), Error> {
    match tenant.store.plan_superseded_by(plan.id).await? {
        None => Ok(()),
        Some(newer) => Err(Error::invalid(
            said!("approval-superseded", plan = plan.id, newer),
            said!("approval-hint-show", show = Call::of(Verb::Plan).with("show", newer)),
        )),
    }
}

fn approved_as(plan: PlanId, approved: &Approved, note: &str) -> Said {
    let part = &approved.part;
    let what = match (&part.changes, &part.customer, part.kind) {
        (Some(changes), ..) => said!("approval-of-changes", plan, changes = changes.to_string()),
        (None, Some(customer), Some(kind)) => said!("approval-of-customer-and-kind", plan, customer, kind),
        (None, Some(customer), None) => said!("approval-of-customer", plan, customer),
        (None, None, Some(kind)) => said!("approval-of-kind", plan, kind),
        (None, None, None) => said!("approval-of-whole", plan),
    };
    if note.is_empty() { what } else { said!("approval-with-note", what, note) }
}

/// The changes that chosen ones can depend on: those of their customers, and all lines of usage if one is among them.
async fn changes_around(tenant: &Tenant, plan: PlanId, chosen: &Sequences) -> Result<Vec<PlannedChange>, Error> {
    let mut customers: BTreeSet<String> = BTreeSet::new();
    let (mut all, mut lines) = (Vec::new(), false);
    each_change(tenant, plan, &ChangeFilter::default(), |change| {
        if chosen.contains(change.sequence) {
            customers.insert(change.customer.clone());
            lines |= change.kind == Kind::Usage;
        }
    })
    .await?;
    for customer in customers {
        let filter = ChangeFilter { customer: Some(customer), ..ChangeFilter::default() };
        each_change(tenant, plan, &filter, |change| all.push(change)).await?;
    }
    if lines {
        let filter = ChangeFilter { kind: Some(Kind::Usage), ..ChangeFilter::default() };
        each_change(tenant, plan, &filter, |change| all.push(change)).await?;
    }
    all.sort_by_key(|change| change.sequence);
    all.dedup_by_key(|change| change.sequence);
    Ok(all)
}

async fn each_change(
    tenant: &Tenant,
    plan: PlanId,
    filter: &ChangeFilter,
    mut with: impl FnMut(PlannedChange) + Send,
) -> Result<(), Error> {
    let filter = ChangeFilter { status: Some(ChangeStatus::Pending), ..filter.clone() };
    let mut after = 0;
    loop {
        let page = tenant.store.plan_changes(plan, &filter, after, PAGE).await.map_err(|error| match error {
            crosswalk_store::StoreError::NotFound { .. } => no_plan(plan),
            other => other.into(),
        })?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.change.sequence;
        page.into_iter().for_each(|row| with(row.change));
    }
}
