package reports

import (
	"maps"
	"slices"

	"anylab/lab/record"
	"anylab/reports/stats"
)

// Thresholds say from which shift on a significant difference is a
// regression: the larger of a share of the base's median and a number of
// milliseconds.
type Thresholds struct {
	Relative float64            // 0.05 is 5 %
	MS       map[string]float64 // by metric; "" for those that are not named
	Only     []string           // metrics to compare; nil for comparedMetrics
}

// comparedMetrics are compared unless told otherwise: what users feel, and the stages
// that explain it. Receipt and restoration add nothing to these two; lost
// requests and gaps say the same as the outage, in other units.
var comparedMetrics = []string{"outage", "detection", "withdrawal", "installation", "switch", "failback_outage", "failback_switch", "app_wait"}

// DefaultThresholds are 5 % and, whichever is more, 10 ms for what users feel
// and 3 ms for the stages. Ten milliseconds of outage matter to nobody, but a
// stage that takes one millisecond may become ten times slower within them.
// Three milliseconds are one time slice of the kernel's scheduler (EEVDF's
// base slice on machines with up to eight processors): less cannot be told
// from a neighbour that happened to run.
func DefaultThresholds() Thresholds {
	return Thresholds{Relative: 0.05, MS: map[string]float64{
		"": 10, "detection": 3, "withdrawal": 3, "receipt": 3, "propagation": 3, "announcement": 3, "return": 3, "installation": 3, "restoration": 3,
	}}
}

// metrics are those that are compared in a cell: also the outage of each of
// several clients, where a regression of one may hide behind a worse one.
func (t Thresholds) metrics(c Cell) []string {
	if len(t.Only) > 0 {
		return t.Only
	}
	list := slices.Clone(comparedMetrics)
	for _, name := range slices.Sorted(maps.Keys(c.Values)) {
		if metric, client := record.ClientOf(name); metric == "outage" && client != "" {
			list = append(list, name)
		}
	}
	return list
}

// of is the threshold of a metric with this median in the base, milliseconds.
func (t Thresholds) of(metric string, median float64) float64 {
	ms, ok := t.MS[metric]
	if base, client := record.ClientOf(metric); !ok && client != "" {
		ms, ok = t.MS[base]
	}
	if !ok {
		ms = t.MS[""]
	}
	if relative := t.Relative * median; stats.Finite(relative) {
		return max(ms, relative)
	}
	return ms
}
