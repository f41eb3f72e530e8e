//! Where an object or a transformer comes from, as `buildMetadata` prints it.

use std::fmt::Write;
use std::path::Path;

use crate::kustomize::file_system::clean;
use crate::kustomize::remote::Remote;
use crate::kustomize::resource::Resource;

/// One `config.kubernetes.io/origin`, or one item of `alpha.config.kubernetes.io/transformations`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// File of the object, relative to the root of the build (or of the remote repository).
    path: String,
    /// Clone URL of the remote repository.
    repo: String,
    /// Its ref.
    reference: String,
    /// File that configures the generator or transformer.
    configured_in: String,
    /// `apiVersion` of the generator or transformer.
    api_version: String,
    /// Its kind.
    kind: String,
    /// Its name.
    name: String,
    /// Its namespace.
    namespace: String,
}

impl Origin {
    /// Returns the origin of what `path`, as written in a kustomization here, names.
    pub(crate) fn joined(&self, path: &str) -> Self {
        Self { path: join(&self.path, path), ..self.clone() }
    }

    /// Returns the origin of a folder in a remote repository.
    pub(crate) fn of_remote(remote: &Remote) -> Self {
        let (repo, reference) = (remote.clone_url(), remote.reference().unwrap_or_default().to_owned());
        Self { path: join("", remote.path()), repo, reference, ..Self::default() }
    }

    /// Returns what a built-in generator or transformer of the layer here writes.
    pub(crate) fn of_built_in(&self, kind: &str, file_name: &str) -> Self {
        Self {
            repo: self.repo.clone(),
            reference: self.reference.clone(),
            configured_in: join(&self.path, file_name),
            api_version: "builtin".into(),
            kind: kind.into(),
            ..Self::default()
        }
    }

    /// Returns what a plugin writes whose file has this origin.
    pub(crate) fn of_plugin(&self, plugin: &Resource) -> Self {
        Self {
            path: String::new(),
            repo: self.repo.clone(),
            reference: self.reference.clone(),
            configured_in: self.path.clone(),
            api_version: plugin.api_version().into(),
            kind: plugin.kind().into(),
            name: plugin.name().into(),
            namespace: plugin.namespace().into(),
        }
    }

    /// Returns the annotation's text.
    pub(crate) fn print(&self) -> String {
        let mut text = String::new();
        let mut line = |indent: &str, key: &str, value: &str| {
            if !value.is_empty() {
                writeln!(text, "{indent}{key}: {}", quoted(value)).expect("writing to a string succeeds");
            }
        };
        line("", "path", &self.path);
        line("", "repo", &self.repo);
        line("", "ref", &self.reference);
        line("", "configuredIn", &self.configured_in);
        let by = [
            ("apiVersion", &self.api_version),
            ("kind", &self.kind),
            ("name", &self.name),
            ("namespace", &self.namespace),
        ];
        if by.iter().any(|(_, value)| !value.is_empty()) {
            text.push_str("configuredBy:\n");
            for (key, value) in by.into_iter().filter(|(_, value)| !value.is_empty()) {
                writeln!(text, "  {key}: {}", quoted(value)).expect("writing to a string succeeds");
            }
        }
        if text.is_empty() { "{}\n".into() } else { text }
    }
}

/// Returns the text of the annotation that lists several.
pub(crate) fn print_list<'o>(origins: impl IntoIterator<Item = &'o Origin>) -> String {
    let mut text = String::new();
    for origin in origins {
        for (index, line) in origin.print().lines().enumerate() {
            text.push_str(if index == 0 { "- " } else { "  " });
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Quotes what would not be read back as the string that it is.
fn quoted(value: &str) -> String {
    let odd = value.starts_with(|first: char| "-?:,[]{}#&*!|>'\"%@` ".contains(first))
        || value.contains(": ")
        || value.contains(" #")
        || value.ends_with(':')
        || value.ends_with(' ');
    let is_string = crate::yaml::resolve_tag(value) == crate::yaml::Tag::Str
        && crate::yaml::resolve_tag_yaml11(value) == crate::yaml::Tag::Str;
    match (is_string, odd) {
        (true, false) => value.into(),
        (false, _) => format!("\"{value}\""),
        (true, true) => format!("'{}'", value.replace('\'', "''")),
    }
}

/// Joins as Go's `filepath.Join`: empty parts are left out, the rest is cleaned as text.
fn join(base: &str, path: &str) -> String {
    let joined = clean(&Path::new(base).join(path.trim_start_matches('/'))).to_string_lossy().into_owned();
    if joined.is_empty() && !(base.is_empty() && path.is_empty()) { ".".into() } else { joined }
}
