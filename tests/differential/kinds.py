"""Objects of the kinds that refer to one another, or that a table of kustomize singles out; random names from a small
pool, so that references hit, miss and are ambiguous."""

from yamltext import Raw

NAMES = ["web", "api", "db", "default", "settings", "credentials", "a.b"]
NAMESPACES = ["", "", "default", "prod", "team-a"]
SPELT = ["a", "'5'", "5", "true", "yes", "null", "''", "1e3", "2020-01-01", "$(X)", "\"a\\nb\"", "0x1F", "~"]


class Kinds:
    """Makes one object at a time."""

    def __init__(self, random):
        self.random = random

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, values):
        return self.random.choice(values)

    def name(self):
        return self.pick(NAMES)

    def reference(self):
        return {"name": self.name()}

    def meta(self, name):
        meta = {"name": name}
        namespace = self.pick(NAMESPACES)
        if namespace:
            meta["namespace"] = namespace
        if self.chance(0.3):
            meta["labels"] = {self.pick(["app", "tier"]): self.pick(["web", "x", Raw("'1'")])}
        if self.chance(0.2):
            meta["annotations"] = {self.pick(["note", "nginx.ingress.kubernetes.io/auth-secret"]): self.pick([self.name(), Raw(self.pick(SPELT))])}
        if self.chance(0.04):
            meta["annotations"] = {"config.kubernetes.io/local-config": self.pick(["true", "false", ""])}
        return meta

    def pod_spec(self):
        spec = {"containers": [self.container(f"c{index}") for index in range(self.random.randint(1, 2))]}
        optional = {
            "serviceAccountName": self.name(), "priorityClassName": self.name(), "imagePullSecrets": [self.reference()],
            "initContainers": [{"name": "i", "image": "nginx:2"}], "ephemeralContainers": [{"name": "e", "image": "nginx:3"}],
            "volumes": [{"name": "v", **self.volume()}],
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}}}],
            "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {"matchLabels": {"app": "x"}}, "topologyKey": "zone"}]}},
        }
        for field, value in optional.items():
            if self.chance(0.25):
                spec[field] = value
        return spec

    def volume(self):
        return self.pick([
            {"configMap": self.reference()}, {"secret": {"secretName": self.name()}}, {"persistentVolumeClaim": {"claimName": self.name()}}, {"emptyDir": {}},
            {"projected": {"sources": [{"configMap": self.reference()}, {"secret": self.reference()}]}}, {"csi": {"driver": "d", "nodePublishSecretRef": self.reference()}},
            {"image": {"reference": "nginx:1"}},
        ])

    def container(self, name):
        container = {"name": name, "image": self.pick(["nginx", "nginx:1.7", "repo:5000/nginx:1@sha256:abc", "busybox", "foo/nginx", "app@sha256:abcd"])}
        if self.chance(0.4):
            source = self.pick(["configMapKeyRef", "secretKeyRef"])
            container["env"] = [{"name": "A", "value": Raw(self.pick(SPELT))}, {"name": "B", "valueFrom": {source: {**self.reference(), "key": "k"}}}]
        if self.chance(0.3):
            container["envFrom"] = [{self.pick(["configMapRef", "secretRef"]): self.reference()}]
        if self.chance(0.3):
            container["ports"] = [{"containerPort": 80, **self.pick([{}, {"protocol": "TCP"}])}]
        if self.chance(0.2):
            container["args"] = [self.pick(["--x=$(X)", "$(X)", "$$(X)", "$(Y) $(X)"])]
        return container

    def workload(self):
        kind = self.pick(["Deployment", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"])
        spec = {"template": {"spec": self.pod_spec()}}
        if self.chance(0.6):
            spec["template"]["metadata"] = {"labels": {"app": "x"}}
        if self.chance(0.5):
            spec["replicas"] = self.pick([1, 2, None, Raw("'3'")])
        if self.chance(0.4):
            spec["selector"] = {"app": "x"} if kind == "ReplicationController" else {"matchLabels": {"app": "x"}}
        if kind == "StatefulSet" and self.chance(0.5):
            spec["volumeClaimTemplates"] = [{"metadata": {"name": "d"}, "spec": {"storageClassName": self.name()}}]
        group = "v1" if kind == "ReplicationController" else self.pick(["apps/v1"] * 4 + ["extensions/v1beta1"])
        return group, kind, {"spec": spec}

    def batch(self):
        job = {"template": {"spec": self.pod_spec()}}
        if self.chance(0.5):
            return "batch/v1", "Job", {"spec": job}
        return self.pick(["batch/v1", "batch/v1beta1"]), "CronJob", {"spec": {"schedule": Raw("'* * * * *'"), "jobTemplate": {"spec": job}}}

    def binding(self):
        subjects = []
        for _ in range(self.random.randint(1, 2)):
            subject = {"kind": self.pick(["ServiceAccount", "ServiceAccount", "User"]), "name": self.name()}
            if self.chance(0.6):
                subject["namespace"] = self.pick(["prod", "default", "team-a"])
            subjects.append(subject)
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": self.pick(["Role", "ClusterRole"]), "name": self.name()}
        return "rbac.authorization.k8s.io/v1", self.pick(["RoleBinding", "ClusterRoleBinding"]), {"subjects": subjects, "roleRef": role}

    def role(self):
        rules = [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": [self.name(), self.name()], "verbs": ["get"]}]
        return f"rbac.authorization.k8s.io/{self.pick(['v1', 'v1', 'v1beta1', 'v1alpha1'])}", self.pick(["Role", "ClusterRole"]), {"rules": rules}

    def webhook(self):
        client = {"service": {"name": self.name(), "namespace": self.pick(["prod", "default"]), "path": "/"}}
        return "admissionregistration.k8s.io/v1", self.pick(["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"]), {"webhooks": [{"name": "w", "clientConfig": client}]}

    def network(self):
        ingress = {"ingressClassName": self.name(), "tls": [{"secretName": self.name()}], "rules": [
            {"host": "$(X).y", "http": {"paths": [{"path": "/", "backend": {"service": {"name": self.name(), "port": {"number": 80}}}}]}}]}
        policy = {"podSelector": {"matchLabels": {"app": "x"}}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "x"}}}]}]}
        return self.pick([
            ("networking.k8s.io/v1", "Ingress", {"spec": ingress}), ("networking.k8s.io/v1", "NetworkPolicy", {"spec": policy}),
            ("v1", "Service", {"spec": {"ports": [{"port": 80}], **self.pick([{}, {"selector": {"app": "x"}}])}}), ("networking.k8s.io/v1", "IngressClass", {}),
        ])

    def storage(self):
        claim = {"storageClassName": self.name(), "volumeName": self.name()}
        volume = {"storageClassName": self.name(), "claimRef": {"name": self.name(), "namespace": "prod"}, "nfs": {"server": "$(X)", "path": "/"}}
        return self.pick([("v1", "PersistentVolumeClaim", {"spec": claim}), ("v1", "PersistentVolume", {"spec": volume}),
                          ("storage.k8s.io/v1", "StorageClass", {"provisioner": "p"}), ("scheduling.k8s.io/v1", "PriorityClass", {"value": 5})])

    def own(self):
        spec = {"containers": [{"image": "nginx", "v": 1}], "configRef": self.reference(), "lab": {"a": "b"}, "ann": {}, "x": self.pick([["a", "$(X)"], self.name(), [self.name(), "api"], 1])}
        definition = {"group": "example.com", "conversion": {"webhook": {"clientConfig": {"service": {"name": self.name(), "namespace": "default"}}}}}
        return self.pick([("example.com/v1", "Widget", {"spec": spec}), ("example.com/v1", "Widget", {"spec": spec}),
                          ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"spec": definition}),
                          ("apiregistration.k8s.io/v1", "APIService", {"spec": {"service": {"name": self.name(), "namespace": "prod"}}})])

    def data(self):
        return self.pick([
            ("v1", "ConfigMap", {"data": {f"k{index}": Raw(self.pick(SPELT)) for index in range(2)}}), ("v1", "Secret", {"stringData": {"a": "b"}}),
            ("v1", "Secret", {"data": {"a": "Yg=="}, "type": "Opaque"}), ("v1", "Secret", {}), ("v1", "ServiceAccount", {"secrets": [self.reference()], "imagePullSecrets": [self.reference()]}),
        ])

    def scaling(self):
        target = {"apiVersion": "apps/v1", "kind": self.pick(["Deployment", "StatefulSet", "ReplicaSet"]), "name": self.name()}
        return self.pick([(f"autoscaling/{self.pick(['v1', 'v2'])}", "HorizontalPodAutoscaler", {"spec": {"scaleTargetRef": target}}),
                          ("policy/v1", "PodDisruptionBudget", {"spec": {"selector": {"matchLabels": {"app": "x"}}}})])

    def object(self, name):
        if self.chance(0.06):
            return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.pick(["prod", "team-a", "other"])}}
        make = self.pick([self.workload, self.workload, self.workload, self.batch, self.binding, self.role, self.webhook, self.network, self.storage, self.own,
                          self.data, self.data, self.scaling, lambda: ("v1", "Pod", {"spec": self.pod_spec()})])
        api_version, kind, rest = make()
        return {"apiVersion": api_version, "kind": kind, "metadata": self.meta(name), **rest}
