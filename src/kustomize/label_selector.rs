//! Kubernetes' label selectors (`app=web,tier in (a, b),!legacy`), which kustomize uses for annotations too.
//! Reads and matches; knows nothing of objects.

use smol_str::SmolStr;

/// A list of requirements; an empty one matches everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug)]
struct Requirement {
    key: SmolStr,
    operator: Operator,
    values: Vec<SmolStr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

impl LabelSelector {
    /// Reads a selector; the error says what was found and what is expected.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text), at: 0 };
        let mut requirements = Vec::new();
        while parser.peek() != "" {
            requirements.push(parser.requirement()?);
            match parser.take() {
                "" => break,
                "," if is_word(parser.peek()) || parser.peek() == "!" => {}
                "," => return Err(format!("found '{}', expected a key behind ','", parser.peek())),
                found => return Err(format!("found '{found}', expected ',' or the end")),
            }
        }
        Ok(Self(requirements))
    }

    /// Tells whether the labels, looked up by `value_of`, meet every requirement.
    pub(crate) fn matches<'l>(&self, value_of: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.0.iter().all(|requirement| requirement.is_met_by(value_of(&requirement.key)))
    }
}

impl Requirement {
    fn is_met_by(&self, value: Option<&str>) -> bool {
        let listed = |value: &str| self.values.iter().any(|one| one == value);
        let number = |text: &str| text.parse::<i64>().ok();
        match self.operator {
            Operator::In => value.is_some_and(listed),
            Operator::NotIn => !value.is_some_and(listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => value.and_then(number) > self.values.first().and_then(|one| number(one)),
            Operator::LessThan => {
                let value = value.and_then(number);
                value.is_some() && value < self.values.first().and_then(|one| number(one))
            }
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_symbol(byte: u8) -> bool {
    matches!(byte, b'=' | b'!' | b'(' | b')' | b',' | b'>' | b'<')
}

fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|one: char| u8::try_from(one).is_ok_and(is_space));
        let Some(first) = rest.bytes().next() else { return tokens };
        let end = if rest.starts_with("==") || rest.starts_with("!=") {
            2
        } else if is_symbol(first) {
            1
        } else {
            rest.bytes().position(|byte| is_symbol(byte) || is_space(byte)).unwrap_or(rest.len())
        };
        tokens.push(&rest[..end]);
        rest = &rest[end..];
    }
}

fn is_word(token: &str) -> bool {
    token.bytes().next().is_some_and(|byte| !is_symbol(byte))
}

/// Tokens in turn; behind the last one stands an empty text.
struct Parser<'t> {
    tokens: Vec<&'t str>,
    at: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> &'t str {
        self.tokens.get(self.at).copied().unwrap_or_default()
    }

    fn take(&mut self) -> &'t str {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let negated = self.peek() == "!";
        if negated {
            self.at += 1;
        }
        let key = self.take();
        if !is_word(key) {
            return Err(format!("found '{key}', expected a key"));
        }
        check_key(key)?;
        if negated || matches!(self.peek(), "" | ",") {
            let operator = if negated { Operator::DoesNotExist } else { Operator::Exists };
            return Ok(Requirement { key: key.into(), operator, values: Vec::new() });
        }
        let (operator, values) = self.operator_and_values()?;
        if matches!(operator, Operator::GreaterThan | Operator::LessThan) && values[0].parse::<i64>().is_err() {
            return Err(format!("'{}' behind '<' or '>' must be a whole number", values[0]));
        }
        values.iter().try_for_each(|value| check_value(value))?;
        Ok(Requirement { key: key.into(), operator, values })
    }

    fn operator_and_values(&mut self) -> Result<(Operator, Vec<SmolStr>), String> {
        match self.take() {
            "=" | "==" => Ok((Operator::In, vec![self.exact_value()?])),
            "!=" => Ok((Operator::NotIn, vec![self.exact_value()?])),
            ">" => Ok((Operator::GreaterThan, vec![self.exact_value()?])),
            "<" => Ok((Operator::LessThan, vec![self.exact_value()?])),
            "in" => Ok((Operator::In, self.value_list()?)),
            "notin" => Ok((Operator::NotIn, self.value_list()?)),
            found => Err(format!("found '{found}', expected one of =, ==, !=, <, >, in, notin")),
        }
    }

    fn exact_value(&mut self) -> Result<SmolStr, String> {
        match self.peek() {
            "" | "," => Ok(SmolStr::default()),
            value if is_word(value) => Ok(self.take().into()),
            found => Err(format!("found '{found}', expected a value")),
        }
    }

    /// `(a, b)`; a missing value is the empty one.
    fn value_list(&mut self) -> Result<Vec<SmolStr>, String> {
        if self.peek() != "(" {
            return Err(format!("found '{}', expected '('", self.peek()));
        }
        self.at += 1;
        let mut values = Vec::new();
        loop {
            if is_word(self.peek()) {
                values.push(self.take().into());
            } else {
                values.push(SmolStr::default());
            }
            match self.take() {
                "," => {}
                ")" => return Ok(values),
                found => return Err(format!("found '{found}', expected ',' or ')'")),
            }
        }
    }
}

/// A qualified name: an optional DNS prefix and a slash, then up to 63 characters.
fn check_key(key: &str) -> Result<(), String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    if prefix.is_none_or(is_dns_name) && !name.is_empty() && is_label_text(name) {
        return Ok(());
    }
    Err(format!("'{key}' is no label key"))
}

fn check_value(value: &str) -> Result<(), String> {
    if value.is_empty() || is_label_text(value) {
        return Ok(());
    }
    Err(format!(
        "'{value}' is no label value: at most 63 letters, digits, '-', '_' and '.', at the ends letters or digits"
    ))
}

fn is_label_text(text: &str) -> bool {
    let ends = text.bytes().next().zip(text.bytes().last());
    text.len() <= 63
        && ends.is_some_and(|(first, last)| first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn is_dns_name(text: &str) -> bool {
    let label = |label: &str| {
        let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        label.bytes().next().is_some_and(lower)
            && label.bytes().last().is_some_and(lower)
            && label.bytes().all(|byte| lower(byte) || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::LabelSelector;

    fn matches(selector: &str) -> Result<bool, String> {
        let labels = |key: &str| match key {
            "app" => Some("web"),
            "tier" => Some("b"),
            "count" => Some("5"),
            "empty" => Some(""),
            "example.com/x" => Some("y"),
            _ => None,
        };
        LabelSelector::parse(selector).map(|selector| selector.matches(labels))
    }

    #[test]
    fn requirements_match_as_in_kubernetes() {
        let fitting = [
            "",
            "app=web",
            "app==web",
            " app = web ",
            "app!=api",
            "missing!=api",
            "tier in (a, b)",
            "tier notin (a)",
            "missing notin (a)",
            "app",
            "!missing",
            "app=web,tier=b",
            "count>4",
            "count<6",
            "example.com/x=y",
            "empty=",
            "empty in ()",
            "app in (,web)",
        ];
        for selector in fitting {
            assert_eq!(matches(selector), Ok(true), "{selector}");
        }
        for selector in [
            "app=api",
            "missing",
            "!app",
            "missing in (a)",
            "app=web,tier=a",
            "count>5",
            "missing>1",
            "missing<9",
            "app<9",
        ] {
            assert_eq!(matches(selector), Ok(false), "{selector}");
        }
    }

    #[test]
    fn malformed_selectors_are_refused() {
        let broken = [
            "app=web,",
            ",app",
            "app web",
            "app in a",
            "app in (a",
            "a=b=c",
            "-a=b",
            "a=b/c",
            "a=-b",
            "a>b",
            "A.b/c/d=e",
            "UP.com/a=b",
            "a ~= b",
            "!",
            "app in (a b)",
            "!app=web",
        ];
        for selector in broken {
            assert!(matches(selector).is_err(), "{selector}");
        }
    }
}
