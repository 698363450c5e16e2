package reports

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnnotations(t *testing.T) {
	slow := crashes(6)
	for i := range slow.trials {
		slow.trials[i].outage = 1500
	}
	doubtful := crashes(2)
	doubtful.trials[0].lossBefore = true
	here := func(string) (string, int, bool) { return "my,scenario.yaml", 7, true }
	nowhere := func(string) (string, int, bool) { return "", 0, false }
	for _, c := range []struct {
		name  string
		s     story
		place Place
		want  []string // how each line begins
	}{
		{"all hold", crashes(6), here, nil},
		{"one doesn't", slow, here, []string{"::error file=my%2Cscenario.yaml,line=7,title=service-crash::p95(outage) < 1s is not so: 1500 ms over 6 trials"}},
		{"in no file", slow, nowhere, []string{"::error title=service-crash::p95(outage) < 1s is not so"}},
		{"inconclusive", doubtful, here, []string{"::warning title=service-crash is inconclusive::the measurement can't be trusted; too-few-trials (the run): 1 of 2 trials"}},
	} {
		var b strings.Builder
		if err := GitHub(&b, c.s.load(t).Annotations(c.place)); err != nil {
			t.Fatal(err)
		}
		checkLines(t, c.name, b.String(), c.want)
	}
}

func checkLines(t *testing.T, name, text string, want []string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if text == "" {
		lines = nil
	}
	if len(lines) != len(want) {
		t.Errorf("%s: %q, want %d lines", name, lines, len(want))
		return
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("%s: %q, want it to begin with %q", name, lines[i], want[i])
		}
	}
}

func TestAnnotationsOfComparisons(t *testing.T) {
	for _, c := range []struct {
		name    string
		changes Changes
		want    []string
	}{
		{"no difference", Compare(outages(ramp(100, 5, 20)), outages(ramp(100, 5, 20)), DefaultThresholds()), nil},
		{"all verdicts", example(), []string{
			"::error title=crash became slower::bfd.interval=50ms: outage: 159.0 ms (150.0 to 168.0 ms, n = 20, 2 inconclusive), was 119.0 ms",
			"::warning title=it can't be told whether crash became slower::bfd.interval=10ms: outage: 3 + 20 trials"}},
		{"nothing in common", Compare(outages(nil), samplesOf(), DefaultThresholds()), []string{"::warning title=it can't be told"}},
	} {
		var b strings.Builder
		if err := GitHub(&b, c.changes.Annotations()); err != nil {
			t.Fatal(err)
		}
		checkLines(t, c.name, b.String(), c.want)
	}
	if err := GitHub(failing{}, example().Annotations()); err == nil {
		t.Error("a failed write goes unnoticed")
	}
}

func TestWorkflowCommandsAreEscaped(t *testing.T) {
	var b strings.Builder
	if err := GitHub(&b, []Annotation{{Level: "notice", Title: "50%: a, b", Message: "100%\r\n::error::x", File: "c:d", Line: 3}}); err != nil {
		t.Fatal(err)
	}
	want := "::notice file=c%3Ad,line=3,title=50%25%3A a%2C b::100%25 %0A::error::x\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
