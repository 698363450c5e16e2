package scenarios

import (
	"time"

	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// resolveService gives a service its name in place of the anycast addresses. Then
// every site needs an address of its own that all can reach.
func resolveService(s *Scenario, svc *Service, sf serviceFile) error {
	if sf.DNS == nil {
		return nil
	}
	f := *sf.DNS
	for _, ttl := range []struct {
		key   string
		value time.Duration
	}{{"ttl", f.TTL}, {"min_ttl", f.MinTTL}} {
		if ttl.value%time.Second != 0 {
			return f.At.Errorf(ttl.key, "TTLs are whole seconds (RFC 1035), not %v", document.Duration(ttl.value))
		}
	}
	svc.DNS = &record.DNS{TTL: f.TTL, Extended: float64(f.Extended)}
	if f.Extended > 0 {
		svc.DNS.MinTTL = f.MinTTL
	}
	for _, site := range s.Topology.Of(topologies.Anycast) {
		if !s.Topology.Own(site, false).IsValid() {
			return sf.At.Errorf("dns", "DNS leads to an address of each site's own, and %s has none: all its links are unnumbered", site)
		}
	}
	s.Topology.Unicast = true
	return nil
}
