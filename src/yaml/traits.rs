//! What libyaml looks at in a text to tell which styles can hold it; shared by both printers.
//! Facts about the text only; each printer draws its own conclusions.

use crate::yaml::folded::{is_break, is_printable};

/// Properties of a text that limit how it can be written.
#[derive(Default)]
pub(crate) struct Traits {
    /// It would mean something else unquoted in block context.
    pub(crate) block_indicators: bool,
    /// It would mean something else unquoted inside `[…]` or `{…}`.
    pub(crate) flow_indicators: bool,
    /// It holds line breaks of any kind.
    pub(crate) breaks: bool,
    /// It holds tabs.
    pub(crate) tabs: bool,
    /// It holds other characters that need escaping.
    pub(crate) special: bool,
    /// It starts or ends with a space or a break.
    pub(crate) ragged: bool,
    /// It ends with a space.
    pub(crate) trailing_space: bool,
    /// A space follows a break.
    pub(crate) break_space: bool,
    /// A break follows a space.
    pub(crate) space_break: bool,
}

impl Traits {
    /// Looks at a text.
    pub(crate) fn of(text: &str) -> Self {
        let marker = text.starts_with("---") || text.starts_with("...");
        let mut traits = Self { block_indicators: marker, flow_indicators: marker, ..Self::default() };
        let (mut after_blank, mut previous_space, mut previous_break) = (true, false, false);
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            traits.indicator(character, at == 0, after_blank, next);
            traits.tabs |= character == '\t';
            traits.special |= character != '\t' && !is_printable(character);
            let (space, line_break) = (character == ' ', is_break(character));
            traits.ragged |= (space || line_break) && (at == 0 || next.is_none());
            traits.trailing_space |= space && next.is_none();
            traits.break_space |= space && previous_break;
            traits.space_break |= line_break && previous_space;
            traits.breaks |= line_break;
            (previous_space, previous_break) = (space, line_break);
            after_blank = space || line_break || character == '\t';
        }
        traits
    }

    /// Notes what a character means where it stands.
    fn indicator(&mut self, character: char, first: bool, after_blank: bool, next: Option<char>) {
        let before_blank = next.is_none_or(|next| matches!(next, ' ' | '\t'));
        let (block, flow) = match character {
            ',' | '[' | ']' | '{' | '}' => (first, true),
            '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => (first, first),
            '#' => (first || after_blank, first || after_blank),
            '?' => (first && before_blank, true),
            '-' => (first && before_blank, first && before_blank),
            ':' => (before_blank, true),
            _ => (false, false),
        };
        self.block_indicators |= block;
        self.flow_indicators |= flow;
    }

    /// Tells whether a `|` or `>` block can hold the text.
    pub(crate) fn fits_block(&self) -> bool {
        !(self.trailing_space || self.space_break || self.special)
    }

    /// Tells whether single quotes can hold the text.
    pub(crate) fn fits_single_quotes(&self) -> bool {
        !(self.break_space || self.space_break || self.special || self.tabs)
    }

    /// Tells whether the text can stand unquoted.
    pub(crate) fn fits_plain(&self, flow: bool) -> bool {
        let indicators = if flow { self.flow_indicators } else { self.block_indicators };
        self.fits_single_quotes() && !(self.ragged || self.breaks || indicators)
    }
}
