//! Follows renamed objects: wherever the tables say that an object holds another one's name, the name it had is replaced
//! by the one it has now. Runs once, over the final set; linear in the number of objects and references.

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::field_spec::FieldSpecs;
use crate::kustomize::gvk::Gvk;
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::scalar::{set_untagged, set_untagged_field};
use crate::kustomize::tables::NameReference;
use crate::kustomize::transformers::about_at;
use crate::yaml::{Mapping, Node};

mod candidates;

use candidates::{Candidate, Candidates};

/// Fixes all references.
pub(crate) fn fix(objects: &mut ResourceMap, tables: &[NameReference]) -> Result<()> {
    let candidates = Candidates::of(objects);
    let targets: Vec<&Gvk> = tables.iter().flat_map(|table| table.referrers.iter().map(|_| &table.target)).collect();
    let rows: Vec<_> = tables.iter().flat_map(|table| table.referrers.iter().cloned()).collect();
    let of_role: Vec<bool> = rows.iter().map(|row| row.path.ends_with("roleRef/name")).collect();
    objects.change_each(
        || FieldSpecs::new(rows.clone(), None),
        |specs, resource| {
            let paths = specs.paths(resource.original_id().gvk);
            if paths.is_empty() {
                return Ok(());
            }
            refuse_spelt_null(&resource.node).map_err(|failure| about_at(resource, failure))?;
            let referrer = Referrer::of(resource).map_err(|failure| about_at(resource, failure))?;
            let fixed = paths.apply(&mut resource.node, &mut |row, node| {
                let wanted = Wanted { target: targets[row], of_role: of_role[row] };
                Fix { referrer: &referrer, wanted, candidates: &candidates }.value(node)
            });
            fixed.map_err(|failure| about_at(resource, failure))
        },
    )
}

/// What of the referring object decides which objects it can mean.
struct Referrer {
    is_cluster_scoped: bool,
    namespace: SmolStr,
    /// Namespaces of the ServiceAccounts that a RoleBinding names.
    subject_namespaces: Vec<SmolStr>,
    /// Group and kind of its `roleRef`, when both are there.
    role: Option<Gvk>,
    prefixes: Vec<SmolStr>,
    suffixes: Vec<SmolStr>,
}

#[derive(Clone, Copy)]
struct Wanted<'a> {
    target: &'a Gvk,
    /// The field is a `roleRef`'s name.
    of_role: bool,
}

struct Fix<'a> {
    referrer: &'a Referrer,
    wanted: Wanted<'a>,
    candidates: &'a Candidates,
}

impl Referrer {
    fn of(resource: &Resource) -> Result<Self> {
        let id = resource.current_id();
        let is_cluster_scoped = id.is_cluster_scoped();
        let is_binding = !is_cluster_scoped && id.gvk.kind == "RoleBinding";
        Ok(Self {
            is_cluster_scoped,
            namespace: id.namespace.into(),
            subject_namespaces: if is_binding { subject_namespaces(&resource.node)? } else { Vec::new() },
            role: role(&resource.node),
            prefixes: resource.history.prefixes.clone(),
            suffixes: resource.history.suffixes.clone(),
        })
    }

    /// Whether the prefixes and suffixes tell of the same layers, as far as both reach; none at all fit
    /// everything when `lenient`.
    fn came_along(&self, candidate: &Candidate, lenient: bool) -> bool {
        let same = |own: &[SmolStr], other: &[SmolStr]| {
            if own.is_empty() || other.is_empty() {
                return lenient || own.len() == other.len();
            }
            own.iter().rev().zip(other.iter().rev()).all(|(one, other)| one == other)
        };
        same(&self.prefixes, &candidate.prefixes) && same(&self.suffixes, &candidate.suffixes)
    }
}

impl Fix<'_> {
    fn value(&self, node: &mut Node) -> Result<()> {
        match node {
            _ if node.is_null() => Ok(()),
            Node::Scalar(_) => self.scalar(node),
            Node::Mapping(mapping) => self.mapping(mapping),
            Node::Sequence(list) => list.items.iter_mut().try_for_each(|item| match item {
                _ if item.is_null() => Ok(()),
                Node::Scalar(_) => self.scalar(item),
                Node::Mapping(mapping) => self.mapping(mapping),
                Node::Sequence(_) => Err(Failure::input("a list of names holds another list")),
            }),
        }
    }

    fn scalar(&self, node: &mut Node) -> Result<()> {
        let name = node.text().unwrap_or_default();
        let Some(found) = self.select(name, None, false)? else { return Ok(()) };
        if found.name != name {
            set_untagged(node, found.name.clone());
        }
        Ok(())
    }

    /// A reference with a namespace, of which both name and namespace are written.
    fn mapping(&self, mapping: &mut Mapping) -> Result<()> {
        let Some(name) = mapping.get("name") else {
            return Err(Failure::input("a reference to another object has no `name`"));
        };
        // A name that is a map or a list reads as an empty one.
        let name = SmolStr::from(name.text().unwrap_or_default());
        let namespace = mapping.get("namespace").map(|node| SmolStr::from(node.text().unwrap_or_default()));
        let Some(found) = self.select(&name, namespace.as_deref(), true)? else { return Ok(()) };
        if found.name == name && found.namespace.is_empty() {
            return Ok(());
        }
        set_untagged_field(mapping, "name", &found.name);
        if !found.namespace.is_empty() {
            set_untagged_field(mapping, "namespace", &found.namespace);
        }
        Ok(())
    }

    /// Returns the one object that had this name and is meant; none when there is no such object.
    fn select(&self, name: &str, namespace: Option<&str>, with_namespace: bool) -> Result<Option<&Candidate>> {
        let mut found = self.candidates.named(name, self.referrer);
        if let Some(namespace) = namespace.filter(|_| !found.is_empty()) {
            let by_first = self.candidates.some_started_in(namespace, self.referrer);
            found.retain(|candidate| candidate.is_in(namespace, by_first));
        }
        found.retain(|candidate| self.fits(candidate));
        if let [only] = found[..] {
            return Ok(Some(only));
        }
        found.retain(|candidate| self.referrer.came_along(candidate, true));
        if found.len() > 1 {
            found.retain(|candidate| self.referrer.came_along(candidate, false));
        }
        let Some(first) = found.first().copied() else { return Ok(None) };
        let is_same =
            |other: &&Candidate| other.name == first.name && (!with_namespace || other.namespace == first.namespace);
        if found.iter().all(is_same) {
            return Ok(Some(first));
        }
        let names: Vec<&str> = found.iter().map(|candidate| candidate.name.as_str()).collect();
        Err(Failure::input(format_args!("`{name}` can mean each of {}", names.join(", ")))
            .hinted("Give the objects different names, or refer to the full name of one."))
    }

    fn fits(&self, candidate: &Candidate) -> bool {
        let had_kind = |selector: &Gvk| candidate.previous.iter().any(|gvk| gvk.is_selected_by(selector));
        let role = self.referrer.role.as_ref().filter(|_| self.wanted.of_role);
        had_kind(self.wanted.target)
            && role.is_none_or(had_kind)
            && (self.referrer.is_cluster_scoped
                || candidate.is_cluster_scoped
                || candidate.kind == "ServiceAccount"
                || candidate.effective_namespace == self.referrer.namespace)
    }
}

/// An `apiVersion` that says `null` is none here, and that text elsewhere, of which kustomize does not make sense either.
fn refuse_spelt_null(node: &Node) -> Result<()> {
    match node.get("apiVersion") {
        Some(version) if version.is_null() && version.text().is_some_and(|text| !text.is_empty()) => {
            Err(Failure::input("its `apiVersion` is null").hinted("Name the API's version, or leave the field out."))
        }
        _ => Ok(()),
    }
}

fn role(node: &Node) -> Option<Gvk> {
    let text = |key: &str| node.at(&["roleRef", key]).and_then(Node::text);
    Some(Gvk { group: text("apiGroup")?.into(), version: SmolStr::default(), kind: text("kind")?.into() })
}

fn subject_namespaces(node: &Node) -> Result<Vec<SmolStr>> {
    let Some(Node::Sequence(subjects)) = node.get("subjects") else { return Ok(Vec::new()) };
    let mut namespaces = Vec::new();
    for subject in &subjects.items {
        let kind_is_text = subject.get("kind").is_none_or(|kind| kind.as_str().is_some());
        if subject.as_mapping().is_none() || (subject.get("namespace").is_some() && !kind_is_text) {
            return Err(Failure::input("a subject must be a map whose `kind` is a text"));
        }
        let is_account = subject.get("kind").and_then(Node::text) == Some("ServiceAccount");
        match subject.get("namespace") {
            Some(namespace) if is_account => match namespace.as_str() {
                Some(text) => namespaces.push(text.into()),
                None => return Err(Failure::input("the namespace of a ServiceAccount under `subjects` is blank")),
            },
            _ => {}
        }
    }
    Ok(namespaces)
}
