package record

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LogEnd is how many bytes are kept of a long log's head, and as many of its tail.
const LogEnd = 32_000_000

// LogGap stands in a log where its middle was.
const LogGap = "\n[anylab keeps the head and the tail of a log of this length: what was here is left out]\n"

// FindCutLogs looks below the run directory for logs that lack their middle, of
// which run.json says nothing: the run was killed before it had written that.
func (r *Run) FindCutLogs(dir string) {
	logs := filepath.Join(dir, "logs")
	_ = filepath.WalkDir(logs, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // logs are no evidence: a record without them is one
		}
		name, err := filepath.Rel(logs, path)
		if err != nil || slices.ContainsFunc(r.CutLogs, func(c CutLog) bool { return c.Log == filepath.ToSlash(name) }) {
			return nil
		}
		if c, cut := cutLog(path); cut {
			c.Log = filepath.ToSlash(name)
			r.CutLogs = append(r.CutLogs, c)
		}
		return nil
	})
}

// cutLog says whether a log lacks its middle: it has a hole there, which reads as
// zeros, or the text that stands for it. How much was printed is known of a hole.
func cutLog(path string) (CutLog, bool) {
	info, err := os.Stat(path)
	if err != nil || info.Size() <= LogEnd {
		return CutLog{}, false
	}
	f, err := os.Open(path)
	if err != nil {
		return CutLog{}, false
	}
	defer f.Close()
	middle := make([]byte, len(LogGap))
	if _, err := f.ReadAt(middle, LogEnd); err != nil && err != io.EOF {
		return CutLog{}, false
	}
	switch string(middle) {
	case LogGap:
		return CutLog{Kept: info.Size()}, true
	case strings.Repeat("\x00", len(LogGap)):
		return CutLog{Written: info.Size(), Kept: min(info.Size(), 2*LogEnd)}, true
	}
	return CutLog{}, false
}
