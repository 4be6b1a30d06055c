//! The vendor's query language, as far as it is used, and the table of fields a query asks for. Types matter
//! to the vendor: an id is a number.

use crosswalk_sdk::{Change, Failure};
use serde::Serialize;

/// Rows of a page, and values of an `in`: the vendor's most.
pub(crate) const MOST: u32 = 500;

/// A query, as it is posted.
#[derive(Debug, Serialize)]
pub(crate) struct Query<'a> {
    #[serde(rename = "MaxRecords")]
    most: u32,
    #[serde(rename = "IncludeFields", skip_serializing_if = "<[_]>::is_empty")]
    include: &'a [&'a str],
    filter: Vec<Condition<'a>>,
}

/// The same query, for the number of its rows.
#[derive(Debug, Serialize)]
pub(crate) struct Count<'q> {
    filter: &'q [Condition<'q>],
}

/// One condition; all of a query must hold.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Condition<'a> {
    /// On a field.
    On {
        /// How it is compared.
        op: &'static str,
        /// The field.
        field: &'a str,
        /// Whether it is user-defined.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        udf: bool,
        /// With what.
        #[serde(skip_serializing_if = "Operand::is_nothing")]
        value: Operand<'a>,
    },
    /// On several.
    Group {
        /// `or`: one of them must hold; `and`: all.
        op: &'static str,
        /// Those.
        items: Vec<Condition<'a>>,
    },
}

/// What is compared with.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Operand<'a> {
    /// A number.
    Int(i64),
    /// Some numbers.
    Ints(Vec<i64>),
    /// A text.
    Text(&'a str),
    /// A text that is made for the query.
    Own(String),
    /// Some texts.
    Texts(Vec<&'a str>),
    /// Yes or no.
    Flag(bool),
    /// Nothing: whether there is a value.
    Nothing,
}

impl<'a> Operand<'a> {
    fn is_nothing(&self) -> bool {
        matches!(self, Operand::Nothing)
    }

    /// Some texts.
    pub(crate) fn texts(texts: &'a [String]) -> Self {
        Operand::Texts(texts.iter().map(String::as_str).collect())
    }
}

impl<'a> Query<'a> {
    /// Rows for which all conditions hold, with these fields only; all fields when none is named.
    pub(crate) fn new(include: &'a [&'a str], filter: Vec<Condition<'a>>) -> Self {
        Self { most: MOST, include, filter }
    }

    /// What its conditions are, to count the rows for which they hold.
    pub(crate) fn count(&self) -> Count<'_> {
        Count { filter: &self.filter }
    }

    /// At most so many rows.
    pub(crate) fn at_most(mut self, rows: u32) -> Self {
        self.most = rows;
        self
    }

    /// Asks for all fields.
    pub(crate) fn widen(&mut self) {
        self.include = &[];
    }
}

impl<'a> Condition<'a> {
    /// A condition on a field.
    pub(crate) fn new(op: &'static str, field: &'a str, value: Operand<'a>) -> Self {
        Self::On { op, field, udf: false, value }
    }

    /// A condition on a user-defined field: a query may have one.
    pub(crate) fn udf(op: &'static str, field: &'a str, value: Operand<'a>) -> Self {
        Self::On { op, field, udf: true, value }
    }

    /// One of these.
    pub(crate) fn any(items: Vec<Condition<'a>>) -> Self {
        Self::Group { op: "or", items }
    }

    /// All of these.
    pub(crate) fn all(items: Vec<Condition<'a>>) -> Self {
        Self::Group { op: "and", items }
    }

    /// One of these numbers.
    pub(crate) fn among(field: &'a str, numbers: impl IntoIterator<Item = i64>) -> Self {
        Self::new("in", field, Operand::Ints(numbers.into_iter().collect()))
    }

    /// All rows: a query without a condition is refused.
    pub(crate) fn everything() -> Self {
        Self::new("gte", "id", Operand::Int(0))
    }

    /// Those with these ids. What is no number is no id of theirs.
    pub(crate) fn ids(ids: &[String]) -> Self {
        Self::among("id", ids.iter().filter_map(|id| id.parse().ok()))
    }
}

/// An id as the vendor wants it.
///
/// # Errors
/// Not-found: no number is no id of theirs.
pub(crate) fn number(id: &str) -> Result<i64, Failure> {
    id.parse().map_err(|_| Failure::NotFound(format!("`{id}` is no id of Autotask")))
}

/// The id of the item a change is for.
///
/// # Errors
/// Broken: it has none.
pub(crate) fn target(change: &Change) -> Result<i64, Failure> {
    number(change.target.as_deref().ok_or_else(|| Failure::Broken("the change names no target".to_owned()))?)
}

/// The id of the parent a change is for.
///
/// # Errors
/// Broken: it has none.
pub(crate) fn parent(change: &Change) -> Result<i64, Failure> {
    number(change.parent.as_deref().ok_or_else(|| Failure::Broken("the change names no parent".to_owned()))?)
}
