use super::print;
use crate::yaml;

/// What go-yaml v3 prints for each text (kyaml `RNode.String` of kustomize 5.8.2).
#[test]
fn documents_print_as_go_yaml_v3_prints_them() {
    for (text, expected) in CASES {
        let document = yaml::parse_first(text.as_bytes()).expect("reads").expect("a document");
        assert_eq!(&print(&document.root, text), expected, "\n{text}");
    }
}

#[test]
fn a_comment_behind_a_value_moves_to_the_head_of_the_block_that_takes_its_place() {
    let text = "a: x # why\nb: 1 # one\n";
    let mut document = yaml::parse_first(text.as_bytes()).expect("reads").expect("a document");
    let map = document.root.as_mapping_mut().expect("a map");
    map.set("a", yaml::Node::string("two\nlines\n"));
    assert_eq!(print(&document.root, text), "a: | # why\n  two\n  lines\nb: 1 # one\n");
}

const CASES: [(&str, &str); 28] = [
    ("a: 1 # l\n# f\n\nb: 2\n", "a: 1 # l\n# f\nb: 2\n"),
    ("a: 1\n# f\n\n# h\n\nb: 2\n", "a: 1\n# f\n\n# h\nb: 2\n"),
    ("a: 1\n\n# f\n\n# h\nb: 2\n", "a: 1\n# f\n\n# h\nb: 2\n"),
    ("a:\n- x\n# f\n\nb: 1\n", "a:\n- x\n# f\n\nb: 1\n"),
    ("a:\n  x: 1\n  # foot\n\n# h\n\nb: 2\n", "a:\n  x: 1\n  # foot\n# h\nb: 2\n"),
    ("a: 1\n\n# c\n\nb: 2\n", "a: 1\n# c\nb: 2\n"),
    ("a: 1\n# c\n\nb: 2\n", "a: 1\n# c\n\nb: 2\n"),
    ("a: 1\n# c\n# d\n\n\n# e\nb: 2\n", "a: 1\n# c\n# d\n\n# e\nb: 2\n"),
    ("a:\n  x: 1\n\n  # c\n\n  y: 2\n# z\nb: 2\n", "a:\n  x: 1\n  # c\n  y: 2\n# z\nb: 2\n"),
    ("a:\n- 1\n\n# c\n\n- 2\n", "a:\n- 1\n# c\n- 2\n"),
    ("a:\n\n  # first\n\n  x: 1\n", "a:\n  # first\n  x: 1\n"),
    ("a: # k\n  x: 1\n", "a: # k\n  x: 1\n"),
    ("a: # k\n- 1\n", "a: # k\n- 1\n"),
    ("- # k\n  a: 1\n", "- # k\n  a: 1\n"),
    ("a: |  # lit\n  x\nb: 1\n", "a: | # lit\n  x\nb: 1\n"),
    ("a: 1\n\n\n# end\n", "a: 1\n\n# end\n"),
    ("a: 1\n# end\n\n# end2\n", "a: 1\n# end\n\n# end2\n"),
    ("# h1\n\n\n# h2\n\na: 1\n", "# h1\n\n# h2\n\na: 1\n"),
    ("a: {} # e\nb: [] # f\n", "a: {} # e\nb: [] # f\n"),
    ("a: \"x#y\" # q\nb: 'y # z' # r\nc: a#b\n", "a: \"x#y\" # q\nb: 'y # z' # r\nc: a#b\n"),
    ("a: >\n  text\n  more\n\n  para\nb: |+\n  lit\n\nc: 1\n", "a: >\n  text more\n\n  para\n\nb: |+\n  lit\n\nc: 1\n"),
    (
        "e: \"a\\tb\\u00e9\\n\"\ni: [a, b, {c: d}]\nj: {}\nk:\nl: ~\nm: \"  lead\"\nn: 'it''s'\n",
        "e: \"a\\tbé\\n\"\ni: [a, b, {c: d}]\nj: {}\nk:\nl: ~\nm: \"  lead\"\nn: 'it''s'\n",
    ),
    (
        "server:\n    port: 8080 # the port\n    host: localhost\n\nlogging:\n    level: info\n    # foot\n\n# rest\nother: x\n",
        "server:\n  port: 8080 # the port\n  host: localhost\nlogging:\n  level: info\n  # foot\n# rest\nother: x\n",
    ),
    ("a:\n  - x: 1\n    # in item\n    y: 2\n  - z\nb: 1\n", "a:\n- x: 1\n  # in item\n  y: 2\n- z\nb: 1\n"),
    ("- a\n- - b\n  - c\n-\n  d: e\n", "- a\n- - b\n  - c\n- d: e\n"),
    ("a: {b: [x, 'y', \"z\"], c: {d: 1}}\n", "a: {b: [x, 'y', \"z\"], c: {d: 1}}\n"),
    ("x: |-\n   three\n     five\n\n   end\n", "x: |-\n  three\n    five\n\n  end\n"),
    (
        "a:\n  b:\n    c: 1\n    # deep\n  # mid\n# top\nd: 1\n",
        "a:\n  b:\n    c: 1\n    # deep\n  # mid\n# top\nd: 1\n",
    ),
];
