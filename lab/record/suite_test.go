package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSuiteIsReadAsWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if IsSuite(dir) {
		t.Error("nothing is a suite")
	}
	s := Suite{Name: "all", Notes: []string{"not the rest"}, Started: time.Unix(7, 0).UTC(), KeepGoing: true,
		Members: []SuiteMember{{Scenario: "x", Dir: "x", Err: "no"}, {Scenario: "y", Dir: "y", Idle: true}},
		Shard:   &Shard{1, 2}, Command: "anylab run all --shard=1/2 --seed=7"}
	if err := WriteSuite(dir, s); err != nil {
		t.Fatal(err)
	}
	got, err := ReadSuite(dir)
	if err != nil || !IsSuite(dir) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Error(diff)
	}
	if err := os.WriteFile(filepath.Join(dir, suiteFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSuite(dir); err == nil {
		t.Error("half a file was read")
	}
}

// A suite's runs are below it: nothing else is read, or written, for them.
func TestARunOfASuiteIsBelowIt(t *testing.T) {
	dir := t.TempDir()
	for member, below := range map[string]bool{
		"x": true, "x/20260102T030405.000Z": true, "": true, "./x": true, "x/../y": true,
		"..": false, "../x": false, "x/../../y": false, "/etc": false,
	} {
		if err := WriteSuite(dir, Suite{Name: "all", Members: []SuiteMember{{Scenario: "drain", Dir: member}}}); err != nil {
			t.Fatal(err)
		}
		_, err := ReadSuite(dir)
		if (err == nil) != below || err != nil && !strings.Contains(err.Error(), "suite.json is damaged: the directory of drain, ") {
			t.Errorf("%q: %v", member, err)
		}
	}
}
