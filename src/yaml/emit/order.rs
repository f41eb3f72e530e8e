//! The order of keys in what go-yaml v2 prints: numbers by value, letters behind everything else.
//! Sorts without trusting the comparison to be consistent, which Go's is not for every input.

use std::cmp::Ordering;

use crate::yaml::Entry;

/// Below this many keys insertion beats merging.
const SMALL: usize = 20;

/// Sorts entries by key.
pub(super) fn sort(entries: &mut [&Entry]) {
    if entries.len() > SMALL {
        let (left, right) = entries.split_at_mut(entries.len() / 2);
        sort(left);
        sort(right);
        merge(entries);
        return;
    }
    for at in 1..entries.len() {
        let mut place = at;
        while place > 0 && less(&entries[place].key.text, &entries[place - 1].key.text) {
            entries.swap(place, place - 1);
            place -= 1;
        }
    }
}

fn merge(entries: &mut [&Entry]) {
    let middle = entries.len() / 2;
    if !less(&entries[middle].key.text, &entries[middle - 1].key.text) {
        return;
    }
    let left = entries[..middle].to_vec();
    let (mut from_left, mut from_right) = (0, middle);
    for at in 0..entries.len() {
        if from_left == left.len() {
            return;
        }
        let take_right = from_right < entries.len() && less(&entries[from_right].key.text, &left[from_left].key.text);
        if take_right {
            entries[at] = entries[from_right];
            from_right += 1;
        } else {
            entries[at] = left[from_left];
            from_left += 1;
        }
    }
}

/// Tells whether `left` stands before `right`.
pub(crate) fn less(left: &str, right: &str) -> bool {
    compare(left, right) == Ordering::Less
}

fn compare(left: &str, right: &str) -> Ordering {
    let (a, b) = (left.as_bytes(), right.as_bytes());
    let same = a.iter().zip(b).take_while(|(one, other)| one == other).count();
    if same == a.len() || same == b.len() {
        return a.len().cmp(&b.len());
    }
    if a[same].is_ascii_alphabetic() && b[same].is_ascii_alphabetic() {
        return a[same].cmp(&b[same]);
    }
    at_difference(left, right, same)
}

/// Compares at the first differing byte, `same`, which may lie inside a character.
fn at_difference(left: &str, right: &str, same: usize) -> Ordering {
    let start = (0..=same).rev().find(|at| left.is_char_boundary(*at)).unwrap_or(0);
    let (a, b) = (&left[start..], &right[start..]);
    let (first_a, first_b) = (a.chars().next().unwrap_or('\0'), b.chars().next().unwrap_or('\0'));
    match (first_a.is_alphabetic(), first_b.is_alphabetic()) {
        (true, true) => return first_a.cmp(&first_b),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let within_number = (first_a == '0' || first_b == '0') && ends_in_number(&left[..start]);
    let (value_a, digits_a) = leading_number(a, within_number);
    let (value_b, digits_b) = leading_number(b, within_number);
    value_a.cmp(&value_b).then(digits_a.cmp(&digits_b)).then(first_a.cmp(&first_b))
}

/// Tells whether the text ends in digits of which one is not a zero.
fn ends_in_number(text: &str) -> bool {
    text.bytes().rev().take_while(u8::is_ascii_digit).any(|digit| digit != b'0')
}

/// Returns the number at the start, wrapping as Go's does, and how many digits it has.
fn leading_number(text: &str, within_number: bool) -> (i64, usize) {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.fold((i64::from(within_number), 0), |(value, count), digit| {
        (value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0')), count + 1)
    })
}
