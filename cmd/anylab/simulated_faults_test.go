package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// simulatedFile is simulated, of a scenario that is no file yet.
func simulatedFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.yaml")
	if err := os.WriteFile(file, []byte("name: file\n"+text+`
topology: three-sites
probes: [{from: london, service: dns, rate: 1000/s, flows: 16}]
trials: 20
`), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// interruptions are within bounds, in milliseconds, in every trial.
func interruptions(t *testing.T, scenario string, low, high float64, set ...string) {
	t.Helper()
	r, err := simulated(t, scenario, 20, 3, set...)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range r.Result.Trials {
		if v, ok := trial.Metrics["interruption"]; !ok || float64(v) < low || float64(v) > high {
			t.Errorf("trial %d is interrupted for %v ms (%v), want %v to %v", trial.Index, v, ok, low, high)
		}
	}
	if len(r.Result.Trials) != 20 {
		t.Errorf("%d trials, want 20", len(r.Result.Trials))
	}
}

// Traffic that was back just before the last healing is not said to have stayed away.
func TestSimulatedFaultsHealedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	const faults = "services: [{name: dns, kind: dns, on: [a, b, c], health: {kind: dns, interval: 100ms, timeout: 100ms, fall: 2, rise: 2}}]\n" +
		"faults: [{kind: service-crash, on: a, for: 3s}, {kind: service-crash, on: b, after: 400ms, for: 3s}]\n"
	r, err := simulated(t, simulatedFile(t, faults), 20, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range r.Result.Trials {
		if back, ok := trial.Metrics["failback_switch"]; !ok || back != 0 || trial.AnsweredBy.Healed != "a" {
			t.Errorf("trial %d: failback_switch %v (%v), healed %q", trial.Index, back, ok, trial.AnsweredBy.Healed)
		}
	}
}

// Faults that nothing detects last for their own time, whatever was broken before them
// and is not healed yet, in whatever order a file has them.
func TestSimulatedFaultsHealOneByOne(t *testing.T) {
	t.Parallel()
	const services = "services: [{name: dns, kind: dns, on: [a, b, c], health: {kind: none}}]\n"
	for name, faults := range map[string]string{
		"the later one first": "faults: [{kind: cpu-starve, on: c, for: 5s}, {kind: service-crash, on: a, after: 100ms, for: 1s}]",
		"the file's order":    "faults: [{kind: service-crash, on: a, after: 100ms, for: 1s}, {kind: cpu-starve, on: c, for: 5s}]",
	} {
		t.Run(name, func(t *testing.T) { interruptions(t, simulatedFile(t, services+faults), 1000, 1100) })
	}
	t.Run("health-lies", func(t *testing.T) { interruptions(t, "health-lies", 2000, 2300) })
}

// A supervisor starts again what ended, so long after its end and no later; what has no
// power, or was stopped on purpose, it leaves.
// What begins after a fault was healed is not that one's: neither what is noticed of it,
// nor its healing, when everybody has long been served as before.
func TestSimulatedFaultsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	const services = "services: [{name: dns, kind: dns, on: [a, b, c], health: {kind: dns, interval: 100ms, timeout: 100ms, fall: 2, rise: 2}}]\n"
	for name, c := range map[string]struct{ lasts, then string }{
		"long enough": {"1s", "{kind: link-down, on: [upstream, b], after: 5s, for: 1s}"},
		"too short":   {"100ms", "{kind: link-down, on: [upstream, b], after: 1s, for: 1s}, {kind: service-hang, on: c, after: 1500ms, for: 2s}"},
	} {
		r, err := simulated(t, simulatedFile(t, services+"faults: [{kind: service-crash, on: a, for: "+c.lasts+"}, "+c.then+"]\nlimit: 10s\n"), 20, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, trial := range r.Result.Trials {
			if d := trial.Stages.Detect; d != nil && *d > 210 {
				t.Errorf("%s: trial %d was detected after %v ms, as a later fault", name, trial.Index, *d)
			}
			moved := trial.Metrics["rerouted"] == 1
			if back, ok := trial.Metrics["failback_switch"]; moved && (!ok || back != 0) || !moved && ok {
				t.Errorf("%s: trial %d, moved %v: failback_switch %v (%v), want 0 of those that moved", name, trial.Index, moved, back, ok)
			}
			if c.lasts == "1s" && (!moved || trial.Stages.Detect == nil) {
				t.Errorf("%s: trial %d did not move", name, trial.Index)
			}
		}
	}
}

func TestSimulatedSupervisors(t *testing.T) {
	t.Parallel()
	const (
		alone  = "services: [{name: dns, kind: dns, on: [a], health: {kind: dns, interval: 100ms, timeout: 100ms, fall: 30, rise: 1}}]\n"
		daemon = "topology.nodes.a.restart=500ms"
		svc    = "services.dns.restart=500ms"
	)
	for _, c := range []struct {
		name, fault, set string
		low, high        float64
	}{
		{"a service", "{kind: service-crash, on: a, for: 2s}", svc, 500, 600},
		{"a service that starts slowly", "{kind: service-crash, on: a, for: 2s}", "services.dns.ready=1s", 3000, 3300},
		{"a service that is mended earlier", "{kind: service-crash, on: a, for: 200ms}", svc, 200, 300},
		{"a service without power", "{kind: power-loss, on: a, for: 2s}", svc, 2000, 5000},
		{"a daemon", "{kind: daemon-kill, on: a, for: 2s}", daemon, 500, 900},
		{"a daemon without power", "{kind: power-loss, on: a, for: 2s}", daemon, 2000, 5000},
		{"a daemon that was stopped", "{kind: daemon-restart, on: a, for: 2s}", daemon, 2000, 2500},
		{"another's daemon", "{kind: service-crash, on: a, for: 2s}", daemon, 2000, 2200},
	} {
		t.Run(c.name, func(t *testing.T) {
			interruptions(t, simulatedFile(t, alone+"faults: ["+c.fault+"]"), c.low, c.high, c.set)
		})
	}
}

// A route that is kept for long is the last choice: another site serves once the restart
// time is over, and where there is none, the site goes on.
func TestSimulatedLongLived(t *testing.T) {
	t.Parallel()
	const (
		alone = "services: [{name: dns, kind: dns, on: [a], health: {kind: none}}]\n"
		two   = "services: [{name: dns, kind: dns, on: [a, b], health: {kind: none}}]\n"
		dead  = "faults: [{kind: daemon-restart, on: a, graceful: true, for: 9s}, {kind: service-crash, on: a, after: 100ms, for: 8s}]"
		away  = "faults: [{kind: daemon-restart, on: a, graceful: true, for: 9s}]"
	)
	for _, c := range []struct {
		name, text, llgr string
		low, high        float64
	}{
		{"away, and kept", alone + away, "60s", 0, 0},
		{"away, and not kept", alone + away, "0s", 6900, 7400},
		{"away for longer", alone + away, "4s", 2900, 3400},
		{"dead, and another", two + dead, "60s", 1800, 2050},
		{"dead, and no other", alone + dead, "60s", 7900, 8300},
	} {
		t.Run(c.name, func(t *testing.T) {
			interruptions(t, simulatedFile(t, c.text), c.low, c.high, "bgp.graceful_restart=2s", "bgp.llgr="+c.llgr)
		})
	}
}

// A session is tried again when the topology says so: the upstream router calls at once
// when one has ended, in vain, then after the retry time; an idle end waits.
func TestSimulatedAgain(t *testing.T) {
	t.Parallel()
	const alone = "services: [{name: dns, kind: dns, on: [a], health: {kind: none}}]\n"
	for _, c := range []struct {
		name, fault, set string
		low, high        float64
	}{
		{"the daemon is back before the next attempt", "{kind: daemon-restart, on: a, for: 1s}", "bgp.connect_retry=4s", 3950, 4200},
		{"and after it", "{kind: daemon-restart, on: a, for: 5s}", "bgp.connect_retry=4s", 7950, 8200},
		{"nothing fails", "{kind: session-reset, on: a}", "bgp.connect_retry=4s", 0, 200},
		{"a carrier calls at once", "{kind: link-down, on: [upstream, a], for: 1s}", "bgp.connect_retry=4s", 1000, 1200},
		{"idle after a reset", "{kind: session-reset, on: a}", "bgp.idle_hold=3s", 2950, 3300},
		{"idle after a carrier", "{kind: link-down, on: [upstream, a], for: 1s}", "bgp.idle_hold=3s", 2950, 3300},
		{"idle no longer", "{kind: link-down, on: [upstream, a], for: 4s}", "bgp.idle_hold=3s", 3950, 4200},
	} {
		t.Run(c.name, func(t *testing.T) {
			interruptions(t, simulatedFile(t, alone+"faults: ["+c.fault+"]"), c.low, c.high, c.set)
		})
	}
	_, err := simulated(t, simulatedFile(t, alone+"faults: [{kind: session-reset, on: a}]"), 1, 3, "daemon=frr", "bgp.connect_retry=4s")
	if err == nil || !strings.Contains(err.Error(), "when frr tries again is in no profile") {
		t.Errorf("connect_retry of frr: %v, want it refused", err)
	}
}

// A lost carrier ends a session at once, unless the router is told to let it be.
func TestSimulatedFailover(t *testing.T) {
	t.Parallel()
	const cut = "services: [{name: dns, kind: dns, on: [a, b, c], health: {kind: none}}]\n" +
		"faults: [{kind: link-down, on: [upstream, a], for: 8s}]"
	for _, daemon := range []string{"gobgp", "bird"} {
		least := map[string]float64{"gobgp": 2000, "bird": 1250}[daemon] // of the hold timer, which bird draws
		for name, bounds := range map[string][2]float64{"true": {0, 20}, "false": {least, 3050}} {
			t.Run(daemon+" "+name, func(t *testing.T) {
				interruptions(t, simulatedFile(t, cut), bounds[0], bounds[1], "daemon="+daemon, "bgp.hold=3s", "bgp.keepalive=1s", "bgp.fast_external_failover="+name)
			})
		}
	}
}

// BFD is back after a daemon has lost it with its process, or one end has given up and
// could not say so: the next trial begins.
func TestSimulatedBFDComesBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault     string
		set       string
		low, high float64
	}{
		{"power-loss, on: a, for: 2s", "bgp.graceful_restart=20s", 200, 320},
		{"power-loss, on: a, for: 2s", "bgp.hold=90s", 200, 320},
		{"daemon-kill, on: a, for: 2s", "bgp.hold=90s", 0, 50},
		{"blackhole, on: [upstream, a], for: 250ms", "bgp.hold=90s", 200, 420}, // a call that comes too early is made again up to 100 ms later
		{"daemon-kill, on: a, for: 2s", "topology.nodes.a.restart=100ms", 0, 50},
	} {
		t.Run(c.fault+" "+c.set, func(t *testing.T) {
			const services = "services: [{name: dns, kind: dns, on: [a, b], health: {kind: none}}]\n"
			interruptions(t, simulatedFile(t, services+"faults: [{kind: "+c.fault+"}]"), c.low, c.high, c.set, "bfd.interval=100ms", "bfd.multiplier=3")
		})
	}
}

// Detection times are distributed as theory says of what is seen of them: of a silence
// that swallows what both ends say, the router's own; of a switch that is down, the
// earlier of two, whose last words their own interfaces see.
func TestSimulatedSilencesAreDistributedAsTheorySays(t *testing.T) {
	t.Parallel()
	for name, set := range map[string][]string{
		"BFD":          {"bfd.interval=300ms"},
		"one way":      {"bfd.interval=300ms", "faults.0.direction=a->upstream"},
		"a hold timer": {"bfd=none"},
		"a switch":     {"bfd.interval=300ms", "topology.links.upstream-a.switch=true", "faults.0.kind=switch-down"},
	} {
		r, err := simulated(t, "silent-drop-bfd", 300, 2, set...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		said := false
		for _, f := range r.Result.Findings {
			said = said || f.Name == "distribution" && strings.Contains(f.Detail, "are distributed as theory says")
		}
		if !said {
			t.Errorf("%s: %+v, want detection times that are distributed as theory says", name, r.Result.Findings)
		}
	}
}

// What TCP could not get through comes when it can, and the record of it is whole.
func TestSimulatedKeepalivesAfterASilence(t *testing.T) {
	t.Parallel()
	interruptions(t, "silent-drop-bfd", 5950, 6050, "bfd=none", "topology.bgp.hold=9s", "topology.bgp.keepalive=1s", "faults.0.for=6s")
}

// Among n providers that are all neighbors, a withdrawal takes up to (n - 3) rounds of
// their MRAI, and an announcement none (Labovitz et al., SIGCOMM 2000).
func TestSimulatedWithdrawalsTakeRoundsOfMRAI(t *testing.T) {
	t.Parallel()
	r, err := simulated(t, "slow-convergence", 9, 3)
	if err != nil {
		t.Fatal(err)
	}
	away, back := map[string][]float64{}, map[string][]float64{}
	for _, trial := range r.Result.Trials {
		label := trial.Cell["label"]
		away[label] = append(away[label], float64(trial.Metrics["switch"]))
		back[label] = append(back[label], float64(trial.Metrics["failback_switch"]))
	}
	const round, slack = 5000, 700 // milliseconds
	for label, rounds := range map[string]float64{
		"gobgp, 4 providers": 0, "bird, 6 providers": 0, "frr, 6 providers": 0,
		"frr, 4 providers, MRAI 5 s": 1, "frr, 5 providers, MRAI 5 s": 2, "frr, 7 providers, MRAI 5 s": 4,
	} {
		slices.Sort(away[label])
		slices.Sort(back[label])
		median, worst := away[label][4], away[label][8]
		if median < max(rounds-1, min(rounds, 1))*round || worst > rounds*round+slack {
			t.Errorf("%s: a withdrawal takes %.0f ms, at worst %.0f; want up to %.0f rounds", label, median, worst, rounds)
		}
		if m := back[label][4]; m > slack {
			t.Errorf("%s: an announcement takes %.0f ms", label, m)
		}
	}
}
