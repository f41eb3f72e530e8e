// From what happens to one container to the whole status of its pod, with the words of the kubelet.
package podsim

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// render builds the pod's status around what the outcome makes of its container.
func (s subject) render(o outcome) corev1.PodStatus {
	status := corev1.PodStatus{
		Phase:     o.phase,
		Reason:    o.reason,
		Message:   o.message,
		StartTime: s.pod.Status.StartTime,
		QOSClass:  s.pod.Status.QOSClass,
	}
	if status.StartTime == nil {
		status.StartTime = s.time()
	}
	if !o.untouched {
		status.PodIP = s.podIP
		status.PodIPs = []corev1.PodIP{{IP: s.podIP}}
	}
	for i := range s.pod.Spec.InitContainers {
		status.InitContainerStatuses = append(status.InitContainerStatuses, s.initStatus(i, o))
	}
	for i := range s.pod.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, s.mainStatus(i, o))
	}
	if status.Phase == "" {
		status.Phase = s.phase(o)
	}
	status.Conditions = s.conditions(status, o)
	return status
}

// phase is Pending until every container was started once, as the kubelet has it.
func (s subject) phase(o outcome) corev1.PodPhase {
	neverRan := o.state.Waiting != nil && o.last.Terminated == nil
	if o.untouched || s.initIndex >= 0 || neverRan {
		return corev1.PodPending
	}
	return corev1.PodRunning
}

func (s subject) initStatus(i int, o outcome) corev1.ContainerStatus {
	container := &s.pod.Spec.InitContainers[i]
	sidecar := container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways
	switch {
	case i == s.initIndex:
		return s.affected(container, o)
	case o.untouched || (s.initIndex >= 0 && i > s.initIndex):
		return s.notYet(container, "PodInitializing")
	case o.phase == corev1.PodSucceeded || o.phase == corev1.PodFailed || !sidecar:
		return s.finished(container, 0, "Completed")
	}
	return s.running(container)
}

func (s subject) mainStatus(i int, o outcome) corev1.ContainerStatus {
	container := &s.pod.Spec.Containers[i]
	switch {
	case container.Name == s.container.Name:
		return s.affected(container, o)
	case s.initIndex >= 0 || (o.untouched && len(s.pod.Spec.InitContainers) > 0):
		return s.notYet(container, "PodInitializing")
	case o.untouched:
		return s.notYet(container, "ContainerCreating")
	case o.phase == corev1.PodFailed && o.reason != "":
		return s.finished(container, 137, "Error")
	case o.phase == corev1.PodSucceeded || o.phase == corev1.PodFailed:
		return s.finished(container, 0, "Completed")
	}
	return s.running(container)
}

// affected is the status of the container that the behaviour is about.
func (s subject) affected(container *corev1.Container, o outcome) corev1.ContainerStatus {
	started := o.state.Running != nil
	status := corev1.ContainerStatus{
		Name: container.Name, Image: container.Image, State: o.state, LastTerminationState: o.last,
		RestartCount: o.restarts, Ready: o.ready, Started: &started,
	}
	if o.state.Waiting == nil || o.last.Terminated != nil {
		s.identify(&status, container)
	}
	return status
}

func (s subject) running(container *corev1.Container) corev1.ContainerStatus {
	started := true
	status := corev1.ContainerStatus{Name: container.Name, Ready: true, Started: &started, State: running(*s.time())}
	if before := statusOf(s.pod, container.Name); before.State.Running != nil {
		status.State = before.State
	}
	s.identify(&status, container)
	return status
}

func (s subject) finished(container *corev1.Container, exitCode int32, reason string) corev1.ContainerStatus {
	started := false
	status := corev1.ContainerStatus{Name: container.Name, Ready: exitCode == 0 && s.isInit(container), Started: &started}
	s.identify(&status, container)
	status.State = terminated(exitCode, reason, s.now, s.now)
	status.State.Terminated.ContainerID = status.ContainerID
	if before := statusOf(s.pod, container.Name); before.State.Terminated != nil {
		status.State = before.State
	}
	return status
}

func (s subject) notYet(container *corev1.Container, reason string) corev1.ContainerStatus {
	started := false
	return corev1.ContainerStatus{Name: container.Name, Image: container.Image, State: waiting(reason, ""), Started: &started}
}

// identify fills in what the runtime knows of a container that it has created: its id and the image that it really has.
func (s subject) identify(status *corev1.ContainerStatus, container *corev1.Container) {
	parsed, err := parseImage(container.Image)
	if err != nil {
		return
	}
	status.Image = parsed.name
	status.ImageID = parsed.imageID()
	if s.wishes.imageID != "" && container.Name == s.container.Name {
		status.ImageID = s.wishes.imageID
	}
	status.ContainerID = s.containerID(container.Name, status.RestartCount)
}

func (s subject) containerID(container string, restarts int32) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", s.pod.UID, container, restarts))
	return fmt.Sprintf("%s://%x", s.wishes.runtime, sum)
}

func (s subject) isInit(container *corev1.Container) bool {
	for i := range s.pod.Spec.InitContainers {
		if s.pod.Spec.InitContainers[i].Name == container.Name {
			return true
		}
	}
	return false
}

// conditions are those of the kubelet, with its reasons and words, and our step.
func (s subject) conditions(status corev1.PodStatus, o outcome) []corev1.PodCondition {
	var incomplete, unready []string
	for i, init := range status.InitContainerStatuses {
		done := init.State.Terminated != nil && init.State.Terminated.ExitCode == 0
		if !done && !(init.State.Running != nil && i != s.initIndex) {
			incomplete = append(incomplete, init.Name)
		}
	}
	for _, container := range status.ContainerStatuses {
		if !container.Ready {
			unready = append(unready, container.Name)
		}
	}
	ended := status.Phase == corev1.PodSucceeded
	sandbox := s.condition(corev1.PodReadyToStartContainers, !o.untouched && status.Phase != corev1.PodFailed && !ended, "", "")
	initialized := s.condition(corev1.PodInitialized, len(incomplete) == 0, "ContainersNotInitialized",
		fmt.Sprintf("containers with incomplete status: [%s]", strings.Join(incomplete, " ")))
	if ended && len(incomplete) == 0 {
		initialized.Reason = "PodCompleted"
	}
	ready := len(unready) == 0 && len(incomplete) == 0 && status.Phase == corev1.PodRunning
	reason, message := "ContainersNotReady", fmt.Sprintf("containers with unready status: [%s]", strings.Join(unready, " "))
	if ended {
		reason, message = "PodCompleted", ""
	}
	conditions := []corev1.PodCondition{sandbox, initialized,
		s.condition(corev1.ContainersReady, ready, reason, message),
		s.podReady(ready, reason, message), s.stepCondition(o)}
	if o.reason == "Evicted" {
		conditions = append(conditions, s.condition(corev1.DisruptionTarget, true, "TerminationByKubelet", o.message))
	}
	return conditions
}

// podReady also waits for the pod's readiness gates, which are not the kubelet's to set.
func (s subject) podReady(ready bool, reason, message string) corev1.PodCondition {
	for _, gate := range s.pod.Spec.ReadinessGates {
		passed := false
		for _, condition := range s.pod.Status.Conditions {
			passed = passed || (condition.Type == gate.ConditionType && condition.Status == corev1.ConditionTrue)
		}
		if ready && !passed {
			ready, reason = false, "ReadinessGatesNotReady"
			message = fmt.Sprintf("corresponding condition of pod readiness gate %q does not exist.", gate.ConditionType)
		}
	}
	return s.condition(corev1.PodReady, ready, reason, message)
}

// condition keeps the time of the last change when nothing changed.
func (s subject) condition(kind corev1.PodConditionType, holds bool, reason, message string) corev1.PodCondition {
	condition := corev1.PodCondition{Type: kind, Status: corev1.ConditionFalse, Reason: reason, Message: message, LastTransitionTime: *s.time()}
	if holds {
		condition.Status = corev1.ConditionTrue
		if kind != corev1.DisruptionTarget {
			condition.Reason, condition.Message = "", ""
		}
	}
	for _, before := range s.pod.Status.Conditions {
		if before.Type == kind && before.Status == condition.Status {
			condition.LastTransitionTime = before.LastTransitionTime
		}
	}
	return condition
}

func (s subject) stepCondition(o outcome) corev1.PodCondition {
	step := s.condition(StepCondition, true, "", "")
	step.Reason = fmt.Sprintf("%s.%d", o.next, max(o.attempt, 1))
	if o.next == "" {
		step.Reason = settledStep + ".1"
	} else {
		step.Message = s.now.Add(o.wait).Format(time.RFC3339Nano)
	}
	return step
}

func (s subject) time() *metav1.Time {
	return &metav1.Time{Time: s.now}
}

func waiting(reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}

func running(since metav1.Time) corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: since}}
}

func terminated(exitCode int32, reason string, from, to time.Time) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: exitCode, Reason: reason, StartedAt: metav1.Time{Time: from}, FinishedAt: metav1.Time{Time: to}}}
}
