"""Makes kustomizations whose fields hold odd values: wrong types, misspelt and unknown names, nulls, YAML 1.1 words.
What is asked is whether both refuse, and what both make of what they take."""

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: c
        image: nginx:1
"""

FIELDS = ["apiVersion", "kind", "metadata", "openapi", "namePrefix", "nameSuffix", "namespace", "commonLabels", "labels", "commonAnnotations",
          "patchesStrategicMerge", "patchesJson6902", "patches", "images", "imageTags", "replacements", "replicas", "vars", "sortOptions", "resources",
          "components", "crds", "bases", "configMapGenerator", "secretGenerator", "helmGlobals", "helmCharts", "generatorOptions", "configurations",
          "generators", "transformers", "validators", "buildMetadata", "helmChartInflationGenerator", "unknown"]

SCALARS = ["", "null", "~", '""', "a", "1", "1.5", "true", "yes", "n", "on", '"1"', "'x'", "2020-01-01", "0x1F", ".inf", "0o17", "1_000", "!!str 5", "*x"]

COLLECTIONS = ["[]", "{}", "[a]", "[1]", '["1"]', "[null]", "[[]]", "[{}]", "{a: b}", "{a: 1}", "{a: null}", '{a: "1"}', "{a: true}", "{a: [b]}", '{"": x}',
               "{1: x}", "[{name: a}]", "[{name: 1}]", "[{name: a, unknown: b}]", "[{Name: a}]", "{labels: {a: b}}", "{path: x.yaml}", "{foo: x}", "{name: 1}"]

# Values that some field takes, or nearly takes.
FITTING = {
    "kind": ["Kustomization", "Component", "kustomization", '""'],
    "apiVersion": ["kustomize.config.k8s.io/v1beta1", "kustomize.config.k8s.io/v1alpha1", "v1"],
    "openapi": ["{version: v1.21.2}", "{version: v1.20.4}", "{path: x.yaml}"],
    "sortOptions": ["{order: fifo}", "{order: legacy}", "{order: x}", "{order: legacy, legacySortOptions: {orderFirst: [A]}}", "{order: fifo, legacySortOptions: {orderFirst: [A]}}"],
    "replicas": ["[{name: web, count: %s}]" % count for count in ("1", '"1"', "1.0", "1.5", "0x2", "null", "1e2", "-1")] + ["[{name: web}]", "[{count: 2}]"],
    "labels": ["[{pairs: {x: y}}]", "[{pairs: {x: 1}}]", "[{pairs: {x: y}, includeSelectors: yes}]", '[{pairs: {x: y}, includeSelectors: "true"}]', "[{includeSelectors: true}]",
               "[{pairs: {x: y}, fields: [{path: spec/foo, create: true}]}]", "[{pairs: {x: y}, fields: [{path: spec/foo, bad: 1}]}]", "[{pairs: {x: y}, fields: [{}]}]"],
    "images": ["[{name: nginx, newTag: 1}]", '[{name: nginx, newTag: "1"}]', "[{name: nginx, newtag: v2}]", "[{name: nginx, newTag: v2, newTag: v3}]", "[{newTag: v2}]", '[{name: "["}]'],
    "configMapGenerator": ["[{name: g, literals: [a=b]}]", "[{name: g, literals: [a]}]", "[{name: g, literals: a=b}]", "[{name: g, literals: [a=1, a=2]}]", "[{name: g, files: [d.yaml]}]",
                           "[{name: g, files: [k=d.yaml]}]", "[{name: g, files: [a=b=c]}]", "[{name: g, files: [=d.yaml]}]", "[{name: g, env: e.env}]", "[{name: g, envs: [e.env], env: f.env}]",
                           "[{literals: [a=b]}]", "[{name: g, behavior: foo}]", "[{name: g, type: t}]", '[{name: g, options: {disableNameSuffixHash: "true"}}]', "[{name: g, options: null}]"],
    "resources": ["[d.yaml]", "[./d.yaml]", "[d.yaml, d.yaml]", "[sub/../d.yaml]", "[nope.yaml]", '["# c"]', '[""]', "[.]", "[..]", "[sub]", "[d.yaml, null]"],
    "buildMetadata": ["[originAnnotations]", "[foo]", "[managedByLabel, transformerAnnotations]"],
    "generatorOptions": ["{disableNameSuffixHash: true}", "{disableNameSuffixHash: 1}", "{immutable: true, labels: {a: b}}", "{labels: {a: 1}}"],
    "patches": ["[{path: p.yaml}]", '[{patch: "{}"}]', "[{path: p.yaml, patch: x}]", '[{patch: ""}]', '[{target: {kind: Deployment}, patch: "[]"}]', "[{}]", "[p.yaml]",
                '[{target: {kind: Deployment}, patch: "[{op: add, path: /metadata/labels, value: {a: b}}]"}]', "[{path: p.yaml, target: {kind: Deployment, foo: x}}]",
                '[{path: p.yaml, target: {kind: "Dep.*", name: null}}]', '[{path: p.yaml, target: {name: "("}}]', "[{path: p.yaml, target: {labelSelector: '!'}}]"],
    "patchesStrategicMerge": ["[p.yaml]", "[nope.yaml]", "p.yaml", '["a: b"]'],
    "patchesJson6902": ["[{target: {kind: Deployment, name: web, version: v1}, path: j.json}]", "[{target: {kind: Deployment}, path: j.json}]", "[{path: j.json}]"],
    "replacements": ["[{sourceValue: x, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.name]}]}]", "[{sourceValue: x}]", "[{sourceValue: x, targets: []}]", "[{path: p.yaml}]",
                     "[{source: {kind: Deployment}, targets: [{fieldPaths: [a]}]}]", "[{source: {}, targets: [{select: {}}]}]"],
    "vars": ["[{name: v, objref: {kind: Deployment, apiVersion: apps/v1, name: web}}]", "[{name: v}]", "[{objref: {kind: Deployment}}]"],
    "components": ["[sub]", "[d.yaml]", "[nope]"], "configurations": ["[x.yaml]", "[d.yaml]"], "crds": ["[x.yaml]", "[d.yaml]"],
    "transformers": ["[d.yaml]", "[x.yaml]", "[sub]"], "metadata": ["{name: x, namespace: y}", "{name: x, labels: {a: 1}}"],
}


class Tree:
    """One folder; a field or two with odd values."""

    def __init__(self, random):
        self.random = random
        self.root = "."
        self.files = {"d.yaml": DEPLOYMENT, "e.env": "A=1\n", "f.env": "B=2\n", "p.yaml": DEPLOYMENT.replace("nginx:1", "nginx:9"), "x.yaml": "{}",
                      "j.json": '[{"op": "add", "path": "/spec/replicas", "value": 3}]\n', "sub/kustomization.yaml": "namePrefix: s-\n"}
        lines = ["resources: [d.yaml]"] if self.chance(0.8) else []
        lines += [self.line() for _ in range(random.randint(1, 2))]
        random.shuffle(lines)
        self.files["kustomization.yaml"] = self.spoilt("\n".join(lines) + "\n")

    def chance(self, probability):
        return self.random.random() < probability

    def line(self):
        field = self.random.choice(FIELDS)
        if field in FITTING and self.chance(0.6):
            value = self.random.choice(FITTING[field])
        elif self.chance(0.1):
            value = self.random.choice(self.random.choice(list(FITTING.values())))
        else:
            value = self.random.choice(SCALARS + COLLECTIONS)
        if self.chance(0.06):
            field = self.random.choice([field.lower(), field.upper(), field.capitalize(), field[:-1]])
        return f"{field}: {value}"

    def spoilt(self, text):
        for probability, change in ((0.05, lambda text: "---\n" + text), (0.03, lambda text: text + "---\nfoo: bar\n"), (0.03, lambda text: "# c\n" + text),
                                    (0.03, lambda text: text.replace("\n", "\r\n")), (0.03, lambda text: "\ufeff" + text), (0.02, lambda text: text + "...\n")):
            if self.chance(probability):
                text = change(text)
        return text
