// The life of clusters and their processes: start, side by side, components killed and started, and nothing left over.
package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestMoreImagesCanBeDeclared(t *testing.T) {
	t.Parallel()
	images := filepath.Join(t.TempDir(), "images.yaml")
	if err := os.WriteFile(images, []byte("repositories:\n  ghcr.io/acme/shop: [v1]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, "--images", images, "--nodes", "1")
	c.create(t, "default", pod("old", "ghcr.io/acme/shop:v1", nil))
	c.create(t, "default", pod("new", "ghcr.io/acme/shop:v2", nil))
	c.awaitReady(t, "default", "old")
	c.mustKubectl(t, "", "wait", "pod/new", "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff", "--timeout=60s")
	output, err := exec.Command(*binary, "up", "--dir", t.TempDir(), "--images", "absent.yaml").CombinedOutput()
	if err == nil || !strings.Contains(string(output), "absent.yaml") {
		t.Errorf("an absent file of images: %v %s", err, output)
	}
}

func TestTwoClustersSideBySideKnowNothingOfEachOther(t *testing.T) {
	other := newCluster(t)
	other.mustKubectl(t, "", "create", "namespace", "only-here")
	if output, err := shared.kubectl("", "get", "namespace", "only-here"); err == nil {
		t.Errorf("the other cluster has it too: %s", output)
	}
}

func TestAFolderHasOneCluster(t *testing.T) {
	output, err := exec.Command(*binary, "up", "--dir", shared.dir).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "is running") {
		t.Errorf("a second up: %v %s", err, output)
	}
	if _, err := shared.client.Discovery().ServerVersion(); err != nil {
		t.Errorf("and the first one suffered: %v", err)
	}
}

func TestAFolderThatHoldsSomethingElseIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "logs", "precious.log")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command(*binary, "up", "--dir", dir).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "give another --dir") {
		t.Errorf("%v %s", err, output)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestEachComponentCanBeKilledAndStarted(t *testing.T) {
	t.Parallel()
	c := newCluster(t, "--nodes", "1")
	for _, component := range []string{"kwok", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"} {
		before := c.processes(t)
		c.control(t, "kill", component)
		time.Sleep(time.Second) // longer than the pause before a component that ended by itself comes back
		if status := c.control(t, "status"); !strings.Contains(status, component+" "+before[component]+" down") {
			t.Fatalf("%s is not down:\n%s", component, status)
		}
		if strings.Count(c.control(t, "status"), " running") != 4 {
			t.Errorf("killing %s hurt others:\n%s", component, c.control(t, "status"))
		}
		c.control(t, "start", component)
		eventually(t, "a pod after the restart of "+component, func() error {
			_, err := c.client.CoreV1().Pods("default").Create(context.Background(), pod("after-"+component, "acme/app:1", nil), metav1.CreateOptions{})
			return err
		})
		c.awaitReady(t, "default", "after-"+component)
	}
}

func TestANodeIsLostWithoutItsKubelet(t *testing.T) {
	t.Parallel()
	c := newCluster(t, "--nodes", "2")
	c.create(t, "default", pinned(pod("lonely", "acme/app:1", nil), "node-0"))
	c.awaitReady(t, "default", "lonely")
	c.mustKubectl(t, "", "label", "node", "node-0", prefix+"kubelet-")
	c.mustKubectl(t, "", "wait", "node/node-0", "--for=condition=Ready=Unknown", "--timeout=60s")
	eventually(t, "the pod is not ready any more", func() error {
		if ready(c.pod(t, "default", "lonely")) {
			return fmt.Errorf("it still is")
		}
		return nil
	})
	if ready := c.mustKubectl(t, "", "get", "node", "node-1", "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`); ready != "True" {
		t.Errorf("node-1: %s", ready)
	}
	c.mustKubectl(t, "", "label", "node", "node-0", prefix+"kubelet=running")
	c.mustKubectl(t, "", "wait", "node/node-0", "--for=condition=Ready", "--timeout=60s")
	c.awaitReady(t, "default", "lonely")
}

func pinned(p *corev1.Pod, node string) *corev1.Pod {
	p.Spec.NodeSelector = map[string]string{corev1.LabelHostname: node}
	return p
}

func TestNothingSurvivesTheEndOfUp(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			c, err := startCluster(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			processes := c.processes(t)
			if err := c.process.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = c.process.Wait()
			allGone(t, processes)
		})
	}
}

func TestNothingSurvivesTheParentOfUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// The shell stays the parent: it has something to do after `up`.
	parent := exec.Command("sh", "-c", `"$0" up --dir "$1"; echo over`, *binary, dir)
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	processes := (&cluster{dir: dir}).processes(t)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = parent.Process.Wait()
	allGone(t, processes)
}

// allGone waits until none of the processes exists. A process that nobody has waited for yet counts as gone.
func allGone(t *testing.T, processes map[string]string) {
	t.Helper()
	if len(processes) != 5 {
		t.Fatalf("there were %v", processes)
	}
	eventually(t, "the end of all components", func() error {
		for name, id := range processes {
			status, err := os.ReadFile("/proc/" + id + "/stat")
			if err == nil && !strings.Contains(string(status), ") Z ") {
				return fmt.Errorf("%s (%s) is alive", name, id)
			}
		}
		return nil
	})
}
