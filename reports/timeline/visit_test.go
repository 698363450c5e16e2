package timeline

import (
	"iter"
	"testing"

	"anylab/lab/record"
)

// TestProbersOfOtherLabsAreNoPartOfATrial: a run with several cells has probe
// groups that are silent in all trials but those of their own lab.
func TestProbersOfOtherLabsAreNoPartOfATrial(t *testing.T) {
	s := newSim()
	s.trial(1000, 1500, 2000, 3000, "withdraw", "a")
	s.trial(11000, 11500, 12000, 13000, "withdraw", "a")
	s.probe(500, 3200)
	first := s.samples
	s.samples = nil
	s.probe(10500, 13200)
	second := s.samples
	like := func(name, kind string) record.ProbeGroup {
		g := s.group
		g.Name, g.Kind = name, kind
		return g
	}
	other := like("london-web-3", "http")
	other.Cell = map[string]string{"label": "another cell, which probes otherwise"}
	samples := map[string][]record.Sample{"london-dns-1": first, "london-dns-2": second, "london-dns-icmp-1": nil}
	list, err := Build(Input{
		Events:     seq(s.events),
		Groups:     []record.ProbeGroup{like("london-dns-1", "dns"), like("london-dns-2", "dns"), like("london-dns-icmp-1", "icmp"), other},
		Spans:      func(name string) iter.Seq2[record.Span, error] { return singly(samples[name]) },
		Experiment: func(map[string]string) record.Experiment { return s.x },
	})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d trials, %v", len(list), err)
	}
	for i, want := range []string{"london-dns-1", "london-dns-2"} {
		g := list[i].Broken.Groups
		if len(g) != 2 || g[0].Name != want || g[0].Sent == 0 {
			t.Errorf("trial %d has groups %+v, want %s", i+1, g, want)
		}
		if len(g) == 2 && (g[1].Name != "london-dns-icmp-1" || g[1].Sent != 0) {
			t.Errorf("trial %d: the prober that never sent is not missed: %+v", i+1, g[1])
		}
	}
}
