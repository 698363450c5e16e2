package scenarios

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"anylab/lab/record"
	"anylab/topologies/document"
)

const inlineTopology = `topology:
  name: lab
  nodes:
    up: {role: router, asn: 65000}
    a: {role: anycast, asn: 65001}
    b: {role: anycast, asn: 65002}
    user: {role: client}
  links:
    - endpoints: [up, a]
    - endpoints: [up, b]
    - endpoints: [up, user]
  anycast: 192.0.2.100/32
`

const small = "name: trial\n" + inlineTopology + `services:
  - {name: dns, kind: dns}
probes:
  - {from: user, service: dns}
`

func parse(t *testing.T, text string, set ...string) Scenario {
	t.Helper()
	s, err := Parse("trial.yaml", []byte(text), set...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShipped(t *testing.T) {
	if len(Names()) < 8 || !slices.IsSorted(Names()) {
		t.Errorf("shipped: %v", Names())
	}
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Name != name || s.Summary == "" || len(s.Expect) == 0 {
			t.Errorf("%s: name %q, summary %q, %d expectations", name, s.Name, s.Summary, len(s.Expect))
		}
		if text, _ := Shipped(name); text[0] != '#' {
			t.Errorf("%s doesn't begin with what it teaches", name)
		}
	}
}

func TestDefaults(t *testing.T) {
	s := parse(t, small)
	if s.Trials != 10 || s.Sustain != time.Second || s.Limit != 30*time.Second || s.Faults != nil || s.Cell != nil {
		t.Errorf("%+v", s)
	}
	services := []Service{{
		Name: "dns", Kind: "dns", On: []string{"a", "b"},
		Health: Health{Interval: time.Second, Timeout: time.Second, Fall: 3, Rise: 2},
	}}
	if diff := cmp.Diff(services, s.Services); diff != "" {
		t.Error(diff)
	}
	probes := []Probe{{From: "user", Service: "dns", Rate: 1000, Flows: 16}}
	if diff := cmp.Diff(probes, s.Probes); diff != "" {
		t.Error(diff)
	}
}

// Commands run elsewhere: what they name beside the scenario is found from
// anywhere. Nothing else of them changes.
func TestFilesOfCommands(t *testing.T) {
	dir := t.TempDir()
	for file, mode := range map[string]os.FileMode{"serve": 0o755, "serve.py": 0o644, "a.conf": 0o644, "a": 0o644, "sub/check": 0o755} {
		path := filepath.Join(dir, file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, mode)); err != nil {
			t.Fatal(err)
		}
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	file, err := filepath.Rel(wd, filepath.Join(dir, "scenario.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	beside := func(name string) string { return filepath.Join(dir, name) }
	for command, want := range map[string][]string{
		"[./serve, two, sub, '{node}', '{port}']": {beside("serve"), "two", "sub", "{node}", "{port}"},
		"[sub/../serve]": {beside("serve")},
		"[python3, ./serve.py, --log, ./new.log]":      {"python3", beside("serve.py"), "--log", "./new.log"},
		"[python3, serve.py, '{node}.conf']":           {"python3", beside("serve.py"), beside("{node}.conf")},
		"[serve, sub/check, /etc/hosts, '{dir}/a', b]": {"serve", beside("sub/check"), "/etc/hosts", "{dir}/a", "b"},
		"[serve, --config=./a.conf, --all=no.conf]":    {"serve", "--config=" + beside("a.conf"), "--all=no.conf"},
		"[sh, -c, 'serve a; exec ./serve <a.conf -c {node}.conf 2>serve.py | sub/check']": {
			"sh", "-c", "serve a; exec " + beside("serve") + " <" + beside("a.conf") + " -c " + beside("{node}.conf") + " 2>serve.py | " + beside("sub/check")},
		"[./none]":   {"./" + filepath.Join(filepath.Dir(file), "none")},
		"[/no/such]": {"/no/such"},
	} {
		for _, where := range []string{"kind: command, command: " + command, "kind: tcp, health: {kind: script, command: " + command + "}"} {
			s, err := Parse(file, []byte(strings.Replace(small, "name: dns, kind: dns", "name: dns, "+where, 1)))
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Concat(s.Services[0].Command, s.Services[0].Health.Command); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", where, got, want)
			}
			stored, err := ParseStored([]byte(s.Source.String()))
			if err != nil {
				t.Fatal(err)
			}
			if command := slices.Concat(stored.Services[0].Command, stored.Services[0].Health.Command); slices.ContainsFunc(command, func(arg string) bool { return strings.HasPrefix(arg, dir) }) {
				t.Errorf("%s: a stored scenario looked for files: %v", where, command)
			}
		}
	}
}

func TestHealthTimeouts(t *testing.T) {
	for service, want := range map[string]time.Duration{
		"kind: dns":                                           time.Second,
		"kind: dns, health: {interval: 100ms}":                100 * time.Millisecond,
		"kind: dns, health: {interval: 5s}":                   time.Second,
		"kind: dns, health: {interval: 1s, timeout: 2s}":      2 * time.Second,
		"kind: tcp, health: {kind: script, command: [check]}": time.Second,
	} {
		s := parse(t, strings.Replace(small, "name: dns, kind: dns", "name: dns, "+service, 1))
		if got := s.Services[0].Health.Timeout; got != want {
			t.Errorf("%s: the timeout is %v, want %v", service, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	s := parse(t, small+`faults:
  - {kind: service-crash, on: a, for: 3s}
  - {kind: link-down, on: [a, up], end: up, after: 50ms}
  - {kind: silent-drop, on: [up, a], direction: a->up}
  - {kind: silent-drop, on: [up, a], direction: both}
`)
	want := []Fault{
		{Kind: "service-crash", On: []string{"a"}, For: 3 * time.Second},
		{Kind: "link-down", On: []string{"a", "up"}, End: "up", After: 50 * time.Millisecond},
		{Kind: "silent-drop", On: []string{"up", "a"}, Direction: [2]string{"a", "up"}},
		{Kind: "silent-drop", On: []string{"up", "a"}},
	}
	if diff := cmp.Diff(want, s.Faults, cmpopts.IgnoreFields(Fault{}, "Params")); diff != "" {
		t.Error(diff)
	}
}

// TestParams: what a kind of fault reads from the keys that are its own.
func TestParams(t *testing.T) {
	s := parse(t, small+"faults:\n  - {kind: link-loss, on: [up, a], share: 5%, derection: up->a}\n")
	var good struct {
		Share     document.Percent `yaml:"share"`
		Derection string           `yaml:"derection"`
	}
	if err := s.Faults[0].Params.Decode(&good); err != nil || good.Share != 0.05 {
		t.Errorf("%+v, %v", good, err)
	}
	tests := []struct {
		err  error
		want string
	}{
		{
			s.Faults[0].Params.Decode(&struct{ Share document.Percent }{}),
			`trial.yaml:19:47: unknown key "derection" (did you mean "direction"?); known: after, direction, end, for, kind, on, repeat, share`,
		},
		{s.Faults[0].Params.Errorf("kind", "unknown fault"), "trial.yaml:19:12: unknown fault"},
		{s.Faults[0].Params.Errorf("on.1", "no such end"), "trial.yaml:19:32: no such end"},
		{s.Faults[0].Params.Errorf("", "can't be done here"), "trial.yaml:19:5: can't be done here"},
	}
	for _, tt := range tests {
		if tt.err == nil {
			t.Errorf("no error, want %s", tt.want)
			continue
		}
		if got, _, _ := strings.Cut(tt.err.Error(), "\n"); got != tt.want {
			t.Errorf("\n got %s\nwant %s", got, tt.want)
		}
	}
}

func TestExpectations(t *testing.T) {
	tests := []struct {
		text string
		want Expectation
	}{
		{"p95(outage) < 1s", Expectation{Stat: "p95", Metric: "outage", Op: "<", Value: 1000, Unit: record.Milliseconds}},
		{"max( outage )<=1.5s", Expectation{Stat: "max", Metric: "outage", Op: "<=", Value: 1500, Unit: record.Milliseconds}},
		{"loss_before == 0", Expectation{Metric: "loss_before", Op: "==", Value: 0, Unit: record.Count}},
		{"rerouted!=1", Expectation{Metric: "rerouted", Op: "!=", Value: 1, Unit: record.Count}},
		{"median(lost) >= 12.5", Expectation{Stat: "median", Metric: "lost", Op: ">=", Value: 12.5, Unit: record.Count}},
		{"p95( outage( london ) ) < 1s", Expectation{Stat: "p95", Metric: "outage", Of: "london", Op: "<", Value: 1000, Unit: record.Milliseconds}},
		{"lost(london) == 0", Expectation{Metric: "lost", Of: "london", Op: "==", Unit: record.Count}},
		{"rtt_after(london) < 50ms", Expectation{Metric: "rtt_after", Of: "london", Op: "<", Value: 50, Unit: record.Milliseconds}},
		{"switch > 100us", Expectation{Metric: "switch", Op: ">", Value: 0.1, Unit: record.Milliseconds}},
	}
	for _, tt := range tests {
		tt.want.Text = tt.text
		got, err := ParseExpectation(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.text, diff)
		}
	}
}

func TestOverrides(t *testing.T) {
	tests := []struct {
		set  string
		want func(s Scenario) string
		is   string
	}{
		{"trials=3", func(s Scenario) string { return fmt.Sprint(s.Trials) }, "3"},
		{"services.dns.health.interval=50ms", func(s Scenario) string { return s.Services[0].Health.Interval.String() }, "50ms"},
		{"services.health.fall=5", func(s Scenario) string { return fmt.Sprint(s.Services[0].Health.Fall) }, "5"},
		{"faults.0.for=7s", func(s Scenario) string { return s.Faults[0].For.String() }, "7s"},
		{"faults.service-crash.for=7s", func(s Scenario) string { return s.Faults[0].For.String() }, "7s"},
		{"probes.0.rate=50/s", func(s Scenario) string { return fmt.Sprint(s.Probes[0].Rate) }, "50"},
		{"daemon=gobgp", func(s Scenario) string { return s.Topology.Nodes[0].Daemon }, "gobgp"},
		{"bgp.hold=30s", func(s Scenario) string { return s.Topology.Links[0].BGP.Hold.String() }, "30s"},
		{"bfd.interval=20ms", func(s Scenario) string { return s.Topology.Links[0].BFD.Interval.String() }, "20ms"},
		{"bfd={interval: 20ms, multiplier: 5}", func(s Scenario) string { return fmt.Sprint(s.Topology.Links[0].BFD.Multiplier) }, "5"},
		{"multipath=true", func(s Scenario) string { return fmt.Sprint(s.Topology.Nodes[0].Multipath) }, "true"},
		{"topology.nodes.a.asn=64999", func(s Scenario) string { return fmt.Sprint(s.Topology.Nodes[1].ASN) }, "64999"},
		{"topology.links.upstream-b.delay=4ms", func(s Scenario) string { return s.Topology.Links[1].Ends[0].Shape.Delay.String() }, "4ms"},
		{"topology=ecmp", func(s Scenario) string { return s.Topology.Name }, "ecmp"},
	}
	for _, tt := range tests {
		s, err := Load("service-crash", tt.set)
		if err != nil {
			t.Errorf("%s: %v", tt.set, err)
			continue
		}
		if got := tt.want(s); got != tt.is {
			t.Errorf("%s: got %s", tt.set, got)
		}
		again, err := Parse("run.json", []byte(s.Source.String()))
		if err != nil {
			t.Errorf("%s: the effective scenario can't be read: %v", tt.set, err)
			continue
		}
		if got := tt.want(again); got != tt.is {
			t.Errorf("%s: read again, got %s", tt.set, got)
		}
	}
}

func TestOverrideErrors(t *testing.T) {
	tests := []struct{ set, want string }{
		{"trails=3", `--set:1:1: unknown key "trails" (did you mean "trials"?); known: bfd, bgp, claim, daemon, expect, faults, limit, matrix, missing, monitoring, multipath, name, probes, services, settle, standard, start, summary, sustain, topology, trials`},
		{"trials", `--set:1:1: "trials" is not of the form key=value`},
		{"trials=0", `--set:1:8: trials is 0; it must be 1 to 1000000`},
		{"services.dns.helth.kind=none", `--set:1:1: unknown key "helth" (did you mean "health"?); known: capacity, command, dns, global, health, kind, name, needs, on, port, ready, restart, shed`},
		{"services.dsn.health.kind=none", `--set:1:1: services has no element "dsn" (did you mean "dns"?); there are: dns`},
		{"services.web.health.kind=none", `--set:1:1: unknown key "web"; known: capacity, command, dns, global, health, kind, name, needs, on, port, ready, restart, shed; and services has no element "web"; there are: dns`},
		{"faults.3.for=1s", `--set:1:1: faults has no element "3"; there are: service-crash`},
		{"topology=nowhere", `--set:1:10: no topology called "nowhere"; shipped are: dual-upstream, dut, ecmp, redundant-core, three-sites, two-continents, world; or give a path`},
		{"topology=dual-upstream", `service-crash.yaml:12:39: unknown anycast node "c"; known: a, b`},
		{"topology.nodes.z.asn=65001", `--set:1:1: the key "role" is missing; "z" is new, beside upstream, a, b, c, london`},
		{"topology.nodes.a.asn=0", `--set:1:22: AS 0 is reserved (RFC 7607, 6793, 7300); private ones are 64512 to 65534`},
	}
	for _, tt := range tests {
		_, err := Load("service-crash", tt.set)
		var e *document.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", tt.set, err)
			continue
		}
		if got, _, _ := strings.Cut(err.Error(), "\n"); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.set, got, tt.want)
		}
	}
	wholes := "matrix: {topology: [three-sites, ecmp]}\n"
	_, err := Parse("x.yaml", []byte(small+wholes), "bfd.interval=50ms")
	if err == nil || !strings.Contains(err.Error(), "axis of whole topologies") {
		t.Errorf("an override that the matrix would undo: %v", err)
	}
}

func TestCells(t *testing.T) {
	s := parse(t, small+`matrix:
  bfd.interval: [10ms, 50ms]
  services.dns.health.kind: [dns, process, none]
`, "trials=4")
	cells, err := s.Cells()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range cells {
		got = append(got, fmt.Sprintf("%v %v %s %d %d", c.Cell, c.Topology.Links[0].BFD.Interval, c.Services[0].Health.Kind, c.Trials, len(c.Matrix)))
	}
	want := []string{
		"map[bfd.interval:10ms services.dns.health.kind:dns] 10ms dns 4 0",
		"map[bfd.interval:10ms services.dns.health.kind:process] 10ms process 4 0",
		"map[bfd.interval:10ms services.dns.health.kind:none] 10ms none 4 0",
		"map[bfd.interval:50ms services.dns.health.kind:dns] 50ms dns 4 0",
		"map[bfd.interval:50ms services.dns.health.kind:process] 50ms process 4 0",
		"map[bfd.interval:50ms services.dns.health.kind:none] 50ms none 4 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	again, err := cells[3].Cells()
	if err != nil || len(again) != 1 || again[0].Cell["bfd.interval"] != "50ms" {
		t.Errorf("a cell is its own only cell: %v, %v", again, err)
	}
}

// TestTopologyAxis: a part of the topology is set after the whole, in
// whatever order the axes stand.
func TestTopologyAxis(t *testing.T) {
	text := "name: x\ntopology: three-sites\nservices: [{name: dns, kind: dns}]\nprobes: [{from: london, service: dns}]\n" +
		"matrix: {bfd.interval: [50ms], topology: [three-sites, ecmp]}\n"
	cells, err := parse(t, text).Cells()
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"three-sites", "ecmp"} {
		if c := cells[i].Topology; c.Name != name || c.Links[0].BFD == nil {
			t.Errorf("cell %d has topology %s with BFD %v", i, c.Name, c.Links[0].BFD)
		}
	}
}

// TestStored: a run's record outlives the files that it names.
func TestStored(t *testing.T) {
	config := filepath.Join(t.TempDir(), "a.conf")
	if err := os.WriteFile(config, []byte("router bgp 65001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := parse(t, small, "topology.nodes.a.config="+config)
	if err := os.Remove(config); err != nil {
		t.Fatal(err)
	}
	text := []byte(s.Source.String())
	again, err := ParseStored(text)
	if err != nil || again.Topology.Nodes[1].Config != config {
		t.Errorf("%+v, %v", again.Topology.Nodes, err)
	}
	if _, err := Parse("x.yaml", text); err == nil {
		t.Error("a scenario that is to be run needs its files")
	}
}

func TestNoMatrix(t *testing.T) {
	cells, err := parse(t, small).Cells()
	if err != nil || len(cells) != 1 || cells[0].Cell != nil {
		t.Errorf("%v, %v", cells, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		text, _ := Shipped(name)
		f.Add(text, "trials=3")
	}
	f.Add([]byte(small+"matrix: {bfd.interval: [10ms, 50ms], trials: [1, 2]}\n"), "bgp.hold=9s")
	f.Add([]byte(small+listed), "trials=2")
	f.Add([]byte(small+"expect: [lost == 0]\n"), "services.dns.health={kind: none}")
	f.Fuzz(func(t *testing.T, text []byte, set string) {
		s, err := Parse("fuzz.yaml", text, set)
		var e *document.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("an error without a place: %v", err)
		}
		if err != nil {
			return
		}
		again, err := Parse("fuzz.yaml", []byte(s.Source.String()))
		if err != nil {
			t.Fatalf("the effective scenario can't be read: %v\n%s", err, s.Source)
		}
		if diff := cmp.Diff(s.Services, again.Services); diff != "" {
			t.Fatal(diff)
		}
	})
}
