package run

import (
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
)

// The last NOTIFICATION of a session is told with its name, whoever sent it.
func TestNotified(t *testing.T) {
	var out collected
	seen := &changes{Sink: &out}
	if said := seen.notified("a", "upstream", 0); said != nil {
		t.Errorf("said %q, where nothing was", said)
	}
	for i, m := range []record.BGP{
		{From: "upstream", To: "a", Type: record.BGPNotification, Code: 6, Subcode: 7},
		{From: "upstream", To: "a", Type: record.BGPNotification, Code: 2, Subcode: 2},
		{From: "upstream", To: "a", Type: record.BGPOpen},
	} {
		seen.Emit(record.Event{At: record.Time(i), Kind: record.KindBGP, Data: m})
	}
	if said := seen.notified("a", "upstream", 0); !slices.Equal(said, []string{"upstream sent a the NOTIFICATION 2/2, OPEN error: bad peer AS"}) {
		t.Errorf("said %q", said)
	}
	if said := seen.notified("a", "upstream", 2); said != nil {
		t.Errorf("said %q, which was before", said)
	}
	seen.Emit(record.Event{At: 3, Kind: record.KindBGP, Data: record.BGP{From: "a", To: "upstream", Type: record.BGPNotification, Code: 6, Subcode: 1}})
	if said := seen.notified("upstream", "a", 2); !slices.Equal(said, []string{"a sent upstream the NOTIFICATION 6/1, Cease: maximum number of prefixes"}) {
		t.Errorf("said %q", said)
	}
	if said := notice(record.BGP{Code: 2, Subcode: 99}); !strings.Contains(said, "2/99, OPEN error") {
		t.Errorf("an unknown subcode is said to be %q", said)
	}
}

// A fault's moment is drawn over the time between two looks at a condition, if that
// is longer than the fault's own timer.
func TestPeriodOfAScan(t *testing.T) {
	c := cell{scan: 5 * time.Second}
	c.theory.Period = time.Second
	if got := c.period(); got != 5*time.Second {
		t.Errorf("period %v", got)
	}
	c.theory.Period = time.Minute
	if got := c.period(); got != time.Minute {
		t.Errorf("period %v", got)
	}
}
