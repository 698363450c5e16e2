package bgp_test

import (
	"slices"
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/lab/record"
)

// openGraceful opens a lab of three sites, of which r prefers a to b.
func openGraceful(t *testing.T, restart string) *network {
	const bgp = "bgp: {hold: 9s, keepalive: 3s"
	w := open(t, strings.Replace(threeSites, bgp, bgp+", graceful_restart: "+restart, 1))
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitPaths("r", 2)
	w.waitRoute("r", anycast4, "a")
	w.waitRoute("a", w.subnet("r", "u"), "r")
	return w
}

// The neighbor keeps the route of a speaker that is away, and the node keeps
// its own, until the Restart Time is over.
func TestGracefulRestartTimeEnds(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	w := openGraceful(t, "4s")
	changes := w.routeChanges("r")
	begin := record.Now()
	if err := w.daemons["a"].Stop(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if got := w.daemons["a"].Procs()[0].Status(); got != "exit status 0" {
		t.Errorf("status %q", got)
	}
	if got := w.route("a", w.subnet("r", "u")); !slices.Equal(got, []string{"r"}) {
		t.Errorf("the stopped speaker's route leads to %v, want it kept", got)
	}
	if kept := w.next(changes, "b").Sub(begin).Seconds(); kept < 4 {
		t.Errorf("the route was kept for %.1f s, want 4", kept)
	}
	if err := w.daemons["a"].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast4, "a")
	w.established()
}

// A speaker that is back in time is not missed: the route never changes.
func TestGracefulRestart(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	w := openGraceful(t, "120s")
	changes := w.routeChanges("r")
	if err := w.daemons["a"].Stop(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := w.daemons["a"].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.established()
	w.setAttributes("a", bgp.Attributes{Prepend: 2}) // the first change since
	c := <-changes
	if to := c.to; to != "b" {
		t.Errorf("the route changed to %q during the restart", to)
	}
	w.setAttributes("a", bgp.Attributes{})
	w.waitRoute("r", anycast4, "a")
}

// A clean stop says goodbye, and its routes go at once (RFC 4724 section 4.2),
// not after the Restart Time, which is beyond all patience.
func TestCleanStopIsNotGraceful(t *testing.T) {
	w := openGraceful(t, "120s")
	if err := w.daemons["a"].Stop(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast4, "b")
}
