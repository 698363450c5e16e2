package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"anylab/lab/run"
)

// A run that made trials and did not settle again is judged; any other failure
// is one, and so is a lab that never came up.
func TestWhatIsJudgedAfterAFailure(t *testing.T) {
	stored, none := filepath.Join("..", "..", "reports", "testdata", "service-crash"), t.TempDir()
	gate, other := error(&run.GateError{Missing: []string{"all"}}), errors.New("no such program")
	for _, c := range []struct {
		name   string
		err    error
		path   string
		judged bool
	}{
		{"nothing failed", nil, stored, true},
		{"after healing", fmt.Errorf("after healing: %w", gate), stored, true},
		{"in two cells", errors.Join(gate, fmt.Errorf("trial 3: %w", gate)), stored, true},
		{"before the first trial", gate, none, false},
		{"another failure", other, stored, false},
		{"another failure besides", errors.Join(gate, other), stored, false},
		{"another failure inside", fmt.Errorf("visit: %w", errors.Join(gate, other)), stored, false},
	} {
		var said bytes.Buffer
		got := judgeable(&said, c.err, c.path)
		if (got == nil) != c.judged {
			t.Errorf("%s: %v", c.name, got)
		}
		if told := said.Len() > 0; told != (c.judged && c.err != nil) {
			t.Errorf("%s: said %q", c.name, said.String())
		}
	}
}
