//! What follows a document's value: text that go-yaml loses without a word, after looking at its first tokens.
//! Reads no values; an error here is one that kustomize reports too.

use super::{Read, Reader};

/// How many tokens libyaml, as go-yaml v3 runs it, has read when it takes the document's end.
const LOOKAHEAD: usize = 2;

impl Reader<'_> {
    /// Checks what follows the value: nothing, a `...` or `---` line, or text that will be lost.
    pub(super) fn tail(&mut self) -> Read<()> {
        self.skip_to_token(false);
        let mut tokens = LOOKAHEAD + 1;
        if self.at_document_marker() {
            if self.peek(0) == b'-' {
                return Ok(());
            }
            self.pos += 3;
            self.key_allowed = false;
            tokens = LOOKAHEAD;
        }
        while tokens > 0 {
            self.skip_to_token(false);
            if self.at_end() || self.at_document_marker() || matches!(self.peek(0), b'[' | b'{' | b']' | b'}' | b',') {
                return Ok(());
            }
            tokens = tokens.saturating_sub(self.tail_token()?);
        }
        Ok(())
    }

    /// Reads one token, or a key with the tokens that it brings; returns their number.
    fn tail_token(&mut self) -> Read<usize> {
        let start = self.key_start();
        match self.peek(0) {
            indicator @ (b'-' | b'?' | b':') if self.is_blank_or_end(self.pos + 1) => {
                if !self.key_allowed {
                    return Err(self.error("a list item or a mapping value is not allowed here"));
                }
                self.pos += 1;
                self.key_allowed = indicator != b':';
                return Ok(2);
            }
            b'&' | b'*' => drop(self.anchor_name()?),
            b'!' => drop(self.tag()?),
            b'|' | b'>' => drop(self.block_scalar(-1)?),
            quote @ (b'"' | b'\'') => drop(self.quoted(quote)?),
            _ => drop(self.plain(-1, false)?),
        }
        if self.at_key_end(start, false) {
            self.pos += 1;
            self.key_allowed = false;
            return Ok(4);
        }
        Ok(1)
    }
}
