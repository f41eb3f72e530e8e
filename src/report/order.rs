//! Ranking by number. One sort for all that is ranked: each kind of element would bring a copy of the algorithm into a binary whose
//! size has a limit.

/// Returns the indices of the keys in rising order; equal keys keep theirs.
pub(crate) fn by_key(keys: impl Iterator<Item = i64>) -> Vec<usize> {
    let mut ranked: Vec<(i64, usize)> = keys.enumerate().map(|(index, key)| (key, index)).collect();
    sort(&mut ranked);
    ranked.into_iter().map(|(_, index)| index).collect()
}

#[inline(never)]
fn sort(ranked: &mut [(i64, usize)]) {
    ranked.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::by_key;

    #[test]
    fn equal_keys_keep_their_order() {
        assert_eq!(by_key([3, 1, 3, 0, 1].into_iter()), [3, 1, 4, 0, 2]);
    }
}
