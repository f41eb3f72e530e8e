//! The engine as a whole on literal files in memory. Expected texts are those of kustomize v5.8.2.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::kustomize::file_system::{EntryKind, FileSystem, MemoryFileSystem};
use crate::kustomize::remote::Remote;
use crate::kustomize::{Built, Options, Reorder, build, print};

mod limits;

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n      - image: nginx:1\n        name: web\n        envFrom:\n        - configMapRef: {name: settings}\n";

fn files(files: &[(&str, &str)]) -> MemoryFileSystem {
    let mut system = MemoryFileSystem::default();
    for (path, text) in files {
        system.write(path, *text);
    }
    system
}

fn built(all: &[(&str, &str)]) -> Result<Built> {
    build(&files(all), Path::new("/app"), &Options::default())
}

fn rendered(all: &[(&str, &str)]) -> String {
    built(all).and_then(|built| print(&built.objects)).expect("the kustomization builds")
}

fn refused(all: &[(&str, &str)]) -> Failure {
    match built(all).and_then(|built| print(&built.objects)) {
        Ok(text) => panic!("must be refused, gave:\n{text}"),
        Err(failure) => failure,
    }
}

#[test]
fn generated_names_end_in_kustomizes_hash() {
    let file = "configMapGenerator:\n- name: a\n  literals: [x=y]\n- name: empty\nsecretGenerator:\n- name: s\n  literals: [x=y]\n";
    let text = rendered(&[("app/kustomization.yaml", file)]);
    for name in ["name: a-6gc9d749f7", "name: empty-6ct58987ht", "name: s-t86b282gdf"] {
        assert!(text.contains(name), "{name} is missing in\n{text}");
    }
}

#[test]
fn references_follow_prefix_and_hash() {
    let file = "namePrefix: p-\nresources: [d.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [a=b]\n";
    let text = rendered(&[("app/kustomization.yaml", file), ("app/d.yaml", DEPLOYMENT)]);
    assert!(text.contains("- configMapRef:\n            name: p-settings-"), "{text}");
}

#[test]
fn a_label_that_kustomize_shares_between_fields_changes_in_all_of_them() {
    let text = rendered(&[
        ("app/kustomization.yaml", "resources: [../base]\nlabels:\n- pairs: {app: new}\n"),
        ("base/kustomization.yaml", "resources: [d.yaml]\nlabels:\n- pairs: {app: old}\n  includeSelectors: true\n"),
        ("base/d.yaml", DEPLOYMENT),
    ]);
    assert_eq!((text.matches("app: new").count(), text.matches("app: old").count()), (3, 0), "{text}");
}

#[test]
fn an_unknown_field_is_refused_with_the_nearest_name_and_its_place() {
    let failure = refused(&[("app/kustomization.yaml", "resources: []\nnamePrefx: a\n")]);
    let place = failure.place.as_ref().expect("the field has a place");
    assert_eq!((place.file.as_str(), place.line, place.column), ("/app/kustomization.yaml", 2, 1));
    assert_eq!(failure.hints, ["Did you mean `namePrefix`?"]);
}

#[test]
fn a_yaml_1_1_boolean_is_no_namespace() {
    let failure = refused(&[("app/kustomization.yaml", "namespace: n\n")]);
    assert!(failure.to_string().contains("app/kustomization.yaml:1:12"), "{failure}");
}

#[test]
fn a_cycle_is_refused() {
    let failure = refused(&[
        ("app/kustomization.yaml", "resources: [../b]\n"),
        ("b/kustomization.yaml", "resources: [../app]\n"),
    ]);
    assert!(failure.to_string().contains("cycle"), "{failure}");
}

#[test]
fn a_file_outside_of_its_layer_needs_the_option() {
    let all = [("app/kustomization.yaml", "resources: [../c.yaml]\n"), ("c.yaml", CONFIG_MAP)];
    assert!(refused(&all).to_string().contains("outside"));
    let options = Options { load_anywhere: true, ..Options::default() };
    assert_eq!(build(&files(&all), Path::new("/app"), &options).expect("it may").objects.len(), 1);
}

#[test]
fn two_kustomization_files_and_none_are_refused() {
    let both = [("app/kustomization.yaml", "resources: []\n"), ("app/Kustomization", "resources: []\n")];
    assert!(refused(&both).to_string().contains("two kustomization files"));
    assert!(refused(&[("app/x.yaml", "")]).to_string().contains("no kustomization file"));
}

#[test]
fn an_id_may_be_there_once_only() {
    let all = [
        ("app/kustomization.yaml", "resources:\n- a.yaml\n- b.yaml\n"),
        ("app/a.yaml", CONFIG_MAP),
        ("app/b.yaml", CONFIG_MAP),
    ];
    let failure = refused(&all);
    assert!(failure.to_string().contains("app/kustomization.yaml:3:3"), "{failure}");
    assert!(failure.to_string().contains("app/a.yaml"), "{failure}");
}

#[test]
fn moving_two_objects_onto_one_id_is_refused() {
    let two = format!("{CONFIG_MAP}---\n{CONFIG_MAP}  namespace: other\n");
    let all = [("app/kustomization.yaml", "namespace: n\nresources: [a.yaml]\n".replace(": n\n", ": ns\n"))];
    let failure = refused(&[(all[0].0, &all[0].1), ("app/a.yaml", &two)]);
    assert!(failure.to_string().contains("gives two the id"), "{failure}");
}

#[test]
fn lists_are_unpacked_behind_the_other_objects() {
    let list = "apiVersion: v1\nkind: ConfigMapList\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: in-list}\n---\n";
    let text = format!("{list}{CONFIG_MAP}");
    let options = Options { reorder: Some(Reorder::None), ..Options::default() };
    let all = files(&[("app/kustomization.yaml", "resources: [a.yaml]\n"), ("app/a.yaml", &text)]);
    let objects = build(&all, Path::new("/app"), &options).expect("it builds").objects;
    let names: Vec<_> = objects.iter().filter_map(|object| object.node.at(&["metadata", "name"])?.text()).collect();
    assert_eq!(names, ["settings", "in-list"]);
}

#[test]
fn merging_into_a_generated_object_keeps_its_place_and_unites_its_data() {
    let text = rendered(&[
        (
            "app/kustomization.yaml",
            "resources: [../base]\nconfigMapGenerator:\n- name: c\n  behavior: merge\n  literals: [b=2]\n",
        ),
        ("base/kustomization.yaml", "configMapGenerator:\n- name: c\n  literals: [a=1, b=1]\n"),
    ]);
    assert!(text.starts_with("apiVersion: v1\ndata:\n  a: \"1\"\n  b: \"2\"\n"), "{text}");
    let missing = "configMapGenerator:\n- name: c\n  behavior: merge\n";
    assert!(refused(&[("app/kustomization.yaml", missing)]).to_string().contains("needs v1 ConfigMap c"));
}

#[test]
fn a_component_works_on_what_its_parent_gathered() {
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: c-\n";
    let text = rendered(&[
        ("app/kustomization.yaml", "resources: [a.yaml]\ncomponents: [../part]\nnamePrefix: app-\n"),
        ("app/a.yaml", CONFIG_MAP),
        ("part/kustomization.yaml", component),
    ]);
    assert!(text.contains("name: app-c-settings"), "{text}");
}

#[test]
fn origins_and_transformations_are_printed_when_the_root_asks() {
    let text = rendered(&[
        (
            "app/kustomization.yaml",
            "resources: [../base]\nnamePrefix: p-\nbuildMetadata: [originAnnotations, transformerAnnotations]\n",
        ),
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("base/a.yaml", CONFIG_MAP),
    ]);
    let transformations = "    alpha.config.kubernetes.io/transformations: |\n      - configuredIn: kustomization.yaml\n        configuredBy:\n          apiVersion: builtin\n          kind: PrefixTransformer\n";
    assert!(text.contains(transformations), "{text}");
    assert!(text.contains("    config.kubernetes.io/origin: |\n      path: ../base/a.yaml\n"), "{text}");
}

#[test]
fn the_order_is_by_kind_unless_told_otherwise() {
    let both = format!("{DEPLOYMENT}---\n{CONFIG_MAP}");
    let kinds = |file: &str| {
        let objects = built(&[("app/kustomization.yaml", file), ("app/a.yaml", &both)]).expect("it builds").objects;
        objects.iter().filter_map(|object| object.node.get("kind")?.text().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(kinds("resources: [a.yaml]\n"), ["ConfigMap", "Deployment"]);
    assert_eq!(kinds("resources: [a.yaml]\nsortOptions: {order: fifo}\n"), ["Deployment", "ConfigMap"]);
    let first = "resources: [a.yaml]\nsortOptions: {order: legacy, legacySortOptions: {orderFirst: [Deployment]}}\n";
    assert_eq!(kinds(first), ["Deployment", "ConfigMap"]);
}

#[test]
fn replicas_without_a_match_are_refused_with_the_name() {
    let failure = refused(&[("app/kustomization.yaml", "resources: []\nreplicas:\n- name: gone\n  count: 2\n")]);
    assert!(failure.to_string().contains("`gone`"), "{failure}");
}

#[test]
fn a_tag_suffix_is_added_by_both_passes_over_the_images() {
    let file = "resources: [d.yaml]\nimages:\n- name: nginx\n  tagSuffix: -x\n";
    let text = rendered(&[("app/kustomization.yaml", file), ("app/d.yaml", DEPLOYMENT)]);
    assert!(text.contains("image: nginx:1-x-x"), "{text}");
}

#[test]
fn a_key_that_reads_as_a_number_is_refused_when_printed() {
    let failure = refused(&[("app/kustomization.yaml", "configMapGenerator:\n- name: c\n  literals: [1=a]\n")]);
    assert!(failure.to_string().contains("ConfigMap c-"), "{failure}");
}

#[test]
fn plugins_are_built_in_or_refused() {
    let prefix = "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: p-\nfieldSpecs:\n- path: metadata/name\n";
    let all = |plugin: &'static str| {
        [
            ("app/kustomization.yaml", "resources: [a.yaml]\ntransformers: [t.yaml]\n"),
            ("app/a.yaml", CONFIG_MAP),
            ("app/t.yaml", plugin),
        ]
    };
    assert!(rendered(&all(prefix)).contains("name: p-settings"));
    let failure = refused(&all("apiVersion: example.com/v1\nkind: Exec\nmetadata: {name: e}\n"));
    assert!(failure.to_string().contains("app/t.yaml:1:1"), "{failure}");
    assert!(failure.to_string().contains("foreign code"), "{failure}");
}

#[test]
fn the_old_field_env_is_ignored_in_the_file_of_a_plugin() {
    let plugin = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: a}\nliterals: [x=y]\nenv: no.env\n";
    let text = rendered(&[("app/kustomization.yaml", "generators: [g.yaml]\n"), ("app/g.yaml", plugin)]);
    assert!(text.contains("name: a-6gc9d749f7"), "{text}");
}

#[test]
fn a_null_kind_of_a_role_is_a_kind_that_nothing_has() {
    let binding = |kind: &str| {
        let head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\nroleRef:\n";
        format!("{head}  apiGroup: rbac.authorization.k8s.io\n  kind: {kind}\n  name: r\n")
    };
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\n";
    for (kind, name) in [("Role", "r-s"), ("~", "r"), ("", "r-s")] {
        let text = rendered(&[
            ("app/kustomization.yaml", "resources: [b.yaml, r.yaml]\nnameSuffix: -s\n"),
            ("app/b.yaml", &binding(kind)),
            ("app/r.yaml", role),
        ]);
        assert!(text.ends_with(&format!("  name: {name}\n")), "{kind}: {text}");
    }
}

#[test]
fn an_api_version_that_says_null_is_refused() {
    let object = DEPLOYMENT.replace("apps/v1", "null");
    let failure = refused(&[("app/kustomization.yaml", "resources: [d.yaml]\n"), ("app/d.yaml", &object)]);
    assert!(failure.to_string().contains("`apiVersion` is null"), "{failure}");
}

#[test]
fn helm_charts_are_refused_with_what_to_do_instead() {
    let failure = refused(&[("app/kustomization.yaml", "helmCharts:\n- name: x\n")]);
    assert!(failure.to_string().contains("app/kustomization.yaml:2:1"), "{failure}");
    assert!(failure.hints[0].contains("helm template"), "{:?}", failure.hints);
}

#[test]
fn a_validator_may_not_change_objects() {
    let label = "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: v}\nlabels: {a: b}\nfieldSpecs:\n- {path: metadata/labels, create: true}\n";
    let all = [
        ("app/kustomization.yaml", "resources: [a.yaml]\nvalidators: [v.yaml]\n"),
        ("app/a.yaml", CONFIG_MAP),
        ("app/v.yaml", label),
    ];
    assert!(refused(&all).to_string().contains("a validator changed"));
}

#[test]
fn a_validator_may_mark_objects_that_have_no_labels() {
    let label = "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: v}\nlabels: {validated-by: me}\nfieldSpecs:\n- {path: metadata/labels, create: true}\n";
    let all = |object: &str| {
        built(&[
            ("app/kustomization.yaml", "resources: [a.yaml]\nvalidators: [v.yaml]\n"),
            ("app/a.yaml", object),
            ("app/v.yaml", label),
        ])
    };
    assert!(all(CONFIG_MAP).is_ok());
    let labelled = format!("{CONFIG_MAP}  labels: {{app: x}}\n");
    assert!(all(&labelled).err().expect("refused").to_string().contains("changed the labels of"));
}

#[test]
fn annotations_find_the_field_that_holds_kustomizes_notes() {
    let plugin = "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: a}\nannotations: {a: b}\nfieldSpecs:\n- path: metadata/annotations\n";
    let all = |prefix: &str| {
        rendered(&[
            ("app/kustomization.yaml", &format!("resources: [a.yaml]\ntransformers: [p.yaml]\n{prefix}")),
            ("app/a.yaml", CONFIG_MAP),
            ("app/p.yaml", plugin),
        ])
    };
    assert!(!all("").contains("annotations"));
    assert!(all("namePrefix: p-\n").contains("  annotations:\n    a: b\n"));
}

#[test]
fn a_component_s_schema_tells_the_scope_of_objects_read_before() {
    let schema = r#"{"definitions": {}, "paths": {"/apis/example.com/v1/things": {"get": {"x-kubernetes-action": "list",
        "x-kubernetes-group-version-kind": {"group": "example.com", "version": "v1", "kind": "Thing"}}}}}"#;
    let text = rendered(&[
        ("app/kustomization.yaml", "resources: [t.yaml]\ncomponents: [../c]\n"),
        ("app/t.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\n"),
        (
            "c/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamespace: n1\nopenapi: {path: schema.json}\n",
        ),
        ("c/schema.json", schema),
    ]);
    assert!(!text.contains("namespace"), "{text}");
}

#[test]
fn objects_know_the_file_and_line_they_come_from() {
    let list = "kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n";
    let all = [
        (
            "app/kustomization.yaml",
            "resources: [two.yaml, ../base]\nconfigMapGenerator:\n- name: g\n  literals: [a=b]\n",
        ),
        ("app/two.yaml", &format!("# first\n{CONFIG_MAP}---\n\n{DEPLOYMENT}---\n{list}")),
        (
            "base/kustomization.yaml",
            "resources: [s.yaml]\nnamePrefix: p-\npatches:\n- target: {kind: Service}\n  patch: '[{\"op\": \"add\", \"path\": \"/spec\", \"value\": {}}]'\n",
        ),
        ("base/s.yaml", "\n\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n"),
    ];
    let mut origins: Vec<(String, String, u32)> = Vec::new();
    for object in built(&all).expect("builds").objects {
        let (file, line) = object.origin().expect("every object comes from somewhere");
        let kind = object.node.get("kind").and_then(crate::yaml::Node::text).expect("it has a kind");
        origins.push((kind.into(), file.into(), line));
    }
    let expected = [
        ("ConfigMap", "/app/kustomization.yaml", 3),
        ("ConfigMap", "/app/two.yaml", 2),
        ("Secret", "/app/two.yaml", 24),
        ("Service", "/base/s.yaml", 3),
        ("Deployment", "/app/two.yaml", 8),
    ];
    assert_eq!(origins, expected.map(|(kind, file, line)| (kind.into(), file.into(), line)));
}

#[test]
fn an_empty_list_of_targets_is_none_in_a_kustomization_only() {
    let entry = "- sourceValue: x\n  targets: []\n";
    let failure = refused(&[("app/kustomization.yaml", &format!("replacements:\n{entry}"))]);
    assert!(failure.to_string().starts_with("/app/kustomization.yaml:2:3: a replacement needs targets"), "{failure}");
    let all = [("app/kustomization.yaml", "replacements:\n- path: r.yaml\n"), ("app/r.yaml", entry)];
    assert_eq!(rendered(&all), "");
}

#[test]
fn only_secrets_have_a_type() {
    let file = |field: &str| format!("{field}:\n- {{name: g, literals: [a=b], type: t}}\n");
    assert!(rendered(&[("app/kustomization.yaml", &file("secretGenerator"))]).contains("type: t"));
    let failure = refused(&[("app/kustomization.yaml", &file("configMapGenerator"))]);
    assert!(failure.to_string().contains("unknown field `type`"), "{failure}");
}

#[test]
fn marks_in_crds_become_rows() {
    let definitions = "example.com/v1.Widget:\n  Schema:\n    properties:\n      kind: {}\n      apiVersion: {}\n      metadata: {}\n      spec: {$ref: WidgetSpec}\nWidgetSpec:\n  Schema:\n    properties:\n      config:\n        x-kubernetes-object-ref-api-version: v1\n        x-kubernetes-object-ref-kind: ConfigMap\n";
    let widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {config: {name: settings}}\n";
    let text = rendered(&[
        ("app/kustomization.yaml", "namePrefix: p-\ncrds: [crd.yaml]\nresources: [w.yaml, c.yaml]\n"),
        ("app/crd.yaml", definitions),
        ("app/w.yaml", widget),
        ("app/c.yaml", CONFIG_MAP),
    ]);
    assert!(text.contains("config:\n    name: p-settings"), "{text}");
}

#[test]
fn a_configured_row_for_one_kind_takes_the_place_of_the_row_for_any() {
    let thing = "apiVersion: local/v1\nkind: Thing\nmetadata:\n  name: thing\n";
    let text = rendered(&[
        ("app/kustomization.yaml", "resources: [../base]\nnameSuffix: -s\n"),
        ("base/kustomization.yaml", "resources: [c.yaml, t.yaml]\nnamePrefix: p-\nconfigurations: [x.yaml, y.yaml]\n"),
        ("base/x.yaml", "namePrefix:\n- {path: metadata/name, kind: Thing}\n"),
        ("base/y.yaml", "namePrefix:\n- {path: metadata/name, kind: Other}\n"),
        ("base/c.yaml", CONFIG_MAP),
        ("base/t.yaml", thing),
    ]);
    assert!(text.contains("name: settings-s\n") && text.contains("name: p-thing-s\n"), "{text}");
}

#[test]
fn deprecated_fields_are_warned_about_with_their_place() {
    let built = built(&[("app/kustomization.yaml", "resources: []\ncommonLabels: {a: b}\n")]).expect("it builds");
    let place = built.warnings[0].place.as_ref().expect("it has a place");
    assert_eq!((place.line, place.column), (2, 1));
    assert!(built.warnings[0].message.contains("`labels`"));
}

/// Files in memory, with one repository fetched to `/fetched`.
struct Fetched(MemoryFileSystem);

impl FileSystem for Fetched {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        self.0.read(path)
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        self.0.kind(path)
    }

    fn canonical(&self, path: &Path) -> std::io::Result<PathBuf> {
        self.0.canonical(path)
    }

    fn fetched(&self, _: &Remote) -> Option<PathBuf> {
        Some("/fetched".into())
    }
}

#[test]
fn what_is_remote_is_asked_for_and_then_built() {
    let all = files(&[
        ("app/kustomization.yaml", "resources:\n- https://github.com/org/repo//deploy?ref=v1\n"),
        ("fetched/deploy/kustomization.yaml", "resources: [a.yaml]\n"),
        ("fetched/deploy/a.yaml", CONFIG_MAP),
    ]);
    let first = build(&all, Path::new("/app"), &Options::default()).expect("nothing else is wrong");
    assert!(first.objects.is_empty());
    assert!(
        matches!(&first.lacking[..], [Remote::Repository { owner, path, .. }] if owner == "org" && path == "deploy")
    );
    let second = build(&Fetched(all), Path::new("/app"), &Options::default()).expect("all is there");
    assert_eq!((second.objects.len(), second.lacking.len()), (1, 0));
}
