// How a component dies with its supervisor. The kernel's parent-death signal is set by whoever starts the component;
// this is the second line, for a supervisor that died before that signal was armed.
package components

import (
	"os"
	"syscall"
)

// LifelineFD is the file descriptor of a component's lifeline: the read end of a pipe whose only write end the
// supervisor holds. It reads as closed as soon as the supervisor is gone, however it ended.
const LifelineFD = 3

// DieWithParent kills this process as soon as its lifeline closes. It returns at once.
func DieWithParent() {
	// Nothing that this process starts may hold the lifeline or wait for it.
	syscall.CloseOnExec(LifelineFD)
	lifeline := os.NewFile(LifelineFD, "lifeline")
	go func() {
		var nothing [1]byte
		_, _ = lifeline.Read(nothing[:])
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}()
}
