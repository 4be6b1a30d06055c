//! The view of a line, for people and programs: its numbers, its parts, its brakes and its notes. Judges nothing.

use super::snapshot::UsageSnapshot;
use crate::rules::plan::line::{Line, LineVerdict, Part, Place};
use crosswalk_model::{Brake, Hold, LineKey, Said};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A line with its three numbers, for people and programs.
#[derive(Debug, Clone, Serialize)]
pub struct UsageLine {
    /// The source customer's id.
    pub customer: String,
    /// The customer's name at the source.
    pub customer_name: String,
    /// The source product's id.
    pub product: String,
    /// The product's name at the source.
    pub product_name: String,
    /// Contract its quantity goes to: id and name.
    pub contract: Option<(String, String)>,
    /// Id of the contract's line.
    pub line: Option<String>,
    /// The vendor's count, summed over all parts; `None` means not fetched, which is not zero.
    pub counted: Option<i64>,
    /// Number in use, where the vendor reports it.
    pub actual: Option<i64>,
    /// Quantity on the contract after all changes agreed so far.
    pub has: Option<i64>,
    /// Quantity on the contract today, where a change for a later day is agreed already.
    pub today: Option<i64>,
    /// Quantity approved last.
    pub approved: Option<i64>,
    /// Quantity it would become.
    pub becomes: Option<i64>,
    /// First day of the change.
    pub effective: String,
    /// First open day, where `effective` is not open.
    pub open_day: Option<String>,
    /// State of the line.
    pub state: UsageState,
    /// Names of the brakes that hold it, joined by a plus sign.
    pub brake: Option<String>,
    /// Brakes that hold it, each with its reason.
    pub brakes: Vec<UsageBrake>,
    /// Reason of the state.
    pub reason: Said,
    /// Parts of its sum, itself first; empty where it is alone.
    pub parts: Vec<UsagePart>,
    /// Line with which it adds up and which bills it.
    pub together: Option<String>,
    /// Lines that are set to 0 with it.
    pub ends: Vec<String>,
    /// Other problems of the line.
    pub notes: Vec<Said>,
}

/// One brake that holds a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsageBrake {
    /// Name by which it is released.
    pub brake: Brake,
    /// Reason for people.
    pub reason: Said,
}

/// One of the lines that add up to one.
#[derive(Debug, Clone, Serialize)]
pub struct UsagePart {
    /// The source customer's id.
    pub customer: String,
    /// The customer's name at the source.
    pub customer_name: String,
    /// The source product's id.
    pub product: String,
    /// The product's name at the source.
    pub product_name: String,
    /// Its own count; `None` if unknown.
    pub counted: Option<i64>,
}

/// State of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UsageState {
    /// As approved.
    InStep,
    /// To be approved.
    Waiting,
    /// A brake holds it.
    Held,
    /// The count is not known.
    NotFetched,
    /// Something has to be mapped or corrected first.
    Left,
    /// Billed by another line, with which it adds up.
    Together,
}

impl UsageState {
    /// All states.
    pub const ALL: [UsageState; 6] = [
        UsageState::InStep,
        UsageState::Waiting,
        UsageState::Held,
        UsageState::NotFetched,
        UsageState::Left,
        UsageState::Together,
    ];
}

/// Builds the view of a line; `names` are those of the source's customers.
pub(crate) fn view(books: &UsageSnapshot<'_>, names: &HashMap<&str, &str>, customer: &str, line: Line) -> UsageLine {
    let contract = match books.place(customer) {
        Place::Contract(contract) => Some((contract.id.clone(), contract.name.clone())),
        _ => None,
    };
    let (state, becomes, holds) = match &line.verdict {
        LineVerdict::InStep | LineVerdict::Agreed => (UsageState::InStep, None, Vec::new()),
        LineVerdict::Change { quantity, holds, .. } if holds.is_empty() => {
            (UsageState::Waiting, Some(*quantity), Vec::new())
        }
        LineVerdict::Change { quantity, holds, .. } => (UsageState::Held, Some(*quantity), holds.clone()),
        LineVerdict::NotFetched => (UsageState::NotFetched, None, Vec::new()),
        LineVerdict::Left => (UsageState::Left, None, Vec::new()),
        LineVerdict::Together(_) => (UsageState::Together, None, Vec::new()),
    };
    let together = match &line.verdict {
        LineVerdict::Together(leader) => Some(leader.to_string()),
        _ => None,
    };
    let held = Hold::together(holds.clone());
    let name_of = |customer: &str| names.get(customer).map_or(customer, |name| *name).to_owned();
    let product_of = |product: &str| books.product_names.get(product).map_or(product, String::as_str).to_owned();
    let part = |Part { key: LineKey { customer, product }, counted, .. }: &Part| UsagePart {
        customer_name: name_of(customer),
        customer: customer.clone(),
        product_name: product_of(product),
        product: product.clone(),
        counted: *counted,
    };
    let brakes = holds.into_iter().flat_map(|Hold { brakes, reason }| {
        brakes.into_iter().map(move |brake| UsageBrake { brake, reason: reason.clone() })
    });
    UsageLine {
        customer: customer.to_owned(),
        customer_name: name_of(customer),
        product_name: product_of(&line.product),
        contract,
        line: line.target,
        counted: line.counted,
        actual: line.actual,
        has: line.has,
        today: line.now,
        approved: line.approved,
        becomes,
        effective: line.effective.to_string(),
        open_day: line.open_day.map(|day| day.to_string()),
        state,
        brakes: brakes.collect(),
        reason: held.as_ref().map_or(line.reason, |hold| hold.reason.clone()),
        brake: held.map(|hold| hold.words()),
        parts: line.parts.iter().map(part).collect(),
        together,
        ends: line.retires.iter().map(|old| old.line.clone()).collect(),
        notes: line.notes,
        product: line.product,
    }
}
