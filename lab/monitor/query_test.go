package monitor

import (
	"encoding/json"
	"testing"
	"time"

	"anylab/lab/record"
)

// TestWhatIsNewSinceAMoment: a series counts that was well before and is not since. A
// scrape counts by its end.
func TestWhatIsNewSinceAMoment(t *testing.T) {
	l := lookback{moment: record.Time(10 * time.Second), offset: 1000 * time.Second, scrape: time.Second,
		took: map[string]map[int64]time.Duration{"slow": {1009500: 800 * time.Millisecond}}}
	for _, c := range []struct {
		values string
		job    string
		firing bool
		at     time.Duration
		fresh  bool
	}{
		{`[[1009, "1"], [1010, "1"]]`, "", false, 0, false},
		{`[[1009, "1"], [1010.25, "0"], [1011, "0"]]`, "", false, 10250 * time.Millisecond, true},
		{`[[1008.5, "0"], [1009.5, "0"], [1010.5, "0"]]`, "", false, 10500 * time.Millisecond, false},
		{`[[1004.5, "0"], [1005.5, "1"], [1010.5, "0"]]`, "", false, 10500 * time.Millisecond, true},
		{`[[1008.5, "1"], [1009.5, "0"], [1010.5, "0"]]`, "slow", false, 10300 * time.Millisecond, true},
		{`[[1011, "1"], [1012, "1"]]`, "", true, 11 * time.Second, true},
		{`[[1009, "1"], [1010, "1"]]`, "", true, 10 * time.Second, false},
	} {
		s := samples{Metric: map[string]string{"job": c.job}}
		if err := json.Unmarshal([]byte(c.values), &s.Values); err != nil {
			t.Fatal(err)
		}
		if at, fresh := l.first(s, c.firing); fresh != c.fresh || at != record.Time(c.at) {
			t.Errorf("%s: %v %v, want %v %v", c.values, time.Duration(at), fresh, c.at, c.fresh)
		}
	}
}
