package run

import (
	"errors"
	"strings"
	"testing"

	"anylab/scenarios"
	"anylab/topologies"
)

// What a daemon can't do is an error with its place in the scenario.
func TestCompileAsksWhatDaemonsCan(t *testing.T) {
	s, err := scenarios.Load("silent-drop-bfd", "daemon=frr", "bfd.multiplier=1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(s)
	var mistake *topologies.Error
	if !errors.As(err, &mistake) || mistake.Line == 0 || !strings.Contains(mistake.Msg, "multiplier 1; frr takes 2") {
		t.Errorf("got %v, want an error with a place", err)
	}
}
