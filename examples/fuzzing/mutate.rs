//! Random changes of texts, the same on every machine: what the fuzz targets share.

/// A small random number generator, the same on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    pub(crate) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

const SNIPPETS: &[&str] = &[
    ": ",
    ":",
    "- ",
    "-",
    "? ",
    "#",
    " #",
    "\n",
    "\n  ",
    "\n    ",
    "\r\n",
    "\t",
    " ",
    "  ",
    "'",
    "\"",
    "''",
    "\\",
    "\\n",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a ",
    "*a",
    "!!str ",
    "!!int ",
    "! ",
    "!x ",
    "<<: ",
    "|",
    ">",
    "|-",
    ">+",
    "|2",
    "---",
    "\n---\n",
    "...",
    "\n...\n",
    "%",
    "@",
    "`",
    "a",
    "b: c\n",
    "1",
    "0x1F",
    "1_000",
    ".5",
    "1e3",
    "~",
    "null",
    "true",
    "yes",
    "é",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{1F600}",
    "2020-01-01",
    "- a\n",
    "? a\n: b\n",
    "&b\n",
    "!!map\n",
    "\n\n",
    "\n \n",
    "=",
    ".inf",
    "\u{7f}",
];

/// Changes a text in a few places.
pub(crate) fn change(random: &mut Random, text: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        let at = if text.is_empty() { 0 } else { random.below(text.len()) };
        match random.below(4) {
            0 => {
                let end = (at + 1 + random.below(8)).min(text.len());
                text.drain(at.min(end)..end);
            }
            1 => {
                let end = (at + random.below(40)).min(text.len());
                let copy = text[at..end].to_vec();
                let to = random.below(text.len() + 1);
                text.splice(to..to, copy);
            }
            _ => {
                text.splice(at..at, random.one(SNIPPETS).bytes());
            }
        }
    }
}
