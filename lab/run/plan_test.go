package run

import (
	"errors"
	"strings"
	"testing"

	"anylab/scenarios"
	"anylab/topologies"
)

// What a daemon can't do is an error with its place in the scenario.
func TestCompileAsksWhatDaemonsCan(t *testing.T) {
	s, err := scenarios.Load("silent-drop-bfd", "daemon=frr", "bfd.multiplier=1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(s)
	var mistake *topologies.Error
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
		var mistake *topologies.Error
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
