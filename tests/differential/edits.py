#!/usr/bin/env python3
"""Edits random kustomization files with `bump` and asks real kustomize what it sees in them.

usage: edits.py --cand target/release/k8s-deploy [--seeds FIRST-LAST] [--keep DIR] [--jobs N]

A file is written in a random layout (flow and block, CRLF, BOM, comments everywhere, anchors, quotes, no final newline) from a model
of it. The edit is made twice. Asserted for each seed:
 - only bytes of the intended values change, and every comment stays;
 - real kustomize builds the edited file to the same bytes as a plain file that is written from the edited model;
 - the second run changes nothing.
Many files are built at a time, as bases of one kustomization; where a batch differs, each is built on its own. Exit 1 when any
differs. Real kustomize is found as in differential.py.
"""
import argparse, concurrent.futures, copy, json, os, random, re, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from differential import kustomize  # noqa: E402

BATCH = 20
KEYS = ["newName", "newTag", "digest"]
TAGS = ["v1", "1.2.3", "1.10", "2024-01-01", "0123", "553640e6", "latest", "1_000", "off", "y", "null", "0x1f", "v2.0.0-rc.1", "12"]


def digest(rng):
    return "sha256:" + "".join(rng.choices("0123456789abcdef", k=64))


class File:
    """A kustomization file in some layout, with the model behind it and the spans that an edit may touch."""

    def __init__(self, seed):
        self.seed, self.rng = seed, random.Random(f"edits {seed}")
        self.text, self.comments, self.anchors = "", 0, []
        # (list, index, key) -> [value span, span that goes with it when it is removed]; (list, index) -> the entry's span
        self.spans, self.entries, self.aliases, self.empty = {}, {}, [], {}
        rng = self.rng
        names = rng.sample(["app", "db", "reg.example/team/web", "localhost:5000/x", "cache"], rng.randint(1, 4))
        self.names = names
        self.images = [self.image(name) for name in names if rng.random() < 0.85]
        self.replicas = [{"name": f"w{index}", "count": rng.randint(1, 9)} for index in range(len(names)) if rng.random() < 0.3]
        self.write()
        if rng.random() < 0.2:
            self.crlf()
        if rng.random() < 0.1:
            self.shift("\ufeff")
        self.arguments = self.request()

    def image(self, name):
        rng, entry = self.rng, {"name": name}
        if rng.random() < 0.5:
            entry["newName"] = rng.choice(["reg.example/new", "reg.example:5000/a/b", name])
        if rng.random() < 0.8:
            entry["newTag"] = rng.choice(TAGS)
        if rng.random() < 0.25:
            entry["digest"] = digest(rng)
        return entry

    # Writing.

    def comment(self):
        self.comments += 1
        return f"# c{self.comments}. {self.rng.choice(['', 'images:', '- name: x', 'newTag: v9', '{a: b}', 'ü'])}".rstrip()

    def lines(self, indent):
        if self.rng.random() < 0.15:
            self.text += f"{indent}{self.comment()}\n"
        if self.rng.random() < 0.08:
            self.text += "\n"

    def tail(self):
        return self.rng.choice(["", "", "", "", "  ", f" {self.comment()}", f"\t{self.comment()}"])

    def value(self, value, flow):
        rng = self.rng
        if isinstance(value, int):
            return str(value)
        plain = not re.fullmatch(r"[0-9._ex+-]+|y|off|null|\d{4}-.*|0x.*|\d+e\d+", value)
        style = rng.choice(["'", '"', "plain", "plain"])
        if style == "plain" and not plain:
            style = '"'
        if style == "plain" and flow and not re.fullmatch(r"[A-Za-z0-9./-]+", value):
            style = "'"
        text = value if style == "plain" else f"{style}{value}{style}"
        if rng.random() < 0.05 and not flow:
            return f"!!str {text}"
        known = [name for name, held in self.anchors if held == value]
        if known and rng.random() < 0.5:
            return f"*{rng.choice(known)}" + (" " if flow else "")
        if rng.random() < 0.12:
            name = f"a{len(self.anchors)}"
            self.anchors.append((name, value))
            return f"&{name} {text}"
        return text

    def put(self, where, key, value, flow, removal):
        self.text += f"{key}: "
        start = len(self.text)
        written = self.value(value, flow)
        self.text += written
        end = start + len(written.rstrip())
        if written.startswith(("*", "&")):
            self.aliases.append((start, end, written.split()[0][1:]))
        self.spans[where + (key,)] = [(start, end), removal]
        return end

    def item(self, which, index, entry, indent):
        rng = self.rng
        pairs = list(entry.items())
        rng.shuffle(pairs)
        begin = len(self.text)
        if rng.random() < 0.35:
            self.text += f"{indent}- "
            self.flow(which, index, pairs)
            self.text += self.tail() + "\n"
        else:
            for position, (key, value) in enumerate(pairs):
                if position:
                    self.lines(indent + "  ")
                line = len(self.text)
                self.text += indent + ("- " if position == 0 else "  ")
                self.put((which, index), key, value, False, None)
                self.text += self.tail()
                self.text += "\n"
                # With a key goes its line; with the first one also the indentation of what moves up to the dash.
                self.spans[(which, index, key)][1] = [line, len(self.text)]
            following = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ ]*")
            first = self.spans[(which, index, pairs[0][0])]
            first[1][1] = following.match(self.text, first[1][1]).end() if len(pairs) > 1 else first[1][1]
        self.entries[(which, index)] = [begin, len(self.text)]

    def flow(self, which, index, pairs):
        wide = self.rng.random() < 0.2
        gap = "\n      " if wide else self.rng.choice(["", " "])
        self.text += "{" + gap
        for position, (key, value) in enumerate(pairs):
            if position:
                self.text += "," + ("\n      " if wide else " ")
            start = len(self.text)
            self.put((which, index), key, value, True, None)
            self.spans[(which, index, key)][1] = [start, len(self.text)]
        self.text += ("," if self.rng.random() < 0.15 else "") + gap + "}"
        # A removed pair takes a comma and blanks beside it.
        for key, _ in pairs:
            span = self.spans[(which, index, key)][1]
            while self.text[span[0] - 1] in ", \n":
                span[0] -= 1
            while self.text[span[1]] in ", \n":
                span[1] += 1

    def sequence(self, which, entries):
        rng = self.rng
        if not entries:
            written = rng.choice([f"{which}: []", f"{which}:", ""])
            self.text += written
            self.empty[which] = [[len(self.text) - 3, len(self.text)]] if written else []
            self.text += (self.tail() if written else "") + "\n"
            self.empty[which] += [[len(self.text), len(self.text)]] if written else []
            return
        if rng.random() < 0.15:
            self.text += f"{which}: ["
            for index, entry in enumerate(entries):
                self.text += "" if index == 0 else rng.choice([", ", ",\n  "])
                begin = len(self.text)
                pairs = list(entry.items())
                rng.shuffle(pairs)
                self.flow(which, index, pairs)
                self.entries[(which, index)] = [begin, len(self.text)]
            self.text += "]" + self.tail() + "\n"
            return
        self.text += f"{which}:{self.tail()}\n"
        indent = rng.choice(["", "", "  ", "    "])
        for index, entry in enumerate(entries):
            self.lines(indent)
            self.item(which, index, entry, indent)

    def write(self):
        rng = self.rng
        self.lines("")
        if rng.random() < 0.2:
            self.text += "---" + rng.choice(["", f" {self.comment()}"]) + "\n"
        parts = [lambda: self.sequence("images", self.images), lambda: self.sequence("replicas", self.replicas), self.resources]
        if rng.random() < 0.5:
            parts.append(self.kind)
        rng.shuffle(parts)
        for part in parts:
            self.lines("")
            part()
        self.lines("")
        if rng.random() < 0.1:
            self.text += "...\n"
        if rng.random() < 0.15:
            self.text = self.text.rstrip("\n")

    def kind(self):
        self.text += "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization" + self.tail() + "\n"

    def resources(self):
        self.text += self.rng.choice(["resources: [set.yaml]\n", "resources:\n- set.yaml # the set\n", "resources:\n  - 'set.yaml'\n"])

    def moved(self, change):
        self.spans = {key: [tuple(map(change, value)), list(map(change, removal))] for key, (value, removal) in self.spans.items()}
        self.entries = {key: list(map(change, span)) for key, span in self.entries.items()}
        self.empty = {key: [list(map(change, span)) for span in spans] for key, spans in self.empty.items()}
        self.aliases = [(change(start), change(end), name) for start, end, name in self.aliases]

    def crlf(self):
        before = self.text
        self.moved(lambda at: at + before.count("\n", 0, at))
        self.text = before.replace("\n", "\r\n")

    def shift(self, front):
        self.moved(lambda at: at + len(front))
        self.text = front + self.text

    # The request and what it means.

    def request(self):
        """Inputs of bump; `self.after` becomes the edited model, `self.touched` what it means for the file."""
        rng, self.after = self.rng, copy.deepcopy({"images": self.images, "replicas": self.replicas})
        style = rng.random()
        if style < 0.15:
            return self.scale()
        if style < 0.6:
            name = rng.choice(self.names)
            return self.merge(name, rng.choice([["newTag"], ["newTag"], ["newTag", "digest"], ["digest"], ["newName", "newTag"]]))
        lines = []
        for name in rng.sample(self.names, 1 if rng.random() < 0.7 or len(self.names) == 1 else 2):
            lines.append(self.line(name))
        return ["--images", "\n".join(lines)]

    def entry(self, name):
        for entry in self.after["images"]:
            if entry["name"] == name:
                return entry
        self.after["images"].append({"name": name})
        return self.after["images"][-1]

    def fresh(self, key):
        return {"newTag": self.rng.choice(TAGS + ["v7", "3.20"]), "digest": digest(self.rng), "newName": "reg.example/moved"}[key]

    def merge(self, name, keys):
        entry = self.entry(name)
        values = {key: self.fresh(key) for key in keys}
        if "newTag" in values and "digest" not in values:
            entry.pop("digest", None)
        entry.update(values)
        flags = {"newTag": "--tag", "digest": "--digest", "newName": "--new-name"}
        return ["--image", name] + [word for key, value in values.items() for word in (flags[key], value)]

    def line(self, name):
        tag, new = self.fresh("newTag"), self.fresh("newName")
        sha = self.fresh("digest")
        form = self.rng.randrange(5)
        entry = self.entry(name)
        old = dict(entry)
        wanted = [
            (f"{name}={new}:{tag}", {"newName": new, "newTag": tag}),
            (f"{name}=*:{tag}", {"newName": old.get("newName"), "newTag": tag}),
            (f"{name}:{tag}", {"newTag": tag}),
            (f"{name}@{sha}", {"digest": sha}),
            (f"{name}={new}:{tag}@{sha}", {"newName": new, "newTag": tag, "digest": sha}),
        ][form]
        # The first `:` of a bare name with a port would be read as its tag's.
        if "=" not in wanted[0] and ":" in name:
            wanted = (f"{name}={name}:{tag}", {"newName": name, "newTag": tag})
        for key in KEYS:
            entry.pop(key, None)
        entry.update({key: value for key, value in wanted[1].items() if value})
        return wanted[0]

    def scale(self):
        name, count = f"w{self.rng.randrange(len(self.names))}", self.rng.randint(1, 9)
        for entry in self.after["replicas"]:
            if entry["name"] == name:
                entry["count"] = count
                break
        else:
            self.after["replicas"].append({"name": name, "count": count})
        return ["--replicas", f"{name}={count}"]

    def objects(self):
        """One Deployment for each name, called so that many sets can stand in one build."""
        documents = []
        for index, name in enumerate(self.names):
            documents.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"w{index}", "namespace": f"s{self.seed}"},
                              "spec": {"template": {"spec": {"containers": [{"name": "c", "image": name}, {"name": "d", "image": f"{name}:old"}]}}}})
        return "\n---\n".join(map(json.dumps, documents)) + "\n"

    def plain(self):
        """The edited model as the plainest file."""
        return json.dumps({"resources": ["set.yaml"], **{key: value for key, value in self.after.items() if value}})

    # What may change.

    def complaint(self, after):
        """What is wrong with the bytes of the edited file, if anything."""
        before = self.text
        marks = lambda text: re.findall(r"# c\d+\.", text)
        if marks(before) != marks(after):
            return "a comment is gone"
        if after.count("\r\n") != after.count("\n") and "\r\n" in before:
            return "line ends differ"
        loose, added = self.loose()
        if not added:
            return None if fits(before, loose, after) else "other bytes than those of the values changed"
        # Something is put in: outside the entries that change and the end of the list, all is as it was.
        if fits(before, sorted(self.changed + [list(span) for span in loose]), after):
            return None
        head = len(os.path.commonprefix([before, after]))
        tail = len(os.path.commonprefix([before[::-1], after[::-1]]))
        return None if head + tail >= len(before) else "bytes outside the entries changed"

    def loose(self):
        """The spans that may be replaced, in order, and whether anything is added."""
        spans, added, self.changed, names = [], False, [], set()
        for which in ("images", "replicas"):
            old = {"images": self.images, "replicas": self.replicas}[which]
            new = {entry["name"]: entry for entry in self.after[which]}
            if len(new) > len(old):
                added = True
                ends = [self.entries[(which, index)][1] for index in range(len(old))]
                # Before a bracket or after the last line; an empty list goes as a whole.
                self.changed += [[max(ends), max(ends)]] if ends else self.empty.get(which, [])
            for index, entry in enumerate(old):
                wanted = new[entry["name"]]
                if wanted != entry:
                    self.changed.append(self.entries[(which, index)])
                added |= any(key not in entry for key in wanted)
                for key in entry:
                    value, removal = self.spans[(which, index, key)]
                    if key not in wanted:
                        start, end = removal
                        # The last line takes the line end before it along where it has none of its own.
                        while end >= len(self.text) and self.text[start - 1] in "\r\n":
                            start -= 1
                        spans.append((start, end))
                    elif wanted[key] != entry[key]:
                        spans.append(value)
                    else:
                        continue
                    names |= {name for start, end, name in self.aliases if start >= removal[0] and end <= removal[1]}
        # Where an anchor's value changes, its other users get a value of their own.
        spans += [(start, end) for start, end, name in self.aliases if name in names]
        return sorted(set(spans)), added


def fits(before, loose, after):
    """Whether `after` is `before` with other text in these spans, which are in order."""
    kept, at = [], 0
    for start, end in loose:
        if start >= at:
            kept.append(before[at:start])
        at = max(at, min(end, len(before)))
    kept.append(before[at:])
    return re.fullmatch("[^\\0]{0,700}?".join(map(re.escape, kept)), after) is not None


def run(command, **more):
    done = subprocess.run(command, capture_output=True, timeout=300, **more)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(text.encode())


def edit(file, folder, candidate):
    """Edits the file twice; what is wrong with the result."""
    path = os.path.join(folder, "ours", str(file.seed), "kustomization.yaml")
    write(path, file.text)
    write(os.path.join(os.path.dirname(path), "set.yaml"), file.objects())
    plain = os.path.join(folder, "plain", str(file.seed))
    write(os.path.join(plain, "kustomization.yaml"), file.plain())
    write(os.path.join(plain, "set.yaml"), file.objects())
    command = [candidate, "bump", "--config-dir", os.path.dirname(path), "--allow-no-effect", "true", *file.arguments]
    environment = {"PATH": os.environ["PATH"]}
    code, _, said = run(command, env=environment)
    if code != 0:
        return f"exit {code}: {said.strip()[-400:]}"
    with open(path, "rb") as edited:
        after = edited.read().decode()
    complaint = file.complaint(after)
    if complaint:
        return complaint
    code, _, said = run(command, env=environment)
    with open(path, "rb") as edited:
        if code != 0 or edited.read().decode() != after:
            return f"the same again: exit {code}, or other bytes"
    return None


def built(real, folder, which, seeds):
    root = os.path.join(folder, which)
    write(os.path.join(root, "kustomization.yaml"), json.dumps({"resources": [str(seed) for seed in seeds]}))
    return run([real, "build", root])


def batch(seeds, real, candidate, keep):
    folder = tempfile.mkdtemp(prefix="edits-")
    wrong = {}
    try:
        files = {seed: File(seed) for seed in seeds}
        for seed, file in files.items():
            complaint = edit(file, folder, candidate)
            if complaint:
                wrong[seed] = complaint
        fine = [seed for seed in seeds if seed not in wrong]
        ours, plain = built(real, folder, "ours", fine), built(real, folder, "plain", fine)
        if ours[:2] != plain[:2] or ours[0] != 0:
            for seed in fine:
                one = run([real, "build", os.path.join(folder, "ours", str(seed))])
                other = run([real, "build", os.path.join(folder, "plain", str(seed))])
                if one[:2] != other[:2] or one[0] != 0:
                    wrong[seed] = f"kustomize sees something else: {one[2].strip()[-300:] or one[1].decode()[-300:]}"
        if keep:
            for seed in wrong:
                kept = os.path.join(keep, f"edit-{seed}")
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(os.path.join(folder, "ours", str(seed)), kept)
                write(os.path.join(kept, "before.yaml"), files[seed].text)
                write(os.path.join(kept, "plain.json"), files[seed].plain())
                write(os.path.join(kept, "arguments.json"), json.dumps(files[seed].arguments))
        return wrong
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cand", required=True)
    parser.add_argument("--seeds", default="1-2000")
    parser.add_argument("--keep")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    seeds = list(range(int(first), int(last or first) + 1))
    real, candidate = kustomize(), os.path.abspath(options.cand)
    batches = [seeds[at:at + BATCH] for at in range(0, len(seeds), BATCH)]
    wrong = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for found in pool.map(lambda seeds: batch(seeds, real, candidate, options.keep), batches):
            wrong.update(found)
            for seed, complaint in sorted(found.items()):
                print(f"seed {seed}: {complaint}", flush=True)
    print(f"{len(seeds)} files edited: {len(seeds) - len(wrong)} as intended, {len(wrong)} not")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
