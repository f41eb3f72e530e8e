use super::Replacement;
use crate::kustomize::openapi::SchemaInUse;
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::source::Source;
use crate::kustomize::testing::text;
use crate::kustomize::value::{Reading, Value};
use crate::yaml;

const OBJECTS: &str = "
{apiVersion: v1, kind: ConfigMap, metadata: {name: from}, data: {port: '8080', host: a.b.c, count: 5, map: {k: v}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: to, labels: {app: web}}, spec: {ports: [{n: x, p: 1}, {n: xy, p: 2}], text: 'u:v:w', num: 7}}
";

/// Applies a replacement and returns the changed Pod's spec.
fn replaced(replacement: &str) -> Result<String, String> {
    replaced_in(OBJECTS, replacement, &["spec"])
}

fn replaced_in(objects: &str, replacement: &str, path: &[&str]) -> Result<String, String> {
    let source = Source::file("replacement.yaml", replacement);
    let node = source.first_document().expect("reads").expect("a document");
    let fields =
        Value::new(&node, &source, Reading::Strict).fields(&Replacement::FIELDS).map_err(|error| error.to_string())?;
    let replacement = Replacement::from_fields(&fields).map_err(|error| error.to_string())?;
    let mut map = ResourceMap::default();
    for node in yaml::parse(objects.as_bytes()).expect("reads") {
        map.append(Resource::new(node, &SchemaInUse::default())).expect("unique");
    }
    replacement.apply(&mut map).map_err(|error| error.to_string())?;
    let last = map.resources().last().expect("objects");
    Ok(last.node.at(path).map(text).expect("the path is there"))
}

fn from_port(target: &str) -> Result<String, String> {
    replaced(&format!(
        "{{source: {{kind: ConfigMap, fieldPath: data.port}}, targets: [{{select: {{kind: Pod}}, {target}}}]}}"
    ))
}

fn given(value: &str, target: &str) -> Result<String, String> {
    replaced(&format!("{{sourceValue: {value}, targets: [{{select: {{kind: Pod}}, {target}}}]}}"))
}

const PORTS: &str = r#""ports":[{"n":"x","p":1},{"n":"xy","p":2}]"#;

#[test]
fn a_scalar_keeps_its_type_and_takes_the_text() {
    let expected = format!(r#"{{{PORTS},"text":"u:v:w","num":8080}}"#);
    assert_eq!(from_port("fieldPaths: [spec.num]"), Ok(expected));
    let expected = format!(r#"{{{PORTS},"text":"8080","num":7}}"#);
    assert_eq!(from_port("fieldPaths: [spec.text]"), Ok(expected));
    let unfit = given("abc", "fieldPaths: [spec.num]").expect("is only refused when it is printed");
    assert!(unfit.ends_with(r#""num":abc}"#), "{unfit}");
}

#[test]
fn created_fields_take_the_type_of_their_text() {
    let made = from_port("fieldPaths: [spec.new.deep, 'spec.list.[k=z].v'], options: {create: true}").expect("made");
    assert!(made.ends_with(r#""new":{"deep":8080},"list":[{"k":"z","v":8080}]}"#), "{made}");
    assert!(from_port("fieldPaths: [spec.missing]").is_err());
    assert!(from_port("fieldPaths: [spec.ports.5.p], options: {create: true}").is_err(), "no gaps");
}

#[test]
fn matches_are_patterns_anywhere_in_the_text() {
    let all = from_port("fieldPaths: ['spec.ports.[n=x].p']").expect("matches");
    assert!(all.contains(r#"[{"n":"x","p":8080},{"n":"xy","p":8080}]"#), "{all}");
    let one = from_port("fieldPaths: ['spec.ports.[n=^x$].p']").expect("matches");
    assert!(one.contains(r#"[{"n":"x","p":8080},{"n":"xy","p":2}]"#), "{one}");
    let every = from_port("fieldPaths: ['spec.ports.*.p']").expect("matches");
    assert_eq!(every, all);
}

#[test]
fn delimiters_take_apart_and_put_together() {
    let text = |options: &str| {
        given("NEW", &format!("fieldPaths: [spec.text], options: {{delimiter: ':', {options}}}")).expect("set")
    };
    for (index, expected) in [(0, "NEW:v:w"), (2, "u:v:NEW"), (3, "u:v:w:NEW"), (-1, "NEW:u:v:w")] {
        assert!(text(&format!("index: {index}")).contains(expected), "{index}");
    }
    let part = "{source: {kind: ConfigMap, fieldPath: data.host, options: {delimiter: '.', index: 1}}, targets: [{select: {kind: Pod}, fieldPaths: [spec.text]}]}";
    assert!(replaced(part).expect("set").contains(r#""text":"b""#));
    assert!(replaced(&part.replace("index: 1", "index: 3")).is_err());
}

#[test]
fn maps_and_lists_are_replaced_whole() {
    let whole =
        "{source: {kind: ConfigMap, fieldPath: data.map}, targets: [{select: {kind: Pod}, fieldPaths: [spec.ports]}]}";
    assert!(replaced(whole).expect("set").starts_with(r#"{"ports":{"k":"v"}"#));
}

#[test]
fn targets_are_selected_and_rejected() {
    let change =
        |target: &str| replaced(&format!("{{sourceValue: NEW, targets: [{{{target}, fieldPaths: [spec.text]}}]}}"));
    for target in
        ["select: {name: t.}", "select: {labelSelector: app=web}", "select: {kind: Pod}, reject: [{name: other}]"]
    {
        assert!(change(target).expect("applies").contains(r#""text":"NEW""#), "{target}");
    }
    for target in [
        "select: {name: o}",
        "select: {namespace: default}",
        "select: {labelSelector: app=api}",
        "select: {kind: Pod}, reject: [{labelSelector: app=web}]",
        "select: {kind: Pod}, reject: [{name: to}]",
    ] {
        assert!(change(target).expect("applies").contains("u:v:w"), "{target}");
    }
}

#[test]
fn the_source_must_be_exactly_one_field_of_one_object() {
    for source in [
        "{kind: Secret}",
        "{}",
        "{kind: ConfigMap, fieldPath: data.nothing}",
        "{name: fro}",
        "{kind: ConfigMap, fieldPath: data.*}",
    ] {
        let entry = format!("{{source: {source}, targets: [{{select: {{kind: Pod}}}}]}}");
        assert!(replaced(&entry).is_err(), "{source}");
    }
    for entry in [
        "{targets: []}",
        "{sourceValue: a}",
        "{sourceValue: a, source: {kind: Pod}, targets: []}",
        "{sourceValue: a, targets: [{fieldPaths: [x]}]}",
    ] {
        assert!(replaced(entry).is_err(), "{entry}");
    }
}

#[test]
fn a_missing_field_is_answered_with_the_fields_there() {
    let source = Source::file("r", "{sourceValue: a, targets: [{select: {kind: Pod}, fieldPaths: [spec.nmu]}]}");
    let node = source.first_document().expect("reads").expect("a document");
    let fields = Value::new(&node, &source, Reading::Strict).fields(&Replacement::FIELDS).expect("fields");
    let mut map = ResourceMap::default();
    for node in yaml::parse(OBJECTS.as_bytes()).expect("reads") {
        map.append(Resource::new(node, &SchemaInUse::default())).expect("unique");
    }
    let failure = Replacement::from_fields(&fields).expect("reads").apply(&mut map).expect_err("no such field");
    assert!(failure.to_string().contains("'spec.nmu'"), "{failure}");
    assert!(failure.hints[0].contains("ports, text, num"), "{:?}", failure.hints);
}

fn inside(data: &str, path: &str) -> Result<String, String> {
    let objects = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  f: |-\n    {}\n",
        data.replace('\n', "\n    ")
    );
    let entry =
        format!("{{sourceValue: NEW, targets: [{{select: {{kind: ConfigMap}}, fieldPaths: ['data.f.{path}']}}]}}");
    replaced_in(&objects, &entry, &["data", "f"])
}

#[test]
fn values_inside_of_structured_text_are_replaced() {
    assert_eq!(inside(r#"{"b": 1, "a": {"c": "x<y"}}"#, "a.c").as_deref(), Ok(r#""{\"a\":{\"c\":\"NEW\"},\"b\":1}""#));
    assert_eq!(inside("{\n  \"a\": \"x\"\n}", "a").as_deref(), Ok(r#""{\n  \"a\": \"NEW\"\n}""#));
    assert_eq!(inside("# head\nb: x # line\na:\n    - c", "b").as_deref(), Ok(r##""# head\nb: NEW # line\na:\n- c""##));
    assert_eq!(inside("b: 5", "b").as_deref(), Ok(r#""b: !!int NEW""#));
    assert_eq!(inside(r#"{"b": 5}"#, "b").as_deref(), Ok(r#""{\"b\": 5}""#), "what fails inside changes nothing");
    assert!(inside("plain", "b").is_err(), "a text has no fields");
}
