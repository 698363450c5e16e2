package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What anylab help adding says of a fault and of a metric, carried out.
const (
	madeUpFault = `package fault

import "context"

// Sulk takes the node's route back for no reason.
type Sulk struct {
	operation ` + "`yaml:\",inline\"`" + `
	Mood      string ` + "`yaml:\"mood\" default:\"bad\" doc:\"how the node feels\"`" + `
}

// Declare says: nothing has to be detected.
func (f *Sulk) Declare(Setting) Declaration { return f.committed(Withdrawal) }

// Inject withdraws what the node's services announce.
func (f *Sulk) Inject(ctx context.Context, w *World) (Injected, error) {
	return (&Withdraw{f.operation}).Inject(ctx, w)
}
`
	madeUpMetric = `package reports

import "anylab/reports/timeline"

func echoes(f *timeline.Failover) int { return f.Broken.Sent - f.Broken.Lost }
`
	madeUpScenario = `name: sulk
topology: three-sites
services: [{name: dns, kind: dns}]
probes: [{from: london, service: dns, rate: 200/s, flows: 2}]
faults: [{kind: sulk, on: a, mood: gloomy}]
trials: 1
expect: [echoes > 0]
`
)

// TestAddingAFaultAndAMetric adds each as one file and one line in a table, to a
// copy of the tree, and nothing else.
func TestAddingAFaultAndAMetric(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the whole program")
	}
	t.Parallel()
	tree := t.TempDir()
	for _, dir := range []string{"cmd", "lab", "reports", "scenarios", "topologies"} {
		if err := os.CopyFS(filepath.Join(tree, dir), os.DirFS(filepath.Join("..", "..", dir))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		write(t, filepath.Join(tree, file), read(t, filepath.Join("..", "..", file)))
	}
	write(t, filepath.Join(tree, "lab/fault/sulk.go"), madeUpFault)
	addLine(t, filepath.Join(tree, "lab/fault/fault.go"), `	"switch-down":`,
		`	"sulk": {"a node sulks", func(p Place) Fault { return &Sulk{operation: operation{p}} }},`)
	write(t, filepath.Join(tree, "reports/echoes.go"), madeUpMetric)
	addLine(t, filepath.Join(tree, "reports/metric.go"), `	{"duplicate",`, `	{"echoes", untouched, counted(echoes)},`)
	addLine(t, filepath.Join(tree, "lab/record/metric.go"), `	{"failback_lost",`, `	{"echoes", Count},`)
	write(t, filepath.Join(tree, "sulk.yaml"), madeUpScenario)

	build := exec.Command("go", "build", "-trimpath", "-o", "anylab", "./cmd/anylab")
	build.Dir, build.Env = tree, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	commands := [][]string{{"check", "sulk.yaml"}}
	if able() {
		commands = append(commands, []string{"run", "sulk.yaml", "--json"})
	}
	printed := ""
	for _, args := range commands {
		c := exec.Command(filepath.Join(tree, "anylab"), args...)
		c.Dir = tree
		out, err := c.CombinedOutput()
		if code := c.ProcessState.ExitCode(); code != exitPass && code != exitInconclusive {
			t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
		printed = string(out)
	}
	if able() && !strings.Contains(printed, `"echoes": `) {
		t.Errorf("the metric is not in the result:\n%s", printed)
	}
}

// addLine puts a line before the first one with the prefix.
func addLine(t *testing.T, file, before, line string) {
	t.Helper()
	text := read(t, file)
	at := strings.Index(text, "\n"+before)
	if at < 0 {
		t.Fatalf("%s has no line %q", file, before)
	}
	write(t, file, text[:at+1]+line+"\n"+text[at+1:])
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
