package timeline

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"anylab/lab/record"
)

// lost says what the event tells those in control of the route about the
// failed node; empty if nothing.
func (s scene) lost(e record.Event) string {
	switch d := e.Data.(type) {
	case record.Carrier:
		if !d.Up && (e.Node == s.node || d.Peer == s.node) && !s.unheeded(e.Node, d) {
			return Says(e)
		}
	case record.Health:
		if !d.Healthy && e.Node == s.node {
			return Says(e)
		}
	case record.Address:
		if d.Gone && e.Node == s.node && s.covers(d.Prefix) {
			return Says(e)
		}
	case record.Advertisement:
		if d.Leaves() && d.From == s.node {
			return Says(e)
		}
	case record.BFD:
		if d.State != "up" && (d.From == s.node || d.To == s.node) && !s.foreign(d.Family, d.From, d.To) {
			return Says(e)
		}
	case record.BGP:
		if d.Ends() && (d.From == s.node || d.To == s.node) && !s.foreign(d.Family, d.From, d.To) {
			return Says(e)
		}
	}
	return ""
}

// unheeded says whether the far end of the failed node's link learns nothing from its
// carrier.
func (s scene) unheeded(node string, d record.Carrier) bool {
	for l := range s.topology.LinksOf(node) {
		for i, e := range l.Ends {
			if far := l.Ends[1-i]; e.Node == node && e.Dev == d.Dev {
				return e.Node != s.node && e.Heedless || far.Node != s.node && far.Heedless
			}
		}
	}
	return false
}

// told is lost, but for what only the failed node sees: that it has lost its link
// it can tell nobody, for the link is what it would tell it over.
func (s scene) told(e record.Event) string {
	if d, ok := e.Data.(record.Carrier); ok && d.Peer != "" && d.Peer != s.node {
		return ""
	}
	return s.lost(e)
}

// unspoken is what says, but for the node's setting its interface down after it has
// told its routers about the prefix: so it goes on, as planned, to withdraw.
func (s scene) unspoken(events []record.Event, says func(record.Event) string) func(record.Event) string {
	spoke := find(events, func(e record.Event) string {
		if d, ok := e.Data.(record.BGP); ok && d.From == s.node && slices.ContainsFunc(slices.Concat(d.Announce, d.Withdraw), s.covers) {
			return message(d)
		}
		return ""
	})
	return func(e record.Event) string {
		if d, ok := e.Data.(record.Carrier); ok && d.Peer == "" && spoke != nil && spoke.At < e.At {
			return ""
		}
		return says(e)
	}
}

// seenFromAfar says whether the far end of the failed node's link lost its carrier.
func (s scene) seenFromAfar(e record.Event) bool {
	d, ok := e.Data.(record.Carrier)
	return ok && !d.Up && d.Peer == s.node
}

// back mirrors lost.
func (s scene) back(e record.Event) string {
	switch d := e.Data.(type) {
	case record.Carrier:
		if d.Up && (e.Node == s.node || d.Peer == s.node) {
			return Says(e)
		}
	case record.Health:
		if d.Healthy && e.Node == s.node {
			return Says(e)
		}
	case record.BFD:
		if d.State == "up" && (d.From == s.node || d.To == s.node) && !s.foreign(d.Family, d.From, d.To) {
			return Says(e)
		}
	case record.BGP:
		if d.Type == record.BGPOpen && (d.From == s.node || d.To == s.node) && !s.foreign(d.Family, d.From, d.To) {
			return Says(e)
		}
	}
	return ""
}

// sees says what tells the router by itself that the node is gone, so that it
// needs no message from there.
func (s scene) sees(e record.Event, router string) string {
	switch d := e.Data.(type) {
	case record.Carrier:
		if e.Node == router && d.Peer == s.node {
			return s.lost(e)
		}
	case record.BFD:
		if e.Node == router && (d.From == s.node || d.To == s.node) {
			return s.lost(e)
		}
	case record.BGP:
		if d.From == router && d.To == s.node {
			return s.lost(e)
		}
	}
	return ""
}

// takesBack says how the node takes its route back from the router. The master of a VRRP
// tells all who are on the segment.
func (s scene) takesBack(e record.Event, router string) string {
	if a, ok := e.Data.(record.Advertisement); ok && a.Leaves() && a.From == s.node {
		return Says(e)
	}
	d, ok := e.Data.(record.BGP)
	if !ok || d.From != s.node || d.To != router {
		return ""
	}
	if d.Ends() && !s.foreign(d.Family, d.From, d.To) || slices.ContainsFunc(d.Withdraw, s.covers) {
		return Says(e)
	}
	return ""
}

// announces mirrors takesBack.
func (s scene) announces(e record.Event, router string) string {
	if s.takesOver(e, s.node) {
		return Says(e)
	}
	d, ok := e.Data.(record.BGP)
	if !ok || d.From != s.node || d.To != router || !slices.ContainsFunc(d.Announce, s.covers) {
		return ""
	}
	return Says(e)
}

// takesOver says whether the node takes the address, as the master of a VRRP.
func (s scene) takesOver(e record.Event, node string) bool {
	switch d := e.Data.(type) {
	case record.Address:
		return !d.Gone && e.Node == node && s.covers(d.Prefix)
	case record.Advertisement:
		return !d.Leaves() && d.From == node
	}
	return false
}

func (s scene) covers(p netip.Prefix) bool { return covers(s.prefix, p.Addr()) }

// seenAt keeps what only if the event was seen at the node, coming in.
func seenAt(e record.Event, node, what string) string {
	if d, ok := e.Data.(record.BGP); ok && e.Node == node && !d.Out {
		return what
	}
	return ""
}

// received keeps what only if the event was seen where it had to come to: at the router,
// or, of a VRRP, at another member of it.
func (s scene) received(e record.Event, router, what string) string {
	if a, ok := e.Data.(record.Advertisement); ok && !a.Out && slices.Contains(s.members(), e.Node) {
		return what
	}
	return seenAt(e, router, what)
}

// message says what a BGP event is, for people.
func message(d record.BGP) string {
	switch {
	case d.Type == record.BGPNotification:
		return fmt.Sprintf("NOTIFICATION %d/%d", d.Code, d.Subcode)
	case d.Type == record.BGPFin, d.Type == record.BGPRst:
		return "TCP " + strings.ToUpper(string(d.Type))
	case len(d.Withdraw) > 0:
		return fmt.Sprintf("UPDATE withdraws %s", d.Withdraw[0])
	case len(d.Announce) > 0:
		return fmt.Sprintf("UPDATE announces %s", d.Announce[0])
	}
	return strings.ToUpper(string(d.Type))
}

// covers says whether the address is in the prefix; the zero prefix has all.
func covers(p netip.Prefix, a netip.Addr) bool { return !p.IsValid() || p.Contains(a) }

// to names the nodes that the hops lead to.
func to(hops []record.Hop) string {
	var names []string
	for _, h := range hops {
		if !h.Down && h.Node != "" {
			names = append(names, h.Node)
		}
	}
	if len(names) == 0 {
		return "nowhere"
	}
	return "to " + strings.Join(names, ", ")
}

// find returns the first event that says something, as a stage without a name.
func find(events []record.Event, says func(record.Event) string) *Stage {
	for _, e := range events {
		if what := says(e); what != "" {
			return &Stage{At: e.At, Evidence: what, Kind: e.Kind, Source: source(e)}
		}
	}
	return nil
}

func add(list *[]Stage, name StageName, s *Stage) {
	if s != nil {
		named := *s
		named.Name = name
		*list = append(*list, named)
	}
}

// source says what stamped the event.
func source(e record.Event) Source {
	if e.Kind == record.KindBGP || e.Kind == record.KindBFD || e.Kind == record.KindVRRP {
		return ByPacket
	}
	return ByReader
}

func earlier(a, b *Stage) *Stage {
	if a == nil || b != nil && b.At < a.At {
		return b
	}
	return a
}

func later(a, b *Stage) *Stage {
	if a == nil || b != nil && b.At > a.At {
		return b
	}
	return a
}

// Say says what the event is, for people; empty of what is of no interest to them.
func Say(e record.Event) string {
	switch d := e.Data.(type) {
	case record.Carrier, record.Health, record.BFD, record.BGP:
		return anybody(e)
	case record.Address:
		return Says(e)
	case record.Advertisement:
		if d.Out {
			return Says(e)
		}
	case record.Fault:
		return strings.TrimSpace(fmt.Sprintf("%s on %s: %s %s", d.Kind, place(d.On), d.Phase, d.Err))
	case record.Route:
		return fmt.Sprintf("%s: route to %s leads %s", e.Node, d.Prefix, to(d.Hops))
	case record.Proc:
		if d.Unexpected {
			return fmt.Sprintf("%s: %s ended: %s", e.Node, d.Name, d.Status)
		}
	case record.Restart:
		return fmt.Sprintf("%s: %s started again", e.Node, d.Name)
	case record.Force:
		return "the lab is brought back: " + string(d.How)
	}
	return ""
}

// anybody says what the event tells of whatever node it is about.
func anybody(e record.Event) string {
	about := e.Node
	switch d := e.Data.(type) {
	case record.BGP:
		if d.Type == record.BGPKeepalive || d.Out {
			return ""
		}
		return fmt.Sprintf("%s to %s: %s", d.From, d.To, message(d))
	case record.BFD:
		if d.Out {
			return ""
		}
		about = d.From
	}
	for _, says := range []func(scene, record.Event) string{scene.lost, scene.back} {
		if text := says(scene{node: about}, e); text != "" {
			return text
		}
	}
	return ""
}
