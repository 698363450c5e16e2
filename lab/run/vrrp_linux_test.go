package run

import (
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/labtest"
	"anylab/lab/record"
	"anylab/scenarios"
)

const vrrpScenario = `name: vrrp
topology:
  name: segment
  nodes:
    r:  {role: router, asn: 65000}
    s1: {role: anycast, daemon: keepalived}
    s2: {role: anycast, daemon: keepalived}
    near: {role: client}
  links:
    - {endpoints: [r, s1, s2], vrrp: {interval: 200ms}, to: {s1: {priority: 156}, s2: {priority: 128}}}
    - {endpoints: [r, near]}
  anycast: 192.0.2.100/32
services:
  - {name: dns, kind: udp, health: {interval: 300ms, timeout: 300ms, fall: 2, rise: 1}}
probes: [{from: near, service: dns, rate: 200/s}]
start: {near: s1}
faults: [{kind: power-loss, on: s1, for: 2s}]
trials: 1
`

// A node that holds the address loses its power: the other takes it over when three
// advertisements have not come, and gives it back.
func TestVRRPMovesTheAddress(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	labtest.Require(t, "keepalived")
	path := executed(t, vrrpScenario)
	checkTakenOver(t, path)
	inject, _, _ := phases(t, path)
	// The last advertisement came up to 200 ms before the fault: 500 to 700 ms.
	if after := firstAnswerOf(t, path, "s2", inject).Sub(inject); after < 400*time.Millisecond || after > 10*time.Second {
		t.Errorf("s2 answers %v after the fault, want 500 to 700 ms", after)
	}
	checkMoments(t, path, inject, 400*time.Millisecond)
	checkSaid(t, path, inject, advertised{"s2", 128})
}

// advertised is who sent an advertisement, and with which priority.
type advertised struct {
	from     string
	priority uint8
}

// checkSaid: that is what the router hears first of the segment's VRRP after the fault.
func checkSaid(t *testing.T, path string, inject record.Time, want ...advertised) {
	t.Helper()
	var got []advertised
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		if a, ok := e.Data.(record.Advertisement); ok && e.At >= inject && e.Node == "r" {
			got = append(got, advertised{a.From, a.Priority})
		}
	}
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("r heard %v after the fault, want %v first", got, want)
	}
}

// checkMoments: s2 takes the address so long after the fault, and the router's neighbor
// entry follows; when it is healed both go back to s1.
func checkMoments(t *testing.T, path string, inject record.Time, least time.Duration) {
	t.Helper()
	var taken, found []string
	var first record.Time
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		if e.At < inject {
			continue
		}
		switch d := e.Data.(type) {
		case record.Address:
			if !d.Gone {
				taken = append(taken, e.Node)
			}
			if first == 0 && e.Node == "s2" {
				first = e.At
			}
		case record.Lookup:
			if d.Flow == 0 && e.Node == "r" && d.Hop.Node != "" {
				found = append(found, d.Hop.Node)
			}
		}
	}
	for what, list := range map[string][]string{"taken over by": taken, "found by the router at": found} {
		if len(list) < 2 || list[0] != "s2" || list[len(list)-1] != "s1" {
			t.Errorf("%s %v, want s2 first and s1 in the end", what, list)
		}
	}
	if first.Sub(inject) < least {
		t.Errorf("s2 takes the address %v after the fault, want at least %v", first.Sub(inject), least)
	}
}

// Checks that keepalived makes itself decide who holds the address: the second in a row
// that fails, and so one to two seconds after the crash. Nothing of the record is missing.
func TestVRRPChecksByItself(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	labtest.Require(t, "keepalived", "curl")
	text := strings.Replace(vrrpScenario, "kind: power-loss, on: s1, for: 2s", "kind: service-crash, on: s1, for: 4s", 1)
	text = strings.Replace(text, "kind: udp, health: {interval: 300ms, timeout: 300ms, fall: 2, rise: 1}",
		"kind: http, health: {kind: script, command: [curl, -sf, 'http://192.0.2.100/'], interval: 1s, timeout: 5s, fall: 2, rise: 1}", 1)
	path := executed(t, text)
	checkTakenOver(t, path)
	inject, _, _ := phases(t, path)
	checkMoments(t, path, inject, 500*time.Millisecond) // a check that began before the crash may ask after it
	checkSaid(t, path, inject, advertised{"s1", 0}, advertised{"s2", 128})
}

// firstAnswerOf is when the first request after the moment left that the node answered.
func firstAnswerOf(t *testing.T, path, node string, after record.Time) record.Time {
	t.Helper()
	for s, err := range record.Samples(path, "near-dns") {
		if err != nil {
			t.Fatal(err)
		}
		if s.Sent > after && s.Node == node {
			return s.Sent
		}
	}
	t.Fatalf("%s answers nothing", node)
	return 0
}

// What VRRP's timers promise, before anything is measured.
func TestVRRPTheory(t *testing.T) {
	for fault, want := range map[string]string{
		"kind: power-loss, on: s1":                       "detected 500 ms to 700 ms after the fault: VRRP's Active_Down_Interval of three advertisements and the skew of priority 128, 700 ms, less up to 200 ms since the last advertisement",
		"kind: service-crash, on: s1":                    "s2 takes the address over 100 ms after s1 gives it away: the skew of priority 128",
		"kind: blackhole, on: [r, s1]":                   "detected 500 ms to 700 ms",
		"kind: blackhole, on: [r, s1], direction: r->s1": "never detected, or not known: s1 hears nobody, and is heard",
		"kind: link-down, on: [r, s1], end: s1":          "detected 500 ms to 700 ms",
		"kind: daemon-kill, on: s1":                      "less up to 200 ms since the last advertisement; until then s1 answers",
		"kind: daemon-restart, on: s1":                   "s2 takes the address over 100 ms after s1 gives it away",
	} {
		p, err := compileText(t, strings.Replace(vrrpScenario, "kind: power-loss, on: s1", fault, 1))
		if err != nil {
			t.Errorf("%s: %v", fault, err)
			continue
		}
		if got := strings.Join(p.Theory(), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s\nwant %s", fault, got, want)
		}
	}
}

// Who is next waits for his skew after the word of who has the address: that is no part
// of the detection. A silence counts it, and who has the address already waits for nothing.
func TestVRRPTakeover(t *testing.T) {
	for fault, want := range map[string]float64{
		"kind: service-crash, on: s1":  100,
		"kind: daemon-restart, on: s1": 100,
		"kind: service-crash, on: s2":  0,
		"kind: power-loss, on: s1":     0,
	} {
		p, err := compileText(t, strings.Replace(vrrpScenario, "kind: power-loss, on: s1", fault, 1))
		if err != nil {
			t.Errorf("%s: %v", fault, err)
			continue
		}
		got := p.cells[0].record().Takeover
		if waits := got != nil; waits != (want > 0) || waits && (got.Low != want || got.High != want) {
			t.Errorf("%s: taken over after %+v ms, want %v", fault, got, want)
		}
	}
}

// What can't be had of VRRP is refused by name, where it stands.
func TestVRRPRefusals(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"kind: power-loss, on: s1", "kind: daemon-freeze, on: s1", "the driver of keepalived can't freeze it"},
		{"kind: power-loss, on: s1", "kind: address-removed, on: s1", "the VRRP of s1 puts its anycast addresses on the segment"},
		{"s2: {priority: 128}", "s2: {priority: 156}", "156 is also the priority of s1"},
		{", to: {s1: {priority: 156}, s2: {priority: 128}}", "", "s2 has the same priority as s1, 100"},
		{"    - {endpoints: [r, near]}", "    - {endpoints: [r, near]}\n    - {endpoints: [r, s1, s2], vrrp: {id: 52}, to: {s1: {priority: 156}}}", "r finds the anycast address on segment r-s1-s2 already"},
		{"anycast: 192.0.2.100/32", "anycast: [192.0.2.100/32, '2001:db8::1/128']", "moves IPv4 addresses only"},
		{"s1: {role: anycast, daemon: keepalived}", "s1: {role: anycast, asn: 65001, daemon: bird}", "has VRRP, which bird can't do; that is done by keepalived only"},
		{"vrrp: {interval: 200ms}, to: {s1: {priority: 156}, s2: {priority: 128}}", "to: {}", "needs an asn"},
		{"    - {endpoints: [r, near]}", "    - {endpoints: [r, near]}\n    - {endpoints: [r, s1]}", "keepalived speaks VRRP and no BGP, which link r-s1#2 needs"},
		{"health: {interval: 300ms, timeout: 300ms, fall: 2, rise: 1}", "health: {kind: script, interval: 300ms, command: ['true']}", "keepalived runs its track_script in whole seconds"},
		{"health: {interval: 300ms, timeout: 300ms, fall: 2, rise: 1}", "health: {kind: loop, command: ['true']}", "announces what it is told only"},
	} {
		s := strings.Replace(vrrpScenario, tt.old, tt.new, 1)
		_, err := compileFile("lab.yaml", s)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.new, err, tt.want)
		}
	}
}

// An AS of a member of a VRRP is warned of, unless there are cells in which it speaks BGP.
func TestUnusedASNsAreWarnedOf(t *testing.T) {
	const plain, given = "s1: {role: anycast, daemon: keepalived}", "s1: {role: anycast, daemon: keepalived, asn: 65001}"
	warned := strings.Replace(vrrpScenario, plain, given, 1)
	for text, want := range map[string][]string{
		vrrpScenario: nil,
		warned:       {"the asn of s1 is not used: it is a member of the VRRP on segment r-s1-s2, and speaks no BGP"},
	} {
		p, err := compileFile("lab.yaml", text)
		if err != nil {
			t.Fatal(err)
		}
		got := p.Warnings()
		if len(got) != len(want) || len(got) > 0 && (!strings.HasPrefix(got[0], "lab.yaml:") || !strings.HasSuffix(got[0], want[0])) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	s, err := scenarios.Load("vrrp")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Warnings(); len(got) > 0 {
		t.Errorf("half of the cells speak BGP: %q", got)
	}
}
