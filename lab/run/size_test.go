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
