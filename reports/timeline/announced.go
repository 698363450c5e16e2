package timeline

import (
	"maps"
	"net/netip"
	"slices"

	"anylab/lab/record"
)

// announcements are what has been announced in a lab, up to a time: a run may have
// thousands of trials, and each adds to what was before it.
type announcements struct {
	lab, read record.Time
	by        map[string][]netip.Prefix
}

// inherit tells the trial what was told of in its lab before it, and until its end.
func (t *trial) inherit(x record.Topology) {
	t.announced = t.announcements()
	t.carriers = map[netip.Prefix]carriers{}
	for _, p := range append([]netip.Prefix{prefix(x)}, x.Anycast...) {
		t.carriers[p.Masked()] = t.carriersOf(p.Masked())
	}
}

// announcements lists the prefixes that each node that speaks BGP announced to anybody,
// since the trial's lab is there.
func (t *trial) announcements() map[string][]netip.Prefix {
	told := &t.overheard.told
	if told.lab != t.lab {
		*told = announcements{lab: t.lab, read: t.lab}
	}
	for _, e := range between(t.overheard.offers, told.read, t.until) {
		m, _ := e.Data.(record.BGP)
		for _, p := range m.Announce {
			if list := told.by[m.From]; !slices.Contains(list, p) {
				told.by = maps.Clone(told.by) // earlier trials have what there was by then
				if told.by == nil {
					told.by = map[string][]netip.Prefix{}
				}
				told.by[m.From] = append(slices.Clip(list), p)
			}
		}
	}
	told.read = t.until
	return told.by
}
