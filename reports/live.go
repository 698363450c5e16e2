package reports

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"anylab/lab/record"
	"anylab/reports/live"
	"anylab/reports/timeline"
)

// Live is a run as far as it has been recorded: it is read and judged while it goes
// on, one trial after the other, by the code that judges it in the end.
type Live struct {
	Meter   *live.Meter
	Result  Result // of the trials that have ended
	Current *Trial // the one that goes on, as far as it has been seen; nil: none does
	Said    []Said // the last events, in words
	Phase   string // what was last done to the network in it: "effective", "healed"

	report   *Report
	events   []record.Event
	groups   map[string]record.ProbeGroup
	spans    map[string][]record.Span // of the trial that goes on
	begun    record.Time              // that trial; 0: none
	ended    record.Time              // the last one that was judged
	awaiting []record.Time            // ends of trials that are still to be judged
}

// Said is an event in words.
type Said struct {
	At   record.Time
	Text string
}

// FollowLive returns what takes in the record of a run directory.
func FollowLive(dir string) (*Live, error) {
	run, err := record.ReadRun(dir)
	if err != nil {
		return nil, err
	}
	return &Live{Meter: live.NewMeter(), report: &Report{Dir: dir, Run: run},
		groups: map[string]record.ProbeGroup{}, spans: map[string][]record.Span{}}, nil
}

// Event takes an event.
func (l *Live) Event(e record.Event) {
	l.events = append(l.events, e)
	l.Meter.Event(e)
	switch d := e.Data.(type) {
	case record.Trial:
		if l.begun = e.At; d.Phase == record.TrialEnd {
			l.begun, l.Current, l.Phase = 0, nil, ""
			l.awaiting = append(l.awaiting, e.At)
		}
	case record.Fault:
		l.Phase = string(d.Phase)
	}
	if text := timeline.Say(e); text != "" {
		l.Said = append(l.Said[max(0, len(l.Said)-saidKept):], Said{e.At, text})
	}
}

// saidKept is how many events are kept in words.
const saidKept = 50

// Span takes the fate of requests that fared alike.
func (l *Live) Span(g record.ProbeGroup, s record.Span) {
	l.groups[g.Name] = g
	l.Meter.Span(g, s)
	l.spans[g.Name] = append(l.spans[g.Name], s)
}

// Judge judges what has ended, once the fates of its requests are known, and reads
// what goes on.
func (l *Live) Judge(now record.Time) error {
	due := len(l.awaiting) > 0 && now.Sub(l.awaiting[0]) > l.decided()
	if !due && l.Phase == "" {
		return nil
	}
	r := l.report
	r.Groups = nil
	for _, g := range l.groups {
		r.Groups = append(r.Groups, g)
	}
	slices.SortFunc(r.Groups, func(a, b record.ProbeGroup) int { return strings.Compare(a.Name, b.Name) })
	known := divide(r.Run, nil)
	history, err := timeline.Read(timeline.Input{CPUs: r.Run.CPUs, Events: all(l.events), Groups: r.Groups, After: l.ended,
		Spans:      func(group string) iter.Seq2[record.Span, error] { return all(l.spans[group]) },
		Experiment: func(cell map[string]string) record.Experiment { return known.of(cell).x }})
	if err != nil || len(history.Trials) == 0 {
		return err
	}
	f := history.Trials[0]
	c := known.of(f.Cell)
	f.Doubts = weigh(&f, c.x, c.Theory)
	if !due {
		t := newTrial(&f, c.Theory, nil)
		t.Takeover = c.Takeover
		l.Current = &t
		return nil
	}
	l.awaiting = l.awaiting[1:]
	l.conclude(f)
	return nil
}

// conclude adds a trial to those that have ended.
func (l *Live) conclude(f timeline.Failover) {
	l.ended = f.End
	for name, list := range l.spans {
		for i := range list {
			_, list[i] = list[i].Cut(l.groups[name], l.ended)
		}
		l.spans[name] = slices.DeleteFunc(list, func(s record.Span) bool { return s.Count == 0 })
	}
	r := l.report
	r.Failovers = append(r.Failovers, f)
	l.Result = judge(r.Run, r.Failovers)
}

// decided is how long after a trial the fates of its requests are known, and what
// watches the machine has reported.
func (l *Live) decided() time.Duration {
	longest := time.Duration(0)
	for _, g := range l.groups {
		longest = max(longest, g.Timeout)
	}
	return longest + time.Second
}

// all goes through a list as through a file that can't fail.
func all[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Collect gives Prometheus what is known so far.
func (l *Live) Collect(out chan<- prometheus.Metric) {
	Collector{l.report.Run.Named(), l.Meter, l.Result}.Collect(out)
}

// Planned is what was to be done.
func (l *Live) Planned() record.Run { return l.report.Run }
