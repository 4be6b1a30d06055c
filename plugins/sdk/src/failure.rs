//! Shorthands for the contract's failures.

use crate::{Failure, Gap, Problem, Rejection};

impl Gap {
    /// Of one item that could not be read whole.
    pub fn of_item(id: impl Into<String>, parent: Option<String>, cause: Failure) -> Self {
        Self { parent, item: Some(id.into()), cause }
    }
}

impl Failure {
    /// The vendor refuses the record, without saying which field.
    pub fn rejected(message: impl Into<String>) -> Self {
        Failure::Rejected(Rejection { message: message.into(), problems: Vec::new() })
    }

    /// The vendor refuses one field, named as in the catalogue.
    pub fn rejected_field(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let problems = vec![Problem { field: field.to_owned(), message: message.clone() }];
        Failure::Rejected(Rejection { message, problems })
    }

    /// Whether one thing that could not be read stops a whole page: the others would fare no better.
    pub fn stops_all(&self) -> bool {
        matches!(self, Failure::Throttled(_) | Failure::Denied(_) | Failure::Broken(_))
    }

    /// The case's name, as in manifests' troubleshooting texts.
    pub fn case(&self) -> &'static str {
        match self {
            Failure::Denied(_) => "denied",
            Failure::Throttled(_) => "throttled",
            Failure::Unavailable(_) => "unavailable",
            Failure::Rejected(_) => "rejected",
            Failure::NotFound(_) => "not-found",
            Failure::Conflict(_) => "conflict",
            Failure::Unsupported(_) => "unsupported",
            Failure::Broken(_) => "broken",
        }
    }

    /// The text for people.
    pub fn message(&self) -> &str {
        match self {
            Failure::Throttled(throttle) => &throttle.message,
            Failure::Rejected(rejection) => &rejection.message,
            Failure::Denied(text)
            | Failure::Unavailable(text)
            | Failure::NotFound(text)
            | Failure::Conflict(text)
            | Failure::Unsupported(text)
            | Failure::Broken(text) => text,
        }
    }
}
