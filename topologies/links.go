package topologies

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"anylab/topologies/document"
)

// Interface names are those of the kernel: at most 15 bytes (IFNAMSIZ), no
// slash, colon or space.
var deviceName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,14}$`)

// reservedDevices exist in every node, or are what the kernel calls the settings
// of all interfaces.
var reservedDevices = map[string]bool{"lo": true, AnycastDev: true, "all": true, "default": true}

func addLinks(t *Topology, f topologyFile) error {
	if len(f.Links) > maxLinks {
		return f.At.Errorf("links", "%d links are too many; the limit is %d", len(f.Links), maxLinks)
	}
	next := map[string]int{}
	names := map[string]int{}
	roles := map[string]Role{}
	for _, n := range t.Nodes {
		roles[n.Name] = n.Role
	}
	for _, lf := range f.Links {
		l, err := newLink(t, f, lf, roles)
		if err != nil {
			return err
		}
		for i := range l.Ends {
			e := &l.Ends[i]
			if lf.segment != nil {
				e.Dev = lf.segment.devs[e.Node]
			}
			if e.Dev == "" {
				e.Dev = freeDevice(e.Node, next, f.given)
			}
			if lf.segment != nil {
				lf.segment.devs[e.Node] = e.Dev
			}
		}
		names[l.Name]++
		if names[l.Name] > 1 {
			l.Name = fmt.Sprintf("%s#%d", l.Name, names[l.Name])
		}
		if err := addSession(&l, f, lf, roles); err != nil {
			return err
		}
		t.Links = append(t.Links, l)
	}
	return nil
}

// givenDevices collects the interface names that the file gives, as
// "node:device".
func givenDevices(f topologyFile) (map[string]bool, error) {
	given := map[string]bool{}
	for _, lf := range f.Links {
		for i, e := range lf.Endpoints {
			_, dev, named := strings.Cut(e, ":")
			if !named {
				continue
			}
			at := fmt.Sprintf("endpoints.%d", i)
			if !deviceName.MatchString(dev) || reservedDevices[dev] {
				return nil, lf.At.Errorf(at, "%q can't be an interface's name", dev)
			}
			if given[e] {
				return nil, lf.At.Errorf(at, "the interface %s is given to two links", e)
			}
			given[e] = true
		}
	}
	return given, nil
}

func freeDevice(node string, next map[string]int, given map[string]bool) string {
	for {
		dev := fmt.Sprintf("eth%d", next[node])
		next[node]++
		if !given[node+":"+dev] {
			return dev
		}
	}
}

func newLink(t *Topology, f topologyFile, lf linkFile, roles map[string]Role) (Link, error) {
	if len(lf.Endpoints) != 2 {
		return Link{}, lf.At.Errorf("endpoints", "a link has two endpoints, not %d", len(lf.Endpoints))
	}
	l := Link{Switch: lf.Switch, Hop: lf.Hop, Unnumbered: lf.Unnumbered, said: lf.said}
	if lf.segment != nil {
		l.Segment = lf.segment.name
	}
	for i, e := range lf.Endpoints {
		node, dev, _ := strings.Cut(e, ":")
		if _, ok := roles[node]; !ok {
			return l, lf.At.Errorf(fmt.Sprintf("endpoints.%d", i), "%s", document.NoSuch("node", node, names(roles)))
		}
		l.Ends[i] = End{Node: node, Dev: dev, Shape: Shape{max(0, time.Duration(lf.Delay)), lf.Jitter, float64(lf.Loss), uint64(lf.Rate)}}
	}
	if l.Ends[0].Node == l.Ends[1].Node {
		return l, lf.At.Errorf("endpoints", "%s is linked to itself", l.Ends[0].Node)
	}
	l.Name = l.Ends[0].Node + "-" + l.Ends[1].Node
	if l.Hop && l.Unnumbered {
		return l, lf.At.Errorf("unnumbered", "link-local addresses don't lead over a hop")
	}
	if l.Hop && l.Switch {
		return l, lf.At.Errorf("hop", "a link has a switch or a hop in between, not both")
	}
	if err := l.measure(f, lf, t); err != nil {
		return l, err
	}
	return l, shapeEnds(&l, lf)
}

// Parted says whether something stands between the ends that keeps the loss of
// one end's carrier from the other.
func (l Link) Parted() bool { return l.Switch || l.Hop }

func names(roles map[string]Role) []string {
	return slices.Sorted(maps.Keys(roles))
}

// shapeEnds applies what is said "to" a node at the end where its packets
// come from.
func shapeEnds(l *Link, lf linkFile) error {
	for _, ef := range lf.To {
		from := 1
		switch ef.Node {
		case l.Ends[0].Node:
		case l.Ends[1].Node:
			from = 0
		default:
			return lf.At.At("to").KeyErrorf(ef.Node, "%q is not an end of this link; its ends: %s, %s", ef.Node, l.Ends[0].Node, l.Ends[1].Node)
		}
		s := &l.Ends[from].Shape
		set(&s.Delay, ef.Delay)
		l.Ends[from].Measured = l.Ends[from].Measured && ef.Delay == nil
		set(&s.Jitter, ef.Jitter)
		if ef.Loss != nil {
			s.Loss = float64(*ef.Loss)
		}
		if ef.Rate != nil {
			s.Rate = uint64(*ef.Rate)
		}
		l.Ends[from].Policy = ef.Policy
	}
	return checkJitter(l, lf)
}

// checkJitter: the delay varies by the jitter both ways, and no packet arrives
// before it was sent.
func checkJitter(l *Link, lf linkFile) error {
	for i, e := range l.Ends {
		s, to := e.Shape, l.Ends[1-i].Node
		if s.Jitter <= s.Delay {
			continue
		}
		key := "jitter"
		if lf.At.Value("to").Value(to).Has(key) {
			key = "to." + to + ".jitter"
		}
		return lf.At.Errorf(key, "the jitter, %s, is more than the delay that varies by it, %s, on the way to %s", document.Duration(s.Jitter), document.Duration(s.Delay), to)
	}
	return nil
}

func set[T any](v *T, given *T) {
	if given != nil {
		*v = *given
	}
}

// addSession gives a link between two speakers its BGP and BFD.
func addSession(l *Link, f topologyFile, lf linkFile, roles map[string]Role) error {
	a, b := l.Ends[0].Node, l.Ends[1].Node
	if l.addVRRP(lf); l.VRRP != nil {
		return nil
	}
	if roles[a] == Client || roles[b] == Client {
		if l.Unnumbered {
			return lf.At.Errorf("unnumbered", "a client needs an address: its link can't be unnumbered")
		}
		if l.Hop {
			return lf.At.Errorf("hop", "no hop here: the link leads to a client, and is there for sessions over several hops")
		}
		for _, key := range []string{"bgp", "bfd"} {
			if lf.At.Has(key) {
				return lf.At.KeyErrorf(key, "no %s here: the link leads to a client, which runs no BGP", key)
			}
		}
		for _, ef := range lf.To {
			if !ef.IsZero() {
				return lf.At.At("to").KeyErrorf(ef.Node, "no policy for routes here: the link leads to a client, which runs no BGP")
			}
		}
		return nil
	}
	var err error
	if l.BGP, err = sessionTimers(f, lf); err != nil {
		return err
	}
	if err := l.guard(f, lf); err != nil {
		return err
	}
	if l.BFD, err = sessionBFD(f, lf); err != nil {
		return err
	}
	if l.Hop && l.echoes() {
		return lf.At.KeyErrorf("hop", "BFD's echo packets go over one hop only (RFC 5883): say no echo here")
	}
	return l.endsBFD(lf)
}

// defaultHold is short for BGP at large, and common where failover matters.
const defaultHold = 9 * time.Second

// sessionTimers takes each timer from the innermost place that gives one. The
// keepalive goes with the hold time: a third of it (RFC 4271, section 10).
func sessionTimers(f topologyFile, lf linkFile) (Timers, error) {
	t := Timers{Hold: defaultHold}
	t.Keepalive = t.Hold / 3
	t.apply(f.BGP.Hold, f.BGP.Keepalive)
	set(&t.Restart, f.BGP.Restart)
	set(&t.LongLived, f.BGP.LongLived)
	set(&t.MRAI, f.BGP.MRAI)
	if err := t.Again.apply(f.BGP.againFile, f.BGP.At); err != nil {
		return t, err
	}
	at := f.BGP.At
	if lf.BGP != nil {
		t.apply(lf.BGP.Hold, lf.BGP.Keepalive)
		set(&t.Restart, lf.BGP.Restart)
		set(&t.LongLived, lf.BGP.LongLived)
		set(&t.MRAI, lf.BGP.MRAI)
		at = lf.BGP.At
		if err := t.Again.apply(lf.BGP.againFile, at); err != nil {
			return t, err
		}
	}
	if err := t.check(at); err != nil {
		return t, err
	}
	if t.MRAI < 0 || t.MRAI%time.Second != 0 {
		return t, at.Errorf("mrai", "the least time between announcements is %s; it is in whole seconds", document.Duration(t.MRAI))
	}
	if err := t.checkRestart(at); err != nil {
		return t, err
	}
	if lf.BGP == nil || lf.BGP.LongLived == nil {
		at = f.BGP.At
	}
	return t, t.checkLongLived(at)
}

// checkRestart: the capability has 12 bits for whole seconds (RFC 4724,
// section 3).
func (t Timers) checkRestart(at document.Raw) error {
	const longest = 4095 * time.Second
	if t.Restart < 0 || t.Restart > longest || t.Restart%time.Second != 0 {
		return at.Errorf("graceful_restart", "the restart time is %s; BGP carries whole seconds up to 4095 (RFC 4724, 3)", document.Duration(t.Restart))
	}
	return nil
}

// checkLongLived: the capability has 24 bits for whole seconds, and goes with that of
// graceful restart (RFC 9494, sections 4.1 and 4.2).
func (t Timers) checkLongLived(at document.Raw) error {
	const longest = (1<<24 - 1) * time.Second
	switch {
	case t.LongLived < 0 || t.LongLived > longest || t.LongLived%time.Second != 0:
		return at.Errorf("llgr", "the long-lived stale time is %s; BGP carries whole seconds up to %s (RFC 9494, 4.1)", document.Duration(t.LongLived), document.Duration(longest))
	case t.LongLived > 0 && t.Restart == 0:
		return at.Errorf("llgr", "long-lived graceful restart needs graceful_restart as well (RFC 9494, 4.2)")
	}
	return nil
}

func (t *Timers) apply(hold, keepalive *time.Duration) {
	if hold != nil {
		t.Hold = *hold
		t.Keepalive = (*hold / 3).Truncate(time.Second)
	}
	set(&t.Keepalive, keepalive)
}

func (t Timers) check(at document.Raw) error {
	const longest = 65535 * time.Second
	switch {
	case t.Hold == 0 && t.Keepalive != 0:
		return at.Errorf("keepalive", "with a hold time of 0 no keepalives are sent, so the keepalive interval is 0 too (RFC 4271, 4.4): set bgp.keepalive as well, to 0s")
	case t.Hold == 0:
		return nil
	case t.Hold < 3*time.Second:
		return at.Errorf("hold", "the hold time is %s; it must be 0 or at least 3 s (RFC 4271, 4.2)", document.Duration(t.Hold))
	case t.Hold > longest || t.Hold%time.Second != 0:
		return at.Errorf("hold", "the hold time is %s; BGP carries whole seconds up to 65535", document.Duration(t.Hold))
	case t.Keepalive < time.Second || t.Keepalive%time.Second != 0:
		return at.Errorf("keepalive", "the keepalive interval is %s; it must be whole seconds, at least 1 s (RFC 4271, 4.4)", document.Duration(t.Keepalive))
	case t.Keepalive >= t.Hold:
		third := (t.Hold / 3).Truncate(time.Second)
		return at.Errorf("keepalive", "the keepalive interval, %s, must be shorter than the hold time, %s: set bgp.keepalive as well, for instance %s", document.Duration(t.Keepalive), document.Duration(t.Hold), document.Duration(third))
	}
	return nil
}

func sessionBFD(f topologyFile, lf linkFile) (*BFD, error) {
	b := f.BFD
	if lf.BFD != nil {
		b = lf.BFD
	}
	if b == nil || b.Interval == 0 { // absent, or "none"
		return nil, nil
	}
	s := &BFD{Interval: b.Interval, Multiplier: b.Multiplier, Echo: b.Echo}
	// Detect Mult has 8 bits, the intervals 32 bits of microseconds.
	if b.Multiplier > 255 {
		return s, b.At.Errorf("multiplier", "the multiplier is %d; BFD carries at most 255 (RFC 5880, 4.1)", b.Multiplier)
	}
	if b.Interval > time.Hour {
		return s, b.At.Errorf("interval", "the interval is %s; BFD carries at most 1h11m (RFC 5880, 4.1)", document.Duration(b.Interval))
	}
	return s, nil
}
