//! Which images an entry of `images` means. Its name is a regular expression for kustomize (`internal/image/image.go`);
//! a usual name, in which only the dot means something, is compared by hand: making the expression takes longer than
//! the rest of a small build.

use regex::Regex;
use smol_str::SmolStr;

/// A name, ready to be compared.
#[derive(Debug)]
pub(super) enum Pattern {
    /// Every character is itself, and `.` any.
    Usual(SmolStr),
    /// Anything else.
    Expression(Regex),
}

impl Pattern {
    /// Takes a name; none when it is no regular expression: then nothing matches.
    pub(super) fn of(name: &str) -> Option<Self> {
        let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'-' | b'_' | b':');
        if name.bytes().all(is_usual) {
            return Some(Self::Usual(name.into()));
        }
        expression(name).map(Self::Expression)
    }

    /// Tells whether an image has this name, with any tag and digest.
    pub(super) fn is_match(&self, image: &str) -> bool {
        match self {
            Self::Usual(name) => behind(name, image).is_some_and(is_tag_and_digest),
            Self::Expression(expression) => expression.is_match(image),
        }
    }
}

fn expression(name: &str) -> Option<Regex> {
    const TAG: &str = r"(:[a-zA-Z0-9_.{}-]*)?";
    const DIGEST: &str = r"(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?";
    Regex::new(&format!("^{name}{TAG}{DIGEST}$")).ok()
}

/// Returns what follows the name at the start of an image.
fn behind<'i>(name: &str, image: &'i str) -> Option<&'i str> {
    let mut rest = image.chars();
    let fits = |wanted: char| match rest.next() {
        Some(found) => found == wanted || (wanted == '.' && found != '\n'),
        None => false,
    };
    name.chars().all(fits).then_some(rest.as_str())
}

/// Tells whether a text is `[:TAG][@ALGORITHM:HASH]`.
fn is_tag_and_digest(text: &str) -> bool {
    let digest = match text.strip_prefix(':') {
        Some(tag) => tag.trim_start_matches(is_tag),
        None => text,
    };
    match digest.strip_prefix('@').map(|digest| digest.split_once(':')) {
        None => digest.is_empty(),
        Some(None) => false,
        Some(Some((algorithm, hash))) => {
            let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
            algorithm.split(['.', '+', '_', '-']).all(is_word) && hash.chars().all(is_tag)
        }
    }
}

fn is_tag(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '{' | '}' | '-')
}

#[cfg(test)]
mod tests {
    use super::{Pattern, expression};

    #[test]
    fn a_usual_name_means_what_its_expression_means() {
        let ends = [
            "",
            ":",
            ":v1",
            ":v1.2-{x}_",
            ":v1:2",
            ":v+1",
            "@sha256:abc",
            "@sha256:",
            "@:abc",
            "@a.b+c_d-e:f",
            "@a..b:c",
            "@a.:c",
            "@abc",
            ":v1@sha256:abc",
            ":v1@sha256:a+c",
            "@sha256:abc:v1",
            "@a:b@c:d",
            "/more",
            "x",
            "\n",
            ":v1\n",
            ":é",
        ];
        let names = ["", "app", "registry.example/team/app", "host:5000/app", "a.b", "library/app-1_x"];
        let images = [
            "",
            "app",
            "registry.example/team/app",
            "registryXexample/team/app",
            "registry\nexample/team/app",
            "registryéexample/team/app",
            "host:5000/app",
            "a.b",
            "aéb",
            "library/app-1_x",
            "lib",
        ];
        for name in names {
            let (pattern, regex) = (Pattern::of(name).expect("is one"), expression(name).expect("is one"));
            assert!(matches!(pattern, Pattern::Usual(_)), "{name}");
            for image in images.iter().flat_map(|start| ends.iter().map(move |end| format!("{start}{end}"))) {
                assert_eq!(pattern.is_match(&image), regex.is_match(&image), "{name} on {image:?}");
            }
        }
    }

    #[test]
    fn other_names_are_expressions_or_match_nothing() {
        assert!(Pattern::of("(app|web)").is_some_and(|pattern| pattern.is_match("web:v1")));
        assert!(Pattern::of("app.*").is_some_and(|pattern| pattern.is_match("app/web:v1")));
        assert!(Pattern::of("app(").is_none());
    }
}
