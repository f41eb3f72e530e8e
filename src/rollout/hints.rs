//! The next step for each reason: what a person does now, in a sentence or two. Never repeats the reason itself.

/// Returns the next step for a reason; `message` narrows it where one reason has several causes.
pub(crate) fn next_step(reason: &str, message: &str) -> Option<String> {
    let text = message.to_ascii_lowercase();
    let step = of_image(reason, &text)
        .or_else(|| of_container(reason, &text))
        .or_else(|| of_placement(reason, &text))
        .or_else(|| of_creation(reason, &text))
        .or_else(|| of_volume(reason, &text))
        .or_else(|| of_object(reason))?;
    Some(step.to_owned())
}

fn of_image(reason: &str, text: &str) -> Option<&'static str> {
    Some(match reason {
        "ImageNotFound" => {
            "check that the image was built and pushed under exactly this name and tag before the deploy, and that the tag was not deleted"
        }
        "ImagePullDenied" => {
            "check the name first (registries answer so for repositories that do not exist), then the pull secret: imagePullSecrets of the pod or its service account, its expiry, and the right to read this repository"
        }
        "InvalidImageName" => {
            "correct the image reference: lower-case name, one tag of at most 128 characters, no scheme"
        }
        "ImageUnusable" => {
            "build the image for the nodes' platform (`docker buildx build --platform`), or sign it as the cluster's policy asks"
        }
        "ErrImageNeverPull" => {
            "imagePullPolicy is Never and the node does not have the image: load it there, or use IfNotPresent"
        }
        "ErrImagePull" | "ImagePullBackOff" | "ErrImagePullBackOff" | "RegistryUnavailable" if says_busy(text) => {
            "the registry limits pulls: authenticate the pulls, use a mirror, or wait; it is tried again by itself"
        }
        "ErrImagePull" | "ImagePullBackOff" | "ErrImagePullBackOff" | "RegistryUnavailable" | "ImageInspectError" => {
            "the way from the nodes to the registry is disturbed: check DNS, proxy, certificates and the registry's own state; it is tried again by itself"
        }
        _ => return None,
    })
}

fn says_busy(text: &str) -> bool {
    ["429", "too many requests", "toomanyrequests", "rate", "qps"].iter().any(|word| text.contains(word))
}

fn of_container(reason: &str, text: &str) -> Option<&'static str> {
    Some(match reason {
        "CrashLoopBackOff" if text.contains("exit 137") && text.contains("out of memory") => OUT_OF_MEMORY,
        "CrashLoopBackOff" if text.contains("exec format error") => WRONG_PLATFORM,
        "CrashLoopBackOff" if text.contains("exit 0") => {
            "the process ends by itself: a Deployment wants one that keeps running; for a task that ends, use a Job"
        }
        "CrashLoopBackOff" | "Error" | "PodFailed" => {
            "read the log of the previous container (`kubectl logs --previous`): the process ends with an error, often for a missing setting or a service that it cannot reach"
        }
        "OOMKilled" => OUT_OF_MEMORY,
        "RunContainerError" | "StartError" | "ContainerCannotRun" if text.contains("exec format error") => {
            WRONG_PLATFORM
        }
        "RunContainerError" | "StartError" | "ContainerCannotRun" => {
            "check command and args of the container: the file must be in the image, executable, and found in PATH"
        }
        "CreateContainerConfigError" if text.contains("runasnonroot") => {
            "give the image a numeric non-root USER, or set runAsUser in the security context"
        }
        "CreateContainerConfigError" if text.contains("couldn't find key") => {
            "add the key to the ConfigMap or Secret, or mark the reference `optional: true`"
        }
        "CreateContainerConfigError" => {
            "create the ConfigMap or Secret that the container names (check its namespace and its hashed name), or mark the reference `optional: true`"
        }
        "CreateContainerError" => "check command, mounts and subPath of the container against the image",
        "PostStartHookError" | "PreStartHookError" | "PreCreateHookError" => {
            "run the hook's command in the container by hand, or read the container's log: the hook ended with an error"
        }
        "Completed" => {
            "the process ends by itself: a Deployment wants one that keeps running; for a task that ends, use a Job"
        }
        "Unhealthy" => {
            "compare the probe's port, path and timeouts with what the container serves, and how long its start takes (startupProbe)"
        }
        _ => return None,
    })
}

const OUT_OF_MEMORY: &str =
    "raise the container's memory limit, or make the process use less: it was killed at its limit";

const WRONG_PLATFORM: &str = "the image is built for another processor than the node's: build it for the node's platform, or choose nodes by kubernetes.io/arch";

fn of_placement(reason: &str, text: &str) -> Option<&'static str> {
    let unplaced = matches!(reason, "Unschedulable" | "FailedScheduling");
    Some(match reason {
        _ if unplaced && text.contains("insufficient") => {
            "lower the pod's requests, or add nodes; a node autoscaler may be doing so now"
        }
        _ if unplaced && text.contains("taint") => "add a toleration for the nodes' taints, or use nodes without them",
        _ if unplaced && (text.contains("affinity") || text.contains("selector")) => {
            "compare nodeSelector and affinity with the labels that the nodes have"
        }
        _ if unplaced && (text.contains("persistentvolumeclaim") || text.contains("volume")) => {
            "check the claims of the pod: bound, and in a zone that has nodes"
        }
        _ if unplaced => "no node fits: compare the pod's requests, selectors and tolerations with the nodes",
        "SchedulingGated" => "remove the pod's schedulingGates, or wait for the controller that does",
        "NodeNotReady" => {
            "repair the node, or remove it (`kubectl delete node`) so that its pods are made anew elsewhere; a DaemonSet counts each node that its pods may run on, a cordoned one too"
        }
        "NodeLost" => "check the node: it does not report any more",
        "Evicted" | "OutOfcpu" | "OutOfmemory" | "OutOfpods" | "Preempting" | "Preempted" => {
            "check requests against what the nodes have: the pod was turned out or away for lack of resources"
        }
        "OldPodTerminating" => {
            "check the node that the pod runs on, and its finalizers; where the node is gone for good, `kubectl delete pod NAME --force` lets the rollout go on"
        }
        "OldPodBlocksUpdate" => {
            "delete the pod that is named: a StatefulSet does not replace a pod that never became ready (kubernetes#67250)"
        }
        _ => return None,
    })
}

fn of_creation(reason: &str, text: &str) -> Option<&'static str> {
    Some(match reason {
        "QuotaExceeded" => {
            "raise the namespace's ResourceQuota, or lower requests, limits or replicas (a rollout needs room for its surge)"
        }
        "PodSecurityViolation" => {
            "make the pod's securityContext meet the namespace's pod security level, as the message lists"
        }
        "AdmissionDenied" => "change the pod as the admission policy asks; its message is above",
        "ServiceAccountNotFound" => "create the service account that the pod template names, or correct the name",
        "PodRefused" => "correct the pod template as the API server's message says",
        "FailedCreate" if text.contains("webhook") => "check the admission webhook: the API server cannot reach it",
        "FailedCreate" => "the controller cannot create pods: its message is above; it tries again by itself",
        "ProgressDeadlineExceeded" => {
            "look at the pods of the new replica set: they did not become ready in progressDeadlineSeconds; raise that if the start takes longer"
        }
        "Paused" => "set spec.paused to false (`kubectl rollout resume`) to roll the new template out",
        "Suspended" => {
            "take the suspension back (spec.suspend, spec.paused, or the annotation that is named) to let it go on"
        }
        _ => return None,
    })
}

fn of_volume(reason: &str, text: &str) -> Option<&'static str> {
    Some(match reason {
        "FailedMount" if text.contains("secret") || text.contains("configmap") => {
            "create the Secret or ConfigMap that the volume names, in the pod's namespace"
        }
        "FailedMount" | "FailedAttachVolume" => {
            "check the volume: is it still attached to another node, and does its driver run on this one?"
        }
        "FailedCreatePodSandBox" | "FailedCreatePodSandbox" => {
            "check the network plugin on the node: the pod's network could not be set up"
        }
        "Pending" | "ProvisioningFailed" => "check the claim's storage class and its provisioner",
        "Lost" => "the volume behind the claim is gone: restore it, or make a new claim",
        _ => return None,
    })
}

fn of_object(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "BackoffLimitExceeded" | "JobFailed" => {
            "read the log of the Job's last pod; after a correction the Job must be created anew"
        }
        "DeadlineExceeded" => "raise activeDeadlineSeconds, or find out in the log what the Job waited for",
        "PodFailurePolicy" => {
            "read the log of the pod that is named: its exit code is one that the Job's podFailurePolicy fails on"
        }
        "Deleted" => "find out who deleted it (audit log, another pipeline, a GitOps controller), and deploy again",
        "Terminating" => "wait for its finalizers, or find out why their controllers do not remove them",
        "NamesNotAccepted" => "another CustomResourceDefinition has these names: rename this one, or remove the other",
        "AddressPending" => "check that the cluster has a load balancer controller, and its events about this Service",
        "APIServiceUnavailable" => "check the pods and endpoints of the Service that the APIService names",
        "InvalidSelector" => "correct the labels of the target: the autoscaler cannot read its selector",
        "InvalidMetricSourceType" => "correct spec.metrics: each entry needs the block of its type",
        "Stalled" => "its controller says that it will not get further by itself: correct what the message names",
        "NotObserved" => "check that the controller of this kind runs: it has not looked at the change yet",
        "Progressing" => {
            "nothing speaks against it, it is only not done: compare the readiness probe with what the container serves, or raise `timeout` if the start takes longer"
        }
        "OtherImageRuns" => {
            "find out what puts another image in (a mutating webhook, a registry mirror, a tag that was moved), and pin the digest"
        }
        "RestartedAfterReady" => {
            "read the log of the previous container (`kubectl logs --previous`): it became ready and ended later"
        }
        "NoStatusYet" => "check that the controller of this kind runs, and watches this namespace",
        "RuleInvalid" => {
            "correct the annotation k8s-deploy-action/ready-when, for example `condition=Ready` or `{.status.phase}=Running`"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reason of ours, and when it fails a rollout: as docs/rollouts.md lists them.
    const REASONS: &[(&str, &str)] = &[
        ("InvalidImageName", AT_ONCE),
        ("ErrImageNeverPull", AT_ONCE),
        ("ImageNotFound", TEN),
        ("ImagePullDenied", TEN),
        ("ImageUnusable", TEN),
        ("ErrImagePull", NEVER),
        ("ImagePullBackOff", NEVER),
        ("RegistryUnavailable", NEVER),
        ("CrashLoopBackOff", "10 s after the second restart; a first back-off of 45 s; 60 s beside a ready pod"),
        ("OOMKilled", "30 s not ready after the second restart"),
        ("Error", "30 s not ready after the third restart"),
        ("Completed", NEVER),
        (
            "CreateContainerConfigError",
            "10 s; never while a kubelet's cache is cold, or while the maker of the Secret is here",
        ),
        ("CreateContainerError", TEN),
        ("RunContainerError", "10 s; never for exit 128 of the runtime itself"),
        ("StartError", "10 s; never for exit 128 of the runtime itself"),
        ("ContainerCannotRun", "10 s; never for exit 128 of the runtime itself"),
        ("PostStartHookError", TEN),
        ("QuotaExceeded", "30 s: old pods that end give theirs back"),
        ("PodSecurityViolation", FIFTEEN),
        ("AdmissionDenied", FIFTEEN),
        ("ServiceAccountNotFound", FIFTEEN),
        ("PodRefused", FIFTEEN),
        ("FailedCreate", NEVER),
        ("Unschedulable", NEVER),
        ("SchedulingGated", NEVER),
        ("FailedMount", NEVER),
        ("FailedAttachVolume", NEVER),
        ("FailedCreatePodSandBox", NEVER),
        ("Unhealthy", NEVER),
        ("Evicted", "never for a pod with an owner; at once for a bare one"),
        ("NodeNotReady", NEVER),
        ("NodeLost", NEVER),
        ("OldPodTerminating", NEVER),
        ("OldPodBlocksUpdate", NEVER),
        ("Progressing", NEVER),
        ("NotObserved", NEVER),
        ("ProgressDeadlineExceeded", "at once, when it is of this rollout"),
        ("BackoffLimitExceeded", AT_ONCE),
        ("DeadlineExceeded", AT_ONCE),
        ("PodFailurePolicy", AT_ONCE),
        ("Paused", "at once, unless the manifest itself says so"),
        ("Suspended", "at once, unless the manifest itself says so"),
        ("Lost", AT_ONCE),
        ("Pending", NEVER),
        ("NamesNotAccepted", AT_ONCE),
        ("AddressPending", NEVER),
        ("APIServiceUnavailable", NEVER),
        ("InvalidSelector", AT_ONCE),
        ("InvalidMetricSourceType", AT_ONCE),
        ("Stalled", AT_ONCE),
        ("NoStatusYet", NEVER),
        ("RuleInvalid", AT_ONCE),
        ("Deleted", AT_ONCE),
        ("OtherImageRuns", AT_ONCE),
        ("RestartedAfterReady", "at once, while `soak` lasts"),
    ];
    const AT_ONCE: &str = "at once";
    const TEN: &str = "10 s";
    const FIFTEEN: &str = "15 s";
    const NEVER: &str = "not before the deadline";

    #[test]
    fn the_documentation_lists_every_reason_with_its_next_step() {
        let rows = REASONS.iter().map(|(reason, when)| {
            let step = next_step(reason, "").unwrap_or_else(|| panic!("{reason} has no next step"));
            format!("| `{reason}` | {when} | {step} |\n")
        });
        let rows: String = rows.collect();
        let page = include_str!("../../docs/rollouts.md");
        assert!(page.contains(&rows), "docs/rollouts.md must hold these rows:\n{rows}");
    }

    #[test]
    fn the_message_narrows_the_next_step() {
        let busy = next_step("ImagePullBackOff", "429 Too Many Requests");
        assert!(busy.is_some_and(|step| step.contains("limits pulls")));
        let taint = next_step("Unschedulable", "0/3 nodes are available: 3 node(s) had untolerated taint");
        assert!(taint.is_some_and(|step| step.contains("toleration")));
    }
}
