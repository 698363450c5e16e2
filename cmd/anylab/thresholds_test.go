package main

import (
	"strings"
	"testing"
)

func TestThresholds(t *testing.T) {
	f := compareFlags{relative: "7%", absolute: []string{"2ms", "installation=20ms"}, metrics: []string{"outage"}}
	got, err := f.thresholds()
	if err != nil || got.Relative != 0.07 || len(got.MS) != 2 || got.MS[""] != 2 || got.MS["installation"] != 20 || len(got.Only) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	f = compareFlags{relative: "5%"}
	if got, err := f.thresholds(); err != nil || got.MS[""] != 10 || got.MS["detection"] != 3 || got.Only != nil {
		t.Errorf("unless told otherwise: %+v, %v", got, err)
	}
}

func TestThresholdsAreRefused(t *testing.T) {
	for want, f := range map[string]compareFlags{
		"--threshold: ":                {relative: "5"},
		"--threshold-abs: ":            {relative: "5%", absolute: []string{"5"}},
		"lost is a count":              {relative: "5%", absolute: []string{"lost=1ms"}},
		`did you mean "outage"`:        {relative: "5%", absolute: []string{"outtage=1ms"}},
		"--metric: gaps is a count":    {relative: "5%", metrics: []string{"gaps"}},
		`--metric: unknown metric "x"`: {relative: "5%", metrics: []string{"x"}},
	} {
		if _, err := f.thresholds(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
