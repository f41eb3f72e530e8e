//! A line of `verify`: what is asked, and which answer is right. Pure.

use std::fmt;

use regex::Regex;

use super::object::ObjectRef;

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A Service, through the API server's proxy.
    Service {
        /// Its name.
        name: String,
        /// Number or name of its port, `https:` before it where it speaks TLS.
        port: String,
        /// Path and query, with the first slash.
        path: String,
    },
    /// An address.
    Url(String),
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    /// The line as it was written.
    pub line: String,
    /// Who is asked.
    pub asked: Asked,
    /// The right status.
    pub status: u16,
    /// What the body must match.
    pub body: Option<Regex>,
}

impl fmt::Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.line)
    }
}

/// Returns the namespace of a Service that is asked: where the set has the only one of that name, else `otherwise`.
pub(crate) fn namespace<'a>(name: &str, set: impl Iterator<Item = &'a ObjectRef>, otherwise: &'a str) -> &'a str {
    let mut found = set.filter(|object| object.is("", "Service") && object.name == name);
    match (found.next().and_then(|service| service.namespace.as_deref()), found.next()) {
        (Some(namespace), None) => namespace,
        _ => otherwise,
    }
}

/// Reads `service/NAME:PORT/PATH => STATUS [~ "REGEX"]` or `URL => …`.
///
/// # Errors
/// Says which part of the line is wrong.
pub(crate) fn parse(line: &str) -> Result<Check, String> {
    let wrong = |what: &str| {
        format!("verify: `{line}`: {what}; write `service/NAME:PORT/PATH => 200 ~ \"REGEX\"` or `https://… => 200`")
    };
    let (asked, expected) = line.split_once("=>").ok_or_else(|| wrong("it has no `=>`"))?;
    let (status, pattern) = match expected.split_once('~') {
        Some((status, pattern)) => (status, Some(pattern.trim())),
        None => (expected, None),
    };
    let status: u16 = status.trim().parse().map_err(|_| wrong("the status is no number"))?;
    if !(100..600).contains(&status) {
        return Err(wrong("the status is no HTTP status"));
    }
    let body = pattern
        .map(|pattern| {
            let bare = pattern.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(pattern);
            Regex::new(bare).map_err(|_| wrong("the expression after `~` is not valid"))
        })
        .transpose()?;
    Ok(Check { line: line.to_owned(), asked: who(asked.trim()).map_err(wrong)?, status, body })
}

fn who(text: &str) -> Result<Asked, &'static str> {
    if text.starts_with("https://") || text.starts_with("http://") {
        return Ok(Asked::Url(text.to_owned()));
    }
    let rest = text.strip_prefix("service/").ok_or("it asks neither a service nor a URL")?;
    let (host, path) = rest.split_once('/').map_or((rest, "/".to_owned()), |(host, path)| (host, format!("/{path}")));
    let (name, port) = host.rsplit_once(':').ok_or("the service has no port")?;
    let (name, port) = match name.strip_prefix("https:") {
        Some(name) => (name, format!("https:{port}")),
        None => (name, port.to_owned()),
    };
    if name.is_empty() || port.is_empty() || port.ends_with(':') {
        return Err("the service has no name or port");
    }
    Ok(Asked::Service { name: name.to_owned(), port, path })
}

impl Check {
    /// Says what is wrong with an answer; nothing when it is right.
    pub(crate) fn complaint(&self, status: u16, body: &str) -> Option<String> {
        if status != self.status {
            return Some(format!("answered {status}, not {}", self.status));
        }
        match &self.body {
            Some(pattern) if !pattern.is_match(body) => {
                Some(format!("answered {status}, but nothing in its {} bytes matches {pattern}", body.len()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_addresses_are_read() {
        let check = parse(r#"service/app-a:5000/demo?x=1 => 200 ~ "Welcome to""#).unwrap();
        let service = Asked::Service { name: "app-a".into(), port: "5000".into(), path: "/demo?x=1".into() };
        assert_eq!((&check.asked, check.status), (&service, 200));
        assert_eq!(parse("https://a.example/x => 301").unwrap().asked, Asked::Url("https://a.example/x".into()));
        let bare = parse("service/app:http => 204").unwrap();
        assert_eq!(bare.asked, Asked::Service { name: "app".into(), port: "http".into(), path: "/".into() });
    }

    #[test]
    fn wrong_lines_say_what_is_wrong() {
        for (line, what) in [
            ("service/a:1/x", "no `=>`"),
            ("service/a/x => 200", "no port"),
            ("a:1 => 200", "neither"),
            ("service/a:1 => ok", "no number"),
            ("service/a:1 => 200 ~ \"(\"", "not valid"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(what), "{error}");
        }
    }

    #[test]
    fn status_and_body_must_be_right() {
        let check = parse(r#"service/a:1 => 200 ~ "v\d""#).unwrap();
        assert_eq!(check.complaint(200, "v2"), None);
        assert_eq!(check.complaint(503, "v2").as_deref(), Some("answered 503, not 200"));
        assert!(check.complaint(200, "none").is_some());
    }

    #[test]
    fn a_service_is_asked_where_the_set_has_it() {
        let service = |namespace: &str| ObjectRef {
            kind: "Service".into(),
            name: "web".into(),
            namespace: Some(namespace.into()),
            ..ObjectRef::default()
        };
        let (shop, other) = (service("shop"), service("other"));
        assert_eq!(namespace("web", [&shop].into_iter(), "home"), "shop");
        assert_eq!(namespace("api", [&shop].into_iter(), "home"), "home");
        assert_eq!(namespace("web", [&shop, &other].into_iter(), "home"), "home");
    }
}
