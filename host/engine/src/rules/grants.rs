//! Builds the grant of an endpoint: the manifest's address or the operator's own, and servers that may have private
//! addresses. The gate decides what a grant opens.

use crate::error::Error;
use crosswalk_model::manifest::{Auth, EndpointSpec, HostPattern};
use crosswalk_model::said::Arg;
use crosswalk_model::{Call, Grant, Grants, Manifest, Said, Verb, said};
use crosswalk_runtime::{Standing, literal};
use url::Url;

/// What the manifest asks for.
pub(crate) fn asked(spec: &EndpointSpec) -> Said {
    let place = match (&spec.base, &spec.hosts) {
        (Some(base), Some(hosts)) => said!("grant-places", base, hosts),
        (Some(place), None) | (None, Some(place)) => said!("grant-place", place),
        (None, None) => said!("grant-place-open"),
    };
    match spec.reads.len() {
        0 => place,
        _ => said!("grant-place-and-reads", place, reads = Arg::list(spec.reads.iter().map(ToString::to_string))),
    }
}

/// The requests by which the host logs in, as an operator reads them.
pub(crate) fn logins(manifest: &Manifest, granted: &Grants) -> Vec<String> {
    let requests = manifest.auth.as_ref().map(Auth::requests).unwrap_or_default();
    let line = |(endpoint, path): (&str, &str)| match granted.get(endpoint).and_then(|grant| grant.base.as_deref()) {
        Some(base) => format!("POST {}{path}", base.trim_end_matches('/')),
        None => format!("POST {endpoint} {path}"),
    };
    requests.into_iter().map(line).collect()
}

/// The grant of an endpoint: what the manifest asks, at the operator's URL if there is one. An
/// address that is not public is granted as such by whoever types it, and by nobody else.
pub(crate) fn grant(name: &str, spec: &EndpointSpec, url: Option<&str>) -> Result<Grant, Error> {
    let mut private = Vec::new();
    if let Some(text) = url {
        let pattern = spec.hosts.is_some().then(|| HostPattern::parse(text));
        if let Some(Err(error)) = &pattern {
            let problem = error.to_string();
            return Err(Error::invalid(
                said!("grant-pattern", endpoint = name, problem),
                said!("grant-hint-form", form = "scheme://host[:port]", example = "https://api*.vendor.example"),
            ));
        }
        private.extend(typed(name, text)?);
    }
    let own = url.map(str::to_owned);
    let grant = match (&spec.base, &spec.hosts) {
        (None, None) => {
            let base = own.ok_or_else(|| {
                let (add, grant) = given(name, "URL");
                Error::invalid(said!("grant-no-address", endpoint = name), said!("grant-hint-server", add, grant))
            })?;
            Grant { base: Some(base), hosts: None, reads: spec.reads.clone(), private }
        }
        (Some(base), None) => {
            Grant { base: Some(own.unwrap_or_else(|| base.clone())), hosts: None, reads: spec.reads.clone(), private }
        }
        (base, Some(hosts)) => Grant {
            base: base.clone(),
            hosts: Some(own.unwrap_or_else(|| hosts.clone())),
            reads: spec.reads.clone(),
            private,
        },
    };
    for place in [&grant.base, &grant.hosts].into_iter().flatten() {
        let host = Url::parse(place).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        if literal(&host).is_some_and(|standing| standing != Standing::Public) && grant.private.is_empty() {
            let (add, grant) = given(name, place);
            return Err(Error::invalid(
                said!("grant-not-public", endpoint = name, place),
                said!("grant-hint-own-server", add, grant),
            ));
        }
    }
    Ok(grant)
}

/// How a connection is added, and an endpoint granted, with an address for it.
fn given(endpoint: &str, url: &str) -> (Call, Call) {
    (
        Call::of(Verb::ConnectionAdd).choose("plugin").with("endpoint", format!("{endpoint}={url}")),
        Call::of(Verb::ConnectionGrant).with("endpoint", endpoint).with("url", url),
    )
}

/// Lets these `host:port` of a grant have addresses that are not public.
pub(crate) fn add_private(name: &str, grant: &mut Grant, places: &[String]) -> Result<(), Error> {
    for text in places {
        let place = place(text)?;
        let (host, port) = place.rsplit_once(':').unwrap_or((&place, ""));
        let (port, base) =
            (port.parse().unwrap_or_default(), grant.base.as_deref().and_then(|base| Url::parse(base).ok()));
        let of_base = base.is_some_and(|base| {
            base.host_str().is_some_and(|own| own == host) && base.port_or_known_default() == Some(port)
        });
        let pattern = grant.hosts.as_deref().and_then(|hosts| HostPattern::parse(hosts).ok());
        if !of_base && !pattern.is_some_and(|pattern| pattern.matches(pattern.scheme(), host, port)) {
            let at = Arg::list([&grant.base, &grant.hosts].into_iter().flatten());
            return Err(Error::invalid(
                said!("grant-not-its-server", place, endpoint = name, at),
                said!("grant-hint-its-server"),
            ));
        }
        if !grant.private.contains(&place) {
            grant.private.push(place);
        }
    }
    Ok(())
}

/// `host:port` as a grant keeps it: as a URL writes the host.
fn place(text: &str) -> Result<String, Error> {
    let with_port = text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0));
    // A scheme without a port of its own, so that every port is kept.
    let url = Url::parse(&format!("https://{text}")).ok().filter(|url| with_port && url.path() == "/");
    let plain = |url: &Url| url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let made = url.filter(plain).and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
    let made = made.ok_or_else(|| {
        Error::invalid(
            said!("grant-not-a-place", text),
            said!("grant-hint-form", form = "HOST:PORT", example = "psa.office.example:443"),
        )
    })?;
    let host = made.rsplit_once(':').map_or("", |(host, _)| host);
    match literal(host) {
        Some(Standing::Never(what)) => Err(never(host, what)),
        _ => Ok(made),
    }
}

/// The place of a URL that an operator typed, where its host is an address that is not public.
fn typed(name: &str, text: &str) -> Result<Option<String>, Error> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let bare = |url: &Url| url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let url = url.filter(bare).ok_or_else(|| {
        Error::invalid(
            said!("grant-not-a-url", text, endpoint = name),
            said!("grant-hint-url", form = "scheme://host[:port][/path]"),
        )
    })?;
    let host = url.host_str().unwrap_or_default();
    match literal(host) {
        Some(Standing::Never(what)) => Err(never(host, what)),
        Some(Standing::Private(_)) => Ok(Some(format!("{host}:{}", url.port_or_known_default().unwrap_or_default()))),
        Some(Standing::Public) | None => Ok(None),
    }
}

fn never(host: &str, what: &str) -> Error {
    // The runtime's description, as the word by which the catalogues choose theirs.
    let standing: String =
        what.chars().filter(|c| !"',".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect();
    Error::invalid(said!("grant-never", host, standing), said!("grant-hint-never"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_say::English;

    fn spec(base: Option<&str>, hosts: Option<&str>) -> EndpointSpec {
        let toml = [base.map(|base| format!("base = {base:?}")), hosts.map(|hosts| format!("hosts = {hosts:?}"))];
        toml::from_str(&toml.into_iter().flatten().collect::<Vec<_>>().join("\n")).unwrap()
    }

    #[test]
    fn an_address_that_is_not_public_is_granted_by_who_types_it() {
        for (url, private) in [
            ("http://127.0.0.1:8080/api", Some("127.0.0.1:8080")),
            ("https://10.1.2.3/", Some("10.1.2.3:443")),
            ("http://[::1]/", Some("[::1]:80")),
            ("http://localhost:9/", Some("localhost:9")),
            ("http://0x7f.1:9/", Some("127.0.0.1:9")),
            ("https://8.8.8.8/", None),
            ("https://psa.office.example", None),
        ] {
            let grant = grant("api", &spec(None, None), Some(url)).unwrap();
            assert_eq!(grant.private.first().map(String::as_str), private, "{url}");
        }
        for base in ["http://127.0.0.1:9/", "https://192.168.1.1", "https://localhost"] {
            let told = grant("api", &spec(Some(base), None), None).unwrap_err().said().english();
            assert!(told.contains("not a public address"), "{base}: {told}");
            assert!(grant("api", &spec(Some(base), None), Some(base)).is_ok(), "typed by the operator: {base}");
        }
        for never in ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "0.0.0.0", "0.1.2.3", "192.0.0.1"]
            .into_iter()
            .chain(["224.0.0.1", "255.255.255.255", "[64:ff9b::a00:1]", "[::2]", "[2002::1]", "[fe80::1]", "[ff02::1]"])
        {
            let never = &format!("http://{never}/");
            let told = grant("api", &spec(None, None), Some(never)).unwrap_err().said().english();
            assert!(told.contains("no grant opens"), "{never}: {told}");
            assert!(!told.contains("an address ("), "the catalogues know what it is: {told}");
        }
    }

    #[test]
    fn a_private_place_is_one_of_the_endpoints_own() {
        let mut granted = grant("api", &spec(None, None), Some("https://PSA.office.example/api")).unwrap();
        for bad in ["psa.office.example", "psa.office.example:0", "psa.office.example:443/x", "a b:1", ":443", "u@h:1"]
        {
            let told = add_private("api", &mut granted, &[bad.to_owned()]).unwrap_err().said().english();
            assert!(told.contains("not a host with a port"), "{bad}: {told}");
        }
        for other in ["psa.office.example:8443", "other.office.example:443"] {
            let told = add_private("api", &mut granted, &[other.to_owned()]).unwrap_err().said().english();
            assert!(told.contains("is not a server of the endpoint"), "{other}: {told}");
        }
        add_private("api", &mut granted, &["psa.OFFICE.example:443".to_owned()]).unwrap();
        assert_eq!(granted.private, ["psa.office.example:443"]);
        let mut zones = grant("zones", &spec(None, Some("https://zone*.office.example")), None).unwrap();
        add_private("zones", &mut zones, &["zone7.office.example:443".to_owned()]).unwrap();
        assert!(add_private("zones", &mut zones, &["zone7.other.example:443".to_owned()]).is_err());
        let told = grant("zones", &spec(None, Some("https://a*.x.example")), Some("https://a*.co.uk")).unwrap_err();
        let told = told.said().english();
        assert!(told.contains("anybody can own a matching host"), "{told}");
    }
}
