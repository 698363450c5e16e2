package run

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/scenarios"
)

const someCells = `name: some
topology: three-sites
services: [{name: dns, kind: dns}]
probes: [{from: london, service: dns}]
faults: [{kind: withdraw, on: a}]
trials: 2
matrix:
  - {label: can, daemon: gobgp}
  - {label: no router, daemon: exabgp}
  - {label: no program, services.dns: {name: dns, kind: command, command: [sleep, "9"], port: 53, needs: [no-such-program]}, probes.0: {from: london, service: dns, kind: dns}}
  - {label: no program either, trials: 3, services.dns: {name: dns, kind: command, command: [sleep, "9"], port: 53, needs: [no-such-program]}, probes.0: {from: london, service: dns, kind: dns}}
`

func compileText(t *testing.T, text string) (*Plan, error) {
	t.Helper()
	s, err := scenarios.Parse("some.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Compile(s)
}

func TestCellsAreLeftOutWithReasons(t *testing.T) {
	p, err := compileText(t, someCells+"missing: skip\n")
	if err != nil {
		t.Fatal(err)
	}
	about := p.About(time.Now())
	if len(about.Cells) != 1 || record.CellName(about.Cells[0].Values) != "can" || len(about.LeftOut) != 3 {
		t.Fatalf("carried out %v, left out %v", about.Cells, about.LeftOut)
	}
	if err := p.Available(); err != nil {
		t.Errorf("what is left can be carried out: %v", err)
	}
	steps := strings.Join(p.Steps(), "\n")
	for _, want := range []string{
		"left out: no router - node upstream: exabgp writes no routes",
		"left out: no program; no program either - ", "no-such-program",
	} {
		if !strings.Contains(steps, want) {
			t.Errorf("the steps lack %q:\n%s", want, steps)
		}
	}
}

func TestNothingIsLeftOutUnasked(t *testing.T) {
	if _, err := compileText(t, someCells); err == nil || !strings.Contains(err.Error(), "can't be a router") {
		t.Errorf("got %v, want what exabgp can't do", err)
	}
}

// A mistake in the scenario is no reason to leave a cell out.
func TestMistakesAreNotLeftOut(t *testing.T) {
	if _, err := compileText(t, someCells+"  - {label: wrong, faults: [{kind: nonsense, on: a}]}\nmissing: skip\n"); err == nil {
		t.Error("a fault that doesn't exist is accepted")
	}
}

func TestAPlanWithoutCellsIsUnavailable(t *testing.T) {
	p, err := compileText(t, strings.Replace(someCells, "  - {label: can, daemon: gobgp}\n", "", 1)+"missing: skip\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Available(); err == nil || !strings.Contains(err.Error(), "every cell is left out") {
		t.Errorf("got %v", err)
	}
}

// TestDaemonsWithoutPackages: on a machine without any of them, the embedded
// speaker's cells are left, and each other one says what would bring it.
func TestDaemonsWithoutPackages(t *testing.T) {
	s, err := scenarios.Load("daemons")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Cells()
	if err != nil || len(p.cells)+len(p.LeftOut) != len(all) {
		t.Fatalf("%d cells and %d left out of %d: %v", len(p.cells), len(p.LeftOut), len(all), err)
	}
	for _, c := range all {
		why := unfit(c)
		var missing lab.Unavailable
		for _, b := range buildsOf(c.Topology) {
			if d, _ := b.driver(); d.Available() != nil && (why == nil || !errors.As(why, &missing) && !strings.Contains(why.Error(), "can't")) {
				t.Errorf("%s: %s isn't installed, and the reason is %v", record.CellName(c.Cell), b, why)
			}
		}
		if bfd := c.Topology.Links[0].BFD != nil; bfd && c.Topology.Nodes[1].Daemon == "exabgp" && (why == nil || !strings.Contains(why.Error(), "BFD")) {
			t.Errorf("%s: left out because of %v, want its lack of BFD", record.CellName(c.Cell), why)
		}
	}
}

func TestFloors(t *testing.T) {
	for _, c := range []struct {
		daemon, fault, after string
		low                  float64
	}{
		{"frr", "{kind: withdraw, on: a}", "withdrawal", 60},
		{"frr", "{kind: link-down, on: [upstream, a]}", "session end", 70},
		{"frr", "{kind: blackhole, on: [upstream, a]}", "", 0},
		{"bird", "{kind: daemon-kill, on: a}", "session end", 0},
		{"frr", "{kind: loss, on: [upstream, a], percent: 50%}", "", 0},
		{"frr", "{kind: reboot, on: a}", "", 0}, // as silent as a black hole
		{"frr", "{kind: daemon-restart, on: a}", "session end", 70},
		{"frr", "{kind: service-wrong, on: a}", "withdrawal", 60},
		{"frr", "{kind: router-power-loss, on: upstream}", "", 0}, // who is dead decides nothing
	} {
		s, err := scenarios.Load("withdraw", "daemon="+c.daemon, "faults=["+c.fault+"]")
		if err != nil {
			t.Fatal(err)
		}
		p, err := Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		f := p.cells[0].floor()
		if c.after == "" {
			if f != nil {
				t.Errorf("%s: floor %+v where none is known", c.fault, f)
			}
			continue
		}
		if f == nil || f.Daemon != c.daemon || f.After != c.after || f.Low != c.low || f.High <= f.Low {
			t.Errorf("%s of %s: floor %+v", c.fault, c.daemon, f)
		}
	}
}

// Of very many cells the first ones are listed, and the others are counted.
func TestStepsOfManyCells(t *testing.T) {
	trials := make([]string, 100)
	for i := range trials {
		trials[i] = strconv.Itoa(i + 1)
	}
	steps := strings.Join(compile(t, "service-crash", "matrix={trials: ["+strings.Join(trials, ", ")+"]}").Steps(), "\n")
	if strings.Count(steps, "build ") != 10 || !strings.HasSuffix(steps, "\n... and 90 more cells\ntake the lab down") {
		t.Error(steps)
	}
}
