//! Whether a request only reads, by what is in it. A GET reads; a POST does where its path
//! is declared and granted as a read, and what is posted has the declared form
//! ([`ReadForm`]). What does not is a write: it passes in the name of a change, and in a
//! call that may only read it does not pass.
//!
//! Where a body could be understood in two ways (a member twice, another charset, an
//! operation in the query string beside one in the body), it is no read.

mod graphql;
mod soap;

use crosswalk_model::manifest::ReadForm;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A request's parts, as far as they say what it does.
pub(super) struct Parts<'r> {
    pub(super) query: &'r [(String, String)],
    pub(super) headers: &'r HeaderMap,
    pub(super) body: Option<&'r [u8]>,
}

/// Parameters and members by which servers take another method than the one of the request.
const METHOD_NAMES: [&str; 6] =
    ["_method", "x-http-method-override", "x-http-method", "x-method-override", "_httpmethod", "$httpmethod"];

/// Whether a name would make a server take another method, read as servers read it.
pub(super) fn names_a_method(name: &str) -> bool {
    METHOD_NAMES.contains(&name.trim().to_ascii_lowercase().as_str())
}

/// Says why a GET or HEAD is more than a read.
///
/// # Errors
/// What is in it, as the rest of a sentence that begins with "it".
pub(super) fn of_get(parts: &Parts<'_>) -> Result<(), String> {
    if parts.body.is_some_and(|body| !body.is_empty()) {
        return Err("is a GET with a body".to_owned());
    }
    let writes = parts.query.iter().any(|(_, value)| graphql::names_a_write(value));
    if writes { Err("has a GraphQL operation other than a query among its parameters".to_owned()) } else { Ok(()) }
}

/// Says why a POST does not have the form of a read.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence that begins with "it".
pub(super) fn of_post(form: &ReadForm, parts: &Parts<'_>) -> Result<(), String> {
    match form {
        ReadForm::Query => search(parts),
        ReadForm::Graphql(_) => graphql::queries(parts),
        ReadForm::SoapAction(actions) => soap::reads(actions, parts),
    }
}

/// A search body is JSON without an operation in it, or nothing.
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

/// The body as JSON text in UTF-8, the content type one that says no other; `None` where
/// there is no body.
fn json_text<'r>(parts: &Parts<'r>) -> Result<Option<&'r str>, String> {
    one_type(parts.headers, |kind| kind == "application/json" || kind.ends_with("+json"))?;
    match parts.body {
        None | Some([]) => Ok(None),
        Some(body) => std::str::from_utf8(body).map(Some).map_err(|_| "has a body that is no UTF-8".to_owned()),
    }
}

/// At most one content type, of a kind that is fine, in UTF-8.
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

/// The members of an object, those of one name all.
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
