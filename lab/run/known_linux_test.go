package run

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/topologies/document"
)

const named = `name: named
topology:
  name: lab
  daemon: frr
  nodes:
    r: {role: router, asn: 65000, daemon: gobgp, multipath: true}
    a: {role: anycast, asn: 65001}
    u: {role: client}
  links: [{endpoints: [r, a]}, {endpoints: [r, u]}]
  anycast: 192.0.2.100/32
services: [{name: dns, kind: dns}]
probes: [{from: u, service: dns}]
faults: [{kind: withdraw, on: a}]
`

// A daemon that there is not is a mistake where its name stands, also in a
// matrix that leaves out what can't be carried out.
func TestCompileKnowsTheDaemons(t *testing.T) {
	for _, tt := range []struct {
		old, new     string
		line, column int
		want         []string
	}{
		{"daemon: frr", "daemon: quagga", 4, 11, []string{`unknown daemon "quagga"; known: ` + strings.Join(bgp.Names(), ", ")}},
		{"daemon: gobgp", "daemon: gobpg", 6, 43, []string{`unknown daemon "gobpg" (did you mean "gobgp"?); known: `}},
		{"daemon: gobgp", `daemon: ""`, 6, 43, []string{`unknown daemon ""`}},
		{"on: a}]\n", "on: a}]\nmissing: skip\nmatrix: {daemon: [frr, brid]}\n", 15, 24, []string{`(did you mean "bird"?)`, "(in the cell daemon=brid)"}},
		{"daemon: gobgp, ", "resilient: {}, ", 6, 35, []string{"r runs frr, which writes the routes itself; resilient groups are made by gobgp only"}},
	} {
		_, err := compileText(t, strings.Replace(named, tt.old, tt.new, 1))
		var at *document.Error
		if !errors.As(err, &at) || at.Line != tt.line || at.Column != tt.column ||
			slices.ContainsFunc(tt.want, func(part string) bool { return !strings.Contains(at.Msg, part) }) {
			t.Errorf("%s: %v, want %q in line %d, column %d", tt.new, err, tt.want, tt.line, tt.column)
		}
	}
}

// The record states the timers that are known of the daemons in use.
func TestAboutStatesTheDaemonsOwnTimers(t *testing.T) {
	p, err := compileText(t, named)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]record.DaemonTimers{"frr": {ConnectRetry: time.Second}, "gobgp": {ConnectRetry: time.Second}}
	if got := p.About(time.Now()).Timers; !maps.Equal(got, want) {
		t.Errorf("timers %v, want %v", got, want)
	}
}
