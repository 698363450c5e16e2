package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// close says whether two numbers are within a share of each other.
func alike(a, b, share float64) bool {
	return math.Abs(a-b) <= share*math.Max(math.Abs(a), math.Abs(b))
}

// TestMostEvents: no event bounds the expected number at 3, and one at 4.74 (Garwood's
// table), at 95 % confidence.
func TestMostEvents(t *testing.T) {
	for seen, want := range map[int]float64{0: 2.9957, 1: 4.7439, 2: 6.2958, 10: 16.9622} {
		if got := MostEvents(seen); !alike(got, want, 1e-4) {
			t.Errorf("%d events: at most %v, want %v", seen, got, want)
		}
	}
}

// TestAlarmsOfSteadyPackets: at a steady interval I a silence of m intervals is exceeded
// by m losses in a row, so (1-p) p^m alarms an interval.
func TestAlarmsOfSteadyPackets(t *testing.T) {
	const interval = 0.010
	for _, m := range []int{1, 3, 5} {
		for _, p := range []float64{0.001, 0.01, 0.2} {
			got := Heartbeat{[]float64{interval}, p}.Alarms(float64(m) * interval)
			if want := (1 - p) * math.Pow(p, float64(m)) / interval * 3600; !alike(got, want, 1e-9) {
				t.Errorf("%d losses of %v in a row: %v alarms an hour, want %v", m, p, got, want)
			}
		}
	}
	if got := (Heartbeat{[]float64{interval}, 0}).Alarms(2 * interval); got != 0 {
		t.Errorf("without loss: %v alarms an hour, want none", got)
	}
}

// TestAlarmsOfJitter: with a delay that is uniform on 0 to j, two packets in a row are
// I + J2 - J1 apart, and J2 - J1 has a triangular distribution.
func TestAlarmsOfJitter(t *testing.T) {
	const interval, j, n = 0.1, 0.04, 400_000
	random := rand.New(rand.NewPCG(1, 2))
	var arrivals []float64
	for i := range n {
		arrivals = append(arrivals, float64(i)*interval+j*random.Float64())
	}
	gaps := Between(arrivals)
	for _, p := range []float64{0, 0.1} {
		for _, late := range []float64{0, 0.02, 0.035} {
			limit := interval + late
			triangle := (j - late) * (j - late) / (2 * j * j)
			want := ((1-p)*triangle + p) * (1 - p) / interval * 3600 // or one is lost, and two gaps are always too long
			if got := (Heartbeat{gaps, p}).Alarms(limit); !alike(got, want, 0.03) {
				t.Errorf("loss %v, limit %v: %v alarms an hour, want %v", p, limit, got, want)
			}
		}
		// Two losses of three intervals, or one of the last two gaps' jitter.
		want := (1 - p) * (p*(1-p)*0.5 + p*p) / interval * 3600
		if got := (Heartbeat{gaps, p}).Alarms(2 * interval); !alike(got, want, 0.03) {
			t.Errorf("loss %v, two intervals: %v alarms an hour, want %v", p, got, want)
		}
	}
}

// TestAlarmsAreThoseCounted: packets with the jitter of RFC 5880, sent and lost one by
// one, are as often as computed followed by a silence that is too long.
func TestAlarmsAreThoseCounted(t *testing.T) {
	const interval, loss, multiplier, hours = 0.010, 0.2, 4, 1.0
	random := rand.New(rand.NewPCG(3, 4))
	var gaps []float64
	now, last, alarms := 0.0, 0.0, 0
	for now < hours*3600 {
		gap := interval * (0.75 + 0.25*random.Float64())
		gaps = append(gaps, gap)
		if now += gap; random.Float64() < loss {
			continue
		}
		if now-last > multiplier*interval {
			alarms++
		}
		last = now
	}
	got := Heartbeat{gaps[:100_000], loss}.Alarms(multiplier * interval)
	if apart := 5 * math.Sqrt(float64(alarms)); math.Abs(got*hours-float64(alarms)) > apart {
		t.Errorf("computed are %.0f alarms, counted %d", got*hours, alarms)
	}
}

// TestAlarmsOfChecks: a stop is found by as many checks in a row as fit in what is left of
// it after the timeout.
func TestAlarmsOfChecks(t *testing.T) {
	for _, c := range []struct {
		stop, interval, timeout float64
		fall                    int
		want                    float64 // of all stops, of which there is one a second
	}{
		{0.1, 0.1, 0.1, 1, 0},    // it is over before the timeout is
		{0.5, 0.1, 0.1, 2, 1},    // four checks fit
		{0.3, 0.25, 0.1, 1, 0.8}, // one fits in 200 of 250 ms
		{0.3, 0.25, 0.1, 2, 0},   // two never do
		{0.45, 0.25, 0.1, 2, 0.4},
	} {
		p := Polling{c.interval, c.timeout, c.fall}
		if got := p.Alarms(100, Stalled(c.stop, 1)) / 3600; !alike(got, c.want, 0.05) {
			t.Errorf("%+v: %v alarms a stop", c, got)
		}
	}
}
