//! Compares our YAML reader and printer with kustomize's own code (`fuzz/oracle`), byte for byte.
//! A tool for developers: it reads files and starts the oracle, and nothing of it is in the product.
//!
//! `cargo run --release --example yaml-differential -- ORACLE files PATH…`
//! `cargo run --release --example yaml-differential -- ORACLE seeds FIRST COUNT`
//! With `YAML_BLOCK=1` it compares the block printer; comments and tags are not part of a tree, so texts that
//! hold `#` or `!` are left out.
//! `cargo run --release --example yaml-differential -- ORACLE mutations FIRST COUNT PATH…`
//! `cargo run --release --example yaml-differential -- none fuzz SECONDS PATH…` (`fuzz/corpus`): mutates without an
//! oracle for that long; a panic, an abort or a text that takes over two seconds ends it, the text is printed.
#![allow(
    clippy::disallowed_methods,
    clippy::exit,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::too_many_lines,
    missing_docs
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use k8s_deploy::yaml::{self, Node};

#[path = "fuzzing/mutate.rs"]
mod mutate;

use mutate::{Random, change};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments[1] == "fuzz" {
        return fuzz(arguments[2].parse().unwrap(), &arguments[3..]);
    }
    let mut oracle = Oracle::start(&arguments[0]);
    let mut tally = Tally::default();
    let number = |at: usize| arguments[at].parse::<u64>().unwrap();
    match arguments[1].as_str() {
        "files" => {
            for path in yaml_files(&arguments[2..]) {
                compare(&mut oracle, &mut tally, &path.display().to_string(), &fs::read(&path).unwrap());
            }
        }
        "seeds" => {
            for seed in number(2)..number(2) + number(3) {
                let text = Generator { random: Random(seed * 2 + 1), tame: seed % 4 > 0 }.file();
                compare(&mut oracle, &mut tally, &format!("seed {seed}"), text.as_bytes());
            }
        }
        "mutations" => {
            let corpus: Vec<Vec<u8>> = yaml_files(&arguments[4..]).iter().map(|path| fs::read(path).unwrap()).collect();
            for seed in number(2)..number(2) + number(3) {
                let text = mutate(&mut Random(seed * 2 + 1), &corpus);
                compare(&mut oracle, &mut tally, &format!("mutation {seed}"), &text);
            }
        }
        other => panic!("unknown mode {other}"),
    }
    println!("{tally:?}");
    std::process::exit(i32::from(tally.different > 0));
}

/// Reads and prints mutated texts for some seconds.
fn fuzz(seconds: u64, roots: &[String]) {
    let corpus: Vec<Vec<u8>> = yaml_files(roots).iter().map(|path| fs::read(path).unwrap()).collect();
    let start = Instant::now();
    let (mut texts, mut read) = (0u64, 0u64);
    while start.elapsed() < Duration::from_secs(seconds) {
        texts += 1;
        let mut random = Random(texts.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ seconds);
        let mut text = mutate(&mut random, &corpus);
        for _ in 0..random.below(3) {
            text = mutate(&mut random, &[text]);
        }
        let began = Instant::now();
        let outcome = std::panic::catch_unwind(|| exercise(&text));
        match outcome {
            Ok(ok) => read += u64::from(ok),
            Err(_) => panic!("text {texts} panics: {:?}", String::from_utf8_lossy(&text)),
        }
        assert!(began.elapsed() < Duration::from_secs(2), "text {texts} is slow: {:?}", String::from_utf8_lossy(&text));
    }
    println!("{texts} texts in {seconds} s, {read} of them read and printed");
}

/// Runs everything that takes a text; what was printed must read back and print the same.
fn exercise(text: &[u8]) -> bool {
    let _ = yaml::parse_first(text);
    let Ok(documents) = yaml::parse_documents(text) else { return false };
    for document in &documents {
        check_spans(&document.root, text.len());
        drop(yaml::to_block(&document.root));
        let _ = yaml::to_json(&document.root);
        let _ = yaml::to_value(&document.root);
    }
    let nodes: Vec<Node> = documents.into_iter().map(|document| document.root).filter(|root| !root.is_null()).collect();
    let Ok(printed) = yaml::emit(&nodes) else { return false };
    // A text key `<<` is printed unquoted, by kustomize too, and is a merge key when read again.
    if printed.contains("<<") {
        return true;
    }
    let again = yaml::parse(printed.as_bytes()).and_then(|nodes| yaml::emit(&nodes));
    assert!(again.is_err() || again.as_deref() == Ok(&printed), "{printed:?} prints differently: {again:?}");
    true
}

fn check_spans(node: &Node, length: usize) {
    let range = node.span().range();
    assert!(range.start <= range.end && range.end <= length, "a span lies outside: {range:?}");
    match node {
        Node::Scalar(_) => {}
        Node::Sequence(sequence) => sequence.items.iter().for_each(|item| check_spans(item, length)),
        Node::Mapping(mapping) => mapping.entries.iter().for_each(|entry| check_spans(&entry.value, length)),
    }
}

#[derive(Debug, Default)]
struct Tally {
    same: usize,
    both_refuse: usize,
    different: usize,
}

fn block_only() -> bool {
    std::env::var_os("YAML_BLOCK").is_some()
}

fn compare(oracle: &mut Oracle, tally: &mut Tally, name: &str, text: &[u8]) {
    if block_only() && text.iter().any(|byte| matches!(byte, b'#' | b'!')) {
        return;
    }
    let ours = print(text);
    let theirs = oracle.ask(text);
    match (&ours, &theirs) {
        (Ok(one), Ok(other)) if one == other => tally.same += 1,
        (Err(reason), Err(_)) => {
            tally.both_refuse += 1;
            if std::env::var_os("SHOW_REFUSED").is_some() {
                println!("{name}: {reason}");
            }
        }
        _ => {
            tally.different += 1;
            if tally.different <= 12 {
                let small = shrink(oracle, text.to_vec());
                let (ours, theirs) = (print(&small), oracle.ask(&small));
                println!("=== {name}\n{:?}\n- ours   {ours:?}\n- theirs {theirs:?}", String::from_utf8_lossy(&small));
            }
        }
    }
}

fn differs(oracle: &mut Oracle, text: &[u8]) -> bool {
    match (print(text), oracle.ask(text)) {
        (Ok(one), Ok(other)) => one != other,
        (one, other) => one.is_ok() != other.is_ok(),
    }
}

/// Takes lines, then bytes, away as long as the difference stays.
fn shrink(oracle: &mut Oracle, mut text: Vec<u8>) -> Vec<u8> {
    for by_line in [true, false, true, false] {
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
            let end = at + if by_line { line } else { 1 };
            let shorter = [&text[..at], &text[end..]].concat();
            if differs(oracle, &shorter) {
                text = shorter;
            } else {
                at = end;
            }
        }
    }
    text
}

/// Reads a file and prints its objects as `kustomize build` does with a file as its only resource.
fn print(text: &[u8]) -> Result<String, String> {
    let documents = yaml::parse_documents(text).map_err(|error| error.to_string())?;
    let alone = documents.len() == 1;
    let mut out = String::new();
    for document in documents {
        for node in unpacked(&document.root, alone) {
            let empty = match node {
                Node::Scalar(scalar) if node.is_null() => scalar.text.len() < 5,
                Node::Scalar(_) => return Err("a scalar".to_owned()),
                Node::Mapping(mapping) => mapping.entries.is_empty(),
                Node::Sequence(sequence) => sequence.items.is_empty(),
            };
            if !empty && block_only() {
                out.push_str(&yaml::to_block(node));
            } else if !empty {
                yaml::emit_into(&mut out, node).map_err(|error| error.locate(text).to_string())?;
            }
        }
    }
    Ok(out)
}

fn unpacked(root: &Node, alone: bool) -> Vec<&Node> {
    let kind = root.get("kind").and_then(Node::text);
    let list = alone && matches!(kind, Some("List" | "ResourceList"));
    match root.get("items") {
        Some(Node::Sequence(items)) if list => items.items.iter().collect(),
        _ => vec![root],
    }
}

struct Oracle {
    program: String,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Oracle {
    fn start(program: &str) -> Self {
        let mut child = Command::new(program)
            .args(block_only().then_some("block"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { program: program.to_owned(), child, input, output }
    }

    fn ask(&mut self, text: &[u8]) -> Result<String, String> {
        self.input.write_all(format!("{}\n", text.len()).as_bytes()).unwrap();
        self.input.write_all(text).unwrap();
        self.input.flush().unwrap();
        let mut length = String::new();
        self.output.read_line(&mut length).unwrap();
        if length.is_empty() {
            // Go has no way to survive a stack overflow, which an anchor that contains itself leads to.
            self.child.wait().unwrap();
            *self = Self::start(&self.program.clone());
            return Err("the oracle crashed".to_owned());
        }
        let mut reply = vec![0; length.trim().parse().expect("the oracle answers with a length")];
        self.output.read_exact(&mut reply).unwrap();
        let reply = String::from_utf8_lossy(&reply).into_owned();
        if let Some(printed) = reply.strip_prefix('k') { Ok(printed.to_owned()) } else { Err(reply) }
    }
}

fn yaml_files(roots: &[String]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") || is_fuzz(&path)
        {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn is_fuzz(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.ends_with("corpus"))
}

/// Takes a text of the corpus and changes it.
fn mutate(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut text = corpus[random.below(corpus.len())].clone();
    text.truncate(1 + random.below(4000));
    change(random, &mut text);
    text
}

/// Makes files whose every part may be awkward.
struct Generator {
    random: Random,
    /// Unquoted words are ones that may stand unquoted.
    tame: bool,
}

const WORDS: &[&str] = &[
    "",
    "a",
    "b",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "true",
    "True",
    "tRUE",
    "null",
    "~",
    "Null",
    "1",
    "0",
    "-1",
    "+5",
    "0x1F",
    "0X1f",
    "0b101",
    "0o17",
    "017",
    "08",
    "1_000",
    "1__0",
    "_1",
    "1_",
    "1.0",
    "-0.0",
    "1e3",
    "1e15",
    "1e20",
    "1e21",
    "1e-7",
    "1e400",
    "123456.5",
    "1234567.5",
    "0.0001",
    "0.00001",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    ".5",
    "1.",
    ".",
    "-",
    "--",
    "---",
    "...",
    "-a",
    "- a",
    "?",
    "? a",
    ":",
    "::",
    ": a",
    "a: b",
    "a:",
    "a:b",
    "a #b",
    "a#b",
    "#a",
    "@a",
    "%a",
    "!a",
    "&a",
    "*a",
    ">a",
    "|a",
    "{a",
    "[a",
    "}a",
    "]a",
    ",a",
    "a, b",
    "a{b}",
    "=",
    "<<",
    "<a",
    "~a",
    "it's",
    "'a",
    "\"a",
    "a\"b",
    "`a",
    "0x",
    "NaN",
    "inf",
    ".inf",
    "-.inf",
    ".nan",
    "1.2.3",
    "$(V)",
    "1:30",
    "1:30:00",
    "12:30:45.5",
    "2020-01-01",
    "2020-1-1",
    "2020-02-30",
    "2020-01-01T00:00:00Z",
    "2020-01-01 10:00:00",
    "2020-01-01t1:2:3.50+02:00",
    "2001-12-14 21:59:43.10 -5",
    " a",
    "a ",
    " a ",
    "a  b",
    "\ta",
    "a\tb",
    "a\t",
    "a\nb",
    "a\nb\n",
    "a\n\n",
    "\na",
    "\n",
    "a \nb",
    "a\n b",
    " a\nb\n",
    " a\n b\nc\nd\n",
    "a\n\n\nb\n",
    "a\n  b\nc\n",
    "\u{a0}",
    "é",
    "日本語",
    "\u{1F600}",
    "\u{feff}a b",
    "a\u{feff}",
    "\u{85}",
    "a\u{85}b",
    "a\u{2028}b",
    "\u{2029}",
    "\u{7f}",
    "\u{9f}",
    "\u{fffe}",
    "\r",
    "a\rb",
    "\u{1b}[0m",
    "\0",
    "\\",
    "a\\b",
    "<>&",
    "key: |\n  x",
    "- - a",
    "0.1",
    "3.14",
    "1e+06",
    "0o8",
    "0b2",
    "0b-1",
    "0o-7",
    "1e",
    "+",
    "+.5",
    "-.5",
    ".5_0",
    "5.5_5",
    "0x_1",
    "1:60",
    "01:30",
    "190:20:30",
];

const KEYS: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "A",
    "a1",
    "a2",
    "a10",
    "a01",
    "a-b",
    "a.b",
    "a/b",
    "a_b",
    "a b",
    "_x",
    "\"9\"",
    "\"10\"",
    "é",
    "x y",
    "ab",
    "a9",
    "app.kubernetes.io/name",
    "\"\"",
    "\"yes\"",
    "yes",
    "1",
    "true",
    "\"a: b\"",
    "'#a'",
    "\"a\\nb\"",
    "1a",
    "a1b",
    "$x",
    "-x",
    "x:y",
    "\"\\u00e9b\"",
];

impl Generator {
    fn file(&mut self) -> String {
        let mut file = String::new();
        if self.random.chance(10) {
            file.push('\u{feff}');
        }
        if self.random.chance(20) {
            file.push_str(self.random.one(&["---\n", "--- # c\n", "# c\n", "\n", "--- \n"]));
        }
        for at in 0..=self.random.below(3) {
            if at > 0 {
                let tame = self.random.one(&["---\n", "--- # c\n", "--- \t\n", "...\n---\n"]);
                let wild = self.random.one(&["--- x\n", "----\n", "---\n---\n", "...\n"]);
                file.push_str(if self.tame { tame } else { wild });
            }
            if self.random.chance(95) {
                file.push_str("kind: X\nmetadata:\n  name: x\n");
            }
            if self.random.chance(50) {
                file.push_str(
                    self.random
                        .one(&["m: &m {a: 1, b: x}\nn: &n\n  b: y\n  c: [*m]\n", "m: &m {a: !!str 1}\nn: &n {a: 2}\n"]),
                );
                let alias = self.random.one(&[
                    "p: *m\n",
                    "p:\n  <<: *m\n  a: 2\n",
                    "p:\n  <<: [*m, *n]\n",
                    "p: [*n, *m]\n",
                    "p: *n\nq: &q\n  <<: *m\n  r: &m 1\ns: [*q, *m]\n",
                ]);
                file.push_str(alias);
            }
            let lines = self.mapping(0, 4);
            file.push_str(&lines);
        }
        if self.random.chance(10) {
            file.push_str(self.random.one(&["...\nlost: [\n", "---", "--- x", "\n\n", "# end", "..."]));
        }
        match self.random.below(12) {
            0 => file = file.trim_end().to_owned(),
            1 => file = file.replace('\n', "\r\n"),
            _ => {}
        }
        file
    }

    fn mapping(&mut self, indent: usize, depth: usize) -> String {
        let mut lines = String::new();
        for at in 0..=self.random.below(4) {
            if self.random.chance(5) {
                lines.push_str(self.random.one(&["\n", "# c\n", "  # c\n", " \n"]));
            }
            let key =
                if self.tame || self.random.chance(50) { format!("k{at}") } else { self.random.one(KEYS).to_owned() };
            let key = if self.tame && self.random.chance(40) {
                format!("{}{at}", self.random.one(&["a", "_", "b1", "é", "Z", "x.y/", "1a"]))
            } else {
                key
            };
            lines.push_str(&" ".repeat(indent));
            if self.random.chance(3) {
                lines.push_str("? ");
                lines.push_str(&key);
                lines.push('\n');
                lines.push_str(&" ".repeat(indent));
                lines.push(':');
            } else {
                lines.push_str(&key);
                lines.push(':');
            }
            lines.push_str(&self.value(indent, depth));
        }
        if self.random.chance(4) {
            lines.push_str(&format!(
                "{}<<: {}\n",
                " ".repeat(indent),
                self.random.one(&["*m", "[*m, *n]", "{a: 1}", "x"])
            ));
        }
        lines
    }

    /// Returns what stands behind `:` or `-`, to the line's end.
    fn value(&mut self, indent: usize, depth: usize) -> String {
        let property = if self.tame {
            self.random.one(&["", "", "", "", "", "", "", "", "", " !!str", " !x", " &m", " &n", " !"])
        } else if self.random.chance(6) {
            self.random.one(&[
                " !!str",
                " !!int",
                " !!float",
                " !!bool",
                " !!null",
                " &m",
                " &n",
                " !x",
                " !",
                " !!binary",
                " !!timestamp",
            ])
        } else {
            ""
        };
        let comment = if self.random.chance(5) { self.random.one(&[" # c", "\t# c", " #", "  "]) } else { "" };
        match self.random.below(if depth == 0 { 8 } else { 14 }) {
            0..=2 => format!("{property} {}{comment}\n", self.scalar(indent)),
            3 | 4 => format!("{property}{}", self.block(indent)),
            5 => format!("{property} {}{comment}\n", self.flow(3)),
            6 if self.tame => format!("{}{comment}\n", self.random.one(&["", " {}", " []", " ~"])),
            6 => format!("{}{comment}\n", self.random.one(&[" *m", " *n", "", "", " {}", " []", " ~"])),
            7 => format!("{property} {}{comment}\n", self.long()),
            8 | 9 => {
                let deeper = indent + 1 + self.random.below(4);
                format!("{property}{comment}\n{}", self.mapping(deeper, depth - 1))
            }
            _ => {
                let deeper = indent + self.random.below(4);
                format!("{property}{comment}\n{}", self.sequence(deeper, depth - 1))
            }
        }
    }

    fn sequence(&mut self, indent: usize, depth: usize) -> String {
        let mut lines = String::new();
        for _ in 0..=self.random.below(3) {
            lines.push_str(&" ".repeat(indent));
            lines.push('-');
            if depth > 0 && self.random.chance(40) {
                let mapping = self.mapping(indent + 2, depth - 1);
                lines.push(' ');
                lines.push_str(mapping.trim_start());
            } else if depth > 0 && self.random.chance(20) {
                let inner = self.sequence(indent + 2, depth - 1);
                lines.push(' ');
                lines.push_str(inner.trim_start());
            } else {
                lines.push_str(&self.value(indent, depth));
            }
        }
        lines
    }

    fn scalar(&mut self, indent: usize) -> String {
        let word = self.random.one(WORDS);
        let harmless = |first: char| first.is_alphanumeric() || "+.<~=$/(".contains(first);
        let plain = word.starts_with(harmless)
            && !word.contains([':', '#', '\n', '\t', '\r', '\u{7f}', '\u{9f}', '?', ',', '{', '[']);
        let styles = if self.tame && !(plain || word.starts_with("1:30")) { 2 } else { 4 };
        match self.random.below(styles) {
            0 if self.tame && word.contains(['\0', '\r', '\u{1b}', '\u{7f}', '\u{9f}', '\u{fffe}']) => "'x'".to_owned(),
            0 => format!("'{}'", word.replace('\'', "''")),
            1 => {
                format!("{word:?}").replace("\\u{", "\\U{").replace("\\'", "'").replace("\\U{", "\\u").replace('}', "")
            }
            2 => word.replace('\n', &format!("\n{}", " ".repeat(indent + 1))),
            _ => word.to_owned(),
        }
    }

    fn long(&mut self) -> String {
        let mut text = String::new();
        while text.chars().count() < 60 + self.random.below(150) {
            text.push_str(self.random.one(&[
                "word",
                "longerword",
                "é",
                "日本",
                "a:b",
                "it's",
                "x\\y",
                "1",
                "q",
                "http://example.com/a/b?c=d",
            ]));
            text.push_str(self.random.one(&[" ", " ", " ", " ", "  ", "   ", "", " #", "\u{1F600} "]));
        }
        match self.random.below(3) {
            0 => format!("'{}'", text.replace('\'', "''")),
            1 => format!("\"{}\"", text.replace('\\', "\\\\")),
            _ => text.trim().to_owned(),
        }
    }

    fn block(&mut self, indent: usize) -> String {
        let tame = self.random.one(&[" |", " >", " |-", " >-", " |+", " >+", " | # c"]);
        let wild = self.random.one(&[" |", " >", " |2", " >2-", " |1+", " >1", " |3", " |10", " |-+", " |x"]);
        let header = if self.tame { tame } else { wild };
        let mut lines = format!("{header}\n");
        let deeper = indent + 1 + self.random.below(3);
        for _ in 0..self.random.below(6) {
            match self.random.below(6) {
                0 => lines.push('\n'),
                1 => lines.push_str(&format!(
                    "{}\n",
                    " ".repeat(self.random.below(if self.tame { deeper } else { deeper + 3 }))
                )),
                _ => {
                    let extra = if self.random.chance(if self.tame { 0 } else { 15 }) {
                        self.random.one(&[" ", "  ", "\t"])
                    } else {
                        ""
                    };
                    let word =
                        self.random.one(WORDS).replace(['\n', '\0', '\u{1b}', '\u{7f}', '\u{9f}', '\u{fffe}'], " ");
                    let end = self.random.one(&["", "", "", "", " ", " more words"]);
                    lines.push_str(&format!("{}{extra}{word}{end}\n", " ".repeat(deeper)));
                }
            }
        }
        lines
    }

    fn flow(&mut self, depth: usize) -> String {
        let gap = self.random.one(&["", " ", "", "\n   "]);
        if depth == 0 {
            return self.scalar(4);
        }
        let count = self.random.below(4);
        let mut parts = Vec::new();
        if self.random.chance(50) {
            for at in 0..count {
                let value = self.flow(depth - 1);
                let kinds = if self.tame { 3 } else { 0 };
                parts.push(match kinds + self.random.below(6 - kinds) {
                    0 => format!("k{at}"),
                    1 => format!("k{at}:{value}"),
                    2 => format!("\"k{at}\":{value}"),
                    3 => format!("? k{at} : {value}"),
                    _ => format!("k{at}: {value}"),
                });
            }
            return format!("{{{gap}{}{gap}}}", parts.join(&format!(",{gap}")));
        }
        for _ in 0..count {
            let value = self.flow(depth - 1);
            parts.push(if self.random.chance(15) { format!("k: {value}") } else { value });
        }
        let trailing = if count > 0 && self.random.chance(10) { "," } else { "" };
        format!("[{gap}{}{trailing}{gap}]", parts.join(&format!(",{gap}")))
    }
}
