package record

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func created(t *testing.T) *Dir {
	t.Helper()
	d, err := Create(filepath.Join(t.TempDir(), "run"), Run{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// keeping runs Keep until the test says stop; stop returns what it returned.
func keeping(t *testing.T, d *Dir) (stop func() error, ended <-chan error) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Keep(ctx, time.Millisecond) }()
	return func() error { cancel(); return <-done }, done
}

func TestKeepBringsWhatIsWrittenToTheFiles(t *testing.T) {
	d := created(t)
	w, err := d.Samples(ProbeGroup{Name: "g", Rate: 1, Flows: 1})
	if err != nil {
		t.Fatal(err)
	}
	stop, _ := keeping(t, d)
	d.Emit(Event{At: 7, Kind: KindClock, Data: Clock{OffsetNS: 5}})
	w.Write(Sample{Seq: 3, Sent: 1, Received: 2, Node: "a"})
	deadline := time.Now().Add(time.Minute)
	for !readable(t, d.Path()) { // without Close, as after a SIGKILL
		if time.Now().After(deadline) {
			t.Fatal("what was written a minute ago is not in the files")
		}
		time.Sleep(time.Millisecond)
	}
	if err := errors.Join(stop(), d.Close()); err != nil {
		t.Error(err)
	}
}

func readable(t *testing.T, path string) bool {
	t.Helper()
	events, samples := 0, 0
	for _, err := range Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		events++
	}
	for _, err := range Samples(path, "g") {
		if err != nil {
			return false // not even the header is there yet
		}
		samples++
	}
	return events == 1 && samples == 1
}

func TestKeepEndsWhenTheDirectoryIsGone(t *testing.T) {
	d := created(t)
	_, ended := keeping(t, d)
	if err := os.RemoveAll(d.Path()); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, ErrRemoved) {
			t.Errorf("got %v, want %v", err, ErrRemoved)
		}
	case <-time.After(time.Minute):
		t.Error("nobody noticed")
	}
	_ = d.Close() // says what Keep said
}

func TestKeepEndsWhenNothingCanBeWritten(t *testing.T) {
	d := created(t)
	d.file.Close() // every write fails from here on, as on a full disk
	_, ended := keeping(t, d)
	d.Emit(Event{At: 7, Kind: KindClock, Data: Clock{}})
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("got %v, want %v", err, os.ErrClosed)
		}
	case <-time.After(time.Minute):
		t.Error("nobody noticed")
	}
	_ = d.Close() // says what Keep said
}
