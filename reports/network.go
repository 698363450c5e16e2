package reports

import (
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/figure"
	"anylab/reports/page"
	"anylab/reports/timeline"
)

// Network is what a drawing of a topology shows; of a stored run also who was served
// where before the fault.
func (r *Report) Network() figure.Network {
	n := figure.Network{}
	if len(r.Run.Cells) > 0 && r.Run.Cells[0].Experiment != nil {
		n.Topology = r.Run.Cells[0].Experiment.Topology
	}
	if len(r.Failovers) == 0 {
		return n
	}
	n.Served = map[string][]string{}
	for _, c := range r.Failovers[0].Clients {
		for _, by := range c.Before.AnsweredBy {
			n.Served[c.Name] = append(n.Served[c.Name], strings.Split(by, timeline.Together)...)
		}
		slices.Sort(n.Served[c.Name])
		n.Served[c.Name] = slices.Compact(n.Served[c.Name])
	}
	return n
}

// DOT writes a network in the language of Graphviz.
func DOT(n figure.Network) string {
	var b strings.Builder
	fmt.Fprintf(&b, "graph %s {\n  node [fontname=\"sans-serif\"]; edge [fontname=\"sans-serif\", fontsize=10];\n", quoted(n.Topology.Name))
	shapes := map[record.NodeRole]string{record.RouterNode: "box", record.AnycastNode: "doubleoctagon", record.ClientNode: "ellipse"}
	for _, node := range n.Topology.Nodes {
		fmt.Fprintf(&b, "  %s [shape=%s, label=%s];\n", quoted(node.Name), shapes[node.Role], quoted(strings.Join(n.About(node), "\n")))
	}
	for _, s := range n.Segments() {
		fmt.Fprintf(&b, "  %s [shape=box, style=filled, height=0.1, label=%s];\n", quoted(s.Name), quoted(strings.Join(segmentText(n, s), "\n")))
		for _, e := range s.Ends {
			fmt.Fprintf(&b, "  %s -- %s [label=%s, taillabel=%s];\n", quoted(e.Node), quoted(s.Name), quoted(e.About), quoted(figure.Address(e.LinkEnd)))
		}
	}
	for _, l := range n.Cables() {
		fmt.Fprintf(&b, "  %s -- %s [label=%s, taillabel=%s, headlabel=%s];\n", quoted(l.Ends[0].Node), quoted(l.Ends[1].Node),
			quoted(strings.Join(n.LinkAbout(l), "\n")), quoted(figure.Address(l.Ends[0])), quoted(figure.Address(l.Ends[1])))
	}
	for _, s := range n.Serving() {
		fmt.Fprintf(&b, "  %s -- %s [style=dashed, constraint=false, label=\"serves\"];\n", quoted(s[0]), quoted(s[1]))
	}
	return b.String() + "}\n"
}

// segmentText says what a shared segment is.
func segmentText(n figure.Network, s figure.Segment) []string {
	return append([]string{"shared segment"}, n.SegmentAbout(s)...)
}

// quoted is a string of DOT: only the quotation mark, the backslash and the end of a
// line mean something in it.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(page.Visible(s)) + `"`
}

// Mermaid writes a network as a flowchart of Mermaid, which many pages of projects
// draw.
func Mermaid(n figure.Network) string {
	var b strings.Builder
	b.WriteString("flowchart TB\n")
	ends := map[record.NodeRole][2]string{record.RouterNode: {"[", "]"}, record.AnycastNode: {"{{", "}}"}, record.ClientNode: {"([", "])"}}
	at := map[string]string{}
	for i, node := range n.Topology.Nodes {
		at[node.Name] = fmt.Sprintf("n%d", i)
		e := ends[node.Role]
		fmt.Fprintf(&b, "  n%d%s%s%s\n", i, e[0], mermaidText(n.About(node)), e[1])
	}
	for i, s := range n.Segments() {
		fmt.Fprintf(&b, "  s%d[[%s]]\n", i, mermaidText(segmentText(n, s)))
		for _, e := range s.Ends {
			fmt.Fprintf(&b, "  %s %s s%d\n", at[e.Node], mermaidEdge(e.About), i)
		}
	}
	for _, l := range n.Cables() {
		fmt.Fprintf(&b, "  %s %s %s\n", at[l.Ends[0].Node], mermaidEdge(n.LinkAbout(l)...), at[l.Ends[1].Node])
	}
	for _, s := range n.Serving() {
		fmt.Fprintf(&b, "  %s -.->|serves| %s\n", at[s[1]], at[s[0]])
	}
	return b.String()
}

// mermaidEdge is a line, with what is said of it.
func mermaidEdge(about ...string) string {
	if strings.Join(about, "") == "" {
		return "---"
	}
	return "---|" + mermaidText(about) + "|"
}

// mermaidText is a text of Mermaid, whose entities begin with a # and have no
// ampersand.
func mermaidText(lines []string) string {
	return `"` + strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;").Replace(page.Visible(strings.Join(lines, "\n"))) + `"`
}
