//! What a deploy decides before and after it speaks to the cluster: stages, ownership of fields, conflicts, differences. Pure.

pub(crate) mod autoscaler;
pub(crate) mod conflict;
pub(crate) mod difference;
pub(crate) mod lint;
pub(crate) mod object;
pub(crate) mod ownership;
pub(crate) mod path;
pub(crate) mod permission;
pub(crate) mod previous;
pub(crate) mod record;
pub(crate) mod redeploy;
pub(crate) mod secrets;
pub(crate) mod stage;
pub(crate) mod takeover;
pub(crate) mod target;
pub(crate) mod verify;
