//! One manifest of each kind that people deploy, for sets put together at random.

/// A kind: its file, with `{n}` for a number and `{p}` for what makes names on the cluster unique.
pub(super) const KINDS: &[(&str, &str)] = &[
    (
        "deployment",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web{n}}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: web{n}}}\n  template:\n    metadata: {labels: {app: web{n}}}\n    spec: {containers: [{name: a, image: acme/web:v1}]}\n",
    ),
    (
        "uncounted",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: free{n}}\nspec:\n  selector: {matchLabels: {app: free{n}}}\n  template:\n    metadata: {labels: {app: free{n}}}\n    spec: {containers: [{name: a, image: acme/web:v1}]}\n",
    ),
    (
        "statefulset",
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db{n}}\nspec:\n  serviceName: db{n}\n  replicas: 1\n  selector: {matchLabels: {app: db{n}}}\n  template:\n    metadata: {labels: {app: db{n}}}\n    spec: {containers: [{name: a, image: acme/db:v1}]}\n",
    ),
    (
        "daemonset",
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent{n}}\nspec:\n  selector: {matchLabels: {app: agent{n}}}\n  template:\n    metadata: {labels: {app: agent{n}}}\n    spec: {containers: [{name: a, image: acme/agent:v1}]}\n",
    ),
    (
        "job",
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: once{n}}\nspec:\n  template:\n    spec: {restartPolicy: Never, containers: [{name: a, image: acme/job:v1}]}\n",
    ),
    (
        "cronjob",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: often{n}}\nspec:\n  schedule: '0 0 1 1 *'\n  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: acme/job:v1}]}}}}\n",
    ),
    (
        "pod",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: alone{n}}\nspec: {containers: [{name: a, image: acme/pod:v1}]}\n",
    ),
    (
        "service",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web{n}}\nspec: {type: ExternalName, externalName: example.com}\n",
    ),
    ("configmap", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf{n}}\ndata: {a: '1'}\n"),
    ("secret", "apiVersion: v1\nkind: Secret\nmetadata: {name: hush{n}}\nstringData: {a: very-secret}\n"),
    ("serviceaccount", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: app{n}}\n"),
    (
        "claim",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk{n}}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
    ),
    (
        "autoscaler",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: scale{n}, annotations: {k8s-deploy-action/wait: 'false'}}\nspec: {minReplicas: 1, maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: none}}\n",
    ),
    (
        "disruption",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: keep{n}}\nspec: {maxUnavailable: 1, selector: {matchLabels: {app: keep{n}}}}\n",
    ),
    (
        "network",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: shut{n}}\nspec: {podSelector: {}}\n",
    ),
    (
        "ingress",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: door{n}, annotations: {k8s-deploy-action/wait: 'false'}}\nspec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n",
    ),
    (
        "limits",
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: most{n}}\nspec: {limits: [{type: PersistentVolumeClaim, max: {storage: 50Gi}}]}\n",
    ),
    ("quota", "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: quota{n}}\nspec: {hard: {services: '50'}}\n"),
    (
        "role",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader{n}}\nrules:\n- {apiGroups: [''], resources: [configmaps], resourceNames: [conf], verbs: [get]}\n- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, update]}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: reader{n}}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader{n}}\nsubjects: [{kind: ServiceAccount, name: default}]\n",
    ),
    (
        "viewers",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: viewers{n}}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: default}]\n",
    ),
    (
        "clusterrole",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: '{p}-{n}'}\nrules:\n- {apiGroups: [''], resources: [nodes], verbs: [get, list]}\n- {nonResourceURLs: [/metrics], verbs: [get]}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: '{p}-{n}'}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: '{p}-{n}'}\nsubjects: [{kind: ServiceAccount, name: default, namespace: '{p}'}]\n",
    ),
    ("priority", "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: '{p}-{n}'}\nvalue: 7\n"),
    (
        "storageclass",
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: '{p}-{n}'}\nprovisioner: example.com/none\n",
    ),
    (
        "policy",
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: '{p}-{n}'}\nspec:\n  paramKind: {apiVersion: v1, kind: ConfigMap}\n  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}\n  validations: [{expression: 'true'}]\n",
    ),
    (
        "custom",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: 'widgets{n}.{p}.example.com'}\nspec:\n  group: '{p}.example.com'\n  scope: Namespaced\n  names: {kind: Widget{n}, plural: widgets{n}, singular: widget{n}}\n  versions:\n  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}\n---\napiVersion: '{p}.example.com/v1'\nkind: Widget{n}\nmetadata: {name: w{n}}\nspec: {size: 3}\n---\napiVersion: '{p}.example.com/v1'\nkind: Widget{n}\nmetadata: {name: silent{n}, annotations: {k8s-deploy-action/wait: 'false'}}\n",
    ),
];

/// Numbers that look random and are the same for the same seed (splitmix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((value ^ (value >> 31)) % sides as u64).unwrap()
    }
}

/// The files of a kustomization.
pub(super) struct Set {
    pub(super) files: Vec<(String, String)>,
    pub(super) kinds: Vec<&'static str>,
}

/// A kustomization of these kinds, each `count` times, with generated ConfigMaps and Secrets where `generated`.
pub(super) fn kustomization(kinds: &[(usize, usize)], generated: bool, namespace: &str) -> Set {
    let mut files = Vec::new();
    let mut names = Vec::new();
    let mut list = String::new();
    for (kind, count) in kinds {
        let (name, text) = KINDS[*kind];
        names.push(name);
        for number in 0..*count {
            let file = format!("{name}-{number}.yaml");
            list.push_str(&format!("- {file}\n"));
            files.push((file, text.replace("{n}", &number.to_string()).replace("{p}", namespace)));
        }
    }
    let generators = if generated {
        "configMapGenerator:\n- {name: made, literals: [a=1]}\nsecretGenerator:\n- {name: hidden, literals: [a=quite-secret]}\n"
    } else {
        ""
    };
    let root = format!("namespace: {namespace}\nresources:\n{list}{generators}");
    files.push(("kustomization.yaml".to_owned(), root));
    Set { files, kinds: names }
}
