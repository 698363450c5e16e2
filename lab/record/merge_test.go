package record

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shards makes run directories of a run's shards, as they are said to be.
func shards(t *testing.T, list ...func(*Run)) []string {
	t.Helper()
	var dirs []string
	for i, change := range list {
		run := Run{Scenario: "s", ScenarioSHA256: "00", Seed: 7, Anylab: "v1", Outcome: completed, Shard: &Shard{i + 1, len(list)},
			Started: time.Unix(int64(100+i), 0).UTC(), Ended: time.Unix(int64(200+i), 0).UTC(), Cells: []Cell{{Trials: 2}}}
		change(&run)
		dir := filepath.Join(t.TempDir(), fmt.Sprint("run-", i))
		d, err := Create(dir, run)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	return dirs
}

func undamaged(string) error { return nil }

func TestMergeNamesWhatIsWrong(t *testing.T) {
	as := func(index int) func(*Run) { return func(r *Run) { r.Shard.Index = index } }
	commanded := func(flags, digest string) func(*Run) {
		return func(r *Run) { r.Command, r.ScenarioSHA256 = "anylab run s.yaml "+flags+" --seed=7", digest }
	}
	right := func(*Run) {}
	for name, c := range map[string]struct {
		list []func(*Run)
		want string
	}{
		"missing":         {[]func(*Run){right, right, as(2)}, "shard 3/3 is missing: anylab run s --shard 3/3 --seed 7"},
		"twice":           {[]func(*Run){right, right, as(2)}, "shard 2/3 is there twice"},
		"ended early":     {[]func(*Run){right, func(r *Run) { r.Outcome = "interrupted" }}, "shard 2/2 did not come to its end"},
		"another seed":    {[]func(*Run){right, func(r *Run) { r.Seed = 8 }}, "another seed: 8, not 7"},
		"another version": {[]func(*Run){right, func(r *Run) { r.Anylab = "v2" }}, "another version of anylab: v2, not v1"},
		"changed":         {[]func(*Run){right, func(r *Run) { r.ScenarioSHA256 = "01" }}, "another scenario's digest"},
		"other cells":     {[]func(*Run){right, func(r *Run) { r.Cells[0].Values = map[string]string{"a": "1"} }}, "another cells: a=1"},
		"another number":  {[]func(*Run){right, func(r *Run) { r.Shard.Of = 3 }}, "another number of shards: 3, not 2"},
		"other trials": {[]func(*Run){commanded("--shard=1/2 --trials=4", "00"), commanded("--shard=auto --trials=5", "01")},
			"other flags: --trials=5, not --trials=4"},
		"set in one": {[]func(*Run){commanded("--set='a=1 2' --set=b=1 --shard=1/2", "00"), commanded("--set=b=1 --shard=2/2", "01")},
			"other flags: none, not --set='a=1 2'"},
		"whole command": {[]func(*Run){commanded("--set=a=1 --shard=auto --trials=4", "00"), commanded("--set=a=1 --shard=auto --trials=4", "00"), as(2)},
			"shard 3/3 is missing: anylab run s.yaml --set=a=1 --shard=3/3 --trials=4 --seed=7 --out="},
		"no shard": {[]func(*Run){right, func(r *Run) { r.Shard = nil }}, "is no shard of a run"},
	} {
		out := t.TempDir()
		_, err := Merge(out, shards(t, c.list...), undamaged)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
		if left, _ := os.ReadDir(out); len(left) > 0 {
			t.Errorf("%s: something was made all the same: %v", name, left)
		}
	}
}

// A shard is made again where merge found it, or the others.
func TestOutOf(t *testing.T) {
	for beside, want := range map[string]string{
		"out/s/1": "", "two/s/1": " --out=two", "/x/copied": " --out=/x", "/a b/s/1": " --out='/a b'", "s/1": " --out=.",
	} {
		if got := outOf(beside, "s"); got != want {
			t.Errorf("%s: %q, want %q", beside, got, want)
		}
	}
}

func TestShellWord(t *testing.T) {
	for arg, want := range map[string]string{
		"80%": "80%", "mine.yaml": "mine.yaml", "": "''", "interruption < 1s": "'interruption < 1s'", "it's": `'it'\''s'`, "$x": "'$x'",
	} {
		if got := ShellWord(arg); got != want {
			t.Errorf("%q: %s, want %s", arg, got, want)
		}
	}
}

// A shard that was begun again counts once.
func TestMergeTakesTheShardThatEnded(t *testing.T) {
	dirs := shards(t, func(*Run) {}, func(*Run) {}, func(r *Run) { r.Shard.Index, r.Outcome = 2, "" })
	for _, dir := range dirs { // two shards
		run, err := ReadRun(dir)
		if err != nil {
			t.Fatal(err)
		}
		run.Shard.Of = 2
		remade, err := Create(dir+"-again", run)
		if err != nil {
			t.Fatal(err)
		}
		if err := remade.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}} {
		var list []string
		for _, i := range order {
			list = append(list, dirs[i]+"-again")
		}
		path, err := Merge(t.TempDir(), list, undamaged)
		if err != nil {
			t.Fatal(err)
		}
		run, err := ReadRun(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"shard-1", "shard-2"}, run.Parts); diff != "" || run.Cells[0].Trials != 4 || run.Outcome != completed ||
			run.Started.Unix() != 100 || run.Ended.Unix() != 201 || run.Shard != nil {
			t.Errorf("%s: %+v", diff, run)
		}
		for i, name := range run.Parts {
			if part, err := ReadRun(PartDir(path, name)); err != nil || part.Shard.Index != i+1 || part.Outcome != completed {
				t.Errorf("%s: %+v, %v", name, part.Shard, err)
			}
		}
		if dir, ok := Newest(filepath.Dir(filepath.Dir(path))); !ok || dir != path {
			t.Errorf("newest %q, want the run and none of its parts", dir)
		}
	}
}

// What shards make says what they say, and all of it.
func TestMadeOf(t *testing.T) {
	right := func(*Run) {}
	path, err := Merge(t.TempDir(), shards(t, right, right), undamaged)
	if err != nil {
		t.Fatal(err)
	}
	made, err := ReadRun(path)
	if err != nil {
		t.Fatal(err)
	}
	var parts []Run
	for _, name := range made.Parts {
		p, err := ReadRun(PartDir(path, name))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p)
	}
	for want, change := range map[string]func(*Run, *[]Run){
		"":                                    func(*Run, *[]Run) {},
		"it has 1 shards of 2":                func(r *Run, p *[]Run) { r.Parts, *p = r.Parts[:1], (*p)[:1] },
		"its part shard-2 is not shard 2/2":   func(_ *Run, p *[]Run) { *p = []Run{(*p)[0], (*p)[0]} },
		"its cells is not what its parts say": func(r *Run, _ *[]Run) { r.Cells = []Cell{{Trials: 3}} },
		"its seed is not what its parts say":  func(r *Run, _ *[]Run) { r.Seed = 8 },
		"its parts say nothing of experiment": func(r *Run, _ *[]Run) { r.Experiment = &Experiment{Trials: 4} },
	} {
		run, own := made, parts
		change(&run, &own)
		if err := run.MadeOf(own); want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// What labs were dealt of a validation is what all of it was to prove.
func TestMadeOfLabs(t *testing.T) {
	proves := func(labels ...string) *Validation {
		v := &Validation{Share: 0.9}
		for _, l := range labels {
			v.Failures = append(v.Failures, Failure{Label: l})
		}
		return v
	}
	parts := []Run{{Seed: 7, Validation: proves("a", "c")}, {Seed: 7, Validation: proves("b")}}
	for _, c := range []struct {
		change func(*Run)
		want   string
	}{
		{func(*Run) {}, ""},
		{func(r *Run) { r.Validation = proves("a", "b") }, "its failures are"},
		{func(r *Run) { r.Validation = proves("a", "b", "b") }, "its failures are"},
		{func(r *Run) { r.Validation.Share = 0.1 }, "its validation is not"},
		{func(r *Run) { r.Validation = nil }, "its validation is not"},
		{func(r *Run) { r.Experiment = &Experiment{} }, "its parts say nothing of experiment"},
	} {
		run := Run{Seed: 7, Parts: []string{"lab-1", "lab-2"}, Validation: proves("a", "b", "c")}
		c.change(&run)
		for _, r := range []Run{run, run.Together(parts)} { // while it goes on, and at its end
			if err := r.MadeOf(parts); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
				t.Errorf("%v; want %q", err, c.want)
			}
		}
	}
}

// A record's scenario names a directory, and no other place.
func TestMergeStaysBelowOut(t *testing.T) {
	dirs := shards(t, func(r *Run) { r.Scenario = "../out" }, func(r *Run) { r.Scenario = "../out" })
	if _, err := Merge(t.TempDir(), dirs, undamaged); err == nil || !strings.Contains(err.Error(), `no scenario is called "../out"`) {
		t.Error(err)
	}
}
