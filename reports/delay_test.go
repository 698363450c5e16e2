package reports

import (
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

func TestDelayed(t *testing.T) {
	ms := func(n int) record.Time { return record.Time(time.Duration(n) * time.Millisecond) }
	for name, c := range map[string]struct {
		from, to, outage int
		want             bool
	}{
		"the kernel was busy until the end":  {1001, 1190, 200, true},
		"busy before the fault":              {700, 1000, 200, false},
		"busy from before the fault into it": {700, 1050, 200, true},
		"busy after the outcome":             {1300, 1500, 200, false},
		"shorter than the floor":             {1100, 1109, 200, false},
		"a small share of a long outage":     {1100, 1130, 3000, false},
		"a large share of a long outage":     {1100, 1400, 3000, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := timeline.Episode{Zero: ms(1000), Outage: timeline.Interval{Value: time.Duration(c.outage) * time.Millisecond}}
			got := delayed([]timeline.Delay{{Name: "kernel-busy", From: ms(c.from), To: ms(c.to)}}, e)
			if (got != "") != c.want {
				t.Errorf("found %q, want a finding: %v", got, c.want)
			}
		})
	}
}
