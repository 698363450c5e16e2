package bgp_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

func TestKillAndRestart(t *testing.T) {
	w := open(t, threeSites)
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "a")
	way := w.subnet("r", "u")
	w.waitRoute("a", way, "r")

	old := w.signal("a", os.Kill)
	<-old.Done()
	w.waitRoute("r", anycast4, "b")
	if got := w.route("a", way); !slices.Equal(got, []string{"r"}) {
		t.Errorf("a killed speaker's route leads to %v, want it kept", got)
	}
	if err := w.daemons["a"].Announce(t.Context(), anycast4); err == nil {
		t.Error("announcing on a killed speaker: no error")
	}
	if err := w.daemons["a"].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", anycast4, "a")
	w.established()
	if now := w.daemons["a"].Procs()[0]; now.PID() == old.PID() {
		t.Error("the process is the same after the restart")
	}
}

// A speaker with a supervisor comes back by itself, with what it announced, as
// often as it is killed; not when it was stopped, nor without power.
func TestRevive(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	w := open(t, strings.Replace(twoNodes, "asn: 65001", "asn: 65001, restart: 300ms", 1))
	w.announce("a", anycast4)
	for range 2 {
		w.waitRoute("r", anycast4, "a")
		old := w.signal("a", os.Kill)
		<-old.Done()
		w.until("another process speaks BGP", func(context.Context) (bool, error) {
			procs := w.daemons["a"].Procs()
			return len(procs) > 0 && procs[0] != old, nil
		})
	}
	w.waitRoute("r", anycast4, "a")
	for name, rest := range map[string]func(){
		"stopped":       func() { _ = w.daemons["a"].Stop(t.Context(), false) },
		"without power": func() { w.daemons["a"].Halt(); <-w.signal("a", os.Kill).Done() },
	} {
		rest()
		old := w.daemons["a"].Procs()[0]
		time.Sleep(time.Second)
		if now := w.daemons["a"].Procs()[0]; now != old {
			t.Errorf("%s, it came back", name)
		}
		if err := w.daemons["a"].Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A route that its neighbor took back while the speaker was dead is swept
// after the restart.
func TestRestartSweepsStaleRoutes(t *testing.T) {
	w := open(t, threeSites)
	w.announce("a", anycast4)
	gone := netip.MustParsePrefix("198.51.100.0/24")
	w.announce("a", gone)
	w.waitRoute("r", anycast4, "a")
	w.waitRoute("r", gone, "a")
	<-w.signal("r", os.Kill).Done()
	w.withdraw("a", gone)
	if err := w.daemons["r"].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.waitRoute("r", gone)
	w.waitRoute("r", anycast4, "a")
}

func TestFrozen(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	w := open(t, strings.Replace(threeSites, "hold: 9s, keepalive: 3s", "hold: 3s, keepalive: 1s", 1))
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "a")
	w.freeze("a")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := w.daemons["a"].Peers(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("asking a frozen speaker: %v, want a missed deadline", err)
	}
	w.waitRoute("r", anycast4, "b") // the hold timer
	w.signal("a", unix.SIGCONT)
	w.established()
	w.waitRoute("r", anycast4, "a")
}

func TestCloseFrozen(t *testing.T) {
	w := open(t, twoNodes)
	p := w.freeze("a")
	if err := w.daemons["a"].Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-p.Done():
	default:
		t.Error("the frozen process survived Close")
	}
	if err := w.daemons["a"].Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if err := w.daemons["a"].Restart(t.Context()); !errors.Is(err, bgp.ErrClosed) {
		t.Errorf("restarting a closed daemon: %v, want ErrClosed", err)
	}
}

// A restart while the speaker hangs ends the commands that wait for it.
func TestRestartFrozen(t *testing.T) {
	w := open(t, twoNodes)
	w.freeze("a")
	hung := make(chan error, 1)
	go func() { hung <- w.daemons["a"].Announce(context.WithoutCancel(t.Context()), anycast4) }()
	w.until("the announcement is remembered", func(context.Context) (bool, error) {
		return slices.Contains(w.daemons["a"].Announced(), anycast4), nil
	})
	if err := w.daemons["a"].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-hung; err != nil { // unless the thawed process was quicker than its end
		t.Log("the command ended:", err)
	}
	w.waitRoute("r", anycast4, "a")
}

func TestCleanStop(t *testing.T) {
	w := open(t, threeSites)
	w.announce("a", anycast4)
	w.announce("b", anycast4)
	w.waitRoute("r", anycast4, "a")
	w.waitRoute("a", w.subnet("r", "u"), "r")
	p := w.daemons["a"].Procs()[0]
	if err := w.daemons["a"].Close(); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if got, want := p.Status(), "exit status 0"; got != want {
		t.Errorf("status %q, want %q", got, want)
	}
	if got := w.route("a", w.subnet("r", "u")); len(got) > 0 {
		t.Errorf("a stopped speaker left a route to %v", got)
	}
	w.waitRoute("r", anycast4, "b")
}

// A speaker that can't listen says so, and its log is quoted.
func TestDiesAtStart(t *testing.T) {
	w := open(t, twoNodes)
	_, err := bgp.Start(t.Context(), driver(t), w.node("a"), w.config("a")) // port 179 is taken
	if err == nil || !strings.Contains(err.Error(), "address already in use") || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("error %v, want the exit status and the log's reason", err)
	}
	w.announce("a", anycast4)
}

// freeze stops a node's speaker.
func (w *network) freeze(node string) *lab.Proc {
	w.Helper()
	p := w.daemons[node].Procs()[0]
	labtest.Freeze(w, p)
	return p
}
