//! The typed tasks, one a mode, and how they are filled from values. Holds no behaviour of a mode.

mod access;
mod apply;
mod commit;
mod edits;
mod identity;
mod offline;
mod source;

pub use access::{ClusterAccess, KubeconfigSource};
pub use apply::{ApplyOptions, Deploy, Diff, Recreate};
pub use commit::{Bump, Commit, Rollback, Strategy};
pub use edits::{Build, ImageEdits};
pub use identity::CiUser;
pub use offline::{Judge, Render};
pub use source::{Forge, GithubApi, Source};

use super::values::Values;
use super::{Environment, Mode};
use crate::secret::Secret;

/// What the process is to do.
#[derive(Debug)]
pub enum Task {
    /// Builds and prints a kustomization.
    Render(Render),
    /// Sets images in the config repo.
    Bump(Bump),
    /// Applies and judges.
    Deploy(Deploy),
    /// Shows what a deploy would change.
    Diff(Diff),
    /// Goes back to earlier images.
    Rollback(Rollback),
    /// Judges objects from a file.
    Judge(Judge),
    /// Makes a least-privileged identity.
    CiUser(CiUser),
}

impl Task {
    /// Returns the task's mode.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Render(_) => Mode::Render,
            Self::Bump(_) => Mode::Bump,
            Self::Deploy(_) => Mode::Deploy,
            Self::Diff(_) => Mode::Diff,
            Self::Rollback(_) => Mode::Rollback,
            Self::Judge(_) => Mode::Judge,
            Self::CiUser(_) => Mode::CiUser,
        }
    }
}

/// Fills the task of `mode`; what is wrong is left in `values`.
pub(super) fn build(mode: Mode, values: &mut Values<'_>, environment: &Environment) -> Task {
    match mode {
        Mode::Render => Task::Render(offline::render(values)),
        Mode::Bump => Task::Bump(commit::bump(values, environment)),
        Mode::Deploy => Task::Deploy(apply::deploy(values, environment)),
        Mode::Diff => Task::Diff(apply::diff(values, environment)),
        Mode::Rollback => Task::Rollback(commit::rollback(values, environment)),
        Mode::Judge => Task::Judge(offline::judge(values)),
        Mode::CiUser => Task::CiUser(identity::ci_user(values, environment)),
    }
}

impl Task {
    /// Returns the secrets among the inputs as they were given, for masking.
    pub fn secrets(&self) -> Vec<&Secret> {
        let (forge, access) = match self {
            Self::Render(task) => (Some(&task.source.forge), None),
            Self::Bump(task) => (Some(&task.commit.forge), None),
            Self::Deploy(task) => (Some(&task.source.forge), Some(&task.access)),
            Self::Diff(task) => (Some(&task.source.forge), Some(&task.access)),
            Self::Rollback(task) => (Some(&task.commit.forge), Some(&task.access)),
            Self::CiUser(task) => (Some(&task.source.forge), Some(&task.access)),
            Self::Judge(_) => (None, None),
        };
        let kubeconfig = access.and_then(|access| match &access.kubeconfig {
            // The lines of a YAML text (`kind: Config`) must not be masked; its secrets are once it was read.
            Some(KubeconfigSource::Text(text)) if text.expose().len() > 100 && !text.expose().contains(": ") => {
                Some(text)
            }
            _ => None,
        });
        let token = access.and_then(|access| access.token.as_ref());
        forge.and_then(|forge| forge.token.as_ref()).into_iter().chain(kubeconfig).chain(token).collect()
    }
}
