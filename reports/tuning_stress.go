package reports

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/reports/stats"
)

// Stress is a condition that is no fault, and under which nothing should fail over.
type Stress struct {
	Name   string
	Loss   float64       // of the packets on the site's links, 0 to 1
	Jitter time.Duration // of their delay, both ways
	Stall  time.Duration // for so long the site's processes are stopped,
	Every  time.Duration // once in so long
	Busy   int           // processors that somebody else keeps busy
}

// Simulable says whether false failovers can be computed of it without a lab.
func (s Stress) Simulable() bool { return s.Busy == 0 }

// imagined is of how many packets the gaps are imagined.
const imagined = 200_000

// earliest is the shortest gap of BFD's packets, as a share of the interval (RFC 5880
// section 6.8.7).
const earliest = 0.75

// Computed is how often an hour the site fails over falsely under the stress, as it
// follows from timers, loss, jitter and stops alone: daemons send and hear in time.
func (s Stress) Computed(x record.Experiment, site string) float64 {
	alarms := 0.0
	for _, l := range watched(x, site) {
		h := stats.Heartbeat{Gaps: s.gaps(l.BFD.Interval.Seconds()), Loss: s.Loss}
		alarms += 2 * h.Alarms(silence(l)) // either end hears the other
	}
	if s.Stall == 0 {
		return alarms
	}
	return alarms + polled(x, site, 100*s.Every.Seconds(), stats.Stalled(s.Stall.Seconds(), s.Every.Seconds()))
}

// gaps are those between the packets that would arrive. They are the same each time.
func (s Stress) gaps(interval float64) []float64 {
	random := rand.New(rand.NewPCG(1, 1))
	arrivals := make([]float64, imagined)
	sent, wait := 0.0, stats.Stalled(s.Stall.Seconds(), max(s.Every.Seconds(), math.SmallestNonzeroFloat64))
	for i := range arrivals {
		sent += interval * (earliest + (1-earliest)*random.Float64())
		if s.Stall > 0 {
			sent += wait(sent)
		}
		arrivals[i] = sent + s.Jitter.Seconds()*(2*random.Float64()-1)
	}
	return stats.Between(arrivals)
}

// watched are the site's links with BFD.
func watched(x record.Experiment, site string) []record.Link {
	return slices.DeleteFunc(slices.Clone(x.Topology.Links), func(l record.Link) bool {
		return l.BFD == nil || l.Ends[0].Node != site && l.Ends[1].Node != site
	})
}

// silence is after how many seconds the link's ends give each other up.
func silence(l record.Link) float64 { return float64(l.BFD.Multiplier) * l.BFD.Interval.Seconds() }

// polled is how often an hour the checks of the site's services fail falsely.
func polled(x record.Experiment, site string, span float64, answered func(at float64) float64) float64 {
	alarms := 0.0
	for _, s := range x.Services {
		if h := s.Health; slices.Contains(s.On, site) && h.Interval > 0 && h.Fall > 0 {
			alarms += stats.Polling{Interval: h.Interval.Seconds(), Timeout: h.Timeout.Seconds(), Fall: h.Fall}.Alarms(span, answered)
		}
	}
	return alarms
}

// Stall is for how long a daemon of the site may be stopped: as long as its fastest
// timer.
func Stall(x record.Experiment, site string) time.Duration {
	var timers []time.Duration
	for _, l := range watched(x, site) {
		timers = append(timers, l.BFD.Interval)
	}
	for _, s := range x.Services {
		if slices.Contains(s.On, site) && s.Health.Interval > 0 {
			timers = append(timers, s.Health.Interval)
		}
	}
	if len(timers) == 0 {
		return 0
	}
	return slices.Min(timers)
}

// Endured is what a stress came to.
type Endured struct {
	Stress   string    `json:"stress"`
	Computed *float64  `json:"computed_per_hour"`  // null: it can't be without a lab
	Gaps     int       `json:"lab_gaps,omitempty"` // of the lab's, that it was computed from
	Lab      *Exposure `json:"counted,omitempty"`  // absent: not tried in a lab
	Note     string    `json:"note,omitempty"`     // why it could not be tried
}

// Exposure is what was counted in a lab.
type Exposure struct {
	Hours  float64 `json:"hours"` // with all sessions up
	Alarms int     `json:"false_failovers"`
	Most   float64 `json:"at_most_per_hour"` // with 95 % confidence
}

// exposure bounds the rate.
func exposure(hours float64, alarms int) *Exposure {
	return &Exposure{hours, alarms, stats.MostEvents(alarms) / hours}
}
