//! JSON in lines as Go's encoder indents it.

/// Breaks compact JSON into lines, indented by two blanks a level; empty containers stay closed.
pub(crate) fn indented(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 2);
    let mut level = 0_usize;
    let (mut in_text, mut escaped) = (false, false);
    let mut rest = compact.chars().peekable();
    while let Some(one) = rest.next() {
        if in_text {
            out.push(one);
            in_text = escaped || one != '"';
            escaped = !escaped && one == '\\';
            continue;
        }
        match one {
            '{' | '[' if rest.peek().is_some_and(|next| matches!(next, '}' | ']')) => {
                out.push(one);
                out.extend(rest.next());
            }
            '{' | '[' => {
                level += 1;
                out.push(one);
                new_line(level, &mut out);
            }
            '}' | ']' => {
                level -= 1;
                new_line(level, &mut out);
                out.push(one);
            }
            ',' => {
                out.push(one);
                new_line(level, &mut out);
            }
            ':' => out.push_str(": "),
            _ => {
                in_text = one == '"';
                out.push(one);
            }
        }
    }
    out
}

fn new_line(level: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", level));
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn lines_are_indented_and_empty_containers_stay_closed() {
        let expected =
            "{\n  \"a\": {\n    \"b:\\\",\": [\n      1,\n      2\n    ]\n  },\n  \"c\": [],\n  \"d\": {}\n}";
        assert_eq!(indented(r#"{"a":{"b:\",":[1,2]},"c":[],"d":{}}"#), expected);
    }
}
