package bgp_test

import (
	"context"
	"testing"

	"anylab/lab/labtest"
	"anylab/lab/observe"
	"anylab/lab/record"
)

// The neighbor that can still hear is told why: one Cease with BFD Down
// (RFC 9384), and after it the end of the connection.
func TestBFDSendsItsReason(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	w := openBFD(t)
	events := &labtest.Events{}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	wait, err := observe.Start(ctx, w.lab, observe.Options{}, events)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	w.drop("r-a", "a")
	seen := func(e record.Event) (record.BGP, bool) {
		d, ok := e.Data.(record.BGP)
		return d, ok && e.Node == "a" && d.From == "r" && d.To == "a"
	}
	events.Wait(t, wide, func(e record.Event) bool {
		d, ok := seen(e)
		return ok && d.Type == record.BGPFin
	})
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
	told := 0
	for _, e := range events.All() {
		if d, ok := seen(e); ok && d.Type == record.BGPNotification {
			told++
			if d.Code != 6 || d.Subcode != 10 {
				t.Errorf("NOTIFICATION %d/%d, want Cease, BFD Down (6/10)", d.Code, d.Subcode)
			}
		}
	}
	if told != 1 {
		t.Errorf("%d notifications, want 1", told)
	}
}
