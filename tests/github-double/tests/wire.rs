//! The double from the outside: over HTTP, and held against the git binary and GitHub's published schemas.

#[path = "wire/client.rs"]
mod client;
#[path = "wire/commits.rs"]
mod commits;
#[path = "wire/faults.rs"]
mod faults;
#[path = "wire/files.rs"]
mod files;
#[path = "wire/git.rs"]
mod git;
#[path = "wire/graphql.rs"]
mod graphql;
#[path = "wire/random.rs"]
mod random;
#[path = "wire/schema.rs"]
mod schema;
#[path = "wire/tokens.rs"]
mod tokens;
