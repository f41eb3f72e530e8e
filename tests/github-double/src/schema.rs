//! Runs the schema check on a log: GitHub's OpenAPI description and GraphQL schema against every request and answer.

use std::path::Path;
use std::process::Command;

/// Checks a log that [`crate::Double::dump_log`] wrote. `Ok` carries the summary; `Err` every difference, or what
/// to install.
pub fn check(log: &Path) -> Result<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let install = format!("npm ci --prefix {}", folder.display());
    if !folder.join("node_modules").is_dir() {
        return Err(format!("the schema check needs its packages: {install}"));
    }
    let output = Command::new("node")
        .arg(folder.join("check.mjs"))
        .arg(log)
        .output()
        .map_err(|error| format!("the schema check needs Node.js 20 or later ({error}), then: {install}"))?;
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(text) } else { Err(text) }
}
