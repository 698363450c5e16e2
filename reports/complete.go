package reports

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/reports/words"
)

// complete doubts a record that lacks something that every such one has: what is
// missing may be what would have spoken against it.
func (p *source) complete(known cells) error {
	end, err := record.ReadEnd(p.dir)
	if err != nil {
		return err
	}
	missing, err := p.cutShort(end)
	if err != nil {
		return err
	}
	if missing != "" {
		p.own.doubt("record-cut-short", missing)
	} else if end == nil || end.Probes == 0 || end.Run == "" {
		p.own.Findings = append(p.own.Findings, Finding{"record-unsealed", Note,
			"the record is of an anylab that did not vouch for all of it: whether it was altered since can't be known"})
	}
	for _, k := range always {
		n := 0
		for _, f := range p.history.Trials {
			n = max(n, k.sources(known.of(f.Cell).x))
		}
		if n > 0 && p.history.Kinds[k.kind] == 0 {
			p.own.doubt("record-incomplete", fmt.Sprintf("no %s is on record, though there are %s", k.what, words.Count(n, k.of)))
		}
	}
	if c, n := p.run.Calibration, p.history.Kinds[record.KindSilence]; c != nil && len(c.TrueMS) > n {
		p.own.doubt("record-incomplete", fmt.Sprintf("run.json knows of %s, the events of %d", words.Count(len(c.TrueMS), "known silence"), n))
	}
	p.foreign(known)
	return nil
}

// foreign doubts events that can't be of this run: of nodes that it does not have, or
// over a longer time than it lasted.
func (p *source) foreign(known cells) {
	strangers := maps.Clone(p.history.Nodes)
	for _, t := range known.topologies() {
		maps.DeleteFunc(strangers, func(name string, _ bool) bool { _, ok := t.Node(name); return ok })
	}
	if names := slices.Sorted(maps.Keys(strangers)); len(names) > 0 {
		p.own.doubt("record-foreign", fmt.Sprintf("events are of %q, which no lab of this run has", names[0]))
	}
	lasted := p.run.Ended.Sub(p.run.Started)
	if p.run.Simulated == nil && !p.run.Ended.IsZero() && p.history.Lasted > lasted+time.Minute {
		p.own.doubt("record-foreign", fmt.Sprintf("events are %s apart, the run lasted %s", words.Duration(p.history.Lasted), words.Duration(lasted)))
	}
}

func (res *Result) doubt(name, detail string) {
	res.Findings = append(res.Findings, Finding{name, Doubt, detail})
	res.Verdict = Inconclusive
}

// cutShort says what of the record lacks its end.
func (p *source) cutShort(end *record.End) (string, error) {
	switch {
	case !p.run.Sealed:
		return "", nil // no record of this anylab had one
	case end == nil && p.run.Outcome == "":
		return "the run was killed, or goes on: what is missing, and whether its record was altered, can't be known", nil
	case end == nil:
		return "the run came to its end, which its events don't reach", nil
	case end.Probes == 0:
		return "", nil
	}
	if end.Probes != len(p.groups) {
		return fmt.Sprintf("there are %s, %d were written", words.Count(len(p.groups), "probe record"), end.Probes), nil
	}
	for _, g := range p.groups {
		if ended, err := record.Ended(p.dir, g.Name); err != nil || !ended {
			return fmt.Sprintf("the record of probe %s lacks its end", g.Name), err
		}
	}
	return "", nil
}

// always are the kinds of events that a lab leaves whatever happens in it, and how
// many there are of what it leaves them by.
var always = []struct {
	kind     record.Kind
	what, of string
	sources  func(record.Experiment) int
}{
	{record.KindBGP, "BGP message", "session", func(x record.Experiment) int {
		return those(x.Topology.Links, func(l record.Link) bool { return l.BGP != nil })
	}},
	{record.KindHealth, "verdict of a health check", "checked service", func(x record.Experiment) int {
		return those(x.Services, func(s record.Service) bool {
			return s.Health.Kind != "none" && s.Health.Kind != pausing && !byVRRP(x, s)
		})
	}},
	{record.KindAddress, "takeover of the address", "member of a VRRP", func(x record.Experiment) int {
		return those(x.Topology.Of(record.AnycastNode), func(n string) bool { return x.Topology.Priority(n) > 0 })
	}},
	{record.KindRoute, "kernel route", "router", func(x record.Experiment) int { return len(x.Topology.Of(record.RouterNode)) }},
}

// byVRRP says whether the daemons that speak VRRP make the service's checks, whose
// verdicts show in who takes the address only.
func byVRRP(x record.Experiment, s record.Service) bool {
	return s.Health.Kind == "script" && !slices.ContainsFunc(s.On, func(n string) bool { return x.Topology.Priority(n) == 0 })
}

// those counts the elements of a list of which something is true.
func those[T any](list []T, is func(T) bool) int {
	return len(list) - len(slices.DeleteFunc(slices.Clone(list), is))
}
