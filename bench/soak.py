#!/usr/bin/env python3
"""The long runs of `deploy`: killed at random moments it converges on the next run; behind a proxy that breaks 20 % of requests every
run ends in success or a clear failure, and the next one succeeds; planted secrets are nowhere to be read.

    bench/soak.py K8S_DEPLOY CONTROLPLANE [KILLS] [FAULTY_RUNS]
"""
import base64, json, os, random, re, shutil, signal, socket, ssl, subprocess, sys, tempfile, threading, time

BINARY, PLANE = map(os.path.abspath, sys.argv[1:3])
KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 200
RUNS = int(sys.argv[4]) if len(sys.argv) > 4 else 60
RNG = random.Random(20261120)
MARKERS = ["mRk" + "".join(RNG.choices("abcdefghijkmnpqrstuvwxyz23456789", k=13)) for _ in range(4)]


def manifests(space, revision, count=12):
    documents = []
    for number in range(count):
        name = f"app-{number}"
        documents.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": space},
                          "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {
                              "metadata": {"labels": {"app": name}},
                              "spec": {"containers": [{"name": "app", "image": f"acme/app:{revision}"}]}}}})
        documents.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": space},
                          "data": {"revision": str(revision)}})
    documents.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": space},
                      "stringData": {"password": MARKERS[0]}, "data": {"raw": base64.b64encode(MARKERS[1].encode()).decode()}})
    return "\n---\n".join(json.dumps(document) for document in documents)


class Proxy:
    """Plain HTTP in front, the API server behind; breaks a share of the requests."""

    def __init__(self, kubeconfig, share):
        text = open(kubeconfig).read()
        field = lambda name: re.search(rf"{name}: (\S+)", text)[1]
        self.address = field("server").split("//")[1].split(":")
        folder = tempfile.mkdtemp()
        for name in ["client-certificate-data", "client-key-data"]:
            with open(os.path.join(folder, name), "wb") as file:
                file.write(base64.b64decode(field(name)))
        self.tls = ssl.create_default_context(cadata=base64.b64decode(field("certificate-authority-data")).decode())
        self.tls.load_cert_chain(os.path.join(folder, "client-certificate-data"), os.path.join(folder, "client-key-data"))
        self.share, self.faults, self.requests = share, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, client):
        try:
            with client:
                self.answer(client)
        except OSError:
            pass

    def answer(self, client):
        data = b""
        while b"\r\n\r\n" not in data:
            part = client.recv(65536)
            if not part:
                return
            data += part
        head, body = data.split(b"\r\n\r\n", 1)
        length = int((re.search(rb"(?i)content-length: (\d+)", head) or [0, 0])[1])
        while len(body) < length:
            body += client.recv(65536)
        self.requests += 1
        fault = RNG.choice(["429", "500", "503", "reset", "lost", "slow"]) if RNG.random() < self.share else None
        self.faults += fault is not None
        if fault in ("429", "500", "503"):
            text = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": int(fault), "message": "injected fault"})
            client.sendall(f"HTTP/1.1 {fault} X\r\nRetry-After: 1\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
                           f"Connection: close\r\n\r\n{text}".encode())
            return
        if fault == "reset":
            return
        if fault == "slow":
            time.sleep(1.5)
        head = re.sub(rb"(?im)^(connection|authorization):.*\r\n", b"", head + b"\r\n").rstrip(b"\r\n")
        upstream = self.tls.wrap_socket(socket.create_connection(self.address), server_hostname=self.address[0])
        with upstream:
            upstream.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
            while part := upstream.recv(65536):
                if fault == "lost":
                    return
                client.sendall(part)


def deploy(arguments, variables, log):
    environment = {"PATH": os.environ["PATH"], "INPUT_CLUSTER-TOKEN": MARKERS[2], **variables}
    with open(log, "w") as out:
        return subprocess.Popen([BINARY, "deploy", *arguments], stdout=out, stderr=subprocess.STDOUT, env=environment)


def check_secrets(log):
    text = open(log).read()
    for marker in MARKERS:
        for form in (marker, base64.b64encode(marker.encode()).decode()):
            if form in text:
                sys.exit(f"a secret is in the output:\n{text[-3000:]}")


def converged(kubectl, space, revision):
    images = subprocess.run(kubectl + ["-n", space, "get", "deploy", "-o", "jsonpath={..image}"], capture_output=True, text=True).stdout.split()
    data = subprocess.run(kubectl + ["-n", space, "get", "cm", "-l", "!x", "-o", "jsonpath={.items[*].data.revision}"], capture_output=True, text=True).stdout.split()
    return set(images) == {f"acme/app:{revision}"} and len(images) == 12 and set(data) == {str(revision)}


def kills(kubeconfig, kubectl, folder):
    space, longest = "soak-kill", 1.5
    subprocess.run(kubectl + ["create", "namespace", space], check=True)
    file, log = os.path.join(folder, "kill.yaml"), os.path.join(folder, "kill.log")
    for turn in range(KILLS):
        with open(file, "w") as out:
            out.write(manifests(space, turn))
        child = deploy([file], {"KUBECONFIG": kubeconfig}, log)
        time.sleep(RNG.random() * longest)
        child.kill()
        child.wait()
        check_secrets(log)
        # The killed run's lock stands in the way for its 15 s; taking it by hand keeps 200 turns short.
        subprocess.run(kubectl + ["-n", space, "delete", "lease", "--all"], stdout=subprocess.DEVNULL)
        code = deploy([file], {"KUBECONFIG": kubeconfig}, log).wait()
        check_secrets(log)
        if code != 0 or not converged(kubectl, space, turn):
            sys.exit(f"turn {turn}: exit {code}, not converged\n{open(log).read()[-3000:]}")
    print(f"killed at {KILLS} random moments: every rerun converged")


def faults(kubeconfig, kubectl, folder):
    space = "soak-faults"
    subprocess.run(kubectl + ["create", "namespace", space], check=True)
    file, log = os.path.join(folder, "fault.yaml"), os.path.join(folder, "fault.log")
    proxy, codes = Proxy(kubeconfig, 0.2), {}
    server = {"INPUT_CLUSTER-SERVER": f"http://127.0.0.1:{proxy.port}"}
    for turn in range(RUNS):
        with open(file, "w") as out:
            out.write(manifests(space, turn))
        code = deploy([file], server, log).wait()
        codes[code] = codes.get(code, 0) + 1
        check_secrets(log)
        text = open(log).read()
        if code != 0 and "error:" not in text:
            sys.exit(f"turn {turn}: exit {code} without a clear failure\n{text[-3000:]}")
        if code != 0:
            print(f"turn {turn}: exit {code}: {[line for line in text.splitlines() if 'error' in line][:2]}")
            subprocess.run(kubectl + ["-n", space, "delete", "lease", "--all"], stdout=subprocess.DEVNULL)
            code = deploy([file], {"KUBECONFIG": kubeconfig}, log).wait()
        if code != 0 or not converged(kubectl, space, turn):
            sys.exit(f"turn {turn}: exit {code}, not converged\n{open(log).read()[-3000:]}")
    print(f"{RUNS} runs behind {proxy.faults} faults in {proxy.requests} requests: exit codes {codes}; every set converged")


def main():
    folder = tempfile.mkdtemp()
    plane = subprocess.Popen([PLANE, "up", "--dir", folder], stdout=subprocess.PIPE, text=True)
    for line in plane.stdout:
        if line.strip() == "ready":
            break
    kubeconfig = os.path.join(folder, "admin.kubeconfig")
    kubectl = [PLANE, "kubectl", "--kubeconfig", kubeconfig]
    try:
        faults(kubeconfig, kubectl, folder)
        kills(kubeconfig, kubectl, folder)
    finally:
        plane.send_signal(signal.SIGTERM)
        plane.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
