package reports

import (
	"bytes"
	"strings"
	"testing"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// An expectation that only another version understands is neither held nor
// broken.
func TestWhatIsNotUnderstoodIsNotJudged(t *testing.T) {
	for what, e := range map[string]record.Expectation{
		"":              {Metric: "outage", Stat: "max", Op: "<", Value: 1000},
		"metric outgae": {Metric: "outgae", Op: "<"},
		"statistic p59": {Metric: "outage", Stat: "p59", Op: "<"},
		"comparison ~":  {Metric: "outage", Op: "~"},
	} {
		v := evaluate(e, []timeline.Failover{sound()})
		if known := what == ""; v.OK != known || known != (v.Decides == "") || !strings.HasSuffix(v.Decides, what) {
			t.Errorf("%q: ok %v, decides %q", what, v.OK, v.Decides)
		}
	}
}

// Names in a record may hold anything; each is one line of bench.txt at most.
func TestBenchKeepsNamesInTheirLines(t *testing.T) {
	r := crashes(3).load(t)
	var plain, nasty bytes.Buffer
	if err := Bench(&plain, r); err != nil {
		t.Fatal(err)
	}
	r.Result.Run.Kernel = "Linux\nBenchmarkForged 1 1 outage-ns\x1b[31m"
	r.Result.Run.Scenario = "a b\nc"
	if err := Bench(&nasty, r); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsRune(nasty.String(), '\x1b') || strings.Count(nasty.String(), "\n") != strings.Count(plain.String(), "\n") {
		t.Errorf("bench.txt is\n%q", nasty.String())
	}
}
