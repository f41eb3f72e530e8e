// Names of images: how the runtime resolves them, what the simulated registries have, and the digest that an image has.
package podsim

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/k8s-deploy-action/controlplane/fixtures"
)

// image is a name of an image, resolved as the kubelet and the runtime do.
type image struct {
	written string // as the pod has it
	name    string // full, with registry and tag or digest
	host    string
	path    string
	tag     string
	digest  string
}

// parseImage resolves a name; an error means that the kubelet would call it invalid.
func parseImage(written string) (image, error) {
	named, err := reference.ParseNormalizedNamed(written)
	if err != nil {
		return image{}, fmt.Errorf("couldn't parse image name %q: %w", written, err)
	}
	named = reference.TagNameOnly(named)
	parsed := image{written: written, name: named.String(), host: reference.Domain(named), path: reference.Path(named)}
	if tagged, ok := named.(reference.Tagged); ok {
		parsed.tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		parsed.digest = digested.Digest().String()
	}
	return parsed, nil
}

func (i image) repository() string { return i.host + "/" + i.path }

// reference is the tag or the digest that is asked of the registry.
func (i image) reference() string {
	if i.digest != "" {
		return i.digest
	}
	return i.tag
}

// imageID is what the runtime reports: the repository with the digest of what was pulled.
func (i image) imageID() string { return i.repository() + "@" + i.pulledDigest() }

// pulledDigest is the digest of what is pulled. A tag's digest is made from its name, so that the same tag is always
// the same image.
func (i image) pulledDigest() string {
	if i.digest != "" {
		return i.digest
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(i.repository()+":"+i.tag)))
}

var knownTags = must(fixtures.Tags())

// KnowTags adds repositories, by full name, to those whose tags are known; the ones that were known are replaced. Only
// to be called before the first pod.
func KnowTags(tags map[string][]string) {
	for repository, list := range tags {
		knownTags[repository] = list
	}
}

// missing says whether the registry is known not to have the tag.
func (i image) missing() bool {
	tags, known := knownTags[i.repository()]
	return known && i.digest == "" && !slices.Contains(tags, i.tag)
}

var wishInTag = regexp.MustCompile(`(?:^|[-_.])sim-([a-z0-9-]+)$`)

// wish is the behaviour that the tag asks for: v1.2-sim-crash-loop behaves as crash-loop.
func (i image) wish() string {
	match := wishInTag.FindStringSubmatch(i.tag)
	if match == nil || !isBehaviour(match[1]) {
		return ""
	}
	return match[1]
}

// registryKind names the kind of registry as messages.yaml does.
func (i image) registryKind() string {
	switch {
	case i.host == "docker.io":
		return "docker-hub"
	case i.host == "ghcr.io":
		return "ghcr"
	case i.host == "quay.io":
		return "quay"
	case strings.HasSuffix(i.host, "-docker.pkg.dev") || i.host == "gcr.io" || strings.HasSuffix(i.host, ".gcr.io"):
		return "gar"
	case strings.Contains(i.host, ".dkr.ecr.") || i.host == "public.ecr.aws":
		return "ecr"
	case strings.HasPrefix(i.host, "harbor.") || strings.Contains(i.host, ".harbor."):
		return "harbor"
	}
	return "any"
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
