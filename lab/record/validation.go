package record

import "time"

// Validation is what a run is to prove of a network: that a share of all cases of
// each of its failures meets the requirements.
type Validation struct {
	Share      float64       `json:"share"`      // 0 to 1, both excluded
	Confidence float64       `json:"confidence"` // 0 to 1, both excluded; of each failure and client by itself
	Allowed    int           `json:"allowed"`    // violations, within a proof
	Budget     time.Duration `json:"budget_ns,omitempty"`
	FailFast   bool          `json:"fail_fast,omitempty"` // the first refutation ends it
	Command    string        `json:"command,omitempty"`   // that makes the same again
	Failures   []Failure     `json:"failures"`
}

// Failure is one way in which a part of the network fails, or is taken out of
// service.
type Failure struct {
	Label   string        `json:"label"`          // of its cell: "the service of a crashes"
	Kind    string        `json:"kind"`           // of the fault
	Part    string        `json:"part"`           // what fails: service, daemon, link, site, router
	On      []string      `json:"on"`             // the node, or the link's ends
	Site    string        `json:"site,omitempty"` // that it is a part of; empty: of what leads to them
	Planned bool          `json:"planned,omitempty"`
	Require []Expectation `json:"require"`         // in every trial
	Not     string        `json:"not,omitempty"`   // why it is not tried
	Bound   []string      `json:"bound,omitempty"` // clients that can reach no site without the part: it is not asked of them
	Like    string        `json:"like,omitempty"`  // the failure that stands for it, being equal; it is not tried
	Why     string        `json:"why,omitempty"`   // what theory says of its detection, or of there being none
}

// Tried says whether trials of the failure are made.
func (f Failure) Tried() bool { return f.Not == "" && f.Like == "" }

// Made is how far a cell has come.
type Made struct {
	Cell    map[string]string
	Trials  int
	Took    time.Duration // a trial, on average; before the first one, as far as can be told
	TooSlow bool          // by theory none meets the requirements
}
