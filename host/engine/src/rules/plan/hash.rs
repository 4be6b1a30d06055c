//! The hash of a plan: what an approval signs.
//!
//! Every part of every change counts, each with its length before it, so that no two
//! plans share an encoding. It is taken change by change: no plan is ever whole in memory.

use crosswalk_model::{Hold, Kind, PlannedChange, Risk, Step, Value};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Takes changes in order, gives SHA-256 as hex.
#[derive(Debug, Clone, Default)]
pub struct PlanHasher {
    sha: Sha256,
}

impl PlanHasher {
    /// Takes the next change.
    pub fn add(&mut self, change: &PlannedChange) {
        self.number(i64::from(change.sequence));
        for text in [change.kind.as_str(), change.action.as_str(), &change.customer, &change.source] {
            self.text(text);
        }
        self.optional(change.target.as_deref());
        self.text(&change.name);
        self.number(i64::try_from(change.fields.len()).unwrap_or(i64::MAX));
        for diff in &change.fields {
            self.text(&diff.name);
            self.sha.update([u8::from(diff.before.is_some())]);
            if let Some(before) = &diff.before {
                self.value(before);
            }
            self.value(&diff.after);
        }
        self.step(&change.step);
        self.text(&change.reason.to_column());
        self.text(match change.risk {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
        });
        self.number(i64::from(change.calls));
        self.optional(change.held.as_ref().map(Hold::words).as_deref());
        self.optional(change.held.as_ref().map(|hold| hold.reason.to_column()).as_deref());
        self.number(change.link_revision);
    }

    /// Takes a hold that is laid on changes that were taken before: on those of a kind that it counts.
    pub fn hold(&mut self, kind: Kind, hold: &Hold) {
        self.text(kind.as_str());
        self.text(&hold.words());
        self.text(&hold.reason.to_column());
    }

    /// The hash, in lower-case hex.
    #[must_use]
    pub fn finish(self) -> String {
        self.sha.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Record => self.number(0),
            other => self.text(&serde_json::to_string(other).unwrap_or_default()),
        }
    }

    fn value(&mut self, value: &Value) {
        let (tag, text) = match value {
            Value::Blank => (0_u8, String::new()),
            Value::Text(text) => return self.tagged(1, text),
            Value::Integer(number) => (2, number.to_string()),
            Value::Decimal(number) => (3, format!("{:016x}", number.to_bits())),
            Value::Boolean(yes) => (4, yes.to_string()),
            Value::Time(text) => return self.tagged(5, text),
            Value::Json(text) => return self.tagged(6, text),
        };
        self.tagged(tag, &text);
    }

    fn tagged(&mut self, tag: u8, text: &str) {
        self.sha.update([tag]);
        self.text(text);
    }

    fn text(&mut self, text: &str) {
        self.sha.update((text.len() as u64).to_be_bytes());
        self.sha.update(text);
    }

    fn optional(&mut self, text: Option<&str>) {
        self.sha.update([u8::from(text.is_some())]);
        self.text(text.unwrap_or_default());
    }

    fn number(&mut self, number: i64) {
        self.sha.update(number.to_be_bytes());
    }
}
