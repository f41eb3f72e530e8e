"""Makes many small objects with keyed lists, and a strategic merge patch for each: missing, repeated, mixed keys."""

from yamltext import Raw, Writer

# api version, kind, path to the list, its keys, values of the keys
LISTS = [
    ("v1", "Service", ["spec", "ports"], ["port", "protocol"], [[80, 81, 82], ["TCP", "UDP"]]),
    ("v1", "Pod", ["spec", "containers"], ["name"], [["a", "b", "c"]]),
    ("v1", "Pod", ["spec", "hostAliases"], ["ip"], [["1.1.1.1", Raw("1"), Raw("'1'")]]),
    ("v1", "Pod", ["spec", "topologySpreadConstraints"], ["topologyKey", "whenUnsatisfiable"], [["zone", "host"], ["DoNotSchedule", "ScheduleAnyway"]]),
    ("v1", "Pod", ["spec", "volumes"], ["name"], [["v", "w"]]),
    ("v1", "ServiceAccount", ["secrets"], ["name"], [["s", "t"]]),
    ("example.com/v1", "Thing", ["spec", "items"], ["name"], [["a", "b"]]),
]


class Tree:
    """One folder with some objects; nothing but lists differs."""

    def __init__(self, random):
        self.random = random
        self.root = "."
        writer = Writer(random, plain=True)
        objects, patches = [], []
        for index in range(12):
            one, patch = self.pair(index)
            objects.append(one)
            patches.append(patch)
        self.files = {"resources.yaml": writer.documents(objects)}
        names = []
        for index, patch in enumerate(patches):
            self.files[f"patch{index}.yaml"] = writer.document(patch)
            names.append({"path": f"patch{index}.yaml"})
        self.files["kustomization.yaml"] = writer.document({"resources": ["resources.yaml"], "patches": names})

    def pair(self, index):
        api_version, kind, path, keys, values = self.random.choice(LISTS)
        head = {"apiVersion": api_version, "kind": kind, "metadata": {"name": f"o{index}"}}
        live = {**head, **self.nested(path, self.elements(keys, values, False))}
        patch = {**head, **self.nested(path, self.elements(keys, values, True))}
        if self.random.random() < 0.3:
            for one in (live, patch):
                one["metadata"] = {**one["metadata"], "finalizers": [self.random.choice("xyz") for _ in range(self.random.randint(0, 3))]}
        return live, patch

    def nested(self, path, value):
        for name in reversed(path):
            value = {name: value}
        return value

    def elements(self, keys, values, in_patch):
        complete = self.random.random() < 0.35
        return [self.element(keys, values, in_patch, complete) for _ in range(self.random.randint(0, 4))]

    def element(self, keys, values, in_patch, complete):
        element = {}
        for key, choices in zip(keys, values):
            if complete or self.random.random() < 0.75:
                element[key] = self.random.choice(choices)
        for extra in ("x", "y"):
            if self.random.random() < 0.4:
                element[extra] = self.random.choice([1, "2", Raw("'3'"), None if in_patch else 4, {"n": 1}])
                if isinstance(element[extra], dict):
                    element[extra + "m"] = element.pop(extra)
        if in_patch and self.random.random() < 0.15:
            element["$patch"] = self.random.choice(["delete", "delete", "replace", "merge"])
        if not element:
            element["x"] = 0
        return element
