//! Reads the text of a pull error: is it final (nothing at that name, or no right to it) or does it pass?
//! Texts are those of containerd, CRI-O and Docker, and of Docker Hub, GHCR, ECR, Artifact Registry, Harbor and Quay.

/// What a pull error's text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PullError {
    /// The registry answered that there is no such image or tag.
    NotFound,
    /// The registry answered that these credentials may not have it.
    Denied,
    /// The reference itself is wrong.
    Invalid,
    /// The image is there, but not for this node's platform, or its signature is refused.
    Unusable,
    /// The way to the registry is disturbed, or it is busy.
    Passing,
    /// The text says nothing of the kind.
    Unclear,
}

impl PullError {
    /// Returns the word for an error that waiting cannot mend; none for the others.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("ImageNotFound"),
            Self::Denied => Some("ImagePullDenied"),
            Self::Invalid => Some("InvalidImageName"),
            Self::Unusable => Some("ImageUnusable"),
            Self::Passing | Self::Unclear => None,
        }
    }
}

/// Disturbances. They come first: a text may hold both (a proxy's 503 page that says "not found" of its host).
const PASSING: &[&str] = &[
    "too many requests",
    "toomanyrequests",
    "rate limit",
    "ratelimit",
    "rate exceeded",
    "qps exceeded",
    "status code 429",
    "429 too",
    "quota exceeded",
    "i/o timeout",
    "timeout",
    "timed out",
    "deadline exceeded",
    "request canceled",
    "context canceled",
    "connection refused",
    "connection reset",
    "connection closed",
    "connection timed out",
    "broken pipe",
    "no route to host",
    "network is unreachable",
    "no such host",
    "server misbehaving",
    "temporary failure in name resolution",
    "dial tcp",
    "lookup ",
    "unexpected eof",
    ": eof",
    "tls handshake",
    "tls: ",
    "x509: ",
    "certificate has expired",
    "bad gateway",
    "service unavailable",
    "gateway timeout",
    "internal server error",
    "server error",
    "temporarily unavailable",
    "try again",
    "http2: ",
    "stream error",
    "client.timeout",
    "proxyconnect",
    "no space left on device",
    "failed to sync",
    "pull qps",
    "serve http request to https",
    "server gave http response",
    "short read",
    "content digest mismatch",
    "failed size validation",
];

const INVALID: &[&str] = &[
    "invalid reference format",
    "couldn't parse image",
    "invalidimagename",
    "invalid image name",
    "failed to parse image",
    "repository name must be lowercase",
    "invalid tag format",
];

const NOT_FOUND: &[&str] = &[
    "not found",
    "not_found",
    "notfound",
    "manifest unknown",
    "manifest_unknown",
    "name unknown",
    "name_unknown",
    "unknown manifest",
    "does not exist",
    "no such image",
    "unable to find",
    "unexpected status code 404",
    "status code 404",
    "404 not",
    "was deleted or has expired",
];

const DENIED: &[&str] = &[
    "unauthorized",
    "401 ",
    "denied",
    "forbidden",
    "403 ",
    "authentication required",
    "no basic auth credentials",
    "authorization failed",
    "insufficient_scope",
    "incorrect username or password",
    "failed to fetch anonymous token",
    "failed to fetch oauth token",
    "authorization token has expired",
    "invalid username/password",
    "access to the resource",
];

const UNUSABLE: &[&str] = &[
    "no matching manifest for",
    "no match for platform",
    "no image found in manifest list for architecture",
    "no image found in image index for architecture",
    "signaturevalidationfailed",
    "signature validation failed",
    "source image rejected",
    "mediatype not supported",
    "media type not supported",
    "unsupported manifest",
    "manifest schema unsupported",
];

/// Returns what the text of a pull error about `image` says. The image's own name is not read: it may be
/// `shop/timeout-page` or `forbidden-planet`.
pub(crate) fn classify(message: &str, image: &str) -> PullError {
    let text = without_name(&message.to_ascii_lowercase(), &image.to_ascii_lowercase());
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    // A registry's own answer about rights comes wrapped in a failed token request, whose address holds "auth" words; a
    // disturbance on the way to that token is still a disturbance.
    if says(PASSING) || says_5xx(&text) || text.ends_with("eof") {
        return PullError::Passing;
    }
    if says(INVALID) {
        return PullError::Invalid;
    }
    if says(UNUSABLE) {
        return PullError::Unusable;
    }
    // "failed to resolve reference …: …: not found" and "… 403 Forbidden" share their beginning.
    if says(DENIED) {
        return PullError::Denied;
    }
    let detail = text.replace("failed to resolve reference", "");
    if NOT_FOUND.iter().any(|phrase| detail.contains(phrase)) {
        return PullError::NotFound;
    }
    PullError::Unclear
}

/// Returns what a pull error says in the end, without the steps that runtimes put before it: each of them repeats the image's
/// name. The events keep the whole text.
pub(crate) fn essence(message: &str) -> &str {
    let mut rest = message.trim();
    while let Some(shorter) = without_step(rest).filter(|shorter| !shorter.trim().is_empty()) {
        rest = shorter.trim();
    }
    rest
}

fn without_step(text: &str) -> Option<&str> {
    const PLAIN: &[&str] = &["ErrImagePull: ", "Error response from daemon: ", "failed to resolve image: "];
    const QUOTED: &[&str] = &[
        "Back-off pulling image \"",
        "Failed to pull image \"",
        "failed to pull and unpack image \"",
        "failed to resolve reference \"",
    ];
    if let Some(rest) = PLAIN.iter().find_map(|step| text.strip_prefix(step)) {
        return Some(rest);
    }
    if let Some(rest) = QUOTED.iter().find_map(|step| text.strip_prefix(step)) {
        return rest.split_once("\": ").map(|(_, rest)| rest);
    }
    if text.starts_with("rpc error: code = ") {
        return text.split_once(" desc = ").map(|(_, rest)| rest);
    }
    // The name by itself, as in `docker.io/acme/app:1: not found`.
    let (name, rest) = text.split_once(": ")?;
    (!name.contains(' ') && name.contains(['/', ':']) && !name.contains("://")).then_some(rest)
}

/// Takes the image's path out of a text wherever it stands as a name.
fn without_name(text: &str, image: &str) -> String {
    let name = image.split('@').next().unwrap_or("");
    let name = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    };
    let path = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => path,
        _ => name,
    };
    let path = path.strip_prefix("library/").unwrap_or(path);
    if path.is_empty() {
        return text.to_owned();
    }
    let escaped = path.replace('/', "%2f");
    [path, escaped.as_str()].iter().fold(text.to_owned(), |text, path| blank(&text, path))
}

/// Replaces `name` by `image` where the letters around it say that it is a name and no word of the sentence.
fn blank(text: &str, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find(name) {
        let (before, after) =
            (rest[..found].chars().last().or(out.chars().last()), rest[found + name.len()..].chars().next());
        let ends = after.is_none_or(|letter| matches!(letter, ':' | '@' | '/' | '"' | '\'' | ',' | '%'));
        let starts = before.is_none_or(|letter| matches!(letter, '/' | '"' | '\'' | ' ' | 'a'));
        out.push_str(&rest[..found]);
        out.push_str(if starts && ends { "image" } else { name });
        rest = &rest[found + name.len()..];
    }
    out.push_str(rest);
    out
}

/// Returns whether the text names an answer of the 500s, as in `unexpected status code 503` or `status: 502`.
fn says_5xx(text: &str) -> bool {
    text.match_indices("status").any(|(index, _)| {
        let rest = text[index + "status".len()..].trim_start_matches([' ', ':', '=']);
        let rest = rest.trim_start_matches("code").trim_start_matches([' ', ':', '=']);
        let rest = rest.trim_start_matches("from ").trim_start();
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.len() == 3 && (digits.starts_with('5') || digits == "429" || digits == "408")
    }) || [": 500 ", ": 502 ", ": 503 ", ": 504 "].iter().any(|code| text.contains(code))
}

#[cfg(test)]
#[path = "pull/tests.rs"]
mod tests;
