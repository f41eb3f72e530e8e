//! `replicas`, and the plugin `ReplicaCountTransformer`: sets the count of the workloads that have, or had, a name.

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::configurations::read_field_specs;
use crate::kustomize::field_spec::{Create, FieldSpec, FieldSpecs};
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::scalar::set_tagged;
use crate::kustomize::transformers::{Transformer, about};
use crate::kustomize::value::Value;
use crate::yaml::Tag;

/// One entry of `replicas`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    name: SmolStr,
    count: i64,
}

/// The step.
#[derive(Debug)]
pub(crate) struct Replicas {
    replica: Replica,
    rows: Vec<FieldSpec>,
}

impl Replica {
    /// Reads an entry.
    pub(crate) fn read(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["name", "count"])?;
        let count = fields.get("count").map_or(Ok(0), |value| value.integer())?;
        Ok(Self { name: fields.string("name")?, count })
    }
}

impl Replicas {
    /// An entry of the kustomization's field.
    pub(crate) fn from_field(replica: &Replica, rows: &[FieldSpec]) -> Self {
        Self { replica: replica.clone(), rows: rows.to_vec() }
    }

    /// A plugin's file.
    pub(crate) fn from_plugin(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["replica", "fieldSpecs"])?;
        let replica = fields.get("replica").map_or(Ok(Replica::default()), Replica::read)?;
        Ok(Self { replica, rows: read_field_specs(&fields)? })
    }
}

impl Transformer for Replicas {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        let name = &self.replica.name;
        let count = self.replica.count.to_string();
        let mut found = false;
        for row in &self.rows {
            let mut spec = FieldSpecs::new(vec![row.clone()], Some(Create::Scalar));
            for position in 0..objects.len() {
                let resource = &objects.resources()[position];
                let named = resource.is_or_was_named(name)
                    && !resource.is_dropped()
                    && resource.all_ids().any(|id| id.name == name && id.gvk.is_selected_by(&row.gvk));
                if !named {
                    continue;
                }
                found = true;
                objects.change(position, |resource| {
                    let set = spec.paths(resource.gvk()).apply(&mut resource.node, &mut |_, node| {
                        if node.as_scalar().is_none() {
                            return Err(Failure::input("the field of the replica count holds a map or a list"));
                        }
                        set_tagged(node, count.as_str(), Tag::Int);
                        Ok(())
                    });
                    set.map_err(|failure| about(resource, failure))
                })?;
            }
        }
        if found {
            return Ok(());
        }
        let mut kinds: Vec<&str> = self.rows.iter().map(|row| row.gvk.kind.as_str()).collect();
        kinds.dedup();
        Err(Failure::input(format_args!("`replicas` names `{name}`, and there is no such {}", kinds.join(", ")))
            .hinted("Correct the name, or add a `configurations` row if another kind has the count."))
    }
}
