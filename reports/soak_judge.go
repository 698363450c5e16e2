package reports

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/words"
)

// soakSeen is a trial and its record.
type soakSeen struct {
	record.SoakTrial
	r *Report
}

// An invariant holds in every trial of a soak. broken says what did not, and, where a
// machine that was too busy may have been why, how that is known.
type invariant struct {
	name   string
	broken func(s *Soak, t soakSeen) (says []string, doubt string, err error)
}

// invariants are those of a soak, sorted.
var invariants = []invariant{
	{"false-failover", (*Soak).falseFailover},
	{"lab-stands", (*Soak).labFell},
	{"no-growth", (*Soak).grows},
	{"returned", (*Soak).notReturned},
	{"service-back", (*Soak).notRestored},
}

// labFell says what ended the lab: something that nobody had ended, or that it did not
// settle again.
func (s *Soak) labFell(t soakSeen) (says []string, doubt string, err error) {
	if t.Lost != "" {
		says = []string{t.Lost}
	}
	return says, "", nil
}

// notRestored says for whom nobody else took over in time. Who can reach no site without
// what was broken is not meant.
func (s *Soak) notRestored(t soakSeen) (list []string, doubt string, err error) {
	for _, f := range t.r.Failovers {
		for _, c := range f.Clients {
			if f.Broken.Zero != 0 && !c.Broken.Restored && !slices.Contains(t.Failure.Bound, c.Name) && c.Service != "" {
				list = append(list, fmt.Sprintf("%s was not served again by %s within %s", c.Name, c.Service, t.Limit.String()))
			}
		}
	}
	return list, "", nil
}

// notReturned says that after healing not everybody was served as before.
func (s *Soak) notReturned(t soakSeen) (list []string, doubt string, err error) {
	for _, f := range t.r.Failovers {
		if f.Returned == nil || *f.Returned {
			continue
		}
		text := "after healing not everybody was served as before within " + t.Limit.String()
		for _, said := range f.Findings {
			if said.Name == "not-recovered" {
				text += ": " + said.Detail
			}
		}
		list = append(list, text)
	}
	return list, "", nil
}

// calm is from when all was as at the beginning to the fault, and what was seen in it.
type calm struct {
	from, to record.Time
	alarms   []string
	starved  time.Duration // the longest that a process of the lab waited for a processor in a sample of the load; alarms come somewhat later
}

// falseFailover says what happened while nothing was broken.
func (s *Soak) falseFailover(t soakSeen) (says []string, doubt string, err error) {
	c, err := readCalm(record.Events(t.Stretch))
	if err != nil {
		return nil, "", err
	}
	found := c.alarms
	for _, g := range t.r.Groups {
		strays, err := s.strays(g, record.Spans(t.Stretch, g.Name), c)
		if err != nil {
			return nil, "", err
		}
		found = append(found, strays...)
	}
	if len(found) == 0 {
		return nil, "", nil
	}
	return []string{"while nothing was broken " + strings.Join(found, "; ")}, t.busy(c), nil
}

// symptoms are doubts about a trial that come of a false failover before it.
var symptoms = []string{"fault-not-verified", "inconsistent", "loss-before", "stage-order"}

// busy says how the machine was too busy, if it was: the trial says so, or a process of the
// lab waited for half as long as something has patience.
func (t soakSeen) busy(c calm) string {
	for _, trial := range t.r.Result.Trials {
		for _, f := range trial.Findings {
			if f.Severity == Doubt && !slices.Contains(symptoms, f.Name) {
				return f.Name + ": " + f.Detail
			}
		}
	}
	if p := t.r.Run.Patience(); c.starved >= p/2 {
		return fmt.Sprintf("a process of the lab waited %s for a processor, and after %s something is given up", words.Duration(c.starved), words.Duration(p))
	}
	return ""
}

// readCalm finds when all was to be calm. Where the fault never came it is until the end.
func readCalm(events iter.Seq2[record.Event, error]) (c calm, err error) {
	const never = record.Time(1<<63 - 1)
	c.from, c.to = never, never
	type told struct {
		text string
		at   record.Time
	}
	var said []told
	var loads []record.Event
	for e, err := range events {
		if err != nil {
			return c, err
		}
		switch d := e.Data.(type) {
		case record.Fault:
			c.to = min(c.to, e.At)
		case record.Trial:
			if d.Phase == record.TrialBegin {
				c.from = e.At
			}
		case record.Load:
			loads = append(loads, e)
		}
		if text := alarm(e); text != "" {
			said = append(said, told{text, e.At})
		}
	}
	for _, alarm := range said {
		if c.at(alarm.at) && !slices.Contains(c.alarms, alarm.text) {
			c.alarms = append(c.alarms, alarm.text)
		}
	}
	for _, l := range loads {
		if l.At >= c.from && l.Data.(record.Load).From <= c.to {
			c.starved = max(c.starved, l.Data.(record.Load).Waited(record.Observed))
		}
	}
	return c, nil
}

// at says whether all was to be calm then.
func (c calm) at(t record.Time) bool { return t >= c.from && t < c.to }

// alarm says of an event what only a fault should lead to; empty: it is none.
func alarm(e record.Event) string {
	switch d := e.Data.(type) {
	case record.BGP:
		if d.Ends() {
			return fmt.Sprintf("the BGP session of %s and %s ended", min(d.From, d.To), max(d.From, d.To))
		}
	case record.BFD:
		if d.State == "down" {
			return fmt.Sprintf("BFD of %s and %s went down", min(d.From, d.To), max(d.From, d.To))
		}
	case record.Health:
		if !d.Healthy {
			return fmt.Sprintf("the health check of %s on %s failed (%s)", d.Service, e.Node, d.Reason)
		}
	}
	return ""
}

// strays says of a probe group's requests which were lost, or answered by another site,
// while nothing was broken. One that was on its way when the fault came is not among the
// lost: none that was sent after it had been answered by then.
func (s *Soak) strays(g record.ProbeGroup, spans iter.Seq2[record.Span, error], c calm) (list []string, err error) {
	key := g.Client + " " + g.Service + " " + g.Target
	home, known := s.homes[key]
	by := map[string]int{}
	var lost []record.Time
	var served record.Time // when the last one was sent that was answered before the fault
	for span, err := range spans {
		if err != nil {
			return nil, err
		}
		span.Each(g, func(one record.Sample) bool {
			switch {
			case !c.at(one.Sent):
				return true
			case one.Lost():
				lost = append(lost, one.Sent)
				return true
			case !c.at(one.Received): // the fault came first
				return true
			case !known && one.Sent < c.to && !slices.Contains(home, one.Node):
				home = append(home, one.Node)
			case !slices.Contains(home, one.Node):
				by[one.Node]++
			}
			served = max(served, one.Sent)
			return true
		})
	}
	if home != nil {
		s.homes[key] = home
	}
	if lost = slices.DeleteFunc(lost, func(at record.Time) bool { return at > served }); len(lost) > 0 {
		list = append(list, fmt.Sprintf("%s of %s got no answer", words.Count(len(lost), "request"), g.Client))
	}
	for _, node := range slices.Sorted(maps.Keys(by)) {
		list = append(list, fmt.Sprintf("%s answered %s of %s, whom %s serves", node, words.Count(by[node], "request"), g.Client, strings.Join(home, ", ")))
	}
	return list, nil
}
