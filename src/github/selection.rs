//! What one GraphQL query asks of a commit (files, logs), and what its answer says of them.
//! Pure: builds texts and reads JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::tree::{Entry, Mode, Tree};
use super::{Logged, Opened, Place, Repository};

/// How many commits of a folder's log are read along with its files.
pub(super) const LOG: usize = 30;

/// The fields of a file.
pub(super) const FILE: &str =
    "fragment F on TreeEntry { mode oid object { ... on Blob { isBinary isTruncated text } } }";

pub(super) fn base_variables(repository: &Repository) -> Map<String, Value> {
    let mut variables = Map::new();
    variables.insert("owner".into(), repository.owner.clone().into());
    variables.insert("name".into(), repository.name.clone().into());
    variables
}

pub(super) fn declarations(variables: &Map<String, Value>) -> String {
    variables.keys().map(|name| format!("${name}:String!")).collect::<Vec<_>>().join(",")
}

/// Returns the fields of a commit that give files and logs; their paths go into the variables.
pub(super) fn selection(files: &[String], logs: &[String], variables: &mut Map<String, Value>) -> String {
    let mut fields = String::new();
    for (index, path) in files.iter().enumerate() {
        variables.insert(format!("f{index}"), path.clone().into());
        fields.push_str(&format!(" f{index}: file(path:$f{index}) {{ ...F }}"));
    }
    for (index, folder) in logs.iter().enumerate() {
        // The root has no path of its own: its log is the branch's.
        if folder.is_empty() {
            fields.push_str(&format!(" l{index}: history(first:{LOG}) {{ nodes {{ oid message }} }}"));
        } else {
            variables.insert(format!("l{index}"), folder.clone().into());
            fields.push_str(&format!(" l{index}: history(first:{LOG},path:$l{index}) {{ nodes {{ oid message }} }}"));
        }
    }
    fields
}

/// Reads the first look; `None` when there is no such branch.
pub(super) fn read_opened(repository: &Repository, branch: Option<&str>, found: &Value) -> Option<Opened> {
    let default_branch = found["default"]["name"].as_str().unwrap_or_default().to_owned();
    let reference = &found["ref"];
    let commit = reference["target"]["oid"].as_str()?.to_owned();
    let branch = branch.map_or_else(|| default_branch.clone(), str::to_owned);
    let mut tree = Tree::new(Place { repository: repository.clone(), branch, commit });
    tree.root = reference["target"]["tree"]["oid"].as_str().map(str::to_owned);
    let can_push = match found["viewerPermission"].as_str() {
        Some("ADMIN" | "MAINTAIN" | "WRITE") => Some(true),
        Some("READ" | "TRIAGE") => Some(false),
        _ => None,
    };
    let archived = found["isArchived"].as_bool().unwrap_or(false);
    Some(Opened { tree, logs: BTreeMap::new(), default_branch, can_push, archived })
}

pub(super) fn read_files(tree: &mut Tree, paths: &[String], commit: &Value) {
    if tree.root.is_none() {
        tree.root = commit["tree"]["oid"].as_str().map(str::to_owned);
    }
    for (index, path) in paths.iter().enumerate() {
        let found = &commit[format!("f{index}")];
        let mode = found["mode"].as_u64().and_then(Mode::from_number);
        let entry = mode.map(|mode| {
            let blob = &found["object"];
            let whole = !blob["isBinary"].as_bool().unwrap_or(true) && !blob["isTruncated"].as_bool().unwrap_or(true);
            let text = blob["text"].as_str().filter(|_| whole);
            Entry {
                mode,
                oid: found["oid"].as_str().unwrap_or_default().to_owned(),
                bytes: text.map(|text| text.as_bytes().to_vec()),
            }
        });
        tree.put(path.clone(), entry);
    }
}

pub(super) fn read_log(nodes: &Value) -> Vec<Logged> {
    let nodes = nodes.as_array().map_or(&[][..], Vec::as_slice);
    let commit = |node: &Value| {
        let text = |name: &str| node[name].as_str().map(str::to_owned);
        Some(Logged { sha: text("oid")?, message: text("message")?, ..Logged::default() })
    };
    nodes.iter().filter_map(commit).collect()
}
