//! One argument of `kustomize edit set image`: `NAME[=NEW][:TAG][@DIGEST]`, with `*` for "as it is".
//! Reads exactly what kustomize reads; whether the result is wise is `check.rs`.

use super::{Field, ImageEdit};

/// What an argument says before anybody judged it.
pub(super) struct Argument {
    /// The edit with kustomize's meaning.
    pub(super) edit: ImageEdit,
    /// The argument has a `:` that separates a tag, even an empty one.
    pub(super) has_tag: bool,
    /// The argument has an `@` that separates a digest, even an empty one.
    pub(super) has_digest: bool,
    /// The argument has a `=` that separates a new name, even an empty one.
    pub(super) has_new_name: bool,
}

/// The parts of an image reference; `None` where the separator is missing.
struct Reference<'text> {
    name: &'text str,
    tag: Option<&'text str>,
    digest: Option<&'text str>,
}

/// Parses one argument with kustomize's meaning: what is not named is removed, what is `*` is kept.
///
/// Returns `None` where kustomize refuses: neither a new name, nor a tag, nor a digest.
pub fn parse_argument(text: &str) -> Option<ImageEdit> {
    parse(text).map(|argument| argument.edit)
}

/// Parses one argument and keeps which separators it had.
pub(super) fn parse(text: &str) -> Option<Argument> {
    // An empty left side does not name an entry: kustomize then reads the right side as if it stood alone.
    let (name, value) = match text.split_once('=') {
        Some(("", value)) => (None, value),
        Some((name, value)) => (Some(name), value),
        None => (None, text),
    };
    let reference = split(value);
    if name.is_none() && reference.tag.is_none() && reference.digest.is_none() {
        return None;
    }
    let new_name = if name.is_some() { field(reference.name) } else { Field::Remove };
    Some(Argument {
        has_tag: reference.tag.is_some(),
        has_digest: reference.digest.is_some(),
        has_new_name: name.is_some(),
        edit: ImageEdit {
            name: name.unwrap_or(reference.name).to_owned(),
            new_name,
            tag: field(reference.tag.unwrap_or("")),
            digest: field(reference.digest.unwrap_or("")),
        },
    })
}

/// Cuts a reference at the separators that stand after the first `/`, so that a registry's port is not read as a tag.
fn split(text: &str) -> Reference<'_> {
    let path = text.find('/').unwrap_or(0);
    let at = text[path..].find('@').map(|index| path + index);
    let colon = text[path..].find(':').map(|index| path + index).filter(|colon| at.is_none_or(|at| *colon < at));
    Reference {
        name: &text[..colon.or(at).unwrap_or(text.len())],
        tag: colon.map(|colon| &text[colon + 1..at.unwrap_or(text.len())]),
        digest: at.map(|at| &text[at + 1..]),
    }
}

fn field(text: &str) -> Field {
    match text {
        "*" => Field::Keep,
        "" => Field::Remove,
        text => Field::Set(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ImageEdit, ImageValues};
    use super::parse_argument;

    const D: &str = "sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3";

    fn parsed(text: &str) -> ImageEdit {
        parse_argument(text).unwrap_or_else(|| panic!("{text} is refused"))
    }

    /// What the argument makes of `{name: app, newName: reg/app, newTag: "1", digest: sha256:old}`.
    fn applied(text: &str) -> (String, String) {
        let before = ImageValues {
            new_name: Some("reg/app".into()),
            new_tag: Some("1".into()),
            digest: Some("sha256:old".into()),
        };
        let edit = parsed(text);
        let after = edit.apply(&before);
        let show = |field: Option<String>| field.unwrap_or_else(|| "-".into());
        (edit.name, format!("{} {} {}", show(after.new_name), show(after.new_tag), show(after.digest)))
    }

    #[test]
    fn every_row_of_kustomizes_table_holds() {
        let digest_only = format!("- - {D}");
        let both = format!("- 2 {D}");
        let all = format!("n 2 {D}");
        let rows = [
            ("app:2", "- 2 -"),
            ("app=reg2/app:2", "reg2/app 2 -"),
            ("app=reg2/app", "reg2/app - -"),
            (&format!("app@{D}"), &digest_only),
            (&format!("app:2@{D}"), &both),
            (&format!("app=n:2@{D}"), &all),
            ("app=*:2", "reg/app 2 -"),
            ("app=*", "reg/app - -"),
            ("app=reg2/app:*", "reg2/app 1 -"),
            ("app=reg2/app@*", "reg2/app - sha256:old"),
            ("app=*:2@*", "reg/app 2 sha256:old"),
            ("app=*:*@*", "reg/app 1 sha256:old"),
            ("app:*", "- 1 -"),
            ("app:2@*", "- 2 sha256:old"),
            ("app=", "- - -"),
            ("app:", "- - -"),
            ("app@", "- - -"),
            ("=app:2", "- 2 -"),
        ];
        for (text, want) in rows {
            assert_eq!(applied(text), ("app".to_owned(), want.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_registrys_port_is_no_tag_behind_a_slash_and_one_without() {
        assert_eq!(applied("reg:5000/app:2"), ("reg:5000/app".into(), "- 2 -".into()));
        assert_eq!(applied("reg:5000"), ("reg".into(), "- 5000 -".into()));
        assert_eq!(applied("app=reg:5000"), ("app".into(), "reg 5000 -".into()));
        assert_eq!(applied("reg:5000/app@sha256:x"), ("reg:5000/app".into(), "- - sha256:x".into()));
    }

    #[test]
    fn only_the_first_equals_sign_cuts() {
        assert_eq!(applied("a=b=c:1"), ("a".into(), "b=c 1 -".into()));
    }

    #[test]
    fn a_star_as_the_name_is_an_entry_of_that_name() {
        assert_eq!(applied("*:2"), ("*".into(), "- 2 -".into()));
    }

    #[test]
    fn a_star_with_nothing_to_keep_becomes_nothing() {
        assert_eq!(parsed("app=*:*@*").apply(&ImageValues::default()), ImageValues::default());
    }

    #[test]
    fn a_bare_name_is_refused() {
        for text in ["app", "reg:5000/app", "reg/app", "", "=app", "="] {
            assert!(parse_argument(text).is_none(), "{text}");
        }
    }
}
