//! Numbers as Go's formatter writes them with its shortest `g`, which is how go-yaml v3 prints what went through JSON.

/// Writes a finite number: plainly from 1e-4 up to below 1e6, else with an exponent of two digits at least.
pub(crate) fn shortest(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::shortest;

    #[test]
    fn large_and_tiny_numbers_get_exponents() {
        let cases = [
            (0.0, "0"),
            (80.0, "80"),
            (123_456.0, "123456"),
            (1e6, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e100, "1e+100"),
            (-1.5, "-1.5"),
        ];
        for (value, text) in cases {
            assert_eq!(shortest(value), text);
        }
    }
}
