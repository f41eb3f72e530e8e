//! Objects as the API server answered them. Kept as bytes where only the head is needed: the parsed form of an object is several
//! times its text, and most of it is managedFields that nobody reads. Knows no kinds.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::failure::ApiError;

/// What a write needs to know of what it made.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub(crate) struct Head {
    pub uid: String,
    /// None for kinds without a spec that counts.
    pub generation: Option<i64>,
}

impl Head {
    /// Reads the head of an object that is parsed already.
    pub(crate) fn of(object: &Value) -> Self {
        let uid = object.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { uid, generation: object.pointer("/metadata/generation").and_then(Value::as_i64) }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Headed {
    metadata: Head,
}

/// One object, as answered.
#[derive(Clone)]
pub(crate) struct Answer {
    text: Vec<u8>,
    head: Head,
}

impl Answer {
    /// Takes the body of an answer.
    ///
    /// # Errors
    /// It is not the JSON of an object.
    pub(super) fn new(text: Vec<u8>) -> Result<Self, ApiError> {
        let Headed { metadata } = serde_json::from_slice(&text)
            .map_err(|error| ApiError::Unreachable(format!("the answer to an apply is no object: {error}")))?;
        Ok(Self { text, head: metadata })
    }

    /// What names this state of the object.
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// The whole object.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.text).expect("it was read as JSON when it came")
    }
}

/// Values of Secrets stand in the text.
impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Answer").field("head", &self.head).finish_non_exhaustive()
    }
}

/// An object without its managedFields, which are passed over unread.
#[derive(Debug)]
pub(crate) struct Trimmed(pub Value);

impl<'de> Deserialize<'de> for Trimmed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Members { within: Within::Object }.deserialize(deserializer).map(Trimmed)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Object,
    Metadata,
}

/// Reads a mapping, leaving out what nobody reads there.
struct Members {
    within: Within,
}

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            match (self.within, key.as_str()) {
                (Within::Object, "metadata") => {
                    let metadata = access.next_value_seed(Members { within: Within::Metadata })?;
                    members.insert(key, metadata);
                }
                (Within::Metadata, "managedFields") => {
                    access.next_value::<IgnoredAny>()?;
                }
                _ => {
                    members.insert(key, access.next_value()?);
                }
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_head_is_read_and_the_whole_stays_within_reach() {
        let object =
            json!({"kind": "Secret", "metadata": {"name": "a", "uid": "u", "generation": 3}, "data": {"k": "dg=="}});
        let answer = Answer::new(object.to_string().into_bytes()).unwrap();
        assert_eq!(*answer.head(), Head { uid: "u".into(), generation: Some(3) });
        assert_eq!(answer.value(), object);
    }

    #[test]
    fn a_secret_is_not_in_its_debug_form() {
        let answer = Answer::new(br#"{"metadata": {}, "data": {"k": "c2VjcmV0"}}"#.to_vec()).unwrap();
        assert!(!format!("{answer:?}").contains("c2Vj"), "{answer:?}");
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(Answer::new(b"<html>".to_vec()).is_err());
        assert!(serde_json::from_str::<Trimmed>("[]").is_err());
    }

    #[test]
    fn managed_fields_are_passed_over_and_nothing_else() {
        let text = r#"{"kind": "A", "managedFields": 1, "metadata": {"managedFields": [{"a": 1}], "name": "b"}, "spec": {"metadata": {"managedFields": 2}}}"#;
        let Trimmed(value) = serde_json::from_str(text).unwrap();
        let wanted = json!({"kind": "A", "managedFields": 1, "metadata": {"name": "b"}, "spec": {"metadata": {"managedFields": 2}}});
        assert_eq!(value, wanted);
    }
}
