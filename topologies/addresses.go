package topologies

import (
	"cmp"
	"net/netip"
	"slices"

	"anylab/topologies/document"
)

// addAddresses gives every end of a link its addresses: those of the file,
// else the i-th /31 of 10.0.0.0/16 and /127 of fd00:a11:1ab::/48.
func addAddresses(t *Topology, f topologyFile) error {
	used := map[netip.Addr]string{}
	for i := range t.Links {
		l, lf := &t.Links[i], f.Links[i]
		if err := l.address(lf, i); err != nil {
			return err
		}
		if l.Unnumbered {
			continue
		}
		for _, e := range l.Ends {
			for _, p := range []netip.Prefix{e.IPv4, e.IPv6} {
				own := e.Node + " on " + l.Called()
				if other, taken := used[p.Addr()]; taken && other != own {
					key := map[bool]string{true: "address", false: "address6"}[p.Addr().Is4()]
					return lf.At.Errorf("to."+e.Node+"."+key, "the address %s of %s is also that of %s", p.Addr(), own, other)
				}
				used[p.Addr()] = own
			}
		}
	}
	return checkNetworks(t, f)
}

// address gives the ends of the i-th link theirs.
func (l *Link) address(lf linkFile, i int) error {
	if lf.segment != nil {
		return l.addressOn(lf.segment)
	}
	if l.Unnumbered {
		return l.unnumber(lf, i)
	}
	if err := setFamily(l, lf, "address", derived4(i)); err != nil {
		return err
	}
	return setFamily(l, lf, "address6", derived6(i))
}

// network is that of a link, in one family.
type network struct {
	netip.Prefix
	link int
}

// checkNetworks: a node would send to one link what belongs to the other if
// their networks overlapped.
func checkNetworks(t *Topology, f topologyFile) error {
	var all []network
	for i, l := range t.Links {
		if l.Unnumbered {
			continue
		}
		all = append(all, network{l.Ends[0].IPv4.Masked(), i}, network{l.Ends[0].IPv6.Masked(), i})
	}
	// In this order a network is followed by those that lie in it.
	slices.SortFunc(all, func(a, b network) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()), cmp.Compare(a.link, b.link))
	})
	for i := range all[:max(len(all)-1, 0)] {
		a, b := all[i], all[i+1]
		if !a.Overlaps(b.Prefix) || t.Links[a.link].shares(t.Links[b.link]) {
			continue
		}
		if a.link > b.link {
			a, b = b, a
		}
		key := map[bool]string{true: "address", false: "address6"}[b.Addr().Is4()]
		return f.Links[b.link].At.Errorf("to."+t.Links[b.link].Ends[0].Node+"."+key,
			"the network %s of link %s overlaps with %s of link %s", b.Prefix, t.Links[b.link].Name, a.Prefix, t.Links[a.link].Name)
	}
	return nil
}

func derived4(link int) [2]netip.Prefix {
	a := netip.AddrFrom4([4]byte{10, 0, byte(link >> 7), byte(link << 1)})
	return [2]netip.Prefix{netip.PrefixFrom(a, 31), netip.PrefixFrom(a.Next(), 31)}
}

func derived6(link int) [2]netip.Prefix {
	a := netip.AddrFrom16([16]byte{0: 0xfd, 2: 0x0a, 3: 0x11, 4: 0x01, 5: 0xab, 14: byte(link >> 7), 15: byte(link << 1)})
	return [2]netip.Prefix{netip.PrefixFrom(a, 127), netip.PrefixFrom(a.Next(), 127)}
}

// unnumber gives the ends of a link their link-local addresses. Each is that of
// one end alone, though it need not be: so an address says whose it is.
func (l *Link) unnumber(lf linkFile, link int) error {
	for _, ef := range lf.To {
		for _, key := range []string{"address", "address6"} {
			if ef.At.Has(key) {
				return ef.At.KeyErrorf(key, "no %s here: the link is unnumbered", key)
			}
		}
	}
	for i := range l.Ends {
		n := 2*link + i
		a := netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 13: 1, 14: byte(n >> 8), 15: byte(n)})
		l.Ends[i].IPv6 = netip.PrefixFrom(a, 64)
	}
	return nil
}

// setFamily sets the addresses of one family; key says which.
func setFamily(l *Link, lf linkFile, key string, derived [2]netip.Prefix) error {
	var given [2]netip.Prefix
	for _, ef := range lf.To {
		p := ef.Address
		if key == "address6" {
			p = ef.Address6
		}
		if !p.IsValid() {
			continue
		}
		if err := checkAddress(ef, key, p); err != nil {
			return err
		}
		i := 0
		if ef.Node == l.Ends[1].Node {
			i = 1
		}
		given[i] = p
	}
	both, err := completed(l, lf, key, given, derived)
	if err != nil {
		return err
	}
	for i := range l.Ends {
		if key == "address6" {
			l.Ends[i].IPv6 = both[i]
		} else {
			l.Ends[i].IPv4 = both[i]
		}
	}
	return nil
}

// unicast says whether a host can have the address for more than its own link:
// none of 0.0.0.0/8 (RFC 1122, 3.2.1.3) and 240.0.0.0/4 (RFC 1112, 4).
func unicast(a netip.Addr) bool {
	if a.Is4() && (a.As4()[0] == 0 || a.As4()[0] >= 240) {
		return false
	}
	return !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback() && !a.IsLinkLocalUnicast()
}

func checkAddress(ef endFile, key string, p netip.Prefix) error {
	a := p.Addr()
	if a.Is4() != (key == "address") || a.Is4In6() {
		return ef.At.Errorf(key, "%s is of the wrong family; address is for IPv4 and address6 for IPv6", p)
	}
	if !unicast(a) {
		return ef.At.Errorf(key, "%s can't be the address of a link's end; it must be a unicast address", a)
	}
	if p.Bits() < 8 || p.IsSingleIP() {
		return ef.At.Errorf(key, "/%d can't be the network of a link; use /%d", p.Bits(), a.BitLen()-1)
	}
	// Below /31 the first address of an IPv4 network is the network itself
	// and the last one its broadcast (RFC 3021 lifts that for /31).
	if a.Is4() && p.Bits() < 31 && (p.Masked().Addr() == a || p.Masked() != netip.PrefixFrom(a.Next(), p.Bits()).Masked()) {
		return ef.At.Errorf(key, "%s is the network or broadcast address of %s", a, p.Masked())
	}
	return nil
}

// completed returns both ends' addresses when the file gives none, one or both.
func completed(l *Link, lf linkFile, key string, given, derived [2]netip.Prefix) ([2]netip.Prefix, error) {
	switch {
	case !given[0].IsValid() && !given[1].IsValid():
		return derived, nil
	case given[0].IsValid() && given[1].IsValid():
		if given[0].Masked() != given[1].Masked() || given[0] == given[1] {
			at := "to." + l.Ends[1].Node + "." + key
			return given, lf.At.Errorf(at, "%s and %s must be two addresses of one network", given[0], given[1])
		}
		return given, nil
	}
	i := 0
	if given[1].IsValid() {
		i = 1
	}
	p := given[i]
	if p.Bits() != p.Addr().BitLen()-1 {
		at := "to." + l.Ends[i].Node + "." + key
		return given, lf.At.Errorf(at, "%s leaves open which address %s has; give both, or use a /%d", p, l.Ends[1-i].Node, p.Addr().BitLen()-1)
	}
	other := p.Masked().Addr()
	if other == p.Addr() {
		other = other.Next()
	}
	given[1-i] = netip.PrefixFrom(other, p.Bits())
	return given, nil
}

// addAnycast checks and keeps the anycast address.
func addAnycast(t *Topology, f topologyFile) error {
	if len(f.Anycast) == 0 {
		return f.At.Errorf("anycast", "an anycast address is missing, such as 192.0.2.100/32")
	}
	for i, p := range f.Anycast {
		at := f.At.At("anycast")
		if items := at.Items(); i < len(items) {
			at = items[i]
		}
		if err := checkAnycast(t, p, at); err != nil {
			return err
		}
		t.Anycast = append(t.Anycast, p)
	}
	return nil
}

func checkAnycast(t *Topology, p netip.Prefix, at document.Raw) error {
	a := p.Addr()
	switch {
	case !p.IsSingleIP():
		return at.Errorf("", "the anycast address is a host prefix: %s/%d, not %s", a, a.BitLen(), p)
	case !unicast(a) || a.Is4In6():
		return at.Errorf("", "%s can't be an anycast address; it must be a unicast address, such as 192.0.2.100/32 or 2001:db8::100/128", a)
	}
	for _, other := range t.Anycast {
		if other.Addr().Is4() == a.Is4() {
			return at.Errorf("", "%s and %s are of one family; there is at most one anycast address per family", other, p)
		}
	}
	for _, l := range t.Links {
		for _, e := range l.Ends {
			if e.IPv4.Contains(a) || e.IPv6.Contains(a) {
				return at.Errorf("", "the anycast address %s lies in the network of %s", a, l.Called())
			}
		}
	}
	return nil
}
