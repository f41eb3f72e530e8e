use super::JsonPatch;
use crate::kustomize::source::Source;
use crate::kustomize::testing::{node, text};

fn patched(object: &str, patch: &str) -> Result<String, String> {
    let patch = JsonPatch::parse(&Source::file("patch.yaml", patch))?.expect("operations");
    let mut object = node(object);
    patch.apply(&mut object).map_err(|failure| failure.to_string()).map(|()| text(&object))
}

#[test]
fn operations_apply_in_order() {
    let patch = "
- {op: add, path: /a/b, value: 1}
- {op: replace, path: /c, value: [1, 2]}
- {op: add, path: /c/-, value: 3}
- {op: add, path: /c/0, value: zero}
- {op: remove, path: /c/-1}
- {op: move, from: /d, path: /e}
- {op: copy, from: /c, path: /f}
- {op: test, path: /f/1, value: 1}";
    let result = patched("{a: {}, c: x, d: y}", patch);
    assert_eq!(result.as_deref(), Ok(r#"{"a":{"b":1},"c":["zero",1,2],"e":"y","f":["zero",1,2]}"#));
}

#[test]
fn missing_fields_can_be_replaced_and_copied_but_not_removed() {
    assert_eq!(patched("{}", "[{\"op\": \"replace\", \"path\": \"/a\", \"value\": 1}]").as_deref(), Ok(r#"{"a":1}"#));
    assert_eq!(patched("{}", "- {op: copy, from: /x, path: /a}").as_deref(), Ok(r#"{"a":null}"#));
    assert_eq!(patched("{}", "- {op: add, path: /a}").as_deref(), Ok(r#"{"a":null}"#));
    for patch in [
        "- {op: remove, path: /a}",
        "- {op: add, path: /a/b, value: 1}",
        "- {op: move, from: /a, path: /b}",
        "- {op: test, path: /a, value: 1}",
        "- {op: add, path: '', value: {}}",
        "- {op: nonsense, path: /a}",
        "- {path: /a}",
        "- {op: add, value: 1}",
        "- {op: replace, path: '', value: 5}",
    ] {
        assert!(patched("{}", patch).is_err(), "{patch}");
    }
}

#[test]
fn indices_count_from_both_ends_and_stay_inside() {
    let list = "{l: [a, b]}";
    assert_eq!(patched(list, "- {op: add, path: /l/-1, value: c}").as_deref(), Ok(r#"{"l":["a","b","c"]}"#));
    assert_eq!(patched(list, "- {op: replace, path: /l/-2, value: c}").as_deref(), Ok(r#"{"l":["c","b"]}"#));
    for patch in [
        "- {op: add, path: /l/3, value: c}",
        "- {op: remove, path: /l/2}",
        "- {op: remove, path: /l/-3}",
        "- {op: remove, path: /l/x}",
    ] {
        assert!(patched(list, patch).is_err(), "{patch}");
    }
}

#[test]
fn pointers_unescape_slashes_and_tildes() {
    assert_eq!(patched("{a/b: {c~d: 1}}", "- {op: remove, path: /a~1b/c~0d}").as_deref(), Ok(r#"{"a/b":{}}"#));
}

#[test]
fn every_number_of_the_object_becomes_a_float() {
    let result = patched("{a: 9007199254740993, b: 1000000, c: 80, d: 0.5}", "- {op: add, path: /e, value: 1}");
    assert_eq!(result.as_deref(), Ok(r#"{"a":9.007199254740992e+15,"b":1e+06,"c":80,"d":0.5,"e":1}"#));
}

#[test]
fn yaml_patches_are_yaml_1_1() {
    let result = patched("{}", "- {op: add, path: /a, value: {on: yes, n: 2020-01-01, 1: 0x10}}");
    assert_eq!(result.as_deref(), Ok(r#"{"a":{"true":true,"false":"2020-01-01","1":16}}"#));
}

#[test]
fn tests_compare_values_deeply_and_by_text() {
    let object = "{a: {b: [1, {c: x}]}, d: 1, e: 'a<b'}";
    for patch in [
        "- {op: test, path: /a, value: {b: [1, {c: x}]}}",
        "- {op: test, path: /d, value: 1.0}",
        "- {op: test, path: /missing, value: null}",
        "- {op: test, path: /e, value: a<b}",
    ] {
        assert!(patched(object, patch).is_ok(), "{patch}");
    }
    for patch in [
        "- {op: test, path: /a, value: {b: [1]}}",
        "- {op: test, path: /d, value: '1'}",
        "[{\"op\": \"test\", \"path\": \"/d\", \"value\": 1.0}]",
        "[{\"op\": \"test\", \"path\": \"/e\", \"value\": \"a<b\"}]",
    ] {
        assert!(patched(object, patch).is_err(), "{patch}");
    }
}

#[test]
fn what_is_no_list_of_operations_is_refused() {
    let parse = |text: &str| JsonPatch::parse(&Source::file("p", text));
    assert!(parse("a: b").is_err());
    assert!(parse("[{op: add}]").is_err(), "a bracket means JSON");
    assert!(parse("- text").is_err());
    assert!(parse("# nothing").expect("reads").is_none());
}
