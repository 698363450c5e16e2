package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/lab/service"
	"anylab/reports"
)

// nameless says of a probe that its answers name no node: the kernel gives them,
// or the connection itself is the answer, and nobody speaks in it unasked.
func nameless(g record.ProbeGroup) bool {
	return g.Kind == "icmp" || g.Kind == "tcp-connect" && g.Service != "tcp"
}

// TestEveryKindTellsWhoAnswers asks every kind of service with every kind of
// probe that it answers, over both families, in one run in which site a goes
// away and b takes over: each of them must say so.
func TestEveryKindTellsWhoAnswers(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine cannot build labs (see anylab doctor), or the tests are to be short")
	}
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "kinds.yaml")
	if err := os.WriteFile(file, []byte(everyKind()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("anylab", "run", file, "--out", dir).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == exitInconclusive:
		t.Logf("how long it took can't be told, who answered can:\n%s", out)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	}
	dirs, err := filepath.Glob(filepath.Join(dir, "kinds", "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("run directories %v, error %v; want one", dirs, err)
	}
	r, err := reports.Load(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 * strings.Count(everyKind(), "- {from:"); len(r.Groups) != want {
		t.Errorf("%d probe groups, want %d", len(r.Groups), want)
	}
	f := r.Failovers[0]
	for _, g := range r.Groups {
		want := [2]string{"a", "b"}
		if nameless(g) {
			want = [2]string{}
		}
		got := [2]string{
			answering(t, dirs[0], g, f.Begin, f.Broken.Start),
			answering(t, dirs[0], g, f.Broken.Until.Add(-time.Second), f.Broken.Until),
		}
		if got != want {
			t.Errorf("%s: answered by %q before the fault and after it, want %q", g.Name, got, want)
		}
	}
}

// answering returns the nodes that answered what was sent between the two times, as far
// as they could be named: a connection may be up when the time for the name has run out.
func answering(t *testing.T, dir string, g record.ProbeGroup, from, to record.Time) string {
	t.Helper()
	var nodes []string
	for s, err := range record.Samples(dir, g.Name) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Sent >= from && s.Sent < to && s.Node != "" && !slices.Contains(nodes, s.Node) {
			nodes = append(nodes, s.Node)
		}
	}
	slices.Sort(nodes)
	return strings.Join(nodes, "+")
}

// everyKind is the scenario: all services on all nodes, all probes of them.
func everyKind() string {
	var services, probes strings.Builder
	for i, name := range service.Kinds() {
		if about, _ := service.About(name); about.Command {
			continue // what a program of the user's answers is its own business
		}
		fmt.Fprintf(&services, "  - {name: %s, kind: %s, port: %d}\n", name, name, 7000+i)
		for _, kind := range probe.Of(name) {
			fmt.Fprintf(&probes, "  - {from: london, service: %s, kind: %s, rate: 50/s, flows: 2}\n", name, kind)
		}
	}
	return `name: kinds
topology:
  base: three-sites
  anycast: [192.0.2.100/32, "2001:db8::100/128"]
services:
` + services.String() + "probes:\n" + probes.String() + `faults:
  - {kind: link-down, on: [upstream, a]}
trials: 1
sustain: 1s
expect:
  - misrouted == 0
  - rerouted == 1
  - catchment(london) == a
  - catchment_after(london) == b
  - catchment_healed(london) == a
`
}
