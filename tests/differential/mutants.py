"""Changes a line or two of a case: lines that go, come twice, swap, move in or out; values and keys that trade places; a
field of another case's kustomization. The cases are our own fixtures, or the folders of $CORPUS (`input/` in each)."""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(os.path.dirname(HERE), "fixtures", "kustomize")
VALUES = ['""', "''", "null", "~", "5", '"5"', "1.5", "true", "yes", "0x1F", "1e3", "2020-01-01", "[]", "{}", "[a]", "{a: b}", "x: y", '"a\\nb"', "!!str 5", "*x", "&a b", "|", ">-",
          "default", ".*", "*", "a,b", '"a b"', "$(X)", "999999999999", "-1", "name", "metadata.name", "spec", "true ", "# c"]
LINES = ["---", "# c", "", "...", "- x", "a: b", "metadata: {name: x}"]
FOREIGN = re.compile(r"https?://|github\.com|git@|helm|ssh:|file://")


def folders():
    corpus = os.environ.get("CORPUS", FIXTURES)
    return sorted(os.path.join(corpus, name) for name in os.listdir(corpus) if os.path.isdir(os.path.join(corpus, name, "input")))


def texts(folder):
    found = {}
    for root, _, names in os.walk(os.path.join(folder, "input")):
        for name in names:
            path = os.path.join(root, name)
            with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
                found[os.path.relpath(path, os.path.join(folder, "input"))] = file.read()
    return found


def target(folder):
    """The folder to build: as `case.yaml` says, else `app` where it exists."""
    try:
        with open(os.path.join(folder, "case.yaml"), encoding="utf-8") as file:
            found = re.search(r"(?m)^target: (.*)$", file.read())
            return found[1].strip("'\"") if found else "."
    except FileNotFoundError:
        return "app" if os.path.isdir(os.path.join(folder, "input", "app")) else "."


def is_kustomization(path):
    return os.path.basename(path) in ("kustomization.yaml", "kustomization.yml", "Kustomization")


def values_of(line):
    return list(re.finditer(r"(?:: |- )(\S.*)$", line))


def key_of(line):
    return re.match(r"(\s*-?\s*)([A-Za-z$][\w./-]*):", line)


class Tree:
    """One case, changed."""

    def __init__(self, random):
        self.random = random
        all_folders = folders()
        folder = random.choice(all_folders)
        self.root, self.files = target(folder), texts(folder)
        names = [path for path in self.files if path.rsplit(".", 1)[-1] in ("yaml", "yml", "json") or is_kustomization(path)]
        for _ in range(random.choice([1, 1, 1, 2, 2, 3])):
            self.change(names, all_folders)
        for path, text in self.files.items():
            if FOREIGN.search(text):
                self.files[path] = FOREIGN.sub("x", text)

    def change(self, names, all_folders):
        kustomizations = [path for path in names if is_kustomization(path)]
        path = self.random.choice(kustomizations if kustomizations and self.random.random() < 0.4 else names)
        if kustomizations and self.random.random() < 0.08:
            path = self.random.choice(kustomizations)
            self.files[path] = self.files[path].rstrip("\n") + "\n" + self.field_of(self.random.choice(all_folders))
            return
        lines = self.files[path].split("\n")
        self.random.choice([self.value, self.value, self.value, self.value, self.drop, self.repeat, self.indent, self.dedent, self.key, self.swap, self.insert])(lines)
        self.files[path] = "\n".join(lines)

    def field_of(self, folder):
        """One field of a kustomization of another case."""
        fields = []
        for path, text in texts(folder).items():
            if is_kustomization(path):
                fields += [block for block in re.split(r"(?m)^(?=[A-Za-z])", text) if re.match(r"(?!resources|bases|helm)[A-Za-z]+:", block)]
        return self.random.choice(fields) if fields else ""

    def any(self, lines):
        return self.random.randrange(len(lines))

    def value(self, lines):
        fitting = [at for at, line in enumerate(lines) if values_of(line)]
        if not fitting:
            return
        at = self.random.choice(fitting)
        value = self.random.choice(VALUES)
        if self.random.random() < 0.35:
            value = values_of(lines[self.random.choice(fitting)])[-1][1]
        lines[at] = lines[at][: values_of(lines[at])[-1].start(1)] + value

    def drop(self, lines):
        del lines[self.any(lines)]

    def repeat(self, lines):
        lines.insert(self.any(lines), lines[self.any(lines)])

    def indent(self, lines):
        at = self.any(lines)
        lines[at] = "  " + lines[at]

    def dedent(self, lines):
        at = self.any(lines)
        lines[at] = lines[at].removeprefix("  ")

    def key(self, lines):
        at = self.any(lines)
        found = key_of(lines[at])
        if found:
            keys = [other[2] for other in map(key_of, lines) if other]
            lines[at] = found[1] + self.random.choice([*keys, "name", "metadata", "spec", "x", "$patch", "kind"]) + lines[at][found.end(2):]

    def swap(self, lines):
        one, other = self.any(lines), self.any(lines)
        lines[one], lines[other] = lines[other], lines[one]

    def insert(self, lines):
        lines.insert(self.any(lines), self.random.choice(LINES))
