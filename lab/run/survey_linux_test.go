package run

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/labtest"
	"anylab/lab/record"
	"anylab/scenarios"
)

// TestTheLabIsLookedAtAroundEachFault: what is recorded of where traffic goes,
// and the files that say more. The survey is outside of what is measured. Who
// answers is looked at once, so a busy machine may spoil a run.
func TestTheLabIsLookedAtAroundEachFault(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	want := map[string]string{}
	for what, nodes := range map[string]string{
		"upstream best_path": "a b a", "london catchment": "a b a", "london way": "upstream+a upstream+b upstream+a", "a best_path": "a upstream a", "b best_path": "b b b",
	} {
		want["0 "+what], want["1 "+what] = nodes, nodes
	}
	path, diff := "", "none"
	for range 3 {
		var err error
		if path, err = execute(t.Context(), t, compile(t, "service-crash", "trials=2", "faults.0.for=2s", "sustain=300ms")); err != nil {
			t.Fatal(err)
		}
		if diff = cmp.Diff(want, seen(t, path, want)); diff == "" {
			break
		}
		t.Log(diff)
	}
	if diff != "" {
		t.Error("three runs differ (-want +got)")
	}
	saved(t, path, "upstream", "state-002-after.txt", "show bgp summary", "*>  192.0.2.100/32  10.0.0.3", "192.0.2.100/32 via 10.0.0.3 (b) dev eth1 proto bgp")
	saved(t, path, "london", "state-001-before.txt", "1  10.0.0.6 (upstream)", "2  192.0.2.100 (anycast)", "who answers the probes\na\n")
	if _, err := exec.LookPath("mtr"); err == nil {
		saved(t, path, "london", "state-001-before.txt", "> mtr --report", "1.|-- 10.0.0.6", "0.0  upstream", "2.|-- 192.0.2.100")
	}
	saved(t, path, "c", "state-001-healed.txt", "show bgp summary", "ip route")
}

// seen checks the order of a run's events and returns what was seen of each
// thing before and after the fault and once it was healed.
func seen(t *testing.T, path string, of map[string]string) map[string]string {
	t.Helper()
	var order []string
	got := map[string]string{}
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		switch d := e.Data.(type) {
		case record.Trial:
			order = append(order, string(d.Phase))
		case record.Fault:
			order = append(order, string(d.Phase))
		case record.State:
			if last := len(order) - 1; last < 0 || order[last] != string(d.When) {
				order = append(order, string(d.When))
			}
			what := fmt.Sprintf("%d %s %s", d.Index, e.Node, d.What)
			if _, asked := of[what]; asked {
				got[what] = strings.TrimSpace(got[what] + " " + strings.Join(d.Nodes, "+"))
			}
		}
	}
	once := []string{"before", "begin", "inject", "effective", "verified", "after", "heal", "healed", "heal-verified", "end", "healed"}
	if diff := cmp.Diff(append(once, once...), order); diff != "" {
		t.Error(diff)
	}
	return got
}

func saved(t *testing.T, path, node, name string, parts ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path, "logs", node, name))
	if err != nil {
		t.Error(err)
	}
	for _, part := range parts {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s/%s lacks %q:\n%s", node, name, part, text)
		}
	}
}

// A client that nobody answers is served by nobody, though the last answer was
// somebody's; and a frozen daemon is no failure of the survey.
func TestNobodyServesDuringABlackHole(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	path, err := execute(t.Context(), t, compile(t, "no-health-check", "trials=1", "faults.0.for=1s"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		if d, ok := e.Data.(record.State); ok && d.What == record.Catchment && d.When == record.After {
			seen++
			if len(d.Nodes) != 0 {
				t.Errorf("served by %v", d.Nodes)
			}
		}
	}
	if seen != 1 {
		t.Errorf("%d surveys after the fault", seen)
	}
	saved(t, path, "london", "state-001-after.txt", "nobody")
}

// A checker of the user's announces by itself; the embedded speaker has no way
// to let it.
func TestCheckersNeedADaemonThatTheyCanTell(t *testing.T) {
	_, err := compiled("service-crash", "services.dns.health={kind: loop, command: [sleep, '1000']}")
	if err == nil || !strings.Contains(err.Error(), "give the node one of the daemons bird, exabgp, frr") {
		t.Errorf("got %v", err)
	}
	_, err = compiled("recipe-frr", `faults=[{kind: withdraw, on: a}]`, "matrix=[{label: one}]")
	if err == nil || !strings.Contains(err.Error(), "own health checker") {
		t.Errorf("an operator withdraws what a checker announces: %v", err)
	}
	p, err := compiled("recipe-frr")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.cells[0].checked("a"); len(got) != 1 {
		t.Errorf("a's checker announces %v", got)
	}
	if got := compile(t, "service-crash").cells[0].checked("a"); got != nil {
		t.Errorf("anylab's own checker announces %v by itself", got)
	}
	if got := strings.Join(p.programs(), " "); got != "curl ip nginx sh" {
		t.Errorf("needs %s", got)
	}
}

func compiled(name string, set ...string) (*Plan, error) {
	s, err := scenarios.Load(name, set...)
	if err != nil {
		return nil, err
	}
	return Compile(s)
}
