//! The floor that a deploy is measured against: sends each object of a file once, server-side, so many at a time, and nothing else.
//!
//! `bare-loop KUBECONFIG FILE CONCURRENCY`; a line of FILE is `PATH<TAB>JSON`. Prints seconds.
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used, reason = "a measuring tool")]

use futures_util::stream::{self, StreamExt as _};
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let kubeconfig = Kubeconfig::read_from(&arguments[1]).unwrap();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    let client = kube::Client::try_from(config).unwrap();
    let text = std::fs::read_to_string(&arguments[2]).unwrap();
    let concurrency = arguments[3].parse().unwrap();
    let started = Instant::now();
    let sends = text.lines().map(|line| {
        let client = client.clone();
        let (path, body) = line.split_once('\t').unwrap();
        let request = http::Request::patch(format!("{path}?fieldManager=k8s-deploy-action&force=true"))
            .header("content-type", "application/apply-patch+yaml")
            .body(body.as_bytes().to_vec())
            .unwrap();
        async move { client.request_text(request).await.unwrap().len() }
    });
    let bytes: usize =
        stream::iter(sends).buffer_unordered(concurrency).fold(0, |sum, len| async move { sum + len }).await;
    println!("{:.3} s, {bytes} bytes answered", started.elapsed().as_secs_f64());
}
