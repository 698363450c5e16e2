package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// shareOfSite is the metric that is of a site.
const shareOfSite = "served"

func addInternetExpectations(s *Internet, f internetFile) error {
	for i, text := range f.Expect {
		e, err := s.expectation(text)
		if err == nil {
			err = contradicted(e, s.Expect)
		}
		if err != nil {
			return element(f.At, "expect", i).Errorf("", "%v", err)
		}
		s.Expect = append(s.Expect, e)
	}
	return nil
}

// expectation reads "stat(metric) op value" or "metric op value".
func (s *Internet) expectation(text string) (Expectation, error) {
	e := Expectation{Text: text}
	at, op := cutOp(text)
	if op == "" {
		return e, fmt.Errorf("the expectation %q has no comparison; it is written p99(interruption) < 5s, with one of %s", text, strings.Join(Ops, " "))
	}
	e.Op = op
	subject := strings.TrimSpace(text[:at])
	head, inner, opened, err := brackets(subject)
	if err != nil {
		return e, err
	}
	if _, metric := record.InternetUnit(head); opened && !metric {
		if e.Stat = head; !slices.Contains(record.Stats, head) {
			return e, errors.New(document.Unknown("statistic", head, record.Stats))
		}
		if head, inner, opened, err = brackets(inner); err != nil {
			return e, err
		}
	}
	e.Metric, e.Of = head, inner
	if err := s.checkMetric(&e, opened); err != nil {
		return e, err
	}
	if err := readValue(&e, strings.TrimSpace(text[at+len(op):])); err != nil {
		return e, err
	}
	return e, nil
}

func (s *Internet) checkMetric(e *Expectation, opened bool) error {
	unit, ok := record.InternetUnit(e.Metric)
	if e.Unit = unit; !ok {
		var names []string
		for _, m := range record.InternetMetrics {
			names = append(names, m.Name)
		}
		return errors.New(document.Unknown("metric", e.Metric, names))
	}
	switch site := e.Metric == shareOfSite; {
	case site && !slices.Contains(s.siteNames(), e.Of):
		return fmt.Errorf("%s is of a site, %s(%s); the sites are %s", e.Metric, e.Metric, s.siteNames()[0], document.Some(s.siteNames()))
	case !site && opened:
		return fmt.Errorf("%s is of all, and of no %q", e.Metric, e.Of)
	case e.Metric == "alone" && !s.Unicast:
		return errors.New("alone is where the site is the only one, which is simulated with unicast: true")
	case e.Stat == "mean" && unit == record.Milliseconds:
		return fmt.Errorf("there is no mean of %s: its distribution is kept by hundredths", e.Metric)
	}
	return nil
}

func (s *Internet) siteNames() (names []string) {
	for _, site := range s.Sites {
		names = append(names, site.Name)
	}
	return names
}
