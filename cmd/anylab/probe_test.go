package main

import (
	"strings"
	"testing"
)

// What would never end, or ask nothing, is refused before a lab is looked for.
func TestSpansAndRatesAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"probe london --for 0s":      "--for 0s: want a time longer than none, such as 10s",
		"probe london --for -1s":     "--for -1s: want a time longer than none",
		"watch --for 0s":             "--for 0s: want a time longer than none, such as 10s",
		"probe london --rate 0":      "--rate: 0 requests a second can't be asked: it must be 0.01 to 200000",
		"probe london --rate NaN":    "--rate: NaN requests a second can't be asked",
		"probe london --rate Inf":    "--rate: +Inf requests a second can't be asked",
		"probe london --rate -5":     "--rate: -5 requests a second can't be asked",
		"probe london --rate 200001": "--rate: 200001 requests a second can't be asked",
	} {
		var out, errs strings.Builder
		code := execute(strings.Fields(args), strings.NewReader(""), &out, &errs)
		if code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: exit code %d, %q; want %q", args, code, errs.String(), want)
		}
	}
}
