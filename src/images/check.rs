//! Which names, tags and digests are refused before anything is read, and which only deserve a word.
//! Judges texts; knows neither inputs nor files.

/// Longest tag that registries accept (OCI distribution specification).
const LONGEST_TAG: usize = 128;

/// Checks that `tag` is one that a registry can hold.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_tag(tag: &str) -> Result<(), String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if tag.is_empty() {
        return Err("the tag is empty".into());
    }
    if tag.len() > LONGEST_TAG {
        return Err(format!("the tag has {} characters, registries allow {LONGEST_TAG}", tag.len()));
    }
    if !tag.starts_with(word) {
        return Err(format!("tag {tag:?} must begin with a letter, a digit or \"_\""));
    }
    match tag.chars().find(|c| !word(*c) && *c != '.' && *c != '-') {
        Some(c) => Err(format!("tag {tag:?} holds {c:?}; a tag has letters, digits, \"_\", \".\" and \"-\" only")),
        None => Ok(()),
    }
}

/// Checks that `digest` is one by the OCI image specification: `algorithm:encoded`.
///
/// # Errors
/// Says what is wrong with it.
pub fn check_digest(digest: &str) -> Result<(), String> {
    if digest.is_empty() {
        return Err("the digest is empty".into());
    }
    let Some((algorithm, encoded)) = digest.split_once(':') else {
        return Err(format!("digest {digest:?} has no algorithm; write it as \"sha256:…\""));
    };
    let hex = |length: usize| {
        let fits = encoded.len() == length && encoded.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if fits { Ok(()) } else { Err(format!("digest {digest:?} must have {length} lower-case hex digits")) }
    };
    match algorithm {
        "sha256" => hex(64),
        "sha512" => hex(128),
        _ if is_algorithm(algorithm) && is_encoded(encoded) => Ok(()),
        _ => Err(format!("{digest:?} is no digest; write it as \"sha256:…\"")),
    }
}

/// Checks the name of an `images` entry or a new name: no space, no control character.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("the image name is empty".into());
    }
    match name.chars().find(|c| c.is_whitespace() || c.is_control()) {
        Some(c) => Err(format!("image name {name:?} holds {c:?}")),
        None => Ok(()),
    }
}

/// Returns the first character of `name` that kustomize reads as more than itself; it takes the name as a regular
/// expression, where only a dot is common and nearly always meant as a dot.
pub(super) fn pattern_character(name: &str) -> Option<char> {
    name.chars().find(|c| r"\+*?()|[]{}^$".contains(*c))
}

/// `component` parts of lower-case letters and digits, joined by one of `+._-`.
fn is_algorithm(text: &str) -> bool {
    text.split(['+', '.', '_', '-'])
        .all(|part| !part.is_empty() && part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9')))
}

fn is_encoded(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'=' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::{check_digest, check_name, check_tag, pattern_character};

    #[test]
    fn tags_that_registries_hold_are_accepted() {
        for tag in ["1", "v1.2.3", "_x", "1.10", "0123", "a-b_c.d", &"x".repeat(128)] {
            assert_eq!(check_tag(tag), Ok(()), "{tag}");
        }
    }

    #[test]
    fn tags_that_registries_refuse_are_refused() {
        for tag in ["", ".1", "-1", "a b", "a\nb", "a+b", "a/b", "a:b", "ä", &"x".repeat(129)] {
            assert!(check_tag(tag).is_err(), "{tag}");
        }
    }

    #[test]
    fn digests_follow_the_oci_grammar() {
        let sha256 = format!("sha256:{}", "0a".repeat(32));
        let sha512 = format!("sha512:{}", "0a".repeat(64));
        for digest in [&sha256, &sha512, "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8"] {
            assert_eq!(check_digest(digest), Ok(()), "{digest}");
        }
        let upper = sha256.to_uppercase();
        for digest in ["", "sha256", "sha256:", "sha256:abc", &upper, "SHA256:x", "sha-:x", "sha256 :x", "x:a b"] {
            assert!(check_digest(digest).is_err(), "{digest}");
        }
    }

    #[test]
    fn names_are_one_word() {
        assert_eq!(check_name("reg:5000/a.b/c_d-e"), Ok(()));
        for name in ["", "a b", "a\nb", "a\u{7f}"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_dot_in_a_name_is_common_and_other_pattern_characters_are_not() {
        assert_eq!(pattern_character("gcr.io/a-b/c_d:1"), None);
        assert_eq!(pattern_character("["), Some('['));
        assert_eq!(pattern_character("a+b"), Some('+'));
    }
}
