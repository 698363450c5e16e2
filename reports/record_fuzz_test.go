package reports

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/scenarios"
)

// patience is how long anything may take that is done to one odd input, on the
// busiest machine.
const patience = time.Minute

// soon ends the test binary, with all stacks, where something hangs.
func soon(f func()) {
	alarm := time.AfterFunc(patience, func() { panic("an answer takes more than a minute") })
	defer alarm.Stop()
	f()
}

// tampered are the ways to change a record: the text stands in place of one of
// its files. Resealed, it has an end that vouches for it.
var tampered = []struct {
	file     string
	resealed bool
}{{"run.json", false}, {"events.jsonl", false}, {"events.jsonl", true}, {"probes/london-dns.csv", false}, {"probes/london-dns.csv", true}}

// A record of which one file has another content is refused or judged, soon, and
// can be shown. Events and samples that their end doesn't vouch for never pass.
func FuzzRecord(f *testing.F) {
	dir, whole := smallRun(f)
	for i, c := range tampered {
		f.Add(uint8(i), whole[c.file])
	}
	f.Fuzz(func(t *testing.T, way uint8, text []byte) {
		c := tampered[int(way)%len(tampered)]
		broken := !c.resealed && c.file != "run.json" && !bytes.Equal(body(text), body(whole[c.file]))
		if c.resealed {
			text = reseal(t, c.file, body(text))
		}
		replace(t, filepath.Join(dir, c.file), text)
		defer replace(t, filepath.Join(dir, c.file), whole[c.file])
		soon(func() {
			r, err := readAnew(dir)
			if err != nil {
				return
			}
			if broken && r.Result.Verdict == Pass {
				t.Error("it passes, though its end doesn't vouch for what stands before it")
			}
			show(t, r)
		})
	})
}

// smallRun writes a run that passes, and returns its files.
func smallRun(f *testing.F) (string, map[string][]byte) {
	dir := filepath.Join(f.TempDir(), "run")
	s := crashes(2)
	s.rate, s.set = 20, []string{"expect=[max(outage) < 9s]"}
	s.write(f, dir)
	whole := map[string][]byte{}
	for _, c := range tampered {
		text, err := os.ReadFile(filepath.Join(dir, c.file))
		if err != nil {
			f.Fatal(err)
		}
		whole[c.file] = text
	}
	if r, err := readAnew(dir); err != nil || r.Result.Verdict != Pass {
		f.Fatalf("untouched, it does not pass: %v", err)
	}
	return dir, whole
}

// readAnew reads a record of any version, as commands do.
func readAnew(dir string) (*Report, error) {
	run, err := record.ReadRun(dir)
	if err == nil {
		run, err = scenarios.Complete(run)
	}
	if err != nil {
		return nil, err
	}
	return Judge(dir, run)
}

// body is what stands before the last line.
func body(text []byte) []byte {
	return text[:bytes.LastIndexByte(bytes.TrimSuffix(text, []byte("\n")), '\n')+1]
}

// reseal gives events or samples an end, as if they had been written so.
func reseal(t *testing.T, file string, text []byte) []byte {
	t.Helper()
	digest, lines := sha256.Sum256(text), bytes.Count(text, []byte("\n"))
	var end any = record.SamplesEnd{Samples: lines - 2, SHA256: hex.EncodeToString(digest[:])}
	if file == "events.jsonl" {
		end = record.Event{Kind: record.KindEnd, Data: record.End{Events: lines, SHA256: hex.EncodeToString(digest[:])}}
	}
	line, err := json.Marshal(end)
	if err != nil {
		t.Fatal(err)
	}
	if file != "events.jsonl" {
		line = append([]byte("# "), line...)
	}
	return slices.Concat(text, line, []byte("\n"))
}

func replace(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// show writes a report in every form, but for its figures.
func show(t *testing.T, r *Report) {
	t.Helper()
	if err := Terminal(60)(io.Discard, r); err != nil {
		t.Error(err)
	}
	for _, f := range files {
		if err := f.format(io.Discard, r); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
	}
}

// The record of a suite of whatever content is refused or shown.
func FuzzSuiteRecord(f *testing.F) {
	dir, _ := smallRun(f)
	r, err := readAnew(dir)
	if err != nil {
		f.Fatal(err)
	}
	suite := f.TempDir()
	s := record.Suite{Name: "x", Notes: []string{"a note"}, Outcome: "completed", Members: []record.SuiteMember{{Scenario: "service-crash", Dir: "a"}, {Scenario: "drain", Err: "no lab"}}}
	if err := record.WriteSuite(suite, s); err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(suite, "suite.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		replace(t, filepath.Join(suite, "suite.json"), text)
		soon(func() {
			s, err := LoadSuite(suite, func(string) (*Report, error) { return r, nil })
			if err != nil {
				return
			}
			terminal := func(w io.Writer) error { return s.Terminal(w, suite, 60) }
			for _, write := range []func(io.Writer) error{s.Markdown, s.Overview, s.JSON, terminal} {
				if err := write(io.Discard); err != nil {
					t.Error(err)
				}
			}
		})
	})
}
