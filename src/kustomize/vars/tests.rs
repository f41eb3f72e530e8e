use super::path_of;
use crate::kustomize::field_path::lookup;
use crate::kustomize::testing::{node, text};

#[test]
fn paths_of_vars_take_indices_in_brackets() {
    let object = node("{spec: {ports: [{port: 80}, {port: 81}]}, data: {a.b: c}}");
    for (path, expected) in [("spec.ports[1].port", "81"), ("spec.ports.0.port", "80"), ("data.[a.b]", "\"c\"")] {
        let found = lookup(&object, &path_of(path)).expect("fits").map(text);
        assert_eq!(found.as_deref(), Some(expected), "{path}");
    }
}
