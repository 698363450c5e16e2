package figure

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// abroad are two cells of clients that are served farther away in the second one, and
// there not at all after the fault.
func abroad(clients int) Input {
	in := Input{Scenario: "abroad"}
	for n, label := range []string{"four sites", "one site"} {
		t := stories()["none"].trial()
		t.Failover.Cell = map[string]string{record.CellLabel: label}
		for i := range clients {
			trips := timeline.RoundTrips{Before: ms(float64(20*(i+1)*(n+1)) + 1), After: ms(float64(200 * (1 - n)))}
			t.Failover.Clients = append(t.Failover.Clients, timeline.Client{Name: fmt.Sprintf("city%d", i+1), Failover: timeline.Failover{RoundTrip: trips}})
		}
		in.Trials = append(in.Trials, t)
	}
	return in
}

// Users of one cell are cut off together, those of the other one after another: of
// these the last one until the end.
func TestHowLongUsersAreCutOff(t *testing.T) {
	in := Input{Scenario: "led"}
	for n, label := range []string{"anycast", "DNS"} {
		c := stories()["none"].trial()
		c.Failover.Cell = map[string]string{record.CellLabel: label}
		c.Failover.Broken.Flows = nil
		for i := range 10 {
			o := timeline.Interval{Value: ms(float64(100 + 1000*n*i)), Open: n == 1 && i == 9}
			c.Failover.Broken.Flows = append(c.Failover.Broken.Flows, timeline.Flow{Flow: i, Outage: &o})
		}
		in.Trials = append(in.Trials, c)
	}
	if users(in) != nil {
		t.Error("a figure though nobody finds a service by DNS")
	}
	in.Longest = map[string]float64{"anycast": 600, "DNS": 12000}
	dir := galleryDir(t, "users")
	if _, err := All(dir, in); err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(filepath.Join(dir, "figures", "users.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{">anycast (100.0 ms, 100.0 ms)<", ">DNS (4100 ms, not restored)<", ">600.0 ms<", ">12.0 s<"} {
		if !bytes.Contains(svg, []byte(text)) {
			t.Errorf("%q does not stand there", text)
		}
	}
}

func TestHowFarAwayUsersAreServed(t *testing.T) {
	dir := galleryDir(t, "reach")
	names, err := All(dir, abroad(5))
	if err != nil || !slices.Contains(names, filepath.Join("figures", "reach.svg")) {
		t.Fatalf("%q, %v", names, err)
	}
	svg, err := os.ReadFile(filepath.Join(dir, "figures", "reach.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"half of the 5 clients are served within: four sites 61.0 ms; one site 121.0 ms", ">city5<", "four sites before the fault", "after it nobody is served"} {
		if !bytes.Contains(svg, []byte(text)) {
			t.Errorf("%q does not stand there", text)
		}
	}
	if reach(abroad(3)) != nil {
		t.Error("a figure of three clients, whom the table shows")
	}
}
