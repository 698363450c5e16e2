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
