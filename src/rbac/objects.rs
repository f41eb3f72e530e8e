//! Rules → the objects that grant them to one identity. Pure.

use serde_json::{Value, json};

use super::GROUP;
use super::rules::{Rule, Scope};

/// Label that marks what belongs to an identity, so that what it no longer needs is found.
pub(crate) const LABEL: &str = "k8s-deploy-action/ci-user";

/// Who gets the rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A user by the name in its certificate.
    User(String),
    /// A ServiceAccount.
    ServiceAccount {
        /// Where it lives.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl Subject {
    /// Returns the identity's name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::User(name) | Self::ServiceAccount { name, .. } => name,
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::User(name) => json!({"kind": "User", "apiGroup": GROUP, "name": name}),
            Self::ServiceAccount { namespace, name } => {
                json!({"kind": "ServiceAccount", "namespace": namespace, "name": name})
            }
        }
    }
}

/// An object to apply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Granting {
    /// `roles`, `rolebindings`, `clusterroles`, `clusterrolebindings`, `serviceaccounts`.
    pub plural: &'static str,
    /// Where it stands; none for the cluster.
    pub namespace: Option<String>,
    /// What to apply.
    pub value: Value,
    /// The rules behind it, for those that have any.
    pub rules: Vec<Rule>,
}

impl Granting {
    /// Names it for people.
    pub(crate) fn shown(&self) -> String {
        let text = |pointer: &str| self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        match &self.namespace {
            Some(namespace) => format!("{}/{namespace}/{}", text("/kind"), text("/metadata/name")),
            None => format!("{}/{}", text("/kind"), text("/metadata/name")),
        }
    }
}

/// Returns the ServiceAccount, where there is one, then each Role with its binding.
pub(crate) fn all(subject: &Subject, scopes: &[Scope]) -> Vec<Granting> {
    let mut objects = Vec::new();
    if let Subject::ServiceAccount { namespace, name } = subject {
        let value = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name, Some(namespace)),
            "automountServiceAccountToken": false});
        objects.push(Granting {
            plural: "serviceaccounts",
            namespace: Some(namespace.clone()),
            value,
            rules: Vec::new(),
        });
    }
    for scope in scopes {
        objects.extend(role_and_binding(subject, scope));
    }
    objects
}

fn role_and_binding(subject: &Subject, scope: &Scope) -> [Granting; 2] {
    let namespace = scope.namespace.as_deref();
    let (role, binding, plurals) = match namespace {
        Some(_) => ("Role", "RoleBinding", ["roles", "rolebindings"]),
        None => ("ClusterRole", "ClusterRoleBinding", ["clusterroles", "clusterrolebindings"]),
    };
    let api_version = format!("{GROUP}/v1");
    let metadata = metadata(subject.name(), namespace);
    let rules: Vec<Value> = scope.rules.iter().map(rule).collect();
    let values = [
        json!({"apiVersion": api_version, "kind": role, "metadata": metadata, "rules": rules}),
        json!({"apiVersion": api_version, "kind": binding, "metadata": metadata,
            "roleRef": {"apiGroup": GROUP, "kind": role, "name": subject.name()}, "subjects": [subject.value()]}),
    ];
    let [role, binding] = values;
    let granting = |plural, value, rules| Granting { plural, namespace: scope.namespace.clone(), value, rules };
    [granting(plurals[0], role, scope.rules.clone()), granting(plurals[1], binding, Vec::new())]
}

fn metadata(name: &str, namespace: Option<&str>) -> Value {
    let mut metadata =
        json!({"name": name, "labels": {"app.kubernetes.io/managed-by": "k8s-deploy-action", LABEL: name}});
    if let Some(namespace) = namespace {
        metadata["namespace"] = json!(namespace);
    }
    metadata
}

/// One rule as the API has it.
pub(crate) fn rule(rule: &Rule) -> Value {
    if rule.resources.iter().any(|resource| resource.starts_with('/')) {
        return json!({"nonResourceURLs": rule.resources, "verbs": rule.verbs});
    }
    let mut value = json!({"apiGroups": [rule.group], "resources": rule.resources});
    if !rule.names.is_empty() {
        value["resourceNames"] = json!(rule.names);
    }
    value["verbs"] = json!(rule.verbs);
    value
}
