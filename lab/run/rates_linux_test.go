package run

import (
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
)

// More than this machine can ask is refused before anything is measured; what is
// asked otherwise is well below what it can.
func TestRatesBeyondThisMachineAreRefused(t *testing.T) {
	path, err := execute(t.Context(), t, compile(t, "no-fault", "trials=1", "probes.0.rate=200000/s", "probes.0.timeout=100ms"))
	if err == nil {
		t.Skip("this machine can ask 200,000 times a second")
	}
	if !strings.Contains(err.Error(), "lower probes.0.rate, for instance with --set probes.0.rate=") {
		t.Fatal(err)
	}
	run, rerr := record.ReadRun(path)
	if rerr != nil {
		t.Fatal(rerr)
	}
	if c := run.Calibration; c == nil || c.MostRate <= 0 || c.MostRate >= 200_000 {
		t.Errorf("calibration %+v", c)
	}
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == record.KindTrial {
			t.Errorf("a trial was begun: %+v", e)
		}
	}
}

func TestRateOfABurst(t *testing.T) {
	const ms = record.Time(time.Millisecond)
	var e echoes
	for i := range record.Time(100) {
		e.Write(record.Sample{Sent: ms, Received: 51*ms + i*ms/10, Node: "a"}) // at 10,000 a second, 50 ms away
		e.Write(record.Sample{Sent: ms})
	}
	if got := e.rate(); got < 10_000 || got > 10_200 {
		t.Errorf("%.0f a second, want 10,000", got)
	}
	few := echoes{}
	few.Write(record.Sample{Sent: ms, Received: 2 * ms})
	if got := few.rate(); got != 0 {
		t.Errorf("one answer makes %.0f a second", got)
	}
}
