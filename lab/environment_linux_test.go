package lab_test

import (
	"bytes"
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"anylab/lab"
	"anylab/lab/labtest"
)

// Of the environment a program of the user's is given what it needs, and what it is
// given by name.
func TestEnvironmentIsKept(t *testing.T) {
	t.Setenv("SECRET_TOKEN", "1")
	t.Setenv("ZONE_TOKEN", "2")
	t.Setenv("SAID_TWICE", "3")
	t.Setenv("TZ", "UTC")
	l := labtest.OpenTopology(t, star(1), lab.Options{Env: []string{"ZONE_TOKEN"}})
	n, err := l.Node("a0")
	if err != nil {
		t.Fatal(err)
	}
	for _, given := range [][]string{nil, {"SAID=4", "SAID_TWICE=3", "PATH=/nowhere"}} {
		cmd := exec.Command("/usr/bin/env")
		if given != nil {
			cmd.Env = append(cmd.Environ(), given...)
		}
		var out bytes.Buffer
		cmd.Stdout = &out
		p, err := n.Start(context.Background(), "env", cmd)
		if err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		got := strings.Split(strings.TrimSpace(out.String()), "\n")
		for _, want := range append([]string{"ZONE_TOKEN=2", "TZ=UTC"}, given...) {
			if !slices.Contains(got, want) {
				t.Errorf("given %q, it lacks %s: %q", given, want, got)
			}
		}
		known := append([]string{"PWD", "ZONE_TOKEN", "SAID", "SAID_TWICE"}, lab.Passed...)
		for _, entry := range got {
			if name, _, _ := strings.Cut(entry, "="); !slices.Contains(known, name) || given == nil && name == "SAID_TWICE" {
				t.Errorf("given %q, it has %s", given, entry)
			}
		}
	}
}
