//! GraphQL posted as JSON: the document is parsed, and only queries are reads.
//!
//! Every operation of the document has to be a query, whatever `operationName` selects, because a
//! server may select another. A stored document named by its hash is not a read, as its content is
//! unknown here.

use super::{Parts, json_text, one_or_many};
use apollo_parser::Parser;
use apollo_parser::cst::Definition;
use serde::Deserialize;
use serde_json::Value;

/// Most nested selections.
const DEPTH: usize = 100;
/// Most tokens of a document.
const TOKENS: usize = 100_000;

/// A request as the GraphQL-over-HTTP specification defines it. A duplicate or unknown member is an
/// error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "an object with `query` in it")]
struct Operation {
    query: String,
    #[serde(rename = "operationName")]
    _operation_name: Option<String>,
    #[serde(rename = "variables")]
    _variables: Option<Value>,
    extensions: Option<serde_json::Map<String, Value>>,
}

/// Checks that a request contains queries only.
pub(super) fn queries(parts: &Parts<'_>) -> Result<(), String> {
    if !parts.query.is_empty() {
        return Err(
            "has parameters in its URL, where servers look for an operation first: give it in the body".to_owned()
        );
    }
    let Some(text) = json_text(parts)? else { return Err("has no GraphQL document in its body".to_owned()) };
    let operations =
        one_or_many::<Operation>(text).map_err(|why| format!("has a body that is no GraphQL request: {why}"))?;
    if operations.is_empty() {
        return Err("has no GraphQL document in its body".to_owned());
    }
    operations.iter().try_for_each(|operation| {
        if operation.extensions.as_ref().is_some_and(|extensions| !extensions.is_empty()) {
            return Err("has GraphQL extensions, such as a stored document".to_owned());
        }
        only_queries(&operation.query)
    })
}

/// Checks that a document contains queries and fragments only.
fn only_queries(document: &str) -> Result<(), String> {
    // Lexers disagree on line ends; one of these could hide an operation in a comment.
    let odd = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    if document.contains(odd) {
        return Err("has control characters in its GraphQL document".to_owned());
    }
    let tree = Parser::new(document).recursion_limit(DEPTH).token_limit(TOKENS).parse();
    if let Some(error) = tree.errors().next() {
        return Err(format!("has a GraphQL document that cannot be read: {}", error.message()));
    }
    let mut queries = 0;
    for definition in tree.document().definitions() {
        match definition {
            Definition::FragmentDefinition(_) => {}
            Definition::OperationDefinition(operation) => match operation.operation_type() {
                None => queries += 1,
                Some(kind) if kind.query_token().is_some() => queries += 1,
                Some(kind) if kind.mutation_token().is_some() => {
                    return Err("has a GraphQL mutation in its document".to_owned());
                }
                Some(_) => return Err("has a GraphQL subscription in its document".to_owned()),
            },
            _ => return Err("has a GraphQL definition in its document that is no query".to_owned()),
        }
    }
    if queries == 0 { Err("has no GraphQL query in its document".to_owned()) } else { Ok(()) }
}

/// Whether a text is a GraphQL document with an operation other than a query.
pub(super) fn names_a_write(text: &str) -> bool {
    if !text.contains("mutation") && !text.contains("subscription") {
        return false;
    }
    let tree = Parser::new(text).recursion_limit(DEPTH).token_limit(TOKENS).parse();
    tree.document().definitions().any(|definition| match definition {
        Definition::OperationDefinition(operation) => operation.operation_type().is_some_and(|kind| {
            let writes = kind.mutation_token().is_some() || kind.subscription_token().is_some();
            writes && operation.selection_set().is_some()
        }),
        _ => false,
    })
}
