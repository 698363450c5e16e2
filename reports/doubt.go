package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// Weighed is a doubt that has a size: it widened the bounds of a trial.
type Weighed struct {
	Name string        `json:"name"`
	MS   Number        `json:"ms"`   // by how much
	Side timeline.Side `json:"side"` // of the bounds: low, high, both
	What string        `json:"what"`
}

// delayFloor and delayShare bound what the machine may have held up between
// the fault and its outcome, absolutely and as a share of that time, whichever
// is more: a sum of short waits that no machine is without.
const (
	delayFloor = 10 * time.Millisecond
	delayShare = 0.05
)

// negligible is how much of a time may have been waiting.
func negligible(d time.Duration) time.Duration {
	return max(delayFloor, time.Duration(delayShare*float64(d)))
}

// backward begins the names of doubts about what came after healing.
const backward = "failback-"

// weigh returns what may have made the trial's numbers longer or shorter than
// they would have been, and by how much. Nothing can have done so to a trial in
// which nothing happened.
func weigh(f *timeline.Failover, x record.Experiment, theory *record.Bounds) []timeline.Doubt {
	list := slices.Clone(f.Doubts)
	if len(f.Faults) == 0 {
		return list
	}
	p := decisive(f, x)
	held := p.held(x)
	if beyond := p.beyond(theory) - total(held); beyond > 0 {
		held = append(held, timeline.Doubt{Name: "detection-under-load", For: beyond, Side: timeline.LowSide, What: p.load(theory)})
	}
	list = append(list, p.grave(held)...)
	list = append(list, p.lateSenders()...)
	list = append(list, p.slowInjection()...)
	list = append(list, p.crossed(x)...)
	list = append(list, overdue(f, x.Faults)...)
	if f.Mended.Zero == 0 {
		return list
	}
	p = period{f, f.Mended, told(f.Mended)}
	for _, d := range append(p.grave(p.held(x)), p.lateSenders()...) {
		d.Name = backward + d.Name
		list = append(list, d)
	}
	return list
}

func total(list []timeline.Doubt) (sum time.Duration) {
	for _, d := range list {
		sum += d.For
	}
	return sum
}

// grave returns what held the period up, if it adds up to something: each may
// have come after another.
func (p period) grave(held []timeline.Doubt) []timeline.Doubt {
	if total(held) <= negligible(p.length()) {
		return nil
	}
	return slices.DeleteFunc(held, func(d timeline.Doubt) bool { return d.For < time.Millisecond })
}

// held returns what may have made the period longer: threads that were ready
// and had no processor, a hypervisor, the kernel's lock, a relay. That a timer
// of ours fired late ("starved") and that threads of ours waited is the same
// seen twice: the larger counts.
func (p period) held(x record.Experiment) []timeline.Doubt {
	list := []timeline.Doubt{p.waited("run-queue", record.Observed, p.lastPacket(x))}
	own := p.waited("own-queue", record.Observing, 0)
	for _, d := range p.delays() {
		if d.Name != "starved" {
			list = append(list, d)
		} else if d.For > own.For {
			own = d
		}
	}
	return append(list, own, p.stolen())
}

// delays adds up the spans in which something was held up, as far as they
// touch the time since somebody was told, or lasted until then.
func (p period) delays() []timeline.Doubt {
	var list []timeline.Doubt
	for _, d := range p.f.Delays {
		overlap := min(d.To, p.to()).Sub(max(d.From, p.e.Zero))
		if overlap <= 0 || d.To < p.told {
			continue
		}
		at := slices.IndexFunc(list, func(known timeline.Doubt) bool { return known.Name == d.Name })
		if at < 0 {
			list = append(list, timeline.Doubt{Name: d.Name, Side: timeline.LowSide, What: d.Detail})
			at = len(list) - 1
		}
		list[at].For = min(p.length(), list[at].For+overlap)
	}
	return list
}

// edgeBlur is by how much late senders may widen an edge of the outage, and
// edgeShare the same as a share of the outage, whichever is more, before it is
// worth a word.
const (
	edgeBlur  = 5 * time.Millisecond
	edgeShare = 0.05
)

// lateSenders are requests that left late at an edge of the outage. That is in
// the bounds already, which are made of true moments.
func (p period) lateSenders() []timeline.Doubt {
	var list []timeline.Doubt
	for _, g := range p.e.Groups {
		if g.EdgeBlur > max(edgeBlur, time.Duration(edgeShare*float64(g.Outage.Value))) {
			list = append(list, timeline.Doubt{Name: "late-sender", For: g.EdgeBlur, Side: timeline.BothSide,
				What: "probe " + g.Name + " paused at an edge of the outage"})
		}
	}
	return list
}

// slowInjection is a call that took so long that the stages' times, which are
// counted from its end, say little. That is in their bounds already.
func (p period) slowInjection() []timeline.Doubt {
	if p.e.Bracket <= negligible(p.length()) {
		return nil
	}
	return []timeline.Doubt{{Name: "slow-injection", For: p.e.Bracket, Side: timeline.HighSide,
		What: "the fault took effect at some moment within that time: the stages may have begun that much earlier"}}
}

// overdue is the healing that ended the outage, if it came later than the scenario
// says.
func overdue(f *timeline.Failover, planned []record.PlannedFault) []timeline.Doubt {
	if !f.Broken.Outage.Open || f.Mended.Zero == 0 || len(planned) != len(f.Faults) {
		return nil
	}
	for i, s := range f.Faults {
		asked := planned[i].For
		if late := s.Heal.Sub(s.Effective) - asked; asked > 0 && s.Restarted == 0 && late > negligible(asked) {
			return []timeline.Doubt{{Name: "late-healing", For: late, Side: timeline.LowSide,
				What: fmt.Sprintf("%s was to last %s, and its healing began so much later", s.Kind, words.Milliseconds(millis(asked)))}}
		}
	}
	return nil
}

// reaches say which parts of a trial a doubt touches, if not all.
var reaches = map[string][]part{
	"detection-under-load": {served, achieved, noticed},
	"late-healing":         {served, achieved},
	"late-sender":          {}, // it is in the bounds already
	"loss-anew":            {achieved},
	"slow-injection":       {},
	"timer-crossed":        {served, achieved, noticed},
}

// touches says whether the doubt widens the bounds of a part of its trial.
func touches(d timeline.Doubt, of part) bool {
	name, back := strings.CutPrefix(d.Name, backward)
	switch of {
	case untouched:
		return false
	case throughout:
		back, of = false, served
	case servedBack:
		back, of = !back, served
	case achievedBack:
		back, of = !back, achieved
	}
	if back {
		return false // it is about the other way
	}
	list, some := reaches[name]
	return !some || slices.Contains(list, of)
}

// reach is by how much a trial's doubts widen the bounds of a part of it.
func reach(f *timeline.Failover, of part) (low, high time.Duration) {
	for _, d := range f.Doubts {
		if !touches(d, of) {
			continue
		}
		if d.Side != timeline.HighSide {
			low += d.For
		}
		if d.Side != timeline.LowSide {
			high += d.For
		}
	}
	return low, high
}

// weighed lists a trial's doubts for its result.
func weighed(doubts []timeline.Doubt) []Weighed {
	var list []Weighed
	for _, d := range doubts {
		list = append(list, Weighed{d.Name, Number(millis(d.For)), d.Side, d.What})
	}
	return list
}

// text says a doubt to people.
func (d Weighed) text() string {
	sign := map[timeline.Side]string{timeline.LowSide: "up to %s longer for it", timeline.HighSide: "up to %s shorter for it", timeline.BothSide: "%s vaguer, either way"}
	return fmt.Sprintf(sign[d.Side]+": %s", words.Milliseconds(float64(d.MS)), d.What)
}
