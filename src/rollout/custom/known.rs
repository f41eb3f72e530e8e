//! The kinds that say how they fare in their own way: facts about their status, as data. Each entry names the field of
//! the kind's own API; where a kind keeps to the conventions it has no entry.

use serde_json::Value;

use super::opinion::{LOOKS_LIKE_A_START, Opinion};
use crate::rollout::fields::{Truth, annotation, at, condition, count, flag, list, text};
use crate::rollout::verdict::Status;

/// A rule of one kind: its opinion, where it has one.
type Rule = fn(&Value) -> Option<Opinion>;

/// What is known of a kind beforehand.
#[derive(Clone, Copy)]
pub(super) struct Profile {
    /// Whether an object may have no status and be in order.
    pub(super) needs_no_status: fn(&Value) -> bool,
    /// Its controller always reports condition Ready in the end.
    pub(super) reports_ready: bool,
    /// It runs to an end: Running is not done.
    pub(super) ends: bool,
    /// Further paths below `status` that hold a phase word.
    pub(super) phases: &'static [&'static str],
    /// Words that mean something else here.
    pub(super) words: &'static [(&'static str, Status)],
    /// A rule that stands for all others where it answers.
    pub(super) opinion: Option<Rule>,
}

/// Groups whose kinds never get a status, or keep it empty.
const WITHOUT_STATUS: &[(&str, &str)] = &[
    ("*.crossplane.io", "ClusterProviderConfig"),
    ("*.crossplane.io", "Composition"),
    ("*.crossplane.io", "CompositionRevision"),
    ("*.crossplane.io", "ControllerConfig"),
    ("*.crossplane.io", "DeploymentRuntimeConfig"),
    ("*.crossplane.io", "EnvironmentConfig"),
    ("*.crossplane.io", "ImageConfig"),
    ("*.crossplane.io", "ProviderConfig"),
    ("*.crossplane.io", "ProviderConfigUsage"),
    ("*.crossplane.io", "StoreConfig"),
    ("*.upbound.io", "ClusterProviderConfig"),
    ("*.upbound.io", "ProviderConfig"),
    ("*.upbound.io", "ProviderConfigUsage"),
    ("argoproj.io", "AnalysisTemplate"),
    ("argoproj.io", "AppProject"),
    ("argoproj.io", "ClusterAnalysisTemplate"),
    ("argoproj.io", "ClusterWorkflowTemplate"),
    ("argoproj.io", "CronWorkflow"),
    ("argoproj.io", "WorkflowTemplate"),
    ("autoscaling.k8s.io", "*"),
    ("cilium.io", "*"),
    ("extensions.istio.io", "*"),
    ("keda.sh", "ClusterTriggerAuthentication"),
    ("keda.sh", "TriggerAuthentication"),
    ("metallb.io", "*"),
    ("monitoring.coreos.com", "AlertmanagerConfig"),
    ("monitoring.coreos.com", "PodMonitor"),
    ("monitoring.coreos.com", "Probe"),
    ("monitoring.coreos.com", "PrometheusRule"),
    ("monitoring.coreos.com", "ScrapeConfig"),
    ("monitoring.coreos.com", "ServiceMonitor"),
    ("networking.istio.io", "*"),
    ("notification.toolkit.fluxcd.io", "Alert"),
    ("notification.toolkit.fluxcd.io", "Provider"),
    ("security.istio.io", "*"),
    ("snapshot.storage.k8s.io", "VolumeSnapshotClass"),
    ("telemetry.istio.io", "*"),
    ("traefik.containo.us", "*"),
    ("traefik.io", "*"),
];

/// Kinds (or whole groups) whose controllers sum up in condition Ready.
const WITH_READY: &[(&str, &str)] = &[
    ("cert-manager.io", "Certificate"),
    ("cert-manager.io", "ClusterIssuer"),
    ("cert-manager.io", "Issuer"),
    ("external-secrets.io", "*"),
    ("karpenter.sh", "*"),
    ("keda.sh", "ScaledObject"),
    ("keda.sh", "ScaledJob"),
    ("operator.knative.dev", "*"),
    ("serving.knative.dev", "*"),
    ("eventing.knative.dev", "*"),
    ("messaging.knative.dev", "*"),
    ("sources.knative.dev", "*"),
    ("k8s.mariadb.com", "*"),
    ("helm.toolkit.fluxcd.io", "*"),
    ("kustomize.toolkit.fluxcd.io", "*"),
    ("source.toolkit.fluxcd.io", "*"),
    ("db.atlasgo.io", "*"),
];

/// Returns what is known of a kind.
pub(super) fn profile(group: &str, kind: &str) -> Profile {
    let listed =
        |table: &[(&str, &str)]| table.iter().any(|(of, name)| in_group(group, of) && (*name == kind || *name == "*"));
    let ends = ["Run", "Job", "Workflow", "Experiment", "Backup", "Restore", "Migration", "Task", "Scan"];
    let never: fn(&Value) -> bool = |_| false;
    let plain = Profile {
        needs_no_status: if listed(WITHOUT_STATUS) { |_| true } else { never },
        reports_ready: listed(WITH_READY),
        ends: ends.iter().any(|ending| kind.ends_with(ending)),
        phases: &[],
        words: &[],
        opinion: None,
    };
    special(group, kind, plain)
}

/// `*.example.io` stands for the group and all below it.
fn in_group(group: &str, pattern: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(base) => group == base || group.strip_suffix(base).is_some_and(|rest| rest.ends_with('.')),
        None => group == pattern,
    }
}

fn special(group: &str, kind: &str, plain: Profile) -> Profile {
    match (group, kind) {
        ("apps.kruise.io", _) => Profile { opinion: Some(kruise), ..plain },
        ("apps.openshift.io", "DeploymentConfig") => Profile { opinion: Some(deployment_config), ..plain },
        ("argoproj.io", "Rollout") => Profile { opinion: Some(argo_rollout), ..plain },
        ("argoproj.io", "Application") => Profile { phases: &["health.status", "sync.status"], ..plain },
        ("batch.volcano.sh", _) => Profile { phases: &["state.phase"], ends: true, ..plain },
        ("ceph.rook.io", _) => Profile { phases: &["ceph.health"], ..plain },
        ("core.cnrm.cloud.google.com", _) => Profile { opinion: Some(config_connector), ..plain },
        ("elasticsearch.k8s.elastic.co", "Elasticsearch") => Profile { opinion: Some(elasticsearch), ..plain },
        ("flink.apache.org", "FlinkDeployment") => Profile { opinion: Some(flink), ..plain },
        ("grafana.integreatly.org", "Grafana") => Profile { opinion: Some(grafana), ..plain },
        ("minio.min.io", "Tenant") => Profile { opinion: Some(minio), ..plain },
        ("monitoring.coreos.com", _) => Profile { opinion: Some(prometheus), ..plain },
        ("networking.gke.io", "ManagedCertificate") => Profile { opinion: Some(managed_certificate), ..plain },
        ("opentelemetry.io", "OpenTelemetryCollector") => Profile { opinion: Some(collector), ..plain },
        ("longhorn.io", "Volume") => Profile { phases: &["robustness"], words: LONGHORN, ..plain },
        ("operators.coreos.com", "CatalogSource") => {
            Profile { phases: &["connectionState.lastObservedState"], words: CONNECTION, ..plain }
        }
        ("operators.coreos.com", "Subscription") => Profile { opinion: Some(subscription), ..plain },
        ("projectcontour.io", "HTTPProxy") => Profile { opinion: Some(http_proxy), ..plain },
        ("psmdb.percona.com" | "pxc.percona.com", _) => Profile { words: PERCONA, ..plain },
        ("serving.kserve.io", _) => Profile { phases: &["modelStatus.transitionStatus"], words: KSERVE, ..plain },
        ("source.toolkit.fluxcd.io", "HelmRepository") => Profile { needs_no_status: is_oci, ..plain },
        ("sparkoperator.k8s.io", "ScheduledSparkApplication") => {
            Profile { phases: &["scheduleState"], words: SCHEDULE, ends: false, ..plain }
        }
        ("sparkoperator.k8s.io", _) => {
            Profile { phases: &["applicationState.state"], words: SPARK, ends: false, ..plain }
        }
        ("tower.ansible.com", _) => Profile { phases: &["ansibleJobResult.status"], ..plain },
        ("zookeeper.pravega.io", _) => Profile { opinion: Some(replicas_of_status), ..plain },
        _ => plain,
    }
}

const PERCONA: &[(&str, Status)] = &[("stopping", Status::Failed), ("dontknow", Status::Unknown)];

const KSERVE: &[(&str, Status)] = &[("BlockedByFailedLoad", Status::Failed), ("InvalidSpec", Status::Failed)];

const SPARK: &[(&str, Status)] =
    &[("PENDING_RERUN", Status::InProgress), ("SUBMITTED", Status::InProgress), ("SUCCEEDING", Status::InProgress)];

/// A schedule is done when it stands.
const SCHEDULE: &[(&str, Status)] = &[("Scheduled", Status::Ready)];

/// A volume that lacks a replica is made whole again; one that nothing uses is in order.
const LONGHORN: &[(&str, Status)] = &[("degraded", Status::InProgress), ("detached", Status::Ready)];

/// The states of a gRPC connection.
const CONNECTION: &[(&str, Status)] =
    &[("TRANSIENT_FAILURE", Status::InProgress), ("IDLE", Status::Ready), ("SHUTDOWN", Status::InProgress)];

/// An OCI repository of Flux is only an address: no controller looks at it.
fn is_oci(repository: &Value) -> bool {
    text(repository, "spec.type") == "oci"
}

/// OpenKruise: replicas of the update revision, and a partition that holds the rest back; its daemons count by node, its
/// sidecars by matched pod.
fn kruise(object: &Value) -> Option<Opinion> {
    if let Some(counted) = kruise_by_node_or_pod(object) {
        return Some(counted);
    }
    let of_both = || Some(count(object, "status.readyReplicas")?.min(count(object, "status.updatedReplicas")?));
    let updated = count(object, "status.updatedReadyReplicas")
        .or_else(of_both)
        .or_else(|| count(object, "status.readyReplicas"))?;
    let wanted = count(object, "spec.replicas").unwrap_or(1);
    let expected = count(object, "status.expectedUpdatedReplicas").unwrap_or(wanted);
    let told = format!("Updated and ready: {updated}/{expected}");
    let partition = at(object, "spec.updateStrategy.partition").is_some_and(|partition| *partition != 0);
    if partition && count(object, "status.updatedReplicas").unwrap_or(0) >= expected {
        return Some(Opinion::suspended("Partitioned", format!("{told}; its partition holds the rest back")));
    }
    Some(by_count(updated, expected, told))
}

fn kruise_by_node_or_pod(object: &Value) -> Option<Opinion> {
    const COUNTERS: &[[&str; 3]] = &[
        ["status.desiredNumberScheduled", "status.updatedNumberScheduled", "status.numberAvailable"],
        ["status.matchedPods", "status.updatedPods", "status.readyPods"],
    ];
    let found = COUNTERS.iter().find_map(|counters| Some((counters, count(object, counters[0])?)));
    let ([_, updated, ready], wanted) = found?;
    let done = count(object, updated).unwrap_or(0).min(count(object, ready).unwrap_or(0));
    Some(by_count(done, wanted, format!("Updated and ready: {done}/{wanted}")))
}

fn by_count(done: i64, wanted: i64, told: String) -> Opinion {
    if done < wanted { Opinion::in_progress("Progressing", told) } else { Opinion::ready("Available", told) }
}

/// OpenShift: Available=False is how each start looks, too.
fn deployment_config(object: &Value) -> Option<Opinion> {
    let idle = ["status.replicas", "status.unavailableReplicas"].iter().all(|path| count(object, path) == Some(0));
    if idle && condition(object, "Progressing").is_none_or(|progressing| progressing.status == Truth::True) {
        return Some(Opinion::ready("ScaledToZero", "Replicas: 0/0"));
    }
    let available = condition(object, "Available").filter(|available| available.status == Truth::False)?;
    Some(Opinion::failed("Unavailable", available.phrase()).lasting(LOOKS_LIKE_A_START))
}

/// Argo Rollouts before 1.0 have no phase; all of them have hashes that say which pods serve.
fn argo_rollout(object: &Value) -> Option<Opinion> {
    let generation = annotation(object, "rollout.argoproj.io/workload-generation").and_then(|text| text.parse().ok());
    if generation.is_some_and(|generation: i64| {
        count(object, "status.workloadObservedGeneration").is_some_and(|seen| seen < generation)
    }) {
        return Some(Opinion::in_progress("NotObserved", "the controller has not seen the workload's change yet"));
    }
    if !text(object, "status.phase").is_empty() {
        return None;
    }
    let bad = condition(object, "InvalidSpec").filter(|invalid| invalid.status == Truth::True);
    let stopped = condition(object, "Progressing").filter(|progressing| progressing.status == Truth::False);
    if let Some(bad) = bad.or(stopped) {
        return Some(Opinion::failed(bad.reason, bad.phrase()));
    }
    if flag(object, "status.controllerPause").unwrap_or(false) || !list(object, "status.pauseConditions").is_empty() {
        return Some(Opinion::suspended("Paused", "the rollout waits for somebody to go on"));
    }
    let (wanted, updated) =
        (count(object, "spec.replicas").unwrap_or(1), count(object, "status.updatedReplicas").unwrap_or(0));
    (updated < wanted).then(|| Opinion::in_progress("Progressing", format!("Updated: {updated}/{wanted}")))
}

/// Config Connector's own switch.
fn config_connector(object: &Value) -> Option<Opinion> {
    let healthy = flag(object, "status.healthy")?;
    let told = list(object, "status.errors").iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ");
    match healthy {
        true => Some(Opinion::ready("Healthy", "healthy: true")),
        false => Some(Opinion::failed("Unhealthy", format!("healthy: false {told}")).lasting(LOOKS_LIKE_A_START)),
    }
}

/// Elastic: green with fewer nodes than asked for is not done; yellow is on its way.
fn elasticsearch(object: &Value) -> Option<Opinion> {
    let wanted: i64 = list(object, "spec.nodeSets").iter().filter_map(|set| count(set, "count")).sum();
    let available = count(object, "status.availableNodes")?;
    let ready = text(object, "status.phase") == "Ready" && text(object, "status.health") == "green";
    (ready && available < wanted).then(|| Opinion::in_progress("Progressing", format!("Nodes: {available}/{wanted}")))
}

/// Flink: a suspended job has no job manager, and is as asked for.
fn flink(object: &Value) -> Option<Opinion> {
    let failed = text(object, "status.reconciliationStatus.error");
    let manager = text(object, "status.jobManagerDeploymentStatus");
    if !failed.is_empty() && manager == "ERROR" {
        return Some(Opinion::failed("Error", failed));
    }
    let asked = text(object, "spec.job.state") == "suspended" || text(object, "status.jobStatus.state") == "SUSPENDED";
    match manager {
        "READY" => Some(Opinion::ready("Ready", "jobManagerDeploymentStatus: READY")),
        "MISSING" if asked => Some(Opinion::ready("Suspended", "the job is suspended, as asked for")),
        _ => None,
    }
}

/// Grafana's operator works through stages; only the last one's success counts.
fn grafana(object: &Value) -> Option<Opinion> {
    let (stage, state) = (text(object, "status.stage"), text(object, "status.stageStatus"));
    (state == "success" && stage != "complete")
        .then(|| Opinion::in_progress("Progressing", format!("stage {stage} done")))
}

/// MinIO writes sentences into `currentState`.
fn minio(object: &Value) -> Option<Opinion> {
    const REFUSED: &[&str] = &[
        "Not Allowed",
        "already exists",
        "Different versions",
        "not set properly",
        "not controlled",
        "is invalid",
        "Failed",
        "mismatch",
    ];
    let state = text(object, "status.currentState");
    match state {
        "" => None,
        "Initialized" | "Ready" => Some(Opinion::ready("Initialized", state)),
        "Stopped" => Some(Opinion::suspended("Stopped", state)),
        state if REFUSED.iter().any(|words| state.contains(words)) => Some(Opinion::failed("Refused", state)),
        state => Some(Opinion::in_progress("Progressing", state)),
    }
}

/// Prometheus operator: Available takes True, Degraded (some) and False (none), and starts with none.
fn prometheus(object: &Value) -> Option<Opinion> {
    let available = condition(object, "Available")?;
    match available.status {
        Truth::False => Some(Opinion::failed(available.reason, available.phrase()).lasting(LOOKS_LIKE_A_START)),
        Truth::True => None,
        _ => Some(Opinion::in_progress(available.reason, available.phrase())),
    }
}

/// GKE certificates: each domain has its own word.
fn managed_certificate(object: &Value) -> Option<Opinion> {
    let domains = list(object, "status.domainStatus").iter();
    let mut failed = domains.filter(|domain| text(domain, "status").starts_with("Failed"));
    let domain = failed.next()?;
    let (name, word) = (text(domain, "domain"), text(domain, "status"));
    Some(Opinion::failed(word, format!("domain {name}: {word}")).lasting(LOOKS_LIKE_A_START))
}

/// OpenTelemetry operator: ready and wanted in one text, `1/3`.
fn collector(object: &Value) -> Option<Opinion> {
    let (ready, wanted) = text(object, "status.scale.statusReplicas").split_once('/')?;
    let (ready, wanted): (i64, i64) = (ready.parse().ok()?, wanted.parse().ok()?);
    let told = format!("Ready: {ready}/{wanted}");
    Some(match (ready, wanted) {
        _ if ready >= wanted => Opinion::ready("Available", told),
        (0, _) => Opinion::failed("Unavailable", told).lasting(LOOKS_LIKE_A_START),
        _ => Opinion::in_progress("Progressing", told),
    })
}

/// OLM: what is installed stands while an upgrade waits for approval.
fn subscription(object: &Value) -> Option<Opinion> {
    let failed = ["ResolutionFailed", "InstallPlanFailed", "BundleUnpackFailed", "CatalogSourcesUnhealthy"];
    let failed = failed.iter().find_map(|kind| condition(object, kind).filter(|found| found.status == Truth::True));
    if let Some(failed) = failed {
        return Some(Opinion::failed(failed.reason, failed.phrase()));
    }
    let installed = text(object, "status.installedCSV");
    match (text(object, "status.state"), installed) {
        ("", "") => None,
        (_, "") => Some(Opinion::in_progress("NotInstalled", "nothing installed yet")),
        (state, installed) => Some(Opinion::ready("Installed", format!("{installed} installed; state: {state}"))),
    }
}

/// Contour: a proxy that includes one of another team which is not there yet is as good as it can be.
fn http_proxy(object: &Value) -> Option<Opinion> {
    let entries = list(object, "status.conditions");
    let errors: Vec<&Value> = entries.iter().flat_map(|entry| list(entry, "errors")).collect();
    let waits = !errors.is_empty() && errors.iter().all(|error| text(error, "reason") == "IncludeNotFound");
    waits.then(|| Opinion::ready("IncludeNotFound", "includes a proxy that is not there yet"))
}

/// Kinds that count their replicas in the status only.
fn replicas_of_status(object: &Value) -> Option<Opinion> {
    let (wanted, ready) = (count(object, "status.replicas")?, count(object, "status.readyReplicas").unwrap_or(0));
    let told = format!("Ready: {ready}/{wanted}");
    match ready < wanted {
        true => Some(Opinion::in_progress("Progressing", told)),
        false => Some(Opinion::ready("ReplicasReady", told)),
    }
}
