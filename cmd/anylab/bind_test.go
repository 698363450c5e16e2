package main

import (
	"os"
	"path/filepath"
	"strings"
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
	link := filepath.Join(dir, "link")
	if err := os.Symlink("/proc", link); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", ":rw", "/", "/:rw", dir + "/none", "/proc", "/proc/sys:rw", link + ":rw", "/sys/kernel:rw", "/dev:rw", "/dev/null", "/sys/fs/cgroup:rw", "/run", "/run/lock:rw"} {
		if got, err := exposed([]string{bad}); err == nil {
			t.Errorf("--bind %q: %v, want an error", bad, got)
		}
	}
}

func TestEnvironmentIsGivenByName(t *testing.T) {
	t.Setenv("ANYLAB_TEST_TOKEN", "x")
	if got, err := passed([]string{"ANYLAB_TEST_TOKEN"}); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "ANYLAB_TEST_TOKEN=y", "ANYLAB_TEST_NO_SUCH_TOKEN"} {
		if _, err := passed([]string{bad}); err == nil || !strings.Contains(err.Error(), "--env") {
			t.Errorf("--env %q: %v, want an error", bad, err)
		}
	}
}
