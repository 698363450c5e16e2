package run

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
)

// A larger lab needs more, and what no machine has is refused with what is lacking.
func TestSize(t *testing.T) {
	small, long := compile(t, "service-crash").Size(), compile(t, "service-crash", "trials=500").Size()
	if small.Memory == 0 || small.Threads == 0 || small.Disk == 0 {
		t.Errorf("three sites need %v", small)
	}
	if long.Memory != small.Memory || long.Disk <= small.Disk {
		t.Errorf("500 trials need %v, few %v", long, small)
	}
	if err := small.Fits(); err != nil {
		t.Errorf("three sites are refused: %v", err)
	}
	if few, many := compile(t, "service-crash").Size(), (Size{Build: time.Minute}); few.Large() || !many.Large() || !strings.Contains(many.String(), "1 min") {
		t.Errorf("three sites need %v, a large lab %v", few, many)
	}
	err := Size{Memory: math.MaxInt64, Threads: math.MaxInt64, Files: math.MaxInt64}.Fits()
	for _, want := range []string{"of memory", "/proc/sys/kernel/pid_max", "files open here (ulimit -n)"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v doesn't say %q", err, want)
		}
	}
}

// What is too large for the machine is refused where the file says how large it is.
func TestSizeHasAPlace(t *testing.T) {
	p, err := compileText(t, `name: some
topology: {name: large, generate: {kind: star, sites: 900}, daemon: frr, anycast: 192.0.2.100/32}
services:
  - {name: web, kind: http}
probes:
  - {from: c1, service: web}
`)
	if err != nil {
		t.Fatal(err)
	}
	if p.Size().Fits() == nil {
		t.Skip("this machine has room for 900 sites")
	}
	if err := p.Fits(); err == nil || !strings.HasPrefix(err.Error(), "some.yaml:2:55: a lab of this size needs about ") {
		t.Errorf("got %v", err)
	}
}

// A table takes its room wherever it is heard, and no machine has that of a hundred.
func TestSizeOfTables(t *testing.T) {
	small := compile(t, "full-table").Size()
	large := compile(t, "full-table", "topology.nodes.a.table=1000000", "topology.nodes.b.table=1000000").Size()
	for what, more := range map[string]bool{
		"memory": large.Memory > small.Memory+4e9, "disk": large.Disk > 50*small.Disk, "time": large.Build > 10*small.Build,
	} {
		if !more {
			t.Errorf("%s: tables of a million need %v, of 10,000 %v", what, large, small)
		}
	}
	if small.Memory > 500e6 {
		t.Errorf("tables of 10,000 need %v", small)
	}
}

func TestSizeOnDisk(t *testing.T) {
	dir := t.TempDir() + "/not/made/yet"
	free, err := record.Free(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := (Size{Disk: 1}).OnDisk(dir); free > 2*record.LeastFree && err != nil {
		t.Error(err)
	}
	if err := (Size{Disk: free}).OnDisk(dir); err == nil || !strings.Contains(err.Error(), "the run needs about "+record.Size(free)) {
		t.Errorf("%v", err)
	}
}
