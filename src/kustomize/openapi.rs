//! Which schema a build uses: the built-in one, or a custom one that `openapi` names.
//!
//! kustomize sets it once a process: the root's, else the first it meets going down; it takes the place of the built-in
//! one, unless that was in use before, in which case both count.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::failure::{Failure, Result};
use crate::kustomize::kustomization::Kustomization;
use crate::kustomize::layer::Layer;
use crate::kustomize::schema::Schema;
use crate::kustomize::tables::scope_of;

/// The only version of Kubernetes' schema that kustomize has built in.
const BUILT_IN_VERSION: &str = "v1.21.2";

/// A schema to look kinds up in; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) enum SchemaInUse {
    /// The built-in one, which is only read when something needs it.
    #[default]
    BuiltIn,
    /// A custom one.
    Custom(Arc<Schema>),
}

impl SchemaInUse {
    /// Returns the schema.
    pub(crate) fn get(&self) -> &Schema {
        match self {
            Self::BuiltIn => Schema::builtin(),
            Self::Custom(schema) => schema,
        }
    }

    /// Tells whether objects of a kind are certain to have no namespace.
    pub(crate) fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        match self {
            Self::BuiltIn => scope_of(api_version, kind) == Some(false),
            Self::Custom(schema) => schema.is_cluster_scoped(api_version, kind),
        }
    }
}

/// The schema of a build while its layers are read.
#[derive(Debug, Default)]
pub(crate) struct OpenApi {
    current: RefCell<SchemaInUse>,
    is_set: Cell<bool>,
    /// A kind that the scope table lacks was read before a schema was set: the built-in one will be read behind it.
    built_in_due: Cell<bool>,
    /// A strategic merge read the built-in schema before another one was set.
    built_in_used: Rc<Cell<bool>>,
}

impl OpenApi {
    /// Returns the schema as of now.
    pub(crate) fn current(&self) -> SchemaInUse {
        self.current.borrow().clone()
    }

    /// Tells whether a layer's `openapi` field was taken.
    pub(crate) fn is_set(&self) -> bool {
        self.is_set.get()
    }

    /// Notes that an object of this kind was read.
    pub(crate) fn note_kind(&self, api_version: &str, kind: &str) {
        if !self.is_set.get() && !self.built_in_due.get() && scope_of(api_version, kind).is_none() {
            self.built_in_due.set(true);
        }
    }

    /// Returns what a strategic merge sets when it reads the schema as of now.
    pub(crate) fn use_mark(&self) -> Rc<Cell<bool>> {
        if self.is_set.get() { Rc::default() } else { Rc::clone(&self.built_in_used) }
    }

    /// Takes a layer's `openapi` field, unless one was taken before.
    pub(crate) fn set(&self, kustomization: &Kustomization, layer: &Layer<'_>) -> Result<()> {
        let value = |name: &str| -> Option<SmolStr> {
            kustomization.openapi.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        };
        let source = value("path").map(|path| layer.load(&path)).transpose()?;
        if self.is_set.get() {
            return Ok(());
        }
        let at = |failure: Failure| match kustomization.fields().get("openapi") {
            Some(value) => failure.at(value.place()),
            None => failure,
        };
        match (source, value("version").filter(|version| !version.is_empty())) {
            (Some(_), Some(_)) => Err(at(Failure::input("`openapi` has both `path` and `version`")
                .hinted("Keep `path` for your own schema, or `version` for the built-in one."))),
            (Some(source), None) => {
                let document = source.first_document()?;
                let custom = document.as_ref().map_or_else(|| Ok(Schema::default()), Schema::from_document);
                let custom = custom.map_err(|failure| failure.during(source.path.to_string()))?;
                // What kustomize reads last wins.
                let schema = match (self.built_in_used.get(), self.built_in_due.get()) {
                    (true, _) => Schema::builtin().overlaid_by(&custom),
                    (false, true) => custom.overlaid_by(Schema::builtin()),
                    (false, false) => custom,
                };
                *self.current.borrow_mut() = SchemaInUse::Custom(Arc::new(schema));
                self.is_set.set(true);
                Ok(())
            }
            (None, Some(version)) if version == BUILT_IN_VERSION => {
                self.is_set.set(true);
                Ok(())
            }
            (None, Some(version)) => Err(at(Failure::input(format_args!("`openapi` wants {version}"))
                .hinted(format!("Only {BUILT_IN_VERSION} is built in; give another schema by `path`.")))),
            (None, None) => Ok(()),
        }
    }
}
