//! `configurations`: files that add rows to the tables of fields; and how a row is read wherever one is written.

use crate::failure::Result;
use crate::kustomize::field_spec::FieldSpec;
use crate::kustomize::gvk::Gvk;
use crate::kustomize::source::Source;
use crate::kustomize::tables::{NameReference, PLAIN_TABLES, Tables};
use crate::kustomize::value::{Fields, Reading, Value};

/// Reads one configuration file.
pub(crate) fn read(source: &Source) -> Result<Tables> {
    let mut tables = Tables::default();
    let Some(node) = source.first_document()? else { return Ok(tables) };
    let known: Vec<&str> = PLAIN_TABLES.into_iter().chain(["nameReference"]).collect();
    let fields = Value::new(&node, source, Reading::Configuration).fields(&known)?;
    for name in PLAIN_TABLES {
        let rows = fields.list(name)?.into_iter().map(read_field_spec).collect::<Result<Vec<_>>>()?;
        tables.plain_mut(name).expect("the name is of the list of tables").extend(rows);
    }
    for value in fields.list("nameReference")? {
        let fields = value.fields(&["group", "version", "kind", "fieldSpecs"])?;
        tables.name_reference.push(NameReference { target: gvk(&fields)?, referrers: read_field_specs(&fields)? });
    }
    tables.sort();
    Ok(tables)
}

/// Reads the field `fieldSpecs`.
pub(crate) fn read_field_specs(fields: &Fields<'_>) -> Result<Vec<FieldSpec>> {
    fields.list("fieldSpecs")?.into_iter().map(read_field_spec).collect()
}

/// Reads one row.
pub(crate) fn read_field_spec(value: Value<'_>) -> Result<FieldSpec> {
    let fields = value.fields(&["group", "version", "kind", "path", "create"])?;
    Ok(FieldSpec { gvk: gvk(&fields)?, path: fields.string("path")?, create: fields.bool("create")? })
}

fn gvk(fields: &Fields<'_>) -> Result<Gvk> {
    Ok(Gvk { group: fields.string("group")?, version: fields.string("version")?, kind: fields.string("kind")? })
}
