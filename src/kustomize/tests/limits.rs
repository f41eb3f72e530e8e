//! What a build does with very many files, and with files that no build should be able to hurt it with.

use std::path::Path;

use super::{CONFIG_MAP, refused, rendered};
use crate::kustomize::file_system::{MOST_BYTES, MemoryFileSystem};
use crate::kustomize::{Options, build};

/// Enough for several threads.
const MANY: usize = 200;

fn many(text: impl Fn(usize) -> String) -> Vec<(String, String)> {
    let names: String = (0..MANY).map(|at| format!("- {at}.yaml\n")).collect();
    let fields = "namespace: ns\nnamePrefix: p-\nlabels: [{pairs: {l: x}, includeSelectors: true}]\nimages: [{name: app, newTag: v2}]\n";
    let kustomization = ("app/kustomization.yaml".to_owned(), format!("{fields}resources:\n{names}"));
    let files = (0..MANY).map(|at| (format!("app/{at}.yaml"), text(at)));
    std::iter::once(kustomization).chain(files).collect()
}

fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect()
}

fn pod(name: usize) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a{name:03}}}\nspec: {{containers: [{{image: app}}]}}\n")
}

#[test]
fn many_objects_come_out_changed_and_in_order() {
    let text = rendered(&borrowed(&many(pod)));
    let expected: Vec<String> = (0..MANY)
        .map(|at| {
            let head = format!(
                "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    l: x\n  name: p-a{at:03}\n  namespace: ns\n"
            );
            format!("{head}spec:\n  containers:\n  - image: app:v2\n")
        })
        .collect();
    assert_eq!(text, expected.join("---\n"));
}

#[test]
fn of_many_wrong_files_the_first_is_named() {
    let wrong = |at: usize| if at % 70 == 69 { "a: [".to_owned() } else { pod(at) };
    let place = refused(&borrowed(&many(wrong))).place.expect("it has a place");
    assert!(place.file.ends_with("69.yaml") && !place.file.ends_with("169.yaml"), "{place:?}");
    let unfit = |at: usize| if at % 70 == 69 { pod(at).replace("{image: app}", "app") } else { pod(at) };
    let message = refused(&borrowed(&many(unfit))).to_string();
    assert!(message.contains("p-a069") && message.contains("containers"), "{message}");
    let twice = |at: usize| pod(if at % 70 == 69 { 7 } else { at });
    let message = refused(&borrowed(&many(twice))).to_string();
    assert!(message.contains("a007") && message.contains("69.yaml"), "{message}");
}

#[test]
fn a_file_that_is_too_large_is_refused_whatever_names_it() {
    for field in ["resources: [big]", "configMapGenerator: [{name: a, files: [big]}]", "patches: [{path: big}]"] {
        let mut files = MemoryFileSystem::default();
        files.write("app/kustomization.yaml", format!("{field}\n"));
        files.write("app/big", vec![b'x'; MOST_BYTES + 1]);
        let failure = build(&files, Path::new("/app"), &Options::default()).expect_err("too large");
        assert!(failure.to_string().contains("larger than 64 MiB"), "{failure}");
        assert!(failure.place.is_some(), "{failure}");
    }
}

#[test]
fn bytes_depth_and_growth_are_refused_with_line_and_column() {
    let deep = format!("data: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let level = |at: usize| format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 9].join(", "));
    let bomb = format!("a0: &a0 [x, x]\n{}", (1..12).map(level).collect::<String>());
    for (bad, line) in [(deep.as_str(), 5), (bomb.as_str(), 12)] {
        let text = format!("{CONFIG_MAP}{bad}");
        let failure = refused(&[("app/kustomization.yaml", "resources: [a.yaml]\n"), ("app/a.yaml", text.as_str())]);
        let place = failure.place.as_ref().expect("it has a place");
        assert!(place.file.ends_with("a.yaml") && place.line <= line && place.column > 1, "{failure}: {place:?}");
    }
    let mut files = MemoryFileSystem::default();
    files.write("app/kustomization.yaml", "resources: [a.yaml]\n");
    files.write("app/a.yaml", [CONFIG_MAP.as_bytes(), b"data: {a: \xff}\n"].concat());
    let failure = build(&files, Path::new("/app"), &Options::default()).expect_err("no UTF-8");
    let place = failure.place.expect("it has a place");
    assert!(place.file.ends_with("a.yaml") && (place.line, place.column) == (5, 11), "{place:?}");
}
