//! The live state of every object of a set, in as few requests as there are kinds and namespaces. What is as rendered is found
//! out as it is read, since from then on nobody needs its larger half, who owns which field.

use std::collections::{BTreeMap, HashMap};

use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::plan::CONCURRENCY;
use super::scope;
use crate::apply::target::Target;
use crate::apply::{ownership, takeover};
use crate::failure::Result;
use crate::kubernetes::Cluster;
use crate::kubernetes::failure::ApiError;
use crate::kubernetes::objects::{self, Listed};

/// From so many objects of one kind and namespace on, one list is cheaper than single reads.
const WORTH_A_LIST: usize = 4;

/// An object as it is in the cluster.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// The object; without managedFields when it is as rendered.
    pub object: Value,
    /// Everything of ours in it is as rendered, and nothing of an earlier `kubectl apply` is left.
    pub as_rendered: bool,
}

impl Live {
    fn of(target: &Target, mut object: Value) -> Self {
        let as_rendered = !takeover::is_needed(&object) && ownership::as_rendered(&target.manifest.value, &object);
        if as_rendered {
            ownership::forget(&mut object);
        }
        Self { object, as_rendered }
    }
}

/// Reads every object: one list for many of a kind and namespace, single reads for few or where lists are not permitted.
pub(crate) async fn read(cluster: &Cluster, targets: &[Target]) -> Result<Vec<Option<Live>>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, target) in targets.iter().enumerate() {
        let collection = objects::collection(&target.manifest.reference, &target.resource);
        groups.entry(collection).or_default().push(index);
    }
    let reads = groups.into_iter().map(|(collection, members)| read_group(cluster, targets, collection, members));
    let mut live: Vec<Option<Live>> = targets.iter().map(|_| None).collect();
    let mut results = stream::iter(reads).buffer_unordered(CONCURRENCY);
    while let Some(found) = results.next().await {
        for (index, object) in found? {
            live[index] = object;
        }
    }
    Ok(live)
}

async fn read_group(
    cluster: &Cluster,
    targets: &[Target],
    collection: String,
    members: Vec<usize>,
) -> Result<Vec<(usize, Option<Live>)>> {
    // What is not followed is never listed: to read four Secrets, nobody needs the right to read all of them.
    if members.len() >= WORTH_A_LIST && members.iter().any(|index| scope::is_followed(&targets[*index])) {
        match list(cluster, targets, &collection, &members).await {
            Ok(found) => return Ok(found),
            Err(error) if matches!(error.code(), Some(403..=405)) => {}
            Err(error) => return Err(error.into_failure(format!("listing {collection}"))),
        }
    }
    let reads = members.into_iter().map(|index| async move {
        let target = &targets[index];
        let object = cluster.read(&target.path).await;
        object
            .map(|object| (index, object.map(|object| Live::of(target, object))))
            .map_err(|error| error.into_failure(format!("reading {}", target.manifest.reference)))
    });
    stream::iter(reads).buffer_unordered(CONCURRENCY).collect::<Vec<_>>().await.into_iter().collect()
}

/// Reads the members out of one list, whose items carry neither kind nor apiVersion.
async fn list(
    cluster: &Cluster,
    targets: &[Target],
    collection: &str,
    members: &[usize],
) -> std::result::Result<Vec<(usize, Option<Live>)>, ApiError> {
    let name = |index: &usize| targets[*index].manifest.reference.name.as_str();
    let by_name: HashMap<&str, usize> = members.iter().enumerate().map(|(at, index)| (name(index), at)).collect();
    let mut found: Vec<(usize, Option<Live>)> = members.iter().map(|index| (*index, None)).collect();
    let take = |listed: Listed<Value>| {
        let Listed::Item(mut item) = listed else { return found.iter_mut().for_each(|(_, live)| *live = None) };
        let Some(at) = item.pointer("/metadata/name").and_then(Value::as_str).and_then(|name| by_name.get(name)) else {
            return;
        };
        let (index, live) = &mut found[*at];
        let reference = &targets[*index].manifest.reference;
        if let Some(members) = item.as_object_mut() {
            members.insert("apiVersion".to_owned(), Value::String(reference.api_version()));
            members.insert("kind".to_owned(), Value::String(reference.kind.clone()));
        }
        *live = Some(Live::of(&targets[*index], item));
    };
    cluster.list_each(collection, take).await?;
    Ok(found)
}
