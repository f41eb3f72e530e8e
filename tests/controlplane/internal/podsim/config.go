// What a pod needs from ConfigMaps and Secrets. Whether they exist is looked up in the cluster, as a kubelet does;
// the messages are those of pkg/kubelet/kubelet_pods.go and of the volume plugins.
package podsim

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// configRetry is how long a pod waits before it looks again; a kubelet takes a minute or two.
const configRetry = time.Second

// lookUp checks the volumes of the pod and the environment of its containers.
func lookUp(s subject) (outcome, bool) {
	if err := s.missingVolume(); err != nil {
		return outcome{state: s.creating(), untouched: true, next: "mount", attempt: s.attempt + 1, wait: configRetry,
			events: []Event{{corev1.EventTypeWarning, "FailedMount", err.Error()}}}, true
	}
	for i := range s.pod.Spec.InitContainers {
		if err := s.missingEnvironment(&s.pod.Spec.InitContainers[i]); err != nil {
			s.container, s.initIndex = &s.pod.Spec.InitContainers[i], i
			return s.configError(err), true
		}
	}
	for i := range s.pod.Spec.Containers {
		if err := s.missingEnvironment(&s.pod.Spec.Containers[i]); err != nil {
			s.container, s.initIndex = &s.pod.Spec.Containers[i], -1
			return s.configError(err), true
		}
	}
	return outcome{}, false
}

func (s subject) configError(err error) outcome {
	return outcome{state: waiting("CreateContainerConfigError", err.Error()), next: "config", attempt: s.attempt + 1, wait: configRetry,
		events: []Event{{corev1.EventTypeWarning, "Failed", "Error: " + err.Error()}}}
}

// forcedConfigError is the same by annotation, for pods that refer to nothing.
func forcedConfigError(s subject) outcome {
	o := s.configError(fmt.Errorf("%s", runFailure(s.wishes, "config", `configmap "app-config" not found`)))
	if s.attempt > 1 {
		o.next = ""
	}
	return o
}

func (s subject) missingVolume() error {
	for _, volume := range s.pod.Spec.Volumes {
		var err error
		switch {
		case volume.ConfigMap != nil && !isTrue(volume.ConfigMap.Optional):
			_, err = s.keys("configmap", volume.ConfigMap.Name)
		case volume.Secret != nil && !isTrue(volume.Secret.Optional):
			_, err = s.keys("secret", volume.Secret.SecretName)
		}
		if err != nil {
			return fmt.Errorf("MountVolume.SetUp failed for volume %q : %w", volume.Name, err)
		}
	}
	return nil
}

func (s subject) missingEnvironment(container *corev1.Container) error {
	for _, source := range container.EnvFrom {
		var err error
		switch {
		case source.ConfigMapRef != nil && !isTrue(source.ConfigMapRef.Optional):
			_, err = s.keys("configmap", source.ConfigMapRef.Name)
		case source.SecretRef != nil && !isTrue(source.SecretRef.Optional):
			_, err = s.keys("secret", source.SecretRef.Name)
		}
		if err != nil {
			return err
		}
	}
	for _, variable := range container.Env {
		from := variable.ValueFrom
		var err error
		switch {
		case from == nil:
		case from.ConfigMapKeyRef != nil && !isTrue(from.ConfigMapKeyRef.Optional):
			err = s.hasKey("configmap", "ConfigMap", from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key)
		case from.SecretKeyRef != nil && !isTrue(from.SecretKeyRef.Optional):
			err = s.hasKey("secret", "Secret", from.SecretKeyRef.Name, from.SecretKeyRef.Key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s subject) hasKey(resource, kind, name, key string) error {
	keys, err := s.keys(resource, name)
	if err != nil {
		return err
	}
	if !keys[key] {
		return fmt.Errorf("couldn't find key %s in %s %s/%s", key, kind, s.pod.Namespace, name)
	}
	return nil
}

// keys looks an object up; its error is the kubelet's message when the object does not exist.
func (s subject) keys(resource, name string) (map[string]bool, error) {
	look := s.world.ConfigMapKeys
	if resource == "secret" {
		look = s.world.SecretKeys
	}
	keys, err := look(s.pod.Namespace, name)
	if err != nil {
		return nil, fmt.Errorf("failed to sync %s cache: %w", resource, err)
	}
	if keys == nil {
		return nil, fmt.Errorf("%s %q not found", resource, name)
	}
	return keys, nil
}

func isTrue(value *bool) bool { return value != nil && *value }
