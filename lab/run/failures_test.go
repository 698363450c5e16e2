package run

import (
	"slices"
	"strings"
	"testing"

	"anylab/scenarios"
)

// failuresOn lists those of a shipped topology with a service that london asks.
func failuresOn(t *testing.T, topology string, set ...string) ([]Failure, scenarios.Scenario) {
	t.Helper()
	text := "name: x\ntopology: " + topology + "\nservices: [{name: dns, kind: dns, health: {interval: 100ms}}]\nprobes: [{from: london, service: dns}]\n"
	s, err := scenarios.Parse("x.yaml", []byte(text), set...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := Failures(s)
	if err != nil {
		t.Fatal(err)
	}
	return list, s
}

// outcomes are, by name, why failures are not tried; empty of those that are.
func outcomes(list []Failure, s scenarios.Scenario, all bool, served map[string][]string) map[string]string {
	v := Validation{Failures: list, All: all}
	v.apply(s, served)
	why := map[string]string{}
	for _, f := range v.Failures {
		if why[f.Label] = f.Not; f.Like != "" {
			why[f.Label] = "like: " + f.Like
		}
	}
	return why
}

func TestFailuresFollowFromTheTopology(t *testing.T) {
	const noSecond = "there is no second one: without it london can't reach any site"
	for name, c := range map[string]struct {
		topology string
		set      []string
		all      bool
		served   []string
		want     map[string]string
	}{
		"one of three serves": {"three-sites", nil, false, []string{"a"}, map[string]string{
			"the service of a crashes": "", "the service of a hangs": "", "the service of a answers wrongly": "",
			"the BGP daemon of a dies": "", "the BGP daemon of a freezes": "", "the link upstream-a goes down": "",
			"the link upstream-a falls silent both ways": "", "the link upstream-a falls silent towards a": "", "the link upstream-a falls silent towards upstream": "",
			"a loses power": "", "a reboots": "", "a is drained": "",
			"the service of b crashes": "nobody uses it", "c loses power": "nobody uses it",
			"upstream loses power": noSecond, "the BGP daemon of upstream dies": noSecond,
		}},
		"by DNS": {"three-sites", []string{"services.dns.dns={ttl: 5s}"}, false, []string{"a"}, map[string]string{
			"the service of a crashes": "", "a loses power": "", "a is drained": "nobody asks the anycast address of a: users find what it serves by DNS",
		}},
		"three equal ones serve": {"ecmp", nil, false, []string{"a", "b", "c"}, map[string]string{
			"the service of a crashes": "", "the service of b crashes": "like: the service of a crashes", "the link upstream-c falls silent towards c": "like: the link upstream-a falls silent towards a",
		}},
		"and each is asked for": {"ecmp", nil, true, []string{"a", "b"}, map[string]string{
			"the service of b crashes": "", "c reboots": "nobody uses it",
		}},
		"a second router": {"redundant-core", nil, false, []string{"a"}, map[string]string{
			"east loses power": "", "west loses power": "", "edge loses power": noSecond, "the link edge-east goes down": "", "the link east-a goes down": "",
		}},
		"no health check": {"three-sites", []string{"services.dns.health.kind=none"}, false, []string{"a"}, map[string]string{
			"the service of a crashes": "no health check is stated", "a loses power": "",
		}},
	} {
		list, s := failuresOn(t, c.topology, c.set...)
		got := outcomes(list, s, c.all, map[string][]string{"london": c.served})
		for label, want := range c.want {
			if why, ok := got[label]; !ok || why != want {
				t.Errorf("%s: %s is listed: %v, %q; want %q", name, label, ok, why, want)
			}
		}
	}
}

// A health check that a file leaves out is not stated, though services have one.
func TestHealthMustBeStated(t *testing.T) {
	s, err := scenarios.Parse("x.yaml", []byte("name: x\ntopology: three-sites\nservices: [{name: dns, kind: dns}]\nprobes: [{from: london, service: dns}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := Failures(s)
	if err != nil || !slices.ContainsFunc(list, func(f Failure) bool { return f.Part == "service" }) {
		t.Fatal(err)
	}
	for _, f := range list {
		if stated := f.Not != "no health check is stated"; f.Part == "service" && stated {
			t.Errorf("%s: %q", f.Label, f.Not)
		}
	}
}

func TestValidateMakesACellForEachFailure(t *testing.T) {
	list, s := failuresOn(t, "three-sites")
	p, err := Validate(s, "validation", Validation{Failures: list}, 14)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, f := range p.Validation.Failures {
		if f.Not == "" {
			tried++
			if f.Why == "" {
				t.Errorf("%s: theory says nothing", f.Label)
			}
		}
	}
	if len(p.cells) != tried || tried != 36 || p.cells[0].Trials != 14 {
		t.Errorf("%d cells of %d trials for %d failures", len(p.cells), p.cells[0].Trials, tried)
	}
	if n := len(p.Expected()); n != 12 {
		t.Errorf("%d failures are listed, want 12, for the sites are equal", n)
	}
	if !strings.Contains(p.Scenario.Name, "validation") {
		t.Errorf("the run is called %s", p.Scenario.Name)
	}
}

// Of a client that has no way around a part nothing is asked when that fails, while of
// the others it is.
func TestWhoIsBoundToAPart(t *testing.T) {
	s, err := scenarios.Parse("x.yaml", []byte(`name: x
topology:
  name: stub
  nodes:
    core: {role: router, asn: 65000}
    edge: {role: router, asn: 65010}
    a: {role: anycast, asn: 65001}
    b: {role: anycast, asn: 65002}
    near: {role: client}
    far: {role: client}
  links:
    - {endpoints: [core, edge]}
    - {endpoints: [edge, a]}
    - {endpoints: [core, b]}
    - {endpoints: [near, edge]}
    - {endpoints: [far, core]}
  anycast: [192.0.2.100/32]
services: [{name: dns, kind: dns, health: {interval: 100ms}}]
probes: [{from: near, service: dns}, {from: far, service: dns}]
`))
	if err != nil {
		t.Fatal(err)
	}
	list, err := Failures(s)
	if err != nil {
		t.Fatal(err)
	}
	v := Validation{Failures: list}
	v.apply(s, map[string][]string{"near": {"a"}, "far": {"a"}})
	for label, want := range map[string][]string{
		"edge loses power": {"near"}, "core loses power": {"far"}, "the link core-edge goes down": nil, "the link edge-a goes down": nil, "a loses power": nil,
	} {
		i := slices.IndexFunc(v.Failures, func(f Failure) bool { return f.Label == label })
		if f := v.Failures[i]; !slices.Equal(f.Bound, want) || f.Not != "" {
			t.Errorf("%s: nothing is asked of %v, and %q; want %v", label, f.Bound, f.Not, want)
		}
	}
	if got := v.bound(map[string]string{"label": "edge loses power"}); !slices.Equal(got, []string{"near"}) {
		t.Errorf("a trial does not wait for %v, want near", got)
	}
}

// What is too much is said of the failures, which are asked for, and not of the cells
// that are made of them.
func TestTooManyFailuresForOneRun(t *testing.T) {
	text := "name: x\ntopology: {name: star, generate: {kind: star, sites: 150}, anycast: 192.0.2.1/32}\nservices: [{name: dns, kind: dns, health: {interval: 100ms}}]\nprobes: [{from: c1, service: dns}]\n"
	s, err := scenarios.Parse("x.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	list, err := Failures(s)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Validate(s, "validation", Validation{Failures: list}, 1)
	if err == nil || !strings.Contains(err.Error(), "these are 1800 failures, and at most 1000 can be tried in one run") {
		t.Errorf("a star of 150 sites: %v", err)
	}
}

func TestNoFailureApplies(t *testing.T) {
	list, s := failuresOn(t, "three-sites", "services.dns.dns={ttl: 5s}")
	list = slices.DeleteFunc(list, func(f Failure) bool { return f.Kind != "drain" })
	_, err := Validate(s, "validation", Validation{Failures: list}, 1)
	if err == nil || !strings.Contains(err.Error(), "none of the failures applies; a is drained: nobody asks the anycast address of a") {
		t.Errorf("a drain where users come by DNS: %v", err)
	}
}
