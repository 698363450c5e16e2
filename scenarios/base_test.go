package scenarios

import (
	"errors"
	"strings"
	"testing"
	"time"

	"anylab/topologies/document"
)

// based is a scenario on a shipped topology with changes.
func based(changes string) string {
	return `name: trial
topology: {base: three-sites` + changes + `}
services:
  - {name: dns, kind: dns}
probes:
  - {from: london, service: dns}
`
}

func TestBaseIsAmended(t *testing.T) {
	text := based(", bgp: {hold: 3s, keepalive: 1s}, links: {upstream-b: {switch: true, bfd: {interval: 50ms}}}, anycast: 192.0.2.7/32")
	check := func(s Scenario, hold time.Duration) {
		t.Helper()
		top := s.Topology
		if top.Name != "three-sites" || len(top.Links) != 4 || top.Anycast[0].String() != "192.0.2.7/32" {
			t.Errorf("topology %s with %d links, %v", top.Name, len(top.Links), top.Anycast)
		}
		for i, l := range top.Links[:3] {
			if l.BGP.Hold != hold || l.Switch != (i == 1) || (l.BFD != nil) != (i == 1) {
				t.Errorf("link %s: hold %v, switch %v, BFD %v", l.Name, l.BGP.Hold, l.Switch, l.BFD)
			}
		}
	}
	s := parse(t, text)
	check(s, 3*time.Second)
	check(parse(t, text, "bgp.hold=6s"), 6*time.Second)
	check(parse(t, s.Source.String()), 3*time.Second) // as a run keeps it

	cells, err := parse(t, text+"matrix: {bgp.hold: [6s, 9s]}\n").Cells()
	if err != nil {
		t.Fatal(err)
	}
	check(cells[0], 6*time.Second)
	check(cells[1], 9*time.Second)
}

func TestBaseMistakes(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{based(", bpg: {hold: 3s}"), `unknown key "bpg"`},
		{based(", links: {upstream-z: {switch: true}}"), `has no element "upstream-z"`},
		{based(", bgp: {hold: 1s}"), "must be 0 or at least 3 s"},
		{strings.Replace(based(""), "three-sites", "four-sites", 1), `"four-sites"`},
		{strings.Replace(based(""), "three-sites", "''", 1), "the topology is"},
	} {
		_, err := Parse("trial.yaml", []byte(tt.text))
		var mistake *document.Error
		if !errors.As(err, &mistake) || mistake.Line != 2 || !strings.Contains(mistake.Msg, tt.want) {
			t.Errorf("%s: got %v, want an error of line 2 with %q", tt.text, err, tt.want)
		}
	}
}
