package run

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/topologies"
)

// why says what keeps the lab from settling, from what is in it: what the files
// leave out, which node lacks which route, and of sessions that are not up how they
// stand, with the daemon's own last words.
func (g *gate) why(ctx context.Context) []string {
	missing := g.missing(ctx)
	var reasons []string
	for _, n := range g.cell.Topology.Nodes {
		for _, r := range bgp.Remarks(g.cell.Topology, n.Name) {
			reasons = append(reasons, r.String())
		}
	}
	for _, m := range missing {
		reasons = append(reasons, m+g.lastWords(m))
	}
	if len(missing) == 0 {
		reasons = append(reasons, g.unrouted()...)
	}
	return append(reasons, g.unserved()...)
}

// unrouted lists the routes that nodes lack: routers to the anycast address, and
// sites back to the clients that ask.
func (g *gate) unrouted() []string {
	var list []string
	lacks := func(node string, to netip.Addr, what string) {
		n, err := g.world.Lab.Node(node)
		if err != nil {
			return
		}
		if ok, err := n.HasRoute(to); err == nil && !ok {
			list = append(list, fmt.Sprintf("%s has no route %s", node, what))
		}
	}
	for _, p := range g.cell.Topology.Anycast {
		for _, n := range g.cell.Topology.Of(topologies.Router) {
			lacks(n, p.Addr(), "to "+p.String())
		}
		for _, client := range g.cell.asking() {
			home := g.cell.Topology.LinksOf(client)[0]
			near, _ := home.Of(client)
			addr := near.IPv4.Addr()
			if p.Addr().Is6() {
				addr = near.IPv6.Addr()
			}
			for _, n := range slices.Concat(g.cell.Sites(client), g.cell.Topology.Of(topologies.Router)) {
				lacks(n, addr, fmt.Sprintf("back to %s (%s)", client, addr))
			}
		}
	}
	return list
}

// asking lists the clients that have a probe.
func (c cell) asking() []string {
	var list []string
	for _, p := range c.Probes {
		if !slices.Contains(list, p.From) {
			list = append(list, p.From)
		}
	}
	return list
}

// complaint is what a line of a daemon's log has that is worth repeating.
var complaint = regexp.MustCompile(`(?i)notification|error|fail|refus|den(y|ied)|reject|invalid|mismatch|bad |unknown|password|unreachable|no route`)

// lastWords returns, for a session that is missing, what was last said of it: by a
// NOTIFICATION on the wire, and in the log of the daemon.
func (g *gate) lastWords(missing string) string {
	return g.saidOf(missing, func(node string, far topologies.End) []string {
		words := g.changes.notified(node, far.Node, 0)
		if line := g.lastLine(node, far); line != "" {
			words = append(words, "its log: "+line)
		}
		return words
	})
}

// endedBy returns, for a session that is missing, the last NOTIFICATION since then.
func (g *gate) endedBy(missing string, since record.Time) string {
	return g.saidOf(missing, func(node string, far topologies.End) []string { return g.changes.notified(node, far.Node, since) })
}

// saidOf joins what is said of the session that is missing.
func (g *gate) saidOf(missing string, of func(node string, far topologies.End) []string) string {
	words := ""
	for _, node := range slices.Sorted(maps.Keys(g.world.Speakers)) {
		if !strings.Contains(missing, "session "+node+" to ") {
			continue
		}
		for _, l := range g.cell.Topology.LinksOf(node) {
			_, far := l.Of(node)
			if !strings.Contains(missing, " to "+far.Node+" (") {
				continue
			}
			for _, said := range of(node, far) {
				words += "; " + said
			}
		}
	}
	return words
}

// lastLine returns the last complaint in the logs of the node's daemon, if there is
// one the last that names the neighbor.
func (g *gate) lastLine(node string, far topologies.End) string {
	n, err := g.world.Lab.Node(node)
	if err != nil || n.LogDir() == "" {
		return ""
	}
	last, named := "", ""
	for _, p := range g.world.Speakers[node].Procs() {
		text, err := n.EndOfLog(p.Name())
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if !complaint.MatchString(line) {
				continue
			}
			last = line
			if strings.Contains(line, far.IPv4.Addr().String()) || far.IPv6.IsValid() && strings.Contains(line, far.IPv6.Addr().String()) {
				named = line
			}
		}
	}
	if named != "" {
		return named
	}
	return last
}

// notified returns the last NOTIFICATION between two nodes since then, for people;
// none if there is none.
func (c *changes) notified(a, b string, since record.Time) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	there, back := c.notices[[2]string{a, b}], c.notices[[2]string{b, a}]
	last := there
	if back.At > there.At {
		last = back
	}
	m, ok := last.Data.(record.BGP)
	if !ok || last.At < since {
		return nil
	}
	return []string{fmt.Sprintf("%s sent %s the NOTIFICATION %s", m.From, m.To, notice(m))}
}

// notice names a NOTIFICATION (RFC 4271 section 4.5, RFC 4486).
func notice(m record.BGP) string {
	known := map[[2]uint8]string{
		{2, 1}: "unsupported version", {2, 2}: "bad peer AS", {2, 3}: "bad BGP identifier", {2, 4}: "unsupported parameter",
		{2, 6}: "unacceptable hold time", {2, 7}: "unsupported capability",
		{6, 1}: "maximum number of prefixes", {6, 2}: "administrative shutdown", {6, 3}: "peer de-configured",
		{6, 4}: "administrative reset", {6, 5}: "connection rejected", {6, 6}: "other configuration change",
		{6, 7}: "connection collision", {6, 8}: "out of resources",
	}
	classes := map[uint8]string{1: "message header error", 2: "OPEN error", 3: "UPDATE error", 4: "hold timer expired", 5: "FSM error", 6: "Cease"}
	if name, ok := known[[2]uint8{m.Code, m.Subcode}]; ok {
		return fmt.Sprintf("%d/%d, %s: %s", m.Code, m.Subcode, classes[m.Code], name)
	}
	return fmt.Sprintf("%d/%d, %s", m.Code, m.Subcode, classes[m.Code])
}
