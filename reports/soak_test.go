package reports

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
)

// soaked judges crashes of a that come one after the other, each with a record of its own,
// as told. Before each the lab holds what holds says.
func soaked(t *testing.T, n int, holds func(i int) []record.Held, tell func(i int, s *story, d *record.Dir), changes ...func(*story)) (*Soak, []Violation) {
	t.Helper()
	s := NewSoak(record.Run{Scenario: "x-soak", Experiment: &record.Experiment{}, Command: "anylab soak x --trials=40 --seed=1"})
	var all []Violation
	for i := range n {
		one := crashes(1)
		for _, change := range changes {
			change(&one)
		}
		one.extra = func(d *record.Dir) {
			d.Emit(record.Event{At: at(11), Kind: record.KindStock, Data: record.Stock{Goroutines: 100, Heap: 1 << 20, Files: 50, Namespaces: 4, Holds: holds(i)}})
			if tell != nil {
				tell(i, &one, d)
			}
		}
		dir := t.TempDir() + "/run"
		one.write(t, dir)
		found, _, err := s.Take(record.SoakTrial{Number: i + 1, Limit: 30 * time.Second, Stretch: dir,
			Failure: record.Failure{Label: "the service of a crashes", Kind: "service-crash"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range found {
			if want := fmt.Sprintf("anylab soak x --seed=1 --trials=%d", i+1); v.Replay != want {
				t.Errorf("replay %q, want %q", v.Replay, want)
			}
		}
		all = append(all, found...)
	}
	return s, all
}

func steady(int) []record.Held {
	return []record.Held{{Of: "dns on a", Processes: 1, Files: 10, Memory: 20 << 20}}
}

func TestASoakInWhichAllHolds(t *testing.T) {
	s, found := soaked(t, 12, func(i int) []record.Held {
		return []record.Held{{Of: "dns on a", Processes: 1 + i%2, Files: 10 + i%7, Memory: 20<<20 + int64(i%5)<<20}}
	}, nil)
	if len(found) > 0 || s.ExitCode() != 0 || s.Trials != 12 || len(s.Faults) != 1 || s.Faults[0].Trials != 12 {
		t.Errorf("%+v, found %+v", s, found)
	}
}

// Each invariant is broken by what it is about, and by nothing else.
func TestInvariants(t *testing.T) {
	for invariant, c := range map[string]struct {
		holds func(int) []record.Held
		tell  func(int, *story, *record.Dir)
		says  string
	}{
		"no-growth": {func(i int) []record.Held {
			return []record.Held{{Of: "dns on a", Processes: 1, Files: 10 + 3*i, Memory: 20 << 20}}
		}, nil,
			"descriptors of dns on a grew from 22 to "},
		"false-failover": {steady, func(_ int, _ *story, d *record.Dir) {
			d.Emit(record.Event{At: at(12), Kind: record.KindHealth, Node: "a", Data: record.Health{Service: "dns", Reason: "no answer"}})
		}, "the health check of dns on a failed (no answer)"},
	} {
		s, found := soaked(t, 15, c.holds, c.tell)
		if len(found) == 0 || s.ExitCode() != 1 || s.Violated == 0 {
			t.Errorf("%s: nothing was found", invariant)
		}
		for _, v := range found {
			if v.Invariant != invariant || !strings.Contains(v.Says, c.says) {
				t.Errorf("%s: %+v", invariant, v)
			}
		}
	}
}

// What comes of a machine that was too busy is no violation.
func TestASoakOnABusyMachineIsUnclear(t *testing.T) {
	s, found := soaked(t, 2, steady, func(_ int, _ *story, d *record.Dir) {
		d.Emit(record.Event{At: at(12), Kind: record.KindHealth, Node: "a", Data: record.Health{Service: "dns", Reason: "no answer"}})
		d.Emit(record.Event{At: at(12) + 1, Kind: record.KindLoad, Data: record.Load{From: at(11), Waits: []record.Wait{{Role: record.Observed, PID: 7, For: time.Second}}}})
	})
	if len(found) != 2 || s.ExitCode() != 4 || s.Unclear != 2 || s.Violated != 0 {
		t.Errorf("%+v, found %+v", s, found)
	}
	for _, v := range found {
		if !strings.Contains(v.Unclear, "waited 1000 ms for a processor") {
			t.Errorf("%+v", v)
		}
	}
}

// That requests are lost before the fault is what a false failover does, and no doubt about it.
func TestALossBeforeTheFaultIsAViolation(t *testing.T) {
	s, found := soaked(t, 1, steady, nil, func(s *story) { s.trials[0].lossBefore = true })
	if len(found) != 1 || found[0].Unclear != "" || s.ExitCode() != 1 || !strings.Contains(found[0].Says, "got no answer") {
		t.Errorf("%+v, found %+v", s, found)
	}
}

// However long a soak goes on, it keeps so many records and lists so many violations.
func TestASoakDoesNotGrow(t *testing.T) {
	s := NewSoak(record.Run{Experiment: &record.Experiment{}})
	kept := 0
	for i := range 1000 {
		found := []Violation{{Trial: i, Record: "trial"}}
		if s.note(found) {
			kept++
		} else if found[0].Record != "" {
			t.Fatalf("violation %d names a record that is not kept", i)
		}
	}
	if kept != KeptViolations || len(s.Violations) != listedViolations {
		t.Errorf("%d records kept, %d violations listed; want %d, %d", kept, len(s.Violations), KeptViolations, listedViolations)
	}
	for i := range 1000 {
		g := s.growth("descriptors of x")
		g.take(quantity{what: g.What, value: int64(i % 3)})
	}
	if g := s.growth("descriptors of x"); len(g.latest) > looks || g.Grown || g.Most != 2 {
		t.Errorf("%+v", g)
	}
}

func TestRequestsThatTheFaultCaughtAreNotLostBeforeIt(t *testing.T) {
	g := record.ProbeGroup{Client: "london", Service: "dns", Rate: 100, Flows: 1}
	sample := func(sent, received float64, node string) record.Span {
		s := record.Sample{Sent: at(sent), Node: node}
		if received > 0 {
			s.Received = at(received)
		}
		return record.Span{Sample: s, Count: 1}
	}
	c := calm{from: at(0), to: at(100)}
	for want, spans := range map[string][]record.Span{
		"":                                  {sample(80, 81, "a"), sample(90, 0, ""), sample(95, 0, ""), sample(98, 120, "b"), sample(110, 111, "b")},
		"1 request of london got no answer": {sample(70, 71, "a"), sample(80, 0, ""), sample(90, 91, "a"), sample(95, 0, "")},
		"b answered 1 request of london, whom a serves": {sample(110, 111, "b")},
	} {
		s := &Soak{homes: map[string][]string{}}
		if _, err := s.strays(g, all([]record.Span{sample(10, 11, "a")}), c); err != nil {
			t.Fatal(err)
		}
		own := c
		if strings.HasPrefix(want, "b ") {
			own.to = at(200)
		}
		got, err := s.strays(g, all(spans), own)
		if err != nil || strings.Join(got, "; ") != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

func TestInvariantsAreSorted(t *testing.T) {
	if !slices.IsSortedFunc(invariants, func(a, b invariant) int { return strings.Compare(a.name, b.name) }) {
		t.Error("they are not")
	}
}
