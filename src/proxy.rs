//! Whether a server is reached through a proxy: a cluster by Go's rules (golang.org/x/net/http/httpproxy), so that what works
//! for kubectl works here; GitHub by curl's, so that what works in a step's `curl` does. Pure: the environment is an argument.

pub(crate) mod connector;

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};

use crate::secret::Secret;

/// What curl takes for a proxy's port when none is named.
const CURLS_PORT: u16 = 1080;

/// The variables that say which proxy leads to GitHub. A proxy's address may hold a password.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// For `https://`.
    https: Option<Secret>,
    /// For `http://`; curl reads it in lower case only, since a server's scripts get a request's `Proxy` header in the
    /// other one.
    http: Option<Secret>,
    /// Hosts that are reached directly.
    direct: String,
}

/// A proxy on the way to a server.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    /// Where it listens, without any password.
    pub(crate) address: Uri,
    /// Its `Proxy-Authorization`, masked when shown.
    pub(crate) authorization: Option<HeaderValue>,
}

impl Proxies {
    /// Reads the variables.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let first =
            |names: &[&str]| names.iter().find_map(|name| variable(name)).filter(|text| !text.trim().is_empty());
        let all = || first(&["all_proxy", "ALL_PROXY"]);
        Self {
            https: first(&["https_proxy", "HTTPS_PROXY"]).or_else(all).map(Secret::new),
            http: first(&["http_proxy"]).or_else(all).map(Secret::new),
            direct: first(&["no_proxy", "NO_PROXY"]).unwrap_or_default(),
        }
    }

    /// Returns the proxy on the way to a server, if any.
    ///
    /// # Errors
    /// The variable's text is no address of a proxy that can be used; says so without showing it.
    pub(crate) fn to(&self, server: &Uri) -> Result<Option<Proxy>, String> {
        let is_plain = server.scheme_str() == Some("http");
        let (given, name) = if is_plain { (&self.http, "http_proxy") } else { (&self.https, "HTTPS_PROXY") };
        let (Some(given), Some(host)) = (given, server.host()) else { return Ok(None) };
        let port = server.port_u16().unwrap_or(if is_plain { 80 } else { 443 });
        if self.is_direct(host, port) { Ok(None) } else { Proxy::read(given.expose().trim(), name).map(Some) }
    }

    fn is_direct(&self, host: &str, port: u16) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
        let address = host.parse().ok();
        let entries = self.direct.split([',', ' ', '\t']).map(|entry| entry.trim().trim_start_matches('.'));
        entries.filter(|entry| !entry.is_empty()).any(|entry| matches(entry, &host, address, port))
    }
}

impl Proxy {
    fn read(text: &str, name: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(format!("{name}: a proxy by {scheme} is not supported: use http:// or https://"));
        }
        let authority = rest.split('/').next().unwrap_or_default();
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let port = if scheme == "https" { 443 } else { CURLS_PORT };
        let place = if has_port { host.to_owned() } else { format!("{host}:{port}") };
        let address: Result<Uri, _> = format!("{scheme}://{place}").parse();
        let address = address.ok().filter(|uri| uri.host().is_some_and(|host| !host.is_empty()));
        Ok(Self {
            address: address.ok_or_else(|| format!("{name}: it is no address of a proxy"))?,
            authorization: user
                .map(|user| basic(user).ok_or(format!("{name}: its user cannot be sent")))
                .transpose()?,
        })
    }

    /// Returns host and port, for messages.
    pub(crate) fn shown(&self) -> String {
        self.address.authority().map_or_else(String::new, ToString::to_string)
    }
}

/// `user:password`, each percent-encoded, as a header's value.
fn basic(user: &str) -> Option<HeaderValue> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let mut plain = decoded(name);
    plain.push(b':');
    plain.extend(decoded(password));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(plain))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Takes percent-encoding off; what is none stays.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

/// Returns the proxy for `host`:`port`, out of `HTTPS_PROXY` or `HTTP_PROXY` by scheme and `NO_PROXY`.
pub(crate) fn from_environment(
    scheme: &str,
    host: &str,
    port: u16,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let either = |upper: &str| {
        [upper.to_owned(), upper.to_ascii_lowercase()].iter().find_map(|name| variable(name).filter(|v| !v.is_empty()))
    };
    let proxy = either(if scheme == "http" { "HTTP_PROXY" } else { "HTTPS_PROXY" })?;
    if bypassed(host, port, &either("NO_PROXY").unwrap_or_default()) {
        return None;
    }
    Some(if proxy.contains("://") { proxy } else { format!("http://{proxy}") })
}

/// Tells whether the host is reached directly: loopback always, the rest by the list.
fn bypassed(host: &str, port: u16, list: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| matches(entry, &host, address, port))
}

/// Tells whether one entry of `NO_PROXY` means this host.
fn matches(entry: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return match (network.parse(), bits.parse(), address) {
            (Ok(network), Ok(bits), Some(address)) => in_network(address, network, bits),
            _ => false,
        };
    }
    let (name, wanted_port) = match entry.rsplit_once(':') {
        Some((name, number)) if !name.contains(':') => (name, number.parse().ok()),
        _ => (entry, None),
    };
    if wanted_port.is_some_and(|wanted: u16| wanted != port) {
        return false;
    }
    let name = name.trim_start_matches('*').to_ascii_lowercase();
    if let Ok(other) = name.parse::<IpAddr>() {
        return address == Some(other);
    }
    match name.strip_prefix('.') {
        Some(domain) => host.ends_with(&format!(".{domain}")),
        None => host == name || host.ends_with(&format!(".{name}")),
    }
}

fn in_network(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let (left, right, width) = match (address, network) {
        (IpAddr::V4(left), IpAddr::V4(right)) => (u128::from(left.to_bits()), u128::from(right.to_bits()), 32),
        (IpAddr::V6(left), IpAddr::V6(right)) => (left.to_bits(), right.to_bits(), 128),
        _ => return false,
    };
    bits <= width && (bits == 0 || (left ^ right) >> (width - bits) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(host: &str, no_proxy: &str) -> Option<String> {
        from_environment("https", host, 6443, &|name| match name {
            "HTTPS_PROXY" => Some("proxy.corp:3128".to_owned()),
            "no_proxy" => Some(no_proxy.to_owned()),
            _ => None,
        })
    }

    #[test]
    fn proxy_applies_unless_the_list_or_loopback_says_no() {
        assert_eq!(proxy("k.example", "").as_deref(), Some("http://proxy.corp:3128"));
        assert_eq!(proxy("127.0.0.1", ""), None);
        assert_eq!(proxy("k.example", "other, .example"), None);
        assert_eq!(proxy("k.example", "example"), None);
        assert_eq!(proxy("k.example", "k.example:443").as_deref(), Some("http://proxy.corp:3128"));
        assert_eq!(proxy("10.1.2.3", "10.0.0.0/8"), None);
        assert_eq!(proxy("11.1.2.3", "10.0.0.0/8").as_deref(), Some("http://proxy.corp:3128"));
        assert_eq!(proxy("k.example", "*"), None);
    }

    fn curls(variables: &[(&str, &str)]) -> Proxies {
        Proxies::read(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned()))
    }

    fn way(variables: &[(&str, &str)], server: &str) -> Option<String> {
        curls(variables).to(&server.parse().unwrap()).unwrap().map(|proxy| proxy.address.to_string())
    }

    #[test]
    fn the_way_to_github_is_curls() {
        let proxy = ("HTTPS_PROXY", "proxy.corp:3128");
        let api = "https://api.github.com";
        assert_eq!(way(&[proxy], api).as_deref(), Some("http://proxy.corp:3128/"));
        assert_eq!(way(&[proxy, ("https_proxy", "https://p")], api).as_deref(), Some("https://p:443/"));
        assert_eq!(way(&[("ALL_PROXY", "p")], api).as_deref(), Some("http://p:1080/"));
        assert_eq!(way(&[proxy], "http://ghe.corp"), None);
        assert_eq!(way(&[("HTTP_PROXY", "p:1")], "http://ghe.corp"), None);
        assert_eq!(way(&[("http_proxy", "p:1")], "http://ghe.corp").as_deref(), Some("http://p:1/"));
        for direct in ["*", "api.github.com", "github.com", ".github.com", "x, github.com", "x github.com"] {
            assert_eq!(way(&[proxy, ("NO_PROXY", direct)], api), None, "{direct}");
        }
        // curl knows no exception for this machine, unlike Go.
        assert!(way(&[proxy], "https://127.0.0.1:8443").is_some());
        assert_eq!(way(&[proxy, ("no_proxy", "127.0.0.0/8")], "https://127.0.0.1:8443"), None);
    }

    #[test]
    fn a_password_is_sent_and_never_shown() {
        let proxies = curls(&[("HTTPS_PROXY", "http://user:p%40ss@proxy.corp:3128/")]);
        let proxy = proxies.to(&"https://api.github.com".parse().unwrap()).unwrap().unwrap();
        assert_eq!(proxy.authorization.as_ref().unwrap().to_str().unwrap(), "Basic dXNlcjpwQHNz");
        assert_eq!(proxy.shown(), "proxy.corp:3128");
        assert!(!format!("{proxies:?} {proxy:?}").contains("ss@") && !format!("{proxy:?}").contains("dXNlc"));
        let server = "https://api.github.com".parse().unwrap();
        let error = curls(&[("HTTPS_PROXY", "socks5://user:pw@p")]).to(&server).unwrap_err();
        assert!(error.contains("socks5") && !error.contains("pw"), "{error}");
    }

    #[test]
    fn plain_http_uses_its_own_variable() {
        let none =
            from_environment("http", "k.example", 80, &|name| (name == "HTTPS_PROXY").then(|| "http://p".to_owned()));
        assert_eq!(none, None);
    }
}
