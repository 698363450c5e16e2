package reports

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode"

	"anylab/reports/timeline"
	"anylab/reports/words"
)

// Bench writes one line for each conclusive trial in the Go benchmark format,
// which benchstat reads. The format has no way to say "longer than this", so a
// trial that was not restored has no outage: it is counted under a unit of its
// own, which benchstat shows, and a comment says so.
func Bench(w io.Writer, r *Report) error {
	if r.Result.Internet != nil {
		return internetBench(w, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "scenario: %s\nkernel: %s\nanylab: %s\n", oneLine(r.Result.Run.Scenario), oneLine(r.Result.Run.Kernel), oneLine(r.Result.Run.Anylab))
	for i := range r.Failovers {
		f, t := &r.Failovers[i], r.Result.Trials[i]
		name := benchName(r.Result.Run.Scenario, t.Cell)
		if !t.Status.judged() {
			fmt.Fprintf(&b, "# %s trial %d is inconclusive and left out\n", name, t.Index+1)
			continue
		}
		if t.Status == NotRestored {
			fmt.Fprintf(&b, "# %s trial %d was not restored: it has no outage, which lasted longer than %s\n", name, t.Index+1, words.Milliseconds(float64(t.Outage.Value)))
			fmt.Fprintf(&b, "Benchmark%s 1 1 not-restored", name)
		} else {
			fmt.Fprintf(&b, "Benchmark%s 1 %d outage-ns", name, f.Broken.Outage.Value.Nanoseconds())
		}
		for _, m := range benched {
			if r, ok := m.read(f); ok && !math.IsInf(r.value, 0) {
				fmt.Fprintf(&b, " %.0f %s-ns", r.value*1e6, m.name)
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// benched are the metrics beside the outage.
var benched = []metric{
	{"interruption", throughout, interruption},
	{"detection", noticed, stage(timeline.Detect)},
	{"withdrawal", passed, stage(timeline.Withdraw)},
	{"receipt", passed, stage(timeline.Receive)},
	{"propagation", passed, stage(timeline.Propagate)},
	{"installation", passed, stage(timeline.Install)},
	{"return", passed, stage(timeline.Return)},
	{"failback", achievedBack, func(f *timeline.Failover) (bounded, bool) { return outage(f.Mended), f.Mended.Zero != 0 }},
}

// benchName makes a benchmark's name: a slash before each axis, no blanks.
func benchName(scenario string, cell map[string]string) string {
	name := strings.ToUpper(scenario[:min(1, len(scenario))]) + scenario[min(1, len(scenario)):]
	for _, axis := range sortedKeys(cell) {
		name += "/" + axis + "=" + cell[axis]
	}
	return strings.ReplaceAll(oneLine(name), " ", "_")
}

// oneLine replaces what would end a line, or do something unseen.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return '_'
	}, s)
}
