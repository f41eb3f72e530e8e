//! A doorway: environment in, exit code out.

fn main() {}
