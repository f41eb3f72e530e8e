//! What a syntax tree says once aliases and merge keys are followed, so that two texts can be compared by meaning.
//! Keeps apart what is a string for every reader and what is not; does not know Go's rules (`node.rs` does).

use std::collections::HashMap;

use granit_parser::ScalarStyle;

use super::quoting::is_plain_string;
use super::syntax::{Document, Kind, Syntax};

/// More levels than any kustomization has; an alias within its own anchor would have no end.
const DEEPEST: usize = 64;

/// More values than any kustomization has; nested aliases can grow without bound.
const MOST: usize = 200_000;

/// A value with nothing left of how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A string for every reader: quoted, a block, or plain beyond doubt.
    Text(String),
    /// Plain text that some reader may take for something else than a string.
    Plain(String),
    /// A scalar with a tag of its own, as written.
    Tagged(String, String),
    /// Keys and values in order of writing, merged ones last.
    Mapping(Vec<(Meaning, Meaning)>),
    /// Elements.
    Sequence(Vec<Meaning>),
}

/// Why a tree has no finite meaning.
#[derive(Debug)]
pub(crate) struct Endless;

/// The anchors of a document.
pub(crate) struct Anchors<'doc> {
    text: &'doc str,
    nodes: HashMap<usize, &'doc Syntax>,
}

impl<'doc> Anchors<'doc> {
    /// Collects the anchors of a document.
    pub(crate) fn of(document: &'doc Document, text: &'doc str) -> Self {
        let mut nodes = HashMap::new();
        if let Some(root) = &document.root {
            root.walk(&mut |node: &'doc Syntax| {
                if let Some(anchor) = &node.anchor {
                    nodes.insert(anchor.id, node);
                }
            });
        }
        Self { text, nodes }
    }

    /// Returns what an alias stands for, or the node itself.
    pub(crate) fn resolve(&self, node: &'doc Syntax) -> &'doc Syntax {
        match &node.kind {
            // The parser refuses an alias without an anchor before it.
            Kind::Alias(id) => self.nodes.get(id).copied().unwrap_or(node),
            _ => node,
        }
    }

    /// Returns the pairs of a mapping with aliases followed and merge keys applied: a key of its own comes before a
    /// merged one, an earlier merge before a later one. `None` when it is no mapping.
    pub(crate) fn fields(&self, node: &'doc Syntax) -> Option<Vec<(&'doc Syntax, &'doc Syntax)>> {
        self.fields_at(node, 0)
    }

    fn fields_at(&self, node: &'doc Syntax, depth: usize) -> Option<Vec<(&'doc Syntax, &'doc Syntax)>> {
        let Kind::Mapping(pairs, _) = &self.resolve(node).kind else { return None };
        let mut fields: Vec<(&Syntax, &Syntax)> = Vec::new();
        let mut merged = Vec::new();
        for (key, value) in pairs {
            if is_merge(key) {
                merged.push(value);
            } else {
                fields.retain(|(earlier, _)| earlier.text() != key.text() || key.text().is_none());
                fields.push((key, value));
            }
        }
        if depth >= DEEPEST {
            return Some(fields);
        }
        for value in merged {
            let sources: Vec<&Syntax> = match &self.resolve(value).kind {
                Kind::Sequence(items, _) => items.iter().collect(),
                _ => vec![value],
            };
            for source in sources {
                for (key, value) in self.fields_at(source, depth + 1)? {
                    if !fields.iter().any(|(earlier, _)| earlier.text() == key.text()) {
                        fields.push((key, value));
                    }
                }
            }
        }
        Some(fields)
    }

    /// Returns what a node means.
    ///
    /// # Errors
    /// When following the aliases does not end.
    pub(crate) fn meaning(&self, node: &'doc Syntax) -> Result<Meaning, Endless> {
        self.meaning_at(node, 0, &mut 0)
    }

    fn meaning_at(&self, node: &'doc Syntax, depth: usize, count: &mut usize) -> Result<Meaning, Endless> {
        *count += 1;
        if depth > DEEPEST || *count > MOST {
            return Err(Endless);
        }
        let node = self.resolve(node);
        match &node.kind {
            Kind::Scalar(text, style) => Ok(self.scalar(node, text, *style)),
            Kind::Sequence(items, _) => items
                .iter()
                .map(|item| self.meaning_at(item, depth + 1, count))
                .collect::<Result<_, _>>()
                .map(Meaning::Sequence),
            Kind::Mapping(..) => {
                let fields = self.fields(node).ok_or(Endless)?;
                let pairs = fields.into_iter().map(|(key, value)| {
                    Ok((self.meaning_at(key, depth + 1, count)?, self.meaning_at(value, depth + 1, count)?))
                });
                pairs.collect::<Result<_, _>>().map(Meaning::Mapping)
            }
            Kind::Alias(_) => Err(Endless),
        }
    }

    fn scalar(&self, node: &Syntax, text: &str, style: ScalarStyle) -> Meaning {
        if let Some(tag) = node.tag.as_ref().filter(|tag| &self.text[(*tag).clone()] != "!!str") {
            return Meaning::Tagged(self.text[tag.clone()].to_owned(), text.to_owned());
        }
        if node.tag.is_some() || style != ScalarStyle::Plain || is_plain_string(text) {
            Meaning::Text(text.to_owned())
        } else {
            Meaning::Plain(text.to_owned())
        }
    }
}

/// Tells whether a key is `<<`.
pub(crate) fn is_merge(key: &Syntax) -> bool {
    matches!(&key.kind, Kind::Scalar(text, ScalarStyle::Plain) if text == "<<")
}

/// Tells whether a scalar says nothing: null in any spelling, or not written at all.
pub(crate) fn is_null(node: &Syntax) -> bool {
    matches!(&node.kind, Kind::Scalar(text, ScalarStyle::Plain)
        if node.tag.is_none() && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
}

#[cfg(test)]
mod tests {
    use super::super::syntax::read;
    use super::{Anchors, Meaning};

    fn meaning(text: &str) -> Result<Meaning, super::Endless> {
        let document = read(text).expect("the fixture is YAML");
        let anchors = Anchors::of(&document, text);
        anchors.meaning(document.root.as_ref().expect("a root"))
    }

    fn same(left: &str, right: &str) {
        assert_eq!(meaning(left).expect("finite"), meaning(right).expect("finite"));
    }

    #[test]
    fn aliases_and_merges_mean_what_they_stand_for() {
        same("a: &v x\nb: *v\n", "{a: x, b: 'x'}");
        same("a: &m {k: v, l: w}\nb: {<<: *m, k: own}\n", "{a: {k: v, l: w}, b: {k: own, l: w}}");
        same(
            "x: &x {k: v1}\ny: &y {k: v2, l: w}\nz: {<<: [*x, *y]}\n",
            "{x: {k: v1}, y: {k: v2, l: w}, z: {k: v1, l: w}}",
        );
        same("a: v1\na: v2\n", "a: v2");
    }

    #[test]
    fn a_number_is_no_string() {
        assert_ne!(meaning("a: 1").expect("finite"), meaning("a: \"1\"").expect("finite"));
        assert_ne!(meaning("a: !!int \"1\"").expect("finite"), meaning("a: \"1\"").expect("finite"));
    }

    #[test]
    fn an_alias_within_its_own_anchor_is_refused() {
        assert!(meaning("a: &a [*a]").is_err());
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(meaning(&bomb).is_err());
    }
}
