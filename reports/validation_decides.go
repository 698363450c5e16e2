package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// leastHold is the least hold time that BGP has, but for none (RFC 4271 section
// 4.2).
const leastHold = 3 * time.Second

// decider says of a refuted failure what takes the time: in few words, in a
// sentence, and which setting would have to be what.
func (v Validated) decider() (blame, decides, setting string) {
	var failovers, moved []timeline.Failover
	for _, t := range v.trials {
		if t.status == Doubtful {
			continue
		}
		failovers = append(failovers, t.Failover)
		if t.Broken.Restored {
			moved = append(moved, t.Failover)
		}
	}
	ms, timed := limit(v.of.Require)
	list := shares(moved, afterFault)
	switch {
	case len(moved) == 0:
		blame, setting = v.timer(ms, 0)
		return blame, fmt.Sprintf("in none of %s users were served again before the repair; %s", words.Count(len(failovers), "trial"), v.of.Why), setting
	case !timed || len(list) == 0:
		return v.loss(moved)
	}
	longest := slices.MaxFunc(list, func(a, b share) int { return cmp.Compare(a.median, b.median) })
	cut := typical("interruption", moved).Median
	decides = "users are typically cut off for " + words.Milliseconds(cut)
	detected := longest.stage == timeline.Detect || v.unannounced(longest)
	rest := 0.0 // what is not the detection, where that is known
	if len(list) > 1 && longest.median <= cut && (detected || !v.hopeless(ms)) {
		decides += fmt.Sprintf(", and %s takes %s", words.Noun(longest.stage), words.Milliseconds(longest.median))
		rest = cut - longest.median
	}
	if why := words.Because(longest.cause); why != "" {
		return words.Noun(longest.stage), decides + ": " + why, v.kept(longest.cause, ms)
	}
	if !detected && !v.hopeless(ms) {
		return words.Noun(longest.stage), decides, ""
	}
	if rest >= ms {
		rest = 0
	}
	blame, setting = v.timer(ms, rest)
	return blame, decides + ": " + v.of.Why, setting
}

// unannounced says whether a stage has the detection in it: a router that finds out
// by itself tells nobody, and what is seen first is what it does.
func (v Validated) unannounced(s share) bool {
	return v.cell.Theory == nil || s.median >= v.cell.Theory.Low
}

// least is the shortest detection by theory, in milliseconds; 0 if none is known.
func (v Validated) least() float64 {
	if v.cell.Theory == nil {
		return 0
	}
	return v.cell.Theory.Low
}

// hopeless says whether by theory the detection alone takes longer than ms.
func (v Validated) hopeless(ms float64) bool { return v.least() >= ms }

// loss is what decides a requirement that is about no time.
func (v Validated) loss(list []timeline.Failover) (blame, decides, setting string) {
	lost := 0
	for _, f := range list {
		lost = max(lost, f.Broken.Lost+f.Mended.Lost)
	}
	return "the way traffic moves", fmt.Sprintf("up to %s were lost while traffic moved; %s", words.Count(lost, "request"), v.of.Why), ""
}

// kept names the setting behind what a stage waited for.
func (v Validated) kept(c timeline.Cause, ms float64) string {
	switch c {
	case timeline.LongLived:
		return "bgp.llgr would have to be off, or at most " + words.Milliseconds(ms) + " with bgp.graceful_restart"
	case timeline.GracefulRestart:
	default:
		return ""
	}
	return "bgp.graceful_restart would have to be off, or at most " + words.Milliseconds(ms)
}

// timer names the one that detects the failure, and what it would have to be for
// the requirement, of ms, to be met where all else takes rest milliseconds.
func (v Validated) timer(ms, rest float64) (blame, setting string) {
	room := ms - rest
	if v.of.Part == "service" {
		return "the health check", v.check(room)
	}
	bfd, hold := v.watch()
	switch {
	case bfd != nil:
		return "BFD", fmt.Sprintf("bfd.interval is %s and bfd.multiplier %d: their product, which is the slowest detection, would have to be at most %s, such as %s x %d",
			setTo(bfd.Interval), bfd.Multiplier, rounded(room), rounded(room/float64(bfd.Multiplier)), bfd.Multiplier)
	case hold == 0:
		return "nothing that watches", ""
	case room >= millis(leastHold):
		return "BGP's hold time", fmt.Sprintf("bgp.hold is %s and would have to be at most %s, and bgp.keepalive a third of it", setTo(hold), rounded(room))
	}
	return "BGP's hold time", fmt.Sprintf("bgp.hold is %s, and none is short enough: BGP has none below %s (RFC 4271). BFD would have to run on %s, with bfd.interval x bfd.multiplier of at most %s, such as %s x 3",
		setTo(hold), setTo(leastHold), v.links(), rounded(room), rounded(room/3))
}

// check says what the health check of the service that fails would have to be.
func (v Validated) check(room float64) string {
	for _, svc := range v.cell.x.Services {
		h := svc.Health
		if !slices.Contains(svc.On, v.of.Site) {
			continue
		}
		name := "services." + svc.Name + ".health"
		switch {
		case h.Kind == "loop":
			return fmt.Sprintf("%s is a program of your own, of which a round takes %s: two rounds would have to end within %s", name, setTo(h.Interval), words.Milliseconds(room))
		case v.cell.Theory == nil:
			return fmt.Sprintf("%s of kind %s would have to be one that asks the service and looks at the answer", name, h.Kind)
		}
		part := room / v.cell.Theory.High
		return fmt.Sprintf("%s has an interval of %s, a timeout of %s and fall: %d, so that detection takes up to %s; it would have to be at most %s, such as an interval of %s and a timeout of %s",
			name, setTo(h.Interval), setTo(h.Timeout), h.Fall, words.Milliseconds(v.cell.Theory.High), words.Milliseconds(room),
			rounded(part*millis(h.Interval)), rounded(part*millis(h.Timeout)))
	}
	return ""
}

// concerned are the links with a session that the failure strikes.
func (v Validated) concerned() []record.Link {
	var list []record.Link
	for _, l := range v.cell.x.Topology.Links {
		ends := []string{l.Ends[0].Node, l.Ends[1].Node}
		if l.BGP != nil && !slices.ContainsFunc(v.of.On, func(n string) bool { return !slices.Contains(ends, n) }) {
			list = append(list, l)
		}
	}
	return list
}

// watch is the slowest that watches the sessions concerned: BFD only where all of
// them have it.
func (v Validated) watch() (bfd *record.BFDTimers, hold time.Duration) {
	for i, l := range v.concerned() {
		hold = max(hold, l.BGP.Hold)
		switch {
		case l.BFD == nil:
			bfd = nil
		case i == 0 || bfd != nil && l.BFD.Interval*time.Duration(l.BFD.Multiplier) > bfd.Interval*time.Duration(bfd.Multiplier):
			bfd = l.BFD
		}
		if l.BFD == nil {
			return nil, hold
		}
	}
	return bfd, hold
}

func (v Validated) links() string {
	var names []string
	for _, l := range v.concerned() {
		if l.BFD == nil {
			names = append(names, l.Name)
		}
	}
	return strings.Join(names, ", ")
}

// rounded is a setting that is not above so many milliseconds, with two digits.
func rounded(ms float64) string {
	if !stats.Finite(ms) || ms < 1 {
		return "less than 1 ms"
	}
	unit := math.Pow(10, math.Floor(math.Log10(ms))-1)
	steps := math.Floor(ms / unit)
	steps -= math.Mod(steps, 5)
	return setTo(time.Duration(math.Max(1, steps*unit) * float64(time.Millisecond)))
}

// setTo writes a time as settings have it: "250 ms", "9 s".
func setTo(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.4g ms", millis(d))
	}
	return fmt.Sprintf("%.6g s", d.Seconds())
}
