//! Random histories with merges, compared with the git binary: trees, logs of paths, merge bases, diffs.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use github_double::git::tree::{self, Target, entry_at};
use github_double::git::{Commit, Mode, Oid, Person, diff, graph};
use github_double::repository::Repository;
use github_double::{Chaos, Double};

/// A small random source; the same seed makes the same history.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }
}

const PATHS: [&str; 9] = ["a", "a.b", "a-b/x", "app/x", "app/y", "app/deep/z", "app.d/x", "b/a", "z"];

fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(directory).args(arguments).output().expect("the git binary");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn person(seconds: i64) -> Person {
    Person { name: "Ärger".into(), email: "a@example.com".into(), seconds }
}

/// Random edits that never make a path both a file and a folder.
fn edits(repository: &mut Repository, tree: Option<Oid>, dice: &mut Dice) -> Vec<(String, Target)> {
    let mut edits: Vec<(String, Target)> = Vec::new();
    for path in PATHS {
        let there = tree.is_some_and(|tree| entry_at(&repository.store, tree, path).is_some());
        match dice.roll(6) {
            0 if there => edits.push((path.into(), None)),
            1 | 2 => {
                let mode = [Mode::File, Mode::Executable][dice.roll(2)];
                let text = format!("{path} {}\n", dice.roll(4));
                edits.push((path.into(), Some((mode, repository.store.put_blob(text)))));
            }
            _ => {}
        }
    }
    edits
}

fn grow(repository: &mut Repository, dice: &mut Dice) {
    let branches = ["main", "one", "two"];
    let blob = repository.store.put_blob("root\n");
    repository.push("main", "root", &[("a".into(), Some((Mode::File, blob)))], &person(1_700_000_000));
    let root = repository.head("refs/heads/main");
    for branch in &branches[1..] {
        repository.set_ref(&format!("refs/heads/{branch}"), root);
    }
    for step in 1..25 {
        let branch = branches[dice.roll(3)];
        let name = format!("refs/heads/{branch}");
        let head = repository.head(&name).expect("every branch has a head");
        let tree = repository.store.commit(head).map(|commit| commit.tree);
        let changes = edits(repository, tree, dice);
        let tree = tree::write(&mut repository.store, tree, &changes).expect("well-formed paths");
        let mut parents = vec![head];
        let other = repository.head(&format!("refs/heads/{}", branches[dice.roll(3)])).expect("a head");
        if dice.roll(4) == 0 && !graph::is_ancestor(&repository.store, other, head) {
            parents.push(other);
        }
        let at = person(1_700_000_000 + step * 60);
        let commit = Commit {
            tree,
            parents,
            author: at.clone(),
            committer: at,
            signature: None,
            message: format!("step {step}\n"),
        };
        let oid = repository.store.put_commit(commit);
        repository.set_ref(&name, Some(oid));
    }
}

fn lines(oids: &[Oid]) -> String {
    oids.iter().map(Oid::to_string).collect::<Vec<_>>().join("\n")
}

fn compare(repository: &Repository, folder: &Path, seed: u64) {
    let head = |branch: &str| repository.head(&format!("refs/heads/{branch}")).expect("a head");
    for path in PATHS.iter().chain(&["app", "a-b", "none"]) {
        let ours = lines(&graph::history(&repository.store, head("main"), path));
        assert_eq!(ours, git(folder, &["log", "--format=%H", "main", "--", path]), "seed {seed}: log of {path}");
    }
    for (left, right) in [("main", "one"), ("one", "two"), ("two", "main")] {
        let bases: BTreeSet<String> =
            git(folder, &["merge-base", "--all", left, right]).lines().map(str::to_owned).collect();
        let ours = graph::merge_base(&repository.store, head(left), head(right)).expect("one root").to_string();
        assert!(bases.contains(&ours), "seed {seed}: merge base of {left} and {right}: {ours} is none of {bases:?}");
        let range = format!("{left}..{right}");
        let ours = lines(&graph::between(&repository.store, head(left), head(right)));
        assert_eq!(ours, git(folder, &["log", "--format=%H", &range]), "seed {seed}: {range}");
        let tree = |branch| repository.store.commit(head(branch)).map(|commit| commit.tree);
        let ours: Vec<String> = diff::changes(&repository.store, tree(left), tree(right))
            .iter()
            .filter(|file| file.previous.is_none())
            .map(|file| format!("{}\t{}", file.status()[..1].to_uppercase().replace('R', "D"), file.path))
            .collect();
        let theirs = git(folder, &["diff", "--name-status", "--no-renames", left, right]);
        let theirs: BTreeSet<&str> = theirs.lines().collect();
        assert!(
            ours.iter().all(|line| theirs.contains(line.as_str())),
            "seed {seed}: diff {range}: {ours:?} {theirs:?}"
        );
    }
}

#[tokio::test]
async fn git_agrees_on_random_histories() {
    for seed in 0..12 {
        let double = Double::start().await;
        let _ = double.repository("acme/random").seed();
        let folder = tempfile::tempdir().expect("a temporary folder");
        {
            let mut world = double.world();
            let repository = world.repository("acme/random").expect("seeded");
            grow(repository, &mut Dice(seed));
        }
        double.export("acme/random", folder.path()).expect("the repository is written");
        let report = git(folder.path(), &["fsck", "--strict", "--full"]);
        assert!(!report.contains("error") && !report.contains("missing"), "seed {seed}: {report}");
        let mut world = double.world();
        compare(world.repository("acme/random").expect("seeded"), folder.path(), seed);
    }
}

#[test]
fn chaos_draws_every_kind_of_fault() {
    let parts = http::Request::builder().method("POST").uri("/graphql").body(()).expect("a request").into_parts().0;
    let request = github_double::wire::request::Request::new(
        github_double::wire::request::Face::Api,
        &parts,
        bytes::Bytes::new(),
    );
    let mut chaos = Chaos::new(1, 1000, 2000);
    let drawn: BTreeSet<String> =
        (0..2000).filter_map(|_| chaos.draw(&request)).map(|effect| format!("{effect:?}")).collect();
    for words in [
        "Before(Status(500))",
        "After(Status(502))",
        "After(Reset)",
        "After(Hang",
        "After(Truncated)",
        "PrimaryLimit",
        "SecondaryLimit",
        "ResourceLimits",
        "After(QueryTimeout)",
    ] {
        assert!(drawn.iter().any(|effect| effect.contains(words)), "{words}: {drawn:?}");
    }
    assert!(!drawn.iter().any(|effect| effect.starts_with("After(PrimaryLimit")), "a refusal has no effect");
}
