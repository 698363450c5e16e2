package run

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"anylab/lab/record"
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
		if l := slices.Collect(got.Topology.LinksOf("a"))[0]; l.BGP.Hold != 6*time.Second || l.BGP.Keepalive != 2*time.Second {
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

// What is measured changes with the content of a file that a node or a command is
// run with, not with the directory that all of them are in.
func TestUsedFiles(t *testing.T) {
	here, there := t.TempDir(), filepath.Join(t.TempDir(), "below")
	about := func(dir, conf, script string) record.Run {
		for name, text := range map[string]string{"x/a.conf": conf, "y/a.conf": conf, "check": script} {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o755)); err != nil {
				t.Fatal(err)
			}
		}
		p := compile(t, "service-crash", "topology.nodes.a.daemon=bird", "topology.nodes.b.daemon=bird",
			"matrix={topology.nodes.a.config: ["+dir+"/x/a.conf, "+dir+"/y/a.conf]}",
			"services.dns.health={kind: script, command: [sh, -c, exec sh "+dir+"/check --by=/bin/sh]}")
		return p.About(time.Now())
	}
	conf := "protocol bgp { local as 65001; neighbor 10.0.0.0 as 65000; }\n"
	base := about(here, conf, "true")
	var kept []string
	for _, f := range base.Experiment.Files {
		kept = append(kept, f.Kept)
	}
	if want := []string{"files/check", "files/x/a.conf", "files/y/a.conf"}; !slices.Equal(slices.Sorted(slices.Values(kept)), want) {
		t.Errorf("kept %v, want %v", kept, want)
	}
	for what, other := range map[string]record.Run{"configuration": about(here, conf+"# more\n", "true"), "script": about(here, conf, "false")} {
		if other.ScenarioSHA256 == base.ScenarioSHA256 || other.ExperimentSHA == base.ExperimentSHA {
			t.Errorf("another %s is no other experiment: %+v", what, other.Experiment.Files)
		}
	}
	if again := about(here, conf, "true"); again.ScenarioSHA256 != base.ScenarioSHA256 || again.ExperimentSHA != base.ExperimentSHA {
		t.Error("the same files are another experiment")
	}
	var sums [2][]string
	for i, run := range []record.Run{base, about(there, conf, "true")} {
		for _, f := range run.Experiment.Files {
			sums[i] = append(sums[i], f.Kept+" "+f.SHA256)
		}
	}
	if !slices.Equal(sums[0], sums[1]) {
		t.Errorf("elsewhere %v, not %v", sums[1], sums[0])
	}
}
