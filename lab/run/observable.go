package run

import (
	"fmt"
	"slices"
	"strings"

	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/scenarios"
)

// observable refuses an expectation or a claim about what nothing in the scenario
// observes, and so could never hold.
func observable(s scenarios.Scenario) error {
	for i, e := range slices.Concat(s.Expect, s.Claims) {
		at := fmt.Sprintf("expect.%d", i)
		if i >= len(s.Expect) {
			at = fmt.Sprintf("claim.%d", i-len(s.Expect))
		}
		if err := unobserved(s, e.Text, e.Subject()); err != nil {
			return s.Source.Root().Errorf(at, "%v", err)
		}
	}
	if s.Until == nil {
		return nil
	}
	if err := unobserved(s, s.Until.Text, s.Until.Metric); err != nil {
		return s.Source.Root().Errorf("trials.until", "%v", err)
	}
	return nil
}

// unobserved says what a metric needs that the scenario lacks.
func unobserved(s scenarios.Scenario, text, subject string) error {
	metric, client := record.ClientOf(subject)
	if slices.Contains([]string{"seen", "alerted"}, metric) && s.Monitoring == nil {
		return fmt.Errorf("%q can't be observed: %s is what a Prometheus in the lab sees, which needs monitoring: {scrape: 1s}", text, metric)
	}
	if metric != "app_wait" && !strings.HasPrefix(metric, "tcp_") {
		return nil
	}
	if slices.ContainsFunc(s.Probes, func(p scenarios.Probe) bool {
		return (client == "" || p.From == client) && slices.Contains(streamKinds(), p.Kind)
	}) {
		return nil
	}
	from := ""
	if client != "" {
		from = " from " + client
	}
	return fmt.Errorf("%q can't be observed: %s is of long-lived connections, which needs a probe%s of kind %s", text, metric, from, strings.Join(streamKinds(), " or "))
}

// streamKinds are the kinds of probes whose flows are long-lived connections.
func streamKinds() []string {
	return slices.DeleteFunc(probe.Kinds(), func(kind string) bool {
		about, _ := probe.About(kind)
		return about.Transport != record.LongConnection
	})
}

// Requirement reads what every trial of a validation is to meet.
func Requirement(s scenarios.Scenario, text string) (record.Expectation, error) {
	e, err := s.Requirement(text)
	if err != nil {
		return e, err
	}
	return e, unobserved(s, e.Text, e.Subject())
}
