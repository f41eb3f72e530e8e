//! YAML as the tools of this field read and write it: spanned nodes, Go's scalar rules, the emitter, edits by byte range.
//! Pure: text in, nodes or text out; nothing here reads a file.

mod block;
mod emit;
mod error;
pub(crate) mod folded;
mod json;
pub(crate) mod layout;
pub(crate) mod meaning;
pub mod node;
mod number;
mod quote;
pub(crate) mod quoting;
mod reader;
mod resolve;
pub(crate) mod splice;
mod stream;
pub(crate) mod syntax;
mod timestamp;
mod traits;
pub(crate) mod value;

pub use block::to_block;
pub(crate) use emit::SEPARATOR;
pub use emit::{emit, emit_into};
pub use error::{Error, Position};
pub use json::{from_value, to_json, to_value};
pub use node::{Entry, Mapping, Node, Scalar, Sequence, Span, Style, Tag};
pub use reader::{Document, MAX_DEPTH};
pub use resolve::{resolve_tag, resolve_tag_yaml11};

use stream::Stream;

/// Reads every document of a file as kustomize does: cut at the `---` lines, aliases and merge keys expanded,
/// comments dropped. Documents that hold nothing or a null are left out.
///
/// # Errors
/// What go-yaml v3 refuses, and what is too large, too deep or grows too much; with line and column.
pub fn parse(source: &[u8]) -> Result<Vec<Node>, Error> {
    let documents = parse_documents(source)?;
    Ok(documents.into_iter().map(|document| document.root).filter(|root| !root.is_null()).collect())
}

/// Reads every document of a file, the empty ones too, with what an edit has to know about each.
///
/// # Errors
/// As [`parse`].
pub fn parse_documents(source: &[u8]) -> Result<Vec<Document>, Error> {
    let read = |stream: &Stream<'_>| {
        let mut nodes_left = reader::node_budget();
        let ranges = stream.documents()?;
        let read_one = |range| reader::read(&stream.text, range, stream.odd_breaks, &mut nodes_left);
        ranges.into_iter().map(read_one).collect::<Result<Vec<_>, _>>()
    };
    on_stream(source, read)
}

/// Reads a file's first document only, as kustomization files are read: what stands behind it is not looked at.
///
/// # Errors
/// As [`parse`].
pub fn parse_first(source: &[u8]) -> Result<Option<Document>, Error> {
    let read = |stream: &Stream<'_>| {
        let Some(range) = stream.first_document() else { return Ok(Vec::new()) };
        let mut nodes_left = reader::node_budget();
        reader::read(&stream.text, range, stream.odd_breaks, &mut nodes_left).map(|document| vec![document])
    };
    on_stream(source, read).map(|documents| documents.into_iter().next())
}

/// Prepares the text, lets `read` read it and translates what it returns back to the source's offsets.
fn on_stream(
    source: &[u8],
    read: impl FnOnce(&Stream<'_>) -> Result<Vec<Document>, Error>,
) -> Result<Vec<Document>, Error> {
    let stream = Stream::new(source).map_err(|error| error.locate(source))?;
    let result = read(&stream);
    if !stream.is_shifted() {
        return result.map_err(|error| error.locate(source));
    }
    let mut documents = result.map_err(|error| Error { span: stream.original(error.span), ..error }.locate(source))?;
    for document in &mut documents {
        document.translate(&|span| stream.original(span));
    }
    Ok(documents)
}

#[cfg(test)]
mod tests;
