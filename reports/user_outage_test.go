package reports

import (
	"testing"
	"time"

	"anylab/reports/timeline"
)

// Of five users one lost nothing, and of one it is not known how long it lasted.
func TestUserOutage(t *testing.T) {
	f := sound()
	f.Broken.Flows = nil
	for i, o := range []*timeline.Interval{
		{Value: 300 * time.Millisecond, Low: 250 * time.Millisecond, High: 350 * time.Millisecond}, nil,
		{Low: 900 * time.Millisecond, Open: true},
		{Value: 100 * time.Millisecond, Low: 50 * time.Millisecond, High: 150 * time.Millisecond},
		{Value: 200 * time.Millisecond, Low: 150 * time.Millisecond, High: 250 * time.Millisecond},
	} {
		f.Broken.Flows = append(f.Broken.Flows, timeline.Flow{Flow: i, Outage: o})
	}
	if r, ok := userOutage(&f); !ok || r.value != 200 || r.low != 150 || r.high != 250 {
		t.Errorf("%v, %v", r, ok)
	}
	f.Broken.Flows = nil
	if r, ok := userOutage(&f); ok {
		t.Errorf("%v of nobody", r)
	}
}
