// Package nodes is the "kwok" component: kwok's controllers and its kubelet server, started with our stages. It holds
// the wiring; what pods do is package podsim's business.
package nodes

import (
	"context"
	"flag"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/kwok/pkg/client/clientset/versioned"
	"sigs.k8s.io/kwok/pkg/kwok/controllers"
	"sigs.k8s.io/kwok/pkg/kwok/server"
	kwokclient "sigs.k8s.io/kwok/pkg/utils/client"

	"github.com/k8s-deploy-action/controlplane/fixtures"
	"github.com/k8s-deploy-action/controlplane/internal/podsim"
)

// options are the component's flags.
type options struct {
	kubeconfig             string
	nodePort, kwokPort     int
	cert, key, clientCA    string
	leaseSeconds           uint
	podParallel, nodeSlots uint
	images                 string
}

// clients are the connections to the API server that kwok's parts want.
type clients struct {
	set     kwokclient.Clientset
	config  *rest.Config
	typed   kubernetes.Interface
	dynamic dynamic.Interface
	rest    rest.Interface
	mapper  meta.RESTMapper
	kwok    versioned.Interface
}

// Run simulates nodes and their pods until the process is told to stop.
func Run(args []string) error {
	options, err := parse(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if options.images != "" {
		tags, err := fixtures.ReadTags(options.images)
		if err != nil {
			return err
		}
		podsim.KnowTags(tags)
	}
	clients, err := connect(options.kubeconfig)
	if err != nil {
		return err
	}
	if err := waitForAPI(ctx, clients.typed); err != nil {
		return err
	}
	controller, err := startControllers(ctx, options, clients)
	if err != nil {
		return err
	}
	return serveKubelet(ctx, options, clients, controller)
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("kwok", flag.ContinueOnError)
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "how to reach the API server")
	flags.IntVar(&o.nodePort, "node-port", 0, "port of all nodes' kubelet API on 127.0.0.1")
	flags.IntVar(&o.kwokPort, "kwok-port", 0, "port of kwok's own server on 127.0.0.1")
	flags.StringVar(&o.cert, "tls-cert-file", "", "the kubelets' serving certificate")
	flags.StringVar(&o.key, "tls-private-key-file", "", "its key")
	flags.StringVar(&o.clientCA, "client-ca-file", "", "CA of those who may use the kubelet API")
	flags.StringVar(&o.images, "images", "", "file with more tags of known repositories")
	flags.UintVar(&o.leaseSeconds, "lease-seconds", 20, "how long a node's lease lasts; renewed every quarter of it")
	err := flags.Parse(args)
	o.podParallel, o.nodeSlots = 16, 4
	return o, err
}

func connect(kubeconfig string) (*clients, error) {
	set, err := kwokclient.NewClientset("", kubeconfig)
	if err != nil {
		return nil, err
	}
	c := &clients{set: set}
	if c.config, err = set.ToRESTConfig(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", kubeconfig, err)
	}
	if c.dynamic, err = set.ToDynamicClient(); err != nil {
		return nil, err
	}
	if c.mapper, err = set.ToRESTMapper(); err != nil {
		return nil, err
	}
	if c.rest, err = rest.RESTClientFor(c.config); err != nil {
		return nil, err
	}
	if c.kwok, err = versioned.NewForConfig(c.config); err != nil {
		return nil, err
	}
	c.typed, err = kubernetes.NewForConfig(c.config)
	return c, err
}

func waitForAPI(ctx context.Context, client kubernetes.Interface) error {
	for {
		if _, err := client.Discovery().ServerVersion(); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func startControllers(ctx context.Context, options options, clients *clients) (*controllers.Controller, error) {
	stages, err := stages()
	if err != nil {
		return nil, err
	}
	kubelet := newKubelet(ctx, clients.typed)
	controller, err := controllers.NewController(controllers.Config{
		Clock:                         clock.RealClock{},
		DynamicClient:                 clients.dynamic,
		RESTClient:                    clients.rest,
		RESTMapper:                    clients.mapper,
		ImpersonatingDynamicClient:    clients.set.ToImpersonatingDynamicClient(),
		ImpersonatingTypedClient:      clients.set.ToImpersonatingTypedClient(),
		TypedClient:                   clients.typed,
		TypedKwokClient:               clients.kwok,
		ManageNodesWithLabelSelector:  podsim.KubeletLabel + "=" + podsim.KubeletRunning,
		CIDR:                          "10.244.0.1/16",
		NodeIP:                        "127.0.0.1",
		NodePort:                      options.nodePort,
		LocalStages:                   stages,
		PodPlayStageParallelism:       options.podParallel,
		NodePlayStageParallelism:      options.nodeSlots,
		NodeLeaseDurationSeconds:      options.leaseSeconds,
		NodeLeaseParallelism:          options.nodeSlots,
		PodsOnNodeSyncParallelism:     options.nodeSlots,
		EnablePodsOnNodeSyncListPager: true,
		// Always the same: after a restart it takes its own leases up again instead of waiting until they run out.
		ID:             "kwok",
		EnablePodCache: true,
		FuncMap:        kubelet.functions(),
	})
	if err != nil {
		return nil, err
	}
	return controller, controller.Start(ctx)
}

// serveKubelet answers the API server's connections to the kubelets until ctx ends: logs from here, everything else
// from kwok's own server.
func serveKubelet(ctx context.Context, options options, clients *clients, controller *controllers.Controller) error {
	kwok, err := server.NewServer(server.Config{
		TypedKwokClient: clients.kwok,
		DataSource:      controller,
		NodeCacheGetter: controller.GetNodeCache(),
		PodCacheGetter:  controller.GetPodCache(),
	})
	if err != nil {
		return err
	}
	kwok.InstallHealthz()
	kwok.InstallDebuggingHandlers()
	failed := make(chan error, 2)
	kwokAddress := fmt.Sprintf("127.0.0.1:%d", options.kwokPort)
	go func() { failed <- kwok.Run(ctx, kwokAddress, options.cert, options.key) }()
	go func() { failed <- serveLogs(ctx, options, clients.typed, kwokAddress) }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("serving the kubelets' API: %w", err)
	}
}
