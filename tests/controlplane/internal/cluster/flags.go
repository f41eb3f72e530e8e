// The flags that each component is started with. Only values: nothing is started here.
package cluster

import "fmt"

// ComponentCommand is the hidden command by which the supervisor starts one component from this binary.
const ComponentCommand = "component"

// componentNames lists the components in the order in which a cluster starts them.
var componentNames = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"}

func (l *layout) flags(component string) []string {
	switch component {
	case "etcd":
		return l.etcdFlags()
	case "kube-apiserver":
		return l.apiServerFlags()
	case "kube-controller-manager":
		return l.controllerManagerFlags()
	case "kube-scheduler":
		return l.schedulerFlags()
	case "kwok":
		return l.kwokFlags()
	}
	panic("no such component: " + component)
}

func (l *layout) etcdFlags() []string {
	client, peer := "http://"+l.address("etcd"), "http://"+l.address("etcd-peer")
	return []string{
		"--name=test",
		"--data-dir=" + l.path("etcd"),
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=test=" + peer,
		// The data need not survive a power cut, only a killed process.
		"--unsafe-no-fsync",
		"--log-level=warn",
	}
}

func (l *layout) apiServerFlags() []string {
	return []string{
		"--etcd-servers=http://" + l.address("etcd"),
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", l.ports["kube-apiserver"]),
		"--cert-dir=" + l.path("pki"),
		"--tls-cert-file=" + l.path("pki", "apiserver.crt"),
		"--tls-private-key-file=" + l.path("pki", "apiserver.key"),
		"--client-ca-file=" + l.path("pki", "ca.crt"),
		"--authorization-mode=Node,RBAC",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + l.path("pki", "service-account.key"),
		"--service-account-signing-key-file=" + l.path("pki", "service-account.key"),
		"--service-cluster-ip-range=10.96.0.0/16",
		"--kubelet-certificate-authority=" + l.path("pki", "ca.crt"),
		"--kubelet-client-certificate=" + l.path("pki", "kubelet-client.crt"),
		"--kubelet-client-key=" + l.path("pki", "kubelet-client.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--egress-selector-config-file=" + l.path("egress.yaml"),
		// The kubernetes Service cannot have a loopback address as its endpoint.
		"--endpoint-reconciler-type=none",
		"--allow-privileged=true",
	}
}

func (l *layout) controllerManagerFlags() []string {
	kubeconfig := l.path("kube-controller-manager.kubeconfig")
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", l.ports["kube-controller-manager"]),
		"--leader-elect=false",
		"--use-service-account-credentials",
		"--service-account-private-key-file=" + l.path("pki", "service-account.key"),
		"--root-ca-file=" + l.path("pki", "ca.crt"),
		"--cluster-signing-cert-file=" + l.path("pki", "ca.crt"),
		"--cluster-signing-key-file=" + l.path("pki", "ca.key"),
		// The defaults (20 and 30) throttle the creation of hundreds of pods.
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
		// A node is lost after this long without a sign of life; kwok renews its leases four times as often.
		fmt.Sprintf("--node-monitor-grace-period=%ds", nodeGraceSeconds),
		"--node-monitor-period=1s",
	}
}

func (l *layout) schedulerFlags() []string {
	kubeconfig := l.path("kube-scheduler.kubeconfig")
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", l.ports["kube-scheduler"]),
		"--leader-elect=false",
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
	}
}

// nodeGraceSeconds is how long a node may be silent before the real node lifecycle controller calls it lost.
const nodeGraceSeconds = 20

func (l *layout) kwokFlags() []string {
	return []string{
		"--kubeconfig=" + l.path("kwok.kubeconfig"),
		fmt.Sprintf("--node-port=%d", l.ports["kubelet"]),
		fmt.Sprintf("--kwok-port=%d", l.ports["kubelet-exec"]),
		"--tls-cert-file=" + l.path("pki", "kubelet.crt"),
		"--tls-private-key-file=" + l.path("pki", "kubelet.key"),
		"--client-ca-file=" + l.path("pki", "ca.crt"),
		fmt.Sprintf("--lease-seconds=%d", nodeGraceSeconds),
		"--images=" + l.images,
	}
}
