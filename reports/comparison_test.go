package reports

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"anylab/lab/record"
)

// compared is a run of three cells: fast, slow in one trial, and dead in one.
func compared() story {
	s := crashes(9)
	for i := range s.trials {
		s.trials[i].cell = map[string]string{record.CellLabel: []string{"slow", "fast", "dead"}[i%3]}
	}
	s.trials[3].outage = 1400
	s.trials[5].dead = true
	return s
}

func TestComparison(t *testing.T) {
	r := compared().load(t)
	var got []string
	for _, c := range r.Result.Comparison {
		got = append(got, strings.Join(texts(c.cells()), "|"))
	}
	want := []string{
		"slow|100.0 to 200.0 ms|135.0 ms|1400 ms|3|no",
		"fast|100.0 to 200.0 ms|155.0 ms|170.0 ms|3|yes (only 3 trials)",
		"dead|100.0 to 200.0 ms|180.0 ms|not restored|3|no",
	}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("row %d: %q, want %q", i, got, want[i])
		}
	}
	for name, format := range map[string]Format{"table": Table, "markdown": Markdown, "html": HTML} {
		var b bytes.Buffer
		if err := format(&b, r); err != nil || !strings.Contains(b.String(), "sub-second") || !strings.Contains(b.String(), "not restored") {
			t.Errorf("%s: %v, or it has no comparison:\n%s", name, err, b.String())
		}
	}
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || !*back.Comparison[1].SubSecond {
		t.Errorf("%v; read back %+v", err, back.Comparison)
	}
}

func TestNothingToCompare(t *testing.T) {
	if r := crashes(3).load(t); r.Result.Comparison != nil {
		t.Errorf("a single cell is compared with %v", r.Result.Comparison)
	}
	s := compared()
	for i := range s.trials {
		s.trials[i].lossBefore = s.trials[i].cell[record.CellLabel] == "fast"
	}
	if c := s.load(t).Result.Comparison[1]; c.SubSecond != nil || c.cells()[5].Text != "no conclusive trial" {
		t.Errorf("without a conclusive trial: %+v", c)
	}
}

// TestFiguresKeepTheOrderOfCells, though trials of cells are interleaved.
func TestFiguresKeepTheOrderOfCells(t *testing.T) {
	r := compared().load(t)
	var order []string
	for _, i := range r.byCell() {
		order = append(order, record.CellName(r.Failovers[i].Cell))
	}
	if got := strings.Join(order, " "); got != "slow slow slow fast fast fast dead dead dead" {
		t.Errorf("order %s", got)
	}
}
