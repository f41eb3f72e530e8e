//! `deploy`: read, check, apply, watch, judge, record.

pub(crate) mod plan;
pub(crate) mod stop;
pub(crate) mod write;
