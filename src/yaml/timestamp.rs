//! Dates and times as go-yaml accepts them unquoted, and their RFC 3339 form, in which they are printed.
//! Holds no calendar arithmetic beyond the length of a month; nothing here knows the time.

use std::fmt;

/// A moment as it was written; the offset is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timestamp {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    nanosecond: u32,
    /// Minutes east of UTC.
    offset: i16,
}

impl Timestamp {
    /// Reads `2006-1-2`, `2006-1-2 15:4:5.9` or `2006-1-2T15:4:5.9Z07:00` (`t` too), with one or two digits a part.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
            return None;
        }
        let mut cursor = Cursor { rest: &bytes[5..] };
        let year = text[..4].parse().ok()?;
        let month = cursor.number(1, 12)?;
        cursor.literal(b'-')?;
        let day = cursor.number(1, days(month, year))?;
        let date = Self { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0, offset: 0 };
        match cursor.rest.first() {
            None => Some(date),
            Some(b' ') => {
                cursor.spaces();
                let time = cursor.time(date)?;
                cursor.rest.is_empty().then_some(time)
            }
            Some(b'T' | b't') => {
                cursor.rest = &cursor.rest[1..];
                let time = cursor.time(date)?;
                let offset = cursor.zone()?;
                cursor.rest.is_empty().then_some(Self { offset, ..time })
            }
            Some(_) => None,
        }
    }

    /// Tells whether Go can write it as JSON: an offset of 24 hours is read but not written.
    pub(crate) fn is_printable(&self) -> bool {
        self.offset.abs() < 24 * 60
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)?;
        write!(formatter, "T{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if self.nanosecond != 0 {
            let digits = format!("{:09}", self.nanosecond);
            write!(formatter, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return formatter.write_str("Z");
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs();
        write!(formatter, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// What is left to read of a timestamp.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    /// Takes one or two digits between `low` and `high`.
    fn number(&mut self, low: u8, high: u8) -> Option<u8> {
        let length = self.rest.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
        let value = self.rest[..length].iter().fold(0, |sum, digit| sum * 10 + (digit - b'0'));
        self.rest = &self.rest[length..];
        (length > 0 && (low..=high).contains(&value)).then_some(value)
    }

    /// Takes two digits between 0 and `high`.
    fn two(&mut self, high: u8) -> Option<u8> {
        let two = self.rest.get(..2)?;
        if two.iter().all(u8::is_ascii_digit) { self.number(0, high) } else { None }
    }

    fn literal(&mut self, expected: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        (*first == expected).then_some(())
    }

    fn spaces(&mut self) {
        let spaces = self.rest.iter().take_while(|byte| **byte == b' ').count();
        self.rest = &self.rest[spaces..];
    }

    fn time(&mut self, date: Timestamp) -> Option<Timestamp> {
        let hour = self.number(0, 23)?;
        self.literal(b':')?;
        let minute = self.number(0, 59)?;
        self.literal(b':')?;
        let second = self.number(0, 59)?;
        let nanosecond = self.fraction();
        Some(Timestamp { hour, minute, second, nanosecond, ..date })
    }

    /// Takes `.123` or `,123`; digits behind the ninth are dropped.
    fn fraction(&mut self) -> u32 {
        let [b'.' | b',', behind @ ..] = self.rest else { return 0 };
        let length = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return 0;
        }
        let digit = |place: usize| if place < length { u32::from(behind[place] - b'0') } else { 0 };
        let nanosecond = (0..9).fold(0, |sum, place| sum * 10 + digit(place));
        self.rest = &behind[length..];
        nanosecond
    }

    /// Takes `Z` or `±hh:mm`; Go lets the hours reach 24 and the minutes 60.
    fn zone(&mut self) -> Option<i16> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        let sign = match first {
            b'Z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = i16::from(self.two(24)?);
        self.literal(b':')?;
        let minutes = i16::from(self.two(60)?);
        Some(sign * (hours * 60 + minutes))
    }
}

fn days(month: u8, year: u16) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
