//! The plugin `ValueAddTransformer`: puts a value into fields, or into paths that fields hold.

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::field_spec::split_path;
use crate::kustomize::layer::Layer;
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::scalar::set_untagged;
use crate::kustomize::selector::Selector;
use crate::kustomize::transformers::namespace::{Namespace, Rows};
use crate::kustomize::transformers::{Transformer, about};
use crate::kustomize::value::Value;
use crate::yaml::{Node, Scalar, Tag};

/// The step.
#[derive(Debug)]
pub(crate) struct ValueAdd {
    value: SmolStr,
    targets: Vec<Target>,
}

#[derive(Debug)]
struct Target {
    selector: Option<Selector>,
    field_path: SmolStr,
    /// From 1: where in the path that the field holds; 0: the field holds the value itself.
    position: usize,
}

impl ValueAdd {
    /// A plugin's file. Without a value it is the name of the layer's folder.
    pub(crate) fn from_plugin(value: Value<'_>, layer: &Layer<'_>) -> Result<Self> {
        let fields = value.fields(&["value", "targets", "targetFilePath"])?;
        let text = fields.string("value")?;
        let text = if text.trim().is_empty() { layer.folder_name() } else { text.trim().into() };
        let mut targets = fields.list("targets")?.into_iter().map(Target::read).collect::<Result<Vec<_>>>()?;
        let path = fields.string("targetFilePath")?;
        if !path.is_empty() {
            let source = layer.load(&path)?;
            if let Some(node) = source.first_document()? {
                let file = Value::new(&node, &source, value.reading).fields(&["targets"])?;
                targets.extend(file.list("targets")?.into_iter().map(Target::read).collect::<Result<Vec<_>>>()?);
            }
        }
        if targets.is_empty() {
            return Err(value.failure("there must be at least one target"));
        }
        Ok(Self { value: text, targets })
    }
}

impl Target {
    fn read(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["selector", "fieldPath", "filePathPosition"])?;
        let field_path = fields.string("fieldPath")?;
        if field_path.is_empty() {
            return Err(value.failure("`fieldPath` is missing"));
        }
        let position = fields.get("filePathPosition").map_or(Ok(0), |value| value.integer())?;
        let position = usize::try_from(position).map_err(|_| value.failure("`filePathPosition` is negative"))?;
        Ok(Self { selector: fields.get("selector").map(Selector::from_field).transpose()?, field_path, position })
    }

    fn apply(&self, value: &str, resource: &mut Resource) -> Result<()> {
        if self.field_path == "metadata/namespace" {
            return Namespace::only_metadata(value).apply(resource, &mut Rows::new(&[]));
        }
        let field = field(&mut resource.node, &split_path(&self.field_path, '/'))?;
        let refused = || Failure::input(format_args!("`{}` holds a map or a list", self.field_path));
        let old = field.as_scalar().ok_or_else(refused)?;
        let old = if old.tag == Tag::Null { "" } else { old.text.as_str() };
        let new = if self.position > 0 { inserted(old, self.position - 1, value) } else { value.to_owned() };
        set_untagged(field, new);
        Ok(())
    }
}

impl Transformer for ValueAdd {
    fn transform(&self, objects: &mut ResourceMap) -> Result<()> {
        for target in &self.targets {
            for resource in objects.resources_mut() {
                let is_meant = target.selector.as_ref().map_or(Ok(true), |selector| selector.targets(resource))?;
                if is_meant {
                    target.apply(&self.value, resource).map_err(|failure| about(resource, failure))?;
                    resource.spread_shared();
                }
            }
        }
        Ok(())
    }
}

/// Returns the field at a path, made where it is missing.
fn field<'n>(node: &'n mut Node, path: &[SmolStr]) -> Result<&'n mut Node> {
    let Some((name, rest)) = path.split_first() else { return Ok(node) };
    let refused = || Failure::input(format_args!("the way to `{name}` leads through a list or a scalar"));
    let mapping = node.as_mapping_mut().ok_or_else(refused)?;
    if mapping.get(name).is_none_or(Node::is_null) {
        let scalar = Node::Scalar(Scalar { tag: Tag::Null, ..Scalar::default() });
        mapping.set(name, if rest.is_empty() { scalar } else { Node::mapping() });
    }
    field(mapping.get_mut(name).expect("set just above"), rest)
}

/// Inserts a segment into a path; one beyond its end is appended, an absolute path stays so.
fn inserted(path: &str, position: usize, segment: &str) -> String {
    let (root, rest) = path.strip_prefix('/').map_or(("", path), |rest| ("/", rest));
    let mut segments: Vec<&str> = rest.split('/').filter(|segment| !segment.is_empty()).collect();
    segments.insert(position.min(segments.len()), segment);
    format!("{root}{}", segments.join("/"))
}
