//! `secretGenerator`, and the plugin `SecretGenerator`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::failure::Result;
use crate::kustomize::generators::pairs::{GeneratorArguments, set_data};
use crate::kustomize::layer::Layer;
use crate::kustomize::openapi::SchemaInUse;
use crate::kustomize::resource::{Resource, child_mapping};
use crate::yaml::Node;

/// kustomize breaks base64 text longer than this into lines, line breaks being part of the value.
const LINE_LENGTH: usize = 70;

/// Makes the Secret: all values as base64.
pub(crate) fn generate(arguments: &GeneratorArguments, layer: &Layer<'_>, schema: &SchemaInUse) -> Result<Resource> {
    let mut node = arguments.object("Secret")?;
    let kind = if arguments.secret_type.is_empty() { "Opaque" } else { &arguments.secret_type };
    node.as_mapping_mut().expect("an object is a mapping").set("type", Node::string(kind));
    child_mapping(&mut node, "data");
    for (key, value) in arguments.load(layer)? {
        set_data(&mut node, "data", &key, base64_lines(&value));
    }
    Ok(arguments.finish(node, schema))
}

/// Encodes as base64; what is longer than a line comes in lines that each end with a line break.
pub(crate) fn base64_lines(bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    if encoded.len() < LINE_LENGTH {
        return encoded;
    }
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / LINE_LENGTH + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(LINE_LENGTH));
        lines.push_str(line);
        lines.push('\n');
        rest = behind;
    }
    lines
}
