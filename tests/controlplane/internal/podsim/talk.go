// What a simulated container says: its log, and its answers over HTTP.
package podsim

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Listens says whether a connection to the pod's address is accepted: one of its containers runs.
func Listens(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil || pod.Spec.HostNetwork {
		return false
	}
	for _, status := range pod.Status.ContainerStatuses {
		if status.State.Running != nil {
			return true
		}
	}
	return false
}

// HTTPAnswer is what a pod answers to a request.
type HTTPAnswer struct {
	Status      int
	ContentType string
	Body        string
}

// Reader reads the body.
func (a HTTPAnswer) Reader() io.Reader { return strings.NewReader(a.Body) }

// Answer is what the pod answers: 200 with its name and image, unless the annotations http-status and http-body say
// otherwise. {image}, {tag}, {pod}, {path} and {method} in http-body are filled in.
func Answer(pod *corev1.Pod, method, path string) HTTPAnswer {
	name := pod.Spec.Containers[0].Image
	tag := name
	if parsed, err := parseImage(name); err == nil {
		tag = parsed.reference()
	}
	answer := HTTPAnswer{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: "{method} {path} answered by pod {pod} running {image}\n"}
	if status, err := strconv.Atoi(pod.Annotations[Prefix+"http-status"]); err == nil && status >= 200 && status <= 599 {
		answer.Status = status
	}
	if body, ok := pod.Annotations[Prefix+"http-body"]; ok {
		answer.Body = body
		if strings.HasPrefix(strings.TrimSpace(body), "{") && strings.Contains(body, `"`) {
			answer.ContentType = "application/json"
		}
	}
	answer.Body = strings.NewReplacer("{image}", name, "{tag}", tag, "{pod}", pod.Name, "{path}", path, "{method}", method).Replace(answer.Body)
	return answer
}

// LogLine is one line of a container's log.
type LogLine struct {
	At   time.Time
	Text string
}

// Log is what a container wrote in its current or its previous run. The annotation logs gives other lines than the
// behaviour's, previous-logs those of runs that have ended. An error is the kubelet's refusal.
func Log(pod *corev1.Pod, container string, previous bool) ([]LogLine, error) {
	status := statusOf(pod, container)
	if status.Name == "" {
		return nil, fmt.Errorf("container %s is not valid for pod %s", container, pod.Name)
	}
	run, number, err := runToShow(pod, status, previous)
	if err != nil {
		return nil, err
	}
	text := defaultLog(status.Image, run, number)
	if wanted, ok := pod.Annotations[Prefix+"logs"]; ok {
		text = wanted
	}
	if wanted, ok := pod.Annotations[Prefix+"previous-logs"]; ok && run.Terminated != nil {
		text = wanted
	}
	return stamp(text, run), nil
}

// runToShow picks the run whose log is asked for. The log of a container that waits to be restarted is that of its
// last run, as with a kubelet.
func runToShow(pod *corev1.Pod, status corev1.ContainerStatus, previous bool) (corev1.ContainerState, int32, error) {
	state := status.State
	switch {
	case previous && status.LastTerminationState.Terminated != nil:
		number := status.RestartCount
		if state.Waiting != nil {
			number++ // the run that ended last is the one with the current count
		}
		return status.LastTerminationState, number, nil
	case previous:
		return state, 0, fmt.Errorf("previous terminated container %q in pod %q not found", status.Name, pod.Name)
	case state.Waiting != nil && status.LastTerminationState.Terminated != nil:
		return status.LastTerminationState, status.RestartCount + 1, nil
	case state.Waiting != nil:
		reason := state.Waiting.Reason
		if strings.Contains(reason, "Image") {
			return state, 0, fmt.Errorf("container %q in pod %q is waiting to start: trying and failing to pull image", status.Name, pod.Name)
		}
		return state, 0, fmt.Errorf("container %q in pod %q is waiting to start: %s", status.Name, pod.Name, reason)
	}
	return state, status.RestartCount + 1, nil
}

func defaultLog(image string, run corev1.ContainerState, number int32) string {
	lines := []string{fmt.Sprintf("starting %s (run %d)", image, number), "loading configuration"}
	switch {
	case run.Terminated == nil:
		lines = append(lines, "listening on :8080")
	case run.Terminated.Reason == "OOMKilled":
		lines = append(lines, "allocating cache")
	case run.Terminated.ExitCode == 0:
		lines = append(lines, "done")
	default:
		lines = append(lines, "panic: runtime error: invalid memory address or nil pointer dereference",
			"[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x49a6d3]", "", "goroutine 1 [running]:",
			"main.main()", "\t/app/main.go:42 +0x1d")
	}
	return strings.Join(lines, "\n")
}

// stamp gives the lines times within the run.
func stamp(text string, run corev1.ContainerState) []LogLine {
	var at time.Time
	switch {
	case run.Running != nil:
		at = run.Running.StartedAt.Time
	case run.Terminated != nil:
		at = run.Terminated.StartedAt.Time
	}
	var lines []LogLine
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		lines = append(lines, LogLine{At: at.Add(time.Duration(i) * time.Millisecond), Text: line})
	}
	return lines
}
