//! The k8s-deploy library: plan (pure) → act (edge) → judge (pure) → report (pure text, the edge writes it).
//! [`run`] is the whole program as one straight line.

pub(crate) mod apply;
mod config;
pub mod disk;
pub mod failure;
pub mod fetch;
pub mod github;
pub mod help;
pub mod images;
pub mod inputs;
pub(crate) mod kubernetes;
pub mod kustomize;
pub mod outcome;
pub(crate) mod parallel;
pub mod proxy;
pub(crate) mod rbac;
pub mod report;
pub mod rollout;
pub mod runner;
pub mod secret;
pub mod tasks;
pub mod yaml;

use failure::Failure;
use inputs::{Command, Context, Environment, Mode, Task};

/// Runs what the environment asks for and returns the exit code.
pub fn run(environment: &Environment) -> u8 {
    match inputs::parse(environment, &runner::read_secret) {
        Ok(Command::Help(mode)) => show(&help::text(mode)),
        Ok(Command::Version) => show(&format!("k8s-deploy {}\n", env!("CARGO_PKG_VERSION"))),
        Ok(Command::Run(task, _)) if environment.is_post => clear_up(&task, environment),
        Ok(Command::Run(task, remarks)) => run_task(&task, &remarks, environment),
        // The step itself has said so.
        Err(_) if environment.is_post => 0,
        Err(errors) => refuse(environment, &errors),
    }
}

fn show(text: &str) -> u8 {
    u8::from(runner::print(text).is_err())
}

/// Every input error at once.
fn refuse(environment: &Environment, errors: &[String]) -> u8 {
    let console = runner::console(environment, true);
    let failure = Failure::input(errors.join("\n")).hinted("`k8s-deploy --help` lists every input");
    finish(
        &report::failure(None, &failure, &Context::read(environment)),
        failure.kind.exit_code(),
        environment,
        &console,
    )
}

fn run_task(task: &Task, remarks: &[String], environment: &Environment) -> u8 {
    let mode = task.mode();
    let data_on_stdout = matches!(mode, Mode::Render | Mode::Judge | Mode::Diff | Mode::CiUser);
    let console = runner::console(environment, data_on_stdout);
    let context = Context::read(environment);
    for secret in task.secrets() {
        console.mask(secret);
    }
    for remark in remarks {
        console.line(&format!("note: {remark}"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(tasks::run(task, &context, &console)),
        Err(error) => Err(Failure::new(failure::FailureKind::Other, format!("cannot start: {error}"))),
    };
    match result {
        Ok(outcome) => {
            let printed = outcome.printed.as_deref().map_or(Ok(()), runner::print);
            let code = outcome.failure.as_ref().map_or(0, |failure| failure.kind.exit_code());
            let code = if printed.is_err() && code == 0 { 1 } else { code };
            finish(&report::outcome(mode, &outcome, &context), code, environment, &console)
        }
        Err(failure) => {
            let report = report::failure(Some(mode), &failure, &context);
            finish(&report, failure.kind.exit_code(), environment, &console)
        }
    }
}

/// After the job: frees what a killed run left. What fails here costs a few seconds' wait and no job.
fn clear_up(task: &Task, environment: &Environment) -> u8 {
    let console = runner::console(environment, false);
    for secret in task.secrets() {
        console.mask(secret);
    }
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        runtime.block_on(tasks::post::run(task, environment, &Context::read(environment), &console));
    }
    0
}

/// Publishes the report; a report that cannot be written makes a green run red.
fn finish(report: &report::Report, code: u8, environment: &Environment, console: &runner::Console) -> u8 {
    match runner::publish(report, environment, console) {
        Ok(()) => code,
        Err(error) => {
            console.line(&format!("error: cannot write the runner's files: {error}"));
            code.max(1)
        }
    }
}
