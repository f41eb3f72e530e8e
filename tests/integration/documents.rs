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
