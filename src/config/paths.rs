//! `path` lines: brought into one form, kept inside the repository, and matched against names where they hold wildcards.

/// A `path` line, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathLine {
    /// The line as it was given, for messages.
    pub(crate) given: String,
    /// Its parts, without `.` and with `..` taken back; none for the root.
    pub(crate) parts: Vec<String>,
}

impl PathLine {
    /// Reads a line.
    ///
    /// # Errors
    /// When it leaves the repository or goes where nothing of ours belongs.
    pub(crate) fn read(given: &str) -> Result<Self, String> {
        let line = given.trim();
        if line.starts_with('/') {
            return Err(format!("path: {line:?} begins at the root of the disk; write it relative to the repository"));
        }
        let parts = resolve(&[], line).ok_or_else(|| format!("path: {line:?} leads out of the repository"))?;
        check(&parts).map_err(|problem| format!("path: {line:?} {problem}"))?;
        Ok(Self { given: line.to_owned(), parts })
    }

    /// Tells whether any part holds a wildcard.
    pub(crate) fn is_pattern(&self) -> bool {
        self.parts.iter().any(|part| is_pattern(part))
    }

    /// Returns the parts before the first wildcard, joined.
    pub(crate) fn fixed(&self) -> String {
        let fixed: Vec<&str> = self.parts.iter().map(String::as_str).take_while(|part| !is_pattern(part)).collect();
        fixed.join("/")
    }

    /// Returns the parts, joined.
    pub(crate) fn joined(&self) -> String {
        self.parts.join("/")
    }
}

/// Refuses folders that a bump has no business in.
pub(crate) fn check<T: AsRef<str>>(parts: &[T]) -> Result<(), String> {
    if parts.first().is_some_and(|part| part.as_ref().eq_ignore_ascii_case(".github")) {
        return Err("is in .github, which is never written to".into());
    }
    if parts.iter().any(|part| part.as_ref().eq_ignore_ascii_case(".git")) {
        return Err("is in .git, which is never written to".into());
    }
    Ok(())
}

/// Follows a relative path from a folder; `None` when it leaves the root.
pub(crate) fn resolve(from: &[String], path: &str) -> Option<Vec<String>> {
    let mut parts = from.to_vec();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part.to_owned()),
        }
    }
    Some(parts)
}

/// Returns the folder that all of these are in.
pub(crate) fn common<'path>(folders: impl IntoIterator<Item = &'path str>) -> String {
    let mut common: Option<Vec<&str>> = None;
    for folder in folders {
        let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        common = Some(match common {
            None => parts,
            Some(common) => {
                common.iter().zip(&parts).take_while(|(left, right)| left == right).map(|(left, _)| *left).collect()
            }
        });
    }
    common.unwrap_or_default().join("/")
}

/// Tells whether a part holds a wildcard.
pub(crate) fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?', '['])
}

/// Tells whether a name fits a pattern of one part: `*`, `?`, `[a-z]`, `[!x]`. As in a shell, a leading dot must be
/// written.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    fits_from(&pattern, &name)
}

/// Matches with one remembered star: linear but for backing up to it.
fn fits_from(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some('[') => {
                if let Some((end, true)) = class(pattern, p, name[n]) {
                    (p, n) = (end, n + 1);
                    continue;
                }
            }
            Some(c) if *c == '?' || *c == name[n] => {
                (p, n) = (p + 1, n + 1);
                continue;
            }
            _ => {}
        }
        let Some((at, from)) = star else { return false };
        star = Some((at, from + 1));
        (p, n) = (at + 1, from + 1);
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Reads `[…]` at `start`: where it ends and whether `c` is in it; `None` when it does not end.
fn class(pattern: &[char], start: usize, c: char) -> Option<(usize, bool)> {
    let negated = matches!(pattern.get(start + 1), Some('!' | '^'));
    let first = start + 1 + usize::from(negated);
    let mut at = first;
    let mut found = false;
    loop {
        let low = *pattern.get(at)?;
        if low == ']' && at > first {
            return Some((at + 1, found != negated));
        }
        match (pattern.get(at + 1), pattern.get(at + 2)) {
            (Some('-'), Some(high)) if *high != ']' => {
                found |= low <= c && c <= *high;
                at += 3;
            }
            _ => {
                found |= low == c;
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PathLine, common, fits};

    fn joined(line: &str) -> String {
        PathLine::read(line).expect(line).joined()
    }

    #[test]
    fn lines_come_into_one_form() {
        for (line, want) in [(".", ""), ("./a/", "a"), ("a//b/../c", "a/c"), ("a/./b", "a/b"), (" a ", "a")] {
            assert_eq!(joined(line), want, "{line}");
        }
    }

    #[test]
    fn what_leaves_the_repository_or_goes_into_its_machinery_is_refused() {
        for line in
            ["/a", "..", "a/../../b", ".github", ".GitHub/workflows", "./.github/x", "a/../.github", ".git", "a/.git/b"]
        {
            assert!(PathLine::read(line).is_err(), "{line}");
        }
        assert!(PathLine::read("a/.github").is_ok());
    }

    #[test]
    fn wildcards_match_as_in_a_shell() {
        for (pattern, name) in [
            ("*", "a"),
            ("a*c", "abbc"),
            ("*-prod", "x-y-prod"),
            ("?", "ü"),
            ("[a-c]x", "bx"),
            ("[!a]", "b"),
            ("a*b*c", "aXbYbZc"),
            ("[]]", "]"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("*", ".a"), ("a*c", "abb"), ("?", ""), ("[a-c]x", "dx"), ("[!a]", "a"), ("[a", "a"), ("a", "A")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_has_a_fixed_beginning() {
        let line = PathLine::read("services/*/overlays/prod").expect("good");
        assert!(line.is_pattern());
        assert_eq!(line.fixed(), "services");
    }

    #[test]
    fn folders_share_what_their_parts_share() {
        assert_eq!(common(["a/b/c", "a/b/d"]), "a/b");
        assert_eq!(common(["ab", "ac"]), "");
        assert_eq!(common(["a/b"]), "a/b");
        assert_eq!(common([]), "");
    }
}
