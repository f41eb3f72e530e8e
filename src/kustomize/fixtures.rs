//! Runs the fixtures of `tests/fixtures/kustomize`: one folder a field or trap, with the answer of real kustomize
//! beside the input (`scripts/refresh-fixtures`). Compares only.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::kustomize::file_system::MemoryFileSystem;
use crate::kustomize::kustomization::{FIELDS, FILE_NAMES};
use crate::kustomize::{Options, build, print};

/// One folder.
struct Fixture {
    name: String,
    files: MemoryFileSystem,
    /// The folder to build.
    root: PathBuf,
    /// What kustomize printed; none when it refused.
    expected: Option<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kustomize")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = read.map(|entry| entry.expect("the entry is readable").path()).collect();
    paths.sort();
    paths
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let below = |path: PathBuf| if path.is_dir() { files_below(&path) } else { vec![path] };
    entries(folder).into_iter().flat_map(below).collect()
}

fn fixtures() -> Vec<Fixture> {
    let folders = entries(&folder()).into_iter().filter(|path| path.is_dir());
    folders.map(|folder| read(&folder)).collect()
}

fn read(folder: &Path) -> Fixture {
    let mut files = MemoryFileSystem::default();
    let input = folder.join("input");
    for path in files_below(&input) {
        files.write(path.strip_prefix(folder).expect("it is below"), std::fs::read(&path).expect("readable"));
    }
    let expected = std::fs::read_to_string(folder.join("expected.yaml")).ok();
    let name = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
    assert_ne!(expected.is_some(), folder.join("expected-error.txt").exists(), "{name} has one answer");
    let root = Path::new(if input.join("app").is_dir() { "/input/app" } else { "/input" }).to_owned();
    Fixture { name, files, root, expected }
}

#[test]
fn every_fixture_builds_as_with_kustomize() {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let built = build(&fixture.files, &fixture.root, &Options::default()).and_then(|built| print(&built.objects));
        match (built, fixture.expected) {
            (Ok(text), Some(expected)) if text == expected => {}
            (Err(failure), None) if !failure.to_string().is_empty() => {}
            (Ok(text), Some(_)) => wrong.push(format!("{} differs:\n{text}", fixture.name)),
            (Ok(_), None) => wrong.push(format!("{} must be refused", fixture.name)),
            (Err(failure), _) => wrong.push(format!("{}: {failure}", fixture.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_field_of_a_kustomization_has_a_fixture() {
    let is_kustomization = |path: &Path| FILE_NAMES.iter().any(|name| path.ends_with(name));
    let mut used = BTreeSet::new();
    for path in files_below(&folder()).into_iter().filter(|path| is_kustomization(path)) {
        let text = std::fs::read_to_string(&path).expect("a kustomization is text");
        used.extend(text.lines().filter_map(|line| line.split_once(':')).map(|(field, _)| field.to_owned()));
    }
    let missing: Vec<&str> = FIELDS.into_iter().filter(|field| !used.contains(*field)).collect();
    assert!(missing.is_empty(), "no fixture has {missing:?}; scripts/refresh-fixtures makes the answer of a new one");
}
