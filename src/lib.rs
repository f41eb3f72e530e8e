//! The k8s-deploy library.
