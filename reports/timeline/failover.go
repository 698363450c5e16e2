// Package timeline turns the events of a run into failovers and their stages.
package timeline

import (
	"net/netip"
	"slices"
	"time"

	"anylab/lab/record"
)

// Failover is what one trial showed: something broke, traffic moved or did
// not, it was mended, traffic moved back.
type Failover struct {
	Cell   map[string]string
	Index  int // within the cell
	Fault  string
	On     []string    // the first fault's place
	Node   string      // the node that the fault takes out of service; empty without a fault
	Begin  record.Time // 0: the gate before the trial was not met
	End    record.Time // 0: the record stops before the trial's end
	Part   string      // of a run that was made in parts: whose it is. Times of two parts are of two clocks
	Cut    bool        // the run, or the part, was interrupted, and this is its last trial
	Faults []Steps     // every fault of the trial, by its id
	Before Before
	Broken Episode // after the fault
	Mended Episode // after healing; Zero is 0 if it never came to that
	Doubts []Doubt // that have a size

	Meanwhile []map[string]string // probe group -> node that answered, each time that changed between the fault and the last healing

	RoundTrip     RoundTrips
	Optimal       *bool                     // before the fault everybody was served by a site that is nearest to him; nil: not known
	Clients       []Client                  // as each saw it alone, by name
	Families      []Client                  // of what one client saw of one service: as each of several address families had it
	Interruptions []Interruption            // of every probe group, over the whole trial
	Mute          []Mute                    // whoever was to answer a client and had no way back, the longest first
	Clock         time.Duration             // largest change of the wall clock against the monotonic one between two samples
	Unclocked     time.Duration             // longest time without a sample of both that touches the trial
	Findings      []record.Finding          // made at a moment of the trial
	Delays        []Delay                   // made over a span of time that touches the trial
	Loads         []Load                    // how busy the machine was, in order of time
	Procs         map[int]string            // the lab's processes by their numbers: "speaker on a"
	CPUs          int                       // processors of the machine; 0: not known
	States        []State                   // where traffic went, by those who send it there
	Spent         *record.Spent             // what the trial's time went to; nil: not known
	Returned      *bool                     // after healing everybody was served as before, within the limit; nil: not known
	Forced        []record.Force            // what was done before the trial to bring the lab to its beginning
	Recorded      []Recorded                // of every probe group that sent something during the trial
	Announced     map[string][]netip.Prefix // by each node that speaks BGP, to anybody, since its lab is there
	Alerts        []Alert                   // of a Prometheus in the lab, after the fault and before its healing, in order of time
	Silence       *record.Silence           // what truly happened, where that is known: this is no trial
}

// Alert is what a Prometheus in the lab made of the fault.
type Alert struct {
	At record.Time
	record.Alert
}

// Delay is a span during which the machine held up whatever was measured.
type Delay struct {
	Name, Detail string
	From, To     record.Time
}

// Recorded says what there is of a probe group's requests of a trial. Those of
// all its flows are numbered one after another, and each is recorded once its
// fate is known: an answer, or none.
type Recorded struct {
	Group   record.ProbeGroup
	Last    record.Time // when the last of them was sent
	Kept    int
	Missing int // numbers between the first and the last of which there is no record
	Torn    int // answered under two names: by whom is not known
	Twice   int // there to the nanosecond as they were before: two answers are never so
	Early   int // answered before they were sent
}

// State is what a node said of where traffic goes.
type State struct {
	Node string
	record.State
}

// Load is how busy the machine was from From to To.
type Load struct {
	record.Load
	To record.Time
}

// Steps are the moments of one fault; 0 for a step that was not taken.
type Steps struct {
	Kind                         string
	On                           []string
	Service                      string // which one it struck, empty if it did not strike a service
	Silences                     bool   // the node that it struck answers nobody meanwhile
	Inject, Effective, Verified  record.Time
	Heal, Healed, HealedVerified record.Time
	Restarted                    record.Time // a supervisor healed it, before anybody else; 0: none did
	Err                          string      // of the step that failed
	record.Traffic                           // that it sent
}

// InOrder says whether the steps up to the verified ones came one after the other, as
// each must.
func (s Steps) InOrder() bool {
	broken, mended := []record.Time{s.Inject, s.Effective, s.Verified}, []record.Time{s.Inject, s.Heal, s.Healed, s.HealedVerified}
	ordered := func(list []record.Time) bool { return list[0] > 0 && slices.IsSorted(list) }
	return ordered(broken) && (s.HealedVerified == 0 || ordered(mended))
}

// Before is the quiet time between a trial's begin and its fault.
type Before struct {
	Sent       int
	Lost       int
	AnsweredBy map[string]string // probe group -> node that answered most
}

// Episode is what followed one change: the fault, or its healing. It states
// many things about one span of time, each of which a report prints: hence
// its size.
type Episode struct {
	Zero       record.Time       // the instant of effect
	Bracket    time.Duration     // from before the call to Zero; half of it is uncertainty
	Start      record.Time       // before Zero: a request sent since then can be hit by the change
	Until      record.Time       // end of what was looked at
	Stages     []Stage           // those that were seen, in causal order
	Struck     Steps             // the fault that these are of; of a healing none
	Client     string            // whose outcome decides: the stages are those of its packets' way
	Routers    []string          // those on its way that had to forward elsewhere
	Hops       []Hop             // what the routers did that the news came along
	Relays     []Relay           // what routers made of what they were told, in order of time
	Groups     []Group           // every probe group
	Flows      []Flow            // every flow of every probe group
	Outage     Interval          // of the worst group; Value 0 if nothing was lost
	EndedBy    End               // what ended it
	Changes    int               // of routes on the ways of the users' requests
	Switch     *Interval         // Zero to the first answer from another node than before; nil if none
	Restored   bool              // users were served again, and it lasted
	Sustained  bool              // and it was watched for the whole sustain time
	Rerouted   bool              // another node than before answered
	AnsweredBy map[string]string // probe group -> node that answered most at the end
	Sent       int
	Lost       int
	Duplicate  int
	Reordered  int
	Misrouted  int      // answers from the old node after the new one's first, or from a node that serves nothing
	Needless   *int     // flows that changed node though theirs did not fail; nil: not known
	Streams    *Streams // what long-lived connections saw; nil: there are none
	FromFailed int      // answers from the failed node to requests sent after the fault
}

// StageName is a stage of a failover (anylab help measurement).
type StageName string

// The stages in causal order.
const (
	Inject    StageName = "inject" // of the fault
	Heal      StageName = "heal"   // of its healing, in place of inject
	Detect    StageName = "detect"
	Withdraw  StageName = "withdraw" // after the fault
	Announce  StageName = "announce" // after healing, in place of withdraw
	Receive   StageName = "receive"
	Propagate StageName = "propagate" // from router to router
	Install   StageName = "install"
	Return    StageName = "return" // the way back to the client is there
	Restore   StageName = "restore"

	// Beside the others, where a Prometheus watches: no other stage waits for them.
	Seen    StageName = "seen"    // the first scrape that shows the fault has ended
	Alerted StageName = "alerted" // the first alert fires
)

// Stage is one stage that was seen.
type Stage struct {
	Name     StageName
	At       record.Time
	Evidence string      // what was seen, where: "upstream: carrier of eth0 (to a) lost"
	Kind     record.Kind // of what was seen; empty of a change itself, and of an answer
	By       string      // the site that announces itself then; else empty
	Cause    Cause       // of the time that it took; empty if the record does not tell
	Source   Source
	Low      record.Time // the true moment is not earlier,
	High     record.Time // nor later
}

// Group is what all flows of one probe group saw together during an episode.
//
// Where all flows share one path (Together), they fail and return as one:
// their requests make one dense sequence, and Outage is taken from that, so
// its resolution is the group's send interval, not a single flow's. Where
// they may differ (several equal paths, several nodes answering), Outage is
// the worst flow's: the largest value, the largest low and the largest high
// of all flows, because the flow with the largest value need not be the one
// that truly suffered longest.
type Group struct {
	Name        string
	Sent        int
	Lost        int
	Together    bool
	Affected    int           // flows that lost anything
	Gaps        int           // of the sequence, or of the worst flow
	Longest     time.Duration // the longest of those, first lost to first good
	Outage      Interval
	Ended       End           // what ended the outage; empty if nothing was lost
	Anew        time.Duration // how long service was lost, at most, by what began anew while routes led to a living site
	LossDerived time.Duration // lost / offered rate, RFC 6412 section 6.1.5
	EdgeBlur    time.Duration // the longest pause in sending at an edge of the outage, beyond the schedule's own
	Late        int           // requests that left later than one interval of their flow
}

// Flow is what one source port of one probe group saw during an episode.
type Flow struct {
	Group  string
	Flow   int
	Sent   int
	Lost   int
	Gaps   []Gap     // in order of time
	Outage *Interval // the whole outage; nil: nothing lost. Open when it never ended, or a repair ended it.
}

// Gap is a time without service of a flow: from its first lost request to the
// first good one that is followed by 100 ms and by 5 requests without loss.
// How it began and how it ended are facts that reports tell: hence its size.
type Gap struct {
	First    record.Time // first lost, sent
	Last     record.Time // last lost, or belated, sent
	Before   record.Time // last good before, sent; 0 if none
	After    record.Time // first good after, sent; 0 if none: it never ended
	Left     record.Time // when First had left at the latest
	Passed   record.Time // when After had
	Received record.Time // when After was answered
	Lost     int
	From, By string // who answered Before, and After; empty if that is not known
	Flow     int    // that After is of
	Ended    End
}

// End is what ended a gap.
type End string

// The ends of gaps.
const (
	ByFailover End = "failover" // another site answered, or the same after routes had changed
	ByRepair   End = "repair"   // the place that was healed answered, after its healing had begun
	ByRestart  End = "restart"  // the same site answered, after a supervisor had started what had ended there
	ByEvent    End = "event"    // a further fault of the trial moved traffic
	ByNothing  End = "none"     // it did not end, or nothing that was seen ended it
)

// Interval is a measured duration with the bounds between which the truth
// lies. Open means that there is no upper bound, and High is 0: it never ended
// while it was watched, for Value, or a repair ended it after Value.
type Interval struct {
	Value, Low, High time.Duration
	Open             bool
}

// Doubt is what may have made a trial's numbers longer or shorter than they
// would have been, with its size.
type Doubt struct {
	Name string
	For  time.Duration // by how much, at most
	Side Side          // which of the bounds it widens
	What string        // happened
}

// Side is a bound of a measured value.
type Side string

// The sides.
const (
	LowSide  Side = "low"
	HighSide Side = "high"
	BothSide Side = "both"
)
