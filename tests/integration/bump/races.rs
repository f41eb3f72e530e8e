//! Many bumpers at once, and faults at every request: nothing is lost, doubled or half-written, and every run ends clearly.
//! `K8S_DEPLOY_SOAK_RUNS` makes the fault runs long (`make soak`); without it a fixed sample runs.
//! `K8S_DEPLOY_SOAK_LATENCY` (milliseconds) makes every answer late, as a GitHub far away is.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use github_double::{Chaos, Double, Token};
use k8s_deploy::failure::Failure;
use k8s_deploy::inputs::{self, Ci, Command, Context, Environment};
use k8s_deploy::outcome::{Conclusion, Outcome};
use k8s_deploy::runner::{Console, Style};
use k8s_deploy::tasks;

const QUIET: Style = Style { ci: Ci::Shell, to_stderr: true, colour: false, live: false, debug: false };

/// Runs `bump` in this process, as a job of `acme/app` at `sha`.
async fn bump(double: &Double, sha: &str, run: usize, given: &[(&str, &str)]) -> Result<Outcome, Failure> {
    let mut variables: BTreeMap<String, String> = [
        ("GITHUB_API_URL", double.api_url()),
        ("GITHUB_GRAPHQL_URL", double.graphql_url()),
        ("GITHUB_SERVER_URL", double.server_url()),
        ("GITHUB_REPOSITORY", "acme/app"),
        ("GITHUB_SHA", sha),
        ("INPUT_MODE", "bump"),
        ("INPUT_CONFIG-REPO", "acme/config"),
        ("INPUT_TOKEN", "ghs_writer"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    variables.insert("GITHUB_RUN_ID".into(), run.to_string());
    for (name, value) in given {
        variables.insert(format!("INPUT_{}", name.to_uppercase()), (*value).to_owned());
    }
    let environment = Environment { variables, ..Environment::default() };
    let Ok(Command::Run(task, _)) = inputs::parse(&environment, &|_| unreachable!()) else { panic!("good inputs") };
    tasks::run(&task, &Context::read(&environment), &Console::new(QUIET)).await
}

fn deployment(images: &[String]) -> String {
    let mut text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n".to_owned();
    for image in images {
        text.push_str(&format!("      - {{name: {image}, image: {image}}}\n"));
    }
    text
}

fn kustomization(images: &[String]) -> String {
    let mut text = "resources: [deployment.yaml]\nimages:\n".to_owned();
    for image in images {
        text.push_str(&format!("- name: {image} # {image}\n  newTag: v1\n"));
    }
    text
}

async fn double(images: &[String]) -> Double {
    let double = Double::start().await;
    if let Ok(late) = std::env::var("K8S_DEPLOY_SOAK_LATENCY") {
        double.latency(Duration::from_millis(late.parse().unwrap()));
    }
    double.token(Token::app("ghs_writer").can_write("acme/config").can_read("acme/app"));
    double.repository("acme/app").file("README.md", "app\n").seed();
    double
        .repository("acme/config")
        .file("a/kustomization.yaml", kustomization(images))
        .file("a/deployment.yaml", deployment(images))
        .file("b/kustomization.yaml", kustomization(images))
        .file("b/deployment.yaml", deployment(images))
        .seed();
    double
}

/// Fifty bumpers of different images on one branch at the same moment.
async fn fifty(api: &str) {
    let images: Vec<String> = (0..50).map(|index| format!("app-{index:02}")).collect();
    let double = double(&images).await;
    let sha = double.head("acme/app", "main").unwrap();
    let started = Instant::now();
    let runs = images.iter().enumerate().map(|(index, image)| {
        let (double, sha) = (&double, &sha);
        let given = [("path", "a"), ("image", image.as_str()), ("tag", "v2"), ("github-api", api)];
        async move { bump(double, sha, index, &given).await }
    });
    for (index, result) in futures_util::future::join_all(runs).await.into_iter().enumerate() {
        let outcome = result.unwrap_or_else(|failure| panic!("bumper {index}: {failure}"));
        assert_eq!(outcome.conclusion, Conclusion::Committed, "bumper {index}");
    }
    assert!(started.elapsed() < Duration::from_secs(300), "{:?}", started.elapsed());
    let text = double.read("acme/config", "main", "a/kustomization.yaml").unwrap();
    assert_eq!(text, kustomization(&images).replace("v1", "v2"));
    assert_eq!(double.commits("acme/config", "main").len(), 51);
    println!("50 bumpers, {api}: {:?}, requests {:?}", started.elapsed(), double.request_counts());
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_bumpers_of_different_images_all_land_once() {
    fifty("graphql").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_bumpers_by_rest_alone_all_land_once() {
    fifty("rest").await;
}

/// Twenty bumpers of one image, each for a commit of its own of a known history.
async fn twenty(api: &str) {
    let images = vec!["app".to_owned()];
    let double = double(&images).await;
    let mut history = vec![double.head("acme/app", "main").unwrap()];
    for index in 1..20 {
        history.push(double.push(
            "acme/app",
            "main",
            &format!("change {index}"),
            &[("x", Some(index.to_string().as_str()))],
        ));
    }
    let runs = history.iter().enumerate().map(|(index, sha)| {
        let (double, tag) = (&double, format!("build-{index}"));
        async move {
            let given = [("path", "a"), ("image", "app"), ("tag", &tag), ("github-api", api)];
            bump(double, sha, index, &given).await
        }
    });
    let mut committed = 0;
    for (index, result) in futures_util::future::join_all(runs).await.into_iter().enumerate() {
        let outcome = result.unwrap_or_else(|failure| panic!("bumper {index}: {failure}"));
        assert!(matches!(outcome.conclusion, Conclusion::Committed | Conclusion::Superseded), "{index}: {outcome:?}");
        assert_eq!(outcome.changed, outcome.conclusion == Conclusion::Committed);
        committed += usize::from(outcome.changed);
    }
    let text = double.read("acme/config", "main", "a/kustomization.yaml").unwrap();
    assert_eq!(text, kustomization(&images).replace("v1", "build-19"));
    assert_eq!(double.commits("acme/config", "main").len(), 1 + committed);
    println!("20 bumpers, {api}: {committed} committed, requests {:?}", double.request_counts());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_bumpers_of_one_image_the_newest_stands_at_the_end() {
    twenty("graphql").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_bumpers_by_rest_alone_the_newest_stands_at_the_end() {
    twenty("rest").await;
}

/// One run with faults; returns whether it did what it was asked to.
async fn run_with_faults(seed: u64) -> bool {
    let images = vec!["app".to_owned()];
    let double = double(&images).await;
    let sha = double.head("acme/app", "main").unwrap();
    let mut chaos = Chaos::new(seed, 350, 6);
    chaos.wait = 0;
    chaos.hang = Duration::from_millis(50);
    double.chaos(chaos);
    if seed.is_multiple_of(3) {
        double.stale_reads_after_writes("acme/config", 2);
    }
    let api = ["graphql", "rest", "auto"][usize::try_from(seed % 3).unwrap()];
    let strategy = if seed % 4 == 3 { "pull-request" } else { "push" };
    let given = [("path", "a\nb"), ("image", "app"), ("tag", "v2"), ("github-api", api), ("strategy", strategy)];
    let result = bump(&double, &sha, 1, &given).await;
    double.clear_faults();
    let before = kustomization(&images);
    let after = before.replace("v1", "v2");
    let (branch, pulls) = match double.pulls("acme/config").first() {
        Some(pull) => (pull.head.clone(), double.pulls("acme/config").len()),
        None => ("main".to_owned(), 0),
    };
    let read = |path: &str| double.read("acme/config", &branch, path).unwrap();
    let texts = (read("a/kustomization.yaml"), read("b/kustomization.yaml"));
    let commits = double.commits("acme/config", &branch).len();
    match result {
        Ok(outcome) => {
            let want = if strategy == "push" { Conclusion::Committed } else { Conclusion::PullRequest };
            assert_eq!(outcome.conclusion, want, "seed {seed}");
            assert_eq!(texts, (after.clone(), after), "seed {seed}");
            assert_eq!((commits, pulls), (2, usize::from(strategy != "push")), "seed {seed}");
            true
        }
        Err(failure) => {
            let whole = texts == (after.clone(), after) || texts == (before.clone(), before);
            assert!(whole && commits <= 2 && pulls <= 1, "seed {seed}: {failure}");
            assert!(!failure.to_string().is_empty(), "seed {seed}");
            println!("seed {seed} ({api}, {strategy}) ended with {:?}: {failure}", failure.kind);
            false
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_at_every_request_lose_double_and_halve_nothing() {
    let runs: u64 = std::env::var("K8S_DEPLOY_SOAK_RUNS").map_or(40, |runs| runs.parse().unwrap());
    let mut done = 0;
    let mut results = futures_util::stream::iter(0..runs).map(run_with_faults).buffer_unordered(12);
    while let Some(result) = results.next().await {
        done += usize::from(result);
    }
    println!("{done} of {runs} runs did what they were asked to, the others said why not");
    assert!(done * 100 >= usize::try_from(runs).unwrap() * 95, "{done} of {runs}");
}
