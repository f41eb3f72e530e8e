// The processes of one cluster: starting, killing, restarting and ending them, so that none outlives the supervisor.
// It knows nothing of Kubernetes beyond the names of the components.
package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// restartDelay is the pause before a component that ended by itself is started again, as a node's kubelet would do
// with the static pods of a real control plane.
const restartDelay = 300 * time.Millisecond

// supervisor owns the component processes. Its methods may be called from several goroutines.
type supervisor struct {
	layout   *layout
	launches chan func()
	lifeline *os.File // the read end that components inherit
	holder   *os.File // the write end: closed by the kernel when this process ends

	mutex     sync.Mutex
	processes map[string]*process
	stopping  bool
}

// process is one component: running, or down because somebody asked for it.
type process struct {
	command *exec.Cmd
	ended   chan struct{}
	down    bool
}

func newSupervisor(layout *layout) (*supervisor, error) {
	lifeline, holder, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making the lifeline: %w", err)
	}
	s := &supervisor{
		layout:    layout,
		launches:  make(chan func()),
		lifeline:  lifeline,
		holder:    holder,
		processes: map[string]*process{},
	}
	go s.launchLoop()
	return s, nil
}

// launchLoop starts all processes from one thread that never ends: the kernel sends the parent-death signal when the
// thread that started a process ends, not only when its process does.
func (s *supervisor) launchLoop() {
	runtime.LockOSThread()
	for launch := range s.launches {
		launch()
	}
}

// start starts a component that is not running.
func (s *supervisor) start(name string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.stopping {
		return errors.New("the cluster is going down")
	}
	if current := s.processes[name]; current != nil && current.running() {
		return nil
	}
	return s.launch(name)
}

// launch starts a process; the caller holds the mutex.
func (s *supervisor) launch(name string) error {
	log, err := os.OpenFile(s.layout.path("logs", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command("/proc/self/exe", append([]string{ComponentCommand, name}, s.layout.flags(name)...)...)
	command.Stdout, command.Stderr = log, log
	command.Dir = s.layout.dir
	command.Env = componentEnvironment()
	command.ExtraFiles = []*os.File{s.lifeline}
	// An own group: a Ctrl-C in the terminal must reach the supervisor alone, which ends them in order.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	s.launches <- func() { started <- command.Start() }
	if err := <-started; err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	process := &process{command: command, ended: make(chan struct{})}
	s.processes[name] = process
	go s.watch(name, process)
	return nil
}

// watch waits for a process and starts its component again unless somebody wanted it down.
func (s *supervisor) watch(name string, ended *process) {
	err := ended.command.Wait()
	close(ended.ended)
	s.mutex.Lock()
	wanted := !s.stopping && !ended.down
	s.mutex.Unlock()
	if !wanted {
		return
	}
	fmt.Fprintf(os.Stderr, "controlplane: %s ended by itself (%v); starting it again, see %s\n",
		name, err, s.layout.path("logs", name+".log"))
	time.Sleep(restartDelay)
	if err := s.start(name); err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
	}
}

// kill ends a component with SIGKILL, waits until it is gone and keeps it down.
func (s *supervisor) kill(name string) error {
	s.mutex.Lock()
	current := s.processes[name]
	if current == nil {
		s.mutex.Unlock()
		return fmt.Errorf("%s was never started", name)
	}
	current.down = true
	s.mutex.Unlock()
	if err := current.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing %s: %w", name, err)
	}
	<-current.ended
	return nil
}

// stop ends all components and waits until they are gone. The cluster's data is worth nothing afterwards, so nobody
// is given time to say goodbye.
func (s *supervisor) stop() {
	s.mutex.Lock()
	s.stopping = true
	var all []*process
	for _, process := range s.processes {
		all = append(all, process)
	}
	s.mutex.Unlock()
	for _, process := range all {
		_ = process.command.Process.Kill()
	}
	for _, process := range all {
		<-process.ended
	}
}

// status has one line per component: its name, process id and whether it runs.
func (s *supervisor) status() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var lines strings.Builder
	for _, name := range componentNames {
		current := s.processes[name]
		switch {
		case current == nil:
			fmt.Fprintf(&lines, "%s - not started\n", name)
		case current.running():
			fmt.Fprintf(&lines, "%s %d running\n", name, current.command.Process.Pid)
		default:
			fmt.Fprintf(&lines, "%s %d down\n", name, current.command.Process.Pid)
		}
	}
	return lines.String()
}

func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// componentEnvironment leaves out everything that would configure a component behind our back (ETCD_*, proxies,
// KUBECONFIG).
func componentEnvironment() []string {
	var kept []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GOMAXPROCS", "GOMEMLIMIT", "GOGC"} {
		if value, ok := os.LookupEnv(name); ok {
			kept = append(kept, name+"="+value)
		}
	}
	return kept
}
