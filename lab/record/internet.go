package record

import (
	"slices"
	"time"
)

// InternetMetrics are what expectations of a simulated Internet are about, sorted by
// name. A time is one of every client or AS, the others are one of every trial.
var InternetMetrics = []Metric{
	{"affected", Share},            // clients that are cut off
	{"alone", Milliseconds},        // until an AS had its last path, where the site is the only one
	{"changes", Count},             // of best paths
	{"interruption", Milliseconds}, // of all clients: 0 of those that aren't cut off
	{"looped", Share},              // clients whose packets looped at all
	{"lost", Share},                // clients that are not served in the end, and were before
	{"messages", Count},            // of the fault
	{"outage", Milliseconds},       // of the clients that are cut off
	{"served", Share},              // clients that a site serves in the end, served(site)
	{"settled", Milliseconds},      // until an AS had its last path
	{"unserved", Share},            // clients that nobody serves, or that loop, when most do
}

// InternetUnit returns the unit of one of them.
func InternetUnit(metric string) (unit Unit, ok bool) {
	i := slices.IndexFunc(InternetMetrics, func(m Metric) bool { return m.Name == metric })
	if i < 0 {
		return "", false
	}
	return InternetMetrics[i].Unit, true
}

// Internet is what a simulation of the Internet was about.
type Internet struct {
	Graph    string         `json:"graph"` // where its ASes come from
	ASes     int            `json:"ases"`  // without the sites
	Links    int            `json:"links"`
	Sites    []InternetSite `json:"sites"`
	Fault    string         `json:"fault"`             // in words
	Unicast  bool           `json:"unicast,omitempty"` // is simulated beside it
	Weighted bool           `json:"weighted,omitempty"`
	Rules    []string       `json:"rules"` // how the ASes and links behave
}

// InternetSite is where a site is attached.
type InternetSite struct {
	Name  string   `json:"name"`
	Under []uint32 `json:"under"`
}

// InternetTrial is what one fault did. Shares are of all clients by weight, 0 to 1:
// of those served by each site, then by nobody, then of those whose packets loop.
type InternetTrial struct {
	Cell  map[string]string `json:"cell,omitempty"`
	Index int               `json:"index"`
	Seed  uint64            `json:"seed"`

	Announced *Spread `json:"announced,omitempty"` // how the sites' announcement spread, where that was simulated
	Withdrawn *Spread `json:"withdrawn,omitempty"` // how a withdrawal by a site that is alone spread (unicast)
	Spread            // how the news of the fault spread

	Before []float64       `json:"before"`
	After  []float64       `json:"after"`
	Moved  [][]float64     `json:"moved"` // from where to where, as in Before
	Shares []InternetShare `json:"shares"`
	Outage InternetOutage  `json:"outage"`
}

// InternetShare is a span of time, up to the next one's, in which the shares stayed
// as they were, but for a little.
type InternetShare struct {
	At time.Duration `json:"at_ns"`
	Of []float64     `json:"of"`
}

// InternetOutage is how long clients were served by nobody, or their packets looped.
type InternetOutage struct {
	Affected float64         `json:"affected"` // share of the clients
	Looped   float64         `json:"looped"`   // share that looped at all
	Lost     float64         `json:"lost"`     // share that is not served in the end, and was before
	Times    []time.Duration `json:"times_ns"` // of those affected, by hundredths of them: 101
	Worst    []InternetWorst `json:"worst"`    // the longest, longest first
}

// InternetWorst is a client with a long outage.
type InternetWorst struct {
	AS     uint32        `json:"as"`
	Outage time.Duration `json:"outage_ns"`
}

// Spread is how news went through the ASes.
type Spread struct {
	Converged bool            `json:"converged"`  // nothing was left to be said when the trial ended
	Reached   int             `json:"reached"`    // ASes whose best path changed
	Settled   []time.Duration `json:"settled_ns"` // when it did for the last time, by hundredths of them: 101
	Messages  int             `json:"messages"`
	Changes   int             `json:"changes"`    // of best paths: paths that were tried
	MostTried int             `json:"most_tried"` // by one AS
	MostSent  int             `json:"most_sent"`  // messages, by one AS
}
