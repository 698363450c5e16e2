package record

// When says when in a trial the lab was looked at.
type When string

// The times at which the lab is looked at.
const (
	Before When = "before" // the gate was met, nothing is broken
	After  When = "after"  // the fault's outcome is known, or it is to be healed
	Healed When = "healed" // everything is as before
)

// State is what the event's node, or its daemon, said of where traffic goes.
// It is looked at outside of what is measured. The whole of what was seen is in
// logs/<node>/state-<trial>-<when>.txt.
type State struct {
	Index int               `json:"index"` // of the trial, as in Trial
	Cell  map[string]string `json:"cell,omitempty"`
	When  When              `json:"when"`
	What  What              `json:"what"`
	Nodes []string          `json:"nodes"` // sorted, but for a way; none: nowhere
}

// What is looked at.
type What string

// What is looked at.
const (
	BestPath  What = "best_path" // of the daemon: the neighbor that the path to the anycast prefix leads to; its own node for a path of its own
	Damped    What = "damped"    // of the daemon: the neighbors whose paths to the anycast prefix it holds back for their flaps; not recorded if there are none
	Way       What = "way"       // of the client: the nodes that its packets to the first anycast address pass, in order, and who answers them; "*" is one that says nothing
	Catchment What = "catchment" // of the client: the nodes that answer its probes
)
