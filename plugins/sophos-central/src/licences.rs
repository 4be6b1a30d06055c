//! Licences of one tenant: what is billed by term and so stands in no monthly report. Read only where the operator wants it,
//! and only of tenants that are not billed by usage.
//!
//! Left out: licences that ended or have not begun, trials, which cost nothing, and those of type `usage`, which stand in the report.

use crate::client::pieces;
use crate::tenants::Tenant;
use crosswalk_sdk::json::{self, Str};
use crosswalk_sdk::{Failure, Gap, Nullable, Request, Response};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A licence, as far as it is used. Optional members are often missing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Licence<'a> {
    #[serde(borrow)]
    pub(crate) id: Str<'a>,
    #[serde(borrow, default)]
    product: Nullable<Product<'a>>,
    #[serde(borrow, default)]
    pub(crate) start_date: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    end_date: Nullable<Str<'a>>,
    #[serde(borrow, default, rename = "type")]
    type_: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    pub(crate) quantity: Nullable<Str<'a>>,
    /// Its inner shape is not sure: what cannot be read tells nothing.
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product<'a> {
    #[serde(borrow, default)]
    code: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    name: Nullable<Str<'a>>,
}

impl Licence<'_> {
    /// The vendor's code of the product.
    pub(crate) fn code(&self) -> Option<String> {
        self.product.value()?.code.text().into_value()
    }

    /// The id of the product: apart from the report's, as its codes are of another list.
    pub(crate) fn product_id(&self) -> Option<String> {
        self.code().map(|code| format!("licence:{code}"))
    }

    /// What people call the product.
    pub(crate) fn name(&self) -> String {
        let name = self.product.value().and_then(|product| product.name.text().into_value());
        name.or_else(|| self.code()).unwrap_or_default()
    }

    /// How many are in use, where that is told.
    pub(crate) fn in_use(&self) -> Nullable<i64> {
        #[derive(Deserialize)]
        struct InUse<'a> {
            #[serde(borrow)]
            current: Current<'a>,
        }
        #[derive(Deserialize)]
        struct Current<'a> {
            #[serde(borrow)]
            count: Str<'a>,
        }
        let told = self.usage.and_then(|raw| serde_json::from_str::<InUse<'_>>(raw.get()).ok());
        told.map_or(Nullable::Absent, |told| pieces(&Nullable::Value(told.current.count)))
    }

    /// Whether it is paid for by term on that day (RFC 3339).
    fn counts(&self, today: &str) -> bool {
        let of_type = |word: &str| self.type_.value().is_some_and(|told| told.trimmed().eq_ignore_ascii_case(word));
        let ended = self.end_date.time().into_value().is_some_and(|end| end.0[..10] < today[..10]);
        let to_come = self.start_date.time().into_value().is_some_and(|start| start.0[..10] > today[..10]);
        !ended && !to_come && !of_type("trial") && !of_type("usage")
    }
}

/// The request for a tenant's licences; none where the report has them.
pub(crate) fn request(tenant: &Tenant<'_>) -> Option<Request> {
    (!tenant.is_billed_by_usage()).then(|| tenant.named_in(Request::get("global", "/licenses/v1/licenses")))
}

/// Hands on the licences that count; gives a gap for each that cannot be read, or does not say of what it is.
///
/// # Errors
/// It is no list of licences.
pub(crate) fn take(reply: &Response, today: &str, mut each: impl FnMut(&Licence<'_>)) -> Result<Vec<Gap>, Failure> {
    #[derive(Deserialize)]
    struct Listed<'a> {
        #[serde(borrow)]
        licenses: Vec<&'a RawValue>,
    }
    let mut gaps = Vec::new();
    for raw in json::parse::<Listed<'_>>(reply.text())?.licenses {
        match json::parse::<Licence<'_>>(raw.get()) {
            Ok(licence) if !licence.counts(today) => {}
            Ok(licence) if licence.product_id().is_some() => each(&licence),
            Ok(licence) => {
                let message =
                    format!("the licence {} has no product, so that it cannot be counted", licence.id.trimmed());
                gaps.push(Gap { parent: None, item: None, cause: Failure::rejected(message) });
            }
            Err(cause) => gaps.push(Gap { parent: None, item: None, cause }),
        }
    }
    Ok(gaps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::reply;

    fn taken(licences: &str) -> (Vec<String>, usize) {
        let mut names = Vec::new();
        let body = format!(r#"{{"tenant":{{"id":"t"}},"licenses":[{licences}]}}"#);
        let gaps = take(&reply(200, &body), "2025-11-03T08:00:00Z", |licence| {
            names.push(format!("{} {:?}", licence.name(), licence.in_use()));
        });
        (names, gaps.unwrap().len())
    }

    #[test]
    fn only_what_is_paid_for_by_term_counts() {
        let licence = |rest: &str| format!(r#"{{"id":"l","product":{{"code":"XDR"}},{rest}}}"#);
        for (rest, counts) in [
            (r#""type":"term","endDate":"2025-11-03""#, true),
            (r#""type":"term","endDate":"2025-11-02""#, false),
            (r#""type":"term","endDate":"2025-02-31""#, true),
            (r#""perpetual":true"#, true),
            (r#""type":"term","startDate":"2025-11-03""#, true),
            (r#""type":"term","startDate":"2025-11-04","endDate":"2026-11-03""#, false),
            (r#""type":"term","startDate":"2025-02-31""#, true),
            (r#""type":"trial""#, false),
            (r#""type":"usage""#, false),
        ] {
            assert_eq!(taken(&licence(rest)).0.len(), usize::from(counts), "{rest}");
        }
    }

    #[test]
    fn what_is_missing_or_odd_tells_nothing() {
        let (names, gaps) = taken(
            r#"{"id":"1","product":{"code":"A","name":"Alpha"},"usage":{"current":{"count":7,"date":"2025-11-01"}}},
               {"id":"2","product":{"code":"B"},"usage":[1]},{"id":"3"},{"product":{}}"#,
        );
        assert_eq!(names, ["Alpha Value(7)", "B Absent"]);
        assert_eq!(gaps, 2, "one without a product, and one without an id");
        assert!(take(&reply(200, "<html>"), "2025-11-03T08:00:00Z", |_| {}).is_err());
    }
}
