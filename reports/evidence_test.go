package reports

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A record that lacks something that a verdict rests on does not pass, whether
// its end was taken away as well or not.
func TestNothingPassesWithoutEvidence(t *testing.T) {
	without := func(pattern string) func([][]byte) [][]byte {
		return func(lines [][]byte) [][]byte {
			return slices.DeleteFunc(lines, func(line []byte) bool { return regexp.MustCompile(pattern).Match(line) })
		}
	}
	whole := func(lines [][]byte) [][]byte { return lines }
	doubled := func(lines [][]byte) (list [][]byte) {
		for _, line := range lines {
			list = append(list, line, line)
		}
		return list
	}
	changed := func(pattern, with string) func([][]byte) [][]byte {
		return func(lines [][]byte) [][]byte {
			for i, line := range lines {
				lines[i] = regexp.MustCompile(pattern).ReplaceAll(line, []byte(with))
			}
			return lines
		}
	}
	for _, c := range []struct {
		name  string
		spoil func([][]byte) [][]byte
		pass  bool
	}{
		{"all of it", whole, true},
		{"the load of the machine", without(`"kind":"load"`), false},
		{"the load of most seconds", without(`"kind":"load".*"from":\d*[1-9]000000000\b`), false},
		{"the clocks", without(`"kind":"clock"`), false},
		{"the trials", without(`"kind":"trial"`), false},
		{"a trial", without(`"kind":"trial".*"index":2`), false},
		{"that the fault took effect", without(`"phase":"(effective|verified)"`), false},
		{"the messages of BGP", without(`"kind":"bgp"`), false},
		{"the verdicts of health checks", without(`"kind":"health"`), false},
		{"the routes", without(`"kind":"route"`), false},
		{"all of it twice", doubled, false},
		{"when the faults were injected", without(`"phase":"inject"`), false},
		{"a fault of each trial", without(`"kind":"fault"`), false},
		{"the known silence", without(`"kind":"silence"`), false},
		{"the messages of BGP, twice instead", func(lines [][]byte) [][]byte {
			return slices.Concat(lines, without(`"kind":"[^b]`)(slices.Clone(lines)))
		}, false},
		{"the nodes, another run's instead", changed(`"node":"upstream"`, `"node":"elsewhere"`), false},
		{"the order of each fault's steps", changed(`(at":)(.*"phase":"verified")`, `${1}1$2`), false},
		{"the hour of the verdicts", changed(`(at":)(.*"kind":"health")`, `${1}9$2`), false},
	} {
		for _, sealed := range []bool{true, false} {
			dir := filepath.Join(t.TempDir(), "run")
			s := crashes(5)
			s.silence = true
			s.write(t, dir)
			whole, err := Load(dir)
			if err == nil {
				err = whole.keepCalibration(dir)
			}
			if err != nil {
				t.Fatal(err)
			}
			respoil(t, dir, c.spoil, sealed)
			r, err := Load(dir)
			if passed := err == nil && r.Result.Verdict == Pass; passed != c.pass {
				t.Errorf("%s, sealed %v: passed %v, %v", c.name, sealed, passed, err)
			}
		}
	}
}

// respoil rewrites a run's events. Unsealed, they look like those of a version
// that wrote no end.
func respoil(t *testing.T, dir string, spoil func([][]byte) [][]byte, sealed bool) {
	t.Helper()
	edit := func(name string, change func([]byte) []byte) {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, change(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	edit("events.jsonl", func(text []byte) []byte {
		lines := bytes.SplitAfter(text, []byte("\n"))
		if !sealed {
			lines = slices.DeleteFunc(lines, func(line []byte) bool { return bytes.Contains(line, []byte(`"kind":"end"`)) })
		}
		return bytes.Join(spoil(lines), nil)
	})
	if !sealed {
		edit("run.json", func(text []byte) []byte {
			return bytes.Replace(text, []byte(`"sealed": true`), []byte(`"sealed": false`), 1)
		})
	}
}

// A run that was completed has the end of its events. That of one that was killed is
// missing as well, and with it whatever would show that the rest was edited.
func TestNoRunWithoutItsEndPasses(t *testing.T) {
	for _, outcome := range []string{"completed", ""} {
		testWithoutEnd(t, outcome)
	}
}

func testWithoutEnd(t *testing.T, outcome string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	s := crashes(5)
	s.outcome = outcome
	s.write(t, dir)
	respoil(t, dir, func(lines [][]byte) [][]byte {
		return slices.DeleteFunc(lines, func(line []byte) bool { return bytes.Contains(line, []byte(`"kind":"end"`)) })
	}, true)
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(r.Result.Findings, func(f Finding) bool { return f.Name == "record-cut-short" })
	if at < 0 || r.Result.Verdict != Inconclusive {
		t.Errorf("outcome %q: verdict %s, findings %v", outcome, r.Result.Verdict, r.Result.Findings)
	}
}

// Records of probes and what was planned are vouched for too: a run of which any is
// missing or was edited does not pass, and says so.
func TestNothingBesideTheEventsIsChanged(t *testing.T) {
	probe := filepath.Join("probes", "london-dns.csv")
	for _, c := range []struct {
		name, file, want string
		spoil            func(text string) string
	}{
		{"nothing", probe, "", func(text string) string { return text }},
		{"losses", probe, "samples where", func(text string) string { return regexp.MustCompile(`(?m)^.*,,,0\n`).ReplaceAllString(text, "") }},
		{"the end of the samples", probe, "lacks its end", func(text string) string { return text[:strings.LastIndex(text, "#")] }},
		{"planned trials", "run.json", "changed since", func(text string) string {
			return regexp.MustCompile(`"trials": 5`).ReplaceAllString(text, `"trials": 1`)
		}},
		{"expectations", "run.json", "changed since", func(text string) string { return strings.ReplaceAll(text, `"expect"`, `"except"`) }},
		{"the digest of the experiment", "run.json", "changed since", func(text string) string {
			return regexp.MustCompile(`"experiment_sha256": "..`).ReplaceAllString(text, `"experiment_sha256": "xx`)
		}},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		crashes(5).write(t, dir)
		path := filepath.Join(dir, c.file)
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, []byte(c.spoil(string(text))), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		r, err := Load(dir)
		got := ""
		switch {
		case err != nil:
			got = err.Error()
		case r.Result.Verdict != Pass:
			got = r.Result.Findings[0].Detail
		}
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A record of probes that is gone is missed.
func TestAProbeRecordIsMissed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	s := crashes(5)
	s.labs = true
	s.write(t, dir)
	remove(t, dir, "probes", "london-dns-5.csv")
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := Finding{"record-cut-short", Doubt, "there are 5 probe records, 6 were written"}
	if !slices.Contains(r.Result.Findings, want) || r.Result.Verdict != Inconclusive {
		t.Errorf("verdict %s, findings %v", r.Result.Verdict, r.Result.Findings)
	}
}

// A trial that belongs to none of the cells makes up for none of theirs.
func TestATrialOfNoCellIsNone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	s := matrix(2)
	s.set = append(s.set, "expect=[max(outage) < 9s]")
	s.write(t, dir)
	respoil(t, dir, func(lines [][]byte) [][]byte {
		for i, line := range lines {
			if bytes.Contains(line, []byte(`"kind":"trial"`)) {
				lines[i] = bytes.ReplaceAll(line, []byte("11ms"), []byte("99ms"))
			}
		}
		return lines
	}, false)
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if text := names(r.Result.Findings); r.Result.Verdict != Inconclusive || !strings.Contains(text, "trials-missing(doubt)") {
		t.Errorf("verdict %s, findings %s", r.Result.Verdict, text)
	}
}
