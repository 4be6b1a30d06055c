//! The destinations a connection may reach: the manifest's requests and the operator's grants,
//! parsed once when the connection is opened. Whatever is in only one of them is denied; without a
//! grant there is no way out.
//!
//! The manifest requests an endpoint by name, and POST paths that only read. The operator grants
//! the endpoint a base, hosts, and those paths. Hosts that a request may name have to be requested
//! (`hosts` in the manifest) and granted.

use super::address::{self, Standing};
use super::path;
use crate::problem::Problems;
use crosswalk_model::manifest::{EndpointSpec, HostPattern, PathPattern, ReadForm};
use crosswalk_model::{Grant, Manifest};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use url::Url;

/// All endpoints of a connection.
#[derive(Debug)]
pub(super) struct Grants {
    connection: String,
    /// `None` if requested but not granted.
    endpoints: HashMap<String, Option<Endpoint>>,
}

/// One endpoint that is requested and granted.
#[derive(Debug)]
pub(super) struct Endpoint {
    base: Option<Base>,
    hosts: Option<HostPattern>,
    reads: Vec<(PathPattern, ReadForm)>,
    /// Each `host:port` that may be private.
    private: Vec<String>,
    /// Whether credentials are attached.
    pub(super) auth: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Base {
    origin: Origin,
    /// Prefix of every path; empty or `/v1`.
    path: String,
}

/// Scheme, host and port, canonical.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) scheme: String,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Origin {
    /// `host:port`, as in a private grant.
    fn host_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Writes `scheme://host:port`, omitting the scheme's default port.
    pub(super) fn push(&self, url: &mut String) {
        url.push_str(&self.scheme);
        url.push_str("://");
        url.push_str(&self.host);
        if self.port != default_port(&self.scheme) {
            url.push(':');
            url.push_str(&self.port.to_string());
        }
    }
}

/// The destination of one request.
pub(super) struct Target<'g> {
    pub(super) origin: Cow<'g, Origin>,
    pub(super) base_path: &'g str,
    /// The `host:port` if it was granted as private.
    pub(super) private: Option<&'g str>,
}

impl Target<'_> {
    /// Returns the URL of a path there, and the offset at which the full path starts.
    pub(super) fn url(&self, path: &str) -> (String, usize) {
        let mut url = String::with_capacity(128);
        self.origin.push(&mut url);
        let path_at = url.len();
        url.push_str(self.base_path);
        url.push_str(path);
        (url, path_at)
    }
}

impl Grants {
    /// Combines requests and grants.
    pub(super) fn new(
        connection: &str,
        manifest: &Manifest,
        granted: &BTreeMap<String, Grant>,
    ) -> Result<Self, Problems> {
        let mut endpoints = HashMap::new();
        let mut problems = Problems::of("the grant of endpoint");
        for name in granted.keys().filter(|name| !manifest.endpoints.contains_key(*name)) {
            problems.add(name, "is for an endpoint the plugin does not ask for");
        }
        for (name, asked) in &manifest.endpoints {
            match granted.get(name).map(|grant| Endpoint::new(asked, grant)).transpose() {
                Ok(endpoint) => {
                    endpoints.insert(name.clone(), endpoint);
                }
                Err(why) => problems.add(name, why),
            }
        }
        problems.or(Self { connection: connection.to_owned(), endpoints })
    }

    /// Returns the endpoint of that name.
    ///
    /// # Errors
    /// What to grant.
    pub(super) fn endpoint(&self, name: &str) -> Result<&Endpoint, String> {
        match self.endpoints.get(name) {
            Some(Some(endpoint)) => Ok(endpoint),
            Some(None) => Err(format!(
                "endpoint `{name}` is not granted to connection `{0}`; to grant it: crosswalk connection grant {0} {name}",
                self.connection
            )),
            None => Err(format!("the plugin's manifest asks for no endpoint `{name}`, so it cannot be granted")),
        }
    }

    /// Returns the addresses of endpoints with credentials, which distinguish a vendor's accounts.
    pub(super) fn places(&self) -> Vec<String> {
        let mut places: Vec<String> = Vec::new();
        for endpoint in self.endpoints.values().flatten().filter(|endpoint| endpoint.auth) {
            if let Some(base) = &endpoint.base {
                let mut place = String::new();
                base.origin.push(&mut place);
                places.push(place + &base.path);
            }
            places.extend(endpoint.hosts.as_ref().map(ToString::to_string));
        }
        places.sort();
        places.dedup();
        places
    }

    /// Returns the URL of a path at an endpoint's base, if it has one.
    pub(super) fn url(&self, name: &str, path: &str) -> Option<String> {
        let endpoint = self.endpoint(name).ok()?;
        Some(self.target(name, endpoint, None).ok()?.url(path).0)
    }

    /// Returns the destination of a request to this endpoint.
    ///
    /// # Errors
    /// What to grant.
    pub(super) fn target<'g>(
        &self,
        name: &str,
        endpoint: &'g Endpoint,
        host: Option<&str>,
    ) -> Result<Target<'g>, String> {
        let connection = &self.connection;
        let base_path = endpoint.base.as_ref().map_or("", |base| base.path.as_str());
        let Some(host) = host else {
            let base = endpoint.base.as_ref().ok_or_else(|| {
                format!("endpoint `{name}` is a pattern of hosts, so a request has to name one of its hosts")
            })?;
            return self.reachable(name, endpoint, Cow::Borrowed(&base.origin), base_path);
        };
        let refused = |why: &str| format!("host `{host}` of endpoint `{name}` {why}");
        let (host, port) = split_host(host).ok_or_else(|| refused("is not a plain host name or host:port"))?;
        let is_base = |base: &&Base| base.origin.host == host && port.is_none_or(|port| port == base.origin.port);
        if let Some(base) = endpoint.base.as_ref().filter(is_base) {
            return self.reachable(name, endpoint, Cow::Borrowed(&base.origin), base_path);
        }
        let pattern = endpoint
            .hosts
            .as_ref()
            .ok_or_else(|| refused("is not the endpoint's own, and the plugin asks for no other"))?;
        let port = port.unwrap_or_else(|| pattern.port());
        if !pattern.matches(pattern.scheme(), &host, port) {
            return Err(refused(&format!(
                "is not granted to connection `{connection}`; to grant it: crosswalk connection grant {connection} {name} --url PATTERN"
            )));
        }
        let origin = Origin { scheme: pattern.scheme().to_owned(), host, port };
        self.reachable(name, endpoint, Cow::Owned(origin), base_path)
    }

    /// Returns the target if its host is a name or a granted address. Literal addresses never reach
    /// the resolver, so they are checked here.
    fn reachable<'g>(
        &self,
        name: &str,
        endpoint: &'g Endpoint,
        origin: Cow<'g, Origin>,
        base_path: &'g str,
    ) -> Result<Target<'g>, String> {
        let place = origin.host_port();
        let private = endpoint.private.iter().find(|granted| **granted == place).map(String::as_str);
        match address::literal(&origin.host) {
            Some(Standing::Private(what)) if private.is_none() => {
                Err(self.not_private(name, &place, &format!("`{}` is {what}", origin.host)))
            }
            Some(Standing::Never(what)) => {
                Err(format!("`{}` is {what}: no vendor is there, and no grant opens it", origin.host))
            }
            _ => Ok(Target { origin, base_path, private }),
        }
    }

    /// Explains that a host has to be granted as private.
    pub(super) fn not_private(&self, endpoint: &str, place: &str, what: &str) -> String {
        format!(
            "{what}, which is dialled only where it was granted as such; if the server is yours, to grant it: crosswalk \
             connection grant {} {endpoint} --private {place}",
            self.connection
        )
    }
}

impl Endpoint {
    fn new(asked: &EndpointSpec, granted: &Grant) -> Result<Self, String> {
        let base = granted.base.as_deref().map(Base::parse).transpose()?;
        let hosts = match (&asked.hosts, &granted.hosts) {
            (_, None) => None,
            (Some(_), Some(pattern)) => {
                Some(HostPattern::parse(pattern).map_err(|error| format!("has invalid hosts: {error}"))?)
            }
            (None, Some(_)) => return Err("names hosts, and the plugin does not ask for any".to_owned()),
        };
        let both = asked.reads.iter().filter(|read| granted.reads.contains(read));
        let reads = both
            .map(|read| match PathPattern::parse(&read.path) {
                Ok(pattern) => Ok((pattern, read.form.clone())),
                Err(error) => Err(error.to_string()),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { base, hosts, reads, private: granted.private.clone(), auth: asked.auth })
    }

    /// Returns the forms of reads by POST at this full path that both the manifest and the operator
    /// declare; a request has to match each. Empty means a POST there writes.
    pub(super) fn reads(&self, full_path: &str) -> Vec<&ReadForm> {
        let fits = |pattern: &PathPattern| !full_path.ends_with('/') && pattern.matches(full_path);
        self.reads.iter().filter(|(pattern, _)| fits(pattern)).map(|(_, form)| form).collect()
    }
}

impl Base {
    fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("has base `{text}`, which is no URL: {error}"))?;
        let wrong = |why: &str| Err(format!("has base `{text}`, which {why}"));
        if !matches!(url.scheme(), "https" | "http") {
            return wrong("is neither https nor http");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("has a user name in it: give credentials as secrets");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("has a query or a fragment");
        }
        let Some(host) = url.host_str() else { return wrong("has no host") };
        let path = url.path().trim_end_matches('/').to_owned();
        if let Err(why) = path::check(url.path()) {
            return wrong(&format!("has a path that {why}"));
        }
        if let Some(Standing::Never(what)) = address::literal(host) {
            return wrong(&format!("is {what}: no vendor is there, and no grant opens it"));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        Ok(Self { origin: Origin { scheme: url.scheme().to_owned(), host: host.to_owned(), port }, path })
    }
}

/// Splits `host` or `host:port`, in lower case; `None` if malformed.
fn split_host(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok().filter(|_| !port.starts_with('+'))?)),
        None => (text, None),
    };
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    (plain && !host.is_empty() && host.len() <= 253 && !host.ends_with('.')).then(|| (host.to_ascii_lowercase(), port))
}

fn default_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_model::manifest::ReadSpec;

    fn manifest() -> Manifest {
        Manifest::parse(
            r#"
            id = "x"
            version = "1.0.0"
            contract = "0.2.0"
            title = "X"
            [endpoints.api]
            base = "https://api.vendor.example/v1"
            reads = [
                { path = "/v1/*/query", form = "query" },
                { path = "/v1/search", form = "query" },
                { path = "/v1/graphql", form = { graphql = "query" } },
            ]
            [endpoints.zones]
            hosts = "https://zone*.vendor.example"
            [endpoints.other]
            base = "https://other.vendor.example"
            "#,
        )
        .unwrap()
    }

    fn grant(base: Option<&str>, hosts: Option<&str>, reads: &[&str]) -> Grant {
        Grant {
            base: base.map(str::to_owned),
            hosts: hosts.map(str::to_owned),
            reads: reads.iter().map(|&path| ReadSpec { path: path.to_owned(), form: ReadForm::Query }).collect(),
            private: Vec::new(),
        }
    }

    fn grants() -> Grants {
        let granted = BTreeMap::from([
            (
                "api".to_owned(),
                grant(Some("https://api.vendor.example/v1"), None, &["/v1/*/query", "/v1/delete", "/v1/graphql"]),
            ),
            ("zones".to_owned(), grant(None, Some("https://zone*.vendor.example"), &[])),
        ]);
        Grants::new("psa", &manifest(), &granted).unwrap()
    }

    fn target(endpoint: &str, host: Option<&str>) -> Result<String, String> {
        let grants = grants();
        let granted = grants.endpoint(endpoint)?;
        Ok(grants.target(endpoint, granted, host)?.url("").0)
    }

    #[test]
    fn what_is_not_granted_says_what_to_grant() {
        assert_eq!(
            target("other", None).unwrap_err(),
            "endpoint `other` is not granted to connection `psa`; to grant it: crosswalk connection grant psa other"
        );
        assert_eq!(
            target("nowhere", None).unwrap_err(),
            "the plugin's manifest asks for no endpoint `nowhere`, so it cannot be granted"
        );
        assert!(target("zones", None).unwrap_err().contains("has to name one of its hosts"));
        assert!(target("zones", Some("zone1.evil.example")).unwrap_err().contains("--url"));
        assert!(
            Grants::new("psa", &manifest(), &BTreeMap::new()).unwrap().endpoint("api").is_err(),
            "no grant means no way out"
        );
    }

    #[test]
    fn a_host_is_the_base_or_fits_the_pattern() {
        assert_eq!(target("api", None).unwrap(), "https://api.vendor.example/v1");
        assert_eq!(target("api", Some("API.vendor.example")).unwrap(), "https://api.vendor.example/v1");
        assert_eq!(target("api", Some("api.vendor.example:443")).unwrap(), "https://api.vendor.example/v1");
        assert_eq!(target("zones", Some("zone7.vendor.example")).unwrap(), "https://zone7.vendor.example");
        for bad in [
            "api.vendor.example:8443",
            "api.vendor.example.",
            "evil.example",
            "user@api.vendor.example",
            "api.vendor.example/x",
            "api.vendor.example:443@evil.example",
            "",
            ":443",
            "api.vendor.example:",
            "api.vendor.example:+443",
            "[::1]",
            "аpi.vendor.example",
        ] {
            assert!(target("api", Some(bad)).is_err(), "{bad}");
        }
        for bad in [
            "zone7.vendor.example:8443",
            "zone7.vendor.example.evil.example",
            "zone7.vendor.example.",
            "2130706433",
            "0x7f.1",
        ] {
            assert!(target("zones", Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_read_by_post_needs_both_yeses() {
        let grants = grants();
        let api = grants.endpoint("api").unwrap();
        assert_eq!(api.reads("/v1/companies/query"), [&ReadForm::Query]);
        assert!(api.reads("/v1/graphql").is_empty(), "granted in another form than it is asked for");
        for bad in ["/v1/search", "/v1/delete", "/V1/companies/query", "/v1/companies/query/", "/v1/a/b/query"] {
            assert!(api.reads(bad).is_empty(), "{bad}");
        }
    }

    #[test]
    fn a_grant_that_cannot_be_used_says_why() {
        let why = |endpoint: &str, grant: Grant| {
            Grants::new("psa", &manifest(), &BTreeMap::from([(endpoint.to_owned(), grant)])).unwrap_err().to_string()
        };
        for (base, message) in [
            ("ftp://api.vendor.example", "neither https nor http"),
            ("https://user:pass@api.vendor.example", "user name"),
            ("https://api.vendor.example?x=1", "query"),
            ("api.vendor.example", "no URL"),
            ("https://169.254.169.254", "link-local"),
            ("http://[::ffff:169.254.169.254]", "link-local"),
            ("http://0xa9fea9fe/", "link-local"),
            ("https://api.vendor.example/a;b", "percent-encode"),
        ] {
            let message_back = why("api", grant(Some(base), None, &[]));
            assert!(message_back.contains(message), "{base}: {message_back}");
        }
        assert!(why("api", grant(None, Some("https://*.vendor.example"), &[])).contains("does not ask for any"));
        assert!(why("zones", grant(None, Some("https://*.example"), &[])).contains("`*` stands for part of a label"));
        assert!(why("nowhere", grant(None, None, &[])).contains("does not ask for"));
    }
}
