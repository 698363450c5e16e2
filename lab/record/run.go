package record

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Run is run.json: what was to be done, by whom, where. It is written before
// anything else happens and completed when the run ends.
type Run struct {
	ID             string            `json:"id"`
	Scenario       string            `json:"scenario"`
	ScenarioSHA256 string            `json:"scenario_sha256"` // of the effective scenario
	ScenarioYAML   string            `json:"scenario_yaml"`   // effective: includes applied, overrides set
	TopologyYAML   string            `json:"topology_yaml"`
	Seed           uint64            `json:"seed"`
	Command        string            `json:"command,omitempty"` // that makes the same again; empty in a record of an old anylab
	Started        time.Time         `json:"started"`
	Ended          time.Time         `json:"ended,omitzero"`
	Sealed         bool              `json:"sealed,omitempty"`  // events.jsonl is given an end; false in a record of an old anylab
	Outcome        string            `json:"outcome,omitempty"` // completed, interrupted, or the error that ended it
	Anylab         string            `json:"anylab"`
	Kernel         string            `json:"kernel"`
	CPUs           int               `json:"cpus"`
	CPU            string            `json:"cpu,omitempty"`               // model name
	Host           string            `json:"host,omitempty"`              // name of the machine
	Daemons        map[string]string `json:"daemons"`                     // driver -> version
	Fallbacks      []string          `json:"fallbacks"`                   // what stood in for something this kernel lacks
	Summary        string            `json:"summary,omitempty"`           // the scenario's, for people
	ExperimentSHA  string            `json:"experiment_sha256,omitempty"` // of the scenario without what doesn't change the numbers' meaning: summary, trials, expectations
	Experiment     *Experiment       `json:"experiment,omitempty"`        // of the scenario, before its matrix; nil in a record of an old anylab
	Cells          []Cell            `json:"cells"`
	LeftOut        []LeftOut         `json:"left_out,omitempty"` // cells of the matrix that are not carried out
	Warnings       []string          `json:"warnings,omitempty"` // what is likely to be a mistake in the user's own configurations, each with its place
	Calibration    *Calibration      `json:"calibration,omitempty"`
	CutLogs        []CutLog          `json:"cut_logs,omitempty"` // programs printed more than is kept

	Shard *Shard   `json:"shard,omitempty"` // of a run of which this is a part; nil: it is one of its own
	Parts []string `json:"parts,omitempty"` // of a run that was made in parts: their names, see PartDir; the record is theirs

	Validation *Validation `json:"validation,omitempty"` // what is to be proven; nil of a run that proves nothing

	Timers map[string]DaemonTimers `json:"daemon_timers,omitempty"` // driver -> what is known of its own

	Internet  *Internet  `json:"internet,omitempty"`  // what was simulated, where that is the Internet
	Simulated *Simulated `json:"simulated,omitempty"` // carried out in virtual time; nil: it was measured
}

// Simulated is what a simulation was made with.
type Simulated struct {
	Profiles map[string]string `json:"profiles"` // driver -> the version whose times were measured
}

// Named is the scenario's name, which says so if the run was simulated: nobody may take
// that for a measurement.
func (r Run) Named() string {
	if r.Simulated != nil {
		return r.Scenario + " (simulated)"
	}
	return r.Scenario
}

// Folder is the name of the directory that the scenario's runs are in.
func (r Run) Folder() string {
	if r.Simulated != nil {
		return r.Scenario + SimulatedDir
	}
	return r.Scenario
}

// CutLog is a log of which only the head and the tail are kept.
type CutLog struct {
	Log     string `json:"log"`           // below logs/
	Written int64  `json:"written_bytes"` // by the program; 0: not known
	Kept    int64  `json:"kept_bytes"`    // the file's length
}

// AddCut adds what was cut in one more lab of the run, whose processes print to
// the same files.
func (r *Run) AddCut(list []CutLog) {
	for _, c := range list {
		i := slices.IndexFunc(r.CutLogs, func(known CutLog) bool { return known.Log == c.Log })
		if i < 0 {
			r.CutLogs = append(r.CutLogs, c)
			continue
		}
		r.CutLogs[i].Written += c.Written
		r.CutLogs[i].Kept = c.Kept
	}
}

// Patience is the shortest time after which anything in the run's experiment is given up;
// a second if it does not say.
func (r Run) Patience() time.Duration {
	if r.Experiment == nil || len(r.Experiment.patience()) == 0 {
		return time.Second
	}
	return slices.Min(r.Experiment.patience())
}

// AddFallbacks adds what one more lab of the run did in another way.
func (r *Run) AddFallbacks(list []string) {
	for _, f := range list {
		if !slices.Contains(r.Fallbacks, f) {
			r.Fallbacks = append(r.Fallbacks, f)
		}
	}
}

// DaemonTimers are those of a daemon where the scenario does not say them.
type DaemonTimers struct {
	MRAI         time.Duration `json:"mrai_ns"`          // MinRouteAdvertisementInterval (RFC 4271 section 9.2.1.1); 0: none
	ConnectRetry time.Duration `json:"connect_retry_ns"` // (RFC 4271 section 8.1.3)
}

// Cell is one combination of the matrix's values; a run without a matrix has
// one cell without values.
type Cell struct {
	Values map[string]string `json:"values,omitempty"`    // axis -> value
	Trials int               `json:"trials"`              // planned
	Theory *Bounds           `json:"theory_ms,omitempty"` // of the detection
	// Takeover is how long who takes a VRRP's address over waits from then on; nil:
	// that is part of the detection, or there is none.
	Takeover *Bounds `json:"takeover_ms,omitempty"`
	Floor    *Floor  `json:"floor,omitempty"`
	Stop     *Stop   `json:"stop,omitempty"` // of a cell with a rule to stop by, once it was looked at

	Period time.Duration `json:"period_ns,omitempty"` // of the slowest timer in play, over which the faults' moments are drawn; 0: none, or not known

	Experiment *Experiment `json:"experiment,omitempty"` // what is measured in it; nil in a record of an old anylab
	Internet   *Internet   `json:"internet,omitempty"`   // what is simulated in it, where that is the Internet
}

// Floor is how long the router's daemon is known to take from what it was told
// to the route in the kernel: its installation stage, in milliseconds.
type Floor struct {
	Daemon string `json:"daemon"`
	After  string `json:"after"` // what it was told of: "withdrawal", or "session end"
	Bounds

	Version string `json:"version,omitempty"` // of the daemon that it was measured with
	Unknown string `json:"unknown,omitempty"` // why it is not known of this one, whose bounds are 0 then
}

// Stop says how a cell stood when it was last asked whether it has enough
// trials. When its rule is met, Cell.Trials becomes Made.
type Stop struct {
	Rule  string `json:"rule"`
	Least int    `json:"least"` // trials that were to be made in any case
	Most  int    `json:"most"`
	Made  int    `json:"made"`
	Met   bool   `json:"met"`
	Why   string `json:"why"`
}

// CellLabel is the axis that holds a cell's own name, if the scenario gives
// it one. It stands for all the values.
const CellLabel = "label"

// CellName names a cell: by its label, else by its values in the order of
// their axes' names, "bfd.interval=50ms, daemon=frr". It is empty for a run
// without a matrix.
func CellName(values map[string]string) string {
	if label := values[CellLabel]; label != "" {
		return label
	}
	var parts []string
	for _, axis := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, axis+"="+values[axis])
	}
	return strings.Join(parts, ", ")
}

// Bounds is an interval in milliseconds, with the sentence that derives it.
type Bounds struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Why   string  `json:"why,omitempty"`
	Shape Shape   `json:"shape,omitempty"` // how values are distributed between the bounds; empty: not known
}

// Shape is a distribution between two bounds (anylab help measurement).
type Shape string

// The shapes.
const (
	// Uniform: a timer without jitter, of which a part has passed.
	Uniform Shape = "uniform"
	// Jittered: a BFD detection time, High, minus the age of the last packet,
	// where the gaps between packets are uniform on 0.75 to 1 times the
	// interval, High - Low (RFC 5880 section 6.8.7).
	Jittered Shape = "jittered"
	// JitteredFirst: the earlier of two independent ones of these, where both
	// ends of a session miss the other.
	JitteredFirst Shape = "jittered-first"
)

// Calibration compares silences of known length on the probe path with what
// the probes made of them. Both slices have one entry per silence. What could
// not be trusted is left out.
type Calibration struct {
	TrueMS     []float64         `json:"outage_true_ms"`
	MeasuredMS []float64         `json:"outage_measured_ms"`
	ErrorMS    *CalibrationError `json:"error_ms,omitempty"` // added when the run was judged

	MostRate float64 `json:"most_rate,omitempty"` // so many datagrams a second could be asked and answered on this machine; 0: not known
}

// CalibrationError is how far measured silences were from the true ones, in
// absolute milliseconds.
type CalibrationError struct {
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
	Bound  float64 `json:"bound"` // the largest error that the measurements' own bounds allow
}
