package labtest

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab"
)

// Freeze stops a process and waits until it stands still: each thread stops by
// itself, a moment after the signal was sent.
func Freeze(t testing.TB, p *lab.Proc) {
	t.Helper()
	if err := p.Signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); !still(p.PID()); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s of %s does not stand still", p.Name(), p.Node())
		}
	}
}

// still says whether all threads of a process are in the state T of proc(5).
func still(pid int) bool {
	threads := names(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if _, state, _ := bytes.Cut(text, []byte(") ")); err != nil || !bytes.HasPrefix(state, []byte("T")) {
			return false
		}
	}
	return len(threads) > 0
}
