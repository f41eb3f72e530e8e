//! `configMapGenerator`, and the plugin `ConfigMapGenerator`.

use crate::failure::Result;
use crate::kustomize::generators::pairs::{GeneratorArguments, set_data};
use crate::kustomize::generators::secret::base64_lines;
use crate::kustomize::layer::Layer;
use crate::kustomize::openapi::SchemaInUse;
use crate::kustomize::resource::Resource;

/// Makes the ConfigMap: text goes to `data`, what is no UTF-8 to `binaryData`.
pub(crate) fn generate(arguments: &GeneratorArguments, layer: &Layer<'_>, schema: &SchemaInUse) -> Result<Resource> {
    let mut node = arguments.object("ConfigMap")?;
    for (key, value) in arguments.load(layer)? {
        match String::from_utf8(value) {
            Ok(text) => set_data(&mut node, "data", &key, text),
            Err(binary) => set_data(&mut node, "binaryData", &key, base64_lines(binary.as_bytes())),
        }
    }
    Ok(arguments.finish(node, schema))
}
