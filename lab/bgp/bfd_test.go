package bgp_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/bgp"
)

// withBFD gives every link BFD. The multiplier is high: a busy machine must
// not make BFD fail by itself.
func withBFD(topology string) string {
	return strings.Replace(topology, "anycast:", "bfd: {interval: 50ms, multiplier: 20}\nanycast:", 1)
}

// bfdOf returns what the speaker of a node says of BFD with the other.
func (w *network) bfdOf(node, with string) string {
	w.Helper()
	for _, p := range w.peers(node) {
		if p.Node == with {
			return p.BFD
		}
	}
	w.Fatalf("%s has no session with %s", node, with)
	return ""
}

func (w *network) peers(node string) []bgp.Peer {
	w.Helper()
	peers, err := w.daemons[node].Peers(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return peers
}

// waitBFD waits until both ends of the sessions say the state.
func (w *network) waitBFD(state string, pairs ...[2]string) {
	w.Helper()
	for _, p := range pairs {
		w.until(fmt.Sprintf("BFD of %v %s", p, state), func(context.Context) (bool, error) {
			near, far := w.bfdOf(p[0], p[1]), w.bfdOf(p[1], p[0])
			return near == state && far == state, fmt.Errorf("%s and %s", near, far)
		})
	}
}

// drop discards all packets of the link that come from the nodes.
func (w *network) drop(link string, from ...string) *lab.Drop {
	w.Helper()
	var ways []lab.Way
	for _, f := range from {
		ways = append(ways, lab.Way{Link: link, From: f})
	}
	d, err := w.lab.Drop(lab.Filter{}, ways...)
	if err != nil {
		w.Fatal(err)
	}
	return d
}

// said counts the lines of a node's log with the text.
func (w *network) said(node, text string) int {
	w.Helper()
	log, err := os.ReadFile(w.node(node).LogDir() + "/gobgp.log")
	if err != nil {
		w.Fatal(err)
	}
	return strings.Count(string(log), text)
}

func openBFD(t *testing.T) *network {
	t.Helper()
	w := open(t, withBFD(threeSites))
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "a")
	w.waitBFD("up", [2]string{"r", "a"}, [2]string{"r", "b"}, [2]string{"r", "c"})
	return w
}

func TestBFDEndsTheSessionOverASilentPath(t *testing.T) {
	w := openBFD(t)
	silent := time.Now()
	drop := w.drop("r-a", "r", "a")
	w.waitRoute("r", anycast4, "b")
	if took := time.Since(silent); took > 6*time.Second {
		t.Errorf("moved after %v: the hold time, not BFD, ended the session", took)
	}
	for _, node := range []string{"r", "a"} {
		w.until(node+" resets", func(context.Context) (bool, error) {
			return w.said(node, "reset: BFD down: Control Detection Time Expired") == 1, nil
		})
	}
	if err := drop.Remove(); err != nil {
		t.Fatal(err)
	}
	w.established()
	w.waitBFD("up", [2]string{"r", "a"})
	w.waitRoute("r", anycast4, "a")
	if n := w.said("r", "reset: BFD down"); n != 1 {
		t.Errorf("%d resets of sessions by BFD, want that of a alone", n)
	}
}

// The end that still hears learns from the other that the path is broken.
func TestBFDTellsTheEndThatStillHears(t *testing.T) {
	w := openBFD(t)
	drop := w.drop("r-a", "a")
	w.waitRoute("r", anycast4, "b")
	w.until("both ends reset", func(context.Context) (bool, error) {
		return w.said("r", "reset: BFD down: Control Detection Time Expired") == 1 &&
			w.said("a", "reset: BFD down: Neighbor Signaled Session Down") == 1, nil
	})
	if err := drop.Remove(); err != nil {
		t.Fatal(err)
	}
	w.established()
	w.waitBFD("up", [2]string{"r", "a"})
}

// A neighbor that shuts down says so: BFD must not be what ends the session.
func TestBFDTakenDownOnPurposeIsNoFailure(t *testing.T) {
	w := openBFD(t)
	if err := w.daemons["a"].Stop(w.Context(), false); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast4, "b")
	w.until("BFD of r with a down", func(context.Context) (bool, error) { return w.bfdOf("r", "a") == "down", nil })
	if n := w.said("r", "BFD down:"); n != 0 {
		t.Errorf("%d resets by BFD", n)
	}
	if err := w.daemons["a"].Restart(w.Context()); err != nil {
		t.Fatal(err)
	}
	w.established()
	w.waitBFD("up", [2]string{"r", "a"})
	w.waitRoute("r", anycast4, "a")
}

func TestMuteBFDResetsTheSessionWhileBGPLives(t *testing.T) {
	w := openBFD(t)
	if err := w.daemons["a"].MuteBFD(w.Context(), true); err != nil {
		t.Fatal(err)
	}
	if mute, err := w.daemons["a"].BFDMuted(w.Context()); !mute || err != nil {
		t.Errorf("muted %v, %v", mute, err)
	}
	w.until("r resets", func(context.Context) (bool, error) {
		return w.said("r", "reset: BFD down: Control Detection Time Expired") == 1, nil
	})
	if err := w.daemons["a"].MuteBFD(w.Context(), false); err != nil {
		t.Fatal(err)
	}
	w.established()
	w.waitBFD("up", [2]string{"r", "a"})
	w.waitRoute("r", anycast4, "a")
}

// BFD runs in the speaker's process, so a frozen one is silent.
func TestBFDFindsAFrozenSpeaker(t *testing.T) {
	w := openBFD(t)
	w.signal("a", syscall.SIGSTOP)
	w.waitRoute("r", anycast4, "b")
	w.signal("a", syscall.SIGCONT)
	w.waitRoute("r", anycast4, "a")
	w.waitBFD("up", [2]string{"r", "a"})
}

func TestBFDOverIPv6(t *testing.T) {
	w := open(t, strings.Replace(withBFD(twoNodes), "192.0.2.100/32", "[192.0.2.100/32, 2001:db8::100/128]", 1))
	w.announce("a", anycast4, anycast6)
	w.until("four sessions up", func(context.Context) (bool, error) {
		up := 0
		for _, p := range append(w.peers("r"), w.peers("a")...) {
			if p.BFD == "up" {
				up++
			}
		}
		return up == 4, fmt.Errorf("%d up", up)
	})
	w.waitRoute("r", anycast6, "a")
	w.drop("r-a", "r", "a")
	w.waitRoute("r", anycast6)
	w.waitRoute("r", anycast4)
}
