//! A page of a list, whose objects are handed on one by one while it is read: a thousand objects as a tree take ten times the
//! memory of their text, and most who list keep little of each.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What a list's metadata says.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(super) struct PageMetadata {
    /// Asks for the next page; empty on the last.
    #[serde(rename = "continue")]
    pub(super) next: String,
    #[serde(rename = "resourceVersion")]
    pub(super) resource_version: String,
}

/// Reads a page, handing each item to `take`.
///
/// # Errors
/// The text is not that of a list; items before the fault have been taken.
pub(super) fn read<T: DeserializeOwned>(text: &[u8], take: &mut dyn FnMut(T)) -> serde_json::Result<PageMetadata> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let metadata = Page { take }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(metadata)
}

struct Page<'t, T> {
    take: &'t mut dyn FnMut(T),
}

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for Page<'_, T> {
    type Value = PageMetadata;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<PageMetadata, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Page<'_, T> {
    type Value = PageMetadata;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<PageMetadata, A::Error> {
        let mut metadata = PageMetadata::default();
        while let Some(key) = members.next_key::<String>()? {
            match key.as_str() {
                "metadata" => metadata = members.next_value()?,
                "items" => members.next_value_seed(Items { take: self.take, item: PhantomData })?,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(metadata)
    }
}

struct Items<'t, T> {
    take: &'t mut dyn FnMut(T),
    item: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for Items<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Items<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the items of a list")
    }

    /// Some servers write `null` for none.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            (self.take)(item);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn names(text: &str) -> serde_json::Result<(Vec<String>, PageMetadata)> {
        let mut names = Vec::new();
        let metadata = read(text.as_bytes(), &mut |item: Value| names.push(item["name"].as_str().unwrap().to_owned()))?;
        Ok((names, metadata))
    }

    #[test]
    fn items_are_taken_in_order_wherever_the_metadata_stands() {
        let text = r#"{"kind": "List", "items": [{"name": "a"}, {"name": "b"}], "metadata": {"continue": "c", "resourceVersion": "7", "remainingItemCount": 3}}"#;
        let (names, metadata) = names(text).unwrap();
        assert_eq!(names, ["a", "b"]);
        assert_eq!((metadata.next.as_str(), metadata.resource_version.as_str()), ("c", "7"));
    }

    #[test]
    fn no_items_null_items_and_no_metadata_are_an_empty_page() {
        for text in [r#"{"items": []}"#, r#"{"items": null, "metadata": {}}"#, "{}"] {
            assert_eq!(names(text).unwrap(), (Vec::new(), PageMetadata::default()), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["[]", "<html>", r#"{"items": 1}"#, r#"{"items": []} x"#] {
            assert!(names(text).is_err(), "{text}");
        }
    }
}
