package record

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ProbeGroup describes one prober: a client that asks one service over many
// flows at a fixed total rate. It is the first line of its file, after '#'.
type ProbeGroup struct {
	Name    string        `json:"name"` // the file's name without its ending
	Client  string        `json:"client"`
	Service string        `json:"service"`
	Kind    string        `json:"kind"`
	Target  string        `json:"target,omitempty"` // address and port that are asked; empty in a record of an old anylab
	Rate    float64       `json:"rate"`             // requests a second over all flows
	Flows   int           `json:"flows"`
	Timeout time.Duration `json:"timeout_ns"`

	RoundTrip time.Duration `json:"round_trip_ns,omitempty"` // of a request and its answer, from the links' delays alone; 0: none, or not known

	Transport Transport `json:"transport,omitempty"`     // see Carried
	Payload   int       `json:"payload_bytes,omitempty"` // of a request, above UDP or ICMP; 0 over TCP

	Cell map[string]string `json:"cell,omitempty"` // whose lab it probes in; none in a run of one cell
}

// Interval returns the time between two requests of one flow.
func (g ProbeGroup) Interval() time.Duration {
	return time.Duration(float64(time.Second) * float64(g.Flows) / g.Rate)
}

// closest is the least time between two moments at which requests are sent. To
// wake up costs more than to send: what would be closer is sent together.
const closest = 200 * time.Microsecond

// Together returns how many requests of a group are due at a time, at so many a
// second.
func Together(rate float64) uint64 {
	return max(1, uint64(rate*closest.Seconds()+1e-6)) // what is added makes up for rounding
}

// Spacing returns the time between two moments at which requests are due.
func (g ProbeGroup) Spacing() time.Duration {
	return time.Duration(float64(time.Second) * float64(Together(g.Rate)) / g.Rate)
}

// Sample is one request and its answer. A request that was not answered
// within the group's timeout is lost and has no Received. A second answer to
// the same request is a second sample with the same Seq.
type Sample struct {
	Seq      uint64
	Flow     int
	Due      Time   // when the schedule wanted it sent
	Sent     Time   // when it was sent
	Received Time   // the kernel's stamp of the answer, 0 if lost
	Node     string // who answered; empty if lost or the protocol does not tell
	// Held is how long after Sent the request had left at the latest: the sender
	// may lose its processor between its stamp and the wire.
	Held time.Duration
}

// Lost says whether the request went unanswered.
func (s Sample) Lost() bool { return s.Received == 0 }

// Left returns when the request had left at the latest.
func (s Sample) Left() Time { return s.Sent.Add(s.Held) }

// SampleWriter writes the samples of one group, one line each, in the order
// in which their fate was known. It is safe for concurrent use.
type SampleWriter struct {
	group   ProbeGroup
	mu      sync.Mutex
	w       *bufio.Writer
	c       io.Closer
	err     error
	samples int
	digest  hash.Hash // of what went into the file
}

// columnNames are the second line of a file of samples. The last column was not
// always there.
const (
	firstColumns = "seq,flow,due,sent,received,node"
	columnNames  = firstColumns + ",held"
)

func newSampleWriter(f io.WriteCloser, g ProbeGroup) (*SampleWriter, error) {
	w := &SampleWriter{group: g}
	w.into(f)
	return w, w.begin()
}

// into has the samples written to a file that is empty.
func (w *SampleWriter) into(f io.WriteCloser) {
	w.c, w.samples, w.digest = f, 0, sha256.New()
	w.w = bufio.NewWriterSize(io.MultiWriter(w.digest, f), 1<<16)
}

// begin writes what stands before the samples.
func (w *SampleWriter) begin() error {
	head, err := json.Marshal(w.group)
	if err == nil {
		_, err = fmt.Fprintf(w.w, "# %s\n%s\n", head, columnNames)
	}
	if err == nil {
		err = w.w.Flush() // a run that is killed now is readable
	}
	return err
}

// Write appends one sample. The first failure sticks and Close returns it.
func (w *SampleWriter) Write(s Sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	w.samples++
	_, w.err = w.w.Write(AppendSample(w.w.AvailableBuffer(), s))
}

// WriteSpan appends requests that fared alike, as one line.
func (w *SampleWriter) WriteSpan(s Span) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	w.samples++
	_, w.err = w.w.Write(appendSpan(w.w.AvailableBuffer(), s))
}

// AppendSample appends the sample as one line of its group's file.
func AppendSample(b []byte, s Sample) []byte {
	b = strconv.AppendUint(b, s.Seq, 10)
	b = strconv.AppendInt(append(b, ','), int64(s.Flow), 10)
	b = strconv.AppendInt(append(b, ','), int64(s.Due), 10)
	b = strconv.AppendInt(append(b, ','), int64(s.Sent), 10)
	b = append(b, ',')
	if !s.Lost() {
		b = strconv.AppendInt(b, int64(s.Received), 10)
	}
	b = append(append(append(b, ','), s.Node...), ',')
	return append(strconv.AppendInt(b, int64(s.Held), 10), '\n')
}

// Flush pushes what was written so far into the file.
func (w *SampleWriter) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}

// Close writes the samples' end, closes the file and returns the first error of all
// writes. It is idempotent.
func (w *SampleWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.c == nil {
		return w.err
	}
	if w.err == nil {
		w.err = w.finish()
	}
	cerr := w.c.Close()
	w.c = nil
	if w.err == nil {
		w.err = cerr
	}
	return w.err
}

// finish writes the end of the samples.
func (w *SampleWriter) finish() error {
	if err := w.w.Flush(); err != nil {
		return err
	}
	end, err := json.Marshal(SamplesEnd{w.samples, hex.EncodeToString(w.digest.Sum(nil))})
	if err == nil {
		_, err = fmt.Fprintf(w.w, "# %s\n", end)
	}
	if err == nil {
		err = w.w.Flush()
	}
	return err
}

func (w *SampleWriter) closed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.c == nil
}

// readSamples reads a group's file. A last line cut short by a killed run is
// dropped; any other malformed line is an error. Where the file has its end, that
// is compared with what stands before it.
func readSamples(r io.Reader) (ProbeGroup, iter.Seq2[Span, error], error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head, err := in.ReadString('\n')
	if err != nil {
		return ProbeGroup{}, nil, fmt.Errorf("read probe header: %w", err)
	}
	var g ProbeGroup
	text := []byte(strings.TrimPrefix(head, "#"))
	if err := json.Unmarshal(text, &g); err != nil {
		what, _ := damage(text, err)
		return g, nil, fmt.Errorf("line 1, the probe's description: %s", what)
	}
	if err := g.sound(); err != nil {
		return g, nil, fmt.Errorf("line 1: %w", err)
	}
	columns, err := in.ReadString('\n')
	if err != nil {
		return g, func(func(Span, error) bool) {}, nil
	}
	if strings.TrimSuffix(columns, ",held\n") != firstColumns && columns != firstColumns+"\n" {
		return g, nil, fmt.Errorf("line 2 should name the columns: %s", columnNames)
	}
	return g, func(yield func(Span, error) bool) {
		read := newSeal()
		read.add([]byte(head))
		read.add([]byte(columns))
		read.lines = 0
		read.samples(g, in, yield)
	}, nil
}

// samples reads the lines of samples and compares them with their end.
func (s *seal) samples(g ProbeGroup, in *bufio.Reader, yield func(Span, error) bool) {
	var lines SampleParser
	for n := 3; ; n++ {
		line, err := in.ReadSlice('\n')
		if end, ok := samplesEnd(line); ok {
			if err := errors.Join(s.check("samples", end.Samples, end.SHA256), nothingFollows(in)); err != nil {
				yield(Span{}, err)
			}
			return
		}
		if errors.Is(err, io.EOF) {
			return
		}
		s.add(line)
		var span Span
		if err == nil {
			span, err = lines.parseSpan(bytes.TrimSuffix(line, []byte("\n")))
		}
		if err == nil {
			err = g.sends(span.Sample)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			err = errors.New("it is too long for a sample")
		}
		if err != nil {
			err = fmt.Errorf("line %d: %w", n, err)
		}
		if err != nil {
			yield(Span{}, err)
			return
		}
		if !yield(span, nil) {
			return
		}
	}
}

// SampleParser reads the lines of samples. It allocates nothing for a line, but
// once for each node that it names.
type SampleParser struct {
	nodes map[string]string
}

// Parse reads a line, without its end.
func (p *SampleParser) Parse(line []byte) (Sample, error) {
	const node, received, held = 5, 4, 6
	fields := bytes.Count(line, []byte(",")) + 1
	if fields != held+1 && fields != held { // without Held: before that was recorded
		return Sample{}, fmt.Errorf("%d fields, want 7", fields)
	}
	var n [held + 1]int64
	var s Sample
	for i := range fields {
		var field []byte
		field, line, _ = bytes.Cut(line, []byte(","))
		switch {
		case i == node:
			var ok bool
			if s.Node, ok = p.node(field); !ok {
				return Sample{}, fmt.Errorf("field %d, %q, is no name as it is recorded", i+1, field)
			}
			continue
		case i == received && len(field) == 0:
			continue
		}
		var ok bool
		if n[i], ok = wholeNumber(field); !ok {
			return Sample{}, fmt.Errorf("field %d, %q, is not a whole number", i+1, field)
		}
	}
	if n[0] < 0 || n[1] < 0 {
		return Sample{}, fmt.Errorf("request %d of flow %d: neither can be negative", n[0], n[1])
	}
	s.Seq, s.Flow, s.Due, s.Sent, s.Received, s.Held = uint64(n[0]), int(n[1]), Time(n[2]), Time(n[3]), Time(n[4]), time.Duration(n[6])
	return s, s.sound()
}

// wholeNumber is strconv.ParseInt for the numbers of samples, which are most of what
// there is to read of a run.
func wholeNumber(text []byte) (n int64, ok bool) {
	const short = 18 // that many digits overflow nothing
	if len(text) == 0 || len(text) > short {
		n, err := strconv.ParseInt(string(text), 10, 64)
		return n, err == nil
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			n, err := strconv.ParseInt(string(text), 10, 64)
			return n, err == nil
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// node returns the name, if it is one that is recorded.
func (p *SampleParser) node(name []byte) (string, bool) {
	if s, ok := p.nodes[string(name)]; ok {
		return s, true
	}
	const most = 4096 // a server may well put the time into its name
	if p.nodes == nil || len(p.nodes) == most {
		p.nodes = map[string]string{}
	}
	s := string(name)
	p.nodes[s] = s
	return s, s == NodeName(name)
}

// NodeName returns the name that a node gave itself as it is recorded: what is not a
// visible ASCII character, and the comma that separates a record's columns, becomes
// an underscore.
func NodeName(wire []byte) string {
	name := make([]byte, min(len(wire), 255))
	for i := range name {
		name[i] = wire[i]
		if wire[i] <= ' ' || wire[i] > '~' || wire[i] == ',' {
			name[i] = '_'
		}
	}
	return string(name)
}
