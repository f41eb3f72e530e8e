//! The set to deploy, out of the paths that were given: plain manifests of files and folders, or standard input.
#![allow(clippy::disallowed_methods, reason = "edge until the disk module reads for it")]

use serde_json::Value;

use crate::apply::object::Manifest;
use crate::failure::{Failure, Place, Result};

/// Reads every path's objects, in order.
///
/// # Errors
/// A path that cannot be read, or a document that is no object.
pub(crate) fn read(paths: &[String]) -> Result<Vec<Manifest>> {
    let mut manifests = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::input(format!("{path}: {error}")))?;
        for document in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
            let document = document.map_err(|error| Failure::input(format!("{path}: {error}")))?;
            let place = Place { file: path.clone(), line: 1, column: 1 };
            manifests.push(Manifest::new(document, Some(place))?);
        }
    }
    Ok(manifests)
}
