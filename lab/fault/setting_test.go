package fault_test

import (
	"fmt"
	"testing"
	"time"

	"anylab/lab/fault"
	"anylab/topologies"
	"anylab/topologies/document"
)

func parse(t *testing.T, yaml string) topologies.Topology {
	t.Helper()
	top, err := topologies.Parse("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return top
}

// setting runs one DNS service on every anycast node.
func setting(top topologies.Topology) fault.Setting {
	s := fault.Setting{Topology: top, Services: map[string][]fault.Service{}, Daemons: able{}}
	c := fault.Service{Name: "dns", Prefixes: top.Anycast, Health: fault.Health{
		Kind: "dns", Interval: 100 * time.Millisecond, Timeout: 100 * time.Millisecond, Fall: 2}}
	for _, node := range top.Of(topologies.Anycast) {
		s.Services[node] = []fault.Service{c}
	}
	return s
}

// able are daemons of which the embedded one can do everything, and others not.
type able struct{}

func (able) Can(n topologies.Node, o fault.Operation) error {
	if n.Daemon == "stiff" {
		return fmt.Errorf("the daemon of %s can't do operation %d", n.Name, o)
	}
	return nil
}

func (able) Prepends(n topologies.Node) int {
	if n.Daemon == "short" {
		return 3
	}
	return 0
}

// Watch: every timer is the link's, but the daemon "drawer" draws its own, and who is
// linked to "patient" waits for 8 BFD packets of it. Sessions of "h" and "f" outlast their
// carriers; "f" follows next hops.
func (able) Watch(l topologies.Link, node string) fault.Watch {
	w := fault.Watch{Hold: fault.HoldWatch{Time: l.BGP.Hold, Least: l.BGP.Hold, Keepalive: l.BGP.Keepalive}, Kept: l.BGP.Restart}
	if l.BFD != nil {
		w.BFD.Every, w.BFD.Multiplier = l.BFD.Interval, l.BFD.Multiplier
		if far, _ := l.Of("patient"); far.Node == "patient" && node != "patient" {
			w.BFD.Multiplier = 8 // of the far end's packets, by what that asks for
		}
	}
	w.Outlasts, w.NextHops = node == "h" || node == "f", node == "f"
	switch node {
	case "drawer":
		w.Hold.Least = w.Hold.Time * 3 / 4
	case "unknown":
		w.Hold = fault.HoldWatch{Unknown: "its own file says so"}
	}
	return w
}

func (able) Steady(n topologies.Node) bool { return n.Daemon == "gobgp" }

// build makes a fault out of YAML parameters.
func build(t *testing.T, kind string, at fault.Place, params string) fault.Fault {
	t.Helper()
	d, err := document.Parse("params.yaml", []byte("{"+params+"}"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := fault.New(kind, at, d.Root())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func on(names ...string) fault.Place { return fault.Place{On: names} }

// oneWay is a place on the link between two nodes, in one direction.
func oneWay(from, to string) fault.Place {
	return fault.Place{On: []string{from, to}, Direction: [2]string{from, to}}
}
