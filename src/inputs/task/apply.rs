//! The modes that look at a cluster through a set of manifests, and how an apply behaves.

use std::time::Duration;

use super::super::Environment;
use super::super::values::Values;
use super::access::{ClusterAccess, access};
use super::edits::{Build, ImageEdits, edits, flags};
use super::source::{Source, source};

/// Which objects may be deleted and created anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recreate {
    /// None.
    Never,
    /// Those with the annotation.
    Annotated,
    /// Those, and Jobs.
    Jobs,
}

/// How an apply behaves; shared by `deploy`, `rollback` and (for its rules) `ci-user`.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// From the end of the checks to the verdict.
    pub timeout: Duration,
    /// One deploy of a set at a time.
    pub lock: bool,
    /// How long to wait for the lock.
    pub lock_timeout: Duration,
    /// Takes over fields of people and other CI tools; fails otherwise.
    pub take_over: bool,
    /// Objects that may be made anew.
    pub recreate: Recreate,
    /// Applies the previous configuration again on failure.
    pub rollback_on_failure: bool,
    /// Watches on for restarts.
    pub soak: Duration,
    /// Lines of requests that must succeed.
    pub verify: Vec<String>,
    /// Everything but the writes.
    pub dry_run: bool,
}

/// `deploy`
#[derive(Debug)]
pub struct Deploy {
    /// What to deploy.
    pub source: Source,
    /// kustomize's flags.
    pub build: Build,
    /// Images set on the fly.
    pub edits: ImageEdits,
    /// The cluster.
    pub access: ClusterAccess,
    /// How to apply.
    pub options: ApplyOptions,
    /// Permits going back behind a newer commit.
    pub allow_older: bool,
}

/// `diff`
#[derive(Debug)]
pub struct Diff {
    /// What to compare.
    pub source: Source,
    /// kustomize's flags.
    pub build: Build,
    /// Images set on the fly.
    pub edits: ImageEdits,
    /// The cluster.
    pub access: ClusterAccess,
    /// Takes over fields in the dry run, as deploy would.
    pub take_over: bool,
    /// Exit 8 on differences.
    pub exit_code: bool,
}

pub(super) fn deploy(values: &mut Values<'_>, environment: &Environment) -> Deploy {
    Deploy {
        source: source(values),
        build: flags(values),
        edits: edits(values),
        access: access(values, environment, true),
        options: options(values),
        allow_older: values.boolean("allow-older"),
    }
}

pub(super) fn diff(values: &mut Values<'_>, environment: &Environment) -> Diff {
    Diff {
        source: source(values),
        build: flags(values),
        edits: edits(values),
        access: access(values, environment, true),
        take_over: values.choice("conflicts") != "fail",
        exit_code: values.boolean("exit-code"),
    }
}

pub(super) fn options(values: &mut Values<'_>) -> ApplyOptions {
    let recreate = match values.choice("recreate").as_str() {
        "never" => Recreate::Never,
        "jobs" => Recreate::Jobs,
        _ => Recreate::Annotated,
    };
    ApplyOptions {
        timeout: values.duration("timeout", Duration::from_secs(600)),
        lock: values.boolean("lock"),
        lock_timeout: values.duration("lock-timeout", Duration::from_secs(600)),
        take_over: values.choice("conflicts") != "fail",
        recreate,
        rollback_on_failure: values.boolean("rollback-on-failure"),
        soak: values.duration("soak", Duration::ZERO),
        verify: values.lines("verify"),
        dry_run: values.boolean("dry-run"),
    }
}
