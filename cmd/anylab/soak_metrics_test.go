package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"anylab/lab/record"
	"anylab/reports"
)

// What a soak has come to is scraped beside it, from when a fault was made.
func TestSoakIsScraped(t *testing.T) {
	dir, longest := t.TempDir(), reports.Number(1500)
	s := reports.NewSoak(record.Run{Scenario: "x-soak", Experiment: &record.Experiment{}})
	s.Faults, s.Unclear = []reports.Soaked{{Fault: "link-down", Trials: 3, Violated: 1, Longest: &longest}, {Fault: "drain", Trials: 1}}, 2
	if err := s.Save(dir); err != nil {
		t.Fatal(err)
	}
	b := &besideSoak{}
	if text := sumScraped(t, b); text != "" {
		t.Errorf("before it has begun: %s", text)
	}
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, n := range []note{{Run: dir}, {Step: "a fault"}} {
		if err := json.NewEncoder(out).Encode(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	b.follow(in)
	text := sumScraped(t, b)
	for _, want := range []string{
		`anylab_soak_faults_total{fault="drain",scenario="x-soak"} 1`,
		`anylab_soak_faults_total{fault="link-down",scenario="x-soak"} 3`,
		`anylab_soak_violated_total{fault="link-down",scenario="x-soak"} 1`,
		`anylab_soak_violated_total{fault="drain",scenario="x-soak"} 0`,
		`anylab_soak_longest_interruption_seconds{fault="link-down",scenario="x-soak"} 1.5`,
		`anylab_soak_unclear_total{scenario="x-soak"} 2`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("it lacks %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, `longest_interruption_seconds{fault="drain"`) {
		t.Errorf("what was not measured is there:\n%s", text)
	}
}

func sumScraped(t *testing.T, b *besideSoak) string {
	t.Helper()
	var text strings.Builder
	if err := reports.Expose(&text, b); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
