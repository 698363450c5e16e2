package labtest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"
)

// settle bounds the wait for what ends by itself a moment after it was told
// to: a goroutine that is returning, a process that is being reaped.
const settle = 5 * time.Second

// checkLeaks notes what is there and, when the test ends, complains about
// what has come since. Call it before the thing that might leak is made.
func checkLeaks(t testing.TB) { checkLeaksFor(t, settle) }

func checkLeaksFor(t testing.TB, patience time.Duration) {
	before := takeStock()
	t.Cleanup(func() {
		left := waitFor(before, patience)
		for _, l := range left {
			t.Errorf("leaked: %s", l)
		}
	})
}

// stock is what a test could leave behind.
type stock struct {
	namespaces, processes, files []string
	goroutines                   int
}

func takeStock() stock {
	return stock{
		namespaces: names("/run/netns/*"),
		processes:  processes(),
		files:      openFiles(),
		goroutines: runtime.NumGoroutine(),
	}
}

// waitFor polls, because none of what it looks at can be waited for, until
// nothing is left or time is up.
func waitFor(before stock, patience time.Duration) []string {
	deadline := time.Now().Add(patience)
	for {
		left := takeStock().beyond(before)
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (s stock) beyond(before stock) []string {
	var left []string
	for _, kind := range []struct {
		what          string
		now, previous []string
	}{
		{"namespace", s.namespaces, before.namespaces},
		{"process", s.processes, before.processes},
		{"file", s.files, before.files},
	} {
		for _, x := range kind.now {
			if !slices.Contains(kind.previous, x) {
				left = append(left, kind.what+" "+x)
			}
		}
	}
	if s.goroutines > before.goroutines {
		var stacks strings.Builder
		_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
		left = append(left, fmt.Sprintf("%d goroutines:\n%s", s.goroutines-before.goroutines, stacks.String()))
	}
	return left
}

func names(pattern string) []string {
	paths, _ := filepath.Glob(pattern) // fails only for a bad pattern
	return paths
}

// processes lists all others of this PID namespace, zombies included.
func processes() []string {
	var list []string
	self := fmt.Sprintf("/proc/%d/stat", os.Getpid())
	for _, stat := range names("/proc/[0-9]*/stat") {
		text, err := os.ReadFile(stat)
		if err != nil || stat == self {
			continue // it has ended, or it is this one
		}
		end := strings.LastIndexByte(string(text), ')')
		list = append(list, string(text[:end+1]))
	}
	return list
}

// openFiles names this process's descriptors by number and target. The
// runtime's own (epoll, eventfd) are made once, at any time.
func openFiles() []string {
	var list []string
	for _, fd := range names("/proc/self/fd/*") {
		target, err := os.Readlink(fd)
		if err != nil || strings.HasPrefix(target, "anon_inode:[event") || strings.HasPrefix(target, "/proc/") {
			continue
		}
		list = append(list, filepath.Base(fd)+" -> "+target)
	}
	return list
}
