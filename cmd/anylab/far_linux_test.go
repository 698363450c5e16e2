package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/reports"
	"anylab/reports/timeline"
)

// farAway is one lab with clients at several distances, each with probes of every
// kind. For 600 ms nothing but data is lost on the way to a; then a withdraws,
// and traffic moves to b at once: the outage is as long as the record says, for
// every client.
func farAway(trips []time.Duration) string {
	nodes, links, probes := "", "", ""
	for _, trip := range trips {
		name := fmt.Sprintf("c%d", trip.Milliseconds())
		nodes += fmt.Sprintf("    %s: {role: client}\n", name)
		links += fmt.Sprintf("    - {endpoints: [up, %s], delay: %v}\n", name, trip/2)
		for _, ask := range []string{"dns, kind: dns", "dns, kind: icmp", "udp, kind: udp", "web, kind: http", "web, kind: http-stream", "tcp, kind: tcp-connect"} {
			probes += fmt.Sprintf("  - {from: %s, service: %s, rate: 50/s, flows: 2}\n", name, ask)
		}
	}
	return `name: far-away
topology:
  name: lab
  nodes:
    up: {role: router, asn: 65000}
    a: {role: anycast, asn: 65001}
    b: {role: anycast, asn: 65002}
` + nodes + `  links:
    - {endpoints: [up, a]}
    - {endpoints: [up, b]}
` + links + `  anycast: 192.0.2.100/32
services:
  - {name: dns, kind: dns, health: {kind: none}}
  - {name: udp, kind: udp, health: {kind: none}}
  - {name: web, kind: http, health: {kind: none}}
  - {name: tcp, kind: tcp, health: {kind: none}}
probes:
` + probes + `faults:
  - {kind: blackhole, on: [up, a], only: data}
  - {kind: withdraw, on: a, after: 600ms}
trials: 1
`
}

// What is seen from far away is what is seen nearby.
func TestFarClientsSeeTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("carries a scenario out")
	}
	if !able() {
		t.Skip("this machine can't build labs")
	}
	trips := []time.Duration{0, 50 * time.Millisecond, 200 * time.Millisecond, 600 * time.Millisecond}
	untrue := false
	for try := 1; try <= 3; try++ {
		wrong, conclusive := farTrial(t, "anylab", trips)
		if len(wrong) == 0 {
			return
		}
		// A busy machine does not spare the client next door.
		nearby := slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, "c0-") })
		untrue = untrue || conclusive || !nearby
		t.Logf("try %d, conclusive %v:\n%s", try, conclusive, strings.Join(wrong, "\n"))
	}
	if !untrue {
		t.Skip("this machine was too busy: no trial was conclusive, nearby as little as from far away")
	}
	t.Error("no trial saw what was true, and some are conclusive, or right nearby")
}

// BenchmarkFarClients goes on to a round trip of a second, at which TCP sends
// each SYN again just as the answer to the first one comes.
func BenchmarkFarClients(b *testing.B) {
	for b.Loop() {
		wrong, _ := farTrial(b, filepath.Join("..", "..", "anylab"), []time.Duration{0, 200 * time.Millisecond, time.Second})
		if len(wrong) > 0 {
			b.Log(strings.Join(wrong, "\n"))
		}
		b.ReportMetric(float64(len(wrong)), "wrong")
	}
}

// farTrial makes one trial and says what was not seen as it was, and whether the
// run says that it can be believed: its doubts are smaller than what it measured.
func farTrial(t testing.TB, anylab string, trips []time.Duration) (wrong []string, conclusive bool) {
	t.Helper()
	out := t.TempDir()
	file := filepath.Join(out, "far-away.yaml")
	if err := os.WriteFile(file, []byte(farAway(trips)), 0o644); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(anylab, "run", file, "--quiet", "--out", out).CombinedOutput()
	dirs, _ := filepath.Glob(filepath.Join(out, "far-away", "*"))
	if len(dirs) != 1 {
		t.Fatalf("%v: %s", err, said)
	}
	r := loadTrial(t, dirs[0], string(said))
	if r == nil {
		return []string{string(said)}, false
	}
	low, high := darkness(t, r)
	t.Logf("dark for %v to %v", low, high)
	for _, g := range r.Groups {
		if problem := seen(t, r, g, low, high); problem != "" {
			wrong = append(wrong, g.Name+": "+problem)
		}
	}
	if n := len(trips) * 6; len(r.Groups) != n {
		wrong = append(wrong, fmt.Sprintf("%d groups, want %d", len(r.Groups), n))
	}
	if c := r.Result.Calibration; c == nil || c.Outside > 0 {
		wrong = append(wrong, fmt.Sprintf("known silences measured wrongly: %+v", c))
	}
	return wrong, r.Result.Verdict != reports.Inconclusive && held(r) < low
}

// darkness is how long there was no way: from the first fault to the router's new
// route, by the record.
func darkness(t testing.TB, r *reports.Report) (low, high time.Duration) {
	t.Helper()
	first := r.Failovers[0].Faults[0]
	var moved record.Time
	for e, err := range record.Events(r.Dir) {
		if err != nil {
			t.Fatal(err)
		}
		d, ok := e.Data.(record.Route)
		if ok && e.Node == "up" && e.At > first.Effective && moved == 0 && slices.ContainsFunc(d.Hops, func(h record.Hop) bool { return h.Node == "b" }) {
			moved = e.At
		}
	}
	if moved == 0 {
		t.Fatal("the router's route did not move")
	}
	return moved.Sub(first.Effective), moved.Sub(first.Inject)
}

// seen compares what one group saw with the truth. A request over a connection of
// its own is lost from one round trip earlier on: it was connected and not yet asked.
func seen(t testing.TB, r *reports.Report, g record.ProbeGroup, low, high time.Duration) string {
	t.Helper()
	about, _ := probe.About(g.Kind)
	trip := g.RoundTrip / time.Duration(about.Trips)
	high += time.Duration(about.Trips-1) * trip
	f, held := r.Failovers[0], held(r)
	if g.Streams() {
		return streamed(t, r, g, low-held, high+held)
	}
	i := slices.IndexFunc(f.Broken.Groups, func(b timeline.Group) bool { return b.Name == g.Name })
	if i < 0 {
		return "nothing is known of it"
	}
	o := f.Broken.Groups[i].Outage
	if o.Open || o.Low > high+held || o.High < low-held || o.Value < low-held-g.Interval() || o.Value > high+held+g.Interval() {
		return fmt.Sprintf("an outage of %v (%v to %v, open: %v), in truth %v to %v", o.Value, o.Low, o.High, o.Open, low, high)
	}
	if g.Kind == "icmp" {
		return "" // doesn't say who answers
	}
	before, after, healed := f.Before.AnsweredBy[g.Name], f.Broken.AnsweredBy[g.Name], f.Mended.AnsweredBy[g.Name]
	if before != "a" || after != "b" || healed != "a" {
		return fmt.Sprintf("answered by %s, %s, %s; want a, b, a", before, after, healed)
	}
	return ""
}

// held is what a busy machine may have added at either end, or taken away: what the
// trial says that it did, and no less than any machine may.
func held(r *reports.Report) time.Duration {
	most := 100 * time.Millisecond
	for _, d := range r.Result.Trials[0].Doubts {
		most = max(most, time.Duration(float64(d.MS)*float64(time.Millisecond)))
	}
	return most
}

// streamed looks at a group of long-lived connections. One to a ends when a packet
// that was sent again has met b, and is made anew, so that its outage is longer by
// some round trips and TCP's timers.
func streamed(t testing.TB, r *reports.Report, g record.ProbeGroup, low, high time.Duration) string {
	t.Helper()
	fault, heal := r.Failovers[0].Faults[0], r.Failovers[0].Faults[1].Heal // the first one to be healed
	var first, last record.Time
	var by string
	for s, err := range record.Samples(r.Dir, g.Name) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case s.Sent < fault.Inject.Add(-g.RoundTrip) || s.Sent > heal.Add(-g.RoundTrip):
		case !s.Lost():
			by = s.Node
		default:
			if first == 0 {
				first = s.Sent
			}
			last = max(last, s.Sent)
		}
	}
	if out := last.Sub(first); first == 0 || out < low-2*g.Interval() || out > high+4*g.RoundTrip+2*time.Second || by != "b" {
		return fmt.Sprintf("lost requests for %v, in truth %v to %v and TCP's timers; at last answered by %s", out, low, high, by)
	}
	return ""
}
