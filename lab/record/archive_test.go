package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A run that was being archived when that was killed is archived: what says so is written
// before anything goes, and the rest goes the next time.
func TestArchivingThatWasKilled(t *testing.T) {
	d := create(t)
	dir := d.Path()
	w, err := d.Samples(ProbeGroup{Name: "london-dns", Client: "london", Rate: 10, Flows: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.Write(Sample{Sent: 1, Received: 2, Node: "a"})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Archive(dir, Run{}, time.Now()); err == nil {
		t.Error("a run was archived of which nobody knows what it means")
	}
	if _, err := os.Stat(filepath.Join(dir, "probes", "london-dns.csv")); err != nil {
		t.Fatalf("its probes are gone: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, resultFile), []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	gone, err := Archivable(dir, Run{})
	if err != nil || len(gone) != 1 || gone[0].Dir != "probes" || gone[0].Files != 1 || gone[0].Bytes == 0 {
		t.Fatalf("%+v, %v; want its probes", gone, err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := sealArchive(dir, Archived{At: at, Gone: gone}); err != nil { // and here it is killed
		t.Fatal(err)
	}
	if err := Archive(dir, Run{}, at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	a, err := ReadArchived(dir)
	if err != nil || a == nil || !a.At.Equal(at) || !strings.Contains(a.String(), "2026-01-02") {
		t.Errorf("%+v, %v; want what the first one has said", a, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "probes")); !os.IsNotExist(err) {
		t.Errorf("its probes are left: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, resultFile), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadArchived(dir); err == nil || !strings.Contains(err.Error(), "was changed since the run was archived") {
		t.Errorf("another result: %v", err)
	}
}
