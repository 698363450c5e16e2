package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"anylab/topologies"
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
	_, err := Parse("trial.yaml", []byte(strings.Replace(whole, r.old, r.with, 1)))
	var e *topologies.Error
	if !errors.As(err, &e) {
		t.Errorf("%s: got %v, want an error with a place", r.with, err)
		return
	}
	if got := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Msg); !strings.Contains(got, r.want) {
		t.Errorf("%s:\n got %s\nwant %s", r.with, got, r.want)
	}
}

const (
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
