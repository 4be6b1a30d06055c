//! A line for people and programs: its numbers, its parts, what holds it and what else is wrong.

use super::snapshot::Books;
use crate::rules::plan::line::{Line, Part, Place, Step};
use crosswalk_model::LineKey;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A line with its three numbers, for people and programs.
#[derive(Debug, Clone, Serialize)]
pub struct UsageLine {
    /// The source customer's id.
    pub customer: String,
    /// What the source calls it.
    pub customer_name: String,
    /// The source product's id.
    pub product: String,
    /// What the source calls it.
    pub product_name: String,
    /// The contract its quantity goes to: id and name.
    pub contract: Option<(String, String)>,
    /// The contract's line.
    pub line: Option<String>,
    /// The vendor's count, all parts added up; none: not fetched, which is not zero.
    pub counted: Option<i64>,
    /// How many are in use, where the vendor tells.
    pub actual: Option<i64>,
    /// What the contract has, after all that is agreed so far.
    pub has: Option<i64>,
    /// What the contract has today, where a change for a later day is agreed already.
    pub today: Option<i64>,
    /// What was approved last.
    pub approved: Option<i64>,
    /// What it would become.
    pub becomes: Option<i64>,
    /// From which day on.
    pub effective: String,
    /// The first day that is open, where the one above is not.
    pub open_day: Option<String>,
    /// How it stands.
    pub state: UsageState,
    /// What holds it: the names of the brakes, with a plus sign between them.
    pub brake: Option<String>,
    /// What holds it, each for its own reason.
    pub brakes: Vec<UsageBrake>,
    /// Why it stands so.
    pub reason: String,
    /// Of what it is the sum, itself first; empty where it is alone.
    pub parts: Vec<UsagePart>,
    /// The line with which it adds up and by which it is billed.
    pub together: Option<String>,
    /// Lines that are set to 0 with it.
    pub ends: Vec<String>,
    /// What else is wrong.
    pub notes: Vec<String>,
}

/// One reason that holds a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsageBrake {
    /// By this name it is released.
    pub brake: String,
    /// Why, in words.
    pub reason: String,
}

/// One of the lines that add up to one.
#[derive(Debug, Clone, Serialize)]
pub struct UsagePart {
    /// The source customer's id.
    pub customer: String,
    /// What the source calls it.
    pub customer_name: String,
    /// The source product's id.
    pub product: String,
    /// What the source calls it.
    pub product_name: String,
    /// Its own count; none: not known.
    pub counted: Option<i64>,
}

/// How a line stands.
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
    /// Something has to be mapped or put right first.
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

    /// The word, as people read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            UsageState::InStep => "in step",
            UsageState::Waiting => "waiting",
            UsageState::Held => "held",
            UsageState::NotFetched => "not fetched",
            UsageState::Left => "left",
            UsageState::Together => "together",
        }
    }
}

/// A line as it stands; `names` are those of the source's customers.
pub(crate) fn view(books: &Books<'_>, names: &HashMap<&str, &str>, customer: &str, line: Line) -> UsageLine {
    let contract = match books.place(customer) {
        Place::Contract(contract) => Some((contract.id.clone(), contract.name.clone())),
        _ => None,
    };
    let (state, becomes, holds) = match &line.step {
        Step::InStep | Step::Agreed => (UsageState::InStep, None, Vec::new()),
        Step::Change { quantity, holds, .. } if holds.is_empty() => (UsageState::Waiting, Some(*quantity), Vec::new()),
        Step::Change { quantity, holds, .. } => (UsageState::Held, Some(*quantity), holds.clone()),
        Step::NotFetched => (UsageState::NotFetched, None, Vec::new()),
        Step::Left => (UsageState::Left, None, Vec::new()),
        Step::Together(_) => (UsageState::Together, None, Vec::new()),
    };
    let together = match &line.step {
        Step::Together(leader) => Some(leader.to_string()),
        _ => None,
    };
    let held = crosswalk_model::Hold::together(holds.clone());
    let name_of = |customer: &str| names.get(customer).map_or(customer, |name| *name).to_owned();
    let product_of = |product: &str| books.product_names.get(product).map_or(product, String::as_str).to_owned();
    let part = |Part { key: LineKey { customer, product }, counted, .. }: &Part| UsagePart {
        customer_name: name_of(customer),
        customer: customer.clone(),
        product_name: product_of(product),
        product: product.clone(),
        counted: *counted,
    };
    let brakes = holds.into_iter().map(|hold| UsageBrake { brake: hold.brake, reason: hold.reason });
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
        brake: held.map(|hold| hold.brake),
        parts: line.parts.iter().map(part).collect(),
        together,
        ends: line.retires.iter().map(|old| old.line.clone()).collect(),
        notes: line.notes,
        product: line.product,
    }
}
