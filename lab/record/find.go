package record

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// IsRun says whether the directory holds a run.
func IsRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "run.json"))
	return err == nil
}

// runID is how the directory of a run or a suite is called: by its start.
const runID = "20060102T150405.000Z"

// ID names a run by its start in UTC: the last part of its directory.
func ID(started time.Time) string { return started.UTC().Format(runID) }

// SimulatedDir ends the name of the directory that a scenario's simulated runs are in,
// so that none of them is taken for the newest one that was measured.
const SimulatedDir = ".simulated"

// Newest returns the directory of the run or the suite that was begun last, of
// the paths and of what is below them.
func Newest(paths ...string) (dir string, ok bool) {
	found := Below(3, paths...)
	if len(found) == 0 {
		return "", false
	}
	return slices.MaxFunc(found, func(a, b string) int { return begun(a).Compare(begun(b)) }), true
}

// Below returns the runs and suites of the paths: those that are one, and all that were
// measured so many levels below the others; runs are kept as out/scenario/time. The
// parts of a run and the runs of a suite are none of their own.
func Below(levels int, paths ...string) []string {
	return below(levels, func(name string) bool { return !strings.HasSuffix(name, SimulatedDir) }, paths)
}

// AllBelow is Below with the runs that were simulated.
func AllBelow(levels int, paths ...string) []string {
	return below(levels, func(string) bool { return true }, paths)
}

// ShardsBelow returns the shards of runs and of suites of the paths and so many levels
// below them, and whatever else a path itself is.
func ShardsBelow(levels int, paths ...string) []string {
	return slices.DeleteFunc(AllBelow(levels, paths...), func(dir string) bool {
		return !slices.Contains(paths, dir) && isWhole(dir)
	})
}

// isWhole says whether a run or a suite is read, and no shard.
func isWhole(dir string) bool {
	if IsSuite(dir) {
		s, err := ReadSuite(dir)
		return err == nil && s.Shard == nil
	}
	run, err := ReadRun(dir)
	return err == nil && run.Shard == nil
}

func below(levels int, enter func(name string) bool, paths []string) []string {
	var found []string
	for range levels {
		var below []string
		for _, dir := range paths {
			if IsRun(dir) || IsSuite(dir) {
				found = append(found, dir)
				continue
			}
			entries, _ := os.ReadDir(dir) // none of what is no directory
			for _, e := range entries {
				if e.IsDir() && enter(e.Name()) {
					below = append(below, filepath.Join(dir, e.Name()))
				}
			}
		}
		paths = below
	}
	return found
}

// begun is when a run or a suite was begun: its name says it, else its record.
func begun(dir string) time.Time {
	if t, err := time.Parse(runID, filepath.Base(dir)); err == nil {
		return t
	}
	if s, err := ReadSuite(dir); err == nil {
		return s.Started
	}
	run, _ := ReadRun(dir) // one that is damaged was begun before all others
	return run.Started
}
