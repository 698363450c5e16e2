package lab_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/lab/record"
)

// A program that prints without end fills no disk: while it prints a log takes
// little more room than it has in the end, and its head and tail are there,
// those of a program that was killed too.
func TestLogThatGrowsIsCut(t *testing.T) {
	const most, written = 64_000_000, 6 + 300_000_000 + 5
	logs := t.TempDir()
	l := labtest.OpenTopology(t, star(1), lab.Options{Logs: logs})
	n := node(t, l, "a0")
	p := start(t.Context(), t, n, "sh", "-c", "echo first; yes | head -c 300000000; echo last; kill -9 $$")
	q, err := n.Start(t.Context(), "quiet", exec.Command("echo", "all"))
	if err != nil {
		t.Fatal(err)
	}
	await(t, p)
	await(t, q)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(logs, "a0", "proc.log"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte("first\ny\n")) || !bytes.HasSuffix(text, []byte("y\nlast\n")) || !bytes.Contains(text, []byte("left out")) {
		t.Errorf("the log begins with %q and ends with %q", text[:10], text[len(text)-10:])
	}
	if bytes.IndexByte(text, 0) >= 0 || len(text) > most+4096 {
		t.Errorf("the log has %d bytes, and zeros at %d", len(text), bytes.IndexByte(text, 0))
	}
	want := record.CutLog{Log: "a0/proc.log", Written: written, Kept: int64(len(text))}
	if cut := l.CutLogs(); len(cut) != 1 || cut[0] != want {
		t.Errorf("cut are %v, want %v", cut, want)
	}
	if text, err := os.ReadFile(filepath.Join(logs, "a0", "quiet.log")); err != nil || string(text) != "all\n" {
		t.Errorf("the other log is %q, error %v", text, err)
	}
}
