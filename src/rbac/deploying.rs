//! What `deploy` and `diff` ask of the API server for each object, and for the set as a whole. Pure.

use std::collections::HashSet;

use super::{Usage, Use, Wants};
use crate::apply::object::ObjectRef;
use crate::apply::permission::Need;
use crate::apply::previous;
use crate::apply::record;
use crate::apply::target::Target;
use crate::apply::verify::{Asked, namespace};
use crate::inputs::task::Recreate;
use crate::kubernetes::watch::Collection;
use crate::tasks::deploy::{plan, scope};

/// Characters of the hash that kustomize puts behind a generated name (its `hasher.encode`), and how many.
const HASH: (&str, usize) = ("2456789bcdfghkmt", 10);

/// Adds the rights for all objects, the lock and the checks.
pub(super) fn add(wants: &mut Wants, targets: &[Target], usage: &Usage<'_>) {
    let volatile: HashSet<(Option<&str>, &str)> =
        targets.iter().filter(|target| is_generated(&target.manifest.reference)).map(collection).collect();
    let hosts = namespaces(targets, usage);
    for target in targets {
        let reference = &target.manifest.reference;
        let name = (!volatile.contains(&collection(target))).then(|| reference.name.clone());
        let one = Object { target, name, who: reference.to_string() };
        one.write(wants, usage, &hosts);
        one.follow(wants);
    }
    lock(wants, targets, usage);
    verify(wants, targets, usage);
}

/// One object with the name that its rights are limited to.
struct Object<'a> {
    target: &'a Target,
    name: Option<String>,
    who: String,
}

impl Object<'_> {
    fn need(&self, verb: &str, name: Option<String>) -> Need {
        let reference = &self.target.manifest.reference;
        Need {
            group: reference.group.clone(),
            resource: self.target.resource.plural.clone(),
            namespace: reference.namespace.clone(),
            verb: verb.to_owned(),
            name,
        }
    }

    fn write(&self, wants: &mut Wants, usage: &Usage<'_>, hosts: &HashSet<&str>) {
        let reference = &self.target.manifest.reference;
        wants.add(self.need("get", self.name.clone()), Use::Read, &self.who);
        wants.add(self.need("patch", self.name.clone()), Use::Apply, &self.who);
        // A namespace that holds a Role of ours is there for as long as the rights are.
        if !(reference.is("", "Namespace") && hosts.contains(reference.name.as_str())) {
            wants.add(self.need("create", None), Use::Create, &self.who);
        }
        let anew = usage.options.recreate != Recreate::Never && plan::may_recreate(self.target, usage.options.recreate);
        if anew {
            wants.add(self.need("delete", self.name.clone()), Use::Recreate, &self.who);
        }
        if usage.options.rollback_on_failure && !previous::is_kept(reference) {
            wants.add(self.need("delete", self.name.clone()), Use::RollBack, &self.who);
        }
        if usage.options.rollback_on_failure && reference.is("apps", "StatefulSet") {
            let pods = Need {
                group: String::new(),
                resource: "pods".to_owned(),
                namespace: reference.namespace.clone(),
                verb: "delete".to_owned(),
                name: None,
            };
            wants.add(pods, Use::Unstick, &self.who);
        }
    }

    fn follow(&self, wants: &mut Wants) {
        let reference = &self.target.manifest.reference;
        let (own, related) = scope::followed(std::iter::once(self.target));
        for verb in ["list", "watch"] {
            for collection in &own {
                wants.add(of(collection, verb), Use::Follow, &self.who);
            }
            for collection in &related {
                wants.add(of(collection, verb), Use::Explain, &self.who);
            }
        }
        let runs_pods = record::is_workload(reference) && (!related.is_empty() || reference.is("", "Pod"));
        if runs_pods && !own.is_empty() {
            let log = Need {
                group: String::new(),
                resource: "pods/log".to_owned(),
                namespace: reference.namespace.clone(),
                verb: "get".to_owned(),
                name: None,
            };
            wants.add(log, Use::Log, &self.who);
        }
        self.defined(wants, !own.is_empty());
        self.scaled(wants);
    }

    /// A workload that says no count may have one from an autoscaler.
    fn scaled(&self, wants: &mut Wants) {
        let reference = &self.target.manifest.reference;
        let spec = |field: &str| self.target.manifest.value.pointer(&format!("/spec/{field}")).is_some();
        let counted = ["DaemonSet", "Job"].iter().all(|kind| reference.kind != *kind);
        if counted && spec("template") && !spec("replicas") {
            let autoscalers = Need {
                group: "autoscaling".to_owned(),
                resource: "horizontalpodautoscalers".to_owned(),
                namespace: reference.namespace.clone(),
                verb: "list".to_owned(),
                name: None,
            };
            wants.add(autoscalers, Use::Autoscaler, &self.who);
        }
    }

    /// A custom object: its definition says whether a status is to come; one that the set defines itself is looked for by a
    /// list before its definition is known to be there.
    fn defined(&self, wants: &mut Wants, followed: bool) {
        let reference = &self.target.manifest.reference;
        if scope::is_custom(reference) {
            let definition = Need {
                group: "apiextensions.k8s.io".to_owned(),
                resource: "customresourcedefinitions".to_owned(),
                namespace: None,
                verb: "get".to_owned(),
                name: Some(format!("{}.{}", self.target.resource.plural, reference.group)),
            };
            wants.add(definition, Use::Definition, &self.who);
        }
        let after_definition = self.target.after.as_ref().is_some_and(|after| after.kind == "CustomResourceDefinition");
        if after_definition && !followed {
            wants.add(self.need("list", None), Use::Read, &self.who);
        }
    }
}

fn collection(target: &Target) -> (Option<&str>, &str) {
    (target.manifest.reference.namespace.as_deref(), &target.resource.plural)
}

/// Tells whether a name ends with the hash of its content, so that it is another one after the next change.
fn is_generated(reference: &ObjectRef) -> bool {
    let (alphabet, length) = HASH;
    (reference.is("", "ConfigMap") || reference.is("", "Secret"))
        && reference
            .name
            .rsplit_once('-')
            .is_some_and(|(_, hash)| hash.len() == length && hash.chars().all(|character| alphabet.contains(character)))
}

/// Reads group, namespace and resource out of a collection's path.
fn of(collection: &Collection, verb: &str) -> Need {
    let mut parts = collection.path.split('/').skip(1).peekable();
    let group = if parts.next() == Some("api") { "" } else { parts.next().unwrap_or_default() };
    let _version = parts.next();
    let rest: Vec<&str> = parts.collect();
    let (namespace, resource) = match rest.as_slice() {
        ["namespaces", namespace, resource] => (Some((*namespace).to_owned()), *resource),
        [resource] => (None, *resource),
        _ => (None, ""),
    };
    Need { group: group.to_owned(), resource: resource.to_owned(), namespace, verb: verb.to_owned(), name: None }
}

/// The namespaces in which the set needs anything.
fn namespaces<'a>(targets: &'a [Target], usage: &'a Usage<'_>) -> HashSet<&'a str> {
    let own = targets.iter().filter_map(|target| target.manifest.reference.namespace.as_deref());
    let mut hosts: HashSet<&str> = own.collect();
    hosts.extend(lock_namespace(targets, usage));
    if usage.checks.iter().any(|check| matches!(check.asked, Asked::Service { .. })) {
        hosts.insert(usage.namespace);
    }
    hosts
}

fn lock_namespace<'a>(targets: &'a [Target], usage: &'a Usage<'_>) -> Option<&'a str> {
    let anchor = record::anchor(targets.iter().map(|target| &target.manifest))?;
    let namespace = targets[anchor].manifest.reference.namespace.as_deref();
    usage.options.lock.then(|| namespace.unwrap_or(usage.namespace))
}

/// The Lease's name comes from where the set is read, which another run may write differently, so it does not limit.
fn lock(wants: &mut Wants, targets: &[Target], usage: &Usage<'_>) {
    let Some(namespace) = lock_namespace(targets, usage) else { return };
    for verb in ["get", "create", "patch"] {
        let need = Need {
            group: "coordination.k8s.io".to_owned(),
            resource: "leases".to_owned(),
            namespace: Some(namespace.to_owned()),
            verb: verb.to_owned(),
            name: None,
        };
        wants.add(need, Use::Lock, "`lock`");
    }
}

fn verify(wants: &mut Wants, targets: &[Target], usage: &Usage<'_>) {
    for check in usage.checks {
        let Asked::Service { name, port, .. } = &check.asked else { continue };
        let asked = match port.strip_prefix("https:") {
            Some(port) => format!("https:{name}:{port}"),
            None => format!("{name}:{port}"),
        };
        let set = targets.iter().map(|target| &target.manifest.reference);
        let need = Need {
            group: String::new(),
            resource: "services/proxy".to_owned(),
            namespace: Some(namespace(name, set, usage.namespace).to_owned()),
            verb: "get".to_owned(),
            name: Some(asked),
        };
        wants.add(need, Use::Verify, format!("service/{name}:{port} (`verify`)"));
    }
}
