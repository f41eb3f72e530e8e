//! `judge` through the binary: what people pipe in, what they read, the exit codes of the contract.

use serde_json::Value;

use crate::support::action::Action;

const READY: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app, namespace: shop}\n";

const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  uid: d-1
  generation: 2
  annotations: {deployment.kubernetes.io/revision: "2"}
spec:
  replicas: 2
status:
  observedGeneration: 2
  replicas: 3
  updatedReplicas: 1
  availableReplicas: 2
"#;

const REPLICA_SET: &str = r#"apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: web-2
  namespace: shop
  uid: rs-2
  annotations: {deployment.kubernetes.io/revision: "2"}
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d-1}]
"#;

const BROKEN_POD: &str = r#"apiVersion: v1
kind: Pod
metadata:
  name: web-2-x
  namespace: shop
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-2, uid: rs-2}]
status:
  phase: Pending
  containerStatuses:
  - name: app
    image: shop/app:2
    restartCount: 0
    state:
      waiting:
        reason: ErrImagePull
        message: "manifest unknown"
"#;

fn documents(texts: &[&str]) -> String {
    texts.join("---\n")
}

fn json_lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn all_ready_exits_0_and_prints_a_table() {
    let ran = Action::bare().args(&["judge", "-"]).stdin(READY).run().exits(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("OBJECT"), "{}", ran.stdout);
    assert!(lines[1].starts_with("ConfigMap/shop/app  ready"), "{}", ran.stdout);
}

#[test]
fn a_failure_exits_5_and_its_pods_say_why() {
    let input = documents(&[READY, DEPLOYMENT, REPLICA_SET, BROKEN_POD]);
    let ran = Action::bare().args(&["judge", "-"]).stdin(&input).run().exits(5);
    assert!(ran.stdout.contains("Deployment/shop/web  failed   ImageNotFound"), "{}", ran.stdout);
    assert!(ran.stdout.contains("    Pod/shop/web-2-x: Pending"), "the chain is missing:\n{}", ran.stdout);
    assert!(ran.stdout.contains("next: "), "{}", ran.stdout);
}

#[test]
fn json_has_one_line_an_object_with_the_contracts_keys() {
    let input = documents(&[READY, DEPLOYMENT, REPLICA_SET, BROKEN_POD]);
    let ran = Action::bare().args(&["judge", "-", "--output", "json"]).stdin(&input).run().exits(5);
    let lines = json_lines(&ran.stdout);
    assert_eq!(lines.len(), 2, "{}", ran.stdout);
    let keys: Vec<&String> = lines[1].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["object", "verdict", "reason", "message"]);
    assert_eq!((lines[1]["verdict"].as_str(), lines[1]["reason"].as_str()), (Some("failed"), Some("ImageNotFound")));
}

#[test]
fn neither_ready_nor_failed_exits_6() {
    Action::bare().args(&["judge", "-"]).stdin(&documents(&[READY, DEPLOYMENT])).run().exits(6);
}

#[test]
fn files_lists_and_json_are_read_too() {
    let list = r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}]}"#;
    let ran = Action::bare()
        .file("a.json", list)
        .file("b.yaml", READY)
        .args(&["judge", "a.json", "b.yaml", "--output", "json"]);
    let lines = json_lines(&ran.run().exits(0).stdout);
    assert_eq!(
        lines.iter().map(|line| line["object"].as_str().unwrap()).collect::<Vec<_>>(),
        ["Secret/s", "ConfigMap/shop/app"]
    );
}

#[test]
fn the_clock_is_an_input() {
    let job = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    Action::bare().args(&["judge", "-", "--now", "2026-01-01T00:00:00Z"]).stdin(job).run().exits(0);
    let ran = Action::bare().args(&["judge", "-", "--now", "noon"]).stdin(job).run().exits(2);
    assert!(ran.log().contains("`now`") && ran.log().contains("noon"), "{}", ran.log());
}

#[test]
fn bad_input_exits_2_and_names_file_and_line() {
    let ran = Action::bare().args(&["judge", "-"]).stdin("").run().exits(2);
    assert!(ran.log().contains("no objects"), "{}", ran.log());
    let ran = Action::bare().file("x.yaml", "a: [\n").args(&["judge", "x.yaml"]).run().exits(2);
    assert!(ran.log().contains("x.yaml") && ran.log().contains("line"), "{}", ran.log());
    let ran = Action::bare().args(&["judge", "missing.yaml"]).run().exits(2);
    assert!(ran.log().contains("missing.yaml"), "{}", ran.log());
    let ran = Action::bare().args(&["judge", "-"]).stdin("name: x\n").run().exits(2);
    assert!(ran.log().contains("kind"), "{}", ran.log());
}

/// The page's examples: a YAML block is the state, a console block what `judge` says of it, with its exit code.
#[test]
fn the_pages_examples_print_what_the_page_says() {
    let page = include_str!("../../docs/rollouts.md");
    let block = |language: &str| {
        let fence = format!("```{language}\n");
        let blocks = page.split(&fence).skip(1);
        blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let state = block("yaml").remove(0);
    let examples = block("console");
    assert_eq!(examples.len(), 2, "examples of the page");
    for example in examples {
        let (command, rest) = example.split_once('\n').unwrap();
        let (said, code) = rest.rsplit_once("exit ").unwrap();
        let arguments: Vec<&str> = command.trim_start_matches("$ k8s-deploy ").split(' ').collect();
        let ran = Action::bare().file("state.yaml", &state).args(&arguments).run();
        assert_eq!((ran.stdout.as_str(), ran.code.to_string().as_str()), (said, code.trim()), "{command}");
    }
}
