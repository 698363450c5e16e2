package words

import (
	"math"
	"testing"
	"time"

	"anylab/reports/timeline"
)

func TestMilliseconds(t *testing.T) {
	for ms, want := range map[float64]string{
		0: "0 ms", 0.004: "0 ms", -0.004: "0 ms", 0.123: "0.12 ms", 0.994: "0.99 ms", 0.996: "1.0 ms", 1.26: "1.3 ms", -40: "-40.0 ms",
		131.4: "131.4 ms", 213: "213.0 ms", 999.94: "999.9 ms", 999.96: "1000 ms", 2640.4: "2640 ms", 9999.4: "9999 ms", 9999.6: "10.0 s", 30_000: "30.0 s",
		math.Inf(1): "not restored", math.Inf(-1): "not restored",
	} {
		if got := Milliseconds(ms); got != want {
			t.Errorf("Milliseconds(%v) = %q, want %q", ms, got, want)
		}
	}
	if got := Milliseconds(math.NaN()); got != "unknown" {
		t.Errorf("of what isn't a number: %q", got)
	}
	if got := NotRestoredWithin(30_000); got != "not restored within 30.0 s" {
		t.Errorf("of a limit: %q", got)
	}
	if got := Duration(16200 * time.Microsecond); got != "16.2 ms" {
		t.Errorf("of a duration: %q", got)
	}
}

func TestSpanSaysAUnitOnce(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{99, 101.25, "99.0 to 101.2 ms"}, {9000, 11_000, "9000 ms to 11.0 s"}, {11_000, 12_000, "11.0 to 12.0 s"},
		{0, math.Inf(1), "0 ms to not restored"}, {math.Inf(1), math.Inf(1), "not restored to not restored"},
	} {
		if got := Span(c.low, c.high); got != c.want {
			t.Errorf("%v to %v: %q, want %q", c.low, c.high, got, c.want)
		}
	}
}

func TestAmount(t *testing.T) {
	for got, want := range map[string]string{
		Amount(3, "count"): "3", Amount(2.5, "count"): "2.5", Amount(3, "ms"): "3.0 ms", Amount(math.Inf(1), "count"): "not restored", Amount(math.NaN(), "count"): "unknown",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestShareClaimsNothing(t *testing.T) {
	for part, want := range map[float64]string{0: "0 %", 0.001: "under 1 %", 0.01: "1 %", 0.994: "99 %", 0.999: "over 99 %", 1: "100 %"} {
		if got := Share(part); got != want {
			t.Errorf("%v: %q, want %q", part, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	for got, want := range map[string]string{
		Count(1, "run"): "1 run", Count(0, "run"): "0 runs", Of(0, 1, "trial"): "0 of 1 trial", Of(1, 5, "trial"): "1 of 5 trials",
		Sentence("bgp said"): "Bgp said", Sentence(""): "", Sentence("überall"): "Überall", Sentence("\xffx"): "\xffx", In(nil): "", In(map[string]string{"a": "1", "b": "x"}): "a=1, b=x: ",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestEveryCauseIsSaid(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range []timeline.Cause{timeline.GracefulRestart, timeline.LongLived, timeline.Idle, timeline.Scan, timeline.Damping, timeline.LateService} {
		if why := Because(c); why == "" || seen[why] {
			t.Errorf("cause %s is %q", c, why)
		}
		seen[Because(c)] = true
	}
	if got := Because(""); got != "" {
		t.Errorf("of no cause: %q", got)
	}
}

func TestEveryStageHasANoun(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Stages {
		if n := Noun(s); n == "" || seen[n] {
			t.Errorf("stage %s is called %q", s, n)
		}
		seen[Noun(s)] = true
	}
}
