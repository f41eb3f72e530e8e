// The kubelets' HTTPS API: container logs, answered from the pods' own words, and everything else handed on to kwok's
// server. Reading a log (tail, since, limits, timestamps) is done by the kubelet's own code.
package nodes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/util/flushwriter"
	"k8s.io/client-go/kubernetes"
	criapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	crilogs "k8s.io/cri-client/pkg/logs"

	"github.com/k8s-deploy-action/controlplane/internal/podsim"
)

// serveLogs answers on the nodes' port until ctx ends. Only the API server, by its client certificate, gets an answer.
func serveLogs(ctx context.Context, options options, client kubernetes.Interface, kwokAddress string) error {
	authority, err := os.ReadFile(options.clientCA)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return fmt.Errorf("%s holds no certificate", options.clientCA)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /containerLogs/{namespace}/{pod}/{container}", logHandler{client})
	mux.Handle("/", kwokProxy(kwokAddress, pool))
	server := &http.Server{
		Addr:              fmt.Sprintf("127.0.0.1:%d", options.nodePort),
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		// Exec and port-forward switch protocols, which HTTP/2 does not have.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		TLSConfig:    &tls.Config{ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12},
	}
	return server.ListenAndServeTLS(options.cert, options.key)
}

func kwokProxy(address string, authority *x509.CertPool) http.Handler {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "https", Host: address})
	proxy.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority, MinVersion: tls.VersionTLS12}}
	return proxy
}

// logHandler answers requests for the log of a container.
type logHandler struct {
	client kubernetes.Interface
}

func (h logHandler) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	if err := h.write(response, request); err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
	}
}

func (h logHandler) write(response http.ResponseWriter, request *http.Request) error {
	pod, err := h.client.CoreV1().Pods(request.PathValue("namespace")).Get(request.Context(), request.PathValue("pod"), metav1.GetOptions{})
	if err != nil {
		return err
	}
	query := request.URL.Query()
	lines, err := podsim.Log(pod, request.PathValue("container"), query.Get("previous") == "true")
	if err != nil {
		return err
	}
	file, err := writeLogFile(lines)
	if err != nil {
		return err
	}
	defer os.Remove(file)
	options, err := logOptions(query)
	if err != nil {
		return err
	}
	output := flushwriter.Wrap(response)
	return crilogs.ReadLogs(request.Context(), file, "", options, runningContainer{}, output, output)
}

// writeLogFile writes lines as a container runtime does and returns the file's name.
func writeLogFile(lines []podsim.LogLine) (string, error) {
	file, err := os.CreateTemp("", "container-log-*")
	if err != nil {
		return "", err
	}
	defer file.Close()
	for _, line := range lines {
		if _, err := fmt.Fprintf(file, "%s stdout F %s\n", line.At.Format(time.RFC3339Nano), line.Text); err != nil {
			os.Remove(file.Name())
			return "", err
		}
	}
	return file.Name(), nil
}

func logOptions(query url.Values) (*crilogs.LogOptions, error) {
	options := &crilogs.LogOptions{Follow: query.Get("follow") == "true", Timestamp: query.Get("timestamps") == "true"}
	var sinceSeconds *int64
	for name, target := range map[string]**int64{"tailLines": &options.TailLines, "limitBytes": &options.LimitBytes, "sinceSeconds": &sinceSeconds} {
		if text := query.Get(name); text != "" {
			number, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			*target = &number
		}
	}
	if sinceSeconds != nil {
		options.Since = time.Now().Add(-time.Duration(*sinceSeconds) * time.Second)
	}
	if text := query.Get("sinceTime"); text != "" {
		since, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, fmt.Errorf("sinceTime: %w", err)
		}
		options.Since = since
	}
	return options, nil
}

// runningContainer tells the log reader that the container still runs, so that --follow waits for more.
type runningContainer struct {
	criapi.RuntimeService
}

func (runningContainer) ContainerStatus(context.Context, string, bool) (*runtimeapi.ContainerStatusResponse, error) {
	return &runtimeapi.ContainerStatusResponse{Status: &runtimeapi.ContainerStatus{State: runtimeapi.ContainerState_CONTAINER_RUNNING}}, nil
}
