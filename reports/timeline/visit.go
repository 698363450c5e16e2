package timeline

import (
	"slices"
	"strings"

	"anylab/lab/record"
)

// dismiss removes the probe groups of other labs: a run with several cells
// builds a lab for every visit to one, and a prober lives as long as its lab.
// Of another visit is a group that sent nothing during the
// trial if there is a like one that sent; else it should have sent, and stays.
func (t *trial) dismiss() {
	sent := func(r *requests) bool { return len(r.sent(t.begin, t.until)) > 0 }
	var active []*requests
	for _, r := range t.groups {
		if sent(r) {
			active = append(active, r)
		}
	}
	t.groups = slices.DeleteFunc(t.groups, func(r *requests) bool {
		return !sent(r) && slices.ContainsFunc(active, func(a *requests) bool { return alike(a.group, r.group) })
	})
}

// alike says whether two groups are the same prober in different labs: of one
// client, asking the same in the same way over the same protocol.
func alike(a, b record.ProbeGroup) bool {
	a6, b6 := strings.Contains(a.Name, "-ipv6"), strings.Contains(b.Name, "-ipv6")
	return a.Client == b.Client && a.Service == b.Service && a.Kind == b.Kind && a6 == b6
}
