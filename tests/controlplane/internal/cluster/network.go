// The cluster's network as the API server sees it: an HTTP CONNECT proxy on a unix socket. Loopback addresses (kubelets,
// webhooks by URL) are connected to for real; addresses of pods exist only here, and answer as their pod says.
package cluster

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/k8s-deploy-action/controlplane/internal/podsim"
)

// network answers the API server's connections into the cluster.
type network struct {
	listener       net.Listener
	client         kubernetes.Interface
	podCertificate tls.Certificate
}

func newNetwork(layout *layout, client kubernetes.Interface) (*network, error) {
	ca, err := newAuthority("pod")
	if err != nil {
		return nil, err
	}
	pair, err := ca.server("pod", []string{"pod"}, nil)
	if err != nil {
		return nil, err
	}
	certificate, err := tls.X509KeyPair(pair.certificate, pair.key)
	if err != nil {
		return nil, fmt.Errorf("reading back the pods' certificate: %w", err)
	}
	listener, err := net.Listen("unix", layout.socket("network"))
	if err != nil {
		return nil, fmt.Errorf("listening for the API server's connections: %w", err)
	}
	return &network{listener: listener, client: client, podCertificate: certificate}, nil
}

func (n *network) serve() {
	for {
		connection, err := n.listener.Accept()
		if err != nil {
			return
		}
		go n.handle(connection)
	}
}

func (n *network) handle(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	request, err := http.ReadRequest(reader)
	if err != nil || request.Method != http.MethodConnect {
		fmt.Fprint(connection, "HTTP/1.1 400 Bad Request\r\n\r\n")
		return
	}
	host, _, err := net.SplitHostPort(request.Host)
	if err != nil {
		fmt.Fprint(connection, "HTTP/1.1 400 Bad Request\r\n\r\n")
		return
	}
	if address := net.ParseIP(host); address != nil && !address.IsLoopback() {
		n.answerForPod(connection, reader, host)
		return
	}
	tunnel(connection, reader, request.Host)
}

// tunnel connects to a real address and copies bytes both ways.
func tunnel(connection net.Conn, buffered io.Reader, address string) {
	target, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		fmt.Fprintf(connection, "HTTP/1.1 502 Bad Gateway\r\n\r\n%v", err)
		return
	}
	defer target.Close()
	if _, err := fmt.Fprint(connection, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	finished := make(chan struct{}, 2)
	go func() {
		_, _ = io.Copy(target, buffered)
		finished <- struct{}{}
	}()
	go func() {
		_, _ = io.Copy(connection, target)
		finished <- struct{}{}
	}()
	<-finished
}

// answerForPod speaks HTTP in the name of the pod that has the address, or refuses the connection.
func (n *network) answerForPod(connection net.Conn, reader *bufio.Reader, address string) {
	pod, err := n.podAt(address)
	if err != nil {
		fmt.Fprintf(connection, "HTTP/1.1 502 Bad Gateway\r\n\r\ndial tcp %s: %v", address, err)
		return
	}
	if _, err := fmt.Fprint(connection, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	client, reader, err := n.unwrapTLS(connection, reader)
	if err != nil {
		return
	}
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		answer := podsim.Answer(pod, request.Method, request.URL.RequestURI())
		response := &http.Response{
			StatusCode: answer.Status, ProtoMajor: 1, ProtoMinor: 1, Request: request,
			Header:        http.Header{"Content-Type": {answer.ContentType}},
			ContentLength: int64(len(answer.Body)),
			Body:          io.NopCloser(answer.Reader()),
		}
		if response.Write(client) != nil || request.Close {
			return
		}
	}
}

// unwrapTLS speaks TLS if the API server does (services/https:NAME:PORT/proxy), as a pod with a self-signed certificate.
func (n *network) unwrapTLS(connection net.Conn, reader *bufio.Reader) (net.Conn, *bufio.Reader, error) {
	const handshakeRecord = 0x16
	first, err := reader.Peek(1)
	if err != nil || first[0] != handshakeRecord {
		return connection, reader, err
	}
	secured := tls.Server(bufferedConnection{connection, reader}, &tls.Config{Certificates: []tls.Certificate{n.podCertificate}, MinVersion: tls.VersionTLS12})
	return secured, bufio.NewReader(secured), secured.Handshake()
}

// bufferedConnection reads first what was already read ahead.
type bufferedConnection struct {
	net.Conn
	reader io.Reader
}

func (b bufferedConnection) Read(into []byte) (int, error) { return b.reader.Read(into) }

// podAt finds the running pod with the address.
func (n *network) podAt(address string) (*corev1.Pod, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	pods, err := n.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: "status.podIP=" + address})
	if err != nil {
		return nil, err
	}
	for _, pod := range pods.Items {
		if podsim.Listens(&pod) {
			return &pod, nil
		}
	}
	return nil, fmt.Errorf("connect: connection refused")
}
