//! What a refusal means and what to do about it: the missing permission by name, and the kinds of token that have it.
//! Pure: an answer in, a failure out.

use super::wire::Answer;
use crate::failure::{Failure, FailureKind};
use crate::secret::Secret;

/// Kinds of GitHub tokens, told apart by how they begin (GitHub's token formats since 2021).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// No token.
    None,
    /// `ghs_`: the job's own token or a GitHub App's installation token.
    Installation,
    /// `ghp_`: a classic personal access token.
    Classic,
    /// `github_pat_`: a fine-grained personal access token.
    FineGrained,
    /// `gho_`, `ghu_`: an OAuth or GitHub App user token.
    User,
    /// Some other form.
    Other,
}

impl TokenKind {
    /// Returns the kind of a token.
    pub(super) fn of(token: Option<&Secret>) -> Self {
        let Some(text) = token.map(|token| token.expose().trim()) else { return Self::None };
        let kinds = [
            ("ghs_", Self::Installation),
            ("ghp_", Self::Classic),
            ("github_pat_", Self::FineGrained),
            ("gho_", Self::User),
            ("ghu_", Self::User),
        ];
        kinds.iter().find(|(start, _)| text.starts_with(start)).map_or(Self::Other, |(_, kind)| *kind)
    }
}

/// Tells whether a text says that a rule of the branch refuses the push, and nothing else does. The texts are GitHub's:
/// of rulesets (GH013), of protected branches (GH006), and of the REST and GraphQL APIs for both.
pub(super) fn is_rule_violation(text: &str) -> bool {
    const TEXTS: [&str; 12] = [
        "rule violation",
        "gh006",
        "gh013",
        "protected branch",
        "protected ref",
        "must be made through a pull request",
        "required status check",
        "approving review is required",
        "approving reviews are required",
        "not authorized to push to this branch",
        "must have verified signatures",
        "must be made through the merge queue",
    ];
    let text = text.to_ascii_lowercase();
    TEXTS.iter().any(|words| text.contains(words))
}

/// Returns the failure of a refused request.
pub(super) fn explain(answer: &Answer, what: &str, token: TokenKind) -> Failure {
    let said = said(answer);
    match answer.status {
        401 => Failure::new(FailureKind::Forbidden, format!("{what}: GitHub does not accept the token: {said}"))
            .hinted("the token is wrong, expired or revoked, or belongs to another GitHub than GITHUB_API_URL names"),
        403 => forbidden(answer, what, token),
        404 => Failure::input(format!("{what}: not found: {said}")).hinted(
            "check the name; GitHub also says \"Not Found\" when the token must not see or write it: the repository must \
             be within the token's reach",
        ),
        409 => Failure::new(FailureKind::Conflict, format!("{what}: {said}")),
        400 | 422 => Failure::input(format!("{what}: GitHub refuses: {said}")),
        _ => Failure::new(FailureKind::Other, format!("{what}: {said}")),
    }
}

fn said(answer: &Answer) -> String {
    let message = answer.message();
    if message.is_empty() { format!("status {}", answer.status) } else { format!("{message} ({})", answer.status) }
}

fn forbidden(answer: &Answer, what: &str, token: TokenKind) -> Failure {
    let failure = Failure::new(FailureKind::Forbidden, format!("{what}: not permitted: {}", said(answer)));
    if let Some(sso) = answer.header("x-github-sso") {
        let address = sso.split("url=").nth(1).unwrap_or("the organization's settings");
        return failure.hinted(format!("authorize the token for the organization's single sign-on: {address}"));
    }
    match answer.header("x-accepted-github-permissions") {
        Some(accepted) => failure.hinted(missing(accepted, token)),
        None => failure.hinted(missing("contents=write", token)),
    }
}

/// Says which permission is missing and how the token at hand gets it. `accepted` is the header's form:
/// `contents=write; contents=write,workflows=write`, alternatives between semicolons.
pub(super) fn missing(accepted: &str, token: TokenKind) -> String {
    let wanted = accepted.split(';').next().unwrap_or(accepted).trim();
    let list: Vec<(&str, &str)> = wanted.split(',').filter_map(|part| part.trim().split_once('=')).collect();
    let names = list.iter().map(|(name, level)| format!("{name}: {level}")).collect::<Vec<_>>().join(", ");
    let job = format!(
        "the job's own token has it with `permissions: {{ {names} }}` in the workflow, for its own repository only"
    );
    let app = "a GitHub App's token when the App has that permission and is installed on the repository";
    let fine = format!("a fine-grained personal access token with the repository permission {}", titles(&list));
    let classic = "a classic one with the scope `repo`";
    match token {
        TokenKind::Classic | TokenKind::User => {
            format!("missing: {names}; give the token the scope `repo`, or use {fine} or {app}")
        }
        TokenKind::FineGrained => {
            format!("missing: {names}; give the token the repository permission {}", titles(&list))
        }
        TokenKind::Installation => format!("missing: {names}; {job}; {app}; {fine}"),
        TokenKind::None | TokenKind::Other => {
            format!("missing: {names}; {job}; others that have it: {app}; {fine}; {classic}")
        }
    }
}

/// `Contents: Read and write`, as GitHub's settings call it.
fn titles(list: &[(&str, &str)]) -> String {
    let title = |(name, level): &(&str, &str)| {
        let name = name.replace('_', " ");
        let mut letters = name.chars();
        let name: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        format!("\"{name}: {}\"", if *level == "write" { "Read and write" } else { "Read-only" })
    };
    list.iter().map(title).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::{TokenKind, explain, is_rule_violation};
    use crate::failure::FailureKind;
    use crate::github::wire::Answer;
    use crate::secret::Secret;

    fn answer(status: u16, message: &str, header: Option<(&'static str, &str)>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name, value.parse().expect("a header"));
        }
        Answer { status, headers, body: json!({ "message": message }) }
    }

    #[test]
    fn the_missing_permission_is_named_with_the_tokens_that_have_it() {
        let header = Some(("x-accepted-github-permissions", "pull_requests=write"));
        let refused = answer(403, "Resource not accessible by integration", header);
        let failure = explain(&refused, "opening a pull request in o/r", TokenKind::Installation);
        assert_eq!(failure.kind, FailureKind::Forbidden);
        assert!(failure.to_string().contains("opening a pull request in o/r"), "{failure}");
        let hint = &failure.hints[0];
        assert!(hint.contains("pull_requests: write") && hint.contains("\"Pull requests: Read and write\""), "{hint}");
    }

    #[test]
    fn statuses_have_the_exit_codes_of_the_contract() {
        let kind = |status| explain(&answer(status, "x", None), "reading", TokenKind::Other).kind;
        assert_eq!(kind(401), FailureKind::Forbidden);
        assert_eq!(kind(404), FailureKind::Input);
        assert_eq!(kind(409), FailureKind::Conflict);
        assert_eq!(kind(422), FailureKind::Input);
    }

    #[test]
    fn single_sign_on_is_said_with_its_address() {
        let refused = answer(
            403,
            "Resource protected by organization SAML enforcement",
            Some(("x-github-sso", "required; url=https://x/sso")),
        );
        assert!(explain(&refused, "reading", TokenKind::Classic).hints[0].contains("https://x/sso"));
    }

    #[test]
    fn rule_violations_are_told_apart_from_lost_races() {
        for text in [
            "Repository rule violations found\n\nChanges must be made through a pull request.\n\n",
            "Protected branch update failed for refs/heads/main.",
            "Required status check \"ci\" is expected.",
            "Cannot update this protected ref.",
        ] {
            assert!(is_rule_violation(text), "{text}");
        }
        for text in [
            "Update is not a fast forward",
            "Expected branch to point to \"a\" but it did not",
            "Reference cannot be updated",
        ] {
            assert!(!is_rule_violation(text), "{text}");
        }
    }

    #[test]
    fn tokens_are_told_apart_by_how_they_begin() {
        let kind = |text: &str| TokenKind::of(Some(&Secret::new(text)));
        assert_eq!(kind("ghs_x"), TokenKind::Installation);
        assert_eq!(kind("github_pat_x"), TokenKind::FineGrained);
        assert_eq!(kind("ghp_x"), TokenKind::Classic);
        assert_eq!(kind("x"), TokenKind::Other);
        assert_eq!(TokenKind::of(None), TokenKind::None);
    }
}
