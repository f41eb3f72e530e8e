//! A doorway: environment in, exit code out.

use std::process::ExitCode;

/// The C library of the static build allocates slowly; a build of a thousand objects spends a third of its time there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(k8s_deploy::run(&k8s_deploy::runner::environment()))
}
