//! `vars`: names for fields of objects, bound in the layer that declares them, and put in place of `$(NAME)` at the end.
//! Where names are looked for is the tables' business.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::field_path::{Segment, lookup, segments};
use crate::kustomize::field_spec::{FieldSpec, FieldSpecs};
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_id::{GvkRef, ResourceId, effective_namespace};
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::source::Spot;
use crate::kustomize::transformers::about_at;
use crate::kustomize::value::Value;

mod expand;

use expand::{VarValue, expand_field};

/// One entry of `vars`.
#[derive(Clone, Debug)]
pub(crate) struct Var {
    name: SmolStr,
    group: SmolStr,
    version: SmolStr,
    kind: SmolStr,
    object: SmolStr,
    namespace: SmolStr,
    path: SmolStr,
    spot: Spot,
}

/// The vars of a layer and of those below, by name.
pub(crate) type Vars = BTreeMap<SmolStr, Var>;

impl Var {
    /// Reads an entry.
    pub(crate) fn read(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["name", "objref", "fieldref"])?;
        let object = fields.get("objref").unwrap_or(value);
        let object = match fields.get("objref") {
            Some(_) => object.fields(&["apiVersion", "group", "version", "kind", "name", "namespace"])?,
            None => return Err(value.failure("a var needs an `objref`")),
        };
        let path = match fields.get("fieldref") {
            Some(reference) => reference.fields(&["fieldPath"])?.string("fieldPath")?,
            None => SmolStr::default(),
        };
        let api_version = object.string("apiVersion")?;
        let (mut group, mut version) = (object.string("group")?, object.string("version")?);
        match api_version.split('/').collect::<Vec<_>>()[..] {
            [one] if !one.is_empty() => version = one.into(),
            [one, other] => (group, version) = (one.into(), other.into()),
            _ => {}
        }
        Ok(Self {
            name: fields.string("name")?,
            group,
            version,
            kind: object.string("kind")?,
            object: object.string("name")?,
            namespace: object.string("namespace")?,
            path: if path.is_empty() { SmolStr::new_static("metadata.name") } else { path },
            spot: value.spot(),
        })
    }

    /// An empty namespace means any.
    fn means(&self, id: &ResourceId<'_>) -> bool {
        id.gvk == GvkRef { group: &self.group, version: &self.version, kind: &self.kind }
            && id.name == self.object
            && (self.namespace.is_empty() || id.namespace == effective_namespace(&self.namespace))
    }

    fn shown(&self) -> String {
        format!("{} {}", GvkRef { group: &self.group, version: &self.version, kind: &self.kind }, self.object)
    }
}

/// Binds the vars of a layer to the objects that are there, and adds them to those of the layers below.
///
/// # Errors
/// A var that means several objects, and a name that is taken.
pub(crate) fn bind(own: Vec<Var>, vars: &mut Vars, objects: &mut ResourceMap) -> Result<()> {
    for var in own {
        let named = |resource: &Resource| !resource.is_dropped() && resource.all_ids().any(|id| var.means(&id));
        let all = objects.resources().iter().enumerate();
        let matches: Vec<usize> = all.filter(|(_, resource)| named(resource)).map(|(position, _)| position).collect();
        match matches[..] {
            [] => {}
            [only] => objects.change(only, |resource| resource.var_names.push(var.name.clone())),
            _ => {
                let message = format!("var `{}` means {} objects ({})", var.name, matches.len(), var.shown());
                return Err(Failure::input(message).hinted("Give its `objref` the namespace."));
            }
        }
        add(vars, var)?;
    }
    Ok(())
}

/// Adds the vars of a layer below.
///
/// # Errors
/// A name that is taken.
pub(crate) fn merge(vars: &mut Vars, below: Vars) -> Result<()> {
    below.into_values().try_for_each(|var| add(vars, var))
}

fn add(vars: &mut Vars, var: Var) -> Result<()> {
    match vars.entry(var.name.clone()) {
        Entry::Vacant(free) => {
            free.insert(var);
            Ok(())
        }
        Entry::Occupied(taken) => Err(Failure::input(format!("there are two vars named `{}`", taken.key()))
            .hinted("Rename one of them; a name counts through all layers.")),
    }
}

/// Puts the values of all vars where their names are referred to; returns the names that nothing refers to.
///
/// # Errors
/// A var without its object or field, and lists that hold more than texts where names are looked for.
pub(crate) fn resolve(vars: &Vars, rows: &[FieldSpec], objects: &mut ResourceMap) -> Result<Vec<SmolStr>> {
    if vars.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = vars
        .values()
        .map(|var| value_of(var, objects).map_err(|failure| var.spot.failed(failure)))
        .collect::<Result<BTreeMap<_, _>>>()?;
    let mut specs = FieldSpecs::new(rows.to_vec(), None);
    for resource in objects.resources_mut() {
        let paths = specs.paths(resource.gvk());
        let result = paths.apply(&mut resource.node, &mut |_, node| expand_field(node, &mut values));
        result.map_err(|failure| about_at(resource, failure))?;
        resource.spread_shared();
    }
    Ok(values.into_iter().filter(|(_, value)| !value.is_used()).map(|(name, _)| name).collect())
}

fn value_of(var: &Var, objects: &ResourceMap) -> Result<(SmolStr, VarValue)> {
    let Some(resource) = objects.resources().iter().find(|resource| resource.var_names.contains(&var.name)) else {
        return Err(Failure::input(format!("var `{}` refers to {}, which is no object here", var.name, var.shown()))
            .hinted("Its `objref` needs the exact apiVersion, kind and name of an object of its own layer or below."));
    };
    let found = lookup(&resource.node, &path_of(&var.path)).ok().flatten();
    let value = found.and_then(VarValue::of);
    value.map(|value| (var.name.clone(), value)).ok_or_else(|| {
        Failure::input(format!(
            "var `{}` refers to field `{}`, which {} lacks",
            var.name,
            var.path,
            resource.current_id()
        ))
    })
}

/// `ports[0]` is the first element of `ports`.
fn path_of(path: &str) -> Vec<Segment> {
    let indexed = |name: &str| -> Option<(SmolStr, usize)> {
        let (field, index) = name.strip_suffix(']')?.rsplit_once('[')?;
        let digits = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
        Some((field.into(), index.parse().ok().filter(|_| digits)?))
    };
    let mut result = Vec::new();
    for segment in segments(path) {
        let split = match &segment {
            Segment::Field(name) | Segment::Broken(name) => indexed(name),
            _ => None,
        };
        match split {
            None => result.push(segment),
            Some((field, index)) => {
                if !field.is_empty() {
                    result.extend(segments(&field));
                }
                result.push(Segment::Index(index));
            }
        }
    }
    result
}

#[cfg(test)]
mod tests;
