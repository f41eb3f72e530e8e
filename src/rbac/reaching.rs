//! Kinds whose author must hold more than the right to write them: admission policies that read parameters, OpenShift routes
//! that name their own host. Pure.
//! Kubernetes: pkg/registry/admissionregistration/*/authz.go; OpenShift: "route.openshift.io/v1 custom-host".

use serde_json::Value;

use super::{Use, Wants};
use crate::apply::object::ObjectRef;
use crate::apply::permission::Need;
use crate::apply::target::Target;

const ADMISSION: &str = "admissionregistration.k8s.io";
const POLICIES: [&str; 2] = ["ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"];
const BINDINGS: [&str; 2] = ["ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding"];

/// Adds what writing such objects of the set takes.
pub(super) fn add(wants: &mut Wants, targets: &[Target]) {
    for target in targets {
        let reference = &target.manifest.reference;
        let is_one_of = |kinds: [&str; 2]| reference.group == ADMISSION && kinds.contains(&reference.kind.as_str());
        if is_one_of(POLICIES) {
            policy(wants, target, targets);
        } else if is_one_of(BINDINGS) {
            binding(wants, target, targets);
        } else if reference.is("route.openshift.io", "Route") {
            route(wants, target);
        }
    }
}

/// A policy's author must be able to get every object of the kind that holds its parameters.
fn policy(wants: &mut Wants, target: &Target, targets: &[Target]) {
    let Some(kind) = target.manifest.value.pointer("/spec/paramKind") else { return };
    let (group, resource) = resource(kind, targets);
    let reference = &target.manifest.reference;
    wants.remarks.push(format!(
        "{reference} takes its parameters from {resource}: who holds this identity can read all of these in every namespace, as Kubernetes wants of whoever writes such a policy"
    ));
    let need = Need { group, resource, namespace: None, verb: "get".to_owned(), name: None };
    wants.add(need, Use::Parameters, reference.to_string());
}

/// A binding's author must be able to read the parameters that it names: one object, or all of a namespace.
fn binding(wants: &mut Wants, target: &Target, targets: &[Target]) {
    let text = |pointer: &str| target.manifest.value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    if target.manifest.value.pointer("/spec/paramRef").is_none() {
        return;
    }
    let reference = &target.manifest.reference;
    let wanted = text("/spec/policyName").unwrap_or_default();
    let bound = targets.iter().find(|other| {
        let other = &other.manifest.reference;
        other.group == ADMISSION && format!("{}Binding", other.kind) == reference.kind && other.name == wanted
    });
    let Some(kind) = bound.and_then(|policy| policy.manifest.value.pointer("/spec/paramKind")) else {
        wants.remarks.push(format!(
            "{reference} names parameters of the policy {wanted}, which is not part of the set: its author must be able to get them (all of them, where it selects by label); grant that beside these rules"
        ));
        return;
    };
    wants.remarks.push(format!(
        "{reference} can be checked only once the policy {wanted} is there: until then the API server asks its author for all rights"
    ));
    let (group, resource) = resource(kind, targets);
    let name = text("/spec/paramRef/name");
    let verb = if name.is_some() { "get" } else { "list" }.to_owned();
    let need = Need { group, resource, namespace: text("/spec/paramRef/namespace"), verb, name };
    wants.add(need, Use::Parameters, reference.to_string());
}

/// A route that names its host, or brings its own certificate, takes rights of its own.
fn route(wants: &mut Wants, target: &Target) {
    let reference = &target.manifest.reference;
    let has = |pointer: &str| target.manifest.value.pointer(pointer).is_some();
    let own = ["/spec/host", "/spec/subdomain", "/spec/tls/certificate", "/spec/tls/key", "/spec/tls/caCertificate"];
    if own.iter().any(|pointer| has(pointer)) {
        for verb in ["create", "update"] {
            wants.add(custom_host(reference, verb), Use::OwnHost, reference.to_string());
        }
    }
}

fn custom_host(reference: &ObjectRef, verb: &str) -> Need {
    Need {
        group: reference.group.clone(),
        resource: "routes/custom-host".to_owned(),
        namespace: reference.namespace.clone(),
        verb: verb.to_owned(),
        name: None,
    }
}

/// Group and plural of `{apiVersion, kind}`: as the set's own objects of that kind have it, as the set's definition names it, else
/// as Kubernetes guesses it (`meta.UnsafeGuessKindToResource`); a guess that is wrong is refused by the proof, which names it.
fn resource(kind: &Value, targets: &[Target]) -> (String, String) {
    let text = |field: &str| kind.get(field).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let group = version.rsplit_once('/').map_or("", |(group, _)| group);
    let of_the_set = targets.iter().find(|target| target.manifest.reference.is(group, kind));
    let defined = || {
        let definitions = targets
            .iter()
            .map(|target| &target.manifest)
            .filter(|manifest| manifest.reference.is("apiextensions.k8s.io", "CustomResourceDefinition"));
        let mut specs = definitions.filter_map(|manifest| manifest.value.get("spec"));
        let spec = specs.find(|spec| spec["group"] == group && spec["names"]["kind"] == kind)?;
        spec["names"]["plural"].as_str().map(str::to_owned)
    };
    let plural =
        of_the_set.map(|target| target.resource.plural.clone()).or_else(defined).unwrap_or_else(|| guess(kind));
    (group.to_owned(), plural)
}

fn guess(kind: &str) -> String {
    let word = kind.to_ascii_lowercase();
    match word.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if word.ends_with('s') => format!("{word}es"),
        None => format!("{word}s"),
    }
}
