//! The tables of fields that the transformers touch: the built-in rows (data in `tables/`) and the rules by which
//! `configurations` and `crds` add to them. `scripts/refresh-kustomize-tables` rewrites the data.

use std::sync::LazyLock;

use smol_str::SmolStr;

use super::field_spec::FieldSpec;
use super::gvk::Gvk;
use crate::failure::{Failure, Result};

/// Which objects' names stand in which fields of which others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameReference {
    /// The kind whose name it is.
    pub(crate) target: Gvk,
    /// Where that name stands.
    pub(crate) referrers: Vec<FieldSpec>,
}

/// All tables that one layer's transformers read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tables {
    /// Rows of `namePrefix`.
    pub(crate) name_prefix: Vec<FieldSpec>,
    /// Rows of `nameSuffix`.
    pub(crate) name_suffix: Vec<FieldSpec>,
    /// Rows of `namespace`.
    pub(crate) namespace: Vec<FieldSpec>,
    /// Rows of `commonLabels`: selectors, object, templates, volume claim templates.
    pub(crate) common_labels: Vec<FieldSpec>,
    /// Rows of `labels` that only `configurations` add.
    pub(crate) labels: Vec<FieldSpec>,
    /// Rows for `includeTemplates`.
    pub(crate) template_labels: Vec<FieldSpec>,
    /// Rows for `includeVolumeClaimTemplates`.
    pub(crate) volume_claim_template_labels: Vec<FieldSpec>,
    /// Rows of `commonAnnotations`.
    pub(crate) common_annotations: Vec<FieldSpec>,
    /// Rows of name references, by target.
    pub(crate) name_reference: Vec<NameReference>,
    /// Rows in which `$(VAR)` is expanded.
    pub(crate) var_reference: Vec<FieldSpec>,
    /// Rows of `images`.
    pub(crate) images: Vec<FieldSpec>,
    /// Rows of `replicas`.
    pub(crate) replicas: Vec<FieldSpec>,
}

/// The tables of plain rows, by the name that `configurations` give them.
pub(crate) const PLAIN_TABLES: [&str; 11] = [
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "volumeClaimTemplateLabels",
    "commonAnnotations",
    "varReference",
    "images",
    "replicas",
];

const FIELD_SPECS: &str = include_str!("tables/field_specs.tsv");
const NAME_REFERENCES: &str = include_str!("tables/name_references.tsv");
const SCOPES: &str = include_str!("tables/scopes.tsv");

/// What a built-in scope is found by: every object is asked for it many times, and lengths are compared at once.
type ScopeKey<'a> = (usize, &'a str, &'a str);

/// Built-in scopes in the order of their keys: whether the kind is namespaced.
static SCOPES_BY_KEY: LazyLock<Vec<(ScopeKey<'static>, bool)>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let (api_version, kind, scope) = (cells.next()?, cells.next()?, cells.next()?);
        Some(((kind.len(), kind, api_version), scope == "namespaced"))
    };
    let mut scopes: Vec<_> = rows(SCOPES).filter_map(row).collect();
    scopes.sort_unstable();
    scopes
});

/// Whether a kind of the built-in scope table is namespaced; none for kinds outside it.
pub(crate) fn scope_of(api_version: &str, kind: &str) -> Option<bool> {
    let found = SCOPES_BY_KEY.binary_search_by(|(key, _)| key.cmp(&(kind.len(), kind, api_version)));
    found.ok().map(|at| SCOPES_BY_KEY[at].1)
}

impl Tables {
    /// The built-in tables.
    pub(crate) fn builtin() -> Self {
        let mut tables = Self::default();
        for line in rows(FIELD_SPECS) {
            let (name, rest) = line.split_once('\t').unwrap_or((line, ""));
            tables.plain_mut(name).expect("the data names known tables").push(row(rest));
        }
        for line in rows(NAME_REFERENCES) {
            match line.strip_prefix(' ') {
                None => {
                    tables.name_reference.push(NameReference { target: row(line).gvk, ..NameReference::default() });
                }
                Some(referrer) => {
                    let target = tables.name_reference.last_mut().expect("a target precedes its referrers");
                    target.referrers.push(row(referrer));
                }
            }
        }
        tables
    }

    /// The table of plain rows with that name.
    pub(crate) fn plain_mut(&mut self, name: &str) -> Option<&mut Vec<FieldSpec>> {
        Some(match name {
            "namePrefix" => &mut self.name_prefix,
            "nameSuffix" => &mut self.name_suffix,
            "namespace" => &mut self.namespace,
            "commonLabels" => &mut self.common_labels,
            "labels" => &mut self.labels,
            "templateLabels" => &mut self.template_labels,
            "volumeClaimTemplateLabels" => &mut self.volume_claim_template_labels,
            "commonAnnotations" => &mut self.common_annotations,
            "varReference" => &mut self.var_reference,
            "images" => &mut self.images,
            "replicas" => &mut self.replicas,
            _ => return None,
        })
    }

    /// Adds the rows of `other` that are not there yet, and sorts each table by kind.
    ///
    /// # Errors
    /// A row that is there with another `create`.
    pub(crate) fn merge(&mut self, mut other: Self) -> Result<()> {
        for name in PLAIN_TABLES {
            let added = std::mem::take(other.plain_mut(name).expect("the name is of the list of tables"));
            let table = self.plain_mut(name).expect("the name is of the list of tables");
            merge_rows(table, added).map_err(|failure| failure.during(format!("merging the table '{name}'")))?;
        }
        for reference in other.name_reference {
            self.add_reference(reference)?;
        }
        self.sort();
        Ok(())
    }

    /// Returns these rows with those of `added`.
    ///
    /// # Errors
    /// As [`merge`](Self::merge).
    pub(crate) fn joined(&self, added: Self) -> Result<Self> {
        let mut all = self.clone();
        all.merge(added)?;
        Ok(all)
    }

    /// Adds one target's rows to those of the same target.
    ///
    /// # Errors
    /// A row that is there with another `create`.
    pub(crate) fn add_reference(&mut self, reference: NameReference) -> Result<()> {
        match self.name_reference.iter_mut().find(|known| known.target == reference.target) {
            None => {
                self.name_reference.push(reference);
                Ok(())
            }
            Some(known) => merge_rows(&mut known.referrers, reference.referrers)
                .map_err(|failure| failure.during("merging the table 'nameReference'")),
        }
    }

    /// Sorts every table by the legacy order of kinds.
    pub(crate) fn sort(&mut self) {
        for name in PLAIN_TABLES {
            let table = self.plain_mut(name).expect("the name is of the list of tables");
            table.sort_by(|one, other| one.gvk.legacy_order(&other.gvk));
        }
        self.name_reference.sort_by(|one, other| one.target.legacy_order(&other.target));
    }
}

/// A new row is a duplicate of one with the same path that its kind selects; blank parts select anything.
pub(crate) fn merge_rows(table: &mut Vec<FieldSpec>, added: Vec<FieldSpec>) -> Result<()> {
    for new in added {
        let same = |known: &&FieldSpec| known.path == new.path && known.gvk.is_selected_by(&new.gvk);
        match table.iter().find(same) {
            None => table.push(new),
            Some(known) if known.create == new.create => {}
            Some(known) => {
                let (here, there) = (known.create, new.create);
                let message =
                    format!("field specs conflict: path '{}' has create: {here} and create: {there}", new.path);
                return Err(Failure::input(message).hinted("Give both rows the same 'create'."));
            }
        }
    }
    Ok(())
}

fn rows(data: &'static str) -> impl Iterator<Item = &'static str> {
    data.lines().filter(|line| !line.starts_with('#'))
}

/// Reads `group, version, kind, path, create`; absent cells are empty.
fn row(line: &'static str) -> FieldSpec {
    let mut cells = line.split('\t').map(SmolStr::new_static);
    let mut cell = || cells.next().unwrap_or_default();
    let gvk = Gvk { group: cell(), version: cell(), kind: cell() };
    FieldSpec { gvk, path: cell(), create: cell() == "create" }
}

#[cfg(test)]
mod tests {
    use super::{FieldSpec, Gvk, Tables, merge_rows, scope_of};

    #[test]
    fn the_built_in_tables_have_kustomizes_row_counts() {
        let tables = Tables::builtin();
        assert_eq!(tables.common_labels.len(), 32);
        assert_eq!(tables.common_annotations.len(), 9);
        assert_eq!(tables.var_reference.len(), 72);
        assert_eq!(tables.images.len(), 7);
        assert_eq!(tables.replicas.len(), 4);
        assert_eq!(tables.namespace.len(), 3);
        assert_eq!(tables.name_reference.len(), 16);
        assert_eq!(tables.name_reference.iter().map(|target| target.referrers.len()).sum::<usize>(), 167);
        assert!(tables.replicas.iter().all(|row| row.create && row.path == "spec/replicas"));
    }

    #[test]
    fn the_built_in_tables_are_sorted_and_free_of_duplicates() {
        let mut sorted = Tables::builtin();
        sorted.sort();
        assert_eq!(sorted, Tables::builtin());
        sorted.merge(Tables::builtin()).expect("no conflict with itself");
        assert_eq!(sorted, Tables::builtin());
        assert_eq!(Tables::default().joined(Tables::builtin()).expect("no conflict"), Tables::builtin());
    }

    #[test]
    fn scopes_are_those_of_the_table() {
        assert_eq!(scope_of("v1", "Node"), Some(false));
        assert_eq!(scope_of("batch/v1", "Job"), Some(true));
        assert_eq!(scope_of("example.com/v1", "Thing"), None);
    }

    fn spec(kind: &str, path: &str, create: bool) -> FieldSpec {
        FieldSpec { gvk: Gvk { kind: kind.into(), ..Gvk::default() }, path: path.into(), create }
    }

    #[test]
    fn a_row_for_any_kind_is_a_duplicate_of_one_with_its_path() {
        let mut table = vec![spec("Deployment", "spec/replicas", true)];
        merge_rows(&mut table, vec![spec("", "spec/replicas", true), spec("Job", "spec/replicas", true)])
            .expect("merges");
        assert_eq!(table, [spec("Deployment", "spec/replicas", true), spec("Job", "spec/replicas", true)]);
    }

    #[test]
    fn differing_create_is_an_error() {
        let mut table = vec![spec("Deployment", "spec/replicas", true)];
        let failure = merge_rows(&mut table, vec![spec("Deployment", "spec/replicas", false)]).expect_err("conflicts");
        assert!(failure.to_string().contains("spec/replicas"));
    }
}
