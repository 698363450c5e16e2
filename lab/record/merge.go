package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// piece is a shard as far as it is told from others: of a run, or of a suite.
type piece struct {
	Shard
	dir   string
	ended bool // it came to its end
}

// remake is the line that makes a shard, beside the one in a directory.
type remake func(s Shard, beside string) string

// inOrder returns where the shards are in the list, by their index. What is missing, there
// twice or did not come to its end is named, all of it, with the command that makes it.
// Where a shard was begun again, the one that came to its end counts.
func inOrder(list []piece, command remake) (order []int, err error) {
	var errs []error
	of := list[0].Of
	order = slices.Repeat([]int{-1}, of)
	for i, p := range list {
		switch at := &order[p.Index-1]; {
		case *at < 0 || !list[*at].ended && p.ended:
			*at = i
		case list[*at].ended && p.ended:
			errs = append(errs, fmt.Errorf("shard %v is there twice: %s and %s", p.Shard, list[*at].dir, p.dir))
		}
	}
	for i, at := range order {
		s := Shard{i + 1, of}
		switch {
		case at < 0:
			errs = append(errs, fmt.Errorf("shard %v is missing: %s makes it", s, command(s, list[0].dir)))
		case !list[at].ended:
			errs = append(errs, fmt.Errorf("shard %v did not come to its end, %s: %s makes it again", s, list[at].dir, command(s, list[at].dir)))
		}
	}
	return order, errors.Join(errs...)
}

// runShards are the shards of a run, in their order.
type runShards struct {
	dirs []string
	runs []Run
}

// shardsOf finds the shards of one run among the run directories. What is wrong is named,
// all of it, and what check says of a shard's record; command makes a shard, if it isn't
// the runs' own that does.
func shardsOf(dirs []string, check Check, command remake) (found runShards, err error) {
	var errs []error
	var list []piece
	var all runShards
	for _, dir := range dirs {
		run, err := readShard(dir)
		if err == nil && len(list) > 0 {
			if what := all.runs[0].differs(run); what != "" {
				err = fmt.Errorf("%s is of another run than %s: %s", dir, all.dirs[0], what)
			}
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, piece{*run.Shard, dir, run.Outcome == completed})
		all.dirs, all.runs = append(all.dirs, dir), append(all.runs, run)
	}
	if len(list) == 0 {
		return found, errors.Join(errs...)
	}
	if command == nil {
		command = all.runs[0].commandOf
	}
	order, err := inOrder(list, command)
	if err := errors.Join(append(errs, err)...); err != nil {
		return found, err
	}
	for _, at := range order {
		found.dirs, found.runs = append(found.dirs, all.dirs[at]), append(found.runs, all.runs[at])
	}
	return found, found.checked(check, command)
}

// checked names the shards whose records are damaged, with the command that makes each.
func (s runShards) checked(check Check, command remake) error {
	var errs []error
	for i, dir := range s.dirs {
		if err := check(dir); err != nil {
			shard := *s.runs[i].Shard
			errs = append(errs, fmt.Errorf("shard %v is damaged, %s: %w: remove it, and %s makes it again", shard, dir, err, command(shard, dir)))
		}
	}
	return errors.Join(errs...)
}

// readShard reads run.json of a shard.
func readShard(dir string) (Run, error) {
	run, err := ReadRun(dir)
	switch {
	case err != nil:
		return run, err
	case run.Shard == nil || !run.Shard.exists():
		return run, fmt.Errorf("%s is no shard of a run", dir)
	case !isName(run.Folder()):
		return run, fmt.Errorf("%s is damaged: no scenario is called %q", dir, run.Scenario)
	}
	return run, nil
}

// isName says whether a directory of that name is where it is made.
func isName(name string) bool {
	return name != "." && filepath.IsLocal(name) && filepath.Base(name) == name
}

// Check reads a run directory all through and says what is wrong with its record.
type Check func(dir string) error

// Merge makes one run of the shards in the directories and returns its own, below
// out. They stay as they are: their files are linked, or copied where that can't be.
// Nothing is made of shards of which check finds one damaged.
func Merge(out string, dirs []string, check Check) (path string, err error) {
	shards, err := shardsOf(dirs, check, nil)
	if err != nil {
		return "", fmt.Errorf("these shards make no run:\n%w", err)
	}
	return made(filepath.Join(out, shards.runs[0].Folder()), shards.mergeInto)
}

// made makes a directory of a new run or suite in the folder, which is there once it is
// complete.
func made(folder string, fill func(path, id string) error) (path string, err error) {
	id := ID(time.Now())
	path = filepath.Join(folder, id)
	making := filepath.Join(folder, ".merging-"+id)
	defer func() {
		_ = os.RemoveAll(making) // it is gone once it was renamed
		_ = os.Remove(folder)    // which it can't be while there is something in it
	}()
	if err := fill(making, id); err != nil {
		return "", err
	}
	return path, os.Rename(making, path)
}

// mergeInto makes the run directory path of the shards.
func (s runShards) mergeInto(path, id string) error {
	var names []string
	var linking errgroup.Group
	linking.SetLimit(runtime.NumCPU())
	for i, dir := range s.dirs {
		names = append(names, fmt.Sprintf("shard-%0*d", len(fmt.Sprint(len(s.dirs))), i+1))
		into := PartDir(path, names[i])
		linking.Go(func() error {
			if err := linkAll(dir, into); err != nil {
				return fmt.Errorf("merge %s: %w", dir, err)
			}
			return nil
		})
	}
	if err := linking.Wait(); err != nil {
		return err
	}
	return WriteParts(path, whole(s.runs, id, names))
}

// WriteParts writes run.json of a run that is made in parts: it has no other record
// than theirs.
func WriteParts(path string, run Run) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("create run directory: %w", err)
	}
	data, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return fmt.Errorf("encode run.json: %w", err)
	}
	return ReplaceFile(filepath.Join(path, runFile), append(data, '\n'))
}

// linkAll puts all files of a directory into another one, as links where that can be.
func linkAll(from, to string) error {
	return eachFile(from, to, func(path, into string) error {
		if os.Link(path, into) == nil {
			return nil
		}
		return copyFile(path, into)
	})
}

// copyAll copies all files of a directory into another one.
func copyAll(from, to string) error { return eachFile(from, to, copyFile) }

// eachFile makes a directory like another one, and puts its files there.
func eachFile(from, to string, put func(path, into string) error) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		into := filepath.Join(to, below)
		switch {
		case d.IsDir():
			return os.MkdirAll(into, 0o755)
		case !d.Type().IsRegular():
			return nil // a socket, or a link that a daemon has left: no evidence
		}
		return put(path, into)
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
