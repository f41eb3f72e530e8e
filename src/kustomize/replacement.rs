//! Replacements: a value read from one object (or given) and written into fields of others.
//! Holds what one entry says and applies it; where entries come from is the transformer's business.

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::field_path::{Segment, form, lookup, segments};
use crate::kustomize::growth::{Growth, check_depth};
use crate::kustomize::resource::Resource;
use crate::kustomize::resource_map::ResourceMap;
use crate::kustomize::scalar_text::{is_untagged, untagged};
use crate::kustomize::selector::Selector;
use crate::kustomize::source::Spot;
use crate::kustomize::value::{Fields, Value};
use crate::yaml::Node;

mod source;
mod structured;
mod target;

use source::Source;
use target::{Field, Make, TargetPath};

const DEFAULT_PATH: &str = "metadata.name";

/// One entry of `replacements`.
#[derive(Debug)]
pub(crate) struct Replacement {
    source: Source,
    targets: Vec<Target>,
    spot: Spot,
}

/// Fields of objects that get the value.
#[derive(Debug)]
struct Target {
    select: Selector,
    reject: Vec<Selector>,
    paths: Vec<(SmolStr, TargetPath)>,
    options: Options,
}

/// How a field's text is taken apart and put together.
#[derive(Clone, Debug, Default)]
struct Options {
    delimiter: SmolStr,
    index: i64,
    create: bool,
}

impl Options {
    fn from_field(value: Option<Value<'_>>) -> Result<Self> {
        let Some(value) = value else { return Ok(Self::default()) };
        // `encoding` is read and does nothing, as in kustomize.
        let fields = value.fields(&["delimiter", "index", "encoding", "create"])?;
        fields.string("encoding")?;
        Ok(Self {
            delimiter: fields.string("delimiter")?,
            index: fields.get("index").map_or(Ok(0), |index| index.integer())?,
            create: fields.bool("create")?,
        })
    }
}

impl Replacement {
    /// The fields of an entry.
    pub(crate) const FIELDS: [&'static str; 3] = ["source", "targets", "sourceValue"];

    /// Reads an entry from its fields.
    ///
    /// # Errors
    /// Neither or both of `source` and `sourceValue`, no `targets`, a target without `select`, broken patterns.
    pub(crate) fn from_fields(fields: &Fields<'_>) -> Result<Self> {
        let source = Source::from_fields(fields)?;
        let Some(targets) = fields.get("targets") else {
            return Err(fields
                .whole
                .failure("a replacement needs targets")
                .hinted("Add `targets` with a `select` each."));
        };
        let targets = targets.list()?.into_iter().map(Target::from_field).collect::<Result<Vec<_>>>()?;
        Ok(Self { source, targets, spot: fields.whole.spot() })
    }

    /// Reads the value and writes it into every target.
    ///
    /// # Errors
    /// A source that is not there or not alone, a field that is missing, a value that does not fit.
    pub(crate) fn apply(&self, objects: &mut ResourceMap) -> Result<()> {
        self.copy(objects).map_err(|failure| self.spot.failed(failure))
    }

    fn copy(&self, objects: &mut ResourceMap) -> Result<()> {
        let (mut value, source_at) = self.source.value(objects)?;
        let mut growth = Growth::default();
        for target in &self.targets {
            for position in 0..objects.len() {
                if target.means(&objects.resources()[position])? {
                    // What is written into the source itself is what later fields get.
                    let own_source = (source_at == Some(position)).then_some(&self.source);
                    objects.change(position, |resource| target.write(resource, &mut value, own_source, &mut growth))?;
                }
            }
        }
        Ok(())
    }
}

impl Target {
    fn from_field(value: Value<'_>) -> Result<Self> {
        let fields = value.fields(&["select", "reject", "fieldPaths", "options"])?;
        let Some(select) = fields.get("select") else {
            return Err(value
                .failure("a target needs `select`")
                .hinted("Name the objects to change, by kind or name."));
        };
        let reject = fields.list("reject")?.into_iter().map(Selector::from_field).collect::<Result<Vec<_>>>()?;
        let mut paths = fields.strings("fieldPaths")?;
        if paths.is_empty() {
            paths.push(SmolStr::new_static(DEFAULT_PATH));
        }
        let paths = paths.into_iter().map(|path| (path.clone(), TargetPath::new(segments(&path)))).collect();
        Ok(Self {
            select: Selector::from_field(select)?,
            reject,
            paths,
            options: Options::from_field(fields.get("options"))?,
        })
    }

    /// Ids count as they are and as they ever were; a namespace counts as written.
    fn means(&self, resource: &Resource) -> Result<bool> {
        if !self.select.fits_labels(resource)? {
            return Ok(false);
        }
        for reject in self.reject.iter().filter(|reject| reject.asks_for_labels()) {
            if reject.fits_labels(resource)? {
                return Ok(false);
            }
        }
        let by_id = |selector: &Selector| {
            selector.fits_id(resource.gvk(), resource.name(), resource.namespace())
                || resource.previous_ids().any(|id| selector.fits_id(id.gvk, id.name, id.namespace))
        };
        Ok(!self.reject.iter().any(|reject| reject.asks_for_id() && by_id(reject)) && by_id(&self.select))
    }

    fn write(
        &self,
        resource: &mut Resource,
        value: &mut Node,
        own_source: Option<&Source>,
        growth: &mut Growth,
    ) -> Result<()> {
        let shown = resource.current_id().to_string();
        for (text, path) in &self.paths {
            let in_metadata = matches!(path.segments().first(), Some(Segment::Field(name)) if name == "metadata");
            let result = if in_metadata {
                resource.as_annotations(|node| self.write_field(node, path, value, growth))
            } else {
                self.write_field(&mut resource.node, path, value, growth)
            };
            result.map_err(|failure| failure.during(format!("replacing field '{text}' of {shown}")))?;
            if let Some(changed) = own_source.and_then(|source| source.again(&resource.node)) {
                *value = changed;
            }
        }
        resource.spread_shared();
        Ok(())
    }

    fn write_field(&self, node: &mut Node, path: &TargetPath, value: &Node, growth: &mut Growth) -> Result<()> {
        let depth = path.segments().len();
        check_depth(depth)?;
        let make = if self.options.create { made_for(value) } else { Make::Nothing };
        let mut write = |field: Field<'_>| {
            growth.copy(value, depth)?;
            self.set(field, value)
        };
        if structured::write(node, path, make, &mut write) {
            return Ok(());
        }
        match path.visit(node, 0, make, &structured::parse, &mut write)? {
            0 => Err(missing(node, path, self.options.create)),
            _ => Ok(()),
        }
    }

    fn set(&self, field: Field<'_>, value: &Node) -> Result<()> {
        let Field { node, is_new } = field;
        let mut value = value.clone();
        if !self.options.delimiter.is_empty() {
            let text = self.spliced(node, value.text().filter(|_| !value.is_null()).unwrap_or_default())?;
            match &mut value {
                Node::Scalar(scalar) => scalar.text = text,
                other => *other = Node::string(text),
            }
        }
        match node {
            Node::Scalar(scalar) if is_new || is_untagged(scalar) => {
                *scalar = untagged(value.text().unwrap_or_default())
            }
            // Type and quotes stay; a text that does not fit the type is refused when the object is printed.
            Node::Scalar(scalar) => scalar.text = value.text().unwrap_or_default().into(),
            node => *node = value,
        }
        Ok(())
    }

    /// Puts the value in place of one part of the field's text, in front of all or behind all.
    fn spliced(&self, node: &Node, value: &str) -> Result<SmolStr> {
        let Node::Scalar(scalar) = node else {
            return Err(Failure::input(format!("a delimiter needs a single value to split, found {}", form(node))));
        };
        let mut parts: Vec<&str> = go_split(&scalar.text, &self.options.delimiter);
        match usize::try_from(self.options.index) {
            Err(_) => parts.insert(0, value),
            Ok(index) if index >= parts.len() => parts.push(value),
            Ok(index) => parts[index] = value,
        }
        Ok(parts.join(&self.options.delimiter).into())
    }
}

/// Splits like Go: an empty text has one part, the empty one.
fn go_split<'t>(text: &'t str, delimiter: &str) -> Vec<&'t str> {
    text.split(delimiter).collect()
}

fn made_for(value: &Node) -> Make {
    match value {
        Node::Scalar(_) => Make::Scalar,
        Node::Mapping(_) => Make::Mapping,
        Node::Sequence(_) => Make::Sequence,
    }
}

fn missing(node: &Node, path: &TargetPath, create: bool) -> Failure {
    let failure = Failure::input("the object has no such field");
    let hint = if create {
        "A list element that is matched by value or by '*' must be there.".to_owned()
    } else {
        match candidates(node, path.segments()) {
            Some(candidates) => {
                format!("Fields there are: {candidates}. Or set `options: {{create: true}}` to make it.")
            }
            None => "Set `options: {create: true}` to make it.".to_owned(),
        }
    };
    failure.hinted(hint)
}

/// The fields of the last map on the way.
fn candidates(node: &Node, path: &[Segment]) -> Option<String> {
    let reached = (0..path.len()).rev().find_map(|end| lookup(node, &path[..end]).ok().flatten())?;
    let keys = reached.as_mapping()?.entries.iter().map(|entry| entry.key.text.as_str());
    let names: Vec<&str> = keys.filter(|key| !key.starts_with("internal.config.kubernetes.io/")).take(12).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests;
