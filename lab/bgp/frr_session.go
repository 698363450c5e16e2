package bgp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"anylab/topologies/document"
)

// finish makes sessions of what was read: only the end of the file tells what
// is in force.
func (r *frrReader) finish() {
	conditional := false
	for _, p := range r.peers {
		for _, f := range p.families {
			conditional = conditional || f["advertise-map"].words != nil
		}
	}
	if !conditional {
		r.Scan = 0 // its timer alone does nothing
	}
	for _, u := range r.used {
		if !r.isDefined(u.kind, u.name) {
			_, name, _ := strings.Cut(u.name, " ")
			if u.kind == "route-map" {
				name = u.name
			}
			r.Doubts = append(r.Doubts, Remark{u.at, fmt.Sprintf("%s %s is not defined, %s", u.kind, name, u.what)})
		}
	}
	r.Fixed = r.fixed()
	for _, n := range r.networks {
		if n.policy == "" || r.isDefined("route-map", n.policy) {
			r.Originated = append(r.Originated, n.prefix)
		}
	}
	for _, p := range r.peers {
		if w := p.settings["local-as"]; w.words != nil {
			r.AS = unread[uint32](w.at) // each neighbor may be told another one
		}
		if p.group || len(r.setting(p, "remote-as").words) == 0 {
			continue // bgpd refuses what is said of a neighbor without an AS
		}
		r.Sessions = append(r.Sessions, r.session(p))
		if local := r.setting(p, "update-source"); len(local.words) > 0 {
			if a := sayAddr(local.words[0], local.at); a.Known {
				r.Addresses = append(r.Addresses, a)
			}
		}
	}
}

func (r *frrReader) isDefined(kind, name string) bool {
	if kind == "prefix-list" {
		return len(r.lists[name]) > 0
	}
	return len(r.maps[name]) > 0
}

// setting returns what is said of the neighbor, or else of its group.
func (r *frrReader) setting(p *frrPeer, key string) frrWords {
	if w, ok := p.settings[key]; ok {
		return w
	}
	if g := r.group(p); g != nil {
		return g.settings[key]
	}
	return frrWords{}
}

func (r *frrReader) group(p *frrPeer) *frrPeer {
	name := p.settings["peer-group"].words
	if len(name) == 0 {
		return nil
	}
	i := slices.IndexFunc(r.peers, func(g *frrPeer) bool { return g.name == name[0] })
	if i < 0 {
		return nil
	}
	return r.peers[i]
}

// inFamily returns what is said of a family of the neighbor, or else of its group.
func (r *frrReader) inFamily(p *frrPeer, family, key string) frrWords {
	if w, ok := p.families[family][key]; ok {
		return w
	}
	if g := r.group(p); g != nil {
		return g.families[family][key]
	}
	return frrWords{}
}

func (r *frrReader) session(p *frrPeer) Session {
	s := Session{At: p.at, Name: p.name}
	s.Neighbor, _ = netip.ParseAddr(p.name)
	if prefix, err := netip.ParsePrefix(p.name); err == nil {
		s.Range = prefix
	}
	if w := p.settings["behind"]; len(w.words) > 0 {
		s.Neighbor = s.Neighbor.WithZone(w.words[0])
	}
	if _, ok := p.settings["interface"]; ok {
		s.Interface = p.name
	}
	if g := p.settings["peer-group"]; len(g.words) > 0 {
		s.Group = said(g.words[0], g.at)
	}
	s.AS = r.remoteAS(r.setting(p, "remote-as"))
	if w := r.setting(p, "update-source"); len(w.words) > 0 {
		s.Local = sayAddr(w.words[0], w.at)
	}
	if w := r.setting(p, "password"); len(w.words) > 0 {
		s.Password = said(strings.Join(w.words, " "), w.at)
	}
	s.GTSM = r.setting(p, "ttl-security").at
	s.Down = r.shutDown(p)
	r.times(p, &s)
	s.BFD = r.watch(p)
	s.Restart, s.Helps = r.restarting(p)
	r.sessionFamilies(p, &s)
	return s
}

// shutDown notes a session that is kept down, and returns where.
func (r *frrReader) shutDown(p *frrPeer) Place {
	w := r.setting(p, "shutdown")
	switch {
	case w.words != nil:
		r.Doubts = append(r.Doubts, Remark{w.at, "neighbor " + p.name + " is shut down: that session stays down"})
		return w.at
	case w.at.Line == 0 && r.shut.Value:
		r.Doubts = append(r.Doubts, Remark{r.shut.At, "neighbor " + p.name + " is shut down by default: that session stays down"})
		return r.shut.At
	}
	return Place{}
}

func (r *frrReader) remoteAS(w frrWords) Said[uint32] {
	if len(w.words) == 0 {
		return Said[uint32]{}
	}
	if w.words[0] == "internal" && r.AS.Known {
		return said(r.AS.Value, w.at)
	}
	return sayAS(w.words[0], w.at)
}

// times: the defaults are those of the profile ("frr defaults").
func (r *frrReader) times(p *frrPeer, s *Session) {
	keepalive, hold, retry := 60*time.Second, 180*time.Second, 120*time.Second
	if r.modern {
		keepalive, hold, retry = 3*time.Second, 9*time.Second, 10*time.Second
	}
	s.Keepalive, s.Hold = r.timers[0].or(byDefault(keepalive)), r.timers[1].or(byDefault(hold))
	if w := r.setting(p, "timers"); len(w.words) > 1 {
		s.Keepalive, s.Hold = saySeconds(w.words[0], w.at), saySeconds(w.words[1], w.at)
	}
	r.refuseShort(s.Hold)
	r.pace(s)
	s.Retry = byDefault(retry)
	if w := r.setting(p, "connect"); len(w.words) > 0 {
		s.Retry = saySeconds(w.words[0], w.at)
	}
}

// refuseShort: bgpd takes no such hold time (RFC 4271 section 4.2), but vtysh's check of the
// file lets it pass.
func (r *frrReader) refuseShort(hold Said[time.Duration]) {
	if hold.Known && hold.Value > 0 && hold.Value < 3*time.Second {
		short := Remark{hold.At, fmt.Sprintf("a hold time of %v: bgpd takes 0, or 3 s and more", document.Duration(hold.Value))}
		if !slices.Contains(r.Refused, short) {
			r.Refused = append(r.Refused, short)
		}
	}
}

// pace: bgpd sends keepalives after a third of the hold time at the latest, whatever the
// file says.
func (r *frrReader) pace(s *Session) {
	third := (s.Hold.Value / 3).Truncate(time.Second)
	if !s.Keepalive.Known || !s.Hold.Known || s.Hold.Value < 3*time.Second || s.Keepalive.Value <= third {
		return
	}
	if s.Keepalive.Value >= s.Hold.Value {
		r.Doubts = append(r.Doubts, Remark{s.Keepalive.At, fmt.Sprintf("keepalives every %v would be too late for a hold time of %v: bgpd sends them every %v",
			document.Duration(s.Keepalive.Value), document.Duration(s.Hold.Value), document.Duration(third))})
	}
	s.Keepalive.Value = third
}

// frrDetects is BFD as bfdd has it by default.
var frrDetects = Detection{Multiplier: 3, Transmit: 300 * time.Millisecond, Receive: 300 * time.Millisecond, EchoReceive: frrEcho}

// frrEcho is how often echo packets are sent by default, where they are.
const frrEcho = 50 * time.Millisecond

// watch reads the BFD of a session: of a profile, or of a session of that
// neighbor in bfdd's own block.
func (r *frrReader) watch(p *frrPeer) Said[Detection] {
	plain, profile := r.setting(p, "bfd"), r.setting(p, "bfd profile")
	if plain.words == nil && profile.words == nil {
		return Said[Detection]{Known: true, At: plain.at}
	}
	at := plain.at
	if profile.words != nil {
		at = profile.at
	}
	own, found := r.bfdPeers[p.name]
	switch {
	case found && profile.words == nil && len(plain.words) == 0:
		return r.detected(own, at)
	case found:
		return unread[Detection](own.at)
	case profile.words != nil:
		return r.ofProfile(profile.words[0], at)
	case len(plain.words) == 3:
		d := &frrWatch{at: at, values: map[string]Said[int]{}}
		for i, key := range []string{"detect-multiplier", "receive-interval", "transmit-interval"} {
			d.values[key] = sayCount(plain.words[i], at)
		}
		return r.detected(d, at)
	}
	return Said[Detection]{Value: frrDetects, Known: true, At: at}
}

func (r *frrReader) ofProfile(name string, at Place) Said[Detection] {
	d, ok := r.profiles[name]
	if !ok {
		r.Doubts = append(r.Doubts, Remark{at, fmt.Sprintf("BFD profile %s is not defined, so bfdd's defaults hold: %v", name, frrDetects)})
		return Said[Detection]{Value: frrDetects, Known: true, At: at}
	}
	return r.detected(d, at)
}

func (r *frrReader) detected(d *frrWatch, at Place) Said[Detection] {
	if d.inherited != "" {
		if len(d.values) > 0 {
			return unread[Detection](d.at)
		}
		return r.ofProfile(d.inherited, at)
	}
	if d.shutdown {
		return unread[Detection](d.at)
	}
	b := frrDetects
	b.Echo = frrEcho
	for key, v := range d.values {
		if !v.Known {
			return unread[Detection](v.At)
		}
		at = v.At
		switch key {
		case "detect-multiplier":
			b.Multiplier = v.Value
		case "receive-interval":
			b.Receive = time.Duration(v.Value) * time.Millisecond
		case "transmit-interval":
			b.Transmit = time.Duration(v.Value) * time.Millisecond
		case "echo receive-interval":
			b.EchoReceive = time.Duration(v.Value) * time.Millisecond
		case "echo transmit-interval":
			b.Echo = time.Duration(v.Value) * time.Millisecond
		}
	}
	if !d.echo {
		b.Echo = 0
	}
	if len(d.values) > 0 {
		at = d.at
	}
	return said(b, at)
}

// restarting: by itself FRR only helps others to restart.
func (r *frrReader) restarting(p *frrPeer) (Said[time.Duration], Said[bool]) {
	on, helps := r.restart, byDefault(true)
	if r.disabled.Value {
		helps = said(false, r.disabled.At)
	}
	for _, key := range []string{"graceful-restart", "graceful-restart-helper", "graceful-restart-disable"} {
		if w := r.setting(p, key); w.words != nil {
			on, helps = said(key == "graceful-restart", w.at), said(key != "graceful-restart-disable", w.at)
		}
	}
	if !on.Value {
		return Said[time.Duration]{Known: true, At: on.At}, helps
	}
	return r.restarts.or(Said[time.Duration]{Value: 120 * time.Second, Known: true, At: on.At}), helps
}

// families lists those that are exchanged, with their policies.
func (r *frrReader) sessionFamilies(p *frrPeer, s *Session) {
	for _, family := range []string{"ipv4", "ipv6"} {
		activate := r.inFamily(p, family, "activate")
		implied := family == "ipv4" && activate.at.Line == 0 && (!r.activated.Known || r.activated.Value)
		if activate.words == nil && !implied {
			continue
		}
		f := SessionFamily{V6: family == "ipv6", Import: r.policy(p, family, "in"), Export: r.policy(p, family, "out"), Passes: r.passes(p, family, "out"), Admits: r.passes(p, family, "in")}
		s.Families = append(s.Families, f)
		if why := r.unexported(p, s, f); why.Known && !s.Unexported.Known {
			s.Unexported = why
		}
	}
}
