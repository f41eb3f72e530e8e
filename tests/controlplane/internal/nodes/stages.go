// The kwok stages: when a node, a pod, a Service or a claim changes, and by which template. The templates call the
// functions of kubelet.go for everything that is more than a few words.
package nodes

import (
	"bufio"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/apis/v1alpha1"
	"sigs.k8s.io/yaml"
)

//go:embed stages.yaml
var stagesYAML []byte

// stages reads our stages, grouped by what they apply to.
func stages() (map[internalversion.StageResourceRef][]*internalversion.Stage, error) {
	groups := map[internalversion.StageResourceRef][]*internalversion.Stage{}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stagesYAML)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return groups, nil
		}
		if err != nil {
			return nil, fmt.Errorf("stages.yaml: %w", err)
		}
		var stage v1alpha1.Stage
		if err := yaml.UnmarshalStrict(document, &stage); err != nil {
			return nil, fmt.Errorf("stages.yaml: %w", err)
		}
		internal, err := internalversion.ConvertToInternalStage(&stage)
		if err != nil {
			return nil, fmt.Errorf("stages.yaml, stage %s: %w", stage.Name, err)
		}
		groups[internal.Spec.ResourceRef] = append(groups[internal.Spec.ResourceRef], internal)
	}
}
