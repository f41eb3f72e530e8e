"""Makes random trees of kustomizations: bases, overlays, components, generators, patches, replacements."""

import json
from yamltext import AWKWARD, TEXTS, Block, Literal, Raw, Writer

NAMES = ["web", "api", "db", "cache", "worker"]
IMAGES = ["nginx", "nginx:1.19", "registry.io:5000/app/web:v1", "redis@sha256:" + "a" * 64, "busybox:latest"]
NAMESPACES = ["", "", "", "default", "prod", "team-a"]


# Never overwritten by one value: kustomize keeps its own notes there, and a name with a comma ends in a panic of its own.
WHOLE = (("metadata",), ("metadata", "name"), ("metadata", "namespace"), ("metadata", "annotations"), ("metadata", "labels"))


class Tree:
    """One tree; `files` maps paths to texts, `root` is the folder to build."""

    def __init__(self, random):
        self.random = random
        self.files = {}
        self.writer = Writer(random)
        self.plain = Writer(random, plain=True)
        self.root = self.make()
        self.spoil()

    # small choices

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, values):
        return self.random.choice(values)

    def some(self, values, most):
        count = self.random.randint(0, min(most, len(values)))
        return self.random.sample(values, count)

    def awkward(self):
        if self.chance(0.15):
            return Block(self.pick(TEXTS))
        return Raw(self.pick(AWKWARD))

    def text(self):
        """A value that is certainly a text."""
        return self.pick(["x", "some text", "a-b", "v1", "5", "true", "a: b", "é", "long " * 20 + "end", "y", "", "it's"])

    # objects

    def meta(self, name, labels=True):
        meta = {"name": name}
        namespace = self.pick(NAMESPACES)
        if namespace:
            meta["namespace"] = namespace
        if labels and self.chance(0.4):
            meta["labels"] = {key: self.text() for key in self.some(["app", "tier", "x.io/part"], 2)} or {"app": name}
        if self.chance(0.3):
            if self.chance(0.06):
                meta["annotations"] = {"config.kubernetes.io/local-config": self.pick(["true", "false"])}
                return meta
            meta["annotations"] = {key: self.awkward() if self.chance(0.3) else self.text() for key in self.some(["note", "a.b/c", "z"], 2)} or {"note": "n"}
        return meta

    def container(self, name):
        container = {"name": name, "image": self.pick(IMAGES)}
        if self.chance(0.4):
            container["ports"] = [self.port("containerPort") for _ in range(self.random.randint(1, 3))]
        if self.chance(0.5):
            container["env"] = [self.env(self.pick("ABCD")) for _ in range(self.random.randint(1, 3))]
        if self.chance(0.3):
            container["args"] = [self.pick(["--x", "--port=$(PORT)", "run", "$(HOST)", Raw("'5'")]) for _ in range(2)]
        if self.chance(0.25):
            container["volumeMounts"] = [{"name": "data", "mountPath": self.pick(["/data", "/etc/x"])}]
        if self.chance(0.2):
            container["envFrom"] = [{"configMapRef": {"name": self.pick(["settings", "web-config"])}}]
        if self.chance(0.2):
            container["resources"] = {"limits": {"cpu": self.pick(["100m", 1, "0.5", 0.5]), "memory": "1Gi"}}
        return container

    def env(self, name):
        if self.chance(0.25):
            kind, ref = self.pick([("configMapKeyRef", "settings"), ("secretKeyRef", "credentials")])
            return {"name": name, "valueFrom": {kind: {"name": ref, "key": "k"}}}
        return {"name": name, "value": self.awkward()}

    def port(self, key):
        port = {key: self.pick([80, 80, 81, 443, 8080])}
        if self.chance(0.5):
            port["protocol"] = self.pick(["TCP", "UDP"])
        if self.chance(0.3):
            port["name"] = self.pick(["http", "https", "dns"])
        if key == "port" and self.chance(0.5):
            port["targetPort"] = self.pick([8080, "http"])
        return port

    def pod_spec(self, name):
        spec = {"containers": [self.container(one) for one in self.random.sample(["app", "side", "log"], self.random.randint(1, 2))]}
        if self.chance(0.2):
            spec["initContainers"] = [self.container("init")]
        if self.chance(0.3):
            spec["volumes"] = [self.pick([{"name": "data", "configMap": {"name": "settings"}}, {"name": "data", "emptyDir": {}},
                                          {"name": "data", "secret": {"secretName": "credentials"}}])]
        if self.chance(0.2):
            spec["serviceAccountName"] = self.pick(["web", "default", "runner"])
        if self.chance(0.15):
            spec["nodeSelector"] = {"disk": self.awkward()}
        if self.chance(0.1):
            spec["tolerations"] = [{"key": "a", "operator": "Exists"}, {"key": "b"}]
        if self.chance(0.1):
            spec["imagePullSecrets"] = [{"name": "credentials"}]
        return spec

    def template(self, name):
        template = {"spec": self.pod_spec(name)}
        if self.chance(0.7):
            template = {"metadata": {"labels": {"app": name}}, **template}
        return template

    def workload(self, api_version, kind, name):
        spec = {"template": self.template(name)}
        if self.chance(0.6):
            spec["replicas"] = self.pick([1, 2, Raw("'3'"), 0])
        if self.chance(0.7) and kind != "Job":
            spec["selector"] = {"matchLabels": {"app": name}}
        if kind == "StatefulSet" and self.chance(0.5):
            spec["serviceName"] = self.pick(NAMES)
            spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}]
        return {"apiVersion": api_version, "kind": kind, "metadata": self.meta(name), "spec": spec}

    def service(self, name):
        spec = {"ports": [self.port("port") for _ in range(self.random.randint(1, 3))]}
        if self.chance(0.6):
            spec["selector"] = {"app": name}
        return {"apiVersion": "v1", "kind": "Service", "metadata": self.meta(name), "spec": spec}

    def config_map(self, name):
        data = {key: self.awkward() for key in self.some(["a", "b.yaml", "c_d", "LONG", "e", "on", Raw("'5'"), "two words", "é", Raw("'true'"), "A", "a10", "a9"], 4)}
        if self.chance(0.2):
            data["cfg.json"] = Raw("'" + json.dumps({"host": "h", "port": 1, "list": [1, {"a": "b"}]}) + "'")
        if self.chance(0.2):
            data["cfg.yaml"] = Block("server:\n  host: h # the host\n  ports:\n    - 1\n    - 2\nname: 'x'\n")
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": self.meta(name), "data": data or {"a": "b"}}

    def other(self, name):
        meta = self.meta(name)
        return self.pick([
            {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"k": self.text()}},
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
            {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta, "spec": {"rules": [
                {"host": "x.y", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": self.pick(NAMES), "port": {"number": 80}}}}]}}]}},
            {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": meta, "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": self.pick(NAMES)}, "metrics": [{"type": "Resource"}, {"type": "Pods"}]}},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": self.pick(NAMES)},
             "subjects": [{"kind": "ServiceAccount", "name": self.pick(["web", "default"]), "namespace": self.pick(["default", "prod"])}]},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta, "rules": [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["settings"], "verbs": ["get"]}]},
            {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": meta, "spec": {"list": [{"name": "a", "v": self.awkward()}, {"name": "b"}], "containers": [{"name": "c", "image": "nginx:1"}], "any": self.awkward()}},
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.pick(["prod", "team-a"])}},
            {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": meta, "spec": {"minAvailable": self.pick([1, "50%"]), "selector": {"matchLabels": {"app": name}}}},
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast"}},
            {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta, "spec": {"schedule": Raw("'* * * * *'"), "jobTemplate": {"spec": {"template": {"spec": self.pod_spec(name)}}}}},
        ])

    def object(self, name):
        return self.pick([
            lambda: self.workload("apps/v1", "Deployment", name), lambda: self.workload("apps/v1", "Deployment", name),
            lambda: self.workload("apps/v1", "StatefulSet", name), lambda: self.workload("batch/v1", "Job", name),
            lambda: {"apiVersion": "v1", "kind": "Pod", "metadata": self.meta(name), "spec": self.pod_spec(name)},
            lambda: self.service(name), lambda: self.service(name), lambda: self.config_map(name), lambda: self.config_map(name),
            lambda: self.other(name), lambda: self.other(name),
        ])()

    # layers

    def make(self):
        self.objects, self.seen, self.generated = [], set(), set()
        bases = [self.base(f"base{index}") for index in range(self.random.randint(1, 2))]
        components = [self.component(f"component{index}") for index in range(self.random.choice([0, 0, 1, 2]))]
        top = None
        for depth in range(self.random.choice([0, 1, 1, 2])):
            top = self.overlay(f"overlay{depth}", [top] if top else bases, components if depth == 0 else [])
        if top is None and len(bases) == 1:
            return bases[0]
        return top or self.overlay("overlay", bases, components)

    def base(self, folder):
        objects, seen = [], self.seen
        for _ in range(self.random.randint(1, 4)):
            one = self.object(self.pick(NAMES))
            key = (one["apiVersion"], one["kind"], one["metadata"]["name"], one["metadata"].get("namespace", "default"))
            if key not in seen:
                seen.add(key)
                objects.append(one)
        self.objects += objects
        files = {"resources.yaml": objects}
        if len(objects) > 2 and self.chance(0.4):
            files = {"resources.yaml": objects[:1], "more.yaml": objects[1:]}
        for name, contents in files.items():
            if self.chance(0.06):
                contents = [{"apiVersion": "v1", "kind": "List", "items": contents}]
            self.files[f"{folder}/{name}"] = self.writer.documents(contents)
        kustomization = {"resources": list(files)}
        self.add_generators(kustomization, folder, merge=False)
        self.add_fields(kustomization, folder, objects)
        return self.write(folder, kustomization)

    def overlay(self, folder, below, components):
        kustomization = {"resources": [f"../{one}" for one in below]}
        if components:
            kustomization["components"] = [f"../{one}" for one in components]
        if self.chance(0.3):
            one = self.object(self.pick(NAMES) + "-extra")
            self.files[f"{folder}/extra.yaml"] = self.writer.documents([one])
            kustomization["resources"].append("extra.yaml")
        self.add_generators(kustomization, folder, merge=True)
        self.add_fields(kustomization, folder, self.objects)
        return self.write(folder, kustomization)

    def component(self, folder):
        kustomization = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
        self.add_fields(kustomization, folder, self.objects)
        if len(kustomization) == 2:
            kustomization["namePrefix"] = "c-"
        return self.write(folder, kustomization)

    def write(self, folder, kustomization):
        self.files[f"{folder}/kustomization.yaml"] = self.plain.document(kustomization)
        return folder

    def add_generators(self, kustomization, folder, merge):
        if self.chance(0.35):
            entry = {"name": self.pick(["settings", "web-config"]) if merge else {"base0": "settings"}.get(folder, "web-config")}
            if merge and (entry["name"] in self.generated or self.chance(0.04)):
                entry["behavior"] = self.pick(["merge", "replace"])
            self.generated.add(entry["name"])
            if self.chance(0.7):
                entry["literals"] = [f"{key}={self.pick(['1', 'x', 'a b', 'true', ''])}" for key in self.some(["k", "l", "m"], 3)] or ["k=v"]
            if self.chance(0.3):
                self.files[f"{folder}/file.conf"] = self.pick(TEXTS)
                entry["files"] = [self.pick(["file.conf", "renamed=file.conf"])]
            if self.chance(0.2):
                self.files[f"{folder}/some.env"] = self.pick(["A=1\nB=two words\n# c\n\n C = 3\n", "\ufeffX=y\n", "E=\nF='q'\n"])
                entry["envs"] = ["some.env"]
            if self.chance(0.3):
                entry["options"] = self.pick([{"disableNameSuffixHash": True}, {"labels": {"gen": "yes it is"}}, {"annotations": {"n": "5"}}, {"immutable": True}])
            kustomization["configMapGenerator"] = [entry]
        if self.chance(0.2) and (merge or folder == "base0"):
            again = {"behavior": "merge"} if "credentials" in self.generated else {}
            self.generated.add("credentials")
            kustomization["secretGenerator"] = [{**again, "name": "credentials", "literals": ["password=" + self.pick(["s3cret", "'q'", "x" * 80])], **self.pick([{}, {"type": "kubernetes.io/tls"}])}]
        if self.chance(0.1):
            kustomization["generatorOptions"] = self.pick([{"disableNameSuffixHash": True}, {"labels": {"all": "gen"}}])

    def add_fields(self, kustomization, folder, objects):
        add = kustomization.__setitem__
        if self.chance(0.25):
            add("namespace", self.pick(["prod", "team-a", "default", "other"]))
        if self.chance(0.3):
            add("namePrefix", self.pick(["p-", "dev-", "x."]))
        if self.chance(0.2):
            add("nameSuffix", self.pick(["-s", "-v2"]))
        if self.chance(0.2):
            add("commonLabels", {"common": self.pick(["c", "5", "true"])})
        if self.chance(0.25):
            add("labels", [{"pairs": {"pair": self.pick(["p", "1"])}, **self.pick([{}, {"includeSelectors": True}, {"includeTemplates": True}])}])
        if self.chance(0.2):
            add("commonAnnotations", {"anno": self.pick(["n", "5", "long " * 25, "a: b"])})
        if self.chance(0.3):
            add("images", [self.pick([{"name": "nginx", "newTag": "2.0"}, {"name": "nginx", "newName": "my/nginx"}, {"name": "registry.io:5000/app/web", "newTag": "v2"},
                                      {"name": "redis", "digest": "sha256:" + "b" * 64}, {"name": "busybox", "newName": "bb", "newTag": "5"}])])
        targets = [one for one in objects if one["kind"] in ("Deployment", "StatefulSet")]
        if targets and self.chance(0.2):
            add("replicas", [{"name": self.pick(targets)["metadata"]["name"], "count": self.random.randint(0, 9)}])
        patches = [self.patch(folder, objects, index) for index in range(self.random.choice([0, 0, 1, 2, 3]))]
        if patches:
            add("patches", patches)
        if self.chance(0.04) and objects:
            self.files[f"{folder}/several.yaml"] = self.writer.documents([self.merge_patch(one) for one in self.some(objects, 2)] or [self.merge_patch(objects[0])])
            add("patchesStrategicMerge", ["several.yaml"])
        elif self.chance(0.1) and objects:
            add("patchesStrategicMerge", [Literal(self.plain.document(self.merge_patch(self.pick(objects))))])
        if self.chance(0.1) and objects:
            one = self.pick(objects)
            add("patchesJson6902", [{"target": {"kind": one["kind"], "name": one["metadata"]["name"]}, "patch": Literal(self.json_patch(one))}])
        if self.chance(0.3) and objects:
            entries = [self.replacement(objects) for _ in range(self.random.randint(1, 2))]
            if self.chance(0.2):
                self.files[f"{folder}/replacement.yaml"] = self.plain.document(entries if self.chance(0.5) else entries[0])
                entries = [{"path": "replacement.yaml"}]
            add("replacements", entries)
        if self.chance(0.1) and objects:
            one = self.pick(objects)
            add("vars", [{"name": self.pick(["PORT", "HOST"]), "objref": {"apiVersion": one["apiVersion"], "kind": one["kind"], "name": one["metadata"]["name"]}}])
        if self.chance(0.05):
            add("sortOptions", {"order": self.pick(["fifo", "legacy"])})
        if self.chance(0.07):
            add("buildMetadata", self.some(["originAnnotations", "transformerAnnotations", "managedByLabel"], 2) or ["managedByLabel"])
        if self.chance(0.04):
            self.files[f"{folder}/schema.json"] = json.dumps({"definitions": {"thing": {
                "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Thing"}],
                "properties": {"spec": {"properties": {"list": {"type": "array", "items": {"type": "object"}, "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "name"}}}}}}})
            add("openapi", {"path": "schema.json"})
        if self.chance(0.05):
            self.files[f"{folder}/config.yaml"] = self.plain.document({"images": [{"path": "spec/any", "kind": "Thing"}], "commonAnnotations": [{"path": "spec/notes", "kind": "Thing", "create": True}],
                                                                   "nameReference": [{"kind": "ConfigMap", "fieldSpecs": [{"path": "spec/any", "kind": "Thing"}]}], "labels": [{"path": "spec/tags", "kind": "Thing", "create": True}]})
            add("configurations", ["config.yaml"])
        if self.chance(0.08):
            self.files[f"{folder}/plugin.yaml"] = self.plain.document(self.plugin(objects))
            add("transformers", ["plugin.yaml"])

    def plugin(self, objects):
        head = {"apiVersion": "builtin", "metadata": {"name": "plugin"}}
        return {**head, **self.pick([
            {"kind": "PrefixTransformer", "prefix": "pl-", "fieldSpecs": [{"path": "metadata/name"}]},
            {"kind": "LabelTransformer", "labels": {"pl": "x"}, "fieldSpecs": [{"path": "metadata/labels", "create": True}]},
            {"kind": "PatchTransformer", "patch": '[{"op": "add", "path": "/metadata/annotations", "value": {"pl": "1"}}]', "target": {"kind": "Deployment"}},
            {"kind": "NamespaceTransformer", "metadata": {"name": "x", "namespace": "plns"}, "unsetOnly": True, "fieldSpecs": [{"path": "metadata/name", "kind": "Namespace", "create": True}]},
            {"kind": "ImageTagTransformer", "imageTag": {"name": "nginx", "newTag": "pl"}, "fieldSpecs": [{"path": "spec/any"}]},
            {"kind": "ReplicaCountTransformer", "replica": {"name": "web", "count": 4}, "fieldSpecs": [{"path": "spec/replicas", "kind": "Deployment", "create": True}]},
            {"kind": "ValueAddTransformer", "value": "val", "targets": [{"fieldPath": "metadata/annotations/val"}]},
            {"kind": "PatchStrategicMergeTransformer", "patches": Literal(self.plain.document(self.merge_patch(self.pick(objects))))} if objects else {"kind": "HashTransformer"},
            {"kind": "PatchJson6902Transformer", "target": {"kind": "ConfigMap", "name": ".*"}, "jsonOp": '[{"op": "add", "path": "/data/pl", "value": "x"}]'},
            {"kind": "ReplacementTransformer", "replacements": [self.replacement(objects)]} if objects else {"kind": "HashTransformer"},
            {"kind": "HashTransformer"},
            {"kind": "PrefixSuffixTransformer", "prefix": "a-", "suffix": "-b", "fieldSpecs": [{"path": "metadata/name"}]},
            {"kind": "AnnotationsTransformer", "annotations": {"pl": "y"}, "fieldSpecs": [{"path": "metadata/annotations", "create": True}]},
        ])}

    # patches

    def patch(self, folder, objects, index):
        one = self.pick(objects) if objects else self.object("web")
        entry = {}
        if self.chance(0.35):
            text = self.json_patch(one)
            entry["target"] = self.pick([{"kind": one["kind"], "name": one["metadata"]["name"]}] * 3 + [self.target(one)])
        else:
            text = self.writer.document(self.merge_patch(one))
            if self.chance(0.4):
                entry["target"] = self.target(one)
                if self.chance(0.15):
                    entry["options"] = {"allowNameChange": True}
        if self.chance(0.4):
            path = f"patch{index}.yaml"
            self.files[f"{folder}/{path}"] = text
            entry["path"] = path
        else:
            entry["patch"] = Literal(text)
        return entry

    def target(self, one):
        target = self.pick([{"kind": one["kind"]}, {"kind": one["kind"], "name": one["metadata"]["name"]}, {"name": "w.*"}, {"group": "apps", "version": "v1"},
                            {"kind": "Deployment|StatefulSet"}, {"labelSelector": "app=web"}, {"labelSelector": "app in (web, api)"}, {"annotationSelector": "note"},
                            {"namespace": "prod"}, {"name": "[a-d].*", "kind": "Service"}, {"kind": one["kind"], "namespace": "default"}])
        return dict(target)

    def merge_patch(self, one):
        """A partial object: the same fields with other values, some new ones, nulls, directives."""
        meta = {"name": one["metadata"]["name"]}
        if "namespace" in one["metadata"]:
            meta["namespace"] = one["metadata"]["namespace"]
        patch = {"apiVersion": one["apiVersion"], "kind": one["kind"], "metadata": meta}
        for field in ("labels", "annotations"):
            if self.chance(0.2):
                meta[field] = self.pick([{"app": "patched"}, {"note": None}, {"added": self.text(), "tier": "t"}, None, {"$patch": "replace", "only": "one"}])
        if self.chance(0.1):
            meta["finalizers"] = self.pick([["a.b/c"], ["x", "y", "x"], []])
        if "spec" in one:
            patch["spec"] = self.partial(one["spec"])
        if "data" in one or "stringData" in one:
            field = "data" if "data" in one else "stringData"
            patch[field] = {key: self.pick([None, self.text(), Raw("~"), Block(self.pick(TEXTS))]) for key in self.some(list(one[field]) + ["new"], 3)}
        return patch

    def partial(self, value, depth=0):
        if isinstance(value, dict):
            result = {}
            for key, item in value.items():
                if self.chance(0.45) or key == "name":
                    result[key] = self.partial(item, depth + 1)
            if self.chance(0.12):
                result[self.pick(["extra", "replicas", "note"])] = self.awkward()
            if self.chance(0.06) and depth:
                result["$patch"] = self.pick(["delete", "replace", "merge", "delete"])
            return result
        if isinstance(value, list):
            items = [self.partial(item, depth + 1) for item in value if self.chance(0.6)]
            self.random.shuffle(items)
            if value and isinstance(value[0], dict) and self.chance(0.4):
                fresh = dict(value[0])
                for key, other in (("name", "fresh"), ("containerPort", 9090), ("port", 9091)):
                    if key in fresh:
                        fresh[key] = other
                items.insert(self.random.randint(0, len(items)), fresh)
            if self.chance(0.05):
                items.append({"$patch": self.pick(["replace", "delete"])})
            return items if not self.chance(0.04) else None
        if self.chance(0.06):
            return None
        return self.pick([value, value, 7, "patched", True, self.awkward()])

    def places(self, value, path=()):
        """Every place in an object, as a list of keys."""
        yield path
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            yield from self.places(item, (*path, key))

    def place(self, one, only=lambda value: True):
        """A random place whose value fits."""
        fitting = []
        for path in self.places(one):
            value = one
            for key in path:
                value = value[key]
            if path and path[0] not in ("apiVersion", "kind") and path not in WHOLE and only(value):
                fitting.append(path)
        return self.pick(fitting) if fitting else ("metadata", "annotations", "fallback")

    def pointer(self, path):
        return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)

    def json_patch(self, one):
        value = self.pick([1, "1", True, None, 1.5, {"a": [1, "b"]}, 12345678, "long " * 30, "yes", 2 ** 53 + 1, [], {}])
        map_place, list_place = self.place(one, lambda item: isinstance(item, dict)), self.place(one, lambda item: isinstance(item, list))
        operations = []
        for _ in range(self.random.randint(1, 3)):
            operations.append(self.pick([
                {"op": "add", "path": "/metadata/labels", "value": {"json": "1"}},
                {"op": "replace", "path": "/metadata/name", "value": "renamed"},
                {"op": "add", "path": "/metadata/annotations/a~1b", "value": "x"},
                {"op": "add", "path": self.pointer((*map_place, "new")), "value": value},
                {"op": "replace", "path": self.pointer(self.place(one)), "value": value},
                {"op": "replace", "path": self.pointer(self.place(one, lambda item: not isinstance(item, (dict, list)))), "value": value},
                {"op": "add", "path": self.pointer((*list_place, self.pick(["-", "-", 0, -1]))), "value": {"name": "json"}},
                {"op": "test", "path": "/kind", "value": one["kind"]},
                {"op": "copy", "from": "/metadata/name", "path": self.pointer((*map_place, "copied"))},
            ] + ([{"op": "remove", "path": self.pointer(self.place(one))}, {"op": "move", "from": self.pointer(self.place(one)), "path": "/metadata/moved"}]
                 if len(operations) == 0 and self.chance(0.4) else [])))
        if self.chance(0.5):
            return json.dumps(operations)
        return self.writer.document(operations) if self.chance(0.3) else self.plain.document(operations)

    def field_path(self, path):
        parts = []
        for key in path:
            text = str(key)
            parts.append(f"[{text}]" if "." in text and self.chance(0.5) and "=" not in text else text.replace(".", "\\."))
        return ".".join(parts)

    def replacement(self, objects):
        source, target = self.pick(objects), self.pick(objects)
        single = lambda item: not isinstance(item, (dict, list)) and item is not None and item not in ("~", "null", "")
        place = self.place(source, single if self.chance(0.8) else lambda item: item)
        entry = {"source": {"kind": source["kind"], "name": source["metadata"]["name"], "fieldPath": self.field_path(place)}}
        if self.chance(0.3):
            entry = {"sourceValue": self.pick(["given", "5x", "a:b", "'7'"])}
        elif self.chance(0.2):
            entry["source"]["options"] = {"delimiter": self.pick(["-", ":", "/"]), "index": 0}
        text = lambda item: isinstance(item, str)
        own = self.field_path(self.place(target, text if self.chance(0.85) else lambda item: True))
        workload = ["spec.template.spec.containers.[name=app].image", "spec.template.spec.containers.*.image", "spec.template.spec.containers.[name=app].env.[name=A].value",
                    "spec.template.spec.containers.[name=^log].env.[name=new].value"] if "template" in target.get("spec", {}) else []
        data = ["data.cfg\\.json.port", "data.cfg\\.json.host", "data.cfg\\.yaml.server.host", "data.cfg\\.yaml.name", "data.cfg\\.yaml.server.ports.0", "data.cfg\\.json.list.1.a"] \
            if any(key in target.get("data", {}) for key in ("cfg.json", "cfg.yaml")) else []
        ports = ["spec.ports.0.name", "spec.ports.[name=http].port"] if target["kind"] == "Service" else []
        if own == "metadata.name" and "source" in entry:
            own = "metadata.labels.repl"
        paths = ["metadata.labels.repl", own, own, own, "metadata.annotations.[a.b/c]", *workload, *data, *data, *ports]
        options = self.pick([{}, {"create": True}, {"create": True}, {"create": True}, {"delimiter": self.pick(":-/"), "index": self.random.randint(-1, 3), "create": True}])
        by_name = {"kind": target["kind"], "name": target["metadata"]["name"]}
        entry["targets"] = [{"select": self.pick([by_name, by_name, by_name, {"kind": target["kind"]}, {"name": "w.b"}]),
                             "fieldPaths": self.some(paths, 2) or [own], **({"options": options} if options else {})}]
        if self.chance(0.2):
            entry["targets"][0]["reject"] = [self.pick([{"name": "db"}, {"labelSelector": "tier"}, {"kind": "Service", "name": "a.*"}])]
        return entry

    # what editors do to files

    def spoil(self):
        for path in list(self.files):
            if self.chance(0.04):
                self.files[path] = self.files[path].replace("\n", "\r\n")
            if self.chance(0.03) and not path.endswith(".env"):
                self.files[path] = "\ufeff" + self.files[path]
            if path.endswith("resources.yaml") and self.chance(0.05):
                self.files[path] = self.anchored(self.files[path])

    def anchored(self, text):
        return text + "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: anchored\n  labels: &labels {app: anchored}\ndata:\n  a: &text word\n  b: *text\n  <<: *labels\n"
