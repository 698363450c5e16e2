package reports

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"anylab/lab/record"
)

// TestPrometheusHasWhatTheRecordHas: of a stored run, in names that Prometheus' own
// linter has nothing against, and that promtool reads where it is installed.
func TestPrometheusHasWhatTheRecordHas(t *testing.T) {
	r, err := Load(stored)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := Prometheus(&text, r); err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.New(bytes.NewReader(text.Bytes())).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	for _, want := range []string{
		`anylab_trials_total{cell="",scenario="service-crash",status="ok"}`, `anylab_outage_seconds{cell="",scenario="service-crash",quantile="0.5"}`,
		`anylab_stage_seconds_count{cell="",scenario="service-crash",stage="detect"}`, `anylab_answers_total{client="london",scenario="service-crash",service="dns",site="a"}`,
		`anylab_lost_total{client="london",scenario="service-crash",service="dns"}`, `anylab_bgp_session_up{`, `anylab_route_hops{node="upstream"`,
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %s in\n%s", want, text.String())
		}
	}
	if promtool, err := exec.LookPath("promtool"); err == nil {
		check := exec.Command(promtool, "check", "metrics")
		check.Stdin = &text
		if said, err := check.CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("promtool: %v\n%s", err, said)
		}
	}
}

// TestLiveComesToWhatTheReportComesTo: read bit by bit, a run is judged as it is in
// the end.
func TestLiveComesToWhatTheReportComesTo(t *testing.T) {
	r, err := Load(stored)
	if err != nil {
		t.Fatal(err)
	}
	l, err := FollowLive(stored)
	if err != nil {
		t.Fatal(err)
	}
	f := record.Follow(stored)
	f.Event, f.Span = l.Event, l.Span
	if err := f.Read(); err != nil {
		t.Fatal(err)
	}
	for range r.Result.Trials {
		if err := l.Judge(1 << 62); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.Result.Trials) != len(r.Result.Trials) {
		t.Fatalf("%d trials, want %d", len(l.Result.Trials), len(r.Result.Trials))
	}
	for i, want := range r.Result.Trials {
		if got := l.Result.Trials[i]; got.Outage.Value != want.Outage.Value || got.Outage.Low != want.Outage.Low || got.Status != want.Status {
			t.Errorf("trial %d: %v %s, want %v %s", i, got.Outage, got.Status, want.Outage, want.Status)
		}
	}
}
