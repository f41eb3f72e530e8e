// One step of a pod: which behaviour it has, where it stands in it, and what comes next.
package podsim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// World is what a kubelet looks up before it starts a container. A nil map means that the object does not exist.
type World struct {
	ConfigMapKeys func(namespace, name string) (map[string]bool, error)
	SecretKeys    func(namespace, name string) (map[string]bool, error)
}

// Event is what the kubelet records about a pod.
type Event struct {
	Type, Reason, Message string
}

// Step is what a pod becomes and what is recorded about it.
type Step struct {
	Status corev1.PodStatus
	Events []Event
}

// subject is a pod at one moment, with the container that its behaviour is about.
type subject struct {
	pod       *corev1.Pod
	podIP     string
	now       time.Time
	world     World
	wishes    wishes
	container *corev1.Container
	initIndex int // among the init containers; -1 for a main container
	image     image
	current   corev1.ContainerStatus // what its status is now
	step      string                 // where the pod stands; empty at first
	attempt   int                    // how often it came here, from 1
}

// outcome is what a behaviour makes of the container, and when it wants to be asked again.
type outcome struct {
	state     corev1.ContainerState
	last      corev1.ContainerState
	restarts  int32
	ready     bool
	next      string // the step that comes next; empty when nothing comes
	attempt   int
	wait      time.Duration
	events    []Event
	untouched bool // no container of the pod was started, not even an init container
	phase     corev1.PodPhase
	reason    string // of the pod
	message   string // of the pod
}

// behaviour is a state machine: from the step at which a pod stands to the next one.
type behaviour func(subject) outcome

// Advance computes the next step of a pod.
func Advance(pod *corev1.Pod, podIP string, now time.Time, world World) Step {
	s, play := newSubject(pod, podIP, now, world)
	o := play(s)
	return Step{Status: s.render(o), Events: o.events}
}

// newSubject reads the pod's wishes and finds the behaviour and the container that they are about.
func newSubject(pod *corev1.Pod, podIP string, now time.Time, world World) (subject, behaviour) {
	s := subject{pod: pod, podIP: podIP, now: now, world: world, initIndex: -1, attempt: 1}
	s.step, s.attempt = currentStep(pod)
	s.container = &pod.Spec.Containers[0]
	w, err := readWishes(pod)
	s.wishes = w
	if err == nil {
		err = s.choose()
	}
	s.current = statusOf(pod, s.container.Name)
	if err != nil {
		return s, unreadable(err)
	}
	if s.step == settledStep {
		return s, unchanged
	}
	return s, behaviours[s.wishes.behaviour]
}

// settledStep is the step of a pod that has nothing more to do.
const settledStep = "settled"

// unchanged says again what is known of a settled pod, for when somebody else changed its conditions.
func unchanged(s subject) outcome {
	return outcome{state: s.current.State, last: s.current.LastTerminationState, restarts: s.current.RestartCount,
		ready: s.current.Ready, phase: s.pod.Status.Phase, reason: s.pod.Status.Reason, message: s.pod.Status.Message}
}

// choose settles the behaviour and its container: an annotation decides; else the first image that asks for something.
func (s *subject) choose() error {
	if s.wishes.container != "" && !s.pick(func(c *corev1.Container) bool { return c.Name == s.wishes.container }) {
		return fmt.Errorf("%scontainer %q: the pod has no such container", Prefix, s.wishes.container)
	}
	if s.wishes.behaviour == "" {
		s.pick(func(c *corev1.Container) bool {
			s.wishes.behaviour = imageBehaviour(c.Image)
			return s.wishes.behaviour != ""
		})
	}
	if s.wishes.behaviour == "" {
		s.wishes.behaviour = defaultBehaviour(s.pod)
	}
	if parsed, err := parseImage(s.container.Image); err == nil {
		s.image = parsed
	} else {
		s.image = image{written: s.container.Image, name: s.container.Image}
	}
	return nil
}

// pick makes the first container that fits, init containers first, the one that the behaviour is about.
func (s *subject) pick(fits func(*corev1.Container) bool) bool {
	for i := range s.pod.Spec.InitContainers {
		if fits(&s.pod.Spec.InitContainers[i]) {
			s.container, s.initIndex = &s.pod.Spec.InitContainers[i], i
			return true
		}
	}
	for i := range s.pod.Spec.Containers {
		if fits(&s.pod.Spec.Containers[i]) {
			s.container = &s.pod.Spec.Containers[i]
			return true
		}
	}
	return false
}

// imageBehaviour is what the name of an image alone makes happen.
func imageBehaviour(name string) string {
	parsed, err := parseImage(name)
	switch {
	case err != nil:
		return "invalid-image-name"
	case parsed.missing():
		return "pull-not-found"
	}
	return parsed.wish()
}

// defaultBehaviour is that of a pod without wishes: pods that may end do so, all others run.
func defaultBehaviour(pod *corev1.Pod) string {
	if pod.Spec.RestartPolicy == corev1.RestartPolicyAlways {
		return "run"
	}
	return "complete"
}

// unreadable shows a mistake in the annotations where nobody can overlook it.
func unreadable(err error) behaviour {
	return func(s subject) outcome {
		return outcome{state: waiting("SimulationError", err.Error()), untouched: true,
			events: []Event{{corev1.EventTypeWarning, "SimulationError", err.Error()}}}
	}
}

// Behaviours lists the names of all behaviours.
func Behaviours() []string {
	var names []string
	for name := range behaviours {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func isBehaviour(name string) bool {
	_, ok := behaviours[name]
	return ok
}

// currentStep reads where the pod stands from its step condition: reason "crashed.3" is the third time at "crashed".
func currentStep(pod *corev1.Pod) (string, int) {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == StepCondition {
			name, count, _ := strings.Cut(condition.Reason, ".")
			attempt, err := strconv.Atoi(count)
			if err != nil {
				attempt = 1
			}
			return name, attempt
		}
	}
	return "", 1
}

func statusOf(pod *corev1.Pod, container string) corev1.ContainerStatus {
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if status.Name == container {
			return status
		}
	}
	return corev1.ContainerStatus{}
}
