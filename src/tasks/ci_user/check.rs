//! `--check`: what a kubeconfig may do beside what the set needs, in both directions.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

use crate::apply::permission::{self, Need};
use crate::failure::{Failure, FailureKind, Result};
use crate::kubernetes::permissions;
use crate::outcome::{Conclusion, Notice, Outcome};
use crate::rbac::{Wants, compare};
use crate::runner::Console;
use crate::tasks::deploy::session::Session;

/// Namespaces that are looked at beside those of the set where they cannot be listed.
const OTHERS: [&str; 2] = ["default", "kube-system"];

/// Most namespaces that are asked about, one question each, and how many at a time.
const MOST_NAMESPACES: usize = 1_000;
const AT_ONCE: usize = 16;

/// Compares and says the result.
///
/// # Errors
/// The cluster does not say what is permitted.
pub(super) async fn run(session: &Session, wants: &Wants, console: &Console) -> Result<Outcome> {
    let needs: BTreeSet<Need> = wants.needs.keys().cloned().collect();
    let missing = permissions::missing(&session.cluster, needs)
        .await
        .map_err(|error| error.into_failure("asking what is permitted"))?;
    let lacks = lacks(&missing, wants);
    let Beyond { found: exceeds, looked_at } = beyond(session, wants, existing(session).await).await;
    for line in
        lacks.iter().map(|line| format!("lacks {line}")).chain(exceeds.iter().map(|line| format!("exceeds: {line}")))
    {
        console.line(&line);
    }
    console.line(&looked_at);
    let mut outcome = Outcome::new(Conclusion::Unchanged);
    outcome.notices = wants.remarks.iter().chain(&wants.refused).map(Notice::new).collect();
    outcome.diff_summary = Some(format!("{} lacking, {} to spare", lacks.len(), exceeds.len()));
    if lacks.is_empty() && exceeds.is_empty() {
        console.line("the kubeconfig may do what the set needs, and nothing else that can be seen with it");
        return Ok(outcome);
    }
    outcome.conclusion = Conclusion::Different;
    let message = format!("{} rights are lacking, {} are to spare", lacks.len(), exceeds.len());
    let mut failure = Failure::new(FailureKind::Different, message);
    if !missing.is_empty() {
        failure = failure.hinted(format!("grant it:\n{}", permission::rules(&missing)));
    }
    outcome.failure = Some(failure.hinted("or have an admin run `ci-user` with the same `path` and `name` again"));
    Ok(outcome)
}

/// A line for each missing right, with what needs it.
fn lacks(missing: &BTreeSet<Need>, wants: &Wants) -> Vec<String> {
    let mut lines: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for need in missing {
        let reasons = wants.needs.get(need).into_iter().flatten();
        lines.entry(said(need)).or_default().extend(reasons.map(|reason| reason.purpose.of(&reason.who)));
    }
    lines
        .into_iter()
        .map(|(right, reasons)| format!("{right}: {}", reasons.into_iter().collect::<Vec<_>>().join("; ")))
        .collect()
}

/// Says a right in words.
pub(super) fn said(need: &Need) -> String {
    let group = if need.group.is_empty() { String::new() } else { format!(".{}", need.group) };
    let name = need.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let place = match &need.namespace {
        Some(namespace) => format!(" in namespace {namespace}"),
        None => " on the cluster".to_owned(),
    };
    format!("{} {}{group}{name}{place}", need.verb, need.resource)
}

/// What an identity may do and the set does not need.
pub(super) struct Beyond {
    /// A sentence each.
    pub(super) found: Vec<String>,
    /// Where it was looked for.
    pub(super) looked_at: String,
}

/// Returns the namespaces that are there, for whoever may list them; none where that is not permitted.
pub(super) async fn existing(session: &Session) -> Option<Vec<String>> {
    let (found, _) = session.cluster.list("/api/v1/namespaces").await.ok()?;
    let name = |namespace: &Value| namespace.pointer("/metadata/name").and_then(Value::as_str).map(str::to_owned);
    Some(found.iter().filter_map(name).collect())
}

/// Returns what the identity may do and the set does not need: in all `known` namespaces, else in its own and two others.
pub(super) async fn beyond(session: &Session, wants: &Wants, known: Option<Vec<String>>) -> Beyond {
    let all = known.is_some();
    let mut namespaces: BTreeSet<String> = wants.namespaces().into_iter().chain(OTHERS).map(str::to_owned).collect();
    let there = known.unwrap_or_default();
    let left_out = there.len().saturating_sub(MOST_NAMESPACES);
    namespaces.extend(there.into_iter().take(MOST_NAMESPACES));
    let count = namespaces.len();
    let asked = stream::iter(namespaces).map(|namespace| async move {
        // Who may not ask is told nothing; the dry run and the missing rights are the other half.
        let granted = permissions::rules(&session.cluster, &namespace).await.ok()?;
        let lines = compare::exceeds(&namespace, &granted, wants);
        Some((namespace, lines, granted.incomplete))
    });
    let answers: Vec<_> = asked.buffered(AT_ONCE).filter_map(|answer| async { answer }).collect().await;
    let partly = answers.iter().any(|(_, _, incomplete)| *incomplete);
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (namespace, lines, _) in &answers {
        for line in lines {
            found.entry(line.clone()).or_default().push(namespace);
        }
    }
    let place = |namespaces: &[&str]| match namespaces.len() {
        everywhere if everywhere == count => "everywhere".to_owned(),
        _ => format!("in {}", namespaces.join(", ")),
    };
    let found = found.into_iter().map(|(right, namespaces)| format!("{right}, {}", place(&namespaces))).collect();
    Beyond { found, looked_at: looked_at(answers.len(), all, left_out, partly) }
}

/// Says where rights were looked for, and what that leaves open.
fn looked_at(count: usize, all: bool, left_out: usize, partly: bool) -> String {
    let mut text = format!("rights to spare were looked for on the cluster and in {count} namespaces");
    if !all {
        text.push_str(": the set's, default and kube-system, since listing namespaces is not permitted");
    } else if left_out > 0 {
        text.push_str(&format!("; {left_out} more were left out"));
    }
    if partly {
        text.push_str("; the cluster says that it cannot list all rights");
    }
    text
}
