//! Objects of the cluster by their paths: read, listed, applied server-side, patched, deleted. Decides nothing about them.

use std::fmt::Write as _;

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::{Answer, Trimmed};
use super::discovery::Resource;
use super::failure::ApiError;
use super::{Call, Cluster, page};
use crate::apply::object::ObjectRef;
use crate::apply::ownership::MANAGER;

const APPLY: &str = "application/apply-patch+yaml";
const JSON_PATCH: &str = "application/json-patch+json";
const MERGE_PATCH: &str = "application/merge-patch+json";
/// Objects asked for at a time; the server's own tools use this size.
const PAGE: u32 = 500;

/// How an apply is meant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ApplyMode {
    /// Check everything, write nothing.
    pub dry_run: bool,
    /// Take fields from other managers.
    pub force: bool,
}

/// What a list hands on.
#[derive(Debug)]
pub(crate) enum Listed<T> {
    /// An object.
    Item(T),
    /// Everything so far is void: the list begins anew.
    Anew,
}

/// Returns the path under which all objects of a kind in a namespace stand.
pub(crate) fn collection(object: &ObjectRef, resource: &Resource) -> String {
    let mut path = if object.group.is_empty() {
        format!("/api/{}", object.version)
    } else {
        format!("/apis/{}/{}", object.group, object.version)
    };
    if let Some(namespace) = object.namespace.as_deref().filter(|_| resource.namespaced) {
        let _ = write!(path, "/namespaces/{}", encoded(namespace));
    }
    let _ = write!(path, "/{}", resource.plural);
    path
}

/// Returns the path of one object.
pub(crate) fn path(object: &ObjectRef, resource: &Resource) -> String {
    format!("{}/{}", collection(object, resource), encoded(&object.name))
}

/// Escapes what must not stand in one segment of a path (RFC 3986 §3.3).
pub(crate) fn encoded(segment: &str) -> String {
    let mut text = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':') {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

impl Cluster {
    /// Reads one object; `None` when it is not there.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(crate) async fn read(&self, path: &str) -> Result<Option<Value>, ApiError> {
        match self.json(&Call::get(path)).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.code() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads all objects of a collection, page by page, with the resourceVersion of the list.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(crate) async fn list(&self, collection: &str) -> Result<(Vec<Value>, String), ApiError> {
        self.list_as(collection).await
    }

    /// Reads all objects of a collection as they are looked at: without managedFields.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(super) async fn list_trimmed(&self, collection: &str) -> Result<(Vec<Trimmed>, String), ApiError> {
        self.list_as(collection).await
    }

    async fn list_as<T: DeserializeOwned>(&self, collection: &str) -> Result<(Vec<T>, String), ApiError> {
        let mut items = Vec::new();
        let take = |listed| match listed {
            Listed::Item(item) => items.push(item),
            Listed::Anew => items.clear(),
        };
        let version = self.list_each(collection, take).await?;
        Ok((items, version))
    }

    /// Reads all objects of a collection, page by page, each handed on as it is read; returns the resourceVersion of the list.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(crate) async fn list_each<T: DeserializeOwned>(
        &self,
        collection: &str,
        mut take: impl FnMut(Listed<T>),
    ) -> Result<String, ApiError> {
        let mut next = String::new();
        loop {
            let separator = if collection.contains('?') { '&' } else { '?' };
            let mut path = format!("{collection}{separator}limit={PAGE}");
            if !next.is_empty() {
                let _ = write!(path, "&continue={}", encoded(&next));
            }
            let text = match self.bytes(&Call::get(path)).await {
                // The rest of an old list is gone: read it anew, whole.
                Err(error) if error.code() == Some(410) && !next.is_empty() => {
                    take(Listed::Anew);
                    next.clear();
                    continue;
                }
                other => other?,
            };
            let page = page::read(&text, &mut |item| take(Listed::Item(item)))
                .map_err(|error| ApiError::Unreachable(format!("the answer to {collection} is no list: {error}")))?;
            next = page.next;
            if next.is_empty() {
                return Ok(page.resource_version);
            }
        }
    }

    /// Applies an object server-side and returns what the server made of it.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(crate) async fn apply(&self, path: &str, body: Vec<u8>, mode: ApplyMode) -> Result<Answer, ApiError> {
        let mut path = format!("{path}?fieldManager={MANAGER}&fieldValidation=Strict&force={}", mode.force);
        if mode.dry_run {
            path.push_str("&dryRun=All");
        }
        Answer::new(self.bytes(&Call::with_body(Method::PATCH, path, APPLY, body)).await?)
    }

    /// Patches an object with RFC 6902 operations.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(crate) async fn json_patch(&self, path: &str, operations: &Value) -> Result<Value, ApiError> {
        let path = format!("{path}?fieldManager={MANAGER}");
        self.json(&Call::with_body(Method::PATCH, path, JSON_PATCH, operations.to_string().into_bytes())).await
    }

    /// Patches an object with members to merge, under a field manager of its own.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(crate) async fn merge_patch(&self, path: &str, manager: &str, members: &Value) -> Result<Value, ApiError> {
        let path = format!("{path}?fieldManager={manager}");
        self.json(&Call::with_body(Method::PATCH, path, MERGE_PATCH, members.to_string().into_bytes())).await
    }

    /// Creates an object.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(crate) async fn create(&self, collection: &str, object: &Value) -> Result<Value, ApiError> {
        let call = Call::with_body(Method::POST, collection, "application/json", object.to_string().into_bytes());
        self.json(&call).await
    }

    /// Deletes an object if it is still the one with this uid; what is gone already counts as deleted.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(crate) async fn delete(&self, path: &str, uid: Option<&str>) -> Result<(), ApiError> {
        let mut options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"});
        if let Some(uid) = uid {
            options["preconditions"] = json!({"uid": uid});
        }
        let call = Call::with_body(Method::DELETE, path, "application/json", options.to_string().into_bytes());
        match self.bytes(&call).await {
            Ok(_) => Ok(()),
            Err(error) if matches!(error.code(), Some(404)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_the_api_conventions() {
        let web = ObjectRef {
            group: "apps".into(),
            version: "v1".into(),
            kind: "Deployment".into(),
            namespace: Some("shop".into()),
            name: "web".into(),
        };
        let resource = Resource { plural: "deployments".into(), namespaced: true, verbs: Vec::new() };
        assert_eq!(path(&web, &resource), "/apis/apps/v1/namespaces/shop/deployments/web");
        let space =
            ObjectRef { version: "v1".into(), kind: "Namespace".into(), name: "a/b".into(), ..ObjectRef::default() };
        let resource = Resource { plural: "namespaces".into(), namespaced: false, verbs: Vec::new() };
        assert_eq!(path(&space, &resource), "/api/v1/namespaces/a%2Fb");
    }
}
