package scenarios

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/record"
)

// listed is a matrix that lists its cells.
const listed = `faults: [{kind: blackhole, on: [up, a]}]
trials: 6
matrix:
  - {label: common, bgp.hold: 180s, bgp.keepalive: 60s, trials: 1, limit: 5m}
  - {bgp.hold: 9s, bgp.keepalive: 3s}
  - {label: BFD, bfd.interval: 50ms, bfd.multiplier: 3}
  - label: watched
    services.dns.health.kind: process
    faults: [{kind: service-crash, on: a}]
  - {label: plain, expect: [max(outage) < 1s, lost == 0]}
`

func TestEntriesAreCells(t *testing.T) {
	s := parse(t, small+listed)
	cells, err := s.Cells()
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Label, Fault, Health string
		Hold                 time.Duration
		BFD                  bool
		Trials               int
		Limit                time.Duration
	}
	var got []seen
	for _, c := range cells {
		l := c.Topology.Links[0]
		got = append(got, seen{c.Cell[record.CellLabel], c.Faults[0].Kind, c.Services[0].Health.Kind, l.BGP.Hold, l.BFD != nil, c.Trials, c.Limit})
	}
	const sec = time.Second
	want := []seen{
		{"common", "blackhole", "", 180 * sec, false, 1, 300 * sec},
		{"", "blackhole", "", 9 * sec, false, 6, 30 * sec},
		{"BFD", "blackhole", "", 9 * sec, true, 6, 30 * sec},
		{"watched", "service-crash", "process", 9 * sec, false, 6, 30 * sec},
		{"plain", "blackhole", "", 9 * sec, false, 6, 30 * sec},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(cells[4].Expect); n != 2 || len(cells[0].Expect) != len(s.Expect) {
		t.Errorf("a cell with expectations of its own has %d of them", n)
	}
	if len(cells[4].Cell) != 1 {
		t.Errorf("what is expected of a cell is part of it: %v", cells[4].Cell)
	}
	if cells[1].Cell["bgp.hold"] != "9s" {
		t.Errorf("a cell without a label is %v, want what it sets", cells[1].Cell)
	}
	again, err := parse(t, s.Source.String(), "sustain=2s").Cells()
	if err != nil || len(again) != 5 || again[2].Sustain != 2*time.Second {
		t.Errorf("the effective scenario has other cells: %v", err)
	}
	if one, err := again[3].Cells(); err != nil || len(one) != 1 || one[0].Cell[record.CellLabel] != "watched" {
		t.Errorf("a cell is its own only cell: %v, %v", one, err)
	}
}

func TestStandard(t *testing.T) {
	for text, want := range map[string]string{
		small:                         "",
		small + "standard: rfc7747\n": record.RFC7747,
		"name: rfc7747-x\n" + small[len("name: trial\n"):]: record.RFC7747,
	} {
		if s := parse(t, text); s.Standard != want {
			t.Errorf("%s: standard %q, want %q", s.Name, s.Standard, want)
		}
	}
}
