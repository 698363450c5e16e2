package main

import (
	"testing"

	"anylab/reports"
)

// TestSimulatedConnections: what becomes of a connection is TCP's doing as much as the
// network's. A request that meets a dead process is refused, and one over a silent link is
// given up; a connection whose packets come to another site is reset.
func TestSimulatedConnections(t *testing.T) {
	t.Parallel()
	const crash = `faults.0={kind: service-crash, on: a, for: 3s}`
	for _, c := range []struct {
		name, fault, ends string
		low, high         float64 // of the longest wait, in milliseconds
	}{
		{"a process ends", crash, "tcp_closed", 100, 300},
		{"a link is silent", `faults.0={kind: blackhole, on: [upstream, a], for: 8s}`, "tcp_timeout", 1900, 4500},
		{"a route is withdrawn", `faults.0={kind: withdraw, on: a, for: 3s}`, "tcp_reset", 1, 100},
		{"a process is stopped", `faults.0={kind: service-hang, on: a, for: 3s}`, "tcp_reset", 200, 400},
	} {
		r, err := simulated(t, "tcp-streams", 6, 3, c.fault, "topology.bgp={hold: 3s, keepalive: 1s}")
		if err != nil {
			t.Fatal(err)
		}
		for _, trial := range r.Result.Trials {
			m := trial.Metrics
			if m["tcp_sessions"] != 16 || m[c.ends] != 16 {
				t.Errorf("%s: %v of %v connections ended by %s", c.name, m[c.ends], m["tcp_sessions"], c.ends)
			}
			if wait := float64(m["app_wait"]); wait < c.low || wait > c.high {
				t.Errorf("%s: an application waited %v ms, want %v to %v", c.name, wait, c.low, c.high)
			}
		}
	}
}

// TestSimulatedHandshake: TCP sends a SYN again after a second, so that a request which may
// wait longer is answered by the site that has taken over.
func TestSimulatedHandshake(t *testing.T) {
	t.Parallel()
	const silent = `faults.0={kind: blackhole, on: [upstream, a], for: 6s}`
	probe := func(timeout string) *reports.Report {
		r, err := simulated(t, "service-crash", 4, 5, silent, "topology.bfd={interval: 300ms, multiplier: 3}",
			"services.dns.kind=http", "services.dns.health.kind=http", "probes.0={from: london, service: dns, kind: http, rate: 200/s, flows: 4, timeout: "+timeout+"}")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, trial := range probe("900ms").Result.Trials {
		if lost := trial.Metrics["interruption"]; lost < 600 || lost > 1000 {
			t.Errorf("with a timeout of 900 ms users were cut off for %v ms, want BFD's detection", lost)
		}
	}
	for _, trial := range probe("3s").Result.Trials {
		if lost := trial.Metrics["interruption"]; lost != 0 {
			t.Errorf("with a timeout of 3 s users were cut off for %v ms, want none: the second SYN comes through", lost)
		}
	}
}

// TestSimulatedDamping: a router that damps keeps a route out that has flapped too often,
// until half-lives have passed (RFC 2439).
func TestSimulatedDamping(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"{half_life: 1m, longest: 2m}":                 "b",
		"{half_life: 1m, suppress: 6000, longest: 4m}": "a",
	} {
		r, err := simulated(t, "withdraw", 1, 1, "topology.nodes.upstream.daemon=frr", "topology.nodes.upstream.damping="+settings,
			"faults.0={kind: withdraw, on: a, for: 1s, repeat: {times: 4, every: 3s}}", "expect.0=catchment_healed(london) == "+want, "limit=15s")
		if err != nil {
			t.Fatal(err)
		}
		if r.Result.Verdict != reports.Pass {
			t.Errorf("damping %s: %s, want that %s serves after four withdrawals: %+v", settings, r.Result.Verdict, want, r.Result.Verdicts)
		}
	}
}

// TestSimulatedTrialsEndByTheirRule: once the interval is narrow enough.
func TestSimulatedTrialsEndByTheirRule(t *testing.T) {
	t.Parallel()
	made := map[string]int{}
	for _, width := range []string{"40ms", "1ms"} {
		r, err := simulated(t, "service-crash", 0, 1, "trials={min: 10, max: 60, until: ci95(median(outage)) < "+width+"}")
		if err != nil {
			t.Fatal(err)
		}
		made[width] = len(r.Result.Trials)
	}
	if made["40ms"] < 10 || made["40ms"] >= 60 || made["1ms"] != 60 {
		t.Errorf("trials by the interval's width: %v, want fewer than 60 for 40 ms only", made)
	}
}
