// `controlplane up`: a cluster's life from an empty folder to the end of all its processes. The steps are here in
// order; how each is done is in the other files.
package cluster

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// startTimeout is how long a cluster may take to become ready, on a machine that is busy with other things.
const startTimeout = 3 * time.Minute

// Up runs a cluster until it is told to stop or its parent dies.
func Up(args []string) error {
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	dir := flags.String("dir", "", "folder for the cluster's files; DIR/admin.kubeconfig is what clients use")
	nodes := flags.Int("nodes", 3, "how many nodes the cluster has")
	images := flags.String("images", "", "file that lists the tags of more repositories, in the form of fixtures/images.yaml")
	remove := flags.Bool("remove", false, "remove the folder at the end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" || flags.NArg() > 0 || *nodes < 0 {
		return errors.New("usage: controlplane up --dir DIR [--nodes N] [--images FILE] [--remove]")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	ctx, orphaned := context.WithCancel(ctx)
	defer orphaned()
	go watchParent(orphaned)
	layout, err := newLayout(*dir, *images)
	if err != nil {
		return err
	}
	err = runCluster(ctx, layout, *nodes)
	if *remove {
		return errors.Join(err, os.RemoveAll(layout.dir))
	}
	return err
}

func runCluster(ctx context.Context, layout *layout, nodes int) error {
	began := time.Now()
	control, err := net.Listen("unix", layout.socket("control"))
	if err != nil {
		return fmt.Errorf("another `controlplane up --dir %s` is running", layout.dir)
	}
	defer control.Close()
	ports, claims, err := claimPorts(portNames)
	if err != nil {
		return err
	}
	defer closeAll(claims)
	layout.ports = ports
	if err := layout.create(); err != nil {
		return err
	}
	supervisor, err := newSupervisor(layout)
	if err != nil {
		return err
	}
	defer supervisor.stop()
	if err := bringUp(ctx, layout, supervisor, nodes); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	go serveControl(control, func(command, component string) (string, error) {
		return handleControl(ctx, layout, supervisor, command, component)
	})
	fmt.Fprintf(os.Stderr, "controlplane: %s after %.1f s, KUBECONFIG=%s\n", layout.apiServerURL(), time.Since(began).Seconds(), layout.adminKubeconfig())
	fmt.Println("ready")
	<-ctx.Done()
	return nil
}

// bringUp starts the components in the order in which they need each other and fills the empty cluster.
func bringUp(ctx context.Context, layout *layout, supervisor *supervisor, nodes int) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	client, err := adminClient(layout)
	if err != nil {
		return err
	}
	network, err := newNetwork(layout, client)
	if err != nil {
		return err
	}
	go network.serve()
	for _, component := range []string{"etcd", "kube-apiserver"} {
		if err := supervisor.start(component); err != nil {
			return err
		}
	}
	if err := layout.waitHealthy(ctx, "kube-apiserver"); err != nil {
		return err
	}
	// The controller manager and the scheduler give up when they start before the API server has set itself up.
	for _, component := range []string{"kube-controller-manager", "kube-scheduler", "kwok"} {
		if err := supervisor.start(component); err != nil {
			return err
		}
	}
	return furnish(ctx, client, nodes)
}

func adminClient(layout *layout) (*kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", layout.adminKubeconfig())
	if err != nil {
		return nil, fmt.Errorf("reading our own kubeconfig: %w", err)
	}
	config.QPS, config.Burst = 500, 1000
	return kubernetes.NewForConfig(config)
}

func handleControl(ctx context.Context, layout *layout, supervisor *supervisor, command, component string) (string, error) {
	switch command {
	case "kill":
		return "", supervisor.kill(component)
	case "start":
		if err := supervisor.start(component); err != nil {
			return "", err
		}
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		return "", layout.waitHealthy(ctx, component)
	case "status":
		return supervisor.status(), nil
	}
	return "", fmt.Errorf("unknown command %q", command)
}

// watchParent calls orphaned when this process gets another parent, which means that the one that started it is gone.
// The kernel's own signal for this is no use here: it fires as soon as the parent's starting thread ends.
func watchParent(orphaned func()) {
	parent := os.Getppid()
	for os.Getppid() == parent {
		time.Sleep(100 * time.Millisecond)
	}
	orphaned()
}

func closeAll(listeners []net.Listener) {
	for _, listener := range listeners {
		listener.Close()
	}
}
