//! How Go writes floating-point numbers: in JSON, and as go-yaml v2 prints what it read there.
//! Integers need no rules: they are written in decimal.

/// The shortest decimal digits that read back as the same number.
struct Shortest {
    negative: bool,
    digits: String,
    /// Power of ten of the first digit.
    exponent: i32,
}

impl Shortest {
    fn of(value: f64) -> Self {
        let text = format!("{:e}", value.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = mantissa.replace('.', "");
        Self { negative: value.is_sign_negative(), digits, exponent: exponent.parse().unwrap_or(0) }
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    /// Writes without an exponent.
    fn plain(&self) -> String {
        let (sign, digits) = (self.sign(), &self.digits);
        if self.exponent < 0 {
            let zeros = "0".repeat(usize::try_from(-self.exponent - 1).unwrap_or(0));
            return format!("{sign}0.{zeros}{digits}");
        }
        let whole = usize::try_from(self.exponent).unwrap_or(0) + 1;
        if digits.len() <= whole {
            return format!("{sign}{digits}{}", "0".repeat(whole - digits.len()));
        }
        format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
    }

    /// Writes with an exponent where the number is below 0.0001 or from a million up.
    fn general(&self) -> String {
        if self.digits == "0" || (-4..6).contains(&self.exponent) { self.plain() } else { self.scientific(2) }
    }

    /// Writes with an exponent of at least `width` digits.
    fn scientific(&self, width: usize) -> String {
        let (first, rest) = self.digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if self.exponent < 0 { '-' } else { '+' };
        let exponent = self.exponent.unsigned_abs();
        format!("{}{first}{dot}{rest}e{exponent_sign}{exponent:0width$}", self.sign())
    }
}

/// Writes a number as Go's `encoding/json` does.
pub(crate) fn json(value: f64) -> String {
    let shortest = Shortest::of(value);
    if value != 0.0 && (value.abs() < 1e-6 || value.abs() >= 1e21) {
        let width = if shortest.exponent < 0 { 1 } else { 2 };
        return shortest.scientific(width);
    }
    shortest.plain()
}

/// Writes a number as it stands in kustomize's output, where a whole one that fits 64 bits is an integer.
pub(crate) fn yaml(value: f64) -> String {
    let shortest = Shortest::of(value);
    let is_whole = i32::try_from(shortest.digits.len()).is_ok_and(|digits| digits <= shortest.exponent + 1);
    if value == 0.0 {
        return "0".to_owned();
    }
    if is_whole && value.abs() < 1e21 {
        let plain = shortest.plain();
        if plain.parse::<i64>().is_ok() || plain.parse::<u64>().is_ok() {
            return plain;
        }
    }
    shortest.general()
}

/// Writes a number as Go's `%g` does with the fewest digits, which go-yaml does for any float.
pub(crate) fn go_g(value: f64) -> String {
    Shortest::of(value).general()
}
