//! Whether what runs is newer than what is to be deployed: asked of the repository that both commits are in.

use std::time::Duration;

use super::note::Ancestry;
use crate::github::{Github, Relation, Repository};
use crate::inputs::Context;
use crate::inputs::task::Forge;
use crate::runner::Console;

/// An answer that takes longer is none; the deploy goes on without.
const WITHIN: Duration = Duration::from_secs(20);

/// Compares two commits of the set's repository; `Unknown` wherever that cannot be done.
pub(crate) async fn compare(
    repository: Option<&str>,
    running: &str,
    ours: &str,
    forge: &Forge,
    context: &Context,
    console: &Console,
) -> Ancestry {
    let Some(repository) = repository.and_then(|text| repository_of(text, &context.server_url)) else {
        return Ancestry::Unknown;
    };
    let Ok(github) = Github::connect(context, forge, WITHIN, console) else { return Ancestry::Unknown };
    match github.compare(&repository, ours, running).await {
        Ok(Relation::Ahead) => Ancestry::Descends,
        Ok(Relation::Identical | Relation::Behind | Relation::Diverged) => Ancestry::Other,
        Ok(Relation::Unknown(_)) | Err(_) => Ancestry::Unknown,
    }
}

/// Reads `owner/name`, or the address of a clone on the server that we are at.
fn repository_of(text: &str, server_url: &str) -> Option<Repository> {
    let server = server_url.split("://").nth(1)?;
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.rsplit_once('@').map_or(rest, |(_, rest)| rest).strip_prefix(server)?.to_owned(),
        None => match text.split_once(':') {
            Some((host, path)) => {
                let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
                if host != server { return None } else { path.to_owned() }
            }
            None => text.to_owned(),
        },
    };
    let path = path.trim_matches('/');
    Repository::parse(path.strip_suffix(".git").unwrap_or(path), "config-repo").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_read_from_every_form_of_its_address() {
        let server = "https://github.com";
        for text in [
            "o/r",
            "https://github.com/o/r",
            "https://github.com/o/r.git",
            "https://token@github.com/o/r.git",
            "git@github.com:o/r.git",
            "ssh://git@github.com/o/r.git",
        ] {
            assert_eq!(repository_of(text, server).map(|found| found.to_string()).as_deref(), Some("o/r"), "{text}");
        }
        assert_eq!(repository_of("https://gitlab.com/o/r", server), None);
        assert_eq!(repository_of("git@gitlab.com:o/r", server), None);
    }
}
