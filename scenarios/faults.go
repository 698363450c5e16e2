package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"anylab/topologies"
	"anylab/topologies/document"
)

func addFaults(s *Scenario, f scenarioFile) error {
	for _, ff := range f.Faults {
		if err := checkFault(s, ff); err != nil {
			return err
		}
		s.Faults = append(s.Faults, ff.fault())
	}
	return checkOffsets(s, f)
}

// ParseFault reads a fault that is written as words: a node or a link, a kind, and
// key=value for whatever else it has.
func ParseFault(t topologies.Topology, place, kind string, params []string) (Fault, error) {
	on, places := []string{place}, nodeNames(t)
	for _, l := range t.Links {
		if places = append(places, l.Name); l.Name == place {
			on = []string{l.Ends[0].Node, l.Ends[1].Node}
		}
	}
	if !slices.Contains(places, place) {
		return Fault{}, errors.New(document.NoSuch("node or link", place, places))
	}
	text := fmt.Sprintf("kind: %q\non: [%s]\n", kind, strings.Join(on, ", "))
	for _, p := range params {
		key, value, ok := strings.Cut(p, "=")
		if !ok {
			return Fault{}, fmt.Errorf("%q is not of the form key=value", p)
		}
		text += key + ": " + value + "\n"
	}
	d, err := document.Parse("fault", []byte(text))
	if err != nil {
		return Fault{}, err
	}
	var ff faultFile
	if err := d.Root().Decode(&ff); err != nil {
		return Fault{}, err
	}
	if ff.After != 0 {
		return Fault{}, ff.At.KeyErrorf("after", "a fault that is injected by hand comes at once")
	}
	return ff.fault(), checkFault(&Scenario{Topology: t}, ff)
}

func (ff faultFile) fault() Fault {
	return Fault{Kind: ff.Kind, On: ff.On, Direction: ff.Direction, End: ff.End, For: ff.For, After: ff.After, Params: ff.Params}
}

// checkOffsets: the offsets are counted from the trial's first fault, which has
// none itself.
func checkOffsets(s *Scenario, f scenarioFile) error {
	if len(s.Faults) == 0 {
		return nil
	}
	first := 0
	for i, fault := range s.Faults {
		if fault.After < s.Faults[first].After {
			first = i
		}
	}
	if after := s.Faults[first].After; after > 0 {
		return f.Faults[first].At.Errorf("after", "after is the offset from the trial's first fault, and no fault comes before this one: leave it out, or give 0s, not %v", document.Duration(after))
	}
	return nil
}

// checkFault checks the fault's place. Which kinds there are and what else
// they need is known where faults are made.
func checkFault(s *Scenario, ff faultFile) error {
	if client, ok := Serving(ff.On); ok {
		return checkServing(s, ff, client)
	}
	nodes := nodeNames(s.Topology)
	for i, node := range ff.On {
		if !slices.Contains(nodes, node) {
			return element(ff.At, "on", i).Errorf("", "%s", document.NoSuch("node", node, nodes))
		}
	}
	switch len(ff.On) {
	case 1:
		return checkNodeFault(ff)
	case 2:
		return checkLinkFault(s, ff)
	}
	return ff.At.Errorf("on", "a fault is on one node, or on a link by its two ends, not on %d nodes", len(ff.On))
}

func nodeNames(t topologies.Topology) []string {
	var names []string
	for _, n := range t.Nodes {
		names = append(names, n.Name)
	}
	return names
}

func checkNodeFault(ff faultFile) error {
	for _, key := range []string{"direction", "end"} {
		if ff.At.Has(key) {
			return ff.At.KeyErrorf(key, "only a fault on a link has %s; this one is on node %s", map[string]string{"direction": "a direction", "end": "an end"}[key], ff.On[0])
		}
	}
	return nil
}

func checkLinkFault(s *Scenario, ff faultFile) error {
	a, b := ff.On[0], ff.On[1]
	if _, err := s.Topology.Between(a, b); err != nil {
		return ff.At.Errorf("on", "no link joins %s and %s", a, b)
	}
	d := ff.Direction
	if d != (direction{}) && d != (direction{a, b}) && d != (direction{b, a}) {
		return ff.At.Errorf("direction", "the direction %s->%s is not along this link; it is %s->%s, %s->%s or both", d[0], d[1], a, b, b, a)
	}
	if ff.At.Has("end") && ff.End != a && ff.End != b {
		return ff.At.Errorf("end", "%q is not an end of this link; its ends: %s, %s", ff.End, a, b)
	}
	return nil
}
