package run

import (
	"errors"
	"strings"
	"testing"
	"time"

	"anylab/topologies/document"
)

const severalFaults = `name: several
topology: three-sites
services: [{name: dns, kind: dns, on: [a, b, c], health: {kind: dns, interval: 1s, timeout: 1s, fall: 2}}]
probes: [{from: london, service: dns}]
faults:
`

func TestFaultsThatCannotBeTogether(t *testing.T) {
	for _, c := range []struct {
		faults, want string
	}{
		{"{kind: service-crash, on: a, for: 4s}; {kind: service-crash, on: b, after: 1500ms, for: 2s}", ""},
		{"{kind: isolate, on: a, for: 6s}; {kind: link-down, on: [upstream, a], after: 300ms, for: 1s}", "isolate and link-down are in effect at the same time and both change the end of link upstream-a at a"},
		{"{kind: withdraw, on: a}; {kind: drain, on: a, after: 1s}", "both change what a announces"},
		{"{kind: service-crash, on: a, for: 1s}; {kind: link-down, on: [upstream, b], after: 4s, for: 12s}", ""},
		{"{kind: link-down, on: [upstream, b], after: 4s}; {kind: service-crash, on: a, for: 1s}", ""},
		{"{kind: service-crash, on: a}; {kind: link-down, on: [upstream, b], after: 4s, for: 12s}", ""},
	} {
		text := severalFaults
		for f := range strings.SplitSeq(c.faults, "; ") {
			text += "  - " + f + "\n"
		}
		_, err := compileText(t, text)
		var mistake *document.Error
		if (err == nil) != (c.want == "") || err != nil && (!errors.As(err, &mistake) || mistake.Line == 0 || !strings.Contains(mistake.Msg, c.want)) {
			t.Errorf("%s: %v, want %q", c.faults, err, c.want)
		}
	}
}

// The fault that is injected first decides what theory expects, wherever it
// stands in the list.
func TestTheoryIsOfTheFirstFault(t *testing.T) {
	p, err := compileText(t, severalFaults+"  - {kind: blackhole, on: [upstream, b], after: 300ms}\n  - {kind: service-crash, on: a}\n")
	if err != nil {
		t.Fatal(err)
	}
	if high := p.cells[0].theory.High; high != 2*time.Second {
		t.Errorf("theory says up to %v, want the 2 s of the crash", high)
	}
}
