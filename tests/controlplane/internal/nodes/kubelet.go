// What the stages' templates call: a pod's next step, with what it needs from the cluster looked up and its events
// recorded as a kubelet records them.
package nodes

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/kwok/pkg/utils/gotpl"

	"github.com/k8s-deploy-action/controlplane/internal/podsim"
)

// kubelet is what all simulated nodes share.
type kubelet struct {
	ctx         context.Context
	client      kubernetes.Interface
	broadcaster record.EventBroadcaster
	// held has the address of each pod that was given one but does not show it yet, by uid.
	held sync.Map
}

func newKubelet(ctx context.Context, client kubernetes.Interface) *kubelet {
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	return &kubelet{ctx: ctx, client: client, broadcaster: broadcaster}
}

func (k *kubelet) functions() gotpl.FuncMap {
	return gotpl.FuncMap{"PodStep": k.podStep, "HeldIP": k.heldIP, "RemovePod": k.removePod, "LoadBalancerIP": loadBalancerIP}
}

// podStep computes the patch that takes a pod to its next step. The pod's uid goes with it, so that a pod that took the
// name of a deleted one does not get that one's status.
func (k *kubelet) podStep(object any, podIP string) (string, error) {
	pod, err := readPod(object)
	if err != nil {
		return "", err
	}
	step := podsim.Advance(pod, podIP, time.Now(), podsim.World{ConfigMapKeys: k.configMapKeys, SecretKeys: k.secretKeys})
	k.record(pod, step.Events)
	k.hold(pod.UID, podIP, step.Status.PodIP)
	step.Status.HostIP = "127.0.0.1"
	step.Status.HostIPs = []corev1.HostIP{{IP: "127.0.0.1"}}
	return statusPatch(pod.UID, step.Status)
}

// removePod ends a terminating pod's life, and returns the empty patch.
func (k *kubelet) removePod(object any) (string, error) {
	pod, err := readPod(object)
	if err != nil {
		return "", err
	}
	immediately := int64(0)
	err = k.client.CoreV1().Pods(pod.Namespace).Delete(k.ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &immediately, Preconditions: &metav1.Preconditions{UID: &pod.UID}})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		err = nil // it is gone already
	}
	return "{}", err
}

// readPod reads a pod from what a template has.
func readPod(object any) (*corev1.Pod, error) {
	encoded, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var pod corev1.Pod
	return &pod, json.Unmarshal(encoded, &pod)
}

// heldIP is the address that the pod was given before, so that a pod that waits for long does not use up a new one at
// every step; empty if it has none.
func (k *kubelet) heldIP(uid string) string {
	address, _ := k.held.Load(uid)
	text, _ := address.(string)
	return text
}

func (k *kubelet) hold(uid types.UID, given, shown string) {
	if shown == "" {
		k.held.Store(string(uid), given)
	} else {
		k.held.Delete(string(uid))
	}
}

// statusPatch is the strategic merge patch to the status of the pod with the uid. A condition's reason and message are
// always given: what a merge patch leaves out stays as it was.
func statusPatch(uid types.UID, status corev1.PodStatus) (string, error) {
	type condition struct {
		corev1.PodCondition
		Reason  *string `json:"reason"`
		Message *string `json:"message"`
	}
	var conditions []condition
	for _, c := range status.Conditions {
		conditions = append(conditions, condition{PodCondition: c, Reason: orNull(c.Reason), Message: orNull(c.Message)})
	}
	type statusWithNulls struct {
		corev1.PodStatus
		Conditions []condition `json:"conditions"`
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": uid},
		"status":   statusWithNulls{PodStatus: status, Conditions: conditions},
	})
	return string(patch), err
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (k *kubelet) record(pod *corev1.Pod, events []podsim.Event) {
	if len(events) == 0 {
		return
	}
	recorder := k.broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "kubelet", Host: pod.Spec.NodeName})
	for _, event := range events {
		recorder.Event(pod, event.Type, event.Reason, event.Message)
	}
}

func (k *kubelet) configMapKeys(namespace, name string) (map[string]bool, error) {
	object, err := k.client.CoreV1().ConfigMaps(namespace).Get(k.ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for key := range object.Data {
		keys[key] = true
	}
	for key := range object.BinaryData {
		keys[key] = true
	}
	return keys, nil
}

func (k *kubelet) secretKeys(namespace, name string) (map[string]bool, error) {
	object, err := k.client.CoreV1().Secrets(namespace).Get(k.ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for key := range object.Data {
		keys[key] = true
	}
	return keys, nil
}

// loadBalancerIP makes an address for a Service out of its uid, from the range that is kept for benchmarks (RFC 2544).
func loadBalancerIP(uid string) string {
	sum := sha256.Sum256([]byte(uid))
	return fmt.Sprintf("198.18.%d.%d", sum[0], max(sum[1], 1))
}
