#!/usr/bin/env python3
"""Deploys of 10, 100 and 1,000 objects: ours, `kubectl apply -k`, `--server-side`, and a bare loop that sends the same objects
once; first and with nothing changed, on one control plane in one run. Client CPU and memory are those of the client's own process.

    bench/deploy.py K8S_DEPLOY CONTROLPLANE [SIZE...]
"""
import json, os, re, shutil, signal, subprocess, sys, tempfile, time

BINARY, PLANE = map(os.path.abspath, sys.argv[1:3])
SIZES = [int(size) for size in sys.argv[3:]] or [10, 100, 1000]
BARE = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release/examples/bare-loop")
CONCURRENCY = "16"


def objects(count, namespace):
    for number in range(count // 2):
        name = f"app-{number}"
        labels = {"app": name}
        yield f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}", {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
                "containers": [{"name": "app", "image": f"registry.example/app:{number}", "ports": [{"containerPort": 8080}],
                                "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]}}}}
        yield f"/api/v1/namespaces/{namespace}/services/{name}", {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}}


def measure(command, log):
    """Runs a command; returns wall, CPU seconds and megabytes of this one process."""
    started = time.monotonic()
    with open(log, "w") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")})
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - started
    text = open(log).read()
    if child.returncode != 0:
        sys.exit(f"{' '.join(command[:6])}: exit {child.returncode}\n{text[-2000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text


def phases(text):
    found = re.search(r"checked in ([\d.]+) s, wrote (\d+) objects in ([\d.]+) s", text)
    requests = re.search(r"(\d+) requests to the API server", text)
    return (float(found[1]), float(found[3]), int(requests[1])) if found else (0.0, 0.0, 0)


def main():
    folder = tempfile.mkdtemp()
    plane = subprocess.Popen([PLANE, "up", "--dir", folder], stdout=subprocess.PIPE, text=True)
    for line in plane.stdout:
        if line.strip() == "ready":
            break
    kubeconfig = os.path.join(folder, "admin.kubeconfig")
    kubectl = [PLANE, "kubectl", "--kubeconfig", kubeconfig]
    missed = []
    print(f"{'objects':>8} {'client':<24} {'first':>8} {'again':>8} {'cpu 1st':>8} {'cpu 2nd':>8} {'MB':>6}  notes")
    try:
        for size in SIZES:
            missed += bench(size, folder, kubeconfig, kubectl)
    finally:
        plane.send_signal(signal.SIGTERM)
        plane.wait()
        shutil.rmtree(folder, ignore_errors=True)
    for line in missed:
        print(f"missed: {line}")
    sys.exit(1 if missed else 0)


def bench(size, folder, kubeconfig, kubectl):
    rows = {}
    for client in ["bare loop", "k8s-deploy", "kubectl --server-side", "kubectl apply"]:
        space = f"bench-{size}-{client.replace(' ', '-').replace('--', '')}".lower()
        subprocess.run(kubectl + ["create", "namespace", space], check=True, stdout=subprocess.DEVNULL)
        site = os.path.join(folder, space)
        os.makedirs(site)
        with open(os.path.join(site, "lines"), "w") as lines, open(os.path.join(site, "all.yaml"), "w") as manifests:
            for path, value in objects(size, space):
                lines.write(f"{path}\t{json.dumps(value)}\n")
                manifests.write("---\n" + json.dumps(value) + "\n")
        with open(os.path.join(site, "kustomization.yaml"), "w") as file:
            file.write("resources: [all.yaml]\n")
        command = {
            "bare loop": [BARE, kubeconfig, os.path.join(site, "lines"), CONCURRENCY],
            "k8s-deploy": ["/usr/bin/env", f"KUBECONFIG={kubeconfig}", BINARY, "deploy", site],
            "kubectl apply": kubectl + ["apply", "-k", site],
            "kubectl --server-side": kubectl + ["apply", "--server-side", "-k", site],
        }[client]
        runs = [measure(command, os.path.join(site, f"log{turn}")) for turn in (1, 2)]
        rows[client] = runs
        note = ""
        if client == "k8s-deploy":
            first, second = phases(runs[0][3]), phases(runs[1][3])
            rows["phases"] = (first, second)
            note = (f"first: checks {first[0]:.2f} s, writes {first[1]:.2f} s, {first[2]} requests; again: {second[0]:.2f} s, "
                    f"{second[2]} requests (first and again include the wait for the verdict)")
        print(f"{size:>8} {client:<24} {runs[0][0]:>8.2f} {runs[1][0]:>8.2f} {runs[0][1]:>8.2f} {runs[1][1]:>8.2f} {max(runs[0][2], runs[1][2]):>6.0f}  {note}", flush=True)
        subprocess.run(kubectl + ["delete", "namespace", space, "--wait=false"], check=True, stdout=subprocess.DEVNULL)
    return judge(size, rows)


def judge(size, rows):
    bare, ours, apply, ssa = rows["bare loop"], rows["k8s-deploy"], rows["kubectl apply"], rows["kubectl --server-side"]
    (checks, writes, _), (again, _, _) = rows["phases"]
    figures = [
        ("apply phase / bare loop", writes / bare[0][0], 1.5),
        ("start to last write / bare loop", (checks + writes) / bare[0][0], 1.5),
        ("nothing changed / bare loop again", again / bare[1][0], 0.5),
    ]
    for name, ratio, most in figures:
        print(f"{size:>8} {name}: {ratio:.2f} (at most {most})")
    print(f"{size:>8} kubectl apply / ours: first {apply[0][0] / (checks + writes):.1f}x, again {apply[1][0] / max(again, 0.001):.1f}x; "
          f"--server-side / ours: {ssa[0][0] / (checks + writes):.1f}x, {ssa[1][0] / max(again, 0.001):.1f}x; client CPU {apply[0][1] / max(ours[0][1], 0.001):.1f}x")
    return [f"{size} objects: {name} is {ratio:.2f}" for name, ratio, most in figures if size >= 1000 and ratio > most]


if __name__ == "__main__":
    main()
