package timeline

import (
	"net/netip"
	"testing"

	"anylab/lab/record"
)

// The router loses the route to the address itself, and goes on by that of the
// network around it, which another site announces all along.
func TestTheNextLongestMatchTakesOver(t *testing.T) {
	network := record.Route{Prefix: netip.MustParsePrefix("192.0.2.0/24"), Hops: []record.Hop{{Node: "b", Dev: "eth-b"}}}
	for global, want := range map[bool]string{
		true:  "inject 0.00, detect 140.00, install 142.00, restore 142.70",
		false: "inject 0.00, detect 140.00, restore 142.70",
	} {
		s := newSim()
		if global {
			s.x.Services = []record.Service{{Name: "dns", Global: []string{"b"}}}
		}
		crash(s, 142.2)
		s.events = s.events[:1]
		s.emit(2, "upstream", network)
		s.trial(10, 1000, 4000, 6000, "service-crash", "a")
		s.emit(1140, "a", record.Health{Service: "dns"})
		s.route(1142)
		s.emit(1500, "upstream", network) // told once more
		s.route(4001.5, "a")
		s.probe(0.5, 6000)
		if got := stages(s.build(t)[0].Broken); got != want {
			t.Errorf("with global sites: %v: %s, want %s", global, got, want)
		}
	}
}
