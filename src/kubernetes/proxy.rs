//! Whether a server is reached through a proxy, by Go's rules (golang.org/x/net/http/httpproxy), so that what works
//! for kubectl works here. Pure: the environment is an argument.

use std::net::IpAddr;

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

    #[test]
    fn plain_http_uses_its_own_variable() {
        let none =
            from_environment("http", "k.example", 80, &|name| (name == "HTTPS_PROXY").then(|| "http://p".to_owned()));
        assert_eq!(none, None);
    }
}
