package timeline

import (
	"slices"
	"strings"

	"anylab/lab/record"
)

// optimal says whether everybody was served by a site that is nearest to him, by the
// links' delays; nil if nobody tells who answered.
func (t *trial) optimal(top record.Topology, answeredBy map[string]string) *bool {
	var all *bool
	for _, r := range t.groups {
		by, known := answeredBy[r.group.Name]
		if !known {
			continue
		}
		nearest := top.Nearest(r.group.Client)
		best := true
		for site := range strings.SplitSeq(by, Together) {
			best = best && slices.Contains(nearest, site)
		}
		best = best && (all == nil || *all)
		all = &best
	}
	return all
}
