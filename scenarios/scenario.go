// Package scenarios describes an experiment on a topology.
package scenarios

import (
	"time"

	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// Scenario is a loaded experiment: every default applied, every name checked, but
// for the kinds of services, health checks, probes and faults, which the lab knows.
type Scenario struct {
	Name       string
	Summary    string
	Standard   string // whose report is wanted: rfc7747, or none
	Topology   topologies.Topology
	Services   []Service
	Probes     []Probe
	Faults     []Fault    // injected in every trial; none: the scenario must show no outage
	Trials     int        // per cell; with Until, at most
	Until      *Precision // when a cell has enough trials; nil: when all are made
	Sustain    time.Duration
	Limit      time.Duration
	Settle     time.Duration       // nothing may have changed for so long before a trial; 0: as the lab has it
	Start      map[string][]string // client -> the sites that serve it when a trial begins, sorted; of others, whoever does
	Monitoring *record.Monitoring  // nil: nobody watches as Prometheus does
	Expect     []Expectation
	Claims     []Expectation      // judged like expectations, without a say in the verdict
	Matrix     []Axis             // every combination of their values is a cell
	Entries    []Entry            // of a matrix that lists its cells
	Missing    string             // what becomes of cells that can't be carried out here: Fail or Skip
	Cell       map[string]string  // the axis values that this scenario was made with; nil without a matrix
	Source     *document.Document // what it was loaded from, overrides applied
}

// What becomes of a cell whose daemon is not installed, or can't do what the
// cell asks of it.
const (
	Fail = "fail" // nothing is run
	Skip = "skip" // it is left out, and the run says so
)

// Service is what answers on the anycast address.
type Service struct {
	Name    string
	Kind    string        // one of those that the lab has
	On      []string      // anycast nodes
	Global  []string      // those that announce the network around the address
	Port    int           // 0: the kind's own
	Command []string      // of kind command
	Needs   []string      // programs that the commands use
	Restart time.Duration // after so long it is started again when its process ended; 0: it is not
	Ready   time.Duration // after each start but the first it answers nobody for so long
	Health  Health
	DNS     *record.DNS // how users find it; nil: it is on the anycast addresses

	Capacity float64 // datagrams a second that a site can answer; 0: no bound is set
	Shed     bool    // beyond that it answers its health check first
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

// Probe asks a service from a client at a fixed rate. Its kind is empty for the
// service's own, its timeout 0 where it follows from the links' delays.
type Probe = record.Probe

// Fault is one thing that is broken in a trial and mended.
type Fault struct {
	Kind      string
	On        []string      // one node, the two ends of a link, or who serves a client
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

// Expectation is what must hold, and what is claimed to.
type Expectation = record.Expectation
