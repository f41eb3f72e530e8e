"""Builds generated kustomizations with ours and with real kustomize in the same run, compares the bytes, prints the ratios.

usage: bench/build.py OURS KUSTOMIZE [--sizes 1,1000,3000,10000] [--peer-limit 3000]
Half of the objects are Deployments, half Services, in two layers: a base and an overlay with namespace, prefix, labels,
an image, a replica count, a patch and a generator.
"""
import argparse, os, subprocess, sys, tempfile, time
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import measure

APP = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{i}
  labels:
    app: app-{i}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: app-{i}
  template:
    metadata:
      labels:
        app: app-{i}
    spec:
      containers:
        - name: app
          image: registry.example/team/app:v1.2.3
          args: ["--listen=:8080", "--name=app-{i}"]
          env:
            - name: LOG_LEVEL
              value: info
            - name: SETTINGS
              valueFrom:
                configMapKeyRef:
                  name: settings
                  key: level
          ports:
            - containerPort: 8080
              name: http
          readinessProbe:
            httpGet:
              path: /ready
              port: http
          resources:
            requests:
              cpu: 50m
              memory: 64Mi
"""
SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: app-{i}
  labels:
    app: app-{i}
spec:
  selector:
    app: app-{i}
  ports:
    - name: http
      port: 80
      targetPort: http
"""
OVERLAY = """apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop
namePrefix: prod-
resources: [../base]
labels:
  - pairs: {team: shop}
    includeSelectors: true
images:
  - name: registry.example/team/app
    newTag: v1.2.4
replicas:
  - name: app-0
    count: 5
configMapGenerator:
  - name: settings
    literals: [level=info]
patches:
  - patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: app-0
      spec:
        template:
          spec:
            containers:
              - name: app
                env:
                  - name: LOG_LEVEL
                    value: debug
"""


def tree(folder, objects):
    base, overlay = os.path.join(folder, "base"), os.path.join(folder, "overlay")
    os.makedirs(base), os.makedirs(overlay)
    names = []
    for i in range(max(1, objects // 2)):
        text = APP.format(i=i) + ("" if objects == 1 else "---\n" + SERVICE.format(i=i))
        names.append(f"app-{i}.yaml")
        open(os.path.join(base, names[-1]), "w").write(text)
    open(os.path.join(base, "kustomization.yaml"), "w").write("resources:\n" + "".join(f"- {n}\n" for n in names))
    open(os.path.join(overlay, "kustomization.yaml"), "w").write(OVERLAY)
    return overlay


def reading(folder, runs=5):
    """The least time that merely reading every file takes, in one process, and how many bytes that are."""
    paths = [os.path.join(where, name) for where, _, names in os.walk(folder) for name in names]
    best, size = float("inf"), 0
    for _ in range(runs):
        start, size = time.perf_counter(), 0
        for path in paths:
            file = os.open(path, os.O_RDONLY)
            size += len(os.read(file, 1 << 24))
            os.close(file)
        best = min(best, time.perf_counter() - start)
    return best, size


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("ours"), arguments.add_argument("kustomize")
    arguments.add_argument("--sizes", default="1,1000,3000,10000")
    arguments.add_argument("--peer-limit", type=int, default=3000, help="largest size that kustomize is asked to build")
    given = arguments.parse_args()
    failed, ours_by_size = [], {}
    bars = {1: 10, 1000: 200, 3000: 400}
    for size in map(int, given.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            overlay = tree(folder, size)
            ours = measure.run([given.ours, "render", overlay], runs=21 if size < 5000 else 9)
            ours_by_size[size] = measure.median(ours)
            print(measure.row(f"ours, {size} objects", ours))
            trace = subprocess.run([given.ours, "render", overlay], capture_output=True, env={**os.environ, "RUNNER_DEBUG": "1"})
            for line in trace.stderr.decode().splitlines():
                if "phase" in line: print("    " + line)
            bare, content = reading(folder)
            print(f"    merely reading {content / 1e6:.2f} MB takes {bare * 1000:.1f} ms: the build takes {measure.median(ours) / bare:.1f}x that")
            if size > given.peer_limit: continue
            peer = measure.run([given.kustomize, "build", overlay], runs=21 if size == 1 else 3)
            print(measure.row(f"kustomize, {size} objects", peer))
            ratio = measure.median(peer) / measure.median(ours)
            bar = bars.get(size)
            print(f"    ratio {ratio:.0f}x" + (f" (asked for: {bar}x)" if bar else "") + f", memory {peer['rss'] / ours['rss']:.1f}x less")
            if bar and ratio < bar: failed.append(f"{size} objects: {ratio:.0f}x of {bar}x")
            if ours["rss"] > peer["rss"]: failed.append(f"{size} objects: more memory than kustomize")
            same = subprocess.run([given.ours, "render", overlay], capture_output=True).stdout == subprocess.run([given.kustomize, "build", overlay], capture_output=True).stdout
            if not same: failed.append(f"{size} objects: the outputs differ")
    if {1000, 10000} <= ours_by_size.keys():
        growth = ours_by_size[10000] / ours_by_size[1000]
        print(f"growth from 1,000 to 10,000 objects: {growth:.1f}x (asked for: at most 12x)")
        if growth > 12: failed.append(f"growth {growth:.1f}x")
    for line in failed: print("MISSED " + line)
    return 1 if failed else 0


sys.exit(main())
