// Whether a component answers. Waiting for it is here; what to do when it does not is the caller's business.
package cluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"
)

// pollInterval is how often a component that is starting is asked.
const pollInterval = 25 * time.Millisecond

// waitHealthy waits until the component answers, or says why it does not.
func (l *layout) waitHealthy(ctx context.Context, component string) error {
	for {
		err := l.healthy(component)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer (%w); see %s", component, err, l.path("logs", component+".log"))
		case <-time.After(pollInterval):
		}
	}
}

func (l *layout) healthy(component string) error {
	switch component {
	case "etcd":
		return httpOK("http://" + l.address("etcd") + "/health")
	case "kube-apiserver":
		return httpOK("https://" + l.address(component) + "/readyz")
	case "kwok":
		return tcpAnswers(l.address("kubelet"))
	}
	return httpOK("https://" + l.address(component) + "/healthz")
}

// probeClient does not verify: the controller manager and the scheduler serve with certificates that they make
// themselves, and all that is asked is a liveness page on the loopback.
var probeClient = &http.Client{
	Timeout:   2 * time.Second,
	Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
}

func httpOK(url string) error {
	response, err := probeClient.Get(url)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}

func tcpAnswers(address string) error {
	connection, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	return connection.Close()
}
