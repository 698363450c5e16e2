package reports

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
)

// suiteOf writes a suite whose members are the stories, and reads it.
func suiteOf(t *testing.T, keepGoing bool, members map[string]*story, order ...string) (*Suite, string) {
	t.Helper()
	dir := t.TempDir()
	rec := record.Suite{Name: "all", Summary: "Everything.", Notes: []string{"5.1.5: not here"}, KeepGoing: keepGoing,
		Started: time.Unix(7, 0).UTC(), Outcome: "completed"}
	for _, name := range order {
		m := record.SuiteMember{Scenario: name, Dir: name}
		switch s := members[name]; {
		case strings.HasPrefix(name, "unavailable"):
			m.Err = "no such daemon"
		case s != nil:
			s.write(t, filepath.Join(dir, name))
		}
		rec.Members = append(rec.Members, m)
	}
	if err := record.WriteSuite(dir, rec); err != nil {
		t.Fatal(err)
	}
	s, err := LoadSuite(dir, Load)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func TestSuiteVerdicts(t *testing.T) {
	good, slow, doubtful := crashes(10), crashes(10), crashes(10)
	for i := range slow.trials {
		slow.trials[i].outage = 1500
	}
	for i := range 5 {
		doubtful.trials[i].lossBefore = true
	}
	members := map[string]*story{"good": &good, "slow": &slow, "doubtful": &doubtful}
	for _, c := range []struct {
		order     string
		keepGoing bool
		want      Outcome
		code      int
	}{
		{"good", false, Pass, 0},
		{"good slow doubtful unavailable", false, Fail, 1},
		{"good doubtful unavailable", false, Unavailable, 3},
		{"good doubtful", false, Inconclusive, 4},
		{"good missing", false, Inconclusive, 4},
		{"good unavailable", true, Pass, 0},
		{"unavailable slow", true, Fail, 1},
		{"unavailable unavailable-2", true, Unavailable, 3},
	} {
		s, _ := suiteOf(t, c.keepGoing, members, strings.Fields(c.order)...)
		if s.Result.Verdict != c.want || s.ExitCode() != c.code {
			t.Errorf("%s: %s, %d; want %s, %d", c.order, s.Result.Verdict, s.ExitCode(), c.want, c.code)
		}
	}
}

func TestSuiteReport(t *testing.T) {
	good, slow := crashes(4), crashes(4)
	for i := range slow.trials {
		slow.trials[i].outage = 1500
	}
	s, dir := suiteOf(t, false, map[string]*story{"good": &good, "slow": &slow}, "good", "slow", "unavailable", "missing")
	var b bytes.Buffer
	if err := s.Terminal(&b, dir, 0); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"FAIL  all: 1 of 4 scenarios passed, 1 fail, 1 unavailable, 1 not run", "pass", "good", "4 of 4",
		"not so: p95(outage) < 1s (1500 ms)", "no such daemon", "not run",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in the table:\n%s", want, b.String())
		}
	}
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	md, err := os.ReadFile(filepath.Join(dir, "suite.md"))
	if err != nil || !strings.Contains(string(md), "[good](good/report.md)") || !strings.Contains(string(md), "5.1.5: not here") {
		t.Errorf("%v; suite.md:\n%s", err, md)
	}
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	var back SuiteResult
	if err != nil || json.Unmarshal(text, &back) != nil || len(back.Members) != 4 || back.Members[1].Verdict != Fail || back.Verdict != Fail {
		t.Errorf("%v; result.json: %s", err, text)
	}
}

// A shard of a suite judges nothing, whether or not it has trials of a scenario.
func TestAShardOfASuiteJudgesNothing(t *testing.T) {
	slow := crashes(10)
	for i := range slow.trials {
		slow.trials[i].outage = 1500
	}
	slow.shard = &record.Shard{Index: 2, Of: 3}
	for order, want := range map[string]struct {
		verdict Outcome
		code    int
		lead    string
	}{
		"slow idle":        {Recorded, 0, "2 of 2 scenarios recorded in shard 2/3, which judges nothing"},
		"idle":             {Recorded, 0, "1 of 1 scenario recorded in shard 2/3, which judges nothing"},
		"slow missing":     {Inconclusive, 4, "1 of 2 scenarios recorded in shard 2/3, which judges nothing, 1 not run"},
		"slow unavailable": {Unavailable, 3, "1 unavailable"},
	} {
		_, dir := suiteOf(t, false, map[string]*story{"slow": &slow}, strings.Fields(order)...)
		rec, err := record.ReadSuite(dir)
		if err != nil {
			t.Fatal(err)
		}
		rec.Shard = slow.shard
		for i := range rec.Members {
			rec.Members[i].Idle = rec.Members[i].Scenario == "idle"
		}
		if err := record.WriteSuite(dir, rec); err != nil {
			t.Fatal(err)
		}
		s, err := LoadSuite(dir, Load)
		if err != nil {
			t.Fatal(err)
		}
		if s.Result.Verdict != want.verdict || s.ExitCode() != want.code || !strings.Contains(s.lead(), want.lead) {
			t.Errorf("%s: %s, %d, %q; want %s, %d, %q", order, s.Result.Verdict, s.ExitCode(), s.lead(), want.verdict, want.code, want.lead)
		}
	}
}

func TestSuiteOfTestCases(t *testing.T) {
	one, plain := standard(3), crashes(3)
	s, _ := suiteOf(t, false, map[string]*story{"one": &one, "plain": &plain}, "one", "plain", "missing")
	var rows [][]string
	for _, row := range s.cases().Rows {
		rows = append(rows, texts(row))
	}
	if len(rows) != 2 || rows[0][1] != "event" || rows[1][1] != "reversion" || rows[0][2] == "-" || rows[1][2] != "0" || rows[0][5] == "-" {
		t.Errorf("cases %q", rows)
	}
	var b bytes.Buffer
	if err := s.Markdown(&b); err != nil || !strings.Contains(b.String(), "full convergence, s") {
		t.Errorf("%v; the suite's report lacks the cases:\n%s", err, b.String())
	}
}
