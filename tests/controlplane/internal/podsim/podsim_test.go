// The model of a pod, step by step, without a cluster.
package podsim

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

var nothingExists = World{
	ConfigMapKeys: func(string, string) (map[string]bool, error) { return nil, nil },
	SecretKeys:    func(string, string) (map[string]bool, error) { return nil, nil },
}

func podOf(image string, annotations ...string) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", UID: "1", CreationTimestamp: metav1.Time{Time: noon}, Annotations: map[string]string{}},
		Spec:       corev1.PodSpec{RestartPolicy: corev1.RestartPolicyAlways, Containers: []corev1.Container{{Name: "app", Image: image}, {Name: "proxy", Image: "envoy:1"}}},
		Status:     corev1.PodStatus{Phase: corev1.PodPending},
	}
	for i := 0; i+1 < len(annotations); i += 2 {
		p.Annotations[Prefix+annotations[i]] = annotations[i+1]
	}
	return p
}

// play takes steps until the pod is settled or the number is reached, and returns the pod after each.
func play(p *corev1.Pod, steps int) []*corev1.Pod {
	var after []*corev1.Pod
	now := noon
	for range steps {
		next := p.DeepCopy()
		next.Status = Advance(p, "10.244.0.9", now, nothingExists).Status
		after = append(after, next)
		p = next
		due := stepTime(p)
		if due.IsZero() {
			break
		}
		now = due
	}
	return after
}

func stepTime(p *corev1.Pod) time.Time {
	for _, condition := range p.Status.Conditions {
		if condition.Type == StepCondition && condition.Message != "" {
			due, err := time.Parse(time.RFC3339Nano, condition.Message)
			if err != nil {
				panic(err)
			}
			return due
		}
	}
	return time.Time{}
}

func TestAPlainPodIsReadyAfterOneStep(t *testing.T) {
	states := play(podOf("acme/app:1"), 5)
	if len(states) != 1 || !conditionHolds(states[0], corev1.PodReady) || states[0].Status.Phase != corev1.PodRunning {
		t.Errorf("%d steps, %+v", len(states), states[len(states)-1].Status)
	}
}

func TestABackOffRepeatsTheErrorOfThePull(t *testing.T) {
	states := play(podOf("ghcr.io/acme/app:2-sim-pull-not-found"), 3)
	failed, backOff := waitingOf(states[1]), waitingOf(states[2])
	if failed.Reason != "ErrImagePull" || backOff.Reason != "ImagePullBackOff" {
		t.Fatalf("%+v then %+v", failed, backOff)
	}
	if wanted := `Back-off pulling image "ghcr.io/acme/app:2-sim-pull-not-found": ErrImagePull: ` + failed.Message; backOff.Message != wanted {
		t.Errorf("message %q, not %q", backOff.Message, wanted)
	}
	if !states[2].Status.ContainerStatuses[1].Ready {
		t.Error("the other container runs all the same")
	}
}

func TestBackOffsGrowAsTheKubeletsDo(t *testing.T) {
	for restarts, wanted := range map[int32]string{1: "10s", 2: "20s", 3: "40s", 5: "2m40s", 6: "5m0s", 50: "5m0s"} {
		if pause := realBackOff(restarts).String(); pause != wanted {
			t.Errorf("after %d restarts %s, not %s", restarts, pause, wanted)
		}
	}
}

func TestRestartsGrowInACrashLoop(t *testing.T) {
	states := play(podOf("acme/app:1", "behaviour", "crash-loop"), 12)
	last := states[len(states)-1].Status.ContainerStatuses[0]
	if last.RestartCount < 3 || last.LastTerminationState.Terminated == nil {
		t.Errorf("%+v", last)
	}
	for i := 1; i < len(states); i++ {
		if states[i].Status.ContainerStatuses[0].RestartCount < states[i-1].Status.ContainerStatuses[0].RestartCount {
			t.Errorf("step %d counts backwards", i)
		}
	}
}

func TestAFailingInitContainerHoldsTheOthersBack(t *testing.T) {
	p := podOf("acme/app:1")
	p.Spec.InitContainers = []corev1.Container{{Name: "first", Image: "acme/a:1"}, {Name: "migrate", Image: "acme/b:1-sim-crash-loop"}}
	states := play(p, 2)
	status := states[1].Status
	if status.InitContainerStatuses[0].State.Terminated == nil || status.InitContainerStatuses[1].State.Terminated == nil {
		t.Errorf("init containers: %+v", status.InitContainerStatuses)
	}
	if waiting := status.ContainerStatuses[0].State.Waiting; waiting == nil || waiting.Reason != "PodInitializing" || status.Phase != corev1.PodPending {
		t.Errorf("phase %s, app: %+v", status.Phase, status.ContainerStatuses[0].State)
	}
	if conditionHolds(states[1], corev1.PodInitialized) {
		t.Error("Initialized is true")
	}
}

func TestASettledPodStaysAsItIs(t *testing.T) {
	states := play(podOf("acme/app:1", "behaviour", "crash-loop", "crashes", "2"), 20)
	settled := states[len(states)-1]
	again := Advance(settled, "10.244.0.9", noon.Add(time.Hour), nothingExists).Status
	if again.ContainerStatuses[0].RestartCount != 2 || !again.ContainerStatuses[0].Ready {
		t.Errorf("%+v", again.ContainerStatuses[0])
	}
}

func TestNamesAreResolvedAsTheRuntimeDoes(t *testing.T) {
	for written, wanted := range map[string]string{
		"nginx":              "docker.io/library/nginx:latest",
		"acme/app:1":         "docker.io/acme/app:1",
		"localhost:5000/app": "localhost:5000/app:latest",
		"ghcr.io/a/b/c:v1@sha256:" + strings.Repeat("0", 64): "ghcr.io/a/b/c:v1@sha256:" + strings.Repeat("0", 64),
	} {
		if parsed, err := parseImage(written); err != nil || parsed.name != wanted {
			t.Errorf("%s: %s %v, not %s", written, parsed.name, err, wanted)
		}
	}
	if _, err := parseImage("Acme/App:1"); err == nil {
		t.Error("upper case is no image name")
	}
}

func TestOnlyListedTagsOfAKnownRepositoryExist(t *testing.T) {
	for name, missing := range map[string]bool{
		"juggernaut/k8s-demo-go-app:v0.0.1":           false,
		"docker.io/juggernaut/k8s-demo-go-app:v0.0.2": false,
		"juggernaut/k8s-demo-go-app:v0.0.3":           true,
		"juggernaut/k8s-demo-go-app":                  true,
		"ghcr.io/juggernaut/k8s-demo-go-app:v0.0.3":   false,
	} {
		if got := imageBehaviour(name) == "pull-not-found"; got != missing {
			t.Errorf("%s: missing is %v", name, got)
		}
	}
}

// Every behaviour that a pod can ask for stands in the documentation, and none is documented that does not exist.
func TestTheDocumentationListsExactlyTheBehaviours(t *testing.T) {
	text, err := os.ReadFile("../../../../docs/control-plane.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			for _, name := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(cells[1], -1) {
				documented[name[1]] = true
			}
		}
	}
	for _, name := range Behaviours() {
		if !documented[name] {
			t.Errorf("%s is not in docs/control-plane.md", name)
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("docs/control-plane.md lists %s, which does not exist", name)
	}
}

func conditionHolds(p *corev1.Pod, kind corev1.PodConditionType) bool {
	for _, condition := range p.Status.Conditions {
		if condition.Type == kind {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func waitingOf(p *corev1.Pod) corev1.ContainerStateWaiting {
	if waiting := p.Status.ContainerStatuses[0].State.Waiting; waiting != nil {
		return *waiting
	}
	return corev1.ContainerStateWaiting{}
}
