package bgp_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"anylab/lab/bgp"
)

// Attributes move traffic while the route stays announced, are kept across a
// withdrawal and a restart, and can be taken back.
func TestAttributesMoveTraffic(t *testing.T) {
	for name, a := range map[string]bgp.Attributes{
		"prepend":           {Prepend: 2},
		"graceful shutdown": {Communities: []uint32{bgp.GracefulShutdown}},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, threeSites)
			w.announce("a", anycast4)
			w.announce("b", anycast4)
			w.waitRoute("r", anycast4, "a")
			w.setAttributes("a", a)
			w.waitRoute("r", anycast4, "b")
			w.withdraw("b", anycast4)
			w.waitRoute("r", anycast4, "a") // worse, and better than none
			w.announce("b", anycast4)
			w.waitRoute("r", anycast4, "b")
			w.withdraw("a", anycast4)
			w.announce("a", anycast4)
			if err := w.daemons["a"].Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.established()
			w.withdraw("b", anycast4)
			w.waitRoute("r", anycast4, "a")
			w.announce("b", anycast4)
			w.waitRoute("r", anycast4, "b")
			w.setAttributes("a", bgp.Attributes{})
			w.waitRoute("r", anycast4, "a")
		})
	}
}

func (w *network) setAttributes(node string, a bgp.Attributes) {
	w.Helper()
	if err := w.daemons[node].SetAttributes(w.Context(), a, anycast4); err != nil {
		w.Fatal(err)
	}
}

// MED decides between routes of one neighbouring AS only.
func TestMED(t *testing.T) {
	w := open(t, strings.Replace(threeSites, "asn: 65002", "asn: 65001", 1))
	for _, site := range []string{"a", "b", "c"} {
		w.announce(site, anycast4)
	}
	w.waitRoute("r", anycast4, "a")
	w.setAttributes("a", bgp.Attributes{MED: 50})
	w.waitRoute("r", anycast4, "b")
}

// A hard reset ends the session, which comes back by itself; a soft one does
// not touch it.
func TestReset(t *testing.T) {
	w := open(t, threeSites)
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitPaths("r", 2)
	w.waitRoute("r", anycast4, "a")
	changes := w.routeChanges("r")
	if err := w.daemons["a"].Reset(t.Context(), "r", true); err != nil {
		t.Fatal(err)
	}
	select {
	case c := <-changes:
		t.Errorf("a soft reset changed the route: %+v", c)
	case <-time.After(300 * time.Millisecond): // nothing is what must come
	}
	if err := w.daemons["a"].Reset(t.Context(), "", false); err != nil {
		t.Fatal(err)
	}
	w.next(changes, "b")
	w.next(changes, "a")
	w.established()
	w.until("the neighbor was told why", func(context.Context) (bool, error) {
		text, err := os.ReadFile(w.node("r").LogDir() + "/gobgp.log")
		received := regexp.MustCompile(`received notification code=6 .*subcode=4 `) // Cease, Administrative Reset
		return received.Match(text), err
	})
}

func TestStop(t *testing.T) {
	w := open(t, threeSites)
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "a")
	if err := w.daemons["a"].Stop(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast4, "b")
	if err := w.daemons["a"].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast4, "a")
}
