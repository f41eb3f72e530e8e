//! Who asks, and whether they may: 401, 403 and 404 as GitHub gives them for each kind of token.

use crate::access::{Level, Permission, Token, TokenKind};
use crate::clock;
use crate::git::Person;
use crate::repository::Repository;
use crate::router::Planned;
use crate::wire::answer::Answer;
use crate::wire::request::Request;
use crate::world::{Urls, World};

/// An answer or a refusal.
pub type Handled = Result<Answer, Answer>;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Nobody in particular: no `Authorization` header.
    Anonymous,
    /// The holder of a token.
    Known(Box<Token>),
}

impl Caller {
    /// Reads the token; 401 for one that the double does not know.
    pub fn of(world: &World, request: &Request) -> Result<Self, Answer> {
        if request.header("authorization").is_none() {
            return Ok(Self::Anonymous);
        }
        let token = request.token().and_then(|value| world.tokens.get(&value));
        token.map(|token| Self::Known(Box::new(token.clone()))).ok_or_else(|| Answer::error(401, "Bad credentials"))
    }

    /// The token, when there is one.
    pub fn token(&self) -> Option<&Token> {
        match self {
            Self::Anonymous => None,
            Self::Known(token) => Some(token),
        }
    }

    /// The login that acts.
    pub fn login(&self) -> &str {
        self.token().map_or("", |token| &token.login)
    }

    /// Whether an app acts, whose API commits GitHub signs.
    pub fn is_app(&self) -> bool {
        self.token().is_some_and(Token::is_app)
    }

    /// The author of commits made by the caller.
    pub fn person(&self) -> Person {
        let login = self.login();
        let email = format!("{}+{login}@users.noreply.github.com", user_id(login));
        Person { name: login.to_owned(), email, seconds: clock::now() }
    }

    /// Headers about what the token may do and what the endpoint accepts.
    pub fn headers(&self, accepted: Option<&str>) -> Vec<(String, String)> {
        match self.token() {
            None => Vec::new(),
            Some(token) if token.kind == TokenKind::Classic => vec![
                ("x-oauth-scopes".into(), token.scopes.join(", ")),
                ("x-accepted-oauth-scopes".into(), "repo".into()),
            ],
            Some(_) => {
                accepted.map(|text| ("x-accepted-github-permissions".to_owned(), text.to_owned())).into_iter().collect()
            }
        }
    }
}

/// A number for a login, always the same.
pub fn user_id(login: &str) -> u64 {
    match login {
        "github-actions[bot]" => 41_898_282,
        "octocat" => 583_231,
        other => 10_000_000 + other.bytes().fold(7, |sum: u64, byte| (sum * 31 + u64::from(byte)) % 80_000_000),
    }
}

/// The committer of commits that GitHub itself makes and signs.
pub fn web_flow() -> Person {
    Person { name: "GitHub".into(), email: "noreply@github.com".into(), seconds: clock::now() }
}

/// One request on its way through a handler.
pub struct Context<'a> {
    /// Everything.
    pub world: &'a mut World,
    /// The request.
    pub request: &'a Request,
    /// Who asks.
    pub caller: Caller,
    /// What the first half of a contents write has read.
    pub planned: Option<Planned>,
    /// For `X-Accepted-GitHub-Permissions`.
    pub accepted: Option<String>,
}

impl Context<'_> {
    /// The double's addresses.
    pub fn urls(&self) -> Urls {
        self.world.urls.clone()
    }

    /// The repository for reading something that the permission covers.
    pub fn read(&mut self, owner: &str, name: &str, permission: Permission) -> Result<&mut Repository, Answer> {
        self.repository(owner, name, &[permission], Level::Read)
    }

    /// The repository for writing something that the permission covers.
    pub fn write(&mut self, owner: &str, name: &str, permission: Permission) -> Result<&mut Repository, Answer> {
        self.repository(owner, name, &[permission], Level::Write)
    }

    /// The repository, when the caller has one of the permissions.
    pub fn repository(
        &mut self,
        owner: &str,
        name: &str,
        permissions: &[Permission],
        level: Level,
    ) -> Result<&mut Repository, Answer> {
        let word = if level == Level::Read { "read" } else { "write" };
        let accepted: Vec<String> = permissions.iter().map(|p| format!("{}={word}", p.name())).collect();
        self.accepted = Some(accepted.join("; "));
        let full_name = format!("{owner}/{name}");
        let private = self.world.repository(&full_name).ok_or_else(Answer::not_found)?.private;
        authorize(&self.caller, &full_name, private, permissions, level)?;
        let repository = self.world.repository(&full_name).ok_or_else(Answer::not_found)?;
        if repository.archived && level == Level::Write {
            return Err(Answer::error(403, "Repository was archived so is read-only."));
        }
        Ok(repository)
    }
}

/// Whether the caller may; refusals are worded for the kind of token.
pub fn authorize(
    caller: &Caller,
    full_name: &str,
    private: bool,
    permissions: &[Permission],
    level: Level,
) -> Result<(), Answer> {
    let Some(token) = caller.token() else {
        return match (private, level) {
            (true, _) => Err(Answer::not_found()),
            (false, Level::Read) if permissions.iter().all(|permission| is_public(*permission)) => Ok(()),
            (false, _) => Err(Answer::error(401, "Requires authentication")),
        };
    };
    let knows = token.knows(full_name);
    if private && !(knows && (token.kind != TokenKind::Classic || has_scope(token, "repo"))) {
        return Err(Answer::not_found());
    }
    if level == Level::Read && !private && permissions.iter().all(|permission| is_public(*permission)) {
        return Ok(());
    }
    let scoped =
        token.kind != TokenKind::Classic || has_scope(token, "repo") || (!private && has_scope(token, "public_repo"));
    if scoped && permissions.iter().any(|permission| token.may(full_name, *permission, level)) {
        return Ok(());
    }
    match token.refusal() {
        Some(words) => Err(Answer::error(403, words)),
        None if scoped && knows && permissions == [Permission::Administration] => {
            Err(Answer::error(403, "Must have admin rights to Repository."))
        }
        None => Err(Answer::not_found()),
    }
}

fn has_scope(token: &Token, scope: &str) -> bool {
    token.scopes.iter().any(|have| have == scope)
}

/// What everybody may read of a public repository.
fn is_public(permission: Permission) -> bool {
    matches!(permission, Permission::Metadata | Permission::Contents | Permission::PullRequests | Permission::Issues)
}
