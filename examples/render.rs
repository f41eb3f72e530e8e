//! Builds a kustomization and prints it, until `k8s-deploy render` does.

use std::io::Write;
use std::path::Path;

use k8s_deploy::disk::Disk;
use k8s_deploy::kustomize::{Options, Reorder, build, print};

fn main() {
    let mut options = Options::default();
    let mut path = String::from(".");
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--reorder" => {
                let legacy = arguments.next().as_deref() == Some("legacy");
                options.reorder = Some(if legacy { Reorder::Legacy } else { Reorder::None });
            }
            "--load-restrictor" => {
                options.load_anywhere = matches!(arguments.next().as_deref(), Some("none" | "LoadRestrictionsNone"));
            }
            "--enable-managedby-label" => options.managed_by_label = true,
            other => path = other.into(),
        }
    }
    let result = build(&Disk, Path::new(&path), &options).and_then(|built| {
        for warning in &built.warnings {
            let place = warning.place.as_ref().map(|place| format!("{}:{}: ", place.file, place.line));
            let _ = writeln!(std::io::stderr(), "warning: {}{}", place.unwrap_or_default(), warning.message);
        }
        for remote in &built.lacking {
            let _ = writeln!(std::io::stderr(), "lacking: {remote:?}");
        }
        print(&built.objects)
    });
    match result {
        Ok(text) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
        }
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            for hint in &failure.hints {
                let _ = writeln!(std::io::stderr(), "  {hint}");
            }
            std::process::exit(i32::from(failure.kind.exit_code()));
        }
    }
}
