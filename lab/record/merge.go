package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// shardsOf finds the shards of one run among the run directories, in their order.
// What is missing, there twice, did not come to its end or is of another run is
// named, all of it. Where a shard was begun again, the one that came to its end
// counts.
func shardsOf(dirs []string) ([]string, []Run, error) {
	var errs []error
	var first *Run
	var found []string
	var runs []Run
	for _, dir := range dirs {
		run, err := ReadRun(dir)
		switch {
		case err != nil:
			errs = append(errs, err)
			continue
		case run.Shard == nil || run.Shard.Index < 1 || run.Shard.Index > run.Shard.Of:
			errs = append(errs, fmt.Errorf("%s is no shard of a run", dir))
			continue
		case !filepath.IsLocal(run.Folder()) || filepath.Base(run.Folder()) != run.Folder():
			errs = append(errs, fmt.Errorf("%s is damaged: no scenario is called %q", dir, run.Scenario))
			continue
		case first == nil:
			first, found, runs = &run, make([]string, run.Shard.Of), make([]Run, run.Shard.Of)
		}
		if what := first.differs(run); what != "" {
			errs = append(errs, fmt.Errorf("%s is of another run than %s: %s", dir, dirs[0], what))
			continue
		}
		at := run.Shard.Index - 1
		switch before := runs[at]; {
		case found[at] == "" || before.Outcome != completed && run.Outcome == completed:
			found[at], runs[at] = dir, run
		case before.Outcome == completed && run.Outcome == completed:
			errs = append(errs, fmt.Errorf("shard %v is there twice: %s and %s", *run.Shard, found[at], dir))
		}
	}
	for i, dir := range found {
		s := Shard{i + 1, len(found)}
		switch {
		case dir == "":
			errs = append(errs, fmt.Errorf("shard %v is missing: %s makes it", s, first.commandOf(s)))
		case runs[i].Outcome != completed:
			errs = append(errs, fmt.Errorf("shard %v did not come to its end, %s: %s makes it again", s, dir, first.commandOf(s)))
		}
	}
	return found, runs, errors.Join(errs...)
}

// Merge makes one run of the shards in the directories and returns its own, below
// out. They stay as they are: their files are linked, or copied where that can't be.
func Merge(out string, dirs []string) (path string, err error) {
	dirs, runs, err := shardsOf(dirs)
	if err != nil {
		return "", fmt.Errorf("these shards make no run:\n%w", err)
	}
	id, folder := ID(time.Now()), runs[0].Folder()
	path = filepath.Join(out, folder, id)
	making := filepath.Join(out, folder, ".merging-"+id)
	defer os.RemoveAll(making) //nolint:errcheck // it is gone once it was renamed
	var names []string
	for i, dir := range dirs {
		names = append(names, fmt.Sprintf("shard-%0*d", len(fmt.Sprint(len(dirs))), i+1))
		if err := linkAll(dir, PartDir(making, names[i])); err != nil {
			return "", fmt.Errorf("merge %s: %w", dir, err)
		}
	}
	if err := WriteParts(making, whole(runs, id, names)); err != nil {
		return "", err
	}
	return path, os.Rename(making, path)
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
