package reports

import (
	"fmt"
	"strings"

	"anylab/reports/stats"
	"anylab/scenarios"
	"anylab/topologies/document"
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
		"": 10, "detection": 3, "withdrawal": 3, "receipt": 3, "installation": 3, "restoration": 3,
	}}
}

// SetMS reads "10ms" for all metrics or "installation=1ms" for one.
func (t *Thresholds) SetMS(text string) error {
	metric, value, named := strings.Cut(text, "=")
	if !named {
		metric, value = "", text
	}
	if err := knownTime(metric); named && err != nil {
		return err
	}
	d, err := document.ParseDuration(value)
	if err != nil {
		return err
	}
	if !named {
		t.MS = map[string]float64{}
	}
	t.MS[metric] = millis(d)
	return nil
}

// SetRelative reads "5%".
func (t *Thresholds) SetRelative(text string) error {
	var p document.Percent
	if err := p.UnmarshalText([]byte(text)); err != nil {
		return err
	}
	t.Relative = float64(p)
	return nil
}

// Choose limits the comparison to some metrics. Each must be a time: of
// counts it isn't known whether more is worse.
func (t *Thresholds) Choose(metrics []string) error {
	for _, m := range metrics {
		if err := knownTime(m); err != nil {
			return err
		}
	}
	t.Only = metrics
	return nil
}

func knownTime(metric string) error {
	if scenarios.Metrics[metric] == scenarios.Milliseconds {
		return nil
	}
	var times []string
	for _, m := range metrics {
		if scenarios.Metrics[m.name] == scenarios.Milliseconds {
			times = append(times, m.name)
		}
	}
	if _, ok := scenarios.Metrics[metric]; ok {
		return fmt.Errorf("%s is a count; times are compared: %s", metric, strings.Join(times, ", "))
	}
	return fmt.Errorf("%s", document.Unknown("metric", metric, times))
}

func (t Thresholds) metrics() []string {
	if len(t.Only) > 0 {
		return t.Only
	}
	return comparedMetrics
}

// of is the threshold of a metric with this median in the base, milliseconds.
func (t Thresholds) of(metric string, median float64) float64 {
	ms, ok := t.MS[metric]
	if !ok {
		ms = t.MS[""]
	}
	if relative := t.Relative * median; stats.Finite(relative) {
		return max(ms, relative)
	}
	return ms
}
