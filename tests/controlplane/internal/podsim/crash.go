// Behaviours of containers that start and end, or cannot start: crash loops of several kinds, with the kubelet's
// growing back-off. The texts name the kubelet's real pauses; the pauses here are shorter.
package podsim

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// crashLoop runs, crashes, and is restarted: at once the first time, then after growing pauses.
// Steps: "" (starts) → crash → restart or back-off → crash → back-off → ...
func crashLoop(s subject) outcome {
	crashed := s.lastCrash()
	switch s.step {
	case "crash":
		return s.crash()
	case "back-off":
		return s.backOff(crashed)
	case "restart":
		return s.restarted(crashed)
	}
	return outcome{state: running(*s.time()), ready: s.wishes.readyBetween, next: "crash", wait: s.wishes.runFor}
}

// crash ends the container's process.
func (s subject) crash() outcome {
	exitCode, reason, events := s.exitCode(1), "Error", []Event(nil)
	switch s.wishes.behaviour {
	case "oom-killed":
		exitCode, reason = 137, "OOMKilled"
	case "liveness-fails":
		exitCode = s.exitCode(137)
		events = []Event{
			{corev1.EventTypeWarning, "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500"},
			{corev1.EventTypeNormal, "Killing", fmt.Sprintf("Container %s failed liveness probe, will be restarted", s.container.Name)},
		}
	}
	next := "back-off"
	if s.current.RestartCount == 0 {
		next = "restart"
	}
	return outcome{state: s.ended(exitCode, reason), last: s.current.LastTerminationState,
		restarts: s.current.RestartCount, next: next, wait: 100 * time.Millisecond, events: events}
}

// backOff is CrashLoopBackOff: the wording is that of kuberuntime_manager.go (doBackOff).
func (s subject) backOff(crashed corev1.ContainerState) outcome {
	message := fmt.Sprintf("back-off %s restarting failed container=%s pod=%s",
		realBackOff(s.current.RestartCount), s.container.Name, s.fullName())
	return outcome{
		state: waiting("CrashLoopBackOff", message), last: crashed, restarts: s.current.RestartCount,
		next: "restart", wait: s.wishes.backOff,
		events: []Event{{corev1.EventTypeWarning, "BackOff",
			fmt.Sprintf("Back-off restarting failed container %s in pod %s", s.container.Name, s.fullName())}},
	}
}

// restarted is the container's next run: the last one, if the pod asks for so many crashes and no more.
func (s subject) restarted(crashed corev1.ContainerState) outcome {
	restarts := s.current.RestartCount + 1
	if s.wishes.crashes > 0 && int(restarts) >= s.wishes.crashes {
		if s.initIndex >= 0 {
			return outcome{state: terminated(0, "Completed", s.now, s.now), last: crashed, restarts: restarts, ready: true}
		}
		return outcome{state: running(*s.time()), last: crashed, restarts: restarts, ready: true}
	}
	return outcome{state: running(*s.time()), last: crashed, restarts: restarts, ready: s.wishes.readyBetween,
		next: "crash", wait: s.wishes.runFor}
}

// lastCrash is how the container ended last.
func (s subject) lastCrash() corev1.ContainerState {
	if s.current.State.Terminated != nil {
		return s.current.State
	}
	return s.current.LastTerminationState
}

// realBackOff is the kubelet's pause after so many restarts: 10 s, doubled up to 5 minutes.
func realBackOff(restarts int32) time.Duration {
	pause := 10 * time.Second
	for range max(restarts-1, 0) {
		pause = min(pause*2, 5*time.Minute)
	}
	return pause
}

// runError is a container that the runtime creates but cannot start, as with a command that does not exist.
// Steps: "" (RunContainerError) → back-off → start → back-off → ...
func runError(s subject) outcome {
	text := runFailure(s.wishes, "start-error", "failed to start container")
	if s.step == "back-off" {
		o := s.backOff(s.lastCrash())
		o.next = "start"
		return o
	}
	restarts := s.current.RestartCount
	if s.step == "start" {
		restarts++
	}
	failed := terminated(128, "StartError", time.Unix(0, 0), s.now)
	failed.Terminated.Message = text
	failed.Terminated.ContainerID = s.containerID(s.container.Name, restarts)
	return outcome{
		state: waiting("RunContainerError", text), last: failed, restarts: restarts, next: "back-off", wait: s.wishes.backOff / 2,
		events: []Event{{corev1.EventTypeWarning, "Failed", "Error: " + text}},
	}
}
