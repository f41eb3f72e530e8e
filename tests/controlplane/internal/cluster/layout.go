// Where the files of one cluster are and which ports it uses. Writing those files is here; starting anything is not.
package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/k8s-deploy-action/controlplane/fixtures"
)

// layout is the place of one cluster: its folder, ports and sockets.
type layout struct {
	dir    string
	ports  map[string]int
	images string // file with tags of more repositories, or empty
}

// portNames are what a cluster listens on; each gets one port of 127.0.0.1.
var portNames = []string{"etcd", "etcd-peer", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubelet-exec"}

// newLayout names the cluster of a folder. A file of images is read here once, so that a mistake in it is said at once.
func newLayout(dir, images string) (*layout, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("--dir %s: %w", dir, err)
	}
	if images == "" {
		return &layout{dir: absolute}, nil
	}
	if _, err := fixtures.ReadTags(images); err != nil {
		return nil, fmt.Errorf("--images: %w", err)
	}
	images, err = filepath.Abs(images)
	return &layout{dir: absolute, images: images}, err
}

func (l *layout) path(parts ...string) string {
	return filepath.Join(append([]string{l.dir}, parts...)...)
}

func (l *layout) adminKubeconfig() string { return l.path("admin.kubeconfig") }

func (l *layout) address(name string) string { return fmt.Sprintf("127.0.0.1:%d", l.ports[name]) }

func (l *layout) apiServerURL() string { return "https://" + l.address("kube-apiserver") }

// socket names an abstract unix socket of this cluster: it has no path that could be too long and no file that could
// be left behind.
func (l *layout) socket(purpose string) string { return abstractSocket(l.dir, purpose) }

func abstractSocket(absoluteDir, purpose string) string {
	sum := sha256.Sum256([]byte(absoluteDir))
	return fmt.Sprintf("@k8s-deploy-controlplane-%d-%x-%s", os.Getuid(), sum[:8], purpose)
}

// create empties what an earlier cluster left in the folder and writes certificates, kubeconfigs and configurations.
func (l *layout) create() error {
	if err := l.empty(); err != nil {
		return err
	}
	for _, folder := range []string{"pki", "logs"} {
		if err := os.MkdirAll(l.path(folder), 0o700); err != nil {
			return fmt.Errorf("creating %s: %w", l.path(folder), err)
		}
	}
	if err := l.writeCertificates(); err != nil {
		return fmt.Errorf("writing the certificates: %w", err)
	}
	return os.WriteFile(l.path("egress.yaml"), []byte(l.egressSelector()), 0o600)
}

// empty removes what an earlier cluster left, and nothing that somebody else put there.
func (l *layout) empty() error {
	_, err := os.Stat(l.path("egress.yaml"))
	wasOurs := err == nil
	for _, stale := range []string{"etcd", "pki", "logs", "admin.kubeconfig"} {
		if _, err := os.Lstat(l.path(stale)); err == nil && !wasOurs {
			return fmt.Errorf("%s is there already and is not from a cluster of ours; give another --dir", l.path(stale))
		}
		if err := os.RemoveAll(l.path(stale)); err != nil {
			return fmt.Errorf("emptying %s: %w", l.path(stale), err)
		}
	}
	return nil
}

func (l *layout) writeCertificates() error {
	ca, err := newAuthority("k8s-deploy-test-ca")
	if err != nil {
		return err
	}
	caKey, err := encodeKey(ca.key)
	if err != nil {
		return err
	}
	if err := (keyPair{certificate: ca.pem, key: caKey}).write(l.path("pki"), "ca"); err != nil {
		return err
	}
	loopback := []net.IP{net.IPv4(127, 0, 0, 1)}
	names := []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}
	apiServer, err := ca.server("kube-apiserver", names, append(loopback, net.ParseIP("10.96.0.1")))
	if err != nil {
		return err
	}
	kubelet, err := ca.server("kubelet", []string{"localhost"}, loopback)
	if err != nil {
		return err
	}
	kubeletClient, err := ca.client("kube-apiserver-kubelet-client", "system:masters")
	if err != nil {
		return err
	}
	for name, pair := range map[string]keyPair{"apiserver": apiServer, "kubelet": kubelet, "kubelet-client": kubeletClient} {
		if err := pair.write(l.path("pki"), name); err != nil {
			return err
		}
	}
	if err := l.writeServiceAccountKey(); err != nil {
		return err
	}
	return l.writeKubeconfigs(ca)
}

func (l *layout) writeServiceAccountKey() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	encoded, err := encodeKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(l.path("pki", "service-account.key"), encoded, 0o600)
}

func (l *layout) writeKubeconfigs(ca *authority) error {
	users := []struct {
		file, user string
		groups     []string
	}{
		{"kube-controller-manager.kubeconfig", "system:kube-controller-manager", nil},
		{"kube-scheduler.kubeconfig", "system:kube-scheduler", nil},
		{"kwok.kubeconfig", "kwok", []string{"system:masters"}},
		{"admin.kubeconfig", "kubernetes-admin", []string{"system:masters"}},
	}
	for _, user := range users {
		pair, err := ca.client(user.user, user.groups...)
		if err != nil {
			return err
		}
		config := clientcmdapi.NewConfig()
		config.Clusters["test"] = &clientcmdapi.Cluster{Server: l.apiServerURL(), CertificateAuthorityData: ca.pem}
		config.AuthInfos[user.user] = &clientcmdapi.AuthInfo{ClientCertificateData: pair.certificate, ClientKeyData: pair.key}
		config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: user.user}
		config.CurrentContext = "test"
		if err := clientcmd.WriteToFile(*config, l.path(user.file)); err != nil {
			return err
		}
	}
	return nil
}

// egressSelector sends every connection of the API server into the cluster (pods, services, kubelets, webhooks) through
// our proxy, which is where the pods' addresses exist.
func (l *layout) egressSelector() string {
	return fmt.Sprintf(`apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport:
      uds:
        udsName: %q
`, l.socket("network"))
}
