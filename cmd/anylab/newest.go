package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"anylab/lab/record"
)

// latest means the newest run, below out or below the directory before it.
const latest = "latest"

// newest returns the run that is meant, and says on stderr which it is unless it
// was named by its path: of several the newest, so that a pattern means the same
// whether the shell or this program expands it.
func newest(stderr io.Writer, names ...string) (string, error) {
	if len(names) == 1 {
		if _, err := os.Stat(names[0]); err == nil || !isPattern(names[0]) {
			return names[0], nil
		}
	}
	var paths []string
	for _, name := range names {
		found, err := matches(name)
		if err != nil {
			return "", err
		}
		paths = append(paths, found...)
	}
	what := strings.Join(names[:1], "") + map[bool]string{true: " and others"}[len(names) > 1]
	run, ok := record.Newest(paths...)
	if !ok {
		return "", fmt.Errorf("%s: there is no run", what)
	}
	say(stderr, what+": the newest run is "+run)
	return run, nil
}

// isPattern says whether a name may mean another path than its own.
func isPattern(name string) bool {
	return filepath.Base(name) == latest || strings.ContainsAny(name, "*?[")
}

// matches returns the paths that a name stands for.
func matches(name string) ([]string, error) {
	dir, last := filepath.Split(name)
	switch _, err := os.Stat(name); {
	case err == nil:
		return []string{name}, nil
	case name == latest:
		return []string{"out"}, nil
	case last == latest:
		return []string{dir}, nil
	}
	found, err := filepath.Glob(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return found, nil
}
