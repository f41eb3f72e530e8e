//! The next step for each reason.

/// Returns the next step for a reason.
pub(crate) fn next_step(_reason: &str, _message: &str) -> Option<String> {
    None
}
