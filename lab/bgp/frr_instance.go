package bgp

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// routerBGP begins the BGP instance.
func (r *frrReader) routerBGP(st statement) {
	r.block = "router"
	if slices.Contains(st.words, "vrf") {
		r.refuse(st, "a lab has no VRFs")
		r.block = "vrf"
		return
	}
	if st.word(2) != "" {
		r.AS = sayAS(st.word(2), r.at)
	}
}

// router reads a line of the BGP instance.
func (r *frrReader) router(words []string) {
	st := statement{words: words}
	no := words[0] == "no"
	if no {
		st.words = words[1:]
	}
	switch {
	case st.starts("address-family"):
		r.family = st.word(1)
		if kind := st.word(2); kind != "" && kind != "unicast" {
			r.family += " " + kind
		}
	case st.starts("neighbor") && len(st.words) > 2:
		r.neighbor(st, no)
	case st.starts("timers", "bgp"):
		if no {
			return
		}
		r.timers = [2]Said[time.Duration]{saySeconds(st.word(2), r.at), saySeconds(st.word(3), r.at)}
	case st.starts("network") && !no:
		r.network(st)
	case st.starts("redistribute") && !no:
		r.Sources = append(r.Sources, source(st.word(1), strings.HasPrefix(r.family, "ipv6"), r.at))
		r.uses(st.after("route-map"), "so nothing is redistributed")
		r.Redistributed = append(r.Redistributed, r.redistributes(st.after("route-map")))
		r.connects(st)
	case st.starts("bgp"):
		r.global(st, no)
	}
}

// redistributes says of a prefix whether the route map lets it in; none lets in all.
func (r *frrReader) redistributes(name []string) func(netip.Prefix) Said[bool] {
	at := r.at
	return func(p netip.Prefix) Said[bool] {
		if len(name) == 0 {
			return said(true, at)
		}
		return r.mapped(name[0], p, at)
	}
}

// uses notes that a route map is named.
func (r *frrReader) uses(name []string, what string) {
	if len(name) > 0 {
		r.used = append(r.used, frrUse{"route-map", name[0], r.at, what})
	}
}

func (r *frrReader) network(st statement) {
	var named []Said[netip.Prefix]
	if named = addPrefix(named, st.word(1), r.at); len(named) == 0 {
		return
	}
	n := frrNetwork{prefix: named[0]}
	if policy := st.after("route-map"); len(policy) > 0 {
		n.policy = policy[0]
		r.uses(policy, "so it is not announced")
	}
	r.networks = append(r.networks, n)
}

func (r *frrReader) global(st statement, no bool) {
	switch st.word(1) {
	case "router-id":
		r.RouterID = sayAddr(st.word(2), r.at)
	case "ebgp-requires-policy":
		r.policies = said(!no, r.at)
	case "default":
		if st.word(2) == "ipv4-unicast" {
			r.activated = said(!no, r.at)
		}
		if st.word(2) == "shutdown" {
			r.shut = said(!no, r.at)
		}
	case "dampening":
		r.Dampening = said(!no, r.at)
	case "graceful-restart":
		switch {
		case st.word(2) == "restart-time":
			r.restarts = saySeconds(st.word(3), r.at)
		case st.word(2) == "":
			r.restart = said(!no, r.at)
		}
	case "graceful-restart-disable":
		r.disabled = said(!no, r.at)
	case "conditional-advertisement":
		if n := saySeconds(st.word(3), r.at); n.Known {
			r.Scan = n.Value
		}
	case "listen":
		if st.word(2) == "range" {
			peer := r.peer(st.word(3))
			if g := st.after("peer-group"); len(g) > 0 {
				peer.settings["peer-group"] = frrWords{g, r.at}
			}
		}
	}
}
