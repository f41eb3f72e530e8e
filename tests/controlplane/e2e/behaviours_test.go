// Each behaviour that docs/control-plane.md lists, seen in the API: states with their reasons and messages, events,
// logs, addresses.
package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// sight is a state of a container: "REASON: MESSAGE" of waiting, "REASON(EXIT CODE): MESSAGE" of terminated.
type behaviourCase struct {
	name        string
	image       string
	annotations map[string]string
	init        bool     // the container is an init container
	sees        []string // states that must come, in this order; a part of each is enough
	events      []string
}

var behaviourCases = []behaviourCase{
	{name: "not-found", image: "juggernaut/k8s-demo-go-app:v0.0.3",
		sees: []string{
			`ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/juggernaut/k8s-demo-go-app:v0.0.3"`,
			`ImagePullBackOff: Back-off pulling image "juggernaut/k8s-demo-go-app:v0.0.3": ErrImagePull: rpc error: code = NotFound desc = failed to pull`,
			`ErrImagePull: rpc error`,
		},
		events: []string{`Failed to pull image "juggernaut/k8s-demo-go-app:v0.0.3": rpc error`, "Error: ErrImagePull", "Error: ImagePullBackOff", "Back-off pulling image"}},
	{name: "by-tag", image: "quay.io/acme/api:v2-sim-pull-not-found", annotations: map[string]string{"runtime": "cri-o"},
		sees: []string{"reading manifest v2-sim-pull-not-found in quay.io/acme/api: manifest unknown"}},
	{name: "denied-hub", image: "acme/private:1", annotations: wish("pull-denied"), sees: []string{"ErrImagePull: rpc error: code = Unknown desc = failed to pull and unpack image \"docker.io/acme/private:1\": failed to resolve reference \"docker.io/acme/private:1\": pull access denied"}},
	{name: "denied-ghcr", image: "ghcr.io/acme/private:1", annotations: wish("pull-denied"), sees: []string{"scope=repository%3Aacme%2Fprivate%3Apull&service=ghcr.io: 403 Forbidden"}},
	{name: "denied-gar", image: "europe-docker.pkg.dev/acme/repo/app:1", annotations: wish("pull-denied"), sees: []string{"pulling from host europe-docker.pkg.dev failed with status code [manifests 1]: 403 Forbidden"}},
	{name: "unauthorized", image: "harbor.acme.example/team/app:1", annotations: wish("pull-unauthorized"), sees: []string{"[manifests 1]: 401 Unauthorized"}},
	{name: "not-found-ecr", image: "1234.dkr.ecr.eu-west-1.amazonaws.com/app:1", annotations: wish("pull-not-found"), sees: []string{"1234.dkr.ecr.eu-west-1.amazonaws.com/app:1: not found"}},
	{name: "dns", image: "ghcr.io/acme/app:1", annotations: wish("pull-dns"), sees: []string{"dial tcp: lookup ghcr.io: Try again", "ImagePullBackOff"}},
	{name: "tls", image: "harbor.acme.example/app:1", annotations: wish("pull-tls"), sees: []string{"x509: certificate has expired"}},
	{name: "server-error", image: "quay.io/acme/app:1", annotations: wish("pull-server-error"), sees: []string{"502 Bad Gateway"}},
	{name: "timeout", image: "acme/app:1", annotations: wish("pull-timeout"), sees: []string{"connection timed out"}},
	{name: "no-platform", image: "acme/app:1", annotations: wish("pull-no-platform"), sees: []string{"no match for platform in manifest"}},
	{name: "no-space", image: "acme/app:1", annotations: wish("pull-no-space"), sees: []string{"no space left on device"}},
	{name: "unavailable", image: "acme/app:1", annotations: wish("pull-unavailable"), sees: []string{"RegistryUnavailable: image pull failed for acme/app:1 because the registry is unavailable: pinging", "ImagePullBackOff: Back-off pulling image \"acme/app:1\": RegistryUnavailable: image pull failed"}},
	{name: "signature", image: "acme/app:1", annotations: wish("pull-signature"), sees: []string{"SignatureValidationFailed: image pull failed for acme/app:1 because the signature validation failed"}},
	{name: "own-text", image: "acme/app:1", annotations: wish("pull-error", "message", "the registry is on holiday"), sees: []string{"ErrImagePull: the registry is on holiday"}},
	{name: "row-by-id", image: "acme/app:1", annotations: wish("pull-error", "message", "cri-o-docker-hub-denied"), sees: []string{"errors:\ndenied: requested access to the resource is denied\nunauthorized"}},
	{name: "init-pull", image: "acme/init:1-sim-pull-not-found", init: true, sees: []string{"ErrImagePull", "ImagePullBackOff"}},
	{name: "invalid-name", image: "Acme/API:v1", sees: []string{`InvalidImageName: Failed to apply default image tag "Acme/API:v1": couldn't parse image name`}, events: []string{"Error: InvalidImageName"}},
	{name: "never-pull", image: "acme/app:1", annotations: wish("never-pull"), sees: []string{`ErrImageNeverPull: Container image "acme/app:1" is not present with pull policy of Never`}},
	{name: "crash", image: "acme/app:1-sim-crash-loop", sees: []string{"Error(1)", "CrashLoopBackOff: back-off 10s restarting failed container=app pod=crash_", "Error(1)", "CrashLoopBackOff: back-off 20s"},
		events: []string{"Back-off restarting failed container app in pod crash_"}},
	{name: "init-crash", image: "acme/init:1-sim-crash-loop", init: true, sees: []string{"Error(1)", "CrashLoopBackOff: back-off 10s restarting failed container=setup"}},
	{name: "exit-code", image: "acme/app:1", annotations: wish("crash-loop", "exit-code", "3"), sees: []string{"Error(3)", "CrashLoopBackOff"}},
	{name: "oom", image: "acme/app:1", annotations: wish("oom-killed"), sees: []string{"OOMKilled(137)", "CrashLoopBackOff"}},
	{name: "liveness", image: "acme/app:1", annotations: wish("liveness-fails"), sees: []string{"Error(137)", "CrashLoopBackOff"}, events: []string{"Liveness probe failed", "Container app failed liveness probe, will be restarted"}},
	{name: "run-error", image: "acme/app:1", annotations: wish("run-error"), sees: []string{"RunContainerError: failed to create containerd task: failed to create shim task: OCI runtime create failed", "CrashLoopBackOff", "RunContainerError"}},
	{name: "config", image: "acme/app:1", annotations: wish("config-error"), sees: []string{`CreateContainerConfigError: configmap "app-config" not found`}},
	{name: "creating", image: "acme/app:1", annotations: wish("stuck-creating"), sees: []string{"ContainerCreating: "}, events: []string{"Unable to attach or mount volumes"}},
	{name: "no-sandbox", image: "acme/app:1", annotations: wish("no-sandbox"), sees: []string{"ContainerCreating: "}, events: []string{"Failed to create pod sandbox: rpc error"}},
	{name: "unhealthy", image: "acme/app:1", annotations: wish("never-ready"), sees: []string{"running"}, events: []string{"Readiness probe failed"}},
	{name: "bad-wish", image: "acme/app:1", annotations: wish("dance"), sees: []string{"SimulationError: " + prefix + `behaviour "dance"`}},
}

// wish is the annotations that ask for a behaviour, with more pairs.
func wish(behaviour string, more ...string) map[string]string {
	annotations := map[string]string{"behaviour": behaviour, "back-off": "1s"}
	for i := 0; i+1 < len(more); i += 2 {
		annotations[more[i]] = more[i+1]
	}
	return annotations
}

func TestEachBehaviourIsSeenInTheAPI(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	seen := watchStates(t, namespace)
	for _, c := range behaviourCases {
		annotations := map[string]string{"back-off": "1s"}
		for key, value := range c.annotations {
			annotations[key] = value
		}
		p := pod(c.name, c.image, annotations)
		if c.init {
			p.Spec.InitContainers = []corev1.Container{{Name: "setup", Image: c.image}}
			p.Spec.Containers[0].Image = "acme/app:1"
		}
		shared.create(t, namespace, p)
	}
	for _, c := range behaviourCases {
		t.Run(c.name, func(t *testing.T) {
			eventually(t, "the states "+strings.Join(c.sees, ", then "), func() error { return inOrder(seen(c.name), c.sees) })
			for _, event := range c.events {
				eventually(t, "the event "+event, func() error { return hasEvent(namespace, c.name, event) })
			}
			p := shared.pod(t, namespace, c.name)
			if ready(p) {
				t.Errorf("the pod is ready: %+v", p.Status)
			}
		})
	}
}

// watchStates records every state of every container in the namespace, by pod.
func watchStates(t *testing.T, namespace string) func(pod string) []string {
	t.Helper()
	watch, err := shared.client.CoreV1().Pods(namespace).Watch(context.Background(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watch.Stop)
	requests := make(chan chan map[string][]string)
	finished := make(chan struct{})
	t.Cleanup(func() { close(finished) })
	go func() {
		states := map[string][]string{}
		for {
			select {
			case event, ok := <-watch.ResultChan():
				if p, isPod := event.Object.(*corev1.Pod); ok && isPod {
					states[p.Name] = append(states[p.Name], describe(p)...)
				}
			case answer := <-requests:
				copied := map[string][]string{}
				for name, list := range states {
					copied[name] = append([]string(nil), list...)
				}
				answer <- copied
			case <-finished:
				return
			}
		}
	}()
	return func(pod string) []string {
		answer := make(chan map[string][]string)
		requests <- answer
		return (<-answer)[pod]
	}
}

func describe(p *corev1.Pod) []string {
	var states []string
	for _, status := range append(p.Status.InitContainerStatuses, p.Status.ContainerStatuses...) {
		switch {
		case status.State.Waiting != nil:
			states = append(states, status.State.Waiting.Reason+": "+status.State.Waiting.Message)
		case status.State.Terminated != nil:
			states = append(states, fmt.Sprintf("%s(%d): %s", status.State.Terminated.Reason, status.State.Terminated.ExitCode, status.State.Terminated.Message))
		case status.State.Running != nil:
			states = append(states, "running")
		}
	}
	return states
}

func inOrder(seen, wanted []string) error {
	next := 0
	for _, state := range seen {
		if next < len(wanted) && strings.Contains(state, wanted[next]) {
			next++
		}
	}
	if next < len(wanted) {
		return fmt.Errorf("%q did not come; seen: %q", wanted[next], seen)
	}
	return nil
}

func hasEvent(namespace, pod, part string) error {
	events, err := shared.client.CoreV1().Events(namespace).List(context.Background(), metav1.ListOptions{FieldSelector: "involvedObject.name=" + pod})
	if err != nil {
		return err
	}
	var all []string
	for _, event := range events.Items {
		if strings.Contains(event.Message, part) {
			return nil
		}
		all = append(all, event.Message)
	}
	return fmt.Errorf("only %q", all)
}

func TestCrashLoopCountsRestartsAndKeepsTheLogOfEachRun(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	shared.create(t, namespace, pod("crash", "acme/app:1", wish("crash-loop", "back-off", "1500ms")))
	eventually(t, "three restarts", func() error {
		status := shared.pod(t, namespace, "crash").Status.ContainerStatuses
		if len(status) == 0 || status[0].RestartCount < 3 {
			return fmt.Errorf("%+v", status)
		}
		return nil
	})
	previous := shared.mustKubectl(t, "", "logs", "-n", namespace, "crash", "--previous")
	if !strings.Contains(previous, "panic: runtime error") {
		t.Errorf("the log of the run that crashed: %s", previous)
	}
	lines := shared.mustKubectl(t, "", "logs", "-n", namespace, "crash", "--previous", "--tail=2")
	if strings.Count(strings.TrimRight(lines, "\n"), "\n") != 1 {
		t.Errorf("--tail=2 gives %q", lines)
	}
}

func TestLogsComeFromAnnotations(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	shared.create(t, namespace, pod("talks", "acme/app:1", wish("crash-loop", "crashes", "1", "logs", "all is well\nand up", "previous-logs", "config.yaml: no such file")))
	shared.awaitReady(t, namespace, "talks")
	if log := shared.mustKubectl(t, "", "logs", "-n", namespace, "talks"); log != "all is well\nand up\n" {
		t.Errorf("logs: %q", log)
	}
	if log := shared.mustKubectl(t, "", "logs", "-n", namespace, "talks", "-p"); log != "config.yaml: no such file\n" {
		t.Errorf("logs -p: %q", log)
	}
}

func TestLogOfAContainerThatNeverRanIsRefused(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	shared.create(t, namespace, pod("absent", "acme/app:1-sim-pull-not-found", nil))
	eventually(t, "the refusal", func() error {
		output, err := shared.kubectl("", "logs", "-n", namespace, "absent")
		if err == nil || !strings.Contains(output, "trying and failing to pull image") {
			return fmt.Errorf("%v: %s", err, output)
		}
		return nil
	})
}

func TestPodsHealWhenTheySaySo(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	shared.create(t, namespace, pod("limited", "acme/app:1", wish("pull-rate-limited", "heal-after", "3s")))
	shared.create(t, namespace, pod("shaky", "acme/app:1", wish("crash-loop", "crashes", "2")))
	shared.create(t, namespace, pod("slow", "acme/app:1", map[string]string{"ready-after": "2s"}))
	began := time.Now()
	limited := shared.awaitReady(t, namespace, "limited")
	if age := time.Since(limited.CreationTimestamp.Time); age < 3*time.Second {
		t.Errorf("the rate limit was over after %s", age)
	}
	if shaky := shared.awaitReady(t, namespace, "shaky"); shaky.Status.ContainerStatuses[0].RestartCount != 2 {
		t.Errorf("restarts: %+v", shaky.Status.ContainerStatuses)
	}
	slow := shared.awaitReady(t, namespace, "slow")
	if time.Since(began) < time.Second || slow.Status.Phase != corev1.PodRunning {
		t.Errorf("ready after %s, phase %s", time.Since(began), slow.Status.Phase)
	}
}

func TestMissingConfigurationIsLookedUp(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	seen := watchStates(t, namespace)
	env := pod("env", "acme/app:1", nil)
	env.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "A", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: "settings"}, Key: "a"}}}}
	envFrom := pod("env-from", "acme/app:1", nil)
	envFrom.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "keys"}}}}
	volume := pod("volume", "acme/app:1", nil)
	volume.Spec.Volumes = []corev1.Volume{{Name: "settings", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: "settings"}}}}}
	for _, p := range []*corev1.Pod{env, envFrom, volume} {
		shared.create(t, namespace, p)
	}
	eventually(t, "the missing ConfigMap", func() error {
		return inOrder(seen("env"), []string{`CreateContainerConfigError: configmap "settings" not found`})
	})
	eventually(t, "the missing Secret", func() error {
		return inOrder(seen("env-from"), []string{`CreateContainerConfigError: secret "keys" not found`})
	})
	eventually(t, "the failed mount", func() error {
		return hasEvent(namespace, "volume", `MountVolume.SetUp failed for volume "settings" : configmap "settings" not found`)
	})
	shared.mustKubectl(t, "", "create", "configmap", "-n", namespace, "settings", "--from-literal=b=1")
	shared.awaitReady(t, namespace, "volume")
	eventually(t, "the missing key", func() error {
		return inOrder(seen("env"), []string{"couldn't find key a in ConfigMap " + namespace + "/settings"})
	})
	shared.mustKubectl(t, "", "patch", "configmap", "-n", namespace, "settings", "-p", `{"data":{"a":"1"}}`)
	shared.mustKubectl(t, "", "create", "secret", "generic", "-n", namespace, "keys")
	shared.awaitReady(t, namespace, "env")
	shared.awaitReady(t, namespace, "env-from")
}

func TestJobsCompleteAndFailForReal(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	for name, behaviour := range map[string]string{"good": "", "bad": "fail"} {
		annotations := map[string]string{}
		if behaviour != "" {
			annotations[prefix+"behaviour"] = behaviour
		}
		none := int32(0)
		job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: batchv1.JobSpec{BackoffLimit: &none, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Annotations: annotations},
			Spec:       corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "work", Image: "acme/work:1"}}}}}}
		if _, err := shared.client.BatchV1().Jobs(namespace).Create(context.Background(), job, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	shared.mustKubectl(t, "", "wait", "-n", namespace, "job/good", "--for=condition=Complete", "--timeout=60s")
	shared.mustKubectl(t, "", "wait", "-n", namespace, "job/bad", "--for=condition=Failed", "--timeout=60s")
	if reason := shared.mustKubectl(t, "", "get", "-n", namespace, "job/bad", "-o", `jsonpath={.status.conditions[?(@.type=="Failed")].reason}`); reason != "BackoffLimitExceeded" {
		t.Errorf("reason %q", reason)
	}
}

func TestEvictedPodIsReplaced(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	shared.create(t, namespace, pod("evicted", "acme/app:1", wish("evicted", "after", "1s")))
	eventually(t, "the eviction", func() error {
		p := shared.pod(t, namespace, "evicted")
		if p.Status.Phase != corev1.PodFailed || p.Status.Reason != "Evicted" || !strings.HasPrefix(p.Status.Message, "The node was low on resource") {
			return fmt.Errorf("%s %s %s", p.Status.Phase, p.Status.Reason, p.Status.Message)
		}
		return nil
	})
}

func TestTheDemoReleaseThatCannotBePulledKeepsTheOldPods(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	shared.mustKubectl(t, "", "create", "deployment", "-n", namespace, "demo", "--image=juggernaut/k8s-demo-go-app:v0.0.1", "--replicas=2")
	shared.mustKubectl(t, "", "rollout", "status", "-n", namespace, "deployment/demo", "--timeout=60s")
	for _, step := range []struct{ tag, timeout, says string }{{"v0.0.2", "60s", "successfully rolled out"}, {"v0.0.3", "3s", "timed out"}, {"v0.0.2", "60s", "successfully rolled out"}} {
		shared.mustKubectl(t, "", "set", "image", "-n", namespace, "deployment/demo", "*=juggernaut/k8s-demo-go-app:"+step.tag)
		if output, _ := shared.kubectl("", "rollout", "status", "-n", namespace, "deployment/demo", "--timeout="+step.timeout); !strings.Contains(output, step.says) {
			t.Fatalf("%s: %s", step.tag, output)
		}
	}
}

func TestImageIDHasADigest(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	digest := "sha256:" + strings.Repeat("ab", 32)
	shared.create(t, namespace, pod("tagged", "nginx:1.29", nil))
	shared.create(t, namespace, pod("digested", "ghcr.io/acme/app@"+digest, nil))
	shared.create(t, namespace, pod("contradicted", "acme/app:1", map[string]string{"image-id": "docker.io/acme/app@" + digest}))
	if id := shared.awaitReady(t, namespace, "tagged").Status.ContainerStatuses[0].ImageID; !strings.HasPrefix(id, "docker.io/library/nginx@sha256:") {
		t.Errorf("tagged: %s", id)
	}
	if id := shared.awaitReady(t, namespace, "digested").Status.ContainerStatuses[0].ImageID; id != "ghcr.io/acme/app@"+digest {
		t.Errorf("digested: %s", id)
	}
	if id := shared.awaitReady(t, namespace, "contradicted").Status.ContainerStatuses[0].ImageID; id != "docker.io/acme/app@"+digest {
		t.Errorf("contradicted: %s", id)
	}
}

func TestPodsAnswerThroughTheServiceProxy(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	shared.create(t, namespace, pod("plain", "acme/app:7", nil))
	shared.create(t, namespace, pod("sick", "acme/app:7", map[string]string{"http-status": "503", "http-body": `{"tag":"{tag}"}`}))
	for _, name := range []string{"plain", "sick"} {
		shared.mustKubectl(t, "", "create", "service", "clusterip", "-n", namespace, name, "--tcp=80:8080")
		shared.awaitReady(t, namespace, name)
	}
	get := func(service string) (string, int) {
		var status int
		body, _ := shared.client.CoreV1().RESTClient().Get().Namespace(namespace).Resource("services").Name(service).
			SubResource("proxy").Suffix("healthz").Do(context.Background()).StatusCode(&status).Raw()
		return string(body), status
	}
	for service, wanted := range map[string]struct {
		status int
		body   string
	}{"plain:80": {200, "running acme/app:7"}, "https:plain:80": {200, "running acme/app:7"}, "sick:80": {503, `{"tag":"7"}`}} {
		eventually(t, service, func() error {
			body, status := get(service)
			if status != wanted.status || !strings.Contains(body, wanted.body) {
				return fmt.Errorf("%d %s", status, body)
			}
			return nil
		})
	}
}

func TestLoadBalancersAndClaimsAreServed(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	for name, withheld := range map[string]bool{"given": false, "withheld": true} {
		service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{}}, Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeLoadBalancer, Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt(80)}}}}
		if withheld {
			service.Annotations[prefix+"load-balancer"] = "withheld"
		}
		if _, err := shared.client.CoreV1().Services(namespace).Create(context.Background(), service, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}}}}
	if _, err := shared.client.CoreV1().PersistentVolumeClaims(namespace).Create(context.Background(), claim, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	shared.mustKubectl(t, "", "wait", "-n", namespace, "service/given", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}", "--timeout=60s")
	shared.mustKubectl(t, "", "wait", "-n", namespace, "pvc/data", "--for=jsonpath={.status.phase}=Bound", "--timeout=60s")
	if address := shared.mustKubectl(t, "", "get", "-n", namespace, "service/withheld", "-o", "jsonpath={.status.loadBalancer.ingress}"); address != "" {
		t.Errorf("withheld, but %s", address)
	}
}

func TestPodsAreDeletedPromptlyUnlessTheyAskNotTo(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	shared.create(t, namespace, pod("quick", "acme/app:1", nil))
	shared.create(t, namespace, pod("stuck", "acme/app:1", map[string]string{"terminates": "never"}))
	shared.awaitReady(t, namespace, "quick")
	shared.awaitReady(t, namespace, "stuck")
	shared.mustKubectl(t, "", "delete", "pod", "-n", namespace, "stuck", "--wait=false")
	began := time.Now()
	shared.mustKubectl(t, "", "delete", "pod", "-n", namespace, "quick", "--timeout=60s")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("deleting took %s", took)
	}
	if p := shared.pod(t, namespace, "stuck"); p.DeletionTimestamp == nil {
		t.Error("stuck is not terminating")
	}
	shared.mustKubectl(t, "", "delete", "pod", "-n", namespace, "stuck", "--force", "--grace-period=0")
}
