//! Fields that somebody else owns: whose they are, and whether they are taken over, left alone, or end the run. Pure.

use serde_json::Value;

use super::object::ObjectRef;
use super::path;
use crate::kubernetes::failure::Status;

/// One field that we want and another manager owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// Path, as the server prints it.
    pub field: String,
    /// The other manager.
    pub manager: String,
    /// The subresource that it wrote through.
    pub subresource: String,
}

/// What is done about a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Ours from now on.
    TakeOver,
    /// Stays with its owner, with its value.
    Leave,
    /// Ends the run.
    Refuse,
}

/// Managers that stand for people and pipelines; a prefix of the name is enough, since most carry a verb or a version.
const PEOPLE: [&str; 19] = [
    "kubectl",
    "helm",
    "k9s",
    "rancher",
    "before-first-apply",
    "lens",
    "node-fetch",
    "mozilla",
    "dashboard",
    "curl",
    "kustomize-cli",
    "terraform",
    "hashicorp",
    "pulumi",
    "ansible",
    "openapi-generator",
    "github-actions",
    "gitlab",
    "jenkins",
];

/// Controllers whose fields are theirs by design.
const CONTROLLERS: [&str; 5] = [
    "kube-controller-manager",
    "cloud-controller-manager",
    "keda",
    "cert-manager-cainjector",
    "horizontal-pod-autoscaler",
];

/// Reads the conflicts of a refusal.
pub(crate) fn read(status: &Status) -> Vec<Conflict> {
    let causes = status.causes().iter().filter(|cause| cause.reason == "FieldManagerConflict");
    causes
        .map(|cause| {
            let mut quoted = cause.message.split('"').skip(1).step_by(2);
            let manager = quoted.next().unwrap_or_default().to_owned();
            let through = cause.message.contains("with subresource");
            Conflict {
                field: cause.field.clone(),
                manager,
                subresource: if through { quoted.next().unwrap_or_default().to_owned() } else { String::new() },
            }
        })
        .collect()
}

/// Decides one conflict; `take_over` is the input `conflicts`.
pub(crate) fn decide(conflict: &Conflict, take_over: bool) -> Decision {
    let manager = conflict.manager.to_ascii_lowercase();
    let person = PEOPLE.iter().any(|name| manager.starts_with(name));
    let controller = CONTROLLERS.iter().any(|name| manager.starts_with(name)) || manager.contains("autoscaler");
    let scaled = conflict.field == ".spec.replicas" && conflict.subresource == "scale";
    match (person, controller || scaled) {
        (false, true) => Decision::Leave,
        (true, _) if take_over => Decision::TakeOver,
        _ => Decision::Refuse,
    }
}

/// Says one decision: owner, field, both values.
pub(crate) fn describe(
    conflict: &Conflict,
    decision: Decision,
    object: &ObjectRef,
    rendered: &Value,
    live: Option<&Value>,
) -> String {
    let shown = |value: Option<&Value>| super::difference::shown(value, object, &conflict.field);
    let ours = shown(path::get(rendered, &conflict.field));
    let theirs = shown(live.and_then(|live| path::get(live, &conflict.field)));
    let Conflict { field, manager, .. } = conflict;
    match decision {
        Decision::TakeOver => format!("{object}: {field} taken over from {manager}: {theirs} becomes {ours}"),
        Decision::Leave => format!("{object}: {field} left to {manager}: stays {theirs}, the manifest says {ours}"),
        Decision::Refuse => format!("{object}: {field} belongs to {manager}: it is {theirs}, the manifest says {ours}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conflict(field: &str, manager: &str, subresource: &str) -> Conflict {
        Conflict { field: field.to_owned(), manager: manager.to_owned(), subresource: subresource.to_owned() }
    }

    #[test]
    fn causes_are_read_with_manager_and_subresource() {
        let status = Status::from_body(
            409,
            br#"{"code":409,"message":"Apply failed","details":{"causes":[
                {"reason":"FieldManagerConflict","message":"conflict with \"kubectl-edit\" using apps/v1","field":".spec.paused"},
                {"reason":"FieldManagerConflict","message":"conflict with \"kube-controller-manager\" with subresource \"scale\" using apps/v1","field":".spec.replicas"}]}}"#,
        );
        assert_eq!(
            read(&status),
            [
                conflict(".spec.paused", "kubectl-edit", ""),
                conflict(".spec.replicas", "kube-controller-manager", "scale")
            ]
        );
    }

    #[test]
    fn people_are_taken_over_controllers_left_strangers_refused() {
        let of = |field: &str, manager: &str, subresource: &str| decide(&conflict(field, manager, subresource), true);
        assert_eq!(of(".spec.paused", "kubectl-edit", ""), Decision::TakeOver);
        assert_eq!(of(".spec.paused", "Helm", ""), Decision::TakeOver);
        assert_eq!(of(".spec.replicas", "kubectl", "scale"), Decision::TakeOver);
        assert_eq!(of(".spec.replicas", "kube-controller-manager", "scale"), Decision::Leave);
        assert_eq!(of(".spec.replicas", "my-scaler", "scale"), Decision::Leave);
        assert_eq!(of(".spec.template", "argocd-controller", ""), Decision::Refuse);
    }

    #[test]
    fn fail_refuses_what_people_own_and_still_leaves_the_autoscaler_alone() {
        assert_eq!(decide(&conflict(".spec.paused", "kubectl-edit", ""), false), Decision::Refuse);
        assert_eq!(decide(&conflict(".spec.replicas", "kube-controller-manager", "scale"), false), Decision::Leave);
    }

    #[test]
    fn secret_values_are_not_said() {
        let object =
            ObjectRef { version: "v1".into(), kind: "Secret".into(), name: "s".into(), ..ObjectRef::default() };
        let text = describe(
            &conflict(".data.password", "kubectl", ""),
            Decision::TakeOver,
            &object,
            &json!({"data": {"password": "aHVudGVyMg=="}}),
            Some(&json!({"data": {"password": "b2xkZXI="}})),
        );
        assert_eq!(text, "Secret/s: .data.password taken over from kubectl: *** becomes ***");
    }
}
