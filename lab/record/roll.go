package record

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// CreateRolling makes the directory path of a run that may go on for ever. It is recorded
// in stretches, the first of that name: run directories of their own, below it, of which
// those that nobody needs can go. What belongs to the lab stands beside them.
func CreateRolling(path, stretch string, run Run) (*Dir, error) {
	d, err := Create(filepath.Join(path, stretch), run)
	if err != nil {
		return nil, err
	}
	d.root, d.opening = path, &opening{last: map[Kind]Event{}}
	return d, nil
}

// opening is what a lab's history begins with. It stands at the begin of every stretch,
// without which the stretch could not be read: which routes there were, say.
// The samples of the clocks and of the load say what was between them and the ones before.
type opening struct {
	events []Event
	over   bool
	last   map[Kind]Event // samples since then
}

func (o *opening) take(e Event) {
	switch {
	case o == nil:
	case !o.over:
		o.events = append(o.events, e)
	case e.Kind == KindClock || e.Kind == KindLoad:
		o.last[e.Kind] = e
	}
}

// all is what a stretch begins with.
func (o *opening) all() []Event {
	list := o.events[:len(o.events):len(o.events)]
	for _, kind := range slices.Sorted(maps.Keys(o.last)) {
		list = append(list, o.last[kind])
	}
	return list
}

// Opens forgets how the lab before began: another one is built.
func (d *Dir) Opens() {
	d.mu.Lock()
	defer d.mu.Unlock()
	*d.opening = opening{last: map[Kind]Event{}}
}

// Opened says that the lab is there, and its opening over.
func (d *Dir) Opened() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opening.over = true
}

// Stretch is the directory of the stretch that is being written.
func (d *Dir) Stretch() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.path
}

// Roll ends the stretch, whose run.json becomes run, and begins the next one. It returns
// the directory of the one that has ended. A request whose fate is not known yet is in the
// record of the next one.
func (d *Dir) Roll(run Run, stretch string, next Run) (ended string, err error) {
	if err := d.WriteRun(run); err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	ended = d.path
	if d.err != nil {
		return ended, d.err
	}
	fresh, err := Create(filepath.Join(d.root, stretch), next)
	if err != nil {
		return ended, err
	}
	err = errors.Join(d.finish(), d.file.Close())
	d.path, d.file, d.events, d.seal, d.run, d.probes = fresh.path, fresh.file, fresh.events, fresh.seal, fresh.run, 0
	for _, w := range d.samples {
		if w.closed() {
			continue
		}
		f, ferr := d.sampleFile(w.group.Name)
		if ferr == nil {
			d.probes++
			ferr = w.roll(f)
		}
		err = errors.Join(err, ferr)
	}
	for _, e := range d.opening.all() {
		line, lerr := json.Marshal(e)
		if lerr == nil {
			lerr = d.write(append(line, '\n'))
		}
		err = errors.Join(err, lerr)
	}
	return ended, err
}

// roll ends the file of samples and goes on in another one.
func (w *SampleWriter) roll(f *os.File) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = w.finish()
	}
	w.err = cmp.Or(w.err, w.c.Close())
	if w.into(f); w.err == nil {
		w.err = w.begin()
	}
	return w.err
}

// Evidence puts the files of the lab into a stretch that is kept: what its programs have
// printed and what they were configured with.
func (d *Dir) Evidence(stretch string) error {
	for _, sub := range []string{"logs", "files"} {
		from := filepath.Join(d.Path(), sub)
		if _, err := os.Stat(from); err != nil {
			continue
		}
		if err := copyAll(from, filepath.Join(stretch, sub)); err != nil {
			return fmt.Errorf("keep %s: %w", from, err)
		}
	}
	return nil
}
