//! The origins that the application lists, and whether a page's is one of them.
//!
//! It must never take a part of a label for a whole one: who owns `notexample.com` does not own
//! `example.com`.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::build_error::BuildError;
use crate::base::config::Origins;

/// Which pages of other hosts may connect: [`Origins`], checked and ready to be compared with.
#[derive(Clone, Debug)]
pub(crate) enum AllowedOrigins {
    None,
    Listed(Listed),
    Any,
}

/// The listed origins.
#[derive(Clone, Debug)]
pub(crate) struct Listed(Vec<Pattern>);

/// An origin, or all those below one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    /// Whether one or more labels are to stand in front of the host.
    below: bool,
    origin: Parts,
}

/// The parts of an origin, in lower case, without a port that is the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl AllowedOrigins {
    /// Reads the setting.
    ///
    /// # Errors
    /// [`BuildError::Origin`] for an entry that no page could have.
    pub(crate) fn new(origins: &Origins) -> Result<Self, BuildError> {
        match origins {
            Origins::SameOrigin => Ok(Self::None),
            Origins::Listed(listed) => {
                let patterns = listed.iter().map(|entry| Pattern::parse(entry));
                Ok(Self::Listed(Listed(patterns.collect::<Result<_, _>>()?)))
            }
            Origins::Any => Ok(Self::Any),
        }
    }
}

impl Listed {
    /// Whether a page of `origin`, as its browser names it, is listed.
    pub(crate) fn contains(&self, origin: &str) -> bool {
        // `null`, which every sandboxed page and every file has, is no origin and never listed.
        Parts::parse(origin).is_ok_and(|origin| self.0.iter().any(|one| one.matches(&origin)))
    }
}

impl Pattern {
    fn parse(entry: &str) -> Result<Self, BuildError> {
        let wrong = |problem| BuildError::Origin { origin: entry.to_owned(), problem };
        let (below, plain) = match entry.split_once("://*.") {
            Some((scheme, rest)) => (true, format!("{scheme}://{rest}")),
            None => (false, entry.to_owned()),
        };
        if entry == "*" {
            return Err(wrong("it stands for any; Origins::Any says so"));
        }
        if plain.contains('*') {
            return Err(wrong("`*` stands for whole labels, once, in front of the host"));
        }
        let origin = Parts::parse(&plain).map_err(wrong)?;
        let is_address = origin.host.starts_with('[') || origin.host.parse::<Ipv4Addr>().is_ok();
        if below && (is_address || origin.host.is_empty()) {
            return Err(wrong("an address has nothing below it, nor has a file"));
        }
        Ok(Self { below, origin })
    }

    fn matches(&self, origin: &Parts) -> bool {
        if !self.below {
            return self.origin == *origin;
        }
        let below = || {
            let labels = origin.host.strip_suffix(&*self.origin.host)?.strip_suffix('.')?;
            labels.split('.').all(|label| !label.is_empty()).then_some(())
        };
        let Parts { scheme, port, .. } = &self.origin;
        *scheme == origin.scheme && *port == origin.port && below().is_some()
    }
}

impl Parts {
    /// # Errors
    /// What is wrong with it.
    fn parse(origin: &str) -> Result<Self, &'static str> {
        let (scheme, authority) = origin.split_once("://").ok_or("it has no scheme")?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !is_scheme {
            return Err("its scheme is malformed");
        }
        if authority.contains(['/', '?', '#', '\\']) {
            return Err("it has a path or a query; an origin ends with the host or the port");
        }
        let scheme = scheme.to_ascii_lowercase();
        if scheme == "file" && authority.is_empty() {
            // The origin that the web views of some apps give to the pages that they bring along.
            return Ok(Self { scheme, host: String::new(), port: None });
        }
        // The colons of an IPv6 address are inside of its brackets.
        let bracket = authority.rfind(']').map_or(0, |end| end + 1);
        let (host, port) = match authority[bracket..].split_once(':') {
            Some((rest, port)) => (&authority[..bracket + rest.len()], Some(port)),
            None => (authority, None),
        };
        let port = match port {
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(port.parse::<u16>().map_err(|_| "its port is no port")?)
            }
            Some(_) => return Err("its port is no number"),
            None => None,
        };
        let is_host = match host.strip_prefix('[') {
            Some(address) => {
                address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
            }
            None => {
                let name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
                host.split('.').all(|label| !label.is_empty() && label.bytes().all(name))
            }
        };
        if !is_host {
            return Err("its host is malformed (one that is not ASCII is written in Punycode)");
        }
        let default = match &*scheme {
            "http" | "ws" => Some(80),
            "https" | "wss" => Some(443),
            _ => None,
        };
        let host = host.to_ascii_lowercase();
        Ok(Self { host, port: port.filter(|port| Some(*port) != default), scheme })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(entry: &str, origin: &str) -> bool {
        let listed = Origins::Listed(vec!["https://other.test".to_owned(), entry.to_owned()]);
        match AllowedOrigins::new(&listed).unwrap() {
            AllowedOrigins::Listed(listed) => listed.contains(origin),
            AllowedOrigins::None | AllowedOrigins::Any => panic!("some are listed"),
        }
    }

    #[test]
    fn an_entry_is_the_origin_that_it_names() {
        for (entry, origin) in [
            ("https://example.com", "https://example.com"),
            ("https://Example.COM", "https://example.com"),
            ("https://example.com:443", "https://example.com"),
            ("http://example.com", "http://example.com:80"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://[::1]", "http://[::1]"),
            ("http://[fe80::]:3000", "http://[fe80::]:3000"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
            ("file://", "file://"),
            ("ws://example.com", "ws://example.com:80"),
        ] {
            assert!(contains(entry, origin), "{entry} {origin}");
        }
        for (entry, origin) in [
            ("https://example.com", "http://example.com"),
            ("https://example.com", "https://example.com:8443"),
            ("https://example.com:8443", "https://example.com"),
            ("https://example.com", "https://a.example.com"),
            ("https://example.com", "https://example.com.evil.com"),
            ("https://example.com", "https://notexample.com"),
            ("https://example.com", "https://example.com/"),
            ("https://example.com", "https://user@example.com"),
            ("https://example.com", "example.com"),
            ("https://example.com", "null"),
            ("https://example.com", "file://"),
            ("https://example.com", ""),
            ("file://", "null"),
            ("file://", "file:///"),
            ("file://", "file://example.com"),
            ("file://", "http://"),
        ] {
            assert!(!contains(entry, origin), "{entry} {origin}");
        }
    }

    #[test]
    fn a_pattern_stands_for_one_whole_label_or_more() {
        for (entry, origin) in [
            ("https://*.example.com", "https://a.example.com"),
            ("https://*.example.com", "https://a.b.example.com"),
            ("https://*.example.com", "https://A.EXAMPLE.com"),
            ("https://*.example.com", "https://a-1.example.com:443"),
            ("http://*.example.com:8080", "http://a.example.com:8080"),
            ("http://*.localhost:3000", "http://a.localhost:3000"),
        ] {
            assert!(contains(entry, origin), "{entry} {origin}");
        }
        for (entry, origin) in [
            ("https://*.example.com", "https://example.com"),
            ("https://*.example.com", "https://notexample.com"),
            ("https://*.example.com", "https://a.notexample.com"),
            ("https://*.example.com", "https://.example.com"),
            ("https://*.example.com", "https://a..example.com"),
            ("https://*.example.com", "https://*.example.com"),
            ("https://*.example.com", "http://a.example.com"),
            ("https://*.example.com", "wss://a.example.com"),
            ("https://*.example.com", "https://a.example.com:8443"),
            ("https://*.example.com:8443", "https://a.example.com"),
            ("https://*.example.com", "https://a.example.com.evil.com"),
            ("https://*.example.com", "https://a.example.com."),
            ("https://*.example.com", "https://evil.com/.example.com"),
            ("https://*.example.com", "https://evil.com#.example.com"),
            ("https://*.example.com", "https://evil.com\\.example.com"),
            ("https://*.example.com", "https://user@a.example.com"),
            ("https://*.example.com", "https://a.example.com@evil.com"),
            ("https://*.example.com", "https://evil.com:a.example.com"),
            ("https://*.example.com", "https://[evil].example.com"),
            ("https://*.example.com", "null"),
        ] {
            assert!(!contains(entry, origin), "{entry} {origin}");
        }
    }

    #[test]
    fn an_entry_that_no_page_could_have_is_refused_with_what_is_wanted() {
        for (entry, problem) in [
            ("example.com", "no scheme"),
            ("null", "no scheme"),
            ("", "no scheme"),
            ("//example.com", "no scheme"),
            ("1://example.com", "scheme"),
            ("ht tp://example.com", "scheme"),
            ("*", "Origins::Any"),
            ("*://example.com", "whole labels"),
            ("https://*", "whole labels"),
            ("https://*example.com", "whole labels"),
            ("https://a.*.example.com", "whole labels"),
            ("https://*.*.example.com", "whole labels"),
            ("https://example.*", "whole labels"),
            ("https://example.com:*", "whole labels"),
            ("https://*.127.0.0.1", "below"),
            ("https://*.[::1]", "below"),
            ("file://*.", "below"),
            ("file:///", "path"),
            ("https://*.", "host"),
            ("https://", "host"),
            ("https://exa mple.com", "host"),
            ("https://bücher.example", "Punycode"),
            ("https://[::1", "port"),
            ("https://[::g]", "host"),
            ("https://example.com/", "path"),
            ("https://example.com/app", "path"),
            ("https://example.com?a", "path"),
            ("https://example.com:", "port"),
            ("https://example.com:x", "port"),
            ("https://example.com:65536", "port"),
            ("https://user@example.com", "host"),
        ] {
            let refused = AllowedOrigins::new(&Origins::Listed(vec![entry.to_owned()]));
            let refused = refused.expect_err(entry).to_string();
            assert!(refused.contains(problem), "{refused}");
            assert!(refused.contains("https://*.example.com"), "{refused}");
        }
    }
}
