package reports

import (
	"fmt"
	"strings"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// ways shows which nodes each client's packets passed, before the fault, after it,
// and when it was healed: of the first conclusive trial, as an operator would trace
// them.
func (p cellReport) ways() []page.Section {
	if len(p.good) == 0 {
		return nil
	}
	s := page.Section{Head: []string{"client", "way before", "after", "healed"}, Detail: true,
		Notes: []string{"the way of one trial, traced; the last is who answers, * one that says nothing, ! no way on"}}
	for _, client := range p.topology.Of(record.ClientNode) {
		before := traced(p.good[0], client, record.Before)
		if before == "" {
			continue // a record of an earlier version
		}
		after, healed := traced(p.good[0], client, record.After), traced(p.good[0], client, record.Healed)
		if after == before {
			after = "the same"
		}
		if healed == before {
			healed = "the same"
		}
		s.Rows = append(s.Rows, page.Texts(client, before, after, healed))
	}
	if len(s.Rows) == 0 {
		return nil
	}
	return []page.Section{s}
}

func traced(f timeline.Failover, client string, when record.When) string {
	for _, s := range f.States {
		if s.Node == client && s.What == record.Way && s.When == when {
			return strings.Join(s.Nodes, " > ")
		}
	}
	return ""
}

// noWayBack names the site that somebody was led to longest whose answers had no way
// back to him.
func noWayBack(f timeline.Failover) string {
	if len(f.Mute) == 0 {
		return ""
	}
	m := f.Mute[0]
	lacked := "had no"
	if m.Had {
		lacked = "no longer had a"
	}
	text := fmt.Sprintf("for %s routes led %s to %s, whose answers had no way back: %s %s route to %s", words.Duration(m.For), m.Client, m.Site, m.Node, lacked, m.Client)
	if n := len(f.Mute); n > 1 {
		text += fmt.Sprintf(" (and so of %s more)", words.Count(n-1, "probe"))
	}
	return text
}
