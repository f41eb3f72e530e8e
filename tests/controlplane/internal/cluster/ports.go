// Free ports for several clusters side by side. A port is held by an abstract socket of its number for as long as its
// cluster lives, so that no other cluster takes it while the component that listens on it is down.
package cluster

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// Below the kernel's default range for outgoing connections, so that none of those takes a port of ours.
const (
	firstPort = 16384
	lastPort  = 32767
)

// claimPorts reserves one port per name. Closing the returned listeners gives them back.
func claimPorts(names []string) (map[string]int, []net.Listener, error) {
	ports := map[string]int{}
	var claims []net.Listener
	for attempt := 0; len(ports) < len(names); attempt++ {
		if attempt > 5000 {
			return nil, nil, fmt.Errorf("no %d free ports between %d and %d on 127.0.0.1", len(names), firstPort, lastPort)
		}
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		claim, err := net.Listen("unix", fmt.Sprintf("@k8s-deploy-controlplane-port-%d", port))
		if err != nil {
			continue
		}
		if !portIsFree(port) {
			claim.Close()
			continue
		}
		claims = append(claims, claim)
		ports[names[len(ports)]] = port
	}
	return ports, claims, nil
}

func portIsFree(port int) bool {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	listener.Close()
	return true
}
