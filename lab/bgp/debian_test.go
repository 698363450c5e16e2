package bgp

import (
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ciLine is a daemon of .ci/daemons, its package and one of its programs.
var ciLine = regexp.MustCompile(`(?m)^\t\t(\w+) (\w+) /\S+/(\w+)$`)

// CI installs every daemon that comes in a package, by a line that agrees with
// the driver.
func TestCIInstallsEveryDaemon(t *testing.T) {
	text, err := os.ReadFile("../../.ci/daemons")
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{}, map[string]string{}
	for name, d := range drivers {
		if p, ok := d.(packaged); ok {
			for _, pkg := range p.packages() {
				want[name] = pkg
			}
		}
	}
	for _, line := range ciLine.FindAllStringSubmatch(string(text), -1) {
		got[line[1]] = line[2]
		if Packages()[line[3]] == "" {
			t.Errorf("%s: no driver needs a program %s", line[1], line[3])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packages by daemon (-drivers +.ci/daemons):\n%s", diff)
	}
}

func TestPackages(t *testing.T) {
	all := Packages()
	for program, want := range map[string]string{"bird": "bird2", "birdc": "bird2", "bgpctl": "openbgpd", "zebra": "frr", "exabgp-healthcheck": "exabgp"} {
		if all[program] != want {
			t.Errorf("%s comes in %q, want %q", program, all[program], want)
		}
	}
}
