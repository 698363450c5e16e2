package bgp

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"anylab/topologies"
)

// site is a node whose own files are those of the archive, the configuration
// first.
func site(t *testing.T, daemon, archive string, files ...string) topologies.Node {
	t.Helper()
	dir := t.TempDir()
	list := txtar.Parse([]byte(archive)).Files
	for _, f := range list {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, f.Name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.Replace(one, "daemon: DAEMON", "daemon: "+daemon+", config: "+list[0].Name+", files: ["+strings.Join(files, ", ")+"]", 1)
	top, err := topologies.Parse(filepath.Join(dir, "lab.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	n, _ := top.Node("a")
	return n
}

const one = `name: one
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001, daemon: DAEMON}
  u: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, u]
anycast: 192.0.2.100/32
`

const birdInPieces = `
-- bird.conf --
router id 10.0.0.1;
include "bird.d/*.conf";
include "nothing/*.conf";
protocol device { }
-- bird.d/1.conf --
define US = 65001;
include "deeper/upstreams.conf";
-- bird.d/2.conf --
protocol bgp up from upstreams {
	neighbor 10.0.0.0 as 65000;
}
-- bird.d/deeper/upstreams.conf --
template bgp upstreams {
	local as US;
	hold time 30;
	ipv4 { import none; export all; };
}
`

// What is included is read where it stands, and its lines are its own.
func TestIncludes(t *testing.T) {
	n := site(t, "bird", birdInPieces)
	var names []string
	for _, f := range OwnFiles(n) {
		names = append(names, f.Name)
	}
	if want := []string{"bird.conf", "bird.d/1.conf", "bird.d/deeper/upstreams.conf", "bird.d/2.conf"}; !slices.Equal(names, want) {
		t.Errorf("the files are %v, want %v", names, want)
	}
	r, err := readFile(n.Daemon, n.Config, n.Files)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := r.With(netip.MustParseAddr("10.0.0.0"))
	if !ok || len(r.Refused) > 0 || s.At.String() != "bird.d/2.conf:2" || s.Hold.Value != 30*time.Second || s.Hold.At.String() != "bird.d/deeper/upstreams.conf:3" || r.AS.Value != 65001 {
		t.Errorf("%+v", r)
	}

	n = site(t, "openbgpd", "-- bgpd.conf --\nUS = 65001\ninclude \"peers/r.conf\"\nallow to any\n-- peers/r.conf --\nAS $US\nneighbor 10.0.0.0 {\n remote-as 65000\n}\n")
	r, err = readFile(n.Daemon, n.Config, n.Files)
	if err != nil || len(r.Refused) > 0 || r.AS.Value != 65001 || len(r.Sessions) != 1 || r.Sessions[0].At.String() != "peers/r.conf:2" {
		t.Errorf("%v: %+v", err, r)
	}
}

// manyIncludes are seven files, each of which includes the next one nine times: 9^6
// files in all.
func manyIncludes() string {
	archive := ""
	for i := range 7 {
		archive += fmt.Sprintf("-- %d.conf --\n", i) + strings.Repeat(fmt.Sprintf("include \"%d.conf\";\n", i+1), 9)
	}
	return archive + "-- 7.conf --\n"
}

func TestIncludesThatAreRefused(t *testing.T) {
	for _, tt := range []struct{ archive, want string }{
		{"-- f.conf --\n\ninclude \"more.conf\";\n", `f.conf:2: "include more.conf": there is no file DIR/more.conf`},
		{"-- f.conf --\ninclude \"/etc/bird/more.conf\";\n", `f.conf:1: "include /etc/bird/more.conf": in a lab the file is not there; write its path relative to f.conf, and put it beside that`},
		{"-- f.conf --\ninclude \"../more.conf\";\n", `f.conf:1: "include ../more.conf": ../more.conf leads out of DIR, to which files are relative`},
		{"-- f.conf --\ninclude \"d/g.conf\";\n-- d/g.conf --\n\ninclude \"g.conf\";\n", `d/g.conf:2: "include g.conf": it includes itself, or files include each other more than 8 deep`},
		{manyIncludes(), `6.conf:4: "include 7.conf": more than 1000 files are included`},
	} {
		n := site(t, "bird", tt.archive)
		r, err := readFile(n.Daemon, n.Config, n.Files)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(tt.want, "DIR", filepath.Dir(n.Config))
		if len(r.Refused) != 1 || r.Refused[0].String() != want {
			t.Errorf("%v, want %s", r.Refused, want)
		}
	}
}

// A mistake in an included file is the daemon's at that file's line.
func TestProofreadIncluded(t *testing.T) {
	for daemon, tt := range map[string]struct{ archive, want string }{
		"bird":     {strings.Replace(birdInPieces, "hold time 30", "hold thyme 30", 1), "bird.d/deeper/upstreams.conf:3: "},
		"openbgpd": {"-- bgpd.conf --\nAS 65001\nrouter-id 10.0.0.1\ninclude \"peers.conf\"\n-- peers.conf --\n\njunk here\n", "peers.conf:2: "},
	} {
		if d, err := Named(daemon); err != nil || d.Available() != nil {
			t.Log(daemon, "is not installed")
			continue
		}
		got := Proofread(t.Context(), site(t, daemon, tt.archive))
		if len(got) == 0 || !strings.HasPrefix(got[0].String(), tt.want) {
			t.Errorf("%s: %v, want %s", daemon, got, tt.want)
		}
	}
	plain := strings.Replace(birdInPieces, `include "nothing/*.conf";`, "", 1) // BIRD 2.0 wants a match
	if got := Proofread(t.Context(), site(t, "bird", plain)); got != nil {
		t.Errorf("nothing is wrong, but %v", got)
	}
}

// FRR's daemons may have a file each.
func TestSplitFiles(t *testing.T) {
	n := site(t, "frr", `
-- frr/bgpd.conf --
router bgp 65001
 neighbor 10.0.0.0 remote-as 65000
 neighbor 10.0.0.0 bfd profile fast
-- frr/bfdd.conf --
bfd
 profile fast
  transmit-interval 50
-- frr/ospfd.conf --
router ospf
-- frr/daemons --
bgpd=yes
`, "bfdd.conf", "ospf*", "daemons")
	r, err := readFile(n.Daemon, n.Config, n.Files)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := r.With(netip.MustParseAddr("10.0.0.0"))
	if b := s.BFD; !b.Known || b.Value.Transmit != 50*time.Millisecond || len(r.Refused) > 0 {
		t.Errorf("%+v", r)
	}
	if len(r.Ignored) != 1 || r.Ignored[0].String() != "ospfd.conf: of no daemon that a lab runs: "+frrRun {
		t.Errorf("ignored: %v", r.Ignored)
	}
	files, err := frrUserFiles(Config{Node: "a", File: n.Config, Files: n.Files})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"frr.conf": "router bgp", "bfdd.conf": "profile fast", "zebra.conf": "hostname a"} {
		i := slices.IndexFunc(files, func(f file) bool { return f.name == name })
		if i < 0 || !strings.Contains(files[i].text, want) {
			t.Errorf("%s has no %q: %v", name, want, files)
		}
	}
}
