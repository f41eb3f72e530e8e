//! `crds`: OpenAPI definitions of custom kinds, whose `x-kubernetes-*` marks become rows of the tables.

use crate::failure::Result;
use crate::kustomize::field_spec::FieldSpec;
use crate::kustomize::gvk::Gvk;
use crate::kustomize::source::Source;
use crate::kustomize::tables::{NameReference, Tables, merge_rows};
use crate::yaml::{Mapping, Node};

const ANNOTATION: &str = "x-kubernetes-annotation";
const LABEL_SELECTOR: &str = "x-kubernetes-label-selector";
const IDENTITY: &str = "x-kubernetes-identity";
const REFERENCE_VERSION: &str = "x-kubernetes-object-ref-api-version";
const REFERENCE_KIND: &str = "x-kubernetes-object-ref-kind";
const REFERENCE_NAME: &str = "x-kubernetes-object-ref-name-key";

/// Deepest chain of `$ref` that is followed: a definition that refers to itself would go on for ever.
const MAX_DEPTH: usize = 64;

/// Reads one file of definitions.
pub(crate) fn read(source: &Source) -> Result<Tables> {
    let mut tables = Tables::default();
    let Some(document) = source.first_document()? else { return Ok(tables) };
    let Some(definitions) = document.as_mapping() else {
        return Err(source.failure(document.span(), "expected a map of definitions by type name"));
    };
    for entry in &definitions.entries {
        if entry.value.as_mapping().is_none() && !entry.value.is_null() {
            let message = format!("expected the definition of the type `{}`", entry.key.text);
            return Err(source
                .failure(entry.value.span(), message)
                .hinted("List OpenAPI definitions here, no objects."));
        }
        let Some(properties) = properties_of(&entry.value) else { continue };
        if ["kind", "apiVersion", "metadata"].iter().all(|name| properties.get(name).is_some()) {
            let kind = entry.key.text.rsplit('.').next().unwrap_or_default();
            let mut walk =
                Walk { source, definitions, kind: Gvk::new("", kind), tables: &mut tables, path: Vec::new() };
            walk.definition(&entry.value)?;
        }
    }
    Ok(tables)
}

struct Walk<'a> {
    source: &'a Source,
    definitions: &'a Mapping,
    kind: Gvk,
    tables: &'a mut Tables,
    path: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    fn definition(&mut self, definition: &'a Node) -> Result<()> {
        let Some(properties) = properties_of(definition) else { return Ok(()) };
        if self.path.len() > MAX_DEPTH {
            return Err(self.source.failure(definition.span(), "the definition refers to itself"));
        }
        for entry in &properties.entries {
            self.path.push(&entry.key.text);
            self.property(&entry.value)?;
            self.path.pop();
        }
        Ok(())
    }

    fn property(&mut self, property: &'a Node) -> Result<()> {
        let text = |name: &str| property.get(name).and_then(Node::as_str);
        if text(ANNOTATION).is_some() {
            let row = self.row(None);
            merge_rows(&mut self.tables.common_annotations, vec![row])?;
        }
        if text(LABEL_SELECTOR).is_some() {
            let row = self.row(None);
            merge_rows(&mut self.tables.common_labels, vec![row])?;
        }
        if text(IDENTITY).is_some() {
            let row = self.row(None);
            merge_rows(&mut self.tables.name_prefix, vec![row])?;
        }
        if let (Some(version), Some(kind)) = (text(REFERENCE_VERSION), text(REFERENCE_KIND)) {
            let target = Gvk { version: version.into(), kind: kind.into(), ..Gvk::default() };
            let referrers = vec![self.row(Some(text(REFERENCE_NAME).unwrap_or("name")))];
            self.tables.add_reference(NameReference { target, referrers })?;
        }
        match text("$ref").and_then(|name| self.definitions.get(name)) {
            Some(definition) => self.definition(definition),
            None => Ok(()),
        }
    }

    fn row(&self, below: Option<&str>) -> FieldSpec {
        let path: Vec<&str> = self.path.iter().copied().chain(below).collect();
        FieldSpec { gvk: self.kind.clone(), path: path.join("/").into(), create: false }
    }
}

fn properties_of(definition: &Node) -> Option<&Mapping> {
    definition.at(&["Schema", "properties"]).or_else(|| definition.at(&["schema", "properties"]))?.as_mapping()
}
