package scenarios

import (
	"strings"
	"testing"

	"anylab/lab/record"
)

func TestACellIsChosen(t *testing.T) {
	const axes = "name: x\ntopology: three-sites\ntrials: 1\nfaults: [{kind: service-crash, on: a}]\nservices: [{name: dns, kind: dns, on: [a, b, c]}]\nprobes: [{from: london, service: dns}]\n"
	grid := axes + "matrix: {daemon: [gobgp, bird], bgp.hold: [6s, 9s]}\n"
	list := axes + "matrix:\n  - {label: 'fast, indeed', bgp.hold: 6s}\n  - {label: slow, bgp.hold: 9s}\n"
	for _, c := range []struct{ text, cell, want, wrong string }{
		{grid, "daemon=bird,bgp.hold=9s", "bgp.hold=9s, daemon=bird", ""},
		{grid, "bgp.hold=6s, daemon=gobgp", "bgp.hold=6s, daemon=gobgp", ""},
		{grid, "daemon=bird", "", `"daemon=bird" is in several cells: bgp.hold=6s, daemon=bird; bgp.hold=9s, daemon=bird`},
		{grid, "daemon=frr", "", `unknown cell "daemon=frr"`},
		{list, "fast, indeed", "fast, indeed", ""},
		{list, "bgp.hold=9s", "slow", ""},
		{axes, "slow", "", `x has no matrix, and so no cell "slow"`},
	} {
		s, err := Parse("x.yaml", []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Choose(c.cell)
		switch {
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%s: %v, want %s", c.cell, err, c.wrong)
		case c.wrong == "" && (err != nil || record.CellName(got.Cell) != c.want):
			t.Errorf("%s: %q, %v", c.cell, record.CellName(got.Cell), err)
		}
	}
}
