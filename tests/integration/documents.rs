//! `action.yml` and its siblings are generated from the table; so are the tables of the documents. `UPDATE_DOCUMENTS=1 cargo
//! test documents` writes them anew; without it this test compares.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use k8s_deploy::inputs::Mode;
use k8s_deploy::inputs::table::{EXIT_CODES, INPUTS, Input, Kind, MODES, OUTPUTS};

const IMAGE: &str = "docker://ghcr.io/k8s-deploy/k8s-deploy-action:main";

/// README shows these very files, which the linters read.
const WORKFLOWS: [(&str, &str); 3] = [
    ("release", "examples/go-demo/app-repo/.github/workflows/release.yml"),
    ("deploy", "examples/go-demo/config/.github/workflows/deploy.yml"),
    ("rollback", "examples/go-demo/config/.github/workflows/rollback.yml"),
];

#[test]
fn action_files_are_as_the_table_generates_them() {
    in_step("action.yml", &action(None));
    for mode in [Mode::Bump, Mode::Deploy, Mode::Diff, Mode::Rollback] {
        in_step(&format!("{}/action.yml", mode.name()), &action(Some(mode)));
    }
}

#[test]
fn the_readme_holds_the_tables_and_the_example_workflows() {
    let path = root().join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = WORKFLOWS.iter().fold(text, |text, (name, file)| {
        let workflow = std::fs::read_to_string(root().join(file)).unwrap();
        replace_section(&text, &format!("workflow-{name}"), &format!("```yaml\n{workflow}```\n"))
    });
    let text = replace_section(&text, "inputs", &inputs_table());
    let text = replace_section(&text, "outputs", &outputs_table());
    let text = replace_section(&text, "exit-codes", &exit_codes_table());
    in_step("README.md", &text);
}

#[test]
fn help_names_every_input_of_its_mode() {
    for (mode, _) in MODES {
        let help = k8s_deploy::help::text(Some(*mode));
        for input in INPUTS.iter().filter(|input| input.name != "mode") {
            let shown =
                help.contains(&format!("--{} ", input.name)) || help.contains(&format!("--{}-file ", input.name));
            assert_eq!(shown, input.modes.contains(mode), "{} in --help of {}", input.name, mode.name());
        }
    }
}

/// The pages that people copy from.
fn pages() -> Vec<(String, String)> {
    let docs =
        ["README.md", "docs/ci-user.md", "docs/drift.md", "examples/go-demo/README.md", "examples/gitlab/README.md"];
    docs.iter().map(|page| ((*page).to_owned(), std::fs::read_to_string(root().join(page)).unwrap())).collect()
}

/// The fenced blocks of a page in one language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let open = format!("```{language}\n");
    page.split(&open).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_command_of_the_documents_is_one_that_the_binary_takes() {
    let given = [("KUBECONFIG", "/k"), ("GITHUB_TOKEN", "t"), ("GITHUB_REPOSITORY", "o/r")];
    let variables: std::collections::BTreeMap<_, _> =
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut seen = 0;
    for (page, text) in pages() {
        let commands = text.lines().filter_map(|line| {
            let line = line.trim_start().trim_start_matches("$ ");
            let line = line.rsplit_once(" | ").map_or(line, |(_, last)| last);
            line.strip_prefix("k8s-deploy ").map(|rest| rest.split(" # ").next().unwrap().trim())
        });
        for command in commands {
            let arguments = words(command);
            let environment =
                k8s_deploy::inputs::Environment { arguments, variables: variables.clone(), ..Default::default() };
            let read = k8s_deploy::inputs::parse(&environment, &|_| Ok("secret".to_owned()));
            assert!(read.is_ok(), "{page}: k8s-deploy {command}: {read:?}");
            seen += 1;
        }
    }
    assert!(seen >= 7, "the documents show {seen} commands");
}

/// The words of a shell's line; quotes keep one together.
fn words(line: &str) -> Vec<String> {
    line.split('\'').enumerate().fold(Vec::new(), |mut words, (at, part)| {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
        words
    })
}

#[test]
fn every_step_of_the_documents_gives_its_action_inputs_that_it_has() {
    let mut seen = 0;
    for (page, text) in pages() {
        for block in blocks(&text, "yaml") {
            let document: serde_yaml::Value =
                serde_yaml::from_str(&block).unwrap_or_else(|e| panic!("{page}: {e}\n{block}"));
            let mut steps: Vec<&serde_yaml::Value> = document.as_sequence().into_iter().flatten().collect();
            for job in
                document.get("jobs").and_then(|jobs| jobs.as_mapping()).into_iter().flat_map(|jobs| jobs.values())
            {
                steps.extend(job["steps"].as_sequence().unwrap());
                assert!(document.get("permissions").is_some(), "{page}: a workflow says its permissions\n{block}");
            }
            for step in steps {
                let Some(uses) =
                    step["uses"].as_str().and_then(|uses| uses.strip_prefix("k8s-deploy/k8s-deploy-action"))
                else {
                    continue;
                };
                let name = uses.split('@').next().unwrap().trim_start_matches('/');
                let (mode, _) =
                    MODES.iter().find(|(mode, _)| mode.name() == name).unwrap_or_else(|| panic!("{page}: {name}"));
                for input in step["with"].as_mapping().unwrap().keys() {
                    let input = input.as_str().unwrap();
                    let known = INPUTS.iter().any(|known| known.name == input && known.modes.contains(mode));
                    assert!(known, "{page}: `{input}` is no input of {name}");
                }
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "the documents show {seen} steps");
}

#[test]
fn every_error_that_the_troubleshooting_names_is_one_that_the_code_says() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let sources = sources(&root().join("src"));
    let table = readme.split("## Troubleshooting").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut seen = 0;
    for row in table.lines().filter(|line| line.starts_with("| `") || line.starts_with("| exit")) {
        let said = row.split(" | ").next().unwrap();
        for text in said.split('`').skip(1).step_by(2).filter(|text| !text.contains('-') && !text.starts_with("Image"))
        {
            let text = text.strip_prefix("kubeconfig: ").unwrap_or(text);
            assert!(sources.contains(text), "`{text}` is nowhere in the sources");
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen} errors are named");
}

/// Every source text, with the strings that go over several lines put together.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &sources(&path);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(path).unwrap();
            let joined: Vec<&str> = text
                .split("\\\n")
                .enumerate()
                .map(|(at, part)| if at == 0 { part } else { part.trim_start() })
                .collect();
            all += &joined.concat();
        }
    }
    all
}

#[track_caller]
fn in_step(name: &str, want: &str) {
    let path = root().join(name);
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, want).unwrap();
    }
    let have = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(have == want, "{name} is not what the table says; run `UPDATE_DOCUMENTS=1 cargo test documents`");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn action(only: Option<Mode>) -> String {
    let mut text = header(only);
    text.push_str("inputs:\n");
    for input in
        INPUTS.iter().filter(|input| only.is_none_or(|mode| input.name != "mode" && input.modes.contains(&mode)))
    {
        text.push_str(&input_entry(input));
    }
    text.push_str("outputs:\n");
    for output in OUTPUTS.iter().filter(|output| only.is_none_or(|mode| output.modes.contains(&mode))) {
        let _ = writeln!(text, "  {}:\n    description: {}", output.name, quoted(output.description));
    }
    let _ = write!(text, "runs:\n  using: docker\n  image: {IMAGE}\n  entrypoint: /usr/local/bin/k8s-deploy\n");
    if only.is_none_or(|mode| matches!(mode, Mode::Deploy | Mode::Rollback)) {
        text.push_str("  post-entrypoint: /usr/local/bin/k8s-deploy-post\n");
    }
    if let Some(mode) = only {
        let _ = write!(text, "  args:\n    - {}\n", mode.name());
    }
    text
}

fn header(only: Option<Mode>) -> String {
    let generated = "# Generated from src/inputs/table.rs: UPDATE_DOCUMENTS=1 cargo test documents\n";
    let (name, description) = match only {
        None => (
            "k8s-deploy".to_owned(),
            "From a release to a verified rollout: bump, deploy, judge, roll back.".to_owned(),
        ),
        Some(mode) => {
            let description = MODES.iter().find(|(known, _)| *known == mode).unwrap().1;
            (format!("k8s-deploy {}", mode.name()), description.to_owned())
        }
    };
    let branding = "branding:\n  icon: upload-cloud\n  color: blue\n";
    format!(
        "{generated}name: {name}\ndescription: {}\nauthor: The k8s-deploy maintainers\n{branding}",
        quoted(&description)
    )
}

fn input_entry(input: &Input) -> String {
    let mut text = format!("  {}:\n    description: {}\n", input.name, quoted(input.description));
    let _ = writeln!(text, "    required: {}", input.name == "mode");
    if input.name == "token" {
        text.push_str("    default: ${{ github.token }}\n");
    } else if !input.default.is_empty() && input.name != "timeout" {
        let _ = writeln!(text, "    default: {}", quoted(input.default));
    }
    text
}

/// A single-quoted YAML scalar.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`.
fn replace_section(text: &str, name: &str, body: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let start = text.find(&open).unwrap_or_else(|| panic!("README has no {open}")) + open.len();
    let end = text.find(&close).unwrap_or_else(|| panic!("README has no {close}"));
    format!("{}\n{body}{}", &text[..start], &text[end..])
}

fn inputs_table() -> String {
    let mut table = "| input | form, default | modes | meaning |\n|---|---|---|---|\n".to_owned();
    for input in INPUTS {
        let modes = if input.modes.len() == MODES.len() { "all".to_owned() } else { names(input.modes) };
        let _ = writeln!(table, "| `{}` | {} | {modes} | {} |", input.name, form(input), cell(input.description));
    }
    table
}

fn form(input: &Input) -> String {
    let form = match input.kind {
        Kind::Text => "text".to_owned(),
        Kind::Lines => "lines".to_owned(),
        Kind::Block => "text, several lines".to_owned(),
        Kind::Bool => "boolean".to_owned(),
        Kind::Duration => "duration".to_owned(),
        Kind::Choice(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" \\| "),
        Kind::Secret => "secret".to_owned(),
    };
    if input.default.is_empty() { form } else { format!("{form}; `{}`", input.default) }
}

fn outputs_table() -> String {
    let mut table = "| output | modes | what stands in it |\n|---|---|---|\n".to_owned();
    for output in OUTPUTS {
        let modes = if output.modes.len() == MODES.len() { "all".to_owned() } else { names(output.modes) };
        let _ = writeln!(table, "| `{}` | {modes} | {} |", output.name, cell(output.description));
    }
    table
}

fn exit_codes_table() -> String {
    let mut table = "| code | when |\n|---|---|\n".to_owned();
    for code in EXIT_CODES {
        let _ = writeln!(table, "| {} | {} |", code.code, cell(code.when));
    }
    table
}

fn names(modes: &[Mode]) -> String {
    modes.iter().map(|mode| mode.name()).collect::<Vec<_>>().join(", ")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
