package record

import (
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
// since.
type End struct {
	Events int    `json:"events"` // how many there are
	SHA256 string `json:"sha256"` // of their lines
}

// seal counts and digests the lines of events.jsonl, as they are written or read.
type seal struct {
	events int
	digest hash.Hash
}

func newSeal() seal { return seal{digest: sha256.New()} }

func (s *seal) add(line []byte) {
	s.events++
	s.digest.Write(line)
}

func (s *seal) end() End { return End{s.events, hex.EncodeToString(s.digest.Sum(nil))} }

// check compares the end that was read with what stands before it.
func (s *seal) check(e End) error {
	switch got := s.end(); {
	case got.Events != e.Events:
		return fmt.Errorf("there are %d events where %d were written", got.Events, e.Events)
	case got != e:
		return fmt.Errorf("its events were changed since they were written")
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

// Sealed says whether events.jsonl of the run directory path has its end.
func Sealed(path string) (bool, error) {
	f, err := open(filepath.Join(path, "events.jsonl"))
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	const longest = 512 // an end's line is shorter
	tail, err := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-longest), longest))
	if err != nil {
		return false, err
	}
	tail = bytes.TrimSuffix(tail, []byte("\n"))
	var last struct {
		Kind Kind `json:"kind"`
	}
	err = json.Unmarshal(tail[bytes.LastIndexByte(tail, '\n')+1:], &last)
	return err == nil && last.Kind == KindEnd, nil
}
