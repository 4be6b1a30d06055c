//! Approvals of plans: added, listed, withdrawn. What they let go is the model's to say.

use super::actors::{actor_id, read as read_actor};
use super::plans::plan_row;
use super::rows::{collect, document, message, time, to_document};
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::approval::{Approval, Approved};
use crosswalk_model::said::Arg;
use crosswalk_model::{Actor, Kind, PlanId, Said, Timestamp, said};
use rusqlite::params;

/// An approval that is about to be given.
#[derive(Debug, Clone)]
pub struct Approving {
    /// What is let go.
    pub approved: Approved,
    /// The plan's hash that was seen.
    pub hash: String,
    /// The kinds whose trust stands for a person; `None` if a person approves.
    pub rule: Option<Vec<Kind>>,
    /// What the person wrote.
    pub note: String,
}

impl Approving {
    /// Who approves: the actor, or the rule that stands for a person.
    #[must_use]
    pub fn by(&self, actor: &Actor) -> Said {
        match &self.rule {
            None => actor.to_string().into(),
            Some(kinds) => said!("approved-by-rule", kinds = Arg::list(kinds.iter().map(|kind| kind.as_str()))),
        }
    }
}

impl TenantStore {
    /// Stores an approval of this handle's actor, and returns its number.
    ///
    /// # Errors
    /// `Stale`, if the plan has another hash or is not finished; `NotFound` (the plan).
    #[boxed]
    pub async fn approval_add(&self, plan: PlanId, approving: &Approving, at: Timestamp) -> Result<i64, StoreError> {
        let (tenant, actor, approving) = (self.id, self.actor.clone(), approving.clone());
        self.write(move |db| {
            if plan_row(db, tenant, plan)?.hash.as_ref() != Some(&approving.hash) {
                return Err(StoreError::stale("plan", plan));
            }
            db.prepare_cached(
                "INSERT INTO approvals (tenant, plan, hash, approved, actor, rule, at, note) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                tenant,
                plan.0,
                approving.hash,
                to_document(&approving.approved)?,
                actor_id(db, tenant, &actor)?,
                approving.rule.as_ref().map(to_document).transpose()?,
                at.0,
                approving.note,
            ])?;
            let id = db.last_insert_rowid();
            db.prepare_cached("UPDATE plans SET approved_at = ?1, approved_by = ?4 WHERE id = ?2 AND tenant = ?3")?
                .execute(params![at.0, plan.0, tenant, message(&approving.by(&actor))])?;
            Ok(id)
        })
        .await
    }

    /// Returns the approvals of a plan that were not withdrawn, in their order.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn approvals(&self, plan: PlanId) -> Result<Vec<Approval>, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let mut select = db.prepare_cached(
                "SELECT p.id, p.approved, p.hash, p.rule, p.at, p.note, a.actor FROM approvals p \
                 JOIN actors a ON a.id = p.actor \
                 WHERE p.tenant = ?1 AND p.plan = ?2 AND p.withdrawn_at IS NULL ORDER BY p.id",
            )?;
            collect(select.query([tenant, plan.0])?, |row| {
                let rule: Option<String> = row.get(3)?;
                Ok(Approval {
                    id: row.get(0)?,
                    plan,
                    approved: document(row, 1, "approval")?,
                    hash: row.get(2)?,
                    rule: rule.map(|_| document(row, 3, "rule of an approval")).transpose()?,
                    at: time(row, 4)?,
                    note: row.get(5)?,
                    by: read_actor(row, 6)?.unwrap_or(Actor::Host),
                })
            })
        })
        .await
    }

    /// Withdraws all approvals of a plan, and returns their number. What was written by then stays written.
    ///
    /// # Errors
    /// `NotFound` (the plan).
    #[boxed]
    pub async fn approvals_withdraw(&self, plan: PlanId, at: Timestamp) -> Result<usize, StoreError> {
        let (tenant, actor) = (self.id, self.actor.clone());
        self.write(move |db| {
            plan_row(db, tenant, plan)?;
            let withdrawn = db
                .prepare_cached(
                    "UPDATE approvals SET withdrawn_at = ?3, withdrawn_by = ?4 \
                     WHERE tenant = ?1 AND plan = ?2 AND withdrawn_at IS NULL",
                )?
                .execute(params![tenant, plan.0, at.0, actor_id(db, tenant, &actor)?])?;
            db.prepare_cached("UPDATE plans SET approved_at = NULL, approved_by = NULL WHERE id = ?1 AND tenant = ?2")?
                .execute([plan.0, tenant])?;
            Ok(withdrawn)
        })
        .await
    }
}
