package record

import "time"

// Stock is what must not grow while faults come and go.
type Stock struct {
	Goroutines int    `json:"goroutines"` // of the harness
	Heap       int64  `json:"heap"`       // bytes of it that live
	Files      int    `json:"files"`      // descriptors of the harness
	Namespaces int    `json:"namespaces"` // of networks, by name
	Holds      []Held `json:"holds"`      // by what the lab runs
}

// Held is what a program of the lab holds, with all of its processes.
type Held struct {
	Of        string `json:"of"` // "dns on a"
	Processes int    `json:"processes"`
	Files     int    `json:"files"`  // descriptors
	Memory    int64  `json:"memory"` // resident bytes
}

// SoakTrial is one fault of a soak.
type SoakTrial struct {
	Number  int // from 1
	Failure Failure
	Limit   time.Duration // within which service is to come back
	Stretch string        // directory of its record, a run directory
	Lost    string        // what ended the lab in it; empty: nothing did
	Ended   time.Time
}
