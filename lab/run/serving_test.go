package run

import (
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/scenarios"
)

const servingScenario = `name: serving
topology: three-sites
services: [{name: dns, kind: dns}]
probes: [{from: london, service: dns}]
faults: [{kind: link-down, on: serving(london)}]
`

func compileServing(t *testing.T, set ...string) cell {
	t.Helper()
	s, err := scenarios.Parse("test.yaml", []byte(servingScenario), set...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return p.cells[0]
}

// What strikes whoever serves a client is made for each site: at the site, or at
// its link towards the client.
func TestServingPlaces(t *testing.T) {
	for kind, want := range map[string][][]string{
		"power-loss":    {{"a"}, {"b"}, {"c"}},
		"service-crash": {{"a"}, {"b"}, {"c"}},
		"link-down":     {{"upstream", "a"}, {"upstream", "b"}, {"upstream", "c"}},
		"blackhole":     {{"upstream", "a"}, {"upstream", "b"}, {"upstream", "c"}},
	} {
		c := compileServing(t, "faults.0.kind="+kind)
		f := c.faults[0]
		if got := f.places(); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s strikes one of %v, want %v", kind, got, want)
		}
		if kind != "link-down" && f.Theory.Low == 0 && !f.Theory.Unbounded && f.Theory.High == 0 {
			t.Errorf("%s has no theory: %+v", kind, f.Theory)
		}
	}
}

// Who serves is who answers most flows now; a flow that gets no answer doesn't count.
func TestMostServing(t *testing.T) {
	start := record.Time(time.Minute)
	c := &clients{}
	c.add(record.ProbeGroup{Name: "london-dns", Client: "london", Kind: "dns", Rate: 100, Flows: 4, Timeout: time.Second})
	answer := func(seq uint64, at record.Time, node string) {
		s := record.Sample{Seq: seq, Flow: int(seq % 4), Due: at, Sent: at, Node: node}
		if node != "" {
			s.Received = at.Add(time.Millisecond)
		}
		c.see("london-dns", s, at.Add(time.Millisecond))
	}
	at := func(n int) record.Time { return start.Add(time.Duration(n) * 10 * time.Millisecond) }
	if site := c.mostServing(start, "london"); site != "" {
		t.Errorf("%s serves before anybody answered", site)
	}
	for i, node := range []string{"b", "b", "a", "b"} {
		answer(uint64(i), at(i), node)
	}
	if site := c.mostServing(at(4), "london"); site != "b" {
		t.Errorf("%q serves three flows of four, not b", site)
	}
	if site := c.mostServing(at(4), "tokyo"); site != "" {
		t.Errorf("%s serves who does not ask", site)
	}
	for i, node := range []string{"a", "", "a", ""} {
		answer(uint64(i+4), at(i+4), node)
	}
	if site := c.mostServing(at(8), "london"); site != "a" {
		t.Errorf("%q serves, where only a answers by now", site)
	}
	if site := c.mostServing(at(8).Add(time.Hour), "london"); site != "a" && site != "b" {
		t.Errorf("%q was the last to serve", site)
	}
}

// A trial begins wherever the clients are served only if all its faults follow them.
func TestRoams(t *testing.T) {
	for name, c := range map[string]struct {
		set  []string
		want bool
	}{
		"follows": {nil, true},
		"stated":  {[]string{"start={london: a}"}, false},
		"named":   {[]string{"faults.0.on=a"}, false},
	} {
		cell := compileServing(t, append([]string{"faults.0.kind=power-loss"}, c.set...)...)
		if got := cell.roams(); got != c.want {
			t.Errorf("%s: roams %v", name, got)
		}
	}
}

// Nothing more is waited for once others serve those whom the struck site served.
func TestMoved(t *testing.T) {
	for name, c := range map[string]struct {
		on           string
		home, answer []string // flow by flow
		want         bool
	}{
		"to another":              {"a", []string{"a", "a"}, []string{"b", "c"}, true},
		"not yet all":             {"a", []string{"a", "a"}, []string{"b", "a"}, false},
		"it is the link's end":    {"[upstream, a]", []string{"a", "a"}, []string{"b", "b"}, true},
		"it is at no site":        {"[upstream, london]", []string{"a", "a"}, []string{"b", "b"}, false},
		"nobody was served there": {"c", []string{"a", "a"}, []string{"b", "b"}, false},
		"nobody says who answers": {"a", []string{"", ""}, []string{"", ""}, false},
		"whoever serves":          {"serving(london)", []string{"a", "a"}, []string{"b", "b"}, false},
	} {
		kind := "link-down"
		if !strings.Contains(c.on, "[") {
			kind = "power-loss"
		}
		g := &gate{rig: &rig{cell: compileServing(t, "faults.0.kind="+kind, "faults.0.on="+c.on)}}
		g.clients.add(record.ProbeGroup{Name: "london-dns", Client: "london", Kind: "dns", Rate: 100, Flows: 2, Timeout: time.Second})
		for seq, node := range append(slices.Clone(c.home), c.answer...) {
			if seq == len(c.home) {
				g.home = g.clients.answering()
			}
			sent := record.Time(seq+1) * record.Time(10*time.Millisecond)
			g.clients.see("london-dns", record.Sample{Seq: uint64(seq), Flow: seq % 2, Sent: sent, Received: sent + 1, Node: node}, sent+1)
		}
		if got := (&trial{gate: g}).moved(); got != c.want {
			t.Errorf("%s: moved %v", name, got)
		}
	}
}
