//! A doorway: environment in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(k8s_deploy::run(&k8s_deploy::runner::environment()))
}
