// Package timeline turns the events of a run into failovers and their stages.
package timeline

import (
	"time"

	"anylab/lab/record"
)

// Failover is what one trial showed: something broke, traffic moved or did
// not, it was mended, traffic moved back.
type Failover struct {
	Cell     map[string]string
	Index    int // within the cell
	Fault    string
	On       []string // the first fault's place
	Begin    record.Time
	End      record.Time // 0: the record stops before the trial's end
	Before   Before
	Broken   Episode // after the fault
	Mended   Episode // after healing; Zero is 0 if it never came to that
	Findings []record.Finding
}

// Before is the quiet time between a trial's begin and its fault.
type Before struct {
	Sent       int
	Lost       int
	AnsweredBy map[string]string // probe group -> node that answered most
}

// Episode is what followed one change: the fault, or its healing.
type Episode struct {
	Zero       record.Time       // the instant of effect
	Bracket    time.Duration     // from before the call to Zero; half of it is uncertainty
	Until      record.Time       // end of what was looked at
	Stages     []Stage           // those that were seen, in causal order
	Flows      []Flow            // every flow of every probe group
	Switch     *Interval         // Zero to the first answer from another node than before; nil if none
	Restored   bool              // users were served again, and it lasted
	Rerouted   bool              // another node than before answered
	AnsweredBy map[string]string // probe group -> node that answered most at the end
	Sent       int
	Lost       int
	Duplicate  int
	Reordered  int
	Misrouted  int
}

// StageName is one of MEASUREMENT.md section 3.
type StageName string

// The stages in causal order.
const (
	Inject   StageName = "inject"
	Detect   StageName = "detect"
	Withdraw StageName = "withdraw"
	Receive  StageName = "receive"
	Install  StageName = "install"
	Restore  StageName = "restore"
)

// Stage is one stage that was seen.
type Stage struct {
	Name     StageName
	At       record.Time
	Evidence string // what was seen, where: "upstream: carrier of eth0 (to a) lost"
}

// Flow is what one source port of one probe group saw during an episode.
type Flow struct {
	Group  string
	Flow   int
	Sent   int
	Lost   int
	Gaps   []Gap     // runs of lost requests, in order of time
	Outage *Interval // the whole outage; nil: nothing lost. Open when it never ended.
}

// Gap is one run of lost requests of a flow.
type Gap struct {
	First  record.Time // first lost, sent
	Last   record.Time // last lost, sent
	Before record.Time // last good before, sent; 0 if none
	After  record.Time // first good after, sent; 0 if none: it never ended
	Lost   int
}

// Interval is a measured duration with the bounds between which the truth
// lies. Open means that it is only known to be longer than Value.
type Interval struct {
	Value, Low, High time.Duration
	Open             bool
}
