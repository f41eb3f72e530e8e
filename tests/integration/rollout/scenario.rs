//! One scenario: a file that says what is deployed, what happens meanwhile, and what the verdict must be. Reads and runs it.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::witness::Witness;
use crate::support::action::Ran;
use crate::support::control_plane::{Space, control_plane};

/// Longest time between evidence that ends a rollout at once and the verdict.
const TERMINAL: Duration = Duration::from_secs(5);
/// The same from the sighting that completes the rule of likely evidence.
const LIKELY: Duration = Duration::from_secs(15);
/// Clocks of whole seconds, and the time that our own witness takes.
const SLACK: Duration = Duration::from_millis(1500);

/// A file of `tests/rollout/scenarios`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Scenario {
    pub(crate) title: String,
    /// What is not the real thing.
    pub(crate) simulated: String,
    /// Applied by kubectl beforehand.
    #[serde(default)]
    before: String,
    /// kubectl's arguments, run one after the other before the deploy.
    #[serde(default)]
    settled: Vec<Vec<String>>,
    pub(crate) deploy: String,
    pub(crate) timeout: String,
    #[serde(default)]
    pub(crate) meanwhile: Vec<Meanwhile>,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) expect: Expect,
    /// What `kubectl wait` is asked for beside us: a condition and an object.
    pub(crate) kubectl_wait: String,
    #[serde(skip)]
    pub(crate) name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Meanwhile {
    /// Seconds after the deploy's start.
    pub(crate) after: f64,
    kubectl: Vec<String>,
}

/// Where the reason can be read in the API, and for how long the judge's rule wants it to last.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Evidence {
    path: String,
    says: String,
    rule: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Expect {
    pub(crate) result: String,
    pub(crate) object: String,
    verdict: String,
    reason: Option<String>,
    #[serde(default)]
    text: Vec<String>,
}

impl Scenario {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let read: Self = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { name, ..read }
    }

    /// Makes the namespace, and in it what has to be there beforehand.
    pub(crate) fn prepare(&self) -> Space {
        let space = control_plane().space(&self.name);
        if !self.before.is_empty() {
            space.kubectl_with(&["apply", "-f", "-"], &control_plane().fill(&self.before, &space.name));
        }
        for arguments in &self.settled {
            run_kubectl(&space, arguments);
        }
        space
    }

    /// Does something while what happens meanwhile happens, one thing after the other.
    pub(crate) fn during<T>(&self, space: &Space, work: impl FnOnce() -> T) -> T {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let started = Instant::now();
                for meanwhile in &self.meanwhile {
                    let due = started + Duration::from_secs_f64(meanwhile.after);
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    // On a loaded machine the object may not be there yet.
                    control_plane().until("what happens meanwhile", |_| {
                        let filled = filled(space, &meanwhile.kubectl);
                        space.try_kubectl(&filled.iter().map(String::as_str).collect::<Vec<_>>()).0 == 0
                    });
                }
            });
            work()
        })
    }

    /// Runs it; returns its row of the table, and what is wrong with what came out.
    pub(crate) fn run(&self) -> (String, Vec<String>) {
        let space = self.prepare();
        let fill = |text: &str| control_plane().fill(text, &space.name);
        let watch = |evidence: &Evidence| Witness::of(control_plane(), &fill(&evidence.path), &fill(&evidence.says));
        let witness = self.evidence.as_ref().map(watch);
        let started = Instant::now();
        let running = space.deploy(&fill(&self.deploy)).input("timeout", &self.timeout).start();
        let (ran, lines) = self.during(&space, || running.timed());
        let verdict = self.verdict_at(&space, &lines);
        let seen = witness.and_then(Witness::first);
        let mut complaints = self.wrong(&space, &ran);
        complaints.extend(self.late(seen, verdict));
        let since = |at: Option<Instant>, from: Option<Instant>| match (at, from) {
            (Some(at), Some(from)) => format!("{:.1}", at.saturating_duration_since(from).as_secs_f64()),
            _ => "-".to_owned(),
        };
        let row = format!(
            "| {} | {} | {} | {} |",
            self.title,
            self.expect.result,
            since(verdict, Some(started)),
            since(verdict, seen)
        );
        let told = |complaint: String| format!("{}: {complaint}\n{}\n{}", self.name, ran.outputs["objects"], ran.log());
        (row, complaints.into_iter().map(told).collect())
    }

    /// When the verdict was said: the first line that says it of the object.
    pub(crate) fn verdict_at(&self, space: &Space, lines: &[(Instant, String)]) -> Option<Instant> {
        let (kind, name) = self.expect.object.split_once('/').unwrap();
        let heads = [
            format!("{kind}/{}/{name}: {}: ", space.name, self.expect.verdict),
            format!("{kind}/{}: {}: ", control_plane().fill(name, &space.name), self.expect.verdict),
        ];
        lines.iter().find(|(_, line)| heads.iter().any(|head| line.starts_with(head))).map(|(at, _)| *at)
    }

    pub(crate) fn wrong(&self, space: &Space, ran: &Ran) -> Vec<String> {
        let code = match self.expect.result.as_str() {
            "deployed" => 0,
            "failed" => 5,
            "timed-out" => 6,
            other => panic!("{other}"),
        };
        let mut wrong = Vec::new();
        if (ran.code, ran.outputs["result"].as_str()) != (code, self.expect.result.as_str()) {
            wrong.push(format!("result {} with exit {}", ran.outputs["result"], ran.code));
        }
        let object = control_plane().fill(&self.expect.object, &space.name);
        let (kind, name) = object.split_once('/').unwrap();
        let objects: Vec<serde_json::Value> = serde_json::from_str(&ran.outputs["objects"]).unwrap();
        let names = [format!("{kind}/{}/{name}", space.name), object.clone()];
        let Some(judged) = objects.iter().find(|judged| names.iter().any(|name| judged["object"] == **name)) else {
            return vec![format!("{object} is not among the objects")];
        };
        if judged["verdict"] != *self.expect.verdict {
            wrong.push(format!("verdict {} instead of {}", judged["verdict"], self.expect.verdict));
        }
        let reason = judged["reason"].as_str().unwrap_or_default();
        if self.expect.reason.as_ref().is_some_and(|wanted| !wanted.split('|').any(|wanted| wanted == reason)) {
            wrong.push(format!("reason {reason} instead of {:?}", self.expect.reason));
        }
        let missing = self.expect.text.iter().filter(|text| !text.split('|').any(|text| ran.log().contains(text)));
        wrong.extend(missing.map(|text| format!("the log does not say `{text}`")));
        if self.expect.result == "deployed" && ran.log().contains(": failed: ") {
            wrong.push("a failure was said that healed".to_owned());
        }
        wrong
    }

    fn late(&self, seen: Option<Instant>, verdict: Option<Instant>) -> Option<String> {
        let evidence = self.evidence.as_ref()?;
        let Some(seen) = seen else { return Some(format!("`{}` was never seen", evidence.says)) };
        let Some(verdict) = verdict else { return Some("the verdict was never said".to_owned()) };
        let took = verdict.saturating_duration_since(seen);
        let rule = Duration::from_secs(evidence.rule);
        let limit = if evidence.rule == 0 { TERMINAL } else { rule + LIKELY };
        if took > limit + SLACK {
            return Some(format!("the verdict came {took:?} after its evidence, allowed are {limit:?}"));
        }
        (took + SLACK < rule).then(|| format!("the verdict came {took:?} after its evidence, before {rule:?}"))
    }
}

fn filled(space: &Space, arguments: &[String]) -> Vec<String> {
    arguments.iter().map(|part| control_plane().fill(part, &space.name)).collect()
}

fn run_kubectl(space: &Space, arguments: &[String]) {
    space.kubectl(&filled(space, arguments).iter().map(String::as_str).collect::<Vec<_>>());
}
