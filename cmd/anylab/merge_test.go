package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"anylab/lab/record"
)

// damages are what may become of a shard's record on its way.
var damages = map[string]struct {
	file   string // below the shard's run directory
	change func(text []byte) []byte
	says   string
}{
	"events gone":    {"events.jsonl", nil, "events.jsonl: no such file"},
	"events emptied": {"events.jsonl", func([]byte) []byte { return nil }, "trials-missing"},
	"events cut":     {"events.jsonl", func(text []byte) []byte { return text[:bytes.LastIndexByte(text[:len(text)-1], '\n')+1] }, "record-cut-short"},
	"events altered": {"events.jsonl", func(text []byte) []byte { return bytes.Replace(text, []byte(`"node":"a"`), []byte(`"node":"b"`), 1) }, "changed"},
	"samples gone":   {"probes/london-dns.csv", nil, "record-cut-short"},
	"garbage":        {"probes/london-dns.csv", func([]byte) []byte { return []byte("garbage\n") }, "london-dns.csv"},
}

// damage makes a shard's run directory one that was damaged.
func damage(t *testing.T, dir, file string, change func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(file))
	text, err := os.ReadFile(path)
	if err == nil && change == nil {
		err = os.Remove(path)
	} else if err == nil {
		if changed := change(text); bytes.Equal(changed, text) {
			err = errors.New("nothing was changed")
		} else {
			err = os.WriteFile(path, changed, 0o600)
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// Of a damaged shard nothing is made, and its own path is named with the line that makes
// it again: of a run's, and of a suite's.
func TestMergeRefusesADamagedShard(t *testing.T) {
	t.Parallel()
	suite, out := writeSuite(t, fewTrials), t.TempDir()
	scenario := filepath.Join(filepath.Dir(suite), "few.yaml")
	one, two := simulateSuite(t, scenario, filepath.Join(out, "1"), "--shard", "1/2"), simulateSuite(t, scenario, filepath.Join(out, "2"), "--shard", "2/2")
	for name, c := range damages {
		copied := filepath.Join(t.TempDir(), "copied")
		if err := os.CopyFS(copied, os.DirFS(two)); err != nil {
			t.Fatal(err)
		}
		damage(t, copied, c.file, c.change)
		refusesToMerge(t, name, []string{one, copied}, copied, c.says, "remove it, and anylab run "+scenario+" --shard=2/2 --simulate=true --seed=5 --out="+filepath.Dir(copied)+" makes it")
	}
	one, two = simulateSuite(t, suite, filepath.Join(out, "suite1"), "--shard", "1/2"), simulateSuite(t, suite, filepath.Join(out, "suite2"), "--shard", "2/2")
	damage(t, filepath.Join(two, "few"), "events.jsonl", nil)
	refusesToMerge(t, "of a suite", []string{one, two}, "few: shard 2/2 is damaged, "+filepath.Join(two, "few"), "no such file",
		"anylab run "+suite+" --shard=2/2 --simulate=true --seed=5 --out="+filepath.Join(out, "suite2")+" makes it again")
}

// refusesToMerge says whether merge names what is wrong, all of it, and makes nothing.
func refusesToMerge(t *testing.T, name string, dirs []string, want ...string) {
	t.Helper()
	var said strings.Builder
	into := filepath.Join(t.TempDir(), "out")
	code := execute(append([]string{"merge", "--out", into}, dirs...), strings.NewReader(""), io.Discard, &said)
	for _, text := range want {
		if code != exitUsage || !strings.Contains(said.String(), text) {
			t.Errorf("%s: exit code %d, %q; want %d, %q", name, code, said.String(), exitUsage, text)
		}
	}
	if strings.Contains(said.String(), into) {
		t.Errorf("%s: %q names what was to be made", name, said.String())
	}
	if _, err := os.Stat(into); err == nil {
		t.Errorf("%s: something was made all the same", name)
	}
}

// The same shard counts once, however often and by whatever path it is given.
func TestMergeTakesADirectoryOnce(t *testing.T) {
	t.Parallel()
	scenario, out := filepath.Join(filepath.Dir(writeSuite(t, fewTrials)), "few.yaml"), t.TempDir()
	one := simulateSuite(t, scenario, filepath.Join(out, "m", "1"), "--shard", "1/2")
	simulateSuite(t, scenario, filepath.Join(out, "m", "2"), "--shard", "2/2")
	link := filepath.Join(out, "link")
	if err := os.Symlink(one, link); err != nil {
		t.Fatal(err)
	}
	merged := filepath.Join(out, "merged")
	args := []string{"merge", "--quiet", "--out", merged, filepath.Join(out, "m"), filepath.Join(out, "m", "1"), one, one + "/", link}
	if code := execute(args, strings.NewReader(""), io.Discard, os.Stderr); code != exitPass {
		t.Fatalf("exit code %d", code)
	}
	run, err := record.ReadRun(onlyBelow(t, merged))
	if err != nil || len(run.Parts) != 2 {
		t.Errorf("parts %v, %v", run.Parts, err)
	}
}

// What was made and can't be judged is removed, and nothing beside it.
func TestDiscard(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "few")
	made, other := filepath.Join(folder, "made"), filepath.Join(folder, "other")
	for _, dir := range []string{filepath.Join(made, "parts", "shard-1"), other} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	damaged := errors.New("damaged")
	var exit exitError
	if err := discard(made, damaged); !errors.Is(err, damaged) || !errors.As(err, &exit) || exit.code != exitInconclusive {
		t.Error(err)
	}
	if _, err := os.Stat(made); !os.IsNotExist(err) {
		t.Error("it is still there")
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
	if err := discard(other, damaged); !errors.Is(err, damaged) {
		t.Error(err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Error("the empty directory is still there")
	}
}
