// Command controlplane is a real Kubernetes control plane for tests: one binary that becomes etcd, kube-apiserver,
// kube-controller-manager, kube-scheduler, kwok or kubectl, and a supervisor that runs one process of each.
// This file only picks what to become; docs/control-plane.md says what is simulated.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/k8s-deploy-action/controlplane/internal/cluster"
	"github.com/k8s-deploy-action/controlplane/internal/components"
	"github.com/k8s-deploy-action/controlplane/internal/nodes"
)

const usage = `usage:
  controlplane up --dir DIR [--nodes N] [--images FILE] [--remove]
                                            run a control plane in the foreground; prints "ready"
  controlplane kill COMPONENT --dir DIR     SIGKILL one component of it; it stays down
  controlplane start COMPONENT --dir DIR    start a killed component again
  controlplane status --dir DIR             components, their process ids and whether they run
  controlplane kubectl ARGS                 kubectl of the same version

components: etcd kube-apiserver kube-controller-manager kube-scheduler kwok
`

func main() {
	os.Exit(run(os.Args))
}

func run(args []string) int {
	if filepath.Base(args[0]) == "kubectl" {
		return components.Kubectl(args[1:])
	}
	if len(args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	rest := args[2:]
	switch args[1] {
	case "up":
		return report(cluster.Up(rest))
	case "kill", "start", "status":
		return report(cluster.Control(args[1], rest, os.Stdout))
	case "kubectl":
		return components.Kubectl(rest)
	case cluster.ComponentCommand:
		return becomeComponent(rest)
	case "help", "--help", "-h":
		fmt.Print(usage)
		return 0
	}
	fmt.Fprintf(os.Stderr, "controlplane: unknown command %q\n%s", args[1], usage)
	return 2
}

// becomeComponent turns this process into one component. Only the supervisor calls it.
func becomeComponent(args []string) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "controlplane: which component?")
		return 2
	}
	components.DieWithParent()
	if args[0] == "kwok" {
		return report(nodes.Run(args[1:]))
	}
	return components.Become(args[0], args[1:])
}

func report(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "controlplane:", err)
	return 1
}
