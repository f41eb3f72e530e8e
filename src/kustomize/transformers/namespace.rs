//! `namespace`, and the plugin `NamespaceTransformer`: moves every object that may be namespaced, and the fields that
//! name its namespace. (Cluster)RoleBindings only have their subjects moved that are named `default`, or as the plugin says.

use std::hash::{BuildHasher, RandomState};

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::by_hash::ByHash;
use crate::kustomize::configurations::read_field_specs;
use crate::kustomize::field_spec::{Create, FieldSpec, FieldSpecs};
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::scalar::set_tagged;
use crate::kustomize::transformers::{Transformer, about};
use crate::kustomize::value::Value;
use crate::yaml::{Node, Scalar, Tag};

/// Which subjects of role bindings are moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Subjects {
    #[default]
    NamedDefault,
    ServiceAccounts,
    None,
}

/// The step.
#[derive(Debug)]
pub(crate) struct Namespace {
    namespace: SmolStr,
    rows: Vec<FieldSpec>,
    unset_only: bool,
    subjects: Subjects,
}

impl Namespace {
    /// The kustomization's field.
    pub(crate) fn from_field(namespace: &SmolStr, rows: &[FieldSpec]) -> Self {
        let rows = rows.to_vec();
        Self { namespace: namespace.clone(), rows, unset_only: false, subjects: Subjects::default() }
    }

    /// Sets the namespace and nothing else, where a `ValueAddTransformer` targets it.
    pub(crate) fn only_metadata(namespace: &str) -> Self {
        Self { namespace: namespace.into(), rows: Vec::new(), unset_only: false, subjects: Subjects::default() }
    }

    /// A plugin's file.
    pub(crate) fn from_plugin(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["metadata", "fieldSpecs", "unsetOnly", "setRoleBindingSubjects"])?;
        let metadata = fields.get("metadata").map(|value| value.fields(&["namespace"])).transpose()?;
        let namespace = metadata.map_or(Ok(SmolStr::default()), |metadata| metadata.string("namespace"))?;
        let subjects = match fields.string("setRoleBindingSubjects")?.as_str() {
            "" | "defaultOnly" => Subjects::NamedDefault,
            "allServiceAccounts" => Subjects::ServiceAccounts,
            "none" => Subjects::None,
            other => {
                let message =
                    format!("setRoleBindingSubjects is `{other}`, not defaultOnly, allServiceAccounts or none");
                return Err(value.failure(message));
            }
        };
        let unset_only = fields.bool("unsetOnly")?;
        Ok(Self { namespace, rows: read_field_specs(&fields)?, unset_only, subjects })
    }

    /// Moves one object.
    pub(crate) fn apply(&self, resource: &mut Resource, rows: &mut Rows) -> Result<()> {
        if !resource.is_cluster_scoped() {
            let metadata = resource.metadata_mut().as_mapping_mut().expect("metadata_mut returns a mapping");
            if metadata.get("namespace").is_none() {
                metadata.set("namespace", null());
            }
            self.set(metadata.get_mut("namespace").expect("set just above"))?;
        }
        let is_binding = matches!(resource.kind(), "RoleBinding" | "ClusterRoleBinding");
        if is_binding {
            self.move_subjects(&mut resource.node)?;
        }
        let paths = rows.of(is_binding, resource.api_version() == "v1").paths(resource.gvk());
        paths.apply(&mut resource.node, &mut |_, node| self.set(node))
    }

    fn set(&self, node: &mut Node) -> Result<()> {
        let Some(scalar) = node.as_scalar() else {
            return Err(Failure::input("a field that is to hold the namespace holds a map or a list"));
        };
        let is_set = scalar.tag != Tag::Null && !scalar.text.is_empty();
        if !(self.unset_only && is_set) {
            set_tagged(node, self.namespace.clone(), Tag::Str);
        }
        Ok(())
    }

    fn move_subjects(&self, node: &mut Node) -> Result<()> {
        let (key, wanted) = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::NamedDefault => ("name", "default"),
            Subjects::ServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = node.as_mapping_mut().and_then(|root| root.get_mut("subjects")) else { return Ok(()) };
        if subjects.is_null() {
            return Ok(());
        }
        let refused = || Failure::input("`subjects` of a role binding must be a list of maps");
        for subject in &mut subjects.as_sequence_mut().ok_or_else(refused)?.items {
            let subject = subject.as_mapping_mut().ok_or_else(refused)?;
            if subject.get(key).and_then(Node::text) == Some(wanted) {
                if subject.get("namespace").is_none() {
                    subject.set("namespace", null());
                }
                self.set(subject.get_mut("namespace").expect("set just above"))?;
            }
        }
        Ok(())
    }
}

impl Transformer for Namespace {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        let hasher = RandomState::new();
        let id = |resource: &Resource| hasher.hash_one(resource.current_id());
        let before: Vec<u64> = objects.resources().iter().map(id).collect();
        objects.change_each(
            || Rows::new(&self.rows),
            |rows, resource| {
                if stays(resource) {
                    return Ok(());
                }
                resource.remember_id();
                self.apply(resource, rows).map_err(|failure| about(resource, failure))
            },
        )?;
        let mut count: ByHash<u32> = ByHash::default();
        before.iter().for_each(|id| *count.entry(*id).or_default() += 1);
        for (resource, before) in objects.resources().iter().zip(&before).filter(|(resource, _)| !stays(resource)) {
            *count.entry(*before).or_default() -= 1;
            let there = count.entry(id(resource)).or_default();
            *there += 1;
            if *there > 1 {
                let message = format!("moving objects to the namespace gives two the id {}", resource.current_id());
                return Err(Failure::input(message).hinted("Rename one of them, or leave one out."));
            }
        }
        Ok(())
    }
}

fn stays(resource: &Resource) -> bool {
    resource.is_dropped() || resource.is_helm_generated()
}

/// The rows that are left for an object: `metadata/namespace` is set apart, as are the subjects of bindings, and names
/// are set only of what kustomize calls a Namespace.
pub(crate) struct Rows {
    /// By whether it is a binding, then by whether its apiVersion is `v1`.
    left: [[FieldSpecs; 2]; 2],
}

impl Rows {
    /// Prepares the rows of a table.
    pub(crate) fn new(rows: &[FieldSpec]) -> Self {
        let left = |is_binding, is_core| {
            let rows = rows.iter().filter(|row| is_left(row, is_binding, is_core)).cloned().collect();
            FieldSpecs::new(rows, Some(Create::Scalar))
        };
        Self { left: [[left(false, false), left(false, true)], [left(true, false), left(true, true)]] }
    }

    fn of(&mut self, is_binding: bool, is_core: bool) -> &mut FieldSpecs {
        &mut self.left[usize::from(is_binding)][usize::from(is_core)]
    }
}

fn is_left(row: &FieldSpec, is_binding: bool, is_core: bool) -> bool {
    match row.path.as_str() {
        "metadata/namespace" => false,
        "metadata/name" => is_core,
        "subjects/namespace" => !(is_binding && matches!(row.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding")),
        _ => true,
    }
}

fn null() -> Node {
    Node::Scalar(Scalar { tag: Tag::Null, ..Scalar::default() })
}
