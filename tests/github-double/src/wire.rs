//! HTTP: sockets, requests, answers, faults, the log. Knows nothing of what a path means.

pub mod answer;
pub mod chaos;
pub mod fault;
pub mod log;
pub mod request;
pub mod server;
