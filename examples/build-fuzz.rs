//! Builds mutated trees of kustomizations in memory, through the pure engine: whatever the tree is, a build ends with
//! objects or an error, within two seconds and a gigabyte, and twice with the same.
//!
//! `cargo run --example build-fuzz -- SECONDS [FIRST] [-- PATH…]` (`fuzz/trees`; each folder below a PATH that holds files
//! is a tree): starts at case FIRST and goes on for SECONDS; the debug profile checks arithmetic as well.
//! `cargo run --example build-fuzz -- show CASE [-- PATH…]` prints a case's tree and builds it alone.
#![allow(
    clippy::disallowed_methods,
    clippy::exit,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use k8s_deploy::kustomize::file_system::MemoryFileSystem;
use k8s_deploy::kustomize::{Options, build, print};

#[path = "fuzzing/mutate.rs"]
mod mutate;

use mutate::{Random, change};

const CORPUS: &str = "fuzz/trees";
const LIMIT: Duration = Duration::from_secs(2);
const MEMORY_LIMIT: u64 = 1 << 30;

/// The case that runs, for whoever watches over it.
static CASE: AtomicU64 = AtomicU64::new(0);

/// Files by path.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A case: files, and the folder to build.
struct Tree {
    root: PathBuf,
    files: Files,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (numbers, paths) = match arguments.iter().position(|argument| argument == "--") {
        Some(at) => (&arguments[..at], arguments[at + 1..].to_vec()),
        None => (&arguments[..], vec![CORPUS.to_owned()]),
    };
    let corpus = trees(&paths);
    assert!(!corpus.is_empty(), "no trees under {paths:?}");
    if numbers[0] == "show" {
        return show(&corpus, numbers[1].parse().unwrap());
    }
    let (seconds, first) = (numbers[0].parse().unwrap(), numbers.get(1).map_or(1, |first| first.parse().unwrap()));
    std::thread::spawn(watch);
    fuzz(&corpus, Duration::from_secs(seconds), first);
}

fn fuzz(corpus: &[Files], time: Duration, first: u64) {
    let start = Instant::now();
    let (mut case, mut built) = (first, 0u64);
    while start.elapsed() < time {
        CASE.store(case, Ordering::Relaxed);
        let tree = mutated(corpus, case);
        // On a busy machine anything is slow once.
        let is_slow = (0..3).all(|_| {
            let began = Instant::now();
            match std::panic::catch_unwind(|| exercise(&tree, case)) {
                Ok(ok) => built += u64::from(ok),
                Err(_) => refuse(case, "panics"),
            }
            began.elapsed() > LIMIT
        });
        if is_slow {
            refuse(case, "takes longer than two seconds");
        }
        case += 1;
    }
    println!("{} trees in {} s, {built} of them built", case - first, time.as_secs());
}

fn refuse(case: u64, what: &str) -> ! {
    eprintln!("case {case} {what}: see `build-fuzz show {case}`");
    std::process::exit(1);
}

/// Ends a case that does not end by itself, or eats the memory.
fn watch() {
    let (mut seen, mut since) = (0, Instant::now());
    loop {
        std::thread::sleep(Duration::from_millis(50));
        let case = CASE.load(Ordering::Relaxed);
        if case != seen {
            (seen, since) = (case, Instant::now());
        } else if since.elapsed() > 30 * LIMIT {
            refuse(case, "does not end");
        }
        let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let resident = pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * 4096;
        if resident > MEMORY_LIMIT {
            refuse(case, "takes more than a gigabyte");
        }
    }
}

fn show(corpus: &[Files], case: u64) {
    let tree = mutated(corpus, case);
    println!("root {}", tree.root.display());
    for (path, text) in &tree.files {
        println!("=== {}\n{}", path.display(), String::from_utf8_lossy(text));
    }
    let began = Instant::now();
    println!("=== {:?}\n{:?}", outcome(&tree), began.elapsed());
}

/// Builds and prints; the same tree must give the same twice, whatever the seeds of the hash maps are.
fn exercise(tree: &Tree, case: u64) -> bool {
    let first = outcome(tree);
    if case.is_multiple_of(4) {
        assert_eq!(first, outcome(tree), "the second build of case {case} gives something else");
    }
    first.is_ok()
}

fn outcome(tree: &Tree) -> Result<String, String> {
    let mut files = MemoryFileSystem::default();
    for (path, text) in &tree.files {
        files.write(path, text.clone());
    }
    let built = build(&files, &tree.root, &Options::default()).map_err(|failure| failure.to_string())?;
    print(&built.objects).map_err(|failure| failure.to_string())
}

/// Makes a case: a tree of the corpus, with parts of others, changed in some places.
fn mutated(corpus: &[Files], case: u64) -> Tree {
    let mut random = Random(case.wrapping_mul(0x2545_F491_4F6C_DD1D));
    let mut files = corpus[random.below(corpus.len())].clone();
    let folders: Vec<PathBuf> = files
        .keys()
        .filter(|file| is_kustomization(file))
        .filter_map(|file| file.parent())
        .map(PathBuf::from)
        .collect();
    let root = folders.get(random.below(folders.len().max(1))).cloned().unwrap_or_else(|| "/".into());
    for _ in 0..=random.below(4) {
        let other = &corpus[random.below(corpus.len())];
        match random.below(8) {
            0 => *any(&mut random, &mut files) = one(&mut random, other).clone(),
            1..=3 => mix(&mut random, &mut files, other),
            4 => move_file(&mut random, &mut files),
            _ => {
                let text = any(&mut random, &mut files);
                change(&mut random, text);
            }
        }
    }
    Tree { root, files }
}

fn is_kustomization(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case("kustomization"))
}

fn one<'t>(random: &mut Random, files: &'t Files) -> &'t Vec<u8> {
    files.values().nth(random.below(files.len())).expect("within the files")
}

fn any<'t>(random: &mut Random, files: &'t mut Files) -> &'t mut Vec<u8> {
    let at = random.below(files.len());
    files.values_mut().nth(at).expect("within the files")
}

/// Adds a part of another tree's file, between two keys of the top level, at such a place.
fn mix(random: &mut Random, files: &mut Files, other: &Files) {
    let text = one(random, other);
    let cuts = top_level(text);
    let from = random.below(cuts.len());
    let until = (from + 1 + random.below(2)).min(cuts.len() - 1);
    let part = text[cuts[from.min(until)]..cuts[until]].to_vec();
    let into = any(random, files);
    let places = top_level(into);
    let at = places[random.below(places.len())];
    into.splice(at..at, part);
}

/// Where lines start that are not indented, and the end.
fn top_level(text: &[u8]) -> Vec<usize> {
    let starts = (0..text.len()).filter(|at| *at == 0 || text[at - 1] == b'\n');
    let starts = starts.filter(|at| !matches!(text[*at], b' ' | b'-' | b'#' | b'\n'));
    starts.chain([text.len()]).collect()
}

/// Takes a file away, or gives it the name of another one.
fn move_file(random: &mut Random, files: &mut Files) {
    let paths: Vec<PathBuf> = files.keys().cloned().collect();
    let (from, to) = (random.below(paths.len()), random.below(paths.len()));
    if let Some(text) = files.remove(&paths[from]).filter(|_| paths.len() == 1 || random.chance(60)) {
        files.insert(paths[to].clone(), text);
    }
}

/// Every folder right below the paths is a tree: all files under it.
fn trees(paths: &[String]) -> Vec<Files> {
    let mut found = Vec::new();
    for path in paths {
        let mut folders: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        for folder in folders.iter().filter(|folder| folder.is_dir()) {
            let mut files = BTreeMap::new();
            gather(folder, Path::new("/"), &mut files);
            if !files.is_empty() {
                found.push(files);
            }
        }
    }
    found
}

fn gather(folder: &Path, under: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = under.join(entry.file_name());
        if entry.path().is_dir() {
            gather(&entry.path(), &path, files);
        } else {
            files.insert(path, fs::read(entry.path()).unwrap());
        }
    }
}
