// The control socket: how `kill`, `start` and `status` reach the `up` that owns the processes. One line asks, the
// answer is "ok" or "error: …" followed by text.
package cluster

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
)

// Control sends one command (kill, start, status) to the `up` of a folder and writes what it answers.
func Control(command string, args []string, output io.Writer) error {
	component, dir, err := parseControl(command, args)
	if err != nil {
		return err
	}
	layout, err := newLayout(dir, "")
	if err != nil {
		return err
	}
	answer, err := ask(layout, command+" "+component)
	if err != nil {
		return err
	}
	_, err = io.WriteString(output, answer)
	return err
}

func parseControl(command string, args []string) (component, dir string, err error) {
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.StringVar(&dir, "dir", "", "folder given to `up`")
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return "", "", err
		}
		args = flags.Args()
		if len(args) > 0 {
			if component != "" {
				return "", "", fmt.Errorf("%s takes one component, not %s and %s", command, component, args[0])
			}
			component, args = args[0], args[1:]
		}
	}
	if dir == "" {
		return "", "", fmt.Errorf("%s needs --dir, the folder given to `up`", command)
	}
	if command != "status" && !slices.Contains(componentNames, component) {
		return "", "", fmt.Errorf("no component %q; there are %s", component, strings.Join(componentNames, ", "))
	}
	return component, dir, nil
}

func ask(layout *layout, request string) (string, error) {
	connection, err := net.Dial("unix", layout.socket("control"))
	if err != nil {
		return "", fmt.Errorf("no `controlplane up --dir %s` is running", layout.dir)
	}
	defer connection.Close()
	if _, err := fmt.Fprintln(connection, request); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(connection)
	if err != nil {
		return "", fmt.Errorf("reading the answer of `up`: %w", err)
	}
	text, failed := strings.CutPrefix(string(answer), "error: ")
	if failed {
		return "", errors.New(strings.TrimSpace(text))
	}
	return strings.TrimPrefix(text, "ok\n"), nil
}

// serveControl answers control commands until the listener closes.
func serveControl(listener net.Listener, handle func(command, component string) (string, error)) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer connection.Close()
			line, err := bufio.NewReader(connection).ReadString('\n')
			if err != nil {
				return
			}
			command, component, _ := strings.Cut(strings.TrimSpace(line), " ")
			text, err := handle(command, component)
			if err != nil {
				fmt.Fprintf(connection, "error: %v\n", err)
				return
			}
			fmt.Fprintf(connection, "ok\n%s", text)
		}()
	}
}
