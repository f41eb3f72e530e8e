// What must be the real thing: authorisation, certificate signing, PodSecurity, quota, webhooks by URL.
package e2e

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestRBACRefusesAServiceAccountWithoutARole(t *testing.T) {
	t.Parallel()
	output, err := shared.kubectl("", "get", "secrets", "--as=system:serviceaccount:default:default")
	if err == nil || !strings.Contains(output, "Forbidden") {
		t.Errorf("%v %s", err, output)
	}
	token := strings.TrimSpace(shared.mustKubectl(t, "", "create", "token", "default"))
	who := shared.mustKubectl(t, "", "auth", "whoami", "--token="+token, "--client-certificate=", "--client-key=")
	if !strings.Contains(who, "kubernetes-admin") && !strings.Contains(who, "system:serviceaccount:default:default") {
		t.Errorf("whoami: %s", who)
	}
}

func TestPodSecurityWarnsAndRefuses(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	shared.mustKubectl(t, "", "label", "namespace", namespace, "pod-security.kubernetes.io/warn=restricted")
	output := shared.mustKubectl(t, "", "create", "deployment", "-n", namespace, "loose", "--image=acme/app:1")
	if !strings.Contains(output, "Warning: would violate PodSecurity") {
		t.Errorf("no warning: %s", output)
	}
	shared.mustKubectl(t, "", "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
	output, err := shared.kubectl("", "run", "-n", namespace, "loose", "--image=acme/app:1")
	if err == nil || !strings.Contains(output, "violates PodSecurity") {
		t.Errorf("%v %s", err, output)
	}
}

func TestQuotaRefuses(t *testing.T) {
	t.Parallel()
	namespace := shared.namespace(t)
	shared.mustKubectl(t, "", "create", "quota", "-n", namespace, "small", "--hard=configmaps=1")
	eventually(t, "the quota", func() error {
		output, err := shared.kubectl("", "create", "configmap", "-n", namespace, "one-too-many", "--dry-run=server")
		if err == nil || !strings.Contains(output, "exceeded quota") {
			return fmt.Errorf("%v %s", err, output)
		}
		return nil
	})
}

func TestCertificatesAreSigned(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "ci", Organization: []string{"team"}}}, key)
	if err != nil {
		t.Fatal(err)
	}
	request := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
	shared.mustKubectl(t, fmt.Sprintf(`{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","metadata":{"name":"ci"},
		"spec":{"request":%q,"signerName":"kubernetes.io/kube-apiserver-client","usages":["client auth"]}}`, request), "create", "-f", "-")
	shared.mustKubectl(t, "", "certificate", "approve", "ci")
	shared.mustKubectl(t, "", "wait", "csr/ci", "--for=jsonpath={.status.certificate}", "--timeout=60s")
}

func TestAWebhookIsCalledByItsURL(t *testing.T) {
	t.Parallel()
	hook := httptest.NewTLSServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(request.Body).Decode(&review); err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: false, Result: &metav1.Status{Message: "the hook says no"}}
		_ = json.NewEncoder(response).Encode(review)
	}))
	defer hook.Close()
	namespace := shared.namespace(t)
	authority := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hook.Certificate().Raw}))
	shared.mustKubectl(t, fmt.Sprintf(`{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{"name":"test"},
		"webhooks":[{"name":"no.test.example","admissionReviewVersions":["v1"],"sideEffects":"None","clientConfig":{"url":%q,"caBundle":%q},
		"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":%q}},
		"rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["configmaps"]}]}]}`, hook.URL, authority, namespace), "create", "-f", "-")
	defer func() {
		_ = shared.client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Delete(context.Background(), "test", metav1.DeleteOptions{})
	}()
	eventually(t, "the refusal", func() error {
		output, err := shared.kubectl("", "create", "configmap", "-n", namespace, "x", "--dry-run=server")
		if err == nil || !strings.Contains(output, "the hook says no") {
			return fmt.Errorf("%v %s", err, output)
		}
		return nil
	})
}
