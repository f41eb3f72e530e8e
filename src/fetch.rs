//! Fetches what a kustomization refers to and the disk does not hold: YAML by https, folders of GitHub repositories by the
//! archive API. An edge; the engine only says what it lacks. The token goes to the host of `GITHUB_API_URL` and nowhere else.

mod address;
mod archive;
mod files;
mod http;

use std::cell::OnceCell;
use std::time::Duration;

pub use files::WithFetched;

use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::Context;
use crate::kustomize::remote::Remote;
use crate::outcome::Notice;
use crate::proxy::Proxies;
use crate::secret::Secret;
use address::Allowed;
use http::{Client, Request};

/// A YAML file of manifests larger than this is no file of manifests.
const FILE_LIMIT: usize = 32 * 1024 * 1024;
/// Bound on a packed repository.
const ARCHIVE_LIMIT: usize = 128 * 1024 * 1024;

/// Fetches remote references for one run.
pub struct Fetcher {
    allowed: Allowed,
    /// Made at the first fetch: reading the system's CA certificates costs more than building a small kustomization.
    client: OnceCell<Client>,
    api_url: String,
    server_host: String,
    token: Option<Secret>,
    proxies: Proxies,
    /// The run is for another repository's code, whose references must not be followed with what this run may reach.
    untrusted: bool,
}

/// What came back for one reference.
#[derive(Debug)]
pub enum Fetched {
    /// The file's bytes.
    File(Vec<u8>),
    /// Every file of the repository by its path from the root, links inside it resolved.
    Repository(Vec<(String, Vec<u8>)>),
}

/// A repository at a commit.
#[derive(Debug)]
pub struct Snapshot {
    /// SHA of the commit.
    pub commit: String,
    /// Every file by its path from the root, links inside it resolved.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Fetcher {
    /// Returns a fetcher; `allow_hosts` are private hosts that may be reached besides those of the `GITHUB_*` URLs.
    pub fn new(context: &Context, token: Option<&Secret>, allow_hosts: &[String]) -> Self {
        let trusted = [context.api_url.as_str(), context.server_url.as_str(), context.graphql_url.as_str()];
        Self {
            allowed: Allowed::new(&trusted, allow_hosts),
            client: OnceCell::new(),
            api_url: context.api_url.clone(),
            server_host: address::host_and_port(&context.server_url).unwrap_or_default(),
            token: token.cloned(),
            proxies: context.proxies.clone(),
            untrusted: context.is_untrusted(),
        }
    }

    fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::new(self.allowed.clone(), self.proxies.clone())?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Fetches one reference, with remarks on what can change under it.
    ///
    /// # Errors
    /// The reference cannot be reached, is refused, is too large, or holds what must not be unpacked; in an untrusted run
    /// every one.
    pub async fn fetch(&self, remote: &Remote) -> Result<(Fetched, Vec<Notice>)> {
        if self.untrusted {
            return Err(refused(remote));
        }
        match remote {
            Remote::File { url } => self.file(url).await,
            Remote::Repository { host, owner, name, reference, path, timeout, .. } => {
                let repository = format!("{owner}/{name}");
                let work = self.repository(host, &repository, reference.as_deref(), path);
                tokio::time::timeout(*timeout, work).await.unwrap_or_else(|_| Err(late(owner, name, *timeout)))
            }
        }
    }

    /// Reads the whole config repo at a branch, tag or commit; the default branch when none is named.
    ///
    /// # Errors
    /// As for [`Fetcher::fetch`].
    pub async fn config_repo(&self, repository: &str, reference: Option<&str>) -> Result<Snapshot> {
        let (commit, files) = self.at(&self.api_url, repository, reference, self.token.as_ref()).await?;
        Ok(Snapshot { commit, files })
    }

    async fn file(&self, url: &str) -> Result<(Fetched, Vec<Notice>)> {
        let body = self.client()?.get(Request { url, accept: None, token: None, limit: FILE_LIMIT }).await?;
        let notice = Notice::new(format!("{url} can change at any time: nothing pins what was read"));
        Ok((Fetched::File(body), vec![notice]))
    }

    async fn repository(
        &self,
        host: &str,
        repository: &str,
        reference: Option<&str>,
        path: &str,
    ) -> Result<(Fetched, Vec<Notice>)> {
        let api = self.api_of(host);
        let token = self.token.as_ref().filter(|_| api == self.api_url);
        let commit = self.resolve(&api, repository, reference.unwrap_or("HEAD"), token).await?;
        let url = format!("{api}/repos/{repository}/tarball/{commit}");
        let packed = self.client()?.get(Request { url: &url, accept: None, token, limit: ARCHIVE_LIMIT }).await?;
        let files =
            archive::unpack(&packed).map_err(|error| error.during(format!("unpacking {repository}@{commit}")))?;
        archive::refuse_submodule(&files, path, repository)?;
        let notices = movable(repository, reference, &commit).into_iter().collect();
        Ok((Fetched::Repository(files), notices))
    }

    /// The commit that a reference stands for, and every file of it.
    async fn at(
        &self,
        api: &str,
        repository: &str,
        reference: Option<&str>,
        token: Option<&Secret>,
    ) -> Result<(String, Vec<(String, Vec<u8>)>)> {
        let commit = self.resolve(api, repository, reference.unwrap_or("HEAD"), token).await?;
        let url = format!("{api}/repos/{repository}/tarball/{commit}");
        let packed = self.client()?.get(Request { url: &url, accept: None, token, limit: ARCHIVE_LIMIT }).await?;
        let files =
            archive::unpack(&packed).map_err(|error| error.during(format!("unpacking {repository}@{commit}")))?;
        Ok((commit, files))
    }

    /// The commit that a branch, tag or SHA stands for.
    async fn resolve(&self, api: &str, repository: &str, reference: &str, token: Option<&Secret>) -> Result<String> {
        let url = format!("{api}/repos/{repository}/commits/{}", address::encode(reference));
        let accept = Some("application/vnd.github.sha");
        let body = self.client()?.get(Request { url: &url, accept, token, limit: 4_096 }).await.map_err(|error| {
            error.hinted(format!(
                "check that `{repository}` has `{reference}`; a private repository needs a `token` that can read it"
            ))
        })?;
        let commit = String::from_utf8_lossy(&body).trim().to_owned();
        if is_commit(&commit) {
            return Ok(commit);
        }
        let message = format!("{repository}: the answer for `{reference}` names no commit");
        Err(Failure::new(FailureKind::Network, message))
    }

    /// The API beside a web host: our own server's is configured, github.com's is known, others are Enterprise servers.
    fn api_of(&self, host: &str) -> String {
        if host.eq_ignore_ascii_case(&self.server_host) {
            self.api_url.clone()
        } else if host == "github.com" || host == "www.github.com" {
            "https://api.github.com".to_owned()
        } else {
            format!("https://{host}/api/v3")
        }
    }
}

fn refused(remote: &Remote) -> Failure {
    let what = match remote {
        Remote::File { url } => url.clone(),
        Remote::Repository { host, owner, name, .. } => format!("{host}/{owner}/{name}"),
    };
    let message = format!("{what}: remote resources are not fetched in a run for another repository's code");
    Failure::new(FailureKind::Forbidden, message).hinted(
        "put the resource into the repository, or run on `pull_request`, which has no rights of this repository",
    )
}

fn late(owner: &str, name: &str, timeout: Duration) -> Failure {
    let message = format!("fetching {owner}/{name} took longer than {} s", timeout.as_secs());
    Failure::new(FailureKind::Network, message).hinted("give the reference more time: `?timeout=120s`")
}

/// A warning for whatever is not a full commit SHA.
fn movable(repository: &str, reference: Option<&str>, commit: &str) -> Option<Notice> {
    if reference.is_some_and(is_commit) {
        return None;
    }
    let named = reference.map_or("its default branch".to_owned(), |reference| format!("`{reference}`"));
    Some(Notice::new(format!(
        "{repository} at {named} is commit {commit} today and can move: pin it with `?ref={commit}`"
    )))
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
