// Package podsim decides what a simulated pod does next: which state its containers are in, what the kubelet would say
// about it, what its logs and its HTTP answers are. It is pure: the time and what exists in the cluster are arguments.
//
// This file names everything that a pod can ask for.
package podsim

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Prefix starts the name of every annotation, label and condition of the simulation.
const Prefix = "test.k8s-deploy-action/"

// Names of objects that the simulation shares with the cluster's furniture.
const (
	// KubeletLabel on a Node says that its kubelet runs. Without it nobody renews the node's lease or moves its pods.
	KubeletLabel   = Prefix + "kubelet"
	KubeletRunning = "running"
	// StorageClass is the default class, whose claims get a volume at once.
	StorageClass = "standard"
	// StepCondition is the condition that carries where a pod stands in its behaviour: the reason is the step, the
	// message the time of the next one.
	StepCondition = Prefix + "step"
	// LoadBalancerAnnotation on a Service, with the value "withheld", keeps its address away.
	LoadBalancerAnnotation = Prefix + "load-balancer"
	// TerminatesAnnotation on a Pod is how long it takes to terminate, or "never".
	TerminatesAnnotation = Prefix + "terminates"
)

// wishes are a pod's annotations, read.
type wishes struct {
	behaviour    string        // behaviour: what the pod does, see docs/control-plane.md
	container    string        // container: the container that it happens to
	message      string        // message: a row of messages.yaml, or a text of its own
	runtime      string        // runtime: whose texts, containerd or cri-o
	readyAfter   time.Duration // ready-after
	runFor       time.Duration // run-for: how long a container runs before it ends
	healAfter    time.Duration // heal-after: when a failed pull succeeds, after the pod's creation
	after        time.Duration // after: when a healthy pod is evicted
	backOff      time.Duration // back-off: the real pause of back-offs, whatever their text says
	crashes      int           // crashes: how often it crashes before it stays up; 0 is for ever
	exitCode     int32         // exit-code
	readyBetween bool          // ready-between-crashes
	imageID      string        // image-id
}

// readWishes reads the annotations of a pod. A value that cannot be read is reported, not guessed.
func readWishes(pod *corev1.Pod) (wishes, error) {
	reader := annotationReader{pod: pod}
	w := wishes{
		behaviour:    reader.text("behaviour", ""),
		container:    reader.text("container", ""),
		message:      reader.text("message", ""),
		runtime:      reader.text("runtime", "containerd"),
		readyAfter:   reader.duration("ready-after", 0),
		runFor:       reader.duration("run-for", 500*time.Millisecond),
		healAfter:    reader.duration("heal-after", 0),
		after:        reader.duration("after", 2*time.Second),
		backOff:      reader.duration("back-off", 2*time.Second),
		crashes:      reader.number("crashes", 0),
		exitCode:     int32(reader.number("exit-code", 0)),
		readyBetween: reader.text("ready-between-crashes", "") == "true",
		imageID:      reader.text("image-id", ""),
	}
	if reader.err == nil && w.behaviour != "" && !isBehaviour(w.behaviour) {
		reader.err = fmt.Errorf("%sbehaviour %q: there are %s", Prefix, w.behaviour, strings.Join(Behaviours(), ", "))
	}
	return w, reader.err
}

type annotationReader struct {
	pod *corev1.Pod
	err error
}

func (r *annotationReader) text(name, fallback string) string {
	if value, ok := r.pod.Annotations[Prefix+name]; ok {
		return value
	}
	return fallback
}

func (r *annotationReader) duration(name string, fallback time.Duration) time.Duration {
	value, ok := r.pod.Annotations[Prefix+name]
	if !ok {
		return fallback
	}
	duration, err := time.ParseDuration(value)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s%s %q is no duration such as 1.5s", Prefix, name, value)
	}
	return duration
}

func (r *annotationReader) number(name string, fallback int) int {
	value, ok := r.pod.Annotations[Prefix+name]
	if !ok {
		return fallback
	}
	number, err := strconv.Atoi(value)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s%s %q is no number", Prefix, name, value)
	}
	return number
}
