package fault_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"anylab/lab/fault"
)

const threeSites = `
name: three-sites
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
  c: {role: anycast, asn: 65002}
  u: {role: client}
links:
  - endpoints: [r, a]
  - {endpoints: [r, b], bgp: {graceful_restart: 120s}}
  - endpoints: [r, c]
  - endpoints: [r, u]
bgp: {hold: 9s, keepalive: 3s}
anycast: 192.0.2.100/32
`

// What can't be done says why, before anything is built.
func TestChecks(t *testing.T) {
	s := setting(parse(t, threeSites))
	s.Services["c"] = []fault.Service{{Name: "x", Stubborn: errors.New("it takes no orders")}, {Name: "y", Stubborn: errors.New("only the handshake, which the kernel makes")}}
	s.Services["b"] = []fault.Service{{Name: "web", Named: true}}
	for _, tt := range []struct {
		kind, on, params string
		want             string // a part of the error; empty: it can be done
	}{
		{"daemon-freeze", "r", "", ""},
		{"flood", "u", "rate: 200mbit", ""},
		{"flood", "a", "rate: 1mbit", "it strikes a node with role client"},
		{"flood", "u", "rate: 201mbit", "up to 200mbit"},
		{"daemon-freeze", "u", "", "node u is a client and runs no BGP daemon"},
		{"daemon-restart", "a", "", ""},
		{"daemon-restart", "a", "graceful: true", "no session of the node negotiates graceful restart"},
		{"daemon-restart", "b", "graceful: true", ""},
		{"session-reset", "a", "", ""},
		{"session-reset", "r", "mode: soft, peer: b", ""},
		{"session-reset", "a", "peer: b", "node a has no BGP session with b"},
		{"session-reset", "u", "", "runs no BGP daemon"},
		{"announce-prefixes", "a", "count: 10", ""},
		{"announce-prefixes", "u", "count: 10", "runs no BGP daemon"},
		{"script", "r", "command: [sh, x], undo: [sh, y]", ""},
		{"script", "u", "command: [sh, x], undo: [sh, y]", ""},
		{"script", "x", "command: [sh, x], undo: [sh, y]", "unknown node"},
		{"script", "u", "command: [], undo: [sh, y]", "command: it is a list of a program"},
		{"script", "u", "command: [sh], undo: ['']", "undo: it is a list of a program"},
		{"service-slow", "a", "", ""},
		{"service-slow", "c", "service: x", "takes no orders"},
		{"service-slow", "c", "", "several services"},
		{"service-wrong", "c", "service: y", "the handshake, which the kernel makes"},
		{"service-wrong", "a", "service: z", `no service "z"`},
		{"service-crash", "c", "service: x", ""},
		{"health-lies", "a", "", ""},
		{"health-lies", "r", "", "strikes a node with role anycast"},
		{"address-removed", "u", "", "strikes a node with role anycast"},
		{"drain", "a", "wait: 1s", ""},
		{"drain", "a", "wait: 1m", "wait: 1 min is not between 0 and 20 s"},
		{"drain", "b", "", "nobody asks the anycast address of b"},
		{"withdraw", "b", "", "nobody asks the anycast address of b"},
		{"announce-elsewhere", "b", "", "nobody asks the anycast address of b"},
		{"attribute-change", "b", "prepend: 2", "nobody asks the anycast address of b"},
		{"address-removed", "b", "", "nobody asks the anycast address of b"},
		{"service-crash", "b", "", ""},
		{"drain", "r", "", "strikes a node with role anycast"},
		{"attribute-change", "a", "prepend: 2", ""},
		{"attribute-change", "a", "prepend: 255", ""},
		{"attribute-change", "a", "", "nothing changes"},
		{"attribute-change", "a", "local_pref: 200", "external"},
		{"attribute-change", "a", "med: 50", "no other anycast node is in AS 65001"},
		{"attribute-change", "c", "med: 50", ""},
		{"announce-elsewhere", "r", "", "strikes a node with role anycast"},
	} {
		err := build(t, tt.kind, on(tt.on), tt.params).Check(s)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s on %s {%s}: %v, want %q", tt.kind, tt.on, tt.params, err, tt.want)
		}
	}
}

// A fault of a link has a direction or an end only where that means something.
func TestChecksOfPlaces(t *testing.T) {
	s := setting(parse(t, strings.Replace(threeSites, "- endpoints: [r, c]", "- {endpoints: [r, c], switch: true}", 1)))
	for kind, takes := range map[string]struct{ direction, end bool }{
		"blackhole": {direction: true}, "loss": {direction: true},
		"link-down": {end: true}, "link-flap": {end: true},
		"switch-down": {},
	} {
		params := map[string]string{"loss": "percent: 5%"}[kind]
		place := fault.Place{On: []string{"r", "c"}}
		if err := build(t, kind, place, params).Check(s); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		oneWay, oneEnd := place, place
		oneWay.Direction, oneEnd.End = [2]string{"r", "c"}, "c"
		for key, check := range map[string]struct {
			err   error
			taken bool
		}{
			"direction": {build(t, kind, oneWay, params).Check(s), takes.direction},
			"end":       {build(t, kind, oneEnd, params).Check(s), takes.end},
		} {
			var m fault.Mistake
			if (check.err == nil) != check.taken || !check.taken && (!errors.As(check.err, &m) || m.Key != key) {
				t.Errorf("%s with %s: %v, want a mistake: %v", kind, key, check.err, !check.taken)
			}
		}
	}
}

func TestTheoryOfServices(t *testing.T) {
	const ms = time.Millisecond
	within := func(low, high time.Duration) fault.Theory { return fault.Theory{Low: low, High: high} }
	never := fault.Theory{Unbounded: true}
	for _, tt := range []struct {
		kind, params, health string
		want                 fault.Theory
	}{
		{"service-slow", "delay: 500ms", "dns", within(200*ms, 300*ms)},
		{"service-slow", "delay: 50ms", "dns", never},
		{"service-slow", "", "tcp", never},
		{"service-slow", "", "process", never},
		{"service-wrong", "", "dns", within(100*ms, 200*ms)},
		{"service-wrong", "", "udp", never},
		{"service-wrong", "", "none", never},
		{"service-wrong", "", "script", within(100*ms, 200*ms)},
		{"address-removed", "", "dns", within(100*ms, 200*ms)},
		{"address-removed", "", "process", never},
		{"address-removed", "", "none", never},
		{"health-lies", "", "dns", never},
		{"session-reset", "mode: soft", "dns", never},
		{"session-reset", "", "dns", within(0, ms)},
		{"drain", "", "dns", within(0, ms)},
		{"attribute-change", "prepend: 1", "dns", within(0, ms)},
		{"announce-elsewhere", "", "dns", within(0, ms)},
		{"daemon-restart", "", "dns", within(0, ms)},
		{"daemon-freeze", "", "dns", within(6*time.Second, 9*time.Second)},
	} {
		s := setting(parse(t, threeSites))
		s.Services["a"][0].Health.Kind = tt.health
		got := build(t, tt.kind, on("a"), tt.params).Declare(s).Theory
		if got.Why == "" {
			t.Errorf("%s under %s: it does not say why", tt.kind, tt.health)
		}
		got.Why, got.Period, got.Told = "", 0, ""
		if got != tt.want {
			t.Errorf("%s {%s} under %s: %+v, want %+v", tt.kind, tt.params, tt.health, got, tt.want)
		}
	}
}
