package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"anylab/topologies"
	"anylab/topologies/document"
)

func addFaults(s *Scenario, f scenarioFile) error {
	for _, ff := range f.Faults {
		if err := checkFault(s, ff); err != nil {
			return err
		}
		if err := errors.Join(checkLength(ff), checkRepeat(ff)); err != nil {
			return err
		}
		s.Faults = append(s.Faults, ff.faults()...)
	}
	return checkOffsets(f)
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
	for _, key := range []string{"after", "repeat"} {
		if ff.At.Has(key) {
			return Fault{}, ff.At.KeyErrorf(key, "a fault that is injected by hand comes once, and at once")
		}
	}
	return ff.fault(), checkFault(&Scenario{Topology: t}, ff)
}

// faults are the fault, as often as it is repeated.
func (ff faultFile) faults() []Fault {
	list := []Fault{ff.fault()}
	for i := 1; ff.Repeat != nil && i < ff.Repeat.Times; i++ {
		next := ff.fault()
		next.After += time.Duration(i) * ff.Repeat.Every
		list = append(list, next)
	}
	return list
}

// checkLength: what begins late has to be over in time.
func checkLength(ff faultFile) error {
	if ff.After+ff.For > longestTrial {
		return ff.At.Errorf("after", "it comes %v after the trial's first fault and lasts for %v, and no trial takes longer than 24h", document.Duration(ff.After), document.Duration(ff.For))
	}
	return nil
}

// checkRepeat: one has to be over before the next begins.
func checkRepeat(ff faultFile) error {
	switch r := ff.Repeat; {
	case r == nil:
		return nil
	case ff.For == 0:
		return ff.At.KeyErrorf("repeat", "how long each of them lasts is not said: give it a for, less than every")
	case ff.For >= r.Every:
		return r.At.Errorf("every", "one begins every %v and lasts for %v: the time from one to the next must be longer", document.Duration(r.Every), document.Duration(ff.For))
	case ff.After+time.Duration(r.Times)*r.Every > longestTrial:
		return r.At.Errorf("times", "%d times, one every %v, take longer than 24h, which no trial does", r.Times, document.Duration(r.Every))
	}
	return nil
}

func (ff faultFile) fault() Fault {
	return Fault{Kind: ff.Kind, On: ff.On, Direction: ff.Direction, End: ff.End, For: ff.For, After: ff.After, Params: ff.Params}
}

// checkOffsets: the offsets are counted from the trial's first fault, which has
// none itself.
func checkOffsets(f scenarioFile) error {
	if len(f.Faults) == 0 {
		return nil
	}
	first := slices.MinFunc(f.Faults, func(a, b faultFile) int { return cmp.Compare(a.After, b.After) })
	if after := first.After; after > 0 {
		return first.At.Errorf("after", "after is the offset from the trial's first fault, and no fault comes before this one: leave it out, or give 0s, not %v", document.Duration(after))
	}
	return checkLimit(f)
}

// checkLimit: a fault that lasts until its outcome is known lasts for the limit at most,
// and waits for those that come later.
func checkLimit(f scenarioFile) error {
	for _, late := range f.Faults {
		waits := slices.ContainsFunc(f.Faults, func(ff faultFile) bool { return ff.For == 0 && ff.After < late.After })
		if waits && late.After > f.Limit {
			return late.At.Errorf("after", "it comes %v after the trial's first fault, and one before it waits for its outcome, which is given up at the limit, %v: give that one a for, or make the limit longer",
				document.Duration(late.After), document.Duration(f.Limit))
		}
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
