package fault_test

import (
	"strings"
	"testing"
	"time"

	"anylab/lab/fault"
	"anylab/topologies/document"
)

// A health checker of the user's that announces by itself takes orders from
// nobody, and when it notices something is its own affair.
func TestCheckersOfTheUsers(t *testing.T) {
	s := setting(parse(t, threeSites))
	s.Services["a"] = []fault.Service{{Name: "web", Health: fault.Health{Kind: "loop", Interval: 5 * time.Second}}}
	for kind, want := range map[string]string{
		"health-lies": "takes no orders", "withdraw": "own health checker", "drain": "own health checker",
		"announce-elsewhere": "own health checker", "service-crash": "", "service-hang": "", "blackhole": "",
	} {
		on := []string{"a"}
		if kind == "blackhole" {
			on = []string{"r", "a"}
		}
		f, err := fault.New(kind, fault.Place{On: on}, document.Raw{})
		if err != nil {
			t.Fatal(err)
		}
		err = f.Check(s)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", kind, err, want)
		}
		theory := f.Declare(s).Theory
		if strings.HasPrefix(kind, "service-") && (!theory.Unbounded || theory.Period != 5*time.Second) {
			t.Errorf("%s: theory %+v, want none, and a moment drawn over a round of the checker", kind, theory)
		}
	}
}
