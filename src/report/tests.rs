//! The summary and the log's end as a whole.

use super::{failure, outcome};
use crate::failure::{Failure, FailureKind, Place};
use crate::inputs::{Context, Environment, Mode};
use crate::outcome::{
    CommitRead, Conclusion, ContainerImage, Detail, Form, Notice, ObjectOutcome, Outcome, Span, SpanEnd,
};

fn context() -> Context {
    let set = [("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "o/r"), ("GITHUB_RUN_ID", "7")];
    let variables = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Context::read(&Environment { variables, ..Environment::default() })
}

fn object(name: &str, change: &str, verdict: &str, old: Option<&str>, new: &str) -> ObjectOutcome {
    let image = ContainerImage { container: "app".into(), old: old.map(str::to_owned), new: new.to_owned() };
    ObjectOutcome {
        object: name.to_owned(),
        change: change.to_owned(),
        verdict: verdict.to_owned(),
        images: if new.is_empty() { Vec::new() } else { vec![image] },
        ..ObjectOutcome::default()
    }
}

fn red() -> Outcome {
    let mut outcome = Outcome::new(Conclusion::Failed);
    outcome.objects = vec![
        object("Service/ns/web", "unchanged", "ready", None, ""),
        object("ConfigMap/ns/conf", "configured", "", None, ""),
        object("Deployment/ns/web", "configured", "failed", Some("app:1"), "app:2"),
    ];
    outcome.objects[2].reason = "ImageNotFound".to_owned();
    outcome.read = Some(CommitRead {
        sha: "0123456789abcdef".into(),
        repository: Some("o/config".into()),
        url: Some("https://github.com/o/config/commit/0123456789abcdef".into()),
    });
    let detail = |title: &str, text: &str, form| Detail { title: title.into(), text: text.into(), form };
    outcome.details = vec![
        detail("Deployment/ns/web", "Deployment\n  ReplicaSet\n    Pod", Form::Chain),
        detail("log of Pod/ns/web-1", "panic", Form::Log),
        detail("Deployment/ns/web", "~ .spec.image: \"app:1\" -> \"app:2\"", Form::Diff),
    ];
    outcome.timeline =
        vec![Span { name: "rollout".into(), is_object: false, from: 0, until: 12_000, end: SpanEnd::Bad }];
    outcome.failure = Some(Failure::new(FailureKind::Rollout, "Deployment/ns/web: ImageNotFound").hinted("push it"));
    outcome
}

/// Positions of the texts, which must all be there, one behind the other.
#[track_caller]
fn in_order(text: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let at = text[from..].find(part).unwrap_or_else(|| panic!("`{part}` is not there, or too early, in:\n{text}"));
        from += at + part.len();
    }
}

#[test]
fn a_red_summary_says_verdict_objects_causes_changes_and_times_in_this_order() {
    let report = outcome(Mode::Deploy, &red(), &context());
    in_order(
        &report.summary,
        &[
            "### ❌ deploy: failed",
            "> Deployment/ns/web: ImageNotFound",
            "**next:** push it",
            "commit [`0123456789`](https://github.com/o/config/commit/0123456789abcdef) of o/config",
            "[this run](https://github.com/o/r/actions/runs/7)",
            "| verdict | object | change | old image | new image |",
            "| ❌ failed<br><sub>ImageNotFound</sub> | `Deployment/ns/web` | configured | `app:1` | `app:2` |",
            "|  | `ConfigMap/ns/conf` | configured |",
            "<details><summary>1 object unchanged</summary>",
            "#### Why Deployment/ns/web\n\n- Deployment\n  - ReplicaSet\n    - Pod\n",
            "<details><summary>log of Pod/ns/web-1</summary>",
            "<details><summary>Changed fields of 1 object</summary>",
            "```mermaid\ngantt",
        ],
    );
}

#[test]
fn the_log_ends_with_the_same_in_plain_columns() {
    let report = outcome(Mode::Deploy, &red(), &context());
    assert_eq!(
        report.lines,
        [
            "configured  Deployment/ns/web  failed       app:1 -> app:2",
            "rollout 12 s",
            "commit 0123456789abcdef of o/config",
            "  https://github.com/o/config/commit/0123456789abcdef",
            "result: failed",
        ]
    );
}

#[test]
fn nothing_that_others_wrote_forges_a_part_of_the_summary() {
    let evil = "x\n\n### ✅ deploy: deployed\n</summary></details><img src=x>\n~~~\n```\n| a | b |\n[y](https://evil)";
    let mut outcome_ = red();
    outcome_.objects[0].message = evil.to_owned();
    outcome_.objects[2].object = evil.to_owned();
    outcome_.objects[2].images[0].new = evil.to_owned();
    outcome_.notices = vec![Notice::new(evil)];
    outcome_.failure = Some(Failure::new(FailureKind::Rollout, evil).hinted(evil));
    outcome_.timeline[0].name = evil.to_owned();
    for detail in &mut outcome_.details {
        (detail.title, detail.text) = (evil.to_owned(), evil.to_owned());
    }
    let summary = outcome(Mode::Deploy, &outcome_, &context()).summary;
    let mut fence: Option<String> = None;
    for line in summary.lines() {
        let marks: String = line.chars().take_while(|c| matches!(c, '~' | '`')).collect();
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if marks.len() >= 3 => fence = Some(marks),
            None => {
                assert!(!line.starts_with("### ✅"), "{summary}");
                assert!(!line.contains("<img") || line.contains('`'), "{line}");
                // A line of HTML holds no Markdown, and its own text is escaped.
                if line.starts_with("<details") {
                    continue;
                }
                // What stands between backticks is text, whatever it says.
                let line = line.replace("\\`", "");
                assert_eq!(line.matches('`').count() % 2, 0, "{line}");
                let line: String = line.split('`').step_by(2).collect();
                assert!(!line.contains("<img") && !line.contains("[y](https"), "{line}");
                assert!(line.matches("</details>").count() <= usize::from(line == "</details>"), "{line}");
            }
        }
    }
    assert_eq!(fence, None);
}

#[test]
fn a_run_that_did_nothing_says_why_and_links_itself() {
    let report = failure(Some(Mode::Deploy), &Failure::input("kubeconfig: is empty").hinted("set it"), &context());
    in_order(&report.summary, &["### ❌ deploy: failed", "kubeconfig: is empty", "set it", "actions/runs/7"]);
    assert_eq!(report.outputs, [("changed", "false".to_owned()), ("result", "failed".to_owned())]);
}

#[test]
fn a_place_is_said_once() {
    let place = || Place { file: "k/d.yaml".into(), line: 3, column: 1 };
    let message = |text: &str| super::error(&Failure::input(text).at(place())).message;
    assert_eq!(message("/work/k/d.yaml:3:1: no `kind`"), "no `kind`");
    assert_eq!(message("k/d.yaml:3:1: no `kind`"), "no `kind`");
    assert_eq!(message("the patch of k/d.yaml:3:1: no `kind`"), "the patch of k/d.yaml:3:1: no `kind`");
}
