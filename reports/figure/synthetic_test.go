package figure

import (
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// story is what a synthetic trial is made from: times in ms after the fault.
type story struct {
	fault    string
	on       []string
	cell     map[string]string
	index    int
	stages   map[timeline.StageName]float64
	from, to float64 // requests sent in between are lost; to 0: none is
	heal     float64 // when the fault is mended; 0: never
	back     float64 // failback's outage
	flows    int
	rate     float64
	part     int // only every part-th flow is on the failed path; 0: all
	never    bool
	theory   *record.Bounds
}

const zero = record.Time(5_000_000_000)

func ms(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }

// trial makes the failover and its samples.
func (s story) trial() Trial {
	g := Group{Probe: record.ProbeGroup{Name: "london-dns", Client: "london", Service: "dns", Kind: "dns", Rate: s.rate, Flows: s.flows}}
	end := max(s.to, s.heal, 100) * 1.7
	f := timeline.Failover{Cell: s.cell, Index: s.index, Fault: s.fault, On: s.on}
	f.Broken = timeline.Episode{Zero: zero, Bracket: ms(0.1), Restored: !s.never, Rerouted: true}
	if s.heal > 0 {
		f.Mended = timeline.Episode{Zero: zero.Add(ms(s.heal)), Restored: true}
	}
	step := 1000 / s.rate
	lost := make([]timeline.Gap, s.flows)
	for i := range int((end + 500) / step) {
		flow := i % s.flows
		at := -500 + float64(i)*step
		sample := record.Sample{Seq: uint64(i), Flow: flow, Sent: zero.Add(ms(at))}
		sample.Received, sample.Node = sample.Sent.Add(ms(0.3)), s.node(flow, at)
		if sample.Node == "" {
			sample.Received = 0
		}
		if sample.Lost() && (at < s.heal || s.heal == 0) {
			g := &lost[flow]
			if g.Lost == 0 {
				g.First = sample.Sent
			}
			g.Last, g.After = sample.Sent, sample.Sent.Add(ms(step*float64(s.flows)))
			g.Lost++
		}
		g.Samples = append(g.Samples, sample)
	}
	f.Broken.Flows = s.flowsOf(lost)
	f.Broken.Groups, f.Broken.Outage = s.group(f.Broken.Flows)
	f.Mended.Outage.Value = ms(s.back)
	for _, n := range []timeline.StageName{timeline.Inject, timeline.Detect, timeline.Withdraw, timeline.Receive, timeline.Install, timeline.Restore} {
		if v, ok := s.stages[n]; ok {
			f.Broken.Stages = append(f.Broken.Stages, timeline.Stage{Name: n, At: zero.Add(ms(v))})
			if s.heal > 0 {
				f.Mended.Stages = append(f.Mended.Stages, timeline.Stage{Name: afterHealing(n), At: f.Mended.Zero.Add(ms(v / 20))})
			}
		}
	}
	return Trial{Failover: f, Theory: s.theory, Samples: []Group{g}}
}

func afterHealing(n timeline.StageName) timeline.StageName {
	switch n {
	case timeline.Inject:
		return timeline.Heal
	case timeline.Withdraw:
		return timeline.Announce
	}
	return n
}

// node returns who answers a flow's request sent at that time, "" for nobody.
func (s story) node(flow int, at float64) string {
	home := "a"
	if s.part > 0 {
		home = []string{"a", "b", "c"}[flow%s.part%3]
	}
	switch {
	case home != "a" || at < s.from:
		return home
	case s.heal > 0 && at >= s.heal+s.back:
		return "a"
	case s.heal > 0 && at >= s.heal && s.back > 0, s.never:
		return ""
	case at < s.to:
		return ""
	}
	return "b"
}

func (s story) flowsOf(lost []timeline.Gap) []timeline.Flow {
	var flows []timeline.Flow
	for i, g := range lost {
		f := timeline.Flow{Group: "london-dns", Flow: i, Lost: g.Lost}
		if g.Lost > 0 {
			v := g.After.Sub(g.First)
			if s.never {
				g.After = 0
			}
			f.Gaps = []timeline.Gap{g}
			f.Outage = &timeline.Interval{Value: v, Low: g.Last.Sub(g.First), High: v + ms(1000/s.rate), Open: s.never}
			if s.never {
				*f.Outage = timeline.Interval{Value: v, Low: v, Open: true}
			}
		}
		flows = append(flows, f)
	}
	return flows
}

// group sums the flows up: as one dense sequence where they share a path.
func (s story) group(flows []timeline.Flow) ([]timeline.Group, timeline.Interval) {
	g := timeline.Group{Name: "london-dns", Together: s.part == 0}
	for _, f := range flows {
		if f.Outage == nil {
			continue
		}
		g.Affected++
		if f.Outage.Value > g.Outage.Value {
			g.Outage = *f.Outage
		}
	}
	if g.Together && g.Affected > 0 && !s.never {
		g.Outage = timeline.Interval{Value: ms(s.to - s.from), Low: ms(s.to - s.from - 1), High: ms(s.to - s.from + 1)}
	}
	return []timeline.Group{g}, g.Outage
}

// stagesUpTo gives plausible stages that end in a restoration at the time.
func stagesUpTo(restore, detect float64) map[timeline.StageName]float64 {
	rest := restore - detect
	return map[timeline.StageName]float64{
		timeline.Inject: 0, timeline.Detect: detect, timeline.Withdraw: detect + 0.15*rest,
		timeline.Receive: detect + 0.25*rest, timeline.Install: detect + 0.7*rest, timeline.Restore: restore,
	}
}

// stories are the kinds of trial that the figures must show well.
func stories() map[string]story {
	return map[string]story{
		"2ms": {fault: "link-down", on: []string{"upstream", "a"}, stages: stagesUpTo(2.2, 0.4), to: 2, heal: 2000, flows: 16, rate: 1000},
		"200ms": {fault: "service-crash", on: []string{"a"}, stages: stagesUpTo(213, 209), to: 213, heal: 3000, back: 3, flows: 16, rate: 1000,
			theory: &record.Bounds{Low: 100, High: 300}},
		"3s": {fault: "blackhole", on: []string{"upstream", "a"}, stages: stagesUpTo(2640, 2636), to: 2640, heal: 8000, flows: 16, rate: 1000,
			theory: &record.Bounds{Low: 2000, High: 3000}},
		"none":  {fault: "withdraw", on: []string{"a"}, stages: stagesUpTo(4.1, 0.3), from: 4, heal: 2000, flows: 16, rate: 1000},
		"quiet": {from: 1e9, flows: 16, rate: 1000},
		"ecmp":  {fault: "link-down", on: []string{"upstream", "a"}, stages: stagesUpTo(61, 50), to: 60, heal: 2000, flows: 48, rate: 4800, part: 3},
		"never": {fault: "service-hang", on: []string{"a"}, stages: map[timeline.StageName]float64{timeline.Inject: 0}, to: 5000, never: true, flows: 16, rate: 1000},
		"blackhole": {fault: "service-crash", on: []string{"a"}, stages: map[timeline.StageName]float64{timeline.Inject: 0, timeline.Restore: 3012},
			to: 3010, heal: 3001, back: 10, flows: 16, rate: 1000},
		"many":   {fault: "node-power-loss", on: []string{"a"}, stages: stagesUpTo(150, 140), to: 150, flows: 400, rate: 20000, part: 3, heal: 1000},
		"single": {fault: "service-crash", on: []string{"a"}, stages: stagesUpTo(30, 20), to: 30, flows: 1, rate: 100},
	}
}
