//! What was rendered, as the objects that are applied.

use crate::apply::object::Manifest;
use crate::failure::{Failure, Place, Result};
use crate::kustomize::Object;
use crate::yaml;

/// Turns rendered objects into manifests, each with the file it came from.
///
/// # Errors
/// An object without apiVersion, kind or name, or with a value that JSON does not know.
pub(crate) fn of(objects: &[Object]) -> Result<Vec<Manifest>> {
    objects.iter().map(manifest).collect()
}

fn manifest(object: &Object) -> Result<Manifest> {
    let place = object.origin().map(|(file, line)| Place { file: relative(file), line, column: 1 });
    let value = yaml::to_value(&object.node).map_err(|error| Failure::input(error.message))?;
    Manifest::new(value, place)
}

/// Annotations name files from the workspace on.
fn relative(file: &str) -> String {
    let root = crate::disk::working_folder().unwrap_or_default();
    std::path::Path::new(file).strip_prefix(root).map_or_else(|_| file.to_owned(), |path| path.display().to_string())
}
