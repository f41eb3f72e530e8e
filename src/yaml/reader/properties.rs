//! Anchors, aliases and tags: what may stand before a value, or for it.
//! Scans them and says what a tag makes of a scalar; expansion is `alias.rs`.

use smol_str::SmolStr;

use super::{Read, Reader};
use crate::yaml::{Node, Span, Style, Tag};

/// What stands before a value.
#[derive(Default)]
pub(super) struct Properties {
    /// `&name`
    pub(super) anchor: Option<SmolStr>,
    /// `!tag`
    pub(super) tag: Option<ExplicitTag>,
    /// The anchor was opened before its value was read, as the so-many-th.
    pub(super) opened: Option<usize>,
}

/// A tag that was written, as far as go-yaml tells them apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ExplicitTag {
    /// `!`: as if nothing was there.
    None,
    /// One of YAML's own.
    Known(Tag),
    /// Any other: the value is text.
    Foreign,
}

impl Properties {
    pub(super) fn is_empty(&self) -> bool {
        self.anchor.is_none() && self.tag.is_none()
    }

    /// Applies an explicit tag to a scalar. One other than `!!str` decides the value whatever the quotes are,
    /// so the quotes are forgotten. On maps and lists go-yaml ignores tags.
    pub(super) fn apply(&self, node: &mut Node) {
        let (Some(explicit), Node::Scalar(scalar)) = (self.tag, node) else { return };
        match explicit {
            ExplicitTag::None => {}
            ExplicitTag::Known(Tag::Str) | ExplicitTag::Foreign => scalar.tag = Tag::Str,
            ExplicitTag::Known(tag) => (scalar.tag, scalar.style) = (tag, Style::Plain),
        }
    }
}

impl Reader<'_> {
    /// Reads the anchor or tag that stands here into `properties`.
    pub(super) fn property(&mut self, properties: &mut Properties) -> Read<()> {
        if self.peek(0) == b'&' {
            if properties.anchor.is_some() {
                return Err(self.error("a value cannot have two anchors"));
            }
            properties.anchor = Some(self.anchor_name()?);
        } else {
            if properties.tag.is_some() {
                return Err(self.error("a value cannot have two tags"));
            }
            properties.tag = Some(self.tag()?);
        }
        self.key_allowed = false;
        Ok(())
    }

    /// Reads `&name` or `*name` and returns the name.
    pub(super) fn anchor_name(&mut self) -> Read<SmolStr> {
        let start = self.pos + 1;
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let length = self.bytes[start..].iter().take_while(is_name).count();
        let end = start + length;
        let ends_well = self.is_blank_or_end(end)
            || matches!(self.bytes[end], b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if length == 0 || !ends_well {
            return Err(self.error("an anchor's name consists of letters, digits, `_` and `-`"));
        }
        self.pos = end;
        Ok(SmolStr::new(&self.text[start..end]))
    }

    /// Reads `!`, `!suffix`, `!!suffix` or `!<uri>`.
    pub(super) fn tag(&mut self) -> Read<ExplicitTag> {
        let start = self.pos;
        let tag = if self.peek(1) == b'<' {
            self.pos += 2;
            let uri = self.tag_uri()?;
            if uri.is_empty() || self.peek(0) != b'>' {
                return Err(self.error_at(start, "a tag in the form `!<…>` is not closed"));
            }
            self.pos += 1;
            known(&uri)
        } else {
            self.pos += 1;
            let name = self.bytes[self.pos..].iter().take_while(|byte| is_word(**byte)).count();
            if self.bytes.get(self.pos + name) == Some(&b'!') {
                if name > 0 {
                    return Err(self.error_at(start, "a tag's handle is not defined: %TAG is not supported"));
                }
                self.pos += 1;
                let suffix = self.tag_uri()?;
                if suffix.is_empty() {
                    return Err(self.error_at(start, "`!!` lacks the name of a type"));
                }
                known(&format!("tag:yaml.org,2002:{suffix}"))
            } else if self.tag_uri()?.is_empty() {
                ExplicitTag::None
            } else {
                ExplicitTag::Foreign
            }
        };
        if !self.is_blank_or_end(self.pos) {
            return Err(self.error_at(start, "a blank or the line's end must follow a tag"));
        }
        Ok(tag)
    }

    /// Reads the characters a tag may consist of, with `%xx` decoded.
    fn tag_uri(&mut self) -> Read<String> {
        let mut uri = Vec::new();
        loop {
            match self.peek(0) {
                b'%' => uri.push(self.tag_escape()?),
                byte if is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    uri.push(byte);
                    self.pos += 1;
                }
                _ => break,
            }
        }
        String::from_utf8(uri).map_err(|_| self.error("a tag's escapes are not UTF-8"))
    }

    fn tag_escape(&mut self) -> Read<u8> {
        let digits = self.text.get(self.pos + 1..self.pos + 3);
        let octet = digits.filter(|two| two.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let octet = octet.and_then(|two| u8::from_str_radix(two, 16).ok());
        let octet = octet.ok_or_else(|| self.error("two hexadecimal digits must follow `%` in a tag"))?;
        self.pos += 3;
        Ok(octet)
    }

    /// Remembers that an anchored value stands at `span`.
    pub(super) fn note_anchored(&mut self, span: Span) {
        self.anchored.push(span);
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn known(uri: &str) -> ExplicitTag {
    let short = uri.strip_prefix("tag:yaml.org,2002:").or_else(|| uri.strip_prefix("!!"));
    match short {
        Some("str") => ExplicitTag::Known(Tag::Str),
        Some("int") => ExplicitTag::Known(Tag::Int),
        Some("float") => ExplicitTag::Known(Tag::Float),
        Some("bool") => ExplicitTag::Known(Tag::Bool),
        Some("null") => ExplicitTag::Known(Tag::Null),
        Some("timestamp") => ExplicitTag::Known(Tag::Timestamp),
        Some("binary") => ExplicitTag::Known(Tag::Binary),
        Some("merge") => ExplicitTag::Known(Tag::Merge),
        _ if uri == "!" => ExplicitTag::None,
        _ => ExplicitTag::Foreign,
    }
}
