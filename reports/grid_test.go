package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"anylab/lab/record"
	"anylab/reports/timeline"
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
	s.floor = &record.Floor{Daemon: "gobgp", After: "withdrawal", Bounds: record.Bounds{Low: 0, High: 50, Why: "frr batches"}}
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
	table := gridSections(sheet{Report: r})[0]
	got := []string{strings.Join(table.Head, "|")}
	for _, row := range table.Rows {
		got = append(got, strings.Join(texts(row), "|"))
	}
	want := []string{"|frr|bird", "crash|120.0 ms|180.0 ms", "silent|155.0 ms (n 2, 1 inconclusive)|left out"}
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

// A matrix of many cells: first what it comes to, then every cell. A terminal
// gets by itself only the cell that did not come up to expectations.
func TestALargeGridComesFirst(t *testing.T) {
	s := crashes(14)
	for i := range s.trials {
		s.trials[i].cell = map[string]string{record.CellLabel: fmt.Sprintf("%s: fault %d", []string{"frr", "bird"}[i%2], i/2)}
	}
	slow := s.trials[5].cell[record.CellLabel]
	s.trials[5].outage = 2000
	r := s.load(t)
	if err := r.Write(r.Dir); err != nil {
		t.Fatal(err)
	}
	for name, format := range map[string]Format{"markdown": Markdown, "html": HTML} {
		var b bytes.Buffer
		if err := format(&b, r); err != nil {
			t.Fatal(err)
		}
		stages, compared, cell := "which stage takes the time", "a row for each cell", `">frr: fault 3: `
		if name == "markdown" {
			stages, compared, cell = "stages.svg", "comparison.svg", "## frr: fault 3"
		}
		page, last := b.String(), 0
		if _, body, ok := strings.Cut(page, "<main"); ok { // what stands before it lists what follows
			page = body
		}
		for _, part := range []string{"Median outage of 1 trial each", stages, "Cells side by side, and what theory says", compared, cell} {
			at := strings.Index(page, part)
			if at <= last || strings.Count(page, part) != 1 {
				t.Errorf("%s: %q is %d times there, first at %d, what should stand before it at %d", name, part, strings.Count(page, part), at, last)
			}
			last = at
		}
	}
	var b bytes.Buffer
	if err := Table(&b, r); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); !strings.Contains(text, "== "+slow) || strings.Count(text, "trial conclusive") != 1 || strings.Contains(text, "side by side") {
		t.Errorf("a terminal gets other cells than %s, or not that one:\n%s", slow, text)
	}
}

// Where nothing but one daemon is installed, its row is left of the grid.
func TestOneRowIsLeft(t *testing.T) {
	s := faced()
	for i := range s.trials {
		s.trials[i].cell = map[string]string{record.CellLabel: []string{"frr: crash", "frr: silent"}[i%2]}
	}
	if g := s.load(t).Result.Grid; g == nil || len(g.Rows) != 1 || len(g.Columns) != 2 {
		t.Errorf("grid %+v", g)
	}
	s.leftOut = nil
	if g := s.load(t).Result.Grid; g != nil {
		t.Errorf("one row of one makes the grid %+v", g)
	}
}

func TestCellsWithoutOutage(t *testing.T) {
	zero, moved := Number(0), Number(62.2)
	never := Number(1)
	if err := json.Unmarshal([]byte("null"), &never); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]GridCell{
		"none, moved at 62.2 ms": {Median: &zero, Switch: &moved, N: 5},
		"none, did not move":     {Median: &zero, Switch: &never, N: 5},
		"not restored (n 2)":     {Median: &never, N: 2},
		"? (5 inconclusive)":     {Inconclusive: 5},
		"-":                      {},
	} {
		if got := c.text(5); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// An installation is the floor's to explain where the daemon's own router made
// it, at once.
func TestWhoseFloorAnInstallationIs(t *testing.T) {
	c := &cell{Cell: record.Cell{Floor: &record.Floor{Daemon: "frr", After: "withdrawal"}}}
	c.x.Topology.Nodes = []record.Node{{Name: "core", Daemon: "frr"}, {Name: "other", Daemon: "bird"}}
	install := timeline.Stage{Name: timeline.Install}
	waited := timeline.Stage{Name: timeline.Install, Cause: timeline.GracefulRestart}
	for _, d := range []struct {
		name    string
		after   string
		routers []string
		stages  []timeline.Stage
		want    bool
	}{
		{"its own", "withdrawal", []string{"core"}, []timeline.Stage{install}, true},
		{"told by a router that was told", "withdrawal", []string{"core"}, []timeline.Stage{{Name: timeline.Propagate}, install}, true},
		{"told by a router that saw the session end", "session end", []string{"core"}, []timeline.Stage{{Name: timeline.Propagate}, install}, false},
		{"another daemon's", "withdrawal", []string{"core", "other"}, []timeline.Stage{install}, false},
		{"it waited for something else", "withdrawal", []string{"core"}, []timeline.Stage{waited}, false},
	} {
		c.Floor.After = d.after
		if got := c.floored(timeline.Episode{Routers: d.routers, Stages: d.stages}); got != d.want {
			t.Errorf("%s: %v, want %v", d.name, got, d.want)
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
	if got := texts(f[0].cells()); got[5] != "deviates" || !strings.Contains(got[6], "differs in") {
		t.Errorf("row %q", got)
	}
	if r := crashes(3).load(t); r.Result.Floors != nil || r.Result.LeftOut != nil || r.Result.Grid != nil {
		t.Error("a plain run has floors, a grid or cells that were left out")
	}
}
