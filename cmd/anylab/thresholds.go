package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/topologies/document"
)

// thresholds reads what is no regression: "5%", then "10ms" for all metrics or
// "installation=1ms" for one.
func (f *compareFlags) thresholds() (reports.Thresholds, error) {
	t := reports.DefaultThresholds()
	var share document.Percent
	if err := share.UnmarshalText([]byte(f.relative)); err != nil {
		return t, fmt.Errorf("--threshold: %w", err)
	}
	t.Relative = float64(share)
	for _, text := range f.absolute {
		metric, d, err := absolute(text)
		if err != nil {
			return t, fmt.Errorf("--threshold-abs: %w", err)
		}
		if metric == "" {
			t.MS = map[string]float64{}
		}
		t.MS[metric] = float64(d) / float64(time.Millisecond)
	}
	for _, metric := range f.metrics {
		if err := knownTime(metric); err != nil {
			return t, fmt.Errorf("--metric: %w", err)
		}
	}
	t.Only = f.metrics
	return t, nil
}

// absolute reads a time and the metric that it is for, empty for all.
func absolute(text string) (metric string, d time.Duration, err error) {
	metric, value, named := strings.Cut(text, "=")
	if !named {
		metric, value = "", text
	} else if err := knownTime(metric); err != nil {
		return "", 0, err
	}
	d, err = document.ParseDuration(value)
	return metric, d, err
}

// knownTime refuses what is no metric, and counts: of those it isn't known
// whether more is worse.
func knownTime(metric string) error {
	times := record.MetricNames(record.Milliseconds)
	if base, _ := record.ClientOf(metric); slices.Contains(times, base) {
		return nil
	}
	if _, ok := record.UnitOf(metric); ok {
		return fmt.Errorf("%s is a count; times are compared: %s", metric, strings.Join(times, ", "))
	}
	return errors.New(document.Unknown("metric", metric, times))
}
