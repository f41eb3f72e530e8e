//! Unpacks a repository's archive in memory, within bounds: nothing outside its root, no device, no endless link. Pure.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

use crate::failure::{Failure, Result};

const ENTRIES: usize = 50_000;
const UNPACKED: u64 = 512 * 1024 * 1024;
const FILE: u64 = 64 * 1024 * 1024;
const LINK_DEPTH: usize = 8;

/// Unpacks a gzipped tar whose entries stand in one top folder; returns files by their path below it.
///
/// # Errors
/// It is no such archive, or breaks a bound.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut links: Vec<(String, String)> = Vec::new();
    let mut unpacked = 0_u64;
    let mut archive = Archive::new(GzDecoder::new(packed).take(UNPACKED + FILE));
    for (count, entry) in archive.entries().map_err(broken)?.enumerate() {
        let mut entry = entry.map_err(broken)?;
        if count >= ENTRIES {
            return Err(Failure::input(format!("the archive has more than {ENTRIES} entries")));
        }
        let Some(path) = below_top(&String::from_utf8_lossy(&entry.path_bytes()))? else { continue };
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {
                unpacked += entry.size();
                if entry.size() > FILE || unpacked > UNPACKED {
                    return Err(Failure::input(format!("the archive is too large at {path}")));
                }
                let mut content = Vec::new();
                entry.read_to_end(&mut content).map_err(broken)?;
                files.insert(path, content);
            }
            EntryType::Symlink => {
                let target = entry.link_name_bytes().map(|name| String::from_utf8_lossy(&name).into_owned());
                links.extend(target.and_then(|target| resolve(&path, &target)).map(|target| (path, target)));
            }
            _ => {}
        }
    }
    follow(&mut files, links);
    Ok(files.into_iter().collect())
}

/// Refuses a path that leads into a submodule, whose files no archive holds.
///
/// # Errors
/// `path` stands in or below a submodule.
pub(super) fn refuse_submodule(files: &[(String, Vec<u8>)], path: &str, repository: &str) -> Result<()> {
    let Some((_, modules)) = files.iter().find(|(name, _)| name == ".gitmodules") else { return Ok(()) };
    let wanted = path.trim_matches('/');
    for line in String::from_utf8_lossy(modules).lines() {
        let Some(module) = line.trim().strip_prefix("path").and_then(|rest| rest.trim_start().strip_prefix('=')) else {
            continue;
        };
        let module = module.trim().trim_matches('/');
        if wanted == module || wanted.strip_prefix(module).is_some_and(|rest| rest.starts_with('/')) {
            return Err(Failure::input(format!("{repository}: `{wanted}` is in the submodule `{module}`"))
                .hinted("refer to the submodule's own repository"));
        }
    }
    Ok(())
}

/// The path without the archive's top folder; none for that folder itself and for pax headers.
fn below_top(path: &str) -> Result<Option<String>> {
    let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err(Failure::input(format!("the archive holds `{path}`, which leads out of it")));
    }
    parts.next();
    let rest: Vec<&str> = parts.collect();
    Ok(if rest.is_empty() { None } else { Some(rest.join("/")) })
}

/// Where a link at `path` leads inside the repository; none when it leads out.
fn resolve(path: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Puts each link's content in its place: a file, or a folder's files. Links to links take another round.
fn follow(files: &mut BTreeMap<String, Vec<u8>>, mut links: Vec<(String, String)>) {
    for _ in 0..LINK_DEPTH {
        links.retain(|(path, target)| {
            if let Some(content) = files.get(target).cloned() {
                files.insert(path.clone(), content);
                return false;
            }
            let folder = format!("{target}/");
            if path.starts_with(&folder) || target.is_empty() {
                return false;
            }
            let below: Vec<(String, Vec<u8>)> = files
                .range(folder.clone()..)
                .take_while(|(name, _)| name.starts_with(&folder))
                .map(|(name, content)| (format!("{path}/{}", &name[folder.len()..]), content.clone()))
                .collect();
            let missing = below.is_empty();
            if files.len() + below.len() <= ENTRIES {
                files.extend(below);
            }
            missing
        });
    }
}

fn broken(error: std::io::Error) -> Failure {
    Failure::input(format!("the archive cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{refuse_submodule, unpack};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, EntryType, Header};

    fn pack(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, kind, content) in entries {
            let mut header = Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            // Written past the library's own checks, as an attacker would.
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            if *kind == EntryType::Symlink {
                header.set_link_name_literal(content).unwrap();
                header.set_size(0);
                header.set_cksum();
                builder.append(&header, &b""[..]).unwrap();
            } else {
                header.set_size(content.len() as u64);
                header.set_cksum();
                builder.append(&header, content.as_bytes()).unwrap();
            }
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    #[test]
    fn files_stand_below_the_top_folder_and_inner_links_are_followed() {
        let packed = pack(&[
            ("o-r-abc/base/kustomization.yaml", EntryType::Regular, "x"),
            ("o-r-abc/overlay", EntryType::Symlink, "base"),
            ("o-r-abc/out", EntryType::Symlink, "../../etc/passwd"),
            ("o-r-abc/loop", EntryType::Symlink, "loop"),
        ]);
        let names: Vec<String> = unpack(&packed).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["base/kustomization.yaml", "overlay/kustomization.yaml"]);
    }

    #[test]
    fn an_entry_that_leads_out_is_refused() {
        let error = unpack(&pack(&[("top/../../evil", EntryType::Regular, "x")])).unwrap_err();
        assert!(error.to_string().contains("leads out of it"), "{error}");
    }

    #[test]
    fn a_path_into_a_submodule_is_refused_by_name() {
        let modules = "[submodule \"lib\"]\n\tpath = vendor/lib\n\turl = https://example.com/lib\n";
        let files = vec![(".gitmodules".to_owned(), modules.as_bytes().to_vec())];
        assert!(refuse_submodule(&files, "/vendor/lib/base", "o/r").is_err());
        assert!(refuse_submodule(&files, "vendor/library", "o/r").is_ok());
    }

    #[test]
    fn what_is_no_archive_is_an_error() {
        assert!(unpack(b"<html>").is_err());
    }
}
