//! Random kustomization files from a seed: whatever the layout, exactly the intended values change, every comment stays,
//! and the same edit again changes nothing. Read with another reader than our own.

use std::path::Path;

use serde_yaml::Value;

use super::super::{Request, RequestInputs};
use super::edit;
use crate::kustomize::file_system::MemoryFileSystem;
use crate::kustomize::{Options, build};
use crate::yaml::Node;

/// SplitMix64: the same files on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).expect("small")
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn pick<'text>(&mut self, texts: &[&'text str]) -> &'text str {
        texts[self.roll(texts.len())]
    }
}

/// A file being written, with the number of its last comment.
struct Writer {
    dice: Dice,
    text: String,
    comments: usize,
    /// Anchors that stand before, by the value they hold.
    anchors: Vec<(String, String)>,
}

impl Writer {
    fn comment(&mut self) -> String {
        self.comments += 1;
        format!("# c{}.", self.comments)
    }

    fn maybe_line(&mut self, indent: &str) {
        if self.dice.one_in(4) {
            let comment = self.comment();
            self.text.push_str(&format!("{indent}{comment}\n"));
        }
        if self.dice.one_in(8) {
            self.text.push('\n');
        }
    }

    fn tail(&mut self) -> String {
        match self.dice.roll(6) {
            0 => format!(" {}", self.comment()),
            1 => format!("\t{}", self.comment()),
            2 => "  ".into(),
            _ => String::new(),
        }
    }

    fn value(&mut self, value: &str, flow: bool) -> String {
        let quoted = match self.dice.roll(4) {
            0 => format!("'{value}'"),
            1 => format!("\"{value}\""),
            2 if !flow && self.dice.one_in(3) => return format!("{value}{}", self.tail()),
            _ if value.starts_with(|c: char| c.is_ascii_digit()) => format!("\"{value}\""),
            _ => value.to_owned(),
        };
        if self.dice.one_in(6) {
            let name = format!("a{}", self.anchors.len());
            self.anchors.push((name.clone(), value.to_owned()));
            return format!("&{name} {quoted}");
        }
        if let Some((name, _)) = self.anchors.iter().find(|(_, held)| held == value)
            && self.dice.0.is_multiple_of(3)
        {
            return format!("*{name}");
        }
        quoted
    }

    fn entry(&mut self, indent: &str, name: &str, fields: &[(&str, String)]) {
        let mut pairs: Vec<(&str, String)> = vec![("name", name.to_owned())];
        pairs.extend(fields.iter().cloned());
        let turn = self.dice.roll(pairs.len());
        pairs.rotate_left(turn);
        if self.dice.one_in(4) {
            let written: Vec<String> =
                pairs.iter().map(|(key, value)| format!("{key}: {}", self.value(value, true))).collect();
            let comma = if self.dice.one_in(5) { "," } else { "" };
            let tail = self.tail();
            self.text.push_str(&format!("{indent}- {{{}{comma}}}{tail}\n", written.join(", ")));
            return;
        }
        for (index, (key, value)) in pairs.iter().enumerate() {
            let written = self.value(value, false);
            let tail = self.tail();
            let lead = if index == 0 { "- " } else { "  " };
            if index > 0 {
                self.maybe_line(&format!("{indent}  "));
            }
            self.text.push_str(&format!("{indent}{lead}{key}: {written}{tail}\n"));
        }
    }
}

const NAMES: [&str; 5] = ["app", "reg.example/db", "web", "nginx", "a.b/c"];
const TAGS: [&str; 7] = ["v1", "1.2.3", "10", "1.10", "latest", "0x1f", "2024-01-01"];

/// Writes a file: its text, and how many comments it has.
fn file(seed: u64) -> (String, usize) {
    let mut writer = Writer { dice: Dice(seed), text: String::new(), comments: 0, anchors: Vec::new() };
    if writer.dice.one_in(4) {
        writer.text.push_str("---\n");
    }
    writer.maybe_line("");
    let last = writer.dice.one_in(2);
    if !last {
        images(&mut writer);
    }
    writer.maybe_line("");
    let resources = writer.dice.pick(&[
        "resources:\n- a.yaml\n- b.yaml\n",
        "resources: [a.yaml]\n",
        "resources:\n  - a.yaml\n",
        "namespace: ns\n",
    ]);
    writer.text.push_str(resources);
    if last {
        images(&mut writer);
    }
    writer.maybe_line("");
    let mut text = writer.text;
    if writer.dice.one_in(4) && text.ends_with('\n') {
        text.pop();
    }
    if writer.dice.one_in(4) {
        text = text.replace('\n', "\r\n");
    }
    if writer.dice.one_in(6) {
        text.insert(0, '\u{feff}');
    }
    (text, writer.comments)
}

fn images(writer: &mut Writer) {
    let count = writer.dice.roll(NAMES.len() + 1);
    if count == 0 {
        let none = writer.dice.pick(&["", "images: []\n", "images:\n", "images: null\n"]);
        writer.text.push_str(none);
        return;
    }
    let tail = writer.tail();
    writer.text.push_str(&format!("images:{tail}\n"));
    let indent = writer.dice.pick(&["", "  ", "    "]);
    for name in &NAMES[..count] {
        let mut fields = Vec::new();
        for field in ["newName", "newTag", "digest"] {
            if !writer.dice.one_in(2) {
                let value = match field {
                    "newName" => writer.dice.pick(&["reg.example/x", "y"]).to_owned(),
                    "newTag" => writer.dice.pick(&TAGS).to_owned(),
                    _ => format!("sha256:{}", "0a".repeat(32)),
                };
                fields.push((field, value));
            }
        }
        writer.maybe_line(indent);
        writer.entry(indent, name, &fields);
    }
}

/// Does to the values what the edit shall do: `app=*:TAG`.
fn expected(mut root: Value, name: &str, tag: &str) -> Value {
    if root.is_null() {
        root = Value::Mapping(serde_yaml::Mapping::new());
    }
    let mapping = root.as_mapping_mut().expect("a mapping");
    let images = mapping.entry("images".into()).or_insert(Value::Null);
    if !images.is_sequence() {
        *images = Value::Sequence(Vec::new());
    }
    let list = images.as_sequence_mut().expect("a list");
    let position = list.iter().position(|item| item["name"].as_str() == Some(name));
    let position = position.unwrap_or_else(|| {
        list.push(serde_yaml::from_str(&format!("name: {name}")).expect("an entry"));
        list.len() - 1
    });
    let entry = list[position].as_mapping_mut().expect("an entry");
    entry.insert("newTag".into(), Value::String(tag.to_owned()));
    entry.remove("digest");
    root
}

fn read(text: &str) -> Value {
    serde_yaml::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Builds both files: the containers of the named image must run the new tag, and all others what they ran.
fn built_as_intended(before: &str, after: &str, name: &str, tag: &str, what: &str) -> bool {
    let images = |text: &str| -> Option<Vec<String>> {
        let mut files = MemoryFileSystem::default();
        files.write("/a/kustomization.yaml", text);
        let containers: String =
            NAMES.iter().chain(&["new"]).map(|name| format!("  - {{name: x, image: {name}}}\n")).collect();
        let pod = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n{containers}");
        files.write("/a/a.yaml", pod.as_str());
        files.write("/a/b.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n");
        let built = build(&files, Path::new("/a"), &Options::default()).ok()?;
        let pod = built.objects.iter().find(|object| object.node.get("kind").and_then(Node::as_str) == Some("Pod"))?;
        let list = pod.node.at(&["spec", "containers"])?.as_sequence()?;
        Some(list.items.iter().filter_map(|item| item.get("image")?.text().map(str::to_owned)).collect())
    };
    // A file whose tags are numbers cannot be built before; what it becomes is compared by value alone.
    let (Some(before), Some(after)) = (images(before), images(after)) else { return false };
    for ((old, new), container) in before.iter().zip(&after).zip(NAMES.iter().chain(&["new"])) {
        if *container == name {
            assert!(new.ends_with(&format!(":{tag}")), "{new}: {what}");
        } else {
            assert_eq!(old, new, "{what}");
        }
    }
    true
}

#[test]
fn two_thousand_random_files_change_in_exactly_the_intended_values() {
    let mut built = 0;
    for seed in 0..2_000 {
        let (text, comments) = file(seed);
        let mut dice = Dice(seed ^ 0xF00D);
        let (name, tag) = (
            dice.pick(&["app", "web", "a.b/c", "new"]),
            dice.pick(&["v2", "2", "1.20", "2.0.0", "0777", "yes", "null"]),
        );
        let images = [format!("{name}=*:{tag}")];
        let request = Request::read(&RequestInputs { images: &images, ..Default::default() }).expect("a good line");
        let edited = edit(&text, &request, true).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        let what = format!("seed {seed}, {name}=*:{tag}\n{text}\n=====\n{}", edited.text);
        assert_eq!(read(&edited.text), expected(read(&text), name, tag), "{what}");
        for number in 1..=comments {
            assert!(edited.text.contains(&format!("# c{number}.")), "comment {number}: {what}");
        }
        assert_eq!(text.contains("\r\n"), edited.text.contains("\r\n"), "{what}");
        assert!(!text.contains("\r\n") || !edited.text.replace("\r\n", "").contains('\n'), "{what}");
        assert_eq!(text.ends_with('\n') || text.is_empty(), edited.text.ends_with('\n'), "{what}");
        let untouched = |text: &str| -> Vec<String> {
            let touched = |line: &&str| [name, "newTag", "digest", "#"].iter().any(|part| line.contains(part));
            text.lines().filter(|line| !touched(line) && !line.trim().is_empty()).map(str::to_owned).collect()
        };
        let kept = untouched(&edited.text);
        let mut rest = kept.iter();
        let lost = untouched(&text).into_iter().find(|line| !line.contains("images") && !rest.any(|have| have == line));
        assert!(lost.is_none() || text.contains('*'), "lost {lost:?}: {what}");
        if seed.is_multiple_of(10) {
            built += usize::from(built_as_intended(&text, &edited.text, name, tag, &what));
        }
        let again = edit(&edited.text, &request, true).expect("the result can be edited");
        assert_eq!(again.text, edited.text, "{what}");
        assert!(again.changes.is_empty(), "{what}");
    }
    assert!(built > 20, "{built} of 200 files could be built before and after");
}
