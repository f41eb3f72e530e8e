//! The scenarios' last states, recorded from the real control plane, judged again without one: what `judge` says of one look is
//! what `deploy` came to. The recordings stand in `tests/rollout/recorded`, one object a line below a line that says what is
//! expected; `record_the_scenarios` writes them anew, by hand.

use std::path::{Path, PathBuf};

use k8s_deploy::rollout::roster::roster;
use k8s_deploy::rollout::{Sightings, judge, parse_time};
use serde_json::{Value, json};

use super::scenario::Scenario;
use super::{AT_A_TIME, scenarios, side_by_side};
use crate::support::control_plane::{Space, control_plane};

/// Everything that a scenario may hold.
const KINDS: &str = "deployments,replicasets,statefulsets,controllerrevisions,daemonsets,jobs,pods,events,services,\
                     persistentvolumeclaims,storageclasses,horizontalpodautoscalers";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rollout/recorded")
}

#[test]
fn recorded_states_are_judged_without_a_cluster_as_they_were_with_one() {
    let mut wrong = Vec::new();
    let mut judged = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let expect = lines.next().unwrap();
        let roster = roster(lines.collect()).unwrap();
        let now = parse_time(expect["now"].as_str().unwrap()).unwrap();
        let key = roster.judged.iter().find(|key| format!("{}/{}", key.kind, key.name) == expect["object"]);
        let Some(key) = key else { panic!("{}: {} is not judged", path.display(), expect["object"]) };
        let verdict = judge(&roster.snapshot, key, None, &mut Sightings::of_one_look(), now);
        let found = json!([verdict.status.word(), verdict.reason]);
        if found != json!([expect["verdict"], expect["reason"]]) {
            wrong.push(format!("{}: {found}: {}; recorded {expect}", path.display(), verdict.message));
        }
        judged += 1;
    }
    assert!(judged >= 28, "only {judged} recordings");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "writes tests/rollout/recorded"]
fn record_the_scenarios() {
    std::fs::create_dir_all(folder()).unwrap();
    side_by_side(scenarios(), AT_A_TIME, record);
}

fn record(scenario: &Scenario) {
    let space = scenario.prepare();
    let deploy = control_plane().fill(&scenario.deploy, &space.name);
    let running = space.deploy(&deploy).input("timeout", &scenario.timeout).start();
    let ran = scenario.during(&space, || running.finish());
    let wanted = control_plane().fill(&scenario.expect.object, &space.name);
    let objects: Vec<Value> = serde_json::from_str(&ran.outputs["objects"]).unwrap();
    let (kind, name) = wanted.split_once('/').unwrap();
    let names = [format!("{kind}/{}/{name}", space.name), wanted.clone()];
    let judged = objects.iter().find(|object| names.iter().any(|name| object["object"] == **name)).unwrap();
    let mut lines = vec![json!({"scenario": scenario.name, "now": clock(), "object": wanted,
        "verdict": judged["verdict"], "reason": judged["reason"]})];
    lines.extend(state(&space, kind));
    if !lines.iter().any(|line| line["kind"] == *kind && line["metadata"]["name"] == *name) {
        return;
    }
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    let text = format!("{}\n", text.join("\n")).replace(&space.name, "shop");
    std::fs::write(folder().join(format!("{}.jsonl", scenario.name)), text).unwrap();
}

/// The time, as the API writes it.
fn clock() -> String {
    k8s_openapi::jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads everything of the namespace, and the definitions of its custom kinds.
fn state(space: &Space, kind: &str) -> Vec<Value> {
    let mut kinds = KINDS.to_owned();
    if kind == "Widget" {
        kinds.push_str(&format!(",widgets.{}.example.com", space.name));
    }
    let mut objects = items(&space.kubectl(&["get", &kinds, "-o", "json"]));
    objects.extend(
        items(&space.kubectl(&["get", "customresourcedefinitions", "-o", "json"]))
            .into_iter()
            .filter(|definition| definition["spec"]["group"] == format!("{}.example.com", space.name)),
    );
    // Classes of other scenarios say nothing here.
    objects.retain(|object| object["kind"] != "StorageClass" || object["metadata"]["name"] == *space.name);
    objects
}

fn items(text: &str) -> Vec<Value> {
    let mut list: Value = serde_json::from_str(text).unwrap();
    let mut items = std::mem::take(list["items"].as_array_mut().unwrap());
    for item in &mut items {
        let metadata = item["metadata"].as_object_mut().unwrap();
        metadata.remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
        if let Some(spec) = item["spec"].as_object_mut() {
            spec.remove("volumes");
            spec.remove("tolerations");
        }
    }
    items
}
