package fault

import (
	"slices"
	"time"
)

// Declaration is what there is to know of a fault at its place, with its
// parameters. Nothing else is known of a kind outside of its own file.
type Declaration struct {
	Theory   Theory
	Silences bool     // the node that it strikes answers nobody while it is in effect
	Ends     bool     // it ends a process: where a supervisor starts that again, it is mended
	Changes  []string // what it changes, and healing makes whole
	Service  string   // the one that it strikes; empty: none
	Carries  Carried  // what announcements of the node that it strikes carry once it is in effect
	Routes   int      // so many are announced at once
	Real     string   // why it can't be simulated; empty: it can
	Needs    []string // what not every kernel has, as lab.Capabilities calls it
}

// Carried is a community that routers are to see. Whether they do is for the
// node's own policy to let happen.
type Carried struct {
	Community string        // "65535:0"; empty: none
	Within    time.Duration // of the injection
}

// Shared returns something that both faults change and that the healing of
// either would make whole; empty if they can be in effect at the same time.
// Rules that discard packets are each fault's own, so there is nothing to share.
func Shared(a, b Declaration) string {
	for _, t := range a.Changes {
		if slices.Contains(b.Changes, t) {
			return t
		}
	}
	return ""
}

func linkEnd(link, node string) string      { return "the end of link " + link + " at " + node }
func daemonOf(node string) string           { return "the BGP daemon of " + node }
func serviceOf(name, node string) string    { return "the service " + name + " of " + node }
func stopping(process string) string        { return "what stops and continues " + process }
func anycastAddressesOf(node string) string { return "the anycast addresses of " + node }
