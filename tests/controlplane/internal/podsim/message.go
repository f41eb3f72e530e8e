// Choosing the text of a failure from the table of real ones and filling in the image's name.
package podsim

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/k8s-deploy-action/controlplane/fixtures"
)

var messages = must(fixtures.Messages())

// failure is what came of a pull: the runtime's error, and what the kubelet makes of it in the container's status.
type failure struct {
	runtimeError, reason, message string
}

// pullFailure finds what the runtime says when it cannot pull the image for a cause. A row that the pod names wins,
// or a text of its own; then the row that fits the image's registry and the runtime best.
func pullFailure(w wishes, class string, img image) failure {
	if w.message != "" {
		return kubeletFailure(img, fill(namedText(w.message), img))
	}
	text, best := "", -1
	for _, row := range messages {
		if score := fit(row, w.runtime, img.registryKind()); row.Class == class && score > best {
			text, best = row.Text, score
		}
	}
	return kubeletFailure(img, fill(text, img))
}

// fit says how well a row fits: its registry counts more than its runtime, but the runtime more than no registry.
func fit(row fixtures.Message, runtime, registry string) int {
	score := 0
	switch row.Registry {
	case registry:
		score += 4
	case "any":
		score += 2
	}
	if row.Runtime == runtime {
		score += 3
	}
	return score
}

// kubeletFailure does what the kubelet does with the errors that the CRI has names for (evalCRIPullErr in
// pkg/kubelet/images/image_manager.go).
func kubeletFailure(img image, text string) failure {
	for reason, because := range map[string]string{
		"RegistryUnavailable":       "the registry is unavailable",
		"SignatureValidationFailed": "the signature validation failed",
	} {
		if rest, named := strings.CutPrefix(text, reason); named {
			message := fmt.Sprintf("image pull failed for %s because %s%s", img.written, because, rest)
			return failure{runtimeError: text, reason: reason, message: message}
		}
	}
	return failure{runtimeError: text, reason: "ErrImagePull", message: text}
}

// namedText is the text of the row with that id, or the text itself.
func namedText(message string) string {
	for _, row := range messages {
		if row.ID == message {
			return row.Text
		}
	}
	return message
}

// runFailure finds what the runtime says when it cannot start a container.
func runFailure(w wishes, class, fallback string) string {
	if w.message != "" {
		return namedText(w.message)
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
		"{escaped_path}", url.QueryEscape(img.path),
		"{repository}", img.repository(),
		"{digest}", img.pulledDigest(),
		"{reference}", img.reference(),
	).Replace(text)
}
