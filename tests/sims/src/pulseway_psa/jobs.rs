//! The vendor's door for RMMs, as far as assets go: a batch is taken, worked on for a while, and asked after.
//!
//! What a job's details look like, and the words for its status, the vendor does not document: those here are made after
//! the reply for mappings. A job is carried out by the first call that comes once it is due.
//! Leaves alone: which integration types there are (any is taken), mappings, tickets.

use serde_json::{Map, Value, json};

use super::schema::{self, ACCOUNTS, ASSETS};
use super::state::State;
use super::write::{Order, Refusal, Save, member};

/// A batch that was taken.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// When it is carried out, unix milliseconds.
    due: i64,
    work: Work,
    entries: Vec<Value>,
    /// What became of each entry; none before.
    details: Option<Vec<Value>>,
}

/// What is done with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Create,
    Update,
    Deactivate,
}

impl State {
    /// Takes a batch; its job's id.
    pub(super) fn take(&mut self, work: Work, body: &Value, due: i64) -> Result<String, Refusal> {
        let entries = body.as_array().cloned().ok_or_else(|| Refusal::bad("The body is not an array."))?;
        self.jobs.push(Job { due, work, entries, details: None });
        Ok(self.jobs.len().to_string())
    }

    /// Carries out what is due.
    pub(super) fn work(&mut self, order: &Order<'_>) {
        for at in 0..self.jobs.len() {
            let job = &mut self.jobs[at];
            if job.details.is_some() || job.due > order.now {
                continue;
            }
            let (work, entries) = (job.work, std::mem::take(&mut job.entries));
            let details = entries.iter().map(|entry| self.carry_out(work, entry, order)).collect();
            self.jobs[at].details = Some(details);
        }
    }

    /// How far a job is.
    pub(super) fn job_status(&self, id: &str) -> Result<Value, Refusal> {
        let number: usize = id.parse().unwrap_or(0);
        let job = number.checked_sub(1).and_then(|at| self.jobs.get(at));
        let job = job.ok_or_else(|| Refusal { status: 404, message: format!("The job {id} does not exist.") })?;
        let status = if job.details.is_some() { "Completed" } else { "Pending" };
        Ok(json!({"jobId": number, "jobStatus": status, "actionType": job.work as i64 + 1, "details": job.details}))
    }

    fn carry_out(&mut self, work: Work, entry: &Value, order: &Order<'_>) -> Value {
        let transaction = member(entry, "transactionId").clone();
        let id = member(entry, "assetId").as_i64().unwrap_or(0);
        let done = match work {
            Work::Deactivate => self.update(ASSETS, id, &json!({"isActive": false}), Save::Patch, order).map(|()| id),
            Work::Update => self.update(ASSETS, id, &flat(entry), Save::Patch, order).map(|()| id),
            Work::Create => self.import(entry, order),
        };
        if let (Ok(id), Some(volumes)) = (&done, member(entry, "assetDiskVolumes").as_array())
            && let Some(at) = self.tables[ASSETS].at(*id)
        {
            self.tables[ASSETS].set(at, "diskVolumes", json!(volumes));
        }
        match done {
            Ok(id) => json!({"transactionId": transaction, "assetId": id, "statusCode": 200, "statusMessage": "OK"}),
            Err(no) => {
                json!({"transactionId": transaction, "assetId": null, "statusCode": no.status, "statusMessage": no.message})
            }
        }
    }

    /// A new asset of the organisation that the entry names, at its location or the main one.
    fn import(&mut self, entry: &Value, order: &Order<'_>) -> Result<i64, Refusal> {
        let account = member(member(entry, "organization"), "id").as_i64().unwrap_or(0);
        self.tables[ACCOUNTS].at(account).ok_or_else(|| Refusal::missing("account", account))?;
        let location = member(entry, "locationId").as_i64().or_else(|| self.main_location(account));
        let mut body = flat(entry);
        body["accountId"] = json!(account);
        body["accountLocationId"] = json!(location);
        body["categoryId"] = json!(schema::CATEGORIES.first());
        self.create_asset(&body, order)
    }
}

/// An entry's members, those of its parts among them, as the fields of an asset.
fn flat(entry: &Value) -> Value {
    const PARTS: &[&str] =
        &["additionalInfo", "assetDetails", "assetNetworkDetails", "assetMotherboardInfo", "assetChassisInfo"];
    let parts = PARTS.iter().map(|part| member(entry, part));
    let members = parts.chain([entry]).filter_map(Value::as_object).flatten();
    let told = members.filter(|(name, value)| !value.is_object() && !value.is_array() && *name != "assetId");
    Value::Object(told.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}
