//! Which kinds the API server serves, under which paths and with which verbs: read once, aggregated where the server can.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;

use super::failure::ApiError;
use super::{Call, Cluster};
use crate::apply::object::ObjectRef;

/// Aggregated discovery (KEP-3352); older servers answer with their plain form, which is then asked for by group-version.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// One kind as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// Plural name in paths.
    pub plural: String,
    /// Lives in a namespace.
    pub namespaced: bool,
    /// Verbs that the server offers.
    pub verbs: Vec<String>,
}

/// Everything that is served.
#[derive(Clone, Debug, Default)]
pub(crate) struct Discovery {
    kinds: HashMap<(String, String, String), Resource>,
}

impl Discovery {
    /// Asks the server; `used` are the group-versions of interest, for servers without aggregation.
    ///
    /// # Errors
    /// The server refused or did not answer.
    pub(crate) async fn read(cluster: &Cluster, used: &BTreeSet<(String, String)>) -> Result<Self, ApiError> {
        let call = |path: &str| Call::get(path).accepting(AGGREGATED);
        let (core, groups) = (call("/api"), call("/apis"));
        let (core, groups) =
            futures_util::future::try_join(cluster.json::<Answer>(&core), cluster.json::<Answer>(&groups)).await?;
        let mut discovery = Self::default();
        if core.kind == "APIGroupDiscoveryList" && groups.kind == "APIGroupDiscoveryList" {
            discovery.add_aggregated(core);
            discovery.add_aggregated(groups);
            return Ok(discovery);
        }
        for (group, version) in used {
            discovery.add_plain(cluster, group, version).await?;
        }
        Ok(discovery)
    }

    /// Returns how a kind is served.
    pub(crate) fn find(&self, object: &ObjectRef) -> Option<&Resource> {
        self.kinds.get(&(object.group.clone(), object.version.clone(), object.kind.clone()))
    }

    /// Returns the versions at which a kind is served, whatever the asked one.
    pub(crate) fn versions_of(&self, group: &str, kind: &str) -> Vec<&str> {
        let served = self.kinds.keys().filter(|(g, _, k)| g == group && k == kind);
        let mut versions: Vec<&str> = served.map(|(_, version, _)| version.as_str()).collect();
        versions.sort_unstable();
        versions
    }

    fn add_aggregated(&mut self, answer: Answer) {
        for group in answer.items {
            let name = group.metadata.name;
            for version in group.versions {
                for resource in version.resources {
                    let Some(kind) = resource.response_kind.map(|kind| kind.kind).filter(|kind| !kind.is_empty())
                    else {
                        continue;
                    };
                    self.add(
                        &name,
                        &version.version,
                        kind,
                        Resource {
                            plural: resource.resource,
                            namespaced: resource.scope == "Namespaced",
                            verbs: resource.verbs,
                        },
                    );
                }
            }
        }
    }

    async fn add_plain(&mut self, cluster: &Cluster, group: &str, version: &str) -> Result<(), ApiError> {
        let path = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let list: PlainList = match cluster.json(&Call::get(path)).await {
            Err(error) if error.code() == Some(404) => return Ok(()),
            other => other?,
        };
        for resource in list.resources.into_iter().filter(|resource| !resource.name.contains('/')) {
            let served = Resource { plural: resource.name, namespaced: resource.namespaced, verbs: resource.verbs };
            self.add(group, version, resource.kind, served);
        }
        Ok(())
    }

    /// Keeps the first of several resources of one kind, as the server lists the main one first.
    pub(crate) fn add(&mut self, group: &str, version: &str, kind: String, resource: Resource) {
        self.kinds.entry((group.to_owned(), version.to_owned(), kind)).or_insert(resource);
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    #[serde(default)]
    resources: Vec<Aggregated>,
}

#[derive(Deserialize)]
struct Aggregated {
    resource: String,
    #[serde(rename = "responseKind")]
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct PlainList {
    #[serde(default)]
    resources: Vec<Plain>,
}

#[derive(Deserialize)]
struct Plain {
    name: String,
    namespaced: bool,
    kind: String,
    #[serde(default)]
    verbs: Vec<String>,
}
