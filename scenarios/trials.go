package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// Precision says when a cell has enough trials.
type Precision = record.Precision

// leastForInterval is how many trials it takes for the smallest and the
// largest value to have the median between them with 95 % confidence:
// 1 - 2/2^6 is 96.9 %.
const leastForInterval = 6

// maxTrials is more than anybody can wait for: a trial takes seconds.
const maxTrials = 1_000_000

// trialsFile is a number of trials, or the rule that says when to stop.
type trialsFile struct {
	Min   int          `yaml:"min" default:"10" min:"1" max:"1000000" doc:"trials that are made in any case"`
	Max   int          `yaml:"max,required" min:"1" max:"1000000" doc:"and no more than these"`
	Until string       `yaml:"until,required" doc:"ci95(median(metric)) < 5%, or a time: how far the interval's ends may be from the median"`
	At    document.Raw `yaml:",self"`
}

// UnmarshalText reads a fixed number.
func (t *trialsFile) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a whole number; trials are a number or {min: 10, max: 100, until: ci95(median(outage)) < 5%%}", text)
	}
	if n < 1 || n > maxTrials {
		return fmt.Errorf("trials is %d; it must be 1 to %d", n, maxTrials)
	}
	*t = trialsFile{Min: n, Max: n}
	return nil
}

// trialsSchema is that of a number or a rule.
func trialsSchema() map[string]any {
	return map[string]any{"default": 10, "anyOf": []any{
		map[string]any{"type": "integer", "minimum": 1, "maximum": maxTrials}, document.SchemaOf(trialsFile{}),
	}}
}

func addTrials(s *Scenario, f scenarioFile) error {
	t := f.Trials
	s.Trials = t.Max
	if t.Until == "" {
		return nil
	}
	if t.Max < t.Min {
		return t.At.Errorf("max", "at most %d trials are fewer than the least, %d", t.Max, t.Min)
	}
	if t.Min < leastForInterval {
		return t.At.Errorf("min", "%d trials have no interval; a 95 %% confidence interval of the median needs at least %d", t.Min, leastForInterval)
	}
	p, err := ParsePrecision(t.Until)
	if err == nil {
		metric, client := record.ClientOf(p.Metric)
		err = s.checkClient(metric, client, "")
	}
	if err != nil {
		return t.At.Errorf("until", "%v", err)
	}
	p.Min = t.Min
	s.Until = &p
	return nil
}

// WithTrials returns the scenario with n trials in every cell, also in cells that
// ask for a number or a rule of their own.
func (s Scenario) WithTrials(n int) (Scenario, error) {
	if n < 1 || n > maxTrials {
		return Scenario{}, fmt.Errorf("--trials is %d; it must be 1 to %d", n, maxTrials)
	}
	set := []string{fmt.Sprintf("trials=%d", n)}
	switch matrix := s.Source.Root().Value("matrix"); {
	case matrix.IsList():
		for i, cell := range matrix.Items() {
			if cell.Has("trials") {
				set = append(set, fmt.Sprintf("matrix.%d.trials=%d", i, n))
			}
		}
	case matrix.Has("trials"):
		set = append(set, fmt.Sprintf("matrix.trials=[%d]", n))
	}
	d := s.Source.Without("") // a copy
	if err := override(d, set); err != nil {
		return Scenario{}, err
	}
	return check(d)
}

// ParsePrecision reads "ci95(median(outage)) < 5%" or "... < 2ms".
func ParsePrecision(text string) (Precision, error) {
	p := Precision{Text: text}
	subject, value, ok := strings.Cut(text, "<")
	metric, opened := strings.CutPrefix(strings.ReplaceAll(subject, " ", ""), "ci95(median(")
	metric, closed := strings.CutSuffix(metric, "))")
	if !ok || !opened || !closed {
		return p, fmt.Errorf("%q is not a rule to stop by; it is written ci95(median(outage)) < 5%%", text)
	}
	name, client, _, err := readMetric(metric, "time", record.MetricNames(record.Milliseconds))
	if err != nil {
		return p, err
	}
	p.Metric = record.OfClient(name, client)
	return p, readWidth(&p, strings.TrimSpace(value))
}

func readWidth(p *Precision, value string) error {
	if strings.HasSuffix(value, "%") {
		var share document.Percent
		if err := share.UnmarshalText([]byte(value)); err != nil {
			return err
		}
		p.Share = float64(share)
	} else {
		d, err := document.ParseDuration(value)
		if err != nil {
			return fmt.Errorf("after < stands a share or a time: %w", err)
		}
		p.Width = float64(d) / float64(time.Millisecond)
	}
	if p.Share == 0 && p.Width == 0 {
		return fmt.Errorf("no number of trials makes an interval narrower than %s", value)
	}
	return nil
}
