package bgp_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// withBFD gives every link BFD. The multiplier is high: a busy machine must
// not make BFD fail by itself. The hold time is higher than all patience: what
// ends a session is not its timer.
func withBFD(topology string) string {
	return strings.NewReplacer("hold: 9s, keepalive: 3s", "hold: 90s, keepalive: 30s",
		"anycast:", "bfd: {interval: 100ms, multiplier: 20}\nanycast:").Replace(topology)
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

// expired is what is said of a session whose neighbor was silent for too long.
const expired = "reset: BFD down: Control Detection Time Expired"

// said counts how often a node's log says something of its session with another.
func (w *network) said(node, with, what string) int {
	w.Helper()
	log, err := os.ReadFile(w.node(node).LogDir() + "/gobgp.log")
	if err != nil {
		w.Fatal(err)
	}
	line := regexp.MustCompile(" " + with + ` \(.*\): ` + what)
	return len(line.FindAllIndex(log, -1))
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
	if labtest.Apart(t) {
		return
	}
	w := openBFD(t)
	drop := w.drop("r-a", "r", "a")
	w.waitRoute("r", anycast4, "b")
	w.until("both ends reset", func(context.Context) (bool, error) {
		return w.said("r", "a", expired) > 0 && w.said("a", "r", expired) > 0, nil
	})
	if err := drop.Remove(); err != nil {
		t.Fatal(err)
	}
	w.established()
	w.waitBFD("up", [2]string{"r", "a"})
	w.waitRoute("r", anycast4, "a")
	for _, other := range []string{"b", "c"} { // unless their own BFD failed as well
		if resets, failures := w.said("r", other, "reset: BFD"), w.said("r", other, "BFD down"); resets > failures {
			t.Errorf("%d resets of the session with %s, whose BFD failed %d times", resets, other, failures)
		}
	}
}

// The end that still hears learns from the other that the path is broken.
func TestBFDTellsTheEndThatStillHears(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	w := openBFD(t)
	drop := w.drop("r-a", "a")
	w.waitRoute("r", anycast4, "b")
	w.until("both ends reset", func(context.Context) (bool, error) {
		return w.said("r", "a", expired) > 0 && w.said("a", "r", "reset: BFD down: Neighbor Signaled Session Down") > 0, nil
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
	before := w.said("r", "a", "reset: BFD down")
	if err := w.daemons["a"].Stop(w.Context(), false); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast4, "b")
	w.until("BFD of r with a down", func(context.Context) (bool, error) { return w.bfdOf("r", "a") == "down", nil })
	if n := w.said("r", "a", "reset: BFD down"); n != before {
		t.Errorf("%d resets by BFD", n-before)
	}
	if err := w.daemons["a"].Restart(w.Context()); err != nil {
		t.Fatal(err)
	}
	w.established()
	w.waitBFD("up", [2]string{"r", "a"})
	w.waitRoute("r", anycast4, "a")
}

func TestMuteBFDResetsTheSessionWhileBGPLives(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	w := openBFD(t)
	if err := w.daemons["a"].MuteBFD(w.Context(), true); err != nil {
		t.Fatal(err)
	}
	if mute, err := w.daemons["a"].BFDMuted(w.Context()); !mute || err != nil {
		t.Errorf("muted %v, %v", mute, err)
	}
	w.until("r resets", func(context.Context) (bool, error) { return w.said("r", "a", expired) > 0, nil })
	if err := w.daemons["a"].MuteBFD(w.Context(), false); err != nil {
		t.Fatal(err)
	}
	w.established()
	w.waitBFD("up", [2]string{"r", "a"})
	w.waitRoute("r", anycast4, "a")
}

// BFD runs in the speaker's process, so a frozen one is silent.
func TestBFDFindsAFrozenSpeaker(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	w := openBFD(t)
	w.signal("a", syscall.SIGSTOP)
	w.waitRoute("r", anycast4, "b")
	w.signal("a", syscall.SIGCONT)
	w.waitRoute("r", anycast4, "a")
	w.waitBFD("up", [2]string{"r", "a"})
}

func TestBFDOverIPv6(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
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
