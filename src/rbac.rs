//! Objects and deploy's options → the fewest rights with which they can be deployed, each with the reason. Pure.
//! Says what `deploy` really asks of the API server (see `tasks/deploy`), and grants nothing itself.

pub(crate) mod compare;
mod deploying;
mod granting;
pub(crate) mod objects;
pub(crate) mod print;
mod reaching;
pub(crate) mod rules;

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::permission::Need;
use crate::apply::target::Target;
use crate::apply::verify::Check;
use crate::inputs::task::ApplyOptions;

/// API group of Roles and their bindings.
pub(crate) const GROUP: &str = "rbac.authorization.k8s.io";

/// What a right is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Use {
    Read,
    Create,
    Apply,
    Recreate,
    RollBack,
    Unstick,
    Follow,
    Explain,
    Log,
    Definition,
    Autoscaler,
    Lock,
    Verify,
    Hold,
    Bind,
    Parameters,
    OwnHost,
}

impl Use {
    /// Says it for the objects or things named.
    pub(crate) fn of(self, who: &str) -> String {
        match self {
            Self::Read => format!("reads what is there of {who}"),
            Self::Create => format!("makes {who} when not there yet (no names: they do not limit this verb)"),
            Self::Apply => format!("applies {who} server-side, after a dry run"),
            Self::Recreate => format!("makes {who} anew when an immutable field changes"),
            Self::Unstick => format!("deletes a pod of a failed revision that holds {who} up after a rollback"),
            Self::RollBack => format!("takes {who} away again when the rollout fails that created it"),
            Self::Follow => format!("follows {who} until ready"),
            Self::Explain => format!("shows what holds up {who}"),
            Self::Log => format!("shows the log of a container that holds up {who}"),
            Self::Definition => format!("learns whether {who} reports a status"),
            Self::Autoscaler => format!("keeps the count of {who} that an autoscaler has set"),
            Self::Lock => format!("lets one deploy of the set run at a time ({who})"),
            Self::Verify => format!("asks {who} through the API server's proxy"),
            Self::Hold => format!("{who} grants this, and only who holds a right may write a role that grants it"),
            Self::Parameters => {
                format!("{who} takes its parameters from these, and its author must be able to read them")
            }
            Self::OwnHost => format!("{who} names its own host or certificate"),
            Self::Bind => format!("{who} binds this role, which takes the right to bind it"),
        }
    }
}

/// Why one right is needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reason {
    /// For what.
    pub purpose: Use,
    /// Which object, or which input.
    pub who: String,
}

/// Everything that is needed, and what cannot be granted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wants {
    /// Rights with their reasons.
    pub needs: BTreeMap<Need, BTreeSet<Reason>>,
    /// What of the set nobody with these rights can deploy, and why; a sentence each.
    pub refused: Vec<String>,
    /// What the admin should know; a sentence each.
    pub remarks: Vec<String>,
}

/// How `deploy` will be used.
pub(crate) struct Usage<'a> {
    /// Its options.
    pub options: &'a ApplyOptions,
    /// The lines of `verify`, read.
    pub checks: &'a [Check],
    /// Where objects go that name no namespace.
    pub namespace: &'a str,
}

/// Returns what deploying the set takes.
pub(crate) fn wants(targets: &[Target], usage: &Usage<'_>) -> Wants {
    let mut wants = Wants::default();
    deploying::add(&mut wants, targets, usage);
    granting::add(&mut wants, targets);
    reaching::add(&mut wants, targets);
    wants
}

impl Wants {
    fn add(&mut self, need: Need, purpose: Use, who: impl Into<String>) {
        self.needs.entry(need).or_default().insert(Reason { purpose, who: who.into() });
    }

    /// Returns the namespaces in which something is needed.
    pub(crate) fn namespaces(&self) -> BTreeSet<&str> {
        self.needs.keys().filter_map(|need| need.namespace.as_deref()).collect()
    }
}

#[cfg(test)]
mod tests;
