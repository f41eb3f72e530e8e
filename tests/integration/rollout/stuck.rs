//! A StatefulSet whose pod is stuck on a broken revision: the way back deletes that pod, or says the command.

use crate::deploy::{account, as_account};
use crate::support::control_plane::{Space, control_plane};

fn database(image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec:\n  replicas: 2\n  serviceName: db\n\
         \x20 selector: {{matchLabels: {{app: db}}}}\n  template:\n    metadata: {{labels: {{app: db}}}}\n\
         \x20   spec: {{containers: [{{name: app, image: '{image}'}}]}}\n"
    )
}

const GOOD: &str = "juggernaut/k8s-demo-go-app:v0.0.1";
const BROKEN: &str = "juggernaut/k8s-demo-go-app:v0.0.3";

fn is_whole(space: &Space) -> bool {
    space.field("statefulset/db", ".status.readyReplicas") == "2"
        && space.field("pod/db-1", ".spec.containers[0].image") == GOOD
}

#[test]
fn a_stuck_pod_of_a_stateful_set_is_deleted_on_the_way_back() {
    let space = control_plane().space("stuck");
    assert_eq!(space.deploy(&database(GOOD)).run().code, 0);
    let ran = space.deploy(&database(BROKEN)).input("rollback-on-failure", "true").input("timeout", "40s").run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (5, "rolled-back"), "{}", ran.everything);
    assert!(ran.stdout.contains("pod db-1 deleted"), "{}", ran.everything);
    assert!(is_whole(&space));
}

#[test]
fn a_stuck_pod_that_may_not_be_deleted_is_named_with_the_command() {
    let space = control_plane().space("stuckrights");
    let rules = "- apiGroups: [apps]\n  resources: [statefulsets]\n  verbs: [get, list, watch, create, update, patch, delete]\n\
                 - apiGroups: ['']\n  resources: [pods, events]\n  verbs: [get, list, watch]\n";
    let token = account(&space, rules);
    assert_eq!(as_account(&space, space.deploy(&database(GOOD)), &token).run().code, 0);
    let broken = space.deploy(&database(BROKEN)).input("rollback-on-failure", "true").input("timeout", "20s");
    let ran = as_account(&space, broken, &token).run();
    assert_eq!((ran.code, ran.outputs["result"].as_str()), (5, "rollback-failed"), "{}", ran.everything);
    let command = format!("kubectl delete pod db-1 -n {}", space.name);
    assert!(ran.stdout.contains(&command), "{}", ran.everything);
    space.kubectl(&["delete", "pod", "db-1"]);
    control_plane().until("the database to be whole", |_| is_whole(&space));
}
