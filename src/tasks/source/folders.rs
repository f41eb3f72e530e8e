//! The lines of `path` as folders: wildcards matched against what is there, one part at a time.

use std::path::{Component, Path, PathBuf};

use crate::config::paths;
use crate::kustomize::file_system::FileSystem;

/// Returns what a path names, in the order of names; nothing when nothing is there.
pub(super) fn matching(files: &dyn FileSystem, path: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for component in path.components() {
        let Component::Normal(part) = component else {
            if component == Component::ParentDir {
                found.iter_mut().for_each(|folder| _ = folder.pop());
            }
            continue;
        };
        let part = part.to_string_lossy();
        found = if paths::is_pattern(&part) {
            found.iter().flat_map(|folder| children(files, folder, &part)).collect()
        } else {
            found.into_iter().map(|folder| folder.join(&*part)).collect()
        };
    }
    found.retain(|path| files.kind(path).is_some());
    found
}

fn children(files: &dyn FileSystem, folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut names: Vec<String> = files.names(folder).into_iter().filter(|name| paths::fits(pattern, name)).collect();
    names.sort();
    names.into_iter().map(|name| folder.join(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::matching;
    use crate::kustomize::file_system::MemoryFileSystem;
    use std::path::{Path, PathBuf};

    #[test]
    fn a_wildcard_matches_within_one_part() {
        let mut files = MemoryFileSystem::default();
        for service in ["web", "api", ".hidden"] {
            files.write(format!("/services/{service}/overlays/prod/kustomization.yaml"), "");
        }
        files.write("/services/docs/readme.md", "");
        let found = matching(&files, Path::new("/services/*/overlays/prod"));
        assert_eq!(found, ["/services/api/overlays/prod", "/services/web/overlays/prod"].map(PathBuf::from));
        assert!(matching(&files, Path::new("/services/none")).is_empty());
    }
}
