//! The live state of every object of a set, in as few requests as there are kinds and namespaces.

use std::collections::{BTreeMap, HashMap};

use super::scope;
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::plan::CONCURRENCY;
use crate::apply::target::Target;
use crate::failure::Result;
use crate::kubernetes::{Cluster, objects};

/// From so many objects of one kind and namespace on, one list is cheaper than single reads.
const WORTH_A_LIST: usize = 4;

/// Reads every object: one list for many of a kind and namespace, single reads for few or where lists are not permitted.
pub(crate) async fn read(cluster: &Cluster, targets: &[Target]) -> Result<Vec<Option<Value>>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, target) in targets.iter().enumerate() {
        let collection = objects::collection(&target.manifest.reference, &target.resource);
        groups.entry(collection).or_default().push(index);
    }
    let reads = groups.into_iter().map(|(collection, members)| read_group(cluster, targets, collection, members));
    let mut live = vec![None; targets.len()];
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
) -> Result<Vec<(usize, Option<Value>)>> {
    // What is not followed is never listed: to read four Secrets, nobody needs the right to read all of them.
    if members.len() >= WORTH_A_LIST && members.iter().any(|index| scope::is_followed(&targets[*index])) {
        match cluster.list(&collection).await {
            Ok((items, _)) => return Ok(sorted_out(targets, &members, items)),
            Err(error) if matches!(error.code(), Some(403..=405)) => {}
            Err(error) => return Err(error.into_failure(format!("listing {collection}"))),
        }
    }
    let reads = members.into_iter().map(|index| async move {
        let target = &targets[index];
        let object = cluster.read(&target.path).await;
        object
            .map(|object| (index, object))
            .map_err(|error| error.into_failure(format!("reading {}", target.manifest.reference)))
    });
    stream::iter(reads).buffer_unordered(CONCURRENCY).collect::<Vec<_>>().await.into_iter().collect()
}

/// Finds the members in a list, whose items carry neither kind nor apiVersion.
fn sorted_out(targets: &[Target], members: &[usize], items: Vec<Value>) -> Vec<(usize, Option<Value>)> {
    let mut by_name: HashMap<String, Value> = items
        .into_iter()
        .filter_map(|item| Some((item.pointer("/metadata/name")?.as_str()?.to_owned(), item)))
        .collect();
    members
        .iter()
        .map(|index| {
            let reference = &targets[*index].manifest.reference;
            let object = by_name.remove(&reference.name).map(|mut object| {
                if let Some(members) = object.as_object_mut() {
                    members.insert("apiVersion".to_owned(), Value::String(reference.api_version()));
                    members.insert("kind".to_owned(), Value::String(reference.kind.clone()));
                }
                object
            });
            (*index, object)
        })
        .collect()
}
