package reports

import (
	"io"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"anylab/lab/record"
	"anylab/reports/live"
	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/reports/words"
)

// Collector gives a run's numbers to Prometheus.
type Collector struct {
	Scenario string
	Meter    *live.Meter
	Result   Result
}

// Describe says nothing: which series there are depends on the run.
func (Collector) Describe(chan<- *prometheus.Desc) {}

// Collect gives all that is known now.
func (c Collector) Collect(out chan<- prometheus.Metric) {
	s := exposition{out, prometheus.Labels{"scenario": page.Line(c.Scenario)}}
	s.counts(c.Meter)
	s.network(c.Meter)
	s.trials(c.Result)
}

// Describe says nothing: which series there are depends on the faults.
func (s *Soak) Describe(chan<- *prometheus.Desc) {}

// Collect gives Prometheus what a soak has come to so far.
func (s *Soak) Collect(out chan<- prometheus.Metric) {
	e := exposition{out, prometheus.Labels{"scenario": page.Line(s.Run.Scenario)}}
	made := e.desc("soak_faults_total", "Faults that were made, by their kind.", "fault")
	violated := e.desc("soak_violated_total", "Faults after which something did not hold that must.", "fault")
	longest := e.desc("soak_longest_interruption_seconds", "The longest interruption of any client.", "fault")
	for _, f := range s.Faults {
		e.give(made, prometheus.CounterValue, float64(f.Trials), f.Fault)
		e.give(violated, prometheus.CounterValue, float64(f.Violated), f.Fault)
		if f.Longest != nil {
			e.give(longest, prometheus.GaugeValue, float64(*f.Longest)/1000, f.Fault)
		}
	}
	e.give(e.desc("soak_unclear_total", "Faults of which that is not clear: the machine was too busy."), prometheus.CounterValue, float64(s.Unclear))
}

// exposition gives samples of one scenario.
type exposition struct {
	out    chan<- prometheus.Metric
	common prometheus.Labels
}

func (s exposition) desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("anylab_"+name, help, labels, s.common)
}

// give gives a sample. Names in a record may hold anything, and a label has text only.
func (s exposition) give(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
	s.out <- prometheus.MustNewConstMetric(d, kind, value, visible(labels)...)
}

func (s exposition) counts(m *live.Meter) {
	answers := s.desc("answers_total", "Answers that a client was given, by the site that gave them.", "client", "service", "site")
	for a, n := range m.Answers {
		s.give(answers, prometheus.CounterValue, float64(n), a.Client, a.Service, a.Site)
	}
	lost := s.desc("lost_total", "Requests of a client that were not answered in time.", "client", "service")
	for asked, n := range m.Lost {
		s.give(lost, prometheus.CounterValue, float64(n), asked.Client, asked.Service)
	}
}

func (s exposition) network(m *live.Meter) {
	for _, kind := range []struct {
		name, help string
		up         map[live.Session]bool
	}{
		{"bgp_session_up", "Whether the BGP session of two nodes is up, as its messages say.", m.Sessions},
		{"bfd_session_up", "Whether the BFD session of two nodes is up, as the last packet said.", m.BFD},
	} {
		d := s.desc(kind.name, kind.help, "link", "a", "b", "family")
		for session, up := range kind.up {
			value := 0.0
			if up {
				value = 1
			}
			s.give(d, prometheus.GaugeValue, value, session.Link, session.A, session.B, string(session.Family))
		}
	}
	hops := s.desc("route_hops", "Next hops of a node's kernel route to a prefix; 0: there is no route.", "node", "prefix")
	changes := s.desc("route_changes_total", "Changes of a node's kernel route to a prefix.", "node", "prefix")
	for r, list := range m.Hops {
		s.give(hops, prometheus.GaugeValue, float64(len(list)), r.Node, r.Prefix.String())
		s.give(changes, prometheus.CounterValue, float64(m.Changes[r]), r.Node, r.Prefix.String())
	}
}

// trials gives those that have ended, by cell. What was not restored counts with the
// time that was waited, and is +Inf among the quantiles.
func (s exposition) trials(res Result) {
	ended := s.desc("trials_total", "Trials that have ended, by what they came to.", "cell", "status")
	outage := s.desc("outage_seconds", "How long the users who suffered most were cut off, over the conclusive trials.", "cell")
	stage := s.desc("stage_seconds", "When a stage of the failover was reached, since the fault took effect, over the conclusive trials.", "cell", "stage")
	type key struct{ cell, name string }
	status, outages, stages := map[key]int{}, map[string]times{}, map[key]times{}
	for _, t := range res.Trials {
		cell := record.CellName(t.Cell)
		status[key{cell, string(t.Status)}]++
		if !t.Status.judged() {
			continue
		}
		outages[cell] = outages[cell].with(t.Outage.Value, t.Outage.Open)
		for _, name := range slices.Concat(words.Stages, words.Watched) {
			if at := *t.Stages.of(name); at != nil {
				stages[key{cell, string(name)}] = stages[key{cell, string(name)}].with(*at, false)
			}
		}
	}
	for k, n := range status {
		s.give(ended, prometheus.CounterValue, float64(n), k.cell, k.name)
	}
	for cell, list := range outages {
		s.out <- list.summary(outage, cell)
	}
	for k, list := range stages {
		s.out <- list.summary(stage, k.cell, k.name)
	}
}

// times are in seconds. Of those that are open it is known how long was waited.
type times struct {
	values []float64
	open   int
	sum    float64
}

func (d times) with(ms Number, open bool) times {
	seconds := float64(ms) / 1000
	if d.sum += seconds; open {
		d.open++
		return d
	}
	d.values = append(d.values, seconds)
	return d
}

func (d times) summary(desc *prometheus.Desc, labels ...string) prometheus.Metric {
	s := stats.Summarise(d.values, d.open)
	return prometheus.MustNewConstSummary(desc, uint64(s.N), d.sum, map[float64]float64{0: s.Min, 0.5: s.Median, 0.95: s.P95, 1: s.Max}, visible(labels)...)
}

// Prometheus writes the numbers of a run as a textfile for node_exporter.
func Prometheus(w io.Writer, r *Report) error {
	m := live.NewMeter()
	for _, p := range r.sources {
		if p.meter != nil { // else it left nothing
			m.Add(p.meter)
		}
	}
	return Expose(w, Collector{r.Run.Named(), m, r.Result})
}

// Expose writes what a collector gives in Prometheus' text format.
func Expose(w io.Writer, c prometheus.Collector) error {
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		return err
	}
	families, err := registry.Gather()
	if err != nil {
		return err
	}
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(w, f); err != nil {
			return err
		}
	}
	return nil
}

func visible(labels []string) (list []string) {
	for _, l := range labels {
		list = append(list, page.Line(l))
	}
	return list
}
