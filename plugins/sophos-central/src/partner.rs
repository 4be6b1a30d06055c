//! Who we are to the vendor: asked once a run, kept in `mapping`, so that a walk of many pages does not ask at each.
//!
//! Calls at the partner's level go to the endpoint the operator granted; the global host that the vendor names beside
//! the id is only shown. What is kept is kept for the client id it was told for: other credentials ask anew.

use crate::client::good;
use crate::settings::Settings;
use crosswalk_sdk::json::{self, Str};
use crosswalk_sdk::{Failure, Host, Request};
use serde::Deserialize;

const SPACE: &str = "partner";
/// An id does not change; a day heals what should not happen.
const MAX_AGE_MS: u64 = 24 * 3_600_000;

/// The partner.
pub(crate) struct Partner {
    /// Its id, the value of `X-Partner-ID`.
    pub(crate) id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Whoami<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    id_type: Str<'a>,
}

impl Partner {
    /// As remembered, else asked for.
    ///
    /// # Errors
    /// See [`Partner::ask`].
    pub(crate) fn of(host: &dyn Host, settings: &Settings) -> Result<Self, Failure> {
        match host.recall(SPACE, &settings.client_id, MAX_AGE_MS) {
            Some(id) => Ok(Self { id }),
            None => Self::ask(host, settings),
        }
    }

    /// Asks, and remembers.
    ///
    /// # Errors
    /// Denied: these credentials are no partner's. Else why there is no answer.
    pub(crate) fn ask(host: &dyn Host, settings: &Settings) -> Result<Self, Failure> {
        let reply = good(host.send(Request::get("global", "/whoami/v1"))?)?;
        let told: Whoami<'_> = json::parse(reply.text())?;
        match (told.id_type.trimmed(), told.id.filled()) {
            ("partner", Some(id)) => {
                host.remember(SPACE, &settings.client_id, &id);
                Ok(Self { id })
            }
            ("partner", None) => Err(Failure::Unavailable("Sophos Central told no partner id".to_owned())),
            (other, _) => Err(Failure::Denied(format!(
                "these credentials belong to {}, and billing usage is only told to a partner: make API credentials in \
                 Sophos Central Partner, and set their client ID and secret here",
                match other {
                    "organization" => "a Sophos Central Enterprise organization".to_owned(),
                    "tenant" => "a single customer (tenant)".to_owned(),
                    other => format!("what Sophos calls `{other}`"),
                }
            ))),
        }
    }

    /// A read at the partner's level.
    pub(crate) fn get(&self, path: &str) -> Request {
        let mut request = Request::get("global", path);
        request.headers.push(("x-partner-id".to_owned(), self.id.clone()));
        request
    }
}

/// The host (with a port, where it has one) of a URL such as a tenant's `apiHost`. The vendor's samples write some with
/// `http://` and with a slash at the end; the scheme is the grant's to say. None where it is no plain host.
pub(crate) fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/');
    (!rest.is_empty() && !rest.contains(['/', '@', '?', '#', ' '])).then(|| rest.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, reply};

    fn whoami(id_type: &str) -> String {
        let hosts = r#"{"global":"http://api.central.sophos.com/"}"#;
        format!(r#"{{"id":"57ca9a6b-885f-4e36-95ec-290548c26059","idType":"{id_type}","apiHosts":{hosts}}}"#)
    }

    fn settings(client_id: &str) -> Settings {
        Settings { client_id: client_id.to_owned(), ..Settings::default() }
    }

    #[test]
    fn the_partner_is_asked_for_once_for_each_credential() {
        let host = Script::new("{}", |_| Ok(reply(200, &whoami("partner"))));
        for _ in 0..3 {
            assert_eq!(Partner::of(&host, &settings("a")).unwrap().id, "57ca9a6b-885f-4e36-95ec-290548c26059");
        }
        assert_eq!(host.asked(), ["GET /whoami/v1"]);
        Partner::of(&host, &settings("b")).unwrap();
        host.now_ms.set(host.now_ms.get() + MAX_AGE_MS + 1);
        Partner::of(&host, &settings("a")).unwrap();
        assert_eq!(host.asked().len(), 3);
    }

    #[test]
    fn credentials_of_anyone_else_are_refused() {
        for (id_type, told) in [("organization", "Enterprise"), ("tenant", "single customer"), ("x", "`x`")] {
            let host = Script::new("{}", |_| Ok(reply(200, &whoami(id_type))));
            let failure = Partner::ask(&host, &settings("a")).err().unwrap();
            assert!(failure.case() == "denied" && failure.message().contains(told), "{failure:?}");
            assert!(Partner::of(&host, &settings("a")).is_err(), "and nothing was kept");
        }
    }

    #[test]
    fn hosts_are_read_in_every_form_the_vendor_writes() {
        for (url, host) in [
            ("https://api-eu01.central.sophos.com", Some("api-eu01.central.sophos.com")),
            ("http://API-us03.central.sophos.com/", Some("api-us03.central.sophos.com")),
            ("http://127.0.0.1:4711", Some("127.0.0.1:4711")),
            ("https://api-eu01.central.sophos.com/x", None),
            ("https://a@b.example", None),
            ("", None),
        ] {
            assert_eq!(host_of(url).as_deref(), host, "{url}");
        }
    }
}
