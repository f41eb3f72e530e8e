//! The `verify` lines: asked again and again after the rollout until every answer is right or time is up.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::plan::Step;
use super::session::Session;
use super::stop::Stop;
use crate::apply::verify::{self, Asked, Check};
use crate::failure::{Failure, FailureKind, Result};
use crate::kubernetes::access::{self, Source, Surroundings};
use crate::kubernetes::{self, Call, Cluster, objects};
use crate::runner::Console;
use crate::secret::Secret;

const PAUSE: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Reads every line.
///
/// # Errors
/// Every line that is wrong.
pub(crate) fn parse(lines: &[String]) -> Result<Vec<Check>> {
    let (right, wrong): (Vec<_>, Vec<_>) =
        lines.iter().map(|line| verify::parse(line)).partition(std::result::Result::is_ok);
    let wrong: Vec<String> = wrong.into_iter().filter_map(std::result::Result::err).collect();
    if !wrong.is_empty() {
        return Err(Failure::input(wrong.join("\n")));
    }
    Ok(right.into_iter().filter_map(std::result::Result::ok).collect())
}

/// Asks until every check is right.
///
/// # Errors
/// A check that was not right when time was up; names the last answer.
pub(crate) async fn all(
    session: &Session,
    steps: &[Step],
    checks: &[Check],
    deadline: Instant,
    stop: &Stop,
    console: &Console,
) -> Result<()> {
    for check in checks {
        let mut last = String::new();
        let right = async {
            loop {
                match ask(session, steps, check).await {
                    None => return true,
                    Some(complaint) if Instant::now() + PAUSE >= deadline => {
                        last = complaint;
                        return false;
                    }
                    Some(complaint) => {
                        if complaint != last {
                            console.line(&format!("verify {check}: {complaint}"));
                        }
                        last = complaint;
                    }
                }
                sleep(PAUSE).await;
            }
        };
        match stop.or(right).await {
            None => return Err(Failure::new(FailureKind::Cancelled, format!("verify {check}: cancelled"))),
            Some(false) => {
                return Err(Failure::new(FailureKind::Rollout, format!("verify {check}: {last}")));
            }
            Some(true) => console.line(&format!("verify {check}: ok")),
        }
    }
    Ok(())
}

/// Asks once; returns what is wrong with the answer.
async fn ask(session: &Session, steps: &[Step], check: &Check) -> Option<String> {
    let answer = match &check.asked {
        Asked::Service { name, port, path } => {
            let set = steps.iter().map(|step| &step.target.manifest.reference);
            let namespace = objects::encoded(verify::namespace(name, set, session.namespaces.chosen()));
            let service = match port.strip_prefix("https:") {
                Some(port) => format!("https:{}:{port}", objects::encoded(name)),
                None => format!("{}:{port}", objects::encoded(name)),
            };
            let path = format!("/api/v1/namespaces/{namespace}/services/{service}/proxy{path}");
            fetch(&session.cluster, &path).await
        }
        Asked::Url(url) => match outside(url) {
            Ok((cluster, path)) => fetch(&cluster, &path).await,
            Err(failure) => Err(failure.to_string()),
        },
    };
    match answer {
        Ok((status, body)) => check.complaint(status, &body),
        Err(reason) => Some(reason),
    }
}

async fn fetch(cluster: &Cluster, path: &str) -> std::result::Result<(u16, String), String> {
    let call = Call::get(path).accepting("*/*").within(ANSWER_WITHIN);
    let (status, body) = cluster.exchange(&call).await.map_err(|error| error.to_string())?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// A connection to an address outside the cluster's API, without any credential.
fn outside(url: &str) -> Result<(Cluster, String)> {
    let uri: http::Uri = url.parse().map_err(|_| Failure::input(format!("verify: {url} is no URL")))?;
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let environment = crate::runner::environment();
    let around = Surroundings {
        context: None,
        allow_exec: false,
        allow_insecure: false,
        folders: Vec::<PathBuf>::new(),
        variable: &|name| environment.variable(name).map(str::to_owned),
        read: &|_| Err(std::io::ErrorKind::NotFound.into()),
        now: 0,
        needed: 0,
    };
    let server = format!("{}://{host}", uri.scheme_str().unwrap_or("https"));
    let source = Source::Direct { server, token: Secret::new(""), authority: None };
    let mut access = access::resolve(&source, &around)?;
    access.token = None;
    Ok((kubernetes::connect(&access)?, path))
}
