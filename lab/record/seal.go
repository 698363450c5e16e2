package record

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"path/filepath"
)

// End ends events.jsonl: what stands before it can't have lost or gained a line
// since, nor can what stands beside it.
type End struct {
	Events int    `json:"events"`           // how many there are
	SHA256 string `json:"sha256"`           // of their lines
	Probes int    `json:"probes,omitempty"` // files of samples, each of which has its own end; 0 in a record of an old anylab
	Run    string `json:"run,omitempty"`    // digest of run.json, see runDigest; empty in a record of an old anylab
}

// SamplesEnd ends a file of samples, after '#'.
type SamplesEnd struct {
	Samples int    `json:"samples"` // how many there are
	SHA256  string `json:"sha256"`  // of all lines before it
}

// seal counts and digests lines, as they are written or read.
type seal struct {
	lines  int
	last   Time // the latest event's
	digest hash.Hash
	ahead  *bufio.Writer // a digest takes long over many short pieces
}

func newSeal() seal {
	digest := sha256.New()
	return seal{digest: digest, ahead: bufio.NewWriterSize(digest, 1<<12)}
}

func (s *seal) add(line []byte) {
	s.lines++
	_, _ = s.ahead.Write(line) // a hash takes everything
}

func (s *seal) sum() string {
	_ = s.ahead.Flush()
	return hex.EncodeToString(s.digest.Sum(nil))
}

// check compares the count and the digest that were read with what stands before
// them.
func (s *seal) check(what string, lines int, digest string) error {
	switch {
	case s.lines != lines:
		return fmt.Errorf("there are %d %s where %d were written", s.lines, what, lines)
	case s.sum() != digest:
		return fmt.Errorf("its %s were changed since they were written", what)
	}
	return nil
}

// checkLast compares the time of the events' end with theirs.
func (s *seal) checkLast(end Time) error {
	if s.last > end {
		return fmt.Errorf("an event is %v later than its end", s.last.Sub(end))
	}
	return nil
}

// nothingFollows says if something stands behind the end.
func nothingFollows(in io.Reader) error {
	n, err := io.Copy(io.Discard, in)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d bytes stand behind its end", n)
	}
	return err
}

// ReadEnd reads the end of events.jsonl of the run directory path; nil if it has
// none.
func ReadEnd(path string) (*End, error) {
	line, err := lastLine(filepath.Join(path, eventsFile))
	if err != nil {
		return nil, err
	}
	var last Event
	if json.Unmarshal(line, &last) != nil {
		return nil, nil // it was cut short
	}
	if end, ok := last.Data.(End); ok {
		return &end, nil
	}
	return nil, nil
}

// Ended says whether the samples of the group have their end.
func Ended(path, group string) (bool, error) {
	line, err := lastLine(filepath.Join(path, "probes", group+".csv"))
	if err != nil {
		return false, err
	}
	_, ok := samplesEnd(line)
	return ok, nil
}

// samplesEnd reads a line as the end of samples.
func samplesEnd(line []byte) (SamplesEnd, bool) {
	var e SamplesEnd
	text, ok := bytes.CutPrefix(line, []byte("#"))
	return e, ok && json.Unmarshal(text, &e) == nil && e.SHA256 != ""
}

// lastLine returns a file's last line, if that is no longer than an end's.
func lastLine(file string) ([]byte, error) {
	f, err := open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	const longest = 512 // an end's line is shorter
	tail, err := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-longest), longest))
	if err != nil {
		return nil, err
	}
	tail = bytes.TrimSuffix(tail, []byte("\n"))
	return tail[bytes.LastIndexByte(tail, '\n')+1:], nil
}
