package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// digest is what people are shown of one cell; the formats only lay it out.
type digest struct {
	Cell     string // empty without a matrix
	Explain  string
	Trials   []row
	Total    int // trials, inconclusive ones included
	Good     int // conclusive ones
	Lines    []line
	Stages   []share
	Back     []share // after healing
	Streams  []line  // of long-lived connections
	Moved    string  // about flows that moved without need; empty if none did
	Verdicts []marked
	Unjudged string   // why those aren't judged; empty if they are
	Doubts   []string // about the statistics
}

// marked is an expectation with the mark that people are shown.
type marked struct {
	Judgement
	Mark string
}

// line is one measured time over the cell's conclusive trials.
type line struct {
	Name, Median, Bounds, P95, Max string
}

// row is one trial.
type row struct {
	Number   int
	Status   Status
	Outage   string // with its bounds
	Stages   []string
	Answers  string
	Findings []string
}

// columns are the stages after the fault that a row shows.
var columns = []timeline.StageName{timeline.Detect, timeline.Withdraw, timeline.Receive, timeline.Install, timeline.Restore}

// digests returns one digest for each cell of the run.
func (r *Report) digests() []digest {
	var list []digest
	for i, c := range planned(r.Run, r.Failovers) {
		d := digest{Cell: record.CellName(c.Values), Explain: r.Result.Explain[i]}
		var good []timeline.Failover
		for j, f := range r.Failovers {
			if !maps.Equal(f.Cell, c.Values) {
				continue
			}
			d.Total++
			d.Trials = append(d.Trials, newRow(r.Result.Trials[j]))
			if r.Result.Trials[j].Status != Doubtful {
				good = append(good, f)
			}
		}
		d.Good = len(good)
		d.Stages, d.Back = shares(good, afterFault), shares(good, afterHealing)
		d.fill(r.Result, good)
		list = append(list, d)
	}
	return list
}

// fill adds what the result says about the cell.
func (d *digest) fill(res Result, good []timeline.Failover) {
	d.fillStreams(res.Summary)
	for _, s := range res.Summary {
		if record.CellName(s.Cell) != d.Cell || !slices.Contains([]string{"outage", "switch", "failback_outage", "failback_switch"}, s.Metric) {
			continue
		}
		l := line{s.Metric, words.Milliseconds(float64(s.Median)), "", words.Milliseconds(float64(s.P95)), words.Milliseconds(float64(s.Max))}
		if s.Censored == 0 {
			l.Bounds = bounds(s.Metric, good)
		}
		l.Name = strings.ReplaceAll(l.Name, "_", " ")
		d.Lines = append(d.Lines, l)
		if s.Metric == "outage" {
			d.Doubts = relevant(s.Warnings, res.Verdicts)
		}
	}
	for _, v := range res.Verdicts {
		if record.CellName(v.Cell) == d.Cell {
			d.Verdicts = append(d.Verdicts, marked{v, mark(v, res.Verdict)})
		}
	}
	if res.Verdict == Inconclusive && len(d.Verdicts) > 0 {
		d.Unjudged = unjudged
	}
}

// relevant keeps the doubts about what is shown: the median, p95, and any
// other quantile that an expectation names.
func relevant(warnings []string, verdicts []Judgement) []string {
	return slices.DeleteFunc(slices.Clone(warnings), func(w string) bool {
		stat, _, _ := strings.Cut(w, ":")
		if stat != "p90" && stat != "p99" {
			return false
		}
		return !slices.ContainsFunc(verdicts, func(v Judgement) bool { return strings.HasPrefix(v.Expect, stat+"(") })
	})
}

// bounds returns the bounds of a metric's median: the median of all lower and
// that of all upper bounds, between which the median of the truths must lie.
func bounds(metric string, good []timeline.Failover) string {
	var low, high []float64
	for _, f := range good {
		i := map[string]*timeline.Interval{
			"outage": &f.Broken.Outage, "failback_outage": &f.Mended.Outage,
			"switch": f.Broken.Switch, "failback_switch": f.Mended.Switch,
		}[metric]
		if i != nil {
			low, high = append(low, millis(i.Low)), append(high, millis(i.High))
		}
	}
	return words.Span(stats.Summarise(low, 0).Median, stats.Summarise(high, 0).Median)
}

func newRow(t Trial) row {
	r := row{Number: t.Index + 1, Status: t.Status, Outage: outageText(t.Outage)}
	for _, c := range columns {
		text := "-"
		if v := *t.Stages.of(c); v != nil {
			text = words.Milliseconds(float64(*v)) + doubt(float64(*v), t.Bounds[string(c)])
		}
		r.Stages = append(r.Stages, text)
	}
	r.Answers = answersText(t)
	for _, f := range t.Findings {
		r.Findings = append(r.Findings, fmt.Sprintf("%s: %s", f.Name, f.Detail))
	}
	return r
}

// answersText writes who answered: "a > b > a". A trial that ended early may
// not tell who did before.
func answersText(t Trial) string {
	text := t.AnsweredBy.Before
	for _, n := range []string{t.AnsweredBy.After, t.AnsweredBy.Healed} {
		if t.Fault == "" || n == "" {
			continue
		}
		if text == "" {
			text = "?"
		}
		text += " > " + n
	}
	return text
}

// outageText writes an outage with its bounds: "3.0 ms (2.0 to 4.0 ms)".
func outageText(i Interval) string {
	if i.High == nil {
		return words.NotRestoredWithin(float64(i.Value))
	}
	return fmt.Sprintf("%s (%s)", words.Milliseconds(float64(i.Value)), words.Span(float64(i.Low), float64(*i.High)))
}

// headline is the first line of every form.
func (r *Report) headline() string {
	good, total := 0, len(r.Result.Trials)
	for _, t := range r.Result.Trials {
		if t.Status != Doubtful {
			good++
		}
	}
	want := 0
	for _, c := range planned(r.Run, r.Failovers) {
		want += c.Trials
	}
	text := fmt.Sprintf("%s on %s: %d of %d trials conclusive", r.Result.Run.Scenario, r.Result.Run.Topology, good, want)
	if want > total {
		text += fmt.Sprintf(", %d not made", want-total)
	}
	if o := r.Result.Run.Outcome; o != "completed" && o != "" {
		text += " (run ended early: " + o + ")"
	}
	return text
}
