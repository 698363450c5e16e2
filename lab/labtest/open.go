package labtest

import (
	"context"
	"testing"

	"anylab/lab"
	"anylab/topologies"
)

// Open opens the lab of a topology in YAML, without a sink.
func Open(t testing.TB, yaml string) *lab.Lab {
	t.Helper()
	return OpenWith(t, yaml, lab.Options{})
}

// OpenWith is Open with options. Logs go to a temporary directory by default.
func OpenWith(t testing.TB, yaml string, o lab.Options) *lab.Lab {
	t.Helper()
	topology, err := topologies.Parse("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return OpenTopology(t, topology, o)
}

// OpenTopology opens a lab for a test, with logs in a temporary directory and
// events in the test's log, and closes it when the test ends. Then nothing of
// the lab may be left: no namespace, process, goroutine or open file.
func OpenTopology(t testing.TB, topology topologies.Topology, o lab.Options) *lab.Lab {
	t.Helper()
	Require(t, "netns")
	if o.Logs == "" {
		o.Logs = t.TempDir()
	}
	checkLeaks(t)
	l, err := lab.Open(context.Background(), topology, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}
