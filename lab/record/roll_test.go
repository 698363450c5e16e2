package record

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Every stretch of a run that rolls is a run directory that is whole, and begins as the lab
// began.
func TestStretchesAreWhole(t *testing.T) {
	root := filepath.Join(t.TempDir(), "soak")
	d, err := CreateRolling(root, "one", Run{ID: "x"})
	if err != nil {
		t.Fatal(err)
	}
	say := func(at Time, name string) {
		d.Emit(Event{At: at, Kind: KindFinding, Data: Finding{Name: name, Detail: "-"}})
	}
	say(1, "built")
	w, err := d.Samples(ProbeGroup{Name: "london-dns", Client: "london", Rate: 10, Flows: 1})
	if err != nil {
		t.Fatal(err)
	}
	ended, err := d.Samples(ProbeGroup{Name: "paris-dns", Client: "paris", Rate: 10, Flows: 1})
	if err != nil {
		t.Fatal(err)
	}
	d.Opened()
	say(2, "first")
	d.Emit(Event{At: 2, Kind: KindClock, Data: Clock{OffsetNS: 1}})
	d.Emit(Event{At: 3, Kind: KindClock, Data: Clock{OffsetNS: 2}})
	w.Write(Sample{Seq: 0, Due: 1, Sent: 1, Received: 2, Node: "a"})
	if err := ended.Close(); err != nil {
		t.Fatal(err)
	}
	one, err := d.Roll(Run{ID: "x", Outcome: "completed"}, "two", Run{ID: "x"})
	if err != nil {
		t.Fatal(err)
	}
	say(4, "second")
	w.Write(Sample{Seq: 1, Due: 2, Sent: 2, Received: 3, Node: "b"})
	if err := d.Add("files/mine", []byte("-"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := d.Evidence(d.Stretch()); err != nil {
		t.Fatal(err)
	}
	two := d.Stretch()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]struct {
		events, groups []string
		node, outcome  string
	}{
		one: {[]string{"built", "first", "clock 1", "clock 2"}, []string{"london-dns", "paris-dns"}, "a", "completed"},
		two: {[]string{"built", "clock 2", "second"}, []string{"london-dns"}, "b", ""},
	} {
		run, err := ReadRun(dir) // which compares it with the end of the events
		if err != nil || run.Outcome != want.outcome {
			t.Errorf("%s: %v, outcome %q, want %q", dir, err, run.Outcome, want.outcome)
		}
		var events, groups, nodes []string
		for e, err := range Events(dir) {
			if err != nil {
				t.Fatal(err)
			}
			if c, ok := e.Data.(Clock); ok {
				events = append(events, fmt.Sprintf("clock %d", c.OffsetNS))
			} else {
				events = append(events, e.Data.(Finding).Name)
			}
		}
		end, err := ReadEnd(dir)
		if err != nil || end == nil || end.Probes != len(want.groups) || !slices.Equal(events, want.events) {
			t.Errorf("%s: events %v, want %v; end %+v, %v", dir, events, want.events, end, err)
		}
		list, err := ProbeGroups(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range list {
			groups = append(groups, g.Name)
		}
		for s, err := range Samples(dir, "london-dns") {
			if err != nil {
				t.Fatal(err)
			}
			nodes = append(nodes, s.Node)
		}
		if whole, err := Ended(dir, "london-dns"); err != nil || !whole || !slices.Equal(groups, want.groups) || !slices.Equal(nodes, []string{want.node}) {
			t.Errorf("%s: groups %v, answers of %v, ended %v, %v", dir, groups, nodes, whole, err)
		}
	}
	if _, err := os.Stat(filepath.Join(two, "files", "mine")); err != nil || d.Path() != root {
		t.Errorf("the lab's files are below %s: %v", d.Path(), err)
	}
}
