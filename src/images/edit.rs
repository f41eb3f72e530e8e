//! The edit of one kustomization file: which `images` and `replicas` entries change, planned as splices and proven.
//! Text in, text out; a file that cannot be edited with certainty is refused, never guessed at.

mod list;
mod plan;
mod proof;
#[cfg(test)]
mod random;
mod sharing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use crate::yaml::meaning::{Anchors, is_null};
use crate::yaml::syntax::{Document, Kind, Syntax, read};

use super::{ImageValues, Request};
use list::{List, list_value};
use plan::Plan;

/// What an edit made of a file.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The file afterwards; the same as before when nothing had to change.
    pub text: String,
    /// Every entry that was asked for and is different now.
    pub changes: Vec<EntryChange>,
    /// What is allowed and yet worth a word.
    pub warnings: Vec<String>,
}

/// One entry before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryChange {
    /// The entry's `name`.
    pub name: String,
    /// Its line in the file before the edit, from 1; 0 for an entry that was added.
    pub line: u32,
    /// What it said and says.
    pub entry: Entry,
}

/// The kinds of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An entry of `images`.
    Image {
        /// What it said; `None` when it is new.
        before: Option<ImageValues>,
        /// What it says.
        after: ImageValues,
    },
    /// An entry of `replicas`.
    Replicas {
        /// The count that stood there, as written; `None` when the entry is new.
        before: Option<String>,
        /// The count that stands there.
        after: u32,
    },
}

/// Why a file is not edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditError {
    /// What is wrong.
    pub message: String,
    /// Line, from 1; 0 when no place is to blame.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
}

impl fmt::Display for EditError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(formatter, "line {}: ", self.line)?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for EditError {}

/// What a field shall say.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Want {
    Text(String),
    Number(u32),
    Nothing,
}

/// Fields of one entry that do not say yet what they shall say.
type Fields = Vec<(&'static str, Want)>;

/// What one list needs.
#[derive(Debug)]
struct ListChange {
    list: List,
    /// Fields to change, by the position of the entry.
    items: BTreeMap<usize, Fields>,
    /// Entries to append.
    new: Vec<(String, Fields)>,
}

/// Edits `text`, the content of a kustomization file, so that it says what `request` asks for. With `create_missing`
/// an entry that is not there is appended, else it is an error.
///
/// The result differs in meaning from `text` in exactly the fields asked for: both are read again and compared.
///
/// # Errors
/// Where the text is not understood, an entry is missing, or no splice gives exactly the change that was asked for.
pub fn edit(text: &str, request: &Request, create_missing: bool) -> Result<Edited, EditError> {
    let document = parse(text)?;
    let anchors = Anchors::of(&document, text);
    let mut editor = Editor { text, document: &document, anchors, warnings: Vec::new(), changes: Vec::new() };
    let lists = editor.compare(request, create_missing)?;
    let (changes, warnings) = (editor.changes, editor.warnings);
    if changes.is_empty() {
        return Ok(Edited { text: text.to_owned(), changes, warnings });
    }
    let mut plan = Plan::new(text, &document, &editor.anchors);
    for list in &lists {
        plan.change_items(list)?;
    }
    plan.settle_sharing(&lists)?;
    // What goes into a list stands before what follows it, where both begin at the end of one line.
    for list in &lists {
        plan.append(list)?;
    }
    for list in &lists {
        plan.create(list)?;
    }
    let edited = plan.finish()?;
    proof::prove(text, &edited, &lists)?;
    Ok(Edited { text: edited, changes, warnings })
}

/// Reads the `images` entries of a kustomization file in their order; of several with one name the last counts.
///
/// # Errors
/// Where the text is not understood.
pub fn entries(text: &str) -> Result<Vec<(String, ImageValues)>, EditError> {
    let document = parse(text)?;
    let anchors = Anchors::of(&document, text);
    let mut editor = Editor { text, document: &document, anchors, warnings: Vec::new(), changes: Vec::new() };
    let mut entries: Vec<(String, ImageValues)> = Vec::new();
    for item in editor.items(List::Images)? {
        let Some(name) = editor.field(item, "name").and_then(Syntax::text) else { continue };
        let values = editor.image_values(item)?;
        entries.retain(|(known, _)| known != name);
        entries.push((name.to_owned(), values));
    }
    Ok(entries)
}

/// Tells whether two kustomization files say different things beside their `images`.
///
/// # Errors
/// Where a text is not understood.
pub fn differ_beside_images(one: &str, other: &str) -> Result<bool, EditError> {
    Ok(proof::without_images(one)? != proof::without_images(other)?)
}

fn parse(text: &str) -> Result<Document, EditError> {
    read(text).map_err(|error| EditError {
        message: format!("the file is no YAML: {}", error.info()),
        line: u32::try_from(error.marker().line()).unwrap_or(0),
        column: u32::try_from(error.marker().col() + 1).unwrap_or(0),
    })
}

struct Editor<'doc> {
    text: &'doc str,
    document: &'doc Document,
    anchors: Anchors<'doc>,
    warnings: Vec<String>,
    changes: Vec<EntryChange>,
}

impl<'doc> Editor<'doc> {
    /// Finds what has to change.
    fn compare(&mut self, request: &Request, create_missing: bool) -> Result<Vec<ListChange>, EditError> {
        if self.document.more {
            self.warnings.push("the file holds more than one YAML document; kustomize reads the first one only".into());
        }
        let mut images = ListChange { list: List::Images, items: BTreeMap::new(), new: Vec::new() };
        let items = self.items(List::Images)?;
        for edit in &request.images {
            let found = self.named(&items, &edit.name);
            self.check_count(List::Images, &edit.name, &found, create_missing)?;
            if found.is_empty() {
                self.check_new_name(&edit.name)?;
                let after = edit.apply(&ImageValues::default());
                images.new.push((edit.name.clone(), image_fields(&after)));
                self.changes.push(change(&edit.name, 0, Entry::Image { before: None, after }));
            }
            for (index, item) in found {
                let before = self.image_values(item)?;
                let after = edit.apply(&before);
                let fields = self.differing(item, touched(edit, &after));
                if !fields.is_empty() {
                    images.items.insert(index, fields);
                    let entry = Entry::Image { before: Some(before), after };
                    self.changes.push(change(&edit.name, self.line(item), entry));
                }
            }
        }
        let replicas = self.compare_replicas(request, create_missing)?;
        Ok(vec![images, replicas])
    }

    fn compare_replicas(&mut self, request: &Request, create_missing: bool) -> Result<ListChange, EditError> {
        let mut replicas = ListChange { list: List::Replicas, items: BTreeMap::new(), new: Vec::new() };
        let items = self.items(List::Replicas)?;
        for edit in &request.replicas {
            let found = self.named(&items, &edit.name);
            self.check_count(List::Replicas, &edit.name, &found, create_missing)?;
            let fields = vec![("count", Want::Number(edit.count))];
            if found.is_empty() {
                replicas.new.push((edit.name.clone(), fields));
                self.changes.push(change(&edit.name, 0, Entry::Replicas { before: None, after: edit.count }));
                continue;
            }
            for (index, item) in found {
                let before = self.field(item, "count").and_then(Syntax::text).map(str::to_owned);
                let fields = self.differing(item, fields.clone());
                if !fields.is_empty() {
                    replicas.items.insert(index, fields);
                    let entry = Entry::Replicas { before, after: edit.count };
                    self.changes.push(change(&edit.name, self.line(item), entry));
                }
            }
        }
        Ok(replicas)
    }

    /// Returns the entries of a list; of a key written twice the last counts, as for kustomize.
    fn items(&mut self, list: List) -> Result<Vec<&'doc Syntax>, EditError> {
        let found = list_value(self.text, self.document, list)?;
        if found.repeated {
            self.warnings.push(format!("{} is written more than once in the file; the last one counts", list.key()));
        }
        let Some((_, value)) = found.pair else { return Ok(Vec::new()) };
        match &value.kind {
            _ if is_null(value) => Ok(Vec::new()),
            Kind::Sequence(items, _) => Ok(items.iter().collect()),
            Kind::Alias(_) => {
                Err(at(self.text, value.start(), format!("{} is an alias; write the list out", list.key())))
            }
            _ => Err(at(self.text, value.start(), format!("{} is no list", list.key()))),
        }
    }

    fn named(&self, items: &[&'doc Syntax], name: &str) -> Vec<(usize, &'doc Syntax)> {
        let says = |item: &'doc Syntax| self.field(item, "name").and_then(Syntax::text) == Some(name);
        items.iter().enumerate().filter(|(_, item)| says(item)).map(|(index, item)| (index, *item)).collect()
    }

    fn check_count(
        &mut self,
        list: List,
        name: &str,
        found: &[(usize, &Syntax)],
        create: bool,
    ) -> Result<(), EditError> {
        if let [first, .., last] = found {
            let (first, last) = (self.line(first.1), self.line(last.1));
            let key = list.key();
            self.warnings
                .push(format!("{key} has more than one entry {name:?} (lines {first} to {last}); all of them are set"));
        }
        if found.is_empty() && !create {
            let message = format!("{} has no entry {name:?}, and create-missing is off", list.key());
            return Err(EditError { message, line: 0, column: 0 });
        }
        Ok(())
    }

    /// Refuses to add an entry whose name means something else to kustomize, and warns where one is there already.
    fn check_new_name(&self, name: &str) -> Result<(), EditError> {
        match super::check::pattern_character(name) {
            Some(c) => Err(EditError {
                message: format!(
                    "no entry {name:?} is added: kustomize reads the name as a pattern, and {c:?} is no plain character there"
                ),
                line: 0,
                column: 0,
            }),
            None => Ok(()),
        }
    }

    /// Returns the value of an entry's field, aliases and merges followed; names are compared as Go's JSON does.
    fn field(&self, item: &'doc Syntax, field: &str) -> Option<&'doc Syntax> {
        let fields = self.anchors.fields(item)?;
        let value = fields.iter().rev().find(|(key, _)| is_key(key, field)).map(|(_, value)| *value)?;
        Some(self.anchors.resolve(value))
    }

    fn image_values(&self, item: &'doc Syntax) -> Result<ImageValues, EditError> {
        let value = |field: &str| match self.field(item, field) {
            None => Ok(None),
            Some(node) if is_null(node) => Ok(None),
            Some(node) => match node.text() {
                Some(text) => Ok(Some(text.to_owned()).filter(|text| !text.is_empty())),
                None => Err(at(self.text, node.start(), format!("{field} is no text"))),
            },
        };
        Ok(ImageValues { new_name: value("newName")?, new_tag: value("newTag")?, digest: value("digest")? })
    }

    /// Leaves out the fields that already say what they shall, to every reader.
    fn differing(&self, item: &'doc Syntax, fields: Fields) -> Fields {
        let says = |field: &str, want: &Want| {
            let node = self.field(item, field);
            let meaning = node.and_then(|node| self.anchors.meaning(node).ok());
            match want {
                Want::Nothing => node.is_none_or(|node| is_null(node) || node.text() == Some("")),
                want => meaning.as_ref() == proof::meaning_of(want).as_ref(),
            }
        };
        fields.into_iter().filter(|(field, want)| !says(field, want)).collect()
    }

    fn line(&self, node: &Syntax) -> u32 {
        at(self.text, node.start(), String::new()).line
    }
}

/// The fields of a new entry.
fn image_fields(values: &ImageValues) -> Fields {
    let fields = [("newName", &values.new_name), ("newTag", &values.new_tag), ("digest", &values.digest)];
    fields.into_iter().filter_map(|(field, text)| text.clone().map(|text| (field, Want::Text(text)))).collect()
}

/// The fields that an edit names, with what they shall say.
fn touched(edit: &super::ImageEdit, after: &ImageValues) -> Fields {
    let fields = [
        ("newName", &edit.new_name, &after.new_name),
        ("newTag", &edit.tag, &after.new_tag),
        ("digest", &edit.digest, &after.digest),
    ];
    let named = fields.into_iter().filter(|(_, asked, _)| **asked != super::Field::Keep);
    named.map(|(field, _, text)| (field, text.clone().map_or(Want::Nothing, Want::Text))).collect()
}

fn change(name: &str, line: u32, entry: Entry) -> EntryChange {
    EntryChange { name: name.to_owned(), line, entry }
}

/// Tells whether a key names a field; Go's JSON reader takes any case.
fn is_key(key: &Syntax, field: &str) -> bool {
    key.text().is_some_and(|text| text.eq_ignore_ascii_case(field))
}

/// Returns an error at a byte of the text.
fn at(text: &str, byte: usize, message: String) -> EditError {
    let before = &text[..byte.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").trim_start_matches('\u{feff}').chars().count() + 1;
    EditError { message, line: u32::try_from(line).unwrap_or(0), column: u32::try_from(column).unwrap_or(0) }
}
