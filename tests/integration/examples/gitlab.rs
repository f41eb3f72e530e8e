//! The GitLab pipeline: two applications, plain manifests, a blocking deploy, and Amazon's kind of kubeconfig.

use std::os::unix::fs::PermissionsExt as _;

use super::folder;
use super::pipeline::Pipeline;
use crate::support::control_plane::{ControlPlane, control_plane};

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// The pipeline in a namespace of the test's own.
fn pipeline(plane: &ControlPlane, namespace: &str) -> Pipeline {
    plane.kubectl(&["create", "namespace", namespace]);
    let mut pipeline = Pipeline::of(&folder("gitlab"));
    pipeline.set("CI_COMMIT_SHA", SHA);
    std::fs::write(pipeline.file("admin.kubeconfig"), plane.kubeconfig()).unwrap();
    let file = pipeline.file("admin.kubeconfig").display().to_string();
    pipeline.set("KUBECONFIG", &file);
    pipeline
}

#[test]
fn the_gitlab_pipeline_deploys_two_applications_and_fails_the_job_when_one_does_not_start() {
    let plane = control_plane();
    let mut pipeline = pipeline(plane, "shop");
    let green = pipeline.job("deploy", None);
    assert_eq!(green.code, 0, "{}", green.log);
    assert_eq!(green.report["K8S_DEPLOY_RESULT"], "deployed");
    assert_eq!(green.report["K8S_DEPLOY_CHANGED"], "true");
    for app in ["api", "web"] {
        let image = plane.field("shop", &format!("deployment/{app}"), ".spec.template.spec.containers[0].image");
        assert_eq!(image, format!("registry.example.com/acme/shop/{app}:{SHA}"));
        let secret = plane.field("shop", &format!("deployment/{app}"), ".spec.template.spec.imagePullSecrets[0].name");
        assert_eq!(plane.field("shop", &format!("secret/{secret}"), ".type"), "kubernetes.io/dockerconfigjson");
    }
    assert!(!plane.field("shop", "service/api", ".spec.ports[0].nodePort").is_empty());
    assert!(!plane.field("shop", "service/web", ".status.loadBalancer.ingress[0].ip").is_empty());
    assert!(!green.log.contains("gldt-0123456789abcdef"), "{}", green.log);

    pipeline.set("CI_COMMIT_SHA", "abc-sim-crash-loop");
    let red = pipeline.job("deploy", None);
    assert_eq!((red.code, red.report["K8S_DEPLOY_RESULT"].as_str()), (5, "failed"), "{}", red.log);
    assert!(red.log.contains("\u{1b}[0Ksection_start:") && red.log.contains("\u{1b}[0Ksection_end:"), "{}", red.log);
    assert!(!red.log.contains("::error") && !red.log.contains("::group"), "{}", red.log);
    assert!(red.log.contains("error: "), "{}", red.log);
}

/// A kubeconfig as `aws eks update-kubeconfig` writes it, for the control plane's address.
fn eks_kubeconfig(server: &str, authority: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: eks\nclusters:\n- name: eks\n  cluster: {{server: \"{server}\", certificate-authority-data: {authority}}}\n\
         contexts:\n- name: eks\n  context: {{cluster: eks, user: eks}}\nusers:\n- name: eks\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n\
         \x20     command: aws-eks-plugin-that-is-not-here\n      args: [eks, get-token, --cluster-name, shop]\n      interactiveMode: Never\n"
    )
}

#[test]
fn a_kubeconfig_of_eks_is_refused_clearly_and_its_token_from_an_earlier_job_deploys() {
    let plane = control_plane();
    let admin: serde_yaml::Value = serde_yaml::from_str(&plane.kubeconfig()).unwrap();
    let cluster = &admin["clusters"][0]["cluster"];
    let (server, authority) =
        (cluster["server"].as_str().unwrap(), cluster["certificate-authority-data"].as_str().unwrap());
    let mut pipeline = pipeline(plane, "shop-eks");
    in_own_namespace(&mut pipeline);
    let config = pipeline.file("eks.kubeconfig");
    std::fs::write(&config, eks_kubeconfig(server, authority)).unwrap();
    pipeline.set("KUBECONFIG", config.to_str().unwrap());
    let refused = pipeline.job("deploy", None);
    assert_eq!(refused.code, 2, "{}", refused.log);
    for part in
        ["running the plugin `aws-eks-plugin-that-is-not-here`, which is not allowed", "cluster-token", "ci-user"]
    {
        assert!(refused.log.contains(part), "{part}: {}", refused.log);
    }
    pipeline.set("INPUT_ALLOW-EXEC", "true");
    pipeline.set("INPUT_ALLOW_EXEC", "true");
    let absent = pipeline.job("deploy", None);
    assert_eq!(absent.code, 2, "{}", absent.log);
    assert!(absent.log.contains("which is not installed here"), "{}", absent.log);

    let (programs, token) = aws(plane);
    for (name, value) in [("EKS_CLUSTER", "shop"), ("EKS_SERVER", server), ("EKS_CA", authority), ("KUBECONFIG", "")] {
        pipeline.set(name, value);
    }
    assert_eq!(pipeline.job("eks-token", Some(programs.path())).code, 0);
    let deployed = pipeline.job("deploy-eks", None);
    assert_eq!(deployed.code, 0, "{}", deployed.log);
    assert_eq!(deployed.report["K8S_DEPLOY_RESULT"], "deployed");
    assert!(!deployed.log.contains(token.trim()), "{}", deployed.log);
}

/// A folder with an `aws` that makes a token, as the image of the earlier job has it.
fn aws(plane: &ControlPlane) -> (tempfile::TempDir, String) {
    let programs = tempfile::tempdir().unwrap();
    let aws = programs.path().join("aws");
    plane.kubectl(&["-n", "shop-eks", "create", "serviceaccount", "deployer"]);
    plane.kubectl(&[
        "-n",
        "shop-eks",
        "create",
        "rolebinding",
        "deployer",
        "--clusterrole=admin",
        "--serviceaccount=shop-eks:deployer",
    ]);
    plane.kubectl(&[
        "-n",
        "shop-eks",
        "create",
        "role",
        "leases",
        "--verb=get,create,patch",
        "--resource=leases.coordination.k8s.io",
    ]);
    plane.kubectl(&[
        "-n",
        "shop-eks",
        "create",
        "rolebinding",
        "leases",
        "--role=leases",
        "--serviceaccount=shop-eks:deployer",
    ]);
    let token = plane.kubectl(&["-n", "shop-eks", "create", "token", "deployer"]);
    std::fs::write(&aws, format!("#!/bin/sh\necho {token}\n")).unwrap();
    std::fs::set_permissions(&aws, std::fs::Permissions::from_mode(0o755)).unwrap();
    (programs, token)
}

/// The file says `shop`, where the other test is at work.
fn in_own_namespace(pipeline: &mut Pipeline) {
    pipeline.replace("--namespace shop ", "--namespace shop-eks ");
}
