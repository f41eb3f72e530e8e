//! GitHub Actions: workflow commands as the runner parses them (annotations, masks, groups, with its escaping). Pure text;
//! its files are in `files`.

use crate::failure::Place;

/// The runner cuts longer annotation messages.
pub(crate) const MESSAGE_LIMIT: usize = 4_096;

/// Escapes a command's data: `%`, CR and LF.
pub(crate) fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a command's property: data's characters, `:` and `,`.
pub(crate) fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns `::error file=…,line=…,col=…,title=…::message`.
pub(crate) fn annotation(kind: &str, place: Option<&Place>, title: Option<&str>, message: &str) -> String {
    let mut properties = Vec::new();
    if let Some(place) = place {
        properties.push(format!("file={}", escape_property(&place.file)));
        properties.push(format!("line={}", place.line));
        properties.push(format!("col={}", place.column));
    }
    if let Some(title) = title {
        properties.push(format!("title={}", escape_property(title)));
    }
    let separator = if properties.is_empty() { "" } else { " " };
    format!("::{kind}{separator}{}::{}", properties.join(","), escape_data(&shorten(message, MESSAGE_LIMIT)))
}

/// Cuts at a character boundary and says so. The runner counts UTF-16 units.
fn shorten(message: &str, limit: usize) -> String {
    if message.encode_utf16().count() <= limit {
        return message.to_owned();
    }
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units < limit
    };
    format!("{}…", message.chars().take_while(fits).collect::<String>())
}

/// Tells whether the runner would take a line of the text for a command: `::` behind blanks, or the old `##[` anywhere. A
/// carriage return ends a line for it as well.
pub(crate) fn holds_command(text: &str) -> bool {
    text.split(['\n', '\r']).any(|line| line.trim_start().starts_with("::")) || text.contains("##[")
}

#[cfg(test)]
mod tests {
    use super::{annotation, holds_command};
    use crate::failure::Place;

    #[test]
    fn annotations_escape_data_and_properties_differently() {
        let place = Place { file: "a:b,c.yaml".to_owned(), line: 3, column: 7 };
        assert_eq!(
            annotation("error", Some(&place), Some("50%: x"), "one\ntwo, 100%: three"),
            "::error file=a%3Ab%2Cc.yaml,line=3,col=7,title=50%25%3A x::one%0Atwo, 100%25: three"
        );
    }

    #[test]
    fn long_messages_are_cut_to_the_runners_limit() {
        let text = annotation("warning", None, None, &"ü".repeat(5_000));
        assert_eq!(text.chars().count(), "::warning::".len() + 4_096);
        let wide = annotation("warning", None, None, &"🚀".repeat(5_000));
        let units = wide.encode_utf16().count() - "::warning::".len();
        assert!((4_090..=4_096).contains(&units), "{units}");
    }

    #[test]
    fn both_forms_of_commands_are_seen() {
        assert!(holds_command("  ::set-output name=x::y"));
        assert!(holds_command("text ##[error]x"));
        assert!(holds_command("text\r::error::x"));
        assert!(!holds_command("a::b"));
    }
}
