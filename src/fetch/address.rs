//! Which hosts may be reached: public ones by https, private ones only when a person or the runner named them. Pure.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The hosts that are trusted by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed {
    /// `host` or `host:port`, lower case.
    hosts: BTreeSet<String>,
    /// `host:port` of the runner's own URLs, which may be plain http.
    configured: BTreeSet<String>,
    /// One of those is plain http on this machine: then so may be what it redirects to on this machine.
    local: bool,
}

impl Allowed {
    pub(super) fn new(configured: &[&str], allow_hosts: &[String]) -> Self {
        Self {
            hosts: allow_hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            configured: configured.iter().filter_map(|url| host_and_port(url)).collect(),
            local: configured.iter().any(|url| url.starts_with("http://127.")),
        }
    }

    /// Tells whether a private address may stand behind this host.
    pub(super) fn is_named(&self, host: &str, port: Option<u16>) -> bool {
        let host = host.to_ascii_lowercase();
        let with_port = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        self.is_local(&host)
            || self.hosts.contains(&host)
            || self.hosts.contains(&with_port)
            || self.configured.contains(&with_port)
            || self.is_below_configured(&host)
    }

    fn is_local(&self, host: &str) -> bool {
        self.local && host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
    }

    /// Enterprise servers hand archives out from `codeload.` and `raw.` of their own name.
    fn is_below_configured(&self, host: &str) -> bool {
        self.configured.iter().any(|known| {
            let name = known.split(':').next().unwrap_or_default();
            host.strip_suffix(name).is_some_and(|front| front.ends_with('.') && name.contains('.'))
        })
    }

    /// Tells whether this is a server that the runner's own variables name, which alone may speak plain http.
    pub(super) fn is_configured(&self, host: &str, port: Option<u16>) -> bool {
        let host = host.to_ascii_lowercase();
        self.is_local(&host)
            || self.configured.contains(&port.map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
    }
}

/// Returns `host` or `host:port` of a URL, lower case.
pub(super) fn host_and_port(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    let host = uri.host()?.to_ascii_lowercase();
    Some(uri.port_u16().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
}

/// Tells whether an address belongs to the public internet: not loopback, private, link-local, shared, reserved, or a
/// translation of one of those. (RFC 6890's registries.)
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113);
    !(reserved || address.is_loopback() || address.is_private() || address.is_link_local() || address.is_multicast())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let translated = first == 0x0064 && address.segments()[1] == 0xff9b;
    let is_global_unicast = (0x2000..0x4000).contains(&first);
    let documentation_or_tunnel = first == 0x2002 || (first == 0x2001 && matches!(address.segments()[1], 0 | 0x0db8));
    is_global_unicast && !translated && !documentation_or_tunnel
}

/// Percent-encodes a branch, tag or SHA as one piece of a path; slashes stay.
pub(super) fn encode(reference: &str) -> String {
    let mut text = String::with_capacity(reference.len());
    for byte in reference.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Allowed, encode, is_public};

    #[test]
    fn private_reserved_and_translated_addresses_are_not_public() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in ["140.82.121.4", "1.1.1.1", "2606:50c0:8000::153", "::ffff:140.82.121.4"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn private_hosts_are_reached_only_when_named() {
        let allowed =
            Allowed::new(&["https://ghe.corp:8443/api/v3"], &["git.corp".to_owned(), "raw.corp:444".to_owned()]);
        assert!(allowed.is_named("GHE.corp", Some(8443)) && !allowed.is_named("ghe.corp", Some(22)));
        assert!(allowed.is_named("git.corp", Some(1)) && allowed.is_named("raw.corp", Some(444)));
        assert!(allowed.is_named("codeload.ghe.corp", None) && !allowed.is_named("evilghe.corp", None));
        assert!(!allowed.is_named("raw.corp", Some(443)) && !allowed.is_configured("git.corp", None));
    }

    #[test]
    fn references_cannot_leave_their_place_in_the_path() {
        assert_eq!(encode("feature/x y?z#w"), "feature/x%20y%3Fz%23w");
    }
}
