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
			err = cmp.Or(checkPlace(e, s.Topology), s.checkClient(e.Metric, e.Of, e.Is))
		}
		if err == nil && key == "expect" { // of claims either may be so
			err = contradicted(e, list)
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

// checkClient refuses a metric of somebody who asks nothing.
func (s *Scenario) checkClient(metric, client, is string) error {
	if client == "" || is != "" {
		return nil
	}
	var asking []string
	for _, p := range s.Probes {
		if !slices.Contains(asking, p.From) {
			asking = append(asking, p.From)
		}
	}
	if slices.Contains(asking, client) {
		return nil
	}
	if n, ok := s.Topology.Node(client); ok {
		return fmt.Errorf("%s is measured of clients that a probe is from, and none is from %s (%s); allowed are %s", metric, client, n.Role, strings.Join(asking, ", "))
	}
	return errors.New(document.Unknown("client", client, asking))
}

// ParseExpectation reads "stat(metric) op value" or "metric op value", where the
// metric may be of one client: "metric(client)". Times need a unit, counts have none. "place(of) op node" is about one of Places.
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
	head, inner, opened, err := brackets(subject)
	if _, place := Places[head]; err != nil || place && opened {
		e.Stat, e.Metric = head, inner
		return cmp.Or(err, readPlace(e))
	}
	if _, metric := record.UnitOf(head); opened && !metric {
		if e.Stat = head; e.Stat == "" {
			return fmt.Errorf("the statistic is missing before (; it is written p95(%s), with one of %s, or %s without brackets for every trial", cmp.Or(inner, "outage"), strings.Join(record.Stats, ", "), cmp.Or(inner, "outage"))
		}
		if !slices.Contains(record.Stats, e.Stat) {
			return errors.New(document.Unknown("statistic", e.Stat, slices.Concat(record.Stats, placeNames())))
		}
		subject = inner
	}
	if subject == "" {
		return fmt.Errorf("the metric is missing before %q", e.Op)
	}
	e.Metric, e.Of, e.Unit, err = readMetric(subject, "metric", record.MetricNames())
	return err
}

// readMetric reads "metric" or "metric(client)", with one of those that are allowed.
func readMetric(subject, what string, allowed []string) (metric, client string, unit record.Unit, err error) {
	metric, client, opened, err := brackets(subject)
	switch {
	case err != nil:
	case !slices.Contains(allowed, metric):
		err = errors.New(document.Unknown(what, metric, allowed))
	case opened && client == "":
		err = fmt.Errorf("the client is missing in %q; it is written %s(london), or %s without brackets", subject, metric, metric)
	}
	unit, _ = record.UnitOf(metric)
	return metric, client, unit, err
}

// brackets parts "head(inner)".
func brackets(subject string) (head, inner string, opened bool, err error) {
	head, rest, opened := strings.Cut(subject, "(")
	inner, closed := strings.CutSuffix(rest, ")")
	if opened && !closed {
		err = fmt.Errorf("%q has no closing bracket", subject)
	}
	return strings.TrimSpace(head), strings.TrimSpace(inner), opened, err
}

func readValue(e *Expectation, value string) error {
	if value == "" {
		return fmt.Errorf("the value is missing after %q", e.Op)
	}
	if _, ok := Places[e.Metric]; ok {
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
	if e.Unit == record.Share {
		var p document.Percent
		if err := p.UnmarshalText([]byte(value)); err != nil {
			return fmt.Errorf("%s is a share: %w", e.Metric, err)
		}
		e.Value = float64(p)
		return nil
	}
	d, err := document.ParseDuration(value)
	if err != nil {
		return fmt.Errorf("%s is a time: %w", e.Metric, err)
	}
	e.Value = float64(d) / float64(time.Millisecond)
	return nil
}
