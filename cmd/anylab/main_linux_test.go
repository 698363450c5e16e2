package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if child, ok := children[os.Args[1]]; ok {
			os.Exit(child(os.Args[2:]))
		}
		if os.Args[1] == hidden {
			fmt.Fprintln(os.Stderr, hidePackages(os.Args[2:]))
			os.Exit(exitUnavailable)
		}
	}
	testscript.Main(m, map[string]func(){"anylab": main})
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Condition:           condition,
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup:               setup,
	})
}

// setup tells scripts where a run is stored ($STORED).
func setup(env *testscript.Env) error {
	stored, err := filepath.Abs(filepath.Join("..", "..", "reports", "testdata", "service-crash"))
	env.Setenv("STORED", stored)
	return err
}

// exits runs a command that must end with one exit code, or with one of
// several where the machine may be too busy to say (4, inconclusive):
//
//	exits 2 anylab run no-such-file.yaml
//	exits 0|4 anylab run link-down
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	got := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if !slices.Contains(strings.Split(args[0], "|"), strconv.Itoa(got)) {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// condition knows [netns], this machine can build labs, and [root], to whom no
// file is forbidden.
func condition(cond string) (bool, error) {
	switch cond {
	case "netns":
		return able(), nil
	case "root":
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

// able says whether anylab doctor finds everything that a lab needs. Where
// ANYLAB_REQUIRE asks for netns, it is not asked but taken for granted.
var able = sync.OnceValue(func() bool {
	if slices.Contains(strings.Split(os.Getenv("ANYLAB_REQUIRE"), ","), "netns") {
		return true
	}
	doctor := exec.Command("anylab", "doctor") // testscript.Main has put it into PATH
	return doctor.Run() == nil
})
