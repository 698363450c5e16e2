package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"anylab/lab/hand"
)

// nasty are texts that steer a terminal, or are none.
var nasty = []string{
	"\x1b[31mred", "\x1b]0;title\a", "\x9b2J", "a\rb", "a\nb", "\x00", "\xff\xfe", "\u202eturned", "\u2028line",
}

// tame refuses what steers a terminal, or is no text.
func tame(text string) error {
	for _, r := range text {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			return fmt.Errorf("it has %q", r)
		}
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("it is not UTF-8")
	}
	return nil
}

// Whatever a scenario has as names, texts, keys and values, check says it so that
// it is text.
func TestCheckOfNastyScenarios(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mine.yaml")
	const whole = `name: NAME
summary: SUMMARY
topology: {base: TOPOLOGY, KEY: 1}
services: [{name: SERVICE, kind: KIND}]
probes: [{from: FROM, service: dns}]
expect: [EXPECT]
matrix: {bfd.interval: [50ms], label: [LABEL]}
`
	sound := strings.NewReplacer("NAME", "x", "SUMMARY", "x", "{base: TOPOLOGY, KEY: 1}", "three-sites", "SERVICE", "dns", "KIND", "dns", "FROM", "london", "EXPECT", "p95(outage) < 1s", ", label: [LABEL]", "")
	for _, text := range nasty {
		for _, place := range []string{"NAME", "SUMMARY", "TOPOLOGY", "KEY", "SERVICE", "KIND", "FROM", "EXPECT", "LABEL"} {
			for _, written := range []string{text, quoted(text)} {
				scenario := sound.Replace(strings.Replace(whole, place, written, 1))
				if err := os.WriteFile(path, []byte(scenario), 0o600); err != nil {
					t.Fatal(err)
				}
				var said bytes.Buffer
				if err := check(t.Context(), &said, []string{path}, nil); err != nil {
					say(&said, err.Error())
				}
				if err := tame(said.String()); err != nil || said.Len() == 0 {
					t.Errorf("%s is %q: %v: %q", place, written, err, said.String())
				}
			}
		}
	}
}

// quoted writes a text as YAML that has only printable characters.
func quoted(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return `"` + b.String() + `"`
}

// A step of a run may name what a file has.
func TestNastyProgress(t *testing.T) {
	for _, text := range nasty {
		var said bytes.Buffer
		p := newProgress(&said, false, besideFlags{})
		p.Step(text)
		p.Trial(1, 2, text)
		if err := tame(said.String()); err != nil || strings.Count(said.String(), "\n") != 2 {
			t.Errorf("%q: %v: %q", text, err, said.String())
		}
	}
}

// What daemons and services of a lab answer is text where it is shown, one line for
// each thing.
func TestNastyInspection(t *testing.T) {
	shown := func(dirt string) string {
		var b bytes.Buffer
		inspected(&b, hand.Inspection{
			Lab:     hand.Lab{Name: "l" + dirt, Of: "of" + dirt, State: "up" + dirt},
			Nodes:   []hand.Node{{Name: "a" + dirt, Err: "err" + dirt}},
			Routes:  []hand.Route{{Node: "a", Line: "192.0.2.1 via" + dirt}},
			Clients: []hand.Client{{Client: "c" + dirt, By: map[string]int{"a" + dirt: 1}}, {Client: "d", Err: "err" + dirt}},
		})
		return b.String()
	}
	lines := strings.Count(shown(""), "\n")
	for _, text := range nasty {
		said := shown(text)
		if err := tame(said); err != nil || strings.Count(said, "\n") != lines {
			t.Errorf("%q: %v: %q", text, err, said)
		}
	}
}
