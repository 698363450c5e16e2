package run

import (
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
)

// The last NOTIFICATION of a session is told with its name, whoever sent it.
func TestNotified(t *testing.T) {
	var out collected
	seen := &changes{Sink: &out}
	if said := seen.notified("a", "upstream"); said != "" {
		t.Errorf("said %q, where nothing was", said)
	}
	for i, m := range []record.BGP{
		{From: "upstream", To: "a", Type: record.BGPNotification, Code: 6, Subcode: 7},
		{From: "upstream", To: "a", Type: record.BGPNotification, Code: 2, Subcode: 2},
		{From: "upstream", To: "a", Type: record.BGPOpen},
	} {
		seen.Emit(record.Event{At: record.Time(i), Kind: record.KindBGP, Data: m})
	}
	if said := seen.notified("a", "upstream"); said != "upstream sent a the NOTIFICATION 2/2, OPEN error: bad peer AS" {
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
