//! The words of a commit and of a pull request: templates filled in, what changed, trailers, sign-off.
//! A value that is filled in can add neither a line nor a trailer.

use ring::digest::{SHA256, digest};

use super::trailers::{Trailers, one_line};

/// One image or replica count that changes, for the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Name of the entry.
    pub(crate) name: String,
    /// What it was, as far as known.
    pub(crate) old: Option<String>,
    /// What it becomes.
    pub(crate) new: String,
    /// The folder.
    pub(crate) folder: String,
}

/// What the words are made from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words<'run> {
    /// `Bump` or `Roll back`.
    pub(crate) verb: &'run str,
    /// Every change, in the order of the files.
    pub(crate) steps: Vec<Step>,
    /// Lines of the body that are not changes.
    pub(crate) remarks: Vec<String>,
    /// Where it comes from.
    pub(crate) trailers: Trailers,
    /// Who signs off.
    pub(crate) sign_off: Option<String>,
}

/// What GitHub reads in a message as "start no workflow".
const SKIPS: [&str; 6] = ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]", "skip-checks:"];

impl Words<'_> {
    /// Returns the commit's message.
    pub(crate) fn message(&self, template: Option<&str>) -> String {
        let text = match template {
            Some(template) => self.fill(template),
            None => self.default_text(),
        };
        let mut last = self.trailers.write();
        last.extend(self.sign_off.iter().map(|who| format!("Signed-off-by: {}", one_line(who))));
        if last.is_empty() { text } else { format!("{text}\n\n{}", last.join("\n")) }
    }

    /// Returns the pull request's title.
    pub(crate) fn title(&self, template: Option<&str>) -> String {
        one_line(&template.map_or_else(|| self.headline(), |template| self.fill(template)))
    }

    /// Returns the pull request's body; the trailers stand in it, too, since squashing drops those of the commits.
    pub(crate) fn body(&self, template: Option<&str>) -> String {
        let text = template.map_or_else(|| self.table(), |template| self.fill(template));
        let trailers = self.trailers.write();
        if trailers.is_empty() { text } else { format!("{text}\n\n{}", trailers.join("\n")) }
    }

    /// Returns the pull request's branch: the same for the same images at the same place, so that one is never opened
    /// beside another.
    pub(crate) fn branch(&self, template: Option<&str>, base: &str, paths: &[String]) -> String {
        if let Some(template) = template {
            return branch_name(&self.fill(template));
        }
        let names = self.names();
        let key = format!("{base}\n{}\n{}", paths.join("\n"), names.join("\n"));
        let hash: String =
            digest(&SHA256, key.as_bytes()).as_ref()[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        let slug = branch_name(names.first().map_or("images", |name| name.rsplit('/').next().unwrap_or(name)));
        let verb = branch_name(&self.verb.to_lowercase().replace(' ', "-"));
        format!("k8s-deploy/{verb}-{slug}-{hash}")
    }

    /// Returns the words in the message that make GitHub start no workflow.
    pub(crate) fn skips(message: &str) -> Vec<&'static str> {
        let message = message.to_ascii_lowercase();
        SKIPS.iter().filter(|skip| message.contains(*skip)).copied().collect()
    }

    fn default_text(&self) -> String {
        let mut text = self.headline();
        let mut lines = self.remarks.iter().map(|line| one_line(line)).collect::<Vec<_>>();
        if self.steps.len() > 1 {
            lines.extend(self.steps.iter().take(50).map(|step| format!("- {}", line(step))));
            if self.steps.len() > 50 {
                lines.push(format!("- and {} more", self.steps.len() - 50));
            }
        }
        if !lines.is_empty() {
            text = format!("{text}\n\n{}", lines.join("\n"));
        }
        text
    }

    fn headline(&self) -> String {
        let names = self.names();
        let news = distinct(self.steps.iter().map(|step| short(&step.new)));
        let what = match names.len() {
            0 => "images".to_owned(),
            1..=3 => names.join(", "),
            count => format!("{} and {} more", names[..2].join(", "), count - 2),
        };
        match &news[..] {
            [new] => format!("{} {what} to {new}", self.verb),
            _ => format!("{} {what}", self.verb),
        }
    }

    fn table(&self) -> String {
        let mut text = String::new();
        for remark in &self.remarks {
            text.push_str(&format!("{}\n\n", one_line(remark)));
        }
        text.push_str("| folder | name | old | new |\n|---|---|---|---|\n");
        for step in self.steps.iter().take(200) {
            let cell = |text: &str| one_line(text).replace('|', "\\|").replace('`', "'");
            let old = step.old.as_deref().map_or_else(String::new, |old| format!("`{}`", cell(old)));
            let folder = if step.folder.is_empty() { "." } else { &step.folder };
            text.push_str(&format!(
                "| `{}` | `{}` | {old} | `{}` |\n",
                cell(folder),
                cell(&step.name),
                cell(&step.new)
            ));
        }
        text.trim_end().to_owned()
    }

    fn fill(&self, template: &str) -> String {
        let join = |texts: Vec<String>| texts.join(", ");
        let images = join(distinct(self.steps.iter().map(|step| one_line(&step.new))));
        let image = join(self.names());
        let old = join(distinct(self.steps.iter().filter_map(|step| step.old.as_deref()).map(short)));
        let new = join(distinct(self.steps.iter().map(|step| short(&step.new))));
        let path = join(distinct(
            self.steps.iter().map(|step| one_line(if step.folder.is_empty() { "." } else { &step.folder })),
        ));
        let values = [("{images}", images), ("{image}", image), ("{old}", old), ("{new}", new), ("{path}", path)];
        fill(&template.replace("\r\n", "\n"), &values).trim().to_owned()
    }

    fn names(&self) -> Vec<String> {
        distinct(self.steps.iter().map(|step| one_line(&step.name)))
    }
}

/// Replaces placeholders in one pass, so that a value that looks like one stays what it is.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        match values.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                out.push_str(value);
                rest = &rest[name.len()..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn line(step: &Step) -> String {
    let folder = if step.folder.is_empty() { "." } else { &step.folder };
    match &step.old {
        Some(old) => one_line(&format!("{folder}: {} {} -> {}", step.name, short(old), short(&step.new))),
        None => one_line(&format!("{folder}: {} {}", step.name, short(&step.new))),
    }
}

/// What is said of an image in a headline: its tag, else its digest's beginning, else all of it.
fn short(reference: &str) -> String {
    let reference = one_line(reference);
    let (image, digest) =
        reference.split_once('@').map_or((reference.as_str(), None), |(image, digest)| (image, Some(digest)));
    let path = image.find('/').unwrap_or(0);
    if let Some((_, tag)) = image[path..].split_once(':') {
        return tag.to_owned();
    }
    match digest {
        Some(digest) => digest.chars().take(19).collect(),
        None => reference,
    }
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}

/// Makes a text a valid branch name (git's check-ref-format).
fn branch_name(text: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let name: String = text.trim().chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    let parts = name.split('/').map(|part| part.trim_matches('.').trim_end_matches(".lock").replace("..", "-"));
    let name = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let name: String = name.trim_matches('-').chars().take(200).collect();
    if name.is_empty() { "k8s-deploy/bump".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::super::trailers::{Source, Trailers};
    use super::{Step, Words, branch_name};

    fn step(name: &str, old: Option<&str>, new: &str, folder: &str) -> Step {
        Step { name: name.into(), old: old.map(str::to_owned), new: new.into(), folder: folder.into() }
    }

    fn words(steps: Vec<Step>) -> Words<'static> {
        let source = Source { repository: Some("o/app".into()), ..Source::default() };
        let trailers = Trailers { source, images: vec!["app=r/app:2".into()] };
        Words { verb: "Bump", steps, trailers, ..Words::default() }
    }

    #[test]
    fn one_image_is_said_in_the_headline() {
        let words = words(vec![step("app", Some("r/app:1"), "r/app:2", "prod")]);
        assert_eq!(words.message(None), "Bump app to 2\n\nSource-Repository: o/app\nImage: app=r/app:2");
    }

    #[test]
    fn several_are_listed() {
        let mut words = words(vec![step("a", Some("a:1"), "a:2", "x"), step("b", None, "b:3", "")]);
        words.sign_off = Some("me <me@x>".into());
        assert_eq!(
            words.message(None),
            "Bump a, b\n\n- x: a 1 -> 2\n- .: b 3\n\nSource-Repository: o/app\nImage: app=r/app:2\nSigned-off-by: me <me@x>"
        );
    }

    #[test]
    fn templates_are_filled_in_one_pass_and_values_stay_on_their_line() {
        let words = words(vec![step("{new}", Some("r/a:1"), "r/a:2\nSource-Commit: evil", "p")]);
        let message = words.message(Some("chore({image}): {old} to {new} in {path}\n\nbody {unknown}"));
        assert_eq!(
            message,
            "chore({new}): 1 to 2 Source-Commit: evil in p\n\nbody {unknown}\n\nSource-Repository: o/app\nImage: app=r/app:2"
        );
        assert_eq!(Trailers::read(&message).source.commit, None);
    }

    #[test]
    fn the_body_of_a_pull_request_holds_the_trailers() {
        let body = words(vec![step("app", None, "app:2", "")]).body(None);
        assert!(body.ends_with("Source-Repository: o/app\nImage: app=r/app:2"), "{body}");
        assert!(body.contains("| `.` | `app` |  | `app:2` |"), "{body}");
    }

    #[test]
    fn the_branch_is_the_same_for_the_same_images_and_place() {
        let paths = ["prod".to_owned()];
        let one = words(vec![step("r/app", None, "r/app:2", "prod")]).branch(None, "main", &paths);
        let newer = words(vec![step("r/app", None, "r/app:3", "prod")]).branch(None, "main", &paths);
        let other = words(vec![step("r/app", None, "r/app:3", "prod")]).branch(None, "release", &paths);
        assert_eq!(one, newer);
        assert_ne!(one, other);
        assert!(one.starts_with("k8s-deploy/bump-app-"), "{one}");
    }

    #[test]
    fn branch_names_are_what_git_takes() {
        for (text, want) in [
            ("a b", "a-b"),
            ("../x", "x"),
            ("x.lock", "x"),
            ("a//b", "a/b"),
            ("bump/{", "bump/"),
            ("", "k8s-deploy/bump"),
        ] {
            assert_eq!(branch_name(text).trim_end_matches('-'), want.trim_end_matches('-'), "{text}");
        }
    }

    #[test]
    fn words_that_stop_workflows_are_found() {
        assert_eq!(Words::skips("Bump [Skip CI]"), ["[skip ci]"]);
        assert!(Words::skips("Bump").is_empty());
    }
}
