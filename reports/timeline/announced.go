package timeline

import (
	"net/netip"
	"slices"

	"anylab/lab/record"
)

// announced lists the prefixes that each node that speaks BGP announced to anybody,
// since the trial's lab is there.
func (t *trial) announced() map[string][]netip.Prefix {
	all := map[string][]netip.Prefix{}
	for _, e := range between(t.overheard.offers, t.lab, t.until) {
		m, _ := e.Data.(record.BGP)
		list := all[m.From]
		for _, p := range m.Announce {
			if !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
		all[m.From] = list
	}
	return all
}
