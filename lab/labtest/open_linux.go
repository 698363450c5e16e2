package labtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

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
// events in the test's log, waits until its links pass packets, and closes it
// when the test ends. Then nothing of the lab may be left: no namespace,
// process, goroutine or open file.
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
		for _, f := range standIns(l.Fallbacks()) {
			t.Errorf("%s, which is required", f)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, n := range l.Nodes() {
		for deadline := time.Now().Add(time.Minute); dormant(t, n); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the links of %s do not come up", n.Name)
			}
		}
	}
	return l
}

// dormant says whether a device of the node is up and doesn't run yet. The
// kernel throws away what is sent over it: it begins to send a moment after the
// carrier came.
func dormant(t testing.TB, n *lab.Node) bool {
	t.Helper()
	const both = unix.IFF_UP | unix.IFF_RUNNING
	var links []netlink.Link
	err := n.Do(func() (err error) {
		links, err = lab.Dump(netlink.LinkList)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(links, func(l netlink.Link) bool { return l.Attrs().RawFlags&both == unix.IFF_UP })
}
