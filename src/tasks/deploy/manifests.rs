//! Plain manifests: the objects of a file, of a folder without a kustomization (as `kubectl apply -f` reads it), of standard input.
#![allow(clippy::disallowed_methods, reason = "edge: reads the files that are to be deployed")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::apply::object::Manifest;
use crate::failure::{Failure, Place, Result};
use crate::yaml::{self, Document, Position};

/// The end of a name that kubectl takes for a manifest.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Reads the objects of one path: a file, a folder, or `-`.
///
/// # Errors
/// A path that cannot be read, or a document that is no object; names file and line.
pub(crate) fn read(path: &str) -> Result<Vec<Manifest>> {
    if path == "-" {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).map_err(|error| Failure::input(format!("standard input: {error}")))?;
        return parse("standard input", &text);
    }
    let mut manifests = Vec::new();
    for file in files(Path::new(path))? {
        let name = file.display().to_string();
        let text = fs::read(&file).map_err(|error| Failure::input(format!("{name}: {error}")))?;
        manifests.extend(parse(&name, &text)?);
    }
    Ok(manifests)
}

/// Returns the files of a path, in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let fail = |error: std::io::Error| Failure::input(format!("{}: {error}", path.display()));
    if !fs::metadata(path).map_err(fail)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(fail)? {
        let file = entry.map_err(fail)?.path();
        let manifest =
            file.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending));
        if manifest && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads the documents of a text; a List counts as its items.
pub(crate) fn parse(name: &str, text: &[u8]) -> Result<Vec<Manifest>> {
    let documents = yaml::parse_documents(text).map_err(|error| bad_yaml(name, &error))?;
    let mut manifests = Vec::new();
    for document in documents.iter().filter(|document| !document.root.is_null()) {
        let place = place(name, text, document);
        let value = yaml::to_value(&document.root).map_err(|error| bad_yaml(name, &error.locate(text)))?;
        add(value, &place, &mut manifests)?;
    }
    Ok(manifests)
}

fn add(value: Value, place: &Place, manifests: &mut Vec<Manifest>) -> Result<()> {
    let is_list = value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    match value.get("items").and_then(Value::as_array) {
        Some(items) if is_list => items.iter().try_for_each(|item| add(item.clone(), place, manifests)),
        _ => {
            let at = format!("{}:{}", place.file, place.line);
            manifests.push(Manifest::new(value, Some(place.clone())).map_err(|failure| failure.during(at))?);
            Ok(())
        }
    }
}

fn place(name: &str, text: &[u8], document: &Document) -> Place {
    let Position { line, column } = Position::of(text, document.root.span().start as usize);
    Place { file: name.to_owned(), line, column }
}

fn bad_yaml(name: &str, error: &yaml::Error) -> Failure {
    let failure = Failure::input(format!("{name}: {error}"));
    match error.position {
        Some(Position { line, column }) => failure.at(Place { file: name.to_owned(), line, column }),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_lists_become_objects_with_their_lines() {
        let text = b"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: s}\n";
        let manifests = parse("all.yaml", text).unwrap();
        let names: Vec<String> = manifests.iter().map(|manifest| manifest.reference.to_string()).collect();
        assert_eq!(names, ["Namespace/a", "Service/s"]);
        assert_eq!(manifests[1].place.as_ref().map(|place| place.line), Some(8));
    }

    #[test]
    fn a_document_that_is_no_object_is_named_with_its_line() {
        let failure = parse("x.yaml", b"apiVersion: v1\nkind: Service\n---\nkind: Service\n").unwrap_err();
        assert!(failure.to_string().starts_with("x.yaml:"), "{failure}");
    }

    #[test]
    fn broken_yaml_names_file_and_line() {
        let failure = parse("x.yaml", b"a: [1\n").unwrap_err();
        assert!(failure.place.is_some_and(|place| place.file == "x.yaml"), "no place");
    }
}
