// Package components holds the entry points of the real Kubernetes programs that this binary can become.
// It must not hold flag values or behaviour of ours: what a component is started with is package cluster's business.
package components

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// Become runs the named component with its flags until it ends and returns its exit code.
func Become(name string, flags []string) int {
	os.Args = append([]string{name}, flags...)
	switch name {
	case "etcd":
		etcdmain.Main(os.Args)
		return 0
	case "kube-apiserver":
		return run(apiserver.NewAPIServerCommand())
	case "kube-controller-manager":
		return run(controllermanager.NewControllerManagerCommand())
	case "kube-scheduler":
		return run(scheduler.NewSchedulerCommand())
	}
	fmt.Fprintf(os.Stderr, "controlplane: no component %q\n", name)
	return 2
}

// Kubectl runs kubectl with the given arguments and returns its exit code.
func Kubectl(args []string) int {
	os.Args = append([]string{"kubectl"}, args...)
	return run(kubectl.NewDefaultKubectlCommand())
}

func run(command *cobra.Command) int {
	return cli.Run(command)
}
