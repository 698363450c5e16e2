package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/goccy/go-yaml"
	"golang.org/x/sys/unix"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/scenarios"
	"anylab/topologies"
)

// hidden is the test binary's own subcommand that runs a program where no
// package with a BGP daemon seems to be installed.
const hidden = "without-packages"

// packages are those that bring the daemons. The embedded gobgp needs none.
var packages = map[string]string{"bird": "bird2", "exabgp": "exabgp", "frr": "frr", "gobgpd": "gobgpd", "openbgpd": "openbgpd"}

// hidePackages covers the directories in which daemons are looked for, and runs
// the program. It expects a mount namespace of its own.
func hidePackages(args []string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("keep mounts private: %w", err)
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/lib/frr", "/usr/libexec/frr", "/usr/local/lib/frr"} {
		if err := unix.Mount("none", dir, "tmpfs", 0, ""); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("cover %s: %w", dir, err)
		}
	}
	if err := os.Setenv("PATH", os.DevNull); err != nil {
		return err
	}
	return syscall.Exec(args[0], args, os.Environ())
}

// onBareMachine runs anylab where no daemon is to be found, and returns what it
// printed and its exit code.
func onBareMachine(t *testing.T, args ...string) (text string, code int) {
	t.Helper()
	path, err := exec.LookPath("anylab")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", append([]string{hidden, path}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// expected says what the reason for leaving a cell out must name; nothing for a
// cell that is to be carried out. What a daemon can't do comes before what is
// not installed: installing it would not help.
func expected(s scenarios.Scenario) []string {
	limited := []string{"exabgp", "gobgpd", "openbgpd"} // neither router nor BFD
	var missing []string
	for _, n := range s.Topology.Nodes {
		switch {
		case slices.Contains(limited, n.Daemon) && n.Role == topologies.Router:
			return []string{n.Daemon, "can't be a router"}
		case slices.Contains(limited, n.Daemon) && s.Topology.Links[0].BFD != nil:
			return []string{n.Daemon, "has BFD, which"}
		case packages[n.Daemon] != "":
			missing = append(missing, "daemon "+n.Daemon+": no ", "apt-get install --no-install-recommends "+packages[n.Daemon])
		}
	}
	return missing
}

// namesAll looks for a line for every cell that is left out, with its reason.
func namesAll(t *testing.T, where, text string, cells []scenarios.Scenario) {
	t.Helper()
	for _, c := range cells {
		row, column, _ := strings.Cut(c.Cell[record.CellLabel], ": ")
		cell := regexp.MustCompile(`(^| )` + regexp.QuoteMeta(row) + `(: | \((.*; )?)` + regexp.QuoteMeta(column))
		named := false
		for line := range strings.Lines(text) {
			named = named || cell.MatchString(line) && !slices.ContainsFunc(expected(c), func(part string) bool { return !strings.Contains(line, part) })
		}
		if !named {
			t.Errorf("%s: no line names the cell %q with %q", where, c.Cell[record.CellLabel], expected(c))
		}
	}
}

// split returns the cells of a scenario that are left out on a bare machine,
// and the labels of the others.
func split(t *testing.T, name string) (out []scenarios.Scenario, in []string) {
	t.Helper()
	s, err := scenarios.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := s.Cells()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		if expected(c) == nil {
			in = append(in, c.Cell[record.CellLabel])
			continue
		}
		out = append(out, c)
	}
	return out, in
}

// withOneCell writes the scenario daemons with all of its cells but one of those
// that a bare machine carries out, which take long.
func withOneCell(t *testing.T, keep string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "scenarios", "daemons.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := yaml.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	s["matrix"] = slices.DeleteFunc(s["matrix"].([]any), func(cell any) bool {
		label := cell.(map[string]any)["label"].(string)
		return strings.HasPrefix(label, "gobgp: ") && label != keep
	})
	path := filepath.Join(t.TempDir(), "daemons.yaml")
	if text, err = json.Marshal(s); err == nil { // which is YAML
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// On a machine with none of the packages the matrix of all daemons runs with
// what is left, the embedded speaker, and says everywhere which cells it left
// out and why.
func TestDaemonsWithoutAnyPackage(t *testing.T) {
	if !able() {
		t.Skip("this machine cannot build labs: see anylab doctor")
	}
	t.Parallel()
	text, code := onBareMachine(t, "check", "daemons")
	out, in := split(t, "daemons")
	namesAll(t, "check", text, out)
	if n := strings.Count(text, " trials of "); code != exitPass || n != len(in) || len(in) < 7 {
		t.Errorf("exit code %d; %d cells are planned, want %q:\n%s", code, n, in, text)
	}

	const only = "gobgp: killed"
	path, dir := withOneCell(t, only), t.TempDir()
	text, code = onBareMachine(t, "run", path, "--trials", "1", "--out", dir)
	if code != exitPass && code != exitInconclusive {
		t.Fatalf("exit code %d:\n%s", code, text)
	}
	if out, in = split(t, path); !slices.Equal(in, []string{only}) {
		t.Fatalf("cells to be carried out: %q", in)
	}
	_, summary, _ := strings.Cut(text, "\n== Left out\n")
	namesAll(t, "the terminal", summary, out)
	runs, err := filepath.Glob(filepath.Join(dir, "daemons", "*"))
	if err != nil || len(runs) != 1 {
		t.Fatalf("run directories %q, %v", runs, err)
	}
	page, err := os.ReadFile(filepath.Join(runs[0], "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Left out\n")
	namesAll(t, "report.md", section, out)
	inResult(t, runs[0], only, out, code == exitPass)
}

// inResult looks for the same in result.json, and for the trial that was made.
func inResult(t *testing.T, dir, only string, out []scenarios.Scenario, conclusive bool) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	var res reports.Result
	if err := json.Unmarshal(text, &res); err != nil {
		t.Fatal(err)
	}
	if len(res.LeftOut) != len(out) {
		t.Errorf("result.json: %d cells are left out, want %d", len(res.LeftOut), len(out))
	}
	var lines strings.Builder
	for _, l := range res.LeftOut {
		fmt.Fprintf(&lines, "%s - %s\n", l.Values[record.CellLabel], l.Reason)
	}
	namesAll(t, "result.json", lines.String(), out)
	if len(res.Trials) != 1 || res.Trials[0].Cell[record.CellLabel] != only || conclusive && res.Trials[0].AnsweredBy.After != "b" {
		t.Errorf("trials %+v, want one of %s after which b answers", res.Trials, only)
	}
}
