package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// crowded is a scenario on a router with so many clients, and one site.
func crowded(clients int) string {
	var nodes, links strings.Builder
	for i := range clients {
		fmt.Fprintf(&nodes, "    c%d: {role: client}\n", i)
		fmt.Fprintf(&links, "    - {endpoints: [r, c%d]}\n", i)
	}
	return `name: crowded
topology:
  name: crowd
  nodes:
    r: {role: router, asn: 65000}
    a: {role: anycast, asn: 65001}
` + nodes.String() + `  links:
    - {endpoints: [r, a]}
` + links.String() + `  anycast: 192.0.2.100/32
services:
  - {name: dns, kind: dns, on: [a]}
probes:
  - {from: c0, service: dns}
trials: 1
`
}

// A lab of many nodes is gone soon after it was told to end, half built or whole.
func TestLargeLabIsTakenDown(t *testing.T) {
	before := host(t)
	path := filepath.Join(t.TempDir(), "crowded.yaml")
	if err := os.WriteFile(path, []byte(crowded(80)), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, log := range []string{"c40", "r/gobgp.json"} { // half of the nodes are made; daemons start
		r := start(t, path)
		eventually(t, "there is "+log, func() bool {
			made, _ := filepath.Glob(filepath.Join(r.out, "crowded", "*", "logs", log+"*"))
			return len(made) > 0
		})
		began := time.Now()
		takeDown(t, r, before)
		if took := time.Since(began); took > 40*time.Second {
			t.Errorf("it was gone after %v", took)
		}
	}
}

// takeDown tells the run to end, and checks that it says so and leaves nothing.
func takeDown(t *testing.T, r *started, before string) {
	t.Helper()
	namespaces := r.namespaces()
	if err := r.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = r.Wait()
	if code := r.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d: %s", code, exitInterrupted, r.stderr)
	}
	r.gone(t, namespaces, before)
}
