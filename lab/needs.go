package lab

import (
	"errors"
	"fmt"

	"anylab/topologies"
)

// A Need is something that not every kernel has and a lab can't do without.
type Need struct {
	Capability string // as Capabilities calls it
	For        string // what needs it: "link r-a has a switch"
}

// Needs lists what a topology needs.
func Needs(t topologies.Topology) []Need {
	var needs []Need
	for _, l := range t.Links {
		if l.Switch {
			needs = append(needs, Need{"bridge", fmt.Sprintf("link %s has a switch", l.Name)})
		}
		here, there := l.Ends[0].Shape, l.Ends[1].Shape
		if here.Rate > 0 || there.Rate > 0 {
			needs = append(needs, Need{"tbf", fmt.Sprintf("link %s has a rate", l.Name)})
		}
	}
	for _, n := range t.Nodes {
		if n.Resilient != nil {
			needs = append(needs, Need{"resilient groups", fmt.Sprintf("node %s shares flows by resilient groups", n.Name)})
		}
	}
	return needs
}

// Lacking returns an Unavailable for each of the needs that this kernel can't
// meet, nil if there is none. It tries them, so it works in the sandbox only.
func Lacking(needs []Need) error {
	of := map[string]Need{}
	for _, n := range needs {
		if _, ok := of[n.Capability]; !ok {
			of[n.Capability] = n
		}
	}
	found, err := tryAll(func(k check) bool { _, ok := of[k.name]; return ok })
	errs := []error{err}
	for _, c := range found {
		if !c.OK {
			errs = append(errs, Unavailable{fmt.Sprintf("%s, but this kernel lacks %s: %s", of[c.Name].For, c.Name, c.Detail), c.Fix})
		}
		delete(of, c.Name)
	}
	if err == nil {
		for name := range of {
			errs = append(errs, fmt.Errorf("%s: nothing here can tell whether the kernel has %q", of[name].For, name))
		}
	}
	return errors.Join(errs...)
}
