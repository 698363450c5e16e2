package world_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/service"
	"anylab/lab/world"
)

// A program's workers are frozen, thawed and killed with it.
func TestWorkersShareTheFate(t *testing.T) {
	top := parse(t, twoSites)
	run := services(top)
	run["a"] = []service.Config{{Name: "pool", Kind: "command", Addrs: run["b"][0].Addrs,
		Command: []string{"sh", "-c", "sleep 1000 & sleep 1000 & wait"}, Health: service.Health{Kind: "none"}}}
	w := open(t, top, run)
	pool := []*lab.Proc{w.Running["a"][0].Proc()}
	leader := pool[0].PID()
	awaitWorkers(t, leader, 3, "S")
	hang := inject(t, w, build(t, "service-hang", on("a"), ""))
	if got := states(leader); got != "TTT" || !world.Frozen(pool) {
		t.Errorf("frozen: states %q, want all stopped", got)
	}
	check(t, hang.Heal(t.Context()))
	awaitWorkers(t, leader, 3, "S")
	wantActive(t, hang, false)
	if world.Frozen(pool) {
		t.Error("thawed, and still taken for frozen")
	}
	crash := inject(t, w, build(t, "service-crash", on("a"), ""))
	awaitWorkers(t, leader, 0, "")
	if world.Frozen(pool) || world.Frozen(nil) {
		t.Error("what has ended is taken for frozen")
	}
	check(t, crash.Heal(t.Context()))
}

// awaitWorkers waits until the group has so many processes, all in the state.
func awaitWorkers(t *testing.T, leader, n int, state string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for want := strings.Repeat(state, n); states(leader) != want; time.Sleep(look) {
		if time.Now().After(deadline) {
			t.Fatalf("states %q, want %q", states(leader), want)
		}
	}
}

// states returns the states of a group's processes, as in ps(1), but for
// zombies.
func states(leader int) string {
	all := ""
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if fields[2] == strconv.Itoa(leader) && fields[0] != "Z" {
			all += fields[0]
		}
	}
	return all
}
