//! Serves the GitHub double until SIGINT or SIGTERM: for the demo, and for clients in other languages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use github_double::{Double, Level, Permission, Token, TokenKind};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "\
usage: github-double --repo OWNER/NAME=DIR [--repo …] [options]

  --repo OWNER/NAME=DIR   a repository whose first commit holds the folder's files (repeatable)
  --private               the repositories that follow are private
  --environment NAME      an environment of the repositories that follow (repeatable)
  --token VALUE[=LEVEL]   a token for all repositories: read, write (default) or admin; its prefix
                          (ghs_, github_pat_, ghp_) says its kind (repeatable)
  --port N                port of the API on 127.0.0.1 (default: a free one)
  --port-file FILE        writes the addresses as shell assignments, once everything answers
  --log FILE              appends every request and answer as JSON lines (no tokens)
  --control               serves /_double/…, with which a script pushes, adds faults and reads the log
";

#[derive(Default)]
struct Options {
    repositories: Vec<Repository>,
    tokens: Vec<(String, String)>,
    port: u16,
    port_file: Option<PathBuf>,
    log: Option<PathBuf>,
    control: bool,
}

struct Repository {
    name: String,
    folder: PathBuf,
    private: bool,
    environments: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("github-double: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("github-double: {message}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    let (mut private, mut environments) = (false, Vec::new());
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--repo" => {
                let given = value()?;
                let (name, folder) = given.split_once('=').ok_or("--repo takes OWNER/NAME=DIR")?;
                if name.split('/').filter(|part| !part.is_empty()).count() != 2 {
                    return Err(format!("--repo {given}: {name} is not OWNER/NAME"));
                }
                let environments = environments.clone();
                options.repositories.push(Repository {
                    name: name.into(),
                    folder: folder.into(),
                    private,
                    environments,
                });
            }
            "--private" => private = true,
            "--environment" => environments.push(value()?),
            "--token" => {
                let given = value()?;
                let (token, level) = given.split_once('=').unwrap_or((&given, "write"));
                options.tokens.push((token.into(), level.into()));
            }
            "--port" => options.port = value()?.parse().map_err(|_| "--port takes a number up to 65535")?,
            "--port-file" => options.port_file = Some(value()?.into()),
            "--log" => options.log = Some(value()?.into()),
            "--control" => options.control = true,
            _ => return Err(format!("unknown option {argument}")),
        }
    }
    if options.repositories.is_empty() {
        return Err("no --repo was given".into());
    }
    Ok(options)
}

async fn serve(options: Options) -> Result<(), String> {
    let double = Double::start_on(options.port).await.map_err(|error| format!("cannot listen: {error}"))?;
    for repository in &options.repositories {
        seed(&double, repository)?;
    }
    for (value, level) in &options.tokens {
        double.token(token(value, level)?);
    }
    double.switch(|switches| switches.control = options.control);
    if let Some(log) = &options.log {
        double.dump_log(log).map_err(|error| format!("cannot write {}: {error}", log.display()))?;
    }
    let addresses = format!(
        "GITHUB_API_URL={}\nGITHUB_GRAPHQL_URL={}\nGITHUB_SERVER_URL={}\n",
        double.api_url(),
        double.graphql_url(),
        double.server_url()
    );
    print!("{addresses}");
    if let Some(file) = &options.port_file {
        write_whole(file, &addresses).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    stopped().await.map_err(|error| format!("cannot wait for signals: {error}"))
}

fn seed(double: &Double, repository: &Repository) -> Result<(), String> {
    let mut seed = double.repository(&repository.name);
    if repository.private {
        seed = seed.private();
    }
    for environment in &repository.environments {
        seed = seed.environment(environment);
    }
    let folder = &repository.folder;
    let seed = seed.folder(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    seed.seed();
    Ok(())
}

fn token(value: &str, level: &str) -> Result<Token, String> {
    let kind = match value {
        _ if value.starts_with("github_pat_") => TokenKind::FineGrained,
        _ if value.starts_with("ghp_") => TokenKind::Classic,
        _ if value.starts_with("ghs_") => TokenKind::ActionsJob,
        _ => return Err("--token: the value must start with ghs_, github_pat_ or ghp_".into()),
    };
    let token = Token::new(value, kind);
    let admin = [Permission::Administration, Permission::Secrets, Permission::Environments, Permission::Workflows];
    match level {
        "read" => Ok(token.can_read("*")),
        "write" => Ok(token.can_write("*")),
        "admin" => Ok(admin
            .into_iter()
            .fold(token.can_write("*"), |token, permission| token.allow("*", permission, Level::Write))),
        other => Err(format!("--token: {other} is none of read, write, admin")),
    }
}

/// Whoever waits for the file finds it whole.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let draft = file.with_extension("draft");
    fs::write(&draft, text)?;
    fs::rename(draft, file)
}

async fn stopped() -> std::io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    Ok(())
}
