//! Times as clusters and old recordings write them. Holds no clock.

use k8s_openapi::jiff::civil::DateTime;
use k8s_openapi::jiff::tz::TimeZone;

use super::Time;

/// Returns the moment that `text` names: RFC 3339, an offset without a colon, or no zone at all, which is read as UTC.
pub fn parse(text: &str) -> Option<Time> {
    if let Ok(time) = text.parse::<Time>() {
        return Some(time);
    }
    let zoneless: DateTime = text.parse().ok()?;
    zoneless.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Returns how many seconds lie between two moments; negative when `later` is the earlier one.
pub(crate) fn seconds_between(earlier: Time, later: Time) -> i64 {
    later.as_second() - earlier.as_second()
}

/// Returns the moment `seconds` after `time`.
pub(crate) fn after(time: Time, seconds: i64) -> Time {
    Time::from_second(time.as_second().saturating_add(seconds)).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_without_a_colon_and_a_missing_zone_are_read() {
        let expected = parse("2020-01-09T08:00:00Z");
        assert!(expected.is_some());
        assert_eq!(parse("2020-01-09T08:00:00+0000"), expected);
        assert_eq!(parse("2020-01-09T08:00:00"), expected);
        assert_eq!(parse("2020-01-09T01:00:00.000-07:00"), expected);
        assert_eq!(parse("yesterday"), None);
    }
}
