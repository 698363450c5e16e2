package bgp

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/topologies"
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

// otherBuild is a directory with a program that says that of itself.
func otherBuild(t *testing.T, program, says string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\necho "+says+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What is known of one version is not said of another.
func TestFloorOfAnotherBuild(t *testing.T) {
	for _, c := range []struct{ version, unknown string }{
		{"2.0.12", ""}, {"2.0", ""},
		{"2.15.1", "bird 2.15.1 on r: its floor is not known; it was measured with 2.0"},
		{"3.0.1", "bird 3.0.1 on r: its floor is not known; it was measured with 2.0"},
	} {
		n := topologies.Node{Name: "r", Daemon: "bird", Machine: topologies.Machine{Bin: otherBuild(t, "bird", "BIRD version "+c.version)}}
		if f := FloorOf(n); f == nil || f.Unknown != c.unknown || (f.Why == "") != (c.unknown != "") {
			t.Errorf("%s: %+v, want %q", c.version, f, c.unknown)
		}
	}
}

// A build that isn't there, or is another daemon's, is refused where it is named.
func TestRefusedBuilds(t *testing.T) {
	for name, c := range map[string]struct{ bin, want string }{
		"nowhere": {"/no/such", "no bird in /no/such, nor in sbin, bin, usr/sbin, usr/bin there"},
		"another": {otherBuild(t, "zebra", "zebra version 10.1"), "no bird in "},
		"no bird": {otherBuild(t, "bird", "tweet"), "is no bird that could be run here: it does not tell its version"},
	} {
		top, err := topologies.Parse("t.yaml", []byte(`name: t
nodes:
  r: {role: router, asn: 65000}
  a:
    role: anycast
    asn: 65001
    daemon: bird
    bin: `+c.bin+`
links:
  - {endpoints: [r, a]}
anycast: 192.0.2.100/32
`))
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(top); err == nil || !strings.Contains(err.Error(), "t.yaml:8:10: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want t.yaml:8:10 with %q", name, err, c.want)
		}
	}
}
