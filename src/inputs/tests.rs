//! What a user may write, and what is said when it is wrong.

use super::{Command, Environment, Mode, Task, parse};

fn environment(arguments: &[&str], variables: &[(&str, &str)]) -> Environment {
    Environment {
        is_post: false,
        arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        event: None,
    }
}

fn no_files(_: &str) -> std::io::Result<String> {
    Err(std::io::ErrorKind::NotFound.into())
}

fn task(arguments: &[&str], variables: &[(&str, &str)]) -> Task {
    match parse(&environment(arguments, variables), &no_files) {
        Ok(Command::Run(task, _)) => *task,
        other => panic!("no task: {other:?}"),
    }
}

fn errors(arguments: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    match parse(&environment(arguments, variables), &no_files) {
        Err(errors) => errors,
        other => panic!("no error: {other:?}"),
    }
}

#[test]
fn inputs_keep_their_dashes_and_underscores_work_too() {
    for name in ["INPUT_CONFIG-REPO", "INPUT_CONFIG_REPO"] {
        let Task::Bump(bump) =
            task(&[], &[("INPUT_MODE", "bump"), (name, "o/r"), ("INPUT_IMAGES", "a:1"), ("INPUT_TOKEN", "t")])
        else {
            panic!("a bump")
        };
        assert_eq!(bump.commit.config_repo.as_deref(), Some("o/r"));
    }
}

#[test]
fn a_flag_wins_over_an_input() {
    let Task::Render(render) = task(&["render", "--path", "flag"], &[("INPUT_PATH", "input")]) else {
        panic!("a render")
    };
    assert_eq!(render.source.paths, ["flag"]);
}

#[test]
fn an_empty_input_is_an_absent_one() {
    let Task::Render(render) = task(&[], &[("INPUT_MODE", "render"), ("INPUT_PATH", " "), ("INPUT_REORDER", "")])
    else {
        panic!("a render")
    };
    assert_eq!((render.source.paths, render.build.reorder), (vec![".".to_owned()], None));
}

#[test]
fn all_errors_are_said_at_once() {
    let errors = errors(&["deploy", "--timeout", "10", "--lock=yes", "--conflicts", "force", "--kubconfig", "x"], &[]);
    for name in
        ["timeout:", "lock:", "conflicts:", "`--kubconfig`; did you mean `--kubeconfig`", "kubeconfig: is empty"]
    {
        assert!(errors.iter().any(|error| error.contains(name)), "{name} is missing in {errors:#?}");
    }
}

#[test]
fn a_secret_is_never_a_flags_value() {
    let errors = errors(&["bump", "--token", "ghp_secret", "--images", "a:1", "--config-repo", "o/r"], &[]);
    assert!(errors[0].contains("--token-file"), "{errors:?}");
    assert!(!errors.concat().contains("ghp_secret"));
}

#[test]
fn the_job_token_of_a_shell_counts_only_outside_actions() {
    let given = [("GITHUB_TOKEN", "t"), ("INPUT_CONFIG-REPO", "o/r"), ("INPUT_IMAGES", "a:1")];
    let Task::Bump(bump) = task(&["bump"], &given) else { panic!("a bump") };
    assert!(bump.commit.forge.token.is_some());
    let mut inside = given.to_vec();
    inside.push(("GITHUB_ACTIONS", "true"));
    assert!(errors(&["bump"], &inside)[0].starts_with("token:"));
}

#[test]
fn a_bare_boolean_flag_is_true_and_does_not_eat_the_path() {
    let Task::Render(render) = task(&["render", "--enable-managedby-label", "base"], &[]) else { panic!("a render") };
    assert!(render.build.managed_by_label);
    assert_eq!(render.source.paths, ["base"]);
}

#[test]
fn repeated_line_flags_add_up() {
    let Task::Render(render) = task(&["render", ".", "--images", "a:1", "--images", "b:2"], &[]) else {
        panic!("a render")
    };
    assert_eq!(render.edits.lines, ["a:1", "b:2"]);
}

#[test]
fn a_missing_or_misspelt_mode_names_the_modes() {
    assert!(errors(&[], &[])[0].contains("`render`, `bump`"));
    assert!(errors(&["rendr"], &[])[0].contains("did you mean `render`"));
}

#[test]
fn help_of_a_mode_knows_the_mode() {
    assert!(matches!(parse(&environment(&["bump", "--help"], &[]), &no_files), Ok(Command::Help(Some(Mode::Bump)))));
}

#[test]
fn judge_reads_standard_input_by_default() {
    let Task::Judge(judge) = task(&["judge"], &[]) else { panic!("a judge") };
    assert_eq!(judge.files, ["-"]);
}
