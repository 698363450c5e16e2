// Package labtest gives a test a sandboxed lab.
package labtest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"anylab/lab"
)

// RequireEnv names what may not be missing: a comma-separated list such as
// "netns,bird,netem". A test that needs it then fails instead of being skipped,
// and so does one in whose lab something stands in for it.
const RequireEnv = "ANYLAB_REQUIRE"

// unavailable says why the tests run outside the sandbox; "" if they don't.
var unavailable string

// Main is the body of a TestMain. If the first argument names one of the
// children, it is that child: children are the programs that the tests start,
// by os.Executable, in namespaces. Otherwise it runs the tests, in the sandbox
// where there is one.
func Main(m *testing.M, children map[string]func(args []string) int) {
	if len(os.Args) > 1 {
		if child, ok := children[os.Args[1]]; ok {
			os.Exit(child(os.Args[2:]))
		}
	}
	if fuzzing() {
		os.Exit(m.Run())
	}
	code, err := lab.Sandbox(m.Run)
	var missing lab.Unavailable
	switch {
	case errors.As(err, &missing):
		unavailable = missing.Error()
		os.Exit(m.Run())
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

// fuzzing says whether targets are fuzzed, which need no lab. What the fuzzer finds
// it writes outside of the sandbox, and its workers inherit descriptors.
func fuzzing() bool {
	return slices.ContainsFunc(os.Args, func(arg string) bool { return strings.HasPrefix(arg, "-test.fuzz=") || arg == "-test.fuzzworker" })
}

// Require skips the test if one of the things that it needs is missing, or
// fails it if ANYLAB_REQUIRE lists the thing. "netns" is the sandbox; what
// lab.Capabilities lists goes by its name there; anything else is a program's
// name, looked for in PATH and in the system directories.
func Require(t testing.TB, what ...string) {
	t.Helper()
	for _, w := range what {
		reason := missing(w)
		switch {
		case reason == "":
		case required(w):
			t.Fatalf("%s is required: %s", w, reason)
		default:
			t.Skipf("no %s: %s", w, reason)
		}
	}
}
