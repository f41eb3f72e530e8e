// Behaviours of pods that start: ready at once, later or never, ending well or badly, evicted.
package podsim

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// behaviours are all that a pod can do, by the name that asks for it. Filled in init because the check of a wish for a
// behaviour reads this map, which would otherwise need itself to be initialised.
var behaviours map[string]behaviour

func init() {
	behaviours = map[string]behaviour{
		"run":                startThen(settled),
		"never-ready":        startThen(neverReady),
		"complete":           startThen(complete),
		"fail":               startThen(fail),
		"evicted":            startThen(evicted),
		"crash-loop":         startThen(crashLoop),
		"oom-killed":         startThen(crashLoop),
		"liveness-fails":     startThen(crashLoop),
		"run-error":          startThen(runError),
		"config-error":       forcedConfigError,
		"never-pull":         neverPull,
		"invalid-image-name": invalidImageName,
		"stuck-creating":     stuckCreating,
		"no-sandbox":         noSandbox,
		"pull-not-found":     pull("not-found"),
		"pull-denied":        pull("denied"),
		"pull-unauthorized":  pull("unauthorized"),
		"pull-rate-limited":  pull("rate-limited"),
		"pull-dns":           pull("dns"),
		"pull-tls":           pull("tls"),
		"pull-server-error":  pull("server-error"),
		"pull-timeout":       pull("timeout"),
		"pull-no-platform":   pull("no-platform"),
		"pull-signature":     pull("signature"),
		"pull-unavailable":   pull("unavailable"),
		"pull-no-space":      pull("no-space"),
		"pull-error":         pull("error"),
	}
}

// startThen looks up what a kubelet looks up before it starts a container, waits for it as long as it takes, and then
// plays the behaviour.
func startThen(play behaviour) behaviour {
	return func(s subject) outcome {
		if s.step == "" || s.step == "mount" || s.step == "config" {
			if o, missing := lookUp(s); missing {
				return o
			}
			s.step, s.attempt = "", 1
		}
		return play(s)
	}
}

// settled is the pod that simply runs.
func settled(s subject) outcome {
	if s.step == "" && s.wishes.readyAfter > 0 {
		return outcome{state: running(*s.time()), next: "ready", wait: s.wishes.readyAfter}
	}
	if s.initIndex >= 0 {
		return outcome{state: terminated(0, "Completed", s.now, s.now), ready: true}
	}
	return outcome{state: s.stillRunning(), ready: true}
}

func neverReady(s subject) outcome {
	if s.step == "" {
		return outcome{state: running(*s.time()), next: "unhealthy", wait: s.wishes.runFor}
	}
	message := "Readiness probe failed: HTTP probe failed with statuscode: 503"
	return outcome{state: s.stillRunning(), events: []Event{{corev1.EventTypeWarning, "Unhealthy", message}}}
}

// complete is the pod of a Job that does its work.
func complete(s subject) outcome {
	if s.step == "" {
		return outcome{state: running(*s.time()), ready: true, next: "complete", wait: s.wishes.runFor}
	}
	return outcome{state: s.ended(0, "Completed"), phase: corev1.PodSucceeded}
}

// fail is the pod of a Job that does not. Where the pod's policy is to restart, that makes a crash loop.
func fail(s subject) outcome {
	if s.pod.Spec.RestartPolicy != corev1.RestartPolicyNever {
		return crashLoop(s)
	}
	if s.step == "" {
		return outcome{state: running(*s.time()), ready: true, next: "fail", wait: s.wishes.runFor}
	}
	return outcome{state: s.ended(s.exitCode(1), "Error"), phase: corev1.PodFailed}
}

// evictionMessage is the kubelet's, see pkg/kubelet/eviction/helpers.go (nodeLowMessageFmt, containerMessageFmt).
const evictionMessage = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 58Mi. " +
	"Container %s was using 1843Mi, request is 0, has larger consumption of memory. "

func evicted(s subject) outcome {
	if s.step == "" {
		return outcome{state: running(*s.time()), ready: true, next: "evict", wait: s.wishes.after}
	}
	message := fmt.Sprintf(evictionMessage, s.container.Name)
	return outcome{state: s.ended(137, "Error"), phase: corev1.PodFailed, reason: "Evicted", message: message,
		events: []Event{{corev1.EventTypeWarning, "Evicted", message}}}
}

// stuckCreating never gets beyond ContainerCreating, as with a volume that cannot be attached.
func stuckCreating(s subject) outcome {
	return outcome{state: s.creating(), untouched: true, events: []Event{{corev1.EventTypeWarning, "FailedMount",
		`Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[]: timed out waiting for the condition`}}}
}

func noSandbox(s subject) outcome {
	message := runFailure(s.wishes, "sandbox", "failed to create pod sandbox")
	return outcome{state: s.creating(), untouched: true, events: []Event{
		{corev1.EventTypeWarning, "FailedCreatePodSandBox", "Failed to create pod sandbox: " + message}}}
}

// creating is the state of the container before anything was started.
func (s subject) creating() corev1.ContainerState {
	if s.initIndex >= 0 || len(s.pod.Spec.InitContainers) > 0 {
		return waiting("PodInitializing", "")
	}
	return waiting("ContainerCreating", "")
}

func (s subject) stillRunning() corev1.ContainerState {
	if s.current.State.Running != nil {
		return s.current.State
	}
	return running(*s.time())
}

// ended is the state of the container after its process has ended just now.
func (s subject) ended(exitCode int32, reason string) corev1.ContainerState {
	from := s.now
	if s.current.State.Running != nil {
		from = s.current.State.Running.StartedAt.Time
	}
	state := terminated(exitCode, reason, from, s.now)
	state.Terminated.ContainerID = s.containerID(s.container.Name, s.current.RestartCount)
	return state
}

func (s subject) exitCode(fallback int32) int32 {
	if s.wishes.exitCode != 0 {
		return s.wishes.exitCode
	}
	return fallback
}

// fullName is the pod as the kubelet writes it in messages.
func (s subject) fullName() string {
	return fmt.Sprintf("%s_%s(%s)", s.pod.Name, s.pod.Namespace, s.pod.UID)
}

func join(parts ...string) string { return strings.Join(parts, ": ") }
