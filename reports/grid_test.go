package reports

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"anylab/lab/record"
)

// faced is a run of two daemons and two faults, of which one cell was left out
// and one has an inconclusive trial.
func faced() story {
	s := crashes(9)
	labels := []string{"frr: crash", "frr: silent", "bird: crash"}
	for i := range s.trials {
		s.trials[i].cell = map[string]string{record.CellLabel: labels[i%3]}
	}
	s.trials[4].lossBefore = true
	s.floor = &record.Floor{Daemon: "frr", After: "withdrawal", Bounds: record.Bounds{Low: 0, High: 50, Why: "frr batches"}}
	s.leftOut = []record.LeftOut{
		{Values: map[string]string{record.CellLabel: "bird: silent"}, Reason: "no bird in /usr/sbin (fix: apt-get install bird2)"},
		{Values: map[string]string{record.CellLabel: "exabgp: crash"}, Reason: "exabgp can't be a router"},
		{Values: map[string]string{record.CellLabel: "exabgp: silent"}, Reason: "exabgp can't be a router"},
	}
	return s
}

func TestGrid(t *testing.T) {
	r := faced().load(t)
	g := r.Result.Grid
	if g == nil || strings.Join(g.Columns, ",") != "crash,silent" || len(g.Rows) != 2 {
		t.Fatalf("grid %+v", g)
	}
	var got []string
	for _, row := range g.Rows {
		got = append(got, strings.Join(row.texts(), "|"))
	}
	want := []string{"frr|120 ms (n 3)|155 ms (n 2, 1 inconclusive)", "bird|180 ms (n 3)|left out"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for name, format := range map[string]Format{"table": Table, "markdown": Markdown, "html": HTML, "json": JSON} {
		var b bytes.Buffer
		if err := format(&b, r); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"exabgp can't be a router", "apt-get install bird2", "frr batches"} {
			if text := strings.ReplaceAll(b.String(), "&#39;", "'"); !strings.Contains(text, part) {
				t.Errorf("%s lacks %q", name, part)
			}
		}
	}
}

func TestCellsWithoutOutage(t *testing.T) {
	zero, moved := Number(0), Number(62.2)
	never := Number(1)
	if err := json.Unmarshal([]byte("null"), &never); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]GridCell{
		"none, moved at 62.2 ms (n 5)": {Median: &zero, Switch: &moved, N: 5},
		"none, did not move (n 5)":     {Median: &zero, Switch: &never, N: 5},
		"not restored (n 2)":           {Median: &never, N: 2},
		"? (n 0, 5 inconclusive)":      {Inconclusive: 5},
		"-":                            {},
	} {
		if got := c.text(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFloors(t *testing.T) {
	r := faced().load(t)
	f := r.Result.Floors
	if len(f) != 1 || f[0].N != 8 || !*f[0].Agrees || len(f[0].Off) != 0 {
		t.Fatalf("floors %+v", f)
	}
	s := faced()
	s.floor.Bounds = record.Bounds{Low: 500, High: 600}
	f = s.load(t).Result.Floors
	if len(f) != 1 || *f[0].Agrees || len(f[0].Off) != 3 || !strings.HasPrefix(f[0].Off[0], "frr: crash: ") {
		t.Errorf("a floor that isn't so: %+v", f)
	}
	if got := f[0].cells(); got[5] != "deviates" || !strings.Contains(got[6], "differs in") {
		t.Errorf("row %q", got)
	}
	if r := crashes(3).load(t); r.Result.Floors != nil || r.Result.LeftOut != nil || r.Result.Grid != nil {
		t.Error("a plain run has floors, a grid or cells that were left out")
	}
}
