package figure

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// onMap is a trial of two clients, one of whom is served by another site after the
// fault, and the other by none.
func onMap() Input {
	t := stories()["none"].trial()
	client := func(name, before, after string) timeline.Client {
		f := timeline.Failover{RoundTrip: timeline.RoundTrips{Before: ms(10), After: ms(110)}}
		f.Before.AnsweredBy, f.Broken.AnsweredBy = map[string]string{name: before}, map[string]string{}
		if after != "" {
			f.Broken.AnsweredBy[name] = after
		}
		return timeline.Client{Name: name, Service: "dns", Failover: f}
	}
	t.Failover.Clients = []timeline.Client{client("london", "b", "a"), client("tokyo", "b", ""), client("nowhere", "a", "a")}
	return Input{Scenario: "far", Trials: []Trial{t}, Sites: []string{"a", "b"}, Places: map[string]record.Place{
		"london": {Lat: 51.5, Lon: -0.1}, "tokyo": {Lat: 35.7, Lon: 139.7}, "a": {Lat: 39, Lon: -77.5}, "b": {Lat: 50.1, Lon: 8.7}}}
}

func TestCatchmentOnAMap(t *testing.T) {
	dir := galleryDir(t, "map")
	names, err := All(dir, onMap())
	if err != nil || !slices.Contains(names, filepath.Join("figures", "catchment.svg")) {
		t.Fatalf("%q, %v", names, err)
	}
	svg, err := os.ReadFile(filepath.Join(dir, "figures", "catchment.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{">london 10.0 ms<": 1, ">london 110.0 ms<": 1, ">tokyo 10.0 ms<": 1, ">tokyo<": 1, ">nowhere": 0} {
		if n := bytes.Count(svg, []byte(text)); n != want {
			t.Errorf("%q stands there %d times, want %d", text, n, want)
		}
	}
}

func TestNoMapWithoutPlaces(t *testing.T) {
	in := onMap()
	delete(in.Places, "tokyo")
	if catchment(in) != nil {
		t.Error("a map of one client")
	}
}
