package reports

import (
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// A busy machine may lose requests meanwhile: where they came back by the same
// way, untouched, it was neither the fault nor its repair.
func TestLossThatNothingMoved(t *testing.T) {
	lost := func(by timeline.End, open bool) timeline.Episode {
		return timeline.Episode{Lost: 7, EndedBy: by, Outage: timeline.Interval{Value: 7 * time.Millisecond, Open: open}}
	}
	for _, tt := range []struct {
		f    timeline.Failover
		want bool
	}{
		{timeline.Failover{}, false},
		{timeline.Failover{Broken: lost(timeline.ByNothing, false), Mended: lost(timeline.ByNothing, false)}, false},
		{timeline.Failover{Mended: lost("", false)}, false}, // a gap of the time before
		{timeline.Failover{Broken: lost(timeline.ByNothing, true)}, true},
		{timeline.Failover{Broken: lost(timeline.ByFailover, false)}, true},
		{timeline.Failover{Mended: lost(timeline.ByRepair, false)}, true},
		{timeline.Failover{Mended: timeline.Episode{Rerouted: true}}, true},
	} {
		if got := moved(tt.f); got != tt.want {
			t.Errorf("%+v: %v", tt.f, got)
		}
	}
}

// A fault on a site that nobody used says nothing of the failover: no number of
// its trials is believed, unless that is what the scenario is about.
func TestFaultsThatTouchNobody(t *testing.T) {
	for name, tt := range map[string]struct {
		elsewhere bool
		expect    string
		verdict   Outcome
		finding   string
	}{
		"one that serves":        {false, "max(outage) < 1s", Pass, ""},
		"one that serves nobody": {true, "max(outage) < 1s", Inconclusive, "a served them, c served nobody"},
		"as it was meant":        {true, "unaffected", Pass, ""},
		"not as it was meant":    {false, "unaffected", Fail, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := crashes(5)
			s.set = []string{"expect=" + tt.expect}
			for i := range s.trials {
				s.trials[i].elsewhere = tt.elsewhere
			}
			r := s.load(t)
			found := ""
			for _, f := range r.Result.Trials[0].Findings {
				if f.Name == "untouched" {
					found = f.Detail
				}
			}
			if r.Result.Verdict != tt.verdict || !strings.Contains(found, tt.finding) || (found == "") != (tt.finding == "") {
				t.Errorf("verdict %s, want %s; found %q, want %q", r.Result.Verdict, tt.verdict, found, tt.finding)
			}
			if got := r.Result.Trials[0].Status; (got == Untouched) != (tt.finding != "") || got == Doubtful {
				t.Errorf("status %s", got)
			}
		})
	}
}

// Why a site serves nobody is said where its own file tells.
func TestSiteThatAnnouncesNothing(t *testing.T) {
	const why = "c.conf:7: c announces nothing: its route-map OTU is not defined"
	struck := record.Node{Name: "c", Role: record.AnycastNode, Config: &record.ConfigFile{Unannounced: []string{why}}}
	e := evidence{
		Failover: timeline.Failover{Fault: "service-crash", Node: "c", Before: timeline.Before{AnsweredBy: map[string]string{"london-dns": "a"}}},
		x:        record.Experiment{Topology: record.Topology{Nodes: []record.Node{struck}}},
	}
	if got := untouchedUsers(e); !strings.HasSuffix(got, "; "+why) || !strings.Contains(got, "c served nobody") {
		t.Error(got)
	}
}
