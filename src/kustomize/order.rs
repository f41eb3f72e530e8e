//! The order of the output: kustomize's legacy order by kind, or the order in which objects were gathered.

use std::cmp::Ordering;
use std::collections::HashMap;

use smol_str::{SmolStr, format_smolstr};

use crate::failure::Result;
use crate::kustomize::gvk::Gvk;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::value::Value;

/// `sortOptions`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SortOptions {
    /// As gathered.
    Fifo,
    /// By kind.
    Legacy {
        /// Kinds that come first and kinds that come last, when given.
        lists: Option<(Vec<SmolStr>, Vec<SmolStr>)>,
    },
}

impl SortOptions {
    /// Reads the field.
    pub(crate) fn read(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["order", "legacySortOptions"])?;
        let lists = match fields.get("legacySortOptions") {
            None => None,
            Some(value) => {
                let fields = value.fields(&["orderFirst", "orderLast"])?;
                Some((fields.strings("orderFirst")?, fields.strings("orderLast")?))
            }
        };
        match (fields.string("order")?.as_str(), lists) {
            ("legacy", lists) => Ok(Self::Legacy { lists }),
            ("fifo", None) => Ok(Self::Fifo),
            ("fifo", Some(_)) => Err(value.failure("`legacySortOptions` is given, but `order` is fifo")),
            (other, _) => Err(value.failure(format_args!("`order` is `{other}`, not legacy or fifo"))),
        }
    }
}

/// What an object is sorted by.
struct Position {
    rank: i64,
    is_core_namespace: bool,
    gvk: Gvk,
    gvk_text: String,
    /// Text with the namespace, then the name; both have fillers for what is empty.
    name: SmolStr,
}

/// Sorts the objects and checks that no id is there twice.
pub(crate) fn sort(objects: &mut ResourceMap, options: &SortOptions) -> Result<()> {
    let SortOptions::Legacy { lists } = options else { return Ok(()) };
    let ranks = lists.as_ref().map(|(first, last)| ranks(first, last));
    let all = std::mem::take(objects).into_resources();
    let mut placed: Vec<_> = all
        .into_iter()
        .map(|resource| {
            let gvk = resource.gvk().to_gvk();
            let rank = ranks.as_ref().map_or_else(
                || i64::from(gvk.rank()),
                |ranks| ranks.get(gvk.kind.as_str()).copied().unwrap_or_default(),
            );
            let filled = |text: &str, filler: &'static str| {
                if text.is_empty() { SmolStr::new_static(filler) } else { SmolStr::from(text) }
            };
            let name = format_smolstr!("{}|{}", filled(resource.namespace(), "~X"), filled(resource.name(), "~N"));
            let is_core_namespace = gvk.kind == "Namespace" && gvk.group.is_empty();
            (Position { rank, is_core_namespace, gvk_text: gvk.sort_text(), gvk, name }, resource)
        })
        .collect();
    placed.sort_by(|(one, _), (other, _)| compare(one, other));
    placed.into_iter().try_for_each(|(_, resource)| objects.append(resource))
}

fn ranks<'k>(first: &'k [SmolStr], last: &'k [SmolStr]) -> HashMap<&'k str, i64> {
    let mut ranks = HashMap::new();
    for (kind, rank) in first.iter().zip(-i64::try_from(first.len()).unwrap_or(i64::MAX)..) {
        ranks.insert(kind.as_str(), rank);
    }
    for (kind, rank) in last.iter().zip(1..) {
        ranks.insert(kind.as_str(), rank);
    }
    ranks
}

fn compare(one: &Position, other: &Position) -> Ordering {
    if one.gvk == other.gvk {
        return one.name.cmp(&other.name);
    }
    let by_kind = one.gvk_text.cmp(&other.gvk_text);
    let both_namespaces = one.gvk.kind == "Namespace" && other.gvk.kind == "Namespace";
    let by_kind =
        if both_namespaces && (one.is_core_namespace || other.is_core_namespace) { by_kind.reverse() } else { by_kind };
    one.rank.cmp(&other.rank).then(by_kind)
}
