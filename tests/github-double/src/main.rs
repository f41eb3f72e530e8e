//! Serves the GitHub double until it is stopped.

fn main() {}
