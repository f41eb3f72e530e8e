//! The plugin `IAMPolicyGenerator`: a ServiceAccount bound to one of Google's.

use smol_str::format_smolstr;

use crate::failure::Result;
use crate::kustomize::openapi::SchemaInUse;
use crate::kustomize::resource::{Resource, child_mapping};
use crate::kustomize::scalar::set_untagged;
use crate::kustomize::value::Value;
use crate::yaml::Node;

/// Makes the ServiceAccount that a plugin's file describes.
pub(crate) fn generate(value: Value<'_>, schema: &SchemaInUse) -> Result<Resource> {
    let fields = value.fields(&["cloud", "kubernetesService", "serviceAccount"])?;
    let cloud = fields.string("cloud")?;
    if cloud != "gke" {
        return Err(value.failure(format_args!("cloud is `{cloud}`; only gke is known")));
    }
    let inner = |field: &str, name: &str| {
        let value = fields.get(field);
        value.map_or(Ok(Default::default()), |value| value.fields(&["name", "namespace", "projectId"])?.string(name))
    };
    let (name, namespace) = (inner("kubernetesService", "name")?, inner("kubernetesService", "namespace")?);
    let (account, project) = (inner("serviceAccount", "name")?, inner("serviceAccount", "projectId")?);
    let mut node = Node::mapping();
    let root = node.as_mapping_mut().expect("just made");
    root.set("apiVersion", Node::string("v1"));
    root.set("kind", Node::string("ServiceAccount"));
    let metadata = child_mapping(&mut node, "metadata");
    let bound = format_smolstr!("{account}@{project}.iam.gserviceaccount.com");
    let annotations = child_mapping(metadata, "annotations").as_mapping_mut().expect("just made a mapping");
    annotations.set("iam.gke.io/gcp-service-account", plain(&bound));
    let metadata = metadata.as_mapping_mut().expect("just made a mapping");
    metadata.set("name", plain(&name));
    if !namespace.is_empty() {
        metadata.set("namespace", plain(&namespace));
    }
    Ok(Resource::new(node, schema))
}

/// The text as it would be read unquoted.
fn plain(text: &str) -> Node {
    let mut node = Node::string("");
    set_untagged(&mut node, text);
    node
}
