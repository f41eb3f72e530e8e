//! The order of the output: kustomize's legacy order by kind, or the order in which objects were gathered.

use std::cmp::Ordering;
use std::collections::HashMap;

use smol_str::{SmolStr, format_smolstr};

use crate::failure::Result;
use crate::kustomize::gvk::Gvk;
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_id::GvkRef;
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

/// One kind among those of the objects.
struct Kind {
    rank: i64,
    is_core_namespace: bool,
    gvk: Gvk,
    text: String,
}

/// Sorts the objects and checks that no id is there twice.
pub(crate) fn sort(objects: &mut ResourceMap, options: &SortOptions) -> Result<()> {
    let SortOptions::Legacy { lists } = options else { return Ok(()) };
    let all = std::mem::take(objects).into_resources();
    let places = places(&all, lists.as_ref().map(|(first, last)| ranks(first, last)));
    let key = |(position, resource): (usize, &Resource)| {
        let filled = |text, filler| if str::is_empty(text) { filler } else { text };
        let name = format_smolstr!("{}|{}", filled(resource.namespace(), "~X"), filled(resource.name(), "~N"));
        (places[&resource.gvk()], name, position)
    };
    let mut keys: Vec<_> = all.iter().enumerate().map(key).collect();
    keys.sort_unstable();
    let order: Vec<usize> = keys.into_iter().map(|(_, _, position)| position).collect();
    drop(places);
    let mut waiting: Vec<Option<Resource>> = all.into_iter().map(Some).collect();
    objects.replace_all(order.into_iter().filter_map(|position| waiting[position].take()).collect());
    objects.check_unique()
}

/// Returns the place of each kind in the order of kinds.
fn places<'r>(all: &'r [Resource], ranks: Option<HashMap<&str, i64>>) -> HashMap<GvkRef<'r>, usize> {
    let mut places: HashMap<GvkRef<'r>, usize> = all.iter().map(|resource| (resource.gvk(), 0)).collect();
    let mut kinds: Vec<Kind> = places.keys().map(|gvk| Kind::of(gvk.to_gvk(), ranks.as_ref())).collect();
    kinds.sort_by(compare);
    let order: HashMap<&Gvk, usize> = kinds.iter().enumerate().map(|(place, kind)| (&kind.gvk, place)).collect();
    for (gvk, place) in &mut places {
        *place = order[&gvk.to_gvk()];
    }
    places
}

impl Kind {
    fn of(gvk: Gvk, ranks: Option<&HashMap<&str, i64>>) -> Self {
        let by_list = |ranks: &HashMap<&str, i64>| ranks.get(gvk.kind.as_str()).copied().unwrap_or_default();
        let rank = ranks.map_or_else(|| i64::from(gvk.rank()), by_list);
        let is_core_namespace = gvk.kind == "Namespace" && gvk.group.is_empty();
        Self { rank, is_core_namespace, text: gvk.sort_text(), gvk }
    }
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

fn compare(one: &Kind, other: &Kind) -> Ordering {
    let by_text = one.text.cmp(&other.text);
    let both_namespaces = one.gvk.kind == "Namespace" && other.gvk.kind == "Namespace";
    // A Namespace of the core group comes before those of other groups.
    let is_reversed = both_namespaces && (one.is_core_namespace || other.is_core_namespace);
    let by_text = if is_reversed { by_text.reverse() } else { by_text };
    one.rank.cmp(&other.rank).then(by_text).then_with(|| one.gvk.group.cmp(&other.gvk.group))
}
