package fault_test

import (
	"slices"
	"strings"
	"testing"

	"anylab/lab/fault"
)

// one is a network in which one site fails, and another router; BFD is where it
// says so.
const one = `
name: one
nodes:
  r: {role: router, asn: 65000, daemon: DAEMON, multipath: true}
  s: {role: router, asn: 65010, daemon: DAEMON}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65001}
  u: {role: client}
links:
  - {endpoints: [r, a], switch: true}
  - {endpoints: [r, b]}
  - {endpoints: [r, s]}
  - {endpoints: [r, u]}
bgp: {hold: 9s, keepalive: 3s, graceful_restart: 120s}
anycast: 192.0.2.100/32
`

// upstreams are the settings in which equal failures are compared.
func upstreams(t *testing.T) map[string]fault.Setting {
	all := map[string]fault.Setting{}
	for _, daemon := range []string{"bird", "frr", "gobgp"} {
		text := strings.ReplaceAll(one, "DAEMON", daemon)
		all[daemon] = setting(parse(t, text))
		all[daemon+" with BFD"] = setting(parse(t, text+"bfd: {interval: 50ms, multiplier: 3}\n"))
	}
	return all
}

// Failures that look alike to the routers next to them have one theory.
func TestEqualFailuresHaveOneTheory(t *testing.T) {
	type failure struct {
		kind, params string
		at           fault.Place
	}
	endAt := func(end string) fault.Place { return fault.Place{On: []string{"r", "a"}, End: end} }
	for what, alike := range map[string][]failure{
		"nothing arrives from a": {
			{"power-loss", "", on("a")}, {"reboot", "", on("a")}, {"isolate", "", on("a")}, {"blackhole", "", on("r", "a")},
			{"loss", "percent: 100%", on("r", "a")}, {"switch-down", "", on("r", "a")}, {"link-down", "", endAt("a")}, {"link-flap", "", endAt("a")},
		},
		"nothing arrives from s":        {{"router-power-loss", "", on("s")}, {"router-reboot", "", on("s")}, {"blackhole", "", on("r", "s")}},
		"the carrier of b is lost":      {{"link-down", "", on("r", "b")}, {"ecmp-member-down", "", on("r", "b")}, {"link-flap", "", on("r", "b")}, {"isolate", "", on("b")}},
		"r sets its own end down":       {{"link-down", "", endAt("r")}, {"link-flap", "", endAt("r")}},
		"the connections of a end":      {{"daemon-kill", "", on("a")}, {"daemon-restart", "graceful: true", on("a")}},
		"the health check gets nothing": {{"service-crash", "", on("a")}, {"service-wrong", "", on("a")}, {"address-removed", "", on("a")}},
		"the health check waits":        {{"service-hang", "", on("a")}, {"service-slow", "", on("a")}},
	} {
		for name, s := range upstreams(t) {
			var first fault.Theory
			for i, f := range alike {
				got := build(t, f.kind, f.at, f.params).Declare(s).Theory
				if got.Why, got.Shape = "", ""; i == 0 {
					first = got
				}
				if got != first {
					t.Errorf("%s, %s: %s has %+v, %s has %+v", what, name, f.kind, got, alike[0].kind, first)
				}
			}
		}
	}
}

// What routers are told depends on the parameters, the place and its timers.
func TestWhatRoutersAreTold(t *testing.T) {
	s := setting(parse(t, mixed))
	keeping := setting(parse(t, strings.ReplaceAll(one, "DAEMON", "gobgp")))
	slow := setting(parse(t, mixed))
	slow.Services["b"][0].Health.Kind = "none"
	for _, tt := range []struct {
		s            fault.Setting
		kind, params string
		at           fault.Place
		want         fault.Told
	}{
		{s, "service-crash", "", on("b"), fault.Withdrawal},
		{slow, "service-crash", "", on("b"), fault.Nothing},
		{s, "service-slow", "delay: 1ms", on("b"), fault.Nothing},
		{s, "withdraw", "", on("b"), fault.Withdrawal},
		{s, "drain", "", on("b"), fault.Change},
		{s, "announce-elsewhere", "", on("b"), fault.Change},
		{s, "attribute-change", "prepend: 1", on("b"), fault.Change},
		{s, "power-loss", "", on("b"), fault.Silence},
		{s, "blackhole", "", on("r", "a"), fault.SessionEnd}, // BFD
		{s, "blackhole", "only: bgp", on("r", "a"), fault.Silence},
		{s, "blackhole", "only: data", on("r", "a"), fault.Nothing},
		{s, "blackhole", "", oneWay("b", "r"), fault.Silence},
		{s, "blackhole", "", oneWay("r", "b"), fault.Silence}, // of b's own finding nothing arrives, and no keepalive after the first
		{s, "blackhole", "", on("r", "u"), fault.Nothing},
		{s, "loss", "percent: 5%", on("r", "b"), fault.Nothing},
		{s, "link-down", "", on("r", "b"), fault.SessionEnd},
		{s, "link-down", "", on("r", "d"), fault.Silence}, // behind a switch
		{s, "link-down", "", on("r", "u"), fault.Nothing},
		{s, "daemon-freeze", "", on("b"), fault.SessionEnd}, // the NOTIFICATION after the hold time is seen
		{s, "daemon-kill", "", on("b"), fault.SessionEnd},
		{keeping, "daemon-kill", "", on("a"), fault.Nothing}, // the routes are kept
		{keeping, "daemon-restart", "graceful: true", on("a"), fault.Nothing},
		{keeping, "daemon-restart", "", on("a"), fault.SessionEnd},
		{s, "bfd-freeze", "", on("a"), fault.SessionEnd},
		{s, "session-reset", "", on("b"), fault.SessionEnd},
		{s, "session-reset", "mode: soft", on("b"), fault.Nothing},
		{s, "cpu-starve", "slice: 20s", on("b"), fault.SessionEnd},
		{s, "cpu-starve", "slice: 1s", on("b"), fault.Withdrawal},
		{s, "cpu-starve", "", on("b"), fault.Nothing},
		{s, "health-lies", "", on("b"), fault.Nothing},
	} {
		if got := build(t, tt.kind, tt.at, tt.params).Declare(tt.s).Theory.Told; got != tt.want {
			t.Errorf("%s on %v {%s}: %q, want %q", tt.kind, tt.at, tt.params, got, tt.want)
		}
	}
}

// place returns one for a kind, with parameters, in the network of one.
func place(kind string) (fault.Place, string) {
	switch {
	case slices.Contains([]string{"blackhole", "switch-down", "link-down", "link-flap"}, kind):
		return on("r", "a"), ""
	case kind == "loss":
		return on("r", "a"), "percent: 5%"
	case kind == "ecmp-member-down":
		return on("r", "b"), ""
	case kind == "flood":
		return on("u"), "rate: 1mbit"
	case kind == "announce-prefixes":
		return on("a"), "count: 10"
	case kind == "script":
		return on("r"), "command: [ip, rule], undo: ['true']"
	case kind == "attribute-change":
		return on("a"), "prepend: 2"
	case strings.HasPrefix(kind, "router-"):
		return on("s"), ""
	}
	return on("a"), ""
}

// Every kind declares all that others must know of it.
func TestEveryKindDeclares(t *testing.T) {
	s := upstreams(t)["gobgp with BFD"]
	told := []fault.Told{fault.Unknown, fault.Withdrawal, fault.Change, fault.SessionEnd, fault.Silence, fault.Nothing}
	silencing := []string{"address-removed", "isolate", "power-loss", "reboot", "router-power-loss", "router-reboot", "service-crash", "service-hang"}
	for _, kind := range fault.Names() {
		at, params := place(kind)
		f := build(t, kind, at, params)
		if err := f.Check(s); err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		d := f.Declare(s)
		if d.Theory.Why == "" || !slices.Contains(told, d.Theory.Told) || d.Theory.Low > d.Theory.High {
			t.Errorf("%s: theory %+v", kind, d.Theory)
		}
		if discards := slices.Contains(d.Needs, "nftables"); len(d.Changes) == 0 && !discards {
			t.Errorf("%s changes nothing", kind)
		}
		if d.Silences != slices.Contains(silencing, kind) {
			t.Errorf("%s silences its node: %v", kind, d.Silences)
		}
		if service := strings.HasPrefix(kind, "service-") || kind == "health-lies" || kind == "address-removed"; (d.Service == "dns") != service {
			t.Errorf("%s strikes service %q", kind, d.Service)
		}
	}
}
