package reports

import (
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
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
