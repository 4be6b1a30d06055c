//! Resolves and checks the addresses behind a host; only checked addresses are dialled. Every
//! connection of the gate passes [`permit`], whether its host is a name or a literal address.
//!
//! A public address needs only the grant of its endpoint. Any other (a server in the operator's own
//! network, a simulator on this machine) is dialled only if the operator granted that host and port
//! as private. No grant opens link-local, multicast or tunnel addresses, or those of cloud metadata
//! services. Of the forms that wrap an IPv4 address, a mapped one has the class of what it wraps, one
//! of the well-known NAT64 prefix is dialled only if that is public, and a compatible one never is. A
//! name that resolves to both public and private addresses is refused: no vendor has both, and the
//! one dialled would depend on chance.

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// Reachability class of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Reachable from anywhere.
    Public,
    /// Reachable from some networks only; a description with its article.
    Private(&'static str),
    /// No vendor can be there; a description with its article.
    Never(&'static str),
}

/// Reasons for which a host is not dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Forbidden {
    #[error("`{host}` is at {address}, which is {what}: no vendor is there, and no grant opens it")]
    Never { host: String, address: IpAddr, what: &'static str },
    #[error("`{host}` is at {address}, which is {what}, and the operator did not grant it as such")]
    Private { host: String, address: IpAddr, what: &'static str },
    #[error(
        "`{host}` is at public addresses and at {address}, which is {what}: none of them is dialled, and no grant \
         opens it; have the name answer with one sort alone"
    )]
    Mixed { host: String, address: IpAddr, what: &'static str },
    #[error("`{host}` has no address")]
    Nowhere { host: String },
}

/// Permits all addresses of a host, or none. `private` states whether the operator granted the host
/// as private.
///
/// # Errors
/// The first forbidden address.
pub(super) fn permit(host: &str, addresses: &[IpAddr], private: bool) -> Result<(), Forbidden> {
    let host = || host.to_owned();
    let mut inside = None;
    let mut public = false;
    for &address in addresses {
        match standing(address) {
            Standing::Never(what) => return Err(Forbidden::Never { host: host(), address, what }),
            Standing::Private(what) => inside = inside.or(Some((address, what))),
            Standing::Public => public = true,
        }
    }
    match inside {
        None if public => Ok(()),
        None => Err(Forbidden::Nowhere { host: host() }),
        Some((address, what)) if public => Err(Forbidden::Mixed { host: host(), address, what }),
        Some((address, what)) if !private => Err(Forbidden::Private { host: host(), address, what }),
        Some(_) => Ok(()),
    }
}

/// Classifies a literal host of a URL, an IP address or `localhost`; `None` for a name, which has
/// to be resolved.
#[must_use]
pub fn literal(host: &str) -> Option<Standing> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.eq_ignore_ascii_case("localhost") || bare.to_ascii_lowercase().ends_with(".localhost") {
        return Some(Standing::Private("this machine"));
    }
    bare.parse().ok().map(standing)
}

/// Classifies an address.
#[must_use]
pub(super) fn standing(address: IpAddr) -> Standing {
    match address {
        IpAddr::V4(v4) => standing_v4(v4),
        IpAddr::V6(v6) => standing_v6(v6),
    }
}

/// Classifies by IANA's special-purpose registry of IPv4, plus the metadata services outside
/// link-local.
fn standing_v4(v4: Ipv4Addr) -> Standing {
    use Standing::{Never, Private, Public};
    match v4.octets() {
        [0, 0, 0, 0] => Never("the unspecified address"),
        [0, ..] => Never("an address of no network"),
        [169, 254, ..] => Never("a link-local address"),
        [100, 100, 100, 200] | [168, 63, 129, 16] | [192, 0, 0, 192] => Never("a cloud's metadata service"),
        [192, 0, 0, _] | [192, 88, 99, _] => Never("an address of protocols"),
        [224..=239, ..] => Never("a multicast address"),
        [255, 255, 255, 255] => Never("the broadcast address"),
        [127, ..] => Private("this machine"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Private("a private address"),
        [100, 64..=127, ..] => Private("a shared address of a provider"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Private("an address for documentation"),
        [198, 18..=19, ..] => Private("an address for benchmarks"),
        [240..=255, ..] => Private("a reserved address"),
        _ => Public,
    }
}

/// The same for IPv6, of which only `2000::/3` is allocated.
fn standing_v6(v6: Ipv6Addr) -> Standing {
    use Standing::{Never, Private, Public};
    let last = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Never("the unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Private("this machine"),
        [0, 0, 0, 0, 0, 0xffff, high, low] => standing_v4(last(high, low)),
        // A translator turns it into the IPv4 address, so it has that one's class. RFC 6052,
        // section 3.1, allows it to carry public ones only.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => match standing_v4(last(high, low)) {
            Public => Public,
            Private(_) | Never(_) => Never("a translated private address"),
        },
        [0, 0, 0, 0, ..] => Never("an address that wraps another"),
        [0x2002, ..] | [0x2001, 0, ..] => Never("a tunnel's address, which wraps another"),
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => {
            Never("a cloud's metadata service")
        }
        [0xfe80..=0xfebf, ..] => Never("a link-local address"),
        [0xff00..=0xffff, ..] => Never("a multicast address"),
        [0xfc00..=0xfdff, ..] => Private("a private address"),
        [0xfec0..=0xfeff, ..] => Private("a site-local address"),
        [0x64, 0xff9b, 1, ..] => Private("a translated address of this network"),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Private("an address for documentation"),
        [0x2001, 0..=0x01ff, ..] => Private("a reserved address"),
        [0x2000..=0x3fff, ..] => Public,
        _ => Private("a reserved address"),
    }
}

/// Resolves names: through the system, or a test.
pub(crate) trait Lookup: Send + Sync {
    fn addresses(&self, name: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
pub(super) struct System;

impl Lookup for System {
    fn addresses(&self, name: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect()) })
    }
}

/// The resolver of one HTTP client, restricted by [`permit`].
pub(super) struct Resolver {
    pub(super) lookup: Arc<dyn Lookup>,
    /// Whether the client serves one host granted as private, and no other.
    pub(super) private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, private) = (self.lookup.addresses(name.as_str().to_owned()), self.private);
        Box::pin(async move {
            let addresses = found.await?;
            permit(name.as_str(), &addresses, private)?;
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(texts: &[&str], private: bool) -> Result<(), String> {
        let addresses: Vec<IpAddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
        permit("host.example", &addresses, private).map_err(|error| error.to_string())
    }

    #[test]
    fn a_public_address_needs_no_more() {
        for good in [
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "2a00:1450:4001::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert_eq!(permits(&[good], false), Ok(()), "{good}");
        }
        assert_eq!(permits(&["8.8.8.8", "2606:4700::1111"], false), Ok(()));
    }

    #[test]
    fn what_is_not_public_is_dialled_only_where_it_was_granted_as_such() {
        for inside in [
            "127.0.0.1",
            "127.8.9.10",
            "::1",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "fc00::1",
            "fd00::1",
            "fdff:ffff::1",
            "fec0::1",
            "64:ff9b:1::1",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "198.18.0.1",
            "240.0.0.1",
            "2001:db8::1",
            "2001:2::1",
            "2001:10::1",
            "3fff::1",
            "5f00::1",
            "100::1",
            "4000::1",
        ] {
            let message = permits(&[inside], false).expect_err(inside);
            assert!(message.contains("did not grant it as such"), "{inside}: {message}");
            assert_eq!(permits(&[inside], true), Ok(()), "{inside}");
        }
    }

    #[test]
    fn what_no_grant_can_mean_is_not_dialled() {
        for bad in [
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "169.254.169.254",
            "169.254.1.1",
            "::ffff:169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "::ffff:100.100.100.200",
            "fd00:ec2::254",
            "fd20:ce::254",
            "224.0.0.1",
            "239.255.255.255",
            "ff02::1",
            "255.255.255.255",
            "fe80::1",
            "febf::1",
            "::10.0.0.1",
            "::8.8.8.8",
            "::ffff:0:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b::127.0.0.1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "2002:808:808::1",
            "2001::1",
            "2001:0:808:808::1",
        ] {
            for private in [false, true] {
                let message = permits(&[bad], private).expect_err(bad);
                assert!(message.contains("no grant opens it"), "{bad}: {message}");
                assert!(permits(&["8.8.8.8", bad], private).is_err(), "behind a public one: {bad}");
                assert!(permits(&["127.0.0.1", bad], private).is_err(), "behind a private one: {bad}");
            }
        }
        assert_eq!(
            permits(&["169.254.169.254"], true).unwrap_err(),
            "`host.example` is at 169.254.169.254, which is a link-local address: no vendor is there, and no grant opens it"
        );
        assert_eq!(permits(&[], true).unwrap_err(), "`host.example` has no address");
    }

    #[test]
    fn a_name_that_is_both_inside_and_outside_is_not_dialled() {
        for private in [false, true] {
            for both in [["8.8.8.8", "10.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["2606:4700::1111", "fd00::1"]] {
                let message = permits(&both, private).unwrap_err();
                assert!(message.contains("none of them is dialled"), "{message}");
            }
        }
        assert_eq!(permits(&["127.0.0.1", "::1", "10.0.0.1"], true), Ok(()));
    }

    #[test]
    fn a_literal_host_is_known_in_every_form_a_url_has_it() {
        for (url, private) in [
            ("http://127.0.0.1:8080/x", true),
            ("http://2130706433/", true),
            ("http://0x7f.1/", true),
            ("http://[::1]/", true),
            ("http://localhost/", true),
            ("http://LOCALHOST./", false),
            ("http://a.localhost/", true),
            ("http://192.168.0.10/", true),
            ("http://8.8.8.8/", false),
        ] {
            let url = url::Url::parse(url).unwrap();
            let found = literal(url.host_str().unwrap());
            assert_eq!(matches!(found, Some(Standing::Private(_))), private, "{url}: {found:?}");
        }
        assert_eq!(literal("vendor.example"), None);
        assert_eq!(literal("0251.0376.0251.0376"), None, "URLs are parsed before they come here");
    }
}
