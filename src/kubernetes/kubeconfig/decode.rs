//! A kubeconfig as people paste it: base64 once or twice, any line breaks, a `data:` prefix, UTF-16 — down to its text.
//! Pure. Errors say where the text stops making sense and never show any of it.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Layers of base64 that are taken off; more than two is nobody's intention, a third tells a mistake from a loop.
const MOST_LAYERS: usize = 3;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// Returns the YAML text inside `raw`.
///
/// # Errors
/// A sentence that says what is wrong with the encoding, without showing the text.
pub(crate) fn kubeconfig_text(raw: &[u8]) -> Result<String, String> {
    let mut text = text_of(raw)?;
    for _ in 0..MOST_LAYERS {
        if looks_like_kubeconfig(&text) {
            return Ok(text);
        }
        text = text_of(&base64_bytes(&text)?)?;
    }
    if looks_like_kubeconfig(&text) { Ok(text) } else { Err("it is base64 in more than two layers".to_owned()) }
}

/// Decodes base64 in the standard or the URL alphabet, with or without padding, whatever white space stands in it.
///
/// # Errors
/// Says at which character it stops being base64, or that it was cut off.
pub(crate) fn base64_bytes(text: &str) -> Result<Vec<u8>, String> {
    let text = without_data_prefix(text.trim().trim_matches(['"', '\'']));
    let mut cleaned = String::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
        match character {
            '-' => cleaned.push('+'),
            '_' => cleaned.push('/'),
            'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' | '=' => cleaned.push(character),
            _ if character.is_whitespace() || character == '\u{feff}' => {}
            _ => return Err(format!("character {} is not base64", index + 1)),
        }
    }
    if cleaned.is_empty() {
        return Err("it is empty".to_owned());
    }
    STANDARD.decode(&cleaned).map_err(|_| format!("its {} base64 characters are cut off or damaged", cleaned.len()))
}

/// Cuts `data:…;base64,` off.
fn without_data_prefix(text: &str) -> &str {
    match text.get(..5) {
        Some(scheme) if scheme.eq_ignore_ascii_case("data:") => text.split_once(',').map_or(text, |(_, data)| data),
        _ => text,
    }
}

/// Tells whether the text is the document itself: a mapping, block or flow, with a kubeconfig's keys.
fn looks_like_kubeconfig(text: &str) -> bool {
    ["clusters", "apiVersion", "contexts", "users", "kind"].iter().any(|key| {
        text.match_indices(key).any(|(at, _)| {
            let rest = text[at + key.len()..].trim_start_matches(['"', '\'']).trim_start_matches(' ');
            rest.starts_with(':')
        })
    })
}

/// Reads bytes as UTF-8, or as UTF-16 as PowerShell writes it, and drops a byte order mark.
fn text_of(bytes: &[u8]) -> Result<String, String> {
    let wide = |bytes: &[u8], order: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|_| "it is damaged UTF-16".to_owned())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [first, 0, ..] if *first != 0 => wide(bytes, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => text_of(rest),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(format!("what it decodes to is no text (byte {})", error.valid_up_to() + 1)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "apiVersion: v1\nkind: Config\nclusters: []\n";

    fn encode(text: &[u8]) -> String {
        base64::prelude::BASE64_STANDARD.encode(text)
    }

    fn wrapped(text: &str, width: usize, end: &str) -> String {
        text.as_bytes().chunks(width).map(|line| format!("{}{end}", String::from_utf8_lossy(line))).collect()
    }

    #[test]
    fn yaml_is_taken_as_it_is() {
        assert_eq!(kubeconfig_text(TEXT.as_bytes()).unwrap(), TEXT);
    }

    #[test]
    fn json_is_taken_as_it_is() {
        let text = "{\"apiVersion\" : \"v1\", \"clusters\": []}";
        assert_eq!(kubeconfig_text(text.as_bytes()).unwrap(), text);
    }

    #[test]
    fn one_and_two_layers_come_off_with_any_line_breaks() {
        let once = wrapped(&encode(TEXT.as_bytes()), 16, "\r\n");
        let twice = wrapped(&encode(once.as_bytes()), 7, "\n  ");
        assert_eq!(kubeconfig_text(once.as_bytes()).unwrap(), TEXT);
        assert_eq!(kubeconfig_text(twice.as_bytes()).unwrap(), TEXT);
    }

    #[test]
    fn data_prefix_quotes_missing_padding_and_url_alphabet_do_not_matter() {
        let encoded = encode(TEXT.as_bytes()).replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned();
        assert_eq!(kubeconfig_text(format!("data:application/yaml;base64,{encoded}").as_bytes()).unwrap(), TEXT);
        assert_eq!(kubeconfig_text(format!("'{encoded}'").as_bytes()).unwrap(), TEXT);
    }

    #[test]
    fn utf16_from_powershell_is_read() {
        let wide: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(kubeconfig_text(encode(&wide).as_bytes()).unwrap(), TEXT);
        let marked: Vec<u8> = [0xff, 0xfe].into_iter().chain(wide).collect();
        assert_eq!(kubeconfig_text(&marked).unwrap(), TEXT);
    }

    #[test]
    fn errors_say_the_place_and_nothing_of_the_text() {
        let error = kubeconfig_text(b"c2VjcmV0%%%").unwrap_err();
        assert_eq!(error, "character 9 is not base64");
        let cut = kubeconfig_text(b"YXBpVmVyc2lvb").unwrap_err();
        assert!(cut.contains("cut off"), "{cut}");
    }
}
