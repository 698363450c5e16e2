package record

import "time"

// Run is run.json: what was to be done, by whom, where. It is written before
// anything else happens and completed when the run ends.
type Run struct {
	ID             string            `json:"id"`
	Scenario       string            `json:"scenario"`
	ScenarioSHA256 string            `json:"scenario_sha256"` // of the effective scenario
	ScenarioYAML   string            `json:"scenario_yaml"`   // effective: includes applied, overrides set
	TopologyYAML   string            `json:"topology_yaml"`
	Seed           uint64            `json:"seed"`
	Started        time.Time         `json:"started"`
	Ended          time.Time         `json:"ended,omitzero"`
	Outcome        string            `json:"outcome,omitempty"` // completed, interrupted, or the error that ended it
	Anylab         string            `json:"anylab"`
	Kernel         string            `json:"kernel"`
	CPUs           int               `json:"cpus"`
	Daemons        map[string]string `json:"daemons"`   // driver -> version
	Fallbacks      []string          `json:"fallbacks"` // what stood in for something this kernel lacks
	Cells          []Cell            `json:"cells"`
	Calibration    *Calibration      `json:"calibration,omitempty"`
}

// Cell is one combination of the matrix's values; a run without a matrix has
// one cell without values.
type Cell struct {
	Values map[string]string `json:"values,omitempty"` // axis -> value
	Trials int               `json:"trials"`           // planned
	Theory *Bounds           `json:"theory_ms,omitempty"`
}

// Bounds is an interval in milliseconds, with the sentence that derives it.
type Bounds struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	Why  string  `json:"why,omitempty"`
}

// Calibration compares silences of known length on the probe path with what
// the probes made of them. Both slices have one entry per silence.
type Calibration struct {
	TrueMS     []float64 `json:"outage_true_ms"`
	MeasuredMS []float64 `json:"outage_measured_ms"`
}
