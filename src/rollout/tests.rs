//! Timelines through the pure judge, as the watch loop would see them: what heals must never fail, what is doomed must
//! fail at the right moment. Seconds count from our own apply.

mod controllers;
mod crashes;
mod custom;
mod images;
mod jobs;
mod odd;
mod scheduling;
pub(crate) mod world;
