//! The node tree: what one YAML document says, with the place each value stands at.
//! Holds data and plain access only; reading is the parser's, printing is the emitter's work.

use smol_str::SmolStr;

/// Half-open byte range in the source text; empty at 0 for a node that no source text holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Returns the bytes to index a source with.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Tells whether nothing lies between start and end.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// How a scalar was written, which go-yaml keeps when only its text changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// No quotes.
    #[default]
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What a scalar means by go-yaml v3's rules (YAML 1.2 core with 1.1's octal, binary and timestamps).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tag {
    /// `~`, `null`, `Null`, `NULL` or nothing.
    Null,
    /// `true`, `false` in their three spellings.
    Bool,
    /// Decimal, hexadecimal, octal (both spellings) or binary, with underscores.
    Int,
    /// A number with a fraction or an exponent, infinities, not-a-number.
    Float,
    /// A date, with or without a time.
    Timestamp,
    /// Base64 with an explicit `!!binary`.
    Binary,
    /// `<<` as a key.
    Merge,
    /// Everything else.
    #[default]
    Str,
}

/// One scalar: its text with quotes and escapes resolved.
#[derive(Clone, Debug, Default)]
pub struct Scalar {
    /// The text after unquoting and folding.
    pub text: SmolStr,
    /// What it means.
    pub tag: Tag,
    /// How it was written.
    pub style: Style,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// One `key: value` of a mapping. Keys may repeat; the last one counts for Go's readers.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key; what is no string is refused when printed, not when read.
    pub key: Scalar,
    /// The value.
    pub value: Node,
}

/// A mapping in source order.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// The pairs as they stand.
    pub entries: Vec<Entry>,
    /// Written as `{…}`.
    pub flow: bool,
    /// From the first key (or `{`) to the end of the last value (or `}`).
    pub span: Span,
}

/// A list in source order.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    /// The elements as they stand.
    pub items: Vec<Node>,
    /// Written as `[…]`.
    pub flow: bool,
    /// From the first dash (or `[`) to the end of the last element (or `]`).
    pub span: Span,
}

/// One value of a document. Anchors and merge keys are already expanded.
#[derive(Clone, Debug)]
pub enum Node {
    /// A scalar.
    Scalar(Scalar),
    /// A mapping.
    Mapping(Mapping),
    /// A list.
    Sequence(Sequence),
}

impl Scalar {
    /// Returns a plain string scalar that stands in no source.
    pub fn string(text: impl Into<SmolStr>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

impl Mapping {
    /// Returns the value of the last entry named `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().rev().find(|entry| entry.key.text == key).map(|entry| &entry.value)
    }

    /// Returns the value of the last entry named `key`, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().rev().find(|entry| entry.key.text == key).map(|entry| &mut entry.value)
    }

    /// Sets `key` to `value`: in place when it is there, else at the end.
    pub fn set(&mut self, key: &str, value: Node) {
        match self.get_mut(key) {
            Some(slot) => *slot = value,
            None => self.entries.push(Entry { key: Scalar::string(key), value }),
        }
    }

    /// Removes every entry named `key` and returns the last one's value.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let mut removed = None;
        let mut kept = Vec::with_capacity(self.entries.len());
        for entry in self.entries.drain(..) {
            if entry.key.text == key {
                removed = Some(entry.value);
            } else {
                kept.push(entry);
            }
        }
        self.entries = kept;
        removed
    }
}

impl Node {
    /// Returns a plain string scalar node.
    pub fn string(text: impl Into<SmolStr>) -> Self {
        Self::Scalar(Scalar::string(text))
    }

    /// Returns an empty block mapping.
    pub fn mapping() -> Self {
        Self::Mapping(Mapping::default())
    }

    /// Returns the mapping, when it is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        if let Self::Mapping(mapping) = self { Some(mapping) } else { None }
    }

    /// Returns the mapping to change it, when it is one.
    pub fn as_mapping_mut(&mut self) -> Option<&mut Mapping> {
        if let Self::Mapping(mapping) = self { Some(mapping) } else { None }
    }

    /// Returns the list, when it is one.
    pub fn as_sequence(&self) -> Option<&Sequence> {
        if let Self::Sequence(sequence) = self { Some(sequence) } else { None }
    }

    /// Returns the list to change it, when it is one.
    pub fn as_sequence_mut(&mut self) -> Option<&mut Sequence> {
        if let Self::Sequence(sequence) = self { Some(sequence) } else { None }
    }

    /// Returns the scalar, when it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        if let Self::Scalar(scalar) = self { Some(scalar) } else { None }
    }

    /// Returns the scalar to change it, when it is one.
    pub fn as_scalar_mut(&mut self) -> Option<&mut Scalar> {
        if let Self::Scalar(scalar) = self { Some(scalar) } else { None }
    }

    /// Returns a scalar's text, whatever its tag.
    pub fn text(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| scalar.text.as_str())
    }

    /// Returns the text of a scalar that is a string.
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar().filter(|scalar| scalar.tag == Tag::Str).map(|scalar| scalar.text.as_str())
    }

    /// Tells whether this is a null scalar.
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(|scalar| scalar.tag == Tag::Null)
    }

    /// Returns the value at a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping().and_then(|mapping| mapping.get(key))
    }

    /// Returns the value at a path of mapping keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns where the node stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Scalar(scalar) => scalar.span,
            Self::Mapping(mapping) => mapping.span,
            Self::Sequence(sequence) => sequence.span,
        }
    }
}
