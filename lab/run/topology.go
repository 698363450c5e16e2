package run

import (
	"errors"
	"fmt"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/topologies"
	"anylab/topologies/document"
)

// CheckTopology checks everything about a topology that needs no lab, and then
// what this machine lacks for it: that is the second error.
func CheckTopology(t topologies.Topology) (mistake, lacking error) {
	if err := bgp.Known(t); err != nil {
		return err, nil
	}
	if err := checkTopology(t); err != nil {
		return err, nil
	}
	lacking = errors.Join(installed(buildsOf(t)...), errors.Join(noSettings(t)...))
	if lab.InSandbox() {
		lacking = errors.Join(lacking, lab.Lacking(lab.Needs(t)))
	}
	return nil, lacking
}

func checkTopology(t topologies.Topology) error {
	if err := checkHold(t); err != nil {
		return err
	}
	return bgp.Check(t)
}

// checkHold refuses a hold time of zero where it stands: BGP knows it (RFC 4271
// section 4.2), but the daemons are not run with it.
func checkHold(t topologies.Topology) error {
	for _, l := range t.Links {
		if l.BGP.Hold != 0 || !t.HasBGP(l) {
			continue
		}
		at := t.Source.Root()
		if own := at.At(l.Path() + ".bgp"); own.Has("hold") {
			at = own
		} else {
			at = at.At("bgp")
		}
		return at.Errorf("hold", "%s: the hold time is 0, with which no daemon is run here; it must be at least 3 s", l.Called())
	}
	return nil
}

// Parts lists what a topology is made of.
func Parts(t topologies.Topology) []string {
	var parts []string
	for _, role := range []topologies.Role{topologies.Anycast, topologies.Router, topologies.Client} {
		if names := t.Of(role); len(names) > 0 {
			parts = append(parts, fmt.Sprintf("%d of role %s: %s", len(names), role, document.Some(names)))
		}
	}
	sessions := 0
	for _, l := range t.Links {
		if t.HasBGP(l) {
			sessions++
		}
	}
	var anycast []string
	for _, p := range t.Anycast {
		anycast = append(anycast, p.String())
	}
	var daemons []string
	for _, b := range buildsOf(t) {
		daemons = append(daemons, b.String())
	}
	return append(parts, fmt.Sprintf("%d links, %d of them with a BGP session", len(t.Links), sessions),
		"anycast "+document.Some(anycast), "daemons: "+document.Some(daemons))
}
