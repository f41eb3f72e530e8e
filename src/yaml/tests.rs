//! What the reader and the printers promise, on literal texts. Expected output comes from kustomize 5.8.2.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn printed(source: &str) -> String {
    emit(&parse(source.as_bytes()).unwrap()).unwrap()
}

fn refused(source: &str) -> String {
    parse(source.as_bytes()).unwrap_err().to_string()
}

fn unprintable(source: &str) -> String {
    emit(&parse(source.as_bytes()).unwrap()).unwrap_err().locate(source.as_bytes()).to_string()
}

/// Prints `v: TEXT` and returns what stands behind `v: `.
fn value(text: &str) -> String {
    let out = printed(&format!("v: {text}\n"));
    out.strip_prefix("v: ").unwrap_or(&out).trim_end().to_owned()
}

#[test]
fn plain_scalars_are_printed_as_what_go_yaml_takes_them_for() {
    let table = [
        ("0x1F", "31"),
        ("0b101", "5"),
        ("0o17", "15"),
        ("017", "15"),
        ("08", "8"),
        ("1_000", "1000"),
        ("+5", "5"),
        ("-0.0", "0"),
        ("1.0", "1"),
        ("1e3", "1000"),
        ("1e15", "1000000000000000"),
        ("1e20", "1e+20"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "1.8446744073709552e+19"),
        ("123000000000000000000000000000", "1.23e+29"),
        ("123456.5", "123456.5"),
        ("1234567.5", "1.2345675e+06"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("True", "true"),
        ("FALSE", "false"),
        ("~", "null"),
        ("Null", "null"),
        ("yes", "\"yes\""),
        ("on", "\"on\""),
        ("y", "\"y\""),
        ("tRUE", "tRUE"),
        ("1:30", "\"1:30\""),
        ("2020-01-01", "\"2020-01-01T00:00:00Z\""),
        ("2020-1-1 2:3:4.50", "\"2020-01-01T02:03:04.5Z\""),
        ("2020-02-30", "2020-02-30"),
        ("2020-01-01T00:00:00+02:00", "\"2020-01-01T00:00:00+02:00\""),
        ("!!str 1", "\"1\""),
        ("!!binary aGk=", "hi"),
        ("!!float 1", "1"),
        ("!!int \"5\"", "5"),
        ("!x 5", "\"5\""),
        ("1.", "1"),
        (".5", "0.5"),
        (".5_0", "0.5"),
        ("0b-101", "-5"),
        ("0o-7", "-7"),
        ("1e400", "1e400"),
        ("1.2.3", "1.2.3"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-9223372036854775809", "-9.223372036854776e+18"),
        ("0x", "0x"),
    ];
    for (text, expected) in table {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn strings_are_quoted_as_go_yaml_v2_quotes_them() {
    let double =
        ["true", "yes", "y", "n", "on", "~", "1", "0x1F", "1_000", "1e3", ".5", "08", "1:30", "2020-01-01", ".inf", ""];
    let single = [
        "-", "- a", "? x", "a: b", "a:", "::", "a #b", "@a", "%a", "!a", "&a", "*a", ">a", "{a", ", a", "---", "...a",
        " a", "a ", "'a", "\"a", "`a", "[a", "|a",
    ];
    let plain = [
        "-a", "a#b", "a:b", "a{b}", "a, b", "=", "<<", "<a", "~a", "it's", "0x", "NaN", "inf", "1.2.3", "$(V)",
        "\u{a0}", "日本", "é", "?a", ":a", "null-x", "1e400",
    ];
    for text in double {
        assert_eq!(emit([&Node::string(text)]).unwrap(), format!("\"{text}\"\n"));
    }
    for text in single {
        assert_eq!(emit([&Node::string(text)]).unwrap(), format!("'{}'\n", text.replace('\'', "''")));
    }
    for text in plain {
        assert_eq!(emit([&Node::string(text)]).unwrap(), format!("{text}\n"));
    }
}

#[test]
fn special_characters_are_escaped() {
    let table = [
        ("a\tb", r#""a\tb""#),
        ("a\rb", r#""a\rb""#),
        ("\u{1b}[0m", r#""\e[0m""#),
        ("\u{1F600}", r#""\U0001F600""#),
        ("a \nb", r#""a \nb""#),
        ("\u{feff}A", r#""\uFEFF\x41""#),
        ("a\u{feff}", r#""a\uFEFF""#),
        ("\0", r#""\0""#),
        ("a\tb\nc\n", r#""a\tb\nc\n""#),
        ("\u{feff}é", r#""\uFEFF\xE9""#),
    ];
    for (text, expected) in table {
        assert_eq!(emit([&Node::string(text)]).unwrap(), format!("{expected}\n"));
    }
}

#[test]
fn texts_of_several_lines_are_literal_blocks() {
    let mut object = Mapping::default();
    for (key, text) in [("a", "x\ny\n"), ("b", "x\ny"), ("c", "x\n\n"), ("d", " x\ny\n"), ("e", "\nx"), ("f", "\n")] {
        object.set(key, Node::string(text));
    }
    let expected = "a: |\n  x\n  y\nb: |-\n  x\n  y\nc: |+\n  x\n\nd: |2\n   x\n  y\ne: |2-\n\n  x\nf: |2+\n\n";
    assert_eq!(emit([&Node::Mapping(object)]).unwrap(), expected);
}

#[test]
fn keys_stand_in_natural_order() {
    let keys = ["_x", "9", "10", "A", "a", "a-b", "a.b", "a/b", "a_b", "a01", "a9", "a10", "ab", "é"];
    let mut object = Mapping::default();
    for key in keys.iter().rev() {
        object.set(key, Node::string("v"));
    }
    let printed = emit([&Node::Mapping(object)]).unwrap();
    let found: Vec<&str> = printed.lines().map(|line| line.trim_end_matches(": v").trim_matches('"')).collect();
    assert_eq!(found, keys);
}

#[test]
fn long_lines_fold_behind_column_80() {
    let words = ["wordy"; 20].join(" ");
    let folded = printed(&format!("v: {words}\n"));
    assert_eq!(folded.lines().next().unwrap().len(), 86);
    assert!(folded.lines().nth(1).unwrap().starts_with("  wordy"));
    let double_space = format!("v: {} {}\n", "a".repeat(90), "b  c d");
    assert_eq!(printed(&double_space), format!("v: {}\n  b  c d\n", "a".repeat(90)));
    let quoted = format!("v: \"{} b\\t  c   d\"\n", "a".repeat(85));
    assert_eq!(printed(&quoted), format!("v: \"{}\n  b\\t  c   d\"\n", "a".repeat(85)));
    let broken_run = format!("v: \"{}   b\\t\"\n", "a".repeat(85));
    assert_eq!(printed(&broken_run), format!("v: \"{}\n  \\  b\\t\"\n", "a".repeat(85)));
}

#[test]
fn long_keys_stand_behind_a_question_mark() {
    let key = "k".repeat(129);
    assert_eq!(printed(&format!("{key}: 1\n")), format!("? {key}\n: 1\n"));
    assert_eq!(printed(&format!("{key}:\n- a\n")), format!("? {key}\n: - a\n"));
    assert_eq!(printed(&format!("{}: 1\n", &key[1..])), format!("{}: 1\n", &key[1..]));
}

#[test]
fn lists_are_not_indented_and_objects_are_joined() {
    let source = "b:\n    - x: 1\n      y:\n          - - 1\n            - {}\n          - []\n---\n# only a comment\n---\na: null\n---\nnull\n";
    assert_eq!(printed(source), "b:\n- x: 1\n  \"y\":\n  - - 1\n    - {}\n  - []\n---\na: null\n");
}

#[test]
fn what_kustomize_cannot_print_is_refused_with_path_and_place() {
    assert_eq!(unprintable("a:\n  b: 1\n  b: 2\n"), "line 3, column 3: a.b: this key stands twice in one map");
    assert_eq!(unprintable("a:\n  1: x\n"), "line 2, column 3: a: the key `1` is not text: quote it");
    assert_eq!(unprintable("a: [0, .inf]\n"), "line 1, column 8: a[1]: `.inf` cannot be written as JSON: quote it");
    assert_eq!(unprintable("a: !!int abc\n"), "line 1, column 10: a: `abc` is no integer");
    assert!(unprintable("a: .nan\n").contains(".nan"));
    assert!(unprintable("a: \"\\x7f\"\n").contains("U+007F"));
    assert_eq!(printed("1: x\ntrue: y\n"), "\"1\": x\n\"true\": \"y\"\n");
}

#[test]
fn a_text_that_no_longer_fits_its_tag_is_refused() {
    let mut node = parse(b"a: 5\n").unwrap().remove(0);
    node.as_mapping_mut().unwrap().get_mut("a").unwrap().as_scalar_mut().unwrap().text = "1.5".into();
    assert_eq!(emit([&node]).unwrap_err().to_string(), "a: `1.5` is no integer");
}

#[test]
fn a_quoted_style_keeps_a_number_text() {
    let scalar = Scalar { text: "5".into(), tag: Tag::Int, style: Style::DoubleQuoted, ..Scalar::default() };
    assert_eq!(emit([&Node::Scalar(scalar)]).unwrap(), "\"5\"\n");
}

#[test]
fn inside_flow_collections_nothing_is_an_empty_text() {
    assert_eq!(printed("a: {b, c: }\nd: [~]\ne:\n"), "a:\n  b: \"\"\n  c: \"\"\nd:\n- null\ne: null\n");
}

#[test]
fn documents_are_cut_at_lines_that_start_with_three_dashes() {
    assert_eq!(parse(b"a: 1\n--- # c\nb: 2\n---\n").unwrap().len(), 2);
    assert_eq!(parse(b"---\na: |\n  x\n---\nb: 2\n").unwrap().len(), 2);
    assert!(refused("a: 1\n--- b: 2\n").contains("line 2, column 1: only a comment may follow"));
    assert!(refused("a: 1\n----\nb: 2\n").contains("line 2"));
    assert_eq!(printed("a: 1\n...\nlost: text\n"), "a: 1\n");
    assert!(refused("%YAML 1.1\n---\na: 1\n").contains("directives"));
    assert_eq!(parse_first(b"---\na: 1\n---\n[").unwrap().unwrap().root.get("a").unwrap().text(), Some("1"));
}

#[test]
fn aliases_and_merge_keys_are_expanded() {
    let source = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 9\nw: *x\n";
    assert_eq!(
        printed(source),
        "w:\n  a: 1\n  b: 2\nx:\n  a: 1\n  b: 2\n\"y\":\n  b: 3\n  c: 4\nz:\n  a: 9\n  b: 2\n  c: 4\n"
    );
    assert!(refused("a: *b\n").contains("line 1, column 4: the anchor `b` is not defined"));
    assert!(refused("a: &a [*a]\n").contains("contains itself"));
    assert!(refused("a:\n  <<: 1\n").contains("merge key"));
    assert!(refused("a: &l [{b: 1}]\nc:\n  <<: *l\n").contains("merge key"));
}

#[test]
fn spans_are_those_of_the_source_with_crlf_and_byte_order_mark() {
    let source =
        "\u{feff}# c\r\nimages:\r\n- name: 'a'  # x\r\n  newTag: &t \"1\"\r\n- newTag: *t\r\n- name: |\r\n    b\r\n";
    let documents = parse_documents(source.as_bytes()).unwrap();
    let images = documents[0].root.get("images").unwrap().as_sequence().unwrap();
    let text = |node: &Node| &source[node.span().range()];
    assert_eq!(text(images.items[0].get("name").unwrap()), "'a'");
    assert_eq!(text(images.items[0].get("newTag").unwrap()), "\"1\"");
    assert_eq!(text(images.items[1].get("newTag").unwrap()), "*t");
    assert_eq!(text(images.items[2].get("name").unwrap()), "|\r\n    b");
    assert_eq!(text(&images.items[0]), "name: 'a'  # x\r\n  newTag: &t \"1\"");
    assert_eq!(&source[documents[0].aliases[0].range()], "*t");
    assert_eq!(&source[documents[0].anchored[0].range()], "\"1\"");
    assert_eq!(Position::of(source.as_bytes(), images.items[0].span().start as usize), Position { line: 3, column: 3 });
    assert!(refused("\u{feff}a: 1\r\nb: [\r\n").contains("line 2, column 4"));
}

#[test]
fn nothing_has_an_empty_span_behind_its_colon() {
    let source = "a:   # c\nb: 1\n";
    let documents = parse_documents(source.as_bytes()).unwrap();
    assert_eq!(documents[0].root.get("a").unwrap().span(), Span { start: 2, end: 2 });
}

#[test]
fn deep_large_and_growing_texts_are_refused_quickly() {
    let start = Instant::now();
    let deep = 100_000;
    assert!(refused(&"[".repeat(deep)).contains("nested deeper"));
    assert!(refused(&"{a: ".repeat(deep)).contains("nested deeper"));
    assert!(refused(&"- ".repeat(deep)).contains("nested deeper"));
    assert!(refused(&format!("a: {}", "&a [".repeat(deep))).contains("nested deeper"));
    let steps: String = (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(refused(&steps).contains("nested deeper"));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 1..20 {
        let before = at - 1;
        bomb.push_str(&format!(
            "a{at}: &a{at} [*a{before}, *a{before}, *a{before}, *a{before}, *a{before}, *a{before}]\n"
        ));
    }
    assert!(refused(&bomb).contains("expand to too much"));
    assert!(refused(&"a: b\n".repeat(14 << 20)).contains("MiB"));
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn the_deepest_allowed_tree_can_be_read_printed_and_dropped() {
    let source = format!("a: {}{}\n", "[".repeat(MAX_DEPTH - 2), "]".repeat(MAX_DEPTH - 2));
    let nodes = parse(source.as_bytes()).unwrap();
    assert!(emit(&nodes).unwrap().len() > MAX_DEPTH);
    assert!(to_json(&nodes[0]).is_ok());
    assert!(to_block(&nodes[0]).ends_with("]\n"));
}

#[test]
fn bad_bytes_are_refused_with_their_place() {
    assert_eq!(
        parse(b"a: 1\nb: \xff\n").unwrap_err().to_string(),
        "line 2, column 4: the text is not valid UTF-8 here"
    );
    assert_eq!(refused("a: \u{1}\n"), "line 1, column 4: the control character U+0001 is not allowed");
    assert!(parse(b"\xff\xfea\0").unwrap_err().to_string().contains("UTF-16"));
    assert!(refused("a: b\n\tc: d\n").contains("tab"));
}

#[test]
fn json_is_compact_sorted_and_escaped_as_go_writes_it() {
    let node = parse(b"b: [1, 1.0, 1e21, 1e-7, 2020-01-01, ~, true]\na: \"<&>\\u2028\\b\"\n").unwrap().remove(0);
    let expected = r#"{"a":"\u003c\u0026\u003e\u2028\b","b":[1,1,1e+21,1e-7,"2020-01-01T00:00:00Z",null,true]}"#;
    assert_eq!(to_json(&node).unwrap(), expected);
}

#[test]
fn json_values_become_nodes_that_print_the_same() {
    let json = serde_json::json!({"a": [1, -1, 1.5, 1e6, 18_446_744_073_709_551_615u64, null, true], "b": "yes", "c": "x\ny", "d": {}});
    let node = from_value(&json);
    assert_eq!(
        to_value(&node).unwrap(),
        serde_json::json!({"a": [1, -1, 1.5, 1_000_000, 18_446_744_073_709_551_615u64, null, true], "b": "yes", "c": "x\ny", "d": {}})
    );
    assert_eq!(
        to_block(&node),
        "a:\n- 1\n- -1\n- 1.5\n- 1e+06\n- 18446744073709551615\n- null\n- true\nb: \"yes\"\nc: |-\n  x\n  y\nd: {}\n"
    );
}

#[test]
fn the_block_printer_keeps_order_and_styles() {
    let source =
        "labels: {\n  app: \"x\",\n  v: '1', w: a:b,\n}\nb:\n    - x\n    - y: 1\n      z: >\n        a\n        b\n";
    let expected = "labels: {app: \"x\", v: '1', w: 'a:b'}\nb:\n- x\n- y: 1\n  z: >\n    a b\n\n";
    assert_eq!(to_block(&parse(source.as_bytes()).unwrap()[0]), expected);
}

#[test]
fn tags_are_resolved_in_both_dialects() {
    assert_eq!((resolve_tag("n"), resolve_tag_yaml11("n")), (Tag::Str, Tag::Bool));
    assert_eq!((resolve_tag("0o17"), resolve_tag("<<"), resolve_tag("")), (Tag::Int, Tag::Merge, Tag::Null));
}

proptest! {
    #[test]
    fn printed_text_is_read_back_by_another_library(text in "[ -~\n\u{a0}-\u{d0ff}\u{1f600}]{0,120}", key in "[a-zA-Z0-9./_ -]{1,30}") {
        let mut object = Mapping::default();
        object.set(&key, Node::Sequence(Sequence { items: vec![Node::string(text.as_str())], ..Sequence::default() }));
        let printed = emit([&Node::Mapping(object)]).unwrap();
        let read: serde_yaml::Value = serde_yaml::from_str(&printed).unwrap();
        prop_assert_eq!(read[key.as_str()][0].as_str(), Some(text.as_str()));
        prop_assert_eq!(emit(&parse(printed.as_bytes()).unwrap()).unwrap(), printed);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "([-?:,{}&*!|>'\"%@# \n\t]|\\[|\\]|[a-c01~]|<<|---|\\.\\.\\.){0,60}") {
        if let Ok(nodes) = parse(text.as_bytes()) {
            let _ = emit(&nodes);
            nodes.iter().for_each(|node| drop(to_block(node)));
        }
    }
}
