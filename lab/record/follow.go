package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Follower reads a run directory while it is written, by another process. Whoever
// writes does nothing for it, and never waits.
type Follower struct {
	Line  func(line []byte)              // takes a line of events.jsonl; nil: nobody does
	Event func(Event)                    // takes it as an event
	Span  func(group ProbeGroup, s Span) // takes requests that fared alike; nil: no samples are read

	dir    string
	events tail
	probes map[string]*followed
}

// followed is one file of samples.
type followed struct {
	tail
	SampleParser
	group *ProbeGroup // nil until it was read
}

// Follow returns a follower of the run directory.
func Follow(dir string) *Follower {
	return &Follower{dir: dir, events: tail{path: filepath.Join(dir, eventsFile)}, probes: map[string]*followed{}}
}

// Read takes in what was written since the last time.
func (f *Follower) Read() error {
	if f.Line != nil || f.Event != nil {
		if err := f.events.each(f.event); err != nil {
			return err
		}
	}
	if f.Span == nil {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(f.dir, "probes", "*.csv"))
	for _, file := range files {
		if f.probes[file] == nil {
			f.probes[file] = &followed{tail: tail{path: file}}
		}
	}
	for _, file := range files {
		p := f.probes[file]
		err = errors.Join(err, p.each(func(line []byte) error { return p.take(line, f.Span) }))
	}
	return err
}

func (f *Follower) event(line []byte) error {
	if f.Line != nil {
		f.Line(line)
	}
	if f.Event == nil {
		return nil
	}
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	f.Event(e)
	return nil
}

func (p *followed) take(line []byte, span func(ProbeGroup, Span)) error {
	switch {
	case p.group == nil:
		p.group = &ProbeGroup{}
		err := json.Unmarshal(bytes.TrimPrefix(line, []byte("#")), p.group)
		p.group.Name = strings.TrimSuffix(filepath.Base(p.path), ".csv")
		return err
	case len(line) == 0 || line[0] < '0' || line[0] > '9':
		return nil // the columns, or the end
	}
	s, err := p.parseSpan(bytes.TrimSuffix(line, []byte("\n")))
	if err == nil {
		span(*p.group, s)
	}
	return err
}

// tail reads a file that grows, line by line.
type tail struct {
	path string
	read int64
}

// each takes the whole lines that were added.
func (t *tail) each(take func(line []byte) error) error {
	f, err := os.Open(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // not yet
	}
	if err != nil {
		return err
	}
	defer f.Close()
	added, err := io.ReadAll(io.NewSectionReader(f, t.read, 1<<40))
	for err == nil {
		n := bytes.IndexByte(added, '\n') + 1
		if n == 0 {
			return nil
		}
		t.read += int64(n)
		if err = take(added[:n]); err != nil {
			err = fmt.Errorf("follow %s: %w", t.path, err)
		}
		added = added[n:]
	}
	return err
}
