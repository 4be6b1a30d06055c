//! In which zone the database lives: asked once, kept in `mapping`, asked again when a login that was
//! good is suddenly refused.

use crate::errors;
use crosswalk_sdk::json::{self, Str};
use crosswalk_sdk::{Failure, Host, Nullable, Request};
use serde::Deserialize;

const SPACE: &str = "zone-of";
/// A zone moves rarely, and a refused login asks again at once.
const MAX_AGE_MS: u64 = 30 * 24 * 3_600_000;

/// Where calls go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Zone {
    /// `host` or `host:port`.
    pub(crate) host: String,
    /// The path that all calls start with, as the vendor wrote it: `/ATServicesRest/`.
    pub(crate) base: String,
    /// The vendor's number of the database, which stays the same in whichever zone it lies; empty where it is not told.
    pub(crate) database: String,
    /// The vendor's name of it.
    pub(crate) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(borrow, default)]
    zone_name: Nullable<Str<'a>>,
    #[serde(borrow)]
    url: Str<'a>,
    #[serde(borrow, default)]
    ci: Nullable<Str<'a>>,
}

impl Zone {
    /// As remembered, else asked for.
    ///
    /// # Errors
    /// Why it is not known.
    pub(crate) fn of(host: &dyn Host, user: &str) -> Result<Self, Failure> {
        match host.recall(SPACE, user, MAX_AGE_MS).as_deref().and_then(Self::parse) {
            Some(zone) => Ok(zone),
            None => Self::discover(host, user),
        }
    }

    /// Asks for it, and remembers it.
    ///
    /// # Errors
    /// Denied: the vendor knows no such user. Else why there is no answer.
    pub(crate) fn discover(host: &dyn Host, user: &str) -> Result<Self, Failure> {
        let reply = host.send(Request::get("discovery", "/atservicesrest/v1.0/zoneInformation").query("user", user))?;
        if !reply.is_success() {
            // An unknown user is a 500 (a 404 by other reports) with a body of errors, whose words nobody wrote down; a vendor
            // that is down sends none, or says so.
            let said = errors::texts(&reply);
            let unknown =
                !said.is_empty() && !errors::is_passing(&said) && matches!(reply.status, 400 | 401 | 404 | 500);
            return Err(if unknown {
                Failure::Denied(format!("Autotask knows no API user `{user}`: {said}"))
            } else {
                reply.failure(format!("the zone of `{user}` was not told: status {}", reply.status))
            });
        }
        let told: Reply<'_> = json::parse(reply.text())?;
        let mut zone = Self::from_url(told.url.trimmed(), told.zone_name.text().into_value().unwrap_or_default())
            .ok_or_else(|| Failure::Unavailable(format!("the zone's address cannot be read: `{}`", told.url.0)))?;
        zone.database = told.ci.text().into_value().filter(|ci| !ci.contains(' ')).unwrap_or_default();
        host.remember(SPACE, user, &format!("{} {} {} {}", zone.host, zone.base, zone.database, zone.name));
        Ok(zone)
    }

    fn from_url(url: &str, name: String) -> Option<Self> {
        let (host, path) = split_url(url)?;
        let base = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
        (!base.contains([' ', '?', '#'])).then(|| Self { host: host.to_owned(), base, database: String::new(), name })
    }

    fn parse(text: &str) -> Option<Self> {
        let [host, base, database, name] =
            text.splitn(4, ' ').map(str::to_owned).collect::<Vec<_>>().try_into().ok()?;
        Some(Self { host, base, database, name })
    }

    /// The full path of a call.
    pub(crate) fn path(&self, call: &str) -> String {
        format!("{}V1.0/{call}", self.base)
    }

    /// The call and the query of a URL of this zone, such as the one of a next page.
    pub(crate) fn call_of<'u>(&self, url: &'u str) -> Option<&'u str> {
        let (host, path) = split_url(url)?;
        let version = format!("{}V1.0/", self.base);
        let (start, call) = path.split_at_checked(version.len())?;
        (host.eq_ignore_ascii_case(&self.host) && start.eq_ignore_ascii_case(&version)).then_some(call)
    }
}

/// Host (with port) and path (with query) of a URL.
fn split_url(url: &str) -> Option<(&str, &str)> {
    let (_, rest) = url.split_once("://")?;
    let slash = rest.find('/')?;
    let (host, path) = rest.split_at(slash);
    (!host.is_empty() && !host.contains('@')).then_some((host, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, reply};

    #[test]
    fn a_zone_is_asked_for_once_and_kept() {
        let host = Script::new("{}", |_| {
            Ok(reply(
                200,
                r#"{"zoneName":"America East","url":"https://webservices2.vendor.example/ATServicesRest/","webUrl":"x","ci":30595}"#,
            ))
        });
        let zone = Zone::of(&host, "api@msp.example").unwrap();
        assert_eq!(zone.path("Companies/query"), "/ATServicesRest/V1.0/Companies/query");
        assert_eq!((zone.host.as_str(), zone.name.as_str()), ("webservices2.vendor.example", "America East"));
        assert_eq!(zone.database, "30595");
        assert_eq!(Zone::of(&host, "api@msp.example"), Ok(zone));
        assert_eq!(host.asked(), ["GET /atservicesrest/v1.0/zoneInformation?user=api@msp.example"]);
    }

    #[test]
    fn an_unknown_user_is_denied_and_a_vendor_that_is_down_is_not() {
        for (status, body, case) in [
            (500, r#"{"errors":["The user is not known."]}"#, "denied"),
            (404, r#"{"errors":["Not found."]}"#, "denied"),
            (503, "<html>", "unavailable"),
            (500, "<html>", "unavailable"),
            (500, r#"{"errors":["An unexpected error occurred."]}"#, "unavailable"),
            (500, r#"{"errors":["Internal Server Error"]}"#, "unavailable"),
            (200, r#"{"url":"nowhere"}"#, "unavailable"),
        ] {
            let host = Script::new("{}", |_| Ok(reply(status, body)));
            assert_eq!(Zone::of(&host, "x").unwrap_err().case(), case, "{status} {body}");
        }
    }

    #[test]
    fn only_urls_of_the_zone_are_followed() {
        let zone = Zone::from_url("https://ws2.vendor.example/ATServicesRest/", String::new()).unwrap();
        for (url, call) in [
            (
                "https://ws2.vendor.example/ATServicesRest/V1.0/Companies/query/next?paging=x",
                Some("Companies/query/next?paging=x"),
            ),
            ("https://WS2.vendor.example/atservicesrest/v1.0/Companies/query/next", Some("Companies/query/next")),
            ("https://other.example/ATServicesRest/V1.0/Companies/query/next", None),
            ("https://a@ws2.vendor.example/ATServicesRest/V1.0/x", None),
            ("https://ws2.vendor.example/elsewhere", None),
            ("/ATServicesRest/V1.0/x", None),
        ] {
            assert_eq!(zone.call_of(url), call, "{url}");
        }
    }
}
