package run

import (
	"errors"
	"strings"
	"testing"

	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// What a daemon can't do is an error with its place in the scenario.
func TestCompileAsksWhatDaemonsCan(t *testing.T) {
	s, err := scenarios.Load("silent-drop-bfd", "daemon=frr", "bfd.multiplier=1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(s)
	var mistake *document.Error
	if !errors.As(err, &mistake) || mistake.Line == 0 || !strings.Contains(mistake.Msg, "multiplier 1; frr takes 2") {
		t.Errorf("got %v, want an error with a place", err)
	}
}

const frozenBFD = `name: frozen
topology: {base: three-sites, bfd: {interval: 50ms, multiplier: 3}}
services: [{name: dns, kind: dns}]
probes: [{from: london, service: dns}]
faults:
  - kind: bfd-freeze
    on: a
`

// A fault that the daemon of its node can't have is refused in the fault's line.
func TestCompileAsksWhatFaultsNeed(t *testing.T) {
	for _, tt := range []struct{ daemon, want string }{
		{"gobgp", ""},
		{"frr", ""},
		{"bird", "fault bfd-freeze: node a: the driver of bird can't silence its BFD alone"},
	} {
		_, err := compileText(t, frozenBFD+"matrix: {daemon: ["+tt.daemon+"]}\n")
		if (err == nil) != (tt.want == "") {
			t.Errorf("%s: %v", tt.daemon, err)
		}
		var mistake *document.Error
		if err != nil && (!errors.As(err, &mistake) || mistake.Line != 7 || !strings.Contains(mistake.Msg, tt.want)) {
			t.Errorf("%s: %v, want an error in line 7 with %q", tt.daemon, err, tt.want)
		}
	}
}

// In a matrix that skips what can't be done, such a cell is left out.
func TestRefusedFaultsAreLeftOut(t *testing.T) {
	p, err := compileText(t, frozenBFD+"matrix: {daemon: [gobgp, bird]}\nmissing: skip\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.cells) != 1 || len(p.LeftOut) != 1 || !strings.Contains(p.LeftOut[0].Reason, "can't silence its BFD alone") {
		t.Errorf("%d cells, left out %v", len(p.cells), p.LeftOut)
	}
}

// probed is a scenario with its probes in lines of their own.
const probed = `name: probed
topology: three-sites
services:
  - {name: dns, kind: dns}
  - {name: dns-icmp, kind: dns, port: 54}
  - {name: dns-2, kind: dns, port: 55}
  - {name: web, kind: http}
limit: 30s
sustain: 100ms
probes:
`

// What the lab would refuse is refused before it is built.
func TestCompileAsksTheLab(t *testing.T) {
	const ask = probed + "  - {from: london, service: dns}\n"
	for _, tt := range []struct {
		text string
		want string // the place and a part of the error; empty: it is fine
	}{
		{ask, ""},
		{ask + "  - {from: london, service: dns-icmp}\n", ""},
		{ask + "  - {from: london, service: dns, kind: icmp}\n", ""},
		{ask + "  - {from: london, service: dns, kind: icmp}\n  - {from: london, service: dns-icmp}\n", "13:29: the files of this probe"},
		{ask + "  - {from: london, service: dns-2}\n", ""},
		{probed + "  - {from: london, service: dns, flows: 4096, timeout: 1h, rate: 1000/s}\n", "11:5: probe london-dns: 1000 requests a second with a timeout of 60 min"},
		{probed + "  - {from: london, service: web, rate: 200000/s, timeout: 1ms, flows: 4096}\n", ""},
		{strings.Replace(ask, "three-sites", "{base: three-sites, bgp: {hold: 0s, keepalive: 0s}}", 1), "2:43: link upstream-a: the hold time is 0,"},
		{strings.Replace(ask, "three-sites", "{base: three-sites, links: {upstream-b: {bgp: {hold: 0s}}}}", 1), "2:64: link upstream-b: the hold time is 0,"},
		{strings.Replace(ask, "30s", "1049ms", 1), "8:8: the limit is 1.049 s"},
		{strings.Replace(ask, "30s", "1050ms", 1), "4:5: the health check of dns takes up to 3 s"},
	} {
		_, err := compileText(t, tt.text)
		var e *document.Error
		if (err == nil) != (tt.want == "") || err != nil && !errors.As(err, &e) {
			t.Errorf("%s\n%v, want %q", tt.text, err, tt.want)
			continue
		}
		if err != nil && !strings.HasPrefix(err.Error(), "some.yaml:"+tt.want) {
			t.Errorf("%s\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

// A mistake in a fault is shown where it stands.
func TestMistakesOfFaults(t *testing.T) {
	for _, tt := range []struct{ fault, want string }{
		{"{kind: service-crush, on: a}", `13:12: unknown fault "service-crush" (did you mean "service-crash"?)`},
		{"{kind: service-crash, on: upstream}", "13:31: fault service-crash: node upstream has role router"},
		{"{kind: service-crash, on: a, service: nope}", "13:43: fault service-crash: service: node a runs no service"},
		{"{kind: link-flap, on: [upstream, a], duty: 0%}", "13:48: fault link-flap: duty: it must be more than 0%"},
		{"{kind: link-flap, on: [upstream, a], period: 25h}", "13:50: period is 25h; it must be at most 24h"},
		{"{kind: link-flap, on: [upstream, a], direction: upstream->a}", "13:53: fault link-flap: direction: the link fails both ways"},
		{"{kind: link-down, on: [upstream, a], direction: both}", ""},
		{"{kind: loss, on: [upstream, a], percent: 5%, end: a}", "13:55: fault loss: end: packets are lost on the link"},
		{"{kind: script, on: upstream, command: [./nowhere.sh], undo: [sh]}", "13:24: fault script: there is no program ./nowhere.sh"},
		{"{kind: script, on: upstream, command: [sh], undo: ['']}", "13:55: fault script: undo: it is a list of a program"},
		{"{kind: script, on: upstream, command: [sh]}", `13:5: the key "undo" is missing`},
		{"{kind: script, on: upstream, command: [sh, -c, 'sleep 1'], undo: [sh, -c, true]}", ""},
		{`{kind: script, on: upstream, command: [sh, "{nodes}"], undo: [sh]}`, `13:48: unknown placeholder "nodes" (did you mean "node"?); known: dev, dir, node`},
		{`{kind: script, on: upstream, command: [sh], undo: [sh, -c, 'ping {addr}']}`, `13:64: unknown placeholder "addr"; known: dev, dir, node`},
		{`{kind: script, on: upstream, command: [sh, '{node}'], undo: [awk, '/x/ {exit}'], proof: [sh, -c, 'echo ${host} {dir}/x']}`, ``},
		{"{kind: attribute-change, on: a, prepend: 300}", "13:46: prepend is 300; it must be at most 255"},
	} {
		_, err := compileText(t, probed+"  - {from: london, service: web}\nfaults:\n  - "+tt.fault+"\n")
		if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), "some.yaml:"+strings.TrimSpace(tt.want)) {
			t.Errorf("%s:\n got %v\nwant %s", tt.fault, err, tt.want)
		}
	}
}

// A program that this machine lacks is shown where it stands.
func TestMissingProgramsHavePlaces(t *testing.T) {
	const fault = "faults:\n  - {kind: script, on: upstream, command: [sh], undo: [no-such-program]}\n"
	p, err := compileText(t, probed+"  - {from: london, service: web}\n"+fault)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Available(); err == nil || !strings.HasPrefix(err.Error(), "some.yaml:13:56: there is no program no-such-program (fix: install no-such-program)") {
		t.Errorf("got %v", err)
	}
}

// Only the way whose delay was made of the distance is told with it.
func TestDistancesOfEachWay(t *testing.T) {
	for to, want := range map[string]string{
		"":                          "; delays by distance: r-b 306 km 2.3 ms",
		", to: {b: {delay: 40ms}}":  "; delays by distance: r-b 306 km 2.3 ms from b",
		", to: {r: {delay: 40ms}}":  "; delays by distance: r-b 306 km 2.3 ms from r",
		", to: {r: {jitter: 10us}}": "; delays by distance: r-b 306 km 2.3 ms",
	} {
		top, err := topologies.Parse("t.yaml", []byte(`name: t
nodes:
  r: {role: router, asn: 65000, at: [40.71, -74.01]}
  a: {role: anycast, asn: 65001}
  b: {role: client, at: boston}
links:
  - {endpoints: [r, a]}
  - {endpoints: [r, b], delay: distance`+to+`}
anycast: 192.0.2.1/32
`))
		if err != nil {
			t.Fatal(err)
		}
		if got := distances(top); got != want {
			t.Errorf("%q: %q, want %q", to, got, want)
		}
	}
}
