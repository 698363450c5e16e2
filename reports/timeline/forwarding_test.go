package timeline

import (
	"iter"
	"slices"
	"testing"

	"anylab/lab/record"
)

// TestALabKnowsNothingOfTheOneBefore: what a router of another cell's lab
// forwarded to, under the same name, is nothing that this one does.
func TestALabKnowsNothingOfTheOneBefore(t *testing.T) {
	s := newSim()
	cells := []map[string]string{{"daemon": "bird"}, {"daemon": "frr"}}
	s.route(500, "a")
	s.trial(1000, 1500, 2000, 3000, "withdraw", "a")
	s.trial(4000, 4500, 5000, 6000, "withdraw", "a") // the same lab: it still forwards there
	s.trial(11000, 11500, 12000, 13000, "withdraw", "a")
	n := 0
	for i, e := range s.events {
		if d, ok := e.Data.(record.Trial); ok {
			d.Cell = cells[n/4] // two trials of the one, then one of the other
			s.events[i].Data = d
			n++
		}
	}
	s.probe(900, 13200)
	read := func(wanted func(map[string]string) bool) []Failover {
		h, err := Read(Input{
			Events: seq(s.events), Groups: []record.ProbeGroup{s.group}, Wanted: wanted,
			Spans:      func(string) iter.Seq2[record.Span, error] { return singly(s.samples) },
			Experiment: func(map[string]string) record.Experiment { return s.x },
		})
		if err != nil {
			t.Fatal(err)
		}
		return h.Trials
	}
	list := read(nil)
	for i, want := range [][]string{{"upstream"}, {"upstream"}, nil} {
		if !slices.Equal(list[i].Broken.Routers, want) {
			t.Errorf("trial %d: routers %v, want %v", i+1, list[i].Broken.Routers, want)
		}
	}
	some := read(func(cell map[string]string) bool { return cell["daemon"] == "frr" })
	if len(some) != 1 || some[0].Cell["daemon"] != "frr" || len(some[0].Broken.Routers) != 0 {
		t.Errorf("one cell alone: %+v", some)
	}
}

func TestAForwardingTableStaysAsItIs(t *testing.T) {
	s := newSim()
	s.route(100, "a")
	s.route(200, "b")
	s.emit(300, "upstream", record.Lookup{Dst: anycast.Addr(), Hop: record.Hop{Node: "c"}})
	before := forwarding{}.until(s.events, at(150), anycast)
	after := before.until(s.events, at(400), anycast)
	if h := before.nodes["upstream"]; !h.leadsTo("a") || h.leadsTo("b") || h.leadsTo("c") {
		t.Errorf("at 150 ms: %+v", h)
	}
	if h := after.nodes["upstream"]; h.leadsTo("a") || !h.leadsTo("b") || !h.leadsTo("c") {
		t.Errorf("at 400 ms: %+v", h)
	}
}
