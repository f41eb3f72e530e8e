//! The forms of input values: booleans, durations, lines. Text in, value or reason out.

use std::time::Duration;

/// Reads a boolean by the runner's own rule.
///
/// # Errors
/// Any other spelling than the six of `core.getBooleanInput`.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "true" | "True" | "TRUE" => Ok(true),
        "false" | "False" | "FALSE" => Ok(false),
        other => Err(format!("`{other}` is no boolean: write `true` or `false`")),
    }
}

/// Reads a duration such as `90s`, `10m`, `1h30m`, `90d`.
///
/// # Errors
/// Text without a unit, with an unknown unit, or too large.
pub fn duration(text: &str) -> Result<Duration, String> {
    let reason = || format!("`{text}` is no duration: write it as `90s`, `10m`, `1h30m` or `90d`");
    let mut seconds: u64 = 0;
    let mut number = String::new();
    let mut parts = 0;
    for character in text.chars() {
        if character.is_ascii_digit() {
            number.push(character);
            continue;
        }
        let unit: u64 = match character {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(reason()),
        };
        let count: u64 = number.parse().map_err(|_| reason())?;
        seconds = count.checked_mul(unit).and_then(|part| seconds.checked_add(part)).ok_or_else(reason)?;
        number.clear();
        parts += 1;
    }
    if parts == 0 || !number.is_empty() {
        return Err(reason());
    }
    Ok(Duration::from_secs(seconds))
}

/// Splits into lines, trims each, drops blank ones.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Returns the candidate nearest to `word`, when it is near enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 4))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance on bytes, one row at a time.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::{boolean, duration, lines, nearest};
    use std::time::Duration;

    #[test]
    fn booleans_are_the_runners_six_words() {
        for (text, want) in [("true", Some(true)), ("FALSE", Some(false)), ("yes", None), ("1", None), ("tRue", None)] {
            assert_eq!(boolean(text).ok(), want, "{text}");
        }
    }

    #[test]
    fn durations_add_up_their_parts() {
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(duration("90d"), Ok(Duration::from_secs(7_776_000)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn durations_without_a_unit_or_beyond_range_are_refused() {
        for text in ["", "10", "m", "1x", "-5m", "1.5h", "99999999999999999999d", "9999999999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn blank_lines_are_dropped_and_the_rest_trimmed() {
        assert_eq!(lines("a\r\n\n  b \n"), ["a", "b"]);
    }

    #[test]
    fn the_nearest_name_is_found_only_when_it_is_near() {
        assert_eq!(nearest("kubeconfg", ["kubeconfig", "context"]), Some("kubeconfig"));
        assert_eq!(nearest("zzz", ["kubeconfig", "context"]), None);
    }
}
