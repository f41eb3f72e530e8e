//! What a bump asks for, as types: the grammar of `kustomize edit set image`, the structured inputs, and replica counts.
//! Pure: text in, edits and warnings out. How a file's bytes change is `images/edit.rs`, what a build does is the engine's.

mod argument;
mod check;
mod edit;
mod request;

pub use argument::parse_argument;
pub use check::{check_digest, check_tag};
pub use edit::{EditError, Edited, Entry, EntryChange, differ_beside_images, edit, entries};
pub use request::{Request, RequestInputs};

/// What happens to one field of an `images` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// What stands there stays.
    Keep,
    /// The field is taken away.
    Remove,
    /// The field gets this text.
    Set(String),
}

/// The three values that one `images` entry can set; `None` and an empty text mean the same to kustomize.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageValues {
    /// `newName`
    pub new_name: Option<String>,
    /// `newTag`
    pub new_tag: Option<String>,
    /// `digest`
    pub digest: Option<String>,
}

/// The change to the `images` entry called `name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageEdit {
    /// The entry's `name`: what containers name before the kustomization changes it.
    pub name: String,
    /// `newName`
    pub new_name: Field,
    /// `newTag`
    pub tag: Field,
    /// `digest`
    pub digest: Field,
}

/// The change to the `replicas` entry called `name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaEdit {
    /// The workload's name.
    pub name: String,
    /// How many there shall be.
    pub count: u32,
}

impl Field {
    /// Returns the field's value after the edit.
    pub fn apply(&self, before: Option<&str>) -> Option<String> {
        match self {
            Self::Keep => before.filter(|text| !text.is_empty()).map(str::to_owned),
            Self::Remove => None,
            Self::Set(text) => Some(text.clone()),
        }
    }
}

impl ImageEdit {
    /// Returns the entry's values after the edit.
    pub fn apply(&self, before: &ImageValues) -> ImageValues {
        ImageValues {
            new_name: self.new_name.apply(before.new_name.as_deref()),
            new_tag: self.tag.apply(before.new_tag.as_deref()),
            digest: self.digest.apply(before.digest.as_deref()),
        }
    }
}

impl ImageValues {
    /// Returns the image that a container named `name` gets, as far as the entry says: `newName:newTag@digest`.
    pub fn reference(&self, name: &str) -> String {
        let mut text = self.new_name.clone().unwrap_or_else(|| name.to_owned());
        if let Some(tag) = &self.new_tag {
            text.push(':');
            text.push_str(tag);
        }
        if let Some(digest) = &self.digest {
            text.push('@');
            text.push_str(digest);
        }
        text
    }
}
