//! Says of one object whether its rollout is done, failed or still going, and why: snapshot, sightings, now → verdict.
//! Pure: never fetches, never reads the clock, never prints. One file a kind; in each the first answer wins.

pub mod diagnosis;
pub mod proof;
pub mod roster;
pub mod soak;

mod answer;
mod apiservice;
mod case;
mod container;
mod crd;
mod creation;
mod cronjob;
mod custom;
mod daemonset;
mod deployment;
mod disruption;
mod evidence;
mod fields;
pub(crate) mod hints;
mod hpa;
mod ingress;
mod job;
mod ladder;
mod leaving;
mod namespace;
mod node;
mod pod;
mod podevidence;
mod pull;
mod pvc;
mod replicaset;
mod revision;
mod rule;
mod service;
mod share;
mod sightings;
mod snapshot;
mod statefulset;
mod time;
mod verdict;

#[cfg(test)]
mod tests;

pub use ladder::judge;
pub use sightings::Sightings;
pub use snapshot::{ObjectKey, Snapshot};
pub use time::parse as parse_time;
pub use verdict::{Applied, Settled, Status, Verdict};

/// A moment, in UTC.
pub type Time = k8s_openapi::jiff::Timestamp;
