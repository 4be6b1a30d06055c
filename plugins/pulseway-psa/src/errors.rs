//! What the vendor's refusals mean. They come with a status or inside a 200, and their codes are listed nowhere: a code
//! that looks like a status is taken for one, words are matched loosely, and what nobody knows is a refusal of the record
//! when writing, a fault of the vendor when reading.

use crosswalk_sdk::json::{Int, Str};
use crosswalk_sdk::{Failure, Nullable, Problem, Rejection, Response, Throttle};
use serde::Deserialize;

/// The vendor's field and the catalogue's name of it.
pub(crate) type Names = [(&'static str, &'static str)];

/// What the vendor says of a call that did not go well.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorInfo<'a> {
    #[serde(default)]
    code: Nullable<Int>,
    #[serde(borrow, default)]
    message: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    details: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    sub_errors: Nullable<Vec<Str<'a>>>,
}

impl ErrorInfo<'_> {
    fn words(&self) -> String {
        let subs = self.sub_errors.value().into_iter().flatten();
        let mut said: Vec<String> = Vec::new();
        for text in [&self.message, &self.details].into_iter().filter_map(Nullable::value).chain(subs) {
            said.extend(text.filled().filter(|text| !said.contains(text)));
        }
        said.join("; ")
    }
}

/// The failure that a refusal stands for.
pub(crate) fn failure(reply: &Response, info: &ErrorInfo<'_>, writing: bool, names: &Names) -> Failure {
    let said = info.words();
    let code =
        info.code.value().and_then(|Int(code)| u16::try_from(*code).ok()).filter(|code| (400..600).contains(code));
    let status = if reply.is_success() { code.unwrap_or(reply.status) } else { reply.status };
    let message =
        if said.is_empty() { format!("the server answered with status {}", reply.status) } else { said.clone() };
    let lower = said.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| lower.contains(words));
    match status {
        401 | 403 => return Failure::Denied(message),
        404 | 410 => return Failure::NotFound(message),
        405 | 415 | 501 => return Failure::Unsupported(message),
        409 => return Failure::Conflict(message),
        429 => return Failure::Throttled(Throttle { message, retry_after_ms: reply.retry_after_ms() }),
        500.. | 408 => return Failure::Unavailable(message),
        _ if says(&["quota", "too many", "rate limit"]) => {
            return Failure::Throttled(Throttle { message, retry_after_ms: reply.retry_after_ms() });
        }
        _ if says(&["permission", "not authorized", "unauthorized", "access denied"]) => {
            return Failure::Denied(message);
        }
        _ if says(&["does not exist", "not found"]) && !says(&["location", "category", "the value"]) => {
            return Failure::NotFound(message);
        }
        _ if says(&["already exist", "duplicate"]) => return Failure::Conflict(message),
        _ => {}
    }
    let is_fault = says(&["unexpected error", "internal", "time-out", "timeout", "timed out", "try again", "deadlock"]);
    if (status >= 400 || writing) && !said.is_empty() && !is_fault {
        let problem = |field: &str| Problem { field: field.to_owned(), message: said.clone() };
        let problems = fields(&said, names).into_iter().map(problem).collect();
        return Failure::Rejected(Rejection { message, problems });
    }
    Failure::Unavailable(message)
}

/// The fields a text complains of, by their catalogue names. A vendor's name that is also a plain word (`name`, `title`)
/// counts only where the text calls it a field.
fn fields(text: &str, names: &Names) -> Vec<&'static str> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some((theirs, ours)) = names.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(word)) else { continue };
        // "The Name field is required", "The Location does not belong to the Account".
        let called_field = words.get(at + 1).is_some_and(|next| ["field", "does"].contains(next));
        let is_word = theirs.bytes().all(|byte| byte.is_ascii_lowercase());
        if (called_field || !is_word) && !found.contains(ours) {
            found.push(*ours);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::reply;

    const NAMES: &Names = &[
        ("name", "name"),
        ("accountLocationId", "location"),
        ("location", "location"),
        ("serialNumber", "serial-number"),
    ];

    fn said(status: u16, code: i64, text: &str, writing: bool) -> (&'static str, Vec<String>) {
        let info =
            format!(r#"{{"code":{code},"message":"{text}","details":null,"stackStrace":"x","subErrors":["{text}"]}}"#);
        let failure = failure(&reply(status, ""), &serde_json::from_str(&info).unwrap(), writing, NAMES);
        let problems = match &failure {
            Failure::Rejected(rejection) => rejection.problems.iter().map(|problem| problem.field.clone()).collect(),
            _ => Vec::new(),
        };
        (failure.case(), problems)
    }

    #[test]
    fn every_known_form_becomes_the_right_failure() {
        for (status, code, text, case, problems) in [
            (200, 0, "The Name field is required.", "rejected", &["name"][..]),
            (200, 400, "The value '7' is not valid for AccountLocationId.", "rejected", &["location"]),
            (400, 0, "The Location does not belong to the Account.", "rejected", &["location"]),
            (400, 0, "SerialNumber is too long.", "rejected", &["serial-number"]),
            (400, 12, "What a name.", "rejected", &[]),
            (200, 0, "The ticket 7 does not exist.", "not-found", &[]),
            (200, 404, "Nothing.", "not-found", &[]),
            (404, 0, "Nothing.", "not-found", &[]),
            (200, 0, "You do not have permission for this operation.", "denied", &[]),
            (200, 403, "No.", "denied", &[]),
            (401, 0, "", "denied", &[]),
            (200, 0, "API calls quota exceeded.", "throttled", &[]),
            (429, 0, "Slow down.", "throttled", &[]),
            (200, 0, "An account of this name already exists.", "conflict", &[]),
            (405, 0, "Not allowed.", "unsupported", &[]),
            (200, 0, "An unexpected error occurred.", "unavailable", &[]),
            (500, 0, "Object reference not set to an instance of an object.", "unavailable", &[]),
            (503, 0, "", "unavailable", &[]),
        ] {
            let problems: Vec<String> = problems.iter().map(|field| (*field).to_owned()).collect();
            assert_eq!(said(status, code, text, true), (case, problems), "{status} {code} {text}");
        }
    }

    #[test]
    fn an_unknown_no_is_a_refusal_of_a_write_and_a_fault_of_a_read() {
        assert_eq!(said(200, 0, "The moon is in the wrong quarter.", true).0, "rejected");
        assert_eq!(said(200, 0, "The moon is in the wrong quarter.", false).0, "unavailable");
    }

    #[test]
    fn words_are_said_once_and_the_wait_is_told() {
        let info: ErrorInfo<'_> =
            serde_json::from_str(r#"{"message":"A","details":"B","subErrors":["A","C"]}"#).unwrap();
        assert_eq!(info.words(), "A; B; C");
        let mut throttled = reply(429, "");
        throttled.headers.push(("retry-after".to_owned(), "3".to_owned()));
        let Failure::Throttled(throttle) = failure(&throttled, &info, false, NAMES) else { panic!("not throttled") };
        assert_eq!(throttle.retry_after_ms, Some(3000));
    }
}
