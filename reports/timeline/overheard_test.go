package timeline

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/record"
)

// plainly is what overheard.tell and look are to find, by reading the whole
// record for the trial.
func plainly(t trial, events []record.Event) trial {
	t.procs = map[int]string{}
	names := map[int]string{}
	var offset *int64
	for _, e := range events {
		if d, ok := e.Data.(record.State); ok && d.Index == t.index && maps.Equal(d.Cell, t.cell) {
			t.states = append(t.states, State{e.Node, d})
		}
		if d, ok := e.Data.(record.Load); ok && e.At >= t.begin && d.From < t.until {
			t.loads = append(t.loads, Load{d, e.At})
		}
		if e.At >= t.until {
			continue
		}
		switch d := e.Data.(type) {
		case record.Finding:
			switch {
			case e.At < t.begin:
			case d.From != 0:
				t.delays = append(t.delays, Delay{d.Name, d.Detail, d.From, e.At})
			default:
				t.findings = append(t.findings, d)
			}
		case record.Proc:
			if e.Kind == record.KindStart {
				names[d.PID] = d.Name + " on " + e.Node
			}
		case record.Clock:
			if offset != nil && e.At >= t.begin {
				t.clock = max(t.clock, time.Duration(d.OffsetNS-*offset).Abs())
			}
			offset = &d.OffsetNS
		}
	}
	for _, l := range t.loads {
		for _, w := range l.Waits {
			if name, ok := names[w.PID]; ok {
				t.procs[w.PID] = name
			}
		}
	}
	return t
}

// long is the record of many trials with all that is told beside them:
// findings, loads, clocks, states, and processes whose numbers come again.
func long(trials int) []record.Event {
	random := rand.New(rand.NewPCG(1, 2))
	s := newSim()
	cell := func(i int) map[string]string { return map[string]string{"daemon": fmt.Sprint(i % 3)} }
	for i := range trials {
		t := float64(5000 * i)
		s.emit(t+100, "", record.Trial{Phase: record.TrialBegin, Index: i / 3, Cell: cell(i)})
		s.emit(t+200, "upstream", record.State{Index: i / 3, Cell: cell(i), When: record.Before, What: record.BestPath, Nodes: []string{"a"}})
		if i%7 != 0 {
			s.emit(t+4000, "", record.Trial{Phase: record.TrialEnd, Index: i / 3, Cell: cell(i)})
		}
		s.emit(t+4100, "london", record.State{Index: i / 3, Cell: cell(i), When: record.Healed, What: record.Catchment, Nodes: []string{"a"}})
		for k := range 40 {
			at := t + 125*float64(k)
			pid := random.IntN(20)
			s.events = append(s.events, record.Event{At: record.Time(at * 1e6), Kind: record.KindStart, Node: "a", Data: record.Proc{Name: fmt.Sprint("speaker ", i), PID: pid}})
			s.events = append(s.events, record.Event{At: record.Time(at * 1e6), Kind: record.KindLoad, Data: record.Load{From: record.Time((at - 125) * 1e6), Waits: []record.Wait{{PID: random.IntN(20)}}}})
			s.emit(at, "", record.Clock{OffsetNS: random.Int64N(1000)})
			f := record.Finding{Name: fmt.Sprint("f", random.IntN(5))}
			if k%2 == 0 {
				f.From = record.Time(at * 1e6)
			}
			s.emit(at+10*random.Float64(), "", f)
		}
	}
	events, _ := sorted(seq(s.events))
	return events
}

// A trial hears exactly what reading the whole record for it would find, in
// a long record and in a stored one.
func TestATrialHearsWhatConcernsIt(t *testing.T) {
	stored, err := sorted(record.Events("../testdata/service-crash"))
	if err != nil {
		t.Fatal(err)
	}
	for name, events := range map[string][]record.Event{"long": long(50), "stored": stored} {
		told := overhear(events)
		heard, loads := windows(told), 0
		for _, got := range heard {
			want := plainly(trial{index: got.index, cell: got.cell, begin: got.begin, until: got.until}, events)
			loads += len(got.loads)
			for what, pair := range map[string][2]any{
				"findings": {want.findings, got.findings}, "delays": {want.delays, got.delays}, "loads": {want.loads, got.loads},
				"clock": {want.clock, got.clock}, "processes": {want.procs, got.procs}, "states": {want.states, got.states},
			} {
				if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
					t.Errorf("%s, trial %d %v, %s (-read plainly +found):\n%s", name, got.index, got.cell, what, diff)
				}
			}
		}
		if len(heard) == 0 || loads == 0 {
			t.Errorf("%s: %d trials with %d loads: nothing was compared", name, len(heard), loads)
		}
	}
}

// BenchmarkOverhear shows that ten times the trials take about ten times as
// long.
func BenchmarkOverhear(b *testing.B) {
	for _, trials := range []int{100, 1000, 10000} {
		events := long(trials)
		b.Run(fmt.Sprintf("trials=%d", trials), func(b *testing.B) {
			for b.Loop() {
				windows(overhear(events))
			}
		})
	}
}
