package reports

import (
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// second is sound, but 2 s after its first fault another one hit who had taken over.
func second() timeline.Failover {
	f := sound()
	f.Broken.Struck = timeline.Steps{Kind: "service-hang", On: []string{"b"}}
	for i := range f.Broken.Stages {
		f.Broken.Stages[i].At = f.Broken.Stages[i].At.Add(2 * time.Second)
		f.Broken.Stages[i].Low, f.Broken.Stages[i].High = f.Broken.Stages[i].At, f.Broken.Stages[i].At
	}
	return f
}

func TestWhoseStages(t *testing.T) {
	for _, c := range []struct {
		good []timeline.Failover
		want string
	}{
		{nil, "the fault"},
		{[]timeline.Failover{sound(), sound()}, "the fault"},
		{[]timeline.Failover{second(), second()}, "service-hang on b"},
		{[]timeline.Failover{second(), sound()}, "the fault with the longest outage"},
	} {
		if got := struck(c.good); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if got := medianTheory([]timeline.Failover{second()}, &record.Bounds{Low: 1, High: 2}); got != "" {
		t.Errorf("%q: theory is of another fault", got)
	}
}
