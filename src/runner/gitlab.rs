//! GitLab CI: folded sections of the job log, and outputs as a dotenv report (`artifacts:reports:dotenv`). Pure text.

use crate::report::order::by_key;

/// GitLab refuses a larger report as a whole.
const REPORT_LIMIT: usize = 5 * 1024;
/// The report's file, from the folder that the job starts in.
pub(crate) const REPORT: &str = "k8s-deploy.env";
const PREFIX: &str = "K8S_DEPLOY_";

/// Starts a section that people can fold; `name` holds letters, digits and `_`, `at` is in seconds since 1970.
pub(crate) fn section_start(name: &str, title: &str, at: i64) -> String {
    format!("\x1b[0Ksection_start:{at}:{name}\r\x1b[0K{title}")
}

/// Ends it.
pub(crate) fn section_end(name: &str, at: i64) -> String {
    format!("\x1b[0Ksection_end:{at}:{name}\r\x1b[0K")
}

/// The report with these outputs set, and the names of those that it cannot hold: GitLab takes neither values of several
/// lines nor more than 5 KiB, so the short ones go first. What other tools wrote stays.
pub(crate) fn report(existing: &str, outputs: &[(&'static str, String)]) -> (String, Vec<&'static str>) {
    let ours: Vec<String> = outputs.iter().map(|(name, _)| variable(name)).collect();
    let others = existing.lines().filter(|line| {
        let key = line.split('=').next().unwrap_or_default();
        !line.trim().is_empty() && !ours.iter().any(|name| name == key)
    });
    let mut text: String = others.map(|line| format!("{line}\n")).collect();
    let sizes = outputs.iter().map(|(_, value)| i64::try_from(value.len()).unwrap_or(i64::MAX));
    let mut left_out = Vec::new();
    for index in by_key(sizes) {
        let (name, value) = &outputs[index];
        let line = format!("{}={value}\n", variable(name));
        if value.contains(['\n', '\r']) || text.len() + line.len() > REPORT_LIMIT {
            left_out.push(*name);
        } else {
            text.push_str(&line);
        }
    }
    (text, left_out)
}

/// `commit-sha` is `K8S_DEPLOY_COMMIT_SHA`: the report's keys know no dashes, and an own prefix shadows nothing.
fn variable(output: &str) -> String {
    format!("{PREFIX}{}", output.to_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::{REPORT_LIMIT, report, section_end, section_start};

    #[test]
    fn sections_are_written_as_gitlab_reads_them() {
        assert_eq!(section_start("a_1", "why", 12), "\u{1b}[0Ksection_start:12:a_1\r\u{1b}[0Kwhy");
        assert_eq!(section_end("a_1", 13), "\u{1b}[0Ksection_end:13:a_1\r\u{1b}[0K");
    }

    #[test]
    fn a_second_step_of_a_job_replaces_its_own_values_and_keeps_the_others() {
        let (text, left_out) = report(
            "REVIEW_URL=x=y\n\nK8S_DEPLOY_RESULT=committed\n",
            &[("result", "deployed".to_owned()), ("commit-sha", "abc".to_owned())],
        );
        assert_eq!(text, "REVIEW_URL=x=y\nK8S_DEPLOY_COMMIT_SHA=abc\nK8S_DEPLOY_RESULT=deployed\n");
        assert!(left_out.is_empty());
    }

    #[test]
    fn what_the_report_cannot_hold_is_left_out_by_name() {
        let (text, left_out) = report(
            "",
            &[
                ("objects", "x".repeat(6_000)),
                ("images", "a\nK8S_DEPLOY_RESULT=forged".to_owned()),
                ("result", "failed".to_owned()),
            ],
        );
        assert_eq!(text, "K8S_DEPLOY_RESULT=failed\n");
        assert!(text.len() <= REPORT_LIMIT);
        assert_eq!(left_out, ["images", "objects"]);
    }
}
