package reports

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

// The time for which a trial was watched in vain is no outage that was
// measured. The trial is not dropped silently either.
func TestBenchHasNoOutageOfWhatWasNotRestored(t *testing.T) {
	s := crashes(4)
	s.trials[1].dead = true
	var b bytes.Buffer
	if err := Bench(&b, s.load(t)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "# Service-crash trial 2 was not restored: it has no outage, which lasted longer than 2000 ms\n") {
		t.Errorf("nothing is said of it:\n%s", b.String())
	}
	in := benchfmt.NewReader(&b, "bench.txt")
	outages, never := 0, 0
	for in.Scan() {
		switch rec := in.Result().(type) {
		case *benchfmt.Result:
			if v, ok := rec.Value("outage-sec"); ok && v < 1 {
				outages++
			}
			if v, ok := rec.Value("not-restored"); ok && v == 1 {
				never++
			}
		case *benchfmt.SyntaxError:
			t.Error(rec)
		}
	}
	if outages != 3 || never != 1 {
		t.Errorf("%d outages and %d that was not restored; want 3 and 1", outages, never)
	}
}
