"""Makes random trees of layers that use every field of a kustomization, over objects that refer to one another."""

import json
from kinds import Kinds
from trees import Tree as PlainTree
from yamltext import Literal

FILE_NAMES = ["kustomization.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization"]
WIDGETS = {"group": "example.com", "version": "v1", "kind": "Widget"}


class Tree(PlainTree):
    """The plain tree's patches and replacements, with other objects, and all other fields besides."""

    def object(self, name):
        if self.chance(0.15):
            return super().object(name)
        return Kinds(self.random).object(name)

    def json_patch(self, one):
        """Without the fallback for what an object has no place for: most of these would be refused."""
        for _ in range(8):
            text = super().json_patch(one)
            if "fallback" not in text:
                break
        return text

    def replacement(self, objects):
        for _ in range(8):
            entry = super().replacement(objects)
            if entry["targets"][0].get("options", {}).get("create"):
                break
        return entry

    def write(self, folder, kustomization):
        if self.chance(0.3):
            component = kustomization.pop("kind", "Kustomization") == "Component"
            version = "v1alpha1" if component else "v1beta1"
            kustomization = {**kustomization, "apiVersion": f"kustomize.config.k8s.io/{version}", "kind": "Component" if component else "Kustomization"}
        fields = list(kustomization.items())
        if self.chance(0.5):
            self.random.shuffle(fields)
        self.files[f"{folder}/{self.pick(FILE_NAMES)}"] = self.plain.document(dict(fields))
        return folder

    def component(self, folder):
        kustomization = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
        if self.chance(0.4):
            one = self.object(folder)
            self.files[f"{folder}/own.yaml"] = self.writer.documents([one])
            self.objects.append(one)
            kustomization["resources"] = ["own.yaml"]
        self.add_generators(kustomization, folder, merge=True)
        self.add_fields(kustomization, folder, self.objects)
        kustomization.setdefault("nameSuffix", "-c")
        return self.write(folder, kustomization)

    def add_generators(self, kustomization, folder, merge):
        super().add_generators(kustomization, folder, merge)
        if self.chance(0.25):
            kustomization.setdefault("configMapGenerator", []).append(self.generator(folder))
        if self.chance(0.2):
            kustomization.setdefault("secretGenerator", []).append({**self.generator(folder), **self.pick([{}, {"type": "t"}])})
        if self.chance(0.15):
            options = {"disableNameSuffixHash": self.chance(0.4), "immutable": self.chance(0.3), "labels": {"o": "1"}, "annotations": {"oa": "b"}}
            kustomization["generatorOptions"] = dict(self.some(list(options.items()), 3)) or {"immutable": True}
        if self.chance(0.1):
            plugin = {"apiVersion": "builtin", "kind": self.pick(["ConfigMapGenerator", "SecretGenerator"]), "metadata": {"name": self.fresh("gen")}, "literals": ["a=b"]}
            kustomization["generators"] = [self.plugin_entry(folder, plugin)]

    def fresh(self, stem):
        self.counter = getattr(self, "counter", 0) + 1
        return f"{stem}{self.counter}"

    def generator(self, folder):
        entry = {"name": self.pick([self.fresh("g")] * 4 + ["settings", "web"])}
        if self.chance(0.2):
            entry["namespace"] = self.pick(["default", "prod"])
        if self.chance(0.1):
            entry["behavior"] = self.pick(["create", "unknown"] if entry["name"].startswith("g") else ["merge", "replace"])
        if self.chance(0.8):
            entry["literals"] = [self.pick(["a=1", "b=x=y", "c='q'", 'd="q', "e=", "f=a b", "g=<&>"])]
        if self.chance(0.3):
            self.files[f"{folder}/data.txt"] = self.pick(["hello\n", "a\nb\n", "x" * 100, "t\tab\n", "\x01\x02", "\udc80\udcff\n"])
            entry["files"] = [self.pick(["data.txt", "k=data.txt"])]
        if self.chance(0.2):
            self.files[f"{folder}/all.env"] = "# c\nEA=1\n EB = 2\nEC\n"
            entry.update(self.pick([{"envs": ["all.env"]}, {"env": "all.env"}]))
        if self.chance(0.3):
            options = {"disableNameSuffixHash": self.chance(0.5), "immutable": self.chance(0.5), "labels": {"gl": "v"}, "annotations": {"ga": "v"}}
            entry["options"] = dict(self.some(list(options.items()), 3))
        return entry

    def add_fields(self, kustomization, folder, objects):
        super().add_fields(kustomization, folder, objects)
        self.add_names(kustomization, objects)
        self.add_old_fields(kustomization, folder, objects)
        self.add_tables(kustomization, folder)
        self.add_plugins(kustomization, folder, objects)

    def add_names(self, kustomization, objects):
        add = kustomization.__setitem__
        if self.chance(0.2):
            marks = ("includeSelectors", "includeTemplates", "includeVolumeClaimTemplates")
            fields = [{"path": self.pick(["spec/lab", "spec/extra/labels"]), "kind": self.pick(["Widget", "Service"]), "create": self.chance(0.5)}]
            add("labels", [{"pairs": {self.pick(["app", "lab"]): self.pick(["v", "2"])}, **{mark: True for mark in marks if self.chance(0.3)}, **self.pick([{}, {"fields": fields}])}
                           for _ in range(self.random.randint(1, 2))])
        if self.chance(0.25):
            values = {"newName": self.pick(["new/img", "r:1/x"]), "newTag": self.pick(["v2", "1"]), "digest": "sha256:dd", "tagSuffix": "-sfx"}
            add("images", [{"name": self.pick(["nginx", "busybox", "foo/nginx", "repo:5000/nginx", ".*"]), **dict(self.some(list(values.items()), 3))} for _ in range(2)])
        if self.chance(0.2):
            orders = [{"order": "fifo"}, {"order": "legacy"}, {"order": "legacy", "legacySortOptions": {"orderFirst": ["Pod", "Service"], "orderLast": ["ConfigMap"]}}]
            add("sortOptions", self.pick(orders))
        if self.chance(0.15):
            add("buildMetadata", self.some(["originAnnotations", "transformerAnnotations", "managedByLabel"], 3) or ["originAnnotations"])
        if objects and self.chance(0.15) and not getattr(self, "has_vars", False):
            self.has_vars = True
            add("vars", [self.var(self.pick(objects)) for _ in range(self.pick([1, 1, 1, 2]))])

    def var(self, one):
        entry = {"name": self.pick(["X", "Y"]), "objref": {"apiVersion": one["apiVersion"], "kind": one["kind"], "name": one["metadata"]["name"]}}
        if self.chance(0.4):
            entry["fieldref"] = {"fieldpath": self.pick(["metadata.name", "metadata.namespace", "spec.ports[0].port", "data.k0", "spec.template.spec.containers[0].image"])}
        return entry

    def add_old_fields(self, kustomization, folder, objects):
        if len(kustomization.get("resources", [])) > 1 and self.chance(0.15):
            kustomization["bases"] = [kustomization["resources"].pop(0)]
            if not kustomization["bases"][0].startswith("../"):
                kustomization["resources"] += kustomization.pop("bases")
        if objects and self.chance(0.1):
            one = self.pick(objects)
            self.files[f"{folder}/json.yaml"] = self.json_patch(one)
            kustomization["patchesJson6902"] = [{"target": {"version": one["apiVersion"].split("/")[-1], "kind": one["kind"], "name": one["metadata"]["name"]}, "path": "json.yaml"}]

    def add_tables(self, kustomization, folder):
        if self.chance(0.2) and "configurations" not in kustomization:
            tables = dict(self.some(list(self.rows().items()), 4))
            self.files[f"{folder}/tables.yaml"] = self.plain.document(tables) if tables else "{}\n"
            kustomization["configurations"] = ["tables.yaml"]
        if self.chance(0.1):
            self.files[f"{folder}/crd.json"] = json.dumps(self.definitions())
            kustomization["crds"] = ["crd.json"]
        if self.chance(0.1) and "openapi" not in kustomization:
            self.files[f"{folder}/widgets.json"] = json.dumps(self.schema())
            kustomization["openapi"] = self.pick([{"path": "widgets.json"}, {"path": "widgets.json"}, {"version": "v1.21.2"}])

    def rows(self):
        any_or = self.pick([{}, {"kind": "Widget"}, {"kind": "ConfigMap", "version": "v1"}])
        return {
            "namePrefix": [{"path": "metadata/name", **any_or}, {"path": "spec/configRef/name", "kind": "Widget"}],
            "nameSuffix": [{"path": "spec/x[]", "kind": "Widget"}],
            "namespace": [{"path": "spec/ns", "create": self.chance(0.5), "kind": self.pick(["Widget", "Deployment"])}],
            "commonLabels": [{"path": "spec/lab", "create": self.chance(0.7), "kind": "Widget"}, {"path": "spec/selector", "create": self.chance(0.9), "version": "v1", "kind": "Service"}],
            "labels": [{"path": "spec/lab2", "create": True, **any_or}],
            "templateLabels": [{"path": "spec/tl", "create": True, "kind": "Widget"}],
            "commonAnnotations": [{"path": "spec/ann", "create": True, "kind": "Widget"}],
            "nameReference": [{"kind": self.pick(["ConfigMap", "Deployment"]), **self.pick([{}, {"version": "v1"}]), "fieldSpecs": [{"kind": "Widget", "path": "spec/configRef/name"}, {"path": "spec/x"}]},
                              {"kind": "Service", "fieldSpecs": [{"path": "metadata/annotations/note", "kind": "Deployment"}]}],
            "varReference": [{"path": "spec/x", "kind": "Widget"}, {"path": "spec/replicas"}],
            "images": [{"path": "spec/template/spec/containers/name"}],
            "replicas": [{"path": "spec/x", "create": self.chance(0.5), "kind": "Widget"}],
        }

    def definitions(self):
        properties = {"configRef": {"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": self.pick(["ConfigMap", "Secret"])},
                      "lab": {"x-kubernetes-label-selector": ""}, "ann": {"x-kubernetes-annotation": ""}, "x": {"x-kubernetes-identity": ""}}
        top = {name: {} for name in ("kind", "apiVersion", "metadata")}
        return {"x.Widget": {"Schema": {"properties": {**top, "spec": {"$ref": "x.Spec"}}}}, "x.Spec": {"Schema": {"properties": properties}}}

    def schema(self):
        items = {"type": "array", "items": {"type": "object", "properties": {"image": {"type": "string"}}}, "x-kubernetes-patch-merge-key": "image", "x-kubernetes-patch-strategy": "merge"}
        widget = {"properties": {"spec": {"properties": {"containers": items}}}, "x-kubernetes-group-version-kind": [WIDGETS]}
        path = self.pick(["/apis/example.com/v1/widgets", "/apis/example.com/v1/namespaces/{namespace}/widgets"])
        return {"definitions": {"widget": widget}, "paths": {path: {"get": {"x-kubernetes-group-version-kind": WIDGETS, "x-kubernetes-action": "list"}}}}

    def add_plugins(self, kustomization, folder, objects):
        if self.chance(0.2):
            kustomization["transformers"] = [self.plugin_entry(folder, self.odd_plugin(objects)) for _ in range(self.random.randint(1, 2))]
        if self.chance(0.02):
            check = {"apiVersion": "builtin", "kind": "LabelTransformer", "metadata": {"name": "check"}, "labels": {self.pick(["validated-by", "validated-by", "other"]): "me"},
                     "fieldSpecs": [{"path": "metadata/labels", "create": True}]}
            kustomization["validators"] = [self.plugin_entry(folder, check)]

    def plugin_entry(self, folder, plugin):
        """Inline, as a file, or as a folder with a kustomization of its own."""
        text = self.plain.document(plugin)
        way = self.pick(["inline", "file", "file", "folder"])
        if way == "inline":
            return Literal(text)
        name = self.fresh("plugin")
        if way == "file":
            self.files[f"{folder}/{name}.yaml"] = text
            return f"{name}.yaml"
        self.files[f"{folder}/{name}/it.yaml"] = text
        self.files[f"{folder}/{name}/kustomization.yaml"] = "resources: [it.yaml]\n"
        return name

    def odd_plugin(self, objects):
        """A built-in with other field specs than its field would have."""
        specs = lambda *paths: [{"path": path, "create": self.chance(0.5)} for path in paths]
        namespace = {"unsetOnly": self.chance(0.5), "setRoleBindingSubjects": self.pick(["defaultOnly", "allServiceAccounts", "none"]),
                     "fieldSpecs": self.pick([[], specs("metadata/namespace"), [{"path": "metadata/name", "kind": "Namespace", "create": True}, {"path": "subjects/namespace", "kind": "RoleBinding"}]])}
        adding = {"selector": {"kind": self.pick(["Deployment", "ConfigMap", ".*"])}, "filePathPosition": self.pick([0, 0, 1, 3]),
                  "fieldPath": self.pick(["metadata/labels/va", "spec/template/metadata/annotations/x\\/y", "metadata/namespace", "data/k0"])}
        head = {"apiVersion": "builtin", "metadata": {"name": "odd"}}
        choices = [
            {"kind": "LabelTransformer", "labels": {"pl": self.pick(["1", "x"])}, "fieldSpecs": specs("metadata/labels", "spec/template/metadata/labels")},
            {"kind": "AnnotationsTransformer", "annotations": {"pa": "1"}, "fieldSpecs": specs("metadata/annotations")},
            {"kind": "SuffixTransformer", "suffix": "-ss", "fieldSpecs": [{"path": "metadata/name", "kind": "Deployment"}, {"path": "spec/configRef/name", "kind": "Widget"}]},
            {"kind": "PrefixSuffixTransformer", "prefix": "ps-", "suffix": "-sp", "fieldSpecs": specs("metadata/name")},
            {"kind": "NamespaceTransformer", "metadata": {"name": "ns", "namespace": self.pick(["prod", "nn"])}, **namespace},
            {"kind": "ImageTagTransformer", "imageTag": {"name": "nginx", "newTag": "v9"}, "fieldSpecs": specs("spec/template/spec/containers[]/image")},
            {"kind": "ValueAddTransformer", "value": self.pick(["vv", "12"]), "targets": [adding]},
            {"kind": "HashTransformer"}, {"kind": self.pick(["HashTransformer"] * 8 + ["SortOrderTransformer", "Unknown"])},
            {"kind": "ReplicaCountTransformer", "replica": {"name": "web", "count": 4}, "fieldSpecs": specs("spec/replicas", "spec/x")},
        ]
        if objects:
            choices += [{"kind": "PatchTransformer", **self.patch("unused", objects, 0)}, {"kind": "ReplacementTransformer", "replacements": [self.replacement(objects)]}]
        return {**head, **self.pick(choices)}
