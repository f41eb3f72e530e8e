//! Base64 as GitHub writes and reads it: wrapped at 60 columns in answers, any line breaks in requests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// One line.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Lines of 60, each ended by a line break, as the contents and blob endpoints answer.
pub fn encode_wrapped(bytes: &[u8]) -> String {
    let text = encode(bytes);
    let mut wrapped = String::with_capacity(text.len() + text.len() / 60 + 1);
    for line in text.as_bytes().chunks(60) {
        wrapped.extend(line.iter().map(|byte| *byte as char));
        wrapped.push('\n');
    }
    wrapped
}

/// Decodes, ignoring white space.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let dense: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(dense).ok()
}
