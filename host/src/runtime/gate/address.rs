//! The addresses behind a name: resolved here, checked here, and the checked ones are
//! those that are dialled. Every connection of the gate passes [`permit`], whether its
//! host is a name or a literal address.
//!
//! Today it refuses what no grant can mean: no address at all, the unspecified address,
//! multicast, broadcast and link-local (where clouds keep their metadata), also in the
//! v4-mapped form. The rules for private ranges, which need to know what the operator
//! granted, belong into [`permit`] too.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};

/// Why a host is not dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{host}` is at {address}, which is {what}: no vendor is there, and no grant opens it")]
pub(super) struct Forbidden {
    host: String,
    address: IpAddr,
    what: &'static str,
}

/// Passes the addresses of a host, or none of them.
///
/// # Errors
/// The first address that is not to be dialled. One bad address refuses the host: a
/// name that also points inside is not a vendor's.
pub(super) fn permit(host: &str, addresses: &[IpAddr]) -> Result<(), Forbidden> {
    let bad = addresses.iter().find_map(|&address| forbidden(address.to_canonical()).map(|what| (address, what)));
    bad.map_or(Ok(()), |(address, what)| Err(Forbidden { host: host.to_owned(), address, what }))
}

fn forbidden(address: IpAddr) -> Option<&'static str> {
    let link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    match () {
        () if address.is_unspecified() => Some("the unspecified address"),
        () if address.is_multicast() => Some("a multicast address"),
        () if broadcast => Some("the broadcast address"),
        () if link_local => Some("a link-local address"),
        () => None,
    }
}

/// The gate's resolver: the system's, with [`permit`] behind it.
#[derive(Debug)]
pub(super) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let addresses: Vec<IpAddr> = found.iter().map(SocketAddr::ip).collect();
            permit(name.as_str(), &addresses)?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_grant_can_mean_is_not_dialled() {
        let permits = |texts: &[&str]| {
            let addresses: Vec<IpAddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
            permit("host.example", &addresses)
        };
        assert_eq!(permits(&["127.0.0.1"]), Ok(()));
        assert_eq!(permits(&["192.0.2.1", "2001:db8::1"]), Ok(()));
        for bad in [
            "0.0.0.0",
            "::",
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
            "fe80::1",
        ] {
            assert!(permits(&["192.0.2.1", bad]).is_err(), "{bad}");
        }
        assert_eq!(
            permits(&["169.254.169.254"]).unwrap_err().to_string(),
            "`host.example` is at 169.254.169.254, which is a link-local address: no vendor is there, and no grant opens it"
        );
    }
}
