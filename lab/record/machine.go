package record

import "time"

// Silence is a cut of known length on the way of a client's requests. The
// event's node is the client. Both switching calls are bracketed: the path was
// cut at some moment from Cut to Dark, and whole again at some moment from Lift
// to Clear. A Silence that was Asked to last 0 cut nothing: nothing may have
// been lost then.
type Silence struct {
	Cell  map[string]string `json:"cell,omitempty"` // of the lab that it was made in
	Asked time.Duration     `json:"asked_ns"`
	Since Time              `json:"since"` // nothing was changed from here to Cut, nor from Clear to the event's At
	Cut   Time              `json:"cut"`
	Dark  Time              `json:"dark"`
	Lift  Time              `json:"lift"`
	Clear Time              `json:"clear"`
}

// Bounds returns the least and the most that the silence may have lasted.
func (s Silence) Bounds() (low, high time.Duration) {
	if s.Asked == 0 {
		return 0, 0
	}
	return max(0, s.Lift.Sub(s.Dark)), s.Clear.Sub(s.Cut)
}

// Load is how busy the machine was from From to the event's At. All times are
// sums over processors or threads within that span.
type Load struct {
	From    Time          `json:"from"`
	Foreign time.Duration `json:"foreign_ns"`       // processor time that others than the lab used
	Steal   time.Duration `json:"steal_ns"`         // that the hypervisor gave to others
	Idle    time.Duration `json:"idle_ns"`          // that nobody wanted
	Stall   time.Duration `json:"stall_ns"`         // while some task waited for a processor (PSI, cpu some)
	Waits   []Wait        `json:"waits,omitempty"`  // the threads of the lab that waited longest, one for each role
	Missed  string        `json:"missed,omitempty"` // what this kernel does not tell
}

// Waited returns for how long the thread of a role waited that did so longest.
func (l Load) Waited(r Role) (longest time.Duration) {
	for _, w := range l.Waits {
		if w.Role == r {
			longest = max(longest, w.For)
		}
	}
	return longest
}

// Wait is how long a thread was ready to run and had no processor. A thread
// that was woken waits a moment even on an idle machine.
type Wait struct {
	Role  Role          `json:"role"`
	PID   int           `json:"pid"` // of its process
	For   time.Duration `json:"for_ns"`
	Times int           `json:"times,omitempty"` // it got a processor so often; 0: not known
}

// Role is what a thread does for the measurement.
type Role string

// The roles.
const (
	Observing Role = "observing" // a thread of the harness: it stamps, checks and decides
	Sending   Role = "sending"   // a prober's: its delays are in the requests' send times
	Observed  Role = "observed"  // of a daemon or a service under test
)

// The kernel's names of a prober's process and of its sending thread.
const (
	ProbingProcess = "anylab-probe"
	SendingThread  = "anylab-send"
)
