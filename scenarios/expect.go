package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// Ops are the comparisons. Longer ones come first, for the parser.
var Ops = []string{"<=", ">=", "==", "!=", "<", ">"}

func addExpectations(s *Scenario, f scenarioFile) (err error) {
	s.Expect, err = expectations(s, f.At, "expect", f.Expect)
	return err
}

func addClaims(s *Scenario, f scenarioFile) (err error) {
	s.Claims, err = expectations(s, f.At, "claim", f.Claim)
	return err
}

func expectations(s *Scenario, at document.Raw, key string, texts []string) ([]Expectation, error) {
	var list []Expectation
	for i, text := range texts {
		e, err := ParseExpectation(text)
		if err == nil {
			err = checkPlace(e, s.Topology)
		}
		if err != nil {
			err = element(at, key, i).Errorf("", "%v", err)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// ParseExpectation reads "stat(metric) op value" or "metric op value". Times
// need a unit, counts have none. "place(of) op node" is about one of Places.
func ParseExpectation(text string) (Expectation, error) {
	e := Expectation{Text: text}
	if strings.TrimSpace(text) == unaffected {
		e.Metric, e.Op, e.Unit = "affected", "==", record.Count
		return e, nil
	}
	at, op := cutOp(text)
	if op == "" {
		return e, fmt.Errorf("the expectation %q has no comparison; it is written p95(outage) < 1s, with one of %s", text, strings.Join(Ops, " "))
	}
	e.Op = op
	if err := readSubject(&e, strings.TrimSpace(text[:at])); err != nil {
		return e, err
	}
	return e, readValue(&e, strings.TrimSpace(text[at+len(op):]))
}

// unaffected is short for affected == 0: the fault is meant to touch nobody.
const unaffected = "unaffected"

// cutOp finds the first comparison.
func cutOp(text string) (at int, op string) {
	for i := range text {
		for _, op := range Ops {
			if strings.HasPrefix(text[i:], op) {
				return i, op
			}
		}
	}
	return 0, ""
}

func readSubject(e *Expectation, subject string) error {
	e.Metric = subject
	if stat, rest, ok := strings.Cut(subject, "("); ok {
		metric, closed := strings.CutSuffix(rest, ")")
		if !closed {
			return fmt.Errorf("%q has no closing bracket", subject)
		}
		e.Stat, e.Metric = strings.TrimSpace(stat), strings.TrimSpace(metric)
		if _, ok := Places[e.Stat]; ok {
			return readPlace(e)
		}
		if e.Stat == "" {
			return fmt.Errorf("the statistic is missing before (; it is written p95(%s), with one of %s, or %s without brackets for every trial", cmp.Or(e.Metric, "outage"), strings.Join(record.Stats, ", "), cmp.Or(e.Metric, "outage"))
		}
		if !slices.Contains(record.Stats, e.Stat) {
			return errors.New(document.Unknown("statistic", e.Stat, slices.Concat(record.Stats, placeNames())))
		}
	}
	if e.Metric == "" {
		return fmt.Errorf("the metric is missing before %q", e.Op)
	}
	unit, ok := record.UnitOf(e.Metric)
	if !ok {
		return errors.New(document.Unknown("metric", e.Metric, record.MetricNames()))
	}
	e.Unit = unit
	return nil
}

func readValue(e *Expectation, value string) error {
	if value == "" {
		return fmt.Errorf("the value is missing after %q", e.Op)
	}
	if e.Of != "" {
		e.Is = value
		return nil
	}
	if e.Unit == record.Count {
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || !(v >= 0 && v < 1e15) {
			return fmt.Errorf("%s is a count and is compared with a plain number, not with %q", e.Metric, value)
		}
		e.Value = v
		return nil
	}
	d, err := document.ParseDuration(value)
	if err != nil {
		return fmt.Errorf("%s is a time: %w", e.Metric, err)
	}
	e.Value = float64(d) / float64(time.Millisecond)
	return nil
}
