package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// suiteShardsOf makes the shards of a suite of x, and of y, of which the last has the only
// trial, as they are said to be.
func suiteShardsOf(t *testing.T, list ...func(*Suite)) (dirs []string) {
	t.Helper()
	for i, change := range list {
		last := i == len(list)-1
		s := Suite{Name: "all", KeepGoing: true, Outcome: completed, Shard: &Shard{i + 1, len(list)}, Command: "anylab run all --shard=auto --seed=7",
			Started: time.Unix(int64(100-i), 0).UTC(), Ended: time.Unix(int64(200+i), 0).UTC(),
			Members: []SuiteMember{{Scenario: "x", Dir: "x"}, {Scenario: "y", Dir: "y", Idle: !last}}}
		dir := t.TempDir()
		for scenario, shard := range map[string]*Shard{"x": {i + 1, len(list)}, "y": {1, 1}} {
			if scenario == "y" && !last {
				continue
			}
			d, err := Create(filepath.Join(dir, scenario), Run{Scenario: scenario, Seed: 7, Outcome: completed, Shard: shard, Cells: []Cell{{Trials: 1}}})
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
		}
		change(&s)
		if err := WriteSuite(dir, s); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	return dirs
}

func TestMergeOfASuite(t *testing.T) {
	right := func(*Suite) {}
	out := t.TempDir()
	path, err := MergeSuite(out, suiteShardsOf(t, right, func(s *Suite) { s.Members[0].Err = "no bird" }), undamaged)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ReadSuite(path)
	if err != nil {
		t.Fatal(err)
	}
	y, err := ReadRun(filepath.Join(path, "y"))
	if err != nil || len(y.Parts) != 1 || y.Shard != nil || IsRun(filepath.Join(path, "x")) {
		t.Errorf("%v: y is %+v", err, y)
	}
	if s.Shard != nil || s.Command != "" || s.Started.Unix() != 99 || s.Ended.Unix() != 201 || s.Members[0].Err != "shard 2/2: no bird" || s.Members[1].Idle {
		t.Errorf("%+v", s)
	}
	if dir, ok := Newest(out); !ok || dir != path || len(ShardsBelow(3, out)) != 0 {
		t.Errorf("newest %s, shards %v; want the suite, and none", dir, ShardsBelow(3, out))
	}
}

func TestMergeOfASuiteNamesWhatIsWrong(t *testing.T) {
	right := func(*Suite) {}
	for want, list := range map[string][]func(*Suite){
		"shard 2/2 is missing: anylab run all --shard=2/2 --seed=7 --out=": {right, func(s *Suite) { s.Shard.Index = 1; s.Outcome = "" }},
		"shard 1/2 is there twice":                  {right, func(s *Suite) { s.Shard.Index = 1 }},
		"shard 1/2 did not come to its end":         {func(s *Suite) { s.Outcome = "x could not be carried out" }, right},
		"another name: other, not all":              {right, func(s *Suite) { s.Name = "other" }},
		"another name: all (simulated), not all":    {right, func(s *Suite) { s.Simulated = true }},
		"another number of shards: 3, not 2":        {right, func(s *Suite) { s.Shard.Of = 3 }},
		"another list of scenarios: [x], not [x y]": {right, func(s *Suite) { s.Members = s.Members[:1] }},
		"is no shard of a suite":                    {right, func(s *Suite) { s.Shard = nil }},
		`is damaged: no suite is called "../all"`:   {right, func(s *Suite) { s.Name = "../all" }},
		`is damaged: the directory of y is "x"`:     {right, func(s *Suite) { s.Members[1].Dir = "x" }},
		`is damaged: the directory of x is "."`:     {right, func(s *Suite) { s.Members[0].Dir = "." }},
		"y: no shard has a trial of it":             {right, func(s *Suite) { s.Members[1].Idle = true }},
		"y: shard 1/2 is missing in ":               {func(s *Suite) { s.Members[1].Idle = false }, right},
	} {
		out := t.TempDir()
		_, err := MergeSuite(out, suiteShardsOf(t, list...), undamaged)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
		if left, _ := os.ReadDir(out); len(left) > 0 {
			t.Errorf("%s: something was made all the same: %v", want, left)
		}
	}
}
