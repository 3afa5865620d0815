//! The address that a client's connections are counted by.
//!
//! It must never believe a header of which a client could have written the part that is looked at,
//! as long as every request comes through the app's own proxies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{auth::Handshake, base::config::ClientAddress};

/// What counts as one client: an IPv4 address, or the first 64 bits of one of IPv6, of which a
/// subscriber has all the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::connection) struct Address(u128);

impl Address {
    /// The address of whoever made a request; `None` if it is none to be counted by. The same for one
    /// request at any time.
    pub(in crate::connection) fn of(handshake: &Handshake, rule: &ClientAddress) -> Option<Self> {
        if let ClientAddress::Header { name, proxies } = rule
            && let Some(address) = forwarded(handshake, name, *proxies)
        {
            return Some(Self::new(address));
        }
        let peer = handshake.address?.ip().to_canonical();
        is_of_the_internet(peer).then(|| Self::new(peer))
    }

    fn new(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
            IpAddr::V6(address) => address.to_bits() >> 64 << 64,
        })
    }
}

/// Whether somebody on the internet can have it. In front of others there may be a proxy with all
/// its clients, and in one's own network one knows whom to ask.
fn is_of_the_internet(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let is_shared = matches!(address.octets(), [100, 64..=127, _, _]);
            !(address.is_loopback() || address.is_private() || address.is_link_local() || is_shared)
        }
        IpAddr::V6(address) => {
            !(address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local())
        }
    }
}

/// What the first of so many proxies says of who sent it the request: each adds one entry at the end.
fn forwarded(handshake: &Handshake, name: &str, proxies: usize) -> Option<IpAddr> {
    let lines: Vec<&str> = handshake
        .headers()
        .iter()
        .filter(|(found, _)| *found == name)
        .map(|(_, line)| line)
        .collect();
    let entries = lines.iter().rev().flat_map(|line| line.rsplit(','));
    let entry = entries.map(str::trim).nth(proxies.checked_sub(1)?)?;
    read(if name == "forwarded" { forwarded_for(entry)? } else { entry })
}

/// The node that a proxy was asked by, of one entry of `forwarded` (RFC 7239).
fn forwarded_for(entry: &str) -> Option<&str> {
    let mut pairs = entry.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    Some(node.trim_matches('"'))
}

/// An address, with or without a port.
fn read(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok();
    // A port that is hidden as RFC 7239 allows, `_x`, is no number.
    let v4_before_colon = || text.split_once(':')?.0.parse::<Ipv4Addr>().ok();
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| with_port().map(|address| address.ip()))
        .or_else(|| bracketed().map(IpAddr::V6))
        .or_else(|| v4_before_colon().map(IpAddr::V4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, headers: &[(&str, &str)]) -> Handshake {
        let none: [(&str, &str); 0] = [];
        let mut handshake = Handshake::new("/", headers.iter().copied(), none);
        handshake.address = Some(SocketAddr::new(peer.parse().unwrap(), 1));
        handshake
    }

    fn counted(peer: &str) -> Option<Address> {
        Address::of(&from(peer, &[]), &ClientAddress::Peer)
    }

    fn of(address: &str) -> Option<Address> {
        Some(Address::new(address.parse().unwrap()))
    }

    #[test]
    fn a_subscriber_is_one_address_whatever_it_makes_of_its_own_half_of_ipv6() {
        assert_eq!(counted("2001:db8:1:2:3::4"), counted("2001:db8:1:2:ffff::"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_eq!(counted("::ffff:192.0.2.1"), counted("192.0.2.1"));
        assert_ne!(counted("192.0.2.1"), counted("192.0.2.2"));
    }

    #[test]
    fn addresses_that_nobody_on_the_internet_has_are_not_counted() {
        for peer in [
            "127.0.0.1",
            "127.8.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "10.1.2.3",
            "172.17.0.1",
            "192.168.0.1",
            "169.254.0.1",
            "100.64.0.1",
            "fd00::1",
            "fe80::1",
        ] {
            assert_eq!(counted(peer), None, "{peer}");
        }
        for peer in ["192.0.2.1", "100.128.0.1", "172.32.0.1", "2001:db8::1", "::ffff:192.0.2.1"] {
            assert!(counted(peer).is_some(), "{peer}");
        }
        let nowhere = Handshake::new("/", [("host", "a")], [("b", "c")]);
        assert_eq!(Address::of(&nowhere, &ClientAddress::Peer), None);
    }

    #[test]
    fn behind_proxies_it_is_what_the_first_of_them_saw_and_not_what_a_client_wrote() {
        let rule = |name: &str, proxies| ClientAddress::Header { name: name.to_owned(), proxies };
        let list = "x-forwarded-for";
        for (headers, rule, address) in [
            (&[(list, "192.0.2.1")][..], rule(list, 1), "192.0.2.1"),
            (&[(list, "8.8.8.8, 192.0.2.1")], rule(list, 1), "192.0.2.1"),
            (&[(list, "8.8.8.8,192.0.2.1 , 198.51.100.1")], rule(list, 2), "192.0.2.1"),
            (&[(list, "8.8.8.8"), (list, "192.0.2.1, 10.0.0.1")], rule(list, 2), "192.0.2.1"),
            (&[(list, "192.0.2.1"), (list, "10.0.0.1")], rule(list, 2), "192.0.2.1"),
            (&[(list, "192.0.2.1:4711")], rule(list, 1), "192.0.2.1"),
            (&[(list, "[2001:db8::1]:4711")], rule(list, 1), "2001:db8::1"),
            (&[(list, "2001:db8::1")], rule(list, 1), "2001:db8::1"),
            (&[(list, "10.0.0.7")], rule(list, 1), "10.0.0.7"),
            (&[("x-real-ip", "192.0.2.1")], rule("x-real-ip", 1), "192.0.2.1"),
            (
                &[("forwarded", "for=8.8.8.8, proto=https;For=\"[2001:db8::1]:4711\";by=_a")],
                rule("forwarded", 1),
                "2001:db8::1",
            ),
            (&[("forwarded", "for=\"192.0.2.1:_x\"")], rule("forwarded", 1), "192.0.2.1"),
            // Past the proxies, or with something that is no address: whoever it came from.
            (&[], rule(list, 1), "203.0.113.9"),
            (&[(list, "192.0.2.1")], rule(list, 2), "203.0.113.9"),
            (&[(list, "unknown")], rule(list, 1), "203.0.113.9"),
            (&[("forwarded", "for=unknown")], rule("forwarded", 1), "203.0.113.9"),
            (&[("forwarded", "proto=https")], rule("forwarded", 1), "203.0.113.9"),
        ] {
            assert_eq!(
                Address::of(&from("203.0.113.9", headers), &rule),
                of(address),
                "{headers:?}"
            );
        }
        let direct = from("127.0.0.1", &[]);
        assert_eq!(Address::of(&direct, &rule(list, 1)), None, "a look at its health, say");
    }
}
