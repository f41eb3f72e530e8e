//! What is built and what is set on the way: kustomize's flags, images, replica counts.

use super::super::values::Values;

/// kustomize's own flags.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// `Some("none")`, `Some("legacy")`, or kustomize's default.
    pub reorder: Option<String>,
    /// Files outside the root may be loaded.
    pub load_restrictions_none: bool,
    /// Adds the managed-by label.
    pub managed_by_label: bool,
}

/// Images and replica counts to set; lines as they were given.
#[derive(Clone, Debug, Default)]
pub struct ImageEdits {
    /// Lines in the grammar of `kustomize edit set image`.
    pub lines: Vec<String>,
    /// Name of the one image that `tag`, `digest` and `new_name` speak of.
    pub image: Option<String>,
    /// Its new tag.
    pub tag: Option<String>,
    /// Its new digest.
    pub digest: Option<String>,
    /// Its new name.
    pub new_name: Option<String>,
    /// Lines `name=count`.
    pub replicas: Vec<String>,
}

impl ImageEdits {
    /// Tells whether nothing is to be set.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.image.is_none() && self.replicas.is_empty()
    }
}

pub(super) fn flags(values: &mut Values<'_>) -> Build {
    let reorder = values.choice("reorder");
    let restrictor = values.choice("load-restrictor");
    Build {
        reorder: Some(reorder).filter(|word| !word.is_empty()),
        load_restrictions_none: matches!(restrictor.as_str(), "none" | "LoadRestrictionsNone"),
        managed_by_label: values.boolean("enable-managedby-label"),
    }
}

pub(super) fn edits(values: &mut Values<'_>) -> ImageEdits {
    let edits = ImageEdits {
        lines: values.lines("images"),
        image: values.text("image"),
        tag: values.text("tag"),
        digest: values.text("digest"),
        new_name: values.text("new-name"),
        replicas: values.lines("replicas"),
    };
    let details = [("tag", &edits.tag), ("digest", &edits.digest), ("new-name", &edits.new_name)];
    if edits.image.is_none() {
        for (name, _) in details.iter().filter(|(_, value)| value.is_some()) {
            values.refuse(name, "needs `image`, the name of the image it speaks of");
        }
    } else if details.iter().all(|(_, value)| value.is_none()) {
        values.refuse("image", "needs `tag`, `digest` or `new-name` beside it");
    }
    edits
}
