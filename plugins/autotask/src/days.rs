//! In whose zone the vendor's days begin. It does not say so in words: a day of its comes as a time, at midnight of UTC in
//! one database and at midnight of its own zone in another. The days of contracts show it.
//!
//! Without the setting `utc-offset` a day is the one whose midnight is nearest, which is right from eleven hours behind UTC to
//! twelve ahead; with it, the zone's days are known for certain, and `check` holds them against those of contracts.

use crate::client::Client;
use crate::contracts::CONTRACTS;
use crate::query::{Condition, Query};
use crosswalk_sdk::json::Str;
use crosswalk_sdk::{Failure, Nullable, time};
use serde::Deserialize;

/// Contracts whose days are looked at: some of both halves of a year, as a rule.
const SAMPLE: u32 = 50;
/// By how much a zone's midnight may differ from what the setting says: summer time, and an hour.
const SUMMER: i64 = 2 * 3600;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Term<'a> {
    #[serde(borrow, default)]
    start_date: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    end_date: Nullable<Str<'a>>,
}

/// The zone of the vendor's days as an offset, the one of winter where there are two: as set, else as contracts show it; none where
/// they show UTC's midnight, which is also how a mere date is written.
///
/// # Errors
/// Rejected: the setting is none, or contracts begin at another time of day. Contracts cannot be read.
pub(crate) fn zone(client: &Client<'_>) -> Result<Option<String>, Failure> {
    let set = client.settings.utc_offset_seconds()?;
    let query = Query::new(&["id", "startDate", "endDate"], vec![Condition::everything()]).at_most(SAMPLE);
    let shown = match client.query(CONTRACTS.path, &query, None) {
        Ok(reply) => shown(&client.rows::<Term<'_>>(&reply)?.rows, set),
        Err(Failure::Denied(_)) => Vec::new(), // a right that only usage needs
        Err(failure) => return Err(failure),
    };
    let Some(set) = set else {
        return Ok(shown.iter().min().filter(|ahead| **ahead != 0).map(|ahead| time::offset_text(*ahead)));
    };
    match shown.iter().find(|ahead| **ahead != 0 && (**ahead - set).abs() > SUMMER) {
        Some(ahead) => Err(Failure::rejected(format!(
            "the setting `utc-offset` says {}, and a contract's days begin at midnight of {}: set it to the zone of the \
             Autotask database, or leave it empty",
            time::offset_text(set),
            time::offset_text(*ahead)
        ))),
        None => Ok(Some(time::offset_text(set))),
    }
}

/// How far ahead of UTC the days of contracts begin, in seconds.
fn shown(terms: &[Term<'_>], set: Option<i64>) -> Vec<i64> {
    let told = terms.iter().flat_map(|term| [term.start_date.value(), term.end_date.value()]).flatten();
    told.filter(|text| time::sensible(text.trimmed()).is_some())
        .filter_map(|text| Some(time::day(text.trimmed(), set)?.ahead))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, reply};

    fn told(settings: &str, day: &str) -> Result<Option<String>, Failure> {
        let host = Script::new(settings, |request| {
            Ok(if request.endpoint == "discovery" {
                reply(200, r#"{"url":"https://w.x/A/","ci":30595}"#)
            } else {
                reply(200, &format!(r#"{{"items":[{{"id":1,"startDate":"{day}","endDate":"9999-12-31T00:00:00Z"}}]}}"#))
            })
        });
        zone(&Client::open(&host).unwrap())
    }

    #[test]
    fn contracts_show_the_zone_and_a_setting_that_is_not_theirs_is_refused() {
        let plain = r#"{"user":"u"}"#;
        assert_eq!(told(plain, "2026-01-31T23:00:00Z"), Ok(Some("+01:00".to_owned())));
        assert_eq!(told(plain, "2026-02-01T05:00:00Z"), Ok(Some("-05:00".to_owned())));
        assert_eq!(told(plain, "2026-02-01T00:00:00Z"), Ok(None));
        let auckland = r#"{"user":"u","utc-offset":"+12:00"}"#;
        assert_eq!(told(auckland, "2026-01-31T11:00:00Z"), Ok(Some("+12:00".to_owned())), "in summer, +13:00");
        assert_eq!(told(auckland, "2026-02-01T00:00:00Z"), Ok(Some("+12:00".to_owned())), "a mere date");
        let failure = told(auckland, "2026-02-01T05:00:00Z").unwrap_err();
        assert!(failure.message().contains("says +12:00, and a contract's days begin at midnight of "), "{failure:?}");
        assert_eq!(told(r#"{"user":"u","utc-offset":"Rome"}"#, "2026-02-01").unwrap_err().case(), "rejected");
    }
}
