//! A GitHub API server for tests and the demo.
