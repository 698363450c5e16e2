package reports

import (
	"net/netip"
	"slices"
	"testing"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

func TestSitesThatNeverAnnounceAreNoted(t *testing.T) {
	p, covering, other := netip.MustParsePrefix("192.0.2.53/32"), netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.0.2.35/32")
	x := record.Experiment{
		Topology: record.Topology{Anycast: []netip.Prefix{p}, Nodes: []record.Node{
			{Name: "a", Role: record.AnycastNode}, {Name: "b", Role: record.AnycastNode}, {Name: "c", Role: record.AnycastNode},
			{Name: "idle", Role: record.AnycastNode}, {Name: "r", Role: record.RouterNode},
		}},
		Services: []record.Service{{On: []string{"a", "b", "c"}}},
	}
	trial := func(announced map[string][]netip.Prefix) timeline.Failover {
		return timeline.Failover{Announced: announced}
	}
	for _, c := range []struct {
		name   string
		trials []timeline.Failover
		want   []Finding
	}{
		{"all", []timeline.Failover{trial(map[string][]netip.Prefix{"a": {p}, "b": {covering}, "c": {p}})}, nil},
		{"one later", []timeline.Failover{trial(map[string][]netip.Prefix{"a": {p}, "b": {p}}), trial(map[string][]netip.Prefix{"c": {p}})}, nil},
		{"another address", []timeline.Failover{trial(map[string][]netip.Prefix{"a": {p}, "b": {p}, "c": {other}})},
			[]Finding{{"never-announced", Note, "c announced 192.0.2.53/32 to nobody, so nobody was led there by it"}}},
		{"nothing", []timeline.Failover{trial(map[string][]netip.Prefix{"a": {p}, "b": {p}, "c": nil}), trial(nil)},
			[]Finding{{"never-announced", Note, "c announced 192.0.2.53/32 to nobody, so nobody was led there by it"}}},
		{"no session on record", []timeline.Failover{trial(map[string][]netip.Prefix{"a": {p}})}, nil},
		{"no service", []timeline.Failover{trial(map[string][]netip.Prefix{"idle": nil, "r": nil})}, nil},
	} {
		own := &cell{x: x}
		for i := range c.trials {
			own.trials = append(own.trials, i)
		}
		res := Result{}
		if res.unannounced(own, c.trials); !slices.Equal(res.Findings, c.want) {
			t.Errorf("%s: %v, want %v", c.name, res.Findings, c.want)
		}
	}
}
