// Choosing the text of a failure from the table of real ones and filling in the image's name.
package podsim

import (
	"strings"

	"github.com/k8s-deploy-action/controlplane/fixtures"
)

var messages = must(fixtures.Messages())

// failure is what the runtime said: the waiting reason of the container and its message.
type failure struct {
	reason, message string
}

// pullFailure finds what the runtime says when it cannot pull the image for a cause. A row that the pod names wins;
// then the row of the image's registry and runtime, then what comes nearest.
func pullFailure(w wishes, class string, img image) failure {
	var best *fixtures.Message
	bestScore := -1
	for i := range messages {
		row := &messages[i]
		if row.ID == w.message {
			best = row
			break
		}
		if row.Class != class {
			continue
		}
		score := 0
		if row.Registry == img.registryKind() {
			score += 4
		} else if row.Registry == "any" {
			score += 2
		}
		if row.Runtime == w.runtime {
			score += 3
		}
		if score > bestScore {
			best, bestScore = row, score
		}
	}
	if best == nil || (w.message != "" && best.ID != w.message) {
		return failure{reason: "ErrImagePull", message: fill(w.message, img)}
	}
	reason := best.Reason
	if reason == "" {
		reason = "ErrImagePull"
	}
	return failure{reason: reason, message: fill(best.Text, img)}
}

// runFailure finds what the runtime says when it cannot start a container.
func runFailure(w wishes, class, fallback string) string {
	for _, row := range messages {
		if row.ID == w.message {
			return row.Text
		}
	}
	if w.message != "" {
		return w.message
	}
	for _, row := range messages {
		if row.Class == class && row.Runtime == w.runtime {
			return row.Text
		}
	}
	return fallback
}

func fill(text string, img image) string {
	return strings.NewReplacer(
		"{image}", img.written,
		"{name}", img.name,
		"{host}", img.host,
		"{path}", img.path,
		"{repository}", img.repository(),
		"{reference}", img.reference(),
	).Replace(text)
}
