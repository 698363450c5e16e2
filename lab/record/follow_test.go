package record

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestFollowTakesWhatIsWrittenMeanwhile: every line once, whole, and in order.
func TestFollowTakesWhatIsWrittenMeanwhile(t *testing.T) {
	d, err := Create(filepath.Join(t.TempDir(), "run"), Run{})
	if err != nil {
		t.Fatal(err)
	}
	var lines, fates []byte
	events := 0
	f := Follow(d.Path())
	f.Line = func(line []byte) { lines = append(lines, line...) }
	f.Event = func(Event) { events++ }
	f.Span = func(_ ProbeGroup, s Span) { fates = appendSpan(fates, s) }
	w, err := d.Samples(ProbeGroup{Name: "g", Client: "london", Rate: 1000, Flows: 1, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		d.Emit(Event{At: Time(i), Kind: KindClock, Data: Clock{int64(i)}})
		w.Write(Sample{Seq: uint64(i), Sent: Time(i + 1), Received: Time(i + 2), Node: "a"})
		if err := d.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := f.Read(); err != nil || events != i+1 {
			t.Errorf("%d events after %d were written: %v", events, i+1, err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Read(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(d.Path(), eventsFile))
	if err != nil || string(lines) != string(whole) {
		t.Errorf("followed\n%s\nwritten\n%s\n%v", lines, whole, err)
	}
	if want := "0,0,0,1,2,a,0\n1,0,0,2,3,a,0\n2,0,0,3,4,a,0\n"; string(fates) != want {
		t.Errorf("samples\n%s, want\n%s", fates, want)
	}
}

// TestFollowWaitsForTheRestOfALine: a file is read while it is written.
func TestFollowWaitsForTheRestOfALine(t *testing.T) {
	file := filepath.Join(t.TempDir(), eventsFile)
	var got string
	f := Follow(filepath.Dir(file))
	f.Line = func(line []byte) { got += string(line) }
	for _, step := range []struct{ text, want string }{{"", ""}, {"one\ntw", "one\n"}, {"one\ntwo\n", "one\ntwo\n"}} {
		if err := os.WriteFile(file, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := f.Read(); err != nil || got != step.want {
			t.Errorf("after %q: %q, %v", step.text, got, err)
		}
	}
}
