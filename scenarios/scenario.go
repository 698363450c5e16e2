// Package scenarios describes an experiment on a topology.
package scenarios

import (
	"time"

	"anylab/topologies"
	"anylab/topologies/document"
)

// Scenario is a loaded experiment: every default applied, every name checked, but
// for the kinds of services, health checks, probes and faults, which the lab knows.
type Scenario struct {
	Name     string
	Summary  string
	Standard string // whose report is wanted: rfc7747, or none
	Topology topologies.Topology
	Services []Service
	Probes   []Probe
	Faults   []Fault    // injected in every trial; none: the scenario must show no outage
	Trials   int        // per cell; with Until, at most
	Until    *Precision // when a cell has enough trials; nil: when all are made
	Sustain  time.Duration
	Limit    time.Duration
	Expect   []Expectation
	Claims   []Expectation      // judged like expectations, without a say in the verdict
	Matrix   []Axis             // every combination of their values is a cell
	Entries  []Entry            // of a matrix that lists its cells
	Missing  string             // what becomes of cells that can't be carried out here: Fail or Skip
	Cell     map[string]string  // the axis values that this scenario was made with; nil without a matrix
	Source   *document.Document // what it was loaded from, overrides applied
}

// What becomes of a cell whose daemon is not installed, or can't do what the
// cell asks of it.
const (
	Fail = "fail" // nothing is run
	Skip = "skip" // it is left out, and the run says so
)

// RFC7747 is the standard whose report a scenario can ask for.
const RFC7747 = "rfc7747"

// Service is what answers on the anycast address.
type Service struct {
	Name    string
	Kind    string   // one of those that the lab has
	On      []string // anycast nodes
	Port    int      // 0: the kind's own
	Command []string // of kind command
	Needs   []string // programs that the commands use
	Health  Health
}

// Health is how a service is watched. After Fall failed checks in a row it is
// unhealthy and the route is withdrawn, after Rise good ones announced.
type Health struct {
	Kind     string // empty: the service's own
	Interval time.Duration
	Timeout  time.Duration
	Fall     int
	Rise     int
	Command  []string // of kinds that run one
}

// Probe asks a service from a client at a fixed rate.
type Probe struct {
	From    string // a client
	Service string
	Kind    string  // empty: the service's own
	Rate    float64 // requests a second over all flows
	Flows   int     // source ports
	Timeout time.Duration
}

// Fault is one thing that is broken in a trial and mended.
type Fault struct {
	Kind      string
	On        []string      // one node, or the two ends of a link
	Direction [2]string     // one way: from, to; empty for both ways
	End       string        // one end of the link; empty is the fault's default
	For       time.Duration // 0: until the outcome is known and has been sustained
	After     time.Duration // offset from the trial's first fault
	Params    document.Raw  // every other key, for the fault's own type
}

// Axis is one line of the matrix.
type Axis struct {
	Name   string // the key that it sets, as in --set
	Values []string
}

// Expectation is "stat(metric) op value", or "metric op value", which must
// hold in every trial (Stat is empty). Or it is "metric(of) op node", about one
// of Places, which must hold in every trial too.
type Expectation struct {
	Text   string // as written
	Stat   string // min median mean p90 p95 p99 max, or empty
	Metric string
	Op     string  // < <= == != >= >
	Value  float64 // milliseconds for times, else a count
	Of     string  // the node that a place is asked about
	Is     string  // the place: a node, several joined by "+", or Nowhere
}

// Unit is what a metric is counted in.
type Unit string

// The units of metrics.
const (
	Milliseconds Unit = "ms"
	Count        Unit = "count"
)

// Metrics are the names that an expectation may use, with their units. Times
// of stages are durations: from the stage before it (that was seen) to the
// stage itself, so that "withdrawal" does not contain "detection".
var Metrics = map[string]Unit{
	"outage":              Milliseconds, // worst flow, first lost to first good
	"loss_derived_outage": Milliseconds, // lost / offered rate, worst probe group
	"longest_gap":         Milliseconds,
	"detection":           Milliseconds,
	"withdrawal":          Milliseconds,
	"receipt":             Milliseconds,
	"installation":        Milliseconds,
	"restoration":         Milliseconds,
	"switch":              Milliseconds, // fault to first answer from another node
	"failback_outage":     Milliseconds,
	"failback_switch":     Milliseconds,
	"lost":                Count,
	"loss_before":         Count,
	"failback_lost":       Count,
	"misrouted":           Count,
	"duplicate":           Count,
	"reordered":           Count,
	"gaps":                Count,
	"affected_flows":      Count,
	"rib_in":              Milliseconds, // the first router told: UPDATE received to route in the kernel (RFC 7747 5.1.1)
	"rib_out":             Milliseconds, // and to its UPDATE to the next peer (RFC 7747 5.1.2)
	"rerouted":            Count,        // 1 if another node answered before healing, else 0
	"moved_needlessly":    Count,        // flows that left a node that did not fail
	"tcp_sessions":        Count,        // long-lived connections that were up before the fault
	"tcp_survived":        Count,        // long-lived connections that outlived the fault
	"tcp_reset":           Count,        // ended by RST
	"tcp_closed":          Count,        // ended by FIN
	"tcp_timeout":         Count,        // given up by the application
	"app_wait":            Milliseconds, // the longest that an application on such a connection waited for an answer
}
