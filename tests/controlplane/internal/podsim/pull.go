// Behaviours of containers whose image cannot be had. The messages hand over as the kubelet's image manager does it
// (pkg/kubelet/images/image_manager.go): first the runtime's error, then the back-off with that error behind it.
package podsim

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// pull fails for a cause, again and again, until it heals if the pod says when.
// Steps: "" (creating) → pull → back-off → pull → ...
func pull(class string) behaviour {
	return func(s subject) outcome {
		if s.healed() || s.step == "ready" {
			s.current = corev1.ContainerStatus{}
			s.step = ""
			return startThen(settled)(s)
		}
		switch s.step {
		case "pull":
			return s.pullFails(class)
		case "back-off":
			return s.pullBackOff(class)
		case "mount", "config":
			return startThen(settled)(s)
		}
		return outcome{state: s.notStarted(), next: "pull", wait: 100 * time.Millisecond,
			events: []Event{{corev1.EventTypeNormal, "Pulling", fmt.Sprintf("Pulling image %q", s.image.written)}}}
	}
}

func (s subject) healed() bool {
	return s.wishes.healAfter > 0 && s.step != "" && !s.now.Before(s.pod.CreationTimestamp.Add(s.wishes.healAfter))
}

func (s subject) pullFails(class string) outcome {
	failure := pullFailure(s.wishes, class, s.image)
	return outcome{
		state: waiting(failure.reason, failure.message), next: "back-off", attempt: s.attempt, wait: s.wishes.backOff / 2,
		events: []Event{
			{corev1.EventTypeWarning, "Failed", fmt.Sprintf("Failed to pull image %q: %s", s.image.written, failure.runtimeError)},
			{corev1.EventTypeWarning, "Failed", "Error: " + failure.reason},
		},
	}
}

func (s subject) pullBackOff(class string) outcome {
	failure := pullFailure(s.wishes, class, s.image)
	message := fmt.Sprintf("Back-off pulling image %q", s.image.written)
	return outcome{
		state: waiting("ImagePullBackOff", join(message, failure.reason, failure.message)),
		next:  "pull", attempt: s.attempt + 1, wait: s.wishes.backOff,
		events: []Event{
			{corev1.EventTypeNormal, "BackOff", message},
			{corev1.EventTypeWarning, "Failed", "Error: ImagePullBackOff"},
		},
	}
}

// invalidImageName is what the kubelet makes of a name that cannot be parsed.
func invalidImageName(s subject) outcome {
	_, err := parseImage(s.image.written)
	if err == nil {
		err = fmt.Errorf("couldn't parse image name %q: invalid reference format", s.image.written)
	}
	message := fmt.Sprintf("Failed to apply default image tag %q: %v", s.image.written, err)
	return outcome{state: waiting("InvalidImageName", message), events: []Event{
		{corev1.EventTypeWarning, "InspectFailed", message},
		{corev1.EventTypeWarning, "Failed", "Error: InvalidImageName"},
	}}
}

// neverPull is the policy Never on a node that does not have the image.
func neverPull(s subject) outcome {
	message := fmt.Sprintf("Container image %q is not present with pull policy of Never", s.image.written)
	return outcome{state: waiting("ErrImageNeverPull", message), events: []Event{
		{corev1.EventTypeWarning, "ErrImageNeverPull", message},
		{corev1.EventTypeWarning, "Failed", "Error: ErrImageNeverPull"},
	}}
}

// notStarted is the state of the container while its image is pulled for the first time.
func (s subject) notStarted() corev1.ContainerState {
	if s.initIndex >= 0 {
		return waiting("PodInitializing", "")
	}
	return waiting("ContainerCreating", "")
}
