package record

import (
	"os"
	"path/filepath"
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
		Members: []SuiteMember{{Scenario: "x", Dir: "x", Err: "no"}}}
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
