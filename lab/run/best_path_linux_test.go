package run

import (
	"strings"
	"testing"
)

const looked = `name: looked
topology: three-sites
services: [{name: dns, kind: dns, health: {kind: process}}]
probes: [{from: london, service: dns}]
faults: [{kind: withdraw, on: a, for: 1s}]
matrix: [{label: one, topology.nodes.a.daemon: DAEMON}]
`

// What a daemon can't tell is refused where it is asked, not found unmet later.
func TestBestPathOfADaemonThatChoosesNone(t *testing.T) {
	for _, c := range []struct{ daemon, rest, want string }{
		{"exabgp", "expect: [lost == 0, best_path_after(a) == upstream]\n", `some.yaml:7:21: "best_path_after(a) == upstream" can't be observed: exabgp on node a is no router`},
		{"exabgp", "expect: [lost == 0]\nclaim:\n  - best_path(a) != a\n", "some.yaml:9:5: "},
		{"exabgp", "expect: [best_path(upstream) == a, best_path(b) == b, catchment(london) == a]\n", ""},
		{"openbgpd", "expect: [best_path(a) == a]\n", ""},
		{"gobgpd", "expect: [best_path(a) == a]\n", ""},
	} {
		_, err := compileText(t, strings.Replace(looked, "DAEMON", c.daemon, 1)+c.rest)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s, %s: %v", c.daemon, c.rest, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s, %s: got %v, want %s", c.daemon, c.rest, err, c.want)
		}
	}
}

// A matrix that skips what can't be done leaves such a cell out.
func TestBestPathOfADaemonThatIsSkipped(t *testing.T) {
	p, err := compileText(t, strings.Replace(looked, "DAEMON", "exabgp", 1)+"missing: skip\nexpect: [best_path(a) == a]\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.LeftOut) != 1 || !strings.HasPrefix(p.LeftOut[0].Reason, `"best_path(a) == a" can't be observed: exabgp`) || strings.Contains(p.LeftOut[0].Reason, "\n") {
		t.Errorf("left out: %+v", p.LeftOut)
	}
}
