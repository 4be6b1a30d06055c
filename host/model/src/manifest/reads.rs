//! Reads by POST, as a manifest declares them: a path, and the form of the body, by which the gate distinguishes a read
//! from a write. A path alone is not enough, as one GraphQL path accepts queries and mutations.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// One path that is read by POST.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a read by POST, such as { path = \"/v1/*/query\", form = \"query\" }"
)]
pub struct ReadSpec {
    /// The paths: a pattern that ends with a plain word (`/v1/*/query`).
    pub path: String,
    /// The form of the body.
    pub form: ReadForm,
}

/// The form of a read by POST.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadForm {
    /// A search body: JSON that contains no operation of its own.
    Query,
    /// GraphQL in JSON; the document is parsed.
    Graphql(GraphqlReads),
    /// SOAP: action → local name of the one element in the body.
    SoapAction(BTreeMap<String, String>),
}

/// The GraphQL operations that only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GraphqlReads {
    /// Queries; no mutation and no subscription.
    Query,
}

impl fmt::Display for ReadForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadForm::Query => f.write_str("search"),
            ReadForm::Graphql(GraphqlReads::Query) => f.write_str("GraphQL queries"),
            ReadForm::SoapAction(actions) => {
                let names: Vec<&str> = actions.values().map(String::as_str).collect();
                write!(f, "SOAP: {}", names.join(", "))
            }
        }
    }
}

impl fmt::Display for ReadSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.path, self.form)
    }
}
