//! Text that others wrote, made safe for Markdown: it forges neither markup nor HTML, cells, links or the end of a block. Pure.

/// Inline code that its text cannot leave.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text).replace('`', "ˋ").replace('|', "\\|");
    format!("`{text}`")
}

/// Text that is neither markup nor HTML nor a new table cell.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '$' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

/// Text inside an HTML tag that we wrote, such as `<summary>`.
pub(super) fn html(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A link; the bare text where the address is none of the web's.
pub(super) fn link(text: &str, url: &str) -> String {
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return text.to_owned();
    }
    let mut address = String::with_capacity(url.len());
    for character in url.chars() {
        match character {
            '(' => address.push_str("%28"),
            ')' => address.push_str("%29"),
            '<' => address.push_str("%3C"),
            '>' => address.push_str("%3E"),
            '|' => address.push_str("%7C"),
            '\\' => address.push_str("%5C"),
            c if c.is_whitespace() || c.is_control() => address.push_str("%20"),
            c => address.push(c),
        }
    }
    format!("[{text}]({address})")
}

/// A fenced block that no line of its text can end.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let longest = text.lines().map(|line| line.trim_start().chars().take_while(|c| *c == '~').count()).max();
    let fence = "~".repeat(longest.unwrap_or(0).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{code, escape, fenced, html, link};

    #[test]
    fn values_cannot_forge_cells_links_or_html() {
        assert_eq!(escape("a|b [x](y) <img> $1$"), "a\\|b \\[x\\](y) &lt;img&gt; \\$1\\$");
        assert_eq!(code("a`b|c\nd"), "`aˋb\\|c d`");
        assert_eq!(html("</summary><b>"), "&lt;/summary&gt;&lt;b&gt;");
    }

    #[test]
    fn a_log_cannot_end_its_own_block() {
        let text = fenced("text", "one\n~~~\n## forged\n  ~~~~~\n");
        assert!(text.starts_with("~~~~~~text\n") && text.ends_with("\n~~~~~~\n"), "{text}");
    }

    #[test]
    fn only_addresses_of_the_web_are_linked() {
        assert_eq!(link("a", "javascript:alert(1)"), "a");
        assert_eq!(link("a", "https://h/x) [b](y"), "[a](https://h/x%29%20[b]%28y)");
    }
}
