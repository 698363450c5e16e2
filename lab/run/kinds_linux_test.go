package run

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"anylab/scenarios"
	"anylab/topologies/document"
)

var update = flag.Bool("update", false, "rewrite the expected errors")

// TestMistakes compiles scenarios with one mistake each and compares the errors.
func TestMistakes(t *testing.T) {
	const path = "testdata/mistakes.txtar"
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, f := range archive.Files {
		want[f.Name] = string(f.Data)
	}
	remade := txtar.Archive{Comment: archive.Comment}
	for _, f := range archive.Files {
		name, isInput := strings.CutSuffix(f.Name, ".yaml")
		if !isInput {
			continue
		}
		_, err := compileFile("testdata/"+f.Name, string(f.Data))
		if err == nil {
			t.Errorf("%s is not refused", f.Name)
			continue
		}
		got := err.Error() + "\n"
		remade.Files = append(remade.Files, f, txtar.File{Name: name + ".golden", Data: []byte(got)})
		if diff := cmp.Diff(want[name+".golden"], got); diff != "" && !*update {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(&remade), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func compileFile(file, text string) (*Plan, error) {
	s, err := scenarios.Parse(file, []byte(text))
	if err != nil {
		return nil, err
	}
	return Compile(s)
}

// withService is a scenario whose service and whose probe are as given.
func withService(service, probe string) string {
	return "name: x\ntopology: three-sites\nservices:\n  - {name: s, " + service + "}\nprobes:\n  - {from: london, service: s" + probe + "}\n"
}

// What a scenario leaves open follows from the kinds.
func TestKindsFillIn(t *testing.T) {
	for _, tt := range []struct{ service, probe, want string }{
		{"kind: dns", "", "53 dns dns"},
		{"kind: http, port: 8080", "", "8080 http http"},
		{"kind: http", ", kind: icmp", "80 http icmp"},
		{"kind: udp, health: {kind: none}", "", "7 none udp"},
		{"kind: udp, port: 179", "", "179 udp udp"},
		{"kind: dns, health: {kind: udp}", ", kind: tcp-connect", "53 udp tcp-connect"},
		{"kind: http, health: {kind: tcp}", ", kind: http-stream", "80 tcp http-stream"},
		{"kind: tcp, health: {kind: script, command: [check]}", "", "7 script tcp-connect"},
		{"kind: command, command: [unbound, -d], port: 53", ", kind: dns", "53 process dns"},
		{"kind: command, command: [x], port: 53, health: {kind: http}", ", kind: udp", "53 http udp"},
	} {
		p, err := compileFile("some.yaml", withService(tt.service, tt.probe))
		if err != nil {
			t.Error(err)
			continue
		}
		c := p.cells[0]
		got := fmt.Sprint(c.Services[0].Port, " ", c.Services[0].Health.Kind, " ", c.Probes[0].Kind)
		if got != tt.want {
			t.Errorf("%s%s: %s, want %s", tt.service, tt.probe, got, tt.want)
		}
		if p.Scenario.Probes[0].Kind != strings.TrimPrefix(tt.probe, ", kind: ") {
			t.Errorf("%s%s: the scenario that was given is changed", tt.service, tt.probe)
		}
	}
}

func TestKindsThatDoNotFit(t *testing.T) {
	for service, want := range map[string]string{
		"kind: dns, port: 179":                                              "4:32: tcp port 179 is that of BGP",
		"kind: dns, health: {kind: http}":                                   "4:41: service s is of kind dns and can't pass a check of kind http; it is watched by dns, tcp, udp, loop, none, process, script",
		"kind: tcp, health: {kind: dns}":                                    "4:41: service s is of kind tcp",
		"kind: udp, health: {kind: tcp}":                                    "4:41: service s is of kind udp",
		"kind: http, health: {kind: procss}":                                `unknown kind "procss" (did you mean "process"?)`,
		`kind: command, command: [x, "{nodes}"], port: 53`:                  `4:43: unknown placeholder "nodes" (did you mean "node"?); known: addr, dev, dir, interval, node, port`,
		`kind: dns, health: {kind: script, command: [sh, -c, "ask {adr}"]}`: `4:67: unknown placeholder "adr" (did you mean "addr"?); known: addr,`,
	} {
		_, err := compileFile("some.yaml", withService(service, ""))
		var e *document.Error
		if !errors.As(err, &e) || !strings.Contains(fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Msg), want) {
			t.Errorf("%s: %v, want %s", service, err, want)
		}
	}
}

// A kind that only one cell asks for is refused with the cell's name.
func TestKindsOfACell(t *testing.T) {
	text := withService("kind: dns", "") + "matrix: {services.s.health.kind: [dns, http]}\n"
	_, err := compileFile("some.yaml", text)
	if err == nil || !strings.Contains(err.Error(), "some.yaml:7:40: service s is of kind dns and can't pass a check of kind http") ||
		!strings.Contains(err.Error(), "(in the cell services.s.health.kind=http)") {
		t.Error(err)
	}
}

func TestSchemaListsKinds(t *testing.T) {
	schema := published(t)
	for text, fits := range map[string]bool{
		withService("kind: dns", ""):                                             true,
		withService("kind: dsn", ""):                                             false,
		withService("kind: dns, health: {kind: ping}", ""):                       false,
		withService("kind: dns", ", kind: carrier-pigeon"):                       false,
		withService("kind: command, health: {kind: loop}", ", kind: tcp-stream"): true,
	} {
		if err := schema.Validate(asJSON(t, text)); (err == nil) != fits {
			t.Errorf("%s: %v", text, err)
		}
	}
}
