package run

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The record states what the scenario leaves to kinds, what faults declare, and
// the digest of a file of the user's own.
func TestFacts(t *testing.T) {
	file, text := filepath.Join(t.TempDir(), "a.conf"), []byte("protocol bgp { local as 65001; neighbor 10.0.0.0 as 65000; hold time 6; }\n")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	about := compile(t, "service-crash", "topology.nodes.a.daemon=bird", "topology.nodes.a.config="+file).About(time.Now())
	for where, x := range map[string]int{"the run": -1, "its cell": 0} {
		got := about.Experiment
		if x == 0 {
			got = about.Cells[0].Experiment
		}
		if got.Probes[0].Kind != "dns" || got.Services[0].Port != 53 || got.Services[0].Health.Kind != "dns" {
			t.Errorf("%s: probe %+v, service %+v", where, got.Probes[0], got.Services[0])
		}
		if !got.Faults[0].Silences {
			t.Errorf("%s: a crashed service is not silent: %+v", where, got.Faults[0])
		}
		a, _ := got.Topology.Node("a")
		if a.Config == nil || a.Config.Path != file || a.Config.SHA256 != fmt.Sprintf("%x", sha256.Sum256(text)) {
			t.Errorf("%s: %+v", where, a.Config)
		}
		if l := got.Topology.LinksOf("a")[0]; l.BGP.Hold != 6*time.Second || l.BGP.Keepalive != 2*time.Second {
			t.Errorf("%s: the file's hold time of 6 s came out as %+v", where, l.BGP)
		}
	}
	if got := compile(t, "drain").About(time.Now()).Cells[0].Experiment.Faults[0]; got.Silences {
		t.Errorf("a drained site is not silent: %+v", got)
	}
	matrix := compile(t, "service-crash", "matrix={probes.0.flows: [1, 2]}").About(time.Now())
	for i, c := range matrix.Cells {
		if c.Experiment.Probes[0].Flows != i+1 {
			t.Errorf("cell %d has %d flows", i, c.Experiment.Probes[0].Flows)
		}
	}
}
