//! Where pairs and list items are added to and taken from a text, in the layout that stands there.
//! Plans splices only; that the result means what it should is proven by whoever asked.

use std::ops::Range;

use super::splice::Splices;
use super::syntax::{Kind, Syntax, skip_blank};

/// Returns the line ending used around `at`: the one before it, else the one behind it, else `\n`.
pub(crate) fn line_ending(text: &str, at: usize) -> &'static str {
    let before = text[..at].rfind('\n');
    let line = before.or_else(|| text[at..].find('\n').map(|length| at + length));
    if line.is_some_and(|end| text[..end].ends_with('\r')) { "\r\n" } else { "\n" }
}

/// Returns where the line that holds `at` begins.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8().min(at) } else { start }
}

/// Returns where the line that holds `at` ends, its line ending not included.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    if text[at..end].ends_with('\r') { end - 1 } else { end }
}

/// Returns what stands before `at` on its line when that is only indentation.
fn indentation(text: &str, at: usize) -> Option<&str> {
    let before = &text[line_start(text, at)..at];
    before.chars().all(|c| c == ' ' || c == '\t').then_some(before)
}

/// Returns blanks as wide as what stands before `at` on its line.
fn width(text: &str, at: usize) -> String {
    " ".repeat(text[line_start(text, at)..at].chars().count())
}

/// Returns the position behind the colon of a pair, where its value may begin.
pub(crate) fn behind_colon(text: &str, key: &Syntax) -> usize {
    let next = skip_blank(text, key.end());
    if text[next..].starts_with(':') { next + 1 } else { key.end() }
}

/// Adds whole lines behind the line that holds `end`, the last byte of what they follow.
pub(crate) fn add_lines(text: &str, splices: &mut Splices, end: usize, lines: &[String]) {
    let ending = line_ending(text, end);
    let at = line_end(text, end);
    let added: String = lines.iter().map(|line| format!("{ending}{line}")).collect();
    splices.insert(at, added);
}

/// Adds pairs, written as `key: value`, to a mapping that loses those at `removed` in the same go.
pub(crate) fn add_pairs(text: &str, splices: &mut Splices, mapping: &Syntax, removed: &[usize], added: &[String]) {
    let Kind::Mapping(present, flow) = &mapping.kind else { return };
    let kept: Vec<&(Syntax, Syntax)> =
        present.iter().enumerate().filter(|(index, _)| !removed.contains(index)).map(|(_, pair)| pair).collect();
    let Some((first, _)) = kept.first() else {
        splices.replace(mapping.span.clone(), format!("{{{}}}", added.join(", ")));
        return;
    };
    if *flow {
        let (key, value) = kept.last().expect("it has a first pair");
        add_flow(text, splices, key.start()..value.end().max(key.end()), added);
        return;
    }
    let own_line = present.iter().find_map(|(key, _)| indentation(text, key.start()));
    let indent = own_line.map_or_else(|| width(text, first.start()), str::to_owned);
    let behind = kept.iter().rev().find(|(key, value)| is_one_line(text, key, value));
    match behind {
        Some((key, value)) => {
            let lines: Vec<String> = added.iter().map(|pair| format!("{indent}{pair}")).collect();
            add_lines(text, splices, value.end().max(key.end()), &lines);
        }
        None => {
            let ending = line_ending(text, first.start());
            let before: String = added.iter().map(|pair| format!("{pair}{ending}{indent}")).collect();
            splices.insert(first.start(), before);
        }
    }
}

fn is_one_line(text: &str, key: &Syntax, value: &Syntax) -> bool {
    let scalar = matches!(value.kind, Kind::Scalar(..) | Kind::Alias(_));
    scalar && !text[key.start()..value.end().max(key.end())].contains('\n')
}

/// Adds items to a list; `flow` items are written as one text, `block` ones as lines without the dash.
pub(crate) fn add_flow_items(text: &str, splices: &mut Splices, list: &Syntax, items: &[String]) {
    let Kind::Sequence(present, _) = &list.kind else { return };
    match present.last() {
        Some(last) => add_flow(text, splices, last.start()..last.end(), items),
        None => splices.replace(list.span.clone(), format!("[{}]", items.join(", "))),
    }
}

/// Adds to a `{…}` or `[…]` behind its last element: on the same line, or on lines of their own where that one has one.
fn add_flow(text: &str, splices: &mut Splices, last: Range<usize>, added: &[String]) {
    let comma = skip_blank(text, last.end);
    let has_comma = text[comma..].starts_with(',');
    let closing = skip_blank(text, if has_comma { comma + 1 } else { last.end });
    let own_line = indentation(text, last.start).filter(|_| text[last.end..closing].contains('\n'));
    let Some(indent) = own_line else {
        splices.insert(last.end, added.iter().map(|text| format!(", {text}")).collect::<String>());
        return;
    };
    if !has_comma {
        splices.insert(last.end, ",");
    }
    let ending = line_ending(text, last.end);
    let lines = added.join(&format!(",{ending}{indent}"));
    let tail = if has_comma { "," } else { "" };
    let behind = if has_comma { comma + 1 } else { last.end };
    splices.insert(line_end(text, behind), format!("{ending}{indent}{lines}{tail}"));
}

/// Where the dashes of a block list stand, and what stands between a dash and its item.
pub(crate) struct Dashes {
    /// Indentation of the dash.
    pub(crate) indent: String,
    /// Blanks from the dash to the item.
    pub(crate) gap: String,
}

/// Returns the layout of a block list that has an item; `behind` is a position right behind the list's key.
pub(crate) fn dashes(text: &str, list: &Syntax, behind: usize) -> Option<Dashes> {
    let Kind::Sequence(items, false) = &list.kind else { return None };
    let from = list.anchor.as_ref().map_or(behind, |anchor| anchor.span.end.max(behind));
    let from = list.tag.as_ref().map_or(from, |tag| tag.end.max(from));
    let dash = skip_blank(text, from);
    if !text[dash..].starts_with('-') {
        return None;
    }
    let first = items.first()?.start();
    let gap = text.get(dash + 1..first).filter(|gap| !gap.is_empty() && gap.chars().all(|c| c == ' '));
    Some(Dashes { indent: indentation(text, dash)?.to_owned(), gap: gap.unwrap_or(" ").to_owned() })
}

/// Takes the pairs at `removed` (ascending) out of a mapping and keeps every comment.
pub(crate) fn remove_pairs(text: &str, splices: &mut Splices, mapping: &Syntax, removed: &[usize]) {
    let Kind::Mapping(pairs, flow) = &mapping.kind else { return };
    let ranges: Vec<Range<usize>> =
        pairs.iter().map(|(key, value)| key.start()..value.end().max(behind_colon(text, key))).collect();
    let last_kept = (0..pairs.len()).rev().find(|index| !removed.contains(index));
    // One past the removed pair behind a dash, whose place the next thing takes.
    let mut moved_up_to = None;
    for index in removed {
        let pair = ranges[*index].clone();
        let own_line = indentation(text, pair.start).is_some() && moved_up_to != Some(pair.start);
        if *flow {
            remove_flow_pair(text, splices, pair, last_kept.is_some_and(|kept| *index < kept));
        } else if own_line {
            remove_line(text, splices, pair);
        } else {
            let next = pair.end + (text[pair.end..].len() - text[pair.end..].trim_start().len());
            splices.remove(pair.start..next);
            moved_up_to = Some(next);
        }
    }
}

fn remove_flow_pair(text: &str, splices: &mut Splices, pair: Range<usize>, has_next: bool) {
    let comma = skip_blank(text, pair.end);
    let has_comma = text[comma..].starts_with(',') && is_blank(&text[pair.end..comma]);
    let end = if has_comma { comma + 1 } else { pair.end };
    let ending = line_end(text, end);
    if indentation(text, pair.start).is_some() && is_blank(&text[end..ending]) {
        splices.remove(before_line(text, pair.start)..ending);
    } else if has_next {
        let blanks = text[end..].len() - text[end..].trim_start_matches([' ', '\t']).len();
        splices.remove(pair.start..end + blanks);
    } else {
        // The comma before it goes with it; one behind it stays, which is legal.
        let before = text[..pair.start].trim_end_matches([' ', '\t']);
        let start = if before.ends_with(',') { before.len() - 1 } else { pair.start };
        splices.remove(start..pair.end);
    }
}

/// Removes a pair with its line; a comment behind it stays and gets the line for itself.
fn remove_line(text: &str, splices: &mut Splices, pair: Range<usize>) {
    let ending = line_end(text, pair.end);
    let rest = &text[pair.end..ending];
    if is_blank(rest) {
        splices.remove(before_line(text, pair.start)..ending);
    } else {
        splices.remove(pair.start..ending - rest.trim_start().len());
    }
}

/// Returns where the line before the one that holds `at` ends, its line ending not included.
fn before_line(text: &str, at: usize) -> usize {
    let start = line_start(text, at);
    let start = text[..start].strip_suffix('\n').map_or(start, str::len);
    text[..start].strip_suffix('\r').map_or(start, str::len)
}

fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}
