//! Which workloads an autoscaler scales, so that a manifest that no longer says `replicas` does not reset them to one
//! (kubernetes#25238). Pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::object::ObjectRef;
use super::ownership;

/// Scaled workloads by namespace, kind and name, with the autoscaler's name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scaled(BTreeMap<(String, String, String), String>);

impl Scaled {
    /// Takes the target of an autoscaler in.
    pub(crate) fn add(&mut self, autoscaler: &Value) {
        let text = |pointer: &str| autoscaler.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let target =
            (text("/metadata/namespace"), text("/spec/scaleTargetRef/kind"), text("/spec/scaleTargetRef/name"));
        self.0.insert(target, text("/metadata/name"));
    }

    /// Returns the autoscaler of a workload.
    pub(crate) fn autoscaler(&self, workload: &ObjectRef) -> Option<&str> {
        let namespace = workload.namespace.clone().unwrap_or_default();
        self.0.get(&(namespace, workload.kind.clone(), workload.name.clone())).map(String::as_str)
    }
}

/// Returns the live count of a workload whose manifest says none while the count is in our hands, so that applying the
/// manifest would reset it.
pub(crate) fn count_at_risk(rendered: &Value, live: &Value) -> Option<i64> {
    if rendered.pointer("/spec/replicas").is_some() || rendered.pointer("/spec/template").is_none() {
        return None;
    }
    let owned = ownership::entries(live).any(|entry| {
        let has = entry.fields.pointer("/f:spec/f:replicas").is_some();
        has && (entry.manager == ownership::MANAGER || entry.manager == "kubectl-client-side-apply")
    });
    live.pointer("/spec/replicas").and_then(Value::as_i64).filter(|_| owned)
}

/// Writes the live count into the manifest.
pub(crate) fn keep(rendered: &mut Value, count: i64) {
    if let Some(spec) = rendered.get_mut("spec").and_then(Value::as_object_mut) {
        spec.insert("replicas".to_owned(), json!(count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_we_own_and_no_longer_say_is_at_risk() {
        let rendered = json!({"spec": {"template": {}}});
        let live = json!({"spec": {"replicas": 5}, "metadata": {"managedFields": [
            {"manager": "k8s-deploy-action", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]}});
        assert_eq!(count_at_risk(&rendered, &live), Some(5));
        assert_eq!(count_at_risk(&json!({"spec": {"replicas": 2, "template": {}}}), &live), None);
        let theirs = json!({"spec": {"replicas": 5}, "metadata": {"managedFields": [
            {"manager": "kube-controller-manager", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]}});
        assert_eq!(count_at_risk(&rendered, &theirs), None);
    }

    #[test]
    fn the_target_of_an_autoscaler_is_found() {
        let mut scaled = Scaled::default();
        scaled.add(&json!({"metadata": {"name": "h", "namespace": "a"},
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}}}));
        let web = ObjectRef {
            kind: "Deployment".into(),
            namespace: Some("a".into()),
            name: "web".into(),
            ..ObjectRef::default()
        };
        assert_eq!(scaled.autoscaler(&web), Some("h"));
    }
}
