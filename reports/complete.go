package reports

import (
	"fmt"
	"slices"

	"anylab/lab/record"
	"anylab/reports/words"
)

// complete doubts a run whose record lacks something that every such run leaves:
// what is missing may be what would have spoken against it.
func (r *Report) complete(kinds map[record.Kind]int, experiment func(cell map[string]string) record.Experiment) error {
	missing, err := r.cutShort()
	if err != nil {
		return err
	}
	if missing != "" {
		r.doubt("record-cut-short", missing)
	}
	for _, k := range always {
		n := 0
		for _, f := range r.Failovers {
			n = max(n, k.sources(experiment(f.Cell)))
		}
		if n > 0 && kinds[k.kind] == 0 {
			r.doubt("record-incomplete", fmt.Sprintf("no %s is on record, though there are %s", k.what, words.Count(n, k.of)))
		}
	}
	return nil
}

func (r *Report) doubt(name, detail string) {
	r.Result.Findings = append(r.Result.Findings, Finding{name, Doubt, detail})
	r.Result.Verdict = Inconclusive
}

// cutShort says what of the record lacks its end, though the run came to one.
func (r *Report) cutShort() (string, error) {
	if !r.Run.Sealed || r.Run.Outcome == "" {
		return "", nil
	}
	end, err := record.ReadEnd(r.source)
	if err != nil || end == nil {
		return "the run came to its end, which its events don't reach", err
	}
	if end.Probes == 0 {
		return "", nil
	}
	if end.Probes != len(r.Groups) {
		return fmt.Sprintf("there are %s, %d were written", words.Count(len(r.Groups), "probe record"), end.Probes), nil
	}
	for _, g := range r.Groups {
		if ended, err := record.Ended(r.source, g.Name); err != nil || !ended {
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
		return those(x.Services, func(s record.Service) bool { return s.Health.Kind != "none" && s.Health.Kind != pausing })
	}},
	{record.KindRoute, "kernel route", "router", func(x record.Experiment) int { return len(x.Topology.Of(record.RouterNode)) }},
}

// those counts the elements of a list of which something is true.
func those[T any](list []T, is func(T) bool) int {
	return len(list) - len(slices.DeleteFunc(slices.Clone(list), is))
}
