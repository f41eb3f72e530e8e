use super::Schema;
use crate::kustomize::testing::node;

fn keys(schema: &Schema, api_version: &str, kind: &str, path: &[&str]) -> Option<Vec<String>> {
    let mut at = schema.kind(api_version, kind)?;
    for segment in path {
        at = if *segment == "[]" { schema.elements(at)? } else { schema.field(at, segment)? };
    }
    Some(schema.merge_keys(at)?.iter().map(ToString::to_string).collect())
}

#[test]
fn built_in_lists_have_the_merge_keys_of_kubernetes() {
    let keys = |api_version, kind, path| keys(Schema::builtin(), api_version, kind, path).map(|keys| keys.join("+"));
    let containers = &["spec", "template", "spec", "containers"][..];
    assert_eq!(keys("apps/v1", "Deployment", containers).as_deref(), Some("name"));
    let ports = &["spec", "template", "spec", "containers", "[]", "ports"][..];
    assert_eq!(keys("apps/v1", "StatefulSet", ports).as_deref(), Some("containerPort+protocol"));
    assert_eq!(keys("v1", "Service", &["spec", "ports"]).as_deref(), Some("port+protocol"));
    assert_eq!(keys("v1", "ConfigMap", &["metadata", "finalizers"]).as_deref(), Some(""));
    assert_eq!(keys("v1", "Pod", &["spec", "volumes"]).as_deref(), Some("name"));
    assert_eq!(keys("v1", "Pod", &["spec", "tolerations"]), None);
}

#[test]
fn kinds_are_known_by_exact_version_only() {
    assert!(Schema::builtin().kind("apps/v1", "Deployment").is_some());
    assert!(Schema::builtin().kind("autoscaling/v2", "HorizontalPodAutoscaler").is_none());
    assert!(Schema::builtin().kind("", "Deployment").is_none());
}

#[test]
fn scopes_come_from_the_table_and_a_custom_documents_paths() {
    assert!(Schema::builtin().is_cluster_scoped("v1", "Namespace"));
    assert!(!Schema::builtin().is_cluster_scoped("apps/v1", "Deployment"));
    assert!(!Schema::builtin().is_cluster_scoped("rbac.authorization.k8s.io/v1alpha1", "ClusterRole"));
    let of = "get: {x-kubernetes-group-version-kind: {group: a.io, version: v1, kind: Wide}}";
    let document = format!("paths: {{/apis/a.io/v1/wides: {{{of}}}}}");
    assert!(Schema::from_document(&node(&document)).expect("reads").is_cluster_scoped("a.io/v1", "Wide"));
}

const CUSTOM: &str = "
definitions:
  a.Thing:
    x-kubernetes-group-version-kind: [{group: a.io, version: v1, kind: Thing}]
    properties:
      spec: {$ref: '#/definitions/a.Spec'}
      loop: {$ref: '#/definitions/a.Loop'}
  a.Loop: {$ref: '#/definitions/a.Loop'}
  a.Spec:
    properties:
      parts:
        type: array
        items: {$ref: '#/definitions/a.Part'}
        x-kubernetes-patch-strategy: merge
        x-kubernetes-patch-merge-key: id
        x-kubernetes-list-map-keys: [id, side]
      bare: {type: array, items: {type: string}, x-kubernetes-patch-merge-key: id}
  a.Part:
    properties:
      template: {$ref: '#/definitions/io.k8s.api.core.v1.PodSpec'}
";

#[test]
fn a_custom_documents_key_list_beats_its_single_key() {
    let schema = Schema::from_document(&node(CUSTOM)).expect("reads");
    assert_eq!(keys(&schema, "a.io/v1", "Thing", &["spec", "parts"]), Some(vec!["id".into(), "side".into()]));
    assert_eq!(keys(&schema, "a.io/v1", "Thing", &["spec", "bare"]), None, "no strategy");
    assert!(schema.kind("apps/v1", "Deployment").is_none(), "it takes the built-in schema's place");
}

#[test]
fn references_resolve_across_laid_over_schemas_and_loops_end() {
    let custom = Schema::from_document(&node(CUSTOM)).expect("reads");
    let path = &["spec", "parts", "[]", "template", "containers"][..];
    assert_eq!(keys(&custom, "a.io/v1", "Thing", path), None);
    let both = Schema::builtin().overlaid_by(&custom);
    assert_eq!(keys(&both, "a.io/v1", "Thing", path), Some(vec!["name".into()]));
    assert_eq!(keys(&both, "a.io/v1", "Thing", &["loop", "x"]), None);
    assert!(both.kind("apps/v1", "Deployment").is_some());
}

#[test]
fn malformed_documents_are_refused() {
    for text in
        ["[]", "definitions: []", "definitions: {a: 1}", "definitions: {a: {x-kubernetes-group-version-kind: [{}]}}"]
    {
        assert!(Schema::from_document(&node(text)).is_err(), "{text}");
    }
}
