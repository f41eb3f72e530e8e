//! Pull errors as container runtimes and registries write them.

use super::{PullError, classify, essence};

const TEXTS: &[(PullError, &str)] = &[
    // containerd
    (
        PullError::NotFound,
        r#"rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:nope": failed to resolve reference "docker.io/library/nginx:nope": docker.io/library/nginx:nope: not found"#,
    ),
    (
        PullError::NotFound,
        r#"Back-off pulling image "nginx:nope": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:nope": failed to resolve reference "docker.io/library/nginx:nope": docker.io/library/nginx:nope: not found"#,
    ),
    (
        PullError::Denied,
        r#"failed to pull and unpack image "docker.io/acme/none:1": failed to resolve reference "docker.io/acme/none:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed"#,
    ),
    (
        PullError::Denied,
        r#"failed to pull and unpack image "ghcr.io/acme/app:1": failed to resolve reference "ghcr.io/acme/app:1": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aacme%2Fapp%3Apull&service=ghcr.io: 401 Unauthorized"#,
    ),
    (
        PullError::Denied,
        r#"failed to resolve reference "ghcr.io/acme/app:1": failed to authorize: failed to fetch anonymous token: unexpected status: 403 Forbidden"#,
    ),
    (
        PullError::Passing,
        r#"failed to pull and unpack image "docker.io/acme/app:1": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/acme/app/manifests/sha256:0: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit."#,
    ),
    (
        PullError::Passing,
        r#"failed to resolve reference "reg.example.com/app:1": unexpected status from HEAD request to https://reg.example.com/v2/app/manifests/1: 503 Service Unavailable"#,
    ),
    (PullError::Passing, r#"failed to resolve reference "reg.example.com/app:1": unexpected status: 502 Bad Gateway"#),
    (
        PullError::Passing,
        r#"failed to do request: Head "https://reg.example.com/v2/app/manifests/1": dial tcp: lookup reg.example.com on 10.96.0.10:53: no such host"#,
    ),
    (
        PullError::Passing,
        r#"failed to do request: Head "https://reg.example.com/v2/app/manifests/1": net/http: TLS handshake timeout"#,
    ),
    (
        PullError::Passing,
        r#"failed to do request: Head "https://reg.example.com/v2/app/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority"#,
    ),
    (PullError::Passing, r#"failed to do request: Head "https://reg.example.com/v2/app/manifests/1": EOF"#),
    (
        PullError::Passing,
        r#"failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://cdn.example.com/blob": context deadline exceeded"#,
    ),
    (
        PullError::Unusable,
        r#"failed to pull and unpack image "docker.io/acme/app:1": no match for platform in manifest: not found"#,
    ),
    // CRI-O
    (PullError::NotFound, "reading manifest nope in docker.io/library/nginx: manifest unknown"),
    (
        PullError::NotFound,
        "initializing source docker://quay.io/acme/app:nope: reading manifest nope in quay.io/acme/app: unknown: Tag nope was deleted or has expired. To pull, revive via time machine",
    ),
    (
        PullError::Denied,
        "initializing source docker://quay.io/acme/app:1: reading manifest 1 in quay.io/acme/app: unauthorized: access to the requested resource is not authorized",
    ),
    (
        PullError::Denied,
        "initializing source docker://docker.io/acme/none:1: reading manifest 1 in docker.io/acme/none: requested access to the resource is denied",
    ),
    (
        PullError::Passing,
        "pinging container registry reg.example.com: Get \"https://reg.example.com/v2/\": dial tcp 10.0.0.1:443: connect: connection refused",
    ),
    (
        PullError::Passing,
        "reading manifest 1 in docker.io/acme/app: toomanyrequests: You have reached your unauthenticated pull rate limit.",
    ),
    // Docker
    (
        PullError::Denied,
        "rpc error: code = Unknown desc = Error response from daemon: pull access denied for leeroy-web1, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ),
    (
        PullError::NotFound,
        "rpc error: code = Unknown desc = Error response from daemon: manifest for nginx:nope not found: manifest unknown: manifest unknown",
    ),
    (PullError::NotFound, "rpc error: code = 2 desc = Error: image library/some-invalid-image not found"),
    (PullError::Passing, "Failed to pull image 'gcr.io/*': rpc error: code = 2 desc = net/http: request canceled"),
    // registries
    (
        PullError::NotFound,
        "failed to resolve reference \"123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:nope\": 123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:nope: not found",
    ),
    (
        PullError::Denied,
        "unexpected status from HEAD request to https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/app/manifests/1: 403 Forbidden",
    ),
    (
        PullError::Denied,
        "Error response from daemon: Get https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/app/manifests/1: no basic auth credentials",
    ),
    (
        PullError::NotFound,
        "name unknown: The repository with name 'app' does not exist in the registry with id '123456789012'",
    ),
    (
        PullError::NotFound,
        "failed to resolve reference \"europe-docker.pkg.dev/p/r/app:nope\": europe-docker.pkg.dev/p/r/app:nope: not found",
    ),
    (
        PullError::Denied,
        "denied: Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \"projects/p/locations/europe/repositories/r\" (or it may not exist)",
    ),
    (PullError::NotFound, "manifest unknown: Requested entity was not found."),
    (PullError::NotFound, "unknown: artifact library/app:nope not found"),
    (PullError::Denied, "unauthorized: unauthorized to access repository: library/app, action: pull"),
    (PullError::Passing, "pull QPS exceeded"),
    (PullError::Passing, "unexpected status code 500: internal server error"),
    // nothing
    (PullError::Unclear, "Back-off pulling image \"nginx:1.27\""),
    (PullError::Unclear, ""),
    (
        PullError::Invalid,
        "Failed to apply default image tag \"Nginx:1\": couldn't parse image name \"Nginx:1\": invalid reference format: repository name (library/Nginx) must be lowercase",
    ),
];

#[test]
fn each_text_of_a_runtime_or_registry_is_read_for_what_it_says() {
    for (expected, text) in TEXTS {
        assert_eq!(classify(text, ""), *expected, "{text}");
    }
}

#[test]
fn only_answers_about_the_image_are_final() {
    let words = [PullError::NotFound, PullError::Denied, PullError::Invalid, PullError::Unusable].map(PullError::word);
    assert!(words.iter().all(Option::is_some));
    assert!(PullError::Passing.word().is_none() && PullError::Unclear.word().is_none());
}

#[test]
fn the_images_own_name_is_not_read() {
    let back_off = |image: &str| format!("Back-off pulling image \"{image}\"");
    for image in [
        "shop/forbidden-planet:1",
        "registry.example.com/not-found-page:2",
        "denied:1",
        "ghcr.io/a/manifest-unknown@sha256:0",
    ] {
        assert_eq!(classify(&back_off(image), image), PullError::Unclear, "{image}");
    }
    let text =
        "failed to resolve reference \"docker.io/shop/timeout-page:1\": docker.io/shop/timeout-page:1: not found";
    assert_eq!(classify(text, "shop/timeout-page:1"), PullError::NotFound);
    let text = "reading manifest 1 in docker.io/library/not: manifest unknown";
    assert_eq!(classify(text, "not:1"), PullError::NotFound);
}

/// The texts that the test cluster's kubelets say, each with its public source.
#[test]
fn the_recorded_texts_of_runtimes_are_read_for_what_they_say() {
    let text = include_str!("../../../tests/controlplane/fixtures/messages.yaml");
    let file: serde_json::Value = serde_yaml::from_str(text).expect("the fixture is YAML");
    let mut read = 0;
    for row in file["messages"].as_array().expect("messages") {
        let expected = match row["class"].as_str().expect("a class") {
            "not-found" | "content-missing" => PullError::NotFound,
            "denied" | "unauthorized" => PullError::Denied,
            "rate-limited" | "dns" | "timeout" | "tls" | "server-error" | "unavailable" | "no-space" => {
                PullError::Passing
            }
            "no-platform" | "signature" | "unsigned" => PullError::Unusable,
            _ => continue,
        };
        let image = "ghcr.io/shop/forbidden-planet:500";
        let values = [
            ("{image}", image),
            ("{name}", image),
            ("{host}", "ghcr.io"),
            ("{path}", "shop/forbidden-planet"),
            ("{escaped_path}", "shop%2Fforbidden-planet"),
            ("{repository}", "ghcr.io/shop/forbidden-planet"),
            ("{reference}", "500"),
            ("{digest}", "sha256:5005"),
        ];
        let told = values
            .iter()
            .fold(row["text"].as_str().expect("a text").to_owned(), |told, (name, value)| told.replace(name, value));
        assert_eq!(classify(&told, image), expected, "{told}");
        read += 1;
    }
    assert!(read > 20, "{read}");
}

#[test]
fn the_essence_of_a_pull_error_names_the_image_no_more() {
    let table = [
        (
            r#"Back-off pulling image "nginx:nope": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:nope": failed to resolve reference "docker.io/library/nginx:nope": docker.io/library/nginx:nope: not found"#,
            "not found",
        ),
        (r#"Back-off pulling image "nginx:nope""#, r#"Back-off pulling image "nginx:nope""#),
        (
            r#"failed to resolve reference "reg.example.com/app:1": unexpected status: 502 Bad Gateway"#,
            "unexpected status: 502 Bad Gateway",
        ),
        (
            "rpc error: code = Unknown desc = Error response from daemon: manifest for nginx:busted not found",
            "manifest for nginx:busted not found",
        ),
        ("", ""),
    ];
    for (text, expected) in table {
        assert_eq!(essence(text), expected, "{text}");
    }
}
