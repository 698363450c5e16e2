package run

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/scenarios"
)

// A burst asks as fast as can be, and ends before anything that tells a failure
// by its timer could be disturbed. What it does not get in time it does not get.
const (
	burst        = 20 * time.Millisecond
	burstTimeout = 150 * time.Millisecond
	burstRate    = 200_000
	burstFlows   = 16
	mostBursts   = 6    // of which one may find the route not made yet, and another the machine busy
	leastRate    = 2000 // of a burst: fewer requests can't tell
)

// datagrams lists the cell's probes that send datagrams, those that have the
// shortest way first.
func (c cell) datagrams() []scenarios.Probe {
	list := slices.DeleteFunc(slices.Clone(c.Probes), func(p scenarios.Probe) bool {
		about, _ := probe.About(p.Kind)
		return about.Transport != record.Datagram || serviceNamed(c.Scenario, p.Service).Capacity > 0 // which says nothing of the machine
	})
	slices.SortStableFunc(list, func(a, b scenarios.Probe) int {
		return cmp.Compare(roundTrip(c.Scenario, a), roundTrip(c.Scenario, b))
	})
	return list
}

// asked returns how many datagrams the cell's probes ask for in a second.
func (c cell) asked() float64 {
	sum := 0.0
	for _, p := range c.datagrams() {
		sum += p.Rate * float64(len(c.Topology.Anycast))
	}
	return sum
}

// mostRate measures how many datagrams a second can be asked and answered here.
// It stops trying once it is enough with some to spare; 0: it is not known.
func (r *rig) mostRate(ctx context.Context) (most float64, err error) {
	probes := r.cell.datagrams()
	if len(probes) == 0 {
		return 0, nil
	}
	for i := range mostBursts {
		ask := float64(burstRate)
		if i >= mostBursts/2 { // what is flooded may answer less than it could
			ask = max(leastRate, 2.5*r.cell.asked())
		}
		rate, err := r.burst(ctx, probes[0], ask)
		if err != nil {
			return 0, err
		}
		if most = max(most, rate); most > 2*r.cell.asked() {
			break
		}
	}
	return most, nil
}

// burst asks for a moment, at a rate, and returns that at which the answers came.
func (r *rig) burst(ctx context.Context, spec scenarios.Probe, asked float64) (rate float64, err error) {
	_, config := group(r.cell.Scenario, spec, r.cell.Topology.Anycast[0].Addr())
	config.Name, config.Flows, config.Users = "burst", burstFlows, nil
	config.Timeout = burstTimeout + roundTrip(r.cell.Scenario, spec)
	config.Rate = min(burstRate, asked, probe.MostRate(config.Kind, config.Timeout))
	n, err := r.world.Lab.Node(spec.From)
	if err != nil {
		return 0, err
	}
	p, err := probe.New(config)
	if err != nil {
		return 0, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var seen echoes
	wait, err := p.Start(ctx, n, &seen)
	if err != nil {
		return 0, err
	}
	err = until(ctx, record.Now().Add(probe.Lead+burst))
	stop()
	if werr := wait(); err == nil {
		err = werr
	}
	return seen.rate(), err
}

// echoes sums up what a burst sees.
type echoes struct {
	n     int
	first record.Time   // when the first request left that was answered
	last  record.Time   // when the last answer came
	trip  time.Duration // the shortest
}

func (a *echoes) Emit(record.Event) {}

func (a *echoes) Write(s record.Sample) {
	if s.Lost() {
		return
	}
	trip := s.Received.Sub(s.Sent)
	if a.n == 0 {
		a.first, a.trip = s.Sent, trip
	}
	a.n++
	a.first, a.last, a.trip = min(a.first, s.Sent), max(a.last, s.Received), min(a.trip, trip)
}

// rate returns how many answers a second came, apart from how long they were on
// their way; 0 where too few came to tell.
func (a *echoes) rate() float64 {
	const least = 20
	took := a.last.Sub(a.first) - a.trip
	if a.n < least || took <= 0 {
		return 0
	}
	return float64(a.n) / took.Seconds()
}

// rated makes sure, once in a run, that this machine can ask what the run asks.
func (j *journey) rated(ctx context.Context, r *rig) error {
	if j.Calibration.Each == 0 || j.about.Calibration != nil {
		return nil
	}
	most, err := r.mostRate(ctx)
	if err != nil || most == 0 {
		return err
	}
	j.about.Calibration = &record.Calibration{MostRate: math.Round(most)}
	for _, c := range j.cells {
		if c.asked() > most {
			return c.tooMany(most)
		}
	}
	return nil
}

// tooMany says what was asked for, and what would do.
func (c cell) tooMany(most float64) error {
	var rates []string
	for i, p := range c.Probes {
		if slices.ContainsFunc(c.datagrams(), func(d scenarios.Probe) bool { return d.From == p.From && d.Service == p.Service && d.Kind == p.Kind }) {
			rates = append(rates, fmt.Sprintf("probes.%d.rate", i))
		}
	}
	both := ""
	if len(c.Topology.Anycast) > 1 {
		both = ", in both address families"
	}
	const spared = 0.8
	fits := max(1, int(most*spared/c.asked()*c.Probes[0].Rate))
	return fmt.Errorf("this machine, as busy as it is, can ask about %.0f datagrams a second, and %.0f are to be asked%s%s: lower %s, for instance with --set %s=%d/s",
		most, c.asked(), both, c.suffix(), strings.Join(rates, ", "), rates[0], fits)
}
