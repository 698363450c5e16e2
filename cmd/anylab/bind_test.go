package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/lab"
)

func TestBind(t *testing.T) {
	dir := t.TempDir()
	got, err := exposed([]string{dir, dir + ":rw"})
	if diff := cmp.Diff([]lab.Exposed{{Path: dir}, {Path: dir, Writable: true}}, got); err != nil || diff != "" {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{"", ":rw", "/", "/:rw", dir + "/none"} {
		if got, err := exposed([]string{bad}); err == nil {
			t.Errorf("--bind %q: %v, want an error", bad, got)
		}
	}
}
