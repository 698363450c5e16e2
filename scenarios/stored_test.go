package scenarios

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// completed reads the record of a run that has its scenario's text only.
func completed(t *testing.T, text string, cells ...map[string]string) record.Run {
	t.Helper()
	run := record.Run{ScenarioYAML: text}
	for _, values := range cells {
		run.Cells = append(run.Cells, record.Cell{Values: values})
	}
	run, err := Complete(run)
	if err != nil || run.Experiment == nil {
		t.Fatalf("%v, experiment %v of\n%s", err, run.Experiment, text)
	}
	return run
}

// What every shipped scenario states is what its stored text is read as.
func TestStoredScenariosStateTheSame(t *testing.T) {
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		cells, err := s.Cells()
		if err != nil {
			t.Fatal(err)
		}
		var values []map[string]string
		for _, c := range cells {
			values = append(values, c.Cell)
		}
		run := completed(t, s.Source.String(), values...)
		if run.ExperimentSHA != s.Digest() || run.Summary != s.Summary {
			t.Errorf("%s: digest %s, want %s", name, run.ExperimentSHA, s.Digest())
		}
		for i, c := range cells {
			c.answered() // the lab does
			want := c.Experiment()
			silence(want.Faults) // the faults do
			if diff := cmp.Diff(want, run.Cells[i].Experiment, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
				t.Errorf("%s, %v (-stated +read):\n%s", name, c.Cell, diff)
			}
		}
	}
}

// Whatever is refused today was accepted once, or may be refused only tomorrow:
// a record with it is read, as far as it can be.
func TestNothingInARecordIsRefused(t *testing.T) {
	refused := 0
	for _, path := range []string{"testdata", "../lab/run/testdata", "../topologies/testdata"} {
		archive, err := txtar.ParseFile(filepath.Join(path, "mistakes.txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			text := string(f.Data)
			if strings.Contains(path, "topologies") {
				text = "topology:\n  " + strings.ReplaceAll(text, "\n", "\n  ")
			}
			d, err := document.Parse(f.Name, []byte(text))
			if err != nil || !d.Root().Has("topology") { // nothing can be read of these
				continue
			}
			refused++
			completed(t, text)
		}
	}
	if refused < 150 {
		t.Errorf("only %d mistakes were found", refused)
	}
}

func TestRefusedPartsLeaveTheRest(t *testing.T) {
	x := completed(t, strings.Replace(whole, trials, `trials: 6
sustain: 30s
limit: 30s
colour: blue
expect: [max(outage) < 1s, p42(misery) < 3, lost == 0]`, 1)).Experiment
	if x.Sustain != x.Limit || x.Limit.Seconds() != 30 || x.Trials != 6 || len(x.Probes) != 1 || x.Probes[0].Kind != "dns" || len(x.Topology.Links) == 0 {
		t.Errorf("%+v", x)
	}
	if len(x.Expect) != 3 || x.Expect[0].Metric != "outage" || x.Expect[1].Text != "p42(misery) < 3" || x.Expect[2].Metric != "lost" {
		t.Errorf("expectations %+v", x.Expect)
	}
}

// No file is looked for: that of a daemon may be gone, or be another one.
func TestFilesOfARecordAreNotLookedFor(t *testing.T) {
	x := completed(t, strings.Replace(whole, "asn: 65001", "asn: 65001, config: stored_test.go", 1)).Experiment
	for _, n := range x.Topology.Nodes {
		if n.ASN == 65001 && (n.Config == nil || n.Config.Path != "stored_test.go" || n.Config.SHA256 != "") {
			t.Errorf("%+v", n.Config)
		}
	}
}

func TestAMatrixOfARecord(t *testing.T) {
	fast, slow := map[string]string{"label": "fast"}, map[string]string{"label": "slow"}
	run := completed(t, entries, slow, fast, map[string]string{"label": "another"})
	for i, want := range []float64{300, 50} {
		b := run.Cells[i].Experiment.Topology.Links[0].BFD
		if b == nil || b.Interval.Seconds()*1000 != want {
			t.Errorf("cell %d: %+v, want an interval of %v ms", i, b, want)
		}
	}
	if run.Cells[2].Experiment != nil || run.Experiment.Topology.Links[0].BFD != nil {
		t.Errorf("a cell that the scenario doesn't have: %+v", run.Cells[2].Experiment)
	}
}

func TestARecordThatStatesItsExperimentStaysAsItIs(t *testing.T) {
	run := record.Run{ScenarioYAML: "no scenario", Experiment: &record.Experiment{Trials: 3}}
	got, err := Complete(run)
	if diff := cmp.Diff(run, got); err != nil || diff != "" {
		t.Errorf("%v, %s", err, diff)
	}
	for _, text := range []string{"", "{", "a: b: c"} {
		if _, err := Complete(record.Run{ScenarioYAML: text}); text != "" && err == nil {
			t.Errorf("%q is read as a scenario", text)
		}
	}
}

// A probe without a timeout had one of a second; by now that follows its way.
func TestProbesOfARecordHaveTheTimeoutOfTheirTime(t *testing.T) {
	if p := completed(t, whole).Experiment.Probes[0]; p.Timeout != time.Second {
		t.Errorf("timeout %v", p.Timeout)
	}
}
