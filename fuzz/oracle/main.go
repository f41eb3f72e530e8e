// Reads and prints YAML with kustomize's own code: the oracle of the YAML differential.
// Input: texts, each as its length in decimal, a newline and the bytes. Output: for each text the same,
// first byte 'k' and (with the argument "block": as kyaml writes them) the printed objects, or 'e' and the error.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/yaml"
)

func print(text []byte) (out string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	nodes, err := kio.FromBytes(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, node := range nodes {
		if node.IsNilOrEmpty() {
			continue
		}
		if len(os.Args) > 1 && os.Args[1] == "block" {
			text, err := node.String()
			if err != nil {
				return "", err
			}
			b.WriteString(text)
			continue
		}
		json, err := node.MarshalJSON()
		if err != nil {
			return "", err
		}
		text, err := yaml.JSONToYAML(json)
		if err != nil {
			return "", err
		}
		if b.Len() > 0 {
			b.WriteString("---\n")
		}
		b.Write(text)
	}
	return b.String(), nil
}

func main() {
	debug.SetMaxStack(8 << 20)
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		length, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			panic(err)
		}
		text := make([]byte, length)
		if _, err := io.ReadFull(in, text); err != nil {
			panic(err)
		}
		printed, err := print(text)
		reply := "k" + printed
		if err != nil {
			reply = "e" + err.Error()
		}
		fmt.Fprintf(out, "%d\n%s", len(reply), reply)
		out.Flush()
	}
}
