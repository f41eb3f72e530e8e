//! Starts the binary as actions/runner starts a container action: inputs as `INPUT_…` with their dashes, file commands,
//! nothing else of the environment. Reads back what the runner would read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// One run of the binary, being put together.
#[must_use]
pub(crate) struct Action {
    command: Command,
    folder: TempDir,
    stdin: Option<String>,
    keep: Vec<String>,
}

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
    /// What the runner would hand to the step after the job, the last value of each name.
    pub(crate) state: BTreeMap<String, String>,
    /// Everything that anybody can read afterwards, in one text.
    pub(crate) everything: String,
    /// Text and mode of the files asked for with `keeping`.
    pub(crate) kept: BTreeMap<String, (String, u32)>,
}

impl Action {
    /// The binary inside GitHub Actions, with the runner's files and a workspace of its own.
    pub(crate) fn in_actions() -> Self {
        let mut action = Self::bare();
        let folder = action.folder.path().to_path_buf();
        for (name, file) in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary"), ("GITHUB_STATE", "state")]
        {
            std::fs::write(folder.join(file), "").unwrap();
            action.command.env(name, folder.join(file));
        }
        let workspace = folder.join("workspace");
        std::fs::create_dir(&workspace).unwrap();
        action.command.current_dir(&workspace).env("GITHUB_WORKSPACE", &workspace).env("RUNNER_TEMP", &folder);
        action.env("GITHUB_ACTIONS", "true").env("CI", "true")
    }

    /// The binary in a plain shell: no variable but the search path.
    pub(crate) fn bare() -> Self {
        let folder = TempDir::new().unwrap();
        let binary = std::env::var_os("K8S_DEPLOY_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_k8s-deploy").into());
        let mut command = Command::new(binary);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(folder.path());
        Self { command, folder, stdin: None, keep: Vec::new() }
    }

    /// An input as the runner names it: upper case, blanks as `_`, dashes kept.
    pub(crate) fn input(self, name: &str, value: &str) -> Self {
        let name = format!("INPUT_{}", name.replace(' ', "_").to_uppercase());
        self.env(&name, value)
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.stdin = Some(text.to_owned());
        self
    }

    /// Starts it as the runner does after the job's last step, with the state that a run left.
    pub(crate) fn after_the_job(mut self, state: &BTreeMap<String, String>) -> Self {
        use std::os::unix::process::CommandExt as _;
        self.command.arg0("/usr/local/bin/k8s-deploy-post");
        self.command.envs(state.iter().map(|(name, value)| (format!("STATE_{name}"), value)));
        self
    }

    /// Writes a file into the workspace (or the working folder).
    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.workspace().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Reads these files of the workspace after the run.
    pub(crate) fn keeping(mut self, paths: &[&str]) -> Self {
        self.keep = paths.iter().map(|path| (*path).to_owned()).collect();
        self
    }

    /// The folder that relative paths start from.
    pub(crate) fn workspace(&self) -> PathBuf {
        workspace(self.folder.path())
    }

    /// Runs to the end.
    #[track_caller]
    pub(crate) fn run(self) -> Ran {
        self.start().finish()
    }

    /// Starts it and lets it run.
    #[track_caller]
    pub(crate) fn start(mut self) -> Running {
        let mut child = self
            .command
            .stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        if let Some(text) = self.stdin.take() {
            use std::io::Write as _;
            let mut pipe = child.stdin.take().unwrap();
            std::thread::spawn(move || drop(pipe.write_all(text.as_bytes())));
        }
        Running { child, folder: self.folder, keep: self.keep }
    }
}

/// A run that goes on.
#[must_use]
pub(crate) struct Running {
    child: std::process::Child,
    folder: TempDir,
    keep: Vec<String>,
}

impl Running {
    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, as the runner does when a job is cancelled.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let killed = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for its end, noting when each line of the log was said.
    #[track_caller]
    pub(crate) fn timed(mut self) -> (Ran, Vec<(std::time::Instant, String)>) {
        use std::io::BufRead as _;
        let lines = std::io::BufReader::new(self.child.stdout.take().unwrap()).lines();
        let lines: Vec<_> = lines.map_while(Result::ok).map(|line| (std::time::Instant::now(), line)).collect();
        let mut output = self.child.wait_with_output().unwrap();
        output.stdout = lines.iter().flat_map(|(_, line)| [line.as_str(), "\n"]).collect::<String>().into_bytes();
        (Ran::read(&output, self.folder.path()), lines)
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn finish(self) -> Ran {
        let output = self.child.wait_with_output().unwrap();
        let mut ran = Ran::read(&output, self.folder.path());
        for path in self.keep {
            use std::os::unix::fs::PermissionsExt as _;
            let file = workspace(self.folder.path()).join(&path);
            // What is missing is missed by who asks for it, with what was said.
            let Ok(metadata) = std::fs::metadata(&file) else { continue };
            let mode = metadata.permissions().mode();
            ran.kept.insert(path, (std::fs::read_to_string(&file).unwrap(), mode));
        }
        ran
    }
}

impl Ran {
    fn read(output: &Output, folder: &Path) -> Self {
        let file = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let (raw_outputs, summary, state) = (file("output"), file("summary"), file("state"));
        let everything = [&stdout, &stderr, &raw_outputs, &summary, &state].map(String::as_str).join("\n");
        Self {
            code: output.status.code().unwrap_or(-1),
            outputs: parse_file_command(&raw_outputs),
            state: parse_file_command(&state),
            stdout,
            stderr,
            summary,
            everything,
            kept: BTreeMap::new(),
        }
    }

    /// Asserts the exit code, showing what was said when it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The log as people see it: both streams.
    pub(crate) fn log(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    #[track_caller]
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).unwrap_or_else(|| panic!("no output `{name}` in {:?}", self.outputs))
    }
}

fn workspace(folder: &Path) -> PathBuf {
    let workspace = folder.join("workspace");
    if workspace.exists() { workspace } else { folder.to_path_buf() }
}

/// Reads `name<<delimiter` and `name=value` as actions/runner's FileCommandManager does.
fn parse_file_command(text: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            (_, Some(at)) if equals.is_none_or(|equals| at < equals) => {
                let (name, delimiter) = (&line[..at], &line[at + 2..]);
                assert!(!name.is_empty() && !delimiter.is_empty(), "invalid file command: {line}");
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
                values.insert(name.to_owned(), value.join("\n"));
            }
            (Some(at), _) => {
                values.insert(line[..at].to_owned(), line[at + 1..].to_owned());
            }
            _ if line.is_empty() => {}
            _ => panic!("invalid file command: {line}"),
        }
    }
    values
}
