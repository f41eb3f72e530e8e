#!/usr/bin/env python3
"""Compares our build with real kustomize on random trees of kustomizations.

usage: differential.py --cand 'target/release/k8s-deploy render {}' [--seeds FIRST-LAST] [--mode MODE] [--keep DIR] [--jobs N]

{} is the folder to build. Both must agree: the same bytes on standard output, or an error from both. Real kustomize is
taken from $KUSTOMIZE or Go's bin folder, and installed with `go install` when it is not v5.8.2. Every difference is
printed with its seed; --keep writes its tree. Exit 1 when there is any.
"""
import argparse, concurrent.futures, os, random, shlex, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import layers  # noqa: E402
import lists  # noqa: E402
import mutants  # noqa: E402
import trees  # noqa: E402
import wrong  # noqa: E402

VERSION = "v5.8.2"
MODES = {"trees": trees.Tree, "lists": lists.Tree, "layers": layers.Tree, "wrong": wrong.Tree, "mutants": mutants.Tree}


def kustomize():
    wanted = os.environ.get("KUSTOMIZE")
    if wanted:
        return wanted
    gopath = subprocess.run(["go", "env", "GOPATH"], capture_output=True, text=True, check=True).stdout.strip()
    found = os.path.join(gopath, "bin", "kustomize")
    if not os.path.exists(found) or run([found, "version"])[1].decode().strip() != VERSION:
        subprocess.run(["go", "install", f"sigs.k8s.io/kustomize/kustomize/v5@{VERSION}"], check=True)
    return found


def write(tree, folder):
    for path, text in tree.files.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))


def run(command):
    try:
        done = subprocess.run(command, capture_output=True, timeout=60)
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return -1, b"", "timed out"


def compare(seed, mode, real, candidate, keep):
    tree = MODES[mode](random.Random(f"{mode} {seed}"))
    folder = tempfile.mkdtemp(prefix=f"differential-{seed}-")
    try:
        write(tree, folder)
        root = os.path.join(folder, tree.root)
        ours = run([part.replace("{}", root) for part in shlex.split(candidate)])
        theirs = run([real, "build", root])
        kind = verdict(ours, theirs)
        if kind not in ("same", "refused") and keep:
            kept = os.path.join(keep, f"{mode}-{seed}")
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
            for name, (_, out, err) in (("ours", ours), ("real", theirs)):
                open(os.path.join(kept, name + ".out"), "wb").write(out)
                open(os.path.join(kept, name + ".err"), "w").write(err)
        return seed, kind, first_difference(ours[1], theirs[1]) if kind == "different" else reason((ours if kind == "refused by us" else theirs)[2])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def verdict(ours, theirs):
    if ours[0] not in (0, 1, 2) or "panicked" in ours[2]:
        return "crashed"
    if (ours[0] == 0) != (theirs[0] == 0):
        return "refused by us" if theirs[0] == 0 else "accepted by us"
    if ours[0] != 0:
        return "refused"
    return "same" if ours[1] == theirs[1] else "different"


def reason(text, most=300):
    """The error itself, without the warnings before it."""
    return text[max(text.lower().find("error:"), 0):].strip()[:most]


def first_difference(ours, theirs):
    ours, theirs = ours.decode(errors="replace").split("\n"), theirs.decode(errors="replace").split("\n")
    for number, (one, other) in enumerate(zip(ours, theirs), 1):
        if one != other:
            return f"line {number}: ours {one!r}, real {other!r}"
    return f"{len(ours)} lines, real {len(theirs)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cand", required=True)
    parser.add_argument("--seeds", default="1-2000")
    parser.add_argument("--mode", default="trees", choices=sorted(MODES))
    parser.add_argument("--keep")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    real = kustomize()
    counts = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for seed, kind, detail in pool.map(lambda seed: compare(seed, options.mode, real, options.cand, options.keep), seeds):
            counts[kind] = counts.get(kind, 0) + 1
            if kind not in ("same", "refused"):
                print(f"seed {seed}: {kind}: {detail}", flush=True)
    print(f"{len(seeds)} seeds: " + ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())))
    sys.exit(0 if set(counts) <= {"same", "refused"} else 1)


if __name__ == "__main__":
    main()
