package reports

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"

	"github.com/invopop/jsonschema"
)

// Result is result.json: what a run means. Field names are a contract.
type Result struct {
	Schema      string           `json:"schema"`
	Run         RunInfo          `json:"run"`
	Parts       []PartInfo       `json:"parts,omitempty"` // of a run that was made in parts: on which machine each was
	Calibration *Calibration     `json:"calibration,omitempty"`
	Trials      []Trial          `json:"trials"`
	Summary     []Summary        `json:"summary"`
	Verdicts    []Judgement      `json:"verdicts"`
	Claims      []Judgement      `json:"claims,omitempty"`     // judged like expectations, without a say in the verdict
	RFC7747     []RFC7747        `json:"rfc7747,omitempty"`    // for each cell, if the scenario asks for it
	Comparison  []Compared       `json:"comparison,omitempty"` // of the cells of a matrix
	Grid        *Grid            `json:"grid,omitempty"`       // the same in two dimensions, where labels have two parts
	Floors      []Floored        `json:"floors,omitempty"`     // of the routers' daemons, where they are known
	Validation  *Validation      `json:"validation,omitempty"` // of a run that is to prove something
	Internet    *Internet        `json:"internet,omitempty"`   // of a simulation of it
	LeftOut     []record.LeftOut `json:"left_out,omitempty"`   // cells that were not carried out
	Findings    []Finding        `json:"findings"`             // of the run as a whole
	Explain     []string         `json:"explain"`              // which stage took the time, a sentence for each cell
	Verdict     Outcome          `json:"verdict"`
}

// Outcome is what the run comes to.
type Outcome string

// The outcomes of a run.
const (
	Pass         Outcome = "pass"
	Fail         Outcome = "fail"
	Inconclusive Outcome = "inconclusive"
	Recorded     Outcome = "recorded" // a shard, which judges nothing
)

// Status is what a trial comes to.
type Status string

// The statuses of a trial.
const (
	OK          Status = "ok"
	Doubtful    Status = "inconclusive" // kept and shown, left out of the statistics
	NotRestored Status = "not_restored" // a censored value
	Untouched   Status = "untouched"    // the fault struck nobody who asked: shown, and left out like a doubtful one
)

// judged says whether the trial is in the statistics.
func (s Status) judged() bool { return s != Doubtful && s != Untouched }

// RunInfo says what was run, by what, where.
type RunInfo struct {
	ID             string            `json:"id"`
	Scenario       string            `json:"scenario"`
	ScenarioSHA256 string            `json:"scenario_sha256"`
	Experiment     string            `json:"experiment_sha256,omitempty"` // of the scenario without its summary, trials and expectations
	Topology       string            `json:"topology"`
	Seed           uint64            `json:"seed"`
	Started        time.Time         `json:"started"`
	Ended          time.Time         `json:"ended,omitzero"`
	Outcome        string            `json:"outcome"`
	Anylab         string            `json:"anylab"`
	Kernel         string            `json:"kernel"`
	CPUs           int               `json:"cpus"`
	CPU            string            `json:"cpu,omitempty"`  // model name
	Host           string            `json:"host,omitempty"` // name of the machine
	Daemons        map[string]string `json:"daemons"`
	Fallbacks      []string          `json:"fallbacks"`
	SustainMS      Number            `json:"sustain_ms"` // how long service had to last to count as restored
	LimitMS        Number            `json:"limit_ms"`
	Shard          *record.Shard     `json:"shard,omitempty"` // of a run of which this is a part
	Time           *RunTime          `json:"time,omitempty"`  // what the run took; absent if the record doesn't tell

	Simulated bool `json:"simulated,omitempty"` // in virtual time: nothing was measured
}

// Trial is one trial: the fault and, in Failback, its healing.
type Trial struct {
	Cell     map[string]string `json:"cell"`
	Index    int               `json:"index"`
	Part     string            `json:"part,omitempty"` // of a run that was made in parts: which made it
	Fault    string            `json:"fault"`
	On       string            `json:"on"` // a node, or a link's ends joined by "-"
	Status   Status            `json:"status"`
	Findings []Finding         `json:"findings"`
	Doubts   []Weighed         `json:"doubts,omitempty"` // that have a size: they widened bounds
	Passage
	Interruption Interval       `json:"interruption_ms"`       // what users saw over the whole trial, the worst flow's gaps added up
	Episodes     []Gap          `json:"episodes"`              // those gaps
	Theory       *record.Bounds `json:"theory_ms,omitempty"`   // of the detection
	Takeover     *record.Bounds `json:"takeover_ms,omitempty"` // of how long who takes a VRRP's address over waits from then on
	Failback     *Passage       `json:"failback,omitempty"`    // absent if the fault was not healed
	Forced       []record.Force `json:"forced,omitempty"`      // what was done before it to bring the lab to its beginning
	LossBefore   int            `json:"loss_before"`
	Clients      []Client       `json:"clients"` // as each of them saw it
	AnsweredBy   Answers        `json:"answered_by"`

	// Metrics are what expectations and comparisons are about, each with the
	// unit that summary has; null is "longer than was waited".
	Metrics map[string]Number `json:"metrics"`
	// MetricsBounds are the ends between which the truth of a metric lies, where
	// they are not the value itself.
	MetricsBounds map[string]Bounds `json:"metrics_bounds,omitempty"`
	Time          *Time             `json:"time,omitempty"` // what it took; absent if the record doesn't tell
}

// Gap is one time without service.
type Gap struct {
	At      Number       `json:"at_ms"` // after the fault took effect
	MS      Number       `json:"ms"`
	EndedBy timeline.End `json:"ended_by"`
}

// Passage is what followed one change, in milliseconds after it took effect.
type Passage struct {
	BracketMS  Number            `json:"bracket_ms"` // the change took effect within this time before zero
	Stages     Stages            `json:"stages"`
	Bounds     map[string]Bounds `json:"stages_bounds_ms"` // of the truth, by the stage's name
	Evidence   map[string]string `json:"evidence"`         // what each stage was seen by
	Causes     map[string]string `json:"causes,omitempty"` // what a stage waited for, where the record tells
	Hops       []Hop             `json:"hops,omitempty"`   // what the routers did that the news came along
	Outage     Interval          `json:"outage_ms"`
	Switch     *Interval         `json:"switch_ms,omitempty"` // to the first answer from another node
	LossMS     Number            `json:"loss_derived_ms"`     // RFC 6412, worst probe group
	LongestMS  Number            `json:"longest_gap_ms"`
	Gaps       int               `json:"gaps"`
	Affected   int               `json:"affected_flows"`
	Flows      int               `json:"flows"`
	Resolution string            `json:"resolution"` // of the outage: "group" or "flow"
	Probes     Probes            `json:"probes"`
	Moved      *int              `json:"moved_needlessly,omitempty"` // flows that left a node that did not fail; absent if not known
	TCP        *TCP              `json:"tcp,omitempty"`              // absent without long-lived connections
	Restored   *bool             `json:"restored,omitempty"`         // of a failback: who served before the fault does again
}

// Stages are the moments of the stages, in causal order; a stage that was not
// seen is absent. Healing has heal and announce in place of inject and
// withdraw.
type Stages struct {
	Inject    *Number `json:"inject_ms,omitempty"`
	Heal      *Number `json:"heal_ms,omitempty"`
	Detect    *Number `json:"detect_ms,omitempty"`
	Withdraw  *Number `json:"withdraw_ms,omitempty"`
	Announce  *Number `json:"announce_ms,omitempty"`
	Receive   *Number `json:"receive_ms,omitempty"`
	Propagate *Number `json:"propagate_ms,omitempty"`
	Install   *Number `json:"install_ms,omitempty"`
	Return    *Number `json:"return_ms,omitempty"`
	Restore   *Number `json:"restore_ms,omitempty"`
	Seen      *Number `json:"seen_ms,omitempty"`    // by Prometheus
	Alerted   *Number `json:"alerted_ms,omitempty"` // by Prometheus
}

// of returns where the stage's moment is kept.
func (s *Stages) of(name timeline.StageName) **Number {
	switch name {
	case timeline.Inject:
		return &s.Inject
	case timeline.Heal:
		return &s.Heal
	case timeline.Detect:
		return &s.Detect
	case timeline.Withdraw:
		return &s.Withdraw
	case timeline.Announce:
		return &s.Announce
	case timeline.Receive:
		return &s.Receive
	case timeline.Propagate:
		return &s.Propagate
	case timeline.Install:
		return &s.Install
	case timeline.Return:
		return &s.Return
	case timeline.Restore:
		return &s.Restore
	case timeline.Seen:
		return &s.Seen
	case timeline.Alerted:
		return &s.Alerted
	}
	return nil
}

// Stage returns when the stage was reached, nil if it was not seen.
func (p Passage) Stage(name timeline.StageName) *Number { return *p.Stages.of(name) }

// Interval is a value in milliseconds and the bounds of its truth. Open means
// that there is no upper bound: it was only seen to last for the value, or a
// repair ended it then.
type Interval struct {
	Value Number  `json:"value"`
	Low   Number  `json:"low"`
	High  *Number `json:"high,omitempty"`
	Open  bool    `json:"open,omitempty"`

	EndedBy timeline.End `json:"ended_by,omitempty"` // of an outage and an interruption
}

// Hop is what one router on the way of the worst client did, in milliseconds
// after the change. What was not seen is absent.
type Hop struct {
	Router      string  `json:"router"`
	From        string  `json:"from"` // who told it
	ReceivedMS  *Number `json:"received_ms,omitempty"`
	InstalledMS *Number `json:"installed_ms,omitempty"`
	SentMS      *Number `json:"sent_ms,omitempty"` // to the next one
}

// Bounds are those of a truth: a stage's stamp may be late, and the change itself
// was made at some moment of its bracket.
type Bounds struct {
	Low  Number `json:"low"`
	High Number `json:"high"`
}

// Probes counts requests.
type Probes struct {
	Sent      int `json:"sent"`
	Lost      int `json:"lost"`
	Duplicate int `json:"duplicate"`
	Reordered int `json:"reordered"`
	Misrouted int `json:"misrouted"`
}

// Answers says who answered most, before the fault, at the end of it, and
// after healing. Several probe groups are joined by "+" where they differ.
type Answers struct {
	Before  string   `json:"before"`
	Between []string `json:"between,omitempty"` // others who answered until the last healing; empty: nobody did
	After   string   `json:"after"`
	Healed  string   `json:"healed,omitempty"`
}

// Finding is a reason to doubt, or worth a note.
type Finding struct {
	Name     string   `json:"name"`
	Severity Severity `json:"severity"`
	Detail   string   `json:"detail"`
}

// Severity says what a finding does to its trial.
type Severity string

// The severities of findings.
const (
	Doubt Severity = "doubt" // makes the trial inconclusive
	Note  Severity = "note"
)

// Summary describes one metric over the conclusive trials of one cell. A
// number is null where it is among the trials that were not restored, or not
// bounded by so few trials.
type Summary struct {
	Cell     map[string]string `json:"cell"`
	Metric   string            `json:"metric"`
	Unit     string            `json:"unit"`
	N        int               `json:"n"`
	Censored int               `json:"censored"`
	Min      Number            `json:"min"`
	Median   Number            `json:"median"`
	P90      Number            `json:"p90"`
	P95      Number            `json:"p95"`
	P99      Number            `json:"p99"`
	Max      Number            `json:"max"`
	CI95     [2]Number         `json:"ci95"` // of the median
	Warnings []string          `json:"warnings"`
	Low      *Ends             `json:"low,omitempty"`  // of all values at their low ends; absent if those are the values
	High     *Ends             `json:"high,omitempty"` // at their high ends
}

// Ends describe a metric with all values at one end of their bounds.
type Ends struct {
	Min    Number `json:"min"`
	Median Number `json:"median"`
	P95    Number `json:"p95"`
	Max    Number `json:"max"`
}

// Judgement is one expectation in one cell.
type Judgement struct {
	Cell   map[string]string `json:"cell"`
	Expect string            `json:"expect"`
	Value  string            `json:"value"`
	OK     bool              `json:"ok"`
	N      int               `json:"n"` // trials that it was judged on

	// Of one that holds at one end of what it reads and not at the other: the
	// ends, and what would decide it.
	Low     string `json:"low,omitempty"`
	High    string `json:"high,omitempty"`
	Decides string `json:"decides,omitempty"`

	every bool // it is about every case
}

// Failed says whether the expectation was judged and does not hold.
func (v Judgement) Failed() bool { return !v.OK && v.Value != notJudged && v.Decides == "" }

// seen is what was seen, with its ends where they disagree.
func (v Judgement) seen() string {
	if v.Decides == "" {
		return v.Value
	}
	return v.Value + " (" + v.Low + " to " + v.High + ")"
}

// Number is a JSON number, null where it is infinite or unknown. It keeps
// three decimals: microseconds, where the unit is milliseconds.
type Number float64

// MarshalJSON writes the number.
func (n Number) MarshalJSON() ([]byte, error) {
	if !stats.Finite(float64(n)) {
		return []byte("null"), nil
	}
	rounded := math.Round(float64(n)*1000) / 1000
	if rounded == 0 {
		rounded = 0 // no "-0"
	}
	return strconv.AppendFloat(nil, rounded, 'f', -1, 64), nil
}

// UnmarshalJSON reads null as +Inf.
func (n *Number) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = Number(math.Inf(1))
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

// JSONSchema describes a number that may be null.
func (Number) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "number"}, {Type: "null"}}}
}

// Schema returns the JSON Schema of result.json.
func Schema() ([]byte, error) {
	reflector := jsonschema.Reflector{Anonymous: true, AllowAdditionalProperties: true}
	return json.MarshalIndent(reflector.Reflect(&Result{}), "", "  ")
}
