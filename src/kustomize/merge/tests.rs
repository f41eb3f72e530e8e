use super::merge;
use crate::kustomize::schema::Schema;
use crate::kustomize::testing::{node, text};
use crate::yaml::Node;

fn merged(live: &str, patch: &str) -> Result<String, String> {
    let mut object = node(live);
    match merge(Schema::builtin(), &mut object, node(patch)) {
        Ok(true) => Ok(text(&object)),
        Ok(false) => Ok("deleted".into()),
        Err(failure) => Err(failure.to_string()),
    }
}

/// Merges into the spec of a Pod, whose lists have merge keys, and returns the spec.
fn pod(live: &str, patch: &str) -> String {
    let mut object = node(&format!("{{apiVersion: v1, kind: Pod, spec: {live}}}"));
    let kept = merge(Schema::builtin(), &mut object, node(&format!("{{apiVersion: v1, kind: Pod, spec: {patch}}}")));
    assert!(kept.expect("merges"), "the object stays");
    object.get("spec").map(text).expect("the spec stays")
}

/// Merges the ports of a Service.
fn ports(live: &str, patch: &str) -> String {
    let service = |ports: &str| node(&format!("{{apiVersion: v1, kind: Service, spec: {{ports: {ports}}}}}"));
    let (mut object, patch) = (service(live), service(patch));
    merge(Schema::builtin(), &mut object, patch).expect("merges");
    object.at(&["spec", "ports"]).map(short).expect("ports stay")
}

/// `80/TCP+x`: port, protocol and other fields.
fn short(ports: &Node) -> String {
    let one = |item: &Node| {
        let mut line = item.get("port").and_then(Node::text).unwrap_or("-").to_owned();
        for entry in &item.as_mapping().expect("a port is a map").entries {
            match entry.key.text.as_str() {
                "port" => {}
                "protocol" => line += &format!("/{}", entry.value.text().unwrap_or_default()),
                other => line += &format!("+{other}"),
            }
        }
        line
    };
    ports.as_sequence().expect("a list").items.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn maps_merge_and_null_deletes() {
    assert_eq!(
        merged("{a: 1, b: {c: 2, d: 3}}", "{b: {c: null, e: 4}}").as_deref(),
        Ok(r#"{"a":1,"b":{"d":3,"e":4}}"#)
    );
    assert_eq!(merged("{b: {c: 2}}", "{b: {c: null}}").as_deref(), Ok(r#"{"b":{}}"#), "an emptied map stays");
}

#[test]
fn a_new_map_loses_its_nulls() {
    assert_eq!(merged("{a: 1}", "{b: {c: null, d: {e: null}}, f: null}").as_deref(), Ok(r#"{"a":1,"b":{"d":{}}}"#));
}

#[test]
fn a_written_null_survives_and_a_blank_one_vanishes() {
    let mut object = node("{a: null, b: null}");
    if let Some(scalar) = object.as_mapping_mut().and_then(|map| map.get_mut("b")).and_then(Node::as_scalar_mut) {
        scalar.text = "".into();
    }
    merge(Schema::builtin(), &mut object, node("{c: 1}")).expect("merges");
    assert_eq!(text(&object), r#"{"a":null,"c":1}"#);
}

#[test]
fn forms_that_do_not_fit_are_errors_with_their_path() {
    let message = merged("{spec: {a: 1}}", "{spec: {a: {b: c}}}").expect_err("a map over a value");
    assert!(message.contains("spec.a"), "{message}");
    assert!(merged("{a: [1]}", "{a: {b: c}}").is_err());
}

#[test]
fn quotes_are_sticky() {
    assert_eq!(merged("{a: '1', b: 1, c: x}", "{a: 5, b: '5', c: 7}").as_deref(), Ok(r#"{"a":"5","b":"5","c":7}"#));
}

#[test]
fn lists_without_strategy_are_replaced_whole() {
    assert_eq!(merged("{a: [1, 2]}", "{a: [{b: null}]}").as_deref(), Ok(r#"{"a":[{"b":null}]}"#));
    assert_eq!(merged("{a: [1, 2]}", "{a: []}").as_deref(), Ok(r#"{"a":[]}"#));
}

#[test]
fn keyed_lists_put_the_patch_first() {
    let live = "{containers: [{name: a, image: x}, {name: b, image: y}]}";
    let result = pod(live, "{containers: [{name: c, image: z}, {name: b, image: w}]}");
    assert_eq!(
        result,
        r#"{"containers":[{"name":"c","image":"z"},{"name":"b","image":"w"},{"name":"a","image":"x"}]}"#
    );
}

#[test]
fn an_empty_list_is_no_patch_to_a_keyed_one_and_null_deletes_it() {
    assert_eq!(pod("{containers: [{name: a}]}", "{containers: []}"), r#"{"containers":[{"name":"a"}]}"#);
    assert_eq!(pod("{containers: [{name: a}]}", "{containers: null}"), "{}");
}

#[test]
fn keys_compare_as_text() {
    assert_eq!(
        pod("{hostAliases: [{ip: '1', a: x}]}", "{hostAliases: [{ip: 1, b: y}]}"),
        r#"{"hostAliases":[{"ip":"1","a":"x","b":"y"}]}"#
    );
}

#[test]
fn directives_delete_replace_and_vanish() {
    let live = "{containers: [{name: a, image: x}, {name: b}]}";
    assert_eq!(
        pod(live, "{containers: [{name: a, $patch: delete}, {name: z, $patch: delete}]}"),
        r#"{"containers":[{"name":"b"}]}"#
    );
    assert_eq!(pod(live, "{containers: [{name: q}, {$patch: replace}]}"), r#"{"containers":[{"name":"q"}]}"#);
    assert_eq!(
        pod(live, "{containers: [{name: a, $patch: merge, image: y}]}"),
        r#"{"containers":[{"name":"a","image":"y"},{"name":"b"}]}"#
    );
    assert_eq!(
        pod("{nodeSelector: {a: b}}", "{nodeSelector: {$patch: replace, c: d}}"),
        r#"{"nodeSelector":{"c":"d"}}"#
    );
    assert_eq!(merged("{a: 1}", "{$patch: delete}").as_deref(), Ok("deleted"));
    assert!(merged("{a: {b: 1}}", "{a: {$patch: remove}}").is_err());
}

#[test]
fn replacing_one_element_of_a_keyed_list_is_lost() {
    let result = pod("{containers: [{name: a, image: x}]}", "{containers: [{name: a, $patch: replace, image: y}]}");
    assert_eq!(result, r#"{"containers":[{"name":"a","image":"x"}]}"#);
}

#[test]
fn removing_every_element_leaves_an_empty_list() {
    assert_eq!(pod("{containers: [{name: a}]}", "{containers: [{name: a, $patch: delete}]}"), r#"{"containers":[]}"#);
}

#[test]
fn retain_keys_and_element_orders_are_not_understood() {
    assert_eq!(
        pod("{}", "{$setElementOrder/containers: [{name: a}]}"),
        r#"{"$setElementOrder/containers":[{"name":"a"}]}"#
    );
}

#[test]
fn untouched_lists_are_normalised_too() {
    let env = "{containers: [{name: a, env: [{name: X, value: one}, {name: Y}, {name: X, value: two}]}]}";
    let expected = r#"{"containers":[{"name":"a","env":[{"name":"X","value":"two"},{"name":"Y"}]}],"hostname":"h"}"#;
    assert_eq!(pod(env, "{hostname: h}"), expected);
    assert_eq!(
        pod("{containers: [{name: a}, {image: b}, {name: c}]}", "{hostname: h}"),
        r#"{"containers":[{"image":"b"}],"hostname":"h"}"#
    );
}

#[test]
fn a_null_key_empties_a_list_that_only_the_patch_has() {
    assert_eq!(pod("{}", "{containers: [{name: null, image: x}, {name: a}]}"), r#"{"containers":[]}"#);
}

#[test]
fn sets_put_the_patch_first_and_drop_repeats() {
    let config = |list: &str| node(&format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{finalizers: {list}}}}}"));
    let mut object = config("[a, b, a]");
    merge(Schema::builtin(), &mut object, config("[c, b]")).expect("merges");
    assert_eq!(object.at(&["metadata", "finalizers"]).map(text).as_deref(), Some(r#"["c","b","a"]"#));
}

#[test]
fn two_keys_follow_kustomizes_table() {
    assert_eq!(ports("[{port: 80}]", "[{port: 80, protocol: TCP, x: 1}]"), "80");
    assert_eq!(ports("[{port: 80, protocol: TCP}]", "[{port: 80, x: 1}]"), "80/TCP");
    assert_eq!(ports("[{port: 80, protocol: TCP}]", "[{port: 80, $patch: delete}]"), "80/TCP");
    let two = "[{port: 80, protocol: TCP}, {port: 80, protocol: UDP}]";
    assert_eq!(ports(two, "[{port: 80, protocol: UDP, x: 1}]"), "80/TCP, 80/UDP+x");
    let others = "[{port: 80, protocol: TCP}, {port: 81, protocol: TCP}]";
    assert_eq!(
        ports(others, "[{port: 82, protocol: TCP}, {port: 81, protocol: TCP, x: 1}]"),
        "82/TCP, 80/TCP, 81/TCP+x"
    );
    assert_eq!(ports("[{port: 80}, {port: 81}]", "[{port: 82}, {port: 81, x: 1}]"), "82, 81+x, 80");
    assert_eq!(ports("[{port: 80, protocol: UDP}, {port: 80}]", "[]"), "80");
    assert_eq!(ports("[{port: 80}, {port: 80, protocol: TCP}]", "[]"), "80, 80/TCP");
    assert_eq!(ports("[{name: a}, {name: b}]", "[{name: c}]"), "-+name");
}

#[test]
fn kinds_without_schema_replace_every_list() {
    let crd = |rest: &str| format!("{{apiVersion: a.io/v1, kind: Thing, metadata: {{finalizers: [{rest}]}}}}");
    assert!(merged(&crd("a"), &crd("b")).expect("merges").contains(r#""finalizers":["b"]"#));
}

#[test]
fn a_value_that_names_its_kind_brings_its_own_schema() {
    let thing = |list: &str| format!("{{kind: T, item: {{apiVersion: v1, kind: Pod, spec: {{containers: {list}}}}}}}");
    let result = merged(&thing("[{name: a}]"), &thing("[{name: b}]")).expect("merges");
    assert!(result.contains(r#""containers":[{"name":"b"},{"name":"a"}]"#), "{result}");
}
