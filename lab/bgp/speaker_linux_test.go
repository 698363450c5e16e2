package bgp_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"anylab/lab/bgp"
)

func TestPeers(t *testing.T) {
	w := open(t, threeSites)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "b")
	peers, err := w.daemons["r"].Peers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(peers) != 3 {
		t.Fatalf("peers %v, want three", peers)
	}
	for i, want := range []bgp.Peer{{Node: "a", ASN: 65001}, {Node: "b", ASN: 65002, Received: 1}, {Node: "c", ASN: 65003}} {
		want.State = bgp.Established
		want.Addr = peers[i].Addr
		if peers[i] != want || w.lab.Owner(want.Addr) != want.Node {
			t.Errorf("peer %d is %+v, want %+v", i, peers[i], want)
		}
	}
}

// instrumented says that the program is larger than what users run.
var instrumented bool

func TestMemory(t *testing.T) {
	t.Run("BGP", func(t *testing.T) { memory(t, threeSites) })
	t.Run("BGP and BFD", func(t *testing.T) { memory(t, withBFD(threeSites)) })
}

func memory(t *testing.T, topology string) {
	t.Helper()
	if instrumented {
		t.Skip("the race detector takes memory of its own")
	}
	w := open(t, topology)
	w.announce("a", anycast4)
	w.waitRoute("r", anycast4, "a")
	for name, d := range w.daemons {
		var kb int
		w.until(name+" resident in at most 25 MB", func(context.Context) (bool, error) {
			kb = residentKB(t, d.Procs()[0].PID())
			return kb*1024 <= 25e6, fmt.Errorf("%d kB", kb)
		})
		t.Logf("%s: %d kB resident", name, kb)
	}
}

func residentKB(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kb int
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb
}
