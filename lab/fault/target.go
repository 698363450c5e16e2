package fault

import "slices"

// Shared returns something that both faults change and that the healing of
// either would make whole; empty if they can be in effect at the same time.
func Shared(a, b Fault, s Setting) string {
	of := targets(b, s)
	for _, t := range targets(a, s) {
		if slices.Contains(of, t) {
			return t
		}
	}
	return ""
}

// targets lists what a fault changes. Rules that discard packets are each
// fault's own, so there is nothing to share.
func targets(f Fault, s Setting) []string {
	if changing, ok := f.(interface{ targets(Setting) []string }); ok {
		return changing.targets(s)
	}
	return nil
}

func linkEnd(link, node string) string      { return "the end of link " + link + " at " + node }
func daemonOf(node string) string           { return "the BGP daemon of " + node }
func serviceOf(name, node string) string    { return "the service " + name + " of " + node }
func stopping(process string) string        { return "what stops and continues " + process }
func anycastAddressesOf(node string) string { return "the anycast addresses of " + node }

func (f *LinkDown) targets(s Setting) []string {
	l, end, err := f.ends(s)
	if err != nil {
		return nil
	}
	return []string{linkEnd(l.Name, end)}
}

func (f *LinkFlap) targets(s Setting) []string { return f.down().targets(s) }

func (f *Isolate) targets(s Setting) []string {
	var list []string
	for _, l := range s.Topology.LinksOf(f.place.On[0]) {
		list = append(list, linkEnd(l.Name, f.place.On[0]))
	}
	return list
}

func (f *SwitchDown) targets(s Setting) []string {
	l, err := f.place.link(s)
	if err != nil {
		return nil
	}
	return []string{"the switch of link " + l.Name}
}

func (f *operation) targets(Setting) []string {
	return []string{"what " + f.place.On[0] + " announces"}
}

func (f *daemonAt) targets(Setting) []string { return []string{daemonOf(f.place.On[0])} }

func (f *DaemonFreeze) targets(Setting) []string {
	daemon := daemonOf(f.place.On[0])
	return []string{daemon, stopping(daemon)}
}

func (f *serviceAt) targets(s Setting) []string {
	c, err := f.config(s)
	if err != nil {
		return nil
	}
	return []string{serviceOf(c.Name, f.place.On[0])}
}

func (f *ServiceHang) targets(s Setting) []string {
	list := f.serviceAt.targets(s)
	for _, service := range list {
		list = append(list, stopping(service))
	}
	return list
}

func (f *HealthLies) targets(s Setting) []string {
	var list []string
	for _, service := range f.serviceAt.targets(s) {
		list = append(list, "the health check of "+service)
	}
	return list
}

func (f *AddressRemoved) targets(Setting) []string {
	return []string{anycastAddressesOf(f.place.On[0])}
}

func (f *PowerLoss) targets(s Setting) []string {
	node := f.place.On[0]
	list := []string{daemonOf(node), anycastAddressesOf(node)}
	for _, c := range s.Services[node] {
		list = append(list, serviceOf(c.Name, node))
	}
	return list
}

func (f *CPUStarve) targets(s Setting) []string {
	node := f.place.On[0]
	list := []string{stopping(daemonOf(node))}
	for _, c := range s.Services[node] {
		list = append(list, stopping(serviceOf(c.Name, node)))
	}
	return list
}
