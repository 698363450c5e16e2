package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"anylab/topologies/document"
)

// refused is a part of a scenario, what stands there instead, and the place of
// the error with a part of its text.
type refused struct{ old, with, want string }

// whole is a scenario with one of everything, in lines of their own.
const whole = small + `faults:
  - {kind: service-crash, on: a}
trials: 6
matrix: [{label: one}]
`

func (r refused) test(t *testing.T) {
	t.Helper()
	if !strings.Contains(whole, r.old) {
		t.Fatalf("%q is no part of the scenario", r.old)
	}
	text := strings.Replace(whole, r.old, r.with, 1)
	completed(t, text) // but not in a record
	_, err := Parse("trial.yaml", []byte(text))
	var e *document.Error
	if !errors.As(err, &e) {
		t.Errorf("%s: got %v, want an error with a place", r.with, err)
		return
	}
	if got := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Msg); !strings.Contains(got, r.want) {
		t.Errorf("%s:\n got %s\nwant %s", r.with, got, r.want)
	}
}

func TestTimesAreRefused(t *testing.T) {
	for _, r := range []refused{
		{trials, "sustain: 10s\nlimit: 2s", "20:10: sustain is 10 s and limit 2 s; service can't be sustained"},
		{trials, "limit: 500ms", "20:8: sustain is 1 s and limit 500 ms"},
		{trials, "limit: 9223372036854775807ns", "20:8: limit is 9223372036854775807ns; it must be at most 24h"},
		{trials, "sustain: 25h", "20:10: sustain is 25h; it must be at most 24h"},
		{trials, "trials: 2000000000", "20:9: trials is 2000000000; it must be 1 to 1000000"},
		{trials, "trials: {max: 1000001, until: ci95(median(outage)) < 5%}", "20:15: max is 1000001; it must be at most 1000000"},
		{onA, "on: a, for: 25h", "19:39: for is 25h; it must be at most 24h"},
		{onA, "on: a, after: 25h", "19:41: after is 25h; it must be at most 24h"},
		{probe, "service: dns, timeout: 61m", "17:41: timeout is 61m; it must be at most 1h"},
		{serviceIs, "{name: dns, kind: dns, health: {interval: 25h}}", "15:47: interval is 25h; it must be at most 24h"},
		{serviceIs, "{name: dns, kind: dns, health: {timeout: 25h}}", "15:46: timeout is 25h; it must be at most 24h"},
		{serviceIs, "{name: dns, kind: dns, health: {fall: 999999999}}", "15:43: fall is 999999999: so many checks, one every 1 s, take longer than 24h, which no trial does; it must be at most 86400"},
		{serviceIs, "{name: dns, kind: dns, health: {interval: 100ms, rise: 864001}}", "15:60: rise is 864001: so many checks, one every 100 ms, take longer than 24h, which no trial does; it must be at most 864000"},
		{serviceIs, "{name: dns, kind: dns, health: {interval: 13h}}", "15:47: fall is 3: so many checks, one every 13 h, take longer than 24h"},
	} {
		r.test(t)
	}
}

func TestProbesAreRefused(t *testing.T) {
	for _, r := range []refused{
		{probe, "service: dns, flows: 4097", "17:39: flows is 4097; it must be at most 4096"},
		{probe, "service: dns, rate: 200001/s", "17:38: rate is 200001/s; it must be at most 200000/s"},
		{probe, "service: dns, rate: 0.001/s", "17:38: each of the 16 flows asks only once in 16000 s"},
		{probe, "service: dns, rate: 100/s, flows: 501", "each of the 501 flows asks only once in 5.01 s"},
	} {
		r.test(t)
	}
	parse(t, strings.Replace(whole, probe, "service: dns, rate: 100/s, flows: 500", 1))
}

func TestOffsetsAreRefused(t *testing.T) {
	const crash = "- {kind: service-crash, on: a}"
	for _, r := range []refused{
		{crash, "- {kind: service-crash, on: a, after: 10s}", "19:41: after is the offset from the trial's first fault"},
		{crash, crash[:len(crash)-1] + ", after: 2s}\n  - {kind: service-crash, on: b, after: 1s}", "20:41: after is the offset"},
	} {
		r.test(t)
	}
	parse(t, strings.Replace(whole, crash, "- {kind: service-crash, on: b, after: 1s}\n  "+crash, 1))
}

func TestExpressionsAreRefused(t *testing.T) {
	for _, r := range []refused{
		{trials, "expect: [outage < 99999999999h]", "20:10: outage is a time: the duration 99999999999h is too long"},
		{trials, "expect: [(outage) < 1s]", "20:10: the statistic is missing before (; it is written p95(outage)"},
		{"matrix: [{label: one}]", "matrix: {}", "21:9: the matrix has no key"},
	} {
		r.test(t)
	}
}

const (
	trials       = "trials: 6"
	onA          = "on: a"
	probe        = "service: dns"
	scenarioName = "name: trial"
	serviceIs    = "{name: dns, kind: dns}"
	label        = "label: one"
)

func TestNamesAreRefused(t *testing.T) {
	long := strings.Repeat("x", 101)
	for _, r := range []refused{
		{serviceIs, `{name: "../../../../PWNED", kind: dns}`, "15:12: the service name"},
		{serviceIs, `{name: "a\nb", kind: dns}`, "15:12: the service name"},
		{serviceIs, "{name: " + strings.Repeat("x", 33) + ", kind: dns}", "at most 32"},
		{scenarioName, "name: " + long, "1:7: the name has 101 bytes; it may have 100"},
		{scenarioName, `name: "a\n::error::b"`, "1:7: the name \"a\\n::error::b\" has a character that can't be printed"},
		{scenarioName, `name: "a` + "\u202e" + `b"`, "can't be printed"},
		{scenarioName, `name: "  "`, "1:7: the name \"  \" is blank"},
		{"name: lab", `name: "a\tb"`, "3:9: the name"},
		{label, `label: "a\nb"`, "21:18: the name"},
		{label, `label: " "`, "21:18: the name \" \" is blank"},
		{label, "label: " + long, "21:18: the name has 101 bytes"},
	} {
		r.test(t)
	}
	parse(t, strings.Replace(whole, label, `label: "hold 180 s, 5.7 % für a/b"`, 1))
}
