//! What the vendor's refusals mean. They are texts, most often with status 500, and without codes: they
//! are matched loosely, and a text nobody knows is a refusal of the record when writing, a fault of the
//! vendor when reading.

use crate::entity::Fields;
use crosswalk_sdk::json::Str;
use crosswalk_sdk::{Failure, Problem, Rejection, Response, Throttle};
use serde::Deserialize;

#[derive(Deserialize)]
struct Errors<'a> {
    #[serde(borrow)]
    errors: Vec<Str<'a>>,
}

/// The vendor's words; empty when the body is not its own.
pub(crate) fn texts(reply: &Response) -> String {
    let told = serde_json::from_str::<Errors<'_>>(reply.text());
    let texts: Vec<String> = told.map(|told| told.errors.iter().filter_map(Str::filled).collect()).unwrap_or_default();
    texts.join("; ")
}

/// The failure that a reply without success stands for.
pub(crate) fn failure(reply: &Response, writing: bool, names: &Fields) -> Failure {
    let said = texts(reply);
    let lower = said.to_lowercase();
    let says = |words: &str| lower.contains(words);
    let message =
        if said.is_empty() { format!("Autotask answered with status {}", reply.status) } else { said.clone() };
    let is_over = says("threshold") && says("exceeded");
    match reply.status {
        429 => return throttled(reply, message),
        _ if is_over || says("too many requests") => return throttled(reply, message),
        401 | 403 => return Failure::Denied(message),
        // First: of a row that is gone the vendor also names permissions as what may be missing.
        _ if says("no matching records") => return Failure::NotFound(message),
        _ if says("permission") || says("not authorized") || (says("integration code") && says("invalid")) => {
            return Failure::Denied(message);
        }
        404 => return Failure::NotFound(message),
        405 => return Failure::Unsupported(message),
        502..=504 => return Failure::Unavailable(message),
        _ => {}
    }
    if says("unable to find") && says("entity") {
        return Failure::Unsupported(format!(
            "{message} (are the user-defined fields in the settings named as in Autotask?)"
        ));
    }
    if says("'or' conditions") || says("limited to 500") {
        return Failure::Broken(message);
    }
    if says("duplicate") {
        return Failure::Conflict(message);
    }
    let is_known =
        ["required", "picklist", "must belong", "reference value", "assignedresource", "invalid"].into_iter().any(says);
    let refuses = is_known || (400..500).contains(&reply.status) || (writing && !said.is_empty() && !is_passing(&said));
    if !refuses {
        return Failure::Unavailable(message);
    }
    let problem = |field: &str| Problem { field: field.to_owned(), message: said.clone() };
    Failure::Rejected(Rejection { problems: fields(&said, names).into_iter().map(problem).collect(), message })
}

/// Whether the words are of a vendor in trouble, which passes, and not of what it was asked.
pub(crate) fn is_passing(said: &str) -> bool {
    let lower = said.to_lowercase();
    [
        "unexpected error",
        "internal",
        "time-out",
        "timeout",
        "timed out",
        "try again",
        "unavailable",
        "deadlock",
        "server error",
    ]
    .into_iter()
    .any(|words| lower.contains(words))
}

fn throttled(reply: &Response, message: String) -> Failure {
    Failure::Throttled(Throttle { message, retry_after_ms: reply.retry_after_ms() })
}

/// The fields a text complains of, by their catalogue names. A vendor's name that is also a plain word
/// (`name`, `city`) counts only where the text calls it a field.
fn fields(text: &str, names: &Fields) -> Vec<&'static str> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some((_, ours, _)) = names.iter().find(|(theirs, ..)| theirs.eq_ignore_ascii_case(word)) else { continue };
        let called_field = at > 0 && words[at - 1].eq_ignore_ascii_case("field");
        let required = words.get(at + 1..at + 3).is_some_and(|next| next[0] == "is" && next[1] == "required");
        let is_word = word.bytes().all(|b| b.is_ascii_lowercase());
        if (called_field || required || !is_word) && !found.contains(ours) {
            found.push(*ours);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::reply;

    const NAMES: &Fields = &[
        ("companyName", "name", None),
        ("companyLocationID", "location", None),
        ("serialNumber", "serial-number", None),
        ("phone", "phone", None),
        ("name", "name", None),
    ];

    fn said(status: u16, text: &str, writing: bool) -> (String, Vec<String>) {
        let failure = failure(&reply(status, &format!(r#"{{"errors":["{text}"]}}"#)), writing, NAMES);
        let problems = match &failure {
            Failure::Rejected(rejection) => rejection.problems.iter().map(|problem| problem.field.clone()).collect(),
            _ => Vec::new(),
        };
        (failure.case().to_owned(), problems)
    }

    #[test]
    fn every_known_text_becomes_the_right_failure() {
        for (status, text, case, problems) in [
            (500, "Value does not exist for the required field companyName.", "rejected", &["name"][..]),
            (500, "phone is required; on record number [1].", "rejected", &["phone"]),
            (
                500,
                "The picklist value 99 does not exist for field phone; on record number [1].",
                "rejected",
                &["phone"],
            ),
            (500, "The companyLocationID must belong to the company of the companyID.", "rejected", &["location"]),
            (
                500,
                "Data violation: assignedResourceID and assignedResourceRoleID must both have a value.",
                "rejected",
                &[],
            ),
            (
                500,
                "Reference value on field: companyLocationID of type: CompanyLocation does not exist or is invalid.",
                "rejected",
                &["location"],
            ),
            (500, "Unable to find Colour in the ConfigurationItem Entity.", "unsupported", &[]),
            (500, "Queries are limited to 500 or fewer 'OR' conditions.", "broken", &[]),
            (500, "No matching records found.", "not-found", &[]),
            (
                500,
                "No matching records found. Either the record does not exist, or the logged in Resource does not have the adequate permissions to it.",
                "not-found",
                &[],
            ),
            (500, "Cannot insert duplicate data into the contract service period.", "conflict", &[]),
            (429, "The API thread threshold of 3 threads has been exceeded for this object.", "throttled", &[]),
            (500, "The API thread threshold of 3 threads has been exceeded for this object.", "throttled", &[]),
            (
                500,
                "The logged in Resource does not have the adequate permissions to create this entity type.",
                "denied",
                &[],
            ),
            (401, "IntegrationCode is invalid.", "denied", &[]),
            (500, "The integration code is invalid.", "denied", &[]),
            (403, "Forbidden.", "denied", &[]),
            (404, "Not found.", "not-found", &[]),
            (405, "The method is not allowed.", "unsupported", &[]),
            (400, "The name is odd.", "rejected", &[]),
            (500, "The maximum length of field: serialNumber is 100.", "rejected", &["serial-number"]),
            (500, "An unexpected error has occurred.", "unavailable", &[]),
            (503, "Down for maintenance.", "unavailable", &[]),
        ] {
            let (got, fields) = said(status, text, true);
            assert_eq!(
                (got.as_str(), fields),
                (case, problems.iter().map(|p| (*p).to_owned()).collect()),
                "{status} {text}"
            );
        }
    }

    #[test]
    fn an_unknown_text_is_a_refusal_of_a_write_and_a_fault_of_a_read() {
        let text = "The moon is in the wrong quarter.";
        assert_eq!(said(500, text, true).0, "rejected");
        assert_eq!(said(500, text, false).0, "unavailable");
        for status in [500, 502] {
            let html = failure(&reply(status, "<html>Bad gateway</html>"), true, NAMES);
            assert_eq!(html, Failure::Unavailable(format!("Autotask answered with status {status}")));
        }
    }

    #[test]
    fn what_the_vendor_asks_to_wait_is_told() {
        let mut reply = reply(429, "");
        reply.headers.push(("retry-after".to_owned(), "2".to_owned()));
        let Failure::Throttled(throttle) = failure(&reply, false, NAMES) else { panic!("not throttled") };
        assert_eq!(throttle.retry_after_ms, Some(2000));
    }
}
