package reports

import (
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// TestThePagerKnowsLaterThanUsers: times count from the fault, each rule by its first
// alert, and what did not happen is said.
func TestThePagerKnowsLaterThanUsers(t *testing.T) {
	zero := record.Time(time.Second)
	moved := timeline.Interval{Value: 100 * time.Millisecond, Low: 100 * time.Millisecond, High: 100 * time.Millisecond}
	f := timeline.Failover{Fault: "x", Broken: timeline.Episode{Zero: zero, Switch: &moved, Rerouted: true}}
	told := []timeline.Alert{
		{At: zero.Add(time.Second), Alert: record.Alert{Rule: "BGPSessionDown", Of: "a"}},
		{At: zero.Add(2 * time.Second), Alert: record.Alert{Rule: "BGPSessionDown", Of: "a", Firing: true}},
		{At: zero.Add(3 * time.Second), Alert: record.Alert{Rule: "BGPSessionDown", Of: "b", Firing: true}},
	}
	for _, c := range []struct {
		alerts []timeline.Alert
		row    string
		note   string
	}{
		{nil, "an alert fires|0 of 1 trial|never", "nobody was told"},
		{told[:1], "a scrape shows it|1 of 1 trial|1000 ms", "nobody was told"},
		{told, "BGPSessionDown fires|1 of 1 trial|2000 ms", "moved for 1900 ms before anybody was told"},
	} {
		f.Alerts = c.alerts
		s := cellReport{watched: &record.Monitoring{On: "up", Scrape: time.Second}, good: []timeline.Failover{f}}.pager()[0]
		var rows []string
		for _, row := range s.Rows {
			rows = append(rows, row[0].Text+"|"+row[1].Text+"|"+row[2].Text)
		}
		if !slices.Contains(rows, c.row) || !strings.Contains(s.Notes[1], c.note) {
			t.Errorf("%v\n%v, want %s, %s", rows, s.Notes, c.row, c.note)
		}
	}
	if s := (cellReport{good: []timeline.Failover{f}}).pager(); s != nil {
		t.Errorf("nobody watches, and still: %v", s)
	}
}

// TestABlindSpotIsNamed: what no session and no route shows is said, of several cells.
func TestABlindSpotIsNamed(t *testing.T) {
	zero := record.Time(time.Second)
	moved := timeline.Interval{Value: 100 * time.Millisecond, Low: 100 * time.Millisecond, High: 100 * time.Millisecond}
	cell := func(name, rule string, e timeline.Episode) cellReport {
		e.Zero = zero
		f := timeline.Failover{Fault: "x", Broken: e, Alerts: []timeline.Alert{
			{At: zero.Add(time.Second), Alert: record.Alert{Rule: rule, Of: "a"}}, {At: zero.Add(2 * time.Second), Alert: record.Alert{Rule: rule, Of: "a", Firing: true}}}}
		return cellReport{name: name, watched: &record.Monitoring{}, good: []timeline.Failover{f}}
	}
	told := cell("told", record.RuleRoutes, timeline.Episode{Switch: &moved, Rerouted: true})
	blind := cell("blind", record.RuleUnreachable, timeline.Episode{})
	list := blindSection(sheet{cells: []cellReport{told, blind}})
	if len(list) != 1 {
		t.Fatalf("%d sections", len(list))
	}
	var rows []string
	for _, row := range list[0].Rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, c.Text)
		}
		rows = append(rows, strings.Join(cells, "|"))
	}
	if want := []string{"told|moved after 100.0 ms|no|1 of 1 trial|no|no|2000 ms", "blind|lost nothing|no|no|1 of 1 trial|no|2000 ms"}; !slices.Equal(rows, want) {
		t.Errorf("%q, want %q", rows, want)
	}
	if note := list[0].Notes[1]; note != "no metric of a session or its routes showed anything of: blind" {
		t.Error(note)
	}
	if one := blindSection(sheet{cells: []cellReport{blind}}); one != nil {
		t.Errorf("of one cell: %v", one)
	}
}

// TestSeenAndAlertedAreStages of the trial, beside those that others wait for.
func TestSeenAndAlertedAreStages(t *testing.T) {
	zero := record.Time(time.Second)
	f := timeline.Failover{Fault: "x", Broken: timeline.Episode{Zero: zero}, Alerts: []timeline.Alert{
		{At: zero.Add(time.Second), Alert: record.Alert{Rule: record.RuleSession, Of: "a"}}, {At: zero.Add(2 * time.Second), Alert: record.Alert{Rule: record.RuleSession, Of: "a", Firing: true}}}}
	p := newPassage(f.Broken, f.Watched()...)
	if p.Stages.Seen == nil || *p.Stages.Seen != 1000 || p.Stages.Alerted == nil || *p.Stages.Alerted != 2000 {
		t.Errorf("%+v", p.Stages)
	}
	if got := p.Evidence["alerted"]; got != "Prometheus: BGPSessionDown of a fires" {
		t.Error(got)
	}
	shown := columns([]Trial{{Passage: p}})
	if n := len(shown); !slices.Equal(shown[n-2:], words.Watched) {
		t.Errorf("the row of a trial has %v", shown)
	}
}
