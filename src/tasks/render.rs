//! `render`: reads, builds, prints.

use std::path::Path;

use ring::digest::{SHA256, digest};

use crate::disk;
use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::Context;
use crate::inputs::task::Render;
use crate::kustomize::{self, Object};
use crate::outcome::Outcome;
use crate::runner::{self, Console};
use crate::tasks::source;

/// Runs the mode.
///
/// # Errors
/// Whatever does not build, cannot be printed, or cannot be written.
pub(crate) async fn run(task: &Render, context: &Context, console: &Console) -> Result<Outcome> {
    let rendered =
        source::read(&task.source, &task.build, &task.edits, source::Plain::Refused, context, console).await?;
    let start = context.debug.then(runner::clock);
    let text = kustomize::print(&rendered.objects)?;
    if let Some(start) = start {
        console.debug(&format!("phase print {:.1} ms", (runner::clock() - start).as_secs_f64() * 1e3));
    }
    let manifest_sha256 = context.has_outputs.then(|| sha256(&text));
    let printed = match &task.output {
        Some(output) => {
            write(Path::new(output), &text, &rendered.objects)?;
            String::new()
        }
        None => text,
    };
    // The process ends here: taking every node of every object apart first would be a tenth of its work.
    std::mem::forget(rendered.objects);
    Ok(Outcome { notices: rendered.notices, manifest_sha256, ..Outcome::printed(printed) })
}

/// SHA-256 of what `render` would print of these objects, where somebody reads the outputs.
pub(crate) fn printed_sha256(objects: &[Object], context: &Context) -> Option<String> {
    let text = context.has_outputs.then(|| kustomize::print(objects))?;
    text.ok().map(|text| sha256(&text))
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One file; or, in a folder, one file an object, named as `kustomize build -o FOLDER` names them.
fn write(output: &Path, text: &str, objects: &[Object]) -> Result<()> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::new(FailureKind::Other, format!("output: cannot write {}: {error}", path.display()))
    };
    if !output.is_dir() {
        return disk::write(output, text.as_bytes()).map_err(|error| failed(output, error));
    }
    let mut namespaces: Vec<&str> = objects.iter().map(namespace).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    for object in objects {
        let path = output.join(file_name(object, namespaces.len() > 1));
        let text = kustomize::print(std::slice::from_ref(object))?;
        disk::write(&path, text.as_bytes()).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

fn namespace(object: &Object) -> &str {
    field(object, &["metadata", "namespace"])
}

/// `[namespace_]group_version_kind_name.yaml`, in lower case, empty parts left out.
fn file_name(object: &Object, with_namespace: bool) -> String {
    let (group, version) = match field(object, &["apiVersion"]).split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", field(object, &["apiVersion"])),
    };
    let front = if with_namespace { namespace(object) } else { "" };
    let parts = [front, group, version, field(object, &["kind"]), field(object, &["metadata", "name"])];
    let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
    format!("{}.yaml", name.to_lowercase().replace(['/', '\\'], "_"))
}

fn field<'a>(object: &'a Object, path: &[&str]) -> &'a str {
    object.node.at(path).and_then(|node| node.text()).unwrap_or_default()
}
