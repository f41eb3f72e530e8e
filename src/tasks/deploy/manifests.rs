//! What was rendered, as the objects that are applied.

use std::path::Path;

use crate::apply::object::Manifest;
use crate::failure::{Failure, Place, Result};
use crate::kustomize::Object;
use crate::yaml;

/// Turns rendered objects into manifests, each with the file it came from.
///
/// # Errors
/// An object without apiVersion, kind or name, or with a value that JSON does not know.
pub(crate) fn of(objects: Vec<Object>) -> Result<Vec<Manifest>> {
    let root = crate::disk::working_folder().unwrap_or_default();
    objects.into_iter().map(|object| manifest(&object, &root)).collect()
}

fn manifest(object: &Object, root: &Path) -> Result<Manifest> {
    let place = object.origin().map(|(file, line)| Place { file: relative(file, root), line, column: 1 });
    let value = yaml::to_value(&object.node).map_err(|error| {
        let failure = Failure::input(error.to_string());
        if let Some(place) = &place { failure.at(place.clone()) } else { failure }
    })?;
    Manifest::new(value, place)
}

/// Annotations name files from the workspace on.
fn relative(file: &str, root: &Path) -> String {
    Path::new(file).strip_prefix(root).map_or_else(|_| file.to_owned(), |path| path.display().to_string())
}
