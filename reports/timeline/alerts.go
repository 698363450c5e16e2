package timeline

import (
	"cmp"
	"slices"

	"anylab/lab/record"
)

// alerts are those of the fault: what Prometheus stamped before it was healed.
func (t *trial) alerts() []Alert {
	until := t.until
	if heal := t.healing(); heal != 0 {
		until = heal
	}
	var list []Alert
	for _, event := range between(t.history, t.first().Inject, until) {
		if d, ok := event.Data.(record.Alert); ok {
			list = append(list, Alert{event.At, d})
		}
	}
	return list
}

// Watched are the stages of whoever watches Prometheus, as far as they were reached.
func (f Failover) Watched() (list []Stage) {
	for name, firing := range map[StageName]bool{Seen: false, Alerted: true} {
		at := slices.IndexFunc(f.Alerts, func(a Alert) bool { return a.Firing == firing })
		if at >= 0 {
			a := f.Alerts[at]
			list = append(list, Stage{Name: name, At: a.At, Low: a.At, High: a.At, Kind: record.KindAlert, Source: ByReader,
				Evidence: Says(record.Event{Kind: record.KindAlert, Data: a.Alert})})
		}
	}
	slices.SortFunc(list, func(a, b Stage) int { return cmp.Compare(a.At, b.At) })
	return list
}
