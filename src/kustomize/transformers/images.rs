//! `images`, and the plugin `ImageTagTransformer`: changes name, tag or digest of images.
//! Like kustomize it goes over each object twice: over every list called `containers` or `initContainers` at any depth,
//! then over the fields of the table. A `tagSuffix` is therefore added twice where both passes meet.

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::configurations::read_field_specs;
use crate::kustomize::field_spec::{FieldSpec, FieldSpecs};
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::scalar::set_untagged;
use crate::kustomize::transformers::{Transformer, about};
use crate::kustomize::value::Value;
use crate::yaml::Node;

mod pattern;

use pattern::Pattern;

/// One entry of `images`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    name: SmolStr,
    new_name: SmolStr,
    tag_suffix: SmolStr,
    new_tag: SmolStr,
    digest: SmolStr,
}

/// The step.
#[derive(Debug)]
pub(crate) struct Images {
    image: Image,
    /// None when the name is no regular expression: then nothing matches.
    pattern: Option<Pattern>,
    rows: Vec<FieldSpec>,
}

impl Image {
    /// Reads an entry.
    pub(crate) fn from_field(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["name", "newName", "tagSuffix", "newTag", "digest"])?;
        Ok(Self {
            name: fields.string("name")?,
            new_name: fields.string("newName")?,
            tag_suffix: fields.string("tagSuffix")?,
            new_tag: fields.string("newTag")?,
            digest: fields.string("digest")?,
        })
    }
}

impl Images {
    /// An entry of the kustomization's field.
    pub(crate) fn from_field(image: &Image, rows: &[FieldSpec]) -> Self {
        Self { image: image.clone(), pattern: Pattern::of(&image.name), rows: rows.to_vec() }
    }

    /// A plugin's file.
    pub(crate) fn from_plugin(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["imageTag", "fieldSpecs"])?;
        let image = fields.get("imageTag").map_or(Ok(Image::default()), Image::from_field)?;
        Ok(Self { pattern: Pattern::of(&image.name), image, rows: read_field_specs(&fields)? })
    }

    fn update(&self, node: &mut Node) -> Result<()> {
        let refused = || Failure::input("an `image` holds a map or a list, where a string belongs");
        let text = node.text().ok_or_else(refused)?;
        if self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(text)) {
            let updated = self.image.applied_to(text);
            set_untagged(node, updated);
        }
        Ok(())
    }

    fn update_containers(&self, node: &mut Node) -> Result<()> {
        match node {
            Node::Mapping(mapping) => mapping.entries.iter_mut().try_for_each(|entry| {
                self.update_containers(&mut entry.value)?;
                if matches!(entry.key.text.as_str(), "containers" | "initContainers") {
                    self.update_list(&mut entry.value)?;
                }
                Ok(())
            }),
            Node::Sequence(list) => list.items.iter_mut().try_for_each(|item| self.update_containers(item)),
            Node::Scalar(_) => Ok(()),
        }
    }

    fn update_list(&self, node: &mut Node) -> Result<()> {
        let Some(list) = node.as_sequence_mut() else { return Ok(()) };
        for container in list.items.iter_mut().filter(|item| !item.is_null()) {
            let refused = || Failure::input("an element of `containers` is no map");
            if let Some(image) = container.as_mapping_mut().ok_or_else(refused)?.get_mut("image") {
                self.update(image)?;
            }
        }
        Ok(())
    }
}

impl Image {
    /// Returns the image with what this entry changes. A tag clears the digest and vice versa.
    fn applied_to(&self, image: &str) -> String {
        let (name, mut tag, mut digest) = split(image);
        let (new_tag, new_digest) = (self.new_tag.as_str(), self.digest.as_str());
        let suffixed = format!("{tag}{}", self.tag_suffix);
        match (new_tag.is_empty(), new_digest.is_empty()) {
            (false, _) => (tag, digest) = (new_tag, new_digest),
            (true, false) => (tag, digest) = ("", new_digest),
            (true, true) if !self.tag_suffix.is_empty() => (tag, digest) = (&suffixed, ""),
            (true, true) => {}
        }
        let mut updated = String::from(if self.new_name.is_empty() { name } else { &self.new_name });
        for (separator, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                updated.push(separator);
                updated.push_str(part);
            }
        }
        updated
    }
}

impl Transformer for Images {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        objects.change_each(
            || FieldSpecs::new(self.rows.clone(), None),
            |specs, resource| {
                if resource.kind() == "CustomResourceDefinition" {
                    return Ok(());
                }
                let paths = specs.paths(resource.gvk());
                let updated = self
                    .update_containers(&mut resource.node)
                    .and_then(|()| paths.apply(&mut resource.node, &mut |_, node| self.update(node)));
                updated.map_err(|failure| about(resource, failure))
            },
        )
    }
}

/// Splits into name, tag and digest; a colon before the first slash belongs to a port.
fn split(image: &str) -> (&str, &str, &str) {
    let start = image.find('/').unwrap_or(0);
    let at = image[start..].find('@').map(|index| index + start);
    let colon = image[start..].find(':').map(|index| index + start);
    match (colon, at) {
        (None, None) => (image, "", ""),
        (Some(colon), Some(at)) if colon < at => (&image[..colon], &image[colon + 1..at], &image[at + 1..]),
        (_, Some(at)) => (&image[..at], "", &image[at + 1..]),
        (Some(colon), None) => (&image[..colon], &image[colon + 1..], ""),
    }
}
