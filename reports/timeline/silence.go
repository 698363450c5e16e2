package timeline

import (
	"slices"

	"anylab/lab/record"
)

// SilenceKind is the fault of a Failover that is a known silence.
const SilenceKind = "silence"

// silences frames each known silence like a trial, in order of time.
func silences(told *overheard) []*trial {
	var list []*trial
	for _, e := range told.events {
		if s, ok := e.Data.(record.Silence); ok {
			s := s // on the heap; what of each event would be
			t := &trial{cell: s.Cell, begin: s.Since, end: e.At, until: e.At, faults: map[int]*Steps{}, silence: &s, client: e.Node}
			told.tell(t)
			list = append(list, t)
		}
	}
	return list
}

// silent reads what the probes made of a silence, of the groups that it cut
// off for as long as it lasted. That service lasts for the rest of the time
// that was looked at is all that can be asked of it.
func (t *trial) silent(in Input, x record.Experiment) Failover {
	s := t.silence
	x.Sustain = t.until.Sub(s.Clear)
	t.groups = slices.DeleteFunc(t.groups, func(r *requests) bool { return r.group.Client != t.client || !r.group.Unrepeated() })
	f := Failover{
		Cell: t.cell, Fault: SilenceKind, On: []string{t.client}, Begin: t.begin, End: t.end, Silence: s,
		Clock: t.clock, Unclocked: t.unclocked, Findings: t.findings, Delays: t.delays, Loads: t.loads, Procs: t.procs, CPUs: in.CPUs, Recorded: t.recorded(),
		Broken: Episode{Zero: s.Dark, Bracket: s.Dark.Sub(s.Cut), Start: s.Cut.Add(-t.roundTrip(s.Cut)), Until: t.until},
	}
	f.Faults = []Steps{{Kind: SilenceKind, On: f.On, Inject: s.Cut, Effective: s.Dark, Verified: s.Dark,
		Heal: s.Lift, Healed: s.Clear, HealedVerified: s.Clear}}
	f.Before = t.before(s.Cut)
	t.watch(&f.Broken, x, "", 0)
	return f
}
