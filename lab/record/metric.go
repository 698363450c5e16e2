package record

import (
	"slices"
	"strings"
)

// Unit is what a metric is counted in.
type Unit string

// The units of metrics.
const (
	Milliseconds Unit = "ms"
	Count        Unit = "count"
	Share        Unit = "share" // 0 to 1
)

// Metric is a number that is taken from every trial.
type Metric struct {
	Name string
	Unit Unit
}

// Metrics is sorted by name. It is what an expectation may be about; how each is
// taken is the reports' to say. Times of stages are durations: from the stage
// before it (that was seen) to the stage itself, so that "withdrawal" does not
// contain "detection".
var Metrics = []Metric{
	{"affected", Count}, // 1 if anybody lost anything or was served by another site, else 0
	{"affected_flows", Count},
	{"alerted", Milliseconds},      // fault to the first alert that fired
	{"announcement", Milliseconds}, // by the site that takes over, or appears
	{"app_wait", Milliseconds},     // the longest that an application on a long-lived connection waited for an answer
	{"detection", Milliseconds},
	{"duplicate", Count},
	{"failback_lost", Count},
	{"failback_outage", Milliseconds},
	{"failback_switch", Milliseconds},
	{"gaps", Count},
	{"installation", Milliseconds},
	{"interruption", Milliseconds}, // all that the worst flow was cut off for, over the whole trial
	{"longest_gap", Milliseconds},
	{"loss_before", Count},
	{"loss_derived_outage", Milliseconds}, // lost / offered rate, worst probe group (RFC 6412 section 6.1.5)
	{"lost", Count},
	{"misrouted", Count},
	{"moved_needlessly", Count},   // flows that left a node that did not fail
	{"optimal", Count},            // 1 if everybody is served by a nearest site before the fault, else 0
	{"outage", Milliseconds},      // worst flow, first lost to first good
	{"penalty", Milliseconds},     // by how much longer the round trip is after the fault
	{"propagation", Milliseconds}, // from router to router
	{"receipt", Milliseconds},
	{"reordered", Count},
	{"rerouted", Count}, // 1 if another node answered before healing, else 0
	{"restoration", Milliseconds},
	{"return", Milliseconds},  // until the way back to the client is there
	{"rib_in", Milliseconds},  // the first router told: UPDATE received to route in the kernel (RFC 7747 section 5.1.1)
	{"rib_out", Milliseconds}, // and to its UPDATE to the next peer (RFC 7747 section 5.1.2)
	{"rtt", Milliseconds},     // before the fault, of the client that is farthest away
	{"rtt_after", Milliseconds},
	{"rtt_healed", Milliseconds},
	{"seen", Milliseconds},        // fault to the first scrape that shows it
	{"switch", Milliseconds},      // fault to first answer from another node
	{"tcp_closed", Count},         // long-lived connections that were ended by FIN
	{"tcp_reset", Count},          // by RST
	{"tcp_sessions", Count},       // that were up before the fault
	{"tcp_survived", Count},       // that outlived it
	{"tcp_timeout", Count},        // given up by the application
	{"user_outage", Milliseconds}, // of the flow in the middle, where each is a user's
	{"withdrawal", Milliseconds},
}

// Stats are the statistics over a cell's trials that an expectation may use.
var Stats = []string{"min", "median", "mean", "p90", "p95", "p99", "max"}

// OfClient names the metric of one client, as expectations do: "outage(london)".
func OfClient(metric, client string) string {
	if client == "" {
		return metric
	}
	return metric + "(" + client + ")"
}

// ClientOf parts the name of a metric of one client; client is empty if it is of
// no one in particular.
func ClientOf(name string) (metric, client string) {
	metric, rest, _ := strings.Cut(name, "(")
	return metric, strings.TrimSuffix(rest, ")")
}

// UnitOf returns the unit of a metric, also of one client; ok is false if there
// is no such metric.
func UnitOf(metric string) (unit Unit, ok bool) {
	metric, _ = ClientOf(metric)
	i := slices.IndexFunc(Metrics, func(m Metric) bool { return m.Name == metric })
	if i < 0 {
		return "", false
	}
	return Metrics[i].Unit, true
}

// MetricNames lists the metrics, those of a unit if one is given.
func MetricNames(unit ...Unit) []string {
	var names []string
	for _, m := range Metrics {
		if len(unit) == 0 || slices.Contains(unit, m.Unit) {
			names = append(names, m.Name)
		}
	}
	return names
}
