package reports

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// edit changes the lines of a probe's samples in a stored run, all but the two
// at the head.
func edit(t *testing.T, dir string, change func(lines []string) []string) {
	t.Helper()
	path := filepath.Join(dir, "probes", "london-dns.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(strings.Lines(string(text)))
	lines = append(slices.Clone(lines[:2]), change(lines[2:len(lines)-1])...)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// everyThird deletes every third line.
func everyThird(lines []string) []string {
	var kept []string
	for i, l := range lines {
		if i%3 != 2 {
			kept = append(kept, l)
		}
	}
	return kept
}

// Requests of which there is no record may be those that mattered. Lines may be
// in any order, and there may be several answers to a request.
func TestGapsInTheRecord(t *testing.T) {
	inTrial := func(lines []string) []string { return slices.Delete(lines, 200, 201) }
	for _, c := range []struct {
		name   string
		change func(lines []string) []string
		want   string // of the first trial's findings
	}{
		{"nothing", func(lines []string) []string { return lines }, ""},
		{"reversed", func(lines []string) []string { slices.Reverse(lines); return lines }, ""},
		{"one request missing", inTrial, "1 of 760 requests of probe london-dns are not in its record"},
		{"every third line missing", everyThird, "253 of 760 requests of probe london-dns are not in its record"},
		{"some twice", func(lines []string) []string { return append(lines, lines[200:210]...) }, "in the record of probe london-dns there is twice: 10 requests"},
		{"answered early", func(lines []string) []string {
			lines[200] = regexp.MustCompile(`,\d+,b,`).ReplaceAllString(lines[200], ",5,b,")
			return lines
		}, "in the record of probe london-dns there is answered before it was sent: 1 request"},
		{"the end missing", func(lines []string) []string { return lines[:200] }, "the record of probe london-dns stops 2825 ms before the trial's end"},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		crashes(1).write(t, dir)
		edit(t, dir, c.change)
		r, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for _, f := range r.Result.Trials[0].Findings {
			if f.Name == "probe-record-gap" {
				got = f.Detail
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if doubtful := r.Result.Trials[0].Status == Doubtful; doubtful != (c.want != "") {
			t.Errorf("%s: status %s", c.name, r.Result.Trials[0].Status)
		}
	}
}

func TestSecondAnswersAreNoGap(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	crashes(2).write(t, dir)
	edit(t, dir, func(lines []string) []string {
		for _, line := range lines[300:400] { // a microsecond later
			lines = append(lines, strings.Replace(line, "0,b,", "9,b,", 1))
		}
		return lines
	})
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Result.Trials[0]; got.Status != OK || got.Probes.Duplicate == 0 {
		t.Errorf("status %s, findings %s, %d duplicates", got.Status, names(got.Findings), got.Probes.Duplicate)
	}
}

// A probe of the scenario without a record is named, though another one has its
// own.
func TestProbeWithoutRecord(t *testing.T) {
	s := crashes(1)
	s.set = []string{"probes=[{from: london, service: dns, rate: 200/s, flows: 2}, {from: london, service: dns, kind: icmp, rate: 200/s, flows: 2}]"}
	r := s.load(t)
	want := Finding{"no-samples", Doubt, "there are 0 of 1 records of the icmp probe from london of dns"}
	if got := r.Result.Trials[0].Findings; !slices.Contains(got, want) {
		t.Errorf("findings %+v, want %+v", got, want)
	}
	if got := crashes(1).load(t).Result.Trials[0].Findings; len(got) != 0 {
		t.Errorf("with all records: %s", names(got))
	}
}

// Records that can't be read are no missing ones.
func TestUnreadableProbes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	crashes(1).write(t, dir)
	probes := filepath.Join(dir, "probes")
	if err := os.RemoveAll(probes); err != nil {
		t.Fatal(err)
	}
	r, err := Load(dir)
	if err != nil || !strings.Contains(names(r.Result.Trials[0].Findings), "no-samples(doubt)") {
		t.Errorf("no probes: %v, %s", err, names(r.Result.Trials[0].Findings))
	}
	if err := os.WriteFile(probes, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), probes) {
		t.Errorf("error %v, want one that names %s", err, probes)
	}
}
