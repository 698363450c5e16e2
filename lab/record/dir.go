package record

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// eventsFile is where a run directory has its events.
const eventsFile = "events.jsonl"

// Dir is a run directory that is being written. It is a Sink.
type Dir struct {
	path    string
	root    string   // of a run that rolls: its directory, and path is that of its stretch
	opening *opening // of a run that rolls
	unkept  bool     // see Unkept
	told    Sink     // see Tell; nil: nobody

	mu      sync.Mutex
	file    *os.File
	events  *bufio.Writer
	seal    seal
	last    Time // the latest event's
	samples []*SampleWriter
	probes  int    // files of samples that were made
	run     string // digest of run.json
	err     error
	closed  bool
}

// Create makes the run directory path, which must not hold a run already,
// and writes run.json.
func Create(path string, run Run) (*Dir, error) {
	for _, sub := range []string{"probes", "logs", "pcap"} {
		if err := os.MkdirAll(filepath.Join(path, sub), 0o755); err != nil {
			return nil, fmt.Errorf("create run directory: %w", err)
		}
	}
	f, err := os.OpenFile(filepath.Join(path, eventsFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create run directory: %w", err)
	}
	d := &Dir{path: path, file: f, events: bufio.NewWriterSize(f, 1<<16), seal: newSeal()}
	if err := d.WriteRun(run); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return d, nil
}

// Unkept makes a directory for the files of a lab of which nothing is recorded.
func Unkept(path string) (*Dir, error) {
	if err := os.MkdirAll(filepath.Join(path, "logs"), 0o755); err != nil {
		return nil, fmt.Errorf("create directory: %w", err)
	}
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	return &Dir{path: path, file: f, events: bufio.NewWriterSize(f, 1<<16), seal: newSeal(), unkept: true}, nil
}

// Tell has a sink told of every event, of those after Close too. It must be called
// before the first.
func (d *Dir) Tell(s Sink) { d.told = s }

// Path returns the directory's path.
func (d *Dir) Path() string { return cmp.Or(d.root, d.path) }

// WriteRun replaces run.json.
func (d *Dir) WriteRun(run Run) error {
	run.Sealed = true
	data, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return fmt.Errorf("encode run.json: %w", err)
	}
	digest, err := runDigest(data)
	if err != nil {
		return fmt.Errorf("digest run.json: %w", err)
	}
	d.mu.Lock()
	d.run = digest
	d.mu.Unlock()
	return ReplaceFile(filepath.Join(d.path, runFile), append(data, '\n'))
}

// Add puts a file into the directory, below which its name is a path.
func (d *Dir) Add(name string, data []byte, mode fs.FileMode) error {
	path := filepath.Join(d.Path(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, mode)
}

// Emit appends an event. An event after Close is dropped.
func (d *Dir) Emit(e Event) {
	if d.told != nil {
		d.told.Emit(e)
	}
	if d.unkept {
		return
	}
	line, err := e.MarshalJSON() // to have json call it checks and copies the line once more
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.err != nil {
		return
	}
	d.opening.take(e)
	if err == nil {
		err = d.write(append(line, '\n'))
	}
	d.last, d.err = max(d.last, e.At), err
}

func (d *Dir) write(line []byte) error {
	d.seal.add(line)
	_, err := d.events.Write(line)
	return err
}

// finish writes the events' end.
func (d *Dir) finish() error {
	line, err := json.Marshal(Event{At: d.last, Kind: KindEnd, Data: End{d.seal.lines, d.seal.sum(), d.probes, d.run}})
	if err == nil {
		_, err = d.events.Write(append(line, '\n'))
	}
	if err == nil {
		err = d.events.Flush()
	}
	return err
}

// Samples opens the file for a probe group's samples. Dir closes it.
func (d *Dir) Samples(g ProbeGroup) (*SampleWriter, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := d.sampleFile(g.Name)
	if err != nil {
		return nil, err
	}
	w, err := newSampleWriter(f, g)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create probe file: %w", err), f.Close())
	}
	d.samples = append(d.samples, w)
	d.probes++
	return w, nil
}

func (d *Dir) sampleFile(group string) (*os.File, error) {
	name, flags := filepath.Join(d.path, "probes", group+".csv"), os.O_CREATE|os.O_EXCL|os.O_WRONLY
	if d.unkept {
		name, flags = os.DevNull, os.O_WRONLY
	}
	f, err := os.OpenFile(name, flags, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create probe file: %w", err)
	}
	return f, nil
}

// Flush pushes everything written so far into the files and returns the
// first failure of any write: a run on a full disk ends here, not later.
func (d *Dir) Flush() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.err = d.events.Flush()
	}
	err := d.err
	for _, w := range d.samples {
		err = errors.Join(err, w.Flush())
	}
	d.samples = slices.DeleteFunc(d.samples, (*SampleWriter).closed)
	return err
}

// Close flushes and closes every file. It is idempotent.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	err := d.err
	if err == nil {
		err = d.finish()
	}
	err = errors.Join(err, d.file.Close())
	for _, w := range d.samples {
		err = errors.Join(err, w.Close())
	}
	return err
}

// Events reads events.jsonl of the run directory path, in file order. Sources
// write concurrently, so stamps are only roughly in order. A last line cut
// short by a killed run is dropped; an error ends the sequence. Where the file has
// its end, that is compared with what stands before it.
func Events(path string) iter.Seq2[Event, error] {
	return EventsOf(path, func(Time) bool { return true })
}

// EventsOf reads the events of wanted times as Events does. It looks into no other: it
// is for a record that was read already.
func EventsOf(path string, wanted func(Time) bool) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		f, err := open(filepath.Join(path, eventsFile))
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer f.Close()
		in, read := bufio.NewReaderSize(f, 1<<16), newSeal()
		var line []byte
		for n := 1; ; n++ {
			line, err = readLine(in, line[:0])
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Event{}, fmt.Errorf("read %s: %w", f.Name(), err))
				return
			}
			whole := err == nil
			if at, ok := stampOf(line); ok && whole && !wanted(at) {
				read.add(line)
				read.last = max(read.last, at)
				continue
			}
			e, err := readEvent(line)
			if end, ok := e.Data.(End); ok {
				if err := errors.Join(read.check("events", end.Events, end.SHA256), read.checkLast(e.At), nothingFollows(in)); err != nil {
					yield(Event{}, fmt.Errorf("%s is damaged: %w", f.Name(), err))
				}
				return
			}
			if !whole {
				return
			}
			if err != nil {
				err = fmt.Errorf("%s is damaged: line %d: %w", f.Name(), n, err)
			}
			read.add(line)
			read.last = max(read.last, e.At)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// readLine appends the next line, with its end.
func readLine(in *bufio.Reader, line []byte) ([]byte, error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// stampOf returns when the event of a line was, but of the events' end.
func stampOf(line []byte) (Time, bool) {
	text, begins := bytes.CutPrefix(line, []byte(`{"at":`))
	digits, rest, ok := bytes.Cut(text, []byte(","))
	at, err := strconv.ParseInt(string(digits), 10, 64)
	return Time(at), begins && ok && err == nil && !bytes.HasPrefix(rest, []byte(`"kind":"`+string(KindEnd)+`"`))
}

func readEvent(line []byte) (e Event, err error) {
	if err = e.UnmarshalJSON(line); err != nil { // to have json call it checks the line once more
		text, _ := damage(line, err)
		return Event{}, errors.New(text)
	}
	return e, e.sound()
}

// ProbeGroups lists the probe groups of the run directory path, sorted.
func ProbeGroups(path string) ([]ProbeGroup, error) {
	entries, err := os.ReadDir(filepath.Join(path, "probes")) // sorted by name
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var groups []ProbeGroup
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".csv" {
			continue
		}
		g, err := readGroup(filepath.Join(path, "probes", e.Name()))
		if errors.Is(err, io.EOF) {
			continue // the run was killed before it had written the first line
		}
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func readGroup(file string) (ProbeGroup, error) {
	f, err := open(file)
	if err != nil {
		return ProbeGroup{}, err
	}
	defer f.Close()
	g, _, err := readSamples(f)
	if err != nil {
		return g, fmt.Errorf("%s is damaged: %w", file, err)
	}
	g.Name = strings.TrimSuffix(filepath.Base(file), ".csv")
	return g, nil
}

// Samples reads a group's samples in file order: by the time at which their
// fate was known, not by Seq.
func Samples(path, group string) iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		err := eachSpan(path, group, func(g ProbeGroup, s Span) bool {
			return s.Each(g, func(one Sample) bool { return yield(one, nil) })
		})
		if err != nil {
			yield(Sample{}, err)
		}
	}
}

// Spans is Samples that leaves requests together which fared alike.
func Spans(path, group string) iter.Seq2[Span, error] {
	return func(yield func(Span, error) bool) {
		if err := eachSpan(path, group, func(_ ProbeGroup, s Span) bool { return yield(s, nil) }); err != nil {
			yield(Span{}, err)
		}
	}
}

func eachSpan(path, group string, take func(ProbeGroup, Span) bool) error {
	f, err := open(filepath.Join(path, "probes", group+".csv"))
	if err != nil {
		return err
	}
	defer f.Close()
	g, spans, err := readSamples(f)
	if err != nil {
		return fmt.Errorf("%s is damaged: %w", f.Name(), err)
	}
	for s, err := range spans {
		if err != nil {
			return fmt.Errorf("%s is damaged: %w", f.Name(), err)
		}
		if !take(g, s) {
			return nil
		}
	}
	return nil
}
