//! Decides from a request's content whether it only reads. A GET reads. A POST reads if its path is
//! declared and granted as a read and its body has the declared form ([`ReadForm`]). Anything else
//! is a write: it needs a change, and a read-only call may not send it.
//!
//! A body that could be understood in two ways (a duplicate member, another charset, an operation
//! in the query string beside one in the body) is not a read.

mod graphql;
mod soap;

use crosswalk_model::manifest::ReadForm;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The parts of a request that determine its effect.
pub(super) struct Parts<'r> {
    pub(super) query: &'r [(String, String)],
    pub(super) headers: &'r HeaderMap,
    pub(super) body: Option<&'r [u8]>,
}

/// Parameters and members that make servers override the request's method.
const METHOD_NAMES: [&str; 6] =
    ["_method", "x-http-method-override", "x-http-method", "x-method-override", "_httpmethod", "$httpmethod"];

/// Whether a name would make a server override the method; compared as servers do.
pub(super) fn names_a_method(name: &str) -> bool {
    METHOD_NAMES.contains(&name.trim().to_ascii_lowercase().as_str())
}

/// Checks that a GET or HEAD only reads.
///
/// # Errors
/// The offending content, as the rest of a sentence that begins with "it".
pub(super) fn of_get(parts: &Parts<'_>) -> Result<(), String> {
    if parts.body.is_some_and(|body| !body.is_empty()) {
        return Err("is a GET with a body".to_owned());
    }
    let writes = parts.query.iter().any(|(_, value)| graphql::names_a_write(value));
    if writes { Err("has a GraphQL operation other than a query among its parameters".to_owned()) } else { Ok(()) }
}

/// Checks that a POST has the form of a read.
///
/// # Errors
/// The deviation, as the rest of a sentence that begins with "it".
pub(super) fn of_post(form: &ReadForm, parts: &Parts<'_>) -> Result<(), String> {
    match form {
        ReadForm::Query => search(parts),
        ReadForm::Graphql(_) => graphql::queries(parts),
        ReadForm::SoapAction(actions) => soap::reads(actions, parts),
    }
}

/// Accepts an empty body, or JSON without an operation.
fn search(parts: &Parts<'_>) -> Result<(), String> {
    if parts.headers.contains_key("soapaction") {
        return Err("names a SOAP action where a search was declared".to_owned());
    }
    let Some(text) = json_text(parts)? else { return Ok(()) };
    let searches = one_or_many::<Members>(text).map_err(|why| format!("has a body that is no JSON: {why}"))?;
    for (name, value) in searches.iter().flat_map(|search| &search.0) {
        if names_a_method(name) {
            return Err(format!("names another method in its member `{name}`"));
        }
        if name.eq_ignore_ascii_case("jsonrpc") {
            return Err("is a call by JSON-RPC where a search was declared".to_owned());
        }
        if value.as_str().is_some_and(graphql::names_a_write) {
            return Err(format!("has a GraphQL operation other than a query in its member `{name}`"));
        }
    }
    Ok(())
}

/// Returns the body as UTF-8 JSON text if the content type agrees; `None` without a body.
fn json_text<'r>(parts: &Parts<'r>) -> Result<Option<&'r str>, String> {
    one_type(parts.headers, |kind| kind == "application/json" || kind.ends_with("+json"))?;
    match parts.body {
        None | Some([]) => Ok(None),
        Some(body) => std::str::from_utf8(body).map(Some).map_err(|_| "has a body that is no UTF-8".to_owned()),
    }
}

/// Accepts at most one content type, of an allowed kind, in UTF-8.
fn one_type(headers: &HeaderMap, fine: impl Fn(&str) -> bool) -> Result<(), String> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let Some(first) = types.next() else { return Ok(()) };
    let text = first.to_str().unwrap_or_default().to_ascii_lowercase();
    let (kind, parameters) = text.split_once(';').unwrap_or((&text, ""));
    let charset = parameters.split(';').map(str::trim).filter_map(|one| one.strip_prefix("charset"));
    let utf8 =
        charset.into_iter().all(|rest| rest.trim_start().trim_start_matches('=').trim().trim_matches('"') == "utf-8");
    if types.next().is_some() || !utf8 || !fine(kind.trim()) {
        return Err(format!("has the content type `{text}`, which does not fit its form"));
    }
    Ok(())
}

/// A JSON object, or a list of them.
fn one_or_many<'t, T: Deserialize<'t>>(text: &'t str) -> Result<Vec<T>, serde_json::Error> {
    if text.trim_start().starts_with('[') { serde_json::from_str(text) } else { Ok(vec![serde_json::from_str(text)?]) }
}

/// All members of an object, duplicates included.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

#[cfg(test)]
mod tests;
